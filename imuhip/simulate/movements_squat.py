"""Squats, whole and partial: both legs carry, the feet stay planted.

A squat is written on paper (`squat_plan`), changed by the compensations of the repetition
(`habits_squat`), and then put on the stage.
"""

from typing import Final

import numpy as np

from imuhip.core.conventions import SIDES, Side
from imuhip.simulate.director import AS_CALIBRATED, Director
from imuhip.simulate.habits_squat import apply_habits
from imuhip.simulate.person import Person
from imuhip.simulate.squat_plan import Squat
from imuhip.simulate.stances import adjust_foot, over_the_toes


def squat(d: Director) -> None:
    """Eight squats: three seconds down, one at the bottom, two up, one standing."""
    _set(d, 8, 1.0)


def partial_squat(d: Director) -> None:
    """Four squats that turn back long before they count."""
    _set(d, 4, 0.3)


def _set(d: Director, usual: int, part: float) -> None:
    with d.set_of("squat"):
        d.wait(0.8)
        count = d.repetitions(usual)
        doses = d.plan("squat", count)
        pause = d.habits.performance.bottom_s
        for k in range(count):
            tired = d.tired(k, count)
            down, bottom, up, top = (
                seconds * d.person.tempo * float(d.rng.uniform(0.95, 1.05)) * d.tempo()
                for seconds in (BRISK_S if d.brisk else PHASES_S)
            )
            down, up = down * (1.0 + tired), up * (1.0 + tired)
            bottom = bottom if pause is None else pause
            drawn = drawn_squat(d, down, bottom, up, part * d.vary(1.0) * (1.0 - tired))
            apply_habits(drawn, doses[k])
            if d.stance is not AS_CALIBRATED:
                drawn.extras += over_the_toes(drawn, d.stance)
            counted = drawn.inclination_deg > COUNTS_FROM_DEG
            lasts = down + bottom + up
            late = max(drawn.lag[side] + drawn.late[side] for side in SIDES)
            d.perform("squat", None, k + 1, "down", lasts + late, counted=counted)
            stage(d, drawn)
            d.wait(lasts + top)
            if k + 1 < count and d.ways.does("adjusts_foot"):
                adjust_foot(d)


def drawn_squat(d: Director, down: float, bottom: float, up: float, scale: float) -> Squat:
    """Return this repetition of the athlete's own squat, nothing added.

    The pelvis tips forward and curls back over the last part; the thigh opens early and turns in
    late, as deep squats do.
    """
    person: Person = d.person
    tuck = person.squat_tuck
    aside, turned = d.rng.normal(0.0, 1.0, 2).tolist()
    paths = {}
    for side in SIDES:
        wide, half, deep = (scale * value for value in person.legs[side].squat_path_deg)
        paths[side] = (wide, half, deep)
    return Squat(
        down=down,
        bottom=bottom,
        up=up,
        flexion={side: scale * person.legs[side].squat_deg for side in SIDES},
        path=paths,
        lag={side: person.legs[side].lag_s for side in SIDES},
        tilt=(scale * (person.squat_tilt_deg + tuck), 0.0, 0.0, -tuck),
        aside=aside,
        turned=turned,
    )


def stage(d: Director, squat: Squat) -> None:
    """Put a squat on the stage; the clock stays where it is."""
    down, bottom, up = squat.down, squat.bottom, squat.up
    depth = np.zeros(4)
    for side in SIDES:
        wide, half, deep = squat.path[side]
        flexion = (squat.flexion[side], 0.0, 0.0, 0.0)
        effects: dict[str, tuple[float, ...]] = {
            f"flexion_{side}": flexion,
            f"adduction_{side}": (wide,),
            f"rotation_{side}": (4.0 * half - deep, 2.0 * deep - 4.0 * half),
        }
        lag = squat.lag[side]
        if squat.late[side]:
            own = tuple(f - t for f, t in zip(flexion, squat.tilt, strict=True))
            d.move(down, bottom, up, effects | {f"flexion_{side}": own}, delay=_late(squat, side))
            effects = {f"flexion_{side}": squat.tilt}
        d.move(down, bottom, up, effects, delay=lag)
        depth += 0.5 * (np.array(flexion) - np.array(squat.tilt))
    pelvis: dict[str, tuple[float, ...]] = {
        "tilt": squat.tilt,
        "obliquity": (0.0, squat.aside),
        "turn": (0.0, squat.turned),
        "depth": tuple(depth.tolist()),
    }
    d.move(down, bottom, up, pelvis)
    for extra in squat.extras:
        d.move(extra.rise, extra.hold, extra.fall, extra.effects, delay=extra.delay)


def _late(squat: Squat, side: Side) -> float:
    return squat.lag[side] + squat.late[side]


def bend_knees(d: Director) -> None:
    """Bend the knees a little and come up again."""
    stage(d, drawn_squat(d, 1.2, 0.3, 1.0, scale=0.3))


PHASES_S: Final = (3.0, 1.0, 2.0, 1.0)
BRISK_S: Final = (2.8, 0.8, 1.9, 0.7)
"""Descent, bottom, ascent, standing."""

COUNTS_FROM_DEG: Final = 35.0
"""A squat that goes less deep is partial."""
