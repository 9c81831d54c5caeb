"""Whole pivot walks of each session, from what the catalogue keeps of its steps."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, cast

from imuhip.assess.pivot_walk import walks_of
from imuhip.catalogue.entities import MeasureValue, RepetitionEntry
from imuhip.core.conventions import Side
from imuhip.core.findings import Direction, Repetition

WALK_MEASURES: Final = ("adduction_end_deg", "adduction_arc_deg", "turn_deg", "hip_share")
"""What a walk is told by."""


def whole_walks(
    repetitions: Iterable[RepetitionEntry], values: Iterable[MeasureValue]
) -> dict[str, int]:
    """Return how many walks of each session came back to a narrow stance.

    Parameters
    ----------
    repetitions
        Of one athlete; those of other movements are left out.
    values
        `WALK_MEASURES` of the pivots among them.
    """
    measures: dict[tuple[str, int, int, str], dict[str, float]] = defaultdict(dict)
    for each in values:
        measures[each.session, each.set, each.repetition, each.side][each.name] = each.value
    steps: dict[str, list[Repetition]] = defaultdict(list)
    for step in repetitions:
        if step.movement == "pivot" and step.counted and not step.excluded:
            key = (step.session, step.set, step.repetition, step.side)
            steps[step.session].append(
                Repetition(
                    step.movement, cast("Side", step.side), step.set, step.repetition,
                    cast("Direction", step.direction), step.t_start, step.t_turn, step.t_end,
                    step.counted, "marked", "", measures[key],
                )
            )  # fmt: skip
    return {session: sum(walk.returned for walk in walks_of(of)) for session, of in steps.items()}
