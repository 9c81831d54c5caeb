"""Files that makers' own programs write, recognised by their headers. One function a format.

Units are the makers': turning rates in degrees become radians, g becomes m/s², and magnetic fields
in units of the earth's become µT at 50 µT each, for only their direction counts.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from imuhip.core.conventions import STANDARD_GRAVITY
from imuhip.core.errors import RecordingError
from imuhip.core.records import Array, BoolArray
from imuhip.importers.number_tables import NumberTable, read_text_table

VendorFormat: TypeAlias = tuple[
    str, Callable[[bytes], bool], Callable[[Path, bytes, bool], NumberTable]
]
"""Name; whether a file's first bytes are of this format; how to read path and text, and whether
rows without numbers are left out."""


def is_movella_dot(head: bytes) -> bool:
    """Whether a file begins as the logs and exports of Movella DOT (before: Xsens DOT) do."""
    return head.startswith((b"sep=,", b"DeviceTag:")) and b"SampleTimeFine" in head


def read_movella_dot(path: Path, text: bytes, drop_invalid: bool) -> NumberTable:
    """Read a Movella DOT file: stamps in µs that wrap at 32 bits, m/s², °/s.

    DOT user manual, section 4.2: SampleTimeFine counts a clock of 1 MHz from power-on;
    synchronised sensors share it.
    """
    names = {"t": "SampleTimeFine", **_XSENS_NAMES}
    table = _columns(path, text, b"SampleTimeFine", names, drop_invalid)
    t = _unwrapped(table.columns["t"], 2.0**32) * 1e-6
    notes = table.notes
    if re.search(rb"SyncStatus: *,Un", text[:_HEAD]):
        notes += ("the sensor was not synchronised, so its time is not that of the others",)
    return replace(_in_si(table, t, gyr=_DEGREE, mag=_EARTH_UT), notes=notes)


def is_xsens_mt(head: bytes) -> bool:
    """Whether a file begins as the text exports of Xsens' MT Manager do."""
    return head.startswith(b"//") and b"PacketCounter" in head


def read_xsens_mt(path: Path, text: bytes, drop_invalid: bool) -> NumberTable:
    """Read a text export of MT Manager: m/s², rad/s.

    MTi and MTw user manuals: SampleTimeFine has steps of 0.1 ms, the counter wraps at 16 bits.
    Where the export leaves SampleTimeFine empty (Awinda), the counter and the update rate give the
    time; the sensors of a station share the counter.
    """
    lines = text.split(b"\n")
    head = next(i for i, line in enumerate(lines) if b"PacketCounter" in line)
    place = [name.strip() for name in lines[head].split(b"\t")].index(b"PacketCounter")
    first = lines[head + 1].split(b"\t") if head + 1 < len(lines) else []
    stamped = _XSENS_STAMP in lines[head] and len(first) > place + 1 and first[place + 1].strip()
    names = {"t": "SampleTimeFine" if stamped else "PacketCounter", **_XSENS_NAMES}
    table = _columns(path, text, b"PacketCounter", names, drop_invalid)
    if stamped:
        t = _unwrapped(table.columns["t"], 2.0**32) * 1e-4
    else:
        rate = re.search(rb"// *Update Rate: *([0-9.]+) *Hz", text[:_HEAD])
        if rate is None or not float(rate.group(1)):
            raise RecordingError(
                "there are no sample times and no update rate; export with SampleTimeFine"
            )
        t = _unwrapped(table.columns["t"], 2.0**16) / float(rate.group(1))
    return _in_si(table, t, gyr=1.0, mag=_EARTH_UT)


def is_witmotion(head: bytes) -> bool:
    """Whether a file begins as the recordings of WitMotion's program do."""
    return b"Chip Time()" in head and b"Acceleration X(" in head


def read_witmotion(path: Path, text: bytes, drop_invalid: bool) -> NumberTable:
    """Read a recording of WitMotion's program: g, °/s, and two times of day.

    The sensor's own time is even but no other sensor's; the computer's is common but arrives in
    bursts. So the sensor's is taken, moved by the median of the difference. A row whose time does
    not rise is a repetition by the program, and is left out.
    """
    table = _columns(path, text, b"Chip Time()", _WIT_NAMES, drop_invalid)
    lines = text.decode().split("\n")
    head = next(i for i, line in enumerate(lines) if "Chip Time()" in line)
    separator = "\t" if "\t" in lines[head] else ","
    names = [name.strip() for name in lines[head].split(separator)]
    rows = [lines[line - 1].split(separator) for line in table.line]
    chip = _times(path, table, rows, names.index("Chip Time()"))
    notes = table.notes
    if "Time" in names:
        t = chip + np.median(_times(path, table, rows, names.index("Time")) - chip)
    else:
        t = chip
        notes += ("there is no time of the computer, so the sensors may have different times",)
    rising = np.ones(len(t), dtype=np.bool_)
    rising[1:] = t[1:] > np.maximum.accumulate(t)[:-1]
    if not rising.all():
        notes += (f"{np.count_nonzero(~rising)} rows that repeat a time were left out",)
    table = _in_si(table, t, acc=STANDARD_GRAVITY, gyr=_DEGREE, mag=1.0)
    return replace(_taken(table, rising), notes=notes)


def _columns(
    path: Path, text: bytes, sign: bytes, names: Mapping[str, str], drop_invalid: bool
) -> NumberTable:
    """Read the columns `names` (ours to the maker's) below the line that holds `sign`.

    A name that ends in ``(`` stands for all that begin so, whatever unit follows.
    """
    start = text.rfind(b"\n", 0, text.index(sign)) + 1
    found: dict[str, str] = {}
    blank: list[str] = []  # filled by `choose`, which is called before any number is read

    def choose(theirs: list[str]) -> None:
        for name in theirs:
            ours = next((key for key, value in names.items() if _is(name, value)), None)
            if ours is None:
                blank.append(name)
            else:
                found[ours] = name
        missing = [value for key, value in names.items() if key not in found and key[:3] != "mag"]
        if missing:
            raise RecordingError(
                f"the columns {', '.join(missing)} are missing; export accelerations and turning "
                "rates as well"
            )

    table = read_text_table(
        path,
        lambda theirs: choose(list(theirs)),
        drop_invalid=drop_invalid,
        text=text[start:],
        lines_before=text.count(b"\n", 0, start),
        blank_columns=blank,
    )
    return replace(table, columns={ours: table.columns[name] for ours, name in found.items()})


def _is(name: str, wanted: str) -> bool:
    return name.startswith(wanted) if wanted.endswith("(") else name == wanted


def _in_si(
    table: NumberTable, t: Array, *, acc: float = 1.0, gyr: float, mag: float
) -> NumberTable:
    """Return `table` with times `t` and every other column multiplied by its unit."""
    units = {"acc": acc, "gyr": gyr, "mag": mag}
    columns = {"t": t}
    for name, values in table.columns.items():
        if name != "t":
            columns[name] = values if units[name[:3]] == 1.0 else values * units[name[:3]]
    if not all(f"mag_{axis}" in columns for axis in "xyz"):
        columns = {name: values for name, values in columns.items() if name[:3] != "mag"}
    return replace(table, columns=columns)


def _taken(table: NumberTable, rows: BoolArray) -> NumberTable:
    """Return the rows of `table` that `rows` names."""
    columns = {name: values[rows] for name, values in table.columns.items()}
    return replace(table, columns=columns, line=table.line[rows])


def _unwrapped(counts: Array, period: float) -> Array:
    """Return counts that wrap at `period` as ones that do not."""
    wraps = np.zeros(len(counts))
    wraps[1:] = np.cumsum(np.diff(counts) < -period / 2.0)
    unwrapped: Array = counts + wraps * period
    return unwrapped


def _times(path: Path, table: NumberTable, rows: list[list[str]], column: int) -> Array:
    """Return a column of dates or times of day in seconds since the first row's midnight."""
    seconds = np.empty(len(rows))
    for i, row in enumerate(rows):
        match = _TIME.fullmatch(row[column].strip().strip('"'))
        if match is None:
            raise RecordingError(
                f"a time such as 16:44:16.689 was expected, {row[column][:40]!r} came",
                path=path,
                line=int(table.line[i]),
            )
        hours, minutes, whole, fraction = match.groups()
        seconds[i] = int(hours) * 3600 + int(minutes) * 60 + float(f"{whole}.{fraction or 0}")
    return _unwrapped(seconds, 86400.0)


_HEAD: Final = 4096
_DEGREE: Final = math.pi / 180.0
_EARTH_UT: Final = 50.0
_XSENS_STAMP: Final = b"SampleTimeFine"
_TIME: Final = re.compile(r"(?:\d+-\d+-\d+\s+)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.:,](\d{1,9}))?")

_XSENS_NAMES: Final = {
    f"{ours}_{axis.lower()}": f"{theirs}_{axis}"
    for ours, theirs in (("acc", "Acc"), ("gyr", "Gyr"), ("mag", "Mag"))
    for axis in "XYZ"
}

_WIT_NAMES: Final = {
    f"{ours}_{axis.lower()}": f"{theirs} {axis}("
    for ours, theirs in (
        ("acc", "Acceleration"),
        ("gyr", "Angular velocity"),
        ("mag", "Magnetic field"),
    )
    for axis in "XYZ"
}

VENDOR_FORMATS: Final[tuple[VendorFormat, ...]] = (
    ("Movella DOT", is_movella_dot, read_movella_dot),
    ("Xsens MT", is_xsens_mt, read_xsens_mt),
    ("WitMotion", is_witmotion, read_witmotion),
)
