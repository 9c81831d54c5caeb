"""A sensor in motion: in the tray, in hands, then strapped to skin over a moving bone.

What an ideal sensor feels at any time: specific force and angular rate in its own frame, lever arms
included, from the analytic motion of its segment.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy.interpolate import make_interp_spline

from imuhip.core.conventions import GRAVITY, HIP_SIGNS, PELVIS, SIDES, THIGH, Side
from imuhip.core.quaternions import (
    conjugate,
    matrix_from_quaternion,
    multiply,
    normalize,
    quaternion_from_heading,
    quaternion_from_matrix,
    quaternion_from_rotvec,
    rotate,
    rotvec_from_quaternion,
)
from imuhip.core.records import Array
from imuhip.simulate import jets
from imuhip.simulate.jets import Jet, Sines
from imuhip.simulate.motion import (
    HIP_CHANNELS,
    PELVIS_CHANNELS,
    Pose,
    Script,
    Skeleton,
    X,
    Y,
    Z,
    cross,
    pelvis_pose,
    resting,
    thigh_pose,
)
from imuhip.simulate.shaking import Stirring
from imuhip.simulate.skin import Skin, SoftTissue

SENSORS: Final = (PELVIS, THIGH["left"], THIGH["right"])
SIDE_OF: Final[dict[str, Side]] = {THIGH[side]: side for side in SIDES}


@dataclass(frozen=True, slots=True)
class StrapSlip:
    """A strap that turns on its segment, suddenly or creeping.

    Parameters
    ----------
    sensor
        Which.
    t
        When, in seconds of the simulation.
    angle_deg
        How far.
    axis
        About which axis of the segment; ``y`` is along it.
    seconds
        How long it takes.
    """

    sensor: str
    t: float
    angle_deg: float
    axis: Literal["x", "y", "z"] = "y"
    seconds: float = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where a sensor sits.

    Parameters
    ----------
    q_bs
        ``(4,)`` sensor axes in the segment.
    at
        ``(3,)`` its place in the segment: from mid-hips or from the hip centre, m.
    """

    q_bs: Array
    at: Array


@dataclass(frozen=True, slots=True, eq=False)
class Handling:
    """From the tray to the strap.

    Parameters
    ----------
    q, position
        ``(4,)``, ``(3,)`` of the sensor in the tray, in ``e``.
    pause
        Seconds in the tray after its step has ended.
    turns, shoves
        ``(K, 3)`` rotation vectors, rad, and displacements, m, by which hands wave it about.
    """

    q: Array
    position: Array
    pause: float
    turns: Array
    shoves: Array


@dataclass(frozen=True, slots=True, eq=False)
class WornSensor:
    """One sensor on one athlete: `pose` at any time.

    Parameters
    ----------
    sensor
        The segment it rides on.
    tissue, wobble, stirred
        Skin over the bone of a thigh, if any, how it shakes, and when.
    skin
        How it turns with the posture, if it does.
    """

    sensor: str
    script: Script
    skeleton: Skeleton
    placement: Placement
    handling: Handling
    tissue: SoftTissue | None
    wobble: Sines
    slips: tuple[StrapSlip, ...]
    stirred: Stirring | None = None
    skin: Skin | None = None

    def pose(self, t: Array) -> Pose:
        """Return the sensor's own frame at rising times `t (N,)`."""
        strapped = self.script.strapped.get(self.sensor, -np.inf)
        split = int(np.searchsorted(t, strapped))
        parts = []
        if split:
            parts.append(self._in_hands(t[:split], strapped))
        if split < len(t):
            parts.append(self._on_body(t[split:]))
        if len(parts) == 1:
            return parts[0]
        names = ("q", "omega", "alpha", "position", "acc")
        return Pose(*(np.concatenate([getattr(part, n) for part in parts]) for n in names))

    def _on_body(self, t: Array) -> Pose:
        side = SIDE_OF.get(self.sensor)
        names = PELVIS_CHANNELS if side is None else (*PELVIS_CHANNELS, *HIP_CHANNELS[side])
        if self.skin is not None and side is None:
            names = (*names, *(HIP_CHANNELS[each][0] for each in SIDES))
        curves = self.script.channels(t, names)
        pose = pelvis_pose(self.script, self.skeleton, curves)
        if side is not None:
            pose = thigh_pose(pose, self.skeleton, curves, side)
            if self.tissue is not None:
                pose = pose.turned(Y, self._skin(t, curves, side, self.tissue))
        if self.skin is not None:
            pose = self.skin.under(pose, self._flexion(curves, side))
        for slip in self.slips:
            if slip.sensor == self.sensor:
                turned = float(np.radians(slip.angle_deg))
                step = jets.rise(t, slip.t, slip.seconds).scaled(turned)
                pose = pose.turned(AXES[slip.axis], step)
        return pose.moved(self.placement.at).remounted(self.placement.q_bs)

    def _flexion(self, curves: dict[str, Jet], side: Side | None) -> Jet:
        """Flexion of the hip since relaxed standing, rad; for the pelvis the mean of both hips."""
        sides = SIDES if side is None else (side,)
        names = [HIP_CHANNELS[each][0] for each in sides]
        total = jets.zeros(len(curves[names[0]].x))
        for name in names:
            total = total + curves[name].shifted(-self.script.base.get(name, 0.0))
        return total.scaled(1.0 / len(names))

    def _skin(self, t: Array, curves: dict[str, Jet], side: Side, tissue: SoftTissue) -> Jet:
        """Turn of the skin about the femur, rad; zero in the posture of relaxed standing."""
        flexion_name, _, rotation_name = HIP_CHANNELS[side]
        flexion = curves[flexion_name].shifted(-self.script.base.get(flexion_name, 0.0))
        rotation = curves[rotation_name].shifted(-self.script.base.get(rotation_name, 0.0))
        lag = rotation.scaled(-tissue.kappa) + flexion.scaled(tissue.per_flexion)
        if self.stirred is not None:
            full = self.wobble.at(t).scaled(float(np.radians(tissue.wobble_deg))) * flexion
            lag = lag + full * self.stirred.at(t)
        return lag.scaled(HIP_SIGNS[side][2])

    def _in_hands(self, t: Array, strapped: float) -> Pose:
        """Return the frame before the strap: still in the tray, waved about, laid on the skin."""
        worn = self._on_body(np.array([strapped]))
        hands = self.handling
        start = self.script.tray_end + hands.pause
        carried = jets.rise(t, start, strapped - start)
        pose = resting(len(t), hands.q, hands.position)
        count = len(hands.turns)
        span = (strapped - start) / (count + 1)
        path = [carried.scaled(float(c)) for c in worn.position[0] - hands.position]
        for i in range(count):
            wave = jets.bump(t, start + i * span, span, 0.0, span)
            angle = float(np.linalg.norm(hands.turns[i]))
            pose = pose.turned(hands.turns[i] / angle, wave.scaled(angle))
            path = [p + wave.scaled(float(c)) for p, c in zip(path, hands.shoves[i], strict=True)]
        whole = rotvec_from_quaternion(multiply(conjugate(hands.q), worn.q[0]))
        angle = float(np.linalg.norm(whole))
        pose = pose.turned(whole / angle, carried.scaled(angle))
        position = hands.position + np.stack([p.x for p in path], axis=1)
        acc = np.stack([p.a for p in path], axis=1)
        pose = Pose(pose.q, pose.omega, pose.alpha, position, acc)
        if self.script.sway_start >= strapped:
            return pose  # the body is a statue
        return self._following(pose, t, strapped)

    def _following(self, pose: Pose, t: Array, strapped: float) -> Pose:
        """Let the hands follow the body's movement as they come near it.

        Orientation and place of the body against those at the strap are read off splines through
        its exact path, with whose rate and acceleration the sensor arrives.
        """
        knots = np.arange(strapped - FOLLOW_S, strapped + 0.2, FOLLOW_STEP_S)
        body = self._on_body(knots)
        there = self._on_body(np.array([strapped]))
        near = jets.rise(t, knots[0], FOLLOW_S)
        turned = matrix_from_quaternion(
            multiply(np.broadcast_to(conjugate(there.q[0]), body.q.shape), body.q)
        )
        angles = np.stack(
            (
                np.arctan2(-turned[:, 1, 2], turned[:, 2, 2]),
                np.arcsin(turned[:, 0, 2]),
                np.arctan2(-turned[:, 0, 1], turned[:, 0, 0]),
            )
        )
        held = np.maximum(t, knots[0])
        for axis, angle in zip((X, Y, Z), angles, strict=True):
            pose = pose.turned(axis, _read_off(knots, angle, held) * near)
        away = (body.position - there.position[0]).T
        path = [_read_off(knots, each, held) * near for each in away]
        return Pose(
            pose.q,
            pose.omega,
            pose.alpha,
            pose.position + np.stack([p.x for p in path], axis=1),
            pose.acc + np.stack([p.a for p in path], axis=1),
        )


def _read_off(knots: Array, values: Array, t: Array) -> Jet:
    """A spline of degree five through values at `knots`, at times `t`."""
    spline = make_interp_spline(knots, values, k=5)
    return Jet(spline(t), spline(t, nu=1), spline(t, nu=2))


def imu_from_pose(pose: Pose) -> tuple[Array, Array]:
    """Specific force and angular rate, each ``(N, 3)`` in ``s``: what an ideal sensor reads."""
    force = pose.acc + np.array((0.0, 0.0, GRAVITY))
    return rotate(conjugate(pose.q), force), pose.omega


def draw_placement(
    rng: np.random.Generator, sensor: str, skeleton: Skeleton, mounting: Literal["any", "usual"]
) -> Placement:
    """Draw where and how a sensor sits: on the sacrum, or on the outside of the distal thigh.

    With `mounting` ``usual`` the case's x points up and its z away from the body, within the care
    of an athlete; with ``any`` it is any rotation at all.
    """
    side = SIDE_OF.get(sensor)
    out = -X if side is None else (Z if side == "right" else -Z)
    at = np.array((-0.115, 0.09, 0.0)) if side is None else -0.70 * skeleton.thigh * Y + 0.075 * out
    usual = quaternion_from_matrix(np.stack((Y, cross(out, Y), out), axis=-1))
    tilted = multiply(usual, quaternion_from_rotvec(np.radians(rng.normal(0.0, 6.0, 3))))
    free = normalize(rng.standard_normal(4))
    return Placement(
        q_bs=tilted if mounting == "usual" else free, at=at + rng.normal(0.0, 0.008, 3)
    )


def draw_handling(
    rng: np.random.Generator, sensors: tuple[str, ...], imprecision: float
) -> dict[str, Handling]:
    """Draw the tray, in which all sensors lie the same way, and how hands carry each of them."""
    tilt = quaternion_from_rotvec(np.array((*np.radians(rng.normal(0.0, 2.0, 2)), 0.0)))
    q = multiply(quaternion_from_heading(rng.uniform(-np.pi, np.pi)), tilt)
    place = np.array((*rng.normal(0.0, 0.4, 2), 0.9))
    result = {}
    for i, sensor in enumerate(sensors):
        skew = np.radians(TRAY_SD_DEG) * imprecision * float(rng.standard_normal())
        result[sensor] = Handling(
            q=multiply(quaternion_from_heading(skew), q),
            position=place + np.array((0.0, 0.05 * i, 0.0)),
            pause=float(rng.uniform(0.05, 0.4)),
            turns=np.radians(rng.normal(0.0, 30.0, (WAVES, 3))),
            shoves=rng.normal(0.0, 0.08, (WAVES, 3)),
        )
    return result


FOLLOW_S: Final = 1.2
FOLLOW_STEP_S: Final = 0.02
"""How long before the strap sits hands go along with the body; distance of the spline's knots."""

AXES: Final = {"x": X, "y": Y, "z": Z}
TRAY_SD_DEG: Final = 0.5
"""How parallel the sensors lie in the tray, about the vertical."""

WAVES: Final = 4
