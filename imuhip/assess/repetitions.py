"""Finds repetitions row by row, as they happen: state machines over one signal each.

All machines run all the time, whatever the marks say; which of them counts is decided when a
repetition is over (`assess.sets`). So a mark that comes late or early loses no repetition.

There and back (squat, lunge, table test)::

    REST ─ away from rest by `leave_deg`, at `leave_deg_s` for `leave_s` ──► AWAY
    AWAY ─ within `rest_deg`, and stopped ─────────────────────────────────► done, REST
         ─ goes away again before it came to rest, low enough ─────────────► done, AWAY
         ─ comes out on the other side of rest ────────────────────────────► done, AWAY
         ─ stays at the turn for `longest_hold_s` ─────────────────────────► stayed, REST
         ─ no data for a second ───────────────────────────────────────────► lost, REST
         ─ not far, and still there for two seconds: rest is there now ────► REST

One way (pivot, 90/90)::

    REST ─ faster than `leave_deg_s` for `leave_s` ────────────────────────► TURN
    TURN ─ stopped ────────────────────────────────────────────────────────► done, REST
         ─ turns back ─────────────────────────────────────────────────────► done, TURN

Stopped is slower than `rest_deg_s` for `rest_s`, and at the end of that slower than 5 % of the peak
speed, or than who stands sways; or twice as long as that. What has gone far enough to count has
stopped as well once it stays below that edge for 50 ms (100 ms in a turn, where a pause would make
two of one): a coach waits for it.

Rest is where the signal was last still, in the posture of the movement: a wide stance has another
inclination than a narrow one.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from imuhip.assess.episodes import LONGEST_GAP_ROWS
from imuhip.assess.movements import Movement, Thresholds
from imuhip.core.conventions import GRID_HZ
from imuhip.core.kernels import kernel
from imuhip.core.records import Array

DONE: Final = 1
STAYED: Final = 2
LOST: Final = 3


class Candidate(NamedTuple):
    """Something that one machine saw to its end; row numbers count from the first row of all.

    Parameters
    ----------
    machine
        Its place among the machines.
    end
        `DONE`, `STAYED` or `LOST`.
    leave
        Row at which it was known to have begun.
    turn
        Row of the extreme.
    stop
        Row at which it was over.
    known
        Row at which that was known.
    excursion
        Signed way from rest to the extreme, or of the whole turn, radians.
    """

    machine: int
    end: int
    leave: int
    turn: int
    stop: int
    known: int
    excursion: float


class Machines:
    """One machine a movement and side; `push` their signals, get what ended."""

    def __init__(self, followed: Sequence[tuple[Movement, Thresholds]]) -> None:
        self._limits = np.array([_limits(*each) for each in followed])
        self._state = np.zeros((len(followed), _STATE_SIZE))
        self._state[:, _REF] = np.nan
        self._state[:, _LAST] = np.nan
        self._rows = 0

    def push(self, x: Array, v: Array, inclination: Array) -> list[Candidate]:
        """Return what ended in these rows, in the order in which it was known.

        Parameters
        ----------
        x, v
            ``(M, N)`` a machine's signal and its rate, radians and rad/s; NaN where not known.
        inclination
            ``(M, N)`` of the thigh concerned: the posture.
        """
        n = x.shape[1]
        found = np.empty((x.shape[0] * (n // 5 + 2), 7))
        count = _follow(x, v, inclination, self._limits, self._state, float(self._rows), found)
        self._rows += n
        candidates = [_candidate(row) for row in found[:count]]
        return sorted(candidates, key=lambda candidate: (candidate.known, candidate.machine))

    def rest_anew(self, machines: Sequence[int]) -> None:
        """Forget where rest was: these begin from the posture that is taken now."""
        for m in machines:
            self._state[m, [_AWAY, _ARMED, _N_STILL, _N_LEAVE]] = 0.0
            self._state[m, _REF] = np.nan

    def finish(self) -> list[Candidate]:
        """Return what is back at rest, but was not long enough to be sure of it."""
        found = np.empty((len(self._state), 7))
        count = _last(self._limits, self._state, float(self._rows), found)
        return [_candidate(row) for row in found[:count]]


def _candidate(row: Array) -> Candidate:
    machine, end, leave, turn, stop, known = (int(value) for value in row[:6])
    return Candidate(machine, end, leave, turn, stop, known, float(row[6]))


def _limits(movement: Movement, limits: Thresholds) -> list[float]:
    """A machine's numbers, radians and rows."""
    low, high = limits.inclination_deg
    degrees = (
        limits.leave_deg,
        limits.leave_deg_s,
        limits.reach_deg,
        limits.pause_deg_s,
        limits.rest_deg,
        limits.rest_deg_s,
        low,
        high,
    )
    seconds = (limits.leave_s, limits.rest_s, limits.longest_hold_s)
    turns = movement.path == "one_way"
    both = len(movement.directions) > 1
    return [
        *np.radians(degrees).tolist(),
        *(round(value * GRID_HZ) for value in seconds),
        float(turns),
        float(both),
        float(movement.primary != "inclination"),
    ]


@kernel
def _follow(
    x: Array, v: Array, p: Array, limits: Array, state: Array, first: float, found: Array
) -> int:
    """All machines over all rows; fills `found`, returns how much."""
    count = 0
    for m in range(x.shape[0]):
        limit, s = limits[m], state[m]
        turns = limit[_TURNS] > 0.0
        for i in range(x.shape[1]):
            if turns:
                end = _turn(x[m, i], v[m, i], p[m, i], limit, s, first + i)
            else:
                end = _there(x[m, i], v[m, i], p[m, i], limit, s, first + i)
            if end > 0:
                _tell(m, end, first + i, s, found[count])
                count += 1
    return count


@kernel
def _last(limits: Array, state: Array, rows: float, found: Array) -> int:
    """What is at rest again when the rows end."""
    count = 0
    for m in range(len(state)):
        s = state[m]
        if s[_AWAY] > 0.0 and s[_N_REST] > 0.0:
            s[_OUT_LEAVE], s[_OUT_TURN] = s[_LEAVE_ROW], s[_EXT_ROW]
            s[_OUT_STOP], s[_OUT_EXT] = rows - 1.0, s[_SIGN] * s[_EXT]
            if limits[m, _TURNS] == 0.0 or s[_EXT] >= limits[m, _REACH]:
                _tell(m, 1, rows - 1.0, s, found[count])
                count += 1
            s[_AWAY] = 0.0
    return count


@kernel
def _tell(machine: int, end: int, known: float, s: Array, out: Array) -> None:
    out[0], out[1] = machine, end
    out[2], out[3], out[4] = s[_OUT_LEAVE], s[_OUT_TURN], s[_OUT_STOP]
    out[5], out[6] = known, s[_OUT_EXT]


@kernel
def _there(x: float, v: float, p: float, limit: Array, s: Array, row: float) -> int:
    """One row of a machine that goes there and back; what ended, or 0."""
    if np.isnan(x) or np.isnan(v):
        return _gap(s, row, float(LONGEST_GAP_ROWS))
    s[_GAP] = 0.0
    s[_RATE] += (v - s[_RATE]) * _SMOOTH
    fits = limit[_LOW] <= p <= limit[_HIGH]
    if limit[_KEEPS] > 0.0 and not fits:
        # Another posture: what was rest is none any more.
        s[_AWAY], s[_ARMED], s[_REF], s[_N_STILL] = 0.0, 0.0, np.nan, 0.0
        return 0
    if s[_AWAY] == 0.0:
        _rest(x, fits, limit, s, row)
        return 0
    return _away(x, limit, s, row)


@kernel
def _rest(x: float, fits: bool, limit: Array, s: Array, row: float) -> None:
    """At rest: where that is, and whether it is left."""
    s[_N_STILL] = s[_N_STILL] + 1.0 if abs(s[_RATE]) < limit[_REST_V] else 0.0
    if s[_N_STILL] >= limit[_REST_N] and fits:
        if s[_ARMED] == 0.0 or np.isnan(s[_REF]):
            s[_REF], s[_ARMED] = x, 1.0
        s[_REF] += (x - s[_REF]) * _SETTLE
    if s[_ARMED] == 0.0:
        return
    way = x - s[_REF]
    sign = 1.0 if way > 0.0 else -1.0
    leaves = abs(way) > limit[_LEAVE] and sign * s[_RATE] > limit[_LEAVE_V]
    leaves = leaves and (sign > 0.0 or limit[_BOTH] > 0.0)
    s[_N_LEAVE] = s[_N_LEAVE] + 1.0 if leaves else 0.0
    if s[_N_LEAVE] >= limit[_LEAVE_N]:
        _begin(way * sign, sign, s, row)


@kernel
def _begin(way: float, sign: float, s: Array, row: float) -> None:
    s[_AWAY], s[_SIGN], s[_LEAVE_ROW] = 1.0, sign, row
    s[_EXT], s[_EXT_ROW], s[_BACK], s[_BACK_ROW] = way, row, way, row
    s[_PEAK] = abs(s[_RATE])
    s[_N_REST], s[_N_HOLD], s[_N_LEAVE], s[_N_STILL], s[_N_STOP] = 0.0, 0.0, 0.0, 0.0, 0.0


@kernel
def _away(x: float, limit: Array, s: Array, row: float) -> int:
    """Away from rest: how far, and whether it is over."""
    way, out = s[_SIGN] * (x - s[_REF]), s[_SIGN] * s[_RATE]
    s[_PEAK] = max(s[_PEAK], abs(out))
    if way > s[_EXT]:
        s[_EXT], s[_EXT_ROW], s[_BACK], s[_BACK_ROW] = way, row, way, row
    if way < s[_BACK]:
        s[_BACK], s[_BACK_ROW] = way, row
    ended = _goes_on(way, out, limit, s, row)
    if ended > 0:
        return ended
    if _stopped(way < limit[_REST], out, _STOP_ROWS, limit, s):
        _over(s, row)
        return 1
    return 0


@kernel
def _stopped(back: bool, rate: float, rows: float, limit: Array, s: Array) -> bool:
    """Whether it has come to a stop where it may."""
    slow = back and abs(rate) < limit[_REST_V]
    s[_N_REST] = s[_N_REST] + 1.0 if slow else 0.0
    stands = slow and abs(rate) < max(_EDGE * s[_PEAK], _SWAY)
    s[_N_STOP] = s[_N_STOP] + 1.0 if stands else 0.0
    if s[_N_REST] >= limit[_REST_N]:
        return stands or bool(s[_N_REST] >= 2.0 * limit[_REST_N])
    return bool(s[_N_STOP] >= rows and s[_EXT] >= limit[_REACH])


@kernel
def _goes_on(way: float, out: float, limit: Array, s: Array, row: float) -> int:
    """Whether it ended otherwise than at rest: by staying, by going away again, by crossing."""
    stays = abs(out) < limit[_PAUSE_V] and way > 0.5 * s[_EXT]
    s[_N_HOLD] = s[_N_HOLD] + 1.0 if stays else 0.0
    if s[_N_HOLD] > limit[_HOLD_N]:
        _over(s, row)
        s[_ARMED] = 0.0
        return 2
    if s[_N_HOLD] > _ELSEWHERE_ROWS and s[_EXT] < limit[_REACH]:
        # Somebody stands otherwise than before: rest is there now.
        s[_AWAY], s[_ARMED], s[_N_STILL], s[_N_LEAVE] = 0.0, 0.0, 0.0, 0.0
        return 0
    again = way - s[_BACK] > 0.2 * limit[_LEAVE] and out > limit[_LEAVE_V]
    again = again and s[_BACK] < max(2.0 * limit[_REST], _LOW_SHARE * s[_EXT])
    crossed = limit[_BOTH] > 0.0 and way < -limit[_LEAVE] and -out > limit[_LEAVE_V]
    s[_N_LEAVE] = s[_N_LEAVE] + 1.0 if again or crossed else 0.0
    if s[_N_LEAVE] >= limit[_LEAVE_N]:
        # Across, the turn itself is where it left; the boundary is looked for around rest.
        _over(s, s[_BACK_ROW] if again else row)
        _begin(abs(way), s[_SIGN] if again else -s[_SIGN], s, row)
        return 1
    return 0


@kernel
def _turn(x: float, v: float, p: float, limit: Array, s: Array, row: float) -> int:
    """One row of a machine that turns one way; what ended, or 0."""
    if np.isnan(x) or np.isnan(v):
        return _gap(s, row, _TURN_PATIENCE_ROWS)
    step = 0.0
    if not np.isnan(s[_LAST]):
        step = x - s[_LAST]
        if abs(step) > np.pi:
            step -= np.copysign(2.0 * np.pi, step)
    s[_GAP], s[_LAST] = 0.0, x
    s[_RATE] += (v - s[_RATE]) * _SMOOTH
    rate = s[_RATE]
    if p < limit[_LOW] or p > limit[_HIGH]:
        s[_AWAY], s[_N_LEAVE] = 0.0, 0.0
        return 0
    sign = 1.0 if rate > 0.0 else -1.0
    fast = abs(rate) > limit[_LEAVE_V] and (s[_AWAY] == 0.0 or sign != s[_SIGN])
    # How far it has gone since it became fast, in its own direction.
    same = fast and sign == s[_TRY] and s[_N_LEAVE] > 0.0
    s[_N_LEAVE] = s[_N_LEAVE] + 1.0 if same else (1.0 if fast else 0.0)
    s[_BACK] = s[_BACK] + sign * step if same else 0.0
    s[_TRY] = sign
    if s[_AWAY] > 0.0:
        s[_TURNED] += s[_SIGN] * step
        if s[_TURNED] > s[_EXT]:
            s[_EXT], s[_EXT_ROW] = s[_TURNED], row
        s[_PEAK] = max(s[_PEAK], abs(rate))
    ended = 0
    if s[_N_LEAVE] >= limit[_LEAVE_N]:
        if s[_AWAY] > 0.0 and s[_EXT] >= limit[_REACH]:
            _over(s, s[_EXT_ROW])
            ended = 1
        turned = s[_BACK]
        _begin(turned, sign, s, row)
        s[_TURNED] = turned
        return ended
    if s[_AWAY] > 0.0 and _stopped(True, rate, _TURN_STOP_ROWS, limit, s):
        ended = 1 if s[_EXT] >= limit[_REACH] else 0
        _over(s, row)
    return ended


@kernel
def _gap(s: Array, row: float, patience: float) -> int:
    """A row without data: a short gap is waited out, a long one ends what was going on."""
    s[_GAP] += 1.0
    s[_N_STILL], s[_N_LEAVE] = 0.0, 0.0
    if s[_GAP] <= patience:
        return 0
    s[_ARMED], s[_LAST], s[_RATE] = 0.0, np.nan, 0.0
    if s[_AWAY] == 0.0:
        return 0
    _over(s, row)
    return 3


@kernel
def _over(s: Array, stop: float) -> None:
    """Write the candidate down, and rest."""
    s[_OUT_LEAVE], s[_OUT_TURN], s[_OUT_STOP] = s[_LEAVE_ROW], s[_EXT_ROW], stop
    s[_OUT_EXT] = s[_SIGN] * s[_EXT]
    s[_AWAY], s[_N_LEAVE], s[_N_STILL] = 0.0, 0.0, 0.0


_SMOOTH = 1.0 / 3.0
"""Share of a new rate in the smoothed one: a time constant of 25 ms."""
_SETTLE = 0.05
"""Share of a new row in where rest is: it settles within half a second."""
_EDGE = 0.05
"""A movement is over below this share of its peak speed, if it does not linger above."""
_SWAY = np.radians(2.0)
"""Who stands sways this fast, rad/s."""
_STOP_ROWS, _TURN_STOP_ROWS = 5.0, 10.0
_LOW_SHARE = 0.35
"""Going away again from below this share of the depth begins a new repetition."""
_ELSEWHERE_ROWS = 200.0
_TURN_PATIENCE_ROWS = 30.0
"""Within a turn a gap is waited out no longer than this."""

# Columns of the limits.
_LEAVE, _LEAVE_V, _REACH, _PAUSE_V, _REST, _REST_V, _LOW, _HIGH = 0, 1, 2, 3, 4, 5, 6, 7
_LEAVE_N, _REST_N, _HOLD_N, _TURNS, _BOTH, _KEEPS = 8, 9, 10, 11, 12, 13

# Places in a machine's state.
_AWAY, _REF, _SIGN, _ARMED, _RATE, _GAP, _LAST, _TRY = 0, 1, 2, 3, 4, 5, 6, 7
_LEAVE_ROW, _EXT, _EXT_ROW, _BACK, _BACK_ROW, _PEAK, _TURNED = 8, 9, 10, 11, 12, 13, 14
_N_LEAVE, _N_REST, _N_HOLD, _N_STILL = 15, 16, 17, 18
_OUT_LEAVE, _OUT_TURN, _OUT_STOP, _OUT_EXT, _N_STOP = 19, 20, 21, 22, 23
_STATE_SIZE = 24
