"""Whether sensors feel one person at one time: the same stream twice, clocks that differ.

Pelvis and thighs of a squat begin, turn back and end together, so their speeds of turning go alike.
Where they go alike only after a shift of 0.2 to 3 s, window after window by the same shift, the
sensors' times are not on one clock. Movements that alternate, however regular, do not hold a shift
to a tenth of a second, and have something in common without a shift too.

Two sensors that send the same forces to the bit are one sensor, read twice.

Whoever walks off or turns round takes pelvis and thighs along: no hip turns by 100°. A sensor that
turns the other way about the vertical has its accelerometer reversed, the one fault that its own
values cannot show, for they are the mirror image of the same movement.

Windows lie on the session's clock and are judged when every sensor has passed their end; what is
found counts from the arrival that showed it, so a cut of the records does not show.
"""

import math
from collections.abc import Sequence

import numpy as np

from imuhip.core.conventions import PELVIS
from imuhip.core.kernels import kernel
from imuhip.core.records import Array, Fault, IntArray, OrientationBlock


class CommonMotion:
    """Watches the sensors of one athlete: `push` what came; each finding is said once.

    Attributes
    ----------
    spoiled_at
        Sensor to the host time from which it may not be believed.
    """

    def __init__(self, sensors: Sequence[str]) -> None:
        self.spoiled_at: dict[str, float] = {}
        self._sensors = tuple(sensors)
        self._parts: dict[str, list[Array]] = {name: [] for name in sensors}
        self._end: float | None = None
        self._lags: dict[str, list[float]] = {name: [] for name in sensors}
        self._against: dict[str, int] = dict.fromkeys(sensors, 0)

    def push(self, blocks: Sequence[OrientationBlock]) -> tuple[Fault, ...]:
        """Return what became known to be wrong with these samples."""
        for block in blocks:
            if len(block.t):
                self._parts[block.sensor].append(_rows(block))
        if not all(self._parts.values()):
            return ()
        if self._end is None:
            starts = (float(parts[0][0, _T]) for parts in self._parts.values())
            self._end = math.floor(max(starts) / _STEP_S) * _STEP_S + _WINDOW_S
        faults: list[Fault] = []
        while all(float(parts[-1][-1, _T]) > self._end for parts in self._parts.values()):
            faults += self._look(self._end)
            self._end += _STEP_S
            self._end = max(self._end, self._skipped())
        return tuple(faults)

    def _skipped(self) -> float:
        """The first window's end after a time in which one sensor sent nothing."""
        first = max(float(parts[0][0, _T]) for parts in self._parts.values())
        return math.floor(first / _STEP_S) * _STEP_S + _STEP_S

    def _look(self, end: float) -> list[Fault]:
        """Judge the window before `end`, and forget what no other needs."""
        windows: dict[str, Array] = {}
        known = -np.inf
        for name, parts in self._parts.items():
            rows = parts[0] if len(parts) == 1 else np.concatenate(parts)
            first, last = np.searchsorted(rows[:, _T], (end - _WINDOW_S, end))
            windows[name] = rows[first:last]
            known = max(known, float(rows[min(last, len(rows) - 1), _HOST]))
            keep = int(np.searchsorted(rows[:, _T], end + _STEP_S - _WINDOW_S))
            self._parts[name] = [rows[min(keep, len(rows) - 1) :]]
        faults = [*self._same_streams(windows, end, known), *self._turned(windows, end, known)]
        pelvis = windows.get(PELVIS)
        if pelvis is None:
            return faults
        moved = _moved(pelvis, end)
        for name in self._sensors:
            if moved is None or name == PELVIS or name in self.spoiled_at:
                continue
            lag = _shift(moved, _moved(windows[name], end))
            if not math.isfinite(lag):
                continue
            lags = [*self._lags[name], lag][-_AGREEING:]
            self._lags[name] = lags
            together = len(lags) == _AGREEING and max(lags) - min(lags) < _SPREAD_S
            if together and min(abs(each) for each in lags) >= _LEAST_S:
                self.spoiled_at[name] = known
                words = _CLOCK_WORDS.format(
                    lag=abs(float(np.median(lags))), way="after" if lag > 0.0 else "before"
                )
                faults.append(Fault(name, "clocks", end - _WINDOW_S, end, 1, words))
        return faults

    def _turned(self, windows: dict[str, Array], end: float, known: float) -> list[Fault]:
        """Thighs that turn against the pelvis; the pelvis itself where every thigh does."""
        pelvis = windows.get(PELVIS)
        turns = None if pelvis is None else _turns(pelvis, end)
        if turns is None:
            return []
        thighs = [name for name in self._sensors if name != PELVIS]
        for name in thighs:
            if self._against[name] >= 0:
                ways = _compared(turns, _turns(windows[name], end))
                # Once seen to turn along, a sensor is the right way up for good.
                self._against[name] = -1 if ways > 0 else self._against[name] - ways
        wrong = [name for name in thighs if self._against[name] >= _TURNS]
        if len(wrong) == len(thighs) > 1:
            wrong = [PELVIS]
        new = [name for name in wrong if name not in self.spoiled_at]
        for name in new:
            self.spoiled_at[name] = known
        return [Fault(name, "axes", end - _STEP_S, end, 1, _MIRRORED_WORDS) for name in new]

    def _same_streams(self, windows: dict[str, Array], end: float, known: float) -> list[Fault]:
        """Sensors that send what another sends."""
        faults: list[Fault] = []
        bits = {name: window.view(np.int64) for name, window in windows.items()}
        for k, name in enumerate(self._sensors):
            for other in self._sensors[:k]:
                if name in self.spoiled_at:
                    continue
                distinct, shared = _shared(bits[name], bits[other])
                if distinct >= _FEWEST_ROWS and shared > _SAME * distinct:
                    self.spoiled_at[name] = known
                    self.spoiled_at.setdefault(other, known)
                    words = _SAME_WORDS.format(other=other.replace("_", " "))
                    faults.append(Fault(name, "same_stream", end - _WINDOW_S, end, 1, words))
        return faults


def _rows(block: OrientationBlock) -> Array:
    """What is kept of samples: time, host time, speed of turning, force, yaw rate; ``(N, 7)``."""
    rows = np.empty((len(block.t), _COLUMNS))
    x, y, z = block.gyr.T
    rows[:, _T], rows[:, _HOST], rows[:, _ACC:_YAW] = block.t, block.host_t, block.acc
    rows[:, _SPEED] = np.sqrt(x**2 + y**2 + z**2)
    w, i, j, k = block.q.T
    rows[:, _YAW] = (
        2.0 * ((i * k - w * j) * x + (j * k + w * i) * y) + (1.0 - 2.0 * (i**2 + j**2)) * z
    )
    return rows


@kernel
def _shared(few: IntArray, every: IntArray) -> tuple[int, int]:
    """How many forces differ among each fourth row of `few`, and how many of them `every` has.

    Of rows ``(N, 7)`` as the bits of their numbers.
    """
    size = 2
    while size < 2 * max(len(few), len(every)):
        size *= 2
    seen, there = np.full(size, -1), np.full(size, -1)
    for i in range(len(every)):
        there[_slot(every, i, every, there)] = i
    distinct = shared = 0
    for i in range(0, len(few), _EVERY):
        slot = _slot(few, i, few, seen)
        if seen[slot] < 0:
            seen[slot] = i
            distinct += 1
            if there[_slot(few, i, every, there)] >= 0:
                shared += 1
    return distinct, shared


@kernel
def _slot(rows: IntArray, row: int, kept: IntArray, table: IntArray) -> int:
    """Where a row's force stands in a table of rows of `kept`, or may be put."""
    x, y, z = rows[row, _ACC], rows[row, _ACC + 1], rows[row, _ACC + 2]
    mixed = x ^ (y << 17) ^ (y >> 47) ^ (z << 39) ^ (z >> 25)
    mixed ^= mixed >> 29
    mixed ^= mixed >> 43
    slot: int = mixed & (len(table) - 1)
    while table[slot] >= 0:
        k = table[slot]
        if kept[k, _ACC] == x and kept[k, _ACC + 1] == y and kept[k, _ACC + 2] == z:
            return slot
        slot = (slot + 1) & (len(table) - 1)
    return slot


def _moved(rows: Array, end: float) -> Array | None:
    """The speed of turning at even times of the window; None where there is nothing to compare."""
    if len(rows) < _FEWEST_ROWS:
        return None
    speed = _smooth(np.interp(end - _WINDOW_S + _TIMES, rows[:, _T], rows[:, _SPEED]))
    return None if float(speed.std()) < _MOVES else speed


def _turns(rows: Array, end: float) -> Array | None:
    """How far it turned about the vertical in each `_TURN_S` that ends in the last `_STEP_S`, rad.

    None where something is missing.
    """
    first = int(np.searchsorted(rows[:, _T], end - _STEP_S - _TURN_S))
    t, yaw = rows[first:, _T], rows[first:, _YAW]
    if len(t) < _FEWEST_ROWS or t[0] > end - _STEP_S - _TURN_S + 0.1 or np.diff(t).max() > 0.1:
        return None
    heading = np.concatenate(([0.0], np.cumsum(0.5 * (yaw[1:] + yaw[:-1]) * np.diff(t))))
    at = end - _STEP_S + np.arange(round(_STEP_S * _RATE_HZ)) / _RATE_HZ
    turned: Array = np.interp(at, t, heading) - np.interp(at - _TURN_S, t, heading)
    return turned


def _compared(pelvis: Array, other: Array | None) -> int:
    """1 where a sensor turned round with the pelvis, −1 where against it, 0 where nobody did."""
    if other is None:
        return 0
    way = np.sign(pelvis) * other
    far = np.abs(pelvis) > _ROUND
    if (far & (way > _ALONG)).any():
        return 1
    return -1 if (far & (way < -_ALONG)).any() else 0


def _shift(pelvis: Array, other: Array | None) -> float:
    """By how much `other` moves after the pelvis, s; NaN where that is not clear."""
    if other is None:
        return math.nan
    alike = _correlations(pelvis, other)
    best = int(np.argmax(alike))
    if alike[best] < _ALIKE or best in (0, len(_LAGS) - 1):
        return math.nan
    lag = float(_LAGS[best]) / _RATE_HZ
    if abs(lag) >= _LEAST_S and alike[_MOST] > alike[best] - _CLEARER:
        return math.nan
    return lag


def _smooth(values: Array) -> Array:
    return np.convolve(values, _BOX, mode="same")


def _correlations(a: Array, b: Array) -> Array:
    """Correlation of ``a[i]`` with ``b[i + lag]``, over what both have, at each of `_LAGS`."""
    n = len(a)
    x, y = a - a.mean(), b - b.mean()
    both = np.correlate(y, x, mode="full")[n - 1 - _MOST : n + _MOST]
    sum_x, power_x = _sums(x, _BEGIN, _END)
    sum_y, power_y = _sums(y, n - _END, n - _BEGIN)
    spread_x, spread_y = power_x - sum_x**2 / _COUNT, power_y - sum_y**2 / _COUNT
    norm = np.sqrt(np.maximum(spread_x, 0.0) * np.maximum(spread_y, 0.0))
    alike = np.zeros(len(_LAGS))
    np.divide(both - sum_x * sum_y / _COUNT, norm, out=alike, where=norm > 0.0)
    return alike


def _sums(values: Array, begin: IntArray, end: IntArray) -> tuple[Array, Array]:
    """Sums of values and of their squares, from each of `begin` to each of `end`."""
    until = np.concatenate(([0.0], np.cumsum(values)))
    squares = np.concatenate(([0.0], np.cumsum(values**2)))
    return until[end] - until[begin], squares[end] - squares[begin]


_T, _HOST, _SPEED, _ACC, _YAW, _COLUMNS = 0, 1, 2, 3, 6, 7
_WINDOW_S, _STEP_S = 15.0, 5.0
_RATE_HZ, _SMOOTH = 25.0, 5
_BOX = np.ones(_SMOOTH) / _SMOOTH
_TIMES = np.arange(round(_WINDOW_S * _RATE_HZ)) / _RATE_HZ
_MOVES = 0.1
"""Standard deviation of the speed of turning, rad/s, below which there is nothing to compare."""
_LEAST_S, _FURTHEST_S = 0.2, 3.4
"""Shorter shifts are for a shake to find; longer ones look like the next repetition."""
_MOST = round(_FURTHEST_S * _RATE_HZ)
_LAGS = np.arange(-_MOST, _MOST + 1)
_COUNT = len(_TIMES) - np.abs(_LAGS)
_BEGIN, _END = np.maximum(-_LAGS, 0), len(_TIMES) - np.maximum(_LAGS, 0)
"""Lags that are tried; the rows of the pelvis that each leaves, from which to which."""
_ALIKE, _CLEARER = 0.85, 0.15
_AGREEING, _SPREAD_S = 3, 0.1
_TURN_S, _ROUND, _ALONG = 2.0, math.radians(60.0), math.radians(45.0)
"""A pelvis that turned so far in so short a time took the thigh along by at least so much."""
_TURNS = 2
"""So many stretches of `_STEP_S` with a turn the other way are no accident."""
_EVERY, _FEWEST_ROWS, _SAME = 4, 60, 0.8

_CLOCK_WORDS = (
    "this sensor moves {lag:.1f} s {way} the pelvis: their times are not on one clock – "
    "synchronize the sensors, or correct t, and import or record again"
)
_MIRRORED_WORDS = (
    "this sensor turns the other way when the athlete turns round: its accelerometer is reversed – "
    "check its signs and axes, then import or record again"
)
_SAME_WORDS = (
    "this sensor sends exactly what the {other} sensor sends: one sensor is taken for two – check "
    "the files, or bind the kit again"
)
