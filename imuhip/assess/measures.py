"""What is measured in one repetition of one side; `measure_table` says what each measure is.

``…_sd_deg`` is one standard deviation of the error of the skin-mounted frames in ``…_deg``, and
``…_sd_total_deg`` that of the bone, skin and all; NaN where the error, or a value, is not known.
What a movement does not have is not among its measures. Gaps of up to 0.1 s were bridged by
straight lines; what a longer one may have hidden is NaN.
"""

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from imuhip.assess.episodes import Episode
from imuhip.assess.params import AssessParams
from imuhip.assess.smoothness import sparc
from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, HIP_SIGNS, SIDES, Side
from imuhip.core.records import Array
from imuhip.estimate.angle_errors import soft_tissue


def measured(
    episode: Episode, side: Side, rest_from: float | None, params: AssessParams
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
    held = episode.movement.path == "held"
    for part in (_hold,) if held else _PARTS[episode.movement.primary]:
        values |= part(episode, k, params)
    return values


Values = dict[str, float]
Part = Callable[[Episode, int, AssessParams], Values]


def _tempo(e: Episode, k: int, _: AssessParams) -> Values:
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


def _table_tempo(e: Episode, k: int, params: AssessParams) -> Values:
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
    values = {names.get(name, name): v for name, v in _tempo(e, k, params).items()}
    return values | {"tremor_deg_s": _tremor(e, k)}


def _turn_tempo(e: Episode, k: int, _: AssessParams) -> Values:
    """Duration and smoothness of a turn that ends where it stops."""
    return {
        "duration_s": (e.end - e.start) / GRID_HZ,
        "sparc_turn": sparc(e.rows.speed[e.start : e.end + 1, k]),
    }


def _hold(e: Episode, k: int, _: AssessParams) -> Values:
    """How a posture was held: the hip's angles, how still, and whether the pelvis turned."""
    kinds = (e.rows.hip, e.rows.hip_sd, e.rows.hip_sd_total)
    hip, sd, total = (np.degrees(_means(part[:, k])) for part in kinds)
    lasts = (e.end - e.start) / GRID_HZ
    values = {"duration_s": lasts, "hold_s": lasts, "tremor_deg_s": _tremor(e, k)}
    for i, angle in enumerate(HIP_ANGLES):
        values[f"{angle}_end_deg"] = float(hip[i])
        values[f"{angle}_end_sd_deg"] = float(sd[i])
        values[f"{angle}_end_sd_total_deg"] = float(total[i])
    turned = np.degrees(e.rows.pelvis[:, 2])
    known = turned[np.isfinite(turned)]
    away = np.abs(known - np.median(known)).max() if len(known) else np.nan
    return values | {"pelvis_turn_most_deg": float(away)}


def _tremor(e: Episode, k: int) -> float:
    """How unsteady a hold is."""
    speed = e.rows.speed[e.turn_start : e.turn_stop, k]
    known = speed[np.isfinite(speed)]
    return float(np.degrees(np.sqrt(np.mean(known**2)))) if len(known) else np.nan


def _tilt(e: Episode, _k: int, _: AssessParams) -> Values:
    """How far the pelvis tipped since the rest before; forward is positive."""
    tilt = e.rows.pelvis[:, 0]
    there = _mean(tilt[e.turn_start : e.turn_stop])
    return {"pelvis_tilt_arc_deg": math.degrees(there - _mean(tilt[e.before : e.start + 1]))}


def _depth(e: Episode, k: int, params: AssessParams) -> Values:
    """How deep the thigh went."""
    depth = _most(np.degrees(e.rows.inclination[e.start : e.end + 1, k]))
    values = {"depth_deg": depth, "thigh_past_parallel_deg": depth - 90.0}
    values["hip_crease_below_knee_deg"] = depth - 90.0 - params.hip_crease_offset_deg
    return values


def _squat_arcs(e: Episode, k: int, _: AssessParams) -> Values:
    """Hip angles at the bottom, and how far they came since the rest before."""
    values = _arcs(e, k, "bottom")
    first, last = e.turn_start, max(e.turn_stop - 1, e.turn_start)
    turned = np.degrees(e.rows.hip[[e.start, first, last, e.end], k, 2]).tolist()
    values["rotation_descent_deg"] = turned[1] - turned[0]
    values["rotation_ascent_deg"] = turned[3] - turned[2]
    path = e.rows.hip[e.start : e.end + 1, k]
    values["swept_area_deg2"] = _swept(np.degrees(path[:, 0]), np.degrees(path[:, 2]))
    tilt = _mean(e.rows.pelvis[e.turn_start : e.turn_stop, 0])
    values["pelvis_tilt_bottom_deg"] = math.degrees(tilt)
    way = slice(e.start, e.turn_stop)
    flexion, rotation = np.degrees(e.rows.hip[way, k, 0]), np.degrees(e.rows.hip[way, k, 2])
    for flexion_deg in (60, 90, 120):
        row, share = _passed(flexion, flexion_deg)
        value, sd, total = np.nan, np.nan, np.nan
        if row is not None:
            value = float(rotation[row] + share * (rotation[row + 1] - rotation[row]))
            sd = float(np.degrees(e.rows.hip_sd[e.start + row, k, 2]))
            total = float(np.degrees(e.rows.hip_sd_total[e.start + row, k, 2]))
        values[f"rotation_at_{flexion_deg}_deg"] = value
        values[f"rotation_at_{flexion_deg}_sd_deg"] = sd
        values[f"rotation_at_{flexion_deg}_sd_total_deg"] = total
    return values


def _turn_arcs(e: Episode, k: int, _: AssessParams) -> Values:
    """Hip rotation at the end range, and how far it came since the rest before."""
    values = _arcs(e, k, "end")
    path = e.rows.hip[e.start : e.end + 1, k]
    values["swept_area_deg2"] = _swept(np.degrees(path[:, 0]), np.degrees(path[:, 2]))
    return values


def _arcs(e: Episode, k: int, where: str) -> Values:
    """Per hip angle: its value at the turn, its way since the rest before, its range; errors."""
    turn, before = slice(e.turn_start, e.turn_stop), slice(e.before, e.start + 1)
    hip, sd = e.rows.hip[:, k], e.rows.hip_sd[:, k]
    there, rest, sd_there, sd_rest = (
        np.degrees(_means(part)) for part in (hip[turn], hip[before], sd[turn], sd[before])
    )
    moved = hip[e.start : e.end + 1]
    most, least = np.degrees(moved.max(axis=0)), np.degrees(moved.min(axis=0))
    # Standing, the error is the heading's; at depth it is the pelvis axis's: nearly apart.
    arc, arc_sd = there - rest, np.hypot(sd_there, sd_rest)
    columns = {
        f"{where}_deg": there,
        f"{where}_sd_deg": sd_there,
        f"{where}_sd_total_deg": np.degrees(_means(e.rows.hip_sd_total[turn, k])),
        "arc_deg": arc,
        "arc_sd_deg": arc_sd,
        "arc_sd_total_deg": _with_skin(arc, arc_sd),
        "range_deg": most - least,
    }
    names = {name: column.tolist() for name, column in columns.items()}
    values = {f"{a}_{n}": v[i] for i, a in enumerate(HIP_ANGLES) for n, v in names.items()}
    values["rotation_most_in_deg"] = float(most[2] - rest[2])
    values["rotation_most_out_deg"] = float(rest[2] - least[2])
    return values


def _with_skin(arc_deg: Array, sd_deg: Array) -> Array:
    """The error ``(3,)`` of an arc of the bone, degrees."""
    arc, sd = (np.radians([[each, each]]) for each in (arc_deg, sd_deg))
    total: Array = np.degrees(soft_tissue(arc, sd)[0, 0])
    return total


def _speeds(e: Episode, k: int, _: AssessParams) -> Values:
    """Peak and mean speed of the thigh about the axis of the movement."""
    rate = {
        "inclination": e.rows.inclination_rate,
        "heading": e.rows.heading_rate,
        "rotation": e.rows.axial_rate,
        "flexion": e.rows.inclination_rate,
        "adduction": e.rows.speed,
    }[e.movement.primary][e.start : e.end + 1, k]
    fast = np.abs(np.degrees(rate))
    return {"speed_peak_deg_s": _most(fast), "speed_mean_deg_s": _mean(fast)}


def _flexion_speed(e: Episode, k: int, _: AssessParams) -> Values:
    """Peak and mean speed of hip flexion over the repetition."""
    flexion = np.degrees(e.rows.hip[e.start : e.end + 1, k, 0])
    if len(flexion) <= 2 * _SPAN_ROWS:
        return {"flexion_speed_peak_deg_s": np.nan, "flexion_speed_mean_deg_s": np.nan}
    rate = (flexion[2 * _SPAN_ROWS :] - flexion[: -2 * _SPAN_ROWS]) / (2 * _SPAN_ROWS / GRID_HZ)
    fast = np.abs(rate)
    return {"flexion_speed_peak_deg_s": _most(fast), "flexion_speed_mean_deg_s": _mean(fast)}


def _share(e: Episode, k: int, _: AssessParams) -> Values:
    """How much of a pivot the hip gave, from the rest before to the end."""
    inwards = HIP_SIGNS[SIDES[k]][2]
    end, before = slice(e.turn_start, e.turn_stop), slice(e.before, e.start + 1)
    heading, rotation = e.rows.heading[:, k], e.rows.hip[:, k, 2]
    turn = inwards * math.degrees(_mean(heading[end]) - _mean(heading[before]))
    hip = math.degrees(_mean(rotation[end]) - _mean(rotation[before]))
    values = {"turn_deg": turn, "pelvis_followed_deg": turn - hip, "hip_share": np.nan}
    if abs(turn) >= _LEAST_TURN_DEG:
        values["hip_share"] = hip / turn
    return values


def _passed(flexion: Array, flexion_deg: float) -> tuple[int | None, float]:
    """Row, and share of the step to the next, where flexion first passes a value."""
    below = flexion < flexion_deg
    passed = np.flatnonzero(below[:-1] & (flexion[1:] >= flexion_deg))
    if not len(passed):
        return None, np.nan
    i = int(passed[0])
    return i, float((flexion_deg - flexion[i]) / (flexion[i + 1] - flexion[i]))


def _swept(flexion: Array, rotation: Array) -> float:
    """Area, deg², within the closed path of flexion and rotation."""
    inside = flexion[:-1] * rotation[1:] - flexion[1:] * rotation[:-1]
    closing = flexion[-1] * rotation[0] - flexion[0] * rotation[-1]
    return 0.5 * abs(float(np.add.reduce(inside) + closing))


def _mean(values: Array) -> float:
    """Mean of the known values; NaN where fewer than half are known."""
    if not len(values):
        return np.nan
    total = float(np.add.reduce(values))
    if math.isfinite(total):
        return total / len(values)
    known = values[np.isfinite(values)]
    return float(known.mean()) if 2 * len(known) >= len(values) else np.nan


def _means(values: Array) -> Array:
    """`_mean` of each column of ``(N, 3)``."""
    total = np.add.reduce(values)
    if len(values) and np.isfinite(total).all():
        return np.asarray(total / len(values))
    return np.array([_mean(column) for column in values.T])


def _most(values: Array) -> float:
    """Greatest value; NaN where a gap may have hidden it."""
    return float(values.max())


def _least(values: Array) -> float:
    return -_most(-values)


_SPAN_ROWS: Final = 4
_LEAST_TURN_DEG: Final = 10.0

_PARTS: Final[dict[str, tuple[Part, ...]]] = {
    "inclination": (_tempo, _depth, _squat_arcs, _speeds, _flexion_speed),
    "heading": (_turn_tempo, _turn_arcs, _share, _speeds),
    "rotation": (_table_tempo, _turn_arcs, _speeds),
    "flexion": (_table_tempo, _turn_arcs, _speeds),
    "adduction": (_table_tempo, _turn_arcs, _speeds),
    "tilt": (_table_tempo, _turn_arcs, _tilt),
}
