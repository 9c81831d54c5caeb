"""Internal rotation short of the goal: the end range of a table test."""

from typing import Final

from imuhip.assess.arc_verdicts import short_by
from imuhip.assess.rules.record import TABLE, Cue, Limit, Phrase, Rule

_LIMIT: Final = Limit(1.0, 0.0, 30.0, "provisional; marked from 10° on")

RULE: Final = Rule(
    name="internal_rotation_short",
    order=1,
    title="Internal rotation short of the goal",
    traits=TABLE,
    judge=short_by("in", "internal_deg", "internal_rotation_short_deg"),
    unit="deg",
    limit=_LIMIT,
    of="the side tested",
    fault="arc",
    phrase=Phrase(
        name="{side} internal rotation",
        shown="{side} hip turns in {detail}: short of the goal, which begins at {low}",
        counts=False,
    ),
    definition=(
        "The goal's lower edge minus the mean inward end range of the set, the skin allowed for."
    ),
    error="covariance, the spread of the turns, and the skin",
    good="Your {side} hip turns in as far as your goal, or nearly.",
    lead="Your {side} hip turns in less than your goal.",
    cues=(
        Cue(
            "drill", "seated knee-in turns for the {side} hip, the pelvis still: slow in, slow out."
        ),
        Cue(
            "drill", "holds at a comfortable inward end range of the {side} hip, 10 s, three times."
        ),
        Cue(
            "change",
            "let the {side} foot turn out a little, or squat less deep, while the rotation grows.",
        ),
    ),
)
