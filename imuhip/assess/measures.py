"""What is measured in one repetition of one side; `measure_table` says what each measure is.

``…_sd_deg`` is one standard deviation of the error of the skin-mounted frames in ``…_deg``; NaN
where the error, or a value, is not known. What a movement does not have is not among its measures.
Gaps of up to 0.1 s were bridged by straight lines; what a longer one may have hidden is NaN.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from imuhip.assess.episodes import Episode
from imuhip.assess.params import Params
from imuhip.assess.smoothness import sparc
from imuhip.conventions import GRID_HZ, HIP_ANGLES, HIP_SIGNS, SIDES, Side
from imuhip.records import Array


def measured(
    episode: Episode, side: Side, rest_from: float | None, params: Params
) -> dict[str, float]:
    """All measures of one side of a repetition.

    Parameters
    ----------
    rest_from
        When the repetition before it in the set ended, session seconds; None for the first.
    params
        For the athlete's own offset of the hip crease.
    """
    k = SIDES.index(side)
    values: dict[str, float] = {"pause_before_s": np.nan}
    if rest_from is not None:
        values["pause_before_s"] = float(episode.rows.t[episode.start]) - rest_from
    for part in _PARTS[episode.movement.primary]:
        values |= part(episode, k, params)
    return values


Values = dict[str, float]
Part = Callable[[Episode, int, Params], Values]


def _tempo(e: Episode, k: int, _: Params) -> Values:
    """Descent, bottom, ascent of a repetition that goes there and back."""
    first, last = e.turn_start, max(e.turn_stop - 1, e.turn_start)
    return {
        "descent_s": (first - e.start) / GRID_HZ,
        "bottom_s": (last - first) / GRID_HZ,
        "ascent_s": (e.end - last) / GRID_HZ,
        "duration_s": (e.end - e.start) / GRID_HZ,
        "sparc_descent": sparc(e.rows.speed[e.start : first + 1, k]),
        "sparc_ascent": sparc(e.rows.speed[last : e.end + 1, k]),
    }


def _table_tempo(e: Episode, k: int, params: Params) -> Values:
    """The same of a turn to the end range and back: going, hold, return."""
    if e.movement.path == "one_way":
        return _turn_tempo(e, k, params)
    names = {
        "descent_s": "going_s",
        "bottom_s": "hold_s",
        "ascent_s": "return_s",
        "sparc_descent": "sparc_going",
        "sparc_ascent": "sparc_return",
    }
    return {names.get(name, name): v for name, v in _tempo(e, k, params).items()}


def _turn_tempo(e: Episode, k: int, _: Params) -> Values:
    """Duration and smoothness of a turn that ends where it stops."""
    return {
        "duration_s": (e.end - e.start) / GRID_HZ,
        "sparc_turn": sparc(e.rows.speed[e.start : e.end + 1, k]),
    }


def _depth(e: Episode, k: int, params: Params) -> Values:
    """How deep the thigh went."""
    depth = _most(np.degrees(e.rows.inclination[e.start : e.end + 1, k]))
    values = {"depth_deg": depth, "thigh_past_parallel_deg": depth - 90.0}
    values["hip_crease_below_knee_deg"] = depth - 90.0 - params.hip_crease_offset_deg
    return values


def _squat_arcs(e: Episode, k: int, _: Params) -> Values:
    """Hip angles at the bottom, and how far they came since the rest before."""
    values = _arcs(e, k, "bottom")
    first, last = e.turn_start, max(e.turn_stop - 1, e.turn_start)
    rotation = np.degrees(e.rows.hip[:, k, 2])
    values["rotation_descent_deg"] = float(rotation[first] - rotation[e.start])
    values["rotation_ascent_deg"] = float(rotation[e.end] - rotation[last])
    path = e.rows.hip[e.start : e.end + 1, k]
    values["swept_area_deg2"] = _swept(np.degrees(path[:, 0]), np.degrees(path[:, 2]))
    tilt = np.degrees(e.rows.pelvis[e.turn_start : e.turn_stop, 0])
    values["pelvis_tilt_bottom_deg"] = _mean(tilt)
    for flexion_deg in (60, 90, 120):
        value, sd = _at_flexion(e, k, flexion_deg)
        values[f"rotation_at_{flexion_deg}_deg"] = value
        values[f"rotation_at_{flexion_deg}_sd_deg"] = sd
    return values


def _turn_arcs(e: Episode, k: int, _: Params) -> Values:
    """Hip rotation at the end range, and how far it came since the rest before."""
    values = _arcs(e, k, "end")
    path = e.rows.hip[e.start : e.end + 1, k]
    values["swept_area_deg2"] = _swept(np.degrees(path[:, 0]), np.degrees(path[:, 2]))
    return values


def _arcs(e: Episode, k: int, where: str) -> Values:
    """Per hip angle: its value at the turn, its way since the rest before, its range; with sd."""
    values: Values = {}
    turn, before = slice(e.turn_start, e.turn_stop), slice(e.before, e.start + 1)
    for i, angle in enumerate(HIP_ANGLES):
        hip, sd = np.degrees(e.rows.hip[:, k, i]), np.degrees(e.rows.hip_sd[:, k, i])
        there, rest = _mean(hip[turn]), _mean(hip[before])
        sd_there, sd_rest = _mean(sd[turn]), _mean(sd[before])
        values[f"{angle}_{where}_deg"] = there
        values[f"{angle}_{where}_sd_deg"] = sd_there
        values[f"{angle}_arc_deg"] = there - rest
        # Standing, the error is the heading's; at depth it is the pelvis axis's: nearly apart.
        values[f"{angle}_arc_sd_deg"] = float(np.hypot(sd_there, sd_rest))
        moved = hip[e.start : e.end + 1] - rest
        values[f"{angle}_range_deg"] = _most(moved) - _least(moved)
    moved = np.degrees(e.rows.hip[e.start : e.end + 1, k, 2])
    rest = _mean(np.degrees(e.rows.hip[before, k, 2]))
    values["rotation_most_in_deg"] = _most(moved) - rest
    values["rotation_most_out_deg"] = rest - _least(moved)
    return values


def _speeds(e: Episode, k: int, _: Params) -> Values:
    """Peak and mean speed of the thigh about the axis of the movement."""
    rate = {
        "inclination": e.rows.inclination_rate,
        "heading": e.rows.heading_rate,
        "rotation": e.rows.axial_rate,
    }[e.movement.primary][e.start : e.end + 1, k]
    fast = np.abs(np.degrees(rate))
    return {"speed_peak_deg_s": _most(fast), "speed_mean_deg_s": _mean(fast)}


def _flexion_speed(e: Episode, k: int, _: Params) -> Values:
    """Peak and mean speed of hip flexion over the repetition."""
    flexion = np.degrees(e.rows.hip[e.start : e.end + 1, k, 0])
    if len(flexion) <= 2 * _SPAN_ROWS:
        return {"flexion_speed_peak_deg_s": np.nan, "flexion_speed_mean_deg_s": np.nan}
    rate = (flexion[2 * _SPAN_ROWS :] - flexion[: -2 * _SPAN_ROWS]) / (2 * _SPAN_ROWS / GRID_HZ)
    fast = np.abs(rate)
    return {"flexion_speed_peak_deg_s": _most(fast), "flexion_speed_mean_deg_s": _mean(fast)}


def _share(e: Episode, k: int, _: Params) -> Values:
    """How much of a pivot the hip gave, from the rest before to the end."""
    inwards = HIP_SIGNS[SIDES[k]][2]
    end, before = slice(e.turn_start, e.turn_stop), slice(e.before, e.start + 1)
    heading = inwards * np.degrees(e.rows.heading[:, k])
    rotation = np.degrees(e.rows.hip[:, k, 2])
    turn = _mean(heading[end]) - _mean(heading[before])
    hip = _mean(rotation[end]) - _mean(rotation[before])
    values = {"turn_deg": turn, "pelvis_followed_deg": turn - hip, "hip_share": np.nan}
    if abs(turn) >= _LEAST_TURN_DEG:
        values["hip_share"] = hip / turn
    return values


def _at_flexion(e: Episode, k: int, flexion_deg: float) -> tuple[float, float]:
    """Hip rotation and its sd, degrees, where flexion first passes a value on the way down."""
    way = slice(e.start, e.turn_stop)
    flexion, rotation = np.degrees(e.rows.hip[way, k, 0]), np.degrees(e.rows.hip[way, k, 2])
    sd = np.degrees(e.rows.hip_sd[way, k, 2])
    passed = np.flatnonzero((flexion[1:] >= flexion_deg) & (flexion[:-1] < flexion_deg))
    if not len(passed):
        return np.nan, np.nan
    i = int(passed[0])
    share = (flexion_deg - flexion[i]) / (flexion[i + 1] - flexion[i])
    return float(rotation[i] + share * (rotation[i + 1] - rotation[i])), float(sd[i])


def _swept(flexion: Array, rotation: Array) -> float:
    """Area, deg², within the closed path of flexion and rotation."""
    step = flexion * np.roll(rotation, -1) - np.roll(flexion, -1) * rotation
    return 0.5 * abs(float(np.sum(step)))


def _mean(values: Array) -> float:
    """Mean of the known values; NaN where fewer than half are known."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if 2 * len(known) >= max(len(values), 1) else np.nan


def _most(values: Array) -> float:
    """Greatest value; NaN where a gap may have hidden it."""
    return float(np.max(values))


def _least(values: Array) -> float:
    return -_most(-values)


_SPAN_ROWS: Final = 4
_LEAST_TURN_DEG: Final = 10.0

_PARTS: Final[dict[str, tuple[Part, ...]]] = {
    "inclination": (_tempo, _depth, _squat_arcs, _speeds, _flexion_speed),
    "heading": (_turn_tempo, _turn_arcs, _share, _speeds),
    "rotation": (_table_tempo, _turn_arcs, _speeds),
}
