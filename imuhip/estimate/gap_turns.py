"""How far a sensor turned about the vertical while nothing was heard of it, and how sure that is.

What turns goes on turning for a while: the rates at both ends of a gap say how far, and how fast
and how abruptly the sensor turned just before says how far that may be wrong. Three sensors on one
body say more. Who walks round a corner or shakes both legs turns all of them alike, so a sensor
that was heard throughout shows most of the turn, and only what the two did differently has to be
guessed. Whichever of the others turned most alike is believed, and none of them where the sensor's
own rates are the better guide (``tests/benchmarks/bench_gaps.py``: both, on real movement).
"""

import math
from typing import Any

import numpy as np

from imuhip.core.conventions import GRID_HZ
from imuhip.core.kernels import kernel
from imuhip.core.records import Array, BoolArray, GridBlock

Rows = np.ndarray[Any, np.dtype[np.void]]


class GapTurns:
    """What each sensor's filter turned too far in gaps: `push` rows of the grid, in order."""

    def __init__(self) -> None:
        self._sensors = np.zeros(0, dtype=_SENSOR)
        self._pairs = np.zeros((0, 0), dtype=_PAIR)
        self._before = np.empty((0, 4))

    def push(self, grid: GridBlock) -> tuple[Array, Array]:
        """Return ``(N, S)`` turns about the vertical that the filter made too far, and variances.

        Both are of the row alone, radians; zero in rows that end no gap.
        """
        count = len(grid.sensors)
        if not len(self._sensors):
            self._sensors = np.zeros(count, dtype=_SENSOR)
            self._sensors["unseen"] = np.nan
            self._pairs = np.zeros((count, count), dtype=_PAIR)
            self._before = np.zeros((count, 4))
        too_far, variance = np.zeros((2, len(grid.t), count))
        _follow(
            (grid.q, grid.gyr, grid.valid, grid.unseen),
            (self._sensors, self._pairs, self._before),
            (too_far, variance),
        )
        return too_far, variance


@kernel
def rate_about_vertical(q: Array, gyr: Array) -> float:
    """Angular rate about the earth's vertical, of a rate in the sensor."""
    w, x, y, z = q[0], q[1], q[2], q[3]
    about: float = 2.0 * (x * z - w * y) * gyr[0] + 2.0 * (y * z + w * x) * gyr[1]
    about += (1.0 - 2.0 * (x * x + y * y)) * gyr[2]
    return about


@kernel
def watch_turning(rate: float, dt: float, own: Any) -> None:
    """Remember how fast something turned about the vertical lately, and how abruptly."""
    own.about = max(abs(rate), own.about * (1.0 - min(dt, _LONGEST_STEP)))
    gain = min(dt, _LONGEST_STEP) / _LATELY_S
    own.square += gain * (rate * rate - own.square)
    own.change += gain * (((rate - own.last) / max(dt, _SHORTEST_STEP)) ** 2 - own.change)
    own.last = rate


@kernel
def swing_duration(square: float, change: float) -> float:
    """Seconds until a turn is over, by the mean squares of its rate and of that rate's change."""
    return 1.0 / math.sqrt((change + _ABRUPT**2) / (square + _STEADY**2))


@kernel
def lasting_share(gap: float, swing_s: float) -> float:
    """How much of what turned otherwise at one end than at the other still happens, 0 to 1."""
    return 1.0 / (1.0 + (gap / (4.0 * swing_s)) ** 2)


@kernel
def turn_sd(about: float, gap: float, swing_s: float) -> float:
    """How far a turn by the rates at both ends of a gap may be wrong, radians."""
    sd = _SHARE * about * min(gap, _SWING_S) * min(gap / (3.0 * swing_s), 1.0)
    sd += max(_WANDERS, _WANDERS_SHARE * about) * max(gap - _SWING_S, 0.0)
    return min(sd, math.pi)


@kernel
def _follow(
    came: tuple[Array, Array, BoolArray, Array],
    memory: tuple[Rows, Rows, Array],
    out: tuple[Array, Array],
) -> None:
    """Row by row: end the gaps that end here, then remember what each sensor does."""
    q, gyr, valid, unseen = came
    sensors, pairs, before = memory
    too_far, variance = out
    count = q.shape[1]
    for i in range(len(q)):
        for k in range(count):
            own = sensors[k]
            if not valid[i, k]:
                own.gone += 1.0
                continue
            rate = rate_about_vertical(q[i, k], gyr[i, k])
            if own.gone == 0.0:
                own.turned += 0.5 * (own.rate + rate) / GRID_HZ
            own.rate = rate
        for k in range(count):
            own = sensors[k]
            if not valid[i, k] or math.isnan(unseen[i, k]):
                continue
            if not math.isnan(own.unseen):
                variance[i, k] = unseen[i, k] - own.unseen
            if own.gone > 0.0 and variance[i, k] > 0.0:
                filled = _turn_about_vertical(before[k], q[i, k])
                heard = (valid[i], unseen[i])
                _ask_the_others(k, filled, heard, sensors, pairs, too_far[i], variance[i])
        for k in range(count):
            _remember(k, q[i], valid[i], unseen[i], sensors, pairs, before)


@kernel
def _ask_the_others(
    k: int,
    filled: float,
    heard: tuple[BoolArray, Array],
    sensors: Rows,
    pairs: Rows,
    too_far: Array,
    variance: Array,
) -> None:
    """Sensor `k` is back after its filter turned by `filled`: take the other that is surest."""
    valid, unseen = heard
    rows_s = (sensors[k].gone + 1.0) / GRID_HZ
    gap = rows_s + _HELD_S
    own_rate = sensors[k].rate
    for j in range(len(valid)):
        pair = pairs[k, j]
        if j == k or not valid[j] or pair.usable == 0.0:
            continue
        left, right = pair.last, own_rate - sensors[j].rate
        least = min(abs(left), abs(right)) if left * right > 0.0 else 0.0
        steady = math.copysign(least, right)
        swing_s = swing_duration(pair.square, pair.change)
        apart = rows_s * (steady + lasting_share(gap, swing_s) * (0.5 * (left + right) - steady))
        fastest = max(pair.about, abs(right), SLOW)
        sd = turn_sd(fastest, gap, swing_s)
        doubt = sd * sd + max(unseen[j] - pair.unseen, 0.0)
        if doubt < variance[k]:
            variance[k] = doubt
            too_far[k] = filled - (sensors[j].turned - pair.turned) - apart


@kernel
def _remember(
    k: int,
    q: Array,
    valid: BoolArray,
    unseen: Array,
    sensors: Rows,
    pairs: Rows,
    before: Array,
) -> None:
    """Keep what the next gap of sensor `k` is compared with."""
    own = sensors[k]
    for j in range(len(valid)):
        pair = pairs[k, j]
        pair.rows += 1.0
        if not valid[j]:
            pair.usable = 0.0
        elif valid[k] and j != k:
            watch_turning(own.rate - sensors[j].rate, pair.rows / GRID_HZ, pair)
            pair.turned, pair.unseen = sensors[j].turned, unseen[j]
            pair.rows, pair.usable = 0.0, 1.0
    if valid[k]:
        before[k] = q[k]
        own.gone, own.unseen = 0.0, unseen[k]


@kernel
def _turn_about_vertical(before: Array, after: Array) -> float:
    """The vertical part of the shortest rotation from one orientation to another, radians."""
    w = z = 0.0
    for k in range(4):
        w += after[k] * before[k]
    z = -after[0] * before[3] + after[3] * before[0] - after[1] * before[2] + after[2] * before[1]
    x = -after[0] * before[1] + after[1] * before[0] - after[2] * before[3] + after[3] * before[2]
    y = -after[0] * before[2] + after[2] * before[0] - after[3] * before[1] + after[1] * before[3]
    if w < 0.0:
        w, x, y, z = -w, -x, -y, -z
    sine = math.sqrt(x * x + y * y + z * z)
    turn: float = 2.0 * z if sine < 1e-9 else 2.0 * math.atan2(sine, w) * z / sine
    return turn


_ABRUPT, _STEADY = math.radians(10.0), math.radians(1.0)  # rad/s², rad/s
"""What is always there of both: how soon a turn is over is the ratio of rate and acceleration."""
_SWING_S, _SHARE = 0.45, 0.42
"""A swing is over in 0.45 s; an error as a share of the fastest turn lately."""
_WANDERS, _WANDERS_SHARE = math.radians(4.0), 0.15  # rad/s, and a share of the fastest turn
"""What may be added by every further second."""
SLOW = math.radians(5.0)  # rad/s
"""What is not seen turns no slower than this."""
_HELD_S = 0.04
"""Rows beside a gap that carry on what the last sample said, and the next one."""
_SHORTEST_STEP, _LONGEST_STEP, _LATELY_S = 1e-3, 0.1, 0.3

_SENSOR = np.dtype(
    [
        ("rate", "f8"),  # about the vertical, rad/s
        ("turned", "f8"),  # about the vertical so far, where it was seen
        ("unseen", "f8"),  # variance of turns in gaps so far
        ("gone", "f8"),  # rows without a sample
    ]
)
_PAIR = np.dtype(
    [
        ("about", "f8"),  # fastest about the vertical against the other, within a second
        ("square", "f8"),  # mean squares of that rate, and of its change
        ("change", "f8"),
        ("last", "f8"),  # that rate, and how many rows ago
        ("rows", "f8"),
        ("turned", "f8"),  # of the other, when both were last seen, and its variance of gaps
        ("unseen", "f8"),
        ("usable", "f8"),  # the other was seen ever since
    ]
)
