"""Movesense: CSV logs of the Showcase app, a file a signal with the columns timestamp, x, y, z.

Movesense API documentation: ``/Meas/Acc`` in m/s² with gravity, though the files are named
LinearAcceleration; ``/Meas/Gyro`` in °/s; ``/Meas/Magn`` in µT; timestamps in ms from power-on.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import in_si, pick
from imuhip.importers.joined import join
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.sources import Options, Reading, Source
from imuhip.importers.times import evened


def is_movesense(source: Source) -> bool:
    """Whether a file has Movesense's four columns and the name of one of its signals."""
    first = source.head.partition(b"\n")[0]
    return re.match(_COLUMNS, first, re.IGNORECASE) is not None and bool(_kind(source))


def read_movesense(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read the files of one sensor.

    A notification's samples carry one stamp, or stamps in bunches, and are spread evenly.

    Raises
    ------
    RecordingError
        If acceleration or turning rate is missing.
    """
    tables: dict[str, NumberTable] = {}
    for source in sources:
        kind = _kind(source)
        if kind in tables:
            raise RecordingError(f"A sensor has two files of {kind}. Keep the one that counts.")
        names = {"t": "timestamp", **{f"{kind}_{axis}": axis for axis in "xyz"}}
        picked = pick(source, 0, names, options, needed=tuple(names))
        t, note = evened(picked.table.columns["t"] * 1e-3)
        table = in_si(picked.table, t, _UNITS, options)
        tables[kind] = replace(table, notes=(note,)) if note else table
    missing = [
        word for kind, word in (("acc", "acceleration"), ("gyr", "gyroscope")) if kind not in tables
    ]
    if missing:
        raise RecordingError(f"The file of the {' and of the '.join(missing)} is missing.")
    table = join(tables["acc"], tables["gyr"], tables.get("mag"))
    note = "time counts from each sensor's own power-on, so the sensors are not on one clock"
    return [Reading(replace(table, notes=(*table.notes, note)), "", synchronised=None)]


def _kind(source: Source) -> str:
    stem = source.path.stem.lower()
    return next((kind for sign, kind in _SIGNS if sign in stem), "")


_COLUMNS: Final = rb'"?timestamp"?[,;] ?"?x"?[,;] ?"?y"?[,;] ?"?z"?'
_SIGNS: Final = (("acc", "acc"), ("gyro", "gyr"), ("magn", "mag"))
_UNITS: Final = {"acc": "m/s2", "gyr": "deg/s", "mag": "uT"}
