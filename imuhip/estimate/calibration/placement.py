"""Sensors that are not where or how they were said to be: found, and corrected where it can be.

`look` at the rows of a calibration step before it is judged, for the sides may turn out swapped;
`judge` when its axes are known. What is believed of the sensors stands in `sensors` and `mounts`,
column by column of the grid; the grid itself, like the recording, stays as it came.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from imuhip.core.conventions import PELVIS, THIGH, Side
from imuhip.core.evidence import STAND_POSE, Gate, Misplacement
from imuhip.core.quaternions import conjugate, rotate
from imuhip.core.records import Array, Mount
from imuhip.estimate.calibration.mounting import Sitting, mounted_right, sits, vector
from imuhip.estimate.calibration.side_swap import (
    Sides,
    Witness,
    first_turn,
    moved_more,
    other,
    to_the_right,
)
from imuhip.estimate.calibration.slip import Slip, Standing, slips
from imuhip.estimate.functional_axis import lean_of, movement
from imuhip.estimate.windows import WindowRows


class Measured(NamedTuple):
    """What a step measured, as far as placement needs it.

    Parameters
    ----------
    step
        Its name.
    t_start, t_end
        Its window.
    rows
        The grid rows inside it.
    sound
        None of its own gates failed.
    up, axis
        ``(S, 3)``, as in `CalibrationStep`.
    turned
        ``(S,)`` how far each sensor turned so far, radians.
    lost
        ``(S,)`` variance of what the headings turned in gaps so far, rad².
    """

    step: str
    t_start: float
    t_end: float
    rows: WindowRows
    sound: bool
    up: Array
    axis: Array
    turned: Array
    lost: Array


class PlacementCheck(NamedTuple):
    """What placement says of a step: gates, and the faults it showed first."""

    gates: tuple[Gate, ...]
    misplaced: tuple[Misplacement, ...]


class Placement:
    """What is known of where and how the sensors sit."""

    def __init__(
        self, sensors: Sequence[str], mounts: Mapping[str, Mount | None] | None = None
    ) -> None:
        """Begin with what was said.

        Parameters
        ----------
        sensors
            Names in the recording, in the order of the grid.
        mounts
            How they were declared to sit.
        """
        self._recorded = tuple(sensors)
        self._declared = tuple((mounts or {}).get(name) for name in sensors)
        self._sitting: dict[int, Sitting] = {}
        self._right: dict[int, Array] = {}
        self._sides = Sides()
        self._stood: Standing | None = None
        self._stood_from = 0.0
        self._slipped: set[str] = set()
        self._sound_at = 0.0
        self._misplacements: list[Misplacement] = []
        self._ratio = np.nan

    @property
    def sensors(self) -> tuple[str, ...]:
        """Where the sensor of each column sits."""
        return tuple(self.named(name) for name in self._recorded)

    @property
    def mounts(self) -> tuple[Mount | None, ...]:
        """How the sensor of each column sits; empty when nobody declared any."""
        if not any(self._declared):
            return ()
        return tuple(
            self._sitting[i].mount if i in self._sitting else mount
            for i, mount in enumerate(self._declared)
        )

    def named(self, name: str) -> str:
        """Where something named in the recording is: a sensor, or a step found in its data."""
        # Sensors on shanks and feet are taken to be where they were said to be.
        if not self._sides.swapped or not name.startswith(("thigh", *_ONE_LEG)):
            return name
        for side in ("left", "right"):
            if name.endswith(f"_{side}"):
                return f"{name.removesuffix(side)}{other(side)}"
        return name

    def look(
        self, step: str, rows: WindowRows, window: tuple[float, float], *, marked: bool
    ) -> bool:
        """Ask which leg moved; True when left and right turn out to be otherwise than believed.

        Parameters
        ----------
        step
            Its name, as it was marked or found.
        rows, window
            Its grid rows; its begin and end.
        marked
            A person said which leg; else it was named after the sensor that moved.
        """
        self._ratio = np.nan
        kind, _, asked = step.rpartition("_")
        columns = [i for i, name in enumerate(self._recorded) if name in THIGH.values()]
        if kind not in _ONE_LEG or len(columns) < 2 or len(rows.t) < _FEWEST_ROWS:
            return False
        columns.sort(key=lambda i: self._recorded[i])  # left, right
        upright = kind == "toe_turn"
        ratio = moved_more(rows.q[:, columns], rows.gyr[:, columns], upright=upright)
        side: Side = "left" if asked == "left" else "right"
        if marked:
            self._ratio = (
                ratio if self.named(THIGH[side]) == self._recorded[columns[0]] else 1 / ratio
            )
        if max(ratio, 1.0 / ratio) < _CLEARLY:
            return False
        moved: Side = "left" if ratio > 1.0 else "right"
        witness = self._witness(rows, columns[moved == "right"], moved, side if marked else None)
        turn = first_turn(rows.q[:, columns[moved == "right"]]) if upright else np.nan
        if upright:
            witness = Witness(moved, witness.asked, first_turn=turn)
        if not self._sides.hear(witness):
            return False
        if marked:
            self._ratio = 1.0 / self._ratio
        self._tell_sides(window[1])
        return True

    def _witness(self, rows: WindowRows, i: int, moved: Side, asked: Side | None) -> Witness:
        """What a knee lift by the sensor in column `i` says."""
        if np.degrees(lean_of(rows.q[:, i]).max()) < _A_LIFT_DEG:
            return Witness(moved, asked)
        declared = self._declared[i]
        axis = movement(rows.q[:, i], rows.gyr[:, i], 0.0).axis
        facing = np.nan if declared is None else float(axis @ vector(declared.out))
        pelvis = self._recorded.index(PELVIS)
        right = self._right_of_pelvis(pelvis)
        if right is None:
            return Witness(moved, asked, facing=facing)
        q, acc = rows.q[:, pelvis], rows.acc[:, pelvis]
        shift = to_the_right(rows.t, q, acc, rows.q[:, i], right)
        return Witness(moved, asked, to_right=shift, facing=facing)

    def _right_of_pelvis(self, pelvis: int) -> Array | None:
        """The pelvis's medio-lateral axis in its sensor: from bows, else as it was declared."""
        if pelvis in self._right:
            return self._right[pelvis]
        sitting = self._sitting.get(pelvis)
        mount = self._declared[pelvis] if sitting is None else sitting.mount
        return None if mount is None else mounted_right(PELVIS, mount)

    def _tell_sides(self, now: float) -> None:
        swapped = self._sides.swapped
        kind: Literal["swapped", "as_named"] = "swapped" if swapped else "as_named"
        words = _SWAPPED if swapped else _AS_NAMED
        self._misplacements.append(
            Misplacement(kind, "", 0.0, now, np.nan, corrected=True, words=words)
        )
        self._slipped.clear()
        for i in self._sitting:
            self._sit(i, now)

    def judge(self, seen: Measured) -> PlacementCheck:
        """Judge a step's placement; what it showed counts from its end on."""
        gates: list[Gate] = []
        if np.isfinite(self._ratio):
            named = THIGH["left" if seen.step.endswith("left") else "right"]
            gates.append(Gate.judge("side", "1", named, min(self._ratio, _MOST), _CLEARLY, 1.0))
            self._ratio = np.nan
        if seen.step == "stand" and seen.sound:
            self._stand(seen)
        if seen.step == "stand_again" and seen.sound and self._stood is not None:
            gates += self._close(seen, self._stood)
        if seen.step in _STANDS_BETWEEN and self._stood is not None:
            gates += self._pose(seen, self._stood)
        for i in np.flatnonzero(np.isfinite(seen.axis[:, 0])).tolist():
            self._right[i] = seen.axis[i]
            gates += self._level(seen, i)
            self._sit(i, seen.t_end)
        misplacements, self._misplacements = self._misplacements, []
        return PlacementCheck(tuple(gates), tuple(misplacements))

    def _stand(self, seen: Measured) -> None:
        self._stood, self._stood_from = _standing(seen), seen.t_start
        self._sound_at = seen.t_end
        self._slipped.clear()
        for i in range(len(self._recorded)):
            self._sit(i, seen.t_end)

    def _sit(self, i: int, now: float) -> None:
        """Hold the declared mount of column `i` against gravity and movement; tell what is new."""
        declared = self._declared[i]
        if declared is None or self._stood is None:
            return
        name = self.sensors[i]
        sitting = sits(name, declared, self._stood.up[i], self._right.get(i))
        before, self._sitting[i] = self._sitting.get(i), sitting
        if sitting == before or sitting.mount == declared:
            return
        kind: Literal["upside_down", "turned"] = "upside_down" if sitting.upside_down else "turned"
        angle = float(np.degrees(sitting.turned))
        corrected = sitting.mount is not None
        words = _MOUNTS[kind if corrected else "unknown"].format(sensor=_where(name), angle=angle)
        self._misplacements.append(
            Misplacement(kind, name, self._stood_from, now, angle, corrected, words=words)
        )

    def _level(self, seen: Measured, i: int) -> list[Gate]:
        """Whether the axis of the bows is level while standing."""
        if self._recorded[i] != PELVIS or self._stood is None:
            return []
        tilt = float(np.degrees(np.arcsin(min(abs(seen.axis[i] @ self._stood.up[i]), 1.0))))
        gate = Gate.judge("axis_tilt", "deg", PELVIS, tilt, *_TILT_DEG)
        if gate.verdict == "failed":
            self._misplacements.append(
                Misplacement(
                    "tilted", PELVIS, seen.t_start, seen.t_end, tilt, corrected=False, words=_TILTED
                )
            )
        return [gate]

    def _pose(self, seen: Measured, stood: Standing) -> list[Gate]:
        """Whether pelvis and thighs ever come back to where they were in the standing.

        Before, between and after the repetitions of a movement people stand as they always do. A
        thigh that stays away from its standing all the time was bent, lifted or sat upon in it, and
        a pelvis rested on one leg.
        """
        gates = []
        for i, name in enumerate(self.sensors):
            if name in _POSED and len(seen.rows.t):
                up = rotate(conjugate(seen.rows.q[:, i]), np.array((0.0, 0.0, 1.0)))
                cosine = np.clip(np.sum(up * stood.up[i], axis=-1), -1.0, 1.0)
                gates.append(_pose_gate(name, float(np.arccos(cosine).min())))
        return gates

    def _close(self, seen: Measured, stood: Standing) -> list[Gate]:
        """Hold a later standing against the first."""
        gates = []
        found = slips(self.sensors, stood, _standing(seen))
        thighs = [(name, found[name].tilt) for name in THIGH.values() if name in found]
        if len(thighs) > 1 and min(tilt for _, tilt in thighs) > _BOTH_LEANED:
            # Two straps do not slip at once: one of the standings was none.
            return [_pose_gate(name, tilt) for name, tilt in thighs]
        for sensor, slip in found.items():
            tilt, heading = np.degrees((slip.tilt, abs(slip.heading))).tolist()
            limit = float(np.degrees(slip.heading_limit))
            gates.append(Gate.judge("tilt_closure", "deg", sensor, tilt, *_TILT_CLOSURE_DEG))
            gates.append(
                Gate.judge("heading_closure", "deg", sensor, heading, _HEADING_GOOD_DEG, limit)
            )
            gates.append(Gate.judge("slip", "1", sensor, slip.size, *_SLIP))
            if gates[-1].verdict == "failed" and sensor not in self._slipped:
                self._slipped.add(sensor)
                self._misplacements.append(self._slip(sensor, slip, seen))
        if not self._slipped:
            self._sound_at = seen.t_end
        return gates

    def _slip(self, sensor: str, slip: Slip, seen: Measured) -> Misplacement:
        angle = float(np.degrees(slip.angle))
        words = _SLIPPED.format(
            sensor=_where(sensor), angle=angle, before=self._sound_at, after=seen.t_start
        )
        return Misplacement(
            "slipped", sensor, self._sound_at, seen.t_start, angle, corrected=False, words=words
        )


def words_of(gate: Gate) -> str:
    """What the coach does about a failed gate of placement; empty where a fault says it."""
    if gate.name == STAND_POSE:
        return _OTHER_POSE
    if gate.name != "side":
        return ""
    side: Side = "left" if gate.sensor == THIGH["left"] else "right"
    return _OTHER_LEG.format(asked=side, moved=other(side))


def _pose_gate(sensor: str, away: float) -> Gate:
    """How far a segment is from its standing, radians, as a gate of that standing."""
    limits = _PELVIS_POSE_DEG if sensor == PELVIS else _POSE_DEG
    return Gate.judge(STAND_POSE, "deg", sensor, float(np.degrees(away)), *limits)


def _standing(seen: Measured) -> Standing:
    middle = 0.5 * (seen.t_start + seen.t_end)
    return Standing(middle, seen.up, seen.rows.q, seen.turned, seen.lost)


def _where(sensor: str) -> str:
    return {THIGH["left"]: "left thigh", THIGH["right"]: "right thigh"}.get(sensor, sensor)


_ONE_LEG = ("knee_lift", "toe_turn")
_STANDS_BETWEEN = ("bow", "knee_lift_left", "knee_lift_right")
_FEWEST_ROWS = 20
_CLEARLY, _MOST = 3.0, 1000.0
"""The leg that was asked has at least so many times the energy of the other (KINEMATICS 1.8)."""

_A_LIFT_DEG = 25.0
_TILT_DEG = (8.0, 12.0)
_TILT_CLOSURE_DEG = (2.0, 5.0)
_POSED = (PELVIS, *THIGH.values())
_POSE_DEG, _PELVIS_POSE_DEG, _BOTH_LEANED = (5.0, 10.0), (4.0, 8.0), np.radians(10.0)
_HEADING_GOOD_DEG = 2.0
_SLIP = (0.6, 1.0)

_SWAPPED = (
    "Left and right sensors look swapped – corrected: from here on results follow the body. "
    "Swap them before the next session."
)
_AS_NAMED = "Left and right sensors are as named again – results follow the body."
_OTHER_LEG = (
    "The {moved} thigh moved when the {asked} was asked – do it again with the {asked} leg; if it "
    "was the {asked}, the sensors are swapped, and the next lift will tell."
)
_OTHER_POSE = (
    "The standing at the start was not how you stand now – stand tall with your feet under your "
    "hips, and do Stand again, then this step."
)
_TILTED = (
    "The pelvis sensor looks tilted or loose – tighten its belt and bow again, straight ahead."
)
_SLIPPED = (
    "The strap of the {sensor} slipped by about {angle:.0f}° between {before:.0f} s and "
    "{after:.0f} s: data from before are fine, data from after are doubtful. Tighten it and "
    "calibrate again."
)
_MOUNTS = {
    "upside_down": "The {sensor} sensor is upside down – fine, corrected.",
    "turned": "The {sensor} sensor is turned by {angle:.0f}° from its declared mount – fine, "
    "corrected.",
    "unknown": "The {sensor} sensor is turned from its declared mount; bows and knee lifts will "
    "show which way it faces.",
}
