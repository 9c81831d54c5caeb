"""Whether sensors feel one person at one time: the same stream twice, clocks that differ.

Pelvis and thighs of a squat begin, turn back and end together, so their speeds of turning go alike.
Where they go alike only after a shift of 0.2 to 3 s, window after window by the same shift, the
sensors' times are not on one clock. Movements that alternate, however regular, do not hold a shift
to a tenth of a second, and have something in common without a shift too.

Two sensors that send the same forces to the bit are one sensor, read twice.

Windows lie on the session's clock and are judged when every sensor has passed their end; what is
found counts from the arrival that showed it, so a cut of the records does not show.
"""

import math
from collections.abc import Sequence

import numpy as np

from imuhip.core.conventions import PELVIS
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

    def push(self, blocks: Sequence[OrientationBlock]) -> tuple[Fault, ...]:
        """Return what became known to be wrong with these samples."""
        for block in blocks:
            if len(block.t):
                speed = np.sqrt((block.gyr**2).sum(axis=1))
                rows = np.column_stack((block.t, block.host_t, speed, block.acc))
                self._parts[block.sensor].append(rows)
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
            rows = np.concatenate(parts)
            first, last = np.searchsorted(rows[:, _T], (end - _WINDOW_S, end))
            windows[name] = rows[first:last]
            known = max(known, float(rows[min(last, len(rows) - 1), _HOST]))
            keep = int(np.searchsorted(rows[:, _T], end + _STEP_S - _WINDOW_S))
            self._parts[name] = [rows[min(keep, len(rows) - 1) :]]
        faults = self._same_streams(windows, end, known)
        pelvis = windows.get(PELVIS)
        if pelvis is None:
            return faults
        for name in self._sensors:
            if name == PELVIS or name in self.spoiled_at:
                continue
            lag = _shift(pelvis, windows[name], end)
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

    def _same_streams(self, windows: dict[str, Array], end: float, known: float) -> list[Fault]:
        """Sensors that send what another sends."""
        faults: list[Fault] = []
        rows = {name: set(_as_bytes(window[::_EVERY, _ACC:])) for name, window in windows.items()}
        for k, name in enumerate(self._sensors):
            for other in self._sensors[:k]:
                if name in self.spoiled_at or len(rows[name]) < _FEWEST_ROWS:
                    continue
                every = _as_bytes(windows[other][:, _ACC:])
                if len(rows[name].intersection(every)) > _SAME * len(rows[name]):
                    self.spoiled_at[name] = known
                    self.spoiled_at.setdefault(other, known)
                    words = _SAME_WORDS.format(other=other.replace("_", " "))
                    faults.append(Fault(name, "same_stream", end - _WINDOW_S, end, 1, words))
        return faults


def _as_bytes(rows: Array) -> list[bytes]:
    """Each row as its bytes."""
    whole = np.ascontiguousarray(rows)
    as_bytes: list[bytes] = whole.view(f"V{whole.itemsize * whole.shape[1]}").ravel().tolist()
    return as_bytes


def _shift(pelvis: Array, other: Array, end: float) -> float:
    """By how much `other` moves after the pelvis, s; NaN where that is not clear."""
    if min(len(pelvis), len(other)) < _FEWEST_ROWS:
        return math.nan
    t = end - _WINDOW_S + np.arange(round(_WINDOW_S * _RATE_HZ)) / _RATE_HZ
    a, b = (_smooth(np.interp(t, rows[:, _T], rows[:, _SPEED])) for rows in (pelvis, other))
    if min(float(a.std()), float(b.std())) < _MOVES:
        return math.nan
    most = round(_FURTHEST_S * _RATE_HZ)
    lags = np.arange(-most, most + 1)
    alike = _correlations(a, b, most)
    best = int(np.argmax(alike))
    if alike[best] < _ALIKE or best in (0, len(lags) - 1):
        return math.nan
    lag = float(lags[best]) / _RATE_HZ
    if abs(lag) >= _LEAST_S and alike[most] > alike[best] - _CLEARER:
        return math.nan
    return lag


def _smooth(values: Array) -> Array:
    kernel = np.ones(_SMOOTH) / _SMOOTH
    return np.convolve(values, kernel, mode="same")


def _correlations(a: Array, b: Array, most: int) -> Array:
    """Correlation of ``a[i]`` with ``b[i + lag]``, over what both have, at lags up to `most`."""
    n = len(a)
    lags = np.arange(-most, most + 1)
    count = n - np.abs(lags)
    x, y = a - a.mean(), b - b.mean()
    both = np.correlate(y, x, mode="full")[n - 1 - most : n + most]
    begin, end = np.maximum(-lags, 0), n - np.maximum(lags, 0)
    sums = [_sums(values, *ends) for values, ends in ((x, (begin, end)), (y, (n - end, n - begin)))]
    (sum_x, power_x), (sum_y, power_y) = sums
    spread_x, spread_y = power_x - sum_x**2 / count, power_y - sum_y**2 / count
    norm = np.sqrt(np.maximum(spread_x, 0.0) * np.maximum(spread_y, 0.0))
    alike = np.zeros(len(lags))
    np.divide(both - sum_x * sum_y / count, norm, out=alike, where=norm > 0.0)
    return alike


def _sums(values: Array, begin: IntArray, end: IntArray) -> tuple[Array, Array]:
    """Sums of values and of their squares, from each of `begin` to each of `end`."""
    until = np.concatenate(([0.0], np.cumsum(values)))
    squares = np.concatenate(([0.0], np.cumsum(values**2)))
    return until[end] - until[begin], squares[end] - squares[begin]


_T, _HOST, _SPEED, _ACC = 0, 1, 2, 3
_WINDOW_S, _STEP_S = 15.0, 5.0
_RATE_HZ, _SMOOTH = 25.0, 5
_MOVES = 0.1
"""Standard deviation of the speed of turning, rad/s, below which there is nothing to compare."""
_LEAST_S, _FURTHEST_S = 0.2, 3.4
"""Shorter shifts are for a shake to find; longer ones look like the next repetition."""
_ALIKE, _CLEARER = 0.85, 0.15
_AGREEING, _SPREAD_S = 3, 0.1
_EVERY, _FEWEST_ROWS, _SAME = 4, 60, 0.8

_CLOCK_WORDS = (
    "this sensor moves {lag:.1f} s {way} the pelvis: their times are not on one clock – "
    "synchronize the sensors, or correct t, and import or record again"
)
_SAME_WORDS = (
    "this sensor sends exactly what the {other} sensor sends: one sensor is taken for two – check "
    "the files, or bind the kit again"
)
