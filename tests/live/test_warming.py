"""Warming: after it, nothing that a live session meets is left to compile."""

import asyncio
import importlib.util
import threading
from pathlib import Path

import pytest

from imuhip.core import kernels
from imuhip.core.resources import recording_path
from imuhip.live import warm_up as warming
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader
from imuhip.simulate.radio import RADIOS
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup


def compiled() -> dict[str, set[str]]:
    """What numba has compiled or loaded by now: signatures of every kernel, by module and name."""
    return {
        each.key: {str(signature) for signature in each.jitted().signatures}
        for each in kernels.KERNELS
    }


def live(profile_id: str, rate_hz: float, **more) -> None:
    """Another session than the one that warms, in pieces as small as live ones."""
    setup = Setup(radio=RADIOS["typical"], **more)
    session = simulate("calibration", seed=8, profile_id=profile_id, rate_hz=rate_hz, setup=setup)
    pipeline = Pipeline(session.header)
    for batch in session.batches(0.05):
        pipeline.push(batch)
    pipeline.finish()


@pytest.mark.parametrize(
    ("profile_id", "rate_hz", "more"),
    [
        ("reference", 100.0, {"mounting": "usual", "radio_gaps": (("pelvis", 40.0, 2.0),)}),
        ("reference", 100.0, {"per_packet": 4}),
        ("movella_dot_mode20", 60.0, {}),
        ("witmotion_wt901ble", 100.0, {"mounting": "usual", "upside_down": ("thigh_left",)}),
    ],
)
def test_a_live_session_compiles_nothing_more(profile_id: str, rate_hz: float, more: dict) -> None:
    """After warming no kernel gains a signature, whatever the profile, the mounts and the link."""
    warming.warm()
    before = compiled()
    assert sum(map(len, before.values())) > 10 or kernels.compiled_ahead()
    live(profile_id, rate_hz, **more)
    assert compiled() == before


def test_a_replay_of_what_ships_compiles_nothing_more() -> None:
    """After warming the shipped recording meets compiled kernels alone."""
    warming.warm()
    before = compiled()
    reader = RecordingReader(recording_path("squats_and_pivots"))
    pipeline = Pipeline(reader.header)
    for batch in reader.batches():
        pipeline.push(batch)
    pipeline.finish()
    assert compiled() == before


@pytest.mark.parametrize("compiles", [True, False])
def test_who_waits_for_a_compiler_is_told_so_once(
    compiles: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person is told what takes so long where kernels are compiled, and nothing elsewhere."""
    enough, looked, said = threading.Event(), [], []

    def looks() -> int:
        looked.append(True)
        if said or len(looked) == 3:
            enough.set()
        return int(compiles)

    def tell(sentence: str) -> None:
        said.append(sentence)
        enough.set()

    monkeypatch.setattr(warming, "LOOK_S", 0.01)
    monkeypatch.setattr(warming, "compilations", looks)
    monkeypatch.setattr(warming, "warm", lambda _: enough.wait(10.0))
    asyncio.run(warming.warmed(tell))
    assert said == ([warming.PREPARING] if compiles else [])


def test_compilations_are_counted(tmp_path: Path) -> None:
    """A kernel that is not on the disk yet counts once, however often it is called."""
    source = tmp_path / "fresh.py"
    source.write_text(
        "from imuhip.core.kernels import kernel\n@kernel\ndef twice(x): return x + x\n"
    )
    spec = importlib.util.spec_from_file_location("fresh", source)
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    before = kernels.compilations()
    assert fresh.twice(2.0) == fresh.twice(2.0) == 4.0
    assert kernels.compilations() == before + 1


def test_who_is_cancelled_does_not_wait_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled while kernels compile, no further push is made and the process stays cold."""
    monkeypatch.setattr(warming, "_WARM", threading.Event())
    started, pushes = threading.Event(), []

    class Counting(Pipeline):
        def push(self, batch):
            pushes.append(len(batch))
            started.set()
            return super().push(batch)

    monkeypatch.setattr(warming, "Pipeline", Counting)

    async def play() -> None:
        task = asyncio.create_task(warming.warmed(lambda _: None))
        await asyncio.to_thread(started.wait, 20.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(play())
    assert not warming._WARM.is_set()
    assert 0 < len(pushes) < 400
