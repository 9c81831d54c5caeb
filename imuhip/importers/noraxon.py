"""Noraxon: CSV exports of MyoMotion and Ultium Motion from MR3, all sensors in one file.

MR3 user manual (Noraxon): names ``<device>-Segments-<place>-<signal>-<axis> (<unit>)``, where
``LT`` and ``RT`` are left and right.
"""

import re
from collections.abc import Sequence
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import in_si, pick
from imuhip.importers.number_tables import separator_of, split_line
from imuhip.importers.sources import Options, Reading, Source
from imuhip.importers.units import factor


def is_noraxon(source: Source) -> bool:
    """Whether a file holds the names of an MR3 export with sensor data."""
    return _head_line(source) >= 0


def read_noraxon(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read all sensors of a file."""
    (source,) = sources
    line = _head_line(source)
    head = source.text.split(b"\n", line + 1)[line]
    names = split_line(head, separator_of(head))
    places: dict[str, str] = {}
    for name in names:
        if (match := re.fullmatch(_NAME, name, re.IGNORECASE)) and _kind(match):
            places.setdefault(match["place"], match["device"])
    if not places:
        raise RecordingError(
            "there are no accelerations and gyroscopes; export the raw sensor data of MR3 as well",
            line=line + 1,
        )
    return [_place(source, line, place, device, options) for place, device in places.items()]


def _place(source: Source, line: int, place: str, device: str, options: Options) -> Reading:
    start = re.escape(f"{device}{place}")
    wanted = {"t": r"time ?[,(\[]? ?(?P<unit>\w*)[)\]]?"}
    for kind, word in _KINDS.items():
        for axis in "xyz":
            wanted[f"{kind}_{axis}"] = rf"{start}[- ](?:{word})[- ]{axis}{_UNIT}"
    picked = pick(source, line, wanted, options)
    t = picked.table.columns["t"] * factor("t", picked.units.get("t") or "s")
    return Reading(in_si(picked.table, t, picked.units, options), place, group="Noraxon")


def _kind(match: re.Match[str]) -> str:
    return next(
        (k for k, w in _KINDS.items() if re.fullmatch(w, match["signal"], re.IGNORECASE)), ""
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
_UNIT: Final = r" ?[(,\[] ?(?P<unit>[^)\]]*)[)\]]?"
_NAME: Final = (
    r"(?P<device>.*?(?:Segments-|Sensors-|MyoMotion-|Motion-))(?P<place>[^-]+)[- ]"
    rf"(?P<signal>{'|'.join(_KINDS.values())})[- ][xyz]{_UNIT}"
)
