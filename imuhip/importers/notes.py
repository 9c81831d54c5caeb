"""What a folder says beside its numbers: ``session.toml`` and ``marks.csv``."""

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from imuhip.core.conventions import CALIBRATION_STEPS, SEGMENTS
from imuhip.core.errors import RecordingError
from imuhip.core.records import Header, Mount, SensorInfo
from imuhip.core.toml_text import parse_toml
from imuhip.importers.sources import ACC, GYR, MAG, Options
from imuhip.importers.text_files import read_text
from imuhip.importers.units import factor
from imuhip.recording.summary import software_versions


@dataclass(frozen=True, slots=True)
class FolderMark:
    """A line of ``marks.csv``: seconds on the session's clock, label, and where it stands."""

    t: float
    label: str
    line: int


@dataclass(frozen=True, slots=True)
class FolderSession:
    """What ``session.toml`` says; empty where it says nothing."""

    athlete: str = ""
    tester: str = ""
    started: str = ""
    started_ns: int = 0
    source: str = ""
    mounts: Mapping[str, Mount] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    warnings: tuple[str, ...] = ()


def session_header(
    session: FolderSession,
    sensors: tuple[SensorInfo, ...],
    profiles: Mapping[str, str],
    marks: Sequence[FolderMark],
    warnings: Sequence[str] = (),
) -> Header:
    """Return the header of an import: device times are the session's clock already.

    Where no mark names a calibration step, the steps are to be found in the data. What looked odd
    stays with the recording, for all who read results of it.
    """
    steps = {f"begin:{step}" for step in CALIBRATION_STEPS}
    marked = any(mark.label in steps for mark in marks)
    return Header(
        sensors=sensors,
        profiles=profiles,
        clock="session",
        utc_ns=session.started_ns,
        athlete=session.athlete,
        tester=session.tester,
        started=session.started,
        source=session.source,
        software=software_versions(),
        parameters=({} if marked else {"detect_steps": True})
        | ({"import_warnings": list(warnings)} if warnings else {}),
    )


def read_session(path: Path) -> FolderSession:
    """Read ``session.toml``, which need not be there.

    Raises
    ------
    RecordingError
        If it is no TOML, or an entry is of the wrong kind.
    """
    if not path.exists():
        return FolderSession()
    try:
        value = parse_toml(read_text(path).decode())
    except ValueError as error:
        raise RecordingError(f"The file is not valid TOML: {error}", path=path) from error
    warnings = tuple(
        f"{path.name}: the entry {key[:40]!r} is not known and not used"
        for key in value
        if key not in _SESSION_KEYS
    )
    try:
        started, started_ns = _started(value.get("started", ""))
        return FolderSession(
            athlete=_text(value, "athlete"),
            tester=_text(value, "tester"),
            started=started,
            started_ns=started_ns,
            source=_text(value, "source"),
            mounts=_mounts(value.get("mount", {})),
            options=Options(
                rate_hz=_rate(value.get("rate_hz", 0.0)),
                units=checked_units(_strings(value, "units")),
                names=checked_names(_strings(value, "map")),
                places=checked_places(_strings(value, "place")),
            ),
            warnings=warnings,
        )
    except RecordingError as error:
        raise RecordingError(error.message, path=path) from error


def read_marks(path: Path) -> tuple[list[FolderMark], list[str]]:
    """Read ``marks.csv``, which need not be there, in order of time; and what looks odd.

    The label is everything after the first separator, so it may hold commas.

    Raises
    ------
    RecordingError
        If a line has no time or no label.
    """
    if not path.exists():
        return [], []
    text = read_text(path)
    head = text.partition(b"\n")[0]
    separator = next((mark for mark in (b";", b"\t") if mark in head), b",").decode()
    rows = csv.reader(io.StringIO(text.decode()), delimiter=separator)
    marks: list[FolderMark] = []
    names: list[str] | None = None
    try:
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if names is None:
                names = [cell.strip() for cell in cells]
                if names != ["t", "label"]:
                    raise RecordingError(
                        f"The first line should be t,label and is {','.join(names)[:60]!r}.",
                        path=path,
                        line=rows.line_num,
                    )
                continue
            marks.append(_mark(cells, separator, path, rows.line_num))
    except csv.Error as error:
        raise RecordingError(
            f"The file is not CSV: {error}", path=path, line=rows.line_num
        ) from error
    marks.sort(key=lambda mark: mark.t)
    return marks, [f"{path.name}:{line}: {said}" for line, said in _mark_warnings(marks)]


def _mark(cells: Sequence[str], separator: str, path: Path, line: int) -> FolderMark:
    """Return the mark on a line."""
    place, label = cells[0].strip(), separator.join(cells[1:]).strip()
    if separator == ",":  # the comma of a number may have quotes around it, or separate it
        apart = f"{place},{cells[1].strip()}" if len(cells) > 2 else ""
        number = next((each for each in (place, apart) if _DECIMALS.match(each)), "")
        if number:
            raise RecordingError(
                f"{number} looks like a number with a decimal comma, and commas separate the "
                "columns too. Save the file with semicolons between its columns.",
                path=path,
                line=line,
            )
    try:
        t = float(place.replace(",", "."))
    except ValueError:
        t = math.nan
    if not abs(t) < _MAX_T:
        raise RecordingError(
            f"Column t has {place[:40]!r} where seconds should be.", path=path, line=line
        )
    if not label or len(label) > _MAX_LABEL:
        raise RecordingError(
            "The mark has no label."
            if not label
            else f"The label is longer than {_MAX_LABEL} characters.",
            path=path,
            line=line,
        )
    return FolderMark(t, label, line)


def _mark_warnings(marks: Sequence[FolderMark]) -> list[tuple[int, str]]:
    """Return line and sentence for labels nobody understands, and steps that do not pair up."""
    warnings = []
    open_steps: dict[str, FolderMark] = {}
    for mark in marks:
        kind, colon, rest = mark.label.partition(":")
        if kind == "begin" and rest:
            if rest in open_steps:
                warnings.append((mark.line, f"{rest} begins again before it has ended"))
            open_steps[rest] = mark
        elif kind == "end" and rest:
            if open_steps.pop(rest, None) is None:
                warnings.append((mark.line, f"{rest} ends and has not begun"))
        elif kind not in ("pain", "sore") and not (colon and kind in _FREE_LABELS):
            warnings.append(
                (mark.line, f"the label {mark.label[:40]!r} is kept, but imuhip does not know it")
            )
    warnings += [(mark.line, f"{step} begins and never ends") for step, mark in open_steps.items()]
    return warnings


def _started(value: Any) -> tuple[str, int]:
    """Return the start as ISO 8601 and in nanoseconds since 1970; without a zone it is local."""
    if isinstance(value, str):
        if not value:
            return "", 0
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise RecordingError(
                f"started = {value[:40]} is not a time such as 2026-03-02T10:00:00Z."
            ) from error
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.fromisoformat(value.isoformat())  # local, as all without a zone
    if not isinstance(value, datetime):
        raise RecordingError(
            f"started = {str(value)[:40]} is not a time such as 2026-03-02T10:00:00Z."
        )
    try:
        value = value if value.tzinfo is not None else value.astimezone()
        microseconds = (value - _EPOCH) // _EPOCH.resolution
    except (ValueError, OverflowError):  # the calendar's first or last year, moved by a zone
        microseconds = -1
    if not 0 <= microseconds < _MAX_T * 1e6:
        raise RecordingError(f"started = {value} is not a time between 1970 and 2261.")
    return value.isoformat().replace("+00:00", "Z"), microseconds * 1000


def _text(value: Mapping[str, Any], key: str) -> str:
    text = value.get(key, "")
    if not isinstance(text, str) or len(text) > _MAX_LABEL:
        raise RecordingError(
            f"{key} should be text in quotes, of up to {_MAX_LABEL} characters, and is "
            f"{str(text)[:40]!r}."
        )
    return text


def _rate(value: Any) -> float:
    """Return the rate at which the sensors were recorded; 0.0 where it is not said."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0.0 <= value < _MAX_RATE:
        raise RecordingError(f"rate_hz should be samples a second, and is {repr(value)[:40]}.")
    return float(value)


def _strings(value: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return a table of names to names."""
    table = value.get(key, {})
    if not isinstance(table, dict) or not all(isinstance(text, str) for text in table.values()):
        raise RecordingError(f'[{key}] should be a table with lines such as acc = "g".')
    return table


def checked_units(units: Mapping[str, str]) -> Mapping[str, str]:
    """Return units that a user says, each known.

    Raises
    ------
    RecordingError
        If a quantity or its unit is not known.
    """
    for quantity, unit in units.items():
        if quantity not in _QUANTITIES:
            raise RecordingError(
                f"Units are of {', '.join(_QUANTITIES)}; {quantity[:40]!r} is none of them."
            )
        factor(quantity, unit)
    return units


def checked_names(names: Mapping[str, str]) -> Mapping[str, str]:
    """Return names that a user gives to columns, each one of ours.

    Raises
    ------
    RecordingError
        If a name is none of ours.
    """
    ours = ("t", *ACC, *GYR, *MAG, "acc", "gyr", "mag")
    for column, name in names.items():
        if name not in ours:
            raise RecordingError(
                f"Column {column[:40]!r} cannot be {name[:40]!r}. Names are {', '.join(ours)}."
            )
    return names


def checked_places(places: Mapping[str, str]) -> Mapping[str, str]:
    """Return the segments on which a user says that devices sit.

    Raises
    ------
    RecordingError
        If a segment is not known, or two devices sit on one.
    """
    for device, segment in places.items():
        if segment not in SEGMENTS:
            raise RecordingError(
                f"Device {device[:40]!r} cannot sit on {segment[:40]!r}. Segments are "
                f"{', '.join(SEGMENTS)}."
            )
    if len(set(places.values())) < len(places):
        raise RecordingError("Two devices are said to sit on one segment. Each needs its own.")
    return places


def _mounts(value: Any) -> dict[str, Mount]:
    """Return the declared mounts, each checked."""
    if not isinstance(value, dict):
        raise RecordingError(
            f"mount should hold tables such as [mount.pelvis], and is {repr(value)[:40]}."
        )
    mounts = {}
    for sensor, axes in value.items():
        if sensor not in SEGMENTS:
            raise RecordingError(
                f"mount.{sensor[:40]}: no sensor has this name. Sensors are {', '.join(SEGMENTS)}."
            )
        if not isinstance(axes, dict) or set(axes) != {"up", "out"}:
            raise RecordingError(
                f'mount.{sensor} needs two entries, such as up = "+x" and out = "+z".'
            )
        for key, axis in axes.items():
            if axis not in _AXES:
                raise RecordingError(
                    f"mount.{sensor}.{key} = {repr(axis)[:40]} is not an axis. "
                    f"Axes are {' '.join(_AXES)}."
                )
        if axes["up"][1] == axes["out"][1]:
            raise RecordingError(
                f"mount.{sensor}: up and out are on the same axis. Each needs its own."
            )
        mounts[sensor] = Mount(up=axes["up"], out=axes["out"])
    return mounts


_DECIMALS: Final = re.compile(r"-?\d+,\d+$")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SESSION_KEYS: Final = (
    "athlete", "tester", "started", "source", "mount", "rate_hz", "units", "map", "place",
)  # fmt: skip
_QUANTITIES: Final = ("t", "acc", "gyr", "mag")
_MAX_RATE: Final = 1e5
_FREE_LABELS: Final = ("cue", "note")
_AXES: Final = ("+x", "-x", "+y", "-y", "+z", "-z")
_MAX_LABEL: Final = 1000
_MAX_T: Final = 9.2e9  # host times are 64-bit nanoseconds
