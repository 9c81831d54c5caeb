"""How much of a turn of the leg the thigh's skin does not follow: one factor an athlete and side.

Skin on the thigh follows only part of the bone's axial rotation (Schache, Baker, Lamoreux 2008,
Gait Posture 27:60-69: at best 60 %). With the knee straight and the toes turned out and in, the
whole leg turns as one, and a sensor on the shank, where skin lies on bone, shows by how much::

    θ_thigh = (1 - κ) θ_shank + c        both about the vertical, relative to the pelvis

κ is a bound, not the truth: the knee gives a little, and κ changes with flexion and contraction. So
what is scaled by it has a column of its own, and nothing else is touched by it.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from imuhip.core.conventions import PELVIS, THIGH, Side
from imuhip.core.evidence import CalibrationStep
from imuhip.core.quaternions import conjugate, heading_from_quaternion, multiply
from imuhip.core.records import Array

HIGHEST: Final = 0.6
"""A greater factor is not believed."""


@dataclass(frozen=True, slots=True)
class SoftTissue:
    """The factor of one side.

    Parameters
    ----------
    kappa
        Share of a turn that the skin does not follow; NaN where there is none.
    source
        Whether the user gave it or toe turns showed it.
    accepted
        Whether it may be used.
    r2
        Share of the thigh's turning that the shank's explains; NaN where it was given.
    turns
        How many turns of 10° or more there were.
    t
        From when on it is known, session seconds.
    words
        For people.
    """

    side: Side
    kappa: float
    source: Literal["given", "toe_turns"]
    accepted: bool
    r2: float
    turns: int
    t: float
    words: str


def given(side: Side, kappa: float) -> SoftTissue:
    """A factor that the user states.

    Raises
    ------
    ValueError
        Outside 0 to 0.6.
    """
    if not 0.0 <= kappa <= HIGHEST:
        raise ValueError(f"The soft-tissue factor is {kappa}; it must be from 0 to {HIGHEST}.")
    words = f"The {side} thigh's rotation is scaled by 1/(1 - {kappa:g}), as requested."
    return SoftTissue(side, kappa, "given", True, np.nan, 0, -np.inf, words)


def from_toe_turns(
    step: CalibrationStep, sensors: tuple[str, ...], side: Side
) -> SoftTissue | None:
    """The factor that a step of toe turns shows; None without a shank sensor.

    Parameters
    ----------
    step
        ``toe_turn_left`` or ``toe_turn_right``.
    sensors
        Names, in the order of the step's arrays.
    """
    needed = (PELVIS, THIGH[side], f"shank_{side}")
    if not set(needed) <= set(sensors):
        return None
    turned = [_turned(step.q[:, sensors.index(name)]) for name in needed]
    thigh, shank = turned[1] - turned[0], turned[2] - turned[0]
    turns = _turns(shank)
    if turns < _FEWEST_TURNS:
        why = f"{turns} turns of the {side} toes were seen, and {_FEWEST_TURNS} are needed"
        return SoftTissue(side, np.nan, "toe_turns", False, np.nan, turns, step.t_end, f"{why}.")
    x, y = shank - shank.mean(), thigh - thigh.mean()
    slope = float(x @ y / (x @ x))
    r2 = float((x @ y) ** 2 / ((x @ x) * (y @ y))) if y.any() else 0.0
    kappa = 1.0 - slope
    accepted = 0.0 <= kappa <= HIGHEST and r2 >= _LEAST_R2
    words = f"The skin of the {side} thigh lags by {100 * kappa:.0f} % of a turn (R² {r2:.2f})"
    words += (
        "." if accepted else ", which is not plausible: repeat the toe turns with a straight knee."
    )
    return SoftTissue(side, kappa, "toe_turns", accepted, r2, turns, step.t_end, words)


def scaled(rotation: Array, t: Array, factor: SoftTissue | None) -> Array:
    """Rotation relative to standing ``(N,)`` as the bone may have it; NaN before κ is known."""
    if factor is None or not factor.accepted:
        return np.full(len(rotation), np.nan)
    return np.where(t >= factor.t, rotation / (1.0 - factor.kappa), np.nan)


def _turned(q: Array) -> Array:
    """Turn ``(M,)`` about the vertical since the first row, radians, of ``q_es (M, 4)``."""
    if not len(q):
        return np.empty(0)
    return np.unwrap(heading_from_quaternion(multiply(q, conjugate(q[0]))))


def _turns(angle: Array) -> int:
    """How often the angle went one way by 10° or more."""
    count, way = 0, 0
    low = high = angle[0] if len(angle) else 0.0
    for value in angle.tolist():
        low, high = min(low, value), max(high, value)
        if way <= 0 and value - low >= _LEAST_TURN:
            count, way, high = count + 1, 1, value
        elif way >= 0 and high - value >= _LEAST_TURN:
            count, way, low = count + 1, -1, value
    return count


_FEWEST_TURNS = 3
_LEAST_TURN = np.radians(10.0)
_LEAST_R2 = 0.9
