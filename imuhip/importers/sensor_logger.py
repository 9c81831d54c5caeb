"""Sensor Logger (Tsz Hei Choi), on iPhone and Android: a folder a phone, a file a signal.

The app's UNITS.md and CROSSPLATFORM.md (tszheichoi/awesome-sensor-logger): time in ns since 1970,
m/s² at 9.80665 m/s² a g, rad/s; Accelerometer is without gravity, which is a file of its own; on
iOS all signs of acceleration are reversed unless *Standardise Units & Frames* is on.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import in_si, pick
from imuhip.importers.joined import join, refuse_empty
from imuhip.importers.number_tables import NumberTable, separator_of, split_line
from imuhip.importers.sources import ACC, Options, Reading, Source


def is_sensor_logger(source: Source) -> bool:
    """Whether a file is one of Sensor Logger's."""
    first = source.head.partition(b"\n")[0].lower()
    return (source.path.stem.lower() == "metadata" and b"platform" in first) or (
        re.match(rb"\W*time\W+seconds_elapsed\b", first) is not None
    )


def read_sensor_logger(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read the files of one phone.

    Raises
    ------
    RecordingError
        If turning rate or gravity is missing.
    """
    files = {_signal(source): source for source in sources}
    if "gyroscope" not in files or not {"totalacceleration", "gravity"} & files.keys():
        there = ", ".join(sorted(source.path.name for source in sources))
        raise RecordingError(
            "Gyroscope.csv is needed, and either TotalAcceleration.csv or Accelerometer.csv with "
            "Gravity.csv, because Accelerometer.csv alone is without gravity. There is only "
            f"{there}."
        )
    signs, note = _signs(files.get("metadata"))
    read = {
        name: _table(files[name], kind, signs if kind == "acc" else "", options)
        for name, kind in _SIGNALS.items()
        if name in files
    }
    if "totalacceleration" in read:
        acc = read["totalacceleration"]
    elif "accelerometer" in read:
        acc = _sum(read["gravity"], read["accelerometer"])
    else:
        raise RecordingError(
            "Accelerometer.csv is missing; Gravity.csv alone is not the acceleration."
        )
    table = join(acc, read["gyroscope"], read.get("magnetometer"))
    notes = (*table.notes, note) if note and "acc" not in options.units else table.notes
    return [Reading(replace(table, notes=notes), "", group="UTC")]


def _signal(source: Source) -> str:
    """Return what a file holds, by its name, before which the sensor's may stand."""
    stem = source.path.stem.lower()
    for name in (*_SIGNALS, "metadata"):
        if re.search(rf"(^|[_\- ]){name}$", stem):
            return name
    return stem


def _table(source: Source, kind: str, signs: str, options: Options) -> NumberTable:
    names = {"t": "time", **{f"{kind}_{axis}": axis for axis in "xyz"}}
    picked = pick(source, 0, names, options, needed=tuple(names))
    units = {"acc": signs + "m/s2", "gyr": "rad/s", "mag": "uT"}
    return in_si(picked.table, picked.table.columns["t"] * 1e-9, units, options)


def _sum(gravity: NumberTable, without: NumberTable) -> NumberTable:
    """Return gravity and the rest added, at the times of the rest."""
    refuse_empty(gravity, without)
    t = without.columns["t"]
    columns = {"t": t}
    for name in ACC:
        columns[name] = without.columns[name] + np.interp(
            t, gravity.columns["t"], gravity.columns[name]
        )
    return replace(without, columns=columns)


def _signs(metadata: Source | None) -> tuple[str, str]:
    """Return ``-`` where the phone reverses the signs of acceleration, and what to say of it."""
    if metadata is None:
        return "-", (
            "there is no Metadata.csv, so the phone is taken for an iPhone and the signs of "
            "acceleration are turned round. For Android, or with Standardise Units & Frames on, "
            "import with --units acc=m/s2"
        )
    lines = metadata.text.split(b"\n", 2)
    separator = separator_of(lines[0])
    row = split_line(lines[1], separator) if len(lines) > 1 else []
    entries = dict(zip((n.lower() for n in split_line(lines[0], separator)), row, strict=False))
    platform = entries.get("platform", "").lower()
    standard = entries.get("standardisation", "").lower() == "true"
    if platform == "android" or standard:
        return "", ""
    return "-", "an iPhone reverses the signs of acceleration; they are turned round"


_SIGNALS: Final = {
    "totalacceleration": "acc",
    "accelerometer": "acc",
    "gravity": "acc",
    "gyroscope": "gyr",
    "magnetometer": "mag",
}
