"""Whether a sensor's gyroscope and accelerometer speak of the same axes, and whether gravity is in.

Over one second the gyroscope carries gravity to where the accelerometer should find it. Where
gravity turned by 20° or more, right axes are off by a few degrees at rest and by up to 26° in fast
movement; exchanged or reversed ones are off by 30 to 88°. The 48 that a cable, a driver or another
convention can make are tried too, so that the sentence says which fit, and movement alone is never
taken for a fault: another one must fit far better. Only seconds that begin and end under gravity
alone are looked at: a runner's legs feel anything.

An axis of the gyroscope that read nothing from the first sample on is found in two ways: gravity
turns about it, second after second, and the gyroscope knows nothing of it; or its value stays the
same to the bit while both others carry noise.

An accelerometer reversed in all three axes is the mirror image of the same movement: it cannot be
found from the sensor's own values.
"""

import itertools
import math
from bisect import insort
from typing import Final

import numpy as np

from imuhip.core.conventions import GRAVITY
from imuhip.core.kernels import kernel
from imuhip.core.records import Array, Fault, SampleBlock


class AxesCheck:
    """Watches one sensor: `push` samples; each thing that cannot be right is said once.

    Attributes
    ----------
    spoiled_at
        From this host time on nothing of the sensor may be believed; infinity while it may.
    """

    def __init__(self, sensor: str, rate_hz: float) -> None:
        self.spoiled_at = math.inf
        self._sensor = sensor
        self._length = max(round(rate_hz), _FEWEST)
        self._waiting = np.empty((0, _COLUMNS))
        self._off: list[Array] = []
        self._as_sent: list[float] = []
        self._forces: list[float] = []
        self._silent = _SilentAxes()
        self._watched = 0

    def push(self, samples: SampleBlock) -> tuple[Fault, ...]:
        """Return what became known to be wrong."""
        if self._watched >= _LONGEST_WATCH or self.spoiled_at < math.inf:
            return ()
        rows = _rows(samples)
        if len(self._waiting):
            rows = np.concatenate((self._waiting, rows))
        seconds = min(len(rows) // self._length, _LONGEST_WATCH - self._watched)
        if not seconds:
            self._waiting = rows
            return ()
        forces, off = _seconds(rows, seconds, self._length, AXIS_ORDERS)
        faults: list[Fault] = []
        for k in range(seconds):
            self._watched += 1
            first, last = k * self._length, (k + 1) * self._length - 1
            words = self._judged(float(forces[k]), off[k])
            words = words or self._silent.judged(rows[first : last + 1], off[k])
            if words:
                self.spoiled_at = float(rows[last, _HOST])
                begin, end = float(rows[first, _T]), float(rows[last, _T])
                faults.append(Fault(self._sensor, "axes", begin, end, 1, words))
                break
        self._waiting = rows[seconds * self._length :]
        return tuple(faults)

    def _judged(self, force: float, off: Array) -> str:
        """What one more second says: words for what is wrong, or none."""
        self._forces.append(force)
        if len(self._forces) == _FORCES and max(self._forces) < _NO_GRAVITY:
            return _GRAVITY_WORDS
        if not off[-1] >= _CLEAR:
            return ""
        self._off.append(off[:-1])
        insort(self._as_sent, float(off[_AS_SENT]))
        return self._verdict()

    def _verdict(self) -> str:
        """What the seconds so far say together; empty while nothing is wrong."""
        if len(self._off) < _ENOUGH:
            return ""
        both = self._as_sent[(len(self._as_sent) - 1) // 2], self._as_sent[len(self._as_sent) // 2]
        as_sent = 0.5 * sum(both)
        if as_sent < _WRONG:
            return ""
        middle = np.median(np.array(self._off), axis=0)
        best = int(np.argmin(middle))
        if middle[best] > _FITS * as_sent:
            return ""
        return _AXES_WORDS.format(fit=_spelled(AXIS_ORDERS[best]))


class _SilentAxes:
    """Axes of the gyroscope that have read nothing so far: `judged` takes second after second."""

    def __init__(self) -> None:
        self._first: Array | None = None
        self._same = {0, 1, 2}
        self._lively = 0
        self._nothing = {0, 1, 2}
        self._clear: list[Array] = []
        self._off: list[float] = []

    def judged(self, second: Array, off: Array) -> str:
        """Return words for an axis that is dead; `off` as `_angles_off` gives it for the second."""
        if not self._same and not self._nothing:
            return ""
        gyr = second[:, _GYR : _GYR + 3]
        dead = self._repeats(gyr) | self._knows_nothing(second, gyr, off)
        return _DEAD_WORDS.format(axes=" and ".join("xyz"[k] for k in sorted(dead))) if dead else ""

    def _repeats(self, gyr: Array) -> set[int]:
        """The axis that never changed by a bit, after enough seconds of noise in the others."""
        if self._first is None:
            self._first = gyr[0].copy()
        self._same = {k for k in self._same if (gyr[:, k] == self._first[k]).all()}
        if len(self._same) != 1:
            return set()
        others = [k for k in range(3) if k not in self._same]
        steps = np.diff(gyr[:, others], axis=0)
        turns = np.count_nonzero(steps[1:] * steps[:-1] < 0.0, axis=0)
        self._lively += bool((turns > _LIVELY * len(gyr)).all())
        return self._same if self._lively >= _LIVELY_SECONDS else set()

    def _knows_nothing(self, second: Array, gyr: Array, off: Array) -> set[int]:
        """The axes that read nothing in any second in which gravity turned about them."""
        if not off[-1] >= _CLEAR or not self._nothing:
            return set()
        spans = gyr.max(axis=0) - gyr.min(axis=0)
        self._nothing = {k for k in self._nothing if spans[k] < _NOTHING}
        if not self._nothing:
            self._clear.clear()
            return set()
        self._clear.append(second)
        self._off.append(float(off[_AS_SENT]))
        as_sent = float(np.median(self._off))
        if len(self._off) < _ENOUGH or as_sent < _AMISS:
            return set()
        return {k for k in self._nothing if self._mends(k) < _FITS * as_sent}

    def _mends(self, axis: int) -> float:
        """How far gravity is off, in the middle, if this axis turned as fits each second best."""
        return float(np.median([_best_off(second, axis) for second in self._clear]))


def _best_off(second: Array, axis: int) -> float:
    """How far gravity is off after a second in which an axis turned steadily as fits best."""
    acc, dt = second[:, _ACC : _ACC + 3], np.ascontiguousarray(second[:, _DT])
    edge = max(len(acc) // 8, 2)
    found = []
    for rate in _TRIED:
        gyr = second[:, _GYR : _GYR + 3].copy()
        gyr[:, axis] += rate
        found.append(_carried_off(acc, _carries(gyr, dt, 1.0), AXIS_ORDERS[_AS_SENT], edge))
    return min(found)


def _rows(samples: SampleBlock) -> Array:
    """What is looked at of samples: ``(N, 10)``."""
    rows = np.empty((len(samples.t), _COLUMNS))
    rows[:, _T], rows[:, _DT], rows[:, _HOST] = samples.t, samples.dt, samples.host_t
    rows[:, _GAP] = (samples.missing > 0) | samples.restart
    rows[:, _ACC : _ACC + 3], rows[:, _GYR : _GYR + 3] = samples.acc, samples.gyr
    return rows


@kernel
def _seconds(rows: Array, seconds: int, length: int, ways: Array) -> tuple[Array, Array]:
    """Of each second its median force, and `_angles_off`; NaN where it cannot be looked at."""
    forces, off = np.empty(seconds), np.full((seconds, len(ways) + 1), np.nan)
    sizes = np.empty(length)
    for k in range(seconds):
        first, gap = k * length, False
        for i in range(length):
            x, y, z = rows[first + i, _ACC], rows[first + i, _ACC + 1], rows[first + i, _ACC + 2]
            sizes[i] = np.sqrt(x * x + y * y + z * z)
            gap = gap or (i > 0 and rows[first + i, _GAP] != 0.0)
        ordered = np.sort(sizes)
        forces[k] = (ordered[(length - 1) // 2] + ordered[length // 2]) / 2.0
        if forces[k] >= _NO_GRAVITY and not gap:
            window = rows[first : first + length]
            acc, gyr = window[:, _ACC : _ACC + 3], window[:, _GYR : _GYR + 3]
            _angles_off(acc, gyr, window[:, _DT], ways, off[k])
    return forces, off


@kernel
def _angles_off(acc: Array, gyr: Array, dt: Array, ways: Array, off: Array) -> None:
    """Fill in how far gravity is from where the gyroscope carries it by each way, and its own way.

    NaN for the ways where it went too little to tell them apart.

    Forces of the first and last eighth are carried to the window's ends, so that a shake averages
    out while the sensor turns. Where they are not gravity alone, as in a run, it went nowhere.
    """
    n = len(acc)
    edge = max(n // 8, 2)
    plain_first, plain_last = np.zeros(3), np.zeros(3)
    strange = 0.0
    for i in range(edge):
        for k in range(3):
            plain_first[k] += acc[i, k]
            plain_last[k] += acc[n - 1 - i, k]
        for row in (i, n - 1 - i):
            size = math.sqrt(acc[row, 0] ** 2 + acc[row, 1] ** 2 + acc[row, 2] ** 2)
            strange += (size - GRAVITY) ** 2 / (2 * edge)
    calm = strange < _GRAVITY_ALONE**2
    off[len(ways)] = _angle(plain_first, plain_last) if calm else 0.0
    if off[len(ways)] < _CLEAR:  # too little to tell ways apart
        off[:-1] = np.nan
        return
    # A reading W of the axes turns by W R W', with R of the gyroscope as sent, or reversed where W
    # mirrors: two turns, carried on once, serve all readings.
    plain, reversed_ = _carries(gyr, dt, 1.0), _carries(gyr, dt, -1.0)
    for w in range(len(ways)):
        carries = plain if _mirrors(ways[w]) > 0.0 else reversed_
        off[w] = _carried_off(acc, carries, ways[w], edge)


@kernel
def _carries(gyr: Array, dt: Array, sign: float) -> Array:
    """Rotations ``(N, 3, 3)`` from each sample to the first."""
    out = np.empty((len(gyr), 3, 3))
    out[0] = np.eye(3)
    for i in range(1, len(gyr)):
        _turn(out[i - 1], gyr[i], gyr[i - 1], sign * 0.5, dt[i], out[i])
    return out


@kernel
def _mirrors(way: Array) -> float:
    """The determinant: -1 where a way makes a left-handed sensor of a right-handed one."""
    determinant: float = (
        way[0, 0] * (way[1, 1] * way[2, 2] - way[1, 2] * way[2, 1])
        - way[0, 1] * (way[1, 0] * way[2, 2] - way[1, 2] * way[2, 0])
        + way[0, 2] * (way[1, 0] * way[2, 1] - way[1, 1] * way[2, 0])
    )
    return determinant


@kernel
def _carried_off(acc: Array, carries: Array, way: Array, edge: int) -> float:
    """The same for one way of reading the gyroscope's axes, with the `carries` of all samples."""
    n = len(acc)
    first, last = np.zeros(3), np.zeros(3)
    for i in range(edge):
        _add_carried(carries[i], way, acc[i], first)
        _add_carried(carries[n - edge + i], way, acc[n - edge + i], last)
    return _angle(first, last)  # W turns both alike


@kernel
def _add_carried(carry: Array, way: Array, acc: Array, total: Array) -> None:
    """Add ``carry @ way.T @ acc``."""
    x = way[0, 0] * acc[0] + way[1, 0] * acc[1] + way[2, 0] * acc[2]
    y = way[0, 1] * acc[0] + way[1, 1] * acc[1] + way[2, 1] * acc[2]
    z = way[0, 2] * acc[0] + way[1, 2] * acc[1] + way[2, 2] * acc[2]
    for k in range(3):
        total[k] += carry[k, 0] * x + carry[k, 1] * y + carry[k, 2] * z


@kernel
def _turn(carry: Array, now: Array, before: Array, half: float, dt: float, out: Array) -> None:
    """The rotation from the sensor now to the sensor at the beginning, one step on."""
    x, y, z = half * (now[0] + before[0]), half * (now[1] + before[1]), half * (now[2] + before[2])
    angle = np.sqrt(x**2 + y**2 + z**2) * dt
    if angle < 1e-12:
        out[:] = carry
        return
    x, y, z = x * dt / angle, y * dt / angle, z * dt / angle
    c, s = np.cos(angle), np.sin(angle)
    d = 1.0 - c
    for i in range(3):
        p, q, r = carry[i, 0], carry[i, 1], carry[i, 2]
        out[i, 0] = p * (c + x * x * d) + q * (y * x * d + z * s) + r * (z * x * d - y * s)
        out[i, 1] = p * (x * y * d - z * s) + q * (c + y * y * d) + r * (z * y * d + x * s)
        out[i, 2] = p * (x * z * d + y * s) + q * (y * z * d - x * s) + r * (c + z * z * d)


@kernel
def _angle(a: Array, b: Array) -> float:
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    size = np.sqrt((a[0] ** 2 + a[1] ** 2 + a[2] ** 2) * (b[0] ** 2 + b[1] ** 2 + b[2] ** 2))
    angle: float = np.arccos(min(max(dot / size, -1.0), 1.0)) if size > 0.0 else 0.0
    return angle


def _ways() -> Array:
    """All exchanges and reversals of three axes, ``(48, 3, 3)``, the one as sent first."""
    ways = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1.0, -1.0), repeat=3):
            way = np.zeros((3, 3))
            for k in range(3):
                way[k, order[k]] = signs[k]
            ways.append(way)
    return np.array(ways)


def _spelled(way: Array) -> str:
    """Such as ``+x -y +z``: where each axis of the accelerometer finds its turning rate."""
    places = np.abs(way).argmax(axis=1)
    return " ".join(
        ("+" if way[k, place] > 0.0 else "-") + "xyz"[place] for k, place in enumerate(places)
    )


AXIS_ORDERS: Final = _ways()
"""``(48, 3, 3)``; the one as sent first."""
_AS_SENT = 0

_T, _DT, _HOST, _GAP, _ACC, _GYR, _COLUMNS = 0, 1, 2, 3, 4, 7, 10
_CLEAR = math.radians(20.0)
"""Seconds in which gravity turned less say little."""
_GRAVITY_ALONE = 2.5
"""m/s², RMS about gravity: feet that hit the ground in a run push more, and any way."""
_ENOUGH = 5
"""Seconds of turning: fewer can all be one bad movement."""
_WRONG, _FITS = math.radians(28.0), 0.5
"""Right axes are off by up to 26° in fast movement, wrong ones by 30 to 88°."""
_LONGEST_WATCH = 900
_FEWEST = 20
_FORCES, _NO_GRAVITY = 8, 4.0
"""Seconds from the beginning, and m/s²: nobody falls for so long."""

_NOTHING = math.radians(3.0)
"""rad/s, from the lowest to the highest in a second: noise, where an axis that works would turn."""
_AMISS = math.radians(6.0)
"""Gravity is off by less while an axis that works is hardly turned about."""
_TRIED: Final = np.radians(np.arange(-240.0, 241.0, 10.0))
_LIVELY, _LIVELY_SECONDS = 0.3, 10
"""Noise goes up and down from sample to sample, in so large a share of them; movement does not."""

_DEAD_WORDS = (
    "the gyroscope reads nothing about its axis {axes} while the sensor turns: replace the sensor, "
    "or have it send all three axes"
)
_AXES_WORDS = (
    "the gyroscope and the accelerometer of this sensor do not agree: check signs and axes (they "
    "agree if the gyroscope's axes are taken as {fit}), then import or record again"
)
_GRAVITY_WORDS = (
    "the accelerometer's values lack gravity: have the sensor send the raw acceleration, which "
    "reads 9.81 m/s² at rest"
)
