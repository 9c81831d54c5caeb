"""The steps of the 60-second protocol that every session begins with."""

from collections.abc import Callable
from typing import Final

import numpy as np

from imuhip.core.conventions import PELVIS, SIDES, THIGH, Side
from imuhip.simulate.director import Director, other
from imuhip.simulate.movements_pivot import back, turn_on_foot
from imuhip.simulate.person import another_standing

Step = Callable[[Director], None]


def tray(d: Director) -> None:
    """Lay the sensors down; then strap them on, pelvis first, and step to the place."""
    marked = d.habits.performance.tray
    if marked:
        d.mark("begin:tray")
    d.wait(4.0 if d.brisk else 6.0)
    if marked:
        d.mark("end:tray")
    d.wait(0.3)
    d.tray_end = d.now
    for sensor in (PELVIS, THIGH["left"], THIGH["right"]):
        d.wait(float(d.rng.uniform(1.8, 2.2) if d.brisk else d.rng.uniform(4.0, 6.0)))
        d.strapped[sensor] = d.now
    d.wait(0.5)
    step_turn = float(d.rng.normal(0.0, 25.0))
    forward, left = d.rng.normal(0.0, 0.3, 2).tolist()
    d.move(2.0, 0.0, None, {"turn": (step_turn,)}, metres={"forward": (forward,), "left": (left,)})
    for side, delay in zip(SIDES, (0.1, 0.9), strict=True):
        d.move(0.5, 0.0, 0.5, {f"flexion_{side}": (25.0,)}, delay=delay)
    d.wait(2.2)


def stand(d: Director) -> None:
    """Stand tall and still."""
    stand_for(d, "stand", 6.5 if d.brisk else 8.0)


def stand_again(d: Director) -> None:
    """Stand as at the start, as well as people do."""
    if d.person.stands_again_deg > 0.0:
        d.move(0.8, 0.0, None, another_standing(d.person, d.rng))
        d.wait(1.0)
    stand_for(d, "stand_again", 4.5 if d.brisk else 6.0)


def stand_for(d: Director, step: str, seconds: float) -> None:
    """Stand for so long, between the marks of a step."""
    d.mark(f"begin:{step}")
    d.wait(seconds)
    d.mark(f"end:{step}")


def bow(d: Director, *, bent_deg: float = 0.0, askew_deg: float = 0.0) -> None:
    """Bow three times from the hips, the back flat.

    With `bent_deg` the knees bend until the thighs lean so far back; with `askew_deg` the bow goes
    so far to the right of straight ahead.
    """
    d.mark("begin:bow")
    d.wait(0.4)
    for _ in range(3):
        depth = max(d.vary(d.person.bow_deg), 42.0)
        list_deg, turn_deg = (
            depth * d.skew(own, REPETITION_PELVIS_SD_DEG) for own in d.person.bow_skew_deg
        )
        list_deg += depth * float(np.tan(np.radians(askew_deg)))
        effects = {"tilt": (depth,), "obliquity": (list_deg,), "turn": (turn_deg,)}
        for side, sign in (("left", 1.0), ("right", -1.0)):
            effects[f"flexion_{side}"] = (1.05 * depth + bent_deg,)
            effects[f"adduction_{side}"] = (sign * list_deg,)
            effects[f"rotation_{side}"] = (sign * turn_deg,)
        effects["depth"] = (0.05 * depth + bent_deg,)
        down = 1.5 * d.person.tempo
        d.move(down, 0.2, down, effects)
        d.wait(2.0 * down + 0.6)
    d.mark("end:bow")


def knee_lift_left(d: Director) -> None:
    """Lift the left knee three times."""
    knee_lifts(d, "left", 3)


def knee_lift_right(d: Director) -> None:
    """Lift the right knee three times."""
    knee_lifts(d, "right", 3)


def knee_lifts(d: Director, side: Side, times: int) -> None:
    """Lift a knee so often."""
    d.mark(f"begin:knee_lift_{side}")
    d.wait(0.3)
    for _ in range(times):
        lift_knee(d, side)
    d.mark(f"end:knee_lift_{side}")


def lift_knee(d: Director, side: Side) -> None:
    """Lift one knee; the weight goes to the other leg and the pelvis helps a little."""
    leg, standing = d.person.legs[side], other(side)
    aside = 0.05 if side == "right" else -0.05
    height = d.vary(leg.lift_deg)
    adduct, rotate = (height * d.skew(s, REPETITION_THIGH_SD_DEG) for s in leg.lift_skew_deg)
    helped, turned = d.vary(-5.0), float(d.rng.normal(0.0, 1.0))
    effects = {
        f"flexion_{side}": (height,),
        f"adduction_{side}": (adduct,),
        f"rotation_{side}": (rotate,),
        "tilt": (0.0, helped),
        "turn": (turned,),
        f"flexion_{standing}": (0.0, helped),
        f"rotation_{standing}": (-turned if standing == "right" else turned,),
    }
    up = 1.1 * d.person.tempo
    d.move(0.6, up, 0.6, {}, metres={"left": (aside,)})
    d.move(up, 0.15, up, effects, delay=0.1)
    d.wait(2.0 * up + 0.45)


def toe_turn_left(d: Director) -> None:
    """Turn the toes of the left foot out and in, the leg straight."""
    _toe_turns(d, "left")


def toe_turn_right(d: Director) -> None:
    """Turn the toes of the right foot out and in, the leg straight."""
    _toe_turns(d, "right")


def _toe_turns(d: Director, side: Side) -> None:
    inward, outward = d.person.legs[side].toe_turn_deg
    d.mark(f"begin:toe_turn_{side}")
    d.wait(0.2)
    turned = 0.0
    for turn, seconds in ((-outward, 0.9), (outward + inward, 1.4)):
        turned += turn_on_foot(d, side, d.vary(turn), seconds)
        d.wait(0.1)
    turn_on_foot(d, side, back(d, turned), 0.9)
    d.wait(0.1)
    d.mark(f"end:toe_turn_{side}")


REPETITION_PELVIS_SD_DEG: Final = 1.0
REPETITION_THIGH_SD_DEG: Final = 2.0
"""Deviation of the axis of a "straight" movement from repetition to repetition."""

CALIBRATION: Final[tuple[Step, ...]] = (
    tray,
    stand,
    bow,
    knee_lift_left,
    knee_lift_right,
    toe_turn_left,
    toe_turn_right,
    stand_again,
)
"""The protocol that every scenario begins with."""
