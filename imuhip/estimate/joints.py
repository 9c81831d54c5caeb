"""Angles of joints that further sensors show: knees from shanks, turn-out from feet, the trunk.

A table, not a case a joint. Between two segments the angles are those of the joint coordinate
system (Grood and Suntay 1983), ``R = Rz(φ) Rx(α) Ry(ρ)`` of the distal in the proximal segment,
each with a sign for the side; the hip is such a joint too, with the signs of `conventions`, and has
its own stage for its errors. Against the earth they are tilt and obliquity, as the pelvis's; a turn
is a heading against the pelvis's. All are relative to standing.

==================  ===========================  ==============================================
angle               of                           positive when
==================  ===========================  ==============================================
knee_flexion        shank in thigh               the heel comes to the seat
knee_adduction      shank in thigh               the foot goes inward (varus)
knee_rotation       shank in thigh               the toes turn inward
foot_progression    foot against the pelvis      the toes point outward
trunk_tilt          trunk against the earth      it leans forward
trunk_obliquity     trunk against the earth      its right side is lower
trunk_turn          trunk against the pelvis     it is turned to the left
==================  ===========================  ==============================================
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from imuhip.core.conventions import PELVIS
from imuhip.core.evidence import Alignment, HeadingBlock
from imuhip.core.quaternions import mean_quaternion, wrap_angle
from imuhip.core.records import Array, GridBlock
from imuhip.estimate.angle_errors import ErrorParams
from imuhip.estimate.joint_angles import (
    hip_angles,
    pelvis_angles,
    segment_orientations,
    turned_since,
)
from imuhip.estimate.joint_errors import joint_sd, lean_sd, turn_sd


class Joint(NamedTuple):
    """One row of the table.

    Parameters
    ----------
    kind
        ``joint``: three angles of `distal` in `proximal`. ``lean``: tilt and obliquity of `distal`
        against the earth. ``turn``: heading of `distal` against `proximal`.
    names
        Of the angles it gives.
    signs
        Factors on (φ, α, ρ), on (tilt, obliquity), or on the turn to the left.
    """

    kind: Literal["joint", "lean", "turn"]
    proximal: str
    distal: str
    names: tuple[str, ...]
    signs: tuple[float, ...]


class Joints:
    """Angles of all joints whose sensors are there: `align`, then `push` rows."""

    def __init__(self, sensors: Sequence[str], params: ErrorParams | None = None) -> None:
        self._params = params or ErrorParams()
        self._stood = np.full((len(sensors), 4), np.nan)
        self._joints = [j for j in JOINTS if {j.proximal, j.distal} <= set(sensors)]
        self.names: tuple[str, ...] = tuple(name for j in self._joints for name in j.names)
        self._alignment: Alignment | None = None
        self._zero = np.full(len(self.names), np.nan)

    def align(self, alignment: Alignment) -> None:
        """Use `alignment` from the next row on; the zero is taken again from its standing."""
        self._alignment = alignment
        self._zero[:] = np.nan
        self._stood[:] = np.nan
        if self.names and len(alignment.standing):
            q_eb = segment_orientations(alignment.standing, alignment)
            raw = self._raw(q_eb, alignment)
            known = raw[np.isfinite(raw).all(axis=1)] if len(raw) else raw
            middle = raw[0] if not len(known) else known[0]
            self._zero = wrap_angle(middle + _mean(wrap_angle(raw - middle)))
            for i in np.flatnonzero(np.isfinite(q_eb).all(axis=(0, 2))):
                self._stood[i] = mean_quaternion(q_eb[:, i])

    def push(self, grid: GridBlock, headings: HeadingBlock) -> tuple[Array, Array]:
        """Return angles and deviations ``(N, J)`` of the rows, radians, in the order of `names`."""
        if not self.names or self._alignment is None:
            nothing = np.full((len(grid.t), len(self.names)), np.nan)
            return nothing, nothing.copy()
        q_eb = segment_orientations(grid.q, self._alignment, headings.turn)
        angles = wrap_angle(self._raw(q_eb, self._alignment) - self._zero)
        return angles, self._errors(q_eb, headings, self._alignment)

    def _errors(self, q_eb: Array, headings: HeadingBlock, alignment: Alignment) -> Array:
        """Deviations ``(N, J)`` of the angles of ``q_eb (N, S, 4)``."""
        moved = np.full(q_eb.shape[:2], np.nan)
        turned_since(q_eb, self._stood, moved)
        place = {name: i for i, name in enumerate(alignment.sensors)}
        known = (self._params, alignment.quality)
        drift = headings.variance.copy()
        drift[:, place[PELVIS]] = 0.0  # the others' is against it
        columns: list[Array] = []
        for joint in self._joints:
            pair = [place[joint.proximal], place[joint.distal]]
            both = q_eb[:, pair]
            covariance = _headings(alignment.covariance, place[PELVIS], pair)
            doubts = drift[:, pair], headings.tilt[:, pair]
            if joint.kind == "lean":
                tilt = np.ascontiguousarray(headings.tilt[:, pair[1]])
                turned = np.ascontiguousarray(moved[:, pair[1]])
                own = covariance[np.ix_((0, 2), (0, 2))]
                columns += list(lean_sd(both[:, 1], turned, own, tilt, known).T)
            else:
                found = joint_sd if joint.kind == "joint" else turn_sd
                columns += list(found(both, moved[:, pair], covariance, doubts, known).T)
        return np.stack(columns, axis=-1)

    def _raw(self, q_eb: Array, alignment: Alignment) -> Array:
        """Angles ``(N, J)`` as the frames give them, of ``q_eb (N, S, 4)``."""
        columns: list[Array] = []
        for joint in self._joints:
            proximal = q_eb[:, alignment.sensors.index(joint.proximal)]
            distal = q_eb[:, alignment.sensors.index(joint.distal)]
            if joint.kind == "joint":
                # The right hip's signs are all +, so these are φ, α, ρ themselves.
                found = hip_angles(proximal, distal, "right")
            elif joint.kind == "lean":
                found = pelvis_angles(distal)[:, :2]
            else:
                found = (pelvis_angles(distal) - pelvis_angles(proximal))[:, 2:]
            columns += [sign * found[:, k] for k, sign in enumerate(joint.signs)]
        return np.stack(columns, axis=-1)


def _headings(covariance: Array, pelvis: int, pair: Sequence[int]) -> Array:
    """Covariance ``(3, 3)`` of the common axis's heading and of two sensors', the pelvis's zero."""
    found = covariance[np.ix_((pelvis, *pair), (pelvis, *pair))].copy()
    for k, i in enumerate(pair):
        if i == pelvis:
            found[1 + k, :] = found[:, 1 + k] = 0.0
    return found


def _mean(values: Array) -> Array:
    """Mean ``(J,)`` over the rows in which an angle is known; NaN where it never is."""
    count = np.isfinite(values).sum(axis=0)
    total = np.where(np.isfinite(values), values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


_KNEE = ("knee_flexion", "knee_adduction", "knee_rotation")

JOINTS: tuple[Joint, ...] = (
    Joint("joint", "thigh_left", "shank_left", tuple(f"{n}_left" for n in _KNEE), (-1, -1, -1)),
    Joint("joint", "thigh_right", "shank_right", tuple(f"{n}_right" for n in _KNEE), (-1, 1, 1)),
    Joint("turn", PELVIS, "foot_left", ("foot_progression_left",), (1,)),
    Joint("turn", PELVIS, "foot_right", ("foot_progression_right",), (-1,)),
    Joint("lean", PELVIS, "trunk", ("trunk_tilt", "trunk_obliquity"), (1, 1)),
    Joint("turn", PELVIS, "trunk", ("trunk_turn",), (1,)),
)
