"""The axis a segment turned about in a calibration movement, and how steadily it did so.

The principal axis of the angular rate above 20°/s. Explained variance says nothing of its accuracy
(a knee lift 9° askew still has 99.6 % in its first component), so what is reported is how much the
axis of one repetition differs from the next. How straight the person moves is not to be seen in it.

A pelvis that bows turns about its own axis, which stays in its sensor. A thigh that is lifted turns
about the pelvis's, which stays in the earth, and there it is looked for: what a thigh turns about
its own length on the way up takes the sensor along, and what it goes outward turns it about the
vertical, the more so the higher it is, which says nothing of a heading.
"""

from typing import NamedTuple

import numpy as np

from imuhip.core.quaternions import conjugate, multiply, rotate, rotvec_from_quaternion
from imuhip.core.records import Array


class Movement(NamedTuple):
    """What a calibration movement showed of one sensor.

    Parameters
    ----------
    axis
        ``(3,)`` unit, frame ``s`` of the first row, along the turn from there to the farthest row;
        NaN where nothing turned fast enough.
    heading_sd
        Standard error of the axis's heading, radians, over the repetitions.
    amplitude, steadiness
        Greatest lean, and greatest angle between the axes of two repetitions (NaN for one), rad.
    """

    axis: Array
    heading_sd: float
    amplitude: float
    steadiness: float


def movement(q: Array, gyr: Array, usual_sd: float, *, in_earth: bool = False) -> Movement:
    """Look at a movement of one sensor.

    Parameters
    ----------
    q
        ``(N, 4)`` ``q_es``; upright in the first row.
    gyr
        ``(N, 3)`` angular rate without bias, frame ``s``.
    usual_sd
        How much repetitions differ in heading, radians, as people usually do it; a few
        repetitions say little of their own spread, so it is counted in.
    in_earth
        The axis stays in the earth while the sensor turns; else it stays in the sensor.
    """
    lean = lean_of(q)
    amplitude = float(lean.max())
    if in_earth:
        gyr = rotate(conjugate(q[0]), rotate(q, gyr))
    whole = principal_axis(gyr)
    if whole is None:
        return Movement(np.full(3, np.nan), np.nan, amplitude, np.nan)
    turn = rotvec_from_quaternion(multiply(conjugate(q[0]), q[np.argmax(lean)]))
    axis = whole if whole @ turn >= 0.0 else -whole
    single = [a for part in repetitions(lean) if (a := principal_axis(gyr[part])) is not None]
    lines = np.array([a if a @ axis >= 0.0 else -a for a in single]).reshape(-1, 3)
    steadiness = np.nan
    if len(lines) >= 2:
        steadiness = float(np.arccos(np.clip((lines @ lines.T).min(), -1.0, 1.0)))
    up = rotate(conjugate(q[0]), np.array((0.0, 0.0, 1.0)))
    return Movement(axis, _heading_error(lines, axis, up, usual_sd), amplitude, steadiness)


def principal_axis(gyr: Array) -> Array | None:
    """Principal axis ``(3,)`` of the angular rate ``(N, 3)`` above 20°/s; None if it is slower.

    Its sign is free.
    """
    fast = gyr[np.linalg.norm(gyr, axis=-1) > _FAST]
    if len(fast) < _FEWEST_ROWS:
        return None
    _, vectors = np.linalg.eigh(fast.T @ fast)
    return np.asarray(vectors[:, -1])


def _heading_error(lines: Array, axis: Array, up: Array, usual_sd: float) -> float:
    """Standard error of the axis's heading: spread over the repetitions, and what is usual."""
    ahead = axis - (axis @ up) * up
    aside = np.cross(up, ahead)
    headings = np.arctan2(lines @ aside, lines @ ahead)
    squares = float(np.sum((headings - headings.mean()) ** 2)) if len(lines) else 0.0
    count = max(len(lines), 1)
    variance = (_USUAL_WEIGHT * usual_sd**2 + squares) / (_USUAL_WEIGHT + count - 1)
    return float(np.sqrt(variance / count))


def lean_of(q: Array) -> Array:
    """Angle ``(N,)`` of the sensor's vertical from where it was in the first row."""
    vertical = rotate(conjugate(q), np.broadcast_to(np.array((0.0, 0.0, 1.0)), (len(q), 3)))
    cosine: Array = np.clip(vertical @ vertical[0], -1.0, 1.0)
    return np.arccos(cosine)


def repetitions(lean: Array) -> list[slice]:
    """Stretches in which the lean is above a third of its greatest."""
    high = lean > lean.max() / 3.0
    edges = np.flatnonzero(np.diff(np.concatenate(([False], high, [False])).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2) if b - a >= _FEWEST_ROWS]


_FAST = np.radians(20.0)
_FEWEST_ROWS = 20
_USUAL_WEIGHT = 4.0
"""What is usual counts like the spread of five repetitions."""
