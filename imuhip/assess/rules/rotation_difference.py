"""Rotation left against right: the bottom of a squat, or the end range of a table test."""

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, median
from typing import Final, NamedTuple

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import SEATED_DEG, SQUAT, TABLE, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.symmetry import Z95, Z95_OF_TWO, within_sd
from imuhip.assess.verdicts import SideOrBoth, Verdict, difference_grade
from imuhip.assess.windows import ROTATION, at_turn, flexion_at, index_of
from imuhip.core.conventions import SIDES, Side

INWARDS, OUTWARDS, AT_BOTTOM = 1.0, -1.0, 0.0
"""What `detail` says: which end range is compared, or the bottom."""


def _judge(episodes: Sequence[Episode], limits: Limits, context: Context) -> list[Verdict]:
    """Hip rotation at the bottom, or at the end range, right against left, against its error.

    Real where it is beyond the detectable change and the limit (KINEMATICS 4.2), and as sure as any
    finding to be as large as the limit. Where the detectable change is so many limits that a plain
    difference would be hidden, nothing real is not ``none`` but ``cannot_tell``. A table test has
    two directions to be wrong in, so each is asked for more; the one that is clearer speaks.
    Nothing before both sides were seen.
    """
    every = [*episodes, *(each for each in context.partner if each.counted)]
    directions = sorted({each.direction for each in every})
    asked = Z95 if len(directions) == 1 else Z95_OF_TWO
    limit = limits["rotation_difference_deg"]
    found = []
    for direction in directions:
        ends = _Ends.of([each for each in every if each.direction == direction])
        if ends is not None:
            code = {"in": INWARDS, "out": OUTWARDS}.get(direction, AT_BOTTOM)
            verdict = _difference(ends, asked, limit, code)
            way = direction if direction != "down" else ""
            found.append(replace(verdict, direction=way))
    return [max(found, key=_clearness)] if found else []


class _Ends(NamedTuple):
    """What both sides reached in repetitions of one direction: degrees, degrees squared."""

    left: list[float]
    right: list[float]
    variance: float
    flexion_deg: float
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, episodes: Sequence[Episode]) -> "_Ends | None":
        """Read them off; None where a side has none."""
        values: dict[Side, list[float]] = {side: [] for side in SIDES}
        errors: dict[Side, list[float]] = {side: [] for side in SIDES}
        shared, numbers = [], set[int]()
        for each in episodes:
            for side in each.sides:
                k = index_of(side)
                value = at_turn(each, each.rows.hip[:, k, ROTATION])
                if math.isfinite(value) and each.counts_for(side):  # else a gap lay over it
                    values[side].append(value)
                    errors[side].append(float(each.rows.hip_sd[each.turn, k, ROTATION]))
                    shared.append(float(each.rows.hip_cov[each.turn, ROTATION]))
                    numbers.add(each.number)
        if not all(any(side in each.sides for each in episodes) for side in SIDES):
            return None
        if not all(values.values()):
            return cls([], [], math.nan, math.nan, ())
        variance = sum(median(errors[side]) ** 2 for side in SIDES) - 2.0 * median(shared)
        at = flexion_at(episodes[-1], episodes[-1].turn)
        left, right = values["left"], values["right"]
        return cls(left, right, variance * math.degrees(1.0) ** 2, at, tuple(sorted(numbers)))

    def spread(self) -> float:
        """Variance of the difference of the means by the spread of the repetitions."""
        if len(self.left) == len(self.right):
            apart = [r - l_ for l_, r in zip(self.left, self.right, strict=True)]
            return within_sd(apart) ** 2 / len(apart)
        return sum(within_sd(each) ** 2 / len(each) for each in (self.left, self.right))


def _difference(ends: _Ends, asked: float, limit: float, code: float) -> Verdict:
    """Counts from the larger of the limit and the detectable change on."""
    if not ends.numbers:
        nan = math.nan
        return Verdict("both", nan, nan, nan, limit, "cannot_tell", 0.0, (), 0, nan, code)
    apart = fmean(ends.right) - fmean(ends.left)
    variance = ends.variance + ends.spread()
    sd = math.sqrt(variance) if variance >= 0.0 else math.nan
    mdc = asked * sd
    grade, confidence, beyond = difference_grade(abs(apart), sd, mdc, limit)
    side: SideOrBoth = "both"
    if grade in ("mild", "marked"):
        side = "right" if apart > 0.0 else "left"
    numbers = ends.numbers if side != "both" else ()
    at, count = ends.flexion_deg, len(ends.numbers)
    return Verdict(side, abs(apart), sd, mdc, beyond, grade, confidence, numbers, count, at, code)


def _clearness(verdict: Verdict) -> tuple[int, float]:
    """A real difference speaks first, then what is hidden, for ``none`` would deny it."""
    if math.isnan(verdict.value):
        return 0, 0.0
    rank = {"none": 1, "cannot_tell": 2}.get(verdict.grade, 3)
    return rank, verdict.value / verdict.limit


_ALIKE: Final = "{value} apart (± {error}), {word}"

RULE: Final = Rule(
    name="rotation_difference",
    order=100,
    title="Rotation left against right",
    traits=SQUAT | TABLE,
    judge=_judge,
    unit="deg",
    limit=Limit(
        5.0, 2.0, 30.0, "above the detectable change of seated rotation, Krause 2015 (5.4°)"
    ),
    of="the one turned in more, so turned out less",
    phrase=Phrase(
        name="hip rotation left against right",
        shown={
            INWARDS: "{other} hip turns in {value} less than the {side} (± {error})",
            OUTWARDS: "{side} hip turns out {value} less than the {other} (± {error})",
            AT_BOTTOM: "{side} hip is turned in {value} more than the {other} at the bottom "
            "(± {error})",
        },
        none={
            INWARDS: f"hips turned in, left against right: {_ALIKE}",
            OUTWARDS: f"hips turned out, left against right: {_ALIKE}",
            AT_BOTTOM: f"hip rotation at the bottom, left against right: {_ALIKE}",
        },
        counts=False,
    ),
    definition="Rotation of the right hip minus that of the left, mean of the set.",
    error="covariance of both sides",
    good="Both hips turned alike, as far as can be measured.",
    lead="Your hips turn differently.",
    cues=(
        Cue(
            "say",
            "look again with the seated test before changing anything: one set has a wide error.",
            at_deg=SEATED_DEG,
            when=AT_BOTTOM,
        ),
        Cue(
            "drill",
            "seated knee-in turns for the {other} hip, the pelvis still, a few more each week.",
            at_deg=SEATED_DEG,
            when=AT_BOTTOM,
        ),
        Cue(
            "drill",
            "seated inward turns for the {other} hip, the pelvis still, a few more each week.",
            when=INWARDS,
        ),
        Cue(
            "drill",
            "holds at a comfortable inward end range for the {other} hip, slow in and slow out.",
            when=INWARDS,
        ),
        Cue(
            "drill",
            "seated outward turns for the {side} hip, the pelvis still, a few more each week.",
            when=OUTWARDS,
        ),
        Cue(
            "drill",
            "holds at a comfortable outward end range for the {side} hip, slow out and slow in.",
            when=OUTWARDS,
        ),
    ),
)
