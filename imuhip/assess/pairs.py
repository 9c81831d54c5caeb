"""Pairs of tests within an athlete: before and after, unloaded and loaded, one thing with another.

==================  ==============================================================================
cold and warm       the same test at the start of a session and after it; same straps
active and passive  the same end range reached alone and with help
table and loaded    how much of the table's internal rotation is used at the bottom of a squat
relations           internal rotation with depth, or with the pelvis's tilt, over repetitions
==================  ==============================================================================

What a set was is said by notes: ``cold``, ``warm``, ``active``, ``passive``, ``load 80 kg``. A note
holds for the set that is going on, else for the next one, and on until it is replaced.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np

from imuhip.assess.conditions import Tags, tags_of_sets
from imuhip.assess.movements import MOVEMENTS, Trait
from imuhip.assess.symmetry import Difference, judged, within_sd
from imuhip.assess.wording import degrees
from imuhip.core.certainty import student95
from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Note, Repetition

Kind: TypeAlias = Literal["cold_warm", "active_passive", "table_loaded"]


class Set(NamedTuple):
    """The counted repetitions of one side and direction in a set, and what was said of it."""

    movement: str
    side: Side
    direction: str
    number: int
    repetitions: tuple[Repetition, ...]
    tags: Tags


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tests compared.

    Parameters
    ----------
    kind
        Which pair.
    movement, side, direction
        What was done; for ``table_loaded`` the table test.
    measure
        The name of the measure compared; of the first test where they differ.
    first, second
        Means in degrees.
    load_kg
        On the second test; NaN where not said.
    difference
        Second minus first.
    words
        For the coach.
    """

    kind: Kind
    movement: str
    side: Side
    direction: str
    measure: str
    first: float
    second: float
    load_kg: float
    difference: Difference
    words: str


@dataclass(frozen=True, slots=True)
class Relation:
    """How one measure goes with another over an athlete's repetitions.

    Parameters
    ----------
    slope, low, high
        Change of `y` per unit of `x`, with its 95 % interval; NaN where it is inconclusive.
    repetitions
        How many it rests on.
    words
        For the coach.
    """

    x: str
    y: str
    side: Side
    slope: float
    low: float
    high: float
    repetitions: int
    words: str


def pairs_of(repetitions: Sequence[Repetition], notes: Sequence[Note] = ()) -> tuple[Pair, ...]:
    """Find and compare all pairs of tests of a session.

    Parameters
    ----------
    repetitions
        In the order of time.
    notes
        In the order of time.
    """
    sets = list(_sets(repetitions, notes))
    found = []
    for first, second in product(sets, sets):
        alike = first[:3] == second[:3]
        if alike and (first.tags.warmth, second.tags.warmth) == ("cold", "warm"):
            found.append(_alike("cold_warm", first, second))
        if alike and (first.tags.effort, second.tags.effort) == ("active", "passive"):
            found.append(_alike("active_passive", first, second))
        if _is_table(first) and _is_loaded(second) and first.side == second.side:
            found.append(_table_loaded(first, second))
    newest = {(p.kind, p.movement, p.side, p.direction, p.load_kg): p for p in found if p}
    return tuple(newest.values())


def relation(repetitions: Sequence[Repetition], x: str, y: str, side: Side) -> Relation:
    """Fit how measure `y` goes with measure `x` over the counted repetitions of a side.

    Inconclusive with fewer than `MIN_REPETITIONS` or where `x` hardly differs between them: a
    line through one point is none. The calibration's error moves all repetitions alike and leaves
    the slope; it is as seen at the skin.
    """
    rows = [
        (r.measures[x], r.measures[y])
        for r in repetitions
        if r.counted and r.side == side and x in r.measures and y in r.measures
    ]
    points = np.array([row for row in rows if np.isfinite(row).all()]).reshape(-1, 2)
    n = len(points)
    spread = points - points.mean(axis=0) if n else points
    squares = float(np.sum(np.square(spread[:, 0])))
    if n < MIN_REPETITIONS or squares < (n - 1) * LEAST_SPREAD_DEG**2:
        words = f"{_named(y)} with {_title(x)}, {side}: cannot tell; too few, or too much alike."
        return Relation(x, y, side, math.nan, math.nan, math.nan, n, words)
    slope = float(np.sum(spread[:, 0] * spread[:, 1])) / squares
    left = float(np.sum(np.square(spread[:, 1] - slope * spread[:, 0])))
    reach = student95(n - 2) * math.sqrt(left / (n - 2) / squares)
    low, high = slope - reach, slope + reach
    clear = (low > 0.0 or high < 0.0) and abs(slope) >= LEAST_SLOPE
    verdict = "goes along" if clear else "no clear relation"
    words = (
        f"{_named(y)} with {_title(x)}, {side}: {verdict}; {10.0 * slope:+.1f}° per 10° "
        f"({10.0 * low:+.1f} to {10.0 * high:+.1f}), {n} repetitions."
    )
    return Relation(x, y, side, slope, low, high, n, words)


def relations_of(repetitions: Sequence[Repetition]) -> tuple[Relation, ...]:
    """Internal rotation at the bottom with depth and with the pelvis's tilt, side by side."""
    squats = [r for r in repetitions if "both_legs_load" in _traits(r.movement)]
    if not squats:
        return ()
    return tuple(relation(squats, x, y, side) for (x, y), side in product(RELATIONS, SIDES))


def _sets(repetitions: Sequence[Repetition], notes: Sequence[Note]) -> Iterator[Set]:
    """The sets of a session, by side and direction, in the order of time."""
    tags = tags_of_sets(repetitions, notes)
    grouped: dict[tuple[str, Side, str, int], list[Repetition]] = {}
    for each in repetitions:
        if each.counted:
            key = (each.movement, each.side, each.direction, each.set)
            grouped.setdefault(key, []).append(each)
    for (movement, side, direction, number), found in grouped.items():
        said = tags[movement, number]
        yield Set(movement, side, direction, number, tuple(found), said)


def _alike(kind: Kind, first: Set, second: Set) -> Pair | None:
    """The same test twice: under the same straps the calibration's error is in both alike."""
    measure = _measure(first)
    before, after = _values(first, measure), _values(second, measure)
    if not before or not after:
        return None
    spread = _spread(before, after)
    return _pair(kind, first, measure, (before, after), spread + SAME_STRAPS_SD_DEG**2, math.nan)


def _table_loaded(first: Set, second: Set) -> Pair | None:
    """Internal rotation on the table, and at the bottom with a load: two postures, two errors."""
    before = _values(first, "rotation_end_deg")
    after = _values(second, "rotation_bottom_deg")
    errors = _values(first, "rotation_end_sd_deg"), _values(second, "rotation_bottom_sd_deg")
    if not before or not after:
        return None
    known = all(errors)
    own = sum(fmean(each) ** 2 for each in errors) if known else math.nan
    load = second.tags.load_kg
    spread = _spread(before, after)
    return _pair("table_loaded", first, "rotation_end_deg", (before, after), spread + own, load)


def _pair(
    kind: Kind,
    first: Set,
    measure: str,
    values: tuple[list[float], list[float]],
    variance: float,
    load_kg: float,
) -> Pair:
    one, two = (fmean(each) for each in values)
    difference = judged(two - one, variance, MATTERS_DEG)
    names = _NAMES[kind]
    load = f" with {load_kg:.0f} kg" if math.isfinite(load_kg) else ""
    error = f" ± {difference.mdc:.0f}" if math.isfinite(difference.mdc) else ", error not known"
    way = {"in": "internal ", "out": "external "}.get(first.direction, "")
    words = (
        f"{first.side.capitalize()} hip, {way}{_title(measure)}: {names[0]} {one:.0f}°, "
        f"{names[1]}{load} {two:.0f}°; difference {degrees(two - one, '+')}{error}: "
        f"{difference.word}."
    )
    if difference.word == "real" and difference.value > 0.0:
        words += f" {_MEANS[kind]}"
    return Pair(
        kind,
        first.movement,
        first.side,
        first.direction,
        measure,
        one,
        two,
        load_kg,
        difference,
        words,
    )


def _measure(tested: Set) -> str:
    """What a set is compared by: the end range, or the bottom."""
    return "rotation_end_deg" if tested.direction != "down" else "rotation_bottom_deg"


def _values(tested: Set, measure: str) -> list[float]:
    """A measure's known values; outward turns count positive."""
    sign = -1.0 if tested.direction == "out" and not measure.endswith("_sd_deg") else 1.0
    values = [sign * r.measures.get(measure, math.nan) for r in tested.repetitions]
    return [v for v in values if math.isfinite(v)]


def _spread(before: Sequence[float], after: Sequence[float]) -> float:
    """Variance of the difference of two means by the spread of their repetitions."""
    return sum(within_sd(values) ** 2 / len(values) for values in (before, after))


def _is_table(tested: Set) -> bool:
    return "table" in _traits(tested.movement) and tested.direction == "in"


def _is_loaded(tested: Set) -> bool:
    loaded = "both_legs_load" in _traits(tested.movement)
    return loaded and math.isfinite(tested.tags.load_kg)


def _traits(movement: str) -> frozenset[Trait]:
    """What a movement is; nothing of a drill that no table knows."""
    known = MOVEMENTS.get(movement)
    return known.traits if known else frozenset()


def _named(measure: str) -> str:
    """A title to begin a sentence with."""
    title = _title(measure)
    return title[0].upper() + title[1:]


def _title(measure: str) -> str:
    return _TITLES.get(measure, measure)


MIN_REPETITIONS: Final = 6
LEAST_SLOPE: Final = 0.1
"""One degree in ten; less changes nothing that a coach would train."""

LEAST_SPREAD_DEG: Final = 3.0
"""Standard deviation of x, below which its slope is an accident."""

SAME_STRAPS_SD_DEG: Final = 1.0
"""What two sets under the same straps differ by beside the repetitions: drift, a strap that gives;
provisional."""

MATTERS_DEG: Final = 5.0

RELATIONS: Final = (
    ("depth_deg", "rotation_bottom_deg"),
    ("pelvis_tilt_bottom_deg", "rotation_bottom_deg"),
)

_NAMES: Final[Mapping[Kind, tuple[str, str]]] = {
    "cold_warm": ("cold", "warm"),
    "active_passive": ("active", "passive"),
    "table_loaded": ("on the table", "at the bottom"),
}

_MEANS: Final[Mapping[Kind, str]] = {
    "cold_warm": "A warm-up gives the range: guarding or stiffness rather than the joint.",
    "active_passive": "The joint has the range: work on strength and control at its end.",
    "table_loaded": "Loaded it goes further than on the table: fine for the lift, and still worth "
    "training for daily life.",
}
"""What it means where the second test really goes further than the first."""

_TITLES: Final[Mapping[str, str]] = {
    "rotation_end_deg": "rotation at the end range",
    "rotation_bottom_deg": "hip rotation at the bottom",
    "depth_deg": "depth",
    "pelvis_tilt_bottom_deg": "pelvic tilt",
}
