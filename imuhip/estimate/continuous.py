"""A turn that goes on past ±180°, so that means, differences and pictures of it know no edge."""

import numpy as np

from imuhip.core.kernels import kernel
from imuhip.core.records import Array


class ContinuousTurn:
    """Makes an angle continuous: `push` it wrapped, get it with its whole turns.

    Whole turns are counted in whole numbers, so a cut does not show in the last bit.
    """

    def __init__(self) -> None:
        self._last = np.nan
        self._turns = 0.0

    def push(self, angle: Array) -> Array:
        """Return the next values, ``(N,)`` radians, themselves where none has a whole turn.

        NaN stays NaN and breaks nothing.
        """
        state = np.array((self._last, self._turns))
        out = np.empty_like(angle)
        turned = _continued(angle, state, out)
        self._last, self._turns = float(state[_LAST]), float(state[_TURNS])
        return out if turned else angle


@kernel
def _continued(angle: Array, state: Array, out: Array) -> bool:
    """Fill `out` with the angle and its whole turns; whether there are any."""
    turned = False
    for i in range(len(angle)):
        out[i] = angle[i]
        if not np.isfinite(angle[i]):
            continue
        if np.isfinite(state[_LAST]):
            state[_TURNS] += np.rint((state[_LAST] - angle[i]) / (2.0 * np.pi))
        state[_LAST] = angle[i]
        turned = turned or state[_TURNS] != 0.0
        out[i] = angle[i] + state[_TURNS] * (2.0 * np.pi)
    return turned


_LAST, _TURNS = 0, 1
"""Places in the state."""
