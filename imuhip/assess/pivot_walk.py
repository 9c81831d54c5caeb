"""Standing pivots as one walk: the feet go apart step by step, pause at the limit, and come back.

A step is one pivot. The stance is as wide as both thighs are abducted; a walk is whole once that is
nearly as narrow again as where it began. Doses count whole walks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Repetition


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk.

    Parameters
    ----------
    set, steps
        Of which set, and how many pivots.
    width_deg
        Abduction of both thighs together at the limit, against the first step's; NaN where not
        known.
    pause_s
        Longest time between two steps at the limit.
    returned
        Whether the stance was narrow again at the end: a whole walk.
    pelvis_share
        By step in order, the part of the turn that the pelvis gave; NaN where not known.
    turned_deg
        By side, the mean turn of a step.
    """

    set: int
    steps: int
    width_deg: float
    pause_s: float
    returned: bool
    pelvis_share: tuple[float, ...]
    turned_deg: dict[Side, float]

    @property
    def words(self) -> str:
        """For the coach."""
        whole = "A whole walk" if self.returned else "A walk that did not come back"
        parts = ["1 step" if self.steps == 1 else f"{self.steps} steps"]
        if math.isfinite(self.width_deg):
            parts.append(f"{self.width_deg:.0f}° apart at the limit")
        parts.append(f"{self.pause_s:.1f} s pause there")
        shares = [share for share in self.pelvis_share if math.isfinite(share)]
        if shares:
            parts.append(
                f"the pelvis gave {100.0 * fmean(shares):.0f} % of a step "
                f"({100.0 * max(shares):.0f} % at most)"
            )
        left, right = (self.turned_deg[side] for side in SIDES)
        if math.isfinite(left) and math.isfinite(right):
            parts.append(f"left steps {left:.0f}°, right {right:.0f}°")
        return f"{whole}: {', '.join(parts)}."


def walks_of(repetitions: Sequence[Repetition]) -> tuple[Walk, ...]:
    """Return the walks of a session, set by set; a set may hold several."""
    sets: dict[int, list[Repetition]] = {}
    for each in repetitions:
        if each.movement == "pivot" and each.counted:
            sets.setdefault(each.set, []).append(each)
    found: list[Walk] = []
    for number, steps in sets.items():
        ordered = sorted(steps, key=lambda each: each.t_start)
        found += [_walk(number, part, back) for part, back in _parts(ordered)]
    return tuple(found)


def dose_words(walks: Sequence[Walk]) -> str:
    """Whole walks against what coaches ask for; empty without a walk."""
    if not walks:
        return ""
    whole = sum(walk.returned for walk in walks)
    what = f"{whole} whole {'walk' if whole == 1 else 'walks'} today."
    if whole < _FEWEST:
        return f"{what} Two or three a day, two or three days a week, are a good dose."
    if whole > _MOST:
        return f"{what} Two or three are enough for one day; add one a week, not one a day."
    return f"{what} That is a good dose for two or three days a week; add one a week."


def _parts(steps: Sequence[Repetition]) -> list[tuple[list[Repetition], bool]]:
    """The steps of each walk, and whether it came back."""
    parts: list[tuple[list[Repetition], bool]] = []
    now: list[Repetition] = []
    for k, step in enumerate(steps):
        now.append(step)
        apart = _apart(now)
        most = max(apart, default=math.nan)
        wide = most >= _LEAST_WIDTH_DEG
        narrow = apart[-1] <= max(_NARROW_SHARE * most, _NARROW_DEG)
        goes_on = k + 1 < len(steps) and not _widens(steps[k + 1], now)
        if wide and narrow and not goes_on:
            parts.append((now, True))
            now = []
    if now:
        parts.append((now, False))
    return parts


def _widens(step: Repetition, before: Sequence[Repetition]) -> bool:
    """Whether the next step makes the stance wider again: another walk begins."""
    known = [each for each in before if each.side == step.side]
    return bool(known) and _abduction(step) > _abduction(known[-1]) + _WIDER_DEG


def _apart(steps: Sequence[Repetition]) -> list[float]:
    """Width of the stance after each step, against that of the first steps."""
    at: dict[Side, float] = {}
    first: dict[Side, float] = {}
    widths = []
    for step in steps:
        value = _abduction(step)
        at[step.side] = value
        # Before its first step a leg stood where that step began.
        first.setdefault(step.side, value + step.measures.get("adduction_arc_deg", 0.0))
        widths.append(sum(at[side] - first[side] for side in at))
    return widths


def _abduction(step: Repetition) -> float:
    return -step.measures.get("adduction_end_deg", math.nan)


def _walk(number: int, steps: Sequence[Repetition], returned: bool) -> Walk:
    apart = _apart(steps)
    widest = max(apart, default=math.nan)
    limit = [
        later.t_start - step.t_end
        for step, later, width in zip(steps, steps[1:], apart, strict=False)
        if width >= _AT_THE_LIMIT * widest
    ]
    turned = {
        side: _mean([abs(s.measures.get("turn_deg", math.nan)) for s in steps if s.side == side])
        for side in SIDES
    }
    shares = tuple(1.0 - step.measures.get("hip_share", math.nan) for step in steps)
    return Walk(number, len(steps), widest, max(limit, default=0.0), returned, shares, turned)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return fmean(known) if known else math.nan


_LEAST_WIDTH_DEG: Final = 6.0
"""A stance that never gets so much wider is no walk apart."""

_WIDER_DEG: Final = 1.2
"""Half a step apart."""

_NARROW_DEG, _NARROW_SHARE = 3.0, 0.3
"""So near where it began, or so small a part of the widest, a stance is narrow again."""

_AT_THE_LIMIT: Final = 0.85

_FEWEST, _MOST = 2, 3
"""Whole walks a day that coaches ask for."""
