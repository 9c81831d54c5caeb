"""Which bends of a leg on a step bring the body up: those are step-ups, and nothing else is.

The leg that leads bends and straightens, and then the other one comes up too, its thigh forward to
clear the edge. On the way down a leg bends as far, but the other one reaches back for the floor.
"""

import numpy as np

from imuhip.assess.boundaries import Boundaries
from imuhip.assess.episodes import Rows
from imuhip.assess.signals import leans
from imuhip.core.conventions import SIDES, Side
from imuhip.core.records import Array


class StepUps:
    """Follows the bends of the sets of step-ups, in the order of time.

    Who has come up, be it led by the other leg, and bends without the other leg coming up after,
    goes down. Who never lifts the other foot onto the step has every bend counted.
    """

    def __init__(self) -> None:
        self._up: dict[tuple[str, int], bool] = {}

    def comes_up(self, of: tuple[str, int], side: Side, rows: Rows, at: Boundaries) -> bool:
        """Take the next bend of `side` in a set, movement and number; say whether it counts."""
        k = SIDES.index(side)
        lean = leans(rows)[at.start : at.end + 1]
        if _other_leads(lean[:, k], lean[:, 1 - k]):
            self._up[of] = True
            return False
        follows = _follows(lean[at.turn - at.start :, 1 - k], float(lean[0, 1 - k]))
        goes_down = self._up.get(of, False) and not follows
        self._up[of] = follows
        return not goes_down


def _follows(behind: Array, stood: float) -> bool:
    """Whether the thigh behind comes forward of where it stood, to clear the edge."""
    return bool(np.nanmax(behind - stood, initial=0.0) > np.radians(_CLEARS_DEG))


def _other_leads(mine: Array, other: Array) -> bool:
    """Whether the other thigh is well bent already when this one begins to bend."""
    way = np.nanmax(mine, initial=mine[0]) - mine[0]
    bent = other[0] - np.nanmin(other, initial=other[0])
    return bool(bent > _LEADS * way)


_CLEARS_DEG = 8.0
"""A thigh that comes forward by more brings its foot over the edge of a step; one that reaches back
for the floor does not."""

_LEADS = 0.5
"""A leg that is bent by more than so much of what the other one will bend leads."""
