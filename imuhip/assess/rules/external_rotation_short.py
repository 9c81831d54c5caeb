"""External rotation short of the goal: the end range of a table test."""

from typing import Final

from imuhip.assess.arc_verdicts import short_by
from imuhip.assess.rules.record import TABLE, Cue, Limit, Phrase, Rule

_LIMIT: Final = Limit(1.0, 0.0, 30.0, "provisional; marked from 10° on")

RULE: Final = Rule(
    name="external_rotation_short",
    order=2,
    title="External rotation short of the goal",
    traits=TABLE,
    judge=short_by("out", "external_deg", "external_rotation_short_deg"),
    unit="deg",
    limit=_LIMIT,
    of="the side tested",
    fault="arc",
    phrase=Phrase(
        name="{side} external rotation",
        shown="{side} hip turns out {detail}: short of the goal, which begins at {low}",
        counts=False,
    ),
    definition=(
        "The goal's lower edge minus the mean outward end range of the set, the skin allowed for."
    ),
    error="covariance, the spread of the turns, and the skin",
    good="Your {side} hip turns out as far as your goal, or nearly.",
    lead="Your {side} hip turns out less than your goal.",
    cues=(
        Cue(
            "drill", "seated outward turns for the {side} hip, the pelvis still: slow out, slow in."
        ),
        Cue(
            "drill", "sit in 90/90 with the {side} leg in front: tall back, hold 10 s, three times."
        ),
        Cue("change", "take the feet a little closer in squats while the rotation grows."),
    ),
)
