"""How a sensor really sits, against how it was declared to: upside down, turned, or as said.

Gravity in standing says which axis of the case is up; the axis of a bow or a knee lift, which one
is out. A mount is corrected to the nearest of the 24 ways a case can sit squarely, and serves as
the weak evidence that a declared mount is. Up to 45° from the declared axis is as declared.
"""

from typing import NamedTuple

import numpy as np

from imuhip.core.conventions import PELVIS
from imuhip.core.records import Array, Mount


class Sitting(NamedTuple):
    """How a sensor sits.

    Parameters
    ----------
    mount
        Up and out as they are; None while gravity alone cannot say which way is out.
    turned
        Angle of the turn from the declared mount, radians: 0, 90°, 120° or 180°.
    upside_down
        What should be up is down.
    """

    mount: Mount | None
    turned: float
    upside_down: bool


def sits(name: str, declared: Mount, up: Array, right: Array | None) -> Sitting:
    """Judge a declared mount.

    Parameters
    ----------
    name
        The segment that the sensor is on.
    declared
        How it was said to sit.
    up
        ``(3,)`` unit mean specific force while standing, frame ``s``.
    right
        ``(3,)`` functional axis to the athlete's right, frame ``s``; None while it is not known.
    """
    tilted = float(vector(declared.up) @ up) < _HALF_WAY
    true_up = _nearest(up, AXES) if tilted else declared.up
    aside = [axis for axis in AXES if axis[1] != true_up[1]]
    out: str | None = declared.out if declared.out in aside else None
    if right is not None and np.isfinite(right).all():
        level = right - (right @ vector(true_up)) * vector(true_up)
        level = level / np.linalg.norm(level)
        agree = {axis: float(_right_of(name, true_up, axis) @ level) for axis in aside}
        if out is None or agree[out] < _TURNED:
            out = max(agree, key=lambda axis: agree[axis])
    if out is None:
        return Sitting(None, np.pi / 2.0, upside_down=False)
    mount = Mount(true_up, out)
    return Sitting(mount, _apart(declared, mount), _opposite(declared.up) == true_up)


def mounted_right(name: str, mount: Mount) -> Array:
    """The segment's z axis in the sensor, from the axes that point up and out of the body."""
    return _right_of(name, mount.up, mount.out)


def vector(axis: str) -> Array:
    """``+x`` … ``-z`` as a unit vector."""
    out = np.zeros(3)
    out["xyz".index(axis[-1])] = -1.0 if axis[0] == "-" else 1.0
    return out


def _right_of(name: str, up: str, out: str) -> Array:
    if name == PELVIS:
        return np.cross(-vector(out), vector(up))  # on the sacrum, out is -x, and z = x × y
    return -vector(out) if name.endswith("left") else vector(out)  # on the lateral thigh


def _nearest(direction: Array, axes: tuple[str, ...]) -> str:
    return max(axes, key=lambda axis: float(vector(axis) @ direction))


def _opposite(axis: str) -> str:
    return ("-" if axis[0] == "+" else "+") + axis[1]


def _apart(a: Mount, b: Mount) -> float:
    """Angle of the turn from one square mount to the other, radians."""
    trace = 0.0
    for p, q in ((a.up, b.up), (a.out, b.out)):
        trace += float(vector(p) @ vector(q))
    third = np.cross(vector(a.up), vector(a.out)) @ np.cross(vector(b.up), vector(b.out))
    return float(np.arccos(np.clip((trace + float(third) - 1.0) / 2.0, -1.0, 1.0)))


AXES = ("+x", "-x", "+y", "-y", "+z", "-z")
_HALF_WAY = np.cos(np.radians(45.0))
_TURNED = np.cos(np.radians(60.0))
"""A movement may be askew, and a sensor may sit a little to the front: only beyond 60° is the face
another one."""
