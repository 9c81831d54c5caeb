"""What a verdict says to a coach: plain words with the side and the number.

The words themselves stand in each rule's record. Nothing here speaks of health, injury or risk: it
says what was measured.
"""

import math
from collections.abc import Mapping
from typing import Final

from imuhip.assess.rules.record import Rule
from imuhip.assess.symmetry import Z80
from imuhip.assess.verdicts import Verdict, possible

_POSSIBLE, _NOTHING = "possible difference", "no detectable difference"

UNIT_SIGNS: Final[Mapping[str, str]] = {"deg": "°", "deg_s": "°/s", "ms": " ms", "percent": " %"}


def words_of(rule: Rule, verdict: Verdict, *, poor: bool = False) -> str:
    """Say a verdict.

    Parameters
    ----------
    poor
        It is inconclusive because the calibration is too poor.
    """
    if verdict.words and not poor:
        return verdict.words
    if verdict.grade == "cannot_tell":
        apart = rule.phrase.none.get(verdict.detail, "")
        if apart and not poor and possible(verdict.value, verdict.sd, verdict.mdc, verdict.limit):
            return f"{filled(apart, rule.unit, verdict)}: test both sides once more."
        name = filled(rule.phrase.name, rule.unit, verdict)
        return f"{name}: cannot tell. {_reason(rule.unit, verdict, poor=poor)}"
    if verdict.grade == "none":
        return _nothing(rule, verdict)
    shown = rule.phrase.shown
    text = shown if isinstance(shown, str) else shown[verdict.detail]
    reps = f", {len(verdict.showing)} of {verdict.of} reps" if rule.phrase.counts else ""
    return f"{filled(text, rule.unit, verdict)}{reps}."


def degrees(value: float, sign: str = "") -> str:
    """Whole degrees for people; a dash where it is not known. With a `sign` of + zero has none."""
    if not math.isfinite(value):
        return "–"
    # Adding zero makes plain zero of what is rounded to minus zero.
    return f"{round(value) + 0.0:{sign if round(value) else ''}.0f}°".replace("-", "−")


def number(value: float, unit: str) -> str:
    """A value as people read it, with its unit; no minus before a zero."""
    if not math.isfinite(value):
        return "unknown"
    return f"{round(value) + 0.0:.0f}{UNIT_SIGNS[unit]}".replace("-", "−")


def shown_value(rule: Rule | None, value: float, unit: str) -> str:
    """A finding's value for people; of a goal that is reached, how much there is to spare."""
    if value < 0.0 and rule is not None and rule.fault == "arc":
        return f"{number(-value, unit)} to spare"
    return number(value, unit)


def filled(text: str, unit: str, verdict: Verdict) -> str:
    """A text of a record with the verdict's numbers and sides, its first letter a capital."""
    side = verdict.side
    words = text.format(
        value=number(verdict.value, unit),
        error=number(verdict.mdc, unit),
        detail=number(verdict.detail, "deg"),
        low=number(verdict.low, "deg"),
        share=number(verdict.low, "percent"),
        word=_POSSIBLE if verdict.value > Z80 * verdict.sd else _NOTHING,
        side=side,
        other={"left": "right", "right": "left"}.get(side, "other"),
    )
    return words[0].upper() + words[1:]


def _nothing(rule: Rule, verdict: Verdict) -> str:
    """What is said where a limit is not reached."""
    text = rule.phrase.reached or rule.phrase.none.get(verdict.detail, "")
    if text:
        return f"{filled(text, rule.unit, verdict)}."
    name = filled(rule.phrase.name, rule.unit, verdict)
    value, limit = number(verdict.value, rule.unit), number(verdict.limit, rule.unit)
    unseen = rule.phrase.unseen.get(verdict.detail, "")
    return f"{name}: {value}, below the limit of {limit}. {unseen}".rstrip()


def _reason(unit: str, verdict: Verdict, *, poor: bool) -> str:
    """Why it is inconclusive."""
    if poor:
        return "The calibration is not good enough: calibrate again."
    if not math.isfinite(verdict.value):
        return "The angles were not known, or nothing moved far enough."
    if not math.isfinite(verdict.mdc):
        return "The error of the angles is not known."
    value, limit = number(verdict.value, unit), number(verdict.limit, unit)
    return f"Measured {value} ± {number(verdict.mdc, unit)}, too uncertain for a limit of {limit}."
