"""Other definitions of hip rotation, from the same two segments: never mixed with the main one.

With ``R = Rz(φ) Rx(α) Ry(ρ)`` the femur in the pelvis (`conventions`), and q its quaternion:

==============  ===================================  =============================================
definition      equation                             when to read it
==============  ===================================  =============================================
swing–twist     ``2 atan2(q_y, q_w)``                standing and seated turns; equal to ρ where
                                                     the hip is not abducted. The twist about the
                                                     femur that a shortest swing leaves over
                                                     (Cheng 2000's two steps).
projected       ``atan2(R02, R22)``                  standing; the femur's medio-lateral axis seen
                                                     from above the pelvis. Hardly feels an error of
                                                     the pelvis's frontal or sagittal frame, but its
                                                     meaning changes with depth: at 90° of flexion
                                                     it no longer sees rotation at all.
==============  ===================================  =============================================

Deep in a squat with abduction they read 10 to 40° less than ρ; neither is wrong, they are other
questions. The signs are those of internal rotation in `conventions`.
"""

import math

import numpy as np

from imuhip.core.conventions import HIP_SIGNS, SIDES
from imuhip.core.kernels import kernel
from imuhip.core.quaternions import wrap_angle
from imuhip.core.records import Array


def swing_rotation(hip: Array) -> Array:
    """Internal rotation ``(N, 2)`` by swing and twist about the femur, radians.

    Parameters
    ----------
    hip
        ``(N, 2, 3)`` raw flexion, adduction, rotation of both sides, radians.
    """
    return _of(hip, 0)


def projected_rotation(hip: Array) -> Array:
    """Internal rotation ``(N, 2)`` projected on the pelvis's transverse plane, radians.

    Parameters
    ----------
    hip
        ``(N, 2, 3)`` raw flexion, adduction, rotation of both sides, radians.
    """
    return _of(hip, 1)


def zeroed(definition: str, raw: Array, hip: Array) -> Array:
    """A definition's internal rotation ``(N, 2)`` relative to standing, radians.

    Parameters
    ----------
    definition
        A name in `DEFINITIONS`.
    raw, hip
        ``(N, 2, 3)`` raw and zeroed angles; their difference is the standing.
    """
    function = DEFINITIONS[definition]
    return wrap_angle(function(raw) - function(wrap_angle(raw - hip)))


DEFINITIONS = {"swing": swing_rotation, "projected": projected_rotation}
"""By the name that their columns end in."""


def _of(hip: Array, which: int) -> Array:
    """Row by row and side by side."""
    out = np.empty(hip.shape[:2])
    signs = np.array([HIP_SIGNS[side] for side in SIDES])
    _follow(np.ascontiguousarray(hip), signs, which, out)
    return out


@kernel
def _follow(hip: Array, signs: Array, which: int, out: Array) -> None:
    for i in range(len(hip)):
        for k in range(2):
            a = 0.5 * signs[k, 0] * hip[i, k, 0]
            b = 0.5 * signs[k, 1] * hip[i, k, 1]
            c = 0.5 * signs[k, 2] * hip[i, k, 2]
            # qz(φ) qx(α)
            w, x = math.cos(a) * math.cos(b), math.cos(a) * math.sin(b)
            y, z = math.sin(a) * math.sin(b), math.sin(a) * math.cos(b)
            # times qy(ρ)
            w, x, y, z = (
                w * math.cos(c) - y * math.sin(c),
                x * math.cos(c) - z * math.sin(c),
                w * math.sin(c) + y * math.cos(c),
                z * math.cos(c) + x * math.sin(c),
            )
            if which == 0:
                twist = 2.0 * math.atan2(y, w)
                if twist > math.pi:
                    twist -= 2.0 * math.pi
                elif twist < -math.pi:
                    twist += 2.0 * math.pi
                out[i, k] = signs[k, 2] * twist
            else:
                r02, r22 = 2.0 * (x * z + w * y), 1.0 - 2.0 * (x * x + y * y)
                out[i, k] = signs[k, 2] * math.atan2(r02, r22)
