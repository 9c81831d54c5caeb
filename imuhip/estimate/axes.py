"""Whether a sensor's gyroscope and accelerometer speak of the same axes, and whether gravity is in.

Over one second the gyroscope carries gravity to where the accelerometer should find it. Where
gravity turned by 20° or more, right axes are off by a few degrees at rest and by up to 26° in fast
movement; exchanged or reversed ones are off by 30 to 88°. The 48 that a cable, a driver or another
convention can make are tried too, so that the sentence says which fit, and movement alone is never
taken for a fault: another one must fit far better. Only seconds that begin and end under gravity
alone are looked at: a runner's legs feel anything.

An accelerometer reversed in all three axes is the mirror image of the same movement: it cannot be
found from the sensor's own values.
"""

import itertools
import math
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
        self._forces: list[float] = []
        self._watched = 0

    def push(self, samples: SampleBlock) -> tuple[Fault, ...]:
        """Return what became known to be wrong."""
        if self._watched >= _LONGEST_WATCH or self.spoiled_at < math.inf:
            return ()
        gap = (samples.missing > 0) | samples.restart
        rows = np.column_stack(
            (samples.t, samples.dt, samples.host_t, gap, samples.acc, samples.gyr)
        )
        self._waiting = np.concatenate((self._waiting, rows))
        faults: list[Fault] = []
        while len(self._waiting) >= self._length and not faults:
            window, self._waiting = self._waiting[: self._length], self._waiting[self._length :]
            self._watched += 1
            faults += self._look(window)
            if self._watched >= _LONGEST_WATCH:
                break
        return tuple(faults)

    def _look(self, window: Array) -> list[Fault]:
        """Judge one second."""
        acc, gyr = window[:, _ACC : _ACC + 3], window[:, _GYR : _GYR + 3]
        forces = np.sort(np.sqrt((acc**2).sum(axis=1)))
        self._forces.append(float(forces[(len(forces) - 1) // 2] + forces[len(forces) // 2]) / 2.0)
        words = ""
        if len(self._forces) == _FORCES and max(self._forces) < _NO_GRAVITY:
            words = _GRAVITY_WORDS
        elif self._forces[-1] >= _NO_GRAVITY and not window[1:, _GAP].any():
            off = _angles_off(acc, gyr, window[:, _DT], AXIS_ORDERS)
            if off[-1] >= _CLEAR:
                self._off.append(off[:-1])
                words = self._verdict()
        if not words:
            return []
        self.spoiled_at = float(window[-1, _HOST])
        return [Fault(self._sensor, "axes", float(window[0, _T]), float(window[-1, _T]), 1, words)]

    def _verdict(self) -> str:
        """What the seconds so far say together; empty while nothing is wrong."""
        if len(self._off) < _ENOUGH:
            return ""
        middle = np.median(np.array(self._off), axis=0)
        best = int(np.argmin(middle))
        as_sent = float(middle[_AS_SENT])
        if as_sent < _WRONG or middle[best] > _FITS * as_sent:
            return ""
        return _AXES_WORDS.format(fit=_spelled(AXIS_ORDERS[best]))


@kernel
def _angles_off(acc: Array, gyr: Array, dt: Array, ways: Array) -> Array:
    """How far gravity is from where the gyroscope carries it, for each way; then how far it went.

    NaN for the ways where it went too little to tell them apart.

    Forces of the first and last eighth are carried to the window's ends, so that a shake averages
    out while the sensor turns. Where they are not gravity alone, as in a run, it went nowhere.
    """
    n = len(acc)
    edge = max(n // 8, 2)
    off = np.empty(len(ways) + 1)
    plain_first, plain_last = np.zeros(3), np.zeros(3)
    strange = 0.0
    for i in range(edge):
        plain_first += acc[i]
        plain_last += acc[n - 1 - i]
        for each in (acc[i], acc[n - 1 - i]):
            size = math.sqrt(each[0] ** 2 + each[1] ** 2 + each[2] ** 2)
            strange += (size - GRAVITY) ** 2 / (2 * edge)
    calm = strange < _GRAVITY_ALONE**2
    off[len(ways)] = _angle(plain_first, plain_last) if calm else 0.0
    if off[len(ways)] < _CLEAR:  # too little to tell ways apart
        off[:-1] = np.nan
        return off
    # A reading W of the axes turns by W R W', with R of the gyroscope as sent, or reversed where W
    # mirrors: two turns, carried on once, serve all readings.
    kept = np.concatenate((np.arange(edge), np.arange(n - edge, n)))
    plain, reversed_ = _carries(gyr, dt, 1.0)[kept], _carries(gyr, dt, -1.0)[kept]
    for w in range(len(ways)):
        carries = plain if _mirrors(ways[w]) > 0.0 else reversed_
        off[w] = _carried_off(acc, carries, ways[w], edge)
    return off


@kernel
def _carries(gyr: Array, dt: Array, sign: float) -> Array:
    """Rotations ``(N, 3, 3)`` from each sample to the first."""
    out = np.empty((len(gyr), 3, 3))
    carry = np.eye(3)
    for i in range(len(gyr)):
        if i > 0:
            carry = _turned(carry, sign * 0.5 * (gyr[i] + gyr[i - 1]), dt[i])
        out[i] = carry
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
    """The same for one way of reading the gyroscope's axes; `carries` of both edges' samples."""
    n = len(acc)
    first, last = np.zeros(3), np.zeros(3)
    for i in range(edge):
        first += _times(carries[i], _times(way.T, acc[i]))
        last += _times(carries[edge + i], _times(way.T, acc[n - edge + i]))
    return _angle(first, last)  # W turns both alike


@kernel
def _times(m: Array, v: Array) -> Array:
    out = np.empty(3)
    for k in range(3):
        out[k] = m[k, 0] * v[0] + m[k, 1] * v[1] + m[k, 2] * v[2]
    return out


@kernel
def _turned(carry: Array, rate: Array, dt: float) -> Array:
    """The rotation from the sensor now to the sensor at the beginning, one step on."""
    angle = np.sqrt(rate[0] ** 2 + rate[1] ** 2 + rate[2] ** 2) * dt
    if angle < 1e-12:
        return carry
    x, y, z = rate[0] * dt / angle, rate[1] * dt / angle, rate[2] * dt / angle
    c, s = np.cos(angle), np.sin(angle)
    d = 1.0 - c
    step = np.array(
        (
            (c + x * x * d, x * y * d - z * s, x * z * d + y * s),
            (y * x * d + z * s, c + y * y * d, y * z * d - x * s),
            (z * x * d - y * s, z * y * d + x * s, c + z * z * d),
        )
    )
    out = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            for k in range(3):
                out[i, j] += carry[i, k] * step[k, j]
    return out


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

_AXES_WORDS = (
    "the gyroscope and the accelerometer of this sensor do not agree: check signs and axes (they "
    "agree if the gyroscope's axes are taken as {fit}), then import or record again"
)
_GRAVITY_WORDS = (
    "the accelerometer's values lack gravity: have the sensor send the raw acceleration, which "
    "reads 9.81 m/s² at rest"
)
