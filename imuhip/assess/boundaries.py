"""Where exactly a finished repetition begins, turns and ends: 5 % of its peak speed.

The peak is that of the whole repetition, the faster way of the two.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from imuhip.assess.movements import Path, Thresholds
from imuhip.assess.repetitions import Candidate
from imuhip.core.records import Array


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
    """Look for the boundaries of a bout.

    Parameters
    ----------
    path, limits
        How the movement goes, and when it begins and ends.
    first
        Row number of the first of the rows.
    x, v
        ``(N,)`` the machine's signal and its rate, from well before the bout to where it was known.
    """
    sign = 1.0 if candidate.excursion >= 0.0 else -1.0
    rate = sign * _smooth(v)
    leave, turn, stop = (row - first for row in (candidate.leave, candidate.turn, candidate.stop))
    slow = _EDGE * _peak(np.abs(rate[leave : stop + 1]))
    rates: list[float] = rate.tolist()
    start = leave
    while start > 0 and rates[start - 1] > slow:
        start -= 1
    if path == "one_way":
        end = stop
        while end > leave and not rates[end - 1] >= slow:
            end -= 1
        turn_start, turn, turn_stop = max(end + 1 - _WINDOW_ROWS, start), end, end + 1
    else:
        end = _end(limits, sign, x, rates, (turn, stop), x[turn] - candidate.excursion, slow)
        turn_start, turn_stop = _window((np.abs(rate) < slow).tolist(), turn, start, stop)
        turn = (turn_start + turn_stop) // 2
    before = start - 1
    calm = math.radians(limits.rest_deg_s)
    while before > max(start - _BEFORE_ROWS, 0) and abs(rates[before - 1]) < calm:
        before -= 1
    return Boundaries(max(before, 0), start, turn_start, turn, turn_stop, max(end, turn))


def _end(
    limits: Thresholds,
    sign: float,
    x: Array,
    rates: Sequence[float],
    span: tuple[int, int],
    rest: float,
    slow: float,
) -> int:
    """First slow row after the last one that is not yet back at rest, or where rest is passed."""
    turn, stop = span
    way: list[float] = (sign * (x - rest)).tolist()
    limit = math.radians(limits.rest_deg)
    end = next((row for row in range(stop, turn, -1) if way[row] > limit), turn)
    while end < stop and -rates[end] > slow and way[end] > -limit:
        end += 1
    if way[end] <= -limit:  # it went on to the other side: rest is where it passed
        while end > turn and way[end] < 0.0:
            end -= 1
    return end


def _window(slow: Sequence[bool], turn: int, start: int, stop: int) -> tuple[int, int]:
    """Rows around the turn that are slow, and no fewer than 0.1 s."""
    first, last = turn, turn
    while first > start and slow[first - 1]:
        first -= 1
    while last < stop and slow[last + 1]:
        last += 1
    lacking = _WINDOW_ROWS - (last + 1 - first)
    if lacking > 0:
        first, last = max(first - (lacking + 1) // 2, start), min(last + lacking // 2, stop)
    return first, last + 1


def _peak(rate: Array) -> float:
    """The greatest known rate, and no less than nothing."""
    known = rate[np.isfinite(rate)]
    return float(known.max(initial=0.0))


def _smooth(v: Array) -> Array:
    """Mean of the rows within 20 ms, of those that are known; NaN where none is."""
    known = np.isfinite(v)
    total = np.convolve(np.where(known, v, 0.0), _ONES, mode="same")
    count = np.convolve(known, _ONES, mode="same")
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(count > 0.5, total / np.maximum(count, 1.0), np.nan))


_ONES = np.ones(5)
_EDGE = 0.05
_WINDOW_ROWS, _BEFORE_ROWS = 10, 30
