"""Walk over an MCAP file that may be cut, damaged or made to do harm.

MCAP protects the contents of chunks by checksums, but not its own framing. So a length is believed
only if what lies in it makes sense; where it does not, the walk goes back to the end of the last
whole record and searches for the next chunk by its form. Memory is bounded by the largest chunk,
time by the size of the file.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Metadata
from mcap.writer import MCAP0_MAGIC

from imuhip.core.errors import RecordingError
from imuhip.recording.format import MAX_CHUNK_BYTES, MAX_HEADER_BYTES, MAX_RECORD_BYTES

MAX_INFLATION: Final = 500
"""Decompressed bytes in all, for each byte of the file; real recordings stay under 50."""

MAX_CHUNK_RECORDS: Final = 20_000
"""A writer's chunks hold half as many at most: a mark or a group counts a hundred bytes."""


@dataclass(frozen=True, slots=True)
class ScannedChunk:
    """The whole, decompressed contents of a chunk; `end` is where the next record begins."""

    data: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes `start` to `end` of the file that make no sense, and why."""

    start: int
    end: int
    why: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How the file ends: whole; data whole but the index damaged; or cut at byte `at`."""

    at: int
    data_whole: bool
    index_whole: bool


Scanned = ScannedChunk | Metadata | Damage | Ending


class Scanner:
    """The records of an open MCAP file, one after the other.

    Parameters
    ----------
    file
        Open for reading bytes, and seekable.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offset = 0  # the next record begins here, if framing is to be believed
        self._trusted = 0  # everything before here made sense
        self._inflated = 0
        self._known_size = 0
        self._zstd = zstandard.ZstdDecompressor()

    def items(self, *, growing: bool = False) -> Iterator[Scanned]:
        """Yield what the file holds, from where the last call stopped; an `Ending` comes last.

        Parameters
        ----------
        growing
            Somebody is still writing: take a record that is not all there for one to come, not
            for damage.
        """
        if self._offset == 0:
            if growing and self._size() < len(MCAP0_MAGIC):
                yield Ending(at=0, data_whole=False, index_whole=False)
                return
            yield from self._magic()
        while True:
            found = self._record(growing=growing)
            if isinstance(found, Ending):
                yield found
                return
            if isinstance(found, _Implausible):
                found = self._search(found.why)
                if isinstance(found, Ending):
                    yield found
                    return
            if found is not None:
                yield found

    def _magic(self) -> Iterator[Damage]:
        """Check the first bytes; one of them may be wrong, as may any byte of the file."""
        magic = self._read(0, len(MCAP0_MAGIC))
        if not magic:
            raise RecordingError("The file is empty; it is no recording.")
        wrong = sum(a != b for a, b in zip(magic, MCAP0_MAGIC, strict=False))
        if len(magic) < len(MCAP0_MAGIC) or wrong > 1:
            raise RecordingError("this is no recording: it does not begin as an MCAP file does")
        if wrong:
            yield Damage(0, len(magic), "the file's first bytes are damaged")
        self._offset = self._trusted = len(magic)

    def _record(self, *, growing: bool) -> "Scanned | _Implausible | None":
        """Read the record at the offset and step over it; None for one that carries nothing."""
        start = self._offset
        frame = self._read(start, _FRAME.size)
        if len(frame) < _FRAME.size:
            return Ending(at=self._trusted, data_whole=False, index_whole=False)
        opcode, length = _FRAME.unpack(frame)
        if opcode not in _OPCODES or length > MAX_CHUNK_BYTES + _CHUNK.size:
            return _Implausible("a record of no known kind or size")
        end = start + _FRAME.size + length
        if end > self._known_size and end > self._size():
            if growing:
                return Ending(at=self._trusted, data_whole=False, index_whole=False)
            return _Implausible("")
        content = self._read(start + _FRAME.size, length)
        if opcode == Opcode.CHUNK:
            return self._chunk(start, end, content)
        if _contradicts(opcode, content):
            return _Implausible("a record that is not what it says")
        if opcode in _END_LENGTHS:
            return Ending(at=start, data_whole=True, index_whole=self._closed(self._size()))
        self._offset = self._trusted = end
        return _metadata(content) if opcode == Opcode.METADATA else None

    def _chunk(
        self, start: int, end: int, content: bytes
    ) -> "ScannedChunk | Damage | _Implausible":
        """Decompress a chunk and check it against its checksum."""
        if not _consistent(content):
            return _Implausible("a chunk that is not what it says")
        self._offset = self._trusted = end
        size, crc = struct.unpack_from("<QI", content, 16)
        data = content[_CHUNK.size + 8 :]
        if content[_CHUNK.size - 8 : _CHUNK.size] != _ZSTD:
            return Damage(start, end, "a chunk is not compressed by zstd, or is damaged")
        try:
            # The frame's own size is asked first: the library would make room for any claim.
            if size > MAX_CHUNK_BYTES or zstandard.frame_content_size(data) != size:
                return Damage(start, end, "a chunk is larger than it may be, or is damaged")
            self._inflated += size
            if self._inflated > MAX_INFLATION * self._known_size + MAX_CHUNK_BYTES:
                raise RecordingError(
                    f"the file grows to more than {MAX_INFLATION} times its size when it is "
                    "decompressed; no recording does, so it is refused"
                )
            plain = self._zstd.decompress(data)
        except zstandard.ZstdError:
            return Damage(start, end, "a chunk cannot be decompressed")
        if len(plain) != size or (crc != 0 and zlib.crc32(plain) != crc):
            return Damage(start, end, "a chunk does not match its checksum")
        return ScannedChunk(plain, end)

    def _search(self, why: str) -> Damage | Ending:
        """Find the next chunk after the last whole record, and go on there."""
        start, base, tail = self._trusted, self._trusted + 1, b""
        while block := self._read(base, _WINDOW):
            window = tail + block
            place = _hidden_chunk(window, limit=self._size() - (base - len(tail)))
            if place is not None:
                self._offset = base - len(tail) + place
                # Nothing before the chunk is looked at again, so every search goes forward.
                self._trusted = self._offset
                return Damage(start, self._offset, why or "a record with a damaged length")
            tail = window[-(_FRAME.size + _CHUNK.size + 8) :]
            base += len(block)
        if why:
            self._offset = self._size()
            self._trusted = self._offset
            return Damage(start, self._offset, why)
        return Ending(at=start, data_whole=False, index_whole=False)

    def _closed(self, size: int) -> bool:
        """Whether the file ends as a closed file does: footer and magic."""
        ending = self._read(max(size - _CLOSING, 0), _CLOSING)
        footer = _FRAME.pack(Opcode.FOOTER, _END_LENGTHS[Opcode.FOOTER])
        return ending.startswith(footer) and ending.endswith(MCAP0_MAGIC)

    def _read(self, offset: int, count: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(count)

    def _size(self) -> int:
        self._known_size = os.fstat(self._file.fileno()).st_size
        return self._known_size


@dataclass(frozen=True, slots=True)
class _Implausible:
    """The record at the offset cannot be believed; `why` is empty if it may just be cut."""

    why: str


def chunk_records(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield opcode and content of each record in a chunk; ValueError if they do not fit."""
    offset, count, view = 0, 0, memoryview(data)
    while offset < len(data):
        if offset + _FRAME.size > len(data):
            raise ValueError("it ends within a record")
        opcode, length = _FRAME.unpack_from(data, offset)
        offset += _FRAME.size
        count += 1
        if length > len(data) - offset:
            raise ValueError("it ends within a record")
        if opcode not in _IN_CHUNK or count > MAX_CHUNK_RECORDS:
            raise ValueError("it holds records that do not belong into a chunk, or too many")
        yield opcode, view[offset : offset + length]
        offset += length


def channel_from_content(content: memoryview) -> Channel:
    """Return the channel record of these bytes; ValueError if they are none."""
    if len(content) > MAX_RECORD_BYTES:
        raise ValueError("a channel of impossible size")
    try:
        channel: Channel = Channel.read(ReadDataStream(BytesIO(content)))
    except (struct.error, McapError) as error:
        raise ValueError("a channel that cannot be read") from error
    return channel


def _metadata(content: bytes) -> Metadata | None:
    """Return the metadata record of these bytes; None if they are none."""
    if len(content) > MAX_HEADER_BYTES + MAX_RECORD_BYTES:
        return None
    try:
        metadata: Metadata = Metadata.read(ReadDataStream(BytesIO(content)))
    except (struct.error, McapError, UnicodeDecodeError):
        return None
    return metadata


def _contradicts(opcode: int, content: bytes) -> bool:
    """Whether a record that is no chunk cannot be what its opcode and length say."""
    if opcode in _END_LENGTHS:
        return len(content) != _END_LENGTHS[opcode]
    if opcode == Opcode.MESSAGE_INDEX:
        return len(content) != 6 + int.from_bytes(content[2:6], "little")
    return content[_CHUNK.size - 8 : _CHUNK.size] == _ZSTD or _hidden_chunk(content) is not None


def _consistent(content: bytes | memoryview, length: int | None = None) -> bool:
    """Whether a chunk's lengths agree with each other (`length` is that of its record)."""
    length = len(content) if length is None else length
    if len(content) < _CHUNK.size + 8:
        return False
    data_at = _CHUNK.size - 4 + _CHUNK.unpack_from(content)[4]
    data_length = int.from_bytes(content[data_at : data_at + 8], "little")
    return bool(data_at + 8 + data_length == length)


def _hidden_chunk(window: bytes, limit: int | None = None) -> int | None:
    """Return where in `window` a chunk begins whose lengths agree, or None.

    `limit` is how far the file reaches from the beginning of the window.
    """
    place = window.find(_ZSTD)
    while place >= 0:
        start = place + 8 - _CHUNK.size - _FRAME.size
        head = window[max(start, 0) : place + 16]
        if start >= 0 and len(head) == _FRAME.size + _CHUNK.size + 8:
            opcode, length = _FRAME.unpack_from(head)
            fits = limit is None or start + _FRAME.size + length <= limit
            if opcode == Opcode.CHUNK and fits and _consistent(head[_FRAME.size :], length):
                return start
        place = window.find(_ZSTD, place + 1)
    return None


_FRAME: Final = struct.Struct("<BQ")
"""Every record: opcode, length of the content."""

_CHUNK: Final = struct.Struct("<QQQII4x")
"""A chunk: first and last time, size and checksum of its contents, name of the compression."""

_ZSTD: Final = b"\x04\0\0\0zstd"
_WINDOW: Final = 1 << 20
_IN_CHUNK: Final = frozenset((Opcode.SCHEMA, Opcode.CHANNEL, Opcode.MESSAGE))
_OPCODES: Final = frozenset(Opcode) | frozenset(range(0x80, 0x100))
_END_LENGTHS: Final[dict[int, int]] = {Opcode.DATA_END: 4, Opcode.FOOTER: 20}
_CLOSING: Final = _FRAME.size + _END_LENGTHS[Opcode.FOOTER] + len(MCAP0_MAGIC)
