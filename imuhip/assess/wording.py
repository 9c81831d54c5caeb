"""What a verdict says to a coach: plain words with the side and the number.

Nothing here speaks of health, injury or risk: it says what was measured.
"""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from imuhip.assess.verdicts import Verdict

UNIT_SIGNS: Final[Mapping[str, str]] = {"deg": "°", "ms": " ms", "percent": " %"}


class Phrase(NamedTuple):
    """How a rule is spoken of.

    Parameters
    ----------
    name
        What it is about, to begin a sentence with; ``{side}`` is the side it was judged on.
    shown
        What is said of it; ``{value}``, ``{side}``, ``{other}`` and ``{detail}`` are filled in.
    """

    name: str
    shown: str


def words_of(rule: str, unit: str, verdict: Verdict, *, poor: bool = False) -> str:
    """Say a verdict.

    Parameters
    ----------
    unit
        A key of `UNIT_SIGNS`.
    poor
        It cannot be told because the calibration is too poor.
    """
    told = verdict.grade != "cannot_tell"
    if rule == "rotation_difference" and told:
        return _difference(verdict)
    phrase = PHRASES[rule]
    name = _filled(phrase.name, unit, verdict)
    if verdict.grade == "cannot_tell":
        return f"{name}: cannot tell; {_reason(unit, verdict, poor=poor)}."
    if verdict.grade == "none":
        value, limit = number(verdict.value, unit), number(verdict.limit, unit)
        return f"{name}: {value}, below {limit}.{_not_seen(rule, verdict)}"
    shown = _filled(phrase.shown, unit, verdict)
    return f"{shown} in {len(verdict.showing)} of {verdict.of} repetitions."


def number(value: float, unit: str) -> str:
    """A value as people read it, with its unit."""
    return f"{value:.0f}{UNIT_SIGNS[unit]}" if math.isfinite(value) else "unknown"


def _filled(text: str, unit: str, verdict: Verdict) -> str:
    side = verdict.side
    other = {"left": "right", "right": "left"}.get(side, "other")
    detail = number(verdict.detail, "deg")
    filled = text.format(value=number(verdict.value, unit), side=side, other=other, detail=detail)
    return filled[0].upper() + filled[1:]


def _reason(unit: str, verdict: Verdict, *, poor: bool) -> str:
    """Why it cannot be told."""
    if poor:
        return "the calibration is too poor for it"
    if not math.isfinite(verdict.value):
        return "the angles were not known, or nothing moved far enough"
    if not math.isfinite(verdict.mdc):
        return "the error of the angles is not known"
    value, limit = number(verdict.value, unit), number(verdict.limit, unit)
    error = number(verdict.mdc, unit)
    return f"{value} with an error of {error} hides the limit of {limit}"


def _not_seen(rule: str, verdict: Verdict) -> str:
    """What a rule could not look at."""
    if rule == "early_turn_out" and verdict.detail != 1.0:
        return " How far the feet are turned out in standing cannot be told."
    return ""


def _difference(verdict: Verdict) -> str:
    """Say a difference of the sides with its interval and one of three words."""
    where = {1.0: "internal rotation at the end range", -1.0: "external rotation at the end range"}
    what = where.get(verdict.detail, "rotation at the bottom")
    size, error = number(verdict.value, "deg"), number(verdict.mdc, "deg")
    if verdict.grade in ("mild", "marked"):
        return (
            f"Real difference in hip {what}: the {verdict.side} one is {size} more internal, "
            f"error {error}."
        )
    word = "Possible" if verdict.value > _POSSIBLE * verdict.sd else "No detectable"
    return f"{word} difference in hip {what}: {size}, error {error}."


_POSSIBLE: Final = 1.281552
"""As in `symmetry`: the 80 % interval leaves zero out."""

PHRASES: Final[Mapping[str, Phrase]] = {
    "pelvic_tuck": Phrase(
        "pelvic tuck",
        "the pelvis tucks under by {value} at the bottom, from {detail} of hip flexion on,",
    ),
    "over_arching": Phrase(
        "arching at the start", "the pelvis tips forward by {value} in the first third"
    ),
    "pelvic_drop": Phrase("pelvic drop", "the pelvis drops by {value} on the {side} side"),
    "hip_shift": Phrase(
        "hip shift",
        "the hips shift to the {side} at the bottom (two of list, depth and twist agree, by "
        "{value} or more)",
    ),
    "pelvic_twist": Phrase("pelvic twist", "the pelvis twists to the {side} by {value}"),
    "knee_in": Phrase(
        "{side} knee in",
        "the {side} thigh falls in by {value} on the way up, adduction and rotation together,",
    ),
    "early_turn_out": Phrase(
        "{side} leg turning out early",
        "the {side} thigh turns out by {value} before half-way down, the skin allowed for,",
    ),
    "side_lag": Phrase("side lag", "the {side} thigh moves {value} later than the {other}"),
    "depth_difference": Phrase(
        "depth left against right", "the {side} thigh goes {value} deeper than the {other}"
    ),
    "rotation_difference": Phrase(
        "hip rotation left against right",
        "the {side} hip is turned in {value} more than the {other}",
    ),
    "pelvis_follows_pivot": Phrase(
        "pelvis in {side} pivots",
        "the pelvis gives {value} of the {side} leg's pivot, the skin allowed for,",
    ),
    "pelvis_cheats_table": Phrase(
        "pelvis in the {side} table test",
        "the pelvis moves by {value} up to the end range of the {side} hip",
    ),
}
"""Rule to its words."""
