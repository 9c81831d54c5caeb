"""Which steps make a session."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.core.conventions import SIDES
from imuhip.simulate.calibration_steps import CALIBRATION, Step
from imuhip.simulate.director import Director, Play
from imuhip.simulate.movements_other import lunge, march, sit_to_stand, walking
from imuhip.simulate.movements_pivot import pivot
from imuhip.simulate.movements_squat import partial_squat, squat
from imuhip.simulate.movements_table import ninety_ninety, seated, supine
from imuhip.simulate.performance import Habits, Performance
from imuhip.simulate.person import Person


def direct(
    scenario: str,
    person: Person,
    rng: np.random.Generator,
    *,
    sets: int = 1,
    habits: Habits | None = None,
) -> Play:
    """Write what happens in a scenario.

    Parameters
    ----------
    scenario
        A key of `SCENARIOS`, or several joined by ``+``.
    sets
        How often what follows the calibration is done.
    habits
        What departs from a careful performance.
    """
    steps = steps_of(scenario)
    habits = habits or Habits(Performance(), np.random.default_rng(0))
    person = shaped(person, habits.performance)
    director = Director(person, rng, brisk=scenario == "showcase", habits=habits)
    for step in CALIBRATION:
        step(director)
        director.pause()
    for _ in range(sets):
        for step in steps:
            step(director)
            director.pause()
    return director.play()


def steps_of(scenario: str) -> tuple[Step, ...]:
    """Return what follows the calibration.

    Raises
    ------
    ValueError
        When there is no such scenario.
    """
    names = scenario.split("+")
    for name in names:
        if name not in SCENARIOS:
            known = ", ".join(SCENARIOS)
            raise ValueError(f"scenario is one of {known}, or several joined by +; came {name!r}")
    return tuple(step for name in names for step in SCENARIOS[name])


def shaped(person: Person, performance: Performance) -> Person:
    """Return the athlete as the performance wants them: alike on both sides, turned out."""
    legs = dict(person.legs)
    if performance.equal_sides:
        legs["right"] = legs["left"]
    for each in performance.compensations:
        if each.rule == "early_turn_out" and each.has("standing"):
            for side in each.sides:
                flexion, adduction, _ = legs[side].stand_deg
                legs[side] = replace(legs[side], stand_deg=(flexion, adduction, -each.size))
    stand = person.stand_deg
    if performance.equal_sides:
        stand = (stand[0], 0.0)
    return replace(person, legs={side: legs[side] for side in SIDES}, stand_deg=stand)


SCENARIOS: Final[Mapping[str, tuple[Step, ...]]] = {
    "calibration": (),
    "squat": (squat,),
    "pivot": (pivot,),
    "seated": (seated,),
    "visit": (squat, pivot, seated),
    "showcase": (squat, pivot),
    "partial_squat": (partial_squat,),
    "supine": (supine,),
    "ninety_ninety": (ninety_ninety,),
    "lunge": (lunge,),
    "march": (march,),
    "sit_to_stand": (sit_to_stand,),
    "walking": (walking,),
}
"""What follows the calibration."""
