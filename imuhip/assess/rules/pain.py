"""Pain: a mark of the coach, which comes before everything that was measured."""

from typing import Final

from imuhip.assess.pain_verdicts import judge_of
from imuhip.assess.rules.record import Cue, Limit, Phrase, Rule

RULE: Final = Rule(
    name="pain",
    order=-2,
    title="Pain",
    traits=frozenset(),
    judge=judge_of("pain", "marked"),
    unit="deg",
    limit=Limit(0.0, 0.0, 0.0, "a mark by the coach; there is no limit to set"),
    needs="nothing",
    of="the side marked",
    phrase=Phrase(name="pain", shown="pain at {value} of hip flexion", counts=False),
    definition="A mark of pain, with the hip flexion of its moment.",
    error="covariance of the flexion",
    good="No pain was marked.",
    lead="Something hurt.",
    cues=(
        Cue(
            "change",
            "reduce the range or the load until it does not hurt; begin with the direction that "
            "does not hurt.",
            pain=True,
        ),
        Cue("change", "fewer repetitions, and mark it again where it still hurts.", pain=True),
    ),
)
