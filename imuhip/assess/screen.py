"""The table screen: a fixed battery, in its order, and today against the athlete's usual.

Active before passive, for help changes what comes after it; both sides before the next test, for
the sides are compared; flexion last, for it warms.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final, Literal

from imuhip.assess.symmetry import DayError, change

Effort = Literal["active", "passive", ""]


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


@dataclass(frozen=True, slots=True)
class Usual:
    """Today's test against the athlete's own sessions before.

    Parameters
    ----------
    title
        What was tested.
    today, usual, mdc
        Degrees; the smallest difference that is more than error.
    word
        As in `symmetry.Difference`.
    words
        For the coach.
    """

    title: str
    today: float
    usual: float
    mdc: float
    word: str
    words: str


def battery(posture: Literal["seated", "prone"] = "seated") -> tuple[Test, ...]:
    """Return the tests in their order, rotation seated or prone."""
    tests = [
        Test(f"{posture}_rotation_{side}", effort, f"{posture} rotation, {side}, {effort}")
        for effort in _EFFORTS
        for side in _SIDES
    ]
    return (*tests, *(Test(f"knee_to_chest_{s}", "", f"knee to chest, {s}") for s in _SIDES))


def next_test(
    done: Iterable[tuple[str, str]], posture: Literal["seated", "prone"] = "seated"
) -> Test | None:
    """Return the first test that is not done yet; None when the screen is complete.

    Parameters
    ----------
    done
        Movement and effort of the sets so far.
    """
    known = set(done)
    return next((t for t in battery(posture) if (t.movement, t.effort) not in known), None)


def today_against_usual(
    title: str, today: Sequence[float], before: Sequence[Sequence[float]], error: DayError
) -> Usual | None:
    """Hold a test of today against the sessions before; None without either.

    Parameters
    ----------
    today
        One value a repetition, degrees, positive.
    before
        A session each.
    error
        What the athlete varies by from day to day.
    """
    kept = [list(values) for values in before if len(values)]
    if not len(today) or not kept:
        return None
    every = [value for values in kept for value in values]
    difference = change(every, today, error)
    usual = fmean(every)
    way = "less" if difference.value < 0.0 else "more"
    size = f"{abs(difference.value):.0f}° (± {difference.mdc:.0f}°)"
    words = {
        "real": f"{title}: {size} {way} than usual. {_TAILOR[way]}",
        "possible": f"{title}: perhaps {size} {way} than usual. Test it again after the warm-up.",
    }.get(difference.word, f"{title}: as usual, {usual:.0f}°.")
    return Usual(title, fmean(today), usual, difference.mdc, difference.word, words)


_EFFORTS: Final[tuple[Effort, ...]] = ("active", "passive")
_SIDES: Final = ("left", "right")

_TAILOR: Final[Mapping[str, str]] = {
    "less": "Warm up longer, test again, and keep today's depth and load below what is usual.",
    "more": "Train as planned; one good day is not a new standard.",
}
"""What a day that differs asks for."""
