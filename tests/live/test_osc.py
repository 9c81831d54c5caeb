"""What goes out by OSC comes in at the library's own server, with the right times."""

import logging
import socket
import struct
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import OSCUDPServer
from typer.testing import CliRunner

from imuhip.cli.main import app
from imuhip.core.conventions import HIP_ANGLES, PELVIS_ANGLES, SIDES
from imuhip.core.errors import ImuhipError
from imuhip.core.records import Mark
from imuhip.live.osc import OscTarget
from imuhip.live.outside_clock import shift_to
from imuhip.live.protocol import COLUMNS, rows_from_output
from imuhip.live.sending import Sending
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.simulate.session import simulate

SECONDS = 70
AGO_S = 1000.0
"""The session is pushed faster than it went: the server would wait for tags that are to come."""
LAST_OF_A_ROW = "/imuhip/pelvis/speed"


class Listener:
    """The library's server on loopback: what came, in order, and when it says it happened."""

    def __init__(self):
        self.heard, self.tags, self.came = {}, [], threading.Condition()
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(self.take)
        self.server = OSCUDPServer(("127.0.0.1", 0), dispatcher)
        self.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.verify, self.server.verify_request = self.server.verify_request, self.keep
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))

    def keep(self, request, address):
        """Note a bundle's time tag, as it stands in the datagram: NTP seconds, of 2^-32 s."""
        whole, fraction = struct.unpack(">II", request[0][8:16])
        self.tags.append(whole - 2_208_988_800 + fraction / 2**32)
        return self.verify(request, address)

    def take(self, address, *values):
        """Keep a message."""
        with self.came:
            self.heard.setdefault(address, []).append(values)
            self.came.notify_all()

    def wait(self, address, count):
        """Wait until so many messages of an address have come."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.of(address)) >= count, timeout=60), address

    def of(self, address):
        """Return the values of an address, a row a message."""
        return self.heard.get(address, [])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def sent(listener, session):
    """Push the beginning of a session as fast as it is heard; the rows of the pipeline alone."""
    target = OscTarget(*listener.server.server_address)
    stages = Sending(osc=target).stages(live=False)(session.header)
    alone, rows, count = Pipeline(session.header), [], 0
    for batch in list(session.batches())[:SECONDS]:
        rows.append(rows_from_output(alone.push(batch)))
        output = stages.push(batch)
        assert np.array_equal(rows_from_output(output), rows[-1], equal_nan=True)
        count += len(rows[-1])
        listener.wait(LAST_OF_A_ROW, count)
    assert stages.clock_residuals == alone.clock_residuals
    rows += [rows_from_output(alone.finish())]
    stages.finish()
    listener.wait(LAST_OF_A_ROW, count + len(rows[-1]))
    return np.concatenate(rows), alone


@pytest.fixture(scope="module")
def short():
    """The beginning of a calibration: before it stands nothing is known, then angles are."""
    return simulate("calibration", seed=7)


def test_every_angle_arrives_with_its_error_and_whether_it_is_known(short, monkeypatch):
    """In degrees, as single floats; an unknown angle is NaN with a 0 behind it."""
    before = time.time() - AGO_S
    monkeypatch.setattr("imuhip.live.osc.time", SimpleNamespace(time=lambda: time.time() - AGO_S))
    with Listener() as listener:
        rows, pipeline = sent(listener, short)
    of = {name: rows[:, k].astype(np.float32) for k, name in enumerate(COLUMNS)}
    for side in SIDES:
        for angle in HIP_ANGLES:
            came = np.array(listener.of(f"/imuhip/hip/{side}/{angle}"))
            value, sd = of[f"hip_{angle}_{side}_deg"], of[f"hip_{angle}_{side}_sd_deg"]
            assert np.array_equal(came[:, 0], value, equal_nan=True)
            assert np.array_equal(came[:, 1], sd, equal_nan=True)
            assert np.array_equal(came[:, 2], np.isfinite(value))
    known = np.array(listener.of("/imuhip/hip/left/rotation"))[:, 2]
    assert {0, 1} == set(known)
    for angle in PELVIS_ANGLES:
        came = np.array(listener.of(f"/imuhip/pelvis/{angle}"))
        assert np.array_equal(came[:, 0], of[f"pelvis_{angle}_deg"], equal_nan=True)
    t = np.array(listener.of("/imuhip/t"))[:, 0]
    assert np.array_equal(t, of["t"])
    batches = list(short.batches())[:SECONDS]
    marks = [record for batch in batches for record in batch if isinstance(record, Mark)]
    assert [label for (label,) in listener.of("/imuhip/mark")] == [mark.label for mark in marks]
    at = np.sort([*rows[:, 0], *((mark.host_ns - pipeline.origin_ns) / 1e9 for mark in marks)])
    stamps = np.sort(listener.tags)
    assert stamps - stamps[0] == pytest.approx(at - at[0], abs=2e-6)
    assert -60.0 < stamps[0] - before < 60.0, "the first records happen now"


def test_live_tags_are_utc_of_when_it_happened():
    """Host times of this machine's clock become UTC."""
    record = Mark(0, time.monotonic_ns() - 5_000_000_000, "cue:now")
    utc_s = time.time() - 5.0
    shift_s = shift_to(time.time, record.host_ns - 2_000_000_000, [record], live=True)
    assert shift_s + 2.0 == pytest.approx(utc_s, abs=0.5)


def test_a_listener_out_of_reach_is_said_once_and_ends_nothing(short, caplog):
    """No way into the network: a warning, and the pipeline's output all the same."""
    stages = Sending(osc=OscTarget("127.0.0.1", 9)).stages(live=False)(short.header)

    def refuse(_content):
        raise OSError(101, "Network is unreachable")

    stages._client.send = refuse
    with caplog.at_level(logging.WARNING):
        count = sum(len(stages.push(batch).angles.t) for batch in short.batches())
        count += len(stages.finish().angles.t)
    assert count > 1000
    assert [record.getMessage() for record in caplog.records] == [
        "OSC to 127.0.0.1:9 is not sent: Network is unreachable"
    ]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("9000", ("127.0.0.1", 9000)),
        (" 192.168.1.20:57120 ", ("192.168.1.20", 57120)),
        ("[::1]:9000", ("::1", 9000)),
    ],
)
def test_host_and_port_are_understood(text, target):
    assert OscTarget.from_text(text) == target


@pytest.mark.parametrize("text", ["", "here", "host:", "127.0.0.1:0", "127.0.0.1:70000", "1:-5"])
def test_what_is_no_host_and_port_is_refused_with_an_example(text):
    with pytest.raises(ImuhipError, match=r"like 127\.0\.0\.1:9000"):
        OscTarget.from_text(text)


def test_a_host_that_nobody_knows_is_refused():
    with pytest.raises(ImuhipError, match="Check its name"):
        OscTarget.from_text("no host at all:9000")


def test_a_replay_in_a_hurry_is_refused(tmp_path):
    """Time tags make sense at speed 1 alone."""
    (tmp_path / "x.mcap").touch()
    line = ["replay", str(tmp_path / "x.mcap"), "--osc", "9000", "--speed", "max"]
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 2
    assert "--speed 1" in done.output
