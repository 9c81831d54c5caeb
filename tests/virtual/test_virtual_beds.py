"""Virtual sensors through the real bleak: on the virtual adapter, and in both beds of the tests."""

import asyncio
import shutil
import subprocess
import sys

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakGATTProtocolError
from support.bluez_bed import bluez_bed
from support.bumble_bed import bumble_bed

from imuhip.core.errors import DeviceError
from imuhip.devices.profile_nouns import RATE_CODE
from imuhip.virtual.adapter import virtual_adapter
from imuhip.virtual.athlete import rocking_sensors
from imuhip.virtual.sensor import LinkFaults

PLACES = ("pelvis", "thigh_left", "thigh_right")
WAIT_S = 15.0
BEDS = {"adapter": virtual_adapter, "bumble": bumble_bed, "bluez": bluez_bed}


@pytest.fixture(params=BEDS)
def bed_of(request):
    """A way to make a bed; the last kind is for Linux with a dbus-daemon."""
    if request.param == "bluez" and not (sys.platform == "linux" and shutil.which("dbus-daemon")):
        pytest.skip("the BlueZ bed needs Linux and dbus-daemon (Debian: package dbus)")
    return BEDS[request.param]


class Log:
    """What sensors sent and what arrived, by address."""

    def __init__(self, sensors):
        self.sent = {sensor.address: [] for sensor in sensors}
        self.came = {sensor.address: [] for sensor in sensors}
        for sensor in sensors:
            sensor.on_sent = lambda _uuid, value, at=sensor.address: self.sent[at].append(value)

    def hear(self, address):
        """A callback for the sensor at `address`."""
        return lambda _characteristic, value: self.came[address].append(bytes(value))


async def until(condition):
    """Wait for a condition, and fail if it does not come."""
    async with asyncio.timeout(WAIT_S):
        while not condition():
            await asyncio.sleep(0.01)


async def find(bed, count):
    """Devices and advertisements by address."""
    found = {}
    async with BleakScanner(backend=bed.scanner_backend) as scanner, asyncio.timeout(WAIT_S):
        async for device, reported in scanner.advertisement_data():
            found[device.address] = (device, reported)
            if len(found) == count:
                return found
    raise AssertionError("the scanner ended")


async def set_up(client, sensor, hear, **notify):
    """Carry out the profile's steps and subscribe; return the answer to the start."""
    profile, answers = sensor.profile, asyncio.Queue()
    code = profile.rates[sensor.reel.rate_hz]
    for step in profile.setup:
        if step.template is None:
            assert step.accepts(bytes(await client.read_gatt_char(step.characteristic)))
        else:
            await client.write_gatt_char(
                step.characteristic, step.payload(code), response=step.response
            )
    await client.start_notify(profile.streams[0].characteristic, hear, **notify)
    for step in profile.start:
        if step.answer is not None:
            await client.start_notify(
                step.answer_from, lambda _, value: answers.put_nowait(bytes(value))
            )
        await client.write_gatt_char(
            step.characteristic, step.payload(code), response=step.response
        )
        if step.answer is not None:
            async with asyncio.timeout(WAIT_S):
                assert step.accepts(await answers.get())
            await client.stop_notify(step.answer_from)


def client_of(bed, device, **more):
    """A client of a bed."""
    return BleakClient(device, backend=bed.client_backend, timeout=WAIT_S, **more)


def test_a_scan_finds_all_sensors(bed_of):
    """Names, services and signal of every sensor are heard, and nothing else."""

    async def run():
        sensors = rocking_sensors(PLACES)
        async with bed_of(sensors) as bed:
            found = await find(bed, 3)
        assert set(found) == {sensor.address for sensor in sensors}
        for sensor in sensors:
            device, reported = found[sensor.address]
            assert device.name == reported.local_name == sensor.name
            assert reported.service_uuids == ["49940001-b8d2-418c-9313-3845df04f39f"]
            assert reported.rssi == sensor.rssi
            assert sensor.profile.recognises(reported.local_name, reported.service_uuids)

    asyncio.run(run())


def test_manufacturer_data_are_heard(bed_of):
    """A device known by its maker's number is known by it here, too."""

    async def run():
        sensors = rocking_sensors(["pelvis"], profile_id="movella_dot_mode21", rate_hz=60.0)
        async with bed_of(sensors) as bed:
            ((_, reported),) = (await find(bed, 1)).values()
        assert reported.manufacturer_data == {2182: b"V0001"}

    asyncio.run(run())


@pytest.mark.parametrize(
    ("profile_id", "rate_hz", "count"),
    [
        ("reference", 200.0, 600),
        ("movella_dot_mode20", 60.0, 90),
        ("witmotion_wt901ble", 200.0, 300),
    ],
)
def test_three_sensors_lose_nothing(bed_of, profile_id, rate_hz, count):
    """Three sensors at once: every notification arrives, in order, byte for byte."""

    async def run():
        sensors = rocking_sensors(PLACES, profile_id=profile_id, rate_hz=rate_hz)
        log = Log(sensors)
        async with bed_of(sensors) as bed:
            found = await find(bed, 3)
            clients = []
            for sensor in sensors:
                client = client_of(bed, found[sensor.address][0])
                await client.connect()
                await set_up(client, sensor, log.hear(sensor.address))
                clients.append(client)
            await until(lambda: min(map(len, log.came.values())) >= count)
            for client, sensor in zip(clients, sensors, strict=True):
                sensor.disconnected()  # silent from now on: what is on its way arrives
                await until(lambda at=sensor.address: len(log.came[at]) == len(log.sent[at]))
                await client.disconnect()
        assert log.came == log.sent

    asyncio.run(run())


def test_notifications_by_a_socket():
    """BlueZ's other way to notify, AcquireNotify, loses nothing either."""
    if not (sys.platform == "linux" and shutil.which("dbus-daemon")):
        pytest.skip("the BlueZ bed needs Linux and dbus-daemon (Debian: package dbus)")

    async def run():
        sensors = rocking_sensors(["pelvis"])
        (sensor,) = sensors
        log = Log(sensors)
        async with bluez_bed(sensors, adapters=("hci0", "hci1")) as bed:
            await find(bed, 1)
            async with BleakClient(
                sensor.address, bluez={"adapter": "hci1"}, timeout=WAIT_S
            ) as client:
                await set_up(
                    client, sensor, log.hear(sensor.address), bluez={"use_start_notify": False}
                )
                await until(lambda: len(log.came[sensor.address]) >= 200)
                sensor.disconnected()
                await until(lambda: len(log.came[sensor.address]) == len(log.sent[sensor.address]))
        assert log.came == log.sent

    asyncio.run(run())


def test_reading_battery_and_serial(bed_of):
    """Standard characteristics are read; the MTU leaves room for a batch."""

    async def run():
        sensors = rocking_sensors(["pelvis"], faults=LinkFaults(battery_percent=7))
        async with bed_of(sensors) as bed:
            ((device, _),) = (await find(bed, 1)).values()
            async with client_of(bed, device) as client:
                assert await client.read_gatt_char("2a19") == b"\x07"
                assert await client.read_gatt_char("2a25") == b"V0001"
                assert all(
                    c.max_write_without_response_size == 244
                    for s in client.services
                    for c in s.characteristics
                )

    asyncio.run(run())


def test_a_lost_link_is_reported_and_made_again(bed_of):
    """When the link breaks the callback comes; after a while the sensor streams again."""

    async def run():
        sensors = rocking_sensors(["pelvis"])
        (sensor,) = sensors
        log, lost = Log(sensors), []
        async with bed_of(sensors) as bed:
            ((device, _),) = (await find(bed, 1)).values()
            client = client_of(bed, device, disconnected_callback=lost.append)
            await client.connect()
            await set_up(client, sensor, log.hear(sensor.address))
            await until(lambda: len(log.came[sensor.address]) > 20)
            away = asyncio.create_task(sensor.lose_link(0.3))
            await until(lambda: lost)
            assert not client.is_connected
            assert not away.done()
            await client.disconnect()  # releases what bleak still holds of the broken connection
            again = client_of(bed, device)
            await again.connect()
            assert away.done()
            before = len(log.came[sensor.address])
            await set_up(again, sensor, log.hear(sensor.address))
            await until(lambda: len(log.came[sensor.address]) > before + 20)
            await again.disconnect()
        assert lost == [client]

    asyncio.run(run())


def test_the_play_breaks_a_link_by_itself(bed_of):
    """A link loss that was asked for happens at its second of the play."""

    async def run():
        sensors = rocking_sensors(["pelvis"], faults=LinkFaults(link_losses=((0.4, 0.1),)))
        (sensor,) = sensors
        lost = asyncio.Event()
        async with bed_of(sensors) as bed:
            ((device, _),) = (await find(bed, 1)).values()
            client = client_of(bed, device, disconnected_callback=lambda _: lost.set())
            await client.connect()
            await set_up(client, sensor, Log(sensors).hear(sensor.address))
            async with asyncio.timeout(WAIT_S):
                await lost.wait()
            assert sensor.play.now_s >= 0.4
            await client.disconnect()

    asyncio.run(run())


def test_a_refused_step_is_an_att_error(bed_of):
    """A sensor that refuses a write gives bleak's own error for it."""

    async def run():
        sensors = rocking_sensors(
            ["pelvis"],
            profile_id="movella_dot_mode21",
            rate_hz=60.0,
            faults=LinkFaults(refuse=("setup:0",)),
        )
        step = sensors[0].profile.setup[0]
        assert RATE_CODE in step.template
        async with bed_of(sensors) as bed:
            ((device, _),) = (await find(bed, 1)).values()
            async with client_of(bed, device) as client:
                with pytest.raises(BleakGATTProtocolError):
                    await client.write_gatt_char(
                        step.characteristic, step.payload(b"\x3c\x00"), response=True
                    )

    asyncio.run(run())


def test_a_bed_can_be_left_with_everything_running(bed_of):
    """Leaving a bed in the middle of streaming ends everything, and the next bed works."""

    async def streaming(sensors):
        log = Log(sensors)
        async with bed_of(sensors) as bed:
            ((device, _),) = (await find(bed, 1)).values()
            client = client_of(bed, device)
            await client.connect()
            await set_up(client, sensors[0], log.hear(device.address))
            await until(lambda: len(log.came[device.address]) > 5)
            raise KeyError("out")

    async def run():
        for _ in range(2):
            sensors = rocking_sensors(["pelvis"])
            with pytest.raises(KeyError, match="out"):
                await streaming(sensors)
            assert not sensors[0].streaming

    asyncio.run(run())


def test_the_adapter_needs_no_bluetooth_stack():
    """Virtual sensors are found and read where neither bumble nor a bus is installed."""
    script = """
import asyncio, sys
sys.modules["bumble"] = sys.modules["dbus_fast"] = None
from bleak import BleakClient, BleakScanner
from imuhip.virtual.adapter import virtual_adapter
from imuhip.virtual.athlete import rocking_sensors
async def run():
    async with virtual_adapter(rocking_sensors(["pelvis"])) as adapter:
        device = await BleakScanner.find_device_by_filter(
            lambda *_: True, backend=adapter.scanner_backend
        )
        async with BleakClient(device, backend=adapter.client_backend) as client:
            print(await client.read_gatt_char("2a25"))
asyncio.run(run())
"""
    reported = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout
    assert "V0001" in reported


def test_without_dbus_daemon_the_user_is_told(monkeypatch, tmp_path):
    """Who lacks dbus-daemon is told which package has it."""
    pytest.importorskip("dbus_fast")
    monkeypatch.setenv("PATH", str(tmp_path))

    async def run():
        async with bluez_bed(rocking_sensors(["pelvis"])):
            raise AssertionError("a bed without a bus")

    with pytest.raises(DeviceError, match="package dbus"):
        asyncio.run(run())
