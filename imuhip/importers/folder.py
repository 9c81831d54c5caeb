"""Other people's data → a recording, without losing a bit.

A folder holds a file or a folder a sensor, named by where it sits, or a maker's file with all
sensors, and perhaps ``session.toml`` and ``marks.csv``. Formats are a table in `formats`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.files import file_made_whole, refuse_existing
from imuhip.core.records import Array, IntArray, Mark, Packet, Record, SensorInfo
from imuhip.core.resources import profile_text
from imuhip.devices.decode import encode
from imuhip.devices.profile_nouns import Profile
from imuhip.devices.profiles import parse_profile
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
from imuhip.importers.gather import Placed, gather
from imuhip.importers.notes import (
    FolderMark,
    FolderSession,
    read_marks,
    read_session,
    session_header,
)
from imuhip.importers.shared_clock import on_one_clock
from imuhip.importers.sources import ACC, GYR, MAG, Options, SensorFile
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
    device
        As the file names it; empty where it names none.
    units
        ``acc``, ``gyr`` or ``mag`` to the unit in the file, where that was told or is the format's.
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
    device: str = ""
    units: Mapping[str, str] = field(default_factory=dict)


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
    folder: Path,
    target: Path,
    *,
    overwrite: bool = False,
    drop_invalid: bool = False,
    options: Options | None = None,
) -> ImportReport:
    """Make a recording of a folder of sensor files, or of a maker's file with all sensors.

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
    options
        What the files do not tell; goes before what ``session.toml`` says.

    Raises
    ------
    RecordingError
        With file, line, column and what came.
    """
    folder, target = Path(folder), Path(target)
    refuse_existing(target, overwrite=overwrite)
    found = _read(folder, drop_invalid=drop_invalid, options=options or Options())
    _write(target, found.files, found.marks, found.session, overwrite=overwrite)
    return found.report(target)


def preview_folder(
    folder: Path, *, drop_invalid: bool = False, options: Options | None = None
) -> ImportReport:
    """Return what `import_folder` would report, without writing anything; `target` is the folder.

    Raises
    ------
    RecordingError
        As `import_folder`.
    """
    found = _read(Path(folder), drop_invalid=drop_invalid, options=options or Options())
    return found.report(Path(folder))


# --- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """All that a folder holds, read and checked."""

    files: tuple[SensorFile, ...]
    marks: tuple[FolderMark, ...]
    session: FolderSession
    warnings: tuple[str, ...]

    def report(self, target: Path) -> ImportReport:
        sensors = tuple(_imported(file) for file in self.files)
        return ImportReport(target, sensors, len(self.marks), self.warnings)


def _read(folder: Path, *, drop_invalid: bool, options: Options) -> _Found:
    """Read and check everything.

    Raises
    ------
    RecordingError
        With file, line, column and what came.
    """
    beside = folder if folder.is_dir() else folder.parent
    session = read_session(beside / SESSION_FILE)
    said = session.options
    options = Options(
        drop_invalid=drop_invalid or options.drop_invalid,
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
    if "acc" not in options.units:
        refuse_mirrored(files, marks, session.mounts)
    sensors = {file.sensor for file in files}
    warnings = (
        *gathered.notes,
        *session.warnings,
        *sensor_warnings(files),
        *clock_notes,
        *span_warnings(files, marks, MARKS_FILE),
        *lag_warnings(files),
        *(f"{name} has a mount but no file" for name in session.mounts if name not in sensors),
        *mark_warnings,
    )
    return _Found(files, tuple(marks), session, warnings)


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


# --- writing -------------------------------------------------------------------------------------


def _write(
    target: Path,
    files: Sequence[SensorFile],
    marks: Sequence[FolderMark],
    session: FolderSession,
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
            device={"file": file.path.name, "format": file.format_name}
            | ({"label": file.label} if file.label else {}),
        )
        for file in files
    )
    header = session_header(session, infos, {PROFILE_ID: profile_text(PROFILE_ID)}, marks)
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
        file=file.shown,
        format_name=file.format_name,
        samples=len(file.t),
        dropped=file.dropped,
        rate_hz=file.rate_hz,
        t_first=float(file.t[0]),
        t_last=float(file.t[-1]),
        magnetometer=file.mag is not None,
        device=file.label,
        units=file.units,
    )


_CHUNK_NS: Final = 10_000_000_000  # nothing is lost in a crash of an import: it is run again
