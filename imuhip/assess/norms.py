"""How far hips turned in people who were measured: studies, how many people, what posture.

For reading beside an athlete's own numbers, never as a verdict: methods differ by more than most
athletes do, and a study's mean is where half of all healthy people lie below. Only numbers that
are printed in the source itself; one that is not known is NaN.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from imuhip.assess.symmetry import Measured

Posture: TypeAlias = Literal["seated", "prone", "supine"]

_NAN: Final = Measured(math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Norm:
    """What one study found in one posture.

    Parameters
    ----------
    posture
        Seated: the hip bent 90°; prone and supine: straight.
    who, people
        Who was measured, and how many.
    internal, external, total
        Mean and standard deviation between people, degrees, all positive.
    source
        Where it is printed.
    """

    posture: Posture
    who: str
    people: int
    internal: Measured
    external: Measured
    total: Measured
    source: str


def norms_for(family: str) -> tuple[Norm, ...]:
    """Return what was measured in the posture of a table test, such as ``seated_rotation``."""
    posture = family.partition("_")[0]
    return tuple(norm for norm in NORMS if norm.posture == posture)


def _adults(posture: Posture, internal: float, external: float, total: float) -> Norm:
    one, other, both = (Measured(mean, math.nan) for mean in (internal, external, total))
    return Norm(posture, "adults of 20 to 60 years", 120, one, other, both, _KOUYOUMDJIAN)


_KOUYOUMDJIAN: Final = (
    "Kouyoumdjian et al., Orthop Traumatol Surg Res 98:17-23, 2012; by photographs"
)
_RUNNERS: Final = (
    "Passive hip rotation range of motion: effects of testing position and age in runners and "
    "non-runners, 2003; passive, by goniometer"
)

NORMS: Final[tuple[Norm, ...]] = (
    # The external mean is misprinted there: it is the total once more.
    _adults("seated", 37.9, math.nan, 78.5),
    _adults("prone", 35.2, 41.8, 77.1),
    _adults("supine", 29.6, 38.5, 68.1),
    Norm("seated", "runners, mean age 37", 18, _NAN, _NAN, Measured(76.9, 9.7), _RUNNERS),
    Norm("seated", "non-runners, mean age 35", 16, _NAN, _NAN, Measured(87.1, 11.4), _RUNNERS),
)
