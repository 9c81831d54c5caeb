"""A session on a simulated clock: what it answers when something it needs gives up."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from beds.collect import PLACES, until
from faults import clock
from faults.disk import Disk, DiskPlan
from faults.world import simulated
from support.fake_radio import FakeSensor, fake_radio

from imuhip.ble.kit import Binding, Kit
from imuhip.core.errors import ImuhipError
from imuhip.core.evidence import CalibrationStep
from imuhip.core.records import Mark, Packet, Record
from imuhip.live.collector import collect_until_signal, collecting
from imuhip.live.control import ControlRefusedError
from imuhip.live.session import Session
from imuhip.live.start import Options
from imuhip.pipeline.all_sensors import Output, Pipeline
from imuhip.recording.reader import RecordingReader


def three() -> list[FakeSensor]:
    """Sensors of a kit."""
    return [FakeSensor(f"imuhip {k}", f"AA:00:00:00:00:0{k}") for k in (1, 2, 3)]


@asynccontextmanager
async def collected(
    options: Options, said: list[str], *, adapters: int = 1
) -> AsyncIterator[Session]:
    """A session of three sensors; all that is said."""
    sensors = three()
    bound = {
        place: Binding("reference", name=s.name, address=s.address)
        for place, s in zip(PLACES, sensors, strict=True)
    }
    radios = [fake_radio(*sensors) for _ in range(adapters)]
    async with collecting([Kit("k", bound)], radios, options, say=said.append) as (session,):
        yield session


def records_of(path: Path) -> list[Record]:
    """All records of a whole recording."""
    reader = RecordingReader(path)
    records = [record for batch in reader.batches() for record in batch]
    assert reader.whole
    return records


class Ends(Pipeline):
    """A pipeline that cannot go on after half a second."""

    def push(self, batch: Sequence[Record]) -> Output:
        """Push until then."""
        output = super().push(batch)
        if len(output.grid.t) and output.grid.t[-1] > 0.5:
            raise ImuhipError("no more")
        return output


def test_a_pipeline_that_cannot_go_on_is_reported_once_and_the_recording_goes_on(
    tmp_path: Path,
) -> None:
    """The coach is told that live angles end; every sample after that is still recorded."""
    said: list[str] = []

    async def play() -> Path:
        async with collected(Options(tmp_path, make_stages=Ends), said) as session:
            await until(lambda: session.state == "ready")
            await session.start()
            await until(lambda: any("live angles end here" in s for s in said))
            links = session.links.values()
            heard = {link.sensor: link.heard_ns for link in links}
            await until(lambda: all(x.heard_ns > heard[x.sensor] + 2e9 for x in links))
            return await session.stop()

    path = simulated(lambda _: play())
    words = [s for s in said if "live angles end here" in s]
    assert words == ["live angles end here, recording goes on: no more"]
    packets = [r for r in records_of(path) if isinstance(r, Packet)]
    for place in PLACES:
        stamps = [int(ns) for p in packets if p.sensor == place for ns in p.host_ns]
        assert max(stamps) - min(stamps) > 2e9


class EndsLate(Pipeline):
    """A pipeline that cannot give what it still holds."""

    def finish(self) -> Output:
        """Refuse."""
        raise ImuhipError("the last rows are lost")


def test_a_pipeline_that_cannot_finish_leaves_a_whole_recording(tmp_path: Path) -> None:
    """The stop succeeds, the file is closed and filed, and one sentence says what is missing."""
    said: list[str] = []
    filed: list[Path] = []
    options = Options(tmp_path, make_stages=EndsLate, recorded=lambda path, _: filed.append(path))

    async def play() -> Path:
        async with collected(options, said) as session:
            await until(lambda: session.state == "ready")
            await session.start()
            await until(lambda: session.recording.t > 0.3)
            return await session.stop()

    path = simulated(lambda _: play())
    assert said.count("the last rows are lost") == 1
    assert filed == [path]
    assert records_of(path)


def test_a_disk_that_ends_a_recording_is_asked_about_and_another_one_begins(
    tmp_path: Path,
) -> None:
    """The state says so, a stop that comes late agrees, and with room again the next one runs."""
    said: list[str] = []
    disk = Disk(DiskPlan(room=20_000), lambda _: None)

    async def play() -> tuple[Path, Path]:
        async with collected(Options(tmp_path), said) as session:
            await until(lambda: session.state == "ready")
            with pytest.raises(ControlRefusedError, match="No recording is running"):
                await session.control("stop", {})
            with disk.in_place():
                answer = await session.control("start", {"athlete": "A1"})
                await until(lambda: session.state == "failed")
            status = session.status()
            assert "the disk refused" in status["failure"]
            assert status["last"]["recording"] == answer["recording"]
            assert await session.control("stop", {}) == {**answer, "already": True}
            with pytest.raises(ControlRefusedError, match="No recording is running"):
                await session.control("mark", {"label": "pain"})
            again = await session.control("start", {"athlete": "A1"})
            await until(lambda: session.recording.t > 0.3)
            assert session.status()["failure"] == ""
            await session.stop()
            return tmp_path / answer["recording"], tmp_path / again["recording"]

    first, second = simulated(lambda _: play())
    assert sum("the disk refused" in s for s in said) == 1
    assert RecordingReader(first).header.athlete == "A1"
    assert records_of(second)


@pytest.mark.parametrize("refused", ["consent", "folder"])
def test_a_start_that_cannot_be_is_refused_with_its_reason(tmp_path: Path, refused: str) -> None:
    """By hand with 409, by itself as the state of the session; no file is begun."""
    folder = tmp_path / "recordings"
    if refused == "folder":
        folder.write_text("a file in the way")
    words = "This is a file; name a folder" if refused == "folder" else "A1 has given no consent"
    agreed = {"by itself": False}

    def refusal(_athlete: str) -> str:
        return "A1 has given no consent" if refused == "consent" else ""

    async def play() -> None:
        options = Options(folder, athlete="A1", start_when_ready=True, refusal=refusal)
        async with collected(options, []) as session:
            await until(lambda: session.state == "failed")
            assert words in session.status()["failure"]
            agreed["by itself"] = True
            with pytest.raises(ControlRefusedError, match=words) as caught:
                await session.control("start", {})
            assert caught.value.status == 409
            assert session.recording is None

    simulated(lambda _: play())
    assert agreed["by itself"]
    assert not list(tmp_path.rglob("*.mcap"))


NOTHING = np.zeros((3, 3))
LAST = CalibrationStep(
    "stand_again", 0.0, 0.1, "marked", accepted=True, gates=(), words=(), up=NOTHING, axis=NOTHING,
    axis_sd=NOTHING[0], turned=NOTHING[0], lost=NOTHING[0], drifted=NOTHING[0], force=NOTHING[0],
    q=np.zeros((3, 4)),
)  # fmt: skip


class Accepts(Pipeline):
    """A pipeline that accepts the last step of the calibration with its second push."""

    pushes = 0

    def push(self, batch: Sequence[Record]) -> Output:
        """Push, and accept."""
        output = super().push(batch)
        self.pushes += 1
        return replace(output, steps=(LAST,)) if self.pushes == 2 else output


@pytest.mark.parametrize("accepted", [True, False])
def test_repetitions_count_once_the_calibration_is_complete(tmp_path: Path, accepted: bool) -> None:
    """The last step accepted ends the preparation by itself; else the coach ends it, once."""
    options = Options(tmp_path, make_stages=Accepts if accepted else Pipeline)

    async def play() -> Path:
        async with collected(options, []) as session:
            await until(lambda: session.state == "ready")
            await session.control("set", {"load_kg": "60"})
            await session.start()
            counted = {"step": "stand", "edge": "begin", "ready_s": "0.3", "seconds": "0.3"}
            await session.control("calibrate", counted)
            await until(lambda: session.recording.t > 1.0)
            assert session.course.calibrating is not accepted
            assert (await session.control("train", {}))["already"] is accepted
            assert (await session.control("train", {}))["already"] is True
            assert (await session.control("set", {"load_kg": "65"}))["fields"] == {"load_kg": "65"}
            assert (await session.control("set", {"load_kg": "65"}))["already"] is True
            await until(lambda: session.recording.t > 1.3)
            return await session.stop()

    marks = [r.label for r in records_of(simulated(lambda _: play())) if isinstance(r, Mark)]
    assert marks.count("end:preparation") == marks.count("begin:preparation") == 1
    assert marks[0] == "note:set load 60 kg"
    assert marks[-1] == "note:set load 65 kg"
    assert [m for m in marks if m.endswith("stand")] == ["begin:stand", "end:stand"]


def test_work_that_fails_ends_the_collector_with_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the program is seen, once the file is whole and the sensors were stopped."""
    said: list[str] = []

    def check(_self: Session) -> None:
        raise RuntimeError("a fault of the program")

    async def play() -> None:
        async with collected(Options(tmp_path), said) as session:
            await until(lambda: session.state == "ready")
            await session.start()
            monkeypatch.setattr(Session, "_check", check)
            await until(lambda: False)

    with pytest.raises(ExceptionGroup) as caught:
        simulated(lambda _: play())
    assert caught.group_contains(RuntimeError, match="a fault of the program")
    monkeypatch.undo()


def test_a_session_that_fails_to_stop_leaves_the_others_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is seen, and the other athlete's recording is closed, its sensors let go."""
    sensors = [FakeSensor(f"imuhip {k}", f"AA:00:00:00:00:0{k}") for k in range(4)]
    kits = [
        Kit(
            name,
            {p: Binding("reference", s.name, s.address) for p, s in zip(PLACES, two, strict=False)},
        )
        for name, two in (("one", sensors[:2]), ("two", sensors[2:]))
    ]
    look_now = Session._look_now

    async def look(session: Session) -> None:
        if session.kit.name == "one" and session.recording is None and session.status()["last"]:
            raise RuntimeError("a fault of the program")
        await look_now(session)

    async def play() -> None:
        options = Options(tmp_path, start_when_ready=True)
        async with collecting(kits, [fake_radio(*sensors)], options, say=lambda _: None) as both:
            await until(lambda: all(s.recording and s.recording.t > 0.3 for s in both))
            monkeypatch.setattr(Session, "_look_now", look)

    with pytest.raises(RuntimeError, match="a fault of the program"):
        simulated(lambda _: play())
    monkeypatch.undo()
    paths = sorted(tmp_path.glob("*.mcap"))
    assert len(paths) == 2
    assert all(records_of(path) for path in paths)
    assert all(sensor.client is None for sensor in sensors)


def test_an_adapter_that_no_kit_needs_is_left_alone(tmp_path: Path) -> None:
    """With more adapters than kits the session runs on one of them."""
    said: list[str] = []

    async def play() -> None:
        async with collected(Options(tmp_path), said, adapters=2) as session:
            await until(lambda: session.state == "ready")

    simulated(lambda _: play())
    assert said[0] == "kit k: all 3 sensors found"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after_s", [0.5, 3.0, 20.0])
def test_a_signal_ends_the_collector_whatever_it_does(
    tmp_path: Path, number: signal.Signals, after_s: float
) -> None:
    """While kernels are prepared, sensors listened for, or one searched for: within seconds."""
    sensors, said = three()[:2], []
    kit = Kit("k", {p: Binding("reference", f"imuhip {k}") for k, p in enumerate(PLACES, 1)})

    async def prepare(_say: object) -> None:
        await asyncio.sleep(2.0)

    async def play() -> float:
        loop = asyncio.get_running_loop()
        loop.call_later(after_s, signal.raise_signal, number)
        await collect_until_signal(
            [kit], [fake_radio(*sensors)], Options(tmp_path), port=0, say=said.append
        )
        return loop.time()

    before = signal.getsignal(number)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("imuhip.live.collector.warmed", prepare)
        ended = simulated(lambda _: play())
    assert signal.getsignal(number) is before
    assert ended - clock.BEGIN_S < after_s + 5.0
    assert said[-1] == "collector ended"
    assert any("hub on ws://" in s for s in said) is (after_s > 10.0)
    assert all(sensor.client is None for sensor in sensors)
