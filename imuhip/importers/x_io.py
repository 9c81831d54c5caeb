"""x-io: x-IMU, x-IMU3 and NGIMU logs, and files in the manner of the Fusion library's examples.

x-IMU3 user manual (x-io Technologies), section on data logger files; Fusion's
``Python/sensor_data.csv``: a name, an axis and a unit in brackets for each column.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import Picked, in_si, pick, xyz
from imuhip.importers.joined import join
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.sources import MAG, Options, Reading, Source
from imuhip.importers.times import seconds_since_1970
from imuhip.importers.units import factor


def is_x_io(source: Source) -> bool:
    """Whether a file's names are those of x-io's programs."""
    return _line(source, _INERTIAL) >= 0 or (
        source.path.stem.lower() == "magnetometer" and _line(source, _FIELD) >= 0
    )


def read_x_io(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read the inertial file of a sensor, and its magnetometer's where that is a file apart.

    Raises
    ------
    RecordingError
        If there is no inertial file, or two; or if packets are numbered and nobody says the rate.
    """
    inertial = [source for source in sources if _line(source, _INERTIAL) >= 0]
    magnetic = [source for source in sources if _line(source, _INERTIAL) < 0]
    if len(inertial) != 1:
        names = " and ".join(source.path.name for source in inertial) or "only a magnetometer's"
        raise RecordingError(f"A sensor needs one inertial file, and this one has {names}.")
    picked = pick(inertial[0], _line(inertial[0], _INERTIAL), _NAMES, options)
    table = _in_si(picked, options)
    if magnetic and MAG[0] not in table.columns:
        line = _line(magnetic[0], _FIELD)
        field = pick(magnetic[0], line, _NAMES, options, needed=("t", *MAG))
        table = join(table, table, _in_si(field, options))
    note = (
        "x-io's sensors count time from their own start unless they were synchronised by network; "
        "the file does not say which"
    )
    on_chip = picked.units.get("t", "").strip() in ("us", "µs")
    return [Reading(replace(table, notes=(*table.notes, note)) if on_chip else table, "")]


def _in_si(picked: Picked, options: Options) -> NumberTable:
    t = picked.table.columns["t"]
    unit = options.units.get("t") or picked.units.get("t", "")
    if unit:
        t = t * factor("t", unit)
    elif any(re.fullmatch(_PACKETS, name, re.IGNORECASE) for name in picked.names):
        if not options.rate_hz:
            raise RecordingError(
                "The file numbers its packets and has no times. Say at which rate it was "
                "recorded, for example --rate 256, or rate_hz = 256 in session.toml"
            )
        t = t / options.rate_hz
    else:
        t, _ = seconds_since_1970(t)
    return in_si(picked.table, t, picked.units, options)


def _line(source: Source, sign: str) -> int:
    """Return the line of names with such columns; -1 if there is none near the beginning."""
    for number, line in enumerate(source.head.decode(errors="replace").split("\n")[:_MAX_LINES]):
        if re.search(sign, line, re.IGNORECASE):
            return number
    return -1


_MAX_LINES: Final = 50
_PACKETS: Final = r"Packet(?: ?number)?"
_CLOCK: Final = rf"\b(?:Time|{_PACKETS})"
_INERTIAL: Final = rf"^(?=.*{_CLOCK})(?=.*Gyroscope X ?\()(?=.*Accelerometer X ?\()"
_FIELD: Final = rf"^(?=.*{_CLOCK})(?=.*Magnetometer X ?\()"
_UNIT: Final = r" ?\((?P<unit>[^)]*)\)"
_NAMES: Final = {
    "t": rf"(?:Time(?:stamp)?|{_PACKETS})(?:{_UNIT})?",
    **xyz("acc", r"Accelerometer {axis}" + _UNIT),
    **xyz("gyr", r"Gyroscope {axis}" + _UNIT),
    **xyz("mag", r"Magnetometer {axis}" + _UNIT),
}
