"""All that a folder holds, read and checked: samples, marks, session and what looks odd."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.importers.archives import ARCHIVE, is_archive, unzipped
from imuhip.importers.candidates import SUFFIXES, only_folder
from imuhip.importers.checks import (
    check_times,
    lag_warnings,
    refuse_mirrored,
    refuse_same_samples,
    refuse_without_gravity,
    sensor_warnings,
    span_warnings,
    without_repeated_rows,
)
from imuhip.importers.exchanged import exchanged
from imuhip.importers.gather import Placed, gather
from imuhip.importers.mirror import partly_mirrored
from imuhip.importers.notes import FolderMark, FolderSession, read_marks, read_session
from imuhip.importers.shared_clock import on_one_clock
from imuhip.importers.sources import ACC, GYR, MAG, Options, SensorFile

SESSION_FILE: Final = "session.toml"
MARKS_FILE: Final = "marks.csv"


@dataclass(frozen=True, slots=True)
class Found:
    """All that a folder holds, read and checked."""

    files: tuple[SensorFile, ...]
    marks: tuple[FolderMark, ...]
    session: FolderSession
    warnings: tuple[str, ...]


def read_folder(folder: Path, options: Options) -> Found:
    """Read and check everything; a ZIP is read as the folder that it holds.

    Raises
    ------
    RecordingError
        With file, line, column and what came.
    """
    if is_archive(folder):
        with unzipped(folder, (*SUFFIXES, ARCHIVE, SESSION_FILE, MARKS_FILE)) as inside:
            return _read(only_folder(inside), options)
    return _read(only_folder(folder), options)


def _read(folder: Path, options: Options) -> Found:
    beside = folder if folder.is_dir() else folder.parent
    session = read_session(beside / SESSION_FILE)
    said = session.options
    options = Options(
        drop_invalid=options.drop_invalid,
        rate_hz=options.rate_hz or said.rate_hz,
        units={**said.units, **options.units},
        names={**said.names, **options.names},
        places={**said.places, **options.places},
    )
    gathered = gather(folder, options, (SESSION_FILE, MARKS_FILE))
    placed, clock_notes = on_one_clock(gathered.sensors)
    files = tuple(_checked(one) for one in placed)
    refuse_same_samples(files)
    marks, mark_warnings = read_marks(beside / MARKS_FILE)
    signs: list[str] = []
    if "acc" not in options.units:
        refuse_mirrored(files, marks, session.mounts)
        signs = partly_mirrored(files, marks)
    sensors = {file.sensor for file in files}
    warnings = (
        *gathered.notes,
        *session.warnings,
        *sensor_warnings(files),
        *clock_notes,
        *span_warnings(files, marks, MARKS_FILE),
        *lag_warnings(files),
        *signs,
        *exchanged(files, marks),
        *(
            f"{name} has a declared mount but no file"
            for name in session.mounts
            if name not in sensors
        ),
        *mark_warnings,
    )
    return Found(files, tuple(marks), session, _few(warnings))


def _few(sentences: Sequence[str]) -> tuple[str, ...]:
    """The sentences, short and not too many: they stay in the recording's header."""
    kept = [sentence[:_LONGEST] for sentence in sentences[:_MOST_SENTENCES]]
    if len(sentences) > _MOST_SENTENCES:
        kept.append(f"{len(sentences) - _MOST_SENTENCES} more things look odd")
    return tuple(kept)


def _checked(placed: Placed) -> SensorFile:
    """Return a reading as a sensor's file, with times that rise and a place in SI.

    Raises
    ------
    RecordingError
        If times do not rise, are no seconds, or gravity has been taken out.
    """
    try:
        table = without_repeated_rows(placed.reading.table)
        check_times(table)
        columns = table.columns
        file = SensorFile(
            sensor=placed.sensor,
            path=placed.path,
            format_name=placed.format_name,
            t=np.ascontiguousarray(columns["t"]),
            acc=np.column_stack([columns[name] for name in ACC]),
            gyr=np.column_stack([columns[name] for name in GYR]),
            mag=np.column_stack([columns[name] for name in MAG]) if MAG[0] in columns else None,
            dropped=table.dropped,
            notes=table.notes,
            label=placed.reading.label,
            units=table.units,
        )
        refuse_without_gravity(file)
    except RecordingError as error:
        raise RecordingError(
            error.message, path=placed.path, line=error.line, sensor=placed.sensor
        ) from error
    return file


def one_after_the_other(parts: Sequence[Found]) -> Found:
    """Return the parts of one visit as one: recordings of the same sensors, in order.

    Where their times follow each other they are kept. Where they do not, each counts from its own
    start: a part is laid `_PAUSE_S` after the one before, and the user hears of it.

    Raises
    ------
    RecordingError
        If a part has other sensors than the first.
    """
    first = parts[0]
    sensors = [file.sensor for file in first.files]
    for part in parts[1:]:
        if [file.sensor for file in part.files] != sensors:
            raise RecordingError(
                f"Every part needs the same sensors. The first has {', '.join(sensors)}, this one "
                f"{', '.join(file.sensor for file in part.files)}.",
                path=part.files[0].path.parent,
            )
    warnings = [sentence for part in parts for sentence in part.warnings]
    spans = [_span(part) for part in parts]
    if any(start <= end for (_, end), (start, _) in itertools.pairwise(spans)):
        parts = _laid_out(parts)
        warnings.append(
            f"the times of the {len(parts)} parts overlap, so each part is put "
            f"{_PAUSE_S:.0f} s after the end of the one before"
        )
    files = tuple(_joined([part.files[i] for part in parts]) for i in range(len(sensors)))
    marks = tuple(mark for part in parts for mark in part.marks)
    return Found(files, marks, first.session, _few(list(dict.fromkeys(warnings))))


def _span(part: Found) -> tuple[float, float]:
    return (
        min(float(file.t[0]) for file in part.files),
        max(float(file.t[-1]) for file in part.files),
    )


def _laid_out(parts: Sequence[Found]) -> list[Found]:
    """Return the parts with times moved so that each begins a pause after the one before."""
    laid = [parts[0]]
    for part in parts[1:]:
        shift = _span(laid[-1])[1] + _PAUSE_S - _span(part)[0]
        files = tuple(replace(file, t=file.t + shift) for file in part.files)
        marks = tuple(FolderMark(m.t + shift, m.label, m.line) for m in part.marks)
        laid.append(replace(part, files=files, marks=marks))
    return laid


def _joined(files: Sequence[SensorFile]) -> SensorFile:
    """Return one sensor's parts as one; a magnetometer only where every part has it."""
    fields = [file.mag for file in files if file.mag is not None]
    return replace(
        files[0],
        t=np.concatenate([file.t for file in files]),
        acc=np.concatenate([file.acc for file in files]),
        gyr=np.concatenate([file.gyr for file in files]),
        mag=np.concatenate(fields) if len(fields) == len(files) else None,
        dropped=sum(file.dropped for file in files),
    )


_PAUSE_S: Final = 10.0
_MOST_SENTENCES: Final = 200
_LONGEST: Final = 1000  # characters
