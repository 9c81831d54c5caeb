"""Whether a candidate is a repetition, of which movement, and why it may not count."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from imuhip.assess.boundaries import Boundaries
from imuhip.assess.episodes import Rows, in_sight, longest_gap
from imuhip.assess.movements import Movement
from imuhip.assess.repetitions import DONE, STAYED, Candidate
from imuhip.assess.signals import Machine
from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, HIP_SIGNS, SIDES, Side
from imuhip.core.records import Array


class Recognition(NamedTuple):
    """What a candidate is.

    Parameters
    ----------
    movement
        None when it is nothing that is known.
    counted, reason
        As in `Episode`.
    """

    movement: Movement | None
    counted: bool
    reason: str = ""


def marked(
    machine: Machine, candidate: Candidate, rows: Rows, at: Boundaries, movement: Movement
) -> Recognition:
    """Judge a candidate while a mark says that `movement` is done."""
    if machine.other:
        return _other(machine, candidate, rows, at, movement)
    if movement not in machine.movements:
        return Recognition(None, False)
    if candidate.end == STAYED:
        longest = machine.thresholds.longest_hold_s
        return Recognition(movement, False, f"stayed at the turn for more than {longest:g} s")
    if candidate.end != DONE:
        return Recognition(movement, False, _DATA_STOP)
    bends = movement.primary == "inclination"
    if movement.together and bends and not _both_legs(rows, at, _RATIO):
        return Recognition(movement, False, "one leg did most of it: a lunge or a knee lift")
    small = machine.small_for(movement) and movement.small_counts
    reach = (machine if small else movement).thresholds.reach_deg
    if abs(np.degrees(candidate.excursion)) < reach:
        return Recognition(movement, False, f"partial: less than {reach:g}°")
    return _as_seen(machine, rows, at, movement)


def detected(
    machine: Machine, candidate: Candidate, rows: Rows, at: Boundaries, *, ongoing: frozenset[str]
) -> Recognition:
    """Judge a candidate by itself: no mark says what is done.

    Parameters
    ----------
    ongoing
        Movements of which a set goes on: of those, what falls short is listed.
    """
    for movement in machine.movements:
        if (
            movement.detectable
            and not machine.small_for(movement)
            and _looks_like(movement, machine, rows, at)
        ):
            verdict = marked(machine, candidate, rows, at, movement)
            stay = _time_down(rows, at)
            if movement.together and verdict.counted and stay > _UNMARKED_STAY_S:
                why = f"{stay:.0f} s at the bottom without a mark: mark the set to count it"
                verdict = Recognition(movement, False, why)
            if verdict.counted or (movement.name in ongoing and candidate.end == DONE):
                return verdict
    return Recognition(None, False)


def _looks_like(movement: Movement, machine: Machine, rows: Rows, at: Boundaries) -> bool:
    """Whether posture and the other segments fit the movement."""
    turned = slice(at.turn_start, at.turn_stop)
    if movement.together:
        # With one thigh unseen nobody can tell a squat from a knee lift.
        return bool(np.isfinite(_means(rows.inclination[turned])).all()) and _both_legs(
            rows, at, _UNMARKED_RATIO
        )
    side: Side = "left" if machine.side == "left" else "right"
    if "standing_turn" in movement.traits:
        return _on_standing_legs(rows, at) and _turns_in_the_hip(side, rows, at)
    tilt = float(np.degrees(_means(rows.pelvis[at.start : at.end + 1, :1])[0]))
    return tilt < _LYING_DEG if "lying" in movement.traits else abs(tilt) < _UPRIGHT_DEG


def _time_down(rows: Rows, at: Boundaries) -> float:
    """How long the thighs were near their deepest, seconds."""
    lean = rows.inclination[at.start : at.end + 1].max(axis=1)
    known = lean[np.isfinite(lean)]
    deep = known >= _DEEP * known.max(initial=0.0)
    return float(np.count_nonzero(deep)) / GRID_HZ


def _other(
    machine: Machine, candidate: Candidate, rows: Rows, at: Boundaries, movement: Movement
) -> Recognition:
    """Judge a candidate of a drill that is recognised by the hip angle that moves most."""
    ranges = _ranges(rows.hip[at.start : at.end + 1])
    k, angle = SIDES.index(machine.side), HIP_ANGLES.index(machine.movements[0].primary)
    mine = ranges[k, angle]
    leads = (
        machine.side in movement.sides
        and mine >= ranges[k].max()
        and mine >= _OTHER_LEG * ranges.max()
    )
    if candidate.end == STAYED or not leads:
        return Recognition(None, False)
    named = replace(movement, primary=machine.movements[0].primary)
    reach = machine.thresholds.reach_deg
    if abs(np.degrees(candidate.excursion)) < reach:
        return Recognition(named, False, f"partial: less than {reach:g}°")
    if candidate.end != DONE:
        return Recognition(named, False, _DATA_STOP)
    return _as_seen(machine, rows, at, named)


def _both_legs(rows: Rows, at: Boundaries, ratio: float) -> bool:
    """Whether both thighs went far: the smaller way at least so much of the larger."""
    deep = _means(rows.inclination[at.turn_start : at.turn_stop])
    ways = deep - _means(rows.inclination[at.before : at.start + 1])
    known = ways[np.isfinite(ways)]
    return len(known) < len(SIDES) or float(known.min()) >= ratio * float(known.max())


def _means(columns: Array) -> Array:
    """Mean of the known values of each column ``(N, C)``; NaN where there is none."""
    known = np.isfinite(columns)
    count = np.count_nonzero(known, axis=0)
    total = np.sum(np.where(known, columns, 0.0), axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _ranges(columns: Array) -> Array:
    """Highest minus lowest known value of each column ``(N, …)``; -inf where there is none."""
    known = np.isfinite(columns)
    highest = np.where(known, columns, -np.inf).max(axis=0)
    lowest = np.where(known, columns, np.inf).min(axis=0)
    return np.asarray(highest - lowest)


def _on_standing_legs(rows: Rows, at: Boundaries) -> bool:
    """Whether a turn took its time and neither thigh swung: no step of walking or running."""
    if (at.end - at.start) < _LEAST_TURN_S * GRID_HZ:
        return False
    swings = _ranges(rows.inclination[at.start : at.end + 1])
    return bool((swings < np.radians(_MOST_SWING_DEG)).all())


def _turns_in_the_hip(side: Side, rows: Rows, at: Boundaries) -> bool:
    """Whether the leg turned in its hip and the other stayed: no body that turns as a whole."""
    k = SIDES.index(side)
    turn = HIP_SIGNS[side][2] * (rows.heading[at.end, k] - rows.heading[at.start, k])
    other = rows.heading[at.end, 1 - k] - rows.heading[at.start, 1 - k]
    hip = rows.hip[at.end, k, 2] - rows.hip[at.start, k, 2]
    return bool(hip / turn > _LEAST_HIP_SHARE and abs(other) < _OTHER_SHARE * abs(turn))


def _as_seen(machine: Machine, rows: Rows, at: Boundaries, movement: Movement) -> Recognition:
    """Count a repetition if a hip that it is about was in sight, and say what is missing."""
    sides = SIDES if machine.side == "both" else (machine.side,)
    counted = any(in_sight(rows, at.start, at.end, side) for side in sides)
    return Recognition(movement, counted, missing(rows, at.start, at.end, sides))


def missing(rows: Rows, start: int, end: int, sides: Sequence[Side]) -> str:
    """Say how much of a repetition was not seen; empty when nothing is missing."""
    words = []
    for side in sides:
        valid = rows.valid[start : end + 1, SIDES.index(side)]
        gap = np.count_nonzero(~valid) / GRID_HZ
        if gap:
            words.append(f"{gap:.2f} s of the {side} hip are missing")
        if np.isinf(longest_gap(rows, start, end, side)):
            words.append(f"its {'start' if valid[-1] else 'end'} was not seen")
    return "; ".join(words)


_DATA_STOP = "the data end during it"

_RATIO, _UNMARKED_RATIO = 0.6, 0.8
"""Where a mark says squat, and where none does: true squats have 0.94 and more, single-leg squats
0.6 to 0.7."""

_UNMARKED_STAY_S = 8.0
"""Who stays lower for longer without a mark sat down."""

_DEEP = 0.75

_OTHER_LEG = 0.5
"""A leg that moves less than so much of the other one goes along."""

_UPRIGHT_DEG, _LYING_DEG = 50.0, -55.0
_LEAST_HIP_SHARE, _OTHER_SHARE = 0.4, 0.5
_LEAST_TURN_S, _MOST_SWING_DEG = 0.4, 10.0
"""In walking and running thighs turn by 10 to 20° within 0.05 to 0.2 s, while they swing by 30 to
60°; who pivots takes 0.8 s or more and stands."""
