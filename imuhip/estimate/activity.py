"""Finds stillness and activity on the grid, which show the steps of an unmarked calibration.

An activity begins when any sensor turns faster than 25°/s and ends when all have been slow for 0.1
s and are back in the pose it began in (or have been slow for 3 s in another). It is named by which
segments leaned and how far: a bow is the pelvis alone, a knee lift one thigh alone; whatever is
neither, a squat or a step, is no calibration movement.
"""

from dataclasses import fields
from typing import NamedTuple

import numpy as np

from imuhip.core.kernels import kernel
from imuhip.core.records import Array, GridBlock, IntArray


class Activity(NamedTuple):
    """A movement from one pose back to it.

    Parameters
    ----------
    known
        Row number at which it was known to be over.
    still
        Row number at which the stillness before it began.
    start, stop
        Row numbers of its beginning and end.
    step
        ``bow``, ``knee_lift_left``, ``knee_lift_right``, or empty for anything else.
    """

    known: int
    still: int
    start: int
    stop: int
    step: str


class Finder:
    """Finds standing, bows and knee lifts: `push` the grid, get the steps it shows.

    Like activities in a row are one step, once something else follows or five seconds pass.
    Standing is the stillness before the first of them: neither a bow nor a knee lift follows
    sitting.
    """

    def __init__(self, sensors: tuple[str, ...]) -> None:
        names = ("pelvis", "thigh_left", "thigh_right")
        self._place = np.array(
            [sensors.index(name) if name in sensors else -1 for name in names], dtype=np.int64
        )
        self._state = np.zeros(_STATE_SIZE)
        self._start_up = np.zeros((len(sensors), 3))
        self._rows = 0
        self._history: list[tuple[int, GridBlock]] = []
        self._group: list[Activity] = []
        self._stood = False

    def push(self, grid: GridBlock) -> list[tuple[int, str, GridBlock]]:
        """Return the steps that ended: the row of `grid` they count from, name and rows."""
        first = self._rows
        self._history.append((first, grid))
        steps: list[tuple[int, str, GridBlock]] = []
        for activity in self._activities(grid):
            if self._group and (
                activity.step != self._group[0].step or activity.known > self._deadline
            ):
                steps += self._close(min(activity.known, self._deadline) - first)
            if activity.step:
                self._group.append(activity)
        self._rows += len(grid.t)
        if self._group and self._rows > self._deadline:
            steps += self._close(self._deadline - first)
        self._forget()
        return steps

    @property
    def _deadline(self) -> int:
        """The row from which the group is over if nothing follows."""
        return self._group[-1].known + _GROUP_ROWS

    def _activities(self, grid: GridBlock) -> list[Activity]:
        """The activities that ended in these rows."""
        found = np.empty((len(grid.t), 8))
        count = _follow(grid.q, grid.gyr, self._place, self._state, self._start_up, found)
        activities = []
        for row in found[:count]:
            known, still, start, stop = (int(value) for value in row[:4])
            brief = stop - start <= _LONGEST_ROWS
            name = _name(row[4:7]) if brief and row[7] > 0.0 else ""
            activities.append(Activity(known, still, start, stop, name))
        return activities

    def _close(self, row: int) -> list[tuple[int, str, GridBlock]]:
        """End the group: one step, and before the first of all the standing."""
        group, self._group = self._group, []
        steps = []
        head = group[0]
        if not self._stood and head.start - head.still >= _STAND_ROWS:
            self._stood = True
            still = self._between(max(head.still, head.start - _LONGEST_STAND), head.start)
            steps.append((row, "stand", still))
        if self._stood:
            # The weight shifts before a knee comes up.
            begin = max(head.still, head.start - _LEAD_ROWS)
            steps.append((row, head.step, self._between(begin, group[-1].known)))
        return steps

    def _between(self, start: int, stop: int) -> GridBlock:
        """Rows by their numbers, out of the history."""
        parts = [
            block.part(max(start - first, 0), max(stop - first, 0))
            for first, block in self._history
        ]
        names = [each.name for each in fields(GridBlock)[1:]]
        columns = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
        return GridBlock(parts[0].sensors, *columns)

    def _forget(self) -> None:
        """Drop the rows that no step can need any more."""
        oldest = self._rows - _KEPT_ROWS
        if self._group:
            oldest = min(oldest, self._group[0].start - _LONGEST_STAND)
        self._history = [
            (first, block) for first, block in self._history if first + len(block.t) > oldest
        ]


def _name(lean: Array) -> str:
    """The calibration movement that leans pelvis, left and right thigh this far, radians."""
    pelvis, left, right = lean
    if pelvis > _BOW and max(left, right) < 0.5 * pelvis:
        return "bow"
    if left > _LIFT and right < _OTHER and pelvis < _OTHER:
        return "knee_lift_left"
    if right > _LIFT and left < _OTHER and pelvis < _OTHER:
        return "knee_lift_right"
    return ""


@kernel
def _follow(
    q: Array, gyr: Array, place: IntArray, state: Array, start_up: Array, found: Array
) -> int:
    """Row by row: whether anything turns, how far each has leaned, and when it is over."""
    count = 0
    sensors = q.shape[1]
    for i in range(len(q)):
        row = state[_ROW]
        state[_ROW] += 1.0
        fastest = 0.0
        for k in range(sensors):
            fastest = max(fastest, np.sqrt(np.sum(gyr[i, k] ** 2)))
        if not np.isfinite(fastest) or np.isnan(q[i]).any():
            _wait(state, row)
            continue
        state[_GONE] = 0.0
        if state[_IN] == 0.0:
            if fastest > _FAST:
                state[_IN], state[_START], state[_SLOW] = 1.0, row, 0.0
                state[_LEAN : _LEAN + 3] = 0.0
                for k in range(sensors):
                    _up(q[i, k], start_up[k])
            continue
        leaning = 0.0
        for j in range(3):
            if place[j] >= 0:
                lean = _lean(q[i, place[j]], start_up[place[j]])
                state[_LEAN + j] = max(state[_LEAN + j], lean)
                leaning = max(leaning, lean)
        state[_SLOW] = state[_SLOW] + 1.0 if fastest < _SLOW_RATE else 0.0
        back = leaning < _BACK
        if state[_SLOW] >= (_REST_ROWS if back else _SETTLED_ROWS):
            end = row + 1.0 - state[_SLOW]
            found[count, 0], found[count, 1] = row + 1.0, state[_STILL]
            found[count, 2], found[count, 3] = state[_START], end
            found[count, 4:7] = state[_LEAN : _LEAN + 3]
            found[count, 7] = 1.0 if back else 0.0
            count += 1
            state[_IN], state[_STILL] = 0.0, end
    return count


@kernel
def _wait(state: Array, row: float) -> None:
    """A row in which a sensor is missing: after too many of them nothing before it counts."""
    state[_GONE] += 1.0
    if state[_GONE] > _LONGEST_GAP:
        state[_IN], state[_STILL] = 0.0, row + 1.0


@kernel
def _up(q: Array, out: Array) -> None:
    """The earth's vertical, in the sensor."""
    out[0] = 2.0 * (q[1] * q[3] - q[0] * q[2])
    out[1] = 2.0 * (q[2] * q[3] + q[0] * q[1])
    out[2] = 1.0 - 2.0 * (q[1] * q[1] + q[2] * q[2])


@kernel
def _lean(q: Array, start: Array) -> float:
    """Angle between the vertical in the sensor now and at the start."""
    cosine = (
        start[0] * 2.0 * (q[1] * q[3] - q[0] * q[2])
        + start[1] * 2.0 * (q[2] * q[3] + q[0] * q[1])
        + start[2] * (1.0 - 2.0 * (q[1] * q[1] + q[2] * q[2]))
    )
    angle: float = np.arccos(min(max(cosine, -1.0), 1.0))
    return angle


_FAST, _SLOW_RATE = np.radians(25.0), np.radians(12.0)
_BACK = np.radians(10.0)
_BOW, _LIFT, _OTHER = np.radians(30.0), np.radians(40.0), np.radians(25.0)
_REST_ROWS, _SETTLED_ROWS = 10.0, 300.0
_GROUP_ROWS, _STAND_ROWS, _LONGEST_STAND = 500, 200, 800
_LONGEST_ROWS, _KEPT_ROWS, _LEAD_ROWS = 3000, 6000, 80
_LONGEST_GAP = 50.0
"""A radio that stutters does not end an activity; what leaned is seen by gravity after it."""


# Places in the state: row number, inside an activity, where stillness began, where the activity
# began, how long it has been slow, the greatest leans of pelvis and thighs, and for how long a
# sensor is gone.
_ROW, _IN, _STILL, _START, _SLOW, _LEAN, _GONE = 0, 1, 2, 3, 4, 5, 8
_STATE_SIZE = 9
