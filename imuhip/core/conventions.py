"""Units, frames, segments, sides, angle names and signs, defined here alone.

Units
    SI inside: seconds, radians, rad/s, m/s², and µT for the magnetometer. Degrees appear only
    where people read or write, in names that end in ``_deg``. Host time is int nanoseconds of a
    monotonic clock, device time int ticks; float seconds on the *session's clock* begin in
    `estimate.clocks`.

Frames
    ========  ===================================================================================
    ``e``     earth: z up, right-handed, heading free (each sensor's filter has its own)
    ``s``     sensor: as printed on the case
    ``b``     body segment, after the ISB (Wu et al., J Biomech 35:543-548, 2002,
              doi:10.1016/S0021-9290(01)00222-6): X forward, Y up (femur: from the mid-epicondyles
              to the hip centre), Z to the right. The same on both legs; nothing is mirrored.
    ========  ===================================================================================

    ``q_ab`` maps the components of a vector written in ``b`` to those in ``a``; chains cancel
    inside: ``q_eb = q_es * q_sb``. Quaternions are Hamilton, unit, scalar first ``(w, x, y, z)``.
    An accelerometer at rest reads +g on the axis that points up.

Hip joint coordinate system (Grood and Suntay 1983, doi:10.1115/1.3138397; ISB 2002)
    ``e1 = Z_pelvis``, ``e3 = Y_femur``, ``e2`` floating: ``R_pelvis_femur = Rz(φ) Rx(α) Ry(ρ)``.

    ==================  ==========  ==========
    movement is +       right hip   left hip
    ==================  ==========  ==========
    flexion             ``+φ``      ``+φ``
    adduction           ``+α``      ``-α``
    internal rotation   ``+ρ``      ``-ρ``
    ==================  ==========  ==========

Pelvis against the earth (rotation, obliquity, tilt; Baker 2001, doi:10.1016/S0167-9457(01)00033-6)
    With C mapping X→x, Y→z, Z→-y of the earth: ``Cᵀ R_ep = Ry(ψ) Rx(o') Rz(τ')``.

    ==============  ======================  ==========================
    angle           positive when           formula
    ==============  ======================  ==========================
    tilt            anterior                ``-τ'``
    obliquity       the right side lower    ``+o'``
    rotation        turned to the left      ``+ψ``
    ==============  ======================  ==========================

Mirroring is applied to final angles, by these tables, never to a frame: a mirrored frame is
left-handed.
"""

from typing import Final, Literal, get_args

Side = Literal["left", "right"]
"""A side of the body."""

SIDES: Final[tuple[Side, ...]] = get_args(Side)

SEGMENTS: Final = (
    "pelvis",
    "thigh_left",
    "thigh_right",
    "shank_left",
    "shank_right",
    "foot_left",
    "foot_right",
    "trunk",
)
"""Where a sensor may sit; a sensor is named by its segment."""

PELVIS: Final = "pelvis"
THIGH: Final[dict[Side, str]] = {"left": "thigh_left", "right": "thigh_right"}

HIP_ANGLES: Final = ("flexion", "adduction", "rotation")
"""Order of the last axis of every array of hip angles."""

PELVIS_ANGLES: Final = ("tilt", "obliquity", "rotation")
"""Order of the last axis of every array of pelvis angles."""

HIP_SIGNS: Final[dict[Side, tuple[float, float, float]]] = {
    "left": (1.0, -1.0, -1.0),
    "right": (1.0, 1.0, 1.0),
}
"""Factors on (φ, α, ρ) that give (flexion, adduction, internal rotation)."""

CALIBRATION_STEPS: Final = (
    "tray",
    "stand",
    "bow",
    "knee_lift_left",
    "knee_lift_right",
    "toe_turn_left",
    "toe_turn_right",
    "stand_again",
)
"""Steps that marks ``begin:<step>`` and ``end:<step>`` may enclose, in the protocol's order."""

GRAVITY: Final = 9.81
"""Nominal magnitude of gravity, m/s²; only for gates and for scaling accelerometers in g."""

STANDARD_GRAVITY: Final = 9.80665
"""One g as sensor makers mean it, m/s² (BIPM)."""

GRID_HZ: Final = 100
"""Rate of the common time grid; grid times are ``k / GRID_HZ``."""
