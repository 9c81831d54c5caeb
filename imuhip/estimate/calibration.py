"""The calibration protocol: windows on the grid, each measured against its gates.

Marks ``begin:<step>`` and ``end:<step>`` enclose a step. A step ends with the first grid row at or
after its end mark; its evidence counts from that row on, never before.

A movement's axis is signed by the movement: bowing turns the pelvis by -z, lifting a knee turns the
thigh by +z (ISB z points to the right). A step whose gates fail is told, with what to do about it.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from imuhip.conventions import CALIBRATION_STEPS, GRAVITY, GRID_HZ, PELVIS
from imuhip.estimate.bouts import Finder
from imuhip.estimate.functional_axis import movement
from imuhip.evidence import CalibrationStep, Gate
from imuhip.kernels import kernel
from imuhip.quaternions import (
    conjugate,
    heading_from_quaternion,
    mean_quaternion,
    multiply,
    wrap_angle,
)
from imuhip.records import Array, BoolArray, GridBlock


class TimedMark(NamedTuple):
    """A mark on the session's clock."""

    t: float
    label: str


class Protocol:
    """Collects the rows of every step: `push` the grid and its marks, get the steps that ended."""

    def __init__(self, sensors: Sequence[str], *, detect: bool = False) -> None:
        """Begin a session.

        Parameters
        ----------
        sensors
            Names, in the order of the grid.
        detect
            Find the steps in the data; for recordings that carry no marks of steps.
        """
        self._sensors = tuple(sensors)
        self._marks: list[TimedMark] = []
        self._open: dict[str, _Window] = {}
        self._stood: CalibrationStep | None = None
        self._finder = Finder(self._sensors) if detect else None
        self._moved = np.zeros((3, len(self._sensors)))

    def push(
        self, grid: GridBlock, marks: Sequence[TimedMark] = ()
    ) -> list[tuple[int, CalibrationStep]]:
        """Return the steps that ended, each with the row of `grid` it counts from."""
        if self._finder is not None:
            steps = []
            first = 0
            for row, name, rows in self._finder.push(grid):
                self._collect(grid, first, row)
                first = row
                steps.append((row, self._found(name, rows)))
            self._collect(grid, first, len(grid.t))
            return steps
        self._marks.extend(marks)
        ended: list[tuple[int, CalibrationStep]] = []
        row = 0
        while self._marks and len(grid.t) and grid.t[-1] >= self._marks[0].t:
            mark = self._marks.pop(0)
            stop = int(np.searchsorted(grid.t, mark.t, side="left"))
            self._collect(grid, row, stop)
            row = stop
            step = self._mark(mark)
            if step is not None:
                ended.append((row, step))
        self._collect(grid, row, len(grid.t))
        return ended

    def finish(self, rows: int) -> list[tuple[int, CalibrationStep]]:
        """End the steps whose end mark came after the last row; they count from row `rows`."""
        steps = [self._mark(mark) for mark in self._marks]
        self._marks = []
        return [(rows, step) for step in steps if step is not None]

    def _found(self, name: str, rows: GridBlock) -> CalibrationStep:
        """Judge a step that the data showed."""
        window = _Window(float(rows.t[0]))
        window.add(rows, 0, len(rows.t))
        span = (window.begin, float(rows.t[-1]))
        moved = self._moved.copy()
        step = judge(name, self._sensors, window.rows(), span, self._stood, moved, found="detected")
        if name == "stand" and step.accepted:
            self._stood = step
        return step

    def _collect(self, grid: GridBlock, first: int, stop: int) -> None:
        for window in self._open.values():
            window.add(grid, first, stop)
        part = slice(first, stop)
        doubts = (grid.unseen[part], grid.drift[part])
        _add_turns(grid.gyr[part], grid.valid[part], doubts, self._moved)

    def _mark(self, mark: TimedMark) -> CalibrationStep | None:
        """Open or close a window; a step without a beginning is no step."""
        kind, _, name = mark.label.partition(":")
        if name not in CALIBRATION_STEPS:
            return None
        if kind == "begin":
            self._open[name] = _Window(mark.t)
        window = self._open.pop(name, None) if kind == "end" else None
        if window is None:
            return None
        span = (window.begin, mark.t)
        step = judge(name, self._sensors, window.rows(), span, self._stood, self._moved.copy())
        if name == "stand" and step.accepted:
            self._stood = step
        return step


@kernel
def _add_turns(gyr: Array, valid: BoolArray, doubts: tuple[Array, Array], moved: Array) -> None:
    """Add up how far each sensor turned and drifted; turns in gaps are added up already."""
    unseen, drift = doubts
    for i in range(len(gyr)):
        for k in range(gyr.shape[1]):
            if valid[i, k]:
                moved[0, k] += np.sqrt(np.sum(gyr[i, k] ** 2)) / GRID_HZ
                moved[1, k] = unseen[i, k]
                moved[2, k] += drift[i, k] / GRID_HZ


class Rows(NamedTuple):
    """The grid rows of a window in which all sensors were valid."""

    t: Array
    q: Array
    acc: Array
    gyr: Array
    share: float


class _Window:
    """An open step: its rows so far, bounded by dropping the oldest."""

    def __init__(self, begin: float) -> None:
        self.begin = begin
        self._parts: list[GridBlock] = []
        self._count = 0

    def add(self, grid: GridBlock, first: int, stop: int) -> None:
        if stop > first and self._count < _MOST_ROWS:
            self._count += stop - first
            self._parts.append(grid.part(first, stop))

    def rows(self) -> Rows:
        if not self._parts:
            nothing = np.empty((0, 1, 3))
            return Rows(np.empty(0), np.empty((0, 1, 4)), nothing, nothing, 0.0)
        whole = np.concatenate([part.valid for part in self._parts]).all(axis=1)

        def column(name: str) -> Array:
            return np.concatenate([getattr(part, name) for part in self._parts])[whole]

        return Rows(
            column("t"), column("q"), column("acc"), column("gyr"), share=float(np.mean(whole))
        )


def judge(
    step: str,
    sensors: tuple[str, ...],
    rows: Rows,
    window: tuple[float, float],
    stood: CalibrationStep | None,
    moved: Array,
    found: Literal["marked", "detected"] = "marked",
) -> CalibrationStep:
    """Measure the rows of one step against its gates.

    Parameters
    ----------
    step
        Its name.
    rows
        The grid rows inside it.
    window
        Its begin and end on the session's clock.
    stood
        The accepted standing before it; closure is measured against it.
    moved
        ``(3, S)`` how far each sensor has turned since the session began, radians, the variance
        of what it turned unseen, rad², and what its bias may have added, radians.
    found
        Whether a mark or the data showed the step.
    """
    up = np.full((len(sensors), 3), np.nan)
    axis = np.full((len(sensors), 3), np.nan)
    axis_sd, force = np.full((2, len(sensors)), np.nan)
    enough = len(rows.t) >= _FEWEST_ROWS
    gates = [_gate("rows", "", rows.share if enough else 0.0)]
    if enough and step in _STILL:
        up = _up(rows)
        force = np.linalg.norm(rows.acc.mean(axis=0), axis=-1) / GRAVITY - 1.0
        gates += _stillness(sensors, rows)
        if step == "stand_again" and stood is not None:
            gates += _closure(sensors, rows, up, stood)
    elif enough and step in _MOVING:
        gates += _movement(sensors, rows, _MOVING[step], axis, axis_sd)
    failed = [gate for gate in gates if gate.verdict == "failed"]
    words = tuple(dict.fromkeys(_words(gate) for gate in failed))
    return CalibrationStep(
        step=step,
        t_start=window[0],
        t_end=window[1],
        found=found,
        accepted=not failed,
        gates=tuple(gates),
        words=words,
        up=up,
        axis=axis,
        axis_sd=axis_sd,
        turned=moved[0],
        lost=moved[1],
        drifted=moved[2],
        force=force,
        q=rows.q,
    )


def _up(rows: Rows) -> Array:
    """Unit mean specific force of each sensor, ``(S, 3)``."""
    mean = rows.acc.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean, axis=-1, keepdims=True))


def _stillness(sensors: tuple[str, ...], rows: Rows) -> list[Gate]:
    """How still each sensor was, and whether it felt gravity alone."""
    spread = np.degrees(rows.gyr.std(axis=0).max(axis=-1))
    force = np.abs(np.linalg.norm(rows.acc.mean(axis=0), axis=-1) - GRAVITY)
    gates = []
    for i, sensor in enumerate(sensors):
        gates.append(_gate("gyro_spread", sensor, float(spread[i])))
        gates.append(_gate("force_minus_gravity", sensor, float(force[i])))
    return gates


def _closure(sensors: tuple[str, ...], rows: Rows, up: Array, stood: CalibrationStep) -> list[Gate]:
    """How far the sensors' tilts and relative headings are from the first standing."""
    gates = []
    turned: dict[str, float] = {}
    before, now = (
        np.stack([mean_quaternion(q[:, i]) for i in range(len(sensors))]) for q in (stood.q, rows.q)
    )
    for i, sensor in enumerate(sensors):
        cosine = float(np.clip(up[i] @ stood.up[i], -1.0, 1.0))
        gates.append(_gate("tilt_closure", sensor, float(np.degrees(np.arccos(cosine)))))
        turned[sensor] = float(heading_from_quaternion(multiply(now[i], conjugate(before[i]))))
    for sensor in sensors:
        if sensor != PELVIS:
            # A person who stands elsewhere turns all sensors; a strap that slipped turns one.
            apart = abs(float(wrap_angle(np.asarray(turned[sensor] - turned[PELVIS]))))
            gates.append(_gate("heading_closure", sensor, float(np.degrees(apart))))
    return gates


def _movement(
    sensors: tuple[str, ...], rows: Rows, moving: "_Moving", axis: Array, axis_sd: Array
) -> list[Gate]:
    """Amplitude and steadiness of a functional movement; fills the axis of its sensor."""
    if moving.sensor not in sensors:
        return []
    i = sensors.index(moving.sensor)
    seen = movement(rows.q[:, i], rows.gyr[:, i], moving.usual_sd)
    amplitude = float(np.degrees(seen.amplitude))
    gates = [_gate(f"{moving.name}_amplitude", moving.sensor, amplitude)]
    if gates[0].verdict != "failed":
        axis[i], axis_sd[i] = moving.sign * seen.axis, seen.heading_sd
    if np.isfinite(seen.steadiness):
        steadiness = float(np.degrees(seen.steadiness))
        gates.append(_gate(f"{moving.name}_steadiness", moving.sensor, steadiness))
    return gates


def _gate(name: str, sensor: str, value: float) -> Gate:
    """Judge a value by the table at the foot."""
    limit = _LIMITS[name]
    return Gate.judge(name, limit.unit, sensor, value, limit.accept, limit.again)


def _words(gate: Gate) -> str:
    """What the coach does about a failed gate."""
    where = gate.sensor.replace("thigh_left", "left thigh").replace("thigh_right", "right thigh")
    return _LIMITS[gate.name].words.format(sensor=where, value=gate.value)


class _Limit(NamedTuple):
    """A gate: up to `accept` good, beyond `again` failed, fair between (KINEMATICS 1.8)."""

    unit: str
    accept: float
    again: float
    words: str


class _Moving(NamedTuple):
    """A functional movement: its gate, its sensor, and the sign of its axis against z.

    `usual_sd` is how much the headings of two repetitions usually differ, radians.
    """

    name: str
    sensor: str
    sign: float
    usual_sd: float


_FEWEST_ROWS = 20
_MOST_ROWS = 6000
"""A window that nobody ended stops growing after a minute."""

_STILL = ("tray", "stand", "stand_again")

_MOVING = {
    "bow": _Moving("bow", "pelvis", -1.0, np.radians(1.0)),
    "knee_lift_left": _Moving("knee_lift", "thigh_left", 1.0, np.radians(2.0)),
    "knee_lift_right": _Moving("knee_lift", "thigh_right", 1.0, np.radians(2.0)),
}

_LIMITS = {
    "rows": _Limit("1", 0.9, 0.5, "Too little came from the sensors in this step – do it again."),
    "gyro_spread": _Limit("deg/s", 1.5, 3.0, "You moved – stand still for 8 seconds."),
    "force_minus_gravity": _Limit(
        "m/s2", 0.3, 0.6, "The {sensor} sensor feels {value:.1f} m/s² too much or too little."
    ),
    "bow_amplitude": _Limit("deg", 35.0, 25.0, "Bow deeper and straight ahead."),
    "bow_steadiness": _Limit("deg", 4.0, 8.0, "Bow the same way each time, straight ahead."),
    "knee_lift_amplitude": _Limit("deg", 50.0, 35.0, "Lift the knee of the {sensor} higher."),
    "knee_lift_steadiness": _Limit(
        "deg", 6.0, 12.0, "Lift the knee of the {sensor} straight up, not outward."
    ),
    "tilt_closure": _Limit(
        "deg", 2.0, 3.0, "The strap of the {sensor} slipped – tighten it and repeat."
    ),
    "heading_closure": _Limit(
        "deg", 2.0, 4.0, "The {sensor} sensor turned – check its strap and repeat."
    ),
}
