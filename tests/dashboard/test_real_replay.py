"""A recording on disk, through the command line, hub and relay, to the needle in the browser."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from imuhip.core.conventions import GRID_HZ
from imuhip.core.records import Array, Header, Mark, Mount, Packet, SensorInfo
from imuhip.core.resources import profile_text, recording_path
from imuhip.devices.decode import encode
from imuhip.devices.profiles import parse_profile
from imuhip.live.player import cut
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader
from imuhip.recording.writer import RecordingWriter

SENSORS = ("pelvis", "thigh_left", "thigh_right")
SECONDS, FROM_S = 40, 10.0
OUT = {"pelvis": "-x", "thigh_left": "-z", "thigh_right": "+z"}
MARKS = {"begin:stand": 1.0, "end:stand": 8.0}
NS = 1_000_000_000

MOMENT = """after => {
  // One moment, taken at once: the newest grid time and both needles, when both are drawn.
  const live = window.imuhip?.live;
  const drawn = live && live.t > after && live.needles.left !== null && live.needles.right !== null;
  return drawn && { t: live.t, needles: { ...live.needles } };
}"""


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


@pytest.fixture(params=["swing", "shipped"])
def replay(
    request: pytest.FixtureRequest, tmp_path: Path, hub_port: int
) -> Iterator[tuple[Path, float]]:
    """A recording that the command line replays, and from when on it moves."""
    path, from_s = tmp_path / "swing.mcap", FROM_S + 2.0
    if request.param == "swing":
        write_recording(path)
    else:
        path, from_s = recording_path("squats_and_pivots"), 70.0
    rotations(path)  # fills numba's cache, so that compiling does not eat the page's patience
    speed = str(from_s / 3.0)
    # Looped, so that a page that opens late still finds the moments it waits for.
    replay = ["replay", str(path), "--speed", speed, "--loop", "--serve"]
    command = [sys.executable, "-m", "imuhip", *replay]
    process = subprocess.Popen(
        [*command, "--port", str(hub_port)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield path, from_s
    process.terminate()
    process.wait()


def test_the_needle_shows_what_the_pipeline_says(
    page: Page, address: str, replay: tuple[Path, float]
) -> None:
    """At every moment looked at, the needles stand at the offline result of that very grid time."""
    path, after = replay
    page.goto(address + "live")
    looked = {}
    for _ in range(8):
        seen: dict[str, Any] = page.wait_for_function(
            MOMENT, arg=after, timeout=60_000
        ).json_value()
        looked[round(seen["t"] * GRID_HZ)] = seen["needles"]
        after = seen["t"] + 1.0
    assert len(looked) == 8
    offline = rotations(path)
    for row, needles in looked.items():
        assert needles["left"] == pytest.approx(offline[row][0], abs=1e-9)
        assert needles["right"] == pytest.approx(offline[row][1], abs=1e-9)
    moved = [needles["left"] for needles in looked.values()]
    assert max(moved) - min(moved) > 2.0, "a recording without motion would prove nothing"
