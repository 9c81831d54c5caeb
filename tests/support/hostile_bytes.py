"""Bytes of recordings that mean harm: records, chunks and messages put together by hand."""

import struct
import zlib
from pathlib import Path

import zstandard

from imuhip.recording import format as recording_format
from imuhip.recording.reader import RecordingReader

MAGIC = b"\x89MCAP0\r\n"


def read(path: Path, flat):
    """All rows, and the reader after its last batch."""
    reader = RecordingReader(path)
    return flat(r for batch in reader.batches() for r in batch), reader


def record(opcode: int, content: bytes) -> bytes:
    return struct.pack("<BQ", opcode, len(content)) + content


def text(value: str) -> bytes:
    return struct.pack("<I", len(value.encode())) + value.encode()


def metadata(values: dict[str, str], name: str = recording_format.METADATA_NAME) -> bytes:
    pairs = b"".join(text(key) + text(value) for key, value in values.items())
    return record(12, text(name) + struct.pack("<I", len(pairs)) + pairs)


def chunk(plain: bytes, *, size: int | None = None, compressed: bytes | None = None) -> bytes:
    data = zstandard.compress(plain) if compressed is None else compressed
    size = len(plain) if size is None else size
    head = struct.pack("<QQQI", 0, 0, size, zlib.crc32(plain)) + text("zstd")
    return record(6, head + struct.pack("<Q", len(data)) + data)


def message(channel: int, data: bytes) -> bytes:
    return record(5, struct.pack("<HIQQ", channel, 0, 0, 0) + data)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def delimited(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def with_header(header, rest: bytes) -> bytes:
    json_text = recording_format.json_from_header(header)
    return (
        MAGIC
        + record(1, text("") + text(""))
        + metadata(recording_format.metadata_from_json(json_text))
        + rest
    )


def numbers(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}Q", *values)


def notifications(arrival: bytes, host: bytes, length: bytes, payload: bytes = b"") -> bytes:
    return (
        delimited(1, b"pelvis")
        + delimited(2, b"c")
        + delimited(4, arrival)
        + delimited(5, host)
        + delimited(6, length)
        + delimited(7, payload)
    )
