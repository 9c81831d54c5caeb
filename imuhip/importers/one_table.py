"""One table of all sensors: columns for each, as ``pelvis_acc_x``, or a column that says which.

The columns mean what they mean in a plain file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from imuhip.importers.column_names import LONGEST, ColumnNames, meaning
from imuhip.importers.number_tables import separator_of, split_line
from imuhip.importers.places import segment_of
from imuhip.importers.plain import below_comments, read_columns, reading_of
from imuhip.importers.sources import ACC, GYR, Options, Reading, Source


@dataclass(slots=True)
class _Sensor:
    """The columns of one sensor: theirs to our names, and ours to the unit that a name tells."""

    names: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)


def is_one_table(source: Source) -> bool:
    """Whether a file's names are those of several sensors, or one column says which it is."""
    if not source.text:
        return False
    names = _names(source)
    places = list(_sensors(names))
    if len(places) > 1 or (places and not source.sensor and segment_of(places[0])):
        return True
    column = _column_of_sensors(names)
    return bool(column) and _names_devices(source, names.index(column))


def read_one_table(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read every sensor of a table.

    Raises
    ------
    RecordingError
        If a column is missing, or a cell is no finite number.
    """
    (source,) = sources
    names = _names(source)
    if sensors := _sensors(names):
        return [_side_by_side(source, place, of, options) for place, of in sensors.items()]
    column = _column_of_sensors(names)
    chosen = ColumnNames(options, kept=(column,))
    table = read_columns(source, chosen, options)
    which = np.array([cell.strip() for cell in table.texts[column]])
    return [
        reading_of(table.taken(which == sensor), chosen, options, str(sensor))
        for sensor in dict.fromkeys(which.tolist())
    ]


def _side_by_side(source: Source, place: str, of: _Sensor, options: Options) -> Reading:
    """Return one sensor of a table that has columns for each."""
    chosen = ColumnNames(replace(options, names={**of.names, **options.names}))
    table = read_columns(source, chosen, options)
    chosen.units.update(of.units)
    chosen.notes.clear()  # what it leaves out are the other sensors
    return reading_of(table, chosen, options, place)


def _names(source: Source) -> list[str]:
    line = below_comments(source)[1].partition(b"\n")[0]
    return split_line(line, separator_of(line))


def _sensors(names: Sequence[str]) -> dict[str, _Sensor]:
    """Return place to columns, of those that have all axes; a place stands before or behind."""
    sensors: dict[str, _Sensor] = {}
    for name in names:
        place, ours, unit = _parted(name)
        if place and ours not in sensors.setdefault(place, _Sensor()).names.values():
            sensors[place].names[name] = ours
            if unit:
                sensors[place].units[ours] = unit
    wanted = {*ACC, *GYR}
    whole = {place: of for place, of in sensors.items() if wanted <= {*of.names.values()}}
    for name in names:
        place, ours, unit = _parted(name, of_time=True)
        if place in whole and ours not in whole[place].names.values():
            whole[place].names[name] = ours
            if unit:
                whole[place].units[ours] = unit
    return whole


def _parted(name: str, *, of_time: bool = False) -> tuple[str, str, str]:
    """Return place, our name and unit of a column such as ``pelvis_acc_x`` or ``gyr_y (thigh)``.

    `of_time` looks for a place's own times, as ``pelvis_t``, and for nothing else.
    """
    if len(name) > LONGEST or meaning(name)[0]:
        return "", "", ""
    words = [word for word in re.split(_BETWEEN, name, maxsplit=_MOST_WORDS) if word]
    for count in range(len(words) - 1, 0, -1):  # of the words that name the place
        for at in (0, len(words) - count, *range(1, len(words) - count)):
            ours, unit = meaning("_".join((*words[:at], *words[at + count :])))
            if ours and (ours == "t") is of_time:
                return " ".join(words[at : at + count]).strip("()[]"), ours, unit
    return "", "", ""


def _column_of_sensors(names: Sequence[str]) -> str:
    """Return the column that says which sensor a row is of; empty where there is none."""
    ours = {meaning(name)[0] for name in names}
    if not {*ACC, *GYR} <= ours:
        return ""
    return next((n for n in names if re.fullmatch(_WHICH, n.strip()[:LONGEST], re.IGNORECASE)), "")


def _names_devices(source: Source, at: int) -> bool:
    """Whether a column names devices: several, or one in a file that is not named by a sensor.

    Where each row has another name, it numbers the rows.
    """
    line, *rows = below_comments(source)[1].rstrip(b"\n").split(b"\n")
    separator = separator_of(line)
    cells = (split_line(row, separator) for row in rows if row.strip())
    named = [row[at] for row in cells if len(row) > at]
    count = len({*named})
    return (1 if source.sensor else 0) < count <= min(_MOST_DEVICES, len(named) / 2)


_BETWEEN: Final = r"[ _.:-]+(?![^([]*[)\]])|/(?![^([]*[)\]])|(?<=[a-z])(?=[A-Z])"
_MOST_DEVICES: Final = 32
_MOST_WORDS: Final = 12
_WHICH: Final = (
    r"(?:sensor|device|imu|segment|body[ _]?part|location|position|placement|place|label"
    r"|mac|serial|node|tag|ger(?:ä|ae)t|address|adresse|id)"
    r"[ _]?(?:id|name|location|position|placement|label|address|no|number)?"
)
