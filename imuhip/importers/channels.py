"""Channels by their labels, as C3D and XDF hold them: which sensor, which quantity, which axis."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.records import Array
from imuhip.importers.column_names import LONGEST
from imuhip.importers.columns import in_si
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.sources import ACC, GYR, MAG, Options


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """A channel's label, its unit as the file has it, and its values ``(N,)``."""

    label: str
    unit: str
    values: Array


def sensors_in(channels: Iterable[Channel], place: str = "") -> dict[str, dict[str, Channel]]:
    """Return place to our name to channel, for those that are an axis of a sensor.

    A label such as ``Pelvis_ACC_X``, ``Left Thigh.Gyro.Y`` or ``acc_x`` names place, quantity and
    axis; where it names no place, `place` is taken.
    """
    sensors: dict[str, dict[str, Channel]] = {}
    for channel in channels:
        if len(channel.label) > LONGEST:
            continue
        if match := re.fullmatch(_LABEL, channel.label.strip(), re.IGNORECASE):
            kind = next(k for k in ("acc", "gyr", "mag") if match["kind"].lower().startswith(k))
            named = match["place"].strip(" _.:-#") or place
            sensors.setdefault(named, {}).setdefault(f"{kind}_{match['axis'].lower()}", channel)
    return sensors


def is_whole(sensor: Mapping[str, Channel]) -> bool:
    """Whether a sensor has all axes of acceleration and turning rate."""
    return all(name in sensor for name in (*ACC, *GYR))


def table_of(path: Path, t: Array, sensor: Mapping[str, Channel], options: Options) -> NumberTable:
    """Return the samples of a sensor at times `t`, in SI.

    Raises
    ------
    RecordingError
        If a unit is not known, or a value is no finite number and such rows are not left out.
    """
    columns = {
        name: np.asarray(channel.values, dtype=np.float64) for name, channel in sensor.items()
    }
    columns = {name: values for name, values in columns.items() if name in (*ACC, *GYR, *MAG)}
    finite = np.isfinite(t) & np.logical_and.reduce([np.isfinite(v) for v in columns.values()])
    lost = int(np.count_nonzero(~finite))
    if lost and not options.drop_invalid:
        raise RecordingError(
            f"Row {int(np.argmin(finite)) + 1} holds NaN or infinity. Import with --drop-invalid "
            "to leave such rows out as gaps."
        )
    line = np.arange(1, len(t) + 1)
    table = NumberTable(path, columns, line, lost).taken(finite)
    units = {name: channel.unit for name, channel in sensor.items()}
    return in_si(table, t[finite], units, options)


_LABEL: Final = (
    r"(?P<place>.*?)(?P<kind>acc(?:el\w*?)?|gyr(?:o\w*?)?|mag(?:n\w*?)?)[ _.:-]*(?P<axis>[xyz])"
    r"(?:[ _.:-]*[(\[].*)?"
)
