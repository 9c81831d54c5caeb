"""A finished repetition with its rows: what measures and rules are worked out from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal

import numpy as np

from imuhip.assess.goals import Zone
from imuhip.assess.movements import Movement
from imuhip.assess.verdicts import Seen
from imuhip.core.conventions import SIDES, Side
from imuhip.core.evidence import Grade
from imuhip.core.findings import Direction, Note, Repetition
from imuhip.core.kernels import kernel
from imuhip.core.records import Array, BoolArray

LEAD_S = 0.5
"""Rows before its start that an episode carries, where there are so many."""

LONGEST_GAP_ROWS = 100
"""A gap up to this long, one second, is waited out."""

_EDGE_ROWS = 5
"""What a gap may hide of the end of a repetition, however long it goes on: it was at rest there."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Grid rows, radians and rad/s; NaN where not known. Sides in the order of `SIDES`.

    Parameters
    ----------
    t
        ``(N,)`` session seconds, 0.01 s apart without a gap.
    hip, hip_sd, hip_sd_total
        ``(N, 2, 3)`` side, and flexion, adduction, rotation: zeroed to the calibration's standing,
        its error without and with soft tissue (NaN: error not known).
    hip_cov
        ``(N, 3)`` covariance of left and right, rad².
    valid
        ``(N, 2)``
    pelvis, pelvis_sd
        ``(N, 3)`` tilt, obliquity, rotation.
    inclination, inclination_rate, heading, heading_rate, axial_rate, speed
        ``(N, 2)`` of the thighs, as in `findings.SegmentBlock`. `heading` is made continuous
        within the episode: it does not jump at ±π.
    """

    t: Array
    hip: Array
    hip_sd: Array
    hip_sd_total: Array
    hip_cov: Array
    valid: BoolArray
    pelvis: Array
    pelvis_sd: Array
    inclination: Array
    inclination_rate: Array
    heading: Array
    heading_rate: Array
    axial_rate: Array
    speed: Array

    def part(self, start: int, stop: int) -> "Rows":
        """Return rows `start` to `stop`."""
        return Rows(*[getattr(self, name)[start:stop] for name in _COLUMNS])


_COLUMNS = tuple(each.name for each in fields(Rows))


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """One finished repetition.

    ::

        squat   lead │ descent │ bottom window │ ascent │ tail
                   start   turn_start  turn  turn_stop  end

    Parameters
    ----------
    movement
        The entry of `movements.MOVEMENTS`; rules ask for its traits.
    side
        ``both`` for a squat, else the side that moved.
    set, number
        From 1, as in `Repetition`.
    direction, counted, found
        As in `Repetition`.
    rows
        From at most `LEAD_S` before the start to the last row known when it was recognised.
    start, end
        Row numbers (into `rows`) at 5 % of the peak speed of the primary signal.
    turn
        Row of the bottom or the end range: the middle of the window, for during a hold the extreme
        is anywhere. For a one-way turn (pivot, 90/90) it is `end`.
    turn_start, turn_stop
        Rows ``turn_start:turn_stop`` are the bottom window or the hold at end range: slower than
        5 % of the peak speed, and at least 0.1 s long. For a one-way turn: the last 0.1 s
        up to `end`.
    before
        Rows ``before:start`` are the rest before it: at most 0.3 s, at least one row.
    reason
        Why it is not counted or what cannot be said, in words; empty otherwise.
    repetitions
        Its repetitions: left and right of a squat, one of anything else; with measures.
    seen
        Rule to what this repetition shows of it, worked out once (`judging.seen_of`).
    """

    movement: Movement
    side: Literal["left", "right", "both"]
    set: int
    number: int
    direction: Direction
    counted: bool
    found: Literal["marked", "detected"]
    rows: Rows
    before: int
    start: int
    turn_start: int
    turn: int
    turn_stop: int
    end: int
    reason: str = ""
    repetitions: tuple[Repetition, ...] = ()
    seen: Mapping[str, Sequence[Seen]] = field(default_factory=dict)

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides it is about."""
        return ("left", "right") if self.side == "both" else (self.side,)

    def counts_for(self, side: Side) -> bool:
        """Whether it counts for a side: of a squat the one side may be in sight alone."""
        return self.counted and in_sight(self.rows, self.start, self.end, side)


def longest_gap(rows: Rows, start: int, end: int, side: Side) -> float:
    """How many rows the longest gap of a hip has that reaches into rows `start` to `end`.

    Infinite for one that goes on beyond the rows that are known: nobody knows yet how long it is.
    One that hides no more than the last `_EDGE_ROWS` of them is as long as it is so far.
    """
    return _longest_gap(rows.valid[:, SIDES.index(side)], start, end)


@kernel
def _longest_gap(valid: BoolArray, start: int, end: int) -> float:
    """`longest_gap` of one hip's rows ``(N,)``."""
    n, longest, begin = len(valid), 0.0, -1
    for i in range(n + 1):
        if i < n and not valid[i]:
            if begin < 0:
                begin = i
        elif begin >= 0:
            if begin <= end and i > start:
                goes_on = i == n and end < n - 1 and end - begin >= _EDGE_ROWS
                goes_on = goes_on or (begin == 0 and start > 0)
                longest = max(longest, np.inf if goes_on else float(i - begin))
            begin = -1
    return longest


def in_sight(rows: Rows, start: int, end: int, side: Side) -> bool:
    """Whether no gap of a hip in rows `start` to `end` is longer than `LONGEST_GAP_ROWS`."""
    return longest_gap(rows, start, end, side) <= LONGEST_GAP_ROWS


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a rule may know beside the episodes of a set.

    Parameters
    ----------
    grade, chain
        Of the calibration that the set was measured with.
    notes
        Marks of the session so far with the angles of their moment (`pain` among them).
    partner
        Repetitions of the newest set of the same test on the other side, where there is one.
    goals
        The arcs that each hip is to reach.
    standing
        ``(2, 3)`` raw hip angles of the calibration's standing, radians; NaN where not known.
    """

    grade: Grade
    chain: str
    notes: tuple[Note, ...] = ()
    partner: "tuple[Episode, ...]" = ()
    goals: Mapping[Side, tuple[Zone, ...]] = field(default_factory=dict)
    standing: Array = field(default_factory=lambda: np.full((2, 3), np.nan))
