"""Soreness: a mark of the coach that is not pain, and has advice of its own."""

from typing import Final

from imuhip.assess.pain_verdicts import judge_of
from imuhip.assess.rules.record import Cue, Limit, Phrase, Rule

RULE: Final = Rule(
    name="soreness",
    order=-1,
    title="Soreness",
    traits=frozenset(),
    judge=judge_of("sore", "mild"),
    unit="deg",
    limit=Limit(0.0, 0.0, 0.0, "a mark by the coach; there is no limit to set"),
    needs="nothing",
    of="the side marked",
    phrase=Phrase(name="soreness", shown="soreness at {value} of hip flexion", counts=False),
    definition="A mark of soreness, with the hip flexion of its moment.",
    error="covariance of the flexion",
    good="No soreness was marked.",
    lead="Something is sore.",
    cues=(
        Cue("change", "use a lighter range and longer holds.", pain=True),
        Cue("change", "keep the same exercise with less load until it is gone.", pain=True),
    ),
)
