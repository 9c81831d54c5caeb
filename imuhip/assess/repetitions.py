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

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

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


_SMOOTH = 1.0 / 3.0
"""Share of a new rate in the smoothed one: a time constant of 25 ms."""
_SETTLE = 0.05
"""Share of a new row in where rest is: it settles within half a second."""
_EDGE = 0.05
"""A movement is over below this share of its peak speed, if it does not linger above."""
_SWAY = np.radians(2.0)
"""Who stands sways this fast, rad/s."""
_STOP_ROWS, _TURN_STOP_ROWS = 5, 10
_LOW_SHARE = 0.35
"""Going away again from below this share of the depth begins a new repetition."""
_ELSEWHERE_ROWS = 200
_TURN_PATIENCE_ROWS = 30
"""Within a turn a gap is waited out no longer than this."""

_LIMITS = np.dtype(
    [
        ("leave", "f8"),  # farther from rest than this, rad,
        ("leave_rate", "f8"),  # and faster, rad/s,
        ("leave_rows", "i8"),  # for so long, it begins
        ("reach", "f8"),  # from this far on it counts
        ("pause_rate", "f8"),  # slower than this, far out, it is held
        ("hold_rows", "i8"),  # and longer than this, stays there
        ("rest", "f8"),  # this near to rest it is back
        ("rest_rate", "f8"),  # when slower than this
        ("rest_rows", "i8"),  # for so long
        ("low", "f8"),  # inclination of the thigh in its posture
        ("high", "f8"),
        ("one_way", "i8"),  # whether it turns one way
        ("both_ways", "i8"),  # whether it leaves rest in either direction
        ("keeps_posture", "i8"),  # whether another posture ends it
    ]
)
"""What a machine goes by."""

_STATE = np.dtype(
    [
        ("away", "i8"),  # whether it has left rest
        ("armed", "i8"),  # whether rest is known
        ("ref", "f8"),  # where rest is
        ("sign", "f8"),  # direction it has left in
        ("rate", "f8"),  # smoothed
        ("last", "f8"),  # the row before, of a turn
        ("leave_row", "i8"),
        ("extreme", "f8"),  # farthest from rest so far
        ("extreme_row", "i8"),
        ("back", "f8"),  # nearest to rest since then
        ("back_row", "i8"),
        ("peak", "f8"),  # greatest speed so far
        ("turned", "f8"),  # how far it has turned in its direction
        ("try_sign", "f8"),  # direction in which a turn may be beginning
        ("tried", "f8"),  # how far it has gone in that
        ("gap", "i8"),  # rows without data
        ("leaving", "i8"),  # rows that look like leaving, one after the other;
        ("resting", "i8"),  # like being back and slow,
        ("stopped", "i8"),  # like being back and hardly moving,
        ("holding", "i8"),  # like a hold far out,
        ("still", "i8"),  # like standing still
        ("done_leave", "i8"),  # what was over last, as in `Candidate`
        ("done_turn", "i8"),
        ("done_stop", "i8"),
        ("done_excursion", "f8"),
    ]
)
"""What a machine remembers."""

_FOUND = np.dtype([(name, "i8") for name in Candidate._fields[:-1]] + [("excursion", "f8")])
"""A `Candidate`, as the kernels write it."""

_Rows: TypeAlias = np.ndarray[Any, np.dtype[np.void]]
"""A structured array: a row a machine."""
_Limit: TypeAlias = Any
"""A row of `_LIMITS`."""
_Machine: TypeAlias = Any
"""A row of `_STATE`."""


class Machines:
    """One machine a movement and side; `push` their signals, get what ended."""

    def __init__(self, followed: Sequence[tuple[Movement, Thresholds]]) -> None:
        self._limits = np.array([_limits(*each) for each in followed], dtype=_LIMITS)
        self._state = np.zeros(len(followed), dtype=_STATE)
        self._state["ref"] = np.nan
        self._state["last"] = np.nan
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
        found = np.empty(x.shape[0] * (n // 5 + 2), dtype=_FOUND)
        count = _follow(x, v, inclination, self._limits, self._state, self._rows, found)
        self._rows += n
        candidates = [Candidate(*each) for each in found[:count].tolist()]
        return sorted(candidates, key=lambda candidate: (candidate.known, candidate.machine))

    def rest_anew(self, machines: Sequence[int]) -> None:
        """Forget where rest was: these begin from the posture that is taken now."""
        for m in machines:
            for name in ("away", "armed", "still", "leaving"):
                self._state[name][m] = 0
            self._state["ref"][m] = np.nan

    def finish(self) -> list[Candidate]:
        """Return what is back at rest, but was not long enough to be sure of it."""
        found = np.empty(len(self._state), dtype=_FOUND)
        count = _last(self._limits, self._state, self._rows, found)
        return [Candidate(*each) for each in found[:count].tolist()]


def _limits(movement: Movement, limits: Thresholds) -> tuple[float, ...]:
    """A machine's numbers, in the order of `_LIMITS`."""
    low, high = limits.inclination_deg
    return (
        math.radians(limits.leave_deg),
        math.radians(limits.leave_deg_s),
        round(limits.leave_s * GRID_HZ),
        math.radians(limits.reach_deg),
        math.radians(limits.pause_deg_s),
        round(limits.longest_hold_s * GRID_HZ),
        math.radians(limits.rest_deg),
        math.radians(limits.rest_deg_s),
        round(limits.rest_s * GRID_HZ),
        math.radians(low),
        math.radians(high),
        movement.path == "one_way",
        len(movement.directions) > 1,
        movement.primary != "inclination",
    )


@kernel
def _follow(
    x: Array, v: Array, p: Array, limits: _Rows, state: _Rows, first: int, found: _Rows
) -> int:
    """All machines over all rows; fills `found`, returns how much."""
    count = 0
    for m in range(x.shape[0]):
        limit, s = limits[m], state[m]
        for i in range(x.shape[1]):
            if limit.one_way:
                end = _turn(x[m, i], v[m, i], p[m, i], limit, s, first + i)
            else:
                end = _there(x[m, i], v[m, i], p[m, i], limit, s, first + i)
            if end > 0:
                _write(m, end, first + i, s, found[count])
                count += 1
    return count


@kernel
def _last(limits: _Rows, state: _Rows, rows: int, found: _Rows) -> int:
    """What is at rest again when the rows end."""
    count = 0
    for m in range(len(state)):
        s = state[m]
        if s.away and s.resting > 0:
            _over(s, rows - 1)
            if not limits[m].one_way or s.extreme >= limits[m].reach:
                _write(m, DONE, rows - 1, s, found[count])
                count += 1
    return count


@kernel
def _write(machine: int, end: int, known: int, s: _Machine, candidate: Any) -> None:
    """Fill a row of `_FOUND`."""
    candidate.machine, candidate.end, candidate.known = machine, end, known
    candidate.leave, candidate.turn, candidate.stop = s.done_leave, s.done_turn, s.done_stop
    candidate.excursion = s.done_excursion


@kernel
def _there(x: float, v: float, p: float, limit: _Limit, s: _Machine, row: int) -> int:
    """One row of a machine that goes there and back; what ended, or 0."""
    if np.isnan(x) or np.isnan(v):
        return _gap(s, row, LONGEST_GAP_ROWS)
    s.gap = 0
    s.rate += (v - s.rate) * _SMOOTH
    fits = limit.low <= p <= limit.high
    if limit.keeps_posture and not fits:
        # Another posture: what was rest is none any more.
        s.away, s.armed, s.ref, s.still = False, False, np.nan, 0
        return 0
    if not s.away:
        _rest(x, fits, limit, s, row)
        return 0
    return _away(x, limit, s, row)


@kernel
def _rest(x: float, fits: bool, limit: _Limit, s: _Machine, row: int) -> None:
    """At rest: where that is, and whether it is left."""
    s.still = s.still + 1 if abs(s.rate) < limit.rest_rate else 0
    if s.still >= limit.rest_rows and fits:
        if not s.armed or np.isnan(s.ref):
            s.ref, s.armed = x, True
        s.ref += (x - s.ref) * _SETTLE
    if not s.armed:
        return
    way = x - s.ref
    sign = 1.0 if way > 0.0 else -1.0
    leaves = abs(way) > limit.leave and sign * s.rate > limit.leave_rate
    leaves = leaves and (sign > 0.0 or limit.both_ways)
    s.leaving = s.leaving + 1 if leaves else 0
    if s.leaving >= limit.leave_rows:
        _begin(way * sign, sign, s, row)


@kernel
def _begin(way: float, sign: float, s: _Machine, row: int) -> None:
    s.away, s.sign, s.leave_row = True, sign, row
    s.extreme, s.extreme_row, s.back, s.back_row = way, row, way, row
    s.peak = abs(s.rate)
    s.resting, s.holding, s.leaving, s.still, s.stopped = 0, 0, 0, 0, 0


@kernel
def _away(x: float, limit: _Limit, s: _Machine, row: int) -> int:
    """Away from rest: how far, and whether it is over."""
    way, out = s.sign * (x - s.ref), s.sign * s.rate
    s.peak = max(s.peak, abs(out))
    if way > s.extreme:
        s.extreme, s.extreme_row, s.back, s.back_row = way, row, way, row
    if way < s.back:
        s.back, s.back_row = way, row
    ended = _goes_on(way, out, limit, s, row)
    if ended > 0:
        return ended
    if _stopped(way < limit.rest, out, _STOP_ROWS, limit, s):
        _over(s, row)
        return DONE
    return 0


@kernel
def _stopped(back: bool, rate: float, rows: int, limit: _Limit, s: _Machine) -> bool:
    """Whether it has come to a stop where it may."""
    slow = back and abs(rate) < limit.rest_rate
    s.resting = s.resting + 1 if slow else 0
    stands = slow and abs(rate) < max(_EDGE * s.peak, _SWAY)
    s.stopped = s.stopped + 1 if stands else 0
    if s.resting >= limit.rest_rows:
        return stands or bool(s.resting >= 2 * limit.rest_rows)
    return bool(s.stopped >= rows and s.extreme >= limit.reach)


@kernel
def _goes_on(way: float, out: float, limit: _Limit, s: _Machine, row: int) -> int:
    """Whether it ended otherwise than at rest: by staying, by going away again, by crossing."""
    stays = abs(out) < limit.pause_rate and way > 0.5 * s.extreme
    s.holding = s.holding + 1 if stays else 0
    if s.holding > limit.hold_rows:
        _over(s, row)
        s.armed = False
        return STAYED
    if s.holding > _ELSEWHERE_ROWS and s.extreme < limit.reach:
        # Somebody stands otherwise than before: rest is there now.
        s.away, s.armed, s.still, s.leaving = False, False, 0, 0
        return 0
    again = way - s.back > 0.2 * limit.leave and out > limit.leave_rate
    again = again and s.back < max(2.0 * limit.rest, _LOW_SHARE * s.extreme)
    crossed = limit.both_ways and way < -limit.leave and -out > limit.leave_rate
    s.leaving = s.leaving + 1 if again or crossed else 0
    if s.leaving >= limit.leave_rows:
        # Across, the turn itself is where it left; the boundary is looked for around rest.
        _over(s, s.back_row if again else row)
        _begin(abs(way), s.sign if again else -s.sign, s, row)
        return DONE
    return 0


@kernel
def _turn(x: float, v: float, p: float, limit: _Limit, s: _Machine, row: int) -> int:
    """One row of a machine that turns one way; what ended, or 0."""
    if np.isnan(x) or np.isnan(v):
        return _gap(s, row, _TURN_PATIENCE_ROWS)
    step = 0.0
    if not np.isnan(s.last):
        step = x - s.last
        if abs(step) > np.pi:
            step -= np.copysign(2.0 * np.pi, step)
    s.gap, s.last = 0, x
    s.rate += (v - s.rate) * _SMOOTH
    rate = s.rate
    if p < limit.low or p > limit.high:
        s.away, s.leaving = False, 0
        return 0
    sign = 1.0 if rate > 0.0 else -1.0
    fast = abs(rate) > limit.leave_rate and (not s.away or sign != s.sign)
    # How far it has gone since it became fast, in its own direction.
    same = fast and sign == s.try_sign and s.leaving > 0
    s.leaving = s.leaving + 1 if same else int(fast)
    s.tried = s.tried + sign * step if same else 0.0
    s.try_sign = sign
    if s.away:
        s.turned += s.sign * step
        if s.turned > s.extreme:
            s.extreme, s.extreme_row = s.turned, row
        s.peak = max(s.peak, abs(rate))
    ended = 0
    if s.leaving >= limit.leave_rows:
        if s.away and s.extreme >= limit.reach:
            _over(s, s.extreme_row)
            ended = DONE
        _begin(s.tried, sign, s, row)
        s.turned = s.tried
        return ended
    if s.away and _stopped(True, rate, _TURN_STOP_ROWS, limit, s):
        ended = DONE if s.extreme >= limit.reach else 0
        _over(s, row)
    return ended


@kernel
def _gap(s: _Machine, row: int, patience: int) -> int:
    """A row without data: a short gap is waited out, a long one ends what was going on."""
    s.gap += 1
    s.still, s.leaving = 0, 0
    if s.gap <= patience:
        return 0
    s.armed, s.last, s.rate = False, np.nan, 0.0
    if not s.away:
        return 0
    _over(s, row)
    return LOST


@kernel
def _over(s: _Machine, stop: int) -> None:
    """Write the candidate down, and rest."""
    s.done_leave, s.done_turn, s.done_stop = s.leave_row, s.extreme_row, stop
    s.done_excursion = s.sign * s.extreme
    s.away, s.leaving, s.still = False, 0, 0
