"""MetaBase (MbientLab's app): two files a sensor, each with its own rate and its own first row.

MbientLab's MetaBase tutorial: ``epoch (ms)``, ``time (zone)``, ``elapsed (s)`` and three axes with
their unit; the sensor and its rate stand in the file's name. Elapsed counts from each file's own
first row, so the epoch is what the two have in common.
"""

import re
from collections.abc import Sequence
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import in_si, pick
from imuhip.importers.joined import join
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.sources import Options, Reading, Source
from imuhip.importers.units import factor


def is_metabase(source: Source) -> bool:
    """Whether a file begins as MetaBase's do."""
    return bool(re.match(rb"\W*(epoch?|timestamp)[^\n]*elapsed \(s\)", source.head, re.IGNORECASE))


def read_metabase(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read the files of one sensor: acceleration, turning rate and perhaps magnetic field.

    Raises
    ------
    RecordingError
        If one of the two is missing, or there are two of a kind.
    """
    tables: dict[str, NumberTable] = {}
    for source in sources:
        kind = _kind(source)
        if not kind:
            continue
        if kind in tables:
            raise RecordingError(
                f"{tables[kind].path.name} and {source.path.name} hold the same kind of samples. "
                "Keep the one that counts."
            )
        names = _TIME | {f"{kind}_{axis}": rf"{axis}-axis \((?P<unit>[^)]*)\)" for axis in "xyz"}
        needed = ("t", *(f"{kind}_{axis}" for axis in "xyz"))
        picked = pick(source, 0, names, options, needed=needed)
        t = picked.table.columns["t"] * factor("t", picked.units.get("t", "ms"))
        tables[kind] = in_si(picked.table, t, picked.units, options)
    missing = [word for kind, word in _WORDS.items() if kind != "mag" and kind not in tables]
    if missing:
        raise RecordingError(
            f"The file of the {' and of the '.join(missing)} is missing. A sensor needs both, in a "
            "folder named by where it sat."
        )
    return [Reading(join(tables["acc"], tables["gyr"], tables.get("mag")), _device(sources[0]))]


def _kind(source: Source) -> str:
    """Return what a file measures; empty for what the sensor's own filter made."""
    if re.search(r"linear|gravity|euler|quaternion|corrected", source.path.name, re.IGNORECASE):
        return ""
    unit = re.search(rb"x-axis \(([^)]*)\)", source.head)
    word = unit.group(1).decode() if unit else ""
    for kind in ("gyr", "acc"):
        try:
            factor(kind, word)
        except RecordingError:
            continue
        return kind
    return "mag" if word in ("T", "uT", "µT") else ""


def _device(source: Source) -> str:
    """Return the sensor's address, which stands in the names of newer files."""
    found = re.search(r"_([0-9A-F]{12})_", source.path.name)
    return found.group(1) if found else ""


_WORDS: Final = {"acc": "accelerometer", "gyr": "gyroscope", "mag": "magnetometer"}
_TIME: Final = {"t": r"(?:epoch?|timestamp) ?\((?P<unit>[mun]?s)\)"}
