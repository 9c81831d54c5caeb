"""What each rule looks at: in one exact sentence for a coach, and as an athlete would say it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from imuhip.assess.rules.table import RULES


class RuleWords(NamedTuple):
    """How a report speaks of a rule; all of it stands in the rule's record.

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
    unknown = RuleWords(
        title, "A rule of another imuhip version.", f"{title}: not seen.", f"{title}."
    )
    return RULE_WORDS.get(rule, unknown)


RULE_WORDS: Final[Mapping[str, RuleWords]] = {
    name: RuleWords(rule.title, rule.definition, rule.good, rule.lead)
    for name, rule in RULES.items()
}
"""Rule to its words."""
