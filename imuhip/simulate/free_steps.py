"""The calibration protocol as people do it: well, but as people; or carelessly, where asked for."""

from collections.abc import Callable, Mapping
from typing import Final

from imuhip.core.conventions import PELVIS, SIDES, THIGH, Side
from imuhip.simulate import calibration_steps as plain
from imuhip.simulate.between_sets import sit_down, walk_to_the_place
from imuhip.simulate.director import AS_CALIBRATED, Director
from imuhip.simulate.stances import drawn_stance, step_into

Step = Callable[[Director], None]


def protocol(d: Director) -> tuple[Step, ...]:
    """Return the steps that this athlete begins with, in order."""
    steps = [(step.__name__, step) for step in plain.CALIBRATION]
    for name, instead in INSTEAD.items():
        if d.ways.has(name):
            steps = [(label, instead.get(label, step)) for label, step in steps]
    return tuple(step for _, step in steps)


def tray(d: Director) -> None:
    """Lay the sensors down, take time to strap them on, and walk to the place."""
    marked = d.habits.performance.tray
    if marked:
        d.mark("begin:tray")
    d.wait(6.0)
    if marked:
        d.mark("end:tray")
    d.wait(0.3)
    d.tray_end = d.now
    start = d.now
    for sensor in (PELVIS, THIGH["left"], THIGH["right"]):
        seconds = d.ways.draw("moves_while_strapped", "strap_s")
        _fidget(d, seconds)
        d.wait(seconds)
        d.strapped[sensor] = d.now
    d.wait(1.5)
    d.did("moves_while_strapped", start)
    walk_to_the_place(d)


def _fidget(d: Director, seconds: float) -> None:
    """Lean over, lift a foot, shift the weight, within the next `seconds`."""
    ways = d.ways
    rng = ways.rng("moves_while_strapped")
    lean, lift = (ways.draw("moves_while_strapped", w) for w in ("lean_deg", "lift_deg"))
    side: Side = SIDES[int(rng.integers(2))]
    third = seconds / 3.0
    forward = {"tilt": (lean,), "turn": (float(rng.normal(0.0, 5.0)),)}
    forward |= {f"flexion_{each}": (lean,) for each in SIDES}
    d.move(third, 0.4 * third, third, forward, delay=float(rng.uniform(0.2, 0.5)) * third)
    lifted = {f"flexion_{side}": (lift,), f"rotation_{side}": (float(rng.normal(0.0, 6.0)),)}
    d.move(0.8, 0.5, 0.8, lifted, delay=float(rng.uniform(1.2, 1.8)) * third)
    list_deg = float(rng.normal(0.0, 2.0))
    shifted = {
        "obliquity": (list_deg,),
        "adduction_left": (list_deg,),
        "adduction_right": (-list_deg,),
    }
    d.move(1.0, 0.6, 1.0, shifted, delay=float(rng.uniform(1.2, 2.6)) * third)


def stand_again(d: Director) -> None:
    """Stand nearly as at the start: each leg a little turned."""
    start = d.now
    turns = {side: d.ways.draw("stands_again", "turn_deg") for side in SIDES}
    d.move(0.8, 0.0, None, {f"rotation_{side}": (turns[side],) for side in SIDES})
    d.wait(1.0)
    plain.stand_again(d)
    d.did("stands_again", start, **{f"turn_{side}_deg": turns[side] for side in SIDES})
    d.move(0.8, 0.0, None, {f"rotation_{side}": (-turns[side],) for side in SIDES})
    d.wait(0.9)


def short_stand(d: Director) -> None:
    """Stand for a moment only."""
    start, seconds = d.now, d.ways.draw("short_stand", "seconds")
    plain.stand_for(d, "stand", seconds)
    d.did("short_stand", start, seconds=seconds)


def restless_stand(d: Director) -> None:
    """Stand, shifting the weight and looking round."""
    ways, start = d.ways, d.now
    rng = ways.rng("restless_stand")
    for at in (1.0, 3.2, 5.4):
        list_deg = ways.draw("restless_stand", "list_deg") * (1.0 if rng.random() < 0.5 else -1.0)
        turn = ways.draw("restless_stand", "turn_deg") * (1.0 if rng.random() < 0.5 else -1.0)
        effects = {
            "obliquity": (list_deg,),
            "turn": (turn,),
            "adduction_left": (list_deg,),
            "adduction_right": (-list_deg,),
            "rotation_left": (turn,),
            "rotation_right": (-turn,),
        }
        d.move(0.7, 0.3, 0.7, effects, delay=at)
    plain.stand_for(d, "stand", 8.0)
    d.did("restless_stand", start)


def toes_out_stand(d: Director) -> None:
    """Stand with the toes turned out, then place the feet as asked."""
    start = d.now
    step_into(d, drawn_stance(d, "toes_out_stand"))
    d.wait(0.8)
    plain.stand(d)
    step_into(d, AS_CALIBRATED)
    d.wait(0.8)
    d.did("toes_out_stand", start)


def bent_knee_bows(d: Director) -> None:
    """Bow with the knees bending: the thighs lean back as the pelvis tips."""
    start, knee = d.now, d.ways.draw("bent_knee_bows", "knee_deg")
    plain.bow(d, bent_deg=knee)
    d.did("bent_knee_bows", start, knee_deg=knee)


def askew_bows(d: Director) -> None:
    """Bow towards one side."""
    start, askew = d.now, d.ways.draw("askew_bows", "askew_deg")
    askew *= 1.0 if d.ways.rng("askew_bows").random() < 0.5 else -1.0
    plain.bow(d, askew_deg=askew)
    d.did("askew_bows", start, askew_deg=askew)


def one_lift_left(d: Director) -> None:
    """Lift the left knee once."""
    plain.knee_lifts(d, "left", 1)
    d.did("one_lift", d.now, side="left")


def one_lift_right(d: Director) -> None:
    """Lift the right knee once."""
    plain.knee_lifts(d, "right", 1)
    d.did("one_lift", d.now, side="right")


def no_lift(d: Director) -> None:
    """Leave the step out."""
    d.did("missing_lift", d.now, side="left")


def no_stand(d: Director) -> None:
    """Leave the second standing out."""
    d.did("no_second_stand", d.now)


def seated_stand(d: Director) -> None:
    """Sit on a chair where a second standing was asked for."""
    start = d.now
    _sit_for(d, "stand_again", 6.0)
    d.did("seated_stand", start)


def seated_start(d: Director) -> None:
    """Sit on a chair where a standing was asked for."""
    start = d.now
    _sit_for(d, "stand", 8.0)
    d.did("seated_start", start)


def _sit_for(d: Director, step: str, seconds: float) -> None:
    """Sit down, let the step pass, and get up."""
    start = d.now
    d.wait(2.0 * d.person.tempo + 0.5)
    plain.stand_for(d, step, seconds)
    d.now = start
    sit_down(d, seconds + 1.5)
    d.wait(0.8)


INSTEAD: Final[Mapping[str, Mapping[str, Step]]] = {
    "moves_while_strapped": {"tray": tray},
    "stands_again": {"stand_again": stand_again},
    "short_stand": {"stand": short_stand},
    "restless_stand": {"stand": restless_stand},
    "toes_out_stand": {"stand": toes_out_stand},
    "bent_knee_bows": {"bow": bent_knee_bows},
    "askew_bows": {"bow": askew_bows},
    "one_lift": {"knee_lift_left": one_lift_left, "knee_lift_right": one_lift_right},
    "missing_lift": {"knee_lift_left": no_lift},
    "no_second_stand": {"stand_again": no_stand},
    "seated_stand": {"stand_again": seated_stand},
    "seated_start": {"stand": seated_start},
}
"""Behaviour to the steps that it does in place of the protocol's own; later ones win."""
