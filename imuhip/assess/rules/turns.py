"""Rules about turns: what the pelvis adds to them, and how far the hips turn left against right."""

import math
from collections.abc import Sequence
from statistics import fmean, median
from typing import Final, NamedTuple

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.limits import Limits
from imuhip.assess.symmetry import Z95, within_sd
from imuhip.assess.verdicts import TOLD, Seen, SideOrBoth, Verdict, chance_beyond, grade_of
from imuhip.assess.windows import (
    OBLIQUITY,
    ROTATION,
    SKIN_FOLLOWS,
    SKIN_SD,
    TILT,
    TURN,
    TURN_CHANGE_SD_DEG,
    at_rest,
    at_turn,
    flexion_at,
    index_of,
)
from imuhip.core.conventions import HIP_SIGNS, SIDES, Side
from imuhip.core.records import Array


def pelvis_follows_pivot(episode: Episode, limits: Limits, _context: Context) -> list[Seen]:
    """Share of a pivot, per cent, that the pelvis gives instead of the hip.

    ``1 - ΔIR / Δ(turn of the thigh)``, from the rest before to the end of the turn. The skin
    follows the bone's rotation by somewhere between 60 % and all of it, which makes the hip's part
    look small: its middle is taken, and the doubt is part of the error. (The measure ``hip_share``
    is as seen at the skin.) A pivot that turned too little is not judged, and one in which the
    pelvis turned less than its limit stays below this one.
    """
    side = episode.sides[0]
    k = index_of(side)
    rows = episode.rows
    turned = HIP_SIGNS[side][2] * _change(episode, rows.heading[:, k])
    hip = _change(episode, rows.hip[:, k, ROTATION])
    pelvis = abs(_change(episode, rows.pelvis[:, TURN]))
    number, at = episode.number, flexion_at(episode, episode.end)
    if not abs(turned) >= limits["pivot_turn_deg"]:
        return [Seen(side, number, math.nan, math.nan, at)]
    bone = hip / SKIN_FOLLOWS
    whole = bone + turned - hip
    share = bone / whole
    value = 100.0 * (1.0 - share)
    if pelvis < limits["pivot_pelvis_deg"]:
        least = limits["pelvis_follows_pivot_percent"] / limits["pivot_pelvis_deg"]
        value = min(value, least * pelvis)
    chance = math.hypot(1.0, share) * TURN_CHANGE_SD_DEG / abs(whole)
    skin = share * (1.0 - share) * SKIN_SD / SKIN_FOLLOWS
    return [Seen(side, number, value, 100.0 * math.hypot(chance, skin), at)]


def pelvis_cheats_table(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """Obliquity or tilt of the pelvis that changes up to the end range, whichever is more."""
    pelvis = episode.rows.pelvis
    changes = [abs(_change(episode, pelvis[:, angle])) for angle in (OBLIQUITY, TILT)]
    value = max(changes) if all(math.isfinite(c) for c in changes) else math.nan
    at = flexion_at(episode, episode.turn)
    return [Seen(episode.sides[0], episode.number, value, _PELVIS_CHANGE_SD_DEG, at)]


def rotation_difference(
    episodes: Sequence[Episode], partner: Sequence[Episode], limits: Limits
) -> Verdict | None:
    """Hip rotation at the bottom, or at the end range, right against left, against its error.

    Real where it is beyond the detectable change and the limit (KINEMATICS 4.2), and as sure as any
    finding to be as large as the limit. Where the detectable change is so many limits that a plain
    difference would be hidden, nothing real is not ``none`` but ``cannot_tell``. A table test has
    two directions to be wrong in, so each is asked for more; the one that is clearer speaks.
    `detail` is 1 for the end range inwards, -1 outwards, 0 for the bottom. None before both sides
    were seen.
    """
    every = [*episodes, *partner]
    directions = sorted({each.direction for each in every})
    asked = Z95 if len(directions) == 1 else _Z95_OF_TWO
    limit = limits["rotation_difference_deg"]
    found = []
    for direction in directions:
        ends = _Ends.of([each for each in every if each.direction == direction])
        if ends is not None:
            code = {"in": 1.0, "out": -1.0}.get(direction, 0.0)
            found.append(_difference(ends, asked, limit, code))
    return max(found, key=_clearness) if found else None


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
                if math.isfinite(value):  # else a gap lay over it
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
    beyond = max(limit, mdc) if math.isfinite(mdc) else limit
    grade, confidence = grade_of(abs(apart), sd, beyond)
    if grade in ("mild", "marked"):
        # Most athletes' sides are alike, so most of what reads just beyond its error is chance.
        confidence = chance_beyond(abs(apart), sd, limit)
    unsure = grade in ("mild", "marked") and confidence < TOLD
    if unsure or (grade == "none" and mdc > _SWALLOWED * limit):
        grade, confidence, beyond = "cannot_tell", 0.0, limit
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


def _change(episode: Episode, column: Array) -> float:
    """From the rest before to the end of the turn, degrees."""
    return at_turn(episode, column) - at_rest(episode, column)


_PELVIS_CHANGE_SD_DEG: Final = 0.5
"""Obliquity and tilt change by gravity alone, within seconds."""

_SWALLOWED: Final = 4.0
"""From so many limits of detectable change on, no difference found says nothing. A squat set with a
good calibration has 2.6 (13° against 5°); provisional."""

_Z95_OF_TWO: Final = 2.2414
"""As `Z95`, so that one of two comparisons is wrong as rarely as a single one."""
