"""How deep an athlete squats under each load, and how much load it takes to reach parallel."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from imuhip.assess.conditions import tags_of_sets
from imuhip.assess.symmetry import Z95, within_sd
from imuhip.core.findings import Note, Repetition


@dataclass(frozen=True, slots=True)
class AtLoad:
    """The depth of all squats under one load, mean of both thighs.

    Parameters
    ----------
    load_kg
        0 where nothing was said.
    depth_deg, sd
        Inclination of the thighs, and one standard deviation of its mean by the repetitions; the
        error that all loads share is left out.
    repetitions
        How many.
    """

    load_kg: float
    depth_deg: float
    sd: float
    repetitions: int


def depth_by_load(repetitions: Sequence[Repetition], notes: Sequence[Note]) -> tuple[AtLoad, ...]:
    """Return the depth under each load, the lightest first."""
    tags = tags_of_sets(repetitions, notes)
    depths: dict[float, dict[tuple[int, int], list[float]]] = {}
    for each in repetitions:
        if each.movement == "squat" and each.counted and "depth_deg" in each.measures:
            load = tags[each.movement, each.set].load_kg
            load = 0.0 if math.isnan(load) else load
            squat = depths.setdefault(load, {}).setdefault((each.set, each.repetition), [])
            squat.append(each.measures["depth_deg"])
    found = []
    for load, squats in sorted(depths.items()):
        values = [fmean(both) for both in squats.values() if all(map(math.isfinite, both))]
        if values:
            sd = within_sd(values) / math.sqrt(len(values))
            found.append(AtLoad(load, fmean(values), sd, len(values)))
    return tuple(found)


def loads_words(found: Sequence[AtLoad]) -> str:
    """Say what loads do to depth; empty with fewer than three of them."""
    if len(found) < FEWEST_LOADS:
        return ""
    steps = ", ".join(f"{each.load_kg:g} kg {each.depth_deg:.0f}°" for each in found)
    first, last = found[0], found[-1]
    gain = last.depth_deg - first.depth_deg
    mdc = Z95 * math.hypot(first.sd, last.sd)
    words = f"Depth by load: {steps} (level with the floor is 90°)."
    parallel = next((each for each in found if each.depth_deg >= _PARALLEL_DEG), None)
    if gain > mdc and parallel is not None and parallel is not first:
        return f"{words} It takes {parallel.load_kg:g} kg to reach parallel: the range is there."
    if gain > mdc:
        return f"{words} Load helps by {gain:.0f}° (± {mdc:.0f}°): the range is there under load."
    if -gain > mdc:
        why = "strength or control limits, not range"
        return f"{words} Load costs {-gain:.0f}° (± {mdc:.0f}°): {why}."
    return f"{words} Load makes no difference beyond error."


FEWEST_LOADS: Final = 3
_PARALLEL_DEG: Final = 90.0
