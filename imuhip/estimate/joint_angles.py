"""Segment orientations → hip and pelvis angles, by the tables in `conventions`.

The hip's joint coordinate system (Grood and Suntay 1983; ISB, Wu et al. 2002) as the intrinsic
product ``R = Rz(φ) Rx(α) Ry(ρ)`` of femur in pelvis: exact through any flexion at realistic
abduction, singular only at 90° of adduction. Swing-twist and projections read 10 to 30° elsewhere
in a deep squat, so they are never mixed in.
"""

import math

import numpy as np

from imuhip.core.conventions import (
    GRID_HZ,
    HIP_SIGNS,
    PELVIS,
    SIDES,
    THIGH,
    Side,
)
from imuhip.core.evidence import Alignment, HeadingBlock
from imuhip.core.kernels import kernel
from imuhip.core.quaternions import mean_quaternion, wrap_angle
from imuhip.core.records import AngleBlock, Array, GridBlock
from imuhip.estimate.angle_errors import (
    ErrorParams,
    felt_lately,
    hip_errors,
    settings_of,
    soft_tissue,
)


def hip_angles(q_e_pelvis: Array, q_e_thigh: Array, side: Side) -> Array:
    """Hip flexion, adduction and internal rotation ``(N, 3)`` in radians.

    Parameters
    ----------
    q_e_pelvis, q_e_thigh
        ``(N, 4)`` orientations of the two segments in one earth frame.
    side
        Which hip: decides the signs, nothing else.
    """
    out = np.empty((len(q_e_pelvis), 3))
    _hip(q_e_pelvis, q_e_thigh, np.array(HIP_SIGNS[side]), out)
    return out


def pelvis_angles(q_e_pelvis: Array) -> Array:
    """Pelvis tilt, obliquity and rotation ``(N, 3)`` in radians, from ``q_e_pelvis (N, 4)``."""
    out = np.empty((len(q_e_pelvis), 3))
    _pelvis(q_e_pelvis, out)
    return out


class JointAngles:
    """Angles of both hips and the pelvis on the grid, zeroed to standing, with their errors."""

    def __init__(self, params: ErrorParams | None = None) -> None:
        self._alignment: Alignment | None = None
        self._zero = np.full((2, 3), np.nan)
        self._facing = 0.0
        self._params = params or ErrorParams()
        self._stood = np.full((3, 4), np.nan)
        self._swung = np.zeros(3)
        self._heard = np.tile((0.0, 1.0, 0.0), (3, 1))
        self._known = (np.empty(0), np.empty((0, 0)), np.empty((0, 0)))

    def align(self, alignment: Alignment) -> None:
        """Use `alignment` from the next row on; the zero is taken again from its standing."""
        self._alignment = alignment
        self._zero[:] = np.nan
        self._facing = 0.0
        self._stood[:] = np.nan
        self._known = _known(self._params, alignment)
        standing = alignment.standing
        if not len(standing):
            return
        q_eb = segment_orientations(standing, alignment)
        pelvis, hips = _angles(q_eb, alignment)
        self._zero = _mean_angle(hips)
        facing = _mean_angle(pelvis[:, 2])
        self._facing = float(facing) if np.isfinite(facing) else 0.0
        for row, i in enumerate(_places(alignment)):
            if i is not None and np.isfinite(q_eb[:, i]).all():
                self._stood[row] = mean_quaternion(q_eb[:, i])

    @property
    def zero(self) -> Array:
        """Raw hip angles ``(2, 3)`` of the standing that zeroed ones are relative to."""
        return self._zero.copy()

    def push(self, grid: GridBlock, headings: HeadingBlock) -> AngleBlock:
        """Return the angles of the grid's rows, the drift of the headings taken off."""
        n = len(grid.t)
        unknown, nothing = np.full((n, 2, 3), np.nan), np.full((n, 3), np.nan)
        if self._alignment is None:
            hips = (unknown, unknown, unknown, unknown, nothing)
            return AngleBlock(grid.t, *hips, np.zeros((n, 2), dtype=np.bool_), nothing, nothing)
        q_eb = segment_orientations(grid.q, self._alignment, headings.turn)
        pelvis, raw = _angles(q_eb, self._alignment)
        pelvis[:, 1] -= self._alignment.obliquity
        pelvis[:, 2] = wrap_angle(pelvis[:, 2] - self._facing)
        zeroed = wrap_angle(raw - self._zero)
        valid = np.isfinite(raw[..., 0])
        sd, cov, pelvis_sd = self._errors(q_eb, headings, self._alignment)
        total = soft_tissue(zeroed, sd)
        return AngleBlock(grid.t, zeroed, raw, sd, total, cov, valid, pelvis, pelvis_sd)

    def _errors(
        self, q_eb: Array, headings: HeadingBlock, alignment: Alignment
    ) -> tuple[Array, Array, Array]:
        """Deviations of the hips, covariance of the sides, deviations of the pelvis."""
        n = len(q_eb)
        out = (np.full((n, 2, 3), np.nan), np.full((n, 3), np.nan), np.full((n, 3), np.nan))
        segments = np.full((n, 3, 4), np.nan)
        moved = np.full((2, n, 3), np.nan)
        drifts, tilts = np.full((2, n, 3), np.nan)
        for row, i in enumerate(_places(alignment)):
            if i is not None:
                segments[:, row] = q_eb[:, i]
                drifts[:, row], tilts[:, row] = headings.variance[:, i], headings.tilt[:, i]
        turned_since(segments, self._stood, moved[0])
        _lately(moved[0], self._swung, moved[1])
        felt = np.empty((n, 3, 3))
        felt_lately(segments, self._heard, felt)
        doubts = (drifts, tilts)
        hip_errors(segments[:, 0], segments[:, 1:], felt, moved, self._known, doubts, out)
        return out


def _places(alignment: Alignment) -> list[int | None]:
    """Where pelvis, left and right thigh are among the sensors."""
    place = {sensor: i for i, sensor in enumerate(alignment.sensors)}
    return [place.get(PELVIS), *(place.get(THIGH[side]) for side in SIDES)]


def _known(params: ErrorParams, alignment: Alignment) -> tuple[Array, Array, Array]:
    """Settings, the alignment's covariance and the signs, as `hip_errors` reads them."""
    covariance, places = np.full((3, 3), np.nan), _places(alignment)
    for row, i in enumerate(places):
        for column, j in enumerate(places):
            if i is not None and j is not None:
                covariance[row, column] = alignment.covariance[i, j]
    signs = np.array([HIP_SIGNS[side] for side in SIDES])
    return settings_of(params, alignment.quality, alignment.obliquity_sd), covariance, signs


@kernel
def turned_since(q: Array, stood: Array, out: Array) -> None:
    """How far each of ``q (N, S, 4)`` is turned from its standing one ``(S, 4)``, radians."""
    for i in range(len(q)):
        for s in range(q.shape[1]):
            cosine = 0.0
            for k in range(4):
                cosine += q[i, s, k] * stood[s, k]
            out[i, s] = 2.0 * math.acos(min(abs(cosine), 1.0))


@kernel
def _lately(moved: Array, memory: Array, out: Array) -> None:
    """The farthest turn ``(N, 3)`` of the last seconds, fading as gravity mends what it left."""
    kept = math.exp(-1.0 / (_MENDED_S * GRID_HZ))
    for i in range(len(moved)):
        for k in range(3):
            memory[k] *= kept
            if moved[i, k] > memory[k]:
                memory[k] = moved[i, k]
            out[i, k] = memory[k] if math.isfinite(moved[i, k]) else math.nan


def _angles(q_eb: Array, alignment: Alignment) -> tuple[Array, Array]:
    """Pelvis ``(N, 3)`` and raw hip angles ``(N, 2, 3)``; NaN where a segment is not known."""
    place = {sensor: i for i, sensor in enumerate(alignment.sensors)}
    pelvis = q_eb[:, place[PELVIS]]
    hips = np.full((len(q_eb), 2, 3), np.nan)
    for k, side in enumerate(SIDES):
        if THIGH[side] in place:
            hips[:, k] = hip_angles(pelvis, q_eb[:, place[THIGH[side]]], side)
    return pelvis_angles(pelvis), hips


def segment_orientations(q_es: Array, alignment: Alignment, drift: Array | float = 0.0) -> Array:
    """``q_eb (N, S, 4)`` in the pelvis's earth frame, of ``q_es (N, S, 4)``.

    `drift` ``(N, S)`` is what the sensors' headings have turned away since the alignment, radians.
    """
    out = np.empty(q_es.shape)
    headings = np.broadcast_to(alignment.heading - drift, q_es.shape[:2])
    _on_segments(np.ascontiguousarray(q_es), np.ascontiguousarray(headings), alignment.q_sb, out)
    return out


@kernel
def _on_segments(q_es: Array, heading: Array, q_sb: Array, out: Array) -> None:
    """Turn each orientation about the vertical, and go from the sensor to its segment."""
    for i in range(len(q_es)):
        for s in range(q_es.shape[1]):
            w, z = math.cos(0.5 * heading[i, s]), math.sin(0.5 * heading[i, s])
            qw, qx, qy, qz = q_es[i, s, 0], q_es[i, s, 1], q_es[i, s, 2], q_es[i, s, 3]
            pw, px = w * qw - z * qz, w * qx - z * qy
            py, pz = w * qy + z * qx, w * qz + z * qw
            bw, bx, by, bz = q_sb[s, 0], q_sb[s, 1], q_sb[s, 2], q_sb[s, 3]
            out[i, s, 0] = pw * bw - px * bx - py * by - pz * bz
            out[i, s, 1] = pw * bx + px * bw + py * bz - pz * by
            out[i, s, 2] = pw * by - px * bz + py * bw + pz * bx
            out[i, s, 3] = pw * bz + px * by - py * bx + pz * bw


def _mean_angle(angles: Array) -> Array:
    """Mean over the first axis of angles that lie close together, wherever the circle is cut."""
    rows = angles[np.isfinite(angles).reshape(len(angles), -1).any(axis=1)]
    if not len(rows):
        return np.full(angles.shape[1:], np.nan)
    return np.asarray(wrap_angle(rows[0] + np.mean(wrap_angle(rows - rows[0]), axis=0)))


@kernel
def _hip(pelvis: Array, thigh: Array, signs: Array, out: Array) -> None:
    """Angles of ``conj(pelvis) * thigh``, row by row."""
    for i in range(len(out)):
        w, x, y, z = _relative(pelvis[i], thigh[i])
        r01, r11, r21 = 2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + w * x)
        r20, r22 = 2.0 * (x * z - w * y), 1.0 - 2.0 * (x * x + y * y)
        out[i, 0] = signs[0] * math.atan2(-r01, r11)
        # atan2 keeps its digits near ±90°, where asin loses them.
        out[i, 1] = signs[1] * math.atan2(r21, math.sqrt(r01 * r01 + r11 * r11))
        out[i, 2] = signs[2] * math.atan2(-r20, r22)


@kernel
def _relative(p: Array, q: Array) -> tuple[float, float, float, float]:
    """Hamilton product of the inverse of p with q."""
    return (
        p[0] * q[0] + p[1] * q[1] + p[2] * q[2] + p[3] * q[3],
        p[0] * q[1] - p[1] * q[0] - p[2] * q[3] + p[3] * q[2],
        p[0] * q[2] + p[1] * q[3] - p[2] * q[0] - p[3] * q[1],
        p[0] * q[3] - p[1] * q[2] + p[2] * q[1] - p[3] * q[0],
    )


@kernel
def _pelvis(pelvis: Array, out: Array) -> None:
    """Rotation-obliquity-tilt of ``Cᵀ R``: C maps X→x, Y→z, Z→-y, so its rows are x, z and -y."""
    for i in range(len(out)):
        w, x, y, z = pelvis[i, 0], pelvis[i, 1], pelvis[i, 2], pelvis[i, 3]
        r02, r12 = 2.0 * (x * z + w * y), 2.0 * (y * z - w * x)
        r20, r21, r22 = 2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)
        out[i, 0] = -math.atan2(r20, r21)
        out[i, 1] = -math.atan2(r22, math.sqrt(r20 * r20 + r21 * r21))
        out[i, 2] = math.atan2(r02, -r12)


_MENDED_S = 4.0
"""How long an inclination keeps what a turn has left in it."""
