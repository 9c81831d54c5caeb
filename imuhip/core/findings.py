"""The nouns of assessment: repetitions with their measures, and what they show a coach.

Angles in measures and findings are degrees and say so in their names: this is where people read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from imuhip.core.conventions import Side
from imuhip.core.records import Array

Direction: TypeAlias = Literal["in", "out", "down"]
"""Which way a repetition goes: a turn in or out, or down for a squat."""

FindingGrade: TypeAlias = Literal["none", "mild", "marked", "cannot_tell"]
"""How much of it there is; `cannot_tell` where the uncertainty swallows the limit."""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentBlock:
    """How the segments themselves move, on the grid; NaN where not known.

    Parameters
    ----------
    t
        ``(N,)`` grid times.
    inclination, inclination_rate
        ``(N, 2)`` angle of each thigh from the vertical, radians, 0 in standing; and its angular
        rate about its medio-lateral axis, rad/s, positive while the knee comes up to the front.
    heading, heading_rate
        ``(N, 2)`` turn of each thigh about the vertical since standing, radians, positive to the
        left; and its rate.
    axial_rate
        ``(N, 2)`` rate of each thigh about its long axis, rad/s, positive inwards on both sides.
    speed
        ``(N, 2)`` magnitude of each thigh's angular rate, rad/s.
    pelvis_heading_rate
        ``(N,)`` the pelvis's, rad/s; its angle is in `AngleBlock.pelvis`.
    """

    t: Array
    inclination: Array
    inclination_rate: Array
    heading: Array
    heading_rate: Array
    axial_rate: Array
    speed: Array
    pelvis_heading_rate: Array


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition of one side: a squat has one for each side, with the same number.

    Parameters
    ----------
    movement
        A name in `assess.movements`.
    set, repetition
        From 1; both sides of a squat share them.
    direction
        Which way it goes.
    t_start, t_turn, t_end
        Session seconds; start and end at 5 % of the peak speed, the turn at the bottom or the end
        range.
    counted
        False for a partial one: listed, not counted.
    found
        Whether marks or the data said which movement it is.
    reason
        Why it is not counted, or what of it cannot be said; empty otherwise.
    measures
        Name with unit to value, NaN where it cannot be said; ``…_sd_deg`` is the error of
        ``…_deg``.
    """

    movement: str
    side: Side
    set: int
    repetition: int
    direction: Direction
    t_start: float
    t_turn: float
    t_end: float
    counted: bool
    found: Literal["marked", "detected"]
    reason: str = ""
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of a set.

    Parameters
    ----------
    rule, movement, side, set
        What was judged; `side` is left, right or both.
    repetitions
        Numbers of the repetitions that show it.
    value, unit, limit
        What was measured, and from where on it counts.
    mdc
        The smallest value that is more than error (95 %), in `unit`.
    grade, confidence
        How much of it, and how sure: 0 to 1.
    words, cue
        For the coach; what to try or to say, empty without one.
    after
        How many repetitions of the set were known. All that is said of a set after one more
        replaces all that was said of it before.
    more_cues
        Further things to try: easier ways and drills.
    direction
        Which turn is judged, ``in`` or ``out``, where a test has both; empty else.
    """

    rule: str
    movement: str
    side: Literal["left", "right", "both"]
    set: int
    repetitions: tuple[int, ...]
    value: float
    unit: str
    limit: float
    mdc: float
    grade: FindingGrade
    confidence: float
    words: str
    cue: str = ""
    after: int = 0
    more_cues: tuple[str, ...] = ()
    direction: Direction | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A mark of the moment, with what the body did then: `pain`, ``cue:…``, ``note:…``.

    Parameters
    ----------
    t, label
        Session seconds and the mark.
    movement, set, repetition
        What was going on; empty and 0 between sets and repetitions. `repetition` is the last one
        reported or, within one, the one that is going on.
    angles
        ``hip_flexion_left_deg`` … ``pelvis_rotation_deg`` to degrees at that time, and
        ``…_sd_deg``; NaN where not known.
    """

    t: float
    label: str
    movement: str = ""
    set: int = 0
    repetition: int = 0
    angles: Mapping[str, float] = field(default_factory=dict)
