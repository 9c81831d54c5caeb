"""Other people's data → a recording, without losing a bit.

A folder holds a file a sensor, named by where it sits, and perhaps ``session.toml`` and
``marks.csv``. Formats of sensor files are a table at the foot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from imuhip.core.conventions import PELVIS, SEGMENTS, THIGH
from imuhip.core.errors import RecordingError
from imuhip.core.files import file_made_whole, refuse_existing
from imuhip.core.records import Array, IntArray, Mark, Packet, Record, SensorInfo
from imuhip.core.resources import profile_text
from imuhip.devices.decode import encode
from imuhip.devices.profile_nouns import Profile
from imuhip.devices.profiles import parse_profile
from imuhip.importers.checks import SensorFile, sensor_warnings, span_warnings
from imuhip.importers.notes import (
    FolderMark,
    FolderSession,
    read_marks,
    read_session,
    session_header,
)
from imuhip.importers.number_tables import (
    NumberTable,
    read_parquet_table,
    read_text,
    read_text_table,
)
from imuhip.importers.vendor_files import VENDOR_FORMATS
from imuhip.recording.writer import RecordingWriter

PROFILE_ID: Final = "imported"
SESSION_FILE: Final = "session.toml"
MARKS_FILE: Final = "marks.csv"


@dataclass(frozen=True, slots=True)
class ImportedSensor:
    """What came in from one file.

    Parameters
    ----------
    sensor, file, format_name
        Where it sits, and the file that says so; ``folder`` or a maker's name.
    samples, dropped
        Rows imported, and rows left out because a value was no finite number.
    rate_hz
        One over the median interval.
    t_first, t_last
        Seconds on the session's clock.
    magnetometer
        Whether it has one.
    """

    sensor: str
    file: str
    format_name: str
    samples: int
    dropped: int
    rate_hz: float
    t_first: float
    t_last: float
    magnetometer: bool


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import brought in, and what looks odd about it, in sentences."""

    target: Path
    sensors: tuple[ImportedSensor, ...]
    marks: int
    warnings: tuple[str, ...]

    @property
    def samples(self) -> dict[str, int]:
        """Samples of each sensor."""
        return {sensor.sensor: sensor.samples for sensor in self.sensors}


def import_folder(
    folder: Path, target: Path, *, overwrite: bool = False, drop_invalid: bool = False
) -> ImportReport:
    """Make a recording of a folder of sensor files.

    Parameters
    ----------
    folder
        Is only read.
    target
        The recording to make; it appears when everything went well.
    overwrite
        Replace an existing target.
    drop_invalid
        Leave out rows that hold NaN, text or nothing, which makes them gaps.

    Raises
    ------
    RecordingError
        With file, line, column and what came.
    """
    folder, target = Path(folder), Path(target)
    refuse_existing(target, overwrite=overwrite)
    paths = _sensor_paths(folder)
    session = read_session(folder / SESSION_FILE)
    files = [_read_sensor(name, paths[name], drop_invalid=drop_invalid) for name in paths]
    marks, mark_warnings = read_marks(folder / MARKS_FILE)
    warnings = [
        *_stray_warnings(folder, paths),
        *session.warnings,
        *(sentence for file in files for sentence in sensor_warnings(file)),
        *span_warnings(files, marks, MARKS_FILE),
        *(f"{sensor} has a mount but no file" for sensor in session.mounts if sensor not in paths),
        *mark_warnings,
    ]
    _write(target, files, marks, session, warnings, overwrite=overwrite)
    sensors = tuple(_imported(file) for file in files)
    return ImportReport(target, sensors, len(marks), tuple(warnings))


# --- reading -------------------------------------------------------------------------------------


def _sensor_paths(folder: Path) -> dict[str, Path]:
    """Return the file of each sensor, in the order of the segments."""
    if not folder.exists():
        raise RecordingError("there is no such folder", path=folder)
    if not folder.is_dir():
        raise RecordingError(
            f"a folder was expected, with {PELVIS}.csv and a file for each thigh", path=folder
        )
    paths: dict[str, Path] = {}
    for sensor in SEGMENTS:
        found = [folder / (sensor + suffix) for suffix in _SUFFIXES]
        found = [path for path in found if path.is_file()]
        if len(found) > 1:
            names = " and ".join(path.name for path in found)
            raise RecordingError(
                f"both {names} are there; keep the one that counts", path=folder, sensor=sensor
            )
        if found:
            paths[sensor] = found[0]
    if PELVIS not in paths or not any(thigh in paths for thigh in THIGH.values()):
        there = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise RecordingError(
            f"{PELVIS}.csv and thigh_left.csv or thigh_right.csv are needed (or .parquet); "
            f"in the folder is {there}",
            path=folder,
        )
    return paths


def _read_sensor(sensor: str, path: Path, *, drop_invalid: bool) -> SensorFile:
    """Read and check the file of one sensor, whatever its format."""
    format_name = "folder"
    try:
        if path.suffix == ".parquet":
            table = read_parquet_table(path, _check_names, drop_invalid=drop_invalid)
        else:
            text = read_text(path)
            for name, recognises, read in VENDOR_FORMATS:
                if recognises(text[:4096]):
                    format_name = name
                    table = read(path, text, drop_invalid)
                    break
            else:
                table = read_text_table(path, _check_names, drop_invalid=drop_invalid, text=text)
        _check_times(table)
    except RecordingError as error:
        raise RecordingError(error.message, path=path, line=error.line, sensor=sensor) from error
    columns = table.columns
    return SensorFile(
        sensor=sensor,
        path=path,
        format_name=format_name,
        t=np.ascontiguousarray(columns["t"]),
        acc=np.column_stack([columns[name] for name in _ACC]),
        gyr=np.column_stack([columns[name] for name in _GYR]),
        mag=np.column_stack([columns[name] for name in _MAG]) if _MAG[0] in columns else None,
        dropped=table.dropped,
        notes=table.notes,
    )


def _check_names(names: Sequence[str]) -> None:
    """Raise RecordingError unless the names are those of a sensor file."""
    magnetometer = _MAG if any(name in names for name in _MAG) else ()
    needed = ("t", *_ACC, *_GYR, *magnetometer)
    missing = [name for name in needed if name not in names]
    unknown = [name for name in names if name not in needed]
    twice = sorted({name for name in names if list(names).count(name) > 1})
    said = []
    if missing:
        said.append(f"missing: {', '.join(missing)}")
    if unknown:
        said.append(f"unknown: {', '.join(repr(name[:40]) for name in unknown)}")
    if twice:
        said.append(f"twice: {', '.join(twice)}")
    if said:
        raise RecordingError(
            f"the columns {','.join(needed)} were expected in the first line; {'; '.join(said)}",
            line=1,
        )


def _check_times(table: NumberTable) -> None:
    """Raise RecordingError unless there are two or more times, rising."""
    t = table.columns["t"]
    if len(t) < 2:
        left = f" ({table.dropped} were left out)" if table.dropped else ""
        raise RecordingError(f"two or more rows were expected, {len(t)} came{left}")
    falling = np.flatnonzero(t[1:] <= t[:-1])
    if len(falling):
        row = int(falling[0]) + 1
        what = "repeats" if t[row] == t[row - 1] else "runs backwards"
        raise RecordingError(
            f"time {what}: {t[row].item()!r} after {t[row - 1].item()!r}; "
            "the rows of a file are in order of time, each time once",
            line=int(table.line[row]),
        )
    late = np.flatnonzero(np.abs(t) > _MAX_T)
    if len(late):
        row = int(late[0])
        raise RecordingError(
            f"t is {t[row].item()!r}, and should be in seconds", line=int(table.line[row])
        )
    _check_lone_times(table)


def _check_lone_times(table: NumberTable) -> None:
    """Raise RecordingError where a few rows lie hours from all others."""
    t = table.columns["t"]
    jumps = np.flatnonzero(np.diff(t) > _HOURS_S) + 1
    pieces = np.split(np.arange(len(t)), jumps)
    for piece in pieces if len(pieces) > 1 else ():
        if len(piece) < min(_FEWEST_ROWS, len(t) / 2):
            row = int(piece[0])
            raise RecordingError(
                f"time {t[row].item()!r} lies hours from the rows beside it; correct it, or remove "
                "the row, and it becomes a gap",
                line=int(table.line[row]),
            )


# --- what looks odd ------------------------------------------------------------------------------


def _stray_warnings(folder: Path, paths: dict[str, Path]) -> list[str]:
    """Sentences on files that nobody reads."""
    known = {*(path.name for path in paths.values()), SESSION_FILE, MARKS_FILE}
    stray = [path for path in sorted(folder.iterdir()) if path.name not in known]
    return [
        f"{path.name} is not read; sensors are named {', '.join(SEGMENTS)}"
        for path in stray
        if path.suffix.lower() in _SUFFIXES
    ]


# --- writing -------------------------------------------------------------------------------------


def _write(
    target: Path,
    files: Sequence[SensorFile],
    marks: Sequence[FolderMark],
    session: FolderSession,
    warnings: Sequence[str],
    *,
    overwrite: bool,
) -> None:
    """Write the recording under a temporary name, and rename it."""
    profile = parse_profile(profile_text(PROFILE_ID))
    infos = tuple(
        SensorInfo(
            sensor=file.sensor,
            profile_id=PROFILE_ID,
            rate_hz=file.rate_hz,
            mount=session.mounts.get(file.sensor),
            device={"file": file.path.name, "format": file.format_name},
        )
        for file in files
    )
    header = session_header(session, infos, {PROFILE_ID: profile_text(PROFILE_ID)}, marks, warnings)
    arrivals = _arrivals([np.array([mark.t for mark in marks]), *(file.t for file in files)])
    records: list[Record] = [
        Mark(int(arrival), int(_host_ns(np.array([mark.t]))[0]), mark.label)
        for mark, arrival in zip(marks, arrivals[0], strict=True)
    ]
    for file, arrival in zip(files, arrivals[1:], strict=True):
        records.append(_packet(profile, file, arrival))
    with (
        file_made_whole(target, overwrite=overwrite) as temporary,
        RecordingWriter(temporary, header, flush_interval_ns=_CHUNK_NS, fsync=False) as writer,
    ):
        writer.append_batch(records)


def _packet(profile: Profile, file: SensorFile, arrival: IntArray) -> Packet:
    """Return all samples of a sensor as the notifications of the profile ``imported``."""
    characteristic = "samples" if file.mag is None else "samples_mag"
    stream = profile.streams_on(characteristic)[0]
    payload, offsets = encode(
        profile, stream, acc=file.acc, gyr=file.gyr, mag=file.mag, ticks=file.t
    )
    return Packet(file.sensor, characteristic, 0, arrival, _host_ns(file.t), payload, offsets)


def _arrivals(times: Sequence[Array]) -> list[IntArray]:
    """Return arrival numbers in order of time; at equal times in the order of `times`."""
    joined = np.concatenate(times)
    arrival = np.empty(len(joined), dtype=np.int64)
    arrival[np.argsort(joined, kind="stable")] = np.arange(len(joined))
    return np.split(arrival, np.cumsum([len(t) for t in times])[:-1])


def _host_ns(t: Array) -> IntArray:
    """Return seconds as whole nanoseconds."""
    return np.rint(t * 1e9).astype(np.int64)


def _imported(file: SensorFile) -> ImportedSensor:
    return ImportedSensor(
        sensor=file.sensor,
        file=file.path.name,
        format_name=file.format_name,
        samples=len(file.t),
        dropped=file.dropped,
        rate_hz=file.rate_hz,
        t_first=float(file.t[0]),
        t_last=float(file.t[-1]),
        magnetometer=file.mag is not None,
    )


_ACC: Final = ("acc_x", "acc_y", "acc_z")
_GYR: Final = ("gyr_x", "gyr_y", "gyr_z")
_MAG: Final = ("mag_x", "mag_y", "mag_z")
_SUFFIXES: Final = (".csv", ".txt", ".parquet")
_MAX_T: Final = 9.2e9  # host times are 64-bit nanoseconds
_HOURS_S: Final = 3600.0
_FEWEST_ROWS: Final = 100
_CHUNK_NS: Final = 10_000_000_000  # nothing is lost in a crash of an import: it is run again
