"""What the angles of further joints may be wrong by: the hip's errors, for any two segments.

A segment i is wrong about the vertical by d_i, the heading of its sensor, and about its own y by
a - d_i, a the heading of the common medio-lateral axis. Between a proximal segment P and a distal
one D (R is D in P, u the vertical in P) that is

    (R Y - Y) a + (u - R Y) d_D - (u - Y) d_P = (R Y - Y) (a - d_P) + (u - R Y) (d_D - d_P)

so the hip's equations hold (`angle_errors`) with a - d_P for a and d_D - d_P for d. One error is
added: a joint that does not bend about the pelvis's axis, for the leg stands turned; its own axis
is askew by that much.
"""

import math
from dataclasses import replace

import numpy as np

from imuhip.core.records import Array
from imuhip.estimate.angle_errors import (
    ErrorParams,
    hip_errors,
    lean_errors,
    settings_of,
    verticals,
)

AXIS_SD = math.radians(6.0)
"""How far a joint's own axis is turned from the pelvis's in standing (toes out)."""


def joint_sd(
    q: Array,
    moved: Array,
    headings: Array,
    doubts: tuple[Array, Array],
    known: tuple[ErrorParams, float],
) -> Array:
    """Deviations ``(N, 3)`` of φ, α and ρ of a distal segment in a proximal one, radians.

    Parameters
    ----------
    q
        ``(N, 2, 4)`` ``q_eb`` of both, the proximal one first.
    moved
        ``(N, 2)`` how far each has turned since standing, radians.
    headings
        ``(3, 3)`` covariance of a, d_P and d_D.
    doubts
        ``(N, 2)`` variances of the drift of both headings, and ``(N, 2)`` of their inclinations.
    known
        What is believed of people and sensors, and the accelerometers' error.
    """
    params, quality = known
    aside, forward = params.thigh_posture
    both = replace(params, pelvis_tilt=forward)
    # The hip's kernel has two distal segments: both are the same one here.
    pick = np.array((0, 1, 1))
    mixed = np.array(((1.0, -1.0, 0.0), (0.0, -1.0, 1.0), (0.0, -1.0, 1.0)))
    covariance = mixed @ headings @ mixed.T
    covariance[0, 0] += AXIS_SD**2
    drift = _relative(doubts[0])
    drifts = np.stack((doubts[0][:, 0], drift, drift), axis=-1)
    n = len(moved)
    out = (np.full((n, 2, 3), np.nan), np.empty((n, 3)), np.empty((n, 3)))
    segments = q[:, pick]
    hip_errors(
        segments[:, 0],
        segments[:, 1:],
        verticals(segments),
        np.ascontiguousarray(np.stack((moved[:, pick], moved[:, pick]))),
        (settings_of(both, quality, aside), covariance, np.ones((2, 3))),
        (drifts, np.ascontiguousarray(doubts[1][:, pick])),
        out,
    )
    return np.ascontiguousarray(out[0][:, 0])


def turn_sd(
    q: Array,
    moved: Array,
    headings: Array,
    doubts: tuple[Array, Array],
    known: tuple[ErrorParams, float],
) -> Array:
    """Deviation ``(N, 1)`` of a segment's heading against another's; parameters as `joint_sd`'s.

    What is askew about a segment's own y is seen in its heading only as far as it leans: all of
    what standing had is zeroed.
    """
    params, quality = known
    lean_p, lean_d = _upright(q[:, 0]) - 1.0, _upright(q[:, 1]) - 1.0
    turned = (params.turning * quality * moved) ** 2
    variance = _relative(doubts[0]) + turned[:, 0] + turned[:, 1] + 2.0 * params.still**2
    # lean_D (a - d_D) - lean_P (a - d_P)
    parts = (lean_d - lean_p, lean_p, -lean_d)
    for one, first in enumerate(parts):
        for other, second in enumerate(parts):
            variance = variance + first * second * headings[one, other]
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))[:, None]


def lean_sd(
    q: Array, moved: Array, headings: Array, tilt: Array, known: tuple[ErrorParams, float]
) -> Array:
    """Deviations ``(N, 2)`` of a segment's tilt and obliquity.

    Parameters
    ----------
    q
        ``(N, 4)`` ``q_eb``.
    moved, tilt
        ``(N,)`` turn since standing; variance of the inclination after a gap.
    headings
        ``(2, 2)`` covariance of a and the sensor's d.
    known
        What is believed of people and sensors, and the accelerometers' error.
    """
    params, quality = known
    facing = float(headings[0, 0] - 2.0 * headings[0, 1] + headings[1, 1])
    out = np.empty((len(q), 2))
    lean_errors(q, moved, tilt, settings_of(params, quality, 0.0), facing, out)
    return out


def _relative(drifts: Array) -> Array:
    """Variance ``(N,)`` of the drift between two sensors, each known against the pelvis's.

    Half of each is the pelvis's own gyroscope, and is not between them. A drift of zero is the
    pelvis's.
    """
    return np.asarray(drifts[:, 0] + drifts[:, 1] - np.sqrt(drifts[:, 0] * drifts[:, 1]))


def _upright(q: Array) -> Array:
    """Cosine ``(N,)`` of a segment's lean, of ``q_eb (N, 4)``."""
    w, x, y, z = q[:, 0], q[:, 1], q[:, 2], q[:, 3]
    return np.asarray(2.0 * (y * z + w * x))
