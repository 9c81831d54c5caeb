"""What is on the disk when the collector is killed, or the disk is full."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest

from imuhip.core.records import Packet
from imuhip.live.collector import collect
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader
from imuhip.recording.summary import describe, recover

TESTS = Path(__file__).parents[1]
KILLS = 4


@contextmanager
def collecting_process(folder: Path, *limit: str) -> Iterator[subprocess.Popen]:
    """A collector of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "support.collect_process", str(folder), *limit],
        stdout=subprocess.PIPE,
        text=True,
        cwd=TESTS,
    )
    try:
        yield process
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def recording(process: subprocess.Popen) -> str:
    """Wait until it records; its hub's address."""
    reported, address = [], ""
    while not (reported and reported[-1].startswith("recording ")):
        reported.append(process.stdout.readline())
        assert reported[-1], f"the collector ended: {reported}"
        if reported[-1].startswith("hub on ws://"):
            address = reported[-1].removeprefix("hub on ws://").partition("/")[0]
    return address


def status_of(address: str) -> dict:
    """What the hub says of the session."""
    with urllib.request.urlopen(f"http://{address}/status") as answer:
        return json.load(answer)


def newest_ns(path: Path) -> int:
    """Host stamp of the newest notification that can be read."""
    return max(
        int(record.host_ns[-1])
        for batch in RecordingReader(path).batches()
        for record in batch
        if isinstance(record, Packet)
    )


def test_a_killed_collector_loses_less_than_a_second(tmp_path: Path) -> None:
    """Killed at any instant, the file opens, lacks at most the last second, and replays."""
    rng = np.random.default_rng(5)
    folders = [tmp_path / str(number) for number in range(KILLS)]
    with ExitStack() as stack:
        processes = [stack.enter_context(collecting_process(folder)) for folder in folders]
        for process in processes:
            recording(process)
        time.sleep(1.0)
        for process, folder in zip(processes, folders, strict=True):
            time.sleep(0.5 * rng.random())  # any instant: this is what is tested
            killed_ns = time.monotonic_ns()
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            check_killed(folder, killed_ns)


def check_killed(folder: Path, killed_ns: int) -> None:
    """All but the last second is there and can be replayed and mended."""
    (path,) = folder.glob("*.mcap")
    assert killed_ns - newest_ns(path) < 1_000_000_000
    reader = RecordingReader(path)
    pipeline = Pipeline(reader.header)
    rows = sum(len(pipeline.push(batch).grid.t) for batch in reader.batches())
    assert rows > 0
    assert recover(path, folder / "mended.mcap").notifications > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_with_a_whole_file(tmp_path: Path, number: int) -> None:
    """Asked to end, the collector closes the file with everything in it and says so."""
    with collecting_process(tmp_path) as process:
        address = recording(process)
        while not (status_of(address)["t"] or 0.0) > 0.3:
            pass
        asked_ns = time.monotonic_ns()
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait(10) == 0
    assert rest.rstrip().endswith("collector ended")
    (path,) = tmp_path.glob("*.mcap")
    summary = describe(path)
    assert newest_ns(path) > asked_ns - 100_000_000
    assert summary.whole
    assert not summary.faults


def test_a_full_disk_stops_the_recording_and_not_the_collector(tmp_path: Path) -> None:
    """The message says what happened and what to do, the hub still answers, the data is whole."""
    limit = 24_000
    with collecting_process(tmp_path, str(limit)) as process:
        address = recording(process)
        said = process.stdout.readline()
        status = status_of(address)
        assert process.poll() is None
    assert status["state"] == "failed"
    for text in (said, status["failure"]):
        assert "the disk refused" in text
        assert "make room" in text
    assert {sensor["state"] for sensor in status["sensors"]} == {"streaming"}
    (path,) = tmp_path.glob("*.mcap")
    assert path.stat().st_size <= limit
    reader = RecordingReader(path)
    assert sum(len(r) for b in reader.batches() for r in b if isinstance(r, Packet)) > 100
    assert all(fault.count == 0 for fault in reader.faults)  # it was not closed, and that is all


def test_collect_leaves_signals_as_they_were(tmp_path: Path) -> None:
    """After a run that could not begin, Ctrl-C means what it meant before."""
    from imuhip.ble.kit import Binding, Kit
    from imuhip.ble.radio import Radio
    from imuhip.core.errors import DeviceError
    from imuhip.live.start import Options

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    kit = Kit("k", {p: Binding("reference", name="same") for p in ("pelvis", "thigh_left")})
    with pytest.raises(DeviceError, match="is both"):
        collect([kit], [Radio()], Options(tmp_path), port=0, say=lambda _: None)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
