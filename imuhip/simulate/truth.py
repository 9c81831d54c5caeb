"""The truth on the grid: hip and pelvis angles as programmed, and segment orientations.

Zeroed like results are: minus the mean over the standing of the calibration, angle by angle.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, PELVIS, PELVIS_ANGLES, SIDES, THIGH
from imuhip.core.quaternions import rotate
from imuhip.core.records import Array, BoolArray
from imuhip.simulate.motion import (
    CHANNELS,
    HIP_CHANNELS,
    Script,
    Skeleton,
    pelvis_pose,
    thigh_pose,
)


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What really happened, at the grid times ``k / GRID_HZ``. NaN where a sensor is not worn yet.

    Parameters
    ----------
    t
        ``(N,)`` seconds on the session's clock.
    hip, hip_raw
        ``(N, 2, 3)`` rad, as in `AngleBlock`: relative to standing, and as programmed.
    valid
        ``(N, 2)`` pelvis and thigh sensor are worn.
    pelvis, pelvis_raw
        ``(N, 3)`` rad: relative to standing, and against the vertical and earth x.
    q_pelvis
        ``(N, 4)`` ``q_eb``.
    q_thigh
        ``(N, 2, 4)`` ``q_eb``, left and right.
    """

    t: Array
    hip: Array
    hip_raw: Array
    valid: BoolArray
    pelvis: Array
    pelvis_raw: Array
    q_pelvis: Array
    q_thigh: Array

    def columns(self) -> dict[str, Array | BoolArray]:
        """Return the columns of `angles.parquet` that truth has: degrees."""
        table: dict[str, Array | BoolArray] = {"t": self.t}
        for i, side in enumerate(SIDES):
            for j, angle in enumerate(HIP_ANGLES):
                table[f"hip_{angle}_{side}_deg"] = np.degrees(self.hip[:, i, j])
                table[f"hip_{angle}_{side}_raw_deg"] = np.degrees(self.hip_raw[:, i, j])
            table[f"valid_{side}"] = self.valid[:, i]
        for j, angle in enumerate(PELVIS_ANGLES):
            table[f"pelvis_{angle}_deg"] = np.degrees(self.pelvis[:, j])
        return table

    def headings(self) -> dict[str, Array]:
        """Return which way the pelvis and the knee axes point at times `t`: degrees.

        Turns from earth x to forward, + to the left, unwrapped; a thigh's is that of its flexion
        axis, which tells the leg's turn at any inclination.
        """
        table = {"t": self.t, "pelvis_heading_deg": _heading(self.q_pelvis)}
        for i, side in enumerate(SIDES):
            table[f"thigh_heading_{side}_deg"] = _heading(self.q_thigh[:, i])
        return table


def _heading(q: Array) -> Array:
    """Heading of forward ``(N,)``, degrees, by a segment's axis to the right; unwrapped."""
    right = rotate(q, np.broadcast_to((0.0, 0.0, 1.0), (len(q), 3)))
    heading: Array = np.degrees(np.unwrap(np.arctan2(right[:, 0], -right[:, 1])))
    return heading


def truth_of(script: Script, skeleton: Skeleton, shift: float, times: Sequence[Array]) -> Truth:
    """Work out the truth from the first grid time that all sensors have reached to the last.

    Parameters
    ----------
    shift
        Session time minus simulation time, s.
    times
        A sensor each: its sample times ``(M,)`` on the session's clock.
    """
    first = max(float(each[0]) for each in times)
    last = min(float(each[-1]) for each in times)
    first_row, last_row = int(np.ceil(first * GRID_HZ - _NEAR)), int(last * GRID_HZ + _NEAR)
    t = np.arange(first_row, last_row + 1) / GRID_HZ
    tau = t - shift
    curves = script.channels(tau, CHANNELS)
    hip = np.stack(
        [np.stack([curves[name].x for name in HIP_CHANNELS[side]], axis=1) for side in SIDES],
        axis=1,
    )
    pelvis = np.stack([curves[name].x for name in ("tilt", "obliquity", "turn")], axis=1)
    pelvis[:, 2] += curves["facing"].x
    pelvis = pelvis + np.array((0.0, 0.0, script.heading))
    pose = pelvis_pose(script, skeleton, curves)
    thighs = [thigh_pose(pose, skeleton, curves, side).q for side in SIDES]
    worn = tau >= script.strapped[PELVIS]
    valid = np.stack([worn & (tau >= script.strapped[THIGH[side]]) for side in SIDES], axis=1)
    hip = np.where(valid[:, :, None], hip, np.nan)
    begin, end = _standing(script)
    standing = (tau >= begin) & (tau < end)
    zero_pelvis = pelvis[standing].mean(axis=0)
    return Truth(
        t=t,
        hip=hip - hip[standing].mean(axis=0),
        hip_raw=hip,
        valid=valid,
        pelvis=np.where(worn[:, None], pelvis - zero_pelvis, np.nan),
        pelvis_raw=np.where(worn[:, None], pelvis, np.nan),
        q_pelvis=pose.q,
        q_thigh=np.stack(thighs, axis=1),
    )


def _standing(script: Script) -> tuple[float, float]:
    """Begin and end of the zeroing stand."""
    marks = {label: t for t, label in script.marks}
    return marks["begin:stand"], marks["end:stand"]


_NEAR = 1e-6
"""A sample this near to a grid time, in grid steps, is at it."""
