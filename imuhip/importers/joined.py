"""Accelerations and turning rates that were logged apart, each at its own times, joined."""

from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.records import Array, BoolArray
from imuhip.importers.columns import from_vectors
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.sources import ACC, GYR, MAG


def join(acc: NumberTable, gyr: NumberTable, mag: NumberTable | None = None) -> NumberTable:
    """Return one table at the times of the faster of acceleration and turning rate.

    The others are interpolated between their samples. Rows before the first or after the last of
    the other, and rows inside its gaps, are left out, with a warning.

    Raises
    ------
    RecordingError
        If the two have no time in common, or one holds fewer than two rows.
    """
    refuse_empty(acc, gyr)
    base, other = (acc, gyr) if _interval(acc) <= _interval(gyr) else (gyr, acc)
    t = base.columns["t"]
    inside = _covered(other.columns["t"], t)
    if not inside.any():
        raise RecordingError(
            f"{acc.path.name} and {gyr.path.name} have no time in common. "
            "Are they from one recording?"
        )
    taken = base.taken(inside)
    t = t[inside]
    notes = tuple(dict.fromkeys((*acc.notes, *gyr.notes)))
    if lost := int(np.count_nonzero(~inside)):
        others = other.path.name
        notes += (f"{lost} rows were left out because {others} has no samples there",)
    field = None if mag is None else _at(mag, MAG, t)
    joined = from_vectors(taken, t, _at(acc, ACC, t), _at(gyr, GYR, t), field)
    units = {**acc.units, **gyr.units, **(mag.units if mag is not None else {})}
    return replace(joined, notes=notes, dropped=acc.dropped + gyr.dropped, units=units)


def refuse_empty(*tables: NumberTable) -> None:
    """Raise RecordingError where a file holds fewer rows than a rate needs."""
    for table in tables:
        if (rows := len(table.line)) < 2:
            count = "only one row" if rows else "no row"
            raise RecordingError(
                f"{table.path.name} has {count} of samples; at least two are needed.",
                path=table.path,
            )


def _interval(table: NumberTable) -> float:
    t = table.columns["t"]
    return float(np.median(np.diff(t))) if len(t) > 1 else np.inf


def _covered(times: Array, t: Array) -> BoolArray:
    """Whether each of `t` lies between two of the rising `times` that are near each other."""
    if len(times) < 2:
        return np.zeros(len(t), dtype=np.bool_)
    after = np.clip(np.searchsorted(times, t, side="left"), 1, len(times) - 1)
    near = times[after] - times[after - 1] <= _GAP * float(np.median(np.diff(times)))
    inside: BoolArray = (t >= times[0]) & (t <= times[-1]) & near
    return inside


def _at(table: NumberTable, names: tuple[str, ...], t: Array) -> Array:
    times = table.columns["t"]
    return np.column_stack([np.interp(t, times, table.columns[name]) for name in names])


_GAP: Final = 3.0  # intervals
