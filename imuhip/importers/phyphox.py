"""phyphox (RWTH Aachen): a table of acceleration and gyroscope, or a folder a phone.

phyphox's documentation of data export and of its sensors: every column carries its unit; time
counts from each recording's own start; ``Acceleration`` is with gravity and has Android's signs on
every phone, ``Linear Acceleration`` and *Acceleration (without g)* are without.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import Picked, in_si, pick, xyz
from imuhip.importers.joined import join
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.sources import ACC, GYR, MAG, Options, Reading, Source
from imuhip.importers.units import factor


def is_phyphox(source: Source) -> bool:
    """Whether a file begins as phyphox's exports do."""
    first = source.head.partition(b"\n")[0].decode(errors="replace")
    return bool(
        re.match(r'\W*Time \(s\)"?\s*[,;\t]\W*(?:' + _KINDS + r") ?x \(", first, re.IGNORECASE)
    )


def read_phyphox(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read the file, or the files, of one phone.

    Raises
    ------
    RecordingError
        If the acceleration is one without gravity, or one of the two is missing.
    """
    tables: dict[str, NumberTable] = {}
    linear = ""
    for source in sources:
        picked = pick(source, 0, _names(source), options, needed=("t",))
        if _is_linear(source, picked):
            linear = source.path.name
        for kind, names in (("acc", ACC), ("gyr", GYR), ("mag", MAG)):
            if all(name in picked.table.columns for name in names):
                tables[kind] = _in_si(picked, options)
    if linear and "acc" not in tables:
        raise RecordingError(
            f"The Linear Acceleration in {linear} is without gravity, and angles need gravity. "
            "Record the sensor Acceleration (with g)."
        )
    missing = [
        word for kind, word in (("acc", "acceleration"), ("gyr", "gyroscope")) if kind not in tables
    ]
    if missing:
        raise RecordingError(
            f"There is no {' and no '.join(missing)}. Record Acceleration (with g) and Gyroscope "
            "in one experiment."
        )
    same = tables["acc"] is tables["gyr"]
    table = tables["acc"] if same else join(tables["acc"], tables["gyr"], tables.get("mag"))
    note = (
        "phyphox counts time from each phone's own start, so the phones are not on one clock; "
        "begin with all of them held together and shaken"
    )
    return [Reading(replace(table, notes=(*table.notes, note)), "", synchronised=None)]


def _names(source: Source) -> dict[str, str]:
    """Return what the columns are; in experiments of one's own they are X, Y and Z of a file."""
    bare = re.search(
        r"^\W*Time \(s\)\W+X \((?P<unit>[^)]*)\)", source.head.decode(errors="replace")
    )
    if bare is None:
        return _NAMES
    kind = _BARE_UNITS.get(bare["unit"], "")
    linear = "linear" in source.path.stem.lower()
    return {"t": _NAMES["t"]} | (xyz(kind, "{axis}" + _UNIT) if kind and not linear else {})


def _is_linear(source: Source, picked: Picked) -> bool:
    return "Linear Acceleration" in " ".join(picked.names) or (
        "linear" in source.path.stem.lower() and ACC[0] not in picked.table.columns
    )


def _in_si(picked: Picked, options: Options) -> NumberTable:
    t = picked.table.columns["t"] * factor("t", picked.units.get("t", "s"))
    return in_si(picked.table, t, picked.units, options)


_KINDS: Final = "(?:Acceleration|Linear Acceleration|Gyroscope|Magnetic field|Accelerometer)?"
_HEAD: Final = rf'\W*Time \(s\)"?[,;\t]\W*{_KINDS} ?x \('
_BARE_HEAD: Final = r"\W*Time \(s\)\W+X \((?P<unit>[^)]*)\)"
_BARE_UNITS: Final = {"m/s^2": "acc", "m/s²": "acc", "rad/s": "gyr", "µT": "mag", "uT": "mag"}
_UNIT: Final = r" ?\((?P<unit>[^)]*(?:\([^)]*\))?)\)"
_NAMES: Final = {
    "t": r"Time" + _UNIT,
    **xyz("acc", r"(?:Acceleration|Accelerometer) ?{axis}" + _UNIT),
    **xyz("gyr", r"Gyroscope ?{axis}" + _UNIT),
    **xyz("mag", r"Magnetic field ?{axis}" + _UNIT),
}
