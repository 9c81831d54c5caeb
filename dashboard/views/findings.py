"""A finding for people, with what it rests on; no Streamlit in here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from dashboard.views.sessions import movement_title
from imuhip.assess.rules.table import LIMITS, RULES
from imuhip.assess.wording import number, shown_value
from imuhip.core.certainty import REMEDY, is_narrow_enough
from imuhip.report.plain_words import words_for


@dataclass(frozen=True, slots=True)
class FindingCard:
    """A finding for the page.

    Parameters
    ----------
    grade
        ``marked``, ``mild``, ``cannot_tell`` or ``none``.
    title, words, cue
        What it is of, what is said, and what to try.
    place
        Movement, set and repetitions.
    behind
        Sentences: definition, measured value with its error, limit and where that comes from.
    shows
        Movement, set, side and numbers of the repetitions that show it.
    """

    grade: str
    title: str
    words: str
    cue: str
    place: str
    behind: tuple[str, ...]
    shows: tuple[str, int, str, tuple[int, ...]] = ("", 0, "both", ())


def finding_cards(findings: Iterable[Mapping[str, Any]]) -> tuple[FindingCard, ...]:
    """Findings as cards, the gravest first, as in ``findings.json``."""
    cards = [_card(finding) for finding in findings]
    return tuple(sorted(cards, key=lambda card: GRADES.index(card.grade)))


def _card(finding: Mapping[str, Any]) -> FindingCard:
    rule, unit = finding["rule"], finding["unit"]
    showing = in_ranges(finding["repetitions"])
    place = f"{movement_title(finding['movement'])}, set {finding['set']}"
    side = "" if finding["side"] == "both" else f", {finding['side']}"
    limit = LIMITS[RULES[rule].limit_name] if rule in RULES else None
    behind = (
        words_for(rule).definition,
        _measured(finding),
        f"Limit: {_number(finding['limit'], unit)}"
        + (f" ({limit.source})." if limit is not None else "."),
    )
    return FindingCard(
        grade=finding["grade"],
        title=words_for(rule).title + side,
        words=finding["words"],
        cue=finding["cue"],
        place=place + (f", repetitions {showing}" if showing else ""),
        behind=behind,
        shows=(finding["movement"], finding["set"], finding["side"], tuple(finding["repetitions"])),
    )


def in_ranges(numbers: Sequence[int]) -> str:
    """Numbers in order as people list them: ``1–3, 5``."""
    runs = groupby(enumerate(numbers), key=lambda one: one[1] - one[0])
    found = [[number for _, number in run] for _, run in runs]
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in found)


def _measured(finding: Mapping[str, Any]) -> str:
    """The value with its error, or what helps where that leaves nothing of it."""
    unit, mdc = finding["unit"], finding["mdc"]
    if not is_narrow_enough(mdc, unit):
        return f"Measured: –; {REMEDY}."
    return (
        f"Measured: {_shown(finding)}; the smallest that is more than error: "
        f"{_number(mdc, unit)}; confidence {finding['confidence']:.0%}."
    )


def _shown(finding: Mapping[str, Any]) -> str:
    """The value for people."""
    value, unit = finding["value"], finding["unit"]
    return "not known" if value is None else shown_value(RULES.get(finding["rule"]), value, unit)


def _number(value: float | None, unit: str) -> str:
    """JSON has no NaN: null is a number that is not known."""
    return "not known" if value is None else number(value, unit)


GRADES: Final = ("marked", "mild", "cannot_tell", "none")
"""From what matters most to what was looked for and not seen."""

GRADE_WORDS: Final[Mapping[str, str]] = {
    "marked": "marked",
    "mild": "mild",
    "cannot_tell": "cannot tell",
    "none": "not seen",
}
