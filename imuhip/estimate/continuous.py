"""A turn that goes on past ±180°, so that means, differences and pictures of it know no edge."""

import numpy as np

from imuhip.core.records import Array


class ContinuousTurn:
    """Makes an angle continuous: `push` it wrapped, get it with its whole turns.

    Whole turns are counted in whole numbers, so a cut does not show in the last bit.
    """

    def __init__(self) -> None:
        self._last = np.nan
        self._turns = 0.0

    def push(self, angle: Array) -> Array:
        """Return the next values, ``(N,)`` radians; NaN stays NaN and breaks nothing."""
        known = np.flatnonzero(np.isfinite(angle))
        if not len(known):
            return angle
        values = angle[known]
        before = np.concatenate(([self._last if np.isfinite(self._last) else values[0]], values))
        turns = self._turns + np.cumsum(np.rint((before[:-1] - before[1:]) / (2.0 * np.pi)))
        self._last, self._turns = float(values[-1]), float(turns[-1])
        if not turns.any():
            return angle
        out = angle.copy()
        out[known] = values + turns * (2.0 * np.pi)
        return out
