"""A damaged, cut or hostile file costs what is damaged: never a crash, a hang or all the memory."""

import errno
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest
import zstandard
from mcap.records import Chunk
from mcap.stream_reader import StreamReader

from imuhip.archive import recording_format, recording_writer
from imuhip.archive.recording import RecordingReader, RecordingWriter, describe
from imuhip.errors import RecordingError
from imuhip.records import Header, Mark, SensorInfo

MAGIC = b"\x89MCAP0\r\n"
PY = sys.executable


def read(path: Path, flat):
    """All rows, and the reader after its last batch."""
    reader = RecordingReader(path)
    return flat(r for batch in reader.batches() for r in batch), reader


def chunk_ends(data: bytes) -> list[int]:
    """Where each chunk of a whole file ends."""
    ends, offset = [], len(MAGIC)
    while offset < len(data) - len(MAGIC):
        opcode, length = struct.unpack_from("<BQ", data, offset)
        offset += 9 + length
        if opcode == 6:
            ends.append(offset)
    return ends


@pytest.fixture
def five_chunks(tmp_path, packet) -> Path:
    """Ten seconds of two sensors, a chunk every two seconds, as few bytes as can be."""
    header = Header(
        (SensorInfo("pelvis", "p", 3.0), SensorInfo("thigh_left", "p", 3.0)), {"p": ""}, "host"
    )
    path = tmp_path / "ten.mcap"
    with RecordingWriter(path, header, flush_interval_ns=1_900_000_000, fsync=False) as writer:
        for n in range(60):
            sensor = ("pelvis", "thigh_left")[n % 2]
            writer.append(packet(sensor, n, n // 2 * 333_333_334, n.to_bytes(2, "big")))
    return path


def test_cut_at_every_byte(five_chunks, tmp_path, flat):
    """A file cut anywhere gives its header and exactly the whole chunks before the cut."""
    data, path = five_chunks.read_bytes(), tmp_path / "cut.mcap"
    everything, whole = read(five_chunks, flat)
    ends = chunk_ends(data)
    rows_until = []  # rows in the file up to the end of each chunk
    for end in ends:
        path.write_bytes(data[:end])
        rows_until.append(len(read(path, flat)[0]))
    assert rows_until[0] == 0
    assert rows_until[-1] == len(everything) == 60
    assert len(set(rows_until)) == 6
    header_end = None
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        try:
            rows, reader = read(path, flat)
        except RecordingError:
            assert header_end is None, "a longer file has the header too"
            continue
        header_end = header_end or cut
        expected = [count for end, count in zip(ends, rows_until, strict=True) if end <= cut]
        assert rows == everything[: expected[-1] if expected else 0], cut
        assert not reader.whole
        assert reader.header == whole.header
        assert reader.faults
    assert header_end < ends[0]


def test_single_bit_flips(five_chunks, tmp_path, flat):
    """One wrong bit costs at most the chunk it lies in, and loss is told with its extent."""
    data, path = five_chunks.read_bytes(), tmp_path / "flip.mcap"
    everything, _ = read(five_chunks, flat)
    known = set(everything)
    generator = random.Random(3)  # noqa: S311
    ends = [0, *chunk_ends(data)]
    framing = [byte * 8 + bit for end in ends for byte in range(end, end + 60) for bit in (0, 7)]
    places = {place for place in framing if place < len(data) * 8}
    places |= {generator.randrange(len(data) * 8) for _ in range(700)}
    for place in sorted(places):
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        rows, reader = read(path, flat)
        lost = len(everything) - len(rows)
        assert set(rows) <= known, place
        assert lost <= 13, place
        if lost:
            told = sum(fault.count for fault in reader.faults)
            at_the_end = rows[-1] != everything[-1]
            assert not reader.whole or told == lost, place
            assert reader.faults, place
            assert at_the_end or told == lost, place


def test_damaged_chunk_is_named(small, tmp_path, flat):
    """The fault says which bytes are damaged, how many records are missing, and when."""
    data = bytearray(small.read_bytes())
    ends = chunk_ends(data)
    data[(ends[3] + ends[4]) // 2] ^= 0xFF
    path = tmp_path / "a.mcap"
    path.write_bytes(data)
    rows, reader = read(path, flat)
    (fault,) = reader.faults
    assert fault.kind == "lost_records"
    assert fault.count == 312 - len(rows) - 1
    assert (fault.t_start, fault.t_end) == (pytest.approx(3.0), pytest.approx(4.0))
    assert f"bytes {ends[3]}" not in fault.detail  # the message index after a chunk is whole
    assert "checksum" in fault.detail or "decompressed" in fault.detail
    assert not describe(path).whole


def test_lost_first_chunk(small, tmp_path, flat, header):
    """Without the chunk that names the channels the rest is read all the same."""
    data = bytearray(small.read_bytes())
    first = chunk_ends(data)[0]
    data[first - 5] ^= 0xFF
    path = tmp_path / "a.mcap"
    path.write_bytes(data)
    rows, reader = read(path, flat)
    assert rows == read(small, flat)[0]
    assert reader.header == header


def test_damaged_metadata(small, tmp_path, header):
    """The header is there twice: in a record of its own and in the first chunk."""
    data = bytearray(small.read_bytes())
    data[data.index(b'"athlete"') + 1] ^= 1
    path = tmp_path / "a.mcap"
    path.write_bytes(data)
    assert RecordingReader(path).header == header


WRITER = """
import sys, time
import numpy as np
from pathlib import Path
from imuhip.archive.recording import RecordingWriter
from imuhip.records import Header, Packet, SensorInfo
header = Header((SensorInfo("pelvis", "p", 100.0),), {"p": ""}, "host")
one = np.array([0, 20])
with RecordingWriter(Path(sys.argv[1]), header) as writer:
    print("ready", flush=True)
    for n in range(10**9):
        host_ns = n * int(sys.argv[2])
        payload = np.frombuffer(n.to_bytes(20, "little"), np.uint8)
        writer.append(Packet("pelvis", "c", 0, np.array([n]), np.array([host_ns]), payload, one))
        sys.stdout.write(f"{n}\\n")
        sys.stdout.flush()
"""


def test_killed_writer_loses_less_than_a_second(tmp_path):
    """However it is killed, what lies more than a second back is on the disk."""
    generator = random.Random(5)  # noqa: S311
    step_ns = 10_000_000
    for trial in range(4):
        path = tmp_path / f"{trial}.mcap"
        command = [PY, "-c", WRITER, str(path), str(step_ns)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            stop = generator.randrange(50, 3000)
            for _ in range(stop):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
            told = [line for line in process.stdout.read().splitlines() if line.isdigit()]
        appended = int(told[-2]) if len(told) > 1 else stop - 1
        reader = RecordingReader(path)
        arrivals = [a for batch in reader.batches() for p in batch for a in p.arrival.tolist()]
        assert arrivals == list(range(len(arrivals)))
        assert (appended - len(arrivals)) * step_ns <= 1_000_000_000
        assert not reader.whole


FULL = """
import resource, sys
import numpy as np
from pathlib import Path
from imuhip.archive.recording import RecordingReader, RecordingWriter
from imuhip.errors import RecordingError
from imuhip.records import Header, Packet, SensorInfo
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
header = Header((SensorInfo("pelvis", "p", 100.0),), {"p": ""}, "host")
path, rng = Path(sys.argv[1]), np.random.default_rng(0)
writer = RecordingWriter(path, header)
flushed = 0
try:
    for n in range(100000):
        payload = rng.integers(0, 256, 100).astype(np.uint8)
        writer.append(
            Packet("pelvis", "c", 0, np.array([n]), np.array([n * 10**7]), payload,
                   np.array([0, 100]))
        )
        if n % 10 == 0:
            writer.flush()
            flushed = n + 1
except RecordingError as error:
    print(error)
    writer.close()
reader = RecordingReader(path)
rows = sum(len(p) for batch in reader.batches() for p in batch)
print(flushed, rows, len(reader.faults))
"""


def test_full_disk(tmp_path):
    """A disk that takes no more stops the recording with a reason; what was flushed stays whole."""
    command = [PY, "-c", FULL, str(tmp_path / "a.mcap")]
    said, numbers = subprocess.run(
        command, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "the disk refused: file too large" in said
    assert str(tmp_path / "a.mcap") in said
    flushed, rows, faults = map(int, numbers.split())
    assert rows == flushed > 100
    assert faults == 1


def test_failing_disk_closes_the_file(tmp_path, header, monkeypatch):
    """After an error of the disk nothing of the failed chunk stays, and nothing more is taken."""
    path = tmp_path / "a.mcap"
    writer = RecordingWriter(path, header)
    writer.append(Mark(0, 0, "pain"))
    writer.flush()
    before = path.read_bytes()
    write = os.write

    def half(handle: int, data: memoryview) -> int:
        if len(data) > 60:
            return write(handle, data[:50])
        raise OSError(errno.ENOSPC, "No space left on device")

    writer.append(Mark(1, 0, "note:" + os.urandom(200).hex()))
    monkeypatch.setattr(recording_writer.os, "write", half)
    with pytest.raises(RecordingError, match="no space left on device"):
        writer.flush()
    monkeypatch.undo()
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="closed"):
        writer.append(Mark(2, 0, "pain"))
    writer.close()


# --- hostile files -------------------------------------------------------------------------------


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


HEADERS = {
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
