"""Where the feet stand: stances of their own, stepping into them, squatting over them.

With the foot turned by γ about the vertical, the whole leg turns with it, whatever its inclination:
in the hip that is rotation while standing and abduction at depth. `over_the_toes` works out how
much of each, through the squat.
"""

from typing import Final

import numpy as np

from imuhip.core.conventions import HIP_SIGNS, SIDES, Side
from imuhip.core.quaternions import matrix_from_quaternion, multiply, quaternion_from_rotvec
from imuhip.core.records import Array
from imuhip.simulate.director import AS_CALIBRATED, Director, Stance, other
from imuhip.simulate.motion import X, Y, Z
from imuhip.simulate.squat_plan import Extra, Squat


def drawn_stance(d: Director, name: str, share: float = 1.0) -> Stance:
    """Draw a stance; toes are drawn against straight ahead, a `share` of that is done."""
    ways = d.ways
    if not ways.has(name):
        return AS_CALIBRATED
    toes = ways.draw(name, "toe_out_deg")
    unlike = ways.draw(name, "unlike_deg")
    signs: dict[Side, float] = {"left": -1.0, "right": 1.0}
    out = {
        side: share * max(toes + sign * 0.5 * unlike, 0.0) + d.person.legs[side].stand_deg[2]
        for side, sign in signs.items()
    }
    if name == "toes_out_stand":
        return Stance(out, AS_CALIBRATED.wide_deg)
    wide = {side: ways.draw(name, "wide_deg") for side in SIDES}
    return Stance(out, wide, ways.draw(name, "facing_deg"))


def step_into(d: Director, to: Stance) -> None:
    """Re-place one foot after the other until the feet are where `to` has them."""
    start = d.now
    rng = d.ways.rng("steps")
    order = SIDES if rng.random() < 0.5 else SIDES[::-1]
    for side in order:
        lift = float(rng.uniform(8.0, 25.0))
        _place(d, side, to.out_deg[side], to.wide_deg[side], lift, float(rng.uniform(0.6, 0.9)))
        d.wait(float(rng.uniform(0.05, 0.3)))
    _face(d, to.facing_deg, float(rng.uniform(0.8, 1.2)))
    d.stance = to
    d.did("stance", start, **figures(d, to))


def adjust_foot(d: Director) -> None:
    """Re-place one foot, between two repetitions."""
    ways, start = d.ways, d.now
    side: Side = SIDES[int(ways.rng("adjusts_foot").integers(2))]
    sign = 1.0 if ways.rng("adjusts_foot").random() < 0.5 else -1.0
    turn = sign * ways.draw("adjusts_foot", "turn_deg")
    lift, seconds = (ways.draw("adjusts_foot", what) for what in ("lift_deg", "seconds"))
    now = d.stance
    out = dict(now.out_deg) | {side: now.out_deg[side] + turn}
    _place(d, side, out[side], now.wide_deg[side], lift, seconds)
    d.wait(0.3)
    d.stance = Stance(out, now.wide_deg, now.facing_deg)
    d.did("adjusts_foot", start, side=side, turn_deg=turn)


def figures(d: Director, stance: Stance) -> dict[str, float]:
    """Return a stance as the truth tells it: rotation of each hip and of the pelvis, degrees."""
    facing = stance.facing_deg
    return {
        "rotation_left_deg": -stance.out_deg["left"] + facing,
        "rotation_right_deg": -stance.out_deg["right"] - facing,
        "toe_out_left_deg": stance.out_deg["left"] - d.person.legs["left"].stand_deg[2],
        "toe_out_right_deg": stance.out_deg["right"] - d.person.legs["right"].stand_deg[2],
        "facing_deg": facing,
    }


def _place(
    d: Director, side: Side, out_deg: float, wide_deg: float, lift: float, seconds: float
) -> None:
    """Lift a foot, turn the leg in the air and set it down; the weight is on the other."""
    now = d.stance
    turn = {
        f"rotation_{side}": (now.out_deg[side] - out_deg,),
        f"adduction_{side}": (now.wide_deg[side] - wide_deg,),
    }
    half, away = 0.5 * seconds, 0.03 if side == "right" else -0.03
    d.move(seconds, 0.0, None, turn)
    list_deg = 1.5 if side == "left" else -1.5
    lifted = {f"flexion_{side}": (lift,), "obliquity": (list_deg,)}
    lifted[f"adduction_{other(side)}"] = (-abs(list_deg),)
    d.move(half, 0.0, half, lifted, metres={"left": (away,)})
    d.wait(seconds)


def _face(d: Director, facing_deg: float, seconds: float) -> None:
    """Turn the pelvis over the feet."""
    turn = facing_deg - d.stance.facing_deg
    effects = {"turn": (turn,), "rotation_left": (turn,), "rotation_right": (-turn,)}
    d.move(seconds, 0.0, None, effects)
    d.wait(seconds)


def over_the_toes(squat: Squat, stance: Stance) -> list[Extra]:
    """Return what a squat in this stance has besides one in that of the calibration."""
    extras = []
    for side in SIDES:
        turn = np.radians(stance.out_deg[side]) * (1.0 if side == "left" else -1.0)
        effects = {
            f"{name}_{side}": tuple(c.tolist())
            for name, c in zip(
                ("flexion", "adduction", "rotation"), _turned(squat, side, turn), strict=True
            )
        }
        extras.append(Extra(squat.lag[side], squat.down, squat.bottom, squat.up, effects))
    return extras


def _turned(squat: Squat, side: Side, turn: float) -> Array:
    """Coefficients ``(3, TERMS)`` of u, u² … by which a turned leg differs at depth, degrees."""
    u = np.linspace(0.0, 1.0, 41)
    wide, half, deep = squat.path[side]
    rotation = (4.0 * half - deep) * u + (2.0 * deep - 4.0 * half) * u**2
    own = np.radians(np.stack((squat.flexion[side] * u, wide * u, rotation), axis=1))
    tilt = np.radians(sum(c * u ** (k + 1) for k, c in enumerate(squat.tilt)))
    pelvis = quaternion_from_rotvec(-tilt[:, None] * Z)
    signs = np.array(HIP_SIGNS[side])
    hip = [
        quaternion_from_rotvec((sign * angle)[:, None] * axis)
        for axis, sign, angle in zip((Z, X, Y), signs, own.T, strict=True)
    ]
    foot = np.broadcast_to(quaternion_from_rotvec(turn * Y), pelvis.shape)
    leg = multiply(pelvis, multiply(multiply(hip[0], hip[1]), hip[2]))
    back = np.swapaxes(matrix_from_quaternion(pelvis), 1, 2)
    seen = _angles(back @ matrix_from_quaternion(multiply(foot, leg))) * signs
    change = np.degrees(seen - own)
    powers = u[:, None] ** np.arange(1, TERMS + 1)
    fitted: Array = np.linalg.lstsq(powers, change - change[0], rcond=None)[0]
    return fitted.T


def _angles(matrix: Array) -> Array:
    """Angles ``(N, 3)`` about Z, X, Y of ``Rz Rx Ry``, rad."""
    return np.stack(
        (
            np.arctan2(-matrix[:, 0, 1], matrix[:, 1, 1]),
            np.arcsin(matrix[:, 2, 1]),
            np.arctan2(-matrix[:, 2, 0], matrix[:, 2, 2]),
        ),
        axis=1,
    )


TERMS: Final = 6
"""Terms of the polynomials: the leg keeps its turn to a hundredth of a degree."""
