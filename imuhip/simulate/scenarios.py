"""Which steps make a session."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.core.conventions import SIDES
from imuhip.simulate.behaviours import People, Ways
from imuhip.simulate.between_sets import between_sets, shadow_radio
from imuhip.simulate.director import Director, Play
from imuhip.simulate.free_steps import Step, protocol
from imuhip.simulate.jets import Sines, draw_sines
from imuhip.simulate.motion import HIP_CHANNELS
from imuhip.simulate.movements_drills import DRILLS, step_of
from imuhip.simulate.movements_other import lunge, march, sit_to_stand, walking
from imuhip.simulate.movements_pivot import pivot
from imuhip.simulate.movements_squat import partial_squat, squat
from imuhip.simulate.movements_steps import step_up
from imuhip.simulate.movements_table import ninety_ninety, seated, supine
from imuhip.simulate.performance import Felt, Habits, Performance
from imuhip.simulate.person import Person


def direct(
    scenario: str,
    person: Person,
    rng: np.random.Generator,
    *,
    sets: int = 1,
    habits: Habits | None = None,
    ways: Ways | None = None,
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
    ways
        What people do besides; in the scenario ``free`` they do it anyway.
    """
    steps = steps_of(scenario)
    if ways is None:
        ways = Ways(people_of(scenario, None))
    habits = habits or Habits(Performance(), np.random.default_rng(0))
    person = drifting(shaped(person, habits.performance), ways)
    director = Director(person, rng, brisk=scenario == "showcase", habits=habits, ways=ways)
    for step in protocol(director):
        step(director)
        director.pause()
    director.person = at_own_pace(person, ways)
    for _ in range(sets):
        for step in steps:
            between_sets(director, 1.0 if step in TOES_OUT else LESS_OUT)
            start = director.now
            step(director)
            shadow_radio(director, start)
            director.pause()
    return with_marks_of_pain(director.play(), habits.performance.felt)


def with_marks_of_pain(play: Play, felt: Sequence[Felt]) -> Play:
    """Return a session in which what hurts is marked when the hip is bent so far.

    Raises
    ------
    ValueError
        Where no repetition bends that hip so far.
    """
    marks = list(play.script.marks)
    for each in felt:
        t = _bent(play, each)
        if t is None:
            raise ValueError(
                f"No repetition bends the {each.side} hip to {each.flexion_deg:g}°. "
                "Choose a smaller angle, or a scenario that goes deeper."
            )
        marks.append((t, f"{each.kind}:{each.words}" if each.words else each.kind))
    return replace(play, script=replace(play.script, marks=tuple(sorted(marks))))


def _bent(play: Play, felt: Felt) -> float | None:
    """When the hip is first bent so far, in the second repetition or after it."""
    name = HIP_CHANNELS[felt.side][0]
    for each in (each for each in play.performed if each.repetition > 1):
        t = np.arange(each.start, each.stop, 0.01)
        bend = np.degrees(play.script.channels(t, [name])[name].x - play.script.base[name])
        reached = np.flatnonzero(bend >= felt.flexion_deg)
        if len(reached):
            return float(t[reached[0]])
    return None


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
            raise ValueError(
                f"There is no scenario {name!r}. Choose one of {known}, or join several by +."
            )
    return tuple(step for name in names for step in SCENARIOS[name])


def shaped(person: Person, performance: Performance) -> Person:
    """Return the athlete as the performance wants them: alike on both sides, turned out."""
    legs = dict(person.legs)
    if performance.equal_sides:
        legs["right"] = legs["left"]
    for side, turns in performance.hips.items():
        legs[side] = replace(legs[side], table_deg=turns)
    for each in performance.compensations:
        if each.rule == "early_turn_out" and each.has("standing"):
            for side in each.sides:
                flexion, adduction, _ = legs[side].stand_deg
                legs[side] = replace(legs[side], stand_deg=(flexion, adduction, -each.size))
    stand = person.stand_deg
    if performance.equal_sides:
        stand = (stand[0], 0.0)
    return replace(person, legs={side: legs[side] for side in SIDES}, stand_deg=stand)


def people_of(scenario: str, people: People | None) -> People | None:
    """Return who performs a scenario: who is asked for, and free people in ``free`` anyway."""
    return People() if people is None and "free" in scenario.split("+") else people


def drifting(person: Person, ways: Ways) -> Person:
    """Return the athlete with the slow drift of people who stand.

    The pelvis turns over the feet, thighs following in part; each leg and the pelvis tip a little.
    """
    if not ways.has("drifts"):
        return person
    rng = ways.rng("drifts")

    def slow(share: float) -> Sines:
        rms = share * math.radians(ways.draw("drifts", "rms_deg"))
        return draw_sines(rng, rms, *DRIFT_HZ, count=4)

    turn = slow(1.0)
    drifts = {"turn": turn, "tilt": slow(0.7)}
    for side in SIDES:
        undone = (1.0 - THIGHS_FOLLOW) * (1.0 if side == "left" else -1.0)
        drifts[f"rotation_{side}"] = turn.scaled(undone) + slow(0.5)
        drifts[f"flexion_{side}"] = slow(0.7)
        drifts[f"adduction_{side}"] = slow(0.3)
    sway = {
        name: each + drifts[name] if name in drifts else each for name, each in person.sway.items()
    }
    return replace(person, sway=sway)


def at_own_pace(person: Person, ways: Ways) -> Person:
    """Return the athlete as deep and fast as they like to squat."""
    if not ways.has("own_pace"):
        return person
    depth, tempo = (ways.draw("own_pace", what) for what in ("depth_deg", "tempo"))
    share = depth / float(np.mean([person.legs[side].squat_deg for side in SIDES]))
    legs = {}
    for side, leg in person.legs.items():
        wide, half, deep = (share * angle for angle in leg.squat_path_deg)
        deepest = share * leg.squat_deg
        legs[side] = replace(leg, squat_deg=deepest, squat_path_deg=(KNEES_OUT * wide, half, deep))
    return replace(
        person,
        legs=legs,
        tempo=tempo,
        squat_tilt_deg=share * person.squat_tilt_deg,
        squat_tuck=share * person.squat_tuck,
    )


KNEES_OUT: Final = 0.5
"""Share of the plain athlete's abduction that is left where a stance of one's own gives more."""

DRIFT_HZ: Final = (0.01, 0.08)
THIGHS_FOLLOW: Final = 0.4
"""Share of a slow turn of the pelvis that the thighs follow."""

TOES_OUT: Final = frozenset({squat, partial_squat})
LESS_OUT: Final = 0.3
"""Who pivots or sits down does so from feet that point nearly straight ahead."""

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
    "step_up": (step_up,),
    **{name: (step_of(name),) for name in DRILLS},
    "free": (squat, squat, seated, squat, pivot),
}
"""What follows the calibration."""
