"""What rules read off a repetition's rows: means over its parts, and levels that are kept.

Degrees from here on. A value that is not known is NaN, and nothing is made of half a window.
"""

import math
from typing import Final

import numpy as np

from imuhip.assess.episodes import Episode
from imuhip.assess.skin import SKIN_FOLLOWS, SKIN_SD
from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, PELVIS_ANGLES, SIDES, Side
from imuhip.core.records import Array

FLEXION, ADDUCTION, ROTATION = (HIP_ANGLES.index(n) for n in ("flexion", "adduction", "rotation"))
TILT, OBLIQUITY, TURN = (PELVIS_ANGLES.index(n) for n in ("tilt", "obliquity", "rotation"))
LEFT, RIGHT = (SIDES.index(side) for side in ("left", "right"))


def at_rest(episode: Episode, column: Array) -> float:
    """Mean over the rest before the repetition, degrees, of radians ``(N,)``."""
    return _mean_deg(column[episode.before : max(episode.start, episode.before + 1)])


def at_turn(episode: Episode, column: Array) -> float:
    """Mean over the bottom window or the hold at the end range, degrees, of radians ``(N,)``."""
    return _mean_deg(column[episode.turn_start : episode.turn_stop])


def index_of(side: Side) -> int:
    """Place of a side in the rows."""
    return SIDES.index(side)


def legs(episode: Episode) -> list[int]:
    """Places of the sides the repetition is about."""
    return [index_of(side) for side in episode.sides]


def inclination_deg(episode: Episode) -> Array:
    """Inclination ``(N,)`` of the thigh that moves, or the mean of both, degrees."""
    return np.asarray(np.degrees(episode.rows.inclination[:, legs(episode)].mean(axis=1)))


def flexion_at(episode: Episode, row: int) -> float:
    """Mean hip flexion of the sides it is about, at a row, degrees."""
    hip = episode.rows.hip
    angles = [float(hip[row, k, FLEXION]) for k in legs(episode)]
    return math.degrees(sum(angles) / len(angles))


def kept_level(values: Array, seconds: float) -> tuple[float, int]:
    """The highest level that `values` ``(N,)`` stay at or above for so long, and the row of it.

    NaN and a row of 0 where there is no whole window without NaN.
    """
    rows = round(seconds * GRID_HZ) + 1
    if len(values) < rows:
        return np.nan, 0
    lowest = _lowest(values, rows)
    first = int(np.argmax(np.where(np.isnan(lowest), -np.inf, lowest)))
    if np.isnan(lowest[first]):
        return np.nan, 0
    return float(lowest[first]), first + rows // 2


def _lowest(values: Array, rows: int) -> Array:
    """The lowest of each window of so many rows, NaN where one of them is; windows doubled."""
    lowest, wide = values, 1
    while 2 * wide <= rows:
        lowest, wide = np.minimum(lowest[:-wide], lowest[wide:]), 2 * wide
    rest = rows - wide
    return lowest if not rest else np.minimum(lowest[: len(lowest) - rest], lowest[rest:])


def path_at(inclination: Array, values: Array, levels: Array) -> Array:
    """`values` where a way first reaches each inclination of `levels`; NaN where it does not."""
    highest = np.maximum.accumulate(inclination)
    rising = np.isfinite(inclination)
    rising[1:] &= highest[1:] > highest[:-1]
    if not rising.any():
        return np.full(len(levels), np.nan)
    return np.interp(levels, inclination[rising], values[rising], left=np.nan, right=np.nan)


def change_deg(episode: Episode, column: Array) -> float:
    """From the rest before to the end of the turn, degrees, of radians ``(N,)``."""
    return at_turn(episode, column) - at_rest(episode, column)


def skin_sd(rotation_deg: float) -> float:
    """What is not known of a rotation because of the skin, degrees."""
    return SKIN_SD / SKIN_FOLLOWS * abs(rotation_deg)


def _mean_deg(values: Array) -> float:
    return math.degrees(float(np.add.reduce(values)) / len(values)) if len(values) else np.nan


INCLINATION_SD_DEG: Final = 1.0
"""Error of a thigh's inclination by gravity, of its standing posture and of its skin, in one set;
to be held against truth (docs/assessment.md)."""

TILT_CHANGE_SD_DEG: Final = 0.7
"""Error of a change of the pelvis's tilt within a repetition: gravity and a few seconds of
gyroscope; it needs no heading."""

TURN_CHANGE_SD_DEG: Final = 0.3
"""Error of a change of heading within a repetition (KINEMATICS 3.3: less than 0.2°)."""
