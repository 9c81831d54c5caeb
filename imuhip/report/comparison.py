"""Two things compared, in degrees with error and word."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean
from typing import Any, Final

import numpy as np

from imuhip.assess.conditions import tags_of_sets, under_alike_conditions
from imuhip.assess.measure_table import MEASURES
from imuhip.assess.movements import MOVEMENTS, family
from imuhip.assess.pairs import MATTERS_DEG, SAME_STRAPS_SD_DEG, Pair, pairs_of
from imuhip.assess.set_changes import changes_between
from imuhip.assess.symmetry import (
    START_DAY_ERROR,
    Z80,
    Z95,
    Z95_OF_TWO,
    DayError,
    Difference,
    Measured,
    Word,
    certain_difference,
    certain_or_nan,
    judged,
    side_difference,
    within_sd,
)
from imuhip.assess.testers import sd_between_testers, variance_between
from imuhip.assess.verdicts import difference_grade, possible
from imuhip.assess.waveforms import waveform
from imuhip.assess.windows import INCLINATION_SD_DEG
from imuhip.catalogue.progress import Series
from imuhip.catalogue.reader import CatalogueReader
from imuhip.core.certainty import sd_name
from imuhip.core.conventions import SIDES
from imuhip.core.findings import Repetition
from imuhip.report.blocks import Picture
from imuhip.report.material import Material, bends, curve, findings_of, shows_change, title_of
from imuhip.report.pictures import Row, Wave, degrees_apart, dots_picture, wave_picture, with_error
from imuhip.report.plain_words import words_for

WIDE: Final = 590.0
NAMES: Final = 245.0
"""Width of a picture, and of the names in one of dots, points."""

PHONE: Final = (290.0, 0.0)
"""The same of a picture for a phone: names stand above the dots."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of a comparison.

    Parameters
    ----------
    what
        Movement, way and measure.
    names
        Of the two things compared.
    sides
        Of either, for its colour.
    first, second
        Means with their errors.
    difference
        Second minus first, with its own error: what both share is not in it.
    """

    what: str
    names: tuple[str, str]
    sides: tuple[str, str]
    first: Measured
    second: Measured
    difference: Difference


def left_and_right(material: Material) -> list[Comparison]:
    """Both hips in each movement and way, all sets of the session together.

    Only sets under the same conditions are compared. The errors of both sides share the pelvis.
    How much is not in the results: where a rule judged the rotation its word, value and error hold,
    so that a session has one answer; else both errors are added up, the most they can be.
    """
    found = []
    for said, alike in under_alike_conditions(material.repetitions, material.notes).items():
        groups = _groups(alike)
        for kind, way, measure in dict.fromkeys((k, w, m) for k, _, w, m in groups):
            both = [groups.get((kind, side, way, measure), []) for side in SIDES]
            if not all(both):
                continue
            left, right = (_measured(reps, measure) for reps in both)
            shared = -left.sd * right.sd if bends(both[0][0].movement) else 0.0
            difference = side_difference(left, right, shared, MATTERS_DEG)
            if measure in _JUDGED:
                difference = _as_found(material, both, way, difference)
            what = _what(kind, way, measure) + (f" ({said.words})" if said.words else "")
            names = ("left", "right")
            found.append(_compared(what, names, names, left, right, difference))
    return found


def set_and_set(material: Material, movement: str, first: int, second: int) -> list[Comparison]:
    """Two sets of a movement under the same straps: the calibration's error is in both alike."""
    mine = [rep for rep in material.repetitions if family(rep.movement) == movement]
    before = _groups(rep for rep in mine if rep.set == first)
    after = _groups(rep for rep in mine if rep.set == second)
    found = []
    for key in (key for key in before if key in after):
        kind, side, way, measure = key
        one, two = (_measured(group[key], measure) for group in (before, after))
        spreads = (_spread(group[key], measure) for group in (before, after))
        variance = sum(spreads) + SAME_STRAPS_SD_DEG**2
        difference = judged(two.value - one.value, variance, MATTERS_DEG)
        names = (f"set {first}", f"set {second}")
        what = f"{side.capitalize()}, {_what(kind, way, measure)}"
        found.append(_compared(what, names, (side, side), one, two, difference))
    return [*found, *_compensations(material, movement, first, second)]


def _compensations(material: Material, movement: str, first: int, second: int) -> list[Comparison]:
    """What became of each compensation that is measured in degrees."""
    findings = findings_of(material.results)
    names = (f"set {first}", f"set {second}")
    found = []
    for kind in dict.fromkeys(f.movement for f in findings if family(f.movement) == movement):
        for each in changes_between(findings, kind, first, second):
            if each.unit == "deg":
                what = words_for(each.rule).title
                what += "" if each.side == "both" else f", {each.side}"
                side = each.side if each.side in SIDES else ""
                found.append(
                    Comparison(what, names, (side, side), each.before, each.after, each.difference)
                )
    return found


def session_and_session(
    before: Material, after: Material, series: Sequence[Series], names: tuple[str, str]
) -> list[Comparison]:
    """Two days: strapping on anew is in the error, the athlete's own where it is known.

    Where two people tested, what testers differ by is in it too.

    Parameters
    ----------
    series
        Of the athlete, for the errors.
    names
        Of the two sessions.
    """
    errors = {(s.name, s.movement, s.side, s.direction, s.effort): s.error for s in series}
    found = []
    for effort in ("", "passive"):
        first, second = (_groups(_helped(each, effort)) for each in (before, after))
        for key in (key for key in first if key in second):
            kind, side, way, measure = key
            movement = first[key][0].movement
            error = errors.get((measure, movement, side, way, effort), START_DAY_ERROR)
            then, now = (_day(group[key], measure, error) for group in (first, second))
            between = sd_between_testers(movement, measure, effort)
            variance = then.sd**2 + now.sd**2
            variance += variance_between(before.tester, after.tester, between)
            difference = judged(now.value - then.value, variance, MATTERS_DEG)
            said = f", {effort}" if effort else ""
            what = f"{side.capitalize()}, {_what(kind, way, measure)}{said}"
            found.append(_compared(what, names, (side, side), then, now, difference))
    return found


def _helped(material: Material, effort: str) -> Iterator[Repetition]:
    """Repetitions of passive sets, or of all others: what help adds is no change."""
    tags = tags_of_sets(material.repetitions, material.notes)
    for each in material.repetitions:
        if (tags[each.movement, each.set].effort == "passive") == (effort == "passive"):
            yield each


def tests_compared(material: Material, kinds: Sequence[str]) -> list[Pair]:
    """Pairs of tests of a session: ``cold_warm``, ``active_passive``, ``table_loaded``."""
    known = [rep for rep in material.repetitions if rep.movement in MOVEMENTS]
    return [pair for pair in pairs_of(known, material.notes) if pair.kind in kinds]


def pairs_picture(pairs: Sequence[Pair], width: float = WIDE, names: float = NAMES) -> Picture:
    """Second minus first of each pair, with its 95 % whisker; inside the band it may be error."""
    rows = []
    for pair in pairs:
        first, second = pair.kind.split("_")
        label = f"{pair.side.capitalize()}, {_kind(family(pair.movement), pair.direction)}"
        rows.append(_banded(f"{label}: {second} − {first}", pair.side, pair.difference))
    return dots_picture(rows, "Two tests, in degrees", width=width, names=names)


def band_picture(
    comparisons: Sequence[Comparison], width: float = WIDE, names: float = NAMES
) -> Picture:
    """Second minus first of each line; inside the band it may be error."""
    one, other = comparisons[0].names if comparisons else ("first", "second")
    rows = [_banded(one.what, "", one.difference, _with_mdc(one)) for one in comparisons]
    title = f"{other.capitalize()} − {one}, in degrees"
    return dots_picture(rows, title, width=width, names=names)


def _banded(label: str, side: str, difference: Difference, said: str = "") -> Row:
    """A difference, and the band within which it is not more than error."""
    value = Measured(difference.value, difference.sd)
    return Row(label, side, value, -difference.mdc, difference.mdc, said)


def errors_of(catalogue: CatalogueReader, athlete: str) -> tuple[Series, ...]:
    """What the athlete's measures vary by from day to day."""
    return catalogue.progress(athlete, names=_MEASURES)


def movements_with_sets(material: Material) -> dict[str, list[int]]:
    """Movements done in two sets or more, with the numbers of those."""
    sets: dict[str, set[int]] = {}
    for rep in material.repetitions:
        if rep.counted:
            sets.setdefault(family(rep.movement), set()).add(rep.set)
    return {kind: sorted(numbers) for kind, numbers in sets.items() if len(numbers) > 1}


def table_rows(comparisons: Iterable[Comparison]) -> list[dict[str, Any]]:
    """The lines as a table, what is real first."""
    order = ("real", "possible", "no detectable difference", "cannot tell")
    return [
        {
            "What": one.what,
            one.names[0]: with_error(one.first),
            one.names[1]: with_error(one.second),
            "Difference": _with_mdc(one),
            "In words": one.difference.word,
        }
        for one in sorted(comparisons, key=lambda one: order.index(one.difference.word))
    ]


def dots(
    comparisons: Sequence[Comparison], title: str, width: float = WIDE, names: float = NAMES
) -> Picture:
    """Both of each line as dots with their 95 % whiskers."""
    rows = []
    for one in comparisons:
        for name, side, value in zip(one.names, one.sides, (one.first, one.second), strict=True):
            rows.append(Row(f"{one.what}, {name}", side, value))
    return dots_picture(rows, title, width=width, names=names)


def waves(
    groups: Sequence[tuple[str, Material, Sequence[Repetition]]], width: float = WIDE
) -> list[Picture]:
    """Mean ± SD over 0–100 % of each movement and way, a line for each group and side.

    Parameters
    ----------
    groups
        What the legend says, whose results, and which repetitions; the first one is dashed where
        there are two.
    """
    pictures = []
    kinds = dict.fromkeys(
        (family(rep.movement), rep.direction) for _, _, reps in groups for rep in reps
    )
    for kind, way in kinds:
        lines = []
        for (k, (name, material, reps)), side in product(enumerate(groups), SIDES):
            key = (kind, way, side)
            mine = [r for r in reps if (family(r.movement), r.direction, r.side) == key]
            curves = [curve(material.results, rep) for rep in mine if rep.counted]
            if len(curves) > 1:
                dashed = len(groups) > 1 and k == 0
                label = f"{side} {name}".strip()
                lines.append(Wave(label, side, waveform(np.array(curves)), dashed))
        if lines:
            title = f"Hip rotation, {_kind(kind, way)}: mean ± SD of repetitions"
            pictures.append(wave_picture(lines, title, deepest=way == "down", width=width))
    return pictures


def _groups(
    repetitions: Iterable[Repetition],
) -> dict[tuple[str, str, str, str], list[Repetition]]:
    """Counted repetitions by movement without side, side, direction and measure."""
    found: dict[tuple[str, str, str, str], list[Repetition]] = {}
    for rep in repetitions:
        for measure in _MEASURES:
            if rep.counted and shows_change(rep.movement, measure) and measure in rep.measures:
                key = (family(rep.movement), rep.side, rep.direction, measure)
                found.setdefault(key, []).append(rep)
    return found


def _compared(
    what: str,
    names: tuple[str, str],
    sides: tuple[str, str],
    first: Measured,
    second: Measured,
    difference: Difference,
) -> Comparison:
    """A line with numbers only where they are certain enough."""
    pair = certain_or_nan(first), certain_or_nan(second)
    return Comparison(what, names, sides, *pair, certain_difference(difference))


def _values(reps: Sequence[Repetition], measure: str) -> list[float]:
    """Those that are known; outward turns count positive."""
    sign = -1.0 if reps[0].direction == "out" else 1.0
    known = (rep.measures.get(measure, math.nan) for rep in reps)
    return [sign * value for value in known if math.isfinite(value)]


def _measured(reps: Sequence[Repetition], measure: str) -> Measured:
    """Mean with its error: the sensors' own, which no repetition averages out, and the spread."""
    values = _values(reps, measure)
    if not values:
        return _UNKNOWN
    own = INCLINATION_SD_DEG if measure == "depth_deg" else _own_sd(reps, measure)
    return Measured(fmean(values), math.sqrt(own**2 + _spread(reps, measure)))


def _day(reps: Sequence[Repetition], measure: str, error: DayError) -> Measured:
    """A day's mean with all that another day would have changed."""
    values = _values(reps, measure)
    if not values:
        return _UNKNOWN
    own = _own_sd(reps, measure)
    between = max(error.between_sd, own) if math.isfinite(own) else error.between_sd
    return Measured(fmean(values), math.hypot(between, error.within_sd / math.sqrt(len(values))))


def _own_sd(reps: Sequence[Repetition], measure: str) -> float:
    """Error of the session's own calibration and straps; NaN where one of them is not known."""
    known = [rep for rep in reps if math.isfinite(rep.measures.get(measure, math.nan))]
    return fmean(rep.measures.get(sd_name(measure), math.nan) for rep in known)


def _spread(reps: Sequence[Repetition], measure: str) -> float:
    """Variance of a mean by the spread of its repetitions; NaN without one."""
    values = _values(reps, measure)
    return within_sd(values) ** 2 / len(values) if values else math.nan


def _as_found(
    material: Material, both: Sequence[Sequence[Repetition]], way: str, own: Difference
) -> Difference:
    """What the rule said of these sets; of a direction that it did not speak of, by its error.

    Parameters
    ----------
    both
        Repetitions of the left and the right side.
    way
        Their direction.
    own
        The difference of the means; kept where no rule judged it.
    """
    sets = {(rep.movement, rep.set) for reps in both for rep in reps}
    found = [
        finding
        for finding in material.results.findings
        if finding["rule"] == "rotation_difference"
        and (finding["movement"], finding["set"]) in sets
        and finding["mdc"] is not None
    ]
    if not found:
        return own
    last = found[-1]
    mdc, limit = float(last["mdc"]), material.params.limits["rotation_difference_deg"]
    # A table test has two directions to be wrong in, and its rule asks for more of each.
    sd = mdc / (Z95 if way == "down" else Z95_OF_TWO)
    alone = len({each["set"] for each in found}) == 1
    if alone and last.get("direction", "") in ("", way):
        grade = last["grade"]  # the rule has spoken of these very turns
    else:
        grade = difference_grade(abs(own.value), sd, mdc, limit)[0]
    word: Word = "real" if grade in ("mild", "marked") else "no detectable difference"
    if possible(abs(own.value), sd, mdc, limit) or (grade == "none" and abs(own.value) > Z80 * sd):
        word = "possible"
    elif grade == "cannot_tell":
        word = "cannot tell"
    # One error for a difference wherever it is shown: the one that it had to be beyond.
    return Difference(own.value, mdc / Z95, own.value - mdc, own.value + mdc, mdc, word)


def _with_mdc(one: Comparison) -> str:
    mdc = one.difference.mdc
    error = f" ± {mdc:.0f}°" if math.isfinite(mdc) else ""
    return difference_shown(one) + error


def difference_shown(one: Comparison) -> str:
    """The difference of a line, as that of the two numbers beside it."""
    if not math.isfinite(one.difference.value):
        return "–"
    return degrees_apart(one.first.value, one.second.value)


def _what(kind: str, way: str, measure: str) -> str:
    return f"{_kind(kind, way)}: {_SHORT[measure]}"


def _kind(kind: str, way: str) -> str:
    known = MOVEMENTS[kind].title if kind in MOVEMENTS else title_of(kind)
    return known if way == "down" else f"{known} {way}"


_SHORT: Final = {
    "rotation_end_deg": "end range",
    "rotation_arc_deg": "arc",
    "rotation_bottom_deg": "rotation at the bottom",
    "depth_deg": "thigh depth",
}

_MEASURES: Final = tuple(_SHORT)

_JUDGED: Final = ("rotation_bottom_deg", "rotation_end_deg")
"""Measures whose sides a rule compares."""
_UNKNOWN: Final = Measured(math.nan, math.nan)

DEFINITIONS: Final = {MEASURES[name].title: MEASURES[name].definition for name in _MEASURES}
"""What the numbers on the page mean."""

BAND_WORDS: Final = (
    "The green band is the smallest difference that is more than error in 95 % of cases: a dot "
    "inside it may be error. A hollow dot has no known error."
)
"""Below the pictures of differences."""
