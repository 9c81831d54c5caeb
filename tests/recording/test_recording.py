"""A recording gives back what was put in, to us and to others."""

import os
import stat
import threading
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap.writer import Writer as McapWriter

from imuhip.core.errors import RecordingError
from imuhip.core.records import Header, LinkEvent, Mark, Packet, SensorInfo
from imuhip.recording.format import header_from_json, json_from_header
from imuhip.recording.reader import RecordingReader, follow
from imuhip.recording.summary import describe, recover, software_versions
from imuhip.recording.writer import RecordingWriter

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
HEADER = Header(
    sensors=(SensorInfo("pelvis", "p", 100.0), SensorInfo("thigh_left", "p", 100.0)),
    profiles={"p": "text"},
    clock="session",
)


@st.composite
def things(draw):
    """Single things of every kind, with rising arrival numbers and any host times."""
    arrival, records = -1, []
    for _ in range(draw(st.integers(0, 20))):
        arrival += draw(st.integers(1, 3) | st.integers(1, 1 << 40))
        host_ns = draw(INT64)
        kind = draw(st.integers(0, 3))
        if kind == 0:
            records.append(Mark(arrival, host_ns, draw(TEXT)))
        elif kind == 1:
            detail = draw(st.dictionaries(TEXT, TEXT, max_size=3))
            records.append(LinkEvent(arrival, host_ns, draw(TEXT), draw(TEXT), detail))
        else:
            lengths = draw(st.lists(st.integers(0, 30), min_size=1, max_size=4))
            count = len(lengths)
            records.append(
                Packet(
                    sensor=draw(st.sampled_from(("pelvis", "thigh_left"))),
                    characteristic=draw(TEXT),
                    epoch=draw(st.integers(0, (1 << 32) - 1)),
                    arrival=np.arange(arrival, arrival + count),
                    host_ns=np.array([draw(INT64) for _ in range(count)], dtype=np.int64),
                    payload=np.frombuffer(draw(st.binary(min_size=200, max_size=200)), np.uint8)[
                        : sum(lengths)
                    ],
                    offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
                )
            )
            arrival += count - 1
    return records


@given(records=things(), flushes=st.sets(st.integers(0, 20)), interval=st.integers(1, 1 << 62))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read(tmp_path_factory, flat, records, flushes, interval):
    """Any records come back with the same bits, however the chunks are cut."""
    path = tmp_path_factory.mktemp("rec") / "a.mcap"
    with RecordingWriter(path, HEADER, flush_interval_ns=interval, fsync=False) as writer:
        for index, record in enumerate(records):
            writer.append(record)
            if index in flushes:
                writer.flush()
    reader = RecordingReader(path)
    batches = list(reader.batches())
    assert flat(r for batch in batches for r in batch) == flat(records)
    assert reader.whole
    whole = path.with_name("b.mcap")
    with RecordingWriter(whole, HEADER, flush_interval_ns=interval, fsync=False) as writer:
        for batch in batches:
            writer.append_batch(batch)
    assert flat(r for batch in RecordingReader(whole).batches() for r in batch) == flat(records)


def test_header_comes_back(small, header):
    """Every field of the header is read as it was written."""
    assert RecordingReader(small).header == header


def test_batches_are_consecutive_and_grouped(small, ten_seconds):
    """A batch covers a range of its own, with one packet a sensor, characteristic and epoch."""
    batches = list(RecordingReader(small).batches(max_batch_s=2.0))
    assert len(batches) > 3
    last = -1
    for batch in batches:
        packets = [record for record in batch if isinstance(record, Packet)]
        keys = [(p.sensor, p.characteristic, p.epoch) for p in packets]
        assert len(keys) == len(set(keys))
        single = [np.array([r.arrival]) for r in batch if not isinstance(r, Packet)]
        arrival = np.sort(np.concatenate([p.arrival for p in packets] + single))
        assert np.array_equal(arrival, np.arange(last + 1, last + 1 + len(arrival)))
        last = int(arrival[-1])
    assert last == len(ten_seconds) - 1


def test_long_packets_are_cut_into_chunks(tmp_path, flat):
    """A packet of minutes is written in chunks of a second and of a bounded size."""
    rows = 40_000
    packet = Packet(
        sensor="pelvis",
        characteristic="samples",
        epoch=0,
        arrival=np.arange(rows),
        host_ns=np.arange(rows) * 5_000_000,
        payload=np.random.default_rng(0).integers(0, 256, rows * 56).astype(np.uint8),
        offsets=np.arange(rows + 1) * 56,
    )
    with RecordingWriter(tmp_path / "a.mcap", HEADER, fsync=False) as writer:
        writer.append_batch([packet])
    with RecordingWriter(tmp_path / "b.mcap", HEADER, fsync=False) as writer:
        writer.append(packet)
    for name in ("a.mcap", "b.mcap"):
        reader = RecordingReader(tmp_path / name)
        batches = list(reader.batches(max_batch_s=0.0))
        assert 200 <= len(batches) <= 203  # a cut a second, and one a megabyte
        assert flat(r for batch in batches for r in batch) == flat([packet])


def test_others_can_read_it(small, header, ten_seconds):
    """A stranger's reader decodes the messages by the schema that lies in the file."""
    pool = descriptor_pool.DescriptorPool()
    rows = []
    with small.open("rb") as file:
        for schema, channel, message in make_reader(file, validate_crcs=True).iter_messages():
            if schema.encoding != "protobuf":
                continue
            for proto in descriptor_pb2.FileDescriptorSet.FromString(schema.data).file:
                pool.Add(proto)
            found = message_factory.GetMessageClass(pool.FindMessageTypeByName(schema.name))
            decoded = found.FromString(message.data)
            if channel.topic == "pelvis":
                rows += zip(decoded.arrival, decoded.host_ns, decoded.length, strict=True)
                utc_ns = header.utc_ns + decoded.host_ns[0] - header.monotonic_ns
                assert message.log_time == utc_ns
    assert rows == [
        (int(r.arrival[0]), int(r.host_ns[0]), len(r.payload))
        for r in ten_seconds
        if isinstance(r, Packet) and r.sensor == "pelvis"
    ]


def test_library_ends_a_chunk_when_told():
    """Canary: mcap's `flush` ends the chunk, and only then is it in the stream."""
    stream = BytesIO()
    writer = McapWriter(stream, chunk_size=1 << 30)
    writer.start()
    channel = writer.register_channel("a", "json", 0)
    writer.add_message(channel, 0, b"{}" * 5000, 0)
    before = len(stream.getvalue())
    writer.flush()
    assert before < 200
    assert stream.getvalue()[before] == 6  # the opcode of a chunk


def test_flushed_every_second(tmp_path, header, packet):
    """A record a second after the first of its chunk brings everything to the disk."""
    path = tmp_path / "a.mcap"
    writer = RecordingWriter(path, header)
    writer.append(packet("pelvis", 0, 0, b"a"))
    writer.append(packet("pelvis", 1, 999_999_999, b"b"))
    assert not list(RecordingReader(path).batches())
    writer.append(packet("pelvis", 2, 1_000_000_000, b"c"))
    (batch,) = RecordingReader(path).batches()
    assert batch[0].payload.tobytes() == b"abc"
    writer.append(packet("pelvis", 3, 1_000_000_001, b"d"))
    writer.flush()
    assert RecordingReader(path).header == header
    assert sum(len(r) for b in RecordingReader(path).batches() for r in b) == 4
    writer.close()
    writer.close()


def test_a_batch_waits_for_the_disk_once(tmp_path, header, ten_seconds, monkeypatch):
    """However many chunks a batch makes: a slow disk falls behind by one wait, not by ten."""
    waits = []
    writer = RecordingWriter(tmp_path / "a.mcap", header)
    monkeypatch.setattr(os, "fsync", waits.append)
    writer.append_batch(ten_seconds)
    assert len(waits) == 1
    monkeypatch.undo()
    writer.close()


def test_only_the_owner_may_read(tmp_path, header):
    """Files are made 0600 and folders 0700, an overwritten file too."""
    path = tmp_path / "new" / "deep" / "a.mcap"
    RecordingWriter(path, header).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    RecordingWriter(path, header, overwrite=True).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_existing_file_stays(small, header):
    """A recording is never overwritten unless that is said."""
    before = small.read_bytes()
    with pytest.raises(RecordingError, match="exists already"):
        RecordingWriter(small, header)
    assert small.read_bytes() == before


@pytest.mark.parametrize(
    ("arrivals", "message"),
    [((5, 5), "Arrival numbers must rise"), ((5, 4), "Arrival numbers must rise")],
)
def test_arrival_numbers_rise(tmp_path, header, packet, arrivals, message):
    """An arrival number that does not rise is the caller's mistake, across chunks too."""
    with RecordingWriter(tmp_path / "a.mcap", header) as writer:
        writer.append(packet("pelvis", arrivals[0], 0, b"x"))
        writer.flush()
        with pytest.raises(ValueError, match=message):
            writer.append(packet("thigh_left", arrivals[1], 0, b"x"))
        with pytest.raises(ValueError, match=message):
            writer.append_batch([Mark(7, 0, "pain"), Mark(7, 0, "pain")])
        with pytest.raises(ValueError, match="no sensor 'trunk'"):
            writer.append(packet("trunk", 9, 0, b"x"))
        writer.append(packet("thigh_left", 6, 0, b"x"))
    assert RecordingReader(tmp_path / "a.mcap").header == header


@pytest.mark.parametrize(
    "record",
    [
        Mark(-1, 0, "pain"),
        Mark(0, 1 << 63, "pain"),
        Mark(0, 0, "x" * 100_000),
        Mark(0, 0, "\ud800"),
        LinkEvent(0, 0, "pelvis", "error", {"what": "x" * 100_000}),
    ],
)
def test_what_could_not_be_read_is_not_taken(tmp_path, header, record):
    """A record that no reader would accept is a ValueError, and the recording goes on."""
    with RecordingWriter(tmp_path / "a.mcap", header) as writer:
        with pytest.raises(ValueError, match=r"."):
            writer.append(record)
        writer.append(Mark(3, 0, "pain"))
    assert list(RecordingReader(tmp_path / "a.mcap").batches()) == [[Mark(3, 0, "pain")]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"host_ns": np.zeros(2, dtype=np.int64)}, "columns of equal length"),
        ({"arrival": np.zeros(0, dtype=np.int64)}, "one or more notifications"),
        ({"offsets": np.array([0, 2])}, "cover its payload from 0 to its end"),
        ({"offsets": np.array([1, 3])}, "cover its payload from 0 to its end"),
        ({"payload": np.zeros(70_000, np.uint8), "offsets": np.array([0, 70_000])}, "0 to 65536"),
        ({"arrival": np.array([-1])}, "rise from 0"),
        ({"epoch": -1}, "epoch is out of range"),
        ({"characteristic": "x" * 70_000}, "characteristic or epoch is out of range"),
    ],
    ids=str,
)
def test_a_packet_that_contradicts_itself_is_not_taken(tmp_path, header, packet, change, said):
    """Alone or in a batch it is a ValueError, nothing of it is written, and the next one is."""
    wrong = replace(packet("pelvis", 0, 0, b"abc"), **change)
    right = packet("pelvis", 0, 0, b"abc")
    with RecordingWriter(tmp_path / "a.mcap", header) as writer:
        for take in (writer.append, lambda one: writer.append_batch([one])):
            with pytest.raises(ValueError, match=said):
                take(wrong)
        writer.append_batch([])
        writer.append(right)
    ((read,),) = RecordingReader(tmp_path / "a.mcap").batches()
    assert read.notification(0) == b"abc"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"profiles": {}}, "profile 'dot' of pelvis is not in the header"),
        ({"parameters": {"notes": "x" * (1 << 20)}}, "The header has .* 1048576 are the most"),
        ({"parameters": {"file": Path("a")}}, "plain values only"),
        ({"parameters": {"tau": float("nan")}}, "not JSON compliant"),
    ],
    ids=lambda each: str(each)[:30],
)
def test_wrong_header_is_refused_before_the_file_is_made(tmp_path, header, change, said):
    """A header that could not be read back makes no file."""
    with pytest.raises(ValueError, match=said):
        RecordingWriter(tmp_path / "a.mcap", replace(header, **change))
    assert not list(tmp_path.iterdir())


def test_numbers_of_numpy_and_other_mappings_are_plain_in_a_header(tmp_path, header):
    """What calculations leave in the parameters reads as JSON has it."""
    found = MappingProxyType({"tau": np.float64(3.0), "steps": np.array([1, 2])})
    path = tmp_path / "a.mcap"
    RecordingWriter(path, replace(header, parameters={"orientation": found})).close()
    read = RecordingReader(path).header.parameters
    assert read == {"orientation": {"tau": 3.0, "steps": [1, 2]}}


def test_follow_sees_what_is_written(tmp_path, header, ten_seconds, flat):
    """Following a file from before its birth gives every record, and ends when it is closed."""
    path = tmp_path / "a.mcap"
    steps = iter(range(10_000))
    writers: list[RecordingWriter] = []
    waiting = iter(ten_seconds)

    def wait() -> bool:
        step = next(steps)
        if step == 2:
            writers.append(RecordingWriter(path, header, fsync=False))
        elif step > 2:
            record = next(waiting, None)
            writers[0].close() if record is None else writers[0].append(record)
        return True

    batches = list(follow(path, wait))
    assert flat(r for batch in batches for r in batch) == flat(ten_seconds)
    assert len(batches) > 5


def test_follow_reads_a_file_growing_byte_by_byte(tmp_path, small, ten_seconds, flat):
    """A chunk that is there in part is waited for, not taken for damage."""
    data, path = small.read_bytes(), tmp_path / "grow.mcap"
    place = 0

    def wait() -> bool:
        nonlocal place
        place += 97 if place > 12 else 3
        path.write_bytes(data[:place])
        return place < len(data) + 97

    assert flat(r for batch in follow(path, wait) for r in batch) == flat(ten_seconds)


def test_follow_stops_when_told(small, tmp_path):
    """A file that is never closed is followed until `wait` says stop."""
    path = tmp_path / "cut.mcap"
    path.write_bytes(small.read_bytes()[:-2000])
    assert len(list(follow(path, lambda: False))) == 1
    assert not list(follow(tmp_path / "never.mcap", lambda: False))


def test_follow_while_another_thread_writes(tmp_path, header, ten_seconds, flat):
    """Reader and writer need nothing in common but the file."""
    path = tmp_path / "a.mcap"
    tick = threading.Event()

    def write() -> None:
        with RecordingWriter(path, header, flush_interval_ns=1) as writer:
            for record in ten_seconds:
                writer.append(record)
                tick.set()

    thread = threading.Thread(target=write)
    thread.start()
    got = flat(r for b in follow(path, lambda: tick.wait(1.0)) for r in b)
    thread.join()
    assert got == flat(ten_seconds)


def test_describe(small, header):
    """The summary counts what is there, in seconds from the first notification."""
    summary = describe(small)
    pelvis = summary.sensors[0]
    assert (pelvis.sensor, pelvis.notifications, pelvis.epochs, pelvis.gaps) == (
        "pelvis",
        100,
        2,
        0,
    )
    assert pelvis.rate_hz == pytest.approx(10.0)
    assert (pelvis.t_first, pelvis.t_last) == (0.0, pytest.approx(9.9))
    assert summary.marks[1] == (pytest.approx(1.0), "note:10")
    assert summary.link_events == 1
    assert summary.whole
    assert summary.header == header
    assert summary.size_bytes == small.stat().st_size
    assert len(summary.sha256) == 64
    assert summary.duration_s == pytest.approx(9.9)


def test_describe_keeps_the_times_of_an_import(tmp_path, header, packet):
    """Where device times are those of the session, nothing is counted from the first sample."""
    path = tmp_path / "a.mcap"
    with RecordingWriter(path, replace(header, clock="session")) as writer:
        for n in range(3):
            writer.append(packet("pelvis", n, (40 + n) * 10**9, b"x"))
        writer.append(Mark(3, 42 * 10**9, "pain"))
    summary = describe(path)
    assert (summary.sensors[0].t_first, summary.sensors[0].t_last) == (40.0, 42.0)
    assert summary.marks == ((42.0, "pain"),)
    assert summary.duration_s == pytest.approx(2.0)


def test_describe_finds_gaps(tmp_path, header, packet):
    """A pause of the arrivals is a gap, and does not count for the rate."""
    path = tmp_path / "a.mcap"
    with RecordingWriter(path, header) as writer:
        for index, time_ms in enumerate([*range(0, 1000, 10), *range(4000, 5000, 10)]):
            writer.append(packet("pelvis", index, time_ms * 1_000_000, b"x"))
    pelvis, left, _ = describe(path).sensors
    assert (pelvis.gaps, pelvis.longest_gap_s) == (1, pytest.approx(3.01))
    assert pelvis.rate_hz == pytest.approx(100.0)
    assert left.notifications == 0
    assert np.isnan(left.rate_hz)


def test_recover(small, tmp_path, ten_seconds, flat):
    """A cut file becomes a whole one with the same records; the source stays as it was."""
    cut, target = tmp_path / "cut.mcap", tmp_path / "out" / "whole.mcap"
    cut.write_bytes(small.read_bytes()[:-3000])
    before = cut.read_bytes()
    old = flat(r for b in RecordingReader(cut).batches() for r in b)
    report = recover(cut, target)
    reader = RecordingReader(target)
    assert flat(r for b in reader.batches() for r in b) == old == flat(ten_seconds)[: len(old)]
    assert reader.whole
    assert reader.header == RecordingReader(small).header
    assert report.notifications + report.marks + report.link_events == len(old)
    assert [fault.kind for fault in report.faults] == ["lost_records"]
    assert cut.read_bytes() == before
    with pytest.raises(RecordingError, match="exists already"):
        recover(cut, target)
    with pytest.raises(RecordingError, match="same file"):
        recover(cut, cut, overwrite=True)


def test_software_versions():
    """The versions name what a result depends on."""
    versions = software_versions()
    assert {"imuhip", "numpy", "vqf", "ahrs", "python", "platform"} <= versions.keys()


@pytest.mark.skipif(os.name == "nt", reason="no FIFO on Windows")
def test_no_regular_file(tmp_path):
    """A pipe is refused at once, not waited for."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecordingError, match="no regular file"):
        RecordingReader(tmp_path / "pipe")


def test_path_is_named(tmp_path: Path):
    """Each refusal names the file and says what was expected."""
    for name, content, message in (
        ("missing", None, "no such file"),
        ("empty", b"", "The file is empty"),
        ("short", b"\x89MC", "no recording"),
        ("text", b"t,acc_x,acc_y\n0,1,2\n", "no recording"),
        ("magic", b"\x89MCAP0\r\n", "no whole header"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(RecordingError, match=message) as caught:
            RecordingReader(tmp_path / name)
        assert caught.value.path == tmp_path / name
    with pytest.raises(RecordingError, match="this is a folder"):
        RecordingReader(tmp_path)


def test_who_tested_stands_in_the_header_where_somebody_said_it(tmp_path):
    """A name is read back; without one the header is what it was before there were testers."""
    for name in ("Zoë", ""):
        path = tmp_path / f"{name or 'none'}.mcap"
        with RecordingWriter(path, replace(HEADER, tester=name)) as writer:
            writer.append(Mark(0, 0, "pain"))
        assert RecordingReader(path).header.tester == name
        assert ('"tester"' in json_from_header(replace(HEADER, tester=name))) == bool(name)
    damaged = json_from_header(replace(HEADER, tester="Zoë")).replace('"Zoë"', "7")
    with pytest.raises(RecordingError, match="tester should be text, is 7"):
        header_from_json(damaged)
