"""Notes to a comparison: its conditions, and what had to be left out."""

import math
from collections.abc import Iterable

from imuhip.assess.conditions import tags_of_sets
from imuhip.assess.movements import family
from imuhip.core.findings import Repetition
from imuhip.report.material import Material, title_of


def set_titles(material: Material, movement: str) -> dict[int, str]:
    """Number of each set of a movement to its title, with what was said of it.

    Parameters
    ----------
    movement
        Without its side, as `material.family` gives it.
    """
    said = tags_of_sets(material.repetitions, material.notes)
    titles: dict[int, str] = {}
    for (name, number), tags in said.items():
        if family(name) == movement:
            words = tags.words
            titles.setdefault(number, f"set {number}{f' ({words})' if words else ''}")
    return titles


def left_out(repetitions: Iterable[Repetition]) -> list[str]:
    """How many repetitions of each set and side are missing in a comparison, a sentence each."""
    groups: dict[tuple[str, int, str], list[Repetition]] = {}
    counted = [rep for rep in repetitions if rep.counted]
    # A movement without such an angle misses nothing.
    turning = {rep.movement for rep in counted if not math.isnan(_arc(rep))}
    for rep in counted:
        if rep.movement in turning:
            groups.setdefault((rep.movement, rep.set, rep.side), []).append(rep)
    sentences = []
    for (movement, number, side), group in groups.items():
        unknown = sum(math.isnan(_arc(rep)) for rep in group)
        if unknown:
            which = f"{title_of(family(movement))}, set {number}, {side}"
            missing = f"{unknown} of {len(group)} repetitions left out"
            sentences.append(
                f"{which.capitalize()}: {missing} because their rotation is not known."
            )
    return sentences


def _arc(rep: Repetition) -> float:
    """How far a hip turned in a repetition; NaN where that is not known."""
    return rep.measures.get("rotation_arc_deg", math.nan)
