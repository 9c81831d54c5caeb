"""Roll, pitch and yaw ↔ quaternion, as makers of such sensors mean them.

The order is Z-Y-X: the sensor is turned by yaw about z, then by pitch about its new y, then by roll
about its new x: ``q_es = q_z(yaw) q_y(pitch) q_x(roll)``. Source: WitMotion, WT901BLECL datasheet
v20-0707, page 14.
"""

import numpy as np

from imuhip.quaternions import multiply
from imuhip.records import Array


def quaternion_from_euler(angles: Array) -> Array:
    """Quaternion ``q_es (N, 4)`` of roll, pitch, yaw ``(N, 3)`` in radians."""
    half = 0.5 * angles
    c, s = np.cos(half), np.sin(half)
    zero = np.zeros_like(c[..., 0])
    roll = np.stack((c[..., 0], s[..., 0], zero, zero), axis=-1)
    pitch = np.stack((c[..., 1], zero, s[..., 1], zero), axis=-1)
    yaw = np.stack((c[..., 2], zero, zero, s[..., 2]), axis=-1)
    return multiply(yaw, multiply(pitch, roll))


def euler_from_quaternion(q: Array) -> Array:
    """Roll, pitch, yaw ``(N, 3)`` in radians of ``q_es (N, 4)``; pitch within ±π/2."""
    w, x, y, z = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    roll = np.arctan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
    pitch = np.arcsin(np.clip(2.0 * (w * y - z * x), -1.0, 1.0))
    yaw = np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
    return np.stack((roll, pitch, yaw), axis=-1)
