"""Warming: after it, nothing that a live session meets is left to compile."""

import asyncio
import sys
import threading

import pytest
from numba.core.dispatcher import Dispatcher

from imuhip.archive.recording import RecordingReader
from imuhip.archive.resources import recording_path
from imuhip.collect import warming
from imuhip.pipeline import Pipeline
from imuhip.simulate.radio import RADIOS
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup


def compiled() -> dict[str, set[str]]:
    """What is compiled or loaded by now: signatures of every kernel, by module and name."""
    return {
        f"{module}.{name}": {str(signature) for signature in value.signatures}
        for module, inside in sorted(sys.modules.items())
        if module.startswith("imuhip.") and inside is not None
        for name, value in vars(inside).items()
        if isinstance(value, Dispatcher)
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
    assert sum(map(len, before.values())) > 10
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


def test_long_warming_says_why_and_short_warming_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A person who waits is told what for, once; one who need not is told nothing."""
    held, said = threading.Event(), []

    def slow(_enough) -> None:
        held.wait(10.0)

    def tell(sentence: str) -> None:
        said.append(sentence)
        held.set()

    monkeypatch.setattr(warming, "PATIENCE_S", 0.01)
    monkeypatch.setattr(warming, "warm", slow)
    asyncio.run(warming.warmed(tell))
    assert said == [warming.PREPARING]
    monkeypatch.undo()
    warming.warm()
    asyncio.run(warming.warmed(said.append))
    assert len(said) == 1


def test_who_is_cancelled_does_not_wait_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled while kernels compile, no further push is made and the process stays cold."""
    monkeypatch.setattr(warming, "_WARM", threading.Event())
    begun, pushes = threading.Event(), []

    class Counting(Pipeline):
        def push(self, batch):
            pushes.append(len(batch))
            begun.set()
            return super().push(batch)

    monkeypatch.setattr(warming, "Pipeline", Counting)

    async def play() -> None:
        task = asyncio.create_task(warming.warmed(lambda _: None))
        await asyncio.to_thread(begun.wait, 20.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(play())
    assert not warming._WARM.is_set()
    assert 0 < len(pushes) < 400
