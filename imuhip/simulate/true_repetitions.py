"""The truth of repetitions: when each really began, turned and ended, from the true motion.

The bounds are where the speed leaves and comes back to a twentieth of the repetition's peak; the
turn is the middle of what is slower than that around the extreme. Speeds are analytic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Direction
from imuhip.core.quaternions import rotate
from imuhip.core.records import Array, BoolArray
from imuhip.simulate.director import Performed
from imuhip.simulate.motion import (
    CHANNELS,
    HIP_CHANNELS,
    Script,
    Skeleton,
    pelvis_pose,
    thigh_pose,
)
from imuhip.simulate.movements_drills import DRILLS


@dataclass(frozen=True, slots=True)
class TrueRepetition:
    """One repetition of one side as it really was; a squat has one for each side.

    Parameters
    ----------
    movement, side, set, repetition, direction, counted
        As in `findings.Repetition`.
    t_start, t_turn, t_end
        Seconds on the session's clock.
    """

    movement: str
    side: Side
    set: int
    repetition: int
    direction: Direction
    t_start: float
    t_turn: float
    t_end: float
    counted: bool


def true_repetitions(
    performed: Sequence[Performed], script: Script, skeleton: Skeleton, shift: float
) -> tuple[TrueRepetition, ...]:
    """Read the repetitions off the true motion.

    Parameters
    ----------
    shift
        Session time minus simulation time, s.
    """
    found = []
    for each in performed:
        if _signal_of(each.movement) == "held":
            found += _held(each, shift)
            continue
        t = np.arange(each.start - MARGIN_S, each.stop + MARGIN_S, STEP_S)
        value, rate = _primary(each, script, skeleton, t)
        start, turn, end = _bounds(each, t, value, rate)
        found += [
            TrueRepetition(
                each.movement,
                side,
                each.set,
                each.repetition,
                each.direction,
                start + shift,
                turn + shift,
                end + shift,
                each.counted,
            )
            for side in (SIDES if each.side is None else (each.side,))
        ]
    return tuple(found)


def _held(each: Performed, shift: float) -> list[TrueRepetition]:
    """A posture that is held from mark to mark."""
    start, end = each.start + shift, each.stop + shift
    return [
        TrueRepetition(
            each.movement, side, each.set, 1, "down", start, 0.5 * (start + end), end, each.counted
        )
        for side in (SIDES if each.side is None else (each.side,))
    ]


def _signal_of(movement: str) -> str:
    """What tells a repetition of a movement."""
    family = movement.removesuffix("_left").removesuffix("_right")
    drill = DRILLS.get(family)
    return drill.by if drill else SIGNAL.get(movement, "inclination")


def columns(repetitions: Sequence[TrueRepetition]) -> dict[str, list[object]]:
    """Return the truth of repetitions as columns named as in `repetitions.parquet`."""
    names = TrueRepetition.__slots__
    return {name: [getattr(each, name) for each in repetitions] for name in names}


def _primary(each: Performed, script: Script, skeleton: Skeleton, t: Array) -> tuple[Array, Array]:
    """What tells the repetition, ``(N,)``, and its rate; rad and rad/s, towards the turn +."""
    curves = script.channels(t, CHANNELS)
    pelvis = pelvis_pose(script, skeleton, curves)
    values, rates = [], []
    for side in SIDES if each.side is None else (each.side,):
        pose = thigh_pose(pelvis, skeleton, curves, side)
        signal = _signal_of(each.movement)
        if signal in ("flexion", "adduction", "tilt"):
            name = signal if signal == "tilt" else f"{signal}_{side}"
            way = -1.0 if each.direction == "out" else 1.0
            values.append(way * curves[name].x)
            rates.append(way * curves[name].v)
            continue
        if signal == "inclination":
            up = rotate(pose.q, np.broadcast_to((0.0, 1.0, 0.0), (len(t), 3)))[:, 2]
            values.append(np.arccos(np.clip(up, -1.0, 1.0)))
            rates.append(pose.omega[:, 2])
            continue
        inward = (1.0 if each.direction == "in" else -1.0) * (1.0 if side == "right" else -1.0)
        if signal == "heading":
            rates.append(inward * rotate(pose.q, pose.omega)[:, 2])
        else:
            rates.append(inward * pose.omega[:, 1])
        rotation = curves[HIP_CHANNELS[side][2]].x
        values.append(rotation if each.direction == "in" else -rotation)
    return np.mean(values, axis=0), np.mean(rates, axis=0)


def _bounds(each: Performed, t: Array, value: Array, rate: Array) -> tuple[float, float, float]:
    """Start, turn and end of one repetition, s."""
    slow = SPEED_SHARE * float(np.abs(rate).max())
    if each.one_way:
        peak = int(np.argmax(rate))
        end = _after(t, rate > slow, peak)
        return _before(t, rate > slow, peak), end, end
    turn = int(np.argmax(value))
    out, back = int(np.argmax(rate[:turn])), turn + int(np.argmin(rate[turn:]))
    still = (_after(t, rate > slow, out), _before(t, rate < -slow, back))
    return _before(t, rate > slow, out), 0.5 * sum(still), _after(t, rate < -slow, back)


def _before(t: Array, fast: BoolArray, peak: int) -> float:
    """When the fast stretch around the peak began."""
    slow = np.flatnonzero(~fast[:peak])
    return float(t[slow[-1] + 1] if len(slow) else t[0])


def _after(t: Array, fast: BoolArray, peak: int) -> float:
    """When the fast stretch around the peak ended."""
    slow = np.flatnonzero(~fast[peak:])
    return float(t[peak + slow[0]] if len(slow) else t[-1])


SPEED_SHARE: Final = 0.05
STEP_S: Final = 0.005
MARGIN_S: Final = 0.25

SIGNAL: Final[Mapping[str, str]] = {
    "pivot": "heading",
    "ninety_ninety": "rotation",
    **{f"{test}_rotation_{side}": "rotation" for test in ("seated", "supine") for side in SIDES},
}
"""What tells a repetition, where it is not the inclination of the thighs."""
