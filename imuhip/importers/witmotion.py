"""WitMotion: recordings of its Windows programs and its app, English and Chinese.

Header names after WitMotion's published recordings and its WT901BLE manual: g, °/s, µT.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.core.records import Array
from imuhip.importers.columns import in_si, pick, xyz
from imuhip.importers.moments import DAY_S, times_of_day, without_summer_time
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.sources import ACC, GYR, Options, Reading, Source
from imuhip.importers.times import evened


def is_witmotion(source: Source) -> bool:
    """Whether a file begins as the recordings of WitMotion's programs do."""
    return _head_line(source) >= 0


def read_witmotion(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read a recording: one reading a device in it.

    The sensor's own time is even but no other sensor's; the computer's is common but arrives in
    bursts. So the sensor's is taken, moved by the median of the difference. A row whose time does
    not rise is a repetition by the program, and is left out.
    """
    (source,) = sources
    picked = pick(
        source,
        _head_line(source),
        _NAMES,
        options,
        needed=(*ACC, *GYR),
        texts=("time", "chip", "device"),
    )
    table = picked.table
    units = {"acc": "g", "gyr": "deg/s", "mag": "uT", **picked.units}
    devices = [cell.strip() for cell in table.texts.get("device", ("",) * len(table.line))]
    return [
        Reading(
            _one_device(
                table.taken(np.array([name == device for name in devices])), units, options
            ),
            device,
            DAY_S,
            "time of day",
        )
        for device in dict.fromkeys(devices)
    ] or [Reading(_one_device(table, units, options))]


def _one_device(table: NumberTable, units: dict[str, str], options: Options) -> NumberTable:
    """Return the samples of one device on the computer's time of day."""
    t, notes = _device_times(table, options)
    notes = table.notes + notes
    rising = np.ones(len(t), dtype=np.bool_)
    rising[1:] = t[1:] > np.maximum.accumulate(t)[:-1]
    if not rising.all():
        notes += (f"{np.count_nonzero(~rising)} rows that repeat a time were left out",)
    return replace(in_si(table, t, units, options).taken(rising), notes=notes, texts={})


def _device_times(table: NumberTable, options: Options) -> tuple[Array, tuple[str, ...]]:
    """Return seconds of the day, and sentences on where they come from."""
    chip, time = (table.texts.get(name, ()) for name in ("chip", "time"))
    if any(cell.strip() for cell in chip):
        on_chip = _clock(chip, table)
        if time:
            return on_chip + np.median(_clock(time, table) - on_chip), ()
        return on_chip, (
            "there is no time of the computer, so the sensors may have different times",
        )
    t = _clock(time, table)
    if options.rate_hz and len(t):
        index = np.arange(len(t)) / options.rate_hz
        return index + np.median(t - index), ()
    t, summer = without_summer_time(t)
    t, note = evened(t)
    return t, (*summer, note) if note else summer


def _clock(cells: Sequence[str], table: NumberTable) -> Array:
    """Return times of day, or seconds since the start, which some programs write instead."""
    try:
        return np.array([float(cell) for cell in cells])
    except ValueError:
        return times_of_day(cells, table)


def _head_line(source: Source) -> int:
    """Return the line of names: one that holds a time and the columns of an accelerometer."""
    for number, line in enumerate(source.head.decode(errors="replace").split("\n")[:50]):
        if re.search(_SIGN, line, re.IGNORECASE):
            return number
    return -1


_UNIT: Final = r"\s*(?:[(\[（](?P<unit>[^)\]）]*)[)\]）])?"
_ACC_X: Final = r"(?:Acceleration ?X|AccX|\bax|加速度X)\s*[(\[（]"
_GYR_X: Final = r"(?:Angular|\bAs ?X|\bw ?x|\bGyro|角速度)"
_SIGN: Final = (
    rf"^(?=.*{_GYR_X})(?=.*(Chip ?Time|片上时间|Device ?name|设备名称))(?=.*{_ACC_X}(m?g|m/s))"
    rf"|^(?=.*{_GYR_X})(?=\W*(time|时间)\W)(?=.*{_ACC_X}g)"
)
_NAMES: Final = {
    "time": r"(?:Record ?)?Time ?(?:\(s\))?|时间|系统时间|记录时间",
    "chip": r"(?:Chip ?Time|片上时间)\s*(?:[(（].*[)）])?",
    "device": r"Device ?name|设备名称|设备编号|Address",
    **xyz("acc", r"(?:Acceleration ?|Acc|a|加速度){axis}" + _UNIT),
    **xyz("gyr", r"(?:Angular ?velocity ?|As|w|Gyro?|角速度){axis}" + _UNIT),
    **{
        name: pattern.replace("(?P<unit>", "(?:")
        for name, pattern in xyz("mag", r"(?:Magnetic ?field ?|H|Mag|磁场){axis}" + _UNIT).items()
    },
}
