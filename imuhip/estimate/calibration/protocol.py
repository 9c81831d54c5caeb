"""The calibration protocol: windows on the grid, each measured against its gates.

Marks ``begin:<step>`` and ``end:<step>`` enclose a step. A step ends with the first grid row at or
after its end mark; its evidence counts from that row on, never before.

A movement's axis is signed by the movement: bowing turns the pelvis by -z, lifting a knee turns the
thigh by +z (ISB z points to the right). A step whose gates fail says what to do about it.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from imuhip.core.conventions import CALIBRATION_STEPS, GRAVITY, GRID_HZ, PELVIS
from imuhip.core.evidence import CalibrationStep, Gate
from imuhip.core.kernels import kernel
from imuhip.core.quaternions import mean_quaternion, multiply, rotate
from imuhip.core.records import Array, BoolArray, GridBlock, Mount
from imuhip.estimate.activity import Finder
from imuhip.estimate.calibration.placement import Measured, Placement, PlacementCheck, words_of
from imuhip.estimate.functional_axis import movement
from imuhip.estimate.windows import Window, WindowRows


class TimedMark(NamedTuple):
    """A mark on the session's clock."""

    t: float
    label: str


class Protocol:
    """Collects the rows of every step: `push` the grid and its marks, get the steps that ended."""

    def __init__(
        self,
        sensors: Sequence[str],
        mounts: Mapping[str, Mount] | None = None,
        *,
        detect: bool = False,
    ) -> None:
        """Begin a session.

        Parameters
        ----------
        sensors
            Names, in the order of the grid.
        mounts
            How sensors were declared to sit.
        detect
            Find the steps in the data; for recordings that carry no marks of steps.
        """
        self._sensors = tuple(sensors)
        self._placement = Placement(sensors, mounts)
        self._lifts: dict[str, _Seen] = {}
        self._marks: list[TimedMark] = []
        self._open: dict[str, Window] = {}
        self._finder = Finder(self._sensors) if detect else None
        self._moved = np.zeros((3, len(self._sensors)))

    def push(
        self, grid: GridBlock, marks: Sequence[TimedMark] = ()
    ) -> list[tuple[int, CalibrationStep]]:
        """Return the steps that ended, each with the row of `grid` it counts from.

        A step comes a second time when it turns out that left and right are swapped.
        """
        ended: list[tuple[int, CalibrationStep]] = []
        row = 0
        if self._finder is not None:
            for stop, name, rows in self._finder.push(grid):
                self._collect(grid, row, stop)
                row = stop
                ended += ((row, step) for step in self._found(name, rows))
            self._collect(grid, row, len(grid.t))
            return ended
        self._marks.extend(marks)
        while self._marks and len(grid.t) and grid.t[-1] >= self._marks[0].t:
            mark = self._marks.pop(0)
            stop = int(np.searchsorted(grid.t, mark.t, side="left"))
            self._collect(grid, row, stop)
            row = stop
            ended += ((row, step) for step in self._mark(mark))
        self._collect(grid, row, len(grid.t))
        return ended

    def finish(self, rows: int) -> list[tuple[int, CalibrationStep]]:
        """End the steps whose end mark came after the last row; they count from row `rows`."""
        steps = [step for mark in self._marks for step in self._mark(mark)]
        self._marks = []
        return [(rows, step) for step in steps]

    def _found(self, name: str, rows: GridBlock) -> list[CalibrationStep]:
        """Judge a step that the data showed."""
        window = Window(float(rows.t[0]))
        window.add(rows, 0, len(rows.t))
        span = (window.begin, float(rows.t[-1]))
        return self._judged(_Seen(name, window.rows(), span, self._moved.copy(), "detected"))

    def _collect(self, grid: GridBlock, first: int, stop: int) -> None:
        for window in self._open.values():
            window.add(grid, first, stop)
        part = slice(first, stop)
        doubts = (grid.unseen[part], grid.drift[part])
        _add_turns(grid.gyr[part], grid.valid[part], doubts, self._moved)

    def _mark(self, mark: TimedMark) -> list[CalibrationStep]:
        """Open or close a window; a step without a beginning is no step."""
        kind, _, name = mark.label.partition(":")
        if name not in CALIBRATION_STEPS:
            return []
        if kind == "begin":
            self._open[name] = Window(mark.t)
        window = self._open.pop(name, None) if kind == "end" else None
        if window is None:
            return []
        span = (window.begin, mark.t)
        return self._judged(_Seen(name, window.rows(), span, self._moved.copy(), "marked"))

    def _judged(self, seen: "_Seen") -> list[CalibrationStep]:
        """Judge a step, and before it the lifts whose sides it has shown to be swapped."""
        again: list[_Seen] = []
        if _nothing_moved(seen) is not None:
            return [judge(seen, self._placement)]
        if self._placement.look(seen.step, seen.rows, seen.window, marked=seen.found == "marked"):
            again = [lift for name, lift in self._lifts.items() if name != seen.step]
        if seen.step.startswith("knee_lift"):
            self._lifts[seen.step] = seen
        return [judge(each, self._placement) for each in (*again, seen)]


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


class _Seen(NamedTuple):
    """A step as it was seen: its name, its rows, its begin and end, and how they were found.

    `moved`, ``(3, S)``, is how far each sensor had turned since the session began, radians, the
    variance of what it turned unseen, rad², and what its bias may have added, radians.
    """

    step: str
    rows: WindowRows
    window: tuple[float, float]
    moved: Array
    found: Literal["marked", "detected"]


def judge(seen: _Seen, placement: Placement) -> CalibrationStep:
    """Measure a step against its gates, with the sensors where `placement` believes them."""
    sensors, rows = placement.sensors, seen.rows
    step = seen.step if seen.found == "marked" else placement.named(seen.step)
    up = np.full((len(sensors), 3), np.nan)
    axis = np.full((len(sensors), 3), np.nan)
    axis_sd, force = np.full((2, len(sensors)), np.nan)
    enough = len(rows.t) >= _FEWEST_ROWS
    gates = [_gate("rows", "", rows.share if enough else 0.0)]
    if enough and step in _STILL:
        up = _up(rows)
        force = np.linalg.norm(rows.acc.mean(axis=0), axis=-1) / GRAVITY - 1.0
        gates += _stillness(sensors, rows)
    unmoved = _nothing_moved(seen)
    if unmoved is not None:
        gates.append(unmoved)
    elif enough and step in _MOVING:
        gates += _movement(sensors, rows, _MOVING[step], axis, axis_sd)
    sound = all(gate.verdict != "failed" for gate in gates)
    # Noise has no side: where nothing moved, nobody is asked which leg it was.
    placed = (
        PlacementCheck((), ())
        if unmoved is not None
        else placement.judge(
            Measured(step, *seen.window, rows, sound, up, axis, seen.moved[0], seen.moved[1])
        )
    )
    failed = [gate for gate in (*gates, *placed.gates) if gate.verdict == "failed"]
    words = [fault.words for fault in placed.misplaced]
    # Why the asked thigh hardly moved is said by the side that did.
    other_leg = any(gate.name == "side" for gate in failed)
    words += [_words(gate) for gate in failed if not (other_leg and "_amplitude" in gate.name)]
    return CalibrationStep(
        step=step,
        t_start=seen.window[0],
        t_end=seen.window[1],
        found=seen.found,
        accepted=not failed,
        gates=(*gates, *placed.gates),
        words=tuple(dict.fromkeys(word for word in words if word)),
        up=up,
        axis=axis,
        axis_sd=axis_sd,
        turned=seen.moved[0],
        lost=seen.moved[1],
        drifted=seen.moved[2],
        force=force,
        q=_levelled(rows.q, up) if step in _STILL and sound else rows.q,
        sensors=placement.sensors,
        mounts=placement.mounts,
        misplaced=placed.misplaced,
    )


def _nothing_moved(seen: _Seen) -> Gate | None:
    """The failed gate of a movement in which every sensor kept still; None where one moved."""
    rows = seen.rows
    if seen.step in _STILL or len(rows.t) < _FEWEST_ROWS:
        return None
    fastest = float(np.degrees(np.nanmax(np.linalg.norm(rows.gyr, axis=-1))))
    gate = _gate("movement", "", fastest)
    return gate if gate.verdict == "failed" else None


def _up(rows: WindowRows) -> Array:
    """Unit mean specific force of each sensor, ``(S, 3)``."""
    mean = rows.acc.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean, axis=-1, keepdims=True))


def _levelled(q: Array, up: Array) -> Array:
    """Poses ``(M, S, 4)``, each sensor's turned as one until its mean force ``up`` is vertical.

    Seconds at rest know the vertical better than a filter that has just begun, or that carries a
    bias it has not learned yet; and all angles are measured from these poses.
    """
    levelled = q.copy()
    for i in range(q.shape[1]):
        felt = rotate(mean_quaternion(q[:, i]), up[i])
        level = np.array((1.0 + felt[2], felt[1], -felt[0], 0.0))
        levelled[:, i] = multiply(level / np.linalg.norm(level), q[:, i])
    return levelled


def _stillness(sensors: tuple[str, ...], rows: WindowRows) -> list[Gate]:
    """How still each sensor was, and whether it felt gravity alone."""
    spread = np.degrees(rows.gyr.std(axis=0).max(axis=-1))
    force = np.abs(np.linalg.norm(rows.acc.mean(axis=0), axis=-1) - GRAVITY)
    gates = []
    for i, sensor in enumerate(sensors):
        gates.append(_gate("gyro_spread", sensor, float(spread[i])))
        gates.append(_gate("force_minus_gravity", sensor, float(force[i])))
    return gates


def _movement(
    sensors: tuple[str, ...], rows: WindowRows, moving: "_Moving", axis: Array, axis_sd: Array
) -> list[Gate]:
    """Amplitude and steadiness of a functional movement; fills the axis of its sensor."""
    if moving.sensor not in sensors:
        return []
    i = sensors.index(moving.sensor)
    seen = movement(rows.q[:, i], rows.gyr[:, i], moving.usual_sd, in_earth=moving.sensor != PELVIS)
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
    if gate.name not in _LIMITS:
        return words_of(gate)
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

_STILL = ("tray", "stand", "stand_again")

_MOVING = {
    "bow": _Moving("bow", "pelvis", -1.0, np.radians(1.0)),
    "knee_lift_left": _Moving("knee_lift", "thigh_left", 1.0, np.radians(2.0)),
    "knee_lift_right": _Moving("knee_lift", "thigh_right", 1.0, np.radians(2.0)),
}

_LIMITS = {
    "rows": _Limit("1", 0.9, 0.5, "Too few data in this step – do it again."),
    "gyro_spread": _Limit("deg/s", 1.5, 3.0, "You moved – stand still for 8 seconds."),
    "force_minus_gravity": _Limit(
        "m/s2", 0.3, 0.6, "The {sensor} sensor feels {value:.1f} m/s² too much or too little."
    ),
    "movement": _Limit("deg/s", 20.0, 12.0, "Nothing moved yet – begin the step, then move."),
    "bow_amplitude": _Limit("deg", 35.0, 25.0, "Bow deeper and straight ahead."),
    "bow_steadiness": _Limit("deg", 4.0, 8.0, "Bow the same way each time, straight ahead."),
    "knee_lift_amplitude": _Limit("deg", 50.0, 35.0, "Lift the knee of the {sensor} higher."),
    "knee_lift_steadiness": _Limit(
        "deg", 6.0, 12.0, "Lift the knee of the {sensor} straight up, not outward."
    ),
}
