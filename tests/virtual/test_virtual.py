"""Virtual sensors without any Bluetooth: tables, stamps, answers, the clock of the play."""

import asyncio

import numpy as np
import pytest

from imuhip.core.records import Packet
from imuhip.core.resources import profile_text
from imuhip.devices.decode import decode
from imuhip.devices.profiles import parse_profile
from imuhip.simulate.radio import Radio
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup
from imuhip.virtual.athlete import rocking_sensors, virtual_athlete
from imuhip.virtual.gatt import full_uuid, gatt_table
from imuhip.virtual.play import Play, follow
from imuhip.virtual.reel import looped_reel, marks_of, reel_from_session
from imuhip.virtual.sensor import LinkFaults, WriteRefusedError

PROFILES = (
    ("reference", 200.0),
    ("movella_dot_mode20", 60.0),
    ("movella_dot_mode21", 60.0),
    ("movella_dot_mode26", 60.0),
    ("witmotion_wt901ble", 200.0),
)


def profile_of(profile_id):
    return parse_profile(profile_text(profile_id))


def decoded(profile, notifications):
    """What our decoder makes of notifications."""
    count = len(notifications)
    packet = Packet(
        "pelvis",
        profile.streams[0].characteristic,
        0,
        np.arange(count),
        np.arange(count),
        np.frombuffer(b"".join(notifications), dtype=np.uint8),
        np.concatenate(([0], np.cumsum([len(n) for n in notifications]))),
    )
    return decode(profile, packet)


class Host:
    """A bearer that keeps what it is given, and tells when there is enough."""

    def __init__(self, enough=1):
        self.came = []
        self.dropped = False
        self._enough = enough
        self.done = asyncio.Event()

    def notify(self, uuid, value):
        """Keep it."""
        self.came.append((uuid, value))
        if len(self.came) >= self._enough:
            self.done.set()

    def drop(self):
        """Remember that the link broke."""
        self.dropped = True


def start(sensor, host):
    """Connect, subscribe to everything, write the profile's steps."""
    sensor.connected(host)
    for service in sensor.services:
        for characteristic in service.characteristics:
            if "notify" in characteristic.properties:
                sensor.subscribe(characteristic.uuid, on=True)
    code = sensor.profile.rates[sensor.reel.rate_hz]
    for step in (*sensor.profile.setup, *sensor.profile.start):
        if step.template is not None:
            sensor.write(full_uuid(step.characteristic), step.payload(code))


@pytest.mark.parametrize("profile_id", [profile_id for profile_id, _ in PROFILES])
def test_the_table_has_what_the_profile_uses(profile_id):
    """Every characteristic that a profile names is in the table, with what is done to it."""
    profile = profile_of(profile_id)
    may = {c.uuid: c.properties for s in gatt_table(profile) for c in s.characteristics}
    for stream in profile.streams:
        assert "notify" in may[full_uuid(stream.characteristic)]
    for step in (*profile.setup, *profile.start, *profile.stop):
        wanted = "write" if step.response else "write-without-response"
        assert ("read" if step.template is None else wanted) in may[full_uuid(step.characteristic)]
        if step.answer is not None:
            assert step.answer_by in may[full_uuid(step.answer_from)]
    assert {full_uuid("180a")} <= {service.uuid for service in gatt_table(profile)}


@pytest.mark.parametrize(
    ("profile_id", "services"),
    [
        ("reference", {"49940001-b8d2-418c-9313-3845df04f39f", full_uuid("180f")}),
        ("witmotion_wt901ble", {"0000ffe5-0000-1000-8000-00805f9a34fb"}),
        (
            "movella_dot_mode21",
            {f"1517{n}000-4947-11e9-8646-d663bd873d93" for n in (1, 2, 3)},
        ),
    ],
)
def test_services_are_those_of_the_device(profile_id, services):
    """Characteristics lie in the services that the real devices have."""
    table = gatt_table(profile_of(profile_id))
    assert {service.uuid for service in table} - {full_uuid("180a")} == services


def test_a_unit_may_have_the_alias_uuids():
    """The other UUID base of WitMotion units is offered when asked for."""
    uuids = {
        c.uuid
        for s in gatt_table(profile_of("witmotion_wt901ble"), aliased=True)
        for c in s.characteristics
    }
    assert full_uuid("ffe4") in uuids
    assert "0000ffe4-0000-1000-8000-00805f9a34fb" not in uuids


def test_an_aliased_unit_streams_under_its_own_uuid():
    """What leaves such a unit has the alias UUID, and writes under it are understood."""

    async def run():
        (sensor,) = rocking_sensors(["pelvis"], profile_id="witmotion_wt901ble", aliased=True)
        host = Host(10)
        start(sensor, host)
        sensor.write(full_uuid("ffe9"), bytes.fromhex("FFAA690000"))
        await asyncio.wait_for(host.done.wait(), 5)
        sensor.write(full_uuid("ffe9"), sensor.profile.battery.request)
        await sensor.close()
        assert {uuid for uuid, _ in host.came} == {full_uuid("ffe4")}
        assert host.came[-1][1].startswith(sensor.profile.battery.match)

    asyncio.run(run())


@pytest.mark.parametrize(("profile_id", "rate_hz"), PROFILES)
def test_stamps_run_on_over_repeats(profile_id, rate_hz):
    """However often a reel is repeated, device time and counter go on as if it were one signal."""
    profile = profile_of(profile_id)
    reel = looped_reel(profile, rate_hz)
    play = Play(1)
    play._boot = 100.0
    sent, count = [], 2**32 - 300
    passes = follow(play, reel, 100.7)
    for _ in range(3):
        part = next(passes)
        sent += reel.notifications(part.rows, part.device_s, count)
        count += part.rows.stop - part.rows.start
    block = decoded(profile, sent)
    assert not block.faults
    if profile.counter is not None:
        assert np.all(np.diff(block.counter) % 2**32 == 1)
    if profile.time is not None:
        period = 1e6 / rate_hz
        assert np.all(np.abs(np.diff(block.ticks) - period) <= 1.0)
        assert block.ticks[0] == pytest.approx(0.7e6, abs=period)


def test_every_rate_up_to_400_hz():
    """A looped signal has the rate asked for, in batches as well."""
    reel = looped_reel(profile_of("reference"), 400.0, per_packet=8)
    assert np.allclose(np.diff(reel.due_s), 0.02)
    with pytest.raises(ValueError, match="400"):
        looped_reel(profile_of("reference"), 401.0)


def test_an_athlete_sends_the_bytes_of_the_simulation():
    """But for the stamps, what leaves a sensor is what the simulator wrote, sample for sample."""
    session = simulate(
        "calibration", seed=2, grade="good", rate_hz=50.0, setup=Setup(radio=Radio())
    )
    profile = profile_of("reference")
    reel = reel_from_session(session, "thigh_left", profile)
    sent = reel.notifications(slice(0, len(reel)), 3.0, 7)
    block = decoded(profile, sent)
    packets = [
        r
        for b in session.batches(1e9)
        for r in b
        if isinstance(r, Packet) and r.sensor == "thigh_left"
    ]
    truth = decoded(profile, [p.notification(i) for p in packets for i in range(len(p))])
    assert np.array_equal(block.acc, truth.acc)
    assert np.array_equal(block.gyr, truth.gyr)
    assert np.array_equal((block.ticks - truth.ticks) % 2**32, np.full(len(sent), 3e6))
    assert block.counter[0] == 7
    labels = [label for _, label in marks_of(session)]
    assert labels[0] == "begin:tray"
    assert len(labels) == len(session.marks)


def test_the_athlete_waits_for_the_last_sensor():
    """All sensors of an athlete begin the play at one instant, after the last one streams."""

    async def run():
        session = simulate(
            "calibration", seed=2, grade="perfect", rate_hz=50.0, setup=Setup(radio=Radio())
        )
        sensors = virtual_athlete(session, speed=20.0)
        hosts = [Host(300) for _ in sensors]
        for sensor, host in zip(sensors[:2], hosts[:2], strict=True):
            start(sensor, host)
        await asyncio.wait_for(hosts[0].done.wait(), 5)
        assert sensors[0].play.began is None
        start(sensors[2], hosts[2])
        await asyncio.wait_for(sensors[0].play.until(2.0), 5)
        assert sensors[0].play.now_s >= 2.0
        for sensor in sensors:
            await sensor.close()
        counts = decoded(sensors[0].profile, [v for u, v in hosts[0].came if len(v) > 8]).counter
        assert np.all(np.diff(counts) == 1)

    asyncio.run(run())


def test_an_athlete_waits_for_the_word_and_all_sensors_go_on_together():
    """While the athlete waits, clocks run on; the word takes all sensors on at one moment."""

    async def run():
        session = simulate(
            "calibration", seed=2, grade="good", rate_hz=50.0, setup=Setup(radio=Radio())
        )
        sensors = virtual_athlete(session, speed=20.0, waits=(4.0, 9.0))
        hosts = [Host(700) for _ in sensors]
        for sensor, host in zip(sensors, hosts, strict=True):
            start(sensor, host)
        play = sensors[0].play
        for waiting, then in ((4.0, 6.0), (9.0, 9.5)):
            await asyncio.wait_for(play.until(waiting), 5)
            before = len(hosts[0].came)
            while len(hosts[0].came) < before + 100:  # two seconds of their clocks
                await asyncio.sleep(0.01)
            assert play.now_s == waiting
            play.go_on()
            await asyncio.wait_for(play.until(then), 5)
        for host in hosts:
            await asyncio.wait_for(host.done.wait(), 5)
        for sensor in sensors:
            await sensor.close()
        went_on = []
        for sensor, host in zip(sensors, hosts, strict=True):
            truth = decoded(
                sensor.profile, sensor.reel.notifications(slice(0, len(sensor.reel)), 0.0, 0)
            )
            came = decoded(sensor.profile, [v for u, v in host.came if len(v) > 8])
            assert np.all(np.diff(came.counter) == 1)
            assert np.all(np.abs(np.diff(came.ticks) - 20_000) < 100)
            first = int(np.searchsorted(sensor.reel.due_s, 9.0))
            at = np.flatnonzero((came.acc == truth.acc[first]).all(axis=1))[-1]
            went_on.append(came.ticks[at] - truth.ticks[first])
        assert max(went_on) - min(went_on) < 10
        assert went_on[0] > 4e6

    asyncio.run(run())


def test_steps_are_answered_and_can_be_refused():
    """The start is answered as the profile expects, or refused as the format says."""

    async def run():
        good, bad = rocking_sensors(
            ["pelvis", "thigh_left"], faults={"thigh_left": LinkFaults(refuse=("start:0",))}
        )
        step = good.profile.start[0]
        for sensor, accepted in ((good, True), (bad, False)):
            host = Host()
            start(sensor, host)
            assert step.accepts(host.came[0][1]) is accepted
            assert sensor.streaming is accepted
            await sensor.close()

    asyncio.run(run())


def test_a_rate_it_does_not_play_is_refused():
    """A sensor that plays 200 Hz does not promise 100."""

    async def run():
        (sensor,) = rocking_sensors(["pelvis"], rate_hz=200.0)
        host = Host()
        sensor.connected(host)
        step = sensor.profile.start[0]
        sensor.subscribe(full_uuid(step.characteristic), on=True)
        sensor.write(full_uuid(step.characteristic), step.payload(sensor.profile.rates[100.0]))
        assert host.came[0][1] == bytes.fromhex("0101")
        assert not sensor.streaming

    asyncio.run(run())


def test_a_write_is_refused_with_an_att_error():
    """A device that answers in the response alone refuses with an ATT error."""

    async def run():
        (sensor,) = rocking_sensors(
            ["pelvis"],
            profile_id="movella_dot_mode21",
            rate_hz=60.0,
            faults=LinkFaults(refuse=("setup:0",)),
        )
        sensor.connected(Host())
        step = sensor.profile.setup[0]
        with pytest.raises(WriteRefusedError, match="0x80"):
            sensor.write(full_uuid(step.characteristic), step.payload(bytes.fromhex("3C00")))

    asyncio.run(run())


@pytest.mark.parametrize(
    ("profile_id", "rate_hz", "expected"),
    [
        ("reference", 200.0, bytes([12])),
        ("witmotion_wt901ble", 200.0, bytes.fromhex("55716400") + (341).to_bytes(2, "little")),
    ],
)
def test_the_battery_is_reported_as_the_profile_says(profile_id, rate_hz, expected):
    """A low battery is read, or asked for, in the device's own way."""

    async def run():
        (sensor,) = rocking_sensors(
            ["pelvis"],
            profile_id=profile_id,
            rate_hz=rate_hz,
            faults=LinkFaults(battery_percent=12),
        )
        battery = sensor.profile.battery
        if battery.request is None:
            reported = sensor.read(full_uuid(battery.characteristic))
        else:
            host = Host()
            sensor.connected(host)
            sensor.subscribe(full_uuid(battery.characteristic), on=True)
            sensor.write(full_uuid(battery.request_to), battery.request)
            reported = host.came[0][1]
            await sensor.close()
        assert reported.startswith(expected)

    asyncio.run(run())


def test_faults_of_the_link_show_in_what_arrives():
    """Losses leave gaps in the counter, a connection interval bundles notifications."""

    async def run():
        (sensor,) = rocking_sensors(
            ["pelvis"],
            speed=10.0,
            faults=LinkFaults(radio=Radio(interval_s=0.05, loss_rate=0.1), seed=3),
        )
        loop = asyncio.get_running_loop()
        times = []
        sensor.on_sent = lambda _uuid, _value: times.append(loop.time())
        host = Host(800)
        start(sensor, host)
        await asyncio.wait_for(host.done.wait(), 10)
        await sensor.close()
        counter = decoded(sensor.profile, [v for _, v in host.came if len(v) > 8]).counter
        missing = int(np.sum(np.diff(counter) - 1))
        assert 0 < missing <= sensor.lost
        bursts = np.sum(np.diff(times) > 0.02) + 1
        assert bursts < len(times) / 20

    asyncio.run(run())


def test_a_restart_counts_from_zero_with_the_clock_running_on():
    """After a new start the counter begins again; the microseconds are those since boot."""

    async def run():
        (sensor,) = rocking_sensors(["pelvis"])
        blocks = []
        for _ in range(2):
            host = Host(30)
            start(sensor, host)
            await asyncio.wait_for(host.done.wait(), 5)
            sensor.disconnected()
            blocks.append(decoded(sensor.profile, [v for _, v in host.came if len(v) > 8]))
        assert blocks[1].counter[0] == 0
        assert blocks[1].ticks[0] > blocks[0].ticks[-1]
        await sensor.close()

    asyncio.run(run())
