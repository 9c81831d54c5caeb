"""Unit quaternions, Hamilton, scalar first ``(w, x, y, z)``, elementwise on ``(..., 4)``.

``q_ab`` maps components in frame ``b`` to components in frame ``a`` (see `conventions`). Every
function is elementwise over the leading axes, so a row has the same bits alone or in a block.
``q`` and ``-q`` are the same rotation.
"""

import numpy as np

from imuhip.core.records import Array

_TINY = 1e-12
_CONJUGATE: Array = np.array((1.0, -1.0, -1.0, -1.0))


def multiply(p: Array, q: Array) -> Array:
    """Hamilton product ``p q``, shape ``(..., 4)``: ``q_ac = multiply(q_ab, q_bc)``."""
    pw, px, py, pz = p[..., 0], p[..., 1], p[..., 2], p[..., 3]
    qw, qx, qy, qz = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    return np.stack(
        (
            pw * qw - px * qx - py * qy - pz * qz,
            pw * qx + px * qw + py * qz - pz * qy,
            pw * qy - px * qz + py * qw + pz * qx,
            pw * qz + px * qy - py * qx + pz * qw,
        ),
        axis=-1,
    )


def conjugate(q: Array) -> Array:
    """Inverse of a unit quaternion, shape ``(..., 4)``: ``q_ba = conjugate(q_ab)``."""
    return q * _CONJUGATE


def rotate(q: Array, v: Array) -> Array:
    """Components in ``a`` of a vector ``v (..., 3)`` written in ``b``, for ``q_ab (..., 4)``."""
    w, x, y, z = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    vx, vy, vz = v[..., 0], v[..., 1], v[..., 2]
    tx = 2.0 * (y * vz - z * vy)
    ty = 2.0 * (z * vx - x * vz)
    tz = 2.0 * (x * vy - y * vx)
    return np.stack(
        (
            vx + w * tx + (y * tz - z * ty),
            vy + w * ty + (z * tx - x * tz),
            vz + w * tz + (x * ty - y * tx),
        ),
        axis=-1,
    )


def normalize(q: Array) -> Array:
    """Unit quaternion along ``q (..., 4)``; NaN where the norm is zero."""
    w, x, y, z = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    norm = np.sqrt(w * w + x * x + y * y + z * z)
    with np.errstate(invalid="ignore", divide="ignore"):
        return q / norm[..., None]


def quaternion_from_rotvec(rotvec: Array) -> Array:
    """Quaternion of a rotation vector ``(..., 3)`` in radians (axis times angle)."""
    x, y, z = rotvec[..., 0], rotvec[..., 1], rotvec[..., 2]
    angle = np.sqrt(x * x + y * y + z * z)
    # np.sinc(x) is sin(πx)/(πx): finite at zero, so no branch is needed.
    scale = 0.5 * np.sinc(angle / (2.0 * np.pi))
    return np.stack((np.cos(0.5 * angle), scale * x, scale * y, scale * z), axis=-1)


def rotvec_from_quaternion(q: Array) -> Array:
    """Rotation vector ``(..., 3)`` in radians, of the shorter of the two ways round."""
    q = np.where(q[..., :1] < 0.0, -q, q)
    x, y, z = q[..., 1], q[..., 2], q[..., 3]
    sine = np.sqrt(x * x + y * y + z * z)
    angle = 2.0 * np.arctan2(sine, q[..., 0])
    scale = np.where(sine > _TINY, angle / np.maximum(sine, _TINY), 2.0)
    return q[..., 1:] * scale[..., None]


def angle_from_quaternion(q: Array) -> Array:
    """Rotation angle ``(...)`` in radians, 0 to π."""
    x, y, z = q[..., 1], q[..., 2], q[..., 3]
    return 2.0 * np.arctan2(np.sqrt(x * x + y * y + z * z), np.abs(q[..., 0]))


def quaternion_from_heading(heading: Array | float) -> Array:
    """Quaternion of a turn about the vertical, ``(...)`` radians, + counter-clockwise."""
    half = 0.5 * np.asarray(heading, dtype=np.float64)
    zero = np.zeros_like(half)
    return np.stack((np.cos(half), zero, zero, np.sin(half)), axis=-1)


def heading_from_quaternion(q: Array) -> Array:
    """Heading ``(...)`` in radians: the twist of ``q_ea`` about the earth's vertical, -π to π.

    The swing-twist decomposition with the twist about z: ``2 atan2(q_z, q_w)``.
    """
    return wrap_angle(2.0 * np.arctan2(q[..., 3], q[..., 0]))


def wrap_angle(angle: Array) -> Array:
    """The same angle in [-π, π)."""
    turned = np.asarray(angle + np.pi)
    # Most angles are there already, and a remainder is slow.
    beyond = (turned < 0.0) | (turned >= 2.0 * np.pi)
    if beyond.any():
        turned = np.where(beyond, turned % (2.0 * np.pi), turned)
    return turned - np.pi


def matrix_from_quaternion(q: Array) -> Array:
    """Rotation matrix ``(..., 3, 3)`` of ``q (..., 4)``: column j is axis j of ``b`` in ``a``."""
    w, x, y, z = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    rows = (
        (1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)),
        (2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)),
        (2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def quaternion_from_matrix(matrix: Array) -> Array:
    """Quaternion ``(..., 4)`` of rotation matrices ``(..., 3, 3)``, w ≥ 0.

    The largest of the four squared components is divided by, so no case loses precision
    (Shepperd 1978, doi:10.2514/3.55767b).
    """
    m = np.asarray(matrix, dtype=np.float64)
    d0, d1, d2 = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    w = np.stack((1 + d0 + d1 + d2, _d(m, 2, 1), _d(m, 0, 2), _d(m, 1, 0)), axis=-1)
    x = np.stack((_d(m, 2, 1), 1 + d0 - d1 - d2, _s(m, 1, 0), _s(m, 0, 2)), axis=-1)
    y = np.stack((_d(m, 0, 2), _s(m, 1, 0), 1 - d0 + d1 - d2, _s(m, 2, 1)), axis=-1)
    z = np.stack((_d(m, 1, 0), _s(m, 0, 2), _s(m, 2, 1), 1 - d0 - d1 + d2), axis=-1)
    candidates = np.stack((w, x, y, z), axis=-2)
    best = np.argmax(np.stack((w[..., 0], x[..., 1], y[..., 2], z[..., 3]), axis=-1), axis=-1)
    q = np.take_along_axis(candidates, best[..., None, None], axis=-2)[..., 0, :]
    q = normalize(q)
    return np.where(q[..., :1] < 0.0, -q, q)


def slerp(p: Array, q: Array, fraction: Array) -> Array:
    """Rotation at ``fraction (...)`` of the shortest way from ``p`` to ``q``, ``(..., 4)``."""
    step = rotvec_from_quaternion(multiply(conjugate(p), q))
    return multiply(p, quaternion_from_rotvec(step * fraction[..., None]))


def mean_quaternion(q: Array) -> Array:
    """The rotation ``(4,)`` nearest to all of ``q (N, 4)``, w ≥ 0.

    The eigenvector of the greatest eigenvalue of the sum of outer products (Markley et al. 2007,
    doi:10.2514/1.28949).
    """
    _, vectors = np.linalg.eigh(q.T @ q)
    mean = vectors[:, -1]
    return -mean if mean[0] < 0.0 else mean


def _d(m: Array, i: int, j: int) -> Array:
    """Difference of the mirrored elements (i, j) and (j, i)."""
    return m[..., i, j] - m[..., j, i]


def _s(m: Array, i: int, j: int) -> Array:
    """Sum of the mirrored elements (i, j) and (j, i)."""
    return m[..., i, j] + m[..., j, i]
