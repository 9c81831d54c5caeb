"""What each rule looks at: in one exact sentence for a coach, and as an athlete would say it."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class RuleWords(NamedTuple):
    """How a report speaks of a rule.

    Parameters
    ----------
    title
        Its name.
    definition
        What is measured; docs/assessment.md has the exact words.
    good
        To an athlete who does not show it.
    lead
        To one who does, to begin a paragraph with.
    """

    title: str
    definition: str
    good: str
    lead: str


def words_for(rule: str) -> RuleWords:
    """The words of a rule; of one from another version only its name."""
    title = rule.replace("_", " ").capitalize()
    unknown = RuleWords(title, "A rule of another version.", f"{title}: not seen.", f"{title}.")
    return RULE_WORDS.get(rule, unknown)


RULE_WORDS: Final[Mapping[str, RuleWords]] = {
    "pelvic_tuck": RuleWords(
        "Pelvic tuck",
        "How far the pelvis tips back from its most forward tilt on the way down to the bottom.",
        "Your pelvis kept its tilt at the bottom of the squat.",
        "Your pelvis tucks under at the bottom.",
    ),
    "over_arching": RuleWords(
        "Arching at the start",
        "How far the pelvis tips forward in the first third of the way down, against the rest "
        "before.",
        "You began your squats without tipping the pelvis far forward.",
        "You begin the squat by tipping the pelvis forward.",
    ),
    "pelvic_drop": RuleWords(
        "Pelvic drop",
        "How far one side of the pelvis is lower than in standing, kept for 0.2 s.",
        "Your pelvis stayed level.",
        "One side of your pelvis drops.",
    ),
    "hip_shift": RuleWords(
        "Hip shift",
        "Pelvis list, depth of the thighs and twist at the bottom: the second largest of those "
        "that point to the same side.",
        "You stayed in the middle at the bottom.",
        "Your hips shift to one side at the bottom.",
    ),
    "pelvic_twist": RuleWords(
        "Pelvic twist",
        "How far the pelvis is turned at the bottom against the rest before.",
        "Your pelvis kept facing forward.",
        "Your pelvis twists at the bottom.",
    ),
    "knee_in": RuleWords(
        "Knee in",
        "How much further in and turned in a thigh is on the way up than at the same depth on "
        "the way down, kept for 0.15 s.",
        "Your {side} thigh held its line on the way up.",
        "Your {side} thigh falls in on the way up.",
    ),
    "early_turn_out": RuleWords(
        "Turning out early",
        "How far a thigh turns out from standing before it is half-way down.",
        "Your {side} thigh stayed in line on the way down.",
        "Your {side} thigh turns out early on the way down.",
    ),
    "side_lag": RuleWords(
        "Side lag",
        "How much later one thigh moves than the other.",
        "Both legs moved together.",
        "One leg moves later than the other.",
    ),
    "depth_difference": RuleWords(
        "Depth left against right",
        "How much deeper one thigh goes than the other.",
        "Both thighs went equally deep.",
        "One thigh goes deeper than the other.",
    ),
    "rotation_difference": RuleWords(
        "Rotation left against right",
        "Rotation of the right hip minus that of the left, mean of the set.",
        "Both hips turned alike, as far as can be measured.",
        "Your hips turn differently.",
    ),
    "pelvis_follows_pivot": RuleWords(
        "Pelvis follows the pivot",
        "The part of a pivot's turn that the pelvis gave instead of the hip, the skin allowed for.",
        "In pivots on the {side} leg, the turn came from the hip.",
        "In pivots on the {side} leg, the pelvis comes along.",
    ),
    "pelvis_cheats_table": RuleWords(
        "Pelvis moves in the table test",
        "How far the pelvis moves up to the end range of a table test.",
        "Your pelvis kept still while the {side} hip was tested.",
        "Your pelvis moves while the {side} hip is tested.",
    ),
}
"""Rule to its words."""
