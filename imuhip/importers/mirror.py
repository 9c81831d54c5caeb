"""Whether the signs of acceleration are reversed, which makes a mirror image of the person.

Gyroscope and reversed gravity agree, so one sensor alone never tells. Three things tell left from
right or up from down: the toes turn out first in the toe turns, the pelvis goes over the leg that
stands in the knee lifts, and a sensor sits on its mount as that was declared.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from imuhip.core.conventions import GRAVITY, GRID_HZ, PELVIS, SIDES, THIGH, Side
from imuhip.core.quaternions import multiply, quaternion_from_rotvec
from imuhip.core.records import Array, Mount
from imuhip.estimate.calibration.side_swap import first_turn, to_the_right
from imuhip.importers.notes import FolderMark
from imuhip.importers.sources import SensorFile


def upside_down(files: Sequence[SensorFile], mounts: Mapping[str, Mount]) -> str:
    """Return in words that every sensor is upside down against its mount; empty if not so."""
    ups = [_along(file, mounts[file.sensor].up) for file in files if file.sensor in mounts]
    if len(ups) >= _FEWEST_MOUNTS and all(up < -0.5 * GRAVITY for up in ups):
        return f"all {len(ups)} sensors are upside down against their declared mounts"
    return ""


def _along(file: SensorFile, axis: str) -> float:
    """Return the median acceleration along an axis such as ``-y``."""
    values = file.acc[:, "xyz".index(axis[1])]
    return float(np.median(values if axis[0] == "+" else -values))


def mirrored(files: Sequence[SensorFile], marks: Sequence[FolderMark]) -> str:
    """Return in words that the marked movements are those of a mirror image; empty if not so.

    One witness may be a person who did a step otherwise; all of them, of both kinds, must agree.
    """
    sensors = {file.sensor: file for file in files}
    steps = marked_steps(marks)
    if "stand" not in steps:
        return ""
    toes = {side: _toes_first(sensors, steps, side) for side in SIDES}
    shifts = {side: _over_standing_leg(sensors, steps, side) for side in SIDES}
    turned = [value for value in toes.values() if np.isfinite(value)]
    gone = [value for value in shifts.values() if np.isfinite(value)]
    toes_in = len(turned) == len(SIDES) and max(turned) < 0.0
    wrong_way = len(gone) == len(SIDES) and np.mean(gone) < -_SHIFT_M
    if toes_in and wrong_way:
        return (
            "by it the toes turned in first in both toe turns, and the pelvis went over the lifted "
            "leg in the knee lifts"
        )
    return ""


def partly_mirrored(files: Sequence[SensorFile], marks: Sequence[FolderMark]) -> list[str]:
    """Return sentences on sensors whose marked movements are a mirror image, others' being right.

    Each has one witness alone, so a person who did the step otherwise is as likely.
    """
    sensors = {file.sensor: file for file in files}
    steps = marked_steps(marks)
    if "stand" not in steps:
        return []
    found = [
        (THIGH[side], f"the toes turned in first in the {side} toe turn", "out first")
        for side in SIDES
        if _toes_first(sensors, steps, side) < 0.0
    ]
    shifts = [_over_standing_leg(sensors, steps, side) for side in SIDES]
    if np.mean(shifts) < -_SHIFT_M:
        lifts = "the pelvis went over the lifted leg in the knee lifts"
        found.append((PELVIS, lifts, "over the leg that stood"))
    return [
        f"{sensors[name].shown}: by its values {what}. If it was {instead}, the signs of this "
        "sensor's acceleration are reversed and its angles are a mirror image: turn them round in "
        "the file"
        for name, what, instead in found
    ]


def _toes_first(
    sensors: Mapping[str, SensorFile], steps: Mapping[str, tuple[float, float]], side: Side
) -> float:
    """Return the first turn of a thigh in its toe turn, radians, positive outward; NaN if none."""
    file, step = sensors.get(THIGH[side]), steps.get(f"toe_turn_{side}")
    if file is None or step is None:
        return np.nan
    q = Moved(file, steps["stand"], step).q
    return (1.0 if side == "left" else -1.0) * first_turn(q) if len(q) else np.nan


def _over_standing_leg(
    sensors: Mapping[str, SensorFile], steps: Mapping[str, tuple[float, float]], side: Side
) -> float:
    """Return how far the pelvis went over the leg that stands, m; NaN where it is not known."""
    thigh, step = sensors.get(THIGH[side]), steps.get(f"knee_lift_{side}")
    if PELVIS not in sensors or thigh is None or step is None or "bow" not in steps:
        return np.nan
    bow = Moved(sensors[PELVIS], steps["stand"], steps["bow"])
    right = _right(bow)
    pelvis = Moved(sensors[PELVIS], steps["stand"], step)
    lifted = Moved(thigh, steps["stand"], step)
    if right is None or not len(pelvis.q) or len(pelvis.q) != len(lifted.q):
        return np.nan
    to_right = to_the_right(pelvis.t, pelvis.q, pelvis.acc, lifted.q, right)
    return to_right if side == "left" else -to_right


def _right(bow: "Moved") -> Array | None:
    """Return the pelvis's right in its sensor: a bow begins with a turn about the left."""
    if not len(bow.q):
        return None
    _, _, axes = np.linalg.svd(bow.gyr - bow.gyr.mean(axis=0), full_matrices=False)
    angle = np.cumsum(bow.gyr @ axes[0]) / GRID_HZ
    far = np.flatnonzero(np.abs(angle) > _BOWED)
    return -axes[0] * np.sign(angle[far[0]]) if len(far) else None


class Moved:
    """A sensor in one step, on the grid, with its orientation since the step began.

    It begins upright as it felt gravity in the stand; the gyroscope, less what it said in the
    stand, carries it. A step lasts seconds, so that is true to a degree or two.
    """

    def __init__(
        self, file: SensorFile, stand: tuple[float, float], step: tuple[float, float]
    ) -> None:
        still = (file.t >= stand[0]) & (file.t <= stand[1])
        self.t = np.arange(np.ceil(step[0] * GRID_HZ), step[1] * GRID_HZ) / GRID_HZ
        covered = len(self.t) > 1 and file.t[0] <= self.t[0] and self.t[-1] <= file.t[-1]
        if not covered or not still.any():
            self.t, self.q, self.acc, self.gyr = (np.empty((0, n)) for n in (1, 4, 3, 3))
            return
        bias = np.median(file.gyr[still], axis=0)
        self.acc = _on_grid(self.t, file.t, file.acc)
        self.gyr = _on_grid(self.t, file.t, file.gyr) - bias
        self.q = np.empty((len(self.t), 4))
        self.q[0] = _upright(self.acc[: round(_AT_FIRST_S * GRID_HZ)].mean(axis=0))
        turns = quaternion_from_rotvec(0.5 * (self.gyr[1:] + self.gyr[:-1]) / GRID_HZ)
        for i, turn in enumerate(turns):
            self.q[i + 1] = multiply(self.q[i], turn)


def _on_grid(grid: Array, t: Array, values: Array) -> Array:
    return np.column_stack([np.interp(grid, t, values[:, i]) for i in range(3)])


def _upright(up: Array) -> Array:
    """Return the shortest turn ``(4,)`` that brings what was felt to the earth's z."""
    up = up / max(float(np.linalg.norm(up)), 1e-9)
    axis = np.array((up[1], -up[0], 0.0))
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        axis, sine = np.array((1.0, 0.0, 0.0)), 1.0 if up[2] < 0.0 else 0.0
        return quaternion_from_rotvec(axis * np.pi * sine)
    return quaternion_from_rotvec(axis / sine * np.arctan2(sine, up[2]))


def marked_steps(marks: Sequence[FolderMark]) -> dict[str, tuple[float, float]]:
    """Return begin and end of each step that is marked whole; of one done twice the last."""
    open_steps: dict[str, float] = {}
    steps: dict[str, tuple[float, float]] = {}
    for mark in marks:
        kind, _, name = mark.label.partition(":")
        if kind == "begin":
            open_steps[name] = mark.t
        elif kind == "end" and name in open_steps:
            steps[name] = (open_steps.pop(name), mark.t)
    return steps


_FEWEST_MOUNTS: Final = 2
_SHIFT_M: Final = 0.015
_BOWED: Final = np.radians(15.0)
_AT_FIRST_S: Final = 0.3
