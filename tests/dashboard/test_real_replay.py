"""A recording on disk, through the command line, hub and relay, to the needle in the browser."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from imuhip.archive.recording import RecordingReader, RecordingWriter
from imuhip.archive.resources import profile_text
from imuhip.collect.player import cut
from imuhip.conventions import GRID_HZ
from imuhip.devices.decode import encode
from imuhip.devices.profiles import parse_profile
from imuhip.pipeline import Pipeline
from imuhip.records import Array, Header, Mark, Mount, Packet, SensorInfo

SENSORS = ("pelvis", "thigh_left", "thigh_right")
SECONDS, FROM_S = 40, 10.0
OUT = {"pelvis": "-x", "thigh_left": "-z", "thigh_right": "+z"}
MARKS = {"begin:stand": 1.0, "end:stand": 8.0}
NS = 1_000_000_000


def swing(sensor: str) -> tuple[Array, Array]:
    """Acceleration and angular rate of a sensor that stands, and swings about two axes later."""
    t = np.arange(SECONDS * 100) / 100
    speed = {"pelvis": 0.0, "thigh_left": 2.0, "thigh_right": 1.6}[sensor]
    amplitude = 0.4 if speed else 0.0
    phase = speed * np.maximum(t - FROM_S, 0.0)
    lean, turn_rate = amplitude * np.sin(phase), amplitude * speed * np.cos(phase) * (t > FROM_S)
    still = np.zeros_like(t)
    acc = 9.81 * np.stack((still, np.cos(lean), -np.sin(lean)), axis=1)
    return acc, np.stack((turn_rate, 0.7 * turn_rate, still), axis=1)


def write_recording(path: Path) -> None:
    """Write three sensors, one sample a notification, with the marks of a standing window."""
    profile = parse_profile(profile_text("reference"))
    info = tuple(SensorInfo(name, profile.id, 100.0, Mount("+y", OUT[name])) for name in SENSORS)
    count = np.arange(SECONDS * 100)
    # A mark takes an arrival number of its own, so all that comes later moves up by one.
    marked = [3 * int(at * 100) for at in MARKS.values()]
    packets = []
    for place, sensor in enumerate(SENSORS):
        acc, gyr = swing(sensor)
        stream = profile.streams[0]
        payload, offsets = encode(
            profile, stream, acc=acc, gyr=gyr, ticks=count * 10_000, counter=count
        )
        plain = 3 * count + place
        arrival = plain + sum((plain >= first).astype(np.int64) for first in marked)
        host_ns = count * 10_000_000 + place * 1_000_000
        packets.append(Packet(sensor, stream.characteristic, 0, arrival, host_ns, payload, offsets))
    marks = [
        Mark(first + earlier, int(at * NS), label)
        for earlier, (first, (label, at)) in enumerate(zip(marked, MARKS.items(), strict=True))
    ]
    header = Header(info, {profile.id: profile_text("reference")}, clock="host")
    last = 3 * len(count) + len(marks)
    with RecordingWriter(path, header, fsync=False) as writer:
        for first in range(0, last, 300):
            writer.append_batch(cut([*packets, *marks], first, min(first + 300, last) - 1))


def rotations(path: Path) -> dict[int, Array]:
    """What the pipeline makes of the recording in one go: grid row → left and right, degrees."""
    reader = RecordingReader(path)
    pipeline = Pipeline(reader.header)
    outputs = [pipeline.push(batch) for batch in reader.batches()]
    blocks = [*(out.angles for out in outputs), pipeline.finish().angles]
    rows = np.rint(np.concatenate([block.t for block in blocks]) * GRID_HZ).astype(int)
    degrees = np.degrees(np.concatenate([block.hip[:, :, 2] for block in blocks]))
    return dict(zip(rows.tolist(), degrees, strict=True))


@pytest.fixture
def replay(tmp_path: Path, hub_port: int) -> Iterator[Path]:
    """A recording that the command line replays, five times as fast as it was."""
    path = tmp_path / "swing.mcap"
    write_recording(path)
    command = [sys.executable, "-m", "imuhip", "replay", str(path), "--speed", "5", "--serve"]
    process = subprocess.Popen(
        [*command, "--port", str(hub_port)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
    )
    yield path
    process.terminate()
    process.wait()


def test_the_needle_shows_what_the_pipeline_says(page: Page, address: str, replay: Path) -> None:
    """At every moment looked at, the needles stand at the offline result of that very grid time."""
    offline = rotations(replay)
    moved = max(abs(values[0]) for values in offline.values() if values[0] == values[0])
    assert moved > 5.0, "a recording without motion would prove nothing"
    page.goto(address)
    page.wait_for_function(f"window.imuhip?.live?.t > {FROM_S + 2.0}", timeout=60_000)
    looked = []
    for _ in range(8):
        seen: dict[str, Any] = page.evaluate("({t: imuhip.live.t, needles: imuhip.live.needles})")
        row = round(seen["t"] * GRID_HZ)
        looked.append(row)
        for side, place in (("left", 0), ("right", 1)):
            assert seen["needles"][side] == pytest.approx(offline[row][place], abs=1e-9)
        page.wait_for_function(f"imuhip.live.t > {seen['t'] + 1.0}")
    assert len(set(looked)) == len(looked)
