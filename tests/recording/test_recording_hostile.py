"""Recordings that mean harm: bombs, wrong lengths, giant headers, rubbish."""

import random
import resource
import struct
import time
import tracemalloc

import pytest
from mcap.records import Chunk
from mcap.stream_reader import StreamReader
from support.hostile_bytes import (
    MAGIC,
    chunk,
    delimited,
    message,
    metadata,
    notifications,
    numbers,
    read,
    record,
    varint,
    with_header,
)

from imuhip.core.errors import RecordingError
from imuhip.core.records import Mark
from imuhip.recording import format as recording_format
from imuhip.recording.reader import RecordingReader

BODIES = {
    "sizes of 2^32": chunk(b"", size=1 << 32),
    "sizes of 2^63": chunk(b"", size=1 << 63),
    "a frame that lies about its size": chunk(
        b"x" * 100, compressed=b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 1 << 40) + b"\1\0\0"
    ),
    "records of 2^62 bytes": struct.pack("<BQ", 6, 1 << 62) + b"x" * 100,
    "a bomb": chunk(bytes(64 << 20)),
    "a bomb that lies": chunk(bytes(64 << 20), size=1000),
    "zeros for fields": chunk(message(4, bytes(1000))),
    "deep nesting": chunk(message(4, b"\x0b" * 100_000)),
    "deep groups closed": chunk(message(4, b"\x0b" * 50_000 + b"\x0c" * 50_000)),
    "columns of unequal length": chunk(message(4, notifications(numbers(0, 1), numbers(0), b"\1"))),
    "lengths beyond the payload": chunk(
        message(4, notifications(numbers(0), numbers(0), varint(0xFFFFFFFF)))
    ),
    "millions of lengths": chunk(
        message(4, notifications(numbers(0), numbers(0), bytes(8_000_000)))
    ),
    "no columns": chunk(message(4, notifications(b"", b"", b""))),
    "arrivals backwards": chunk(message(4, notifications(numbers(9, 3), numbers(0, 0), b"\0\0"))),
    "arrivals beyond 63 bits": chunk(
        message(4, notifications(numbers(1 << 63), numbers(0), b"\0"))
    ),
    "text that is no text": chunk(message(2, delimited(3, b"\xff\xfe"))),
    "records that end early": chunk(struct.pack("<BQ", 5, 1000) + b"abc"),
    "a message without a head": chunk(record(5, b"abc")),
    "a channel of nonsense": chunk(record(4, b"\xff" * 30)),
    "a channel of 70 kB": chunk(record(4, bytes(70_000))),
    "half a record's frame at the end": chunk(message(2, b"\x09" + numbers(3)) + b"\5\1"),
    "an arrival number twice": chunk(2 * message(2, b"\x09" + numbers(3))),
    "a sensor on no segment": chunk(
        message(4, notifications(numbers(0), numbers(0), b"\0").replace(b"pelvis", b"pelvic"))
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_hostile_chunk(tmp_path, header, name):
    """A chunk made to do harm is a fault, in little memory and time; what follows is read."""
    good = chunk(message(2, b"\x09" + numbers(50) + b"\x1a\x04pain"))
    path = tmp_path / "a.mcap"
    path.write_bytes(with_header(header, BODIES[name] + good))
    tracemalloc.start()
    began = time.monotonic()
    reader = RecordingReader(path)
    batches = list(reader.batches())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert batches == [[Mark(50, 0, "pain")]]
    assert reader.faults
    assert not reader.whole
    assert peak < 200 << 20
    assert time.monotonic() - began < 5.0


def test_many_bombs(tmp_path, header):
    """Thousands of small bombs are refused before they have cost much time."""
    one = chunk(bytes(8 << 20))
    path = tmp_path / "a.mcap"
    path.write_bytes(with_header(header, one * 2000))
    reader = RecordingReader(path)
    with pytest.raises(RecordingError, match="times its size"):
        list(reader.batches())


def test_many_tiny_records(tmp_path, header):
    """A chunk full of tiny groups is read, and one overfull refused, within bounded memory."""
    groups = [message(4, notifications(numbers(n), numbers(0), b"\0")) for n in range(40_000)]
    path = tmp_path / "a.mcap"
    marks = [message(2, b"\x09" + numbers(n)) for n in range(6_000, 16_000)]
    bodies = (groups[:6_000], marks, groups[16_000:40_000])
    path.write_bytes(with_header(header, b"".join(chunk(b"".join(body)) for body in bodies)))
    tracemalloc.start()
    reader = RecordingReader(path)
    records = [record for batch in reader.batches() for record in batch]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(records[0]) == 6_000
    assert len(records) == 10_001
    assert peak < 200 << 20
    assert "too many" in reader.faults[-2].detail


ONE = '{"sensor": "pelvis", "profile_id": "p", "settings": {}, "device": {}, "rate_hz": %s}'
START = '{"format_version": 1, "profiles": {"p": ""}, "sensors": ['
HEADERS = {
    "rate in words": (START + ONE % '"fast"' + "]}", "rate_hz should be a number, is 'fast'"),
    "a sensor twice": (START + ONE % 1 + "," + ONE % 2 + "]}", "names a sensor twice"),
    "a clock of its own": (
        START + ONE % 1 + '], "clock": "sun"}',
        "clock should be 'session' or 'host', is 'sun'",
    ),
    "more than it may hold": ('"' + "x" * (1 << 20) + '"', "the header has 1048578 characters"),
    "deep": ("[" * 100_000, "no readable JSON"),
    "list": ("[]", "should be a JSON object"),
    "no version": ("{}", "format_version should be an integer"),
    "newer": ('{"format_version": 2, "anything": []}', "format version 2, and this program reads"),
    "text for a number": ('{"format_version": "1"}', "format_version should be an integer"),
    "long number": ('{"format_version": ' + "9" * 10_000 + "}", "no readable JSON"),
    "large number": ('{"format_version": ' + "9" * 30 + "}", "format_version should be an integer"),
    "no sensors": ('{"format_version": 1}', "sensors should be a list"),
    "sensor of nonsense": ('{"format_version": 1, "sensors": [1]}', "list of objects"),
    "not a segment": (
        '{"format_version": 1, "sensors": [{"sensor": "tail"}]}',
        "'tail' is no segment; known: pelvis",
    ),
    "rate": (
        """{"format_version": 1, "sensors":
        [{"sensor": "pelvis", "profile_id": "p", "settings": {}, "rate_hz": 1e999}]}""",
        "rate_hz is inf",
    ),
}


@pytest.mark.parametrize("name", HEADERS)
def test_hostile_header(tmp_path, name):
    """A header that cannot be used is refused, saying which entry and what came."""
    json_text, said = HEADERS[name]
    path = tmp_path / "a.mcap"
    path.write_bytes(MAGIC + metadata(recording_format.metadata_from_json(json_text)))
    with pytest.raises(RecordingError, match=r".") as caught:
        RecordingReader(path)
    assert said in str(caught.value)


def test_giant_header(tmp_path):
    """A header of many megabytes is not even parsed."""
    path = tmp_path / "a.mcap"
    path.write_bytes(MAGIC + metadata({"json": "[" * 3_000_000, "crc32": ""}))
    with pytest.raises(RecordingError, match="no whole header"):
        RecordingReader(path)


def test_an_export_for_plotting_programs_is_no_recording(tmp_path):
    """An MCAP file that says it is an export is refused as that, with what to open instead."""
    path = tmp_path / "a.mcap"
    path.write_bytes(MAGIC + metadata({"of": "a.mcap"}, recording_format.EXPORT_METADATA))
    with pytest.raises(RecordingError, match="this is an export for plotting"):
        RecordingReader(path)


def test_rubbish(tmp_path, flat, small):
    """Any bytes after a good beginning give records or faults, and nothing else."""
    data, generator = small.read_bytes(), random.Random(11)  # noqa: S311
    path = tmp_path / "a.mcap"
    for _ in range(300):
        rubbish = bytearray(data)
        for _ in range(generator.randrange(1, 20)):
            start = generator.randrange(len(data))
            span = generator.randrange(1, 200)
            kind = generator.randrange(3)
            if kind == 0:
                rubbish[start : start + span] = generator.randbytes(span)
            elif kind == 1:
                del rubbish[start : start + span]
            else:
                rubbish[start:start] = rubbish[start // 2 : start // 2 + span]
        path.write_bytes(rubbish)
        try:
            rows, _ = read(path, flat)
        except RecordingError:
            continue
        assert [row[0] for row in rows] == sorted({row[0] for row in rows})


def test_the_chunks_are_zstd_with_checksum(small):
    """Every chunk is compressed by zstd and carries the checksum of its contents."""
    with small.open("rb") as file:
        chunks = [r for r in StreamReader(file, emit_chunks=True).records if isinstance(r, Chunk)]
    assert len(chunks) > 8
    assert all(c.compression == "zstd" and c.uncompressed_crc for c in chunks)


def test_own_limits():
    """A writer's chunks are far from what a reader refuses, and a limit of files is at hand."""
    largest = recording_format.CHUNK_BYTES + recording_format.MAX_RECORD_BYTES
    assert 2 * largest < recording_format.MAX_CHUNK_BYTES
    assert resource.RLIMIT_FSIZE
