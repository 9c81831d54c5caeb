"""A smooth curve through points that never swings past them (PCHIP).

Cubics whose slope at a point is a weighted harmonic mean of the slopes beside it, and zero where
these differ in sign (Fritsch and Butland, SIAM J. Sci. Comput. 5, 1984; ends as in Moler, Numerical
Computing with MATLAB, 3.6). The same bits as SciPy's `PchipInterpolator`, which is ninety times
larger than what is needed of it.
"""

import numpy as np
from numpy.typing import NDArray

from imuhip.core.records import Array


class MonotoneCurve:
    """The curve through ``(N,)`` points, three at least, `x` strictly rising."""

    def __init__(self, x: Array, y: Array) -> None:
        self._x = x
        step = x[1:] - x[:-1]
        slope = (y[1:] - y[:-1]) / step
        at = _slopes(step, slope)
        bend = (at[:-1] + at[1:] - 2.0 * slope) / step
        self._c = np.stack((y[:-1], at[:-1], (slope - at[:-1]) / step - bend, bend / step))

    def __call__(self, t: Array) -> Array:
        """Return the curve at times ``(M,)``, its ends going on outside."""
        i, s = self._place(t)
        c = self._c[:, i]
        value: Array = c[0] + c[1] * s + c[2] * (s * s) + c[3] * (s * s * s)
        return value

    def slope(self, t: Array) -> Array:
        """Return its slope at times ``(M,)``."""
        i, s = self._place(t)
        c = self._c[:, i]
        value: Array = c[1] + c[2] * s * 2.0 + c[3] * (s * s) * 3.0
        return value

    def _place(self, t: Array) -> tuple[NDArray[np.intp], Array]:
        """The piece each time lies in, and how far it is into it."""
        i = np.clip(np.searchsorted(self._x, t, side="right") - 1, 0, len(self._x) - 2)
        return i, t - self._x[i]


def _slopes(step: Array, slope: Array) -> Array:
    """Slopes ``(N,)`` at the points, of the steps and slopes ``(N - 1,)`` between them."""
    turns = (np.sign(slope[1:]) != np.sign(slope[:-1])) | (slope[1:] == 0) | (slope[:-1] == 0)
    after, before = 2.0 * step[1:] + step[:-1], step[1:] + 2.0 * step[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = 1.0 / ((after / slope[:-1] + before / slope[1:]) / (after + before))
    inner = np.where(turns, 0.0, mean)
    first = _end(step[0], step[1], slope[0], slope[1])
    last = _end(step[-1], step[-2], slope[-1], slope[-2])
    return np.concatenate(([first], inner, [last]))


def _end(step: float, next_step: float, slope: float, next_slope: float) -> float:
    """The slope at an end, of three points, kept from swinging over."""
    value = ((2.0 * step + next_step) * slope - step * next_slope) / (step + next_step)
    if np.sign(value) != np.sign(slope):
        return 0.0
    if np.sign(slope) != np.sign(next_slope) and abs(value) > 3.0 * abs(slope):
        return 3.0 * slope
    return value
