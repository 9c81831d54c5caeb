"""Write a recording so that nothing older than a second is ever lost.

Records wait in memory, are written as one compressed chunk, and are on the disk before the next
second is over. A chunk covers a consecutive range of arrival numbers.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self, cast

import numpy as np
from mcap.well_known import MessageEncoding, SchemaEncoding
from mcap.writer import CompressionType
from mcap.writer import Writer as McapWriter

from imuhip.core.errors import RecordingError
from imuhip.core.files import FILE_MODE, make_folder, reason, refuse_existing, sync_folder
from imuhip.core.records import Header, Mark, Packet, Record
from imuhip.recording.batches import (
    check_record,
    chunk_cuts,
    columns,
    first_arrival,
    first_host_ns,
    join_records,
    last_host_ns,
    record_size,
    split_records,
)
from imuhip.recording.format import (
    CHUNK_BYTES,
    EVENTS_TOPIC,
    HEADER_TOPIC,
    MARKS_TOPIC,
    MAX_CHUNK_BYTES,
    MCAP_PROFILE,
    METADATA_NAME,
    SCHEMA_BYTES,
    bytes_from_event,
    bytes_from_mark,
    bytes_from_packet,
    json_from_header,
    metadata_from_json,
)


class RecordingWriter:
    """An append-only recording; a context manager.

    Parameters
    ----------
    path
        The file to make, readable by its owner alone.
    header
        What the recording says of itself; on the disk before the first record is taken.
    flush_interval_ns
        Host time that a chunk may span. Small values lose less in a crash, large ones compress
        better.
    fsync
        Wait for the disk at the end of each chunk. Without it a crash of the program loses no
        more, a power cut does.
    overwrite
        Replace an existing file.

    Raises
    ------
    RecordingError
        If the file exists, or the disk refuses; what was written before stays whole.
    ValueError
        If the header could not be read back, or a record breaks the order of arrival.
    """

    def __init__(
        self,
        path: Path,
        header: Header,
        *,
        flush_interval_ns: int = 1_000_000_000,
        fsync: bool = True,
        overwrite: bool = False,
    ) -> None:
        self._path = Path(path)
        self._header = header
        self._interval_ns = flush_interval_ns
        self._waiting: list[Record] = []
        self._waiting_bytes = 0
        self._since_ns = 0  # host time of the first record that waits
        self._last_arrival = -1
        self._closed = False
        text = json_from_header(header)
        self._disk = _Disk(self._path, fsync=fsync, overwrite=overwrite)
        # The library ends a chunk by itself only beyond a size that we never reach.
        self._mcap: Any = McapWriter(  # some of its methods have no types
            cast("IO[Any]", self._disk),
            chunk_size=2 * MAX_CHUNK_BYTES,
            compression=CompressionType.ZSTD,
        )
        try:
            self._channels = self._begin(text)
        except OSError as error:
            self._disk.abandon()
            with suppress(OSError):  # without its header the file is of no use
                self._path.unlink()
            raise RecordingError(
                f"the recording did not begin because the disk refused: {reason(error)}; nothing "
                "was left behind. Make room, or choose another disk, and start again",
                path=self._path,
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, record: Record) -> None:
        """Add a record whose arrival numbers are all later than those before.

        Ends the chunk when the record's host time is a flush interval past its beginning.
        """
        self._check_open()
        first, last = check_record(record, self._channels)
        if first <= self._last_arrival:
            raise ValueError(
                f"Arrival numbers must rise; {first} follows {self._last_arrival}. "
                "A batch grouped by sensor goes to append_batch."
            )
        host_ns = last_host_ns(record)
        if not self._waiting:
            self._since_ns = first_host_ns(record)
        self._waiting.append(record)
        self._waiting_bytes += record_size(record)
        self._last_arrival = last
        if self._waiting_bytes > CHUNK_BYTES:
            self._flush_in_parts()
        elif host_ns - self._since_ns >= self._interval_ns:
            self.flush()

    def append_batch(self, records: Sequence[Record]) -> None:
        """Add records that together cover a consecutive range of arrival numbers.

        Inside the batch packets may be grouped by sensor, as a reader's batches are. Chunks end at
        the flush interval of host time.
        """
        self._check_open()
        if not records:
            return
        for record in records:
            check_record(record, self._channels)
        arrival, host_ns, size = columns(records)
        if np.any(np.diff(arrival) <= 0) or arrival[0] <= self._last_arrival:
            raise ValueError(
                f"Arrival numbers must rise, each once; among {arrival[0]} to {arrival[-1]} some "
                f"are twice or not after {self._last_arrival}."
            )
        self.flush()
        cuts = chunk_cuts(arrival, host_ns, size, self._interval_ns)
        self._write_chunks(split_records(records, cuts))
        self._last_arrival = int(arrival[-1])

    def flush(self) -> None:
        """End the chunk: when this returns, every record appended so far is on the disk."""
        self._check_open()
        if self._waiting:
            waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
            self._write_chunks([waiting])

    def close(self) -> None:
        """Write what waits and the index, and close the file; again does nothing."""
        if self._closed:
            return
        self.flush()
        try:
            self._mcap.finish()
            self._disk.flush()
            self._disk.sync()
        except OSError as error:
            raise self._failed(error) from error
        self._closed = True
        self._disk.close()

    def _begin(self, text: str) -> dict[str, int]:
        """Write the header, and return the channel of each topic."""
        mcap = self._mcap
        mcap.start(profile=MCAP_PROFILE, library="imuhip")
        mcap.add_metadata(METADATA_NAME, metadata_from_json(text))
        self._disk.flush()
        plain = mcap.register_schema(
            "imuhip.Header", SchemaEncoding.JSONSchema, b'{"type":"object"}'
        )
        channels = {HEADER_TOPIC: mcap.register_channel(HEADER_TOPIC, MessageEncoding.JSON, plain)}
        topics = [(MARKS_TOPIC, "Mark"), (EVENTS_TOPIC, "LinkEvent")]
        topics += [(info.sensor, "Notifications") for info in self._header.sensors]
        schemas = {
            name: mcap.register_schema(f"imuhip.{name}", SchemaEncoding.Protobuf, SCHEMA_BYTES)
            for name in ("Mark", "LinkEvent", "Notifications")
        }
        for topic, name in topics:
            channels[topic] = mcap.register_channel(topic, MessageEncoding.Protobuf, schemas[name])
        now = self._log_time(self._header.monotonic_ns)
        mcap.add_message(channels[HEADER_TOPIC], now, text.encode(), now)
        mcap.flush()
        self._disk.sync()
        return channels

    def _flush_in_parts(self) -> None:
        """Write what waits in chunks of a bounded size."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        self._write_chunks(split_records(waiting, chunk_cuts(*columns(waiting), self._interval_ns)))

    def _write_chunks(self, parts: Iterable[Sequence[Record]]) -> None:
        """Write each part as one chunk, packets joined per sensor, and wait for the disk once.

        Once for all: a disk that takes longer for a wait than a chunk lasts would fall behind, a
        chunk after the other, and what a killed program loses would grow.
        """
        try:
            for part in parts:
                for record in join_records(part):
                    self._write(record)
                self._mcap.flush()
            self._disk.sync()
        except OSError as error:
            raise self._failed(error) from error

    def _write(self, record: Record) -> None:
        if isinstance(record, Packet):
            topic, data = record.sensor, bytes_from_packet(record)
        elif isinstance(record, Mark):
            topic, data = MARKS_TOPIC, bytes_from_mark(record)
        else:
            topic, data = EVENTS_TOPIC, bytes_from_event(record)
        log_time = self._log_time(first_host_ns(record))
        sequence = first_arrival(record) & 0xFFFFFFFF
        self._mcap.add_message(self._channels[topic], log_time, data, log_time, sequence)

    def _log_time(self, host_ns: int) -> int:
        """Return the UTC label of a host time; MCAP has no times before 1970."""
        utc_ns = self._header.utc_ns + host_ns - self._header.monotonic_ns
        return min(max(utc_ns, 0), (1 << 64) - 1)

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError(f"{self._path}: the recording is closed")

    def _failed(self, error: OSError) -> RecordingError:
        """Close what can be closed, and return the error to raise."""
        self._closed = True
        self._waiting = []
        self._disk.abandon()
        return RecordingError(
            f"the recording stopped because the disk refused: {reason(error)}. What was written "
            "before is whole (imuhip recover makes a closed file of it); make room, or choose "
            "another disk, and start a new recording",
            path=self._path,
        )


class _Disk:
    """What the MCAP library writes to: bytes wait here until `flush` puts them on the disk."""

    def __init__(self, path: Path, *, fsync: bool, overwrite: bool) -> None:
        refuse_existing(path, overwrite=overwrite)
        make_folder(path.parent)
        flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
        flags |= os.O_TRUNC if overwrite else os.O_EXCL
        try:
            self._handle = os.open(path, flags, FILE_MODE)
            path.chmod(FILE_MODE)  # an overwritten file keeps its mode otherwise
        except OSError as error:
            raise RecordingError(f"cannot be written: {reason(error)}", path=path) from error
        sync_folder(path.parent)
        self._fsync = fsync
        self._waiting = bytearray()
        self._written = 0

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def tell(self) -> int:
        return self._written + len(self._waiting)

    def flush(self) -> None:
        view = memoryview(bytes(self._waiting))
        while view:
            view = view[os.write(self._handle, view) :]
        self._written += len(self._waiting)
        self._waiting.clear()

    def sync(self) -> None:
        """Wait until all that was written is on the disk."""
        if self._fsync:
            os.fsync(self._handle)

    def close(self) -> None:
        os.close(self._handle)

    def abandon(self) -> None:
        """Take back what was written in part, and close."""
        with suppress(OSError):
            os.ftruncate(self._handle, self._written)
        with suppress(OSError):
            os.close(self._handle)
