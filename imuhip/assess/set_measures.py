"""What the repetitions of a set add up to: means, spread from one to the next, and creep.

Only counted repetitions are taken, and of those where a measure is known. Error does not average
out over a set, for it is that of the mount and the calibration: the mean's ``…_sd_deg`` is the mean
of the repetitions'.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from imuhip.assess.measure_table import MEASURES
from imuhip.core.conventions import Side
from imuhip.core.findings import Direction, Repetition
from imuhip.core.records import Array


@dataclass(frozen=True, slots=True)
class SetSummary:
    """One side and direction of a set.

    Parameters
    ----------
    movement, set, side, direction, found
        As in `Repetition`.
    t_start, t_end
        From the first start to the last end, session seconds.
    counted, listed
        Repetitions that count, and all of them.
    measures
        For each measure of `SET_MEASURES`: ``<stem>_mean_<unit>``, its ``_mean_sd_deg`` where it
        has an error, ``<stem>_spread_<unit>`` (standard deviation over the repetitions, of two or
        more) and ``<stem>_creep_<unit>`` (mean of the last minus mean of the first, up to three
        each, of four or more); NaN where not known.
    """

    movement: str
    set: int
    side: Side
    direction: Direction
    found: str
    t_start: float
    t_end: float
    counted: int
    listed: int
    measures: dict[str, float] = field(default_factory=dict)


def summaries(repetitions: Sequence[Repetition]) -> list[SetSummary]:
    """Sum up repetitions, in any number of sets, in the order in which the sets began."""
    groups: dict[tuple[str, int, Side, Direction], list[Repetition]] = {}
    for each in repetitions:
        groups.setdefault((each.movement, each.set, each.side, each.direction), []).append(each)
    found = [_summary(group) for group in groups.values()]
    set_start = {(s.movement, s.set): s.t_start for s in reversed(found)}
    return sorted(found, key=lambda s: (set_start[s.movement, s.set], s.direction, s.side))


def _summary(group: Sequence[Repetition]) -> SetSummary:
    first = group[0]
    counted = [each for each in group if each.counted]
    measures: dict[str, float] = {}
    for name in SET_MEASURES:
        if name in first.measures:
            measures |= _over_the_set(name, counted)
    lasts = _known(counted, "duration_s")
    measures[UNDER_TENSION] = float(lasts.sum()) if len(lasts) else np.nan
    return SetSummary(
        movement=first.movement,
        set=first.set,
        side=first.side,
        direction=first.direction,
        found=first.found,
        t_start=min(each.t_start for each in group),
        t_end=max(each.t_end for each in group),
        counted=len(counted),
        listed=len(group),
        measures=measures,
    )


def _over_the_set(name: str, counted: Sequence[Repetition]) -> dict[str, float]:
    """Mean, error, spread and creep of one measure."""
    values = _known(counted, name)
    measures = {
        set_name(name, "mean"): float(values.mean()) if len(values) else np.nan,
        set_name(name, "spread"): float(values.std(ddof=1)) if len(values) > 1 else np.nan,
        set_name(name, "creep"): np.nan,
    }
    ends = min(3, len(values) // 2)
    if len(values) >= _FEWEST_FOR_CREEP:
        measures[set_name(name, "creep")] = float(values[-ends:].mean() - values[:ends].mean())
    if has_error(name):
        error = name.replace("_deg", "_sd_deg")
        known = _known(counted, error)
        measures[set_name(name, "mean_sd")] = float(known.mean()) if len(known) else np.nan
    return measures


def set_name(name: str, what: str) -> str:
    """Name of a measure over a set: ``depth_deg`` and ``creep`` give ``depth_creep_deg``."""
    for unit in _UNITS:
        if name.endswith(unit):
            return f"{name.removesuffix(unit)}_{what}{unit}"
    return f"{name}_{what}"


def has_error(name: str) -> bool:
    """Whether a measure comes with its error."""
    return name.endswith("_deg") and name.replace("_deg", "_sd_deg") in MEASURES


def set_columns() -> list[str]:
    """All names that `SetSummary.measures` may have, in order."""
    names = []
    for name in SET_MEASURES:
        kinds = ["mean", "mean_sd"] if has_error(name) else ["mean"]
        names += [set_name(name, what) for what in (*kinds, "spread", "creep")]
    return [*names, UNDER_TENSION]


def _known(counted: Sequence[Repetition], name: str) -> Array:
    """The known values of a measure, in order."""
    values = np.array([each.measures.get(name, np.nan) for each in counted], dtype=np.float64)
    return values[np.isfinite(values)]


UNDER_TENSION: Final = "time_under_tension_s"
"""Sum of the durations of a set's repetitions, of one side and direction."""

_UNITS: Final = ("_deg_s", "_deg2", "_deg", "_s")
_FEWEST_FOR_CREEP: Final = 4

SET_MEASURES: Final = (
    "duration_s",
    "descent_s",
    "bottom_s",
    "ascent_s",
    "hold_s",
    "tremor_deg_s",
    "depth_deg",
    "thigh_past_parallel_deg",
    "rotation_bottom_deg",
    "rotation_at_60_deg",
    "rotation_at_90_deg",
    "rotation_at_120_deg",
    "rotation_end_deg",
    "rotation_arc_deg",
    "adduction_arc_deg",
    "flexion_arc_deg",
    "rotation_descent_deg",
    "rotation_ascent_deg",
    "turn_deg",
    "hip_share",
    "speed_peak_deg_s",
    "pelvis_turn_most_deg",
    "pelvis_tilt_arc_deg",
    "sparc_descent",
    "sparc_ascent",
    "sparc_turn",
    "swept_area_deg2",
)
"""What is summed up over a set."""
