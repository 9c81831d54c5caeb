"""Walking and turning round, wherever the body faces."""

import math
from typing import Final

import numpy as np

from imuhip.core.conventions import SIDES
from imuhip.simulate.director import Director, other


def walk(d: Director, steps: int, step_s: float, metres: float) -> None:
    """Walk straight on: the way the body faces, whatever the stance it came from."""
    angle = dict.fromkeys(SIDES, 0.0)
    for k in range(steps + 1):
        swing = SIDES[k % 2]
        for side, goal, share in ((swing, SWING_DEG, 0.9), (other(swing), STANCE_DEG, 1.0)):
            to = 0.0 if k == steps else d.vary(goal)
            d.move(share * step_s, 0.0, None, {f"flexion_{side}": (to - angle[side],)})
            angle[side] = to
        if k == steps:
            d.wait(1.5 * step_s)
            return
        left = 1.0 if swing == "right" else -1.0
        half = 0.5 * step_s
        pelvis: dict[str, tuple[float, ...]] = {
            "turn": (d.vary(5.0 * left),),
            "obliquity": (d.vary(4.0 * left),),
            "tilt": (2.0,),
            f"rotation_{swing}": (4.0,),
            f"rotation_{other(swing)}": (-4.0,),
        }
        d.move(half, 0.0, half, pelvis, metres={"up": (0.025,), "left": (-0.02 * left,)})
        d.move(2.0 * step_s, 0.0, None, {}, metres={"forward": (metres,)})
        strike(d, step_s)
        d.wait(step_s)


def turn_round(d: Director, turn_deg: float, step_s: float) -> None:
    """Turn the whole body, a step for every 45° or so: planted legs lag, lifted ones lead."""
    steps = max(2, math.ceil(abs(turn_deg) / 45.0))
    whole = steps * step_s
    d.move(whole, 0.0, None, {"facing": (turn_deg,)})
    behind = min(0.5 * abs(turn_deg) / steps, 12.0)
    first = 0 if turn_deg > 0.0 else 1  # the foot on the inside of the turn opens it
    for k in range(steps):
        swing = SIDES[(k + first) % 2]
        way = math.copysign(behind, turn_deg)
        half = 0.5 * step_s
        inward = {"left": -1.0, "right": 1.0}
        effects = {
            f"flexion_{swing}": (d.vary(18.0),),
            f"rotation_{swing}": (0.6 * inward[swing] * way,),
            f"rotation_{other(swing)}": (-inward[other(swing)] * way,),
            "obliquity": (2.0 if swing == "left" else -2.0,),
        }
        d.move(half, 0.0, half, effects, delay=k * step_s)
        strike(d, (k + 1) * step_s)
    d.faced_deg += turn_deg
    d.wait(whole)


def strike(d: Director, delay: float) -> None:
    """Let a heel strike the floor: a short jolt upwards."""
    jolt = STRIKE_M * float(np.clip(d.vary(1.0), 0.5, 1.5))
    d.move(STRIKE_S, 0.0, STRIKE_S, {}, metres={"up": (jolt,)}, delay=delay)


SWING_DEG: Final = 28.0
STANCE_DEG: Final = -10.0
"""Flexion at the end of a leg's swing, and at the end of its stance."""

STRIKE_M: Final = 6e-4
STRIKE_S: Final = 0.035
"""Half a g at the pelvis."""
