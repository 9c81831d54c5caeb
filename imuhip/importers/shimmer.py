"""Shimmer: exports of Consensys and ConsensysPRO.

Consensys user guide (Shimmer): names ``<device>_<signal>_<axis>_CAL`` or ``RAW``, a line of units
below them, an empty last column; the timestamp is ms, as ``Unix`` since 1970, as
``FormattedUnix`` a date; ``Sync`` in its name says that the devices share it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import head_line, in_si, pick, xyz
from imuhip.importers.moments import times_since_1970
from imuhip.importers.number_tables import separator_of, split_line
from imuhip.importers.sources import ACC, GYR, Options, Reading, Source
from imuhip.importers.units import factor


def is_shimmer(source: Source) -> bool:
    """Whether a file holds the names of a Consensys export."""
    line = head_line(source.head, b"_Timestamp")
    return line >= 0 and re.search(_TIME.encode(), source.head.split(b"\n")[line]) is not None


def read_shimmer(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read a file of one device or of several: one reading a device.

    Where low-noise and wide-range accelerometers are both there, the low-noise one is taken.

    Raises
    ------
    RecordingError
        If a device has no calibrated acceleration or turning rate.
    """
    (source,) = sources
    line = head_line(source.head, b"_Timestamp")
    lines = source.text.split(b"\n", line + 2)
    if len(lines) < line + 2:
        raise RecordingError(
            "The file ends after its column names. Export it again.", line=line + 1
        )
    separator = separator_of(lines[line])
    names = split_line(lines[line], separator)
    below = split_line(lines[line + 1], separator)
    units = dict(zip(names, below if _are_units(below) else [""] * len(names), strict=False))
    devices = dict.fromkeys(
        match.group(1) for name in names if (match := re.match(rf"(.+?){_TIME}", name))
    )
    return [_device(source, line, device, units, options) for device in devices]


def _are_units(cells: Sequence[str]) -> bool:
    """Whether a line is that of units, which some exports leave out, and not of samples."""
    return sum(cell[:1].isdigit() or cell[:1] == "-" for cell in cells) < len(cells) / 2


def _device(
    source: Source, line: int, device: str, units: dict[str, str], options: Options
) -> Reading:
    """Return the samples of one device."""
    start = re.escape(device) + "_"
    chips = [chip for chip in _ACCELEROMETERS if f"{device}_Accel_{chip}_X_CAL" in units]
    chip = chips[0] if chips else ""
    accelerometer = f"Accel_{chip}_" if chip else "Accel_"
    stamps = [name for name in units if re.match(start + "Timestamp.*CAL", name)]
    stamp = next((name for name in stamps if "Unix" in name), stamps[0] if stamps else "")
    dated = "FormattedUnix" in stamp
    wanted = {
        "date" if dated else "t": re.escape(stamp) or start + r"Timestamp.*CAL",
        **xyz("acc", start + accelerometer + "{axis}_CAL"),
        **xyz("gyr", start + "Gyro_{axis}_CAL"),
        **xyz("mag", start + "Mag_{axis}_CAL"),
    }
    advice = "Export calibrated (CAL) accelerations and turning rates from Consensys."
    needed = ("date" if dated else "t", *ACC, *GYR)
    picked = pick(
        source,
        line,
        wanted,
        options,
        needed=needed,
        texts=("date",),
        skip=int(any(units.values())),
        advice=advice,
    )
    of_column = {
        ours: units[name] or _UNITS[ours[:3]]
        for ours, pattern in wanted.items()
        for name in units
        if re.fullmatch(pattern, name, re.IGNORECASE)
    }
    said: tuple[str, ...] = ()
    if dated:
        t, said = times_since_1970(picked.table.texts["date"], picked.table)
    else:
        t = picked.table.columns["t"] * factor("t", of_column.get("t") or "ms")
    table = replace(in_si(picked.table, t, of_column, options), texts={})
    notes = table.notes + said
    if len(chips) > 1:
        notes += (f"of the accelerometers {' and '.join(chips)}, {chip} is used",)
    if "Unix" not in stamp:
        notes += (
            "time counts from the device's own start, so the sensors may not be on one clock",
        )
    return Reading(replace(table, notes=notes), device)


_ACCELEROMETERS: Final = ("LN", "WR")
_UNITS: Final = {"acc": "m/s2", "gyr": "deg/s", "mag": "a.u.", "t": "ms", "dat": ""}
_TIME: Final = r"_Timestamp(?:Sync)?_"
