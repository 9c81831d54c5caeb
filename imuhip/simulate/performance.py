"""How an athlete performs: repetitions, tempo, fatigue, and compensations of a stated size.

A compensation acts on the true motion; the truth shows it. Which repetitions have it and how much
each departs from the stated size is drawn from a stream of its own, so that the same seed moves
the same way but for what was asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from imuhip.core.conventions import SIDES, Side


@dataclass(frozen=True, slots=True)
class Compensation:
    """One compensation and how much of it.

    Parameters
    ----------
    rule
        A key of `RULES`: the name under which results judge it.
    size
        In the rule's unit (`RULES`): degrees; seconds for ``side_lag``; for
        ``pelvis_follows_pivot`` the share of the turn that the pelvis gives.
    side
        Whose: the side that drops, is deeper, turns more, comes late, the hip that shifts; for
        ``pelvic_twist`` where the pelvis turns to. None is both sides where a rule is of each side,
        and the right one where a rule is of their difference.
    share
        Part of the repetitions that have it: 1 all of them. At least one has.
    parts
        Which conditions of a rule with several (`RULES`); empty is the first, for ``hip_shift``
        all.
    onset_deg
        For ``pelvic_tuck``: hip flexion from which the pelvis curls.
    creep
        Growth over the set: from ``size (1 - creep)`` to ``size (1 + creep)``.
    sets
        Numbers of the sets of a movement that have it; empty is all.
    """

    rule: str
    size: float
    side: Side | None = None
    share: float = 1.0
    parts: tuple[str, ...] = ()
    onset_deg: float = 75.0
    creep: float = 0.0
    sets: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"There is no rule {self.rule!r}. Choose one of {', '.join(RULES)}.")
        unknown = set(self.parts) - set(RULES[self.rule].parts)
        if unknown:
            known = ", ".join(RULES[self.rule].parts) or "none"
            raise ValueError(
                f"{self.rule} has no part {', '.join(sorted(unknown))}. Its parts: {known}."
            )
        if not 0.0 < self.share <= 1.0:
            raise ValueError(f"share is {self.share}; it must be above 0 and at most 1.")
        if self.rule == "pelvis_follows_pivot" and not 0.0 <= self.size <= 1.0:
            raise ValueError(f"size is {self.size}; the pelvis's share must be from 0 to 1.")

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides that have it."""
        return SIDES if self.side is None else (self.side,)

    @property
    def about(self) -> Side | None:
        """The one side it is about, or None for both."""
        return "right" if self.side is None and RULES[self.rule].difference else self.side

    def has(self, part: str) -> bool:
        """Tell whether one condition of a rule with several is asked for."""
        known = RULES[self.rule].parts
        return part in (self.parts or (known if self.rule == "hip_shift" else known[:1]))


@dataclass(frozen=True, slots=True)
class Felt:
    """Something that hurts or is sore, and is marked as soon as the hip is bent so far.

    Parameters
    ----------
    kind
        ``pain`` or ``sore``: the mark.
    flexion_deg
        Hip flexion against standing at which it is felt, in the second repetition of a set.
    side
        Whose hip tells the position.
    words
        Side and place as the mark says them; may be empty.
    """

    kind: str
    flexion_deg: float
    side: Side
    words: str = ""


@dataclass(frozen=True, slots=True)
class Performance:
    """How a session is performed; the defaults are a careful athlete in a plain session.

    Parameters
    ----------
    compensations
        What goes wrong, and how much.
    equal_sides
        The right leg is the left one's mirror image in everything.
    repetitions
        Of a squat set, a lunge set, a table test to each way; the scenario's own if None.
    tempo_sd
        Irregular tempo: every phase is longer or shorter by a factor of this standard deviation.
    bottom_s
        Pause at the bottom of squats and lunges; the scenario's own if None.
    fatigue
        Over a set, each repetition is slower and less deep, the last by this share.
    marked
        Marks say which movement is done; else only the calibration is marked.
    tray
        The calibration begins in the tray; else nobody marks it.
    hips
        By side, how far the hip turns in and out on the table, degrees; as drawn where not given.
    felt
        What hurts or is sore.
    """

    compensations: tuple[Compensation, ...] = ()
    equal_sides: bool = False
    repetitions: int | None = None
    tempo_sd: float = 0.0
    bottom_s: float | None = None
    fatigue: float = 0.0
    marked: bool = True
    tray: bool = True
    hips: Mapping[Side, tuple[float, float]] = field(default_factory=dict, hash=False)
    felt: tuple[Felt, ...] = ()


@dataclass(frozen=True, slots=True)
class Dose:
    """A compensation as one repetition has it.

    Parameters
    ----------
    of
        What was asked for.
    size
        What this repetition has, in the same unit.
    """

    of: Compensation
    size: float


@dataclass(frozen=True, slots=True)
class Injected:
    """A compensation that was put into a set: the truth of faults.

    Parameters
    ----------
    rule, side, parts, size
        As asked for; `side` is left, right or both.
    movement, set
        Where, as in `Performed`.
    repetitions
        Numbers of the repetitions that have it.
    sizes
        What each of them has.
    """

    rule: str
    side: str
    parts: tuple[str, ...]
    size: float
    movement: str
    set: int
    repetitions: tuple[int, ...]
    sizes: tuple[float, ...]


@dataclass(slots=True)
class Habits:
    """Draws for each set which repetitions have which compensation, and remembers it.

    Parameters
    ----------
    performance
        What was asked for.
    rng
        A stream of its own.
    injected
        What was put in so far.
    """

    performance: Performance
    rng: np.random.Generator
    injected: list[Injected] = field(default_factory=list)

    def plan(
        self, movement: str, number: int, count: int, side: Side | None = None
    ) -> list[list[Dose]]:
        """Return the doses of each of `count` repetitions of set `number`.

        With a `side` these are the repetitions of that side alone.
        """
        doses: list[list[Dose]] = [[] for _ in range(count)]
        for each in self.performance.compensations:
            here = RULES[each.rule].movements
            if movement not in here or (side is not None and each.about not in (None, side)):
                continue
            if each.sets and number not in each.sets:
                continue
            many = max(1, round(each.share * count))
            chosen = np.sort(self.rng.choice(count, many, replace=False)).tolist()
            sizes = [self._size(each, k, count) for k in chosen]
            for k, size in zip(chosen, sizes, strict=True):
                doses[k].append(Dose(each, size))
            self.injected.append(_injected(each, movement, number, side, chosen, sizes))
        return doses

    def factor(self, share: float) -> float:
        """Return a factor of mean 1 that departs by `share`, and is never extreme."""
        return float(np.exp(share * np.clip(self.rng.standard_normal(), -2.5, 2.5)))

    def _size(self, each: Compensation, k: int, count: int) -> float:
        grown = 1.0 + each.creep * (2.0 * k / max(count - 1, 1) - 1.0)
        varied = each.size * grown * (1.0 + SIZE_SD * float(self.rng.standard_normal()))
        return min(varied, 1.0) if each.rule == "pelvis_follows_pivot" else varied


def _injected(
    each: Compensation,
    movement: str,
    number: int,
    side: Side | None,
    chosen: list[int],
    sizes: list[float],
) -> Injected:
    """Say what was put into a set."""
    return Injected(
        rule=each.rule,
        side=side or each.about or "both",
        parts=tuple(part for part in RULES[each.rule].parts if each.has(part)),
        size=each.size,
        movement=movement,
        set=number,
        repetitions=tuple(k + 1 for k in chosen),
        sizes=tuple(sizes),
    )


@dataclass(frozen=True, slots=True)
class SimulatedRule:
    """What the simulator knows of a rule.

    Parameters
    ----------
    unit
        Of its size.
    movements
        Movements that can show it.
    parts
        Its conditions, where it has several.
    difference
        It compares the sides.
    """

    unit: str
    movements: frozenset[str] = frozenset({"squat"})
    parts: tuple[str, ...] = ()
    difference: bool = False


SIZE_SD: Final = 0.05
"""How much the size differs from repetition to repetition, as a share."""

TABLE_TESTS: Final = frozenset(
    f"{test}_rotation_{side}" for test in ("seated", "supine") for side in SIDES
)

SQUAT: Final = frozenset({"squat"})

ON_ONE_LEG: Final = frozenset(
    f"{drill}_{side}"
    for drill in (
        "single_leg_squat",
        "pistol_squat",
        "split_squat",
        "bulgarian_split_squat",
        "step_down",
        "lateral_lunge",
    )
    for side in SIDES
)
"""Drills in which one leg carries: the knee may fall in, the pelvis may drop."""

RULES: Final[dict[str, SimulatedRule]] = {
    "pelvic_tuck": SimulatedRule("deg"),
    "over_arching": SimulatedRule("deg"),
    "pelvic_drop": SimulatedRule("deg", SQUAT | ON_ONE_LEG, difference=True),
    "hip_shift": SimulatedRule("deg", parts=("obliquity", "depth", "twist"), difference=True),
    "pelvic_twist": SimulatedRule("deg", difference=True),
    "knee_in": SimulatedRule("deg", SQUAT | ON_ONE_LEG, parts=("ascent", "whole")),
    "early_turn_out": SimulatedRule("deg", parts=("descent", "standing")),
    "side_lag": SimulatedRule("s", difference=True),
    "depth_difference": SimulatedRule("deg", difference=True),
    "rotation_difference": SimulatedRule("deg", TABLE_TESTS | {"squat"}, difference=True),
    "pelvis_follows_pivot": SimulatedRule("share", frozenset({"pivot"})),
    "pelvis_cheats_table": SimulatedRule("deg", TABLE_TESTS, parts=("obliquity", "tilt")),
    "internal_rotation_short": SimulatedRule("deg", TABLE_TESTS),
    "external_rotation_short": SimulatedRule("deg", TABLE_TESTS),
    "one_sided_arc": SimulatedRule("percent", TABLE_TESTS, parts=("mostly_out", "mostly_in")),
    "too_fast": SimulatedRule("deg/s", TABLE_TESTS | {"pivot"}),
}
"""The compensations that can be put into a performance."""
