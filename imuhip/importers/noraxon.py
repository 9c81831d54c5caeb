"""Noraxon: CSV exports of MyoMotion and Ultium Motion from MR3, all sensors in one file.

Names as in the exports of MR3 that the NONAN GaitPrint data set holds:
``<device>-Segments-<place>-<signal>-<axis> (<unit>)``, and ``<place> Accel Sensor X LT (mG)`` for
what the sensor itself felt; ``LT`` and ``RT`` are left and right.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import in_si, pick
from imuhip.importers.number_tables import separator_of, split_line
from imuhip.importers.sources import ACC, GYR, Options, Reading, Source
from imuhip.importers.units import factor


def is_noraxon(source: Source) -> bool:
    """Whether a file holds the names of an MR3 export with sensor data."""
    return _head_line(source) >= 0


def read_noraxon(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read all sensors of a file.

    Raises
    ------
    RecordingError
        If there are no accelerations or no turning rates of the sensors.
    """
    (source,) = sources
    line = _head_line(source)
    head = source.text.split(b"\n", line + 1)[line]
    columns = _columns(split_line(head, separator_of(head)))
    whole = {
        place: names
        for place, names in columns.items()
        if all(name in names for name in (*ACC, *GYR))
    }
    if not whole:
        raise RecordingError(
            "No sensor has both accelerations and turning rates. Export the raw sensor data of "
            "MR3 as well.",
            line=line + 1,
        )
    return [_place(source, line, place, names, options) for place, names in whole.items()]


def _columns(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return place to our name to the column; what the sensor felt goes before the segment's."""
    columns: dict[str, dict[str, str]] = {}
    for pattern in _PATTERNS:
        for name in names:
            if match := re.fullmatch(pattern, name, re.IGNORECASE):
                of = match.groupdict()
                place = f"{of['place']} {of.get('side') or ''}".strip()
                ours = f"{_kind(of.get('signal') or 'Accel')}_{of['axis'].lower()}"
                columns.setdefault(place, {}).setdefault(ours, name)
    return columns


def _place(
    source: Source, line: int, place: str, names: Mapping[str, str], options: Options
) -> Reading:
    wanted = {"t": r"time ?[,(\[]? ?(?P<unit>\w*)[)\]]?"}
    for ours, name in names.items():
        before, bracket, unit = name.rpartition("(")
        wanted[ours] = rf"{re.escape(before + bracket)}(?P<unit>{re.escape(unit[:-1])})\)"
    picked = pick(source, line, wanted, options)
    t = picked.table.columns["t"] * factor("t", picked.units.get("t") or "s")
    return Reading(in_si(picked.table, t, picked.units, options), place, group="Noraxon")


def _kind(signal: str) -> str:
    return next(
        kind for kind, words in _KINDS.items() if re.fullmatch(words, signal, re.IGNORECASE)
    )


def _head_line(source: Source) -> int:
    for number, line in enumerate(source.head.decode(errors="replace").split("\n")[:50]):
        if re.search(r"(Noraxon|MyoMotion|Ultium)[^,;\t]*-(Accel|Gyro)", line, re.IGNORECASE):
            return number
    return -1


_KINDS: Final = {
    "acc": "Acceleration|Accel(?:erometer)?",
    "gyr": "Gyro(?:scope)?|Angular velocity",
    "mag": "Magnetometer|Mag",
}
_UNIT: Final = r" ?\([^)]*\)"
_PATTERNS: Final = (
    rf"(?P<place>.+?) Accel Sensor (?P<axis>[XYZ])(?: (?P<side>LT|RT))?{_UNIT}",
    (
        r".*?(?:Segments-|Sensors-|MyoMotion-|Motion-)(?P<place>[^-]+)[- ]"
        rf"(?P<signal>{'|'.join(_KINDS.values())})[- ](?P<axis>[xyz]){_UNIT}"
    ),
)
