"""Devices whose decoders remember, through the whole pipeline."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from imuhip.core.records import Header, Packet, SensorInfo
from imuhip.core.resources import profile_text
from imuhip.pipeline.all_sensors import Pipeline, joined_faults

NAMES = ("pelvis", "thigh_left", "thigh_right")


def _writers():
    """The encoders of test_decoders, which speak the devices' bytes."""
    path = Path(__file__).with_name("test_decoders.py")
    spec = importlib.util.spec_from_file_location("decoder_writers", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITERS = _writers()


@pytest.fixture(scope="module")
def notifications():
    """What three Verity Senses send in 25 s: host time, sensor and bytes, in order of arrival."""
    came = []
    for place, name in enumerate(NAMES):
        rng = np.random.default_rng(place)
        arrived = 0.0
        for sent, kind, end, _, raw in WRITERS.verity(rng, seconds=25.0):
            arrived = max(arrived, sent + rng.uniform(0.01, 0.08))
            came.append((arrived, name, WRITERS.pmd_frame(kind, end, raw)))
    return sorted(came)


def header(text):
    infos = tuple(SensorInfo(name, "polar_verity_sense", 52.0) for name in NAMES)
    return Header(infos, {"polar_verity_sense": text}, "host")


def batches(notifications, edges):
    """Notifications as batches of packets, cut before the given arrival numbers."""
    out = []
    bounds = [0, *edges, len(notifications)]
    for first, stop in pairwise(bounds):
        batch = []
        for name in NAMES:
            mine = [i for i in range(first, stop) if notifications[i][1] == name]
            if not mine:
                continue
            payloads = [notifications[i][2] for i in mine]
            ends = np.cumsum([0, *(len(payload) for payload in payloads)], dtype=np.int64)
            host_ns = np.array([round(notifications[i][0] * 1e9) for i in mine], dtype=np.int64)
            data = np.frombuffer(b"".join(payloads), dtype=np.uint8)
            arrival = np.array(mine, dtype=np.int64)
            batch.append(Packet(name, WRITERS.DATA, 0, arrival, host_ns, data, ends))
        out.append(batch)
    return out


def run(text, notifications, edges=()):
    pipeline = Pipeline(header(text))
    outs = [pipeline.push(batch) for batch in batches(notifications, edges)]
    outs.append(pipeline.finish())
    columns = {
        name: np.concatenate([getattr(out.grid, name) for out in outs])
        for name in ("t", "q", "acc", "gyr", "valid")
    }
    return columns, joined_faults([fault for out in outs for fault in out.faults])


def test_cuts_do_not_show_where_decoders_remember(notifications):
    """Whole, at random, and one notification a push: rows and faults are the same bits."""
    text = profile_text("polar_verity_sense")
    whole, faults = run(text, notifications)
    rng = np.random.default_rng(1)
    some = sorted(rng.integers(1, len(notifications), 20).tolist())
    for edges in (some, list(range(1, len(notifications)))):
        columns, reported = run(text, notifications, edges)
        assert reported == faults
        for name, column in whole.items():
            assert columns[name].tobytes() == column.tobytes(), name


def test_samples_that_come_late_by_design_count(notifications):
    """A sensor that sends once a second is waited for as its profile says: its rows are valid."""
    columns, faults = run(profile_text("polar_verity_sense"), notifications)
    assert len(columns["t"]) > 2000
    # What these sensors send is no movement: in time it is reported, and not believed any more.
    reported = min((fault.t_start for fault in faults if fault.kind == "axes"), default=np.inf)
    assert reported > 3.0
    assert columns["valid"][columns["t"] < min(reported, 20.0)].mean() > 0.99
    impatient = profile_text("polar_verity_sense").replace("latency_s = 3.0", "latency_s = 0.0")
    columns, _ = run(impatient, notifications)
    assert columns["valid"].mean() < 0.9


def test_a_wrong_unit_is_reported_by_the_pipeline():
    """The pipeline gives a fault of kind unit where a sensor at rest does not read gravity."""
    text = profile_text("reference").replace('"g"', '"m/s^2"')
    infos = tuple(SensorInfo(name, "reference", 100.0) for name in NAMES)
    profile = WRITERS.parse_profile(text)
    stream = profile.streams[0]
    still = np.tile([0.0, 0.0, 1.0], (1000, 1))
    packets = []
    for place, name in enumerate(NAMES):
        payload, offsets = WRITERS.encode(
            profile,
            stream,
            acc=still,
            gyr=0 * still,
            ticks=10_000 * np.arange(1000),
            counter=np.arange(1000),
        )
        host_ns = 10_000_000 * np.arange(1000)
        arrival = 3 * np.arange(1000) + place
        packets.append(Packet(name, stream.characteristic, 0, arrival, host_ns, payload, offsets))
    pipeline = Pipeline(Header(infos, {"reference": text}, "host"))
    faults = [*pipeline.push(packets).faults, *pipeline.finish().faults]
    units = [fault for fault in faults if fault.kind == "unit"]
    assert sorted(fault.sensor for fault in units) == sorted(NAMES)
    assert all("g read as m/s²" in fault.detail for fault in units)
