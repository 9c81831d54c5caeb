"""Links that fail in ways of their own: silence, refusals, strangers, wrong units."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from beds.collect import until
from faults.world import simulated
from support.fake_radio import CONTROL, FakeSensor, fake_radio

from imuhip.ble import link as link_module
from imuhip.ble.kit import Binding, Kit
from imuhip.ble.radio import Radio
from imuhip.core.errors import DeviceError, RecordingError
from imuhip.core.records import LinkEvent
from imuhip.live.collector import collecting, spread
from imuhip.live.control import ControlRefusedError
from imuhip.live.recorder import Recorder
from imuhip.live.session import Session
from imuhip.live.start import Options
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader

PLACES = ("pelvis", "thigh_left", "thigh_right")


def three() -> list[FakeSensor]:
    return [FakeSensor(f"imuhip {k}", f"AA:00:00:00:00:0{k}", serial=f"S{k}") for k in (1, 2, 3)]


def kit_of(sensors: list[FakeSensor], **serials: str) -> Kit:
    bound = {
        place: Binding("reference", name=s.name, address=s.address, serial=serials.get(place, ""))
        for place, s in zip(PLACES, sensors, strict=True)
    }
    return Kit("k", bound)


@asynccontextmanager
async def collected(
    folder: Path, sensors: list[FakeSensor], said: list[str], kit: Kit | None = None
) -> AsyncIterator[Session]:
    options = Options(folder)
    async with collecting(
        [kit or kit_of(sensors)], [fake_radio(*sensors)], options, say=said.append
    ) as (session,):
        yield session


def test_a_silent_sensor_is_noticed_within_a_second_and_reconnected(tmp_path: Path) -> None:
    """Without any word from the radio, silence alone ends the link while the others go on."""
    sensors, said = three(), []

    async def play() -> None:
        async with collected(tmp_path, sensors, said) as session:
            await until(lambda: session.state == "ready")
            await session.start()
            started = time.monotonic()
            sensors[1].silent = True
            await until(lambda: session.links["thigh_left"].state != "streaming")
            assert time.monotonic() - started < 1.1  # the loop's own turns included
            sensors[1].silent = False
            assert session.links["pelvis"].state == "streaming"
            await until(lambda: session.links["thigh_left"].flows)
            await session.stop()

    simulated(lambda _: play())
    lost = [s for s in said if "lost" in s and "thigh_left: lost" in s]
    assert len(lost) == 1
    (path,) = tmp_path.glob("*.mcap")
    events = [r for b in RecordingReader(path).batches() for r in b if isinstance(r, LinkEvent)]
    (gone,) = [e for e in events if e.kind == "disconnect"]
    assert gone.sensor == "thigh_left"
    assert "no data for" in gone.detail["reason"]


def test_failures_are_reported_once_and_tried_with_growing_waits(tmp_path: Path) -> None:
    """Attempts come at growing intervals; the same trouble is one message; then it streams."""
    sensors, said = three(), []
    sensors[2].refuses = 3

    async def play() -> None:
        async with collected(tmp_path, sensors, said) as session:
            await until(lambda: session.state == "ready")

    simulated(lambda _: play())
    reported = [s for s in said if s.startswith("thigh_right:")]
    assert ["le-connection-abort" in s for s in reported] == [True, False]
    waits = [b - a for a, b in zip(sensors[2].connects, sensors[2].connects[1:], strict=False)]
    assert len(waits) == 3
    for wait, least in zip(waits, (0.5, 1.0, 2.0), strict=True):
        assert wait > least - 1e-6
    assert link_module.SLOW_TO_RECOVER_S["WitMotion"] == 40.0


def test_a_missing_sensor_is_named_at_the_start_and_found_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not heard is said with its name; when it is switched on it joins."""
    monkeypatch.setattr("imuhip.live.collector.CHECK_S", 0.3)
    monkeypatch.setattr("imuhip.ble.link.SEARCH_S", 0.3)
    sensors, said = three(), []
    sensors[1].advertises = False

    async def play() -> None:
        async with collected(tmp_path, sensors, said) as session:
            await until(lambda: session.links["thigh_left"].trouble)
            sensors[1].advertises = True
            await until(lambda: session.state == "ready")

    simulated(lambda _: play())
    assert "not found: thigh_left (imuhip 2)" in said[0]
    assert any(s.startswith("thigh_left: Not found in") for s in said)


def test_another_sensor_under_the_same_name_is_refused(tmp_path: Path) -> None:
    """A serial that is not the kit's is reported, with both serials."""
    sensors, said = three(), []
    kit = kit_of(sensors, pelvis="S9")

    async def play() -> None:
        async with collected(tmp_path, sensors, said, kit) as session:
            await until(lambda: session.links["pelvis"].trouble)

    simulated(lambda _: play())
    assert any("its serial is S1, not S9" in s for s in said)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"config": bytes.fromhex("02 01 64 00 10 00 D0 07")}, ("setup step 1", "got 02 01")),
        ({"lacks": (CONTROL,)}, ("no characteristic", "Check that the profile fits")),
        ({"answer": b""}, ("start step 1", "got an empty one")),
    ],
)
def test_a_sensor_that_does_not_fit_its_profile_says_so(
    tmp_path: Path, change: dict, words: tuple[str, ...]
) -> None:
    """Each misfit is one message that names the step or the characteristic."""
    sensors, said = three(), []
    for name, value in change.items():
        setattr(sensors[0], name, value)

    async def play() -> None:
        async with collected(tmp_path, sensors, said) as session:
            await until(lambda: session.links["pelvis"].trouble)

    simulated(lambda _: play())
    (reported,) = [s for s in said if s.startswith("pelvis:")]
    for word in words:
        assert word in reported


def test_a_pause_of_the_program_loses_no_link(tmp_path: Path) -> None:
    """When this program stands still, all sensors fall silent together, and none is dropped."""
    sensors, said = three(), []

    async def play() -> None:
        async with collected(tmp_path, sensors, said) as session:
            await until(lambda: session.state == "ready")
            time.sleep(1.5)
            looked = sensors[0].count
            await until(lambda: sensors[0].count > looked + 250)
            assert [link.epoch for link in session.links.values()] == [0, 0, 0]

    simulated(lambda _: play())
    assert not any("lost" in s for s in said)


def test_packets_too_short_for_the_profile_are_refused(tmp_path: Path) -> None:
    """A link whose MTU cuts notifications is reported with both numbers."""
    sensors, said = three(), []
    sensors[0].room = 30
    kit = kit_of(sensors)
    dot = Binding("movella_dot_mode20", name=sensors[0].name, address=sensors[0].address)

    async def play() -> None:
        mixed = Kit("k", {**kit.sensors, "pelvis": dot})
        async with collected(tmp_path, sensors, said, mixed) as session:
            await until(lambda: session.links["pelvis"].trouble)

    simulated(lambda _: play())
    assert any("packets of 33 bytes (MTU), and 43 are needed" in s for s in said)


def test_low_battery_and_sensors_told_to_stop(tmp_path: Path) -> None:
    """A low battery is one warning, and at the end each sensor is told to stop."""
    sensors, said = three(), []
    sensors[0].battery = 7

    async def play() -> None:
        async with collected(tmp_path, sensors, said) as session:
            await until(lambda: any("battery" in s for s in said))
            assert session.status()["sensors"][0]["battery"] == 7.0

    simulated(lambda _: play())
    assert sum("battery at 7 %" in s for s in said) == 1
    assert [s.writes for s in sensors] == [[b"\x01\x64\x00", b"\x00"]] * 3
    assert all(s.client is None for s in sensors)


def test_what_the_block_raises_comes_out_as_it_is(tmp_path: Path) -> None:
    """An error of the caller is not wrapped, and everything is closed behind it."""
    sensors = three()

    async def play() -> None:
        async with collected(tmp_path, sensors, []) as session:
            await until(lambda: session.state == "ready")
            await session.start()
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        simulated(lambda _: play())
    (path,) = tmp_path.glob("*.mcap")
    reader = RecordingReader(path)
    list(reader.batches())
    assert reader.whole


def test_kits_are_spread_over_adapters_within_their_limits() -> None:
    """An adapter holds as many as its pickiest profile allows; beyond that, one says what to do."""
    kits = [
        Kit(str(k), {p: Binding("movella_dot_mode20", name=f"{p}{k}") for p in PLACES})
        for k in range(2)
    ]
    one, two = Radio("hci0"), Radio("hci1")
    assert spread(kits, [one, two]) == [one, two]
    with pytest.raises(DeviceError, match=r"with 5 places each.*--adapter"):
        spread(kits, [one])
    eight = [
        Kit(str(k), {p: Binding("reference", name=f"{p}{k}") for p in PLACES[:2]}) for k in range(4)
    ]
    assert spread(eight, [one]) == [one] * 4


def test_a_sensor_that_is_off_keeps_no_other_from_coming_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one sensor is searched for, another whose link broke is found and connected."""
    monkeypatch.setattr("imuhip.live.collector.CHECK_S", 0.2)
    monkeypatch.setattr("imuhip.ble.link.SEARCH_S", 120.0)
    sensors, said = three(), []
    sensors[1].advertises = False

    async def play() -> None:
        async with collected(tmp_path, sensors, said) as session:
            right, left = session.links["thigh_right"], session.links["thigh_left"]
            await until(lambda: right.flows and session.links["pelvis"].flows)
            sensors[2].break_link()
            await until(lambda: right.epoch == 1 and right.flows)
            assert left.state == "searching"
            sensors[1].advertises = True
            await until(lambda: session.state == "ready")

    simulated(lambda _: play())
    assert not any("Not found in" in s for s in said)


def test_who_insists_records_without_a_missing_sensor(tmp_path: Path) -> None:
    """A start names who is missing; without it two are recorded, and nothing of the third."""
    sensors, said = three(), []
    sensors[1].advertises = False

    async def play() -> tuple[Path, Path]:
        async with collected(tmp_path, sensors, said) as session:
            await until(lambda: sum(link.flows for link in session.links.values()) == 2)
            with pytest.raises(ControlRefusedError, match=r'yet from thigh_left.*"without"'):
                await session.control("start", {})
            with pytest.raises(ControlRefusedError, match="pelvis and at least one thigh"):
                await session.control("start", {"without": "thigh_left, thigh_right"})
            await session.control("start", {"without": "thigh_left"})
            sensors[1].advertises = True
            left = session.links["thigh_left"]
            await until(lambda: left.flows and session.recording.t > 0.3)
            first = await session.stop()
            await until(lambda: session.state == "ready")
            await session.control("start", {})
            await until(lambda: session.recording.t > 0.3)
            return first, await session.stop()

    two, all_three = (RecordingReader(path) for path in simulated(lambda _: play()))
    assert [info.sensor for info in two.header.sensors] == ["pelvis", "thigh_right"]
    reported = {getattr(r, "sensor", "") for batch in two.batches() for r in batch}
    assert reported <= {"", "pelvis", "thigh_right"}
    assert two.whole
    assert len(all_three.header.sensors) == 3
    assert any(s.endswith("without thigh_left") for s in said)


def test_a_shake_is_steered_like_a_calibration_step(tmp_path: Path) -> None:
    """The control that marks steps marks the shake of all sensors too, and its end is judged."""
    sensors = three()

    async def play() -> Path:
        async with collected(tmp_path, sensors, []) as session:
            await until(lambda: session.state == "ready")
            await session.start()
            for edge in ("begin", "end"):
                end = session.recording.t + 0.3
                await until(lambda end=end: session.recording.t > end)
                url = f"http://{session.address}/control/calibrate"
                body = f'{{"step": "shake", "edge": "{edge}"}}'.encode()
                request = Request(url, body, {"content-type": "application/json"})
                with await asyncio.to_thread(urlopen, request) as answer:
                    assert answer.status == 200
            return await session.stop()

    reader = RecordingReader(asyncio.run(play()))
    pipeline = Pipeline(reader.header)
    steps = [step for batch in reader.batches() for step in pipeline.push(batch).steps]
    assert [(step.step, step.accepted) for step in steps] == [("shake", False)]
    assert "hold all of them in one hand" in steps[0].words[0]


def test_sensors_change_places_between_recordings(tmp_path: Path) -> None:
    """A sensor that sits in another's place takes it, from the next recording on, and is kept."""
    sensors, reported = three(), []
    options = Options(tmp_path, rebound=lambda name, places: reported.append((name, dict(places))))
    swap = {"thigh_left": "thigh_right", "thigh_right": "thigh_left"}

    async def play() -> Path:
        kit, radio = kit_of(sensors), fake_radio(*sensors)
        async with collecting([kit], [radio], options, say=lambda _: None) as (session,):
            await until(lambda: session.state == "ready")
            with pytest.raises(ControlRefusedError, match="swap places among"):
                await session.control("bind", {"thigh_left": "thigh_right"})
            await session.control("bind", swap)
            await session.start()
            with pytest.raises(ControlRefusedError, match="Stop it first"):
                await session.control("bind", swap)
            await until(lambda: session.recording.t > 0.3)
            return await session.stop()

    reader = RecordingReader(simulated(lambda _: play()))
    names = {info.sensor: info.device["name"] for info in reader.header.sensors}
    assert names == {"pelvis": "imuhip 1", "thigh_left": "imuhip 3", "thigh_right": "imuhip 2"}
    sent = {r.sensor for batch in reader.batches() for r in batch if hasattr(r, "sensor")}
    assert sent >= set(PLACES)
    assert reported == [("k", swap)]


class FailsWhileStopped:
    """A recorder whose disk refuses while it is stopped, and somebody starts anew."""

    def __init__(self, recorder: Recorder, session: Session) -> None:
        self.path, self._recorder, self._session = recorder.path, recorder, session
        self.asked, self.refuses, self.refused = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.error = RecordingError("the disk refused")

    def add(self, _: object) -> None:
        """Nothing of it matters."""

    async def flush(self) -> None:
        """Fail, once the recording is being stopped."""
        self.asked.set()
        await self.refuses.wait()
        self.refused.set()
        raise self.error

    async def close(self) -> None:
        """Fail with what the flush failed with, when a start waits already."""
        self.again = asyncio.create_task(self._session.start("B2"))
        await asyncio.sleep(0)
        self.refuses.set()
        await self.refused.wait()
        await self._recorder.close()
        raise self.error


def test_a_disk_that_fails_during_a_stop_is_reported_and_filed_once(tmp_path: Path) -> None:
    """By the stop alone: a recording that has begun since is none of its business."""
    sensors, said, filed = three(), [], []

    async def play() -> None:
        options = Options(tmp_path, recorded=lambda path, _: filed.append(path))
        radios = [fake_radio(*sensors)]
        async with collecting([kit_of(sensors)], radios, options, say=said.append) as (session,):
            await until(lambda: session.state == "ready")
            first = await session.start("A1")
            disk = FailsWhileStopped(session.recording.recorder, session)
            session.recording.recorder = disk
            await disk.asked.wait()
            await session.stop()
            second = await disk.again
            assert filed == [first]
            assert session.state == "recording"
            await until(lambda: session.recording.t > 0.1)
            assert session.status()["failure"] == ""
            await session.stop()
            assert session.state == "ready"
            assert filed == [first, second]
            assert said.count(str(disk.error)) == 1

    simulated(lambda _: play())
