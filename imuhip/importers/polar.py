"""Polar Sensor Logger (J. Happonen's app): a file a signal of each Polar sensor.

The app's own header lines: ``Phone timestamp;sensor timestamp [ns];X [mg];…`` for acceleration,
``X [dps]`` for turning rates, ``X [G]`` for the field; the sensor counts ns since 2000.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import head_line, in_si, pick
from imuhip.importers.joined import join
from imuhip.importers.moments import times_since_1970
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.sources import Options, Reading, Source


def is_polar(source: Source) -> bool:
    """Whether a file begins as those of Polar Sensor Logger do."""
    return head_line(source.head, b"Phone timestamp", b"sensor timestamp", b"X [") == 0


def read_polar(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read the files of one sensor, on the phone's time.

    The sensor's own stamps are even; they are moved by the median of their difference to the
    phone's, one for all files of a sensor.

    Raises
    ------
    RecordingError
        If acceleration or turning rate is missing.
    """
    tables: dict[str, NumberTable] = {}
    phone: dict[str, float] = {}
    for source in sources:
        kind = _kind(source)
        if kind in tables:
            raise RecordingError(f"A sensor has two files of {kind}. Keep the one that counts.")
        names = {
            "t": r"sensor timestamp \[ns\]",
            "phone": "Phone timestamp",
            **{f"{kind}_{axis}": rf"{axis} \[(?P<unit>[^\]]*)\]" for axis in "xyz"},
        }
        needed = ("t", *(f"{kind}_{axis}" for axis in "xyz"))
        picked = pick(source, 0, names, options, needed=needed, texts=("phone",))
        t = picked.table.columns["t"] * 1e-9
        seen, _ = times_since_1970(picked.table.texts["phone"], picked.table)
        phone[kind] = float(np.median(seen - t)) if len(t) else 0.0
        tables[kind] = replace(in_si(picked.table, t, picked.units, options), texts={})
    if missing := [word for kind, word in _WORDS.items() if kind not in tables]:
        raise RecordingError(f"The file of the {' and of the '.join(missing)} is missing.")
    table = join(tables["acc"], tables["gyr"], tables.get("mag"))
    columns = table.columns | {"t": table.columns["t"] + phone["acc"]}
    return [Reading(replace(table, columns=columns), _device(sources[0]), group="UTC")]


def _kind(source: Source) -> str:
    unit = re.search(rb"X \[([^\]]*)\]", source.head)
    word = unit.group(1).decode().lower() if unit else ""
    return {"mg": "acc", "dps": "gyr", "g": "mag"}.get(word, "mag")


def _device(source: Source) -> str:
    """Return the sensor's id, which stands in the file's name."""
    found = re.search(r"Polar_\w*?_([0-9A-F]{8})_", source.path.name)
    return found.group(1) if found else ""


_WORDS: Final = {"acc": "accelerometer", "gyr": "gyroscope"}
