"""One direction dominates: how the whole arc of a hip is shared between in and out."""

import math
from collections.abc import Sequence
from typing import Final

from imuhip.assess.arc_verdicts import end_range, end_turns, zone_of
from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import TABLE, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.symmetry import Z95
from imuhip.assess.verdicts import Verdict, grade_against_goal
from imuhip.assess.windows import flexion_at

MOSTLY_IN, MOSTLY_OUT = 1.0, -1.0
"""What `detail` says: which direction dominates."""

_LEAST_TOTAL_DEG: Final = 30.0
"""Below this a share is a ratio near zero."""


def _judge(episodes: Sequence[Episode], limits: Limits, context: Context) -> list[Verdict]:
    """How many per cent of the arc the internal part lies outside the goal's range."""
    inwards, outwards = end_turns(episodes, "in"), end_turns(episodes, "out")
    zone = zone_of(context, "internal_percent", inwards[0].sides[0]) if inwards else None
    if zone is None or not outwards:
        return []
    internal, external = end_range(inwards, "in"), end_range(outwards, "out")
    total = internal.value + external.value
    if not total >= _LEAST_TOTAL_DEG:
        return []
    share = internal.value / total
    # The zero of standing is in both with opposite sign; the spread is each one's own.
    sd = 100.0 * max(internal.sd, external.sd) / total
    percent = 100.0 * share
    below, above = zone.low - percent, percent - zone.high
    outside, detail = max((below, MOSTLY_OUT), (above, MOSTLY_IN))
    limit = limits["one_sided_arc_percent"]
    grade, confidence = grade_against_goal(outside, sd, limit)
    turns = [*inwards, *outwards]
    shown = grade in ("mild", "marked")
    return [
        Verdict(
            turns[0].sides[0],
            outside,
            sd,
            Z95 * sd if math.isfinite(sd) else math.nan,
            limit,
            grade,
            confidence,
            tuple(sorted({each.number for each in turns})) if shown else (),
            len(turns),
            flexion_at(turns[-1], turns[-1].turn),
            detail,
            low=percent,
        )
    ]


RULE: Final = Rule(
    name="one_sided_arc",
    order=3,
    title="One direction dominates",
    traits=TABLE,
    judge=_judge,
    unit="percent",
    limit=Limit(
        1.0,
        0.0,
        30.0,
        "provisional: an even mix or a slight bias; marked from 10 % on",
    ),
    spread=5.0,
    of="the side tested",
    fault="arc",
    phrase=Phrase(
        name="{side} hip, in against out",
        shown={
            MOSTLY_IN: "{side} hip turns mostly in: {share} of its arc is inward",
            MOSTLY_OUT: "{side} hip turns mostly out: only {share} of its arc is inward",
        },
        reached="{side} hip, in against out: {share} of its arc is inward, within the goal",
        counts=False,
    ),
    definition=(
        "How far the internal part of the whole arc lies outside the goal's range, in per cent of "
        "the arc."
    ),
    error="covariance, and the spread of the turns",
    good="Your {side} hip turns in and out in an even mix.",
    lead="Your {side} hip turns mostly one way.",
    cues=(
        Cue("drill", "work the outward turn of the {side} hip before more inward.", when=MOSTLY_IN),
        Cue(
            "drill", "work the inward turn of the {side} hip before more outward.", when=MOSTLY_OUT
        ),
        Cue("change", "warm up with both directions, the small one first and slowly."),
    ),
)
