"""What a recording holds, found without decoding it, and what can be saved of a broken one."""

import hashlib
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

import imuhip
from imuhip.core.errors import RecordingError
from imuhip.core.files import file_made_whole, reason
from imuhip.core.records import Fault, Header, IntArray, LinkEvent, Mark, Packet, Record
from imuhip.recording.reader import RecordingReader
from imuhip.recording.writer import RecordingWriter

_Group: TypeAlias = tuple[IntArray, int, int]
"""Host times, size in bytes and epoch of a packet."""


@dataclass(frozen=True, slots=True)
class SensorSummary:
    """What a recording holds of one sensor.

    Parameters
    ----------
    sensor, profile_id
        As in the header.
    notifications, payload_bytes, epochs
        How many of each.
    rate_hz
        Notifications per second of host time, gaps left out; NaN with fewer than two.
    t_first, t_last
        Seconds on the session's clock, from host times; NaN without notifications.
    gaps, longest_gap_s
        Pauses of the host time longer than `GAP_S` and five usual intervals.
    """

    sensor: str
    profile_id: str
    notifications: int
    payload_bytes: int
    epochs: int
    rate_hz: float
    t_first: float
    t_last: float
    gaps: int
    longest_gap_s: float


@dataclass(frozen=True, slots=True)
class RecordingSummary:
    """What is in a recording, for `imuhip info`.

    Parameters
    ----------
    whole
        The file was closed and nothing in it is damaged.
    duration_s
        From the first to the last record, by host times.
    marks
        Seconds on the session's clock, and label.
    link_events
        How many.
    faults
        What is lost or damaged.
    """

    path: Path
    header: Header
    size_bytes: int
    sha256: str
    whole: bool
    duration_s: float
    sensors: tuple[SensorSummary, ...]
    marks: tuple[tuple[float, str], ...]
    link_events: int
    faults: tuple[Fault, ...]


def import_warnings(header: Header) -> list[str]:
    """What the import found odd about the files that a recording was made of."""
    said = header.parameters.get("import_warnings")
    return [each for each in said if isinstance(each, str)] if isinstance(said, list) else []


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """What `recover` brought from one file into another, and what it found lost."""

    source: Path
    target: Path
    notifications: int
    marks: int
    link_events: int
    faults: tuple[Fault, ...]


def describe(path: Path) -> RecordingSummary:
    """Read a recording to its end and say what is in it.

    Raises
    ------
    RecordingError
        If it cannot be opened at all; damage inside is listed in `RecordingSummary.faults`.
    """
    reader = RecordingReader(path)
    groups: dict[str, list[_Group]] = {info.sensor: [] for info in reader.header.sensors}
    marks: list[Mark] = []
    events = 0
    first: Packet | None = None
    spans: list[tuple[int, int]] = []
    for record in _records(reader):
        spans.append(_span_ns(record))
        if isinstance(record, Packet):
            groups[record.sensor].append((record.host_ns, len(record.payload), record.epoch))
            if first is None or record.arrival[0] < first.arrival[0]:
                first = record
        elif isinstance(record, Mark):
            marks.append(record)
        else:
            events += 1
    if reader.header.clock == "session":
        origin_ns = 0
    else:
        origin_ns = int(first.host_ns[0]) if first is not None else _earliest(spans)
    duration_ns = max((last for _, last in spans), default=0) - _earliest(spans)
    return RecordingSummary(
        path=reader.path,
        header=reader.header,
        size_bytes=reader.path.stat().st_size,
        sha256=sha256_of(reader.path),
        whole=reader.whole,
        duration_s=duration_ns * 1e-9,
        sensors=tuple(
            _summary(info.sensor, info.profile_id, groups[info.sensor], origin_ns)
            for info in reader.header.sensors
        ),
        marks=tuple(((mark.host_ns - origin_ns) * 1e-9, mark.label) for mark in marks),
        link_events=events,
        faults=reader.faults,
    )


def recover(source: Path, target: Path, *, overwrite: bool = False) -> RecoveryReport:
    """Write everything that can be read of a damaged or cut recording into a new, whole one.

    Arrival numbers stay as they were, so what is lost stays visible. The source is not touched.

    Raises
    ------
    RecordingError
        If the source gives no header, or the target exists or cannot be written.
    """
    source, target = Path(source), Path(target)
    reader = RecordingReader(source)
    if target.exists() and target.samefile(source):
        raise RecordingError("source and target are the same file", path=target)
    counts = {Packet: 0, Mark: 0, LinkEvent: 0}
    with (
        file_made_whole(target, overwrite=overwrite) as temporary,
        RecordingWriter(temporary, reader.header, fsync=False) as writer,
    ):
        for batch in reader.batches():
            writer.append_batch(batch)
            for record in batch:
                counts[type(record)] += len(record) if isinstance(record, Packet) else 1
    return RecoveryReport(
        source=source,
        target=target,
        notifications=counts[Packet],
        marks=counts[Mark],
        link_events=counts[LinkEvent],
        faults=reader.faults,
    )


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RecordingError(f"cannot be read: {reason(error)}", path=path) from error


def software_versions() -> dict[str, str]:
    """Return the versions that a result depends on, by name, for a header or a result."""
    versions = {"imuhip": imuhip.__version__}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:  # an optional filter library may be left out
            continue
    versions["python"] = platform.python_version()
    versions["platform"] = platform.platform()
    return versions


def _records(reader: RecordingReader) -> Iterator[Record]:
    for batch in reader.batches():
        yield from batch


def _span_ns(record: Record) -> tuple[int, int]:
    """Return the earliest and latest host time of a record."""
    if isinstance(record, Packet):
        return int(record.host_ns.min()), int(record.host_ns.max())
    return record.host_ns, record.host_ns


def _earliest(spans: list[tuple[int, int]]) -> int:
    return min((first for first, _ in spans), default=0)


def _summary(sensor: str, profile_id: str, groups: list[_Group], origin_ns: int) -> SensorSummary:
    """Sum up one sensor."""
    host_ns: IntArray = np.concatenate([np.zeros(0, dtype=np.int64), *(ns for ns, _, _ in groups)])
    seconds = (host_ns - (host_ns[0] if len(host_ns) else 0)) * 1e-9
    intervals = np.diff(seconds)
    apart = intervals[intervals > _TOGETHER_S]
    usual = float(np.median(apart)) if len(apart) else float("nan")
    gaps = intervals[intervals > max(GAP_S, 5.0 * usual)] if len(apart) else intervals[:0]
    running = float(intervals.sum() - gaps.sum())
    return SensorSummary(
        sensor=sensor,
        profile_id=profile_id,
        notifications=len(host_ns),
        payload_bytes=sum(size for _, size, _ in groups),
        epochs=len({epoch for _, _, epoch in groups}),
        rate_hz=(len(intervals) - len(gaps)) / running if running > 0.0 else float("nan"),
        t_first=(int(host_ns[0]) - origin_ns) * 1e-9 if len(host_ns) else float("nan"),
        t_last=(int(host_ns[-1]) - origin_ns) * 1e-9 if len(host_ns) else float("nan"),
        gaps=len(gaps),
        longest_gap_s=float(gaps.max()) if len(gaps) else 0.0,
    )


GAP_S: Final = 0.25
"""A pause in the arrivals of a sensor that `describe` counts, seconds."""

_TOGETHER_S: Final = 1e-3  # notifications closer than this came in one radio event
_PACKAGES: Final = ("numpy", "vqf", "ahrs")
