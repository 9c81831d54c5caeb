"""Rules about the thighs in squats and lunges: each says what one repetition shows.

The skin follows a rotation of the thigh by somewhere between 60 % and all of it: the middle of that
is taken, and the doubt is part of the error.
Signs: + is the right side.
"""

import math
from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.limits import Limits
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import (
    ADDUCTION,
    FLEXION,
    INCLINATION_SD_DEG,
    LEFT,
    RIGHT,
    ROTATION,
    SKIN_FOLLOWS,
    SKIN_SD,
    at_rest,
    flexion_at,
    index_of,
    kept_level,
    path_at,
)
from imuhip.core.conventions import GRID_HZ, Side
from imuhip.core.records import Array


def knee_in(episode: Episode, limits: Limits, _context: Context) -> list[Seen]:
    """Adduction and internal rotation that rise together on the way up.

    Both against the way down at the same inclination of that thigh: the level that both keep, the
    skin allowed for.
    """
    return [_knee_in(episode, side, 1e-3 * limits["knee_in_ms"]) for side in episode.sides]


def _knee_in(episode: Episode, side: Side, seconds: float) -> Seen:
    k = index_of(side)
    inclination = episode.rows.inclination[:, k]
    hip = np.degrees(episode.rows.hip[:, k])
    down = slice(episode.start, episode.turn + 1)
    up = slice(episode.turn, episode.end + 1)
    adducted, turned = (
        hip[up, angle] - path_at(inclination[down], hip[down, angle], inclination[up])
        for angle in (ADDUCTION, ROTATION)
    )
    level, row = kept_level(np.minimum(adducted, turned / SKIN_FOLLOWS), seconds)
    row += episode.turn
    own = float(np.degrees(episode.rows.hip_sd[row, k, ROTATION]))
    sd = math.hypot(_PATH_SD_DEG, _PATH_SHARE * own, _skin_sd(level))
    return Seen(side, episode.number, level, sd, float(hip[row, FLEXION]))


def early_turn_out(episode: Episode, limits: Limits, context: Context) -> list[Seen]:
    """External rotation early on the way down against the rest before, the skin allowed for.

    Or how far the leg is turned out at that rest: against the calibration's standing, and with that
    standing's own where the mount is known exactly. Without that the thigh's axis is taken from the
    pelvis's in standing, which hides how far the feet are turned out there. `detail` is 1 where
    standing could be told, else 0.
    """
    return [_turned_out(episode, side, limits, context) for side in episode.sides]


def _turned_out(episode: Episode, side: Side, limits: Limits, context: Context) -> Seen:
    k = index_of(side)
    rows = episode.rows
    descent = slice(episode.start, episode.turn + 1)
    rest = -at_rest(episode, rows.hip[:, k, ROTATION])
    out = (-np.degrees(rows.hip[descent, k, ROTATION]) - rest) / SKIN_FOLLOWS
    early = np.degrees(rows.inclination[descent, k]) < limits["early_turn_out_before_deg"]
    value, row = math.nan, episode.start
    if early.any() and np.isfinite(out[early]).all():
        picked = int(np.argmax(np.where(early, out, -np.inf)))
        value, row = float(out[picked]), episode.start + picked
    at = float(np.degrees(rows.hip[row, k, FLEXION]))
    own, at_first = np.degrees(rows.hip_sd[[row, episode.start], k, ROTATION]).tolist()
    sd = math.hypot(own / SKIN_FOLLOWS, _skin_sd(value))
    limit, other = limits["early_turn_out_deg"], limits["standing_turn_out_deg"]
    standing = -float(np.degrees(context.standing[k, ROTATION]))
    told = f"given (thigh_{side})" in context.chain and math.isfinite(standing)
    stance = rest + standing if told else rest
    if stance >= other and not stance / other <= value / limit:
        value, limit, sd = stance, other, at_first
    return Seen(side, episode.number, value, sd, at, detail=float(told), limit=limit)


def side_lag(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """How much later one thigh moves than the other, ms; + where the right one is later."""
    rows = slice(episode.start, episode.end + 1)
    rates = episode.rows.inclination_rate[rows]
    value = math.nan
    if np.isfinite(rates).all():
        value = 1e3 * _lag_s(rates[:, LEFT], rates[:, RIGHT])
    return [Seen("both", episode.number, value, _LAG_SD_MS, flexion_at(episode, episode.turn))]


def _lag_s(left: Array, right: Array) -> float:
    """Delay of `right`, by the peak of the cross-correlation and the parabola through it.

    NaN where the peak lies at the edge: legs do not lag so far, clocks that differ do.
    """
    most = min(_MOST_LAG_ROWS, len(left) - 2)
    if most < 1:
        return math.nan
    full = np.correlate(right, left, "full")
    near = full[len(left) - 1 - most : len(left) + most]
    peak = int(np.argmax(near))
    if not 0 < peak < len(near) - 1:
        return math.nan
    before, at, after = near[peak - 1 : peak + 2]
    bend = before - 2.0 * at + after
    shift = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
    return (peak - most + float(shift)) / GRID_HZ


def depth_difference(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """How much deeper one thigh goes, each at its own deepest; + the right one."""
    inclination = np.degrees(episode.rows.inclination[episode.start : episode.end + 1])
    deepest = inclination.max(axis=0)
    value = float(deepest[RIGHT] - deepest[LEFT])
    sd = math.sqrt(2.0) * INCLINATION_SD_DEG
    return [Seen("both", episode.number, value, sd, flexion_at(episode, episode.turn))]


def _skin_sd(rotation_deg: float) -> float:
    """What is not known of a rotation because of the skin, degrees."""
    return SKIN_SD / SKIN_FOLLOWS * abs(rotation_deg)


_PATH_SD_DEG: Final = 0.8
_PATH_SHARE: Final = 0.15
"""Error of a path against itself within one repetition: noise and shaking skin, and the part of the
calibration's error that does not cancel because the pelvis leans otherwise on the way up."""

_LAG_SD_MS: Final = 14.0
"""Each sensor's time is right to 10 ms (KINEMATICS 7.2)."""

_MOST_LAG_ROWS: Final = GRID_HZ // 2
