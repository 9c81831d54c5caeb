"""Whether sensors are on one clock, by what a body's parts have in common: when it moves.

The length of the turning rate rises and falls with every movement of the person, at pelvis and
thighs alike. Its changes, smoothed over two and over three seconds, are correlated; in smoothed
ones a gait's left and right steps do not show, which lie half a stride apart without any fault of
the clocks. A lag is reported only where these two and the unsmoothed rate agree.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from imuhip.core.conventions import PELVIS, THIGH
from imuhip.core.records import Array
from imuhip.importers.sources import SensorFile


def lags(files: Sequence[SensorFile]) -> list[tuple[SensorFile, float]]:
    """Return the thighs whose times lie apart from the pelvis's, and by how many seconds."""
    pelvis = next((file for file in files if file.sensor == PELVIS), None)
    if pelvis is None:
        return []
    found = []
    for file in files:
        if file.sensor in THIGH.values():
            lag = lag_between(pelvis.t, pelvis.gyr, file.t, file.gyr)
            if lag is not None:
                found.append((file, lag))
    return found


def lag_between(t: Array, gyr: Array, other_t: Array, other_gyr: Array) -> float | None:
    """Return how much later the other sensor's times are, s; None where that is not sure.

    Parameters
    ----------
    t, gyr, other_t, other_gyr
        ``(N,)`` seconds and ``(N, 3)`` rad/s of two sensors of one person.
    """
    first, last = max(t[0], other_t[0]), min(t[-1], other_t[-1])
    if last - first < _LEAST_S:
        return None
    grid = np.arange(first, last, 1.0 / _HZ)
    one, two = _felt(t, gyr, grid), _felt(other_t, other_gyr, grid)
    if not (np.ptp(one) > _MOVES and np.ptp(two) > _MOVES):
        return None
    found = [_peak(np.sqrt(one), np.sqrt(two))]
    found += [_peak(_changes(one, span), _changes(two, span)) for span in _SPANS_S]
    lag = np.array([lag for lag, _ in found])
    if min(peak for _, peak in found[1:]) < _CLEAR or np.ptp(lag) > _AGREE_S:
        return None
    middle = float(np.median(lag))
    return middle if abs(middle) >= _REPORTED_FROM_S else None


def _felt(t: Array, gyr: Array, grid: Array) -> Array:
    felt: Array = np.interp(grid, t, np.linalg.norm(np.clip(gyr, -_WILD, _WILD), axis=1))
    return felt


def _changes(rate: Array, span: float) -> Array:
    """Return the derivative of the smoothed rate's root: when movement begins and ends."""
    window = np.hanning(round(span * _HZ) | 1)
    changes: Array = np.gradient(np.sqrt(np.convolve(rate, window / window.sum(), "same")))
    return changes


def _peak(one: Array, two: Array) -> tuple[float, float]:
    """Return lag, s, and height of the highest peak of the correlation."""
    one, two = one - one.mean(), two - two.mean()
    size = 1 << (2 * len(one) - 1).bit_length()
    product = np.conj(np.fft.rfft(one, size)) * np.fft.rfft(two, size)
    scale = float(np.sqrt(np.sum(one**2) * np.sum(two**2)))
    correlation = np.fft.irfft(product, size) / scale
    most = min(round(_FARTHEST_S * _HZ), len(one) // 4)
    steps = np.arange(-most, most + 1)
    best = int(np.argmax(correlation[steps]))
    return float(steps[best]) / _HZ, float(correlation[steps[best]])


_WILD: Final = 1e6
_HZ: Final = 50.0
_LEAST_S: Final = 20.0
_SPANS_S: Final = (2.0, 3.0)
_CLEAR: Final = 0.45
_AGREE_S: Final = 0.1
_REPORTED_FROM_S: Final = 0.15
_FARTHEST_S: Final = 10.0
_MOVES: Final = 0.3  # rad/s
