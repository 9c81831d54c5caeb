"""What each compensation does to a squat: one function a rule, listed at the foot.

Sizes are those that the motion shows, by the definitions of the rules: the difference between the
sides, the fall from the most anterior tilt to the bottom, the turn-out before half depth. Pelvic
tilt is moved with the hips, so that the thighs stay where they are; a list or turn of the pelvis
likewise (`planted`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np

from imuhip.core.conventions import SIDES, Side
from imuhip.simulate import jets
from imuhip.simulate.director import other
from imuhip.simulate.performance import Compensation, Dose
from imuhip.simulate.planted import planted
from imuhip.simulate.squat_plan import Extra, Squat


def apply_habits(squat: Squat, doses: Iterable[Dose]) -> None:
    """Change a squat by the doses that this repetition has."""
    for dose in doses:
        HABITS[dose.of.rule](squat, dose.size, dose.of)


def _pelvic_tuck(squat: Squat, size: float, how: Compensation) -> None:
    """Curl the pelvis under from `onset_deg` of hip flexion to the bottom."""
    flexion = 0.5 * (squat.flexion["left"] + squat.flexion["right"])
    share = min(max(how.onset_deg / flexion, 0.2), 0.9)
    t = np.linspace(0.0, 1.0, 401)
    u = jets.rise(t, 0.0, 1.0)
    onset = float(np.interp(share, u.x, t))
    curl = jets.rise(t, onset, 1.0 - onset).x
    own = u.polynomial(squat.tilt).x

    def fall(amount: float) -> float:
        tilt = own - amount * curl
        return float(tilt.max() - tilt[-1])

    amount = _solve(fall, size)
    rise, back = (1.0 - onset) * squat.down, (1.0 - onset) * squat.up
    effects = _with_the_hips(-amount)
    squat.extras.append(Extra(onset * squat.down, rise, squat.bottom, back, effects))


def _over_arching(squat: Squat, size: float, how: Compensation) -> None:
    """Tip the pelvis forward by `size` in the first third and leave it there."""
    del how
    rise = squat.down * ARCH_SHARE
    back = squat.up * ARCH_BACK_SHARE
    hold = squat.down - rise + squat.bottom + squat.up - back
    squat.extras.append(Extra(0.0, rise, hold, back, _with_the_hips(size)))
    undone = tuple(-c for c in squat.tilt)
    squat.extras.append(squat.whole(_with_the_hips(*undone)))


def _pelvic_drop(squat: Squat, size: float, how: Compensation) -> None:
    """Let one side of the pelvis sink."""
    sign = _right(how)
    squat.extras.append(squat.whole(planted(squat, sign * size, 0.0)))


def _pelvic_twist(squat: Squat, size: float, how: Compensation) -> None:
    """Turn the pelvis to one side."""
    sign = -_right(how)
    squat.extras.append(squat.whole(planted(squat, 0.0, sign * size)))


def _hip_shift(squat: Squat, size: float, how: Compensation) -> None:
    """Shift to one side: its hip sinks, its thigh goes deeper, the pelvis turns towards it."""
    sign = _right(how)
    drop = sign * size if how.has("obliquity") else 0.0
    turn = -sign * size if how.has("twist") else 0.0
    if drop or turn:
        squat.extras.append(squat.whole(planted(squat, drop, turn)))
    if how.has("depth"):
        _depth_difference(squat, size, how)


def _knee_in(squat: Squat, size: float, how: Compensation) -> None:
    """Let the knee go in on the way up and back, or all the way: adduction with rotation."""
    if how.has("whole"):
        for side in how.sides:
            squat.path[side] = (size, size, size)
        return
    start = squat.down + squat.bottom + 0.12 * squat.up
    rise, hold = 0.22 * squat.up, max(0.12 * squat.up, 0.2)
    for side in how.sides:
        effects = {f"adduction_{side}": (size,), f"rotation_{side}": (size,)}
        delay = start + squat.lag[side]
        squat.extras.append(Extra(delay, rise, hold, rise, effects))


def _early_turn_out(squat: Squat, size: float, how: Compensation) -> None:
    """Turn the thigh out before half depth, by `size` against standing, and in again."""
    if not how.has("descent"):
        return  # turned out in standing already: a matter of posture
    u = np.linspace(0.0, 1.0, 401)
    inclination = squat.inclination_deg * u
    early = inclination < HALF_DEPTH_DEG
    hump = TURN_OUT * u * (1.0 - u) ** 2
    for side in how.sides:
        _, half, deep = squat.path[side]
        own = (4.0 * half - deep) * u + (2.0 * deep - 4.0 * half) * u**2

        def turned_out(amount: float, own: np.ndarray = own) -> float:
            return float(-(own - amount * hump)[early].min())

        amount = _solve(turned_out, size)
        hump_coefficients = tuple(-amount * TURN_OUT * c for c in (1.0, -2.0, 1.0))
        effects = {f"rotation_{side}": hump_coefficients}
        delay = squat.lag[side]
        squat.extras.append(Extra(delay, squat.down, squat.bottom, squat.up, effects))


def _side_lag(squat: Squat, size: float, how: Compensation) -> None:
    """Let one thigh come late."""
    side = how.side or "right"
    squat.late[side] = size + squat.lag[other(side)] - squat.lag[side]


def _depth_difference(squat: Squat, size: float, how: Compensation) -> None:
    """Let one thigh go deeper than the other by `size`."""
    _apart(squat.flexion, how, size)


def _rotation_difference(squat: Squat, size: float, how: Compensation) -> None:
    """Let one thigh turn further in on the way down than the other by `size`."""
    deep = {side: squat.path[side][2] for side in SIDES}
    _apart(deep, how, size)
    half = {side: squat.path[side][1] for side in SIDES}
    _apart(half, how, 0.0)
    squat.path = {side: (squat.path[side][0], half[side], deep[side]) for side in SIDES}


def _apart(values: dict[Side, float], how: Compensation, size: float) -> None:
    """Set two sides `size` apart about their mean, the compensation's side the larger."""
    mean = 0.5 * (values["left"] + values["right"])
    side: Side = how.side or "right"
    values[side] = mean + 0.5 * size
    values[other(side)] = mean - 0.5 * size


def _right(how: Compensation) -> float:
    """1 for the right side, -1 for the left."""
    return -1.0 if how.side == "left" else 1.0


def _with_the_hips(*tilt_deg: float) -> dict[str, tuple[float, ...]]:
    """Return effects that tip the pelvis over thighs that stay."""
    return {"tilt": tilt_deg} | {f"flexion_{side}": tilt_deg for side in SIDES}


def _solve(shown: Callable[[float], float], size: float) -> float:
    """Return the amount for which the motion shows `size`; `shown` rises with it."""
    low, high = -200.0, 200.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if shown(middle) < size else (low, middle)
    return 0.5 * (low + high)


ARCH_SHARE: Final = 0.33
ARCH_BACK_SHARE: Final = 0.6
"""Part of the descent in which an over-arching pelvis tips; of the ascent, in which it is back."""

HALF_DEPTH_DEG: Final = 45.0
TURN_OUT: Final = 27.0 / 4.0
"""Makes ``u (1 - u)²`` a hump of height 1, at a third of the depth."""

HABITS: Final[Mapping[str, Callable[[Squat, float, Compensation], None]]] = {
    "pelvic_tuck": _pelvic_tuck,
    "over_arching": _over_arching,
    "pelvic_drop": _pelvic_drop,
    "hip_shift": _hip_shift,
    "pelvic_twist": _pelvic_twist,
    "knee_in": _knee_in,
    "early_turn_out": _early_turn_out,
    "side_lag": _side_lag,
    "depth_difference": _depth_difference,
    "rotation_difference": _rotation_difference,
}
"""Rule to what it does to a squat."""
