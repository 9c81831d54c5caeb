"""Delays between sensors shaken in one hand, from their speeds of turning."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imuhip.core.conventions import GRAVITY
from imuhip.core.quaternions import rotate
from imuhip.core.records import Header, Mark, Packet, SensorInfo
from imuhip.core.resources import profile_text
from imuhip.devices.decode import encode
from imuhip.devices.profiles import parse_profile
from imuhip.estimate.shake import Track, measure_delays
from imuhip.pipeline.all_sensors import Pipeline

SENSORS = ("pelvis", "thigh_left", "thigh_right")
PROFILE = parse_profile(profile_text("reference"))


def shaking(seed, t, strength=4.0):
    """Angular rate of a hand that shakes at 2 to 5 Hz, never twice the same: `(N, 3)`."""
    rng = np.random.default_rng(seed)
    lines = rng.uniform(2.0, 5.0, (6, 3)), rng.uniform(0, 2 * np.pi, (6, 3))
    waves = np.sin(2 * np.pi * lines[0] * t[:, None, None] + lines[1])
    return strength / np.sqrt(3.0) * waves.sum(axis=1)


def held(seed, rng, delay_s, rate_hz=100.0, ppm=0.0, strength=4.0, seconds=10.0):
    """The track of a sensor in that hand, turned any way, noisy, stamped late."""
    period = (1 + 1e-6 * ppm) / rate_hz
    t = np.arange(rng.uniform(0, period), seconds, period)
    q = rng.normal(size=4)
    gyr = rotate(q / np.linalg.norm(q), shaking(seed, t, strength))
    gyr = gyr * rng.normal(1.0, 0.01) + rng.normal(0.0, 0.01, gyr.shape)
    return Track(t * (1 + 1e-6 * ppm) + delay_s, np.linalg.norm(gyr, axis=-1))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    late=st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)),
    rate_hz=st.sampled_from([52.0, 60.0, 100.0, 200.0]),
)
def test_delays_are_found_below_a_sample(seed, late, rate_hz):
    """Delays up to 300 ms either way are measured to 2 ms, whatever the rates and mounts."""
    rng = np.random.default_rng(seed)
    delays = dict(zip(SENSORS, (0.0, *late), strict=True))
    rates = dict(zip(SENSORS, (100.0, rate_hz, 100.0), strict=True))
    tracks = {s: held(seed, rng, delays[s], rates[s]) for s in SENSORS}
    found = measure_delays(tracks)
    for sensor in SENSORS:
        assert found[sensor].delay_s == pytest.approx(delays[sensor], abs=0.002)
        assert found[sensor].sd_s < 0.002
        assert found[sensor].agreement > 0.97


def test_what_was_not_shaken_tells_nothing():
    """Sensors at rest agree on nothing; their speed is reported, and it is too small."""
    rng = np.random.default_rng(0)
    still = {s: held(1, rng, 0.0, strength=0.0) for s in SENSORS}
    found = measure_delays(still)["thigh_left"]
    assert found.speed < 0.1
    assert not found.agreement > 0.9
    nothing = Track(np.empty(0), np.empty(0))
    assert np.isnan(measure_delays({**still, "thigh_left": nothing})["thigh_left"].delay_s)


def recording(seed, delays_s, ppm, strength=4.0, seconds=45.0):
    """Three sensors in a hand: still, shaken from 15 s to 25 s and from 30 s to 40 s."""
    rng = np.random.default_rng(seed)
    packets = []
    for sensor in SENSORS:
        period = (1 - 1e-6 * ppm[sensor]) / 100.0
        true = rng.uniform(0, period) + period * np.arange(int(seconds / period))
        moving = ((true > 15.5) & (true < 24.5)) | ((true > 30.5) & (true < 39.5))
        gyr = shaking(seed, true, strength) * moving[:, None] + rng.normal(0, 0.005, (len(true), 3))
        q = rng.normal(size=4)
        acc = rotate(q / np.linalg.norm(q), np.tile((0.0, 0.0, GRAVITY), (len(true), 1)))
        payload, offsets = encode(
            PROFILE,
            PROFILE.streams[0],
            acc=acc,
            gyr=rotate(q / np.linalg.norm(q), gyr),
            ticks=np.arange(len(true)) * 1e4 + 5e8,
            counter=np.arange(len(true)),
        )
        came = true + delays_s[sensor] + rng.exponential(0.004, len(true))
        came = np.maximum.accumulate(came)
        packets.append((sensor, (came * 1e9).astype(np.int64) + 10**12, payload, offsets))
    marks = [(15.0, "begin:shake"), (25.0, "end:shake"), (30.0, "begin:shake"), (40.0, "end:shake")]
    stamps = [p[1] for p in packets] + [np.array([int(t * 1e9) + 10**12 for t, _ in marks])]
    numbers = np.empty(sum(map(len, stamps)), dtype=np.int64)
    numbers[np.argsort(np.concatenate(stamps), kind="stable")] = np.arange(len(numbers))
    parts = np.split(numbers, np.cumsum([len(s) for s in stamps])[:-1])
    records = [
        Packet(sensor, PROFILE.streams[0].characteristic, 0, number, host, payload, offsets)
        for (sensor, host, payload, offsets), number in zip(packets, parts[:-1], strict=True)
    ]
    records += [
        Mark(int(number), int(t * 1e9) + 10**12, label)
        for (t, label), number in zip(marks, parts[-1], strict=True)
    ]
    header = Header(
        sensors=tuple(SensorInfo(s, "reference", 100.0) for s in SENSORS),
        profiles={"reference": profile_text("reference")},
        clock="host",
    )
    return header, records


def delays_of(step):
    return {g.sensor: g.value for g in step.gates if g.name == "shake_delay"}


@pytest.mark.parametrize("seed", range(3))
def test_a_marked_shake_aligns_the_sensors(seed):
    """300 ms and 80 ppm between sensors are measured in ten seconds, and gone in the next ten."""
    late = {"pelvis": 0.002, "thigh_left": 0.302, "thigh_right": 0.042}
    ppm = {"pelvis": -40.0, "thigh_left": 40.0, "thigh_right": 0.0}
    header, records = recording(seed, late, ppm)
    pipeline = Pipeline(header)
    first, second = pipeline.push(records).steps
    assert first.accepted
    assert second.accepted
    assert delays_of(first)["thigh_left"] == pytest.approx(300.0, abs=2.0)
    assert delays_of(first)["thigh_right"] == pytest.approx(40.0, abs=2.0)
    for delay in delays_of(second).values():
        assert abs(delay) < 2.0


def test_a_faint_shake_changes_nothing():
    """A shake that is too faint is not accepted, says what to do, and moves no time."""
    late = {"pelvis": 0.0, "thigh_left": 0.1, "thigh_right": 0.0}
    header, records = recording(4, late, dict.fromkeys(SENSORS, 0.0), strength=0.2)
    with_marks = Pipeline(header).push(records)
    without = Pipeline(header).push([r for r in records if isinstance(r, Packet)])
    assert [step.accepted for step in with_marks.steps] == [False, False]
    assert "shake" in with_marks.steps[0].words[0]
    assert np.array_equal(with_marks.grid.gyr, without.grid.gyr, equal_nan=True)


def test_cuts_do_not_show_around_a_shake():
    """However the records are cut, the delays and all rows after them are the same bits."""
    late = {"pelvis": 0.01, "thigh_left": 0.15, "thigh_right": 0.0}
    header, records = recording(5, late, dict.fromkeys(SENSORS, 20.0))
    rng = np.random.default_rng(5)
    last = max(int(np.max(r.arrival)) for r in records)
    edges = [0, *np.sort(rng.integers(1, last, 70)).tolist(), last + 1]
    pipeline = Pipeline(header)
    outs = []
    for first, stop in itertools.pairwise(edges):
        batch = [r for r in records if isinstance(r, Mark) and first <= r.arrival < stop]
        for packet in (r for r in records if isinstance(r, Packet)):
            a, b = np.searchsorted(packet.arrival, (first, stop)).tolist()
            if b > a:
                batch.append(packet.part(a, b))
        outs.append(pipeline.push(batch))
    outs.append(pipeline.finish())
    whole = Pipeline(header)
    expected = [whole.push(records), whole.finish()]
    for name in ("t", "q", "gyr", "valid"):
        ours, theirs = (
            np.concatenate([getattr(o.grid, name) for o in x]) for x in (outs, expected)
        )
        assert np.array_equal(ours, theirs, equal_nan=name != "valid"), name
    gates = [dataclasses.astuple(g) for o in outs for s in o.steps for g in s.gates]
    assert gates == [dataclasses.astuple(g) for s in expected[0].steps for g in s.gates]
