"""From what each repetition shows to a grade: the same judgement for every rule.

The value of a set is what at least half of its repetitions reach. Its error is what all of them
share (calibration, drift) and the spread of the repetitions::

    sd² = (median of the repetitions' sd)² + (1.25 s_w / √n)²      MDC95 = 1.96 sd

``none`` below the limit, ``mild`` from it on, ``marked`` from twice the limit on. What is beyond
the limit with less than 90 % is not reported: more athletes are just short of a limit than just
beyond it, so most of what reads there is not. Where the error is so large that the limit lies in it
(MDC95 > limit), only what is on one side of the limit with 95 % is said. All else is
``cannot_tell``. Confidence is the probability that the true value is on the side of the limit that
the grade says; 0 where it is inconclusive.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal, NamedTuple, TypeAlias

from imuhip.assess.symmetry import Z80, Z95, within_sd
from imuhip.core.findings import Direction, FindingGrade

SideOrBoth: TypeAlias = Literal["left", "right", "both"]


SURE_ENOUGH: Final = 0.9
"""How sure it must be that a limit is reached before that is reported."""


FAR: Final = 10.0
"""So far outside a goal, in degrees or per cent, is marked."""


class Seen(NamedTuple):
    """What one repetition shows of one rule.

    Parameters
    ----------
    side
        Whose it is; ``both`` where the rule is about the whole body.
    number
        The repetition.
    value, sd
        In the rule's unit, and one standard deviation of its error of measurement; NaN where not
        known. For a rule with a sign, + is the right side.
    flexion_deg
        Hip flexion at that moment: what a pain mark is compared with.
    detail
        A figure of the rule's own for its words.
    limit
        Where the limit is not the rule's usual one; else NaN.
    """

    side: SideOrBoth
    number: int
    value: float
    sd: float
    flexion_deg: float = math.nan
    detail: float = math.nan
    limit: float = math.nan


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a set says of one rule on one side.

    Parameters
    ----------
    side
        Left, right or both.
    value, sd, mdc, limit
        In the rule's unit.
    grade, confidence
        As in `Finding`.
    showing, of
        Repetitions that reach the limit, and how many were measured.
    flexion_deg, detail
        Medians over the repetitions that show it, else over all.
    low
        The edge of a goal that it is held against; NaN without one.
    words
        What is said of it where a rule's own phrase cannot say it; empty else.
    direction
        As in `Finding`.
    """

    side: SideOrBoth
    value: float
    sd: float
    mdc: float
    limit: float
    grade: FindingGrade
    confidence: float
    showing: tuple[int, ...]
    of: int
    flexion_deg: float = math.nan
    detail: float = math.nan
    low: float = math.nan
    words: str = ""
    direction: Direction | Literal[""] = ""


def verdict_of(seen: Sequence[Seen], limit: float, spread_start: float, *, signed: bool) -> Verdict:
    """Judge one side's repetitions.

    Parameters
    ----------
    seen
        One a repetition; those without a value are left out.
    limit
        From where on it counts.
    spread_start
        s_w that a few repetitions are weighed against.
    signed
        Whether the sign of the value is the side: the one that the median is on.
    """
    known = [each for each in seen if math.isfinite(each.value)]
    if not known:
        side = "both" if signed or not seen else seen[0].side
        nan = math.nan
        return Verdict(side, nan, nan, nan, limit, "cannot_tell", 0.0, (), 0)
    known, limit = _against_one_limit(known, limit)
    sign = 1.0
    if signed and median(each.value for each in known) < 0.0:
        sign = -1.0
    values = [sign * each.value for each in known]
    value = _reached_by_half(values)
    spread = _MEDIAN_FACTOR * within_sd(values, spread_start) / math.sqrt(len(values))
    sd = math.hypot(_median_or_nan([each.sd for each in known]), spread)
    grade, confidence = grade_of(value, sd, limit)
    if grade in ("mild", "marked") and confidence < SURE_ENOUGH:
        grade, confidence = "cannot_tell", 0.0
    showing = [each for each, v in zip(known, values, strict=True) if v >= limit]
    side = _side(known[0].side, sign, grade, signed=signed)
    typical = showing or known
    return Verdict(
        side,
        value,
        sd,
        Z95 * sd,
        limit,
        grade,
        confidence,
        tuple(each.number for each in showing) if grade in ("mild", "marked") else (),
        len(known),
        _median_or_nan([each.flexion_deg for each in typical]),
        _median_or_nan([each.detail for each in typical]),
    )


def _against_one_limit(seen: Sequence[Seen], limit: float) -> tuple[list[Seen], float]:
    """The repetitions against the limit that most of them have, each by its share of its own."""
    own = [each.limit if math.isfinite(each.limit) else limit for each in seen]
    limit = max(own, key=own.count)
    shares = [limit / each for each in own]
    return [
        each if share == 1.0 else each._replace(value=share * each.value, sd=share * each.sd)
        for each, share in zip(seen, shares, strict=True)
    ], limit


def grade_of(value: float, sd: float, limit: float) -> tuple[FindingGrade, float]:
    """Grade and confidence of a value with an error against a limit."""
    if not (math.isfinite(value) and math.isfinite(sd)):
        return "cannot_tell", 0.0
    beyond = chance_beyond(value, sd, limit)
    if Z95 * sd > limit and _SURE > beyond > 1.0 - _SURE:
        return "cannot_tell", 0.0
    if value < limit:
        return "none", 1.0 - beyond
    return ("marked" if value >= _MARKED * limit else "mild"), beyond


def grade_against_goal(value: float, sd: float, limit: float) -> tuple[FindingGrade, float]:
    """Grade and confidence of how far something lies outside a goal: marked from `FAR` on."""
    grade, confidence = grade_of(value, sd, limit)
    if grade not in ("mild", "marked"):
        return grade, confidence
    if confidence < SURE_ENOUGH:
        return "cannot_tell", 0.0
    return ("marked" if value >= FAR else "mild"), confidence


def difference_grade(
    size: float, sd: float, mdc: float, limit: float
) -> tuple[FindingGrade, float, float]:
    """Grade and confidence of a difference of the sides, and from where on it counts.

    It counts from the larger of the limit and `_BEYOND_CHANCE` detectable changes on, and has to be
    as surely as any finding as large as the limit. Where the detectable change is so many limits
    that a plain difference would be hidden, nothing real is not ``none`` but ``cannot_tell``; so is
    a difference that is `possible`.
    """
    known = math.isfinite(mdc)
    beyond = max(limit, _BEYOND_CHANCE * mdc) if known else limit
    grade, confidence = grade_of(size, sd, max(limit, mdc) if known else limit)
    if grade in ("mild", "marked"):
        # Most athletes' sides are alike, so most of what reads just beyond its error is chance.
        confidence = chance_beyond(size, sd, limit)
    unsure = grade in ("mild", "marked") and (confidence < SURE_ENOUGH or size < beyond)
    hidden = mdc > _SWALLOWED * limit or possible(size, sd, mdc, limit)
    if unsure or (grade == "none" and hidden):
        return "cannot_tell", 0.0, limit
    return grade, confidence, beyond


def possible(size: float, sd: float, mdc: float, limit: float) -> bool:
    """Whether a difference that matters is probably there, but may be chance.

    The 80 % interval leaves zero out, the 99 % interval does not.
    """
    return max(limit, Z80 * sd) <= size < _BEYOND_CHANCE * mdc and mdc <= _SWALLOWED * limit


def chance_beyond(value: float, sd: float, limit: float) -> float:
    """Probability that what was measured as `value` with an error is truly at or beyond `limit`."""
    return _normal_cdf((value - limit) / sd) if sd > 0.0 else float(value >= limit)


def _side(own: SideOrBoth, sign: float, grade: FindingGrade, *, signed: bool) -> SideOrBoth:
    """The side a sign names; none of the two where there is nothing to name."""
    if not signed:
        return own
    if grade in ("none", "cannot_tell"):
        return "both"
    return "right" if sign > 0.0 else "left"


def _reached_by_half(values: Sequence[float]) -> float:
    """The largest value that at least half of them reach."""
    return sorted(values, reverse=True)[(len(values) + 1) // 2 - 1]


def _median_or_nan(values: Sequence[float]) -> float:
    """Median; NaN where any of them is not known."""
    return float(median(values)) if all(math.isfinite(v) for v in values) else math.nan


def _normal_cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


_BEYOND_CHANCE: Final = 2.575829 / Z95
"""99 % against 95 %, in detectable changes: all sets of a session share its calibration's error, so
one unlucky session in twenty would be told the same wrong thing after every set."""

_SWALLOWED: Final = 4.0
"""From so many limits of detectable change on, no difference found says nothing. A squat set with a
good calibration has 2.6 (13° against 5°); provisional."""

_MARKED: Final = 2.0
_SURE: Final = 0.95
_MEDIAN_FACTOR: Final = 1.2533
"""How much more a median of normal values varies than their mean."""
