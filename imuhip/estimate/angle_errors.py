"""What the angles of one row may be wrong by: every error that is known of, through the joint.

A small error of a segment frame is a rotation vector; the joint coordinate system turns it into
errors of the angles (the inverse of ``ω = φ' e1 + α' e2 + ρ' e3``). With R the femur in the pelvis,
Y the frames' own up, and ``u`` the vertical as the pelvis or the thigh has it, all written in the
pelvis, the angles are wrong by what these vectors give, minus what they gave in standing:

=====================================================  ============================================
heading of the pelvis's medio-lateral axis (a)         ``R Y - Y``
heading of the thigh's sensor in the standing (d)      ``u - R Y``
drift of that heading since then (h)                   ``u``
posture: the standing was not upright (X and Z)        ``-X, -Z`` (pelvis), ``R X, R Z`` (thigh)
bias of an accelerometer of b g, skew of its axes M    ``(g - Y) × b + g × M g - Y × M Y``
scale and axes of a gyroscope                          ``u``, and a little in any direction
=====================================================  ============================================

a and d come with their covariance from the calibration, h with its variance from the headings. In
standing d moves nothing and h all of rotation; at 110° of flexion h moves adduction instead: the
error bar follows the posture. Left and right share the pelvis, so their errors have a covariance.

A filter hears an accelerometer over seconds, so its error acts by the vertical ``g`` that the
sensor felt lately (`felt_lately`): hardly at the bottom of a quick squat, and still after it.

Skin over bone is not in it. For people it is added (`soft_tissue`): a share of rotation that the
skin does not follow, and a slip with flexion.
"""

import math
from dataclasses import dataclass

import numpy as np

from imuhip.core.conventions import GRID_HZ
from imuhip.core.kernels import kernel
from imuhip.core.quaternions import conjugate, rotate
from imuhip.core.records import Array


@dataclass(frozen=True, slots=True)
class ErrorParams:
    """What is believed of sensors and of people; one standard deviation each, radians or shares.

    Parameters
    ----------
    pelvis_tilt
        How far the pelvis was from upright in the standing, about Z; about X the alignment knows.
    thigh_posture
        How far the thigh was, about X and about Z.
    turning
        Error of a turn by scale and axes of the gyroscope, as a share of it, over that of the
        accelerometer: who makes one well makes the other well.
    still
        Error of an inclination that has not turned at all.
    skew
        Of an accelerometer's axes towards each other, over the error of what it feels at rest:
        data sheets give both alike.
    """

    pelvis_tilt: float = math.radians(2.0)
    thigh_posture: tuple[float, float] = (math.radians(1.7), math.radians(2.8))
    turning: float = 1.0
    still: float = math.radians(0.25)
    skew: float = 1.0


def settings_of(params: ErrorParams, quality: float, obliquity_sd: float) -> Array:
    """The parameters as the kernel reads them; the others are `Alignment`'s."""
    postures = (obliquity_sd, params.pelvis_tilt, *params.thigh_posture)
    return np.array((*postures, quality, params.turning * quality, params.still, params.skew))


def soft_tissue(hip: Array, sd: Array) -> Array:
    """Error with the skin's part ``(N, 2, 3)``, for angles ``(N, 2, 3)`` against standing.

    The skin follows at worst 60 % of a rotation (Schache 2008,
    doi:10.1016/j.gaitpost.2007.01.001), so a third of it is one standard deviation; the rest is
    the size of what cameras differ by on squats (docs/method.md).
    """
    total = np.empty(sd.shape)
    _with_skin(hip, sd, total)
    return total


def verticals(q: Array) -> Array:
    """The earth's vertical ``(N, S, 3)`` in segments ``q_eb (N, S, 4)``: felt after a long rest."""
    return rotate(conjugate(q), _UP)


@kernel
def _with_skin(hip: Array, sd: Array, total: Array) -> None:
    for i in range(len(hip)):
        for side in range(2):
            flexion, rotation = hip[i, side, 0], hip[i, side, 2]
            for k, (per_flexion, per_rotation) in enumerate(_SKIN):
                skin = _SKIN_STILL**2 + (per_flexion * flexion) ** 2
                skin += (per_rotation * rotation) ** 2
                total[i, side, k] = math.sqrt(sd[i, side, k] ** 2 + skin)


@kernel
def hip_errors(
    pelvis: Array,
    thighs: Array,
    felt: Array,
    moved: Array,
    known: tuple[Array, Array, Array],
    doubts: tuple[Array, Array],
    out: tuple[Array, Array, Array],
) -> None:
    """Fill standard deviations and the covariance of the sides, row by row.

    Parameters
    ----------
    pelvis, thighs
        ``(N, 4)`` and ``(N, 2, 4)`` segment orientations ``q_eb`` in one earth; NaN if unknown.
    felt
        ``(N, 3, 3)`` the vertical that the pelvis and both thighs felt lately, each in itself.
    moved
        ``(2, N, 3)`` how far the pelvis and both thighs are turned from standing, and how far they
        were lately: what a turn leaves in an inclination lasts for some seconds. Radians.
    known
        Settings; ``(3, 3)`` covariance of a, and d of both thighs; ``(2, 3)`` signs of the angles.
    doubts
        ``(N, 3)`` variance of the pelvis's own heading and of both thighs' against it, and
        ``(N, 3)`` variance of all three inclinations after a gap, rad².
    out
        ``(N, 2, 3)`` deviations of the hip, ``(N, 3)`` covariance of left and right, ``(N, 3)``
        deviations of the pelvis's angles.
    """
    settings, covariance, signs = known
    sd, cov, pelvis_sd = out
    drifts, tilts = doubts
    noise, turning, heading = np.empty(3), np.empty(3), np.empty(2)
    shared, own = np.empty((2, _SHARED, 3)), np.empty((_OWN, 3))
    left_d, left_h = np.empty(3), np.empty(3)
    up, heard = np.empty(3), np.empty(3)
    carried, gain = np.empty((3, 3)), np.empty((3, 3))
    for i in range(len(pelvis)):
        _vertical(pelvis[i], up)
        for k in range(3):
            turning[k] = (settings[5] * moved[0, i, k]) ** 2
            noise[k] = _LEVELLED * (settings[5] * moved[1, i, k]) ** 2
            noise[k] += settings[6] ** 2 + tilts[i, k]
        doubt = (noise[0], drifts[i, 0])
        _pelvis_errors(up, felt[i, 0], doubt, settings, covariance[0, 0], pelvis_sd[i])
        for k in range(2):
            heading[k] = drifts[i, 1 + k] + turning[0] + turning[1 + k]
            _relative_axes(pelvis[i], thighs[i, k], carried)
            _gain(carried, signs[k], gain)
            _shared_errors(carried, gain, settings, signs[k], shared[k])
            _inclined(felt[i, 0], _PELVIS_AXES, gain, noise[0], settings, shared[k, 3:])
            _own_errors(up, carried, gain, settings, signs[k], own)
            _into_pelvis(carried, felt[i, 1 + k], heard)
            _inclined(heard, carried, gain, noise[1 + k], settings, own[4:])
            for c in range(3):
                a, d = shared[k, 0, c], own[0, c]
                total = a * a * covariance[0, 0] + d * d * covariance[1 + k, 1 + k]
                total += 2.0 * a * d * covariance[0, 1 + k]
                total += own[1, c] ** 2 * heading[k]
                for j in range(1, _SHARED):
                    total += shared[k, j, c] ** 2
                for j in range(2, _OWN):
                    total += own[j, c] ** 2
                sd[i, k, c] = math.sqrt(max(total, 0.0))
            if k == 0:
                left_d[:], left_h[:] = own[0], own[1]
        for c in range(3):
            a_left, a_right = shared[0, 0, c], shared[1, 0, c]
            total = a_left * a_right * covariance[0, 0] + left_d[c] * own[0, c] * covariance[1, 2]
            total += a_left * own[0, c] * covariance[0, 2] + left_d[c] * a_right * covariance[0, 1]
            # Half of the drift is the pelvis's own gyroscope, and moves both.
            total += 0.5 * left_h[c] * own[1, c] * math.sqrt(heading[0] * heading[1])
            for j in range(1, _SHARED):
                total += shared[0, j, c] * shared[1, j, c]
            cov[i, c] = total


@kernel
def lean_errors(
    q: Array, moved: Array, tilt: Array, settings: Array, facing: float, out: Array
) -> None:
    """Fill the deviations ``(N, 2)`` of tilt and obliquity of one segment, row by row.

    Parameters
    ----------
    q, moved, tilt
        ``(N, 4)`` ``q_eb``; ``(N,)`` turn since standing; ``(N,)`` variance after a gap.
    facing
        Variance of its medio-lateral axis's heading.
    """
    up, row = np.empty(3), np.empty(3)
    for i in range(len(q)):
        _vertical(q[i], up)
        noise = _LEVELLED * (settings[5] * moved[i]) ** 2 + settings[6] ** 2 + tilt[i]
        _pelvis_errors(up, up, (noise, 0.0), settings, facing, row)
        out[i, 0], out[i, 1] = row[0], row[1]


@kernel
def _shared_errors(carried: Array, gain: Array, settings: Array, signs: Array, out: Array) -> None:
    """Errors of the angles of one hip that come from the pelvis's frame: a, posture."""
    _angles(carried[0, 1], carried[1, 1] - 1.0, carried[2, 1], gain, 1.0, out[0])
    _angles(-1.0, 0.0, 0.0, gain, settings[0], out[1])
    out[1, 1] += signs[1] * settings[0]
    _angles(0.0, 0.0, -1.0, gain, settings[1], out[2])
    out[2, 0] += signs[0] * settings[1]


@kernel
def _own_errors(
    up: Array, carried: Array, gain: Array, settings: Array, signs: Array, out: Array
) -> None:
    """Errors of the angles of one hip that come from its thigh's frame: d, h, posture."""
    x, y, z = up[0] - carried[0, 1], up[1] - carried[1, 1], up[2] - carried[2, 1]
    _angles(x, y, z, gain, 1.0, out[0])
    _angles(up[0], up[1], up[2], gain, 1.0, out[1])
    _angles(carried[0, 0], carried[1, 0], carried[2, 0], gain, settings[2], out[2])
    out[2, 1] -= signs[1] * settings[2]
    _angles(carried[0, 2], carried[1, 2], carried[2, 2], gain, settings[3], out[3])
    out[3, 0] -= signs[0] * settings[3]


@kernel
def _inclined(
    felt: Array, axes: Array, gain: Array, noise: float, settings: Array, out: Array
) -> None:
    """Errors of a segment's inclination: any of variance `noise`, and those of its accelerometer.

    `axes` are the segment's, as columns in the pelvis. A bias along one of them adds what it adds
    under the vertical `felt`, less what it added in the standing; skew adds another share of
    gravity when that comes from elsewhere, the same only as far as the two verticals have a cosine
    in common.
    """
    spread = math.sqrt(noise)
    skew = settings[7] ** 2
    cosine = felt[0] * axes[0, 1] + felt[1] * axes[1, 1] + felt[2] * axes[2, 1]
    bias = math.sqrt(1.0 + skew) * settings[4]
    common = (1.0 + skew * cosine) / (1.0 + skew)
    rest = math.sqrt(max(1.0 - common * common, 0.0))
    for k in range(3):
        _crossed(felt[0], felt[1], felt[2], axes, k, gain, bias, out[3 + k])
        _crossed(axes[0, 1], axes[1, 1], axes[2, 1], axes, k, gain, bias, out[6 + k])
        for c in range(3):
            out[k, c] = spread * gain[c, k]
            out[3 + k, c] -= common * out[6 + k, c]
            out[6 + k, c] *= rest


@kernel
def _pelvis_errors(
    up: Array,
    felt: Array,
    doubt: tuple[float, float],
    settings: Array,
    facing: float,
    out: Array,
) -> None:
    """Deviations of tilt, obliquity and rotation of the pelvis.

    `doubt` is the variance of its inclination and of its heading.
    """
    noise, drift = doubt
    noise += (felt[0] ** 2 + (felt[1] - 1.0) ** 2 + felt[2] ** 2) * settings[4] ** 2
    skewed = (settings[4] * settings[7]) ** 2
    # A medio-lateral axis that is askew shows tilt as obliquity, and the other way round.
    level = 1.0 - up[1] ** 2
    upright = max(up[0] ** 2 + up[1] ** 2, _SINGULAR**2)
    tilted, listed = up[1] * up[2] / upright, up[0] / math.sqrt(upright)
    out[0] = math.sqrt(noise + (level + up[0] ** 2) * skewed + tilted**2 * facing)
    out[1] = math.sqrt(noise + (level + up[2] ** 2) * skewed + listed**2 * facing)
    out[2] = math.sqrt(noise + drift)


@kernel
def _gain(carried: Array, signs: Array, out: Array) -> None:
    """What a small rotation, in the pelvis, adds to the angles: ``(3, 3)``, a row an angle."""
    # The femur's y axis is (-sin φ cos α, cos φ cos α, sin α).
    x, y, sine = carried[0, 1], carried[1, 1], carried[2, 1]
    cosine = max(math.sqrt(x * x + y * y), _SINGULAR)
    sin_flexion, cos_flexion = -x / cosine, y / cosine
    out[2, 0], out[2, 1], out[2, 2] = -sin_flexion / cosine, cos_flexion / cosine, 0.0
    out[0, 0], out[0, 1], out[0, 2] = -sine * out[2, 0], -sine * out[2, 1], 1.0
    out[1, 0], out[1, 1], out[1, 2] = cos_flexion, sin_flexion, 0.0
    for angle in range(3):
        for k in range(3):
            out[angle, k] *= signs[angle]


@kernel
def _angles(x: float, y: float, z: float, gain: Array, size: float, out: Array) -> None:
    """What the small rotation ``size (x, y, z)``, in the pelvis, adds to the angles."""
    for angle in range(3):
        out[angle] = size * (gain[angle, 0] * x + gain[angle, 1] * y + gain[angle, 2] * z)


@kernel
def _crossed(
    x: float, y: float, z: float, axes: Array, k: int, gain: Array, size: float, out: Array
) -> None:
    """The same of ``size (x, y, z) × axis k``."""
    a, b, c = axes[0, k], axes[1, k], axes[2, k]
    _angles(y * c - z * b, z * a - x * c, x * b - y * a, gain, size, out)


@kernel
def felt_lately(q: Array, memory: Array, out: Array) -> None:
    """The vertical ``(N, S, 3)`` in every segment, as a filter hears it: smoothed over seconds.

    Parameters
    ----------
    q
        ``(N, S, 4)`` ``q_eb``; NaN if unknown, and then nothing is heard.
    memory
        ``(S, 3)`` what is heard so far, carried on.
    """
    heard, up = 1.0 - math.exp(-1.0 / (_HEARD_S * GRID_HZ)), np.empty(3)
    for i in range(len(q)):
        for k in range(q.shape[1]):
            if math.isfinite(q[i, k, 0]):
                _vertical(q[i, k], up)
                for c in range(3):
                    memory[k, c] += heard * (up[c] - memory[k, c])
            out[i, k] = memory[k]


@kernel
def _into_pelvis(carried: Array, vector: Array, out: Array) -> None:
    """A vector of the thigh, in the pelvis."""
    for r in range(3):
        row = carried[r, 0] * vector[0] + carried[r, 1] * vector[1]
        out[r] = row + carried[r, 2] * vector[2]


@kernel
def _vertical(q: Array, out: Array) -> None:
    """The earth's vertical in a segment."""
    w, x, y, z = q[0], q[1], q[2], q[3]
    out[0], out[1] = 2.0 * (x * z - w * y), 2.0 * (y * z + w * x)
    out[2] = 1.0 - 2.0 * (x * x + y * y)


@kernel
def _relative_axes(p: Array, q: Array, out: Array) -> None:
    """The thigh's axes in the pelvis, as columns: the matrix of the inverse of p times q."""
    w = p[0] * q[0] + p[1] * q[1] + p[2] * q[2] + p[3] * q[3]
    x = p[0] * q[1] - p[1] * q[0] - p[2] * q[3] + p[3] * q[2]
    y = p[0] * q[2] + p[1] * q[3] - p[2] * q[0] - p[3] * q[1]
    z = p[0] * q[3] - p[1] * q[2] + p[2] * q[1] - p[3] * q[0]
    out[0, 0], out[1, 0], out[2, 0] = _column(w, x, y, z)
    out[1, 1], out[2, 1], out[0, 1] = _column(w, y, z, x)
    out[2, 2], out[0, 2], out[1, 2] = _column(w, z, x, y)


@kernel
def _column(w: float, x: float, y: float, z: float) -> tuple[float, float, float]:
    """The first column of the matrix of a quaternion; turning x, y, z on gives the others."""
    return 1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y)


_UP: Array = np.array((0.0, 0.0, 1.0))
_SHARED, _OWN = 12, 13
_PELVIS_AXES: Array = np.eye(3)
_SINGULAR = 1e-3
_LEVELLED = 0.35
"""Share of the turning's variance that gravity leaves in the inclination; none of the heading's."""

_HEARD_S = 3.0
"""Over how long the orientation filter hears an accelerometer (VQF's time constant)."""

_SKIN = ((0.04, 0.0), (0.05, 0.0), (0.05, 0.33))
"""What skin adds to flexion, adduction and rotation: a share of flexion, and of rotation."""
_SKIN_STILL = math.radians(1.0)
