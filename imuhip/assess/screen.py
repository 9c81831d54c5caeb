"""The table screen: a fixed battery, in its order, and today against the athlete's usual.

Active before passive, for help changes what comes after it; both sides before the next test, for
the sides are compared; flexion last, for it warms.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from statistics import fmean
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from imuhip.assess.conditions import tags_of_sets
from imuhip.assess.movements import FLEXION_TEST, family
from imuhip.assess.symmetry import (
    DayError,
    Difference,
    Measured,
    Word,
    certain_difference,
    certain_or_nan,
    judged,
    session_mean,
)
from imuhip.assess.testers import sd_between_testers, variance_against_mean
from imuhip.core.conventions import SIDES
from imuhip.core.findings import Note, Repetition

Posture: TypeAlias = Literal["seated", "prone"]
Effort: TypeAlias = Literal["active", "passive", ""]


@dataclass(frozen=True, slots=True)
class Test:
    """One test of the battery.

    Parameters
    ----------
    movement
        As in marks.
    effort
        What the note before it says; empty where there is nothing to say.
    title
        For people.
    """

    movement: str
    effort: Effort
    title: str


class ScreenKey(NamedTuple):
    """What is compared with itself: a test, which hip, which way, helped or not, warm or not.

    Nothing said of a set is an active one, for the athlete moves, and a cold one, for the screen
    comes first: `effort` is ``passive`` or empty, `warmth` ``warm`` or empty.
    """

    movement: str
    side: str
    direction: str
    effort: str
    warmth: str


@dataclass(frozen=True, slots=True)
class Before:
    """A test's sessions before, and what the athlete varies by from day to day.

    Parameters
    ----------
    sessions
        The mean of each, degrees, positive; the latest last.
    error
        Of the athlete's own sessions, or the start value.
    testers
        Who tested in each, an empty text where it is not known; empty where no session's is.
    """

    sessions: tuple[Measured, ...]
    error: DayError
    testers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usual:
    """Today's test against the athlete's own sessions before.

    Parameters
    ----------
    title
        What was tested.
    today, usual
        Degrees.
    word
        As in `symmetry.Difference`.
    words
        For the coach.
    tester_differs
        Whether somebody else tested in one of the sessions that are the usual.
    """

    title: str
    today: float
    usual: float
    word: Word
    words: str
    tester_differs: bool = False


def battery(posture: Posture = "seated") -> tuple[Test, ...]:
    """Return the tests in their order, rotation seated or prone."""
    tests = [
        Test(f"{posture}_rotation_{side}", effort, f"{posture} rotation, {side}, {effort}")
        for effort, side in product(_EFFORTS, SIDES)
    ]
    return (
        *tests,
        *(Test(f"{FLEXION_TEST}_{side}", "", f"knee to chest, {side}") for side in SIDES),
    )


def next_test(done: Iterable[tuple[str, str]], posture: Posture = "seated") -> Test | None:
    """Return the first test that is not done yet; None when the screen is complete.

    Parameters
    ----------
    done
        Movement and effort of the sets so far.
    """
    known = set(done)
    return next((t for t in battery(posture) if (t.movement, t.effort) not in known), None)


def known_test(movement: str, effort: str) -> Test | None:
    """Return the test of that movement and effort; None where no battery has it."""
    every = [test for posture in get_args(Posture) for test in battery(posture)]
    return next((t for t in every if (t.movement, t.effort) == (movement, effort)), None)


def measure_of(movement: str) -> str:
    """The measure that tells a test's range; empty for a movement that no battery has."""
    rotation, flexion = TEST_MEASURES
    if family(movement) == FLEXION_TEST:
        return flexion
    return rotation if _is_rotation(movement) else ""


def tested_as(movement: str, side: str, direction: str, effort: str, warmth: str) -> ScreenKey:
    """Return what a set is compared as, by what was said of it."""
    helped = "passive" if effort == "passive" else ""
    return ScreenKey(movement, side, direction, helped, "warm" if warmth == "warm" else "")


def is_outward(tested: ScreenKey) -> bool:
    """Whether the measure is negative the further it goes: rotation out."""
    return tested.direction == "out" and family(tested.movement) != FLEXION_TEST


def ranges_of(
    repetitions: Sequence[Repetition], notes: Sequence[Note]
) -> dict[ScreenKey, list[Measured]]:
    """Return the range of each repetition of a session's tests, degrees, positive."""
    tags = tags_of_sets(repetitions, notes)
    found: dict[ScreenKey, list[Measured]] = {}
    for each in repetitions:
        name = measure_of(each.movement)
        if not name or not each.counted:
            continue
        said = tags[each.movement, each.set]
        key = tested_as(each.movement, each.side, each.direction, said.effort, said.warmth)
        sign = -1.0 if is_outward(key) else 1.0
        value = sign * each.measures.get(name, math.nan)
        sd = each.measures.get(name.replace("_deg", "_sd_deg"), math.nan)
        if math.isfinite((one := certain_or_nan(Measured(value, sd))).value):
            found.setdefault(key, []).append(one)
    return found


def today_of(
    today: Mapping[ScreenKey, Sequence[Measured]],
    before: Mapping[ScreenKey, Before],
    tester: str = "",
) -> tuple[Usual, ...]:
    """Hold each test of today against the athlete's sessions before, what differs first.

    Parameters
    ----------
    tester
        Who tests today; empty where it is not known.
    """
    return ordered(
        found
        for key, values in today.items()
        if key in before and values
        if (found := _usual_of(key, session_mean(before[key].error, values), before[key], tester))
        is not None
    )


def _usual_of(key: ScreenKey, today: Measured, before: Before, tester: str) -> Usual | None:
    """One test of today against its sessions before, with what other testers add to the error."""
    who = before.testers or ("",) * len(before.sessions)
    known = [
        (one, by) for one, by in zip(before.sessions, who, strict=True) if math.isfinite(one.value)
    ][-LATEST:]
    between = sd_between_testers(key.movement, measure_of(key.movement), key.effort)
    extra = variance_against_mean(tester, [by for _, by in known], between)
    usual = today_against_usual(title_of(key), today, [one for one, _ in known], extra)
    return usual if usual is None else replace(usual, tester_differs=extra > 0.0)


def ordered(found: Iterable[Usual]) -> tuple[Usual, ...]:
    """What differs for sure first, then what may differ."""
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.word)))


def today_against_usual(
    title: str, today: Measured, before: Sequence[Measured], testers_variance: float = 0.0
) -> Usual | None:
    """Hold a test of today against the latest sessions before; None without any.

    Parameters
    ----------
    today, before
        Means of sessions, degrees, positive, each with the error of strapping on anew; the latest
        last.
    testers_variance
        What other testers add (`testers.variance_against_mean`).
    """
    kept = [one for one in before if math.isfinite(one.value)][-LATEST:]
    if not kept or not math.isfinite(today.value):
        return None
    usual = fmean(one.value for one in kept)
    spread = fmean(one.sd**2 for one in kept) / len(kept)
    variance = today.sd**2 + spread + testers_variance
    difference = certain_difference(judged(today.value - usual, variance, MATTERS_DEG))
    words = _words(title, usual, difference)
    return Usual(title, today.value, usual, difference.word, words)


def words_today(found: Sequence[Usual]) -> tuple[str, ...]:
    """What to say after the screen: each test that differs, the rest in one sentence, the advice.

    Empty where nothing was tested before.
    """
    if not found:
        return ()
    differ = [one for one in found if one.word in ("real", "possible")]
    rest = [one for one in found if one.word == "no detectable difference"]
    said = [one.words for one in differ]
    if rest:
        size = {1: "One test"}.get(len(rest), f"{len(rest)} tests")
        said.append(f"{size} as usual.")
    unknown = len(found) - len(differ) - len(rest)
    if unknown:
        said.append(f"{unknown} too uncertain to compare: stand still 3 s, or calibrate again.")
    if any(one.tester_differs for one in found):
        said.append("Somebody else tested before: a difference must be larger to count.")
    return (*said, *_advice(differ))


def title_of(tested: ScreenKey) -> str:
    """A test for people: which hip, which way, and whether it was helped."""
    turned = {"in": "internal rotation", "out": "external rotation"}.get(tested.direction, "")
    what = turned if _is_rotation(tested.movement) else "flexion"
    posture = family(tested.movement).partition("_")[0]
    where = f", {posture}" if _is_rotation(tested.movement) else ""
    helped = ", passive" if tested.effort == "passive" and _is_rotation(tested.movement) else ""
    warm = ", warm" if tested.warmth else ""
    return f"{tested.side.capitalize()} {what}{where}{helped}{warm}"


def _advice(differ: Sequence[Usual]) -> Iterator[str]:
    """What a day that differs asks for; once, the careful advice before the other."""
    ways = {("less" if one.today < one.usual else "more", one.word) for one in differ}
    for key in (("less", "real"), ("less", "possible"), ("more", "real")):
        if key in ways:
            yield _TAILOR[key]
            return


def _words(title: str, usual: float, difference: Difference) -> str:
    way = "less" if difference.value < 0.0 else "more"
    size = f"{abs(difference.value):.0f}° (± {difference.mdc:.0f}°)"
    return {
        "real": f"{title}: {size} {way} than usual.",
        "possible": f"{title}: perhaps {size} {way} than usual.",
        "cannot tell": f"{title}: too uncertain to compare.",
    }.get(difference.word, f"{title}: as usual, {usual:.0f}°.")


def _is_rotation(movement: str) -> bool:
    return family(movement) in _ROTATIONS


LATEST: Final = 5
"""Sessions that are the usual: two weeks of training, so that what was gained before counts."""

MATTERS_DEG: Final = 5.0

TEST_MEASURES: Final = ("rotation_end_deg", "flexion_end_deg")

_ROTATIONS: Final = frozenset(f"{posture}_rotation" for posture in get_args(Posture))
_EFFORTS: Final[tuple[Effort, ...]] = ("active", "passive")
_ORDER: Final[tuple[Word, ...]] = ("real", "possible", "no detectable difference", "cannot tell")

_TAILOR: Final[Mapping[tuple[str, str], str]] = {
    ("less", "real"): "Warm up longer, test again, and keep today's depth and load below what is "
    "usual.",
    ("less", "possible"): "Test it again after the warm-up.",
    ("more", "real"): "Train as planned; one good day is not a new standard.",
}
"""What a day that differs asks for."""
