"""From a folder to sensors: which files there are, of which format, and which sits where."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from imuhip.core.conventions import PELVIS, SEGMENTS, THIGH
from imuhip.core.errors import RecordingError
from imuhip.core.files import refuse_special
from imuhip.importers.candidates import SIGNALS, candidates
from imuhip.importers.column_names import meaning
from imuhip.importers.formats import FORMATS, PLAIN
from imuhip.importers.number_tables import separator_of, split_line
from imuhip.importers.places import segment_in, segment_of
from imuhip.importers.sources import ACC, GYR, Format, Options, Reading, Source
from imuhip.importers.text_files import read_text
from imuhip.importers.workbooks import WORKBOOKS, sheets_of


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A reading, where it sits and what it came from."""

    sensor: str
    reading: Reading
    format_name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Gathered:
    """The sensors of a folder in the order of the segments, and sentences on what was left."""

    sensors: tuple[Placed, ...]
    notes: tuple[str, ...]


def gather(folder: Path, options: Options, aside: Sequence[str]) -> Gathered:
    """Read every sensor of a folder, or of one file.

    Parameters
    ----------
    folder
        Holds a file a sensor, a folder a sensor, or one file with all; or is that file.
    aside
        Names of files that hold no samples.

    Raises
    ------
    RecordingError
        With file, line, column and what came; or if pelvis or thighs are not there.
    """
    if not folder.exists():
        raise RecordingError("There is no such folder.", path=folder)
    refuse_special(folder)
    with ExitStack() as unpacked:
        return _gather(folder, options, aside, unpacked)


def _gather(folder: Path, options: Options, aside: Sequence[str], unpacked: ExitStack) -> Gathered:
    """Read every sensor; what was unpacked stays until `unpacked` is closed."""
    sources, strays = _sources(folder, aside, unpacked)
    _refuse_twice(folder, sources)
    placed: list[Placed] = []
    homeless: list[Placed] = []
    for kind, group in _groups(sources):
        for found in _read(kind, group, options):
            (placed if found.sensor else homeless).append(found)
    sensors = _one_each(placed)
    if homeless and not _enough(sensors):
        raise RecordingError(_say_where(homeless), path=folder)
    if not sensors or (not _enough(sensors) and _named_by_file(sources)):
        raise RecordingError(_needed(folder), path=folder)
    names = list(dict.fromkeys(p.reading.label or p.path.name for p in homeless))[:_MOST_NAMED]
    notes = [
        f"{name} is left out because nothing says where it sat; say so with --place DEVICE=SEGMENT"
        for name in names
    ]
    notes += [
        f"{name} is not read; files of sensors are named {', '.join(SEGMENTS)}"
        for name in strays[:_MOST_NAMED]
    ]
    if len(strays) > _MOST_NAMED:
        notes.append(f"{len(strays) - _MOST_NAMED} more files are not read")
    if not _enough(sensors):
        notes.append("hip angles need samples of the pelvis and of a thigh, and one is missing")
    return Gathered(tuple(sorted(sensors, key=lambda p: SEGMENTS.index(p.sensor))), tuple(notes))


def _sources(
    folder: Path, aside: Sequence[str], unpacked: ExitStack
) -> tuple[list[Source], list[str]]:
    """Return the files that may hold samples, and the names of those that nobody reads.

    Beside a maker's files of a sensor lie others of the same program, which nobody needs.
    """
    sources, strays = [], []
    for path, sensor in candidates(folder, aside, unpacked):
        exact = {segment_of(path.stem), segment_of(path.parent.name), ""}
        try:
            inside = _read_file(path, sensor)
        except RecordingError as error:
            if sensor or path == folder:
                raise RecordingError(error.message, path=path, sensor=sensor or None) from error
            strays.append(path.name)
            continue
        known = [
            source
            for source in inside
            if _format_of(source) is not None and (sensor in exact or _may_be_table(source))
        ]
        sources += known
        if not known and path.parent == folder:
            strays.append(path.name)
    makers = {source.sensor for source in sources if not _is_plain(source)}
    kept = [
        source
        for source in sources
        if not (_is_plain(source) and source.sensor in makers and not segment_of(source.path.stem))
    ]
    return kept, strays


def _read_file(path: Path, sensor: str) -> list[Source]:
    """Return a file, or the sheets of a workbook, each of which may be a sensor's or a signal's."""
    ending = path.suffix.lower()
    if ending not in WORKBOOKS:
        if ending in _BINARY:
            return [Source(path, sensor, b"")]
        return [_below_title(Source(path, sensor, read_text(path)))]
    sheets = sheets_of(path)
    several = len(sheets) > 1
    return [
        _below_title(
            Source(path / f"{name}.csv" if several else path, sensor or segment_in(name), text)
        )
        for name, text in sheets
    ]


def _below_title(source: Source) -> Source:
    """Return a file from its names on, where what stands above them hides its format."""
    if not _is_plain(source) and _format_of(source) is not None:
        return source
    lines = source.text[:_LOOKED_AT].split(b"\n")[:_LINES_LOOKED_AT]
    start = 0
    for above, line in enumerate(lines):
        if _holds_names(line):
            below = replace(source, text=source.text[start:], above=above)
            if _has_our_names(line) or not _is_plain(below):
                return below if _format_of(below) is not None else source
        if line.startswith(b"//"):  # without these lines nobody knows the units
            break
        start += len(line) + 1
    return source


def _holds_names(line: bytes) -> bool:
    """Whether a line may be one of names, or a maker's first comment above them."""
    if line.startswith(b"//"):
        return True
    cells = split_line(line, separator_of(line))
    return len(cells) >= _FEWEST_CELLS and not any(cell[:1].isdigit() for cell in cells)


def _has_our_names(line: bytes) -> bool:
    return {*ACC, *GYR} <= {meaning(name)[0] for name in split_line(line, separator_of(line))}


def _is_plain(source: Source) -> bool:
    kind = _format_of(source)
    return kind is not None and kind.name == PLAIN


def _may_be_table(source: Source) -> bool:
    """Whether a file is no text, or one of its first lines has as many cells as a sensor needs."""
    lines = source.text[:_LOOKED_AT].split(b"\n")[:_LINES_LOOKED_AT]
    return not source.text or any(
        len(split_line(line, separator_of(line))) >= _FEWEST_CELLS for line in lines
    )


def _format_of(source: Source) -> Format | None:
    """Return the line of the table for a file; None where none fits."""
    return next((kind for kind in FORMATS if kind.recognises(source)), None)


def _groups(sources: Sequence[Source]) -> Iterator[tuple[Format, list[Source]]]:
    """Yield what is read at once: a file, or all files of one sensor in one format."""
    together: dict[tuple[str, str], tuple[Format, list[Source]]] = {}
    for source in sources:
        kind = _format_of(source)
        if kind is None:
            continue
        if kind.together:
            key = (source.sensor or _device_key(source), kind.name)
            together.setdefault(key, (kind, []))[1].append(source)
        else:
            yield kind, [source]
    yield from together.values()


def _device_key(source: Source) -> str:
    """Return what the names of one device's files have in common."""
    stem = source.path.stem.lower()
    cut = min((stem.find(word) for word in SIGNALS if word in stem), default=len(stem))
    return f"{source.path.parent}/{stem[:cut]}"


def _read(kind: Format, sources: Sequence[Source], options: Options) -> list[Placed]:
    """Read one group, and say where each reading sits.

    Raises
    ------
    RecordingError
        With the file; or if one file of one sensor holds several devices.
    """
    first = sources[0]
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # refused by `check_times`
            readings = kind.read(sources, options)
    except RecordingError as error:
        path = error.path or first.path
        sensor = first.sensor or None
        line = error.line and error.line + _above(sources, path)
        raise RecordingError(error.message, path=path, line=line, sensor=sensor) from error
    except _NOT_UNDERSTOOD as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:_MOST_SAID]
        raise RecordingError(
            f"is not written as files of {kind.name} are ({said}); export it again, or as CSV",
            path=first.path,
            sensor=first.sensor or None,
        ) from error
    placed = [
        Placed(
            _place(reading, first, len(readings), options),
            _in_file(reading, _above(sources, reading.table.path)),
            kind.name,
            first.path,
        )
        for reading in readings
    ]
    if first.sensor and len(readings) > 1 and not any(found.sensor for found in placed):
        raise RecordingError(_say_where(placed, "The file"), path=first.path, sensor=first.sensor)
    return placed


def _above(sources: Sequence[Source], path: Path) -> int:
    """Return how many lines of a file were taken off above its text."""
    return next((source.above for source in sources if source.path == path), 0)


def _in_file(reading: Reading, above: int) -> Reading:
    """Return a reading whose rows are numbered as they lie in the file."""
    table = reading.table
    return replace(reading, table=replace(table, line=table.line + above)) if above else reading


def _place(reading: Reading, source: Source, of: int, options: Options) -> str:
    """Return the segment of a reading: as the user says, else its file's name, else its label."""
    stem = source.path.stem
    names = (reading.label, stem, source.path.name, source.path.parent.name)
    for name in (*names, *re.split(r"[\W_]+", stem)):
        if name and name in options.places:
            return options.places[name]
    if source.sensor and of == 1:
        return source.sensor
    return segment_of(reading.label)


def _one_each(placed: Sequence[Placed]) -> list[Placed]:
    """Return one reading a segment.

    Raises
    ------
    RecordingError
        If two readings of different samples sit in one place.
    """
    sensors: dict[str, Placed] = {}
    for found in placed:
        other = sensors.setdefault(found.sensor, found)
        if other is not found and not _same(other.reading, found.reading):
            names = " and ".join(
                dict.fromkeys(
                    f"{p.path.name} ({p.reading.label})" if p.reading.label else p.path.name
                    for p in (other, found)
                )
            )
            raise RecordingError(
                f"{names} both sit on {found.sensor}. Keep the one that counts, or say where each "
                "sits with --place DEVICE=SEGMENT",
                path=found.path.parent,
                sensor=found.sensor,
            )
    return list(sensors.values())


def _same(one: Reading, other: Reading) -> bool:
    a, b = one.table.columns, other.table.columns
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def _enough(placed: Sequence[Placed]) -> bool:
    sensors = {found.sensor for found in placed}
    return PELVIS in sensors and any(thigh in sensors for thigh in THIGH.values())


def _named_by_file(sources: Sequence[Source]) -> bool:
    """Whether the files are those of single sensors, so that one may have been forgotten."""
    return any(source.sensor for source in sources)


def _refuse_twice(folder: Path, sources: Sequence[Source]) -> None:
    """Raise RecordingError where a sensor has files of two formats, or two of one."""
    seen: dict[str, Source] = {}
    for source in sources:
        if not source.sensor:
            continue
        other = seen.setdefault(source.sensor, source)
        kind = _format_of(source)
        if other is not source and _is_plain(other) and _is_plain(source):
            _refuse_unknown(folder, other, source)
        if other is not source and not (kind and kind.together and _format_of(other) is kind):
            raise RecordingError(
                f"There are both {other.path.name} and {source.path.name}. Keep the one that "
                "counts, and import each trial from a folder of its own.",
                path=folder,
                sensor=source.sensor,
            )


def _refuse_unknown(folder: Path, *sources: Source) -> None:
    """Raise RecordingError where no file has names that anybody knows."""
    firsts = [next((line for line in s.head.split(b"\n") if line.strip()), b"") for s in sources]
    if any(_has_our_names(line) for line in firsts):
        return
    names = " and ".join(source.path.name for source in sources)
    raise RecordingError(
        f"The format of {names} is not known: nothing above the numbers names the columns of a "
        "sensor. Export them again, with the lines of names that the program writes.",
        path=folder,
        sensor=sources[0].sensor,
    )


def _say_where(placed: Sequence[Placed], what: str = "The folder") -> str:
    devices = ", ".join(
        f"{found.reading.label or found.path.name} {len(found.reading.table.line)} rows"
        for found in placed[:_MOST_NAMED]
    )
    example = placed[0].reading.label or placed[0].path.stem
    return (
        f"{what} holds {len(placed)} device{'s' if len(placed) > 1 else ''}: {devices}. Say which "
        f"sits where: --place '{example}=pelvis', or a line '\"{example}\" = \"pelvis\"' under "
        "[place] in session.toml"
    )


def _needed(folder: Path) -> str:
    if not folder.is_dir():
        return (
            "The format of this file is not known. Import a folder with a file for the pelvis "
            f"({PELVIS}.csv) and one for each thigh, or a maker's file with all sensors."
        )
    names = sorted(path.name for path in folder.iterdir())
    there = ", ".join(names[:_MOST_NAMED]) or "nothing"
    there += f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    if others := sorted({path.suffix for path in folder.iterdir()} & {*_NOT_READ}):
        there += f". Save files that end in {', '.join(others)} as .csv or .xlsx: they are not read"
    return (
        f"Name the files by where the sensors sat: {PELVIS}.csv and thigh_left.csv or "
        "thigh_right.csv (or .tsv, .txt, .parquet, a folder for each sensor, or a maker's file "
        f"with all sensors). In the folder is {there}."
    )


_NOT_UNDERSTOOD: Final = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError,
)  # fmt: skip
"""What a maker's reader runs into where a file is none of that maker's, or made to do harm."""

_MOST_SAID: Final = 120
_MOST_NAMED: Final = 20
_FEWEST_CELLS: Final = 4
"""A time and three axes: with fewer, a file that only mentions a segment holds notes."""
_LOOKED_AT: Final = 65536
_LINES_LOOKED_AT: Final = 30
_NOT_READ: Final = (".xls", ".ods", ".numbers", ".gz", ".7z", ".rar", ".mat", ".bin", ".mtb")
_BINARY: Final = (".parquet", ".h5", ".hdf5", ".c3d", ".xdf")
