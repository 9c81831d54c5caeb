"""A damaged, cut or hostile file costs what is damaged: never a crash, a hang or all the memory."""

import errno
import os
import random
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from support.hostile_bytes import (
    MAGIC,
    read,
)

from imuhip.core.errors import RecordingError
from imuhip.core.records import Header, Mark, SensorInfo
from imuhip.recording import writer as recording_writer
from imuhip.recording.reader import RecordingReader
from imuhip.recording.summary import describe
from imuhip.recording.writer import RecordingWriter

PY = sys.executable


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
    """One wrong bit costs at most the chunk it lies in, and loss is reported with its extent."""
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
            reported = sum(fault.count for fault in reader.faults)
            at_the_end = rows[-1] != everything[-1]
            assert not reader.whole or reported == lost, place
            assert reader.faults, place
            assert at_the_end or reported == lost, place


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
from imuhip.recording.summary import RecordingWriter
from imuhip.core.records import Header, Packet, SensorInfo
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
            reported = [line for line in process.stdout.read().splitlines() if line.isdigit()]
        appended = int(reported[-2]) if len(reported) > 1 else stop - 1
        reader = RecordingReader(path)
        arrivals = [a for batch in reader.batches() for p in batch for a in p.arrival.tolist()]
        assert arrivals == list(range(len(arrivals)))
        assert (appended - len(arrivals)) * step_ns <= 1_000_000_000
        assert not reader.whole


FULL = """
import resource, sys
import numpy as np
from pathlib import Path
from imuhip.recording.summary import RecordingReader, RecordingWriter
from imuhip.core.errors import RecordingError
from imuhip.core.records import Header, Packet, SensorInfo
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


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_disk_that_takes_no_header_keeps_no_stump(tmp_path, header, monkeypatch, overwrite):
    """A recording that could not begin says so, and leaves no file that nobody can read."""
    path = tmp_path / "a.mcap"
    if overwrite:
        path.write_bytes(b"before")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("imuhip.recording.writer.os.write", full)
    with pytest.raises(RecordingError, match="did not begin because the disk refused: no space"):
        RecordingWriter(path, header, overwrite=overwrite)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []
