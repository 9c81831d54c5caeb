"""What goes out by Lab Streaming Layer comes in again at a listener, with the right times.

The listener is a process of its own, as LabRecorder is, on this machine alone.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imuhip.core.errors import ImuhipError
from imuhip.core.records import Mark
from imuhip.live.lsl import Broadcast, _unit
from imuhip.live.protocol import COLUMNS, rows_from_output
from imuhip.live.sending import Sending
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader
from imuhip.results.samples import read_samples
from imuhip.simulate.output import write
from imuhip.simulate.session import simulate

LISTENER = """
import json, sys, time
import pylsl

wanted, athlete = json.loads(sys.argv[1]), sys.argv[2]
inlets = {}
for name in wanted:
    found = pylsl.resolve_byprop("source_id", f"imuhip/{athlete}/{name}", timeout=60)
    inlets[name] = pylsl.StreamInlet(found[0], max_buflen=3600)
    inlets[name].open_stream(timeout=60)
print("ready", flush=True)
rows, units, silent = {name: [] for name in wanted}, {}, 0
while silent < 40:
    came = 0
    for name, inlet in inlets.items():
        samples, stamps = inlet.pull_chunk(timeout=0.05, max_samples=4096)
        rows[name] += [[t, *values] for t, values in zip(stamps, samples)]
        came += len(stamps)
    silent = 0 if came else silent + 1
for name, inlet in inlets.items():
    channel = inlet.info().desc().child("channels").child("channel")
    units[name] = []
    while not channel.empty():
        units[name].append([channel.child_value("label"), channel.child_value("unit")])
        channel = channel.next_sibling("channel")
print(json.dumps({"rows": rows, "units": units}))
"""
SENDER = """
import sys
from pathlib import Path
from imuhip.live.lsl import Broadcast
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader
import pylsl, time

reader = RecordingReader(Path(sys.argv[1]))
stages = Broadcast(reader.header, Pipeline(reader.header), live=sys.argv[2] == "live")
batches = list(reader.batches(1.0))
first = next(batch for batch in batches if any(hasattr(r, "payload") for r in batch))
for outlet in ("pelvis", "thigh_left", "thigh_right"):
    names = [f"{kind}_{axis}" for kind in ("acc", "gyr") for axis in "xyz"]
    stages._outlets[outlet] = stages._outlet(outlet, "IMU", names, 100.0)
print("ready", flush=True)
sys.stdin.readline()
before = pylsl.local_clock()
for batch in batches:
    stages.push(batch)
stages.finish()
print(before, pylsl.local_clock() - time.monotonic(), stages._shift_s, flush=True)
sys.stdin.readline()
"""
STREAMS = ("angles", "pelvis", "thigh_left", "thigh_right", "marks")


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A short session of an athlete whom nobody else has."""
    path = tmp_path_factory.mktemp("lsl") / "session.mcap"
    write(simulate("calibration", seed=os.getpid() % 10_000 + 50), path)
    return path


def programs(place, mode, recording):
    """Run sender and listener on this machine alone; what each said."""
    config = place / "lsl.cfg"
    config.write_text("[multicast]\nResolveScope = machine\n[log]\nlevel = -3\n")
    root = str(Path(__file__).parents[2])
    settings = os.environ | {
        "LSLAPICFG": str(config),
        "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]),
    }
    athlete = RecordingReader(recording).header.athlete
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": settings}
    with (
        subprocess.Popen([sys.executable, "-c", SENDER, recording, mode], **pipes) as sender,
        subprocess.Popen(
            [sys.executable, "-c", LISTENER, json.dumps(STREAMS), athlete], **pipes
        ) as listener,
    ):
        try:
            assert sender.stdout.readline().strip() == "ready"
            assert listener.stdout.readline().strip() == "ready"
            sender.stdin.write("go\n")
            sender.stdin.flush()
            said = [float(word) for word in sender.stdout.readline().split()]
            heard = json.loads(listener.stdout.readline())
            sender.stdin.write("end\n")
            sender.stdin.flush()
        finally:
            sender.kill()
            listener.kill()
    return said, heard


@pytest.mark.parametrize("mode", ["live", "replay"])
def test_all_arrives_with_the_time_it_happened(mode, recording, tmp_path):
    """Rows, samples and marks come in bit for bit, stamped with session time plus one shift.

    Live the shift brings the host's clock to LSL's; of a replay, the first records to now.
    """
    (before, clocks, shift), heard = programs(tmp_path, mode, recording)
    reader = RecordingReader(recording)
    pipeline = Pipeline(reader.header)
    outputs = [pipeline.push(batch) for batch in reader.batches(1.0)] + [pipeline.finish()]
    rows = np.concatenate([rows_from_output(output) for output in outputs])
    came = np.array(heard["rows"]["angles"])
    assert np.array_equal(came[:, 1:], rows[:, 1:], equal_nan=True)
    assert came[:, 0] == pytest.approx(rows[:, 0] + shift, abs=1e-9)
    for sensor, samples in read_samples(recording).items():
        came = np.array(heard["rows"][sensor])
        assert np.array_equal(came[:, 1:], np.hstack([samples.acc, samples.gyr])), sensor
        assert came[:, 0] == pytest.approx(samples.t + shift, abs=1e-9)
    marks = [r for batch in reader.batches() for r in batch if hasattr(r, "label")]
    assert [label for _, label in heard["rows"]["marks"]] == [mark.label for mark in marks]
    stamps = [(mark.host_ns - pipeline.origin_ns) / 1e9 + shift for mark in marks]
    assert [t for t, _ in heard["rows"]["marks"]] == pytest.approx(stamps, abs=1e-9)
    if mode == "live":
        assert shift == pytest.approx(pipeline.origin_ns / 1e9 + clocks, abs=0.005)
    else:
        first = next(batch for batch in reader.batches(1.0))
        newest = max(int(np.max(record.host_ns)) for record in first)
        late = shift + (newest - pipeline.origin_ns) / 1e9 - before
        assert 0.0 <= late < 30.0, "the first records happen now"
    assert [label for label, _ in heard["units"]["angles"]] == list(COLUMNS[1:])
    assert dict(heard["units"]["pelvis"])["gyr_x"] == "rad/s"


def test_the_output_is_the_pipelines(recording, tmp_path, monkeypatch):
    """A broadcast changes nothing of what the pipeline gives."""
    config = tmp_path / "lsl.cfg"
    config.write_text("[multicast]\nResolveScope = machine\n[log]\nlevel = -3\n")
    monkeypatch.setenv("LSLAPICFG", str(config))
    reader = RecordingReader(recording)
    one, other = Pipeline(reader.header), Sending(lsl=True).stages(live=True)(reader.header)
    for batch in reader.batches():
        plain, sent = one.push(batch), other.push(batch)
        assert np.array_equal(plain.angles.hip, sent.angles.hip, equal_nan=True)
        assert len(plain.faults) == len(sent.faults)
    assert len(one.finish().grid.t) == len(other.finish().grid.t)
    assert other.clock_residuals == one.clock_residuals


class Outlet:
    """Keeps what is pushed, as an outlet takes it."""

    def __init__(self):
        self.samples, self.stamps = [], []

    def push_chunk(self, samples, stamps):
        """Keep samples and their times."""
        self.samples += samples
        self.stamps += stamps

    def push_sample(self, sample, stamp):
        """Keep one."""
        self.push_chunk([sample], [stamp])


def test_a_magnetometer_goes_out_too_and_nothing_before_the_first_sample():
    """Nine channels with their units; a mark before anything came has no time, and is not sent."""
    made, blocks = {}, []

    class Kept(Broadcast):
        def _outlet(self, name, *details, **_):
            made[name] = Outlet()
            made[name].units = [_unit(channel) for channel in details[1]]
            return made[name]

        def _send_samples(self, block, shift_s):
            if block.sensor == "pelvis":
                blocks.append(block)
            super()._send_samples(block, shift_s)

    session = simulate("calibration", seed=3, profile_id="movella_dot_mode20", rate_hz=60.0)
    stages = Kept(session.header, Pipeline(session.header), live=False)
    stages.push([Mark(0, 0, "note:early")])
    assert made["marks"].samples == []
    for batch in session.batches():
        stages.push(batch)
    stages.finish()
    assert made["pelvis"].units == ["m/s^2"] * 3 + ["rad/s"] * 3 + ["uT"] * 3
    sent = np.array(made["pelvis"].samples)
    assert np.array_equal(sent[:, 6:], np.concatenate([block.mag for block in blocks]))
    shift = np.array(made["pelvis"].stamps) - np.concatenate([block.t for block in blocks])
    assert shift == pytest.approx(shift[0], abs=1e-9)


def test_without_pylsl_it_is_said(monkeypatch):
    """Where pylsl is not installed, the message names the extra, before anything is recorded."""

    def absent(_name):
        raise ImportError

    monkeypatch.setattr("imuhip.core.extras.import_module", absent)
    with pytest.raises(ImuhipError, match=r"imuhip\[lab\]"):
        Sending(lsl=True).stages(live=True)


def test_a_replay_in_a_hurry_is_refused(recording):
    """LSL's stamps make sense at speed 1 alone."""
    from typer.testing import CliRunner

    from imuhip.cli.main import app

    done = CliRunner().invoke(app, ["replay", str(recording), "--lsl", "--speed", "max"])
    assert done.exit_code == 2
    assert "--speed 1" in done.output
