"""Calibration evidence → where the segments are in the sensors, and how their headings differ.

Gravity first, function second: in the standing pose a thigh's Y is vertical, and a functional axis
z' adds only its heading, so an error of its tilt does not matter::

    y = mean(f) / |mean(f)|      z = unit(z' - (z'·y) y)      x = y × z      R_sb = [x y z]

Unknown are headings: α of the pelvis's medio-lateral axis, and δ_i that brings the earth of sensor
i to the pelvis's. All evidence about them is weighed together (`robust_fit`):

==================  =====================  =======================================================
evidence            says                   error (one standard deviation)
==================  =====================  =======================================================
bows                α = heading of axis    1.6° person to person, the spread of repetitions, and
                                           skew of the gyroscope's axes
tray                δ_i = difference       0.5° a sensor, and what its way to standing adds:
                                           drift, turning (scale errors), gaps (anything)
knee lifts of i     α - δ_i = heading      6° person to person, and the same
declared mounts     either axis            10°
==================  =====================  =======================================================

A pelvis need not be level in standing, for legs differ in length. In a bow the thighs stay where
they are, and between two fixed ball joints a body can only turn about the line through both: the
medio-lateral axis itself, its tilt included. How far that rises to the right, the pelvis's Y leans
by, is weighed on its own:

==================  ============================================================================
evidence            says of the obliquity in standing
==================  ============================================================================
people              0, within 2.2°: legs differ by 5.2 ± 4.1 mm (Knutson 2005,
                    doi:10.1186/1746-1340-13-11), and hip joints are 0.17 m apart
bows, knee lifts    how far their axis rises; errors as above
==================  ============================================================================

Person-to-person figures are assumptions (KINEMATICS 1.5). A natural squat never gives an axis: it
is 13 to 18° off, and would hide what is looked for. Nothing says that left and right are alike.

The thigh's own medio-lateral axis is taken to be parallel to the pelvis's in the standing pose.
That shifts rotation by a constant, which the zero takes away.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from imuhip.core.conventions import PELVIS
from imuhip.core.evidence import STAND_POSE, Alignment, CalibrationStep, Gate, Grade
from imuhip.core.quaternions import (
    conjugate,
    heading_from_quaternion,
    mean_quaternion,
    multiply,
    quaternion_from_heading,
    quaternion_from_matrix,
    rotate,
    wrap_angle,
)
from imuhip.core.records import Array, Mount
from imuhip.estimate.calibration.mounting import mounted_right
from imuhip.estimate.robust_fit import Measurement, robust_fit


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

        A tray or a stand with a failed gate is not used: what came before it stands. A movement
        that was unsteady counts for little by its own spread.
        """
        replaced = self._placed(step)
        moving = np.isfinite(step.axis).any()
        if step.step in _USED and (step.accepted or moving):
            self._steps[step.step] = step
        elif not replaced:
            return None
        return self._solve()

    def _placed(self, step: CalibrationStep) -> bool:
        """Follow what the step says of where the sensors sit; True when that is another side."""
        if step.mounts:
            pairs = zip(step.sensors, step.mounts, strict=True)
            self._mounts = {name: mount for name, mount in pairs if mount is not None}
        if step.sensors in ((), self._sensors):
            return False
        given = zip(self._sensors, step.sensors, strict=True)
        self._given = {now: self._given[was] for was, now in given if was in self._given}
        self._sensors = step.sensors
        return True

    def _solve(self) -> Alignment:
        count = len(self._sensors)
        stood = self._steps.get("stand")
        standing = np.empty((0, count, 4)) if stood is None else stood.q
        q_sb, heading = np.full((count, 4), np.nan), np.full(count, np.nan)
        covariance = np.full((count, count), np.nan)
        chain, obliquity, obliquity_sd = "", 0.0, _OBLIQUITY_SD
        gates: tuple[Gate, ...] = ()
        if stood is not None:
            poses = np.stack([mean_quaternion(standing[:, i]) for i in range(count)])
            evidence = self._evidence(poses, stood)
            found = _determined(evidence, count + 1)
            known = [i for i in found if i < count]  # the last one is what the pelvis lost
            # Knee lifts alone hang together with each other, not with the pelvis.
            fixed = self._pelvis in known
            fit = robust_fit([_kept(m, found) for m in evidence], len(found)) if fixed else None
            if fit is not None:
                part = len(known)
                covariance[np.ix_(known, known)] = fit.covariance[:part, :part]
                heading[known] = fit.x[:part]
                facing, heading[self._pelvis] = heading[self._pelvis], 0.0
                obliquity, obliquity_sd = self._obliquity(stood)
                for i in known:
                    right = np.array((np.cos(facing), np.sin(facing), 0.0))
                    turned = multiply(quaternion_from_heading(heading[i]), poses[i])
                    rise = -obliquity if i == self._pelvis else 0.0
                    q_sb[i] = _frame(stood.up[i], rotate(conjugate(turned), right), rise)
                believed = zip(evidence, fit.sound, strict=True)
                chain = ", ".join(m.name for m, sound in believed if sound > _BELIEVED)
                gates = self._agreement(evidence, facing, heading)
        elif "tray" in self._steps:
            heading = self._tray_headings()
        for name, q in self._given.items():
            q_sb[self._sensors.index(name)] = q
        grade = self._grade(q_sb, heading, covariance, gates)
        return Alignment(
            sensors=self._sensors,
            q_sb=q_sb,
            heading=heading,
            covariance=covariance,
            standing=standing,
            grade=grade,
            chain=chain or "none",
            quality=self._quality(),
            obliquity=obliquity,
            obliquity_sd=obliquity_sd,
            gates=gates,
        )

    def _quality(self) -> float:
        """Error of the accelerometers, from how much gravity they felt at every rest.

        All sensors are taken to be of one kind, and that kind to be usual until more is seen.
        """
        felt = [step.force[np.isfinite(step.force)] for step in self._steps.values()]
        seen = np.concatenate([*felt, np.empty(0)])
        squares = _FORCE_WEIGHT * _FORCE_SD**2 + float(np.sum(seen**2))
        return float(np.sqrt(squares / (_FORCE_WEIGHT + len(seen))))

    def _tray_headings(self) -> Array:
        """Headings ``(S,)`` of sensors that lay in one orientation."""
        lying = [mean_quaternion(self._steps["tray"].q[:, i]) for i in range(len(self._sensors))]
        pelvis = lying[self._pelvis]
        return np.array([heading_from_quaternion(multiply(pelvis, conjugate(q))) for q in lying])

    def _evidence(self, poses: Array, stood: CalibrationStep) -> list[Measurement]:
        """All measurements of the headings: the pelvis's axis at its place, others at theirs."""
        found: list[Measurement] = []
        count = len(self._sensors)
        for i, name in enumerate(self._sensors):
            # The own axis of sensor i has heading ψ in its own earth: α = ψ, or α - δ_i = ψ.
            row = np.zeros(count + 1)
            row[self._pelvis], row[i] = 1.0, 1.0 if i == self._pelvis else -1.0
            for source, z, sd, broken in self._own_axes(name, i):
                found.append(Measurement(source, row, _heading_of(poses[i], z), sd, broken))
        tray = self._steps.get("tray")
        if tray is not None and tray.t_end <= stood.t_start:
            headings = self._tray_headings()
            headings[self._pelvis] = 0.0
            # What the pelvis's sensor lost on its way, all headings against it have lost alike.
            lost = np.eye(count + 1)[count]
            for i, name in enumerate(self._sensors):
                row = lost if i == self._pelvis else np.eye(count + 1)[i] + lost
                sd = self._tray_error(tray, stood, i)
                found.append(
                    Measurement(f"tray ({name})", row, float(headings[i]), sd, _TRAY_BROKEN)
                )
        return found

    def _obliquity(self, stood: CalibrationStep) -> tuple[float, float]:
        """The pelvis's obliquity in the standing, and its deviation."""
        found = [Measurement("people", np.ones(1), 0.0, _OBLIQUITY_SD, _RARELY)]
        for i, name in enumerate(self._sensors):
            for source, z, sd, broken in self._own_axes(name, i):
                lower = -float(np.arcsin(z @ stood.up[i] / np.linalg.norm(z)))
                found.append(Measurement(source, np.ones(1), lower, sd, broken))
        fit = robust_fit(found, 1)
        if fit is None:
            return 0.0, _OBLIQUITY_SD
        return float(fit.x[0]), float(np.sqrt(fit.covariance[0, 0]))

    def _own_axes(self, name: str, i: int) -> list[tuple[str, Array, float, float]]:
        """The z axis of sensor i by its own evidence: source, axis, error, chance of nonsense."""
        if name in self._given:
            # The mount is exact, but a thigh need not be parallel to the pelvis in standing.
            sd = _GIVEN_SD if i == self._pelvis else _NEUTRAL_SD
            return [(f"given ({name})", rotate(self._given[name], _Z), sd, _RARELY)]
        axes = []
        for step, person_sd in _AXIS_STEPS.get(name, ()):
            seen = self._steps.get(step)
            if seen is not None and np.isfinite(seen.axis[i]).all():
                # Skew of the gyroscope's axes turns the axis that they show.
                parts = (person_sd, seen.axis_sd[i], self._quality())
                sd = float(np.sqrt(np.sum(np.square(parts))))
                axes.append((step, seen.axis[i], sd, _MOVEMENT_BROKEN))
        if name in self._mounts:
            z = mounted_right(name, self._mounts[name])
            axes.append((f"mount ({name})", z, _MOUNT_SD, _RARELY))
        return axes

    def _tray_error(self, tray: CalibrationStep, stood: CalibrationStep, i: int) -> float:
        """How far sensor i's heading may be off since the tray, radians."""
        turned = stood.turned[i] - tray.turned[i]
        drifted = stood.drifted[i] - tray.drifted[i]
        # Turns to and fro take most of the error of the scale back; what is left adds up at random.
        scale = _SCALE_SHARE * self._quality() * np.sqrt(max(turned, 0.0) * _ONE_TURN)
        parts = (_TRAY_SD, drifted, scale)
        return float(np.sqrt(np.sum(np.square(parts)) + stood.lost[i] - tray.lost[i]))

    def _agreement(
        self, evidence: Sequence[Measurement], facing: float, heading: Array
    ) -> tuple[Gate, ...]:
        """How far each tray and each knee lift is from what all evidence together says."""
        gates = []
        for i, name in enumerate(self._sensors):
            for m in evidence:
                if i == self._pelvis or m.row[i] == 0.0:
                    continue
                kind = m.name.partition("_")[0].partition(" ")[0]
                if kind in ("tray", "knee"):
                    said = heading[i] if kind == "tray" else facing - heading[i]
                    apart = abs(float(np.degrees(wrap_angle(np.asarray(said - m.value)))))
                    title = "tray_against_all" if kind == "tray" else "lifts_against_all"
                    gates.append(Gate.judge(title, "deg", name, apart, 8.0, 12.0))
        return tuple(gates)

    def _grade(
        self, q_sb: Array, heading: Array, covariance: Array, gates: Sequence[Gate]
    ) -> Grade:
        """By the error of the headings; a failed gate is never better than fair.

        None where the standing that everything is measured from was not how the athlete stands.
        """
        known = np.isfinite(q_sb[:, 0]) & np.isfinite(heading)
        if not known[self._pelvis] or np.count_nonzero(known) < 2:
            return "none"
        spread = np.sqrt(np.diag(covariance)[np.isfinite(np.diag(covariance))])
        worst = float(np.degrees(spread.max())) if len(spread) else 0.0
        if any(g.verdict == "failed" for g in self._all_gates() if g.name == STAND_POSE):
            return "none"
        verdicts = {gate.verdict for gate in gates}
        verdicts |= {gate.verdict for gate in self._all_gates()}
        if worst <= _GOOD_DEG and "failed" not in verdicts:
            return "good" if verdicts <= {"good"} else "fair"
        return "fair" if worst <= _FAIR_DEG else "poor"

    def _all_gates(self) -> Iterator[Gate]:
        """Of every step that counts; poses as measured since the newest standing."""
        stood = self._steps.get("stand")
        for step in self._steps.values():
            for gate in step.gates:
                if gate.name != STAND_POSE or stood is None or step.t_start >= stood.t_end:
                    yield gate


def _determined(evidence: Sequence[Measurement], count: int) -> list[int]:
    """Places of the unknowns that hang together with the evidence, the pelvis's among them."""
    if not evidence:
        return []
    _, sizes, directions = np.linalg.svd(np.array([m.row for m in evidence]))
    rank = int(np.count_nonzero(sizes > 1e-9))
    open_ = np.abs(directions[rank:]).max(axis=0, initial=0.0)
    return [i for i in range(count) if open_[i] < 1e-9]


def _kept(measurement: Measurement, known: Sequence[int]) -> Measurement:
    """The measurement of the known unknowns alone."""
    return measurement._replace(row=measurement.row[list(known)])


def _heading_of(q_es: Array, z_s: Array) -> float:
    """Heading, radians, of the horizontal part of an axis ``(3,)`` written in the sensor."""
    z_e = rotate(q_es, z_s)
    return float(np.arctan2(z_e[1], z_e[0]))


def _frame(up: Array, z: Array, rise: float) -> Array:
    """``q_sb`` from the vertical and a functional axis, both in the sensor (KINEMATICS 1.4).

    `rise`, radians, is how far z rises over the horizontal.
    """
    level = z - (z @ up) * up
    level = level / np.linalg.norm(level)
    z = np.cos(rise) * level + np.sin(rise) * up
    y = np.cos(rise) * up - np.sin(rise) * level
    return quaternion_from_matrix(np.stack((np.cross(y, z), y, z), axis=-1))


_Z: Array = np.array((0.0, 0.0, 1.0))

_AXIS_STEPS = {
    "pelvis": (("bow", np.radians(1.6)),),
    "thigh_left": (("knee_lift_left", np.radians(6.0)),),
    "thigh_right": (("knee_lift_right", np.radians(6.0)),),
}
"""Steps that show a segment's own axis, and how far people are from straight in them."""

_USED = ("tray", "stand", "bow", "knee_lift_left", "knee_lift_right")

_OBLIQUITY_SD = np.radians(2.2)

_TRAY_SD, _SCALE_SHARE, _ONE_TURN = np.radians(0.5), 0.6, np.radians(90.0)
_FORCE_SD, _FORCE_WEIGHT = 0.005, 2.0
_MOUNT_SD, _GIVEN_SD, _NEUTRAL_SD = np.radians(10.0), np.radians(0.1), np.radians(6.0)
_TRAY_BROKEN, _MOVEMENT_BROKEN, _RARELY = 0.03, 0.02, 0.001
_BELIEVED = 0.5
_GOOD_DEG, _FAIR_DEG = 2.5, 8.0
