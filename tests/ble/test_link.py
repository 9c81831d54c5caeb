"""One sensor's link: set-ups that go wrong, batteries, answers among samples, ends."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import pytest
from beds.collect import until
from bleak.exc import BleakError
from faults.world import simulated
from support.fake_radio import BATTERY, CONTROL, DATA, FakeSensor, fake_radio

from imuhip.ble import link as link_module
from imuhip.ble.inbox import Inbox
from imuhip.ble.link import Link
from imuhip.ble.radio import Connection, Radio, Sighting
from imuhip.ble.scan import known_profiles
from imuhip.ble.set_up import Answers, perform, steps_of
from imuhip.core.errors import DeviceError
from imuhip.core.records import LinkEvent
from imuhip.devices.profile_nouns import Step


def link_to(
    sensor: FakeSensor, said: list[str], inbox: Inbox | None = None, radio: Radio | None = None
) -> Link:
    """A link to the only sensor that is heard."""
    return Link(
        "pelvis",
        known_profiles()["reference"],
        100.0,
        radio or fake_radio(sensor),
        lambda seen: next(iter(seen.values()), None),
        inbox or Inbox(),
        lambda _link, _change, sentence: said.append(sentence),
    )


def played(link: Link, scene: Coroutine[Any, Any, None]) -> None:
    """Keep a link up while a scene is played, on a simulated clock."""

    async def play() -> None:
        running = asyncio.create_task(link.run())
        try:
            await scene
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await link.ask_to_stop()
            await link.close()

    simulated(lambda _: play())


def test_a_link_that_breaks_before_the_first_sample_is_reported_as_that() -> None:
    """The set-up was answered, nothing came, the link is gone: nearer, and it is tried again."""
    sensor, said, inbox = FakeSensor("imuhip 1", "AA:1", silent=True), [], Inbox()
    link = link_to(sensor, said, inbox)

    async def scene() -> None:
        await until(lambda: sensor.writes)
        sensor.break_link()
        await until(lambda: said)
        sensor.silent = False
        await until(lambda: link.flows)

    played(link, scene())
    broke = "pelvis: The link broke during set-up. Bring the sensor nearer."
    assert said == [broke, "pelvis: streaming from imuhip 1"]
    kinds = [r.kind for r in inbox.take() if isinstance(r, LinkEvent)]
    assert kinds.count("disconnect") == 1, "only the end: it never streamed before"
    assert (link.epoch, len(sensor.connects)) == (1, 2)


def test_a_sensor_that_does_not_answer_its_start_is_reported_with_the_step() -> None:
    """The step, what was written, what was awaited and for how long; nobody waits for ever."""
    sensor, said = FakeSensor("imuhip 1", "AA:1", answer=None), []
    link = link_to(sensor, said)

    async def scene() -> None:
        await until(lambda: link.trouble)

    played(link, scene())
    (sentence,) = said
    assert "start step 1: wrote 01 64 00" in sentence
    assert "expected 01 00" in sentence
    assert "got no answer within 2 s" in sentence


def test_a_sensor_without_a_battery_level_streams_all_the_same() -> None:
    """What its profile names and the device lacks stays unknown, now and a minute later."""
    sensor, said = FakeSensor("imuhip 1", "AA:1", lacks=(BATTERY,)), []
    link = link_to(sensor, said)

    async def scene() -> None:
        await until(lambda: link.flows)
        await asyncio.sleep(2.0 * link_module.BATTERY_S)
        assert link.flows
        assert link.battery is None

    played(link, scene())
    assert said == ["pelvis: streaming from imuhip 1"]


def test_a_link_that_breaks_while_its_battery_is_read_is_made_again() -> None:
    """The read fails, the loss is reported once, and the next level is that of the new link."""
    sensor, said = FakeSensor("imuhip 1", "AA:1", battery=80), []
    link = link_to(sensor, said)

    async def breaks(_characteristic: object, **_: object) -> bytearray:
        sensor.break_link()
        raise BleakError("Not connected")

    async def scene() -> None:
        await until(lambda: link.flows)
        assert link.battery == 80.0
        sensor.client.read_gatt_char = breaks
        await asyncio.sleep(link_module.BATTERY_S)
        sensor.battery = 70
        await until(lambda: link.epoch == 1 and link.flows)
        assert link.battery == 70.0

    played(link, scene())
    assert [s.split(" (")[0] for s in said] == [
        "pelvis: streaming from imuhip 1", "pelvis: lost", "pelvis: streaming from imuhip 1",
    ]  # fmt: skip


def test_a_level_that_changes_is_read_every_minute() -> None:
    """A coach sees the battery of now, not that of the start."""
    sensor = FakeSensor("imuhip 1", "AA:1", battery=80)
    link = link_to(sensor, [])

    async def scene() -> None:
        await until(lambda: link.flows)
        sensor.battery = 60
        await asyncio.sleep(link_module.BATTERY_S + 1.0)
        assert link.battery == 60.0

    played(link, scene())


def test_a_link_that_waits_for_the_adapter_ends_at_once() -> None:
    """Ctrl-C while another sensor is being connected: nothing was opened, nothing is closed."""
    sensor = FakeSensor("imuhip 1", "AA:1")
    radio = fake_radio(sensor)
    link = link_to(sensor, [], radio=radio)
    link.hint(Sighting("imuhip 1", "AA:1", -60))

    async def play() -> float:
        async with radio.lock:
            running = asyncio.create_task(link.run())
            await until(lambda: link.state == "connecting")
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            began = time.monotonic()
            await link.ask_to_stop()
            await link.close()
            return time.monotonic() - began

    assert simulated(lambda _: play()) == 0.0
    assert (sensor.connects, sensor.writes) == ([], [])


class Answering:
    """A connection to a device that answers on the characteristic its samples come on."""

    def __init__(self, answers: Answers, characteristic: str, *sent: bytes) -> None:
        self.answers, self.characteristic, self.sent = answers, characteristic, sent
        self.wrote: list[tuple[str, bytes]] = []

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        """Take a command, and send what was prepared."""
        del response
        self.wrote.append((uuid, data))
        for each in self.sent:
            self.answers.offer(self.characteristic, each)


def start_of(profile_id: str) -> tuple[str, Step]:
    """The first step of a profile whose answer comes where its samples do."""
    profile = known_profiles()[profile_id]
    return next(
        (name, step)
        for order in ("before_subscribe", "after_subscribe")
        for name, step in steps_of(profile, order)
        if step.answer is not None and profile.stream_of(step.answer_from) is not None
    )


@pytest.mark.parametrize("profile_id", ["movesense_gsp", "mbientlab_metamotion_s"])
def test_samples_before_an_answer_are_passed_over(profile_id: str) -> None:
    """A sensor that still streams from before is set up; one that only streams is refused."""
    profile = known_profiles()[profile_id]
    name, step = start_of(profile_id)
    sample = bytes.fromhex("02 63") + bytes(30)

    async def play(*sent: bytes) -> Any:
        answers = Answers()
        connection = Answering(answers, step.answer_from, *sent)
        return await perform(connection, profile, step, name, b"", answers)  # type: ignore[arg-type]

    assert step.answer is not None
    detail = simulated(lambda _: play(sample, sample, step.answer))
    assert detail["answer"] == step.answer.hex(" ")
    late = f"got {sample.hex(' ')} within {step.timeout:g} s"
    with pytest.raises(DeviceError, match=late):
        simulated(lambda _: play(sample))


def test_a_characteristic_that_is_not_there_is_named_with_those_that_are() -> None:
    """Reading what a device lacks says what the profile expects and what the device has."""
    sensor = FakeSensor("imuhip 1", "AA:1", lacks=(DATA,))
    profile = known_profiles()["reference"]

    async def play() -> None:
        radio = fake_radio(sensor)
        (sighting,) = (await radio.scan(0.1)).values()
        connection = Connection(radio, sighting, profile, lambda: None)
        await connection.open(1.0)
        assert connection.has(CONTROL)
        try:
            await connection.read(DATA)
        finally:
            await connection.close()

    with pytest.raises(DeviceError, match=f"no characteristic {DATA}.*{CONTROL}"):
        simulated(lambda _: play())
    assert sensor.client is None
