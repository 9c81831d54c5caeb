"""x-io: x-IMU3 and NGIMU logs, and files in the manner of the Fusion library's examples.

x-IMU3 user manual (x-io Technologies), section on data logger files; Fusion's
``Python/sensor_data.csv``: a name, an axis and a unit in brackets for each column.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import Picked, head_line, in_si, pick, xyz
from imuhip.importers.joined import join
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.sources import MAG, Options, Reading, Source
from imuhip.importers.units import factor


def is_x_io(source: Source) -> bool:
    """Whether a file's names are those of x-io's programs."""
    head = source.head
    return head_line(head, b"Gyroscope X (", b"Accelerometer X (", b"Time") == 0 or (
        source.path.stem.lower() == "magnetometer" and head_line(head, b"Timestamp (us)") == 0
    )


def read_x_io(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read the inertial file of a sensor, and its magnetometer's where that is a file apart."""
    inertial = [source for source in sources if b"Gyroscope X (" in source.head]
    magnetic = [source for source in sources if b"Gyroscope X (" not in source.head]
    if len(inertial) != 1:
        names = " and ".join(source.path.name for source in inertial) or "no inertial file"
        raise RecordingError(f"one inertial file a sensor was expected, {names} came")
    picked = pick(inertial[0], 0, _NAMES, options)
    table = _in_si(picked, options)
    if magnetic and MAG[0] not in table.columns:
        field = pick(magnetic[0], 0, _NAMES, options, needed=("t", *MAG))
        table = join(table, table, _in_si(field, options))
    note = (
        "x-io's sensors count time from their own start unless they were synchronised by network; "
        "the file does not tell"
    )
    notes = (*table.notes, note) if picked.units.get("t", "").strip() == "us" else table.notes
    return [Reading(replace(table, notes=notes), "")]


def _in_si(picked: Picked, options: Options) -> NumberTable:
    unit = options.units.get("t") or picked.units.get("t", "s")
    t = picked.table.columns["t"] * factor("t", unit)
    return in_si(picked.table, t, picked.units, options)


_UNIT: Final = r" ?\((?P<unit>[^)]*)\)"
_NAMES: Final = {
    "t": r"Time(?:stamp)?" + _UNIT,
    **xyz("acc", r"Accelerometer {axis}" + _UNIT),
    **xyz("gyr", r"Gyroscope {axis}" + _UNIT),
    **xyz("mag", r"Magnetometer {axis}" + _UNIT),
}
