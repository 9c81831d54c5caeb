"""Whether a sensor's accelerometer and gyroscope agree on how it turned.

Gravity is carried over a second by the gyroscope and compared with gravity as measured. Right axes
are off by 2 to 8° on average in simulations and by 4 to 12° on real people, for acceleration is no
gravity; exchanged axes by 30 to 88°, and one reversed axis by as little as 7° where the sensor
seldom turns about it. What tells them is how much better another order of the axes fits: for right
axes none fits by more than a twentieth better (18 sensors on real people), for wrong ones the right
order by a third to nine tenths.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from imuhip.core.conventions import GRAVITY
from imuhip.core.quaternions import conjugate, multiply, quaternion_from_rotvec, rotate
from imuhip.core.records import Array, IntArray
from imuhip.estimate.axes import AXIS_ORDERS


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far gyroscope and accelerometer are apart.

    Parameters
    ----------
    off
        Mean angle between gravity carried and gravity measured, radians.
    best
        The same with the axes of the gyroscope in the order and with the signs that fit best.
    scale, scaled
        Of the factors on the turning rate that a wrong rate or unit would need, the one that fits
        best, and the mean angle with it.
    windows
        How many stretches of a second went in.
    """

    off: float
    best: float
    scale: float
    scaled: float
    windows: int

    @property
    def axes_wrong(self) -> bool:
        """Whether the axes cannot be as they are said to be."""
        return (
            self.windows >= _FEWEST
            and self.off > _LARGEST
            and self.best < _BETTER * self.off
            and self.best <= self.scaled
        )

    @property
    def rate_wrong(self) -> bool:
        """Whether the turning rates, or the times, are another size than they are said to be."""
        return (
            self.windows >= _FEWEST
            and self.off > _LARGEST_SCALED
            and self.scaled < self.best
            and self.scaled < _FAR_BETTER_SCALED * self.off
        )


def agreement(t: Array, acc: Array, gyr: Array) -> Agreement | None:
    """Return how well acceleration ``(N, 3)`` and turning rate ``(N, 3)`` agree; None if too short.

    Parameters
    ----------
    t
        ``(N,)`` seconds, evenly spaced but for gaps.
    """
    acc, gyr = np.clip(acc, -_WILD, _WILD), np.clip(gyr, -_WILD, _WILD)
    dt = float(np.median(np.diff(t)))
    span = round(_SPAN_S / dt)
    near = max(1, round(_AVERAGED_S / dt))
    if span < 4 or len(t) < 2 * span:
        return None
    smooth = _averaged(acc, near)
    starts = np.arange(near, len(t) - span - near, max(1, span // 10))
    whole = t[starts + span] - t[starts] < _GAPS * _SPAN_S
    turned = np.linalg.norm(_sums(gyr, starts, span) * dt, axis=1)
    starts = starts[whole & (turned > _TURNED)]
    first, last = smooth[starts], smooth[starts + span]
    calm = [np.abs(np.linalg.norm(end, axis=1) - GRAVITY) < _CALM for end in (first, last)]
    starts = _spread(starts[calm[0] & calm[1]])
    if len(starts) < _FEWEST:
        return None
    first, last = smooth[starts], smooth[starts + span]
    as_is = AXIS_ORDERS[0]
    off = _error(gyr, dt, starts, span, first, last, as_is)
    if not np.isfinite(off):
        return None
    if off <= _LARGEST:  # as near as they come: nothing else need be tried
        return Agreement(off, off, 1.0, off, len(starts))
    errors = [_error(gyr, dt, starts, span, first, last, order) for order in AXIS_ORDERS]
    scaled = [_error(gyr, k * dt, starts, span, first, last, as_is) for k in _SCALES]
    best = int(np.argmin(scaled))
    return Agreement(off, min(errors), _SCALES[best], scaled[best], len(starts))


def _error(
    gyr: Array, dt: float, starts: IntArray, span: int, first: Array, last: Array, order: Array
) -> float:
    """Return the mean angle, radians, with the axes of the gyroscope turned by `order`.

    Infinite where gravity hardly moved, so that nothing can be said.
    """
    q = np.tile((1.0, 0.0, 0.0, 0.0), (len(starts), 1))
    turned = gyr @ order.T
    for k in range(span):
        mean = 0.5 * (turned[starts + k] + turned[starts + k + 1])
        q = multiply(q, quaternion_from_rotvec(mean * dt))
    carried = rotate(conjugate(q), first)
    between = _angles(carried, last)
    tilted = np.maximum(_angles(first, last), _angles(first, carried)) > _TILTED
    enough = np.count_nonzero(tilted) >= _FEWEST // 2
    return float(np.mean(between)) if enough else np.inf


def _angles(a: Array, b: Array) -> Array:
    """Return angles ``(N,)`` between vectors ``(N, 3)``, radians."""
    angles: Array = np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), np.sum(a * b, axis=1))
    return angles


def _averaged(values: Array, near: int) -> Array:
    """Return means over `near` rows on either side; rows nearer to the ends are as they are."""
    sums = np.cumsum(np.vstack((np.zeros((1, 3)), values)), axis=0)
    width = 2 * near + 1
    means = values.copy()
    if len(values) >= width:
        means[near : len(values) - near] = (sums[width:] - sums[:-width]) / width
    return means


def _sums(values: Array, starts: IntArray, span: int) -> Array:
    sums = np.cumsum(np.vstack((np.zeros((1, 3)), values)), axis=0)
    differences: Array = sums[starts + span] - sums[starts]
    return differences


def _spread(starts: IntArray) -> IntArray:
    """Return at most `_MOST` of the stretches, evenly spread."""
    if len(starts) <= _MOST:
        return starts
    return starts[np.linspace(0, len(starts) - 1, _MOST).astype(np.int64)]


_SCALES: Final = (0.25, 0.4, 0.5, 0.6, 1.0 / 0.6, 2.0, 2.5, 4.0)
_LARGEST_SCALED: Final = np.radians(8.0)
_FAR_BETTER_SCALED: Final = 0.5
_LARGEST: Final = np.radians(6.0)
_BETTER: Final = 0.65
_SPAN_S: Final = 1.0
_AVERAGED_S: Final = 0.05
_GAPS: Final = 1.3
_TURNED: Final = np.radians(20.0)
_TILTED: Final = np.radians(15.0)
_CALM: Final = 1.0  # m/s²
_WILD: Final = 1e6
_FEWEST: Final = 12
_MOST: Final = 240
