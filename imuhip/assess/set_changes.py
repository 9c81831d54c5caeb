"""A set against the one before it: what became of its compensations, and what was tried between.

Two sets under the same straps share the calibration; here both errors are added up all the same,
for what a finding's error is made of is not known any more: a change that is reported is real.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from imuhip.assess.pairs import MATTERS_DEG
from imuhip.assess.rules.table import RULES
from imuhip.assess.symmetry import Z95, Difference, Measured, judged
from imuhip.assess.wording import number
from imuhip.core.findings import Finding, Note

Effect: TypeAlias = Literal["better", "worse", "no clear change", "cannot tell"]

_NOT_COMPARED = ("pain", "soreness", "grows_over_set", "rotation_difference")
"""Rules whose value is no size of a compensation."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one compensation from one set to another.

    Parameters
    ----------
    movement, first, second
        The movement and the numbers of the sets.
    rule, side, unit
        The compensation.
    before, after, difference
        Its value in each set, positive on that side, and the second minus the first.
    effect
        Whether it became less.
    words
        For the coach.
    """

    movement: str
    first: int
    second: int
    rule: str
    side: str
    unit: str
    before: Measured
    after: Measured
    difference: Difference
    effect: Effect
    words: str


def changes_between(
    findings: Sequence[Finding], movement: str, first: int, second: int, tried: str = ""
) -> list[Change]:
    """Compare the compensations of two sets of a movement.

    Parameters
    ----------
    findings
        What stands of all sets.
    tried
        What was tried for the second set, in the coach's words.
    """
    then = [f for f in findings if (f.movement, f.set) == (movement, first)]
    now = [f for f in findings if (f.movement, f.set) == (movement, second)]
    found = []
    for one in then:
        if one.rule in _NOT_COMPARED or one.rule not in RULES:
            continue
        signed = RULES[one.rule].signed
        other = next(
            (f for f in now if f.rule == one.rule and (signed or f.side == one.side)), None
        )
        if other is not None:
            found.append(_change(one, other, tried))
    return found


def changes_of_session(findings: Sequence[Finding], notes: Sequence[Note]) -> list[Change]:
    """Each set against the one before it, where a compensation clearly changed."""
    sets: dict[str, list[int]] = {}
    for each in findings:
        numbers = sets.setdefault(each.movement, [])
        if each.set not in numbers:
            numbers.append(each.set)
    found = []
    for movement, numbers in sets.items():
        for first, second in pairwise(sorted(numbers)):
            tried = _tried(notes, movement, second)
            every = changes_between(findings, movement, first, second, tried)
            found += [each for each in every if each.effect in ("better", "worse")]
    return found


def _change(one: Finding, other: Finding, tried: str) -> Change:
    """A value on the side that either set names."""
    side = one.side if one.side != "both" else other.side
    values = [f.value if f.side in ("both", side) else -f.value for f in (one, other)]
    before, after = (
        Measured(value, f.mdc / Z95) for value, f in zip(values, (one, other), strict=True)
    )
    matters = MATTERS_DEG if one.unit == "deg" else 0.0
    difference = judged(after.value - before.value, before.sd**2 + after.sd**2, matters)
    effect: Effect = "no clear change"
    if difference.word == "cannot tell":
        effect = "cannot tell"
    elif difference.word == "real":
        effect = "better" if abs(after.value) < abs(before.value) else "worse"
    rule = RULES[one.rule]
    name = rule.phrase.name.format(side=side) if side != "both" else rule.phrase.name
    name = name if "{" not in name else rule.title
    after_what = f" after “{tried}”" if tried else ""
    words = (
        f"{name[0].upper()}{name[1:]}, set {one.set} to set {other.set}{after_what}: "
        f"{number(before.value, one.unit)} → {number(after.value, one.unit)}, {effect}."
    )
    return Change(
        one.movement,
        one.set,
        other.set,
        one.rule,
        side,
        one.unit,
        before,
        after,
        difference,
        effect,
        words,
    )


def _tried(notes: Iterable[Note], movement: str, number_of_set: int) -> str:
    """What was marked as tried for a set: the last cue or ``note:try …`` before or in it."""
    tried, over = "", False
    for note in notes:
        kind, _, text = note.label.partition(":")
        text = text.strip()
        later = note.movement == movement and note.set > number_of_set
        over = over or later
        if over:
            break
        if kind == "cue" or (kind == "note" and text.lower().startswith("try ")):
            tried = text.removeprefix("try ") if kind == "note" else text
    return tried
