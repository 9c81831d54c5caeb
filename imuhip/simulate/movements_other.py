"""What is no squat and no test: lunges, marching, sitting down, walking."""

from typing import Final

from imuhip.core.conventions import SIDES, Side
from imuhip.simulate.calibration_steps import lift_knee
from imuhip.simulate.director import Director, other


def lunge(d: Director) -> None:
    """Five lunges with each leg in front, stepping out and back every time."""
    for side in SIDES:
        with d.set_of(f"lunge_{side}"):
            d.wait(0.8)
            count = d.repetitions(5)
            pause = d.habits.performance.bottom_s
            for k in range(count):
                tired = d.tired(k, count)
                down, bottom, up = (
                    seconds * d.person.tempo * d.tempo() * (1.0 + tired)
                    for seconds in (1.7, 0.5, 1.5)
                )
                bottom = bottom if pause is None else pause
                d.perform(f"lunge_{side}", side, k + 1, "down", down + bottom + up)
                _lunge(d, side, down, bottom, up, d.vary(1.0) * (1.0 - tired))
                d.wait(down + bottom + up + 0.8)
        d.pause()


def _lunge(d: Director, side: Side, down: float, bottom: float, up: float, scale: float) -> None:
    behind = other(side)
    away = 3.0 if side == "left" else -3.0
    degrees = {
        f"flexion_{side}": (98.0,),
        f"adduction_{side}": (-6.0,),
        f"rotation_{side}": (-8.0, 6.0),
        f"flexion_{behind}": (-6.0,),
        f"rotation_{behind}": (3.0,),
        "tilt": (12.0,),
        "turn": (away,),
        "obliquity": (0.0, float(d.rng.normal(0.0, 1.0))),
    }
    effects = {name: tuple(scale * c for c in value) for name, value in degrees.items()}
    d.move(down, bottom, up, effects, metres={"forward": (0.4,), "up": (-0.36,)})


def march(d: Director) -> None:
    """Lift the knees in turn, three times each, outside any calibration."""
    with d.set_of("march"):
        d.wait(0.8)
        for _ in range(3):
            for side in SIDES:
                lift_knee(d, side)


def sit_to_stand(d: Director) -> None:
    """Sit down on a chair and get up, three times: twice after a rest, once after a moment."""
    with d.set_of("sit_to_stand"):
        d.wait(0.8)
        for rest in (10.0, 12.0, 2.0):
            flexion, tilt = d.vary(86.0), d.vary(-6.0)
            effects = {"tilt": (tilt,), "depth": (flexion - tilt,)}
            effects |= {f"flexion_{side}": (flexion,) for side in SIDES}
            forward = {"tilt": (25.0,)} | {f"flexion_{side}": (25.0,) for side in SIDES}
            down, up = 2.0 * d.person.tempo, 1.8 * d.person.tempo
            d.move(down, rest, up, effects)
            d.move(0.6 * down, 0.0, 0.6 * down, forward)
            d.move(0.6 * up, 0.0, 0.6 * up, forward, delay=down + rest - 0.4 * up)
            d.wait(down + rest + up + 1.5)


def walking(d: Director) -> None:
    """Walk ten steps, turn round, and walk back."""
    with d.set_of("walking"):
        d.wait(0.8)
        for way in (1.0, -1.0):
            _walk(d, way)
            d.move(2.2, 0.0, None, {"turn": (180.0,)})
            d.move(0.8, 0.0, 0.8, {"flexion_left": (18.0,)}, delay=0.2)
            d.move(0.7, 0.0, 0.7, {"flexion_right": (18.0,)}, delay=0.9)
            d.wait(3.0)


def _walk(d: Director, way: float) -> None:
    """Walk along the line the athlete faced at first, `way` 1, or back along it, -1."""
    step_s = 0.56 * d.person.tempo
    angle = dict.fromkeys(SIDES, 0.0)
    for k in range(STEPS + 1):
        last = k == STEPS
        swing: Side = SIDES[k % 2]
        stance = other(swing)
        for side, goal in ((swing, SWING_DEG), (stance, STANCE_DEG)):
            to = 0.0 if last else d.vary(goal)
            seconds = step_s * (0.9 if side == swing else 1.0)
            d.move(seconds, 0.0, None, {f"flexion_{side}": (to - angle[side],)})
            angle[side] = to
        if last:
            d.wait(1.5 * step_s)
            return
        left = 1.0 if swing == "right" else -1.0
        half = 0.5 * step_s
        pelvis: dict[str, tuple[float, ...]] = {
            "turn": (d.vary(5.0 * left),),
            "obliquity": (d.vary(4.0 * left),),
            "tilt": (2.0,),
            f"rotation_{swing}": (4.0,),
            f"rotation_{stance}": (-4.0,),
        }
        bob = {"up": (0.025,), "left": (-0.02 * left,)}
        d.move(half, 0.0, half, pelvis, metres=bob)
        d.move(2.0 * step_s, 0.0, None, {}, metres={"forward": (0.62 * way,)})
        d.wait(step_s)


STEPS: Final = 10
SWING_DEG: Final = 30.0
STANCE_DEG: Final = -10.0
"""Flexion at the end of a leg's swing, and at the end of its stance."""
