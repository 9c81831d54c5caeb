"""The collector against virtual sensors: real GATT, real bytes, a real recording."""

import asyncio
import json
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from beds.collect import PLACES, Workshop, kit_of, radio_of, until
from support.bumble_bed import bumble_bed

from imuhip.core.records import LinkEvent, Mark, Packet
from imuhip.live.collector import collecting
from imuhip.live.control import ControlRefusedError
from imuhip.live.start import Options
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader
from imuhip.recording.summary import describe
from imuhip.virtual.adapter import virtual_adapter
from imuhip.virtual.athlete import rocking_sensors
from imuhip.virtual.sensor import LinkFaults


def records_of(path: Path) -> list:
    return [record for batch in RecordingReader(path).batches() for record in batch]


def joined(outputs, *names: str) -> np.ndarray:
    """One column of all outputs, end to end."""
    parts = []
    for output in outputs:
        value = output
        for name in names:
            value = getattr(value, name)
        parts.append(value)
    return np.concatenate(parts)


def assert_same(live, again) -> None:
    """Grid, angles, faults and steps are the same bits."""
    for block, column in (
        ("grid", "t"), ("grid", "q"), ("grid", "acc"), ("grid", "gyr"), ("grid", "valid"),
        ("angles", "hip"), ("angles", "hip_raw"), ("angles", "pelvis"),
    ):  # fmt: skip
        one, other = joined(live, block, column), joined(again, block, column)
        np.testing.assert_array_equal(one, other, err_msg=f"{block}.{column}")
    assert [s.step for o in live for s in o.steps] == [s.step for o in again for s in o.steps]


BEDS = {"adapter": virtual_adapter, "bumble": bumble_bed}


async def a_run(bed_of, folder: Path, workshop: Workshop, said: list[str]) -> Path:
    """Collect some seconds in which a link breaks and the coach marks two steps."""
    faults = {"thigh_left": LinkFaults(link_losses=((1.5, 0.5),))}
    sensors = rocking_sensors(PLACES, rate_hz=100.0, faults=faults)
    options = Options(folder, athlete="A1", start_when_ready=True, make_stages=workshop)
    async with bed_of(sensors) as bed:
        radio, kit = radio_of(bed), kit_of(sensors)
        async with collecting([kit], [radio], options, say=said.append) as (session,):
            await until(lambda: session.state == "recording")
            await session.control("calibrate", {"step": "stand", "edge": "begin"})
            await until(lambda: session.recording.t > 1.2)
            await session.control("calibrate", {"step": "stand", "edge": "end"})
            await session.control("mark", {"label": "pain"})
            left = session.links["thigh_left"]
            await until(lambda: left.epoch == 1 and left.flows)
            end = session.recording.t + 1.0
            await until(lambda: session.recording.t > end)
            status = session.status()
            return (await session.stop()), status


@pytest.fixture(scope="module", params=BEDS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A run and all that came of it, over the virtual adapter and over a Bluetooth stack."""
    folder, workshop, said = tmp_path_factory.mktemp("rec"), Workshop(), []
    path, status = asyncio.run(a_run(BEDS[request.param], folder, workshop, said))
    return path, workshop.made[-1], said, status


def test_the_recording_of_a_live_run_replayed_gives_the_same_bits(run) -> None:
    """Whatever the live pipeline gave, the recording gives again, however it is cut."""
    path, live, _, _ = run
    reader = RecordingReader(path)
    again = Pipeline(reader.header)
    outputs = [again.push(batch) for batch in reader.batches()]
    outputs.append(again.finish())
    assert len(joined(outputs, "grid", "t")) > 200
    assert_same(live.outputs, outputs)


def test_the_recording_holds_every_notification_in_order(run) -> None:
    """Arrival numbers are consecutive from 0 and the counters of each epoch have no gap."""
    path, _, _, _ = run
    records = records_of(path)
    arrivals = np.concatenate(
        [np.atleast_1d(np.asarray(r.arrival, dtype=np.int64)) for r in records]
    )
    assert np.array_equal(np.sort(arrivals), np.arange(len(arrivals)))
    for place in PLACES:
        packets = [r for r in records if isinstance(r, Packet) and r.sensor == place]
        for epoch in {p.epoch for p in packets}:
            counters = [
                int.from_bytes(p.notification(k)[:4], "little")
                for p in packets
                if p.epoch == epoch and len(p.notification(0)) == 20
                for k in range(len(p))
            ]
            steps = np.diff(counters)
            assert len(steps) > 10
            assert (steps == 1).all()


def test_a_broken_link_is_reported_once_and_made_again_while_the_others_go_on(run) -> None:
    """One message for the loss, a disconnect and a connect in the recording, a new epoch."""
    path, _, said, status = run
    assert sum("lost" in s and s.startswith("thigh_left:") for s in said) == 1
    records = records_of(path)
    kinds = [
        r.kind for r in records
        if isinstance(r, LinkEvent) and r.sensor == "thigh_left" and r.kind.endswith("connect")
    ]  # fmt: skip
    assert kinds == ["connect", "disconnect", "connect"]
    summary = {s.sensor: s for s in describe(path).sensors}
    assert summary["thigh_left"].epochs == 2
    assert summary["thigh_left"].longest_gap_s > 0.4
    assert summary["pelvis"].epochs == summary["thigh_right"].epochs == 1
    assert summary["pelvis"].longest_gap_s < 0.3
    reported = {s["sensor"]: s for s in status["sensors"]}
    assert reported["thigh_left"]["connections"] == 2


def test_marks_and_writes_are_in_the_recording(run) -> None:
    """Steering lands in the recording as marks, set-up as events with what was answered."""
    path, _, _, _ = run
    records = records_of(path)
    labels = [r.label for r in records if isinstance(r, Mark)]
    assert labels == ["begin:stand", "end:stand", "pain"]
    writes = [r for r in records if isinstance(r, LinkEvent) and r.kind == "write"]
    starts = [r for r in writes if r.detail["step"] == "start step 1"]
    assert len(starts) == 4  # three sensors, and one again
    assert all(r.detail["answer"] == "01 00" for r in starts)
    assert all(r.detail["written"] == "01 64 00" for r in starts)


def test_the_header_says_all_that_is_known(run) -> None:
    """Profile text, device, athlete, versions and clocks stand in the header."""
    header = RecordingReader(run[0]).header
    assert (header.clock, header.athlete) == ("host", "A1")
    assert set(header.profiles) == {"reference"}
    assert header.monotonic_ns > 0 < header.utc_ns
    assert {"imuhip", "numpy", "vqf"} <= set(header.software)
    for info in header.sensors:
        assert info.rate_hz == 100.0
        assert info.device["serial"].startswith("V")
        assert info.device["battery"] == "87"
        assert {"address", "name", "mtu", "notify_mode", "firmware"} <= set(info.device)


def test_status_tells_each_sensors_figures(run) -> None:
    """Rate, loss, jitter, clock residual and battery are there and make sense."""
    status = run[3]
    assert status["state"] == "recording"
    assert status["shaken"] == ""  # all three rock alike
    for sensor in status["sensors"]:
        assert sensor["rate_hz"] == pytest.approx(100.0, rel=0.05)
        assert sensor["loss_percent"] == 0.0
        assert sensor["battery"] == 87.0
        assert 0.0 <= sensor["jitter_ms"] < 50.0
        # One line is fitted every five seconds; the pipeline told one of these.
        at_first, at_last = 10.0, round(1e3 * run[1].clock_residuals[sensor["sensor"]], 3)
        assert sensor["clock_residual_ms"] in (at_first, at_last)


def test_a_refused_step_says_which_what_was_expected_and_what_came(tmp_path: Path) -> None:
    """The message names the step, the bytes written, expected and received; others stream."""
    sensors = rocking_sensors(
        PLACES, rate_hz=100.0, faults={"thigh_right": LinkFaults(refuse=("start:0",))}
    )
    said: list[str] = []

    async def play() -> None:
        async with (
            virtual_adapter(sensors) as bed,
            collecting([kit_of(sensors)], [radio_of(bed)], Options(tmp_path), say=said.append) as (
                session,
            ),
        ):
            link = session.links["thigh_right"]
            await until(lambda: link.trouble)
            assert session.links["pelvis"].state == "streaming"
            with pytest.raises(ControlRefusedError, match=r"No data yet from .*thigh_right"):
                await session.start()

    asyncio.run(play())
    reported = [s for s in said if s.startswith("thigh_right:")]
    assert len(reported) == 1
    for part in ("start step 1", "wrote 01 64 00", "expected 01 00", "got 01 01"):
        assert part in reported[0]
    assert not list(tmp_path.iterdir())


def test_two_kits_are_two_sessions(tmp_path: Path) -> None:
    """Each kit has its hub and its recording, and one can stop while the other goes on."""
    first = rocking_sensors(PLACES, rate_hz=50.0)
    second = rocking_sensors(PLACES[:2], rate_hz=50.0, first=11)
    said: list[str] = []

    def status(address: str) -> dict:
        with urllib.request.urlopen(f"http://{address}/status") as answer:
            return json.load(answer)

    async def play() -> tuple[Path, Path]:
        async with virtual_adapter([*first, *second]) as bed:
            kits = [
                kit_of(first, "one", rate_hz=50.0),
                kit_of(second, "two", athlete="B2", rate_hz=50.0),
            ]
            async with collecting(
                kits, [radio_of(bed)], Options(tmp_path, start_when_ready=True), say=said.append
            ) as (one, two):
                await until(
                    lambda: (
                        one.recording
                        and two.recording
                        and min(one.recording.t, two.recording.t) > 0.5
                    )
                )
                assert one.address != two.address
                path = await one.stop()
                end = two.recording.t + 0.3
                await until(lambda: two.recording.t > end)
                assert (await asyncio.to_thread(status, two.address))["state"] == "recording"
                assert (await asyncio.to_thread(status, one.address))["state"] == "ready"
            return path, tmp_path / two.status()["last"]["recording"]

    paths = asyncio.run(play())
    assert [len(RecordingReader(p).header.sensors) for p in paths] == [3, 2]
    assert "B2" in paths[1].name
    assert all(describe(p).whole and not describe(p).faults for p in paths)
    assert any(s.startswith("two: ") for s in said)


def test_stop_loses_nothing_and_start_begins_anew(tmp_path: Path) -> None:
    """What came before the stop is on the disk, and a second recording counts from zero."""
    sensors = rocking_sensors(PLACES, rate_hz=100.0)
    sent: list[bytes] = []
    sensors[0].on_sent = lambda _, data: sent.append(data)

    async def play() -> list[tuple[Path, int, int]]:
        got = []
        async with (
            virtual_adapter(sensors) as bed,
            collecting(
                [kit_of(sensors)], [radio_of(bed)], Options(tmp_path), say=lambda _: None
            ) as (session,),
        ):
            await until(lambda: session.state == "ready")
            for _ in range(2):
                await session.control("start", {"athlete": "X/1"})
                first = len(sent)
                await until(lambda: session.recording.t > 0.5)
                last = len(sent)
                got.append((await session.stop(), first, last))
            with pytest.raises(ControlRefusedError, match="Start one first"):
                await session.stop()
            with pytest.raises(ControlRefusedError, match="Start one first"):
                session.mark("pain")
        return got

    got = asyncio.run(play())
    assert got[0][0] != got[1][0]
    for path, first, last in got:
        assert "X-1" in path.name
        mine = [r for r in records_of(path) if isinstance(r, Packet) and r.sensor == "pelvis"]
        bytes_there = [p.notification(k) for p in mine for k in range(len(p))]
        # What is on the way at the edges of the recording may be on either side.
        assert set(sent[first + 2 : last - 2]) <= set(bytes_there)
        assert {p.epoch for p in mine} == {0}
