"""What the hips do when the pelvis lists or turns and both feet and thighs stay where they are.

A thigh leans forward by θ in the pelvis's sagittal plane and is turned aside by α. The hip's joint
coordinate system then has its floating axis e₂ at (cos θ forward, sin θ up), and with the femur's
own axis e₃ and the pelvis's e₁ ::

    forward = cos θ e₂ - sin θ / cos α e₃ + sin θ tan α e₁
    up      = sin θ e₂ + cos θ / cos α e₃ - cos θ tan α e₁

A list of the pelvis is a turn about forward, its rotation one about up; undone at the hip, both
split along these axes. To first order in the pelvis's angles.
"""

import math
from typing import Final

import numpy as np

from imuhip.core.conventions import HIP_SIGNS, SIDES, Side
from imuhip.core.records import Array
from imuhip.simulate.director import Effects
from imuhip.simulate.squat_plan import Squat


def planted(squat: Squat, obliquity_deg: float, turn_deg: float) -> Effects:
    """Return the effects of a pelvis that lists and turns as u², and of the hips that undo it.

    Parameters
    ----------
    squat
        What the legs do meanwhile.
    obliquity_deg, turn_deg
        Of the pelvis where u is 1.
    """
    effects: dict[str, tuple[float, ...]] = {
        "obliquity": (0.0, obliquity_deg),
        "turn": (0.0, turn_deg),
    }
    for side in SIDES:
        for name, change in _undone(squat, side, obliquity_deg, turn_deg).items():
            effects[f"{name}_{side}"] = (0.0, *change[:TERMS].tolist())
    return effects


def _undone(squat: Squat, side: Side, obliquity: float, turn: float) -> dict[str, Array]:
    """Coefficients of u², u³ … of one hip's angles."""
    _, aside, inward = HIP_SIGNS[side]
    alpha = aside * math.radians(squat.path[side][0])
    theta = math.radians(squat.inclination_deg)
    cosine, sine = _series(theta, 0), _series(theta, 1)
    tangent = np.array((0.0, alpha, 0.0, alpha**3 / 3.0))
    secant = np.array((1.0, 0.0, alpha**2 / 2.0))
    along = obliquity * cosine + turn * sine
    across = obliquity * sine - turn * cosine
    return {
        "flexion": -np.convolve(across, tangent),
        "adduction": -aside * along,
        "rotation": inward * np.convolve(across, secant),
    }


def _series(x: float, first: int) -> Array:
    """Coefficients of 1, u, u² … in cos(x u), or from `first` 1 in sin(x u)."""
    return np.array(
        [
            (-1.0) ** ((k - first) // 2) * x**k / math.factorial(k) if k % 2 == first else 0.0
            for k in range(TERMS)
        ]
    )


TERMS: Final = 10
"""Enough for a hundredth of a per cent at 100° of inclination."""
