"""Smoothness of a movement by its spectral arc length (SPARC).

Balasubramanian et al. 2015, doi:10.1186/s12984-015-0090-9: the length of the normalised magnitude
spectrum of speed, up to 10 Hz at most and to where it last exceeds 5 % of its peak. Valid for
angular speed (Melendez-Calderon et al. 2021, doi:10.3389/fbioe.2020.558771). The window is from
boundary to boundary, and the frequency step is the same for any length, so values compare within a
person.
"""

import numpy as np

from imuhip.core.conventions import GRID_HZ
from imuhip.core.records import Array


def sparc(speed: Array) -> float:
    """Negative length of the spectrum of ``speed (N,)``; nearer to 0 is smoother.

    NaN for fewer than 0.2 s, more than 40 s, or with rows missing.
    """
    if not _FEWEST_ROWS <= len(speed) <= _BINS or not np.isfinite(np.add.reduce(speed)):
        return float("nan")
    magnitude = np.abs(np.fft.rfft(speed, _BINS)[:_CUT_BINS])
    if not magnitude[0] > 0.0:
        return float("nan")
    magnitude /= magnitude.max()  # of all frequencies: none of a speed's exceeds that of 0 Hz
    magnitude = magnitude[: int(np.flatnonzero(magnitude >= _LEAST)[-1]) + 1]
    if len(magnitude) < 2:
        return float("nan")
    step = 1.0 / (len(magnitude) - 1)
    rises = magnitude[1:] - magnitude[:-1]
    return -float(np.add.reduce(np.sqrt(step**2 + rises**2)))


_BINS, _FEWEST_ROWS = 4096, 20
_CUT_HZ, _LEAST = 10.0, 0.05
_CUT_BINS = int(_CUT_HZ * _BINS / GRID_HZ) + 1
