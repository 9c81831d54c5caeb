"""Writes a `Script`: the steps a coach asks for, as gestures and marks along a running clock.

Each step is a function of the `Director`; `SCENARIOS` at the foot says which steps make a session.
Sequences follow the 60-second protocol and the drills it serves.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from imuhip.conventions import PELVIS, SIDES, THIGH, Side
from imuhip.simulate.motion import HIP_CHANNELS, Gesture, Script
from imuhip.simulate.person import Person

Effects = Mapping[str, tuple[float, ...]]


class Director:
    """A script being written.

    Parameters
    ----------
    person
        Who moves.
    rng
        Where the difference between repetitions comes from.
    brisk
        Shorter pauses and a shorter tray and strapping, for a recording to show.
    """

    def __init__(self, person: Person, rng: np.random.Generator, *, brisk: bool = False) -> None:
        self.person = person
        self.rng = rng
        self.brisk = brisk
        self.now = 0.5
        self.tray_end = 0.0
        self.strapped: dict[str, float] = {}
        self._gestures: list[Gesture] = []
        self._marks: list[tuple[float, str]] = []

    def move(
        self,
        rise: float,
        hold: float,
        fall: float | None,
        degrees: Effects,
        *,
        metres: Effects | None = None,
        delay: float = 0.0,
    ) -> None:
        """Add a gesture that starts `delay` from now; the clock stays where it is."""
        effects = {k: tuple(float(np.radians(c)) for c in v) for k, v in degrees.items()}
        effects |= {k: tuple(map(float, v)) for k, v in (metres or {}).items()}
        self._gestures.append(Gesture(self.now + delay, rise, hold, fall, effects))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def pause(self) -> None:
        """Let the short time between two steps pass, as long as people take."""
        self.wait(float(self.rng.uniform(0.6, 0.9) if self.brisk else self.rng.uniform(0.8, 1.6)))

    def mark(self, label: str) -> None:
        """Put a mark at this moment."""
        self._marks.append((self.now, label))

    def vary(self, amplitude: float) -> float:
        """Return `amplitude` as this repetition has it."""
        return amplitude * (1.0 + self.person.repetition_sd * float(self.rng.standard_normal()))

    def skew(self, own_deg: float, sd_deg: float) -> float:
        """Return the tangent of a person's own skew plus that of this repetition."""
        deviation = own_deg + sd_deg * self.person.imprecision * float(self.rng.standard_normal())
        return float(np.tan(np.radians(deviation)))

    def script(self) -> Script:
        """Return what was written."""
        person = self.person
        base = dict(zip(("tilt", "obliquity"), np.radians(person.stand_deg).tolist(), strict=True))
        for side in SIDES:
            stand = np.radians(person.legs[side].stand_deg).tolist()
            base |= dict(zip(HIP_CHANNELS[side], stand, strict=True))
        return Script(
            gestures=tuple(self._gestures),
            base=base,
            sway=person.sway,
            sway_start=max(self.strapped.values(), default=0.0) + 0.2,
            heading=float(np.radians(person.heading_deg)),
            marks=tuple(self._marks),
            duration=self.now + 1.0,
            tray_end=self.tray_end,
            strapped=self.strapped,
        )


def direct(scenario: str, person: Person, rng: np.random.Generator, *, sets: int = 1) -> Script:
    """Write the script of a scenario.

    Parameters
    ----------
    scenario
        A key of `SCENARIOS`.
    sets
        How often what follows the calibration is done.
    """
    if scenario not in SCENARIOS:
        raise ValueError(f"scenario is one of {', '.join(SCENARIOS)}; came {scenario!r}")
    director = Director(person, rng, brisk=scenario == "showcase")
    for step in CALIBRATION:
        step(director)
        director.pause()
    for _ in range(sets):
        for step in SCENARIOS[scenario]:
            step(director)
            director.pause()
    return director.script()


# --- calibration ---------------------------------------------------------------------------------


def tray(d: Director) -> None:
    """Lay the sensors down; then strap them on, pelvis first, and step to the place."""
    d.mark("begin:tray")
    d.wait(4.0 if d.brisk else 6.0)
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
    _stand(d, "stand", 6.5 if d.brisk else 8.0)


def stand_again(d: Director) -> None:
    """Stand as at the start."""
    _stand(d, "stand_again", 4.5 if d.brisk else 6.0)


def _stand(d: Director, step: str, seconds: float) -> None:
    d.mark(f"begin:{step}")
    d.wait(seconds)
    d.mark(f"end:{step}")


def bow(d: Director) -> None:
    """Bow three times from the hips, the back flat."""
    d.mark("begin:bow")
    d.wait(0.4)
    for _ in range(3):
        depth = max(d.vary(d.person.bow_deg), 42.0)
        list_deg, turn_deg = (
            depth * d.skew(own, REPETITION_PELVIS_SD_DEG) for own in d.person.bow_skew_deg
        )
        effects = {"tilt": (depth,), "obliquity": (list_deg,), "turn": (turn_deg,)}
        for side, sign in (("left", 1.0), ("right", -1.0)):
            effects[f"flexion_{side}"] = (1.05 * depth,)
            effects[f"adduction_{side}"] = (sign * list_deg,)
            effects[f"rotation_{side}"] = (sign * turn_deg,)
        effects["depth"] = (0.05 * depth,)
        down = 1.5 * d.person.tempo
        d.move(down, 0.2, down, effects)
        d.wait(2.0 * down + 0.6)
    d.mark("end:bow")


def knee_lift_left(d: Director) -> None:
    """Lift the left knee three times."""
    _knee_lifts(d, "left")


def knee_lift_right(d: Director) -> None:
    """Lift the right knee three times."""
    _knee_lifts(d, "right")


def _knee_lifts(d: Director, side: Side) -> None:
    """Lift one knee three times; the weight goes to the other leg and the pelvis helps a little."""
    leg, other = d.person.legs[side], _other(side)
    aside = 0.05 if side == "right" else -0.05
    d.mark(f"begin:knee_lift_{side}")
    d.wait(0.3)
    for _ in range(3):
        height = d.vary(leg.lift_deg)
        adduct, rotate = (height * d.skew(s, REPETITION_THIGH_SD_DEG) for s in leg.lift_skew_deg)
        helped, turned = d.vary(-5.0), float(d.rng.normal(0.0, 1.0))
        effects = {
            f"flexion_{side}": (height,),
            f"adduction_{side}": (adduct,),
            f"rotation_{side}": (rotate,),
            "tilt": (0.0, helped),
            "turn": (turned,),
            f"flexion_{other}": (0.0, helped),
            f"rotation_{other}": (-turned if other == "right" else turned,),
        }
        up = 1.1 * d.person.tempo
        d.move(0.6, up, 0.6, {}, metres={"left": (aside,)})
        d.move(up, 0.15, up, effects, delay=0.1)
        d.wait(2.0 * up + 0.45)
    d.mark(f"end:knee_lift_{side}")


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
        turned += _pivot(d, side, d.vary(turn), seconds)
        d.wait(0.1)
    _pivot(d, side, _return(d, turned), 0.9)
    d.wait(0.1)
    d.mark(f"end:toe_turn_{side}")


# --- movements -----------------------------------------------------------------------------------


def squat(d: Director) -> None:
    """Eight squats: three seconds down, one at the bottom, two up, one standing."""
    d.mark("begin:squat")
    d.wait(0.8)
    for _ in range(8):
        down, bottom, up, top = (
            seconds * d.person.tempo * float(d.rng.uniform(0.95, 1.05))
            for seconds in ((2.8, 0.8, 1.9, 0.7) if d.brisk else (3.0, 1.0, 2.0, 1.0))
        )
        _squat(d, down, bottom, up, scale=d.vary(1.0))
        d.wait(down + bottom + up + top)
    d.mark("end:squat")


def _squat(d: Director, down: float, bottom: float, up: float, scale: float) -> None:
    """One squat; u is the depth, 1 at the bottom.

    The pelvis tips forward and curls back over the last part; the thigh opens early and turns in
    late, as deep squats do.
    """
    tuck = d.person.squat_tuck
    tilt = (scale * (d.person.squat_tilt_deg + tuck), 0.0, 0.0, -tuck)
    aside, turned = d.rng.normal(0.0, 1.0, 2).tolist()
    depth = np.zeros(4)
    for side in SIDES:
        leg = d.person.legs[side]
        wide, half, deep = (scale * value for value in leg.squat_path_deg)
        flexion = (scale * leg.squat_deg, 0.0, 0.0, 0.0)
        effects = {
            f"flexion_{side}": flexion,
            f"adduction_{side}": (wide,),
            f"rotation_{side}": (4.0 * half - deep, 2.0 * deep - 4.0 * half),
        }
        d.move(down, bottom, up, effects, delay=leg.lag_s)
        depth += 0.5 * (np.array(flexion) - np.array(tilt))
    effects = {"tilt": tilt, "obliquity": (0.0, aside), "turn": (0.0, turned)}
    d.move(down, bottom, up, effects | {"depth": tuple(depth.tolist())})


def pivot(d: Director) -> None:
    """Walk the feet apart by pivots, heel then ball; pause, bend the knees, and walk back.

    A foot turns out on its heel and in on its ball: out, out, in, in, a wider stance each time.
    """
    d.mark("begin:pivot")
    d.wait(0.8)
    widened = 0
    for wider in (True, True, False, False):
        turned = dict.fromkeys(SIDES, 0.0)
        for first in (True, False):
            for side in SIDES:
                out = -d.vary(d.person.legs[side].pivot_deg)
                turn = out if first else _return(d, turned[side])
                seconds = float(d.rng.uniform(1.1, 1.4))
                d.move(seconds, 0.0, None, {f"adduction_{side}": (-2.5 if wider else 2.5,)})
                turned[side] += _pivot(d, side, turn, seconds)
                d.wait(float(d.rng.uniform(0.35, 0.5)))
        widened += wider
        if widened == 2 and wider:
            d.wait(1.2)
            _squat(d, 1.2, 0.3, 1.0, scale=0.3)
            d.wait(3.5)
    d.mark("end:pivot")


def _return(d: Director, turned_deg: float) -> float:
    """Return the turn that undoes `turned_deg`, as well as people do."""
    return -turned_deg + 0.5 * d.person.imprecision * float(d.rng.standard_normal())


def _pivot(d: Director, side: Side, inward_deg: float, seconds: float) -> float:
    """Turn one straight leg in (or out, negative) on its foot, and return `inward_deg`.

    The hip gives its share, the pelvis follows with the rest, and the other foot stays planted. The
    clock moves on.
    """
    turn = inward_deg if side == "right" else -inward_deg
    share = d.person.legs[side].hip_share
    pelvis = (1.0 - share) * turn
    other = _other(side)
    effects = {
        f"rotation_{side}": (share * inward_deg,),
        f"rotation_{other}": (-pelvis if other == "right" else pelvis,),
        "turn": (pelvis,),
    }
    d.move(seconds, 0.0, None, effects)
    aside = 0.02 if side == "right" else -0.02
    lift = float(d.rng.normal(0.8, 0.3)) * (1.0 if side == "left" else -1.0)
    half = 0.5 * seconds
    d.move(half, 0.0, half, {"obliquity": (lift,)}, metres={"left": (aside,)})
    d.wait(seconds)
    return inward_deg


def seated(d: Director) -> None:
    """Sit on a box, turn each hip in and out to its end range three times, and stand up."""
    flexion, tilt = 84.0, -4.0
    lap = {"tilt": (tilt,), "depth": (flexion - tilt,)}
    lap |= {f"flexion_{side}": (flexion,) for side in SIDES}
    forward = {"tilt": (22.0,)} | {f"flexion_{side}": (22.0,) for side in SIDES}
    d.move(2.2, 0.0, None, lap)
    d.move(1.1, 0.0, 1.1, forward)
    d.wait(3.5)
    for side in SIDES:
        d.mark(f"begin:seated_rotation_{side}")
        d.wait(0.8)
        for _ in range(3):
            inward, outward = d.person.legs[side].table_deg
            for turn in (inward, -outward):
                _table_turn(d, side, d.vary(turn))
        d.mark(f"end:seated_rotation_{side}")
        d.pause()
    d.move(2.0, 0.0, None, {name: (-c[0],) for name, c in lap.items()})
    d.move(1.0, 0.0, 1.0, forward)
    d.wait(2.5)


def _table_turn(d: Director, side: Side, turn_deg: float) -> None:
    """Turn a seated hip to its end range, hold, and come back; the pelvis lists a little."""
    cheat = float(d.rng.normal(0.04, 0.02)) * turn_deg * (1.0 if side == "left" else -1.0)
    out = 1.3 * d.person.tempo
    d.move(out, 1.0, out, {f"rotation_{side}": (turn_deg,), "obliquity": (0.0, cheat)})
    d.wait(2.0 * out + 1.6)


def _other(side: Side) -> Side:
    return "left" if side == "right" else "right"


REPETITION_PELVIS_SD_DEG: Final = 1.0
REPETITION_THIGH_SD_DEG: Final = 2.0
"""Deviation of the axis of a "straight" movement from repetition to repetition."""

Step = Callable[[Director], None]

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

SCENARIOS: Final[dict[str, tuple[Step, ...]]] = {
    "calibration": (),
    "squat": (squat,),
    "pivot": (pivot,),
    "seated": (seated,),
    "visit": (squat, pivot, seated),
    "showcase": (squat, pivot),
}
"""What follows the calibration."""
