"""What the true motion shows of each compensation, repetition by repetition.

Read off the true curves by the definitions of the rules, and without a line of the code that judges
a recording: what a perfect instrument would see, natural deviations of the athlete included.
Signs, where a rule compares sides: + is the right one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from imuhip.assess.goals import GOAL_ZONES
from imuhip.core.conventions import GRID_HZ, HIP_SIGNS, SIDES, Side
from imuhip.core.quaternions import rotate
from imuhip.core.records import Array
from imuhip.simulate.performance import ON_ONE_LEG
from imuhip.simulate.true_repetitions import TrueRepetition
from imuhip.simulate.truth import Truth


@dataclass(frozen=True, slots=True)
class Shown:
    """How much of a compensation one repetition truly has.

    Parameters
    ----------
    rule, movement, side, set, repetition
        Of what; `side` is ``both`` where the value has a sign or is of the pelvis.
    value
        In the rule's unit (`performance.RULES`).
    """

    rule: str
    movement: str
    side: str
    set: int
    repetition: int
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class TrueCurves:
    """The true curves of one repetition, degrees.

    Parameters
    ----------
    hip
        ``(N, 2, 3)`` against standing.
    pelvis
        ``(N, 3)`` tilt, obliquity, rotation, against the rest before it.
    beta
        ``(N, 2)`` inclination of the thighs.
    turn
        Row of the bottom or end range.
    deep
        ``(N,)`` rows that are at the bottom.
    """

    hip: Array
    pelvis: Array
    beta: Array
    turn: int
    deep: slice


def shown(truth: Truth, repetitions: Sequence[TrueRepetition]) -> tuple[Shown, ...]:
    """Return what every counted repetition truly shows of every rule that is for it."""
    values_shown: list[Shown] = []
    for each in repetitions:
        if not each.counted or (each.movement == "squat" and each.side == "right"):
            continue  # a squat is listed once a side, and judged once
        rows = _rows(truth, each)
        for rule, movements, values in RULES:
            if any(each.movement.startswith(name) for name in movements):
                values_shown += [
                    Shown(rule, each.movement, side, each.set, each.repetition, value)
                    for side, value in values(rows, each.side)
                    if each.movement == "squat" or side in ("both", each.side)
                ]
    return tuple(values_shown)


def _rows(truth: Truth, each: TrueRepetition) -> TrueCurves:
    still, first, turn, last = (
        int(np.searchsorted(truth.t, t))
        for t in (each.t_start - REST_S[0], each.t_start, each.t_turn, each.t_end)
    )
    part = slice(first, last + 1)
    rest = slice(still, still + round((REST_S[0] - REST_S[1]) * GRID_HZ))
    pelvis = np.degrees(truth.pelvis[part] - truth.pelvis[rest].mean(axis=0))
    up = rotate(truth.q_thigh[part], np.broadcast_to((0.0, 1.0, 0.0), (last + 1 - first, 2, 3)))
    beta = np.degrees(np.arccos(np.clip(up[..., 2], -1.0, 1.0)))
    turned = turn - first
    return TrueCurves(np.degrees(truth.hip[part]), pelvis, beta, turned, _deep(beta, turned))


def _deep(beta: Array, turn: int) -> slice:
    """Rows around the turn where the thighs are as good as at rest, 0.1 s at least."""
    mean = beta.mean(axis=1)
    shallow = np.flatnonzero(mean < mean[turn] - DEEP_DEG)
    after = shallow[shallow > turn]
    before = shallow[shallow < turn]
    first = min(int(before[-1]) + 1 if len(before) else 0, max(turn - 5, 0))
    last = max(int(after[0]) if len(after) else len(mean), turn + 6)
    return slice(first, last)


Values = Iterable[tuple[str, float]]


def _tuck(rows: TrueCurves, _side: Side) -> Values:
    tilt = rows.pelvis[:, 0]
    return [("both", float(tilt[: rows.turn + 1].max() - tilt[rows.deep].mean()))]


def _arch(rows: TrueCurves, _side: Side) -> Values:
    mean = rows.beta.mean(axis=1)[: rows.turn + 1]
    early = mean <= mean[-1] / 3.0
    return [("both", float(rows.pelvis[: rows.turn + 1, 0][early].max()))]


def _drop(rows: TrueCurves, _side: Side) -> Values:
    right, left = _kept(rows.pelvis[:, 1], 0.2), _kept(-rows.pelvis[:, 1], 0.2)
    return [("both", right if right >= left else -left)]


def _twist(rows: TrueCurves, _side: Side) -> Values:
    return [("both", -float(rows.pelvis[rows.deep, 2].mean()))]


def _shift(rows: TrueCurves, side: Side) -> Values:
    """The second largest of the three signs that agree; 0 where one is clearly against them."""
    signs = np.array(
        (
            rows.pelvis[rows.deep, 1].mean(),
            rows.beta[rows.deep, 1].mean() - rows.beta[rows.deep, 0].mean(),
            dict(_twist(rows, side))["both"],
        )
    )
    best = max((float(np.sort(way * signs)[1]), way) for way in (1.0, -1.0))
    return [("both", best[0] * best[1] if best[0] > 0.0 else 0.0)]


def _knee_in(rows: TrueCurves, _side: Side) -> Values:
    return [(side, _pulse(rows, k)) for k, side in enumerate(SIDES)]


def _pulse(rows: TrueCurves, k: int) -> float:
    """Adduction and rotation of the ascent above those of the descent at the same inclination."""
    turn = rows.turn
    down, up = rows.beta[: turn + 1, k], rows.beta[turn:, k]
    order = np.argsort(down)
    above = [
        rows.hip[turn:, k, angle]
        - np.interp(up, down[order], rows.hip[: turn + 1, k, angle][order])
        for angle in (1, 2)
    ]
    return _kept(np.minimum(*above), 0.15)


def _turn_out(rows: TrueCurves, _side: Side) -> Values:
    by_side = []
    for k, side in enumerate(SIDES):
        early = rows.beta[: rows.turn + 1, k] < 45.0
        by_side.append((side, float(-rows.hip[: rows.turn + 1, k, 2][early].min())))
    return by_side


def _lag(rows: TrueCurves, _side: Side) -> Values:
    """Seconds by which the right thigh's speed best fits the left's when moved earlier."""
    rate = np.gradient(rows.beta, axis=0)
    steps = range(-MOST_ROWS, MOST_ROWS + 1)
    n = len(rate)
    fits = np.array(
        [
            np.sum(rate[max(-s, 0) : n - max(s, 0), 0] * rate[max(s, 0) : n - max(-s, 0), 1])
            for s in steps
        ]
    )
    best = int(np.argmax(fits))
    if not 0 < best < len(steps) - 1:
        return [("both", float(steps[best]) / GRID_HZ)]
    before, at, after = fits[best - 1 : best + 2]
    part = 0.5 * (before - after) / (before - 2.0 * at + after)
    return [("both", float(steps[best] + part) / GRID_HZ)]


def _depth(rows: TrueCurves, _side: Side) -> Values:
    return [("both", float(rows.beta[:, 1].max() - rows.beta[:, 0].max()))]


def _rotation(rows: TrueCurves, _side: Side) -> Values:
    apart = rows.hip[rows.deep, 1, 2] - rows.hip[rows.deep, 0, 2]
    return [("both", float(apart.mean()))]


def _follows(rows: TrueCurves, side: Side) -> Values:
    k = SIDES.index(side)
    hip = rows.hip[-1, k, 2] - rows.hip[0, k, 2]
    pelvis = HIP_SIGNS[side][2] * (rows.pelvis[-1, 2] - rows.pelvis[0, 2])
    return [(side, float(pelvis / (hip + pelvis)))]


def _cheats(rows: TrueCurves, side: Side) -> Values:
    return [(side, float(np.abs(rows.pelvis[rows.turn, :2]).max()))]


def _short(direction: float, edge: float) -> Callable[[TrueCurves, Side], Values]:
    """How far a turn in one direction ends short of a goal; nothing of the other direction."""

    def short(rows: TrueCurves, side: Side) -> Values:
        turn = direction * float(rows.hip[rows.turn, SIDES.index(side), 2])
        return [(side, edge - turn)] if turn > 0.0 else []

    return short


def _speed(rows: TrueCurves, side: Side) -> Values:
    """Greatest rate of the thigh's turn about its long axis or the vertical."""
    pelvis = HIP_SIGNS[side][2] * rows.pelvis[:, 2]
    turned = rows.hip[:, SIDES.index(side), 2] + pelvis
    return [(side, float(np.abs(np.gradient(turned)).max()) * GRID_HZ)]


def _kept(values: Array, seconds: float) -> float:
    """The highest level that the values stay above for so long."""
    n = round(seconds * GRID_HZ) + 1
    if len(values) < n:
        return float(values.min())
    return float(np.lib.stride_tricks.sliding_window_view(values, n).min(axis=1).max())


MOST_ROWS: Final = 40
"""Lags of up to 0.4 s are looked for."""

REST_S: Final = (0.7, 0.4)
"""The rest before a repetition, s before its start: nothing moves there, however slowly."""

DEEP_DEG: Final = 0.8

TABLE: Final = ("seated_rotation", "supine_rotation")
RULES: Final[tuple[tuple[str, tuple[str, ...], Callable[[TrueCurves, Side], Values]], ...]] = (
    ("pelvic_tuck", ("squat",), _tuck),
    ("over_arching", ("squat",), _arch),
    ("pelvic_drop", ("squat", *ON_ONE_LEG), _drop),
    ("hip_shift", ("squat",), _shift),
    ("pelvic_twist", ("squat",), _twist),
    ("knee_in", ("squat", *ON_ONE_LEG), _knee_in),
    ("early_turn_out", ("squat",), _turn_out),
    ("side_lag", ("squat",), _lag),
    ("depth_difference", ("squat",), _depth),
    ("rotation_difference", ("squat",), _rotation),
    ("pelvis_follows_pivot", ("pivot",), _follows),
    ("pelvis_cheats_table", TABLE, _cheats),
    ("internal_rotation_short", TABLE, _short(1.0, GOAL_ZONES["general"]["internal_deg"][0][0])),
    ("external_rotation_short", TABLE, _short(-1.0, GOAL_ZONES["general"]["external_deg"][0][0])),
    ("too_fast", (*TABLE, "pivot"), _speed),
)
"""Rule, the movements it is for, and what a repetition shows of it."""
