"""Simulated sessions: bytes that decode, links as bad as asked, time told as promised."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from imuhip.core.conventions import STANDARD_GRAVITY
from imuhip.core.errors import ProfileError
from imuhip.core.quaternions import (
    angle_from_quaternion,
    conjugate,
    multiply,
    rotate,
    rotvec_from_quaternion,
)
from imuhip.core.records import DecodedBlock, LinkEvent, Mark, Packet, Record
from imuhip.core.resources import profile_text
from imuhip.devices.decode import decode
from imuhip.devices.profiles import parse_profile
from imuhip.simulate.radio import RADIOS, Radio, arrivals, lost
from imuhip.simulate.scenarios import SCENARIOS
from imuhip.simulate.sensors import DEG, GRADES, MG, Grade, TriadErrors, draw_errors
from imuhip.simulate.session import Setup, SimulatedSession, simulate
from imuhip.simulate.worn import SENSORS, StrapSlip

ACC_STEP = 16.0 / 32768.0 * STANDARD_GRAVITY
GYR_STEP = 2000.0 / 32768.0 * DEG


def records_of(session: SimulatedSession) -> list[Record]:
    return [record for batch in session.batches() for record in batch]


def packets_of(session: SimulatedSession, sensor: str) -> list[Packet]:
    return [r for r in records_of(session) if isinstance(r, Packet) and r.sensor == sensor]


def decoded(session: SimulatedSession, sensor: str) -> list[DecodedBlock]:
    info = next(i for i in session.header.sensors if i.sensor == sensor)
    profile = parse_profile(session.header.profiles[info.profile_id])
    return [decode(profile, packet) for packet in packets_of(session, sensor)]


def joined(blocks: Sequence[DecodedBlock], name: str) -> np.ndarray:
    return np.concatenate([getattr(block, name) for block in blocks])


def fingerprint(session: SimulatedSession) -> list[object]:
    result: list[object] = [session.header]
    for record in records_of(session):
        if isinstance(record, Packet):
            arrays = (record.arrival, record.host_ns, record.payload, record.offsets)
            result.append((record.sensor, record.epoch, *(a.tobytes() for a in arrays)))
        else:
            result.append(record)
    return result


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("grade", ["perfect", "poor"])
def test_every_scenario_runs_with_every_grade(scenario: str, grade: str) -> None:
    """With the best and the worst grade truth is finite, and marks and samples are all there."""
    session = simulate(scenario, seed=11, grade=grade)
    truth = session.truth
    assert np.isfinite(truth.hip[truth.valid]).all()
    assert np.isnan(truth.hip[~truth.valid]).all()
    assert truth.valid[-1].all()
    np.testing.assert_array_equal(np.diff(np.rint(truth.t * 100)), 1)
    records = records_of(session)
    assert {r.sensor for r in records if isinstance(r, Packet)} == set(SENSORS)
    labels = [r.label for r in records if isinstance(r, Mark)]
    assert labels == [label for _, label in session.marks]
    for sensor in SENSORS:
        blocks = decoded(session, sensor)
        assert not any(block.faults for block in blocks)
        assert len(joined(blocks, "acc")) > 0.95 * len(session.tracks[sensor].t)


def test_arrival_numbers_are_whole_and_batches_consecutive() -> None:
    """Numbers count everything that arrived, once; batches follow each other; host time rises."""
    session = simulate(
        "calibration", seed=5, grade="poor", setup=Setup(radio_gaps=(("pelvis", 20.0, 3.0),))
    )
    stamps: dict[int, int] = {}
    after = 0
    for batch in session.batches(0.37):
        numbers = []
        for record in batch:
            many = isinstance(record, Packet)
            arrival = record.arrival.tolist() if many else [record.arrival]
            host_ns = record.host_ns.tolist() if many else [record.host_ns]
            numbers += arrival
            stamps.update(zip(arrival, host_ns, strict=True))
        assert sorted(numbers) == list(range(after, after + len(numbers)))
        after += len(numbers)
    assert len(stamps) == after
    in_order = [stamps[i] for i in range(after)]
    assert in_order == sorted(in_order)


def test_one_seed_gives_one_session() -> None:
    """The same seed gives the same bytes, another seed others, in every stream."""
    first, again, other = (simulate("calibration", seed=s, grade="poor") for s in (4, 4, 5))
    assert fingerprint(first) == fingerprint(again)
    for sensor in SENSORS:
        a, b = (packets_of(s, sensor)[0] for s in (first, other))
        assert a.payload[:200].tobytes() != b.payload[:200].tobytes()
    assert not np.array_equal(first.mounts["pelvis"], other.mounts["pelvis"])


def test_a_better_sensor_sees_the_same_movement() -> None:
    """The grade changes the sensors and the link, never the athlete."""
    worst, best = (simulate("calibration", seed=4, grade=g) for g in ("poor", "perfect"))
    n = min(len(worst.truth.t), len(best.truth.t)) - 2
    # Their clocks start a few milliseconds apart, so the same movement is seen a little shifted.
    both = (worst.truth.valid[:n] & best.truth.valid[:n]).all(axis=1)
    apart = worst.truth.hip[:n][both] - best.truth.hip[:n][both]
    assert np.degrees(np.sqrt(np.mean(apart**2))) < 2.0
    for sensor in SENSORS:
        np.testing.assert_array_equal(worst.mounts[sensor], best.mounts[sensor])


@pytest.mark.parametrize("per_packet", [1, 4])
def test_recordings_decode_to_the_readings(per_packet: int) -> None:
    """What decoding gives are the readings, rounded to the device's steps, and their stamps."""
    setup = Setup(per_packet=per_packet, radio=replace(RADIOS["good"], loss_rate=0.0), wrap_s=20.0)
    session = simulate("calibration", seed=2, grade="typical", setup=setup)
    for sensor in SENSORS:
        track, blocks = session.tracks[sensor], decoded(session, sensor)
        acc, gyr = joined(blocks, "acc"), joined(blocks, "gyr")
        n = len(acc)
        assert len(track.t) - n < per_packet
        np.testing.assert_allclose(acc, track.acc[:n], atol=0.5001 * ACC_STEP)
        np.testing.assert_allclose(gyr, track.gyr[:n], atol=0.5001 * GYR_STEP)
        ticks = joined(blocks, "ticks")[per_packet - 1 :: per_packet]
        wraps = np.flatnonzero(np.diff(ticks) < 0)
        assert len(wraps) == 1
        assert abs(wraps[0] * per_packet / 100.0 - 20.0) < 0.1
        steps = np.diff(ticks) % 2**32
        np.testing.assert_allclose(steps, 1e4 * per_packet, atol=1.0)
        counter = joined(blocks, "counter")[::per_packet]
        np.testing.assert_array_equal(np.diff(counter) % 2**32, 1)


def test_perfect_sensors_lose_nothing() -> None:
    """Perfect sensors read the ideal, all on one clock, and arrive the moment they sample."""
    session = simulate("calibration", seed=2, grade="perfect")
    assert session.delay_s == 0.0
    for sensor in SENSORS:
        track = session.tracks[sensor]
        np.testing.assert_array_equal(track.acc, track.ideal_acc)
        np.testing.assert_array_equal(track.gyr, track.ideal_gyr)
        np.testing.assert_allclose(track.t, np.arange(len(track.t)) / 100.0, atol=1e-12)
        host = np.concatenate([p.host_ns for p in packets_of(session, sensor)])
        np.testing.assert_array_equal(host - host[0], np.arange(len(host)) * 10_000_000)


def test_the_imported_way_is_exact() -> None:
    """Through the import profile every bit of a reading and of its time comes out again."""
    session = simulate("calibration", seed=2, grade="typical", profile_id="imported")
    assert session.header.clock == "session"
    for sensor in SENSORS:
        track, blocks = session.tracks[sensor], decoded(session, sensor)
        np.testing.assert_array_equal(joined(blocks, "ticks"), track.t)
        np.testing.assert_array_equal(joined(blocks, "acc"), track.acc)
        np.testing.assert_array_equal(joined(blocks, "gyr"), track.gyr)
        np.testing.assert_array_equal(track.t, np.arange(len(track.t)) / 100.0)


def test_the_session_clock_contains_the_shortest_way() -> None:
    """Nothing arrives before its newest sample's session time, and the earliest soon after."""
    session = simulate("visit", seed=3, grade="typical")
    packets = {sensor: packets_of(session, sensor) for sensor in SENSORS}
    zero = min(int(each[0].host_ns[0]) for each in packets.values())
    for sensor in SENSORS:
        host_t = (np.concatenate([p.host_ns for p in packets[sensor]]) - zero) * 1e-9
        counter = joined(decoded(session, sensor), "counter")
        late = host_t - session.tracks[sensor].t[counter - counter[0]]
        if session.tracks[sensor].t[0] < -session.delay_s:
            late = late[1:]
        assert late.min() > -1e-6
        assert late.min() < 5e-3  # sampling and connection events beat slowly
        assert np.percentile(late, 50) < 0.016


def test_the_truth_is_zero_in_standing() -> None:
    """Zeroed angles average zero over the stand; raw ones differ from them by a constant."""
    session = simulate("squat", seed=8)
    truth = session.truth
    marks = {label: t for t, label in session.marks}
    stand = (truth.t > marks["begin:stand"] + 0.02) & (truth.t < marks["end:stand"])
    np.testing.assert_allclose(np.degrees(truth.hip[stand].mean(axis=0)), 0.0, atol=2e-3)
    np.testing.assert_allclose(np.degrees(truth.pelvis[stand].mean(axis=0)), 0.0, atol=2e-3)
    worn = truth.valid.all(axis=1)
    assert np.ptp((truth.hip - truth.hip_raw)[worn], axis=0).max() < 1e-12
    columns = truth.columns()
    np.testing.assert_array_equal(columns["hip_rotation_right_deg"], np.degrees(truth.hip[:, 1, 2]))
    assert list(columns)[:3] == ["t", "hip_flexion_left_deg", "hip_flexion_left_raw_deg"]


@pytest.mark.parametrize("scenario", ["squat", "pivot"])
def test_sensors_and_mounts_give_the_segments(scenario: str) -> None:
    """True sensor orientations times the mounts are the true segment orientations."""
    session = simulate(scenario, seed=8, grade="perfect", profile_id="imported")
    truth = session.truth
    segments = {
        "pelvis": truth.q_pelvis,
        "thigh_left": truth.q_thigh[:, 0],
        "thigh_right": truth.q_thigh[:, 1],
    }
    rows = truth.valid.all(axis=1)
    for sensor, q in segments.items():
        track = session.tracks[sensor]
        q_sb = np.broadcast_to(session.mounts[sensor], track.q.shape)
        apart = multiply(conjugate(multiply(track.q, q_sb)), q)
        assert np.degrees(angle_from_quaternion(apart)[rows].max()) < 1e-5


def test_the_tray_gives_all_sensors_one_orientation() -> None:
    """In the tray the sensors point the same way, within the care of a person, and lie level."""
    for imprecision, limit in ((0.0, 1e-6), (1.0, 4.0)):
        session = simulate("calibration", seed=9, setup=Setup(imprecision=imprecision))
        q = [session.tracks[sensor].q[100] for sensor in SENSORS]
        for other in q[1:]:
            apart = rotvec_from_quaternion(multiply(other, conjugate(q[0])))
            assert np.degrees(np.abs(apart)).max() <= limit
        assert rotate(q[0], np.array((0.0, 0.0, 1.0)))[2] > 0.98


def test_losses_are_as_many_and_as_bursty_as_asked() -> None:
    """Loss rate and burst length come out as asked; zero loses nothing."""
    rng = np.random.default_rng(0)
    for rate, burst in ((0.02, 5.0), (0.005, 1.0), (0.1, 3.0)):
        gone = lost(rng, Radio(loss_rate=rate, loss_burst=burst), 400_000)
        assert gone.mean() == pytest.approx(rate, rel=0.12)
        starts = np.sum(np.diff(gone.astype(int)) == 1)
        assert gone.sum() / starts == pytest.approx(burst, rel=0.2)
    assert not lost(rng, Radio(), 10_000).any()


def test_the_link_delays_as_asked_and_keeps_the_order() -> None:
    """Arrivals lie on connection events, never early, repeats and stalls as often as asked."""
    rng = np.random.default_rng(1)
    ready = np.arange(60_000) / 100.0
    for radio in RADIOS.values():
        came = arrivals(rng, radio, ready)
        late = came - ready - radio.delay_s
        assert late.min() >= -1e-12
        assert (np.diff(came) > 0).all()
        if radio.interval_s:
            assert radio.interval_s * 0.4 < np.median(late) < radio.interval_s * 1.6
            longest = radio.stall_s[1] + 8 * radio.interval_s
            assert radio.interval_s < late.max() < 2.0 * longest
    quick = arrivals(rng, Radio(0.015, 0.0), ready)
    assert (quick - ready).max() < 0.0160
    stalls = arrivals(rng, Radio(0.015, stalls_per_min=30.0, stall_s=(0.1, 0.1)), ready)
    held = np.diff(stalls) > 0.05
    assert 200 < held.sum() < 320  # 300 in ten minutes, less those that overlap


def test_device_clocks_drift_as_asked() -> None:
    """Device stamps run fast or slow against true time by the crystal's error, and no more."""
    grade = Grade(acc=TriadErrors(), gyr=TriadErrors(), crystal_ppm=100.0)
    rates = []
    for seed in range(3):
        session = simulate("calibration", seed=seed, setup=Setup(errors=grade, radio=Radio()))
        for sensor in SENSORS:
            ticks = np.unwrap(joined(decoded(session, sensor), "ticks"), period=2.0**32) * 1e-6
            host = np.concatenate([p.host_ns for p in packets_of(session, sensor)]) * 1e-9
            slope = np.polyfit(host - host[0], ticks - ticks[0], 1)[0]
            true = 0.01 / np.median(np.diff(session.tracks[sensor].t))
            assert (slope - true) * 1e6 == pytest.approx(0.0, abs=0.5)
            rates.append((slope - 1.0) * 1e6)
    assert 40.0 < np.std(rates) < 180.0


def test_sensor_errors_have_the_asked_size() -> None:
    """Noise, bias, scale and walk of readings at rest have the standard deviations asked for."""
    grade = GRADES["poor"]
    n, rate_hz = 4_000, 100.0
    up = np.tile((0.0, 0.0, STANDARD_GRAVITY), (n, 1))
    noise, bias, gyr_bias = [], [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        errors = draw_errors(rng, grade)
        acc, gyr = errors.read(rng, up, np.zeros((n, 3)), rate_hz)
        noise.append(np.diff(acc, axis=0).std() / np.sqrt(2.0))
        bias.append(errors.acc_bias)
        gyr_bias.append(gyr[:50].mean(axis=0))
    assert np.mean(noise) == pytest.approx(MG * grade.acc.noise_density * 50**0.5, rel=0.05)
    assert np.std(bias) == pytest.approx(MG * grade.acc.bias, rel=0.15)
    expected = DEG * np.hypot(grade.gyr.bias, grade.gyr.g_sensitivity)
    assert np.std(gyr_bias) == pytest.approx(expected, rel=0.15)


def test_a_radio_gap_is_a_gap_and_a_new_connection() -> None:
    """A sensor that loses its connection is silent for as long, and comes back in a new epoch."""
    setup = Setup(radio_gaps=(("thigh_left", 30.0, 4.0), ("thigh_left", 50.0, 2.0)))
    session = simulate("calibration", seed=6, grade="good", setup=setup)
    packets = packets_of(session, "thigh_left")
    assert sorted({p.epoch for p in packets}) == [0, 1, 2]
    ends = {e: [p for p in packets if p.epoch == e] for e in (0, 1, 2)}
    for (before, after), length in zip(pairwise(ends.values()), (4.0, 2.0), strict=True):
        silent = (after[0].host_ns[0] - before[-1].host_ns[-1]) * 1e-9
        assert silent == pytest.approx(length, abs=0.06)
    events = [
        r.kind for r in records_of(session) if isinstance(r, LinkEvent) and r.sensor == "thigh_left"
    ]
    assert events == ["connect", "disconnect", "connect", "disconnect", "connect"]
    assert {p.epoch for p in packets_of(session, "pelvis")} == {0}


def test_placement_faults_are_really_there() -> None:
    """Swapped sensors ride the other leg; an upside-down one feels gravity the wrong way round."""
    plain = simulate("calibration", seed=6, grade="perfect")
    swapped = simulate("calibration", seed=6, grade="perfect", setup=Setup(swapped=True))
    marks = {label: t for t, label in plain.marks}
    begin, end = (int(100 * marks[f"{edge}:knee_lift_left"]) for edge in ("begin", "end"))

    def energy(session: SimulatedSession, sensor: str) -> float:
        return float(np.sum(session.tracks[sensor].gyr[begin:end] ** 2))

    assert energy(plain, "thigh_left") > 3.0 * energy(plain, "thigh_right")
    assert energy(swapped, "thigh_right") > 3.0 * energy(swapped, "thigh_left")

    setup = Setup(mounting="usual", upside_down=("thigh_right",))
    worn = simulate("calibration", seed=6, grade="perfect", setup=setup)
    standing = int(100 * marks["begin:stand"]) + 200
    ups = {s: worn.tracks[s].acc[standing] / STANDARD_GRAVITY for s in SENSORS}
    assert ups["thigh_left"][0] > 0.9
    assert ups["pelvis"][0] > 0.9
    assert ups["thigh_right"][0] < -0.9
    mount = worn.header.sensors[2].mount
    assert mount is not None
    assert (mount.up, mount.out) == ("+x", "+z")


def test_a_strap_slips_by_the_asked_angle() -> None:
    """After a slip the sensor sits on its segment turned by just that angle."""
    slip = StrapSlip("thigh_right", 70.0, 10.0)
    plain, slipped = (
        simulate("calibration", seed=6, grade="perfect", setup=Setup(slips=slips))
        for slips in ((), (slip,))
    )
    apart = angle_from_quaternion(
        multiply(conjugate(plain.tracks["thigh_right"].q), slipped.tracks["thigh_right"].q)
    )
    np.testing.assert_allclose(np.degrees(apart[:6990]), 0.0, atol=1e-5)
    np.testing.assert_allclose(np.degrees(apart[7050:]), 10.0, atol=1e-5)


@pytest.mark.parametrize(
    ("profile_id", "rate_hz"),
    [
        ("movella_dot_mode20", 60.0),
        ("movella_dot_mode21", 60.0),
        ("movella_dot_mode26", 60.0),
        ("witmotion_wt901ble", 100.0),
    ],
)
def test_other_devices_are_spoken_too(profile_id: str, rate_hz: float) -> None:
    """Every shipped profile that can be written carries a session, its own orientation included."""
    session = simulate("calibration", seed=1, profile_id=profile_id, rate_hz=rate_hz)
    profile = parse_profile(profile_text(profile_id))
    for sensor in SENSORS:
        blocks = decoded(session, sensor)
        assert not any(block.faults for block in blocks)
        acc = joined(blocks, "acc")
        assert abs(np.median(np.linalg.norm(acc, axis=1)) - 9.81) < 0.4
        if profile.streams[0].has_quat:
            up = rotate(joined(blocks, "quat")[:100], acc[:100])
            np.testing.assert_allclose(up[:, 2], 9.81, atol=0.4)


def test_nonsense_is_refused() -> None:
    """An unknown grade, sensor or rate, and a wrong mount that nobody declared, are refused."""
    with pytest.raises(ValueError, match=r"no grade 'great'. Choose one of perfect"):
        simulate("squat", grade="great")
    with pytest.raises(ValueError, match=r"Unknown sensors: head. There are pelvis"):
        simulate("squat", setup=Setup(radio_gaps=(("head", 1.0, 1.0),)))
    with pytest.raises(ValueError, match="usual"):
        simulate("squat", setup=Setup(upside_down=("pelvis",)))
    with pytest.raises(ProfileError, match="Hz"):
        simulate("squat", rate_hz=123.0)
