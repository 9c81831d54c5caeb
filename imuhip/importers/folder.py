"""Other people's data → a recording, without losing a bit.

A folder holds a file or a folder a sensor, named by where it sits, or a maker's file with all
sensors, and perhaps ``session.toml`` and ``marks.csv``. Formats are a table in `formats`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from imuhip.core.files import file_made_whole, refuse_existing
from imuhip.core.records import Array, IntArray, Mark, Packet, Record, SensorInfo
from imuhip.core.resources import profile_text
from imuhip.devices.decode import encode
from imuhip.devices.profile_nouns import Profile
from imuhip.devices.profiles import parse_profile
from imuhip.importers.found import Found, one_after_the_other, read_folder
from imuhip.importers.notes import FolderMark, FolderSession, session_header
from imuhip.importers.sources import Options, SensorFile
from imuhip.recording.writer import RecordingWriter

PROFILE_ID: Final = "imported"


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
        ``acc``, ``gyr`` or ``mag`` to the unit in the file, where the user named it or the format
        has one.
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
    folder: Path | Sequence[Path],
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
        Is only read. Several are the parts of one visit, in order.
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
    target = Path(target)
    refuse_existing(target, overwrite=overwrite)
    found = _found(folder, drop_invalid=drop_invalid, options=options)
    _write(target, found.files, found.marks, found.session, found.warnings, overwrite=overwrite)
    return _report(found, target)


def preview_folder(
    folder: Path | Sequence[Path], *, drop_invalid: bool = False, options: Options | None = None
) -> ImportReport:
    """Return what `import_folder` would report, without writing; `target` is the first folder.

    Raises
    ------
    RecordingError
        As `import_folder`.
    """
    found = _found(folder, drop_invalid=drop_invalid, options=options)
    return _report(found, _folders(folder)[0])


def _folders(folder: Path | Sequence[Path]) -> list[Path]:
    return [Path(folder)] if isinstance(folder, str | Path) else [Path(part) for part in folder]


def _found(folder: Path | Sequence[Path], *, drop_invalid: bool, options: Options | None) -> Found:
    options = options or Options()
    options = replace(options, drop_invalid=drop_invalid or options.drop_invalid)
    parts = [read_folder(part, options) for part in _folders(folder)]
    return parts[0] if len(parts) == 1 else one_after_the_other(parts)


def _report(found: Found, target: Path) -> ImportReport:
    sensors = tuple(_imported(file) for file in found.files)
    return ImportReport(target, sensors, len(found.marks), found.warnings)


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
            device={"file": file.path.name, "format": file.format_name}
            | ({"label": file.label} if file.label else {}),
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
