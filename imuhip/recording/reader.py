"""Read a recording, whole, cut, damaged or still growing.

Whatever is wrong with the file costs the chunks that are wrong, and is listed in `faults`.
"""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from mcap.opcode import Opcode
from mcap.records import Metadata

from imuhip.core.errors import RecordingError
from imuhip.core.files import reason
from imuhip.core.records import Fault, Header, IntArray, Packet, Record
from imuhip.recording.batches import (
    check_arrivals,
    check_record,
    first_arrival,
    host_span_ns,
    join_records,
)
from imuhip.recording.format import (
    EVENTS_TOPIC,
    EXPORT_METADATA,
    HEADER_TOPIC,
    MARKS_TOPIC,
    MAX_CHUNK_BYTES,
    METADATA_NAME,
    event_from_bytes,
    header_from_json,
    json_from_metadata,
    mark_from_bytes,
    packet_from_bytes,
)
from imuhip.recording.scanner import (
    Damage,
    Ending,
    ScannedChunk,
    Scanner,
    channel_from_content,
    chunk_records,
)

MAX_BATCH_S: Final = 60.0
"""Host time that a batch spans at most: long batches are fast, short ones need less memory."""


class RecordingReader:
    """A recording on the disk.

    Parameters
    ----------
    path
        The file; it is opened anew by each call that reads.

    Attributes
    ----------
    header
        What the recording says of itself.

    Raises
    ------
    RecordingError
        If there is no such file, it is no recording, it is cut before the end of its header, or it
        is newer than this version reads.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        with _opened(self.path) as file:
            text = _find_header(file, self.path, growing=False)
            exported = text is None and _is_export(file)
        if exported:
            raise RecordingError(
                "this is an export for plotting programs, made of a recording; take the recording",
                path=self.path,
            )
        if text is None:
            raise RecordingError(
                "the file holds no whole header, so its sensors are not known; it was cut or "
                "damaged within its first bytes, and nothing can be recovered",
                path=self.path,
            )
        try:
            self.header: Header = header_from_json(text)
        except RecordingError as error:
            raise RecordingError(error.message, path=self.path) from error
        self._reading: _Reading | None = None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What the last read found lost or damaged, complete once it has come to the end."""
        return () if self._reading is None else tuple(self._reading.faults)

    @property
    def whole(self) -> bool:
        """Whether the last read came to the end of a file that was closed and is undamaged."""
        return self._reading is not None and self._reading.whole

    def batches(self, max_batch_s: float = MAX_BATCH_S) -> Iterator[list[Record]]:
        """Yield the records in batches, each a consecutive range of arrival numbers.

        Parameters
        ----------
        max_batch_s
            Host seconds that a batch spans at most, unless a single chunk spans more.
        """
        reading = self._reading = _Reading(self.header, max_batch_s)
        with _opened(self.path) as file:
            yield from self._naming(reading.batches(Scanner(file), growing=False))

    def follow(
        self, wait: Callable[[], bool], max_batch_s: float = MAX_BATCH_S
    ) -> Iterator[list[Record]]:
        """Yield batches as they are written, until the recording is closed.

        Parameters
        ----------
        wait
            Called when everything written so far has been read: returns after a while, with True
            to look again and False to stop.
        max_batch_s
            As in `batches`.
        """
        reading = self._reading = _Reading(self.header, max_batch_s)
        with _opened(self.path) as file:
            scanner = Scanner(file)
            while True:
                yield from self._naming(reading.batches(scanner, growing=True))
                if reading.ended or not wait():
                    return

    def _naming(self, batches: Iterator[list[Record]]) -> Iterator[list[Record]]:
        """Pass batches on; errors name the file."""
        try:
            yield from batches
        except OSError as error:
            raise RecordingError(f"cannot be read: {reason(error)}", path=self.path) from error
        except RecordingError as error:
            raise RecordingError(error.message, path=self.path) from error


def follow(
    path: Path, wait: Callable[[], bool], max_batch_s: float = MAX_BATCH_S
) -> Iterator[list[Record]]:
    """Yield the batches of a recording that is still growing, or not even begun.

    Parameters
    ----------
    path, wait, max_batch_s
        As in `RecordingReader.follow`.
    """
    path = Path(path)
    while not _has_header(path):
        if not wait():
            return
    yield from RecordingReader(path).follow(wait, max_batch_s)


class _Reading:
    """One pass over a file: what it has found so far."""

    def __init__(self, header: Header, max_batch_s: float) -> None:
        self.faults: list[Fault] = []
        self.ended = False
        self.whole = False
        self._undamaged = True
        self._header = header
        self._max_batch_ns = max_batch_s * 1e9
        sensors = self._sensors = [info.sensor for info in header.sensors]
        # The order in which the writer opens its channels, should the chunk that says so be lost.
        self._topics = dict(enumerate((HEADER_TOPIC, MARKS_TOPIC, EVENTS_TOPIC, *sensors), start=1))
        self._last_arrival = -1
        self._last_ns: int | None = None
        self._origin_ns: int | None = 0 if header.clock == "session" else None
        self._damaged: list[Damage] = []  # since the last good chunk: the first, and the last

    def batches(self, scanner: Scanner, *, growing: bool) -> Iterator[list[Record]]:
        """Yield batches up to the end of what is there."""
        batch: list[Record] = []
        begin_ns, size = 0, 0
        for item in scanner.items(growing=growing):
            if isinstance(item, ScannedChunk):
                records, first_ns, last_ns = self._checked(item)
                if not records:
                    continue
                too_long = last_ns - begin_ns > self._max_batch_ns
                if batch and (too_long or size + len(item.data) > MAX_CHUNK_BYTES):
                    yield join_records(batch)
                    batch, size = [], 0
                begin_ns = begin_ns if batch else first_ns
                batch += records
                size += len(item.data)
            elif isinstance(item, Damage):
                self._note(item)
            elif isinstance(item, Ending) and not (growing and not item.data_whole):
                self._end(item)
        if batch:
            yield join_records(batch)

    def _checked(self, chunk: ScannedChunk) -> tuple[list[Record], int, int]:
        """Return the records of a chunk, with its first and last host time.

        A chunk that contradicts itself or what came before is damage as a whole.
        """
        try:
            records = self._records(chunk.data)
            if not records:
                return [], 0, 0
            arrival = self._in_order(records)
        except ValueError as error:
            end = chunk.end
            self._note(Damage(end, end, f"a chunk is refused: {error}"))
            return [], 0, 0
        if self._origin_ns is None:
            packets = [record for record in records if isinstance(record, Packet)]
            if packets:
                self._origin_ns = int(min(packets, key=first_arrival).host_ns[0])
        missing = int(arrival[-1] - arrival[0]) + 1 - len(arrival)
        if self._last_arrival >= 0 or self._damaged:
            missing += int(arrival[0]) - self._last_arrival - 1
        first_ns, last_ns = host_span_ns(records)
        if missing or self._damaged:
            self._lost(missing, first_ns)
        self._last_arrival, self._last_ns = int(arrival[-1]), last_ns
        return records, first_ns, last_ns

    def _in_order(self, records: list[Record]) -> IntArray:
        """Return sorted arrival numbers; ValueError if one comes again."""
        arrival = np.concatenate(
            [each.arrival if isinstance(each, Packet) else (each.arrival,) for each in records]
        )
        arrival.sort()
        if (arrival[1:] <= arrival[:-1]).any() or arrival[0] <= self._last_arrival:
            raise ValueError("its arrival numbers come twice or go backwards")
        return arrival

    def _records(self, data: bytes) -> list[Record]:
        """Return the records that a chunk holds."""
        records: list[Record] = []
        topics = dict(self._topics)
        for opcode, content in chunk_records(data):
            if opcode == Opcode.CHANNEL:
                channel = channel_from_content(content)
                topics[channel.id] = channel.topic
            elif opcode == Opcode.MESSAGE:
                channel_id, message = _message(content)
                record = self._record(topics.get(channel_id, ""), message)
                if record is not None:
                    records.append(record)
        self._topics = topics
        return records

    def _record(self, topic: str, message: bytes) -> Record | None:
        """Return the record in a message; None on a channel that carries none."""
        if topic in self._sensors:
            packet = packet_from_bytes(message)
            check_arrivals(packet)
            if packet.sensor != topic:
                raise ValueError(f"notifications of {packet.sensor} on the channel {topic}")
            return packet
        if topic == MARKS_TOPIC:
            record: Record = mark_from_bytes(message)
        elif topic == EVENTS_TOPIC:
            record = event_from_bytes(message)
        else:
            return None
        check_record(record, (topic,))
        return record

    def _note(self, damage: Damage) -> None:
        """Remember damage until the next good chunk shows what it cost."""
        self._undamaged = False
        self._damaged = [*self._damaged[:1], damage]

    def _lost(self, count: int, until_ns: int | None) -> None:
        """Note what was lost between the last good chunk and now."""
        sentences = []
        if self._damaged:
            first, last = self._damaged[0], self._damaged[-1]
            place = f"bytes {first.start} to {last.end} of the file"
            sentences.append(f"{place} are damaged: {first.why}")
        if count:
            sentences.append(f"{count} records are missing after number {self._last_arrival}")
        self._damaged = []
        self._fault(count, until_ns, "; ".join(sentences))

    def _end(self, ending: Ending) -> None:
        """Note how the file ends."""
        self.ended = True
        self.whole = self._undamaged and ending.data_whole and ending.index_whole
        if self._damaged:
            self._lost(0, None)
        if not ending.data_whole:
            self._fault(
                0,
                None,
                f"the recording was never closed, or its end was cut off at byte {ending.at}; "
                "everything up to its last whole chunk is there",
            )
        elif not ending.index_whole:
            self._fault(0, None, "the index at the end is cut or damaged; no record is lost")

    def _fault(self, count: int, until_ns: int | None, detail: str) -> None:
        """Add a fault that spans from the last record to the next."""
        begin_ns = self._last_ns if self._last_ns is not None else until_ns
        end_ns = until_ns if until_ns is not None else begin_ns
        self.faults.append(
            Fault(
                "",
                "lost_records",
                self._session_s(begin_ns),
                self._session_s(end_ns),
                count,
                detail,
            )
        )

    def _session_s(self, host_ns: int | None) -> float:
        """Return a host time as seconds on the session's clock; 0 while that is not known."""
        if host_ns is None or self._origin_ns is None:
            return 0.0
        return (host_ns - self._origin_ns) * 1e-9


def _opened(path: Path) -> BinaryIO:
    """Open a recording, or say why that cannot be."""
    if path.is_dir():
        raise RecordingError(
            "this is a folder; a recording is a file (imuhip import makes one of a folder)",
            path=path,
        )
    if not path.exists():
        raise RecordingError("there is no such file", path=path)
    if not path.is_file():
        raise RecordingError("this is no regular file", path=path)
    try:
        return path.open("rb")
    except OSError as error:
        raise RecordingError(f"cannot be read: {reason(error)}", path=path) from error


def _has_header(path: Path) -> bool:
    """Whether a file that may still grow has its header yet."""
    if not path.exists():
        return False
    with _opened(path) as file:
        return _find_header(file, path, growing=True) is not None


def _find_header(file: BinaryIO, path: Path, *, growing: bool) -> str | None:
    """Return the header's text, from the metadata record, or else from the first message."""
    try:
        for item in Scanner(file).items(growing=growing):
            text = None
            if isinstance(item, Metadata) and item.name == METADATA_NAME:
                text = json_from_metadata(item.metadata)
            elif isinstance(item, ScannedChunk):
                text = _header_message(item.data)
            if text is not None:
                return text
    except OSError as error:
        raise RecordingError(f"cannot be read: {reason(error)}", path=path) from error
    except RecordingError as error:
        raise RecordingError(error.message, path=path) from error
    return None


def _is_export(file: BinaryIO) -> bool:
    """Whether an MCAP file says of itself that it is an export of ours."""
    file.seek(0)
    items = Scanner(file).items(growing=False)
    return any(isinstance(item, Metadata) and item.name == EXPORT_METADATA for item in items)


def _header_message(data: bytes) -> str | None:
    """Return the header's text if a chunk holds it."""
    topics: dict[int, str] = {}
    try:
        for opcode, content in chunk_records(data):
            if opcode == Opcode.CHANNEL:
                channel = channel_from_content(content)
                topics[channel.id] = channel.topic
            elif opcode == Opcode.MESSAGE:
                channel_id, message = _message(content)
                if topics.get(channel_id) == HEADER_TOPIC:
                    return message.decode()
    except ValueError:
        return None
    return None


def _message(content: memoryview) -> tuple[int, bytes]:
    """Return channel and data of a message; ValueError if it is too short to be one."""
    if len(content) < _MESSAGE.size:
        raise ValueError("a message ends within its head")
    return _MESSAGE.unpack_from(content)[0], bytes(content[_MESSAGE.size :])


_MESSAGE: Final = struct.Struct("<HIQQ")
"""Head of a message: channel, sequence, log time, publish time."""
