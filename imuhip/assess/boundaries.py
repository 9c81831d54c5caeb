"""Where exactly a finished repetition begins, turns and ends: 5 % of its peak speed.

The peak is that of the whole repetition, the faster way of the two.
"""

import math
from typing import NamedTuple, TypeAlias

import numpy as np

from imuhip.assess.movements import Path, Thresholds
from imuhip.assess.repetitions import Candidate
from imuhip.core.kernels import kernel
from imuhip.core.records import Array

_Places: TypeAlias = tuple[int, int, int, int, int, int]


class Boundaries(NamedTuple):
    """Row numbers, as in `Episode` but counted from the first of the rows that were looked at."""

    before: int
    start: int
    turn_start: int
    turn: int
    turn_stop: int
    end: int


def boundaries(
    path: Path, limits: Thresholds, candidate: Candidate, first: int, x: Array, v: Array
) -> Boundaries:
    """Look for the boundaries of a candidate.

    Parameters
    ----------
    path, limits
        How the movement goes, and when it begins and ends.
    first
        Row number of the first of the rows.
    x, v
        ``(N,)`` the machine's signal and its rate, from well before it to where it was known.
    """
    sign = 1.0 if candidate.excursion >= 0.0 else -1.0
    rate = sign * _smooth(v)
    leave, turn, stop = (row - first for row in (candidate.leave, candidate.turn, candidate.stop))
    calm, rest = math.radians(limits.rest_deg_s), math.radians(limits.rest_deg)
    if path == "one_way":
        rows = _one_way(rate, leave, stop, calm)
    else:
        way = sign * (x - (x[turn] - candidate.excursion))
        rows = _there_and_back(way, rate, (leave, turn, stop), (calm, rest))
    return Boundaries(*rows)


@kernel
def _one_way(rate: Array, leave: int, stop: int, calm: float) -> _Places:
    """Of a turn that ends where it stops; `rate` ``(N,)`` in the direction of the candidate."""
    slow = _EDGE * _peak(rate, leave, stop)
    start = _start(rate, leave, slow)
    end = stop
    while end > leave and not rate[end - 1] >= slow:
        end -= 1
    turn_start = max(end + 1 - _WINDOW_ROWS, start)
    return _before(rate, start, calm), start, turn_start, end, end + 1, end


@kernel
def _there_and_back(
    way: Array, rate: Array, rows: tuple[int, int, int], limits: tuple[float, float]
) -> _Places:
    """Of one that comes back; `way` ``(N,)`` from rest, `rate` in its direction."""
    leave, turn, stop = rows
    calm, rest = limits
    slow = _EDGE * _peak(rate, leave, stop)
    start = _start(rate, leave, slow)
    end = _end(way, rate, turn, stop, rest, slow)
    turn_start, turn_stop = _window(rate, turn, start, stop, slow)
    middle = (turn_start + turn_stop) // 2
    before = _before(rate, start, calm)
    return before, start, turn_start, middle, turn_stop, max(end, middle)


@kernel
def _start(rate: Array, leave: int, slow: float) -> int:
    """First row of those before `leave` that are faster."""
    start = leave
    while start > 0 and rate[start - 1] > slow:
        start -= 1
    return start


@kernel
def _before(rate: Array, start: int, calm: float) -> int:
    """First row of the rest before the start."""
    before = start - 1
    while before > max(start - _BEFORE_ROWS, 0) and abs(rate[before - 1]) < calm:
        before -= 1
    return max(before, 0)


@kernel
def _end(way: Array, rate: Array, turn: int, stop: int, limit: float, slow: float) -> int:
    """First slow row after the last one that is not yet back at rest, or where rest is passed."""
    end = stop
    while end > turn and not way[end] > limit:
        end -= 1
    while end < stop and -rate[end] > slow and way[end] > -limit:
        end += 1
    if way[end] <= -limit:  # it went on to the other side: rest is where it passed
        while end > turn and way[end] < 0.0:
            end -= 1
    return end


@kernel
def _window(rate: Array, turn: int, start: int, stop: int, slow: float) -> tuple[int, int]:
    """Rows around the turn that are slow, and no fewer than 0.1 s."""
    first, last = turn, turn
    while first > start and abs(rate[first - 1]) < slow:
        first -= 1
    while last < stop and abs(rate[last + 1]) < slow:
        last += 1
    lacking = _WINDOW_ROWS - (last + 1 - first)
    if lacking > 0:
        first, last = max(first - (lacking + 1) // 2, start), min(last + lacking // 2, stop)
    return first, last + 1


@kernel
def _peak(rate: Array, leave: int, stop: int) -> float:
    """The greatest known speed, and no less than nothing."""
    peak = 0.0
    for i in range(leave, stop + 1):
        if np.isfinite(rate[i]):
            peak = max(peak, abs(rate[i]))
    return peak


def _smooth(v: Array) -> Array:
    """Mean of the rows within 20 ms, of those that are known; NaN where none is."""
    known = np.isfinite(v)
    if len(v) >= len(_ONES) and known.all():
        count = np.full(len(v), float(len(_ONES)))
        count[:2] = count[:-3:-1] = _AT_THE_EDGE
        return np.asarray(np.convolve(v, _ONES, mode="same") / count)
    total = np.convolve(np.where(known, v, 0.0), _ONES, mode="same")
    count = np.convolve(known, _ONES, mode="same")
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(count > 0.5, total / np.maximum(count, 1.0), np.nan))


_ONES = np.ones(5)
_AT_THE_EDGE = (3.0, 4.0)
_EDGE = 0.05
_WINDOW_ROWS, _BEFORE_ROWS = 10, 30
