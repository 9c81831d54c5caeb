"""The demo as a person meets it: a process of its own, through radio, page and result."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imuhip.catalogue.catalogue import Catalogue
from imuhip.core.errors import DeviceError
from imuhip.core.records import Mark
from imuhip.core.resources import recording_path
from imuhip.recording.reader import RecordingReader
from imuhip.recording.summary import describe
from imuhip.results.schemas import read_results
from imuhip.virtual.demo import _compared, _Sealed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def demo(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen, int]]:
    """A demo with folders of its own; the process, and the port of its page."""
    port = free_port()
    (folder / "temporary").mkdir()
    command = [sys.executable, "-m", "imuhip", "demo", "--no-browser", "--port", str(port), *words]
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(folder),
        "TMPDIR": str(folder / "temporary"),
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    try:
        yield process, port
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def until(process: subprocess.Popen, word: str) -> str:
    """What it says until a line holds the word."""
    said = ""
    while word not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    return said


def nothing_left(folder: Path, port: int) -> bool:
    """Whether the page is gone and no temporary file stays."""
    with pytest.raises((urllib.error.URLError, OSError)):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5.0)
    return not list((folder / "temporary").iterdir())


def test_the_demo_goes_by_radio_to_recording_page_and_result(tmp_path: Path) -> None:
    """Sensors are found and stream, the coach's marks are recorded, live and replay agree."""
    with demo(tmp_path, "--exit", "--seconds", "6") as (process, port):
        said = until(process, "the athlete: tray")
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()
        said += process.stdout.read()
        assert process.wait(60) == 0, said
    assert b"<html" in page
    for words in (
        "all 3 sensors found", "thigh_right: streaming from", "recording ", "rows as were seen live"
    ):  # fmt: skip
        assert words in said, said
    assert "Traceback" not in said
    assert nothing_left(tmp_path, port)
    (path,) = (tmp_path / "imuhip" / "demo" / "recordings").glob("*.mcap")
    records = [r for batch in RecordingReader(path).batches() for r in batch]
    assert [r.label for r in records if isinstance(r, Mark)] == ["begin:tray", "end:tray"]
    summary = describe(path)
    assert summary.whole
    assert summary.duration_s > 5.0
    assert [info.mount is not None for info in summary.header.sensors] == [True] * 3
    (library,) = (tmp_path / "imuhip").glob("example-*/catalogue.sqlite")
    with Catalogue(library) as catalogue:
        (session,) = catalogue.sessions("demo")
        assert {one.id for one in catalogue.athletes()} > {"demo"}
    assert f"review?session={session.id}" in said
    assert session.results is not None
    assert read_results(session.results).session["recording"] == path.name


def test_ctrl_c_ends_the_demo_with_a_whole_recording(tmp_path: Path) -> None:
    """In the middle of the session Ctrl-C closes the recording, the page and the process with 0."""
    with demo(tmp_path) as (process, port):
        said = until(process, "the athlete: tray")
        process.send_signal(signal.SIGINT)
        said += process.stdout.read()
        assert process.wait(60) == 0, said
    assert "demo ended" in said
    assert "Traceback" not in said
    assert nothing_left(tmp_path, port)
    (path,) = (tmp_path / "imuhip" / "demo" / "recordings").glob("*.mcap")
    assert describe(path).whole


def test_faster_than_life_the_shipped_recording_is_replayed(tmp_path: Path) -> None:
    """Faster than life a sentence says why no sensors play, and the rest goes as ever."""
    with demo(tmp_path, "--exit", "--speed", "60") as (process, port):
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert re.search("sensors have clocks of their own.*replayed instead", said)
    assert "playing squats_and_pivots.mcap" in said
    assert re.search(r"time with hip angles +[1-9]\d*% +[1-9]\d*%", said)
    assert nothing_left(tmp_path, port)


def test_a_recording_that_gives_other_numbers_than_live_is_reported() -> None:
    """The comparison of live and replay names what differs, and agrees however records are cut."""
    path = recording_path("squats_and_pivots")
    reader = RecordingReader(path)
    *early, last = reader.batches()
    live = _Sealed(reader.header)
    live.push([record for batch in early for record in batch])
    with pytest.raises(DeviceError, match=r"seen live; .*AngleBlock\.hip.* differ"):
        _compared(path, live)
    live.push(last)
    live.finish()
    assert f"the same {live.rows} rows" in _compared(path, live)
