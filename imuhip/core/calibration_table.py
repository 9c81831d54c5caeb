"""The calibration in words: what the coach says at each step, and what each check measures.

The page Set up, its spoken steps and the coach's report all read these tables; the browser's copy,
``dashboard/components/setup/table.js``, is written from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class StepWords:
    """A step as people meet it.

    Parameters
    ----------
    name
        Of its marks, as in `conventions.CALIBRATION_STEPS`; ``shake`` comes before them.
    title
        A word or two.
    seconds
        How long it takes where it is counted.
    says
        What the athlete is asked to do.
    why
        What it is for.
    optional
        The calibration is complete without it.
    """

    name: str
    title: str
    seconds: int
    says: str
    why: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class GateWords:
    """A check as people meet it.

    Parameters
    ----------
    title
        What was measured.
    sign
        The unit behind the number, with its space.
    factor
        From the gate's own unit to the one shown.
    """

    title: str
    sign: str
    factor: float = 1.0


STEPS: Final = (
    StepWords(
        "shake", "Shake together", 10,
        "Hold all three sensors in one hand and shake hard and unevenly.",
        "Finds how late each sensor's radio is. Only needed once a day.", optional=True,
    ),
    StepWords(
        "tray", "Tray", 4,
        "Lay the three sensors in the tray, arrows the same way. Don't touch.",
        "Gives all three the same compass. Strap them on within a minute and a half.",
    ),
    StepWords(
        "stand", "Stand", 7,
        "Stand tall, feet hip-width and parallel, kneecaps forward, arms crossed. Don't move.",
        "Your standing is the zero of every angle.",
    ),
    StepWords(
        "bow", "Bow", 12, "Three slow bows from the hips, back flat, straight ahead.",
        "Finds which way the pelvis faces.",
    ),
    StepWords(
        "knee_lift_left", "Left knee", 9,
        "Three slow knee lifts on the LEFT, knee straight ahead.",
        "Checks the left thigh's sensor.",
    ),
    StepWords(
        "knee_lift_right", "Right knee", 9,
        "Three slow knee lifts on the RIGHT, knee straight ahead.",
        "Checks the right thigh's sensor.",
    ),
    StepWords(
        "toe_turn_left", "Left toes", 5, "LEFT leg straight: turn the toes out and in.",
        "Checks which way the left thigh turns.",
    ),
    StepWords(
        "toe_turn_right", "Right toes", 5, "RIGHT leg straight: turn the toes out and in.",
        "Checks which way the right thigh turns.",
    ),
    StepWords(
        "stand_again", "Stand again", 6, "Stand as at the start. Don't move.",
        "Shows whether a strap has slipped.",
    ),
)  # fmt: skip
"""The steps in the order of the protocol."""

GATES: Final[Mapping[str, GateWords]] = {
    "rows": GateWords("data received", " %", 100.0),
    "gyro_spread": GateWords("sway", "°/s"),
    "force_minus_gravity": GateWords("force besides gravity", " m/s²"),
    "movement": GateWords("fastest turn", "°/s"),
    "bow_amplitude": GateWords("depth of the bows", "°"),
    "bow_steadiness": GateWords("bows differ by", "°"),
    "knee_lift_amplitude": GateWords("height of the knee", "°"),
    "knee_lift_steadiness": GateWords("lifts differ by", "°"),
    "axis_tilt": GateWords("tilt of the pelvis sensor", "°"),
    "side": GateWords("this leg against the other", " ×"),
    "stand_pose": GateWords("differs from Stand by", "°"),
    "tilt_closure": GateWords("tilt change", "°"),
    "heading_closure": GateWords("heading change", "°"),
    "slip": GateWords("slip of the strap", ""),
    "tray_against_all": GateWords("tray against the other steps", "°"),
    "lifts_against_all": GateWords("lifts against the other steps", "°"),
    "shake_speed": GateWords("strength of the shake", "°/s", 57.29578),
    "shake_agreement": GateWords("sensors turned alike", " %", 100.0),
    "shake_distinct": GateWords("distinctness", " %", 100.0),
    "shake_uncertainty": GateWords("known to", " ms"),
    "shake_delay": GateWords("later than the pelvis", " ms"),
}
"""The checks by the names of their gates (`evidence.Gate`)."""
