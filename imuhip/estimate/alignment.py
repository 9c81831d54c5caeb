"""Calibration evidence → where the segments are in the sensors, and how their headings differ.

Gravity first, function second: in the standing pose every segment's Y is vertical, and a functional
axis z' adds only its heading, so an error of its tilt does not matter::

    y = mean(f) / |mean(f)|      z = unit(z' - (z'·y) y)      x = y × z      R_sb = [x y z]

The chains, best first, with whatever the recording has:

1. *given*: the mounts are known (a recording made by a machine that knows them).
2. *tray + bow*: sensors that lay in one tray share a heading, so the pelvis's axis, from bows, is
   also that of both thighs in the standing pose.
3. *knee lift + bow*: each thigh's own axis, from knee lifts, taken to be parallel to the pelvis's.
4. *tray + knee lift*, without bows: the pelvis's axis is the mean of the thighs'.
5. *declared mount*: the axis that points away from the body, as printed on the case.

A natural squat never gives an axis: it is 13 to 18° off, and would hide what is looked for.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from imuhip.conventions import PELVIS
from imuhip.evidence import Alignment, CalibrationStep, Gate, Grade
from imuhip.quaternions import (
    conjugate,
    heading_from_quaternion,
    mean_quaternion,
    multiply,
    quaternion_from_heading,
    quaternion_from_matrix,
    rotate,
    wrap_angle,
)
from imuhip.records import Array, Mount


class Aligner:
    """Keeps the newest accepted evidence of each kind: `push` a step, get the alignment."""

    def __init__(
        self,
        sensors: Sequence[str],
        mounts: Mapping[str, Mount] | None = None,
        given: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        """Begin without evidence.

        Parameters
        ----------
        sensors
            S names, the pelvis among them.
        mounts
            How sensors were declared to sit.
        given
            ``q_sb`` of sensors whose mount is known exactly.
        """
        self._sensors = tuple(sensors)
        self._pelvis = self._sensors.index(PELVIS)
        self._mounts = dict(mounts or {})
        self._given = {name: np.array(q, dtype=np.float64) for name, q in (given or {}).items()}
        self._steps: dict[str, CalibrationStep] = {}

    def push(self, step: CalibrationStep) -> Alignment | None:
        """Take in a step; the new alignment, or None where the step changes nothing.

        A step with a failed gate is not used: what came before it stands.
        """
        if not step.accepted or step.step not in _USED:
            return None
        self._steps[step.step] = step
        return self._solve()

    def _solve(self) -> Alignment:
        count = len(self._sensors)
        stood = self._steps.get("stand")
        standing = np.empty((0, count, 4)) if stood is None else stood.q
        tray = self._tray_headings()
        own = [self._own_axis(i) for i in range(count)]
        q_sb, heading = np.full((count, 4), np.nan), np.full(count, np.nan)
        heading[self._pelvis] = 0.0
        gates: tuple[Gate, ...] = ()
        sources: dict[str, str] = {}
        if stood is not None:
            poses = np.stack([mean_quaternion(standing[:, i]) for i in range(count)])
            facing = _facing(poses, own, tray, self._pelvis)
            if facing is not None:
                gates = self._thighs(poses, own, tray, facing, heading, sources)
                sources[PELVIS] = own[self._pelvis].source or "knee_lift"
                for i in np.flatnonzero(np.isfinite(heading)):
                    right = _horizontal(facing)
                    z_s = rotate(
                        conjugate(multiply(quaternion_from_heading(heading[i]), poses[i])), right
                    )
                    q_sb[i] = _frame(stood.up[i], z_s)
        elif tray is not None:
            heading = tray
        for name, q in self._given.items():
            q_sb[self._sensors.index(name)] = q
        grade: Grade = "good" if self._given else _grade(sources, self._steps, gates)
        if not np.isfinite(q_sb[:, 0] + heading).any():
            grade = "none"
        chain = ", ".join(f"{name}: {source}" for name, source in sorted(sources.items()))
        return Alignment(self._sensors, q_sb, heading, standing, grade, chain or "none", gates)

    def _tray_headings(self) -> Array | None:
        """Headings ``(S,)`` of sensors that lay in one orientation; None without a tray."""
        tray = self._steps.get("tray")
        if tray is None:
            return None
        lying = [mean_quaternion(tray.q[:, i]) for i in range(len(self._sensors))]
        pelvis = lying[self._pelvis]
        return np.array([heading_from_quaternion(multiply(pelvis, conjugate(q))) for q in lying])

    def _own_axis(self, i: int) -> "_Axis":
        """The sensor's z axis ``(3,)`` by its own evidence alone: NaN if there is none."""
        name = self._sensors[i]
        if name in self._given:
            return _Axis(rotate(self._given[name], _Z), "given")
        for step in _AXIS_STEPS.get(name, ()):
            found = self._steps.get(step)
            if found is not None and np.isfinite(found.axis[i]).all():
                return _Axis(found.axis[i], step)
        mount = self._mounts.get(name)
        if mount is not None:
            return _Axis(_mounted_axis(name, mount), "mount")
        return _Axis(np.full(3, np.nan), "")

    def _thighs(
        self,
        poses: Array,
        own: Sequence["_Axis"],
        tray: Array | None,
        facing: float,
        heading: Array,
        sources: dict[str, str],
    ) -> tuple[Gate, ...]:
        """Fill the headings of all sensors but the pelvis's; the gates of tray against lifts."""
        gates = []
        for i, name in enumerate(self._sensors):
            if i == self._pelvis:
                continue
            by_axis = wrap_angle(np.asarray(facing - _heading_of(poses[i], own[i].z)))
            use_axis = tray is None
            if tray is not None and own[i].source.startswith("knee_lift"):
                apart = abs(float(np.degrees(wrap_angle(np.asarray(tray[i] - by_axis)))))
                gate = Gate.judge("tray_against_lifts", "deg", name, apart, 8.0, 12.0)
                gates.append(gate)
                use_axis = gate.verdict == "failed"
            if use_axis or tray is None:
                heading[i] = by_axis
                sources[name] = own[i].source
            else:
                heading[i] = tray[i]
                sources[name] = "tray"
        return tuple(gates)


class _Axis(NamedTuple):
    """A medio-lateral axis ``(3,)``, frame ``s``, to the athlete's right, and where it is from."""

    z: Array
    source: str


def _facing(poses: Array, own: Sequence[_Axis], tray: Array | None, pelvis: int) -> float | None:
    """Heading of the pelvis's z axis in its own earth, in the standing pose; None if unknown."""
    direct = _heading_of(poses[pelvis], own[pelvis].z)
    if np.isfinite(direct):
        return direct
    if tray is None:
        return None
    around = [tray[i] + _heading_of(poses[i], own[i].z) for i in range(len(poses)) if i != pelvis]
    known = np.array([angle for angle in around if np.isfinite(angle)])
    if not len(known):
        return None
    return float(np.arctan2(np.sin(known).mean(), np.cos(known).mean()))


def _heading_of(q_es: Array, z_s: Array) -> float:
    """Heading, radians, of the horizontal part of an axis ``(3,)`` written in the sensor."""
    z_e = rotate(q_es, z_s)
    return float(np.arctan2(z_e[1], z_e[0]))


def _horizontal(heading: float) -> Array:
    """Horizontal unit vector ``(3,)`` with that heading."""
    return np.array((np.cos(heading), np.sin(heading), 0.0))


def _frame(up: Array, z: Array) -> Array:
    """``q_sb`` from the vertical and a functional axis, both in the sensor (KINEMATICS 1.4)."""
    z = z - (z @ up) * up
    z = z / np.linalg.norm(z)
    return quaternion_from_matrix(np.stack((np.cross(up, z), up, z), axis=-1))


def _mounted_axis(name: str, mount: Mount) -> Array:
    """The segment's z in the sensor, from the axes declared to point up and out of the body."""
    up, out = _axis_vector(mount.up), _axis_vector(mount.out)
    if name == PELVIS:
        return np.cross(-out, up)  # on the sacrum, out is -x, and z = x × y
    return -out if name.endswith("left") else out  # on the lateral thigh


def _axis_vector(text: str) -> Array:
    """``+x`` … ``-z`` as a vector."""
    vector = np.zeros(3)
    vector["xyz".index(text[-1])] = -1.0 if text[0] == "-" else 1.0
    return vector


def _grade(
    sources: Mapping[str, str], steps: Mapping[str, CalibrationStep], gates: Sequence[Gate]
) -> Grade:
    """The grade of a chain: the weakest of what it used."""
    used = set(sources.values())
    if not used or "" in used:
        return "poor" if used - {""} else "none"
    if "mount" in used:
        return "poor"
    verdicts = {gate.verdict for gate in gates}
    verdicts |= {gate.verdict for step in steps.values() for gate in step.gates}
    best_chain = used <= {"tray", "bow"}
    return "good" if best_chain and verdicts <= {"good"} else "fair"


_Z: Array = np.array((0.0, 0.0, 1.0))

_AXIS_STEPS = {
    "pelvis": ("bow",),
    "thigh_left": ("knee_lift_left",),
    "thigh_right": ("knee_lift_right",),
}
"""Steps that show a segment's own medio-lateral axis, best first."""

_USED = ("tray", "stand", "bow", "knee_lift_left", "knee_lift_right")
