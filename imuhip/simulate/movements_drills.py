"""Drills as data: the posture they begin from, what moves, and for how long.

Angles are degrees against standing. ``{side}`` is the leg that works and ``{other}`` the other one;
of a pair of drills the left one is done first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Direction
from imuhip.simulate.director import Director, Effects, other
from imuhip.simulate.performance import Dose

Deg = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill.

    Parameters
    ----------
    moves
        Channel to its change at the end range.
    begins
        The posture that it begins from; standing when empty.
    down
        How much lower the pelvis is there, and at the end range, metres.
    phases_s
        Going, hold, return.
    later
        What moves a quarter of the drill later, so that the path is a circle.
    ways
        Factors on `moves`, repetition by repetition in turn.
    held
        It is held between its marks; `phases_s` says how long.
    by
        What tells a repetition: a signal of `true_repetitions`.
    sided
        It is done with each side.
    """

    moves: Deg
    begins: Deg = field(default_factory=dict)
    down: tuple[float, float] = (0.0, 0.0)
    phases_s: tuple[float, float, float] = (1.6, 0.8, 1.5)
    later: Deg = field(default_factory=dict)
    ways: tuple[float, ...] = (1.0,)
    held: bool = False
    by: str = "inclination"
    sided: bool = True


def step_of(name: str) -> Callable[[Director], None]:
    """Return the step that does a drill with both sides, one after the other."""
    drill = DRILLS[name]

    def step(d: Director) -> None:
        for side in SIDES if drill.sided else (None,):
            _get_into(d, drill, side, 1.0)
            _set(d, f"{name}_{side}" if side else name, drill, side)
            _get_into(d, drill, side, -1.0)

    return step


def _set(d: Director, movement: str, drill: Drill, side: Side | None) -> None:
    with d.set_of(movement):
        if drill.held:
            going, hold, back = drill.phases_s
            d.perform(movement, side, 1, "down", going + hold + back)
            _move(d, drill, side, 1.0)
            d.wait(going + hold + back)
            return
        d.wait(0.8)
        count = d.repetitions(3 * len(drill.ways))
        doses = d.plan(movement, count, side)
        for k in range(count):
            way = drill.ways[k % len(drill.ways)] * d.vary(1.0)
            for dose in doses[k]:
                _fault(d, drill, side or "left", dose)
            _repetition(d, movement, drill, side, k, way)


def _fault(d: Director, drill: Drill, side: Side, dose: Dose) -> None:
    """Let the knee fall in on the way up, or the pelvis drop on the free side."""
    going, hold, back = (seconds * d.person.tempo for seconds in drill.phases_s)
    if dose.of.rule == "knee_in":
        effects: Effects = {f"adduction_{side}": (dose.size,), f"rotation_{side}": (dose.size,)}
        if dose.of.has("whole"):
            d.move(going, hold, back, effects)
        else:
            rise = 0.22 * back
            start = going + hold + 0.12 * back
            d.move(rise, max(0.12 * back, 0.2), rise, effects, delay=start)
        return
    drop = dose.size if side == "left" else -dose.size  # the free side sinks
    d.move(going, hold, back, {"obliquity": (drop,), f"adduction_{side}": (dose.size,)})


def _repetition(
    d: Director, movement: str, drill: Drill, side: Side | None, k: int, way: float
) -> None:
    """Go to the end range, hold, and come back."""
    seconds = sum(drill.phases_s) * d.person.tempo
    turns = drill.by in ("rotation", "tilt")
    direction: Direction = "down"
    if turns:
        direction = "in" if way * drill.moves[_main(drill)] > 0.0 else "out"
    d.perform(movement, side, k + 1, direction, seconds + (_LATER * seconds if drill.later else 0))
    _move(d, drill, side, way)
    d.wait(seconds * (1.0 + (_LATER if drill.later else 0.0)) + 1.0)


def _main(drill: Drill) -> str:
    """The channel that tells it."""
    return "tilt" if drill.by == "tilt" else f"{drill.by}_{{side}}"


def _move(d: Director, drill: Drill, side: Side | None, way: float) -> None:
    going, hold, back = (seconds * d.person.tempo for seconds in drill.phases_s)
    metres = {"up": (-way * drill.down[1],)} if drill.down[1] else None
    d.move(going, hold, back, _named(drill.moves, side, way), metres=metres)
    if drill.later:
        delay = _LATER * (going + hold + back)
        d.move(going, hold, back, _named(drill.later, side, way), delay=delay)


def _get_into(d: Director, drill: Drill, side: Side | None, way: float) -> None:
    """Take the posture, or leave it."""
    if not drill.begins:
        d.pause()
        return
    metres = {"up": (-way * drill.down[0],)}
    d.move(3.5, 0.0, None, _named(drill.begins, side, way), metres=metres)
    d.wait(5.0)


def _named(angles: Deg, side: Side | None, way: float) -> Effects:
    names = {"side": side, "other": other(side) if side else ""}
    sign = -1.0 if side == "right" else 1.0
    return {
        name.format(**names): (way * value * (sign if name in _MIRRORED else 1.0),)
        for name, value in angles.items()
    }


_MIRRORED: Final = ("turn", "obliquity")
_LATER: Final = 0.25

_LYING: Final = {"tilt": -80.0, "flexion_left": 50.0, "flexion_right": 50.0}
_ON_THE_SIDE: Final = {"obliquity": 75.0, "flexion_left": 45.0, "flexion_right": 45.0}
_PRONE: Final = {"tilt": 80.0, "flexion_left": 8.0, "flexion_right": 8.0}
_SITTING: Final = {"tilt": -5.0, "flexion_left": 80.0, "flexion_right": 80.0}
_IN_STRIDE: Final = {"flexion_{side}": 20.0, "flexion_{other}": -10.0}
_BEFORE_THE_BENCH: Final = {"flexion_{side}": 38.0, "flexion_{other}": -8.0, "tilt": 8.0}

DRILLS: Final[Mapping[str, Drill]] = {
    "single_leg_squat": Drill(
        {"flexion_{side}": 78.0, "flexion_{other}": 45.0, "adduction_{side}": -3.0, "tilt": 16.0},
        down=(0.0, 0.2),
    ),
    "pistol_squat": Drill(
        {"flexion_{side}": 112.0, "flexion_{other}": 82.0, "tilt": 16.0}, down=(0.0, 0.4)
    ),
    "split_squat": Drill(
        {"flexion_{side}": 72.0, "flexion_{other}": -2.0, "tilt": 5.0}, _IN_STRIDE, (0.05, 0.3)
    ),
    "bulgarian_split_squat": Drill(
        {"flexion_{side}": 62.0, "flexion_{other}": 5.0, "tilt": 10.0},
        _BEFORE_THE_BENCH,
        (0.05, 0.35),
    ),
    "step_down": Drill(
        {"flexion_{side}": 58.0, "flexion_{other}": 4.0, "tilt": 8.0}, down=(0.0, 0.18)
    ),
    "lateral_lunge": Drill(
        {"flexion_{side}": 84.0, "adduction_{side}": -20.0, "flexion_{other}": 15.0,
         "adduction_{other}": -25.0, "tilt": 22.0},
        down=(0.0, 0.3),
    ),
    "hinge": Drill(
        {"tilt": 55.0, "flexion_left": 62.0, "flexion_right": 62.0}, by="flexion", sided=False
    ),
    "single_leg_deadlift": Drill(
        {"tilt": 60.0, "flexion_{side}": 66.0, "flexion_{other}": 5.0}, by="flexion"
    ),
    "clamshell": Drill(
        {"rotation_{side}": -28.0, "adduction_{side}": -18.0}, _ON_THE_SIDE, (0.7, 0.0),
        by="rotation",
    ),
    "side_lying_rotation": Drill(
        {"rotation_{side}": 26.0}, _ON_THE_SIDE, (0.7, 0.0), ways=(1.0, -1.2), by="rotation"
    ),
    "prone_rotation": Drill(
        {"rotation_{side}": 32.0}, _PRONE, (0.7, 0.0), ways=(1.0, -1.2), by="rotation"
    ),
    "knee_to_chest": Drill({"flexion_{side}": 60.0}, _LYING, (0.65, 0.0), by="flexion"),
    "ninety_ninety_circle": Drill(
        {"rotation_{side}": 30.0}, _SITTING, (0.7, 0.0), later={"flexion_{side}": 18.0},
        by="rotation",
    ),
    "hip_circle": Drill(
        {"flexion_{side}": 60.0}, later={"adduction_{side}": -25.0, "rotation_{side}": -20.0},
        by="flexion",
    ),
    "toe_touch": Drill(
        {"tilt": 72.0, "flexion_left": 84.0, "flexion_right": 84.0}, by="flexion", sided=False
    ),
    "posterior_tilt_test": Drill(
        {"tilt": 12.0, "flexion_left": 12.0, "flexion_right": 12.0}, ways=(-1.0, 1.0),
        by="tilt", sided=False,
    ),
    "w_sit": Drill(
        {"rotation_left": 1.0}, {**_SITTING, "rotation_left": 35.0, "rotation_right": 35.0},
        (0.7, 0.0), (2.0, 8.0, 2.0), held=True, by="held", sided=False,
    ),
    "butterfly": Drill(
        {"adduction_left": -1.0},
        {**_SITTING, "adduction_left": -30.0, "adduction_right": -30.0, "rotation_left": -40.0,
         "rotation_right": -40.0},
        (0.7, 0.0), (2.0, 8.0, 2.0), held=True, by="held", sided=False,
    ),
    "deep_squat_hold": Drill(
        {"tilt": 1.0}, {"tilt": 8.0, "flexion_left": 118.0, "flexion_right": 118.0,
                        "rotation_left": 8.0, "rotation_right": 8.0},
        (0.5, 0.0), (2.0, 16.0, 2.0), held=True, by="held", sided=False,
    ),
    "half_kneeling": Drill(
        {"tilt": 1.0}, {"flexion_{side}": 88.0, "flexion_{other}": 4.0}, (0.35, 0.0),
        (2.0, 8.0, 2.0), held=True, by="held",
    ),
    "carry": Drill({"turn": 0.5}, phases_s=(2.0, 12.0, 2.0), held=True, by="held", sided=False),
    "pallof_press": Drill(
        {"turn": 0.5}, phases_s=(2.0, 10.0, 2.0), held=True, by="held", sided=False
    ),
}  # fmt: skip
"""Name to drill, without the side."""
