"""From gestures to the motion of pelvis and thighs: poses, rates and accelerations, all analytic.

A movement is a sum of *gestures*. A gesture is one smooth activation u(t) from 0 to 1 (and back to
0, unless it stays) and, per channel, a polynomial of u. Twelve channels describe the body: three
pelvis angles (Baker), where the pelvis is, and three angles of each hip (ISB). Frames and signs
are those of `conventions`; the femur's orientation is exactly
``q_e_thigh = q_e_pelvis ⊗ q(Rz(φ) Rx(α) Ry(ρ))``.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from imuhip.core.conventions import HIP_ANGLES, HIP_SIGNS, SIDES, Side
from imuhip.core.quaternions import conjugate, multiply, quaternion_from_heading, rotate
from imuhip.core.records import Array
from imuhip.simulate import jets
from imuhip.simulate.jets import Jet, Sines

PELVIS_CHANNELS: Final = (
    "tilt",
    "obliquity",
    "turn",
    "forward",
    "left",
    "up",
    "depth",
    "facing",
)
"""Pelvis angles in rad; shifts in m, forward and left as the athlete faces at the start; the
inclination of the thighs to the vertical in rad while the feet carry the pelvis down; and how far
the whole body has turned since the start, + to the left, rad."""

HIP_CHANNELS: Final[dict[Side, tuple[str, ...]]] = {
    side: tuple(f"{angle}_{side}" for angle in HIP_ANGLES) for side in SIDES
}
CHANNELS: Final = (*PELVIS_CHANNELS, *HIP_CHANNELS["left"], *HIP_CHANNELS["right"])

SHANK_SHARE: Final = 0.42
"""Inclination of the shanks per inclination of the thighs in a squat."""


@dataclass(frozen=True, slots=True)
class Gesture:
    """One smooth activation u(t) and what it does.

    Parameters
    ----------
    start, rise
        When u leaves 0, and how long it takes to 1; s.
    hold, fall
        How long it stays there and takes back to 0; s. With a `fall` of None it stays for ever.
    effects
        Channel to the coefficients of u, u², …; rad or m.
    """

    start: float
    rise: float
    hold: float
    fall: float | None
    effects: Mapping[str, tuple[float, ...]]

    @property
    def end(self) -> float:
        """When nothing moves any more, s."""
        return self.start + self.rise + (0.0 if self.fall is None else self.hold + self.fall)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Lengths of the body, m.

    Parameters
    ----------
    thigh, shank
        Hip centre to knee, knee to ankle.
    hip_half_width
        Middle of the pelvis to either hip centre, along the pelvis' Z.
    """

    thigh: float
    shank: float
    hip_half_width: float

    def hip_centre(self, side: Side) -> Array:
        """Return the hip centre ``(3,)`` in the pelvis frame, whose origin lies midway."""
        return np.array(
            (0.0, 0.0, self.hip_half_width if side == "right" else -self.hip_half_width)
        )


@dataclass(frozen=True, slots=True)
class Script:
    """Everything a body does, from the start to the end of a session.

    Parameters
    ----------
    gestures
        What is done, in any order; effects of overlapping gestures add.
    base
        Channel to its constant part: the posture.
    sway
        Channel to its involuntary part.
    sway_start
        Until here the body stands like a statue, s; over two seconds the sway sets in.
    heading
        Which way the athlete faces: turn from earth x to forward, + to the left, rad.
    marks
        ``(t, label)`` in order.
    strapped
        Sensor to the time at which it sits on its segment; before that, hands move it.
    tray_end
        Until here the sensors lie in the tray, s.
    duration
        s.
    """

    gestures: tuple[Gesture, ...]
    base: Mapping[str, float]
    sway: Mapping[str, Sines]
    sway_start: float
    heading: float
    marks: tuple[tuple[float, str], ...]
    duration: float
    tray_end: float = 0.0
    strapped: Mapping[str, float] = field(default_factory=dict)

    def channels(self, t: Array, names: Iterable[str]) -> dict[str, Jet]:
        """Return the named channels at rising times `t (N,)`."""
        gate = jets.rise(t, self.sway_start, SWAY_FADE_S)
        curves = {}
        for name in names:
            sway = self.sway.get(name)
            curve = jets.zeros(len(t)) if sway is None else sway.at(t) * gate
            curves[name] = curve.shifted(self.base.get(name, 0.0))
        for gesture in self.gestures:
            _add_gesture(curves, t, gesture)
        return curves


SWAY_FADE_S: Final = 2.0


def _add_gesture(curves: dict[str, Jet], t: Array, gesture: Gesture) -> None:
    """Add a gesture to `curves`, whose arrays belong to us: only the rows where it is not 0."""
    mine = [name for name in gesture.effects if name in curves]
    first, last = np.searchsorted(t, (gesture.start, gesture.end))
    if not mine or first == len(t):
        return
    moving = slice(first, last)
    u = jets.rise(t[moving], gesture.start, gesture.rise)
    if gesture.fall is not None:
        u = u - jets.rise(t[moving], gesture.start + gesture.rise + gesture.hold, gesture.fall)
    for name in mine:
        coefficients = gesture.effects[name]
        part = u.polynomial(coefficients)
        curve = curves[name]
        curve.x[moving] += part.x
        curve.v[moving] += part.v
        curve.a[moving] += part.a
        if gesture.fall is None:
            curve.x[last:] += sum(coefficients)


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """A rigid frame in motion at N times.

    Parameters
    ----------
    q
        ``(N, 4)`` ``q_eb``.
    omega, alpha
        ``(N, 3)`` angular rate and angular acceleration in ``b``; rad/s, rad/s².
    position, acc
        ``(N, 3)`` where the origin is and how it accelerates, in ``e``; m, m/s².
    """

    q: Array
    omega: Array
    alpha: Array
    position: Array
    acc: Array

    def turned(self, axis: Array, angle: Jet) -> "Pose":
        """Return the frame turned by `angle` about its own `axis (3,)`, same origin.

        With ``q' = q ⊗ q(e θ)``: ``ω' = Rᵀω + eθ̇`` and ``α' = Rᵀα + eθ̈ + Rᵀω × eθ̇``.
        """
        half = 0.5 * angle.x[:, None]
        turn = np.concatenate((np.cos(half), np.sin(half) * axis), axis=1)
        back = conjugate(turn)
        spin = angle.v[:, None] * axis
        carried = rotate(back, self.omega)
        return Pose(
            q=multiply(self.q, turn),
            omega=carried + spin,
            alpha=rotate(back, self.alpha) + angle.a[:, None] * axis + cross(carried, spin),
            position=self.position,
            acc=self.acc,
        )

    def moved(self, offset: Array) -> "Pose":
        """Return the frame with its origin at the fixed point `offset (3,)` of ``b``."""
        radial = cross(self.omega, cross(self.omega, offset)) + cross(self.alpha, offset)
        lever = np.broadcast_to(offset, self.omega.shape)
        return Pose(
            q=self.q,
            omega=self.omega,
            alpha=self.alpha,
            position=self.position + rotate(self.q, lever),
            acc=self.acc + rotate(self.q, radial),
        )

    def remounted(self, q_bs: Array) -> "Pose":
        """Return the same origin seen in a frame fixed to ``b``: ``q_es = q_eb ⊗ q_bs (4,)``."""
        back = np.broadcast_to(conjugate(q_bs), self.q.shape)
        return Pose(
            q=multiply(self.q, np.broadcast_to(q_bs, self.q.shape)),
            omega=rotate(back, self.omega),
            alpha=rotate(back, self.alpha),
            position=self.position,
            acc=self.acc,
        )


def cross(a: Array, b: Array) -> Array:
    """Cross product over the last axis, elementwise; ``(..., 3)``."""
    return np.stack(
        (
            a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1],
            a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2],
            a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0],
        ),
        axis=-1,
    )


def resting(n: int, q: Array, position: Array) -> Pose:
    """Return a frame that does not move, at `n` times, with ``q (4,)`` and ``position (3,)``."""
    zero = np.zeros((n, 3))
    return Pose(np.tile(q, (n, 1)), zero, zero, np.tile(position, (n, 1)), zero)


def pelvis_pose(script: Script, skeleton: Skeleton, curves: Mapping[str, Jet]) -> Pose:
    """Return the pelvis, its origin midway between the hip centres, from its channels."""
    n = len(curves["tilt"].x)
    position, acc = _pelvis_path(script, skeleton, curves)
    zero = np.zeros((n, 3))
    pose = Pose(np.tile(UPRIGHT, (n, 1)), zero, zero, position, acc)
    pose = pose.turned(Y, (curves["turn"] + curves["facing"]).shifted(script.heading))
    return pose.turned(X, curves["obliquity"]).turned(Z, curves["tilt"].scaled(-1.0))


def thigh_pose(pelvis: Pose, skeleton: Skeleton, curves: Mapping[str, Jet], side: Side) -> Pose:
    """Return the femur, its origin in the hip centre, from the pelvis and the hip's channels."""
    pose = pelvis.moved(skeleton.hip_centre(side))
    for axis, sign, name in zip(ZXY, HIP_SIGNS[side], HIP_CHANNELS[side], strict=True):
        pose = pose.turned(axis, curves[name].scaled(sign))
    return pose


def _pelvis_path(
    script: Script, skeleton: Skeleton, curves: Mapping[str, Jet]
) -> tuple[Array, Array]:
    """Position and acceleration ``(N, 3)`` in ``e``: over planted ankles, plus the shifts.

    The ankles are the origin; the knees go forward with the shanks, the hips back with the thighs,
    forward and back as the body faces at the time.
    """
    thigh = curves["depth"]
    shank = thigh.scaled(SHANK_SHARE)
    up = thigh.cos().scaled(skeleton.thigh) + shank.cos().scaled(skeleton.shank) + curves["up"]
    over = shank.sin().scaled(skeleton.shank) - thigh.sin().scaled(skeleton.thigh)
    forward = over * curves["facing"].cos() + curves["forward"]
    left = over * curves["facing"].sin() + curves["left"]
    facing = quaternion_from_heading(script.heading)
    both = []
    for order in ("x", "a"):
        parts = (getattr(forward, order), getattr(left, order), getattr(up, order))
        local = np.stack(parts, axis=1)
        both.append(rotate(np.broadcast_to(facing, (len(local), 4)), local))
    return both[0], both[1]


X: Final = np.array((1.0, 0.0, 0.0))
Y: Final = np.array((0.0, 1.0, 0.0))
Z: Final = np.array((0.0, 0.0, 1.0))
ZXY: Final = (Z, X, Y)

UPRIGHT: Final = np.array((math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0))
"""``q_eb`` of an upright segment facing earth x: X→x, Y→z, Z→-y (C of `conventions`)."""
