"""How far the skin follows the bone when a thigh turns, and what that leaves in doubt."""

import math
from typing import Final

from imuhip.assess.symmetry import Measured

SKIN_FOLLOWS, SKIN_SD = 0.8, 0.115
"""Part of the thigh's rotation that the skin follows: anything between 0.6, the best of published
clusters (Schache 2008, KINEMATICS 1.7), and 1."""

END_FOLLOWS_SD: Final = 0.13
"""The same of an end range: it may be as little as the half that clusters of markers followed at
worst (Schache 2008, KINEMATICS 1.7)."""


LEAST_FOLLOWS: Final = 0.6
"""What the skin follows of a long turn at least, in the best of published clusters: what is short
even so is short."""

TURNS_SD_DEG, DEEP_DEG = 4.5, 110.0
"""How far the skin of a thigh turns on the bone when the hip flexes so far: the rotation at the
bottom of squats is off by 4 to 4.6° RMS in measurements on people (docs/simulator.md, soft
tissue)."""


def at_most(arc: Measured, flexion_deg: float) -> Measured:
    """An arc of the bone if the skin follows as little as it may, at so much flexion."""
    turned = TURNS_SD_DEG * abs(flexion_deg) / DEEP_DEG
    return Measured(arc.value / LEAST_FOLLOWS, math.hypot(arc.sd, turned) / LEAST_FOLLOWS)


def of_the_bone(arc: Measured) -> Measured:
    """An arc with the skin allowed for, and what is not known of the skin in its error."""
    value = arc.value / SKIN_FOLLOWS
    return Measured(value, math.hypot(arc.sd, END_FOLLOWS_SD * value) / SKIN_FOLLOWS)
