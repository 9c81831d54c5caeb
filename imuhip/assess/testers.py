"""Who tested: what another tester adds to the error of a comparison.

Testers place sensors, give instructions and, in a passive test, decide how hard the leg is turned.
The same tester does so alike every time, so it leaves a change alone; another one does not::

    MDC95 = 1.96 sqrt(before.sd² + after.sd² + 2 s_t²)        testers differ, both known

with s_t one standard deviation between testers. A tester who is not known is neither the same as
another nor somebody else: nothing is added. What s_t rests on (`docs/assessment.md`):

* Passive: of two examiners who turned a hip bent by 90° by hand, changes were detected from 15.9°
  on between them and from 7.8° on for one alone, which leaves sqrt(15.9² - 7.8²) / (1.96 sqrt(2))
  = 5.0° (Friesenbichler et al., Hip Int 30:581-586, 2020). Other studies found less: 11.7 to 16.5°
  between and 10.9 to 16.4° for one (Spork et al. 2021, doi 10.3390/sports9110148).
* Prone: two testers' readings agreed hardly at all, ICC -0.33 to 0.04 (Stołowski et al. 2023, doi
  10.3390/s23218782), so that they differ as much as two people do: 7.4° in one direction (from SDs
  of 9.7 and 11.4° of the total, `norms`, both directions taken as independent), of which 3° are the
  day's own.
* Active: the same examination chair with a set load, where only placement and instruction are the
  tester's: sqrt(7.1² - 5.9²) / (1.96 sqrt(2)) = 1.4° (Friesenbichler et al. 2020).
* Rotation in squats, pivots and all others: assumed as for active tests. Depth: nothing, for it
  goes by gravity.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from imuhip.assess.movements import family

PASSIVE_SD_DEG: Final = 5.0
PRONE_SD_DEG: Final = 6.8
ACTIVE_SD_DEG: Final = 1.4

LONGEST_NAME: Final = 40
"""Characters of a tester's name."""


def is_tester(name: str) -> bool:
    """Whether a text can stand for a tester: a name or initials, in one line."""
    return name == name.strip() and len(name) <= LONGEST_NAME and name.isprintable()


def differ(one: str, other: str) -> bool:
    """Whether two sessions were tested by different people; False where one is not known."""
    return bool(one and other) and _key(one) != _key(other)


def sd_between_testers(movement: str, measure: str, effort: str) -> float:
    """Standard deviation between testers of a measure, degrees; 0 for what none influences.

    Parameters
    ----------
    movement
        With or without its side.
    measure
        A column of ``repetitions.parquet``.
    effort
        ``passive`` where somebody helped.
    """
    rotation = measure.startswith("rotation_") and measure.endswith("_deg")
    if not rotation and measure != _FLEXION:
        return 0.0
    if rotation and family(movement).startswith("prone"):
        return PRONE_SD_DEG
    if effort == "passive":
        return PASSIVE_SD_DEG
    return ACTIVE_SD_DEG


def variance_between(one: str, other: str, sd: float) -> float:
    """What two testers add to the variance of a change; nothing for one, or for unknown ones."""
    return 2.0 * sd**2 if differ(one, other) else 0.0


def variance_against_mean(now: str, before: Sequence[str], sd: float) -> float:
    """What testers add to the variance of one session against the mean of some before.

    A session whose tester is not known counts as one of today's.
    """
    others = Counter(_key(each) for each in before if differ(now, each))
    apart = sum(others.values())
    return sd**2 * (apart**2 + sum(n**2 for n in others.values())) / max(len(before), 1) ** 2


def several(testers: Iterable[str]) -> tuple[str, ...]:
    """The testers in order of their first session, as they were first written; unknown left out."""
    first: dict[str, str] = {}
    for each in testers:
        if each:
            first.setdefault(_key(each), each)
    return tuple(first.values())


def same_as_first(testers: Mapping[str, str], order: Sequence[str]) -> list[str]:
    """Sessions, in their order, that nobody else than the first known tester has tested."""
    first = next((testers[each] for each in order if testers.get(each)), "")
    return [each for each in order if not differ(first, testers.get(each, ""))]


def words_of_testers(testers: Iterable[str]) -> str:
    """One sentence where several people tested; empty else."""
    names = several(testers)
    if len(names) < 2:
        return ""
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"Tested by {listed}: a change between two testers must be larger to count."


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


_FLEXION: Final = "flexion_end_deg"
