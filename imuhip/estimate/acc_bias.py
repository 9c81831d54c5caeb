"""Bias, scale and skew of an accelerometer, as far as gravity shows them at rest.

At rest it should feel one g, whichever way it lies. With a bias b and a matrix 1 + M of scale and
skew it feels, along the unit vector u,

    |f| - g = u · b + g u · M u

so every rest in another attitude is another measurement of the nine (an M that is not symmetric is
a turn of the axes, which shows nowhere and which the alignment takes up). A Kalman filter keeps
them, all as likely as data sheets have them before the first rest; what rests in few attitudes
cannot part is shared out as is likeliest. Standing shows the bias along a thigh, which is the one
that tilts the thigh where it lies level: half of 0.05 g are 1.4° at the bottom of a squat.

Only the direction of the force is corrected. Its size stays what was felt, for checks of rests and
of how good the sensors are. Causal, and sample by sample: cuts do not show.

The model is that of a test in many positions without the positions (IEEE Std 1293 names its terms).
"""

import math
from dataclasses import replace

import numpy as np

from imuhip.core.conventions import GRAVITY
from imuhip.core.kernels import kernel
from imuhip.core.records import Array, BoolArray, SampleBlock

_BIAS, _SCALE, _SKEW = 0.03, 0.015, 0.015
"""One standard deviation of each, as a share of gravity: cheap parts as they come."""
_MOST = 0.12
"""What feels more or less than this share beside gravity is another unit, or no rest."""
_NOISE = 0.01
"""The same of a second of rest: people sway by less."""
_STEADY = 0.25
"""m/s² RMS that a rest may leave beside white noise."""
_REST_S, _GAP_S = 1.0 - 1e-6, 0.1

_FORCE, _LAST, _SQUARE, _STEP, _COUNT, _TIME, _SUMS = 0, 3, 6, 7, 8, 9, 10
"""Places in the sums: of the rest, and the last sample."""


class AccBias:
    """Errors of one sensor's accelerometer: `push` its samples in order, in any blocks."""

    def __init__(self) -> None:
        self._x = np.zeros(9)
        self._p = np.diag(np.repeat((_BIAS, _SCALE, _SKEW), 3) ** 2)
        self._sums = np.zeros(_SUMS)

    def push(self, samples: SampleBlock, still: BoolArray) -> SampleBlock:
        """Return the samples with the force turned to where it is believed to point.

        Parameters
        ----------
        samples
            ``acc (N, 3)`` m/s², frame ``s``.
        still
            ``(N,)`` the sensor rests, as the gyroscope shows it.
        """
        acc = np.empty_like(samples.acc)
        _follow(
            (samples.dt, samples.restart, still),
            np.ascontiguousarray(samples.acc),
            (self._x, self._p, self._sums),
            acc,
        )
        return replace(samples, acc=acc)


@kernel
def _follow(
    came: tuple[Array, BoolArray, BoolArray],
    acc: Array,
    memory: tuple[Array, Array, Array],
    out: Array,
) -> None:
    """Correct each sample, and learn at the end of every second of rest."""
    dt, restart, still = came
    x, p, sums = memory
    for i in range(len(dt)):
        if restart[i] or dt[i] > _GAP_S or not still[i]:
            sums[:] = 0.0
        else:
            _add(acc[i], dt[i], sums)
        if sums[_TIME] >= _REST_S:
            _learn(x, p, sums)
            sums[:] = 0.0
        _correct(x, acc[i], out[i])


@kernel
def _add(acc: Array, dt: float, sums: Array) -> None:
    """Take one sample of rest in."""
    for k in range(3):
        if sums[_COUNT] > 0.0:
            sums[_STEP] += (acc[k] - sums[_LAST + k]) ** 2
        sums[_LAST + k] = acc[k]
        sums[_FORCE + k] += acc[k]
        sums[_SQUARE] += acc[k] ** 2
    sums[_COUNT] += 1.0
    sums[_TIME] += dt


@kernel
def _learn(x: Array, p: Array, sums: Array) -> None:
    """One Kalman update with the mean force of a second, if that was steady."""
    count = sums[_COUNT]
    square = 0.0
    for k in range(3):
        square += (sums[_FORCE + k] / count) ** 2
    size = math.sqrt(square)
    # What white noise does not explain of the spread.
    spread = sums[_SQUARE] / count - square - sums[_STEP] / (2.0 * count)
    if spread > _STEADY**2 or abs(size - GRAVITY) > _MOST * GRAVITY:
        return
    h, gain = np.empty(9), np.zeros(9)
    for k in range(3):
        h[k] = sums[_FORCE + k] / count / size
    for k in range(3):
        h[3 + k] = h[k] ** 2
        h[6 + k] = 2.0 * h[(k + 1) % 3] * h[(k + 2) % 3]
    innovation, variance = size / GRAVITY - 1.0, _NOISE**2
    for a in range(9):
        innovation -= h[a] * x[a]
        for b in range(9):
            gain[a] += p[a, b] * h[b]
        variance += h[a] * gain[a]
    for a in range(9):
        x[a] += gain[a] / variance * innovation
        for b in range(9):
            p[a, b] -= gain[a] * gain[b] / variance


@kernel
def _correct(x: Array, felt: Array, out: Array) -> None:
    """Turn a force to where it points by what is believed; it keeps its size."""
    before = after = 0.0
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        out[k] = (1.0 - x[3 + k]) * felt[k] - GRAVITY * x[k]
        out[k] -= x[6 + j] * felt[i] + x[6 + i] * felt[j]
        before += felt[k] ** 2
        after += out[k] ** 2
    if after > 0.0:
        size = math.sqrt(before / after)
        for k in range(3):
            out[k] *= size
