"""What people do between two sets, before they take their stance for the next."""

from typing import Final

from imuhip.core.conventions import SIDES, Side
from imuhip.simulate.director import AS_CALIBRATED, Deed, Director, other
from imuhip.simulate.radio import Loss
from imuhip.simulate.stances import drawn_stance, step_into
from imuhip.simulate.strides import turn_round, walk
from imuhip.simulate.worn import SENSORS, StrapSlip


def between_sets(d: Director, toes: float) -> None:
    """Sit, lean, shake out, walk about, turn; then stand in a stance of their own.

    Toes point out by the share `toes` of what they do in squats.
    """
    ways = d.ways
    if ways.people is None:
        return
    with d.chance_of(ways.rng("steps")):
        if ways.does("leans"):
            _lean(d)
        if ways.does("shakes_legs"):
            _shake_legs(d)
        if ways.does("sits"):
            step_into(d, drawn_stance(d, "loose_stance"))
            _sit(d)
        _settle_straps(d)
        if ways.does("walks"):
            _walk_about(d)
        if ways.does("turns"):
            _turn_round(d)
        step_into(d, drawn_stance(d, "own_stance", toes))
        d.wait(1.5)


def walk_to_the_place(d: Director) -> None:
    """Walk from where the straps went on to where the calibration is done."""
    with d.chance_of(d.ways.rng("steps")):
        _walk_about(d)
        _turn_round(d)
        step_into(d, AS_CALIBRATED)
        d.wait(1.0)


def sit_down(d: Director, seconds: float) -> None:
    """Sit on a chair for a while and get up, the trunk leaning forward both times."""
    flexion, tilt = d.vary(86.0), d.vary(-6.0)
    seated = {"tilt": (tilt,), "depth": (flexion - tilt,)}
    seated |= {f"flexion_{side}": (flexion,) for side in SIDES}
    forward = {"tilt": (25.0,)} | {f"flexion_{side}": (25.0,) for side in SIDES}
    down, up = 2.0 * d.person.tempo, 1.8 * d.person.tempo
    d.move(down, seconds, up, seated)
    d.move(0.6 * down, 0.0, 0.6 * down, forward)
    d.move(0.6 * up, 0.0, 0.6 * up, forward, delay=down + seconds - 0.4 * up)
    d.wait(down + seconds + up)


def _sit(d: Director) -> None:
    """Sit for a while: slump slowly, let the knees fall apart, and straighten to get up."""
    ways, start = d.ways, d.now
    seconds = ways.draw("sits", "seconds")
    slump = ways.draw("sits", "slump_deg")
    effects = {"tilt": (-slump,)} | {f"flexion_{side}": (-slump,) for side in SIDES}
    for side in SIDES:
        apart = ways.draw("sits", "apart_deg")
        effects |= {f"adduction_{side}": (-apart,), f"rotation_{side}": (-0.4 * apart,)}
    sinking = 0.75 * (seconds - 1.5)
    d.move(sinking, 0.25 * (seconds - 1.5), 1.5, effects, delay=2.0 * d.person.tempo)
    sit_down(d, seconds)
    d.wait(0.8)
    d.did("sits", start, seconds=seconds, slump_deg=slump)


def _lean(d: Director) -> None:
    """Stand at ease on one leg: the other hip sinks and its knee gives way."""
    ways, start = d.ways, d.now
    side: Side = SIDES[int(ways.rng("leans").integers(2))]
    seconds, sinks, knee = (ways.draw("leans", w) for w in ("seconds", "list_deg", "knee_deg"))
    list_deg = sinks if side == "right" else -sinks
    effects = {
        "obliquity": (list_deg,),
        "adduction_left": (list_deg,),
        "adduction_right": (-list_deg,),
        f"flexion_{side}": (knee,),
        f"rotation_{side}": (-0.5 * knee,),
    }
    away = 0.05 if other(side) == "left" else -0.05
    d.move(1.1, seconds, 1.0, effects, metres={"left": (away,)})
    d.wait(seconds + 2.1)
    d.did("leans", start, side=side, list_deg=sinks, knee_deg=knee)


def _shake_legs(d: Director) -> None:
    """Lift one leg after the other and shake it."""
    ways, start = d.ways, d.now
    for side in SIDES:
        times = ways.whole("shakes_legs", "times")
        size, beat = (ways.draw("shakes_legs", what) for what in ("size_deg", "beat_s"))
        lasts = 2.0 * beat * times
        away = 0.04 if side == "right" else -0.04
        d.move(0.6, lasts, 0.6, {f"flexion_{side}": (18.0,)}, metres={"left": (away,)})
        for k in range(times):
            shaken = d.vary(size)
            effects = {
                f"flexion_{side}": (shaken,),
                f"rotation_{side}": (0.8 * shaken if k % 2 else -0.8 * shaken,),
                f"adduction_{side}": (-0.4 * shaken,),
            }
            d.move(beat, 0.0, beat, effects, delay=0.6 + 2.0 * beat * k)
        d.wait(lasts + 1.4)
    d.did("shakes_legs", start)


def _walk_about(d: Director) -> None:
    """Walk some steps with the feet as they are in walking."""
    ways, start = d.ways, d.now
    if not ways.has("walks"):
        return
    step_into(d, drawn_stance(d, "loose_stance"))
    steps = ways.whole("walks", "steps")
    step_s, metres = (ways.draw("walks", what) for what in ("step_s", "metres"))
    walk(d, steps, step_s, metres)
    d.did("walks", start, steps=steps, metres=steps * metres)


def _turn_round(d: Director) -> None:
    """Turn the whole body, either way."""
    ways, start = d.ways, d.now
    if not ways.has("turns"):
        return
    sign = 1.0 if ways.rng("turns").random() < 0.5 else -1.0
    turn, step_s = sign * ways.draw("turns", "turn_deg"), ways.draw("turns", "step_s")
    turn_round(d, turn, step_s)
    d.did("turns", start, turn_deg=turn)


def _settle_straps(d: Director) -> None:
    """Let each strap turn a little on its segment, or one of them by much."""
    ways = d.ways
    for sensor in SENSORS:
        if ways.does("straps_settle"):
            turn = ways.draw("straps_settle", "turn_deg")
            d.slips.append(StrapSlip(sensor, d.now, turn))
            d.did("straps_settle", d.now, sensor=sensor, turn_deg=turn)
    d.occasions += 1
    for name in ("slips", "creeps"):
        if not ways.has(name) or any(deed.behaviour == name for deed in d.deeds):
            continue
        if not ways.does(name) and d.occasions < LAST_OCCASION:
            continue
        rng = ways.rng(name)
        sensor = SENSORS[int(rng.integers(len(SENSORS)))]
        turn = ways.draw(name, "turn_deg") * (1.0 if rng.random() < 0.5 else -1.0)
        seconds = ways.draw(name, "seconds") if name == "creeps" else 0.4
        d.slips.append(StrapSlip(sensor, d.now, turn, seconds=seconds))
        d.did(name, d.now, sensor=sensor, turn_deg=turn, seconds=seconds)
    d.wait(0.6)


def shadow_radio(d: Director, start: float) -> None:
    """Lose whole bursts of one sensor or of all in what was done from `start` to now."""
    ways = d.ways
    if not ways.does("shadows_radio"):
        return
    rng = ways.rng("shadows_radio")
    for _ in range(ways.whole("shadows_radio", "bursts")):
        seconds = ways.draw_log("shadows_radio", "seconds")
        at = float(rng.uniform(start + 1.0, max(d.now - seconds, start + 1.5)))
        all_of_them = rng.random() < ALL_SENSORS
        for sensor in SENSORS if all_of_them else (SENSORS[int(rng.integers(len(SENSORS)))],):
            d.losses.append(Loss(sensor, at, seconds))
            d.deeds.append(Deed("shadows_radio", at, at + seconds, {"sensor": sensor}))


LAST_OCCASION: Final = 3
"""A strap that is to slip has done so before the third set."""

ALL_SENSORS: Final = 0.3
"""Share of the bursts that all sensors lose."""
