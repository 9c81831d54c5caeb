"""Table tests: a hip turns in and out while its thigh lies still."""

from typing import Final

from imuhip.assess.goals import GOAL_ZONES, ArcName
from imuhip.core.conventions import HIP_SIGNS, SIDES, Side
from imuhip.simulate.director import Director, Effects, other
from imuhip.simulate.jets import PEAK_OF_RISE
from imuhip.simulate.performance import Dose


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
        _test(d, f"seated_rotation_{side}", side)
        d.pause()
    d.move(2.0, 0.0, None, {name: (-c[0],) for name, c in lap.items()})
    d.move(1.0, 0.0, 1.0, forward)
    d.wait(2.5)


def supine(d: Director) -> None:
    """Lie down with the knees bent, turn each hip in and out three times, and get up."""
    lying = {"tilt": (-80.0,)} | {f"flexion_{side}": (50.0,) for side in SIDES}
    _get_down(d, lying, 0.65)
    for side in SIDES:
        _test(d, f"supine_rotation_{side}", side)
        d.pause()
    _get_up(d, lying, 0.65)


def ninety_ninety(d: Director) -> None:
    """Sit on the floor, both legs bent to one side; swing the knees over to the other, six times.

    One hip turns in while the other turns out.
    """
    sitting = {"tilt": (-8.0,)}
    for side in SIDES:
        sitting |= {f"flexion_{side}": (76.0,), f"adduction_{side}": (-28.0,)}
    _get_down(d, sitting, 0.75)
    inward, outward = d.person.legs["left"].table_deg
    over: Effects = {"rotation_left": (inward,), "rotation_right": (-outward,)}
    d.move(1.5, 0.0, None, over)
    d.wait(2.5)
    with d.set_of("ninety_ninety"):
        d.wait(0.8)
        count = d.repetitions(6)
        for k in range(count):
            to: Side = "right" if k % 2 == 0 else "left"
            swing = d.vary(inward + outward)
            seconds = 1.6 * d.person.tempo * d.tempo()
            d.move(seconds, 0.0, None, {f"rotation_{to}": (swing,)})
            d.move(seconds, 0.0, None, {f"rotation_{other(to)}": (-swing,)})
            d.perform("ninety_ninety", to, k + 1, "in", seconds, one_way=True)
            d.perform("ninety_ninety", other(to), k + 1, "out", seconds, one_way=True)
            d.wait(seconds + 0.9)
    if count % 2:
        over = {"rotation_left": (-outward,), "rotation_right": (inward,)}
    d.move(1.5, 0.0, None, {name: (-c[0],) for name, c in over.items()})
    d.wait(2.0)
    _get_up(d, sitting, 0.75)


def _get_down(d: Director, posture: Effects, metres: float) -> None:
    """Get down to the floor or a mat, slowly, with the pelvis that much lower."""
    d.move(3.5, 0.0, None, posture, metres={"up": (-metres,)})
    d.wait(5.0)


def _get_up(d: Director, posture: Effects, metres: float) -> None:
    """Undo `_get_down`."""
    d.move(3.5, 0.0, None, {k: (-c[0],) for k, c in posture.items()}, metres={"up": (metres,)})
    d.wait(5.0)


def _test(d: Director, movement: str, side: Side) -> None:
    """Turn one hip in and out in turn, each to its end range."""
    with d.set_of(movement):
        d.wait(0.8)
        count = 2 * d.repetitions(3)
        doses = d.plan(movement, count, side)
        inward, outward = d.person.legs[side].table_deg
        for k in range(count):
            turn = d.vary(inward if k % 2 == 0 else -outward)
            for dose in doses[k]:
                turn = _end_range(turn, inward + outward, dose)
            _turn(d, movement, side, turn, k, doses[k])


def _end_range(turn_deg: float, total_deg: float, dose: Dose) -> float:
    """Where a turn ends with what is wrong in this repetition; inwards is positive."""
    inwards, size = turn_deg > 0.0, dose.size
    if dose.of.rule == "rotation_difference" and inwards:
        return turn_deg + size
    if dose.of.rule == "internal_rotation_short" and inwards:
        return max(_GOALS["internal_deg"][0] - size, 0.1)
    if dose.of.rule == "external_rotation_short" and not inwards:
        return -max(_GOALS["external_deg"][0] - size, 0.1)
    if dose.of.rule == "one_sided_arc":
        low, high = _GOALS["internal_percent"]
        share = 0.01 * (high + size if dose.of.has("mostly_in") else low - size)
        return total_deg * share if inwards else -total_deg * (1.0 - share)
    return turn_deg


def _turn(
    d: Director, movement: str, side: Side, turn_deg: float, k: int, doses: list[Dose]
) -> None:
    """Turn a hip to its end range, hold, and come back; the pelvis lists a little."""
    way = 1.0 if side == "left" else -1.0
    cheat = float(d.rng.normal(0.04, 0.02)) * turn_deg * way
    cheats = [dose for dose in doses if dose.of.rule == "pelvis_cheats_table"]
    if any(dose.of.has("obliquity") for dose in cheats):
        cheat = 0.0  # theirs is all there is
    out = 1.3 * d.person.tempo * d.tempo()
    for dose in doses:
        if dose.of.rule == "too_fast":
            out = seconds_at(dose.size, turn_deg)
    d.perform(movement, side, k + 1, "in" if turn_deg > 0.0 else "out", 2.0 * out + 1.0)
    d.move(out, 1.0, out, {f"rotation_{side}": (turn_deg,), "obliquity": (0.0, cheat)})
    for dose in cheats:
        sign = way if turn_deg > 0.0 else -way
        _cheat(d, side, sign * dose.size, out, dose)
    d.wait(2.0 * out + 1.6)


def seconds_at(peak_deg_s: float, turn_deg: float) -> float:
    """How long a turn takes whose greatest rate is `peak_deg_s`."""
    return PEAK_OF_RISE * abs(turn_deg) / peak_deg_s


def _cheat(d: Director, side: Side, size: float, out: float, dose: Dose) -> None:
    """Let the pelvis help; what it gives the tested thigh turns on, the other thigh lies still."""
    still = other(side)
    effects: dict[str, tuple[float, ...]] = {}
    if dose.of.has("obliquity"):
        effects["obliquity"] = (0.0, size)
        effects[f"rotation_{still}"] = (0.0, HIP_SIGNS[still][2] * size)
    if dose.of.has("tilt"):
        tilt = (0.0, -abs(size))
        effects |= {"tilt": tilt} | {f"flexion_{each}": tilt for each in SIDES}
    d.move(out, HOLD_S, out, effects)


_GOALS: Final[dict[ArcName, tuple[float, float]]] = {
    name: edges for name, (edges, _) in GOAL_ZONES["general"].items()
}
"""What arcs are short of."""

HOLD_S: Final = 1.0
"""At the end range."""
