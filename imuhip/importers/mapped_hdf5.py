"""HDF5 of any maker or laboratory: a group a sensor, with data sets of our names or of mapped ones.

A data set ``(N,)`` is a column, one ``(N, 3)`` is the three axes of a vector. ``--map`` says what a
data set of another name is: ``--map sensor1/Accelerometer=acc``, by its whole path or its own name.
Times of the whole file stand beside the groups.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.records import Array
from imuhip.importers.channels import Channel, is_whole, table_of
from imuhip.importers.column_names import meaning
from imuhip.importers.hdf5_numbers import hdf5_numbers
from imuhip.importers.sources import ACC, AXES, GYR, Options, Reading
from imuhip.importers.times import seconds_since_1970
from imuhip.importers.units import factor


def read_mapped_hdf5(path: Path, file: Any, options: Options) -> list[Reading]:
    """Read every group of an open file that holds accelerations and turning rates.

    Raises
    ------
    RecordingError
        If no group does, or there are neither times nor a rate.
    """
    groups: dict[str, dict[str, Channel]] = {}

    def look(name: str, item: Any) -> None:
        if hasattr(item, "shape"):
            group, _, own = name.rpartition("/")
            groups.setdefault(group, {}).update(_channels(path, name, own, item, options))

    file.visititems(look)
    whole = {group: sensor for group, sensor in groups.items() if is_whole(sensor)}
    if not whole:
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
        raise RecordingError(
            "No group has acceleration and turning rate. The file holds "
            f"{', '.join(names[:_MOST_SAID]) or 'nothing'}. Say what is what, for example --map "
            f"'{names[0] if names else 'GROUP/DATA'}=acc'"
        )
    for group, sensor in whole.items():
        lengths = {len(sensor[name].values) for name in (*ACC, *GYR)}
        if len(lengths) > 1:
            raise RecordingError(
                f"Acceleration and turning rate of group {group or '/'} have different numbers of "
                f"samples ({' and '.join(map(str, sorted(lengths)))}). Export them at one rate."
            )
    return [
        Reading(
            table_of(
                path, _times(group, groups, options, len(sensor["acc_x"].values)), sensor, options
            ),
            group.rpartition("/")[2],
            group="HDF5",
        )
        for group, sensor in whole.items()
    ]


def _channels(file: Path, path: str, own: str, item: Any, options: Options) -> dict[str, Channel]:
    """Return our name to channel for one data set; empty where it means nothing here."""
    if item.dtype.kind not in "iuf" or item.ndim not in (1, 2):
        return {}
    said = options.names.get(path) or options.names.get(own) or ""
    unit = str(item.attrs.get("units", item.attrs.get("unit", "")))
    if item.ndim == 1:
        ours, named = (said, "") if said else meaning(own)
        return {ours: Channel(path, unit or named, hdf5_numbers(file, item))} if ours else {}
    ours, named = (said, "") if said else (meaning(f"{own}_x")[0][:3], "")
    if ours not in ("acc", "gyr", "mag") or 3 not in item.shape:
        return {}
    values = hdf5_numbers(file, item)
    values = values if values.shape[1] == 3 else values.T
    return {f"{ours}_{a}": Channel(path, unit or named, values[:, i]) for i, a in enumerate(AXES)}


def _times(
    group: str, groups: Mapping[str, Mapping[str, Channel]], options: Options, count: int
) -> Array:
    """Return a group's times, s; else those of a group around it; else by the rate."""
    at = group
    while True:
        channel = groups.get(at, {}).get("t")
        if channel is not None and len(channel.values) == count:
            t = np.asarray(channel.values, dtype=np.float64)
            unit = options.units.get("t") or channel.unit
            return t * factor("t", unit) if unit else seconds_since_1970(t)[0]
        if not at:
            break
        at = at.rpartition("/")[0]
    if not options.rate_hz:
        raise RecordingError(
            f"Group {group or '/'} has no times. Say the rate, for example --rate 100, or which "
            "data set holds them: --map NAME=t"
        )
    return np.arange(count) / options.rate_hz


_MOST_SAID: Final = 20
