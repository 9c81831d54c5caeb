"""Roll, pitch and yaw ↔ quaternion, as makers of such sensors mean them.

The order is Z-Y-X: the sensor is turned by yaw about z, then by pitch about its new y, then by roll
about its new x: ``q_es = q_z(yaw) q_y(pitch) q_x(roll)``. Source: WitMotion, WT901BLECL datasheet
v20-0707, page 14.
"""

import numpy as np

from imuhip.core.records import Array


def quaternion_from_euler(angles: Array) -> Array:
    """Quaternion ``q_es (N, 4)`` of roll, pitch, yaw ``(N, 3)`` in radians."""
    # The product q_z q_y q_x written out, as it is wanted for every notification.
    half = 0.5 * angles
    c, s = np.cos(half), np.sin(half)
    cr, sr = c[..., 0], s[..., 0]
    level_c, level_s = c[..., 1] * c[..., 2], c[..., 1] * s[..., 2]
    tipped_c, tipped_s = s[..., 1] * c[..., 2], s[..., 1] * s[..., 2]
    w = cr * level_c + sr * tipped_s
    x = sr * level_c - cr * tipped_s
    y = cr * tipped_c + sr * level_s
    z = cr * level_s - sr * tipped_c
    return np.stack((w, x, y, z), axis=-1)


def euler_from_quaternion(q: Array) -> Array:
    """Roll, pitch, yaw ``(N, 3)`` in radians of ``q_es (N, 4)``; pitch within ±π/2."""
    w, x, y, z = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    roll = np.arctan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
    pitch = np.arcsin(np.clip(2.0 * (w * y - z * x), -1.0, 1.0))
    yaw = np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
    return np.stack((roll, pitch, yaw), axis=-1)
