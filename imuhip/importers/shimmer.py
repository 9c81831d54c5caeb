"""Shimmer: exports of Consensys and ConsensysPRO.

Consensys user guide (Shimmer): names ``<device>_<signal>_<axis>_CAL`` or ``RAW``, a line of units
below them, an empty last column; the timestamp is ms, as ``Unix`` since 1970.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import head_line, in_si, pick, xyz
from imuhip.importers.number_tables import separator_of, split_line
from imuhip.importers.sources import Options, Reading, Source
from imuhip.importers.units import factor


def is_shimmer(source: Source) -> bool:
    """Whether a file holds the names of a Consensys export."""
    return head_line(source.head, b"_Timestamp_", b"_CAL") >= 0 or (
        head_line(source.head, b"_Timestamp_", b"_RAW") >= 0
    )


def read_shimmer(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read a file of one device or of several: one reading a device.

    Where low-noise and wide-range accelerometers are both there, the low-noise one is taken.

    Raises
    ------
    RecordingError
        If a device has no calibrated acceleration or turning rate.
    """
    (source,) = sources
    line = head_line(source.head, b"_Timestamp_")
    lines = source.text.split(b"\n", line + 2)
    if len(lines) < line + 2:
        raise RecordingError("a line of units and then samples were expected", line=line + 1)
    separator = separator_of(lines[line])
    names = split_line(lines[line], separator)
    units = dict(zip(names, split_line(lines[line + 1], separator), strict=False))
    devices = dict.fromkeys(
        match.group(1) for name in names if (match := re.match(r"(.+?)_Timestamp_", name))
    )
    return [_device(source, line, device, units, options) for device in devices]


def _device(
    source: Source, line: int, device: str, units: dict[str, str], options: Options
) -> Reading:
    """Return the samples of one device."""
    start = re.escape(device) + "_"
    chips = [chip for chip in _ACCELEROMETERS if f"{device}_Accel_{chip}_X_CAL" in units]
    chip = chips[0] if chips else ""
    accelerometer = f"Accel_{chip}_" if chip else "Accel_"
    unix = any(name.startswith(f"{device}_Timestamp_Unix") for name in units)
    wanted = {
        "t": start + (r"Timestamp_Unix\w*_CAL" if unix else r"Timestamp_\w*CAL"),
        **xyz("acc", start + accelerometer + "{axis}_CAL"),
        **xyz("gyr", start + "Gyro_{axis}_CAL"),
        **xyz("mag", start + "Mag_{axis}_CAL"),
    }
    advice = "export calibrated (CAL) accelerations and turning rates from Consensys"
    picked = pick(source, line, wanted, options, skip=1, advice=advice)
    of_column = {
        ours: units[name]
        for ours, pattern in wanted.items()
        for name in units
        if re.fullmatch(pattern, name, re.IGNORECASE)
    }
    t = picked.table.columns["t"] * factor("t", of_column.get("t") or "ms")
    table = in_si(picked.table, t, of_column, options)
    notes = table.notes
    if len(chips) > 1:
        notes += (f"of the accelerometers {' and '.join(chips)}, {chip} is taken",)
    if not unix:
        notes += ("time counts from the device's own start, so the sensors may not share it",)
    return Reading(replace(table, notes=notes), device)


_ACCELEROMETERS: Final = ("LN", "WR")
