"""A recording replayed on the terminal, and into a hub: what is said, and how it ends."""

import asyncio
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from support.dashboard_processes import free_port
from websockets.asyncio.client import connect

from imuhip.core.errors import ImuhipError
from imuhip.core.findings import Finding, Repetition
from imuhip.core.records import Fault
from imuhip.live import replay
from imuhip.live.events import Assessed
from imuhip.live.osc import OscTarget
from imuhip.live.player import ReplayControl
from imuhip.live.protocol import decode_rows
from imuhip.live.replay import play, served
from imuhip.live.sending import Sending
from imuhip.simulate.output import write
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Squats, with a link that was lost for two seconds in the calibration."""
    path = tmp_path_factory.mktemp("replay") / "visit.mcap"
    gaps = (("thigh_left", 4.0, 2.0),)
    write(simulate("squat", seed=5, setup=Setup(mounting="usual", radio_gaps=gaps)), path)
    return path


@pytest.fixture(autouse=True)
def _warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling before the first record is another test's matter."""

    async def nothing(_say: object) -> None:
        """Be warm."""

    monkeypatch.setattr(replay, "warmed", nothing)


def test_without_a_hub_what_happens_is_said_in_lines(recording: Path) -> None:
    """Marks, steps, losses and repetitions come with their time, in its order, once each."""
    said: list[str] = []
    shown: list[Assessed] = []
    play(recording, None, port=None, loop=False, leave=True, say=said.append, show=shown.append)
    times = [float(line.split(" s  ")[0]) for line in said]
    words = [line.split(" s  ")[1] for line in said]
    assert times == sorted(times)
    assert (words[0], words[-1]) == ("playing", "finished")
    assert words.count("begin:stand") == words.count("stand: accepted") == 1
    assert words.index("begin:stand") < words.index("stand: accepted")
    losses = [line for line in words if line.startswith("thigh_left: ")]
    assert any("missing, 2.0" in line or "gap, 2.0" in line for line in losses), losses
    squats = [line for line in words if line.startswith("squat ")]
    assert len(squats) == 16
    assert squats[0].startswith("squat 1 left: thigh depth ")
    assert all("°" in line and line.endswith(" s") for line in squats)
    (assessed,) = shown
    assert len(assessed.repetitions) == 16


A_FINDING = Finding(
    "knee_in", "squat", "left", 1, (1, 2), 9.0, "deg", 6.0, 1.0, "marked", 0.9, "The knee goes in."
)


def test_findings_that_are_none_and_rows_without_numbers_are_kept_short() -> None:
    """What nobody found is not said; what is not known leaves no number behind."""
    said: list[str] = []
    ear = replay._Spoken(ReplayControl("visit"), said.append)
    turn = Repetition(
        "pivot", "right", 1, 2, "in", 1.0, 2.0, 3.0, False, "marked", "too short", {"x": math.nan}
    )
    ear.announce("finding", {"finding": A_FINDING})
    for grade in ("none", "cannot_tell"):
        ear.announce("finding", {"finding": replace(A_FINDING, grade=grade)})
    ear.announce("repetition", {"repetition": turn})
    ear.announce("fault", {"fault": Fault("pelvis", "jump", 1.0, 1.0, 1)})
    ear.announce("fault", {"fault": Fault("pelvis", "gap", 1.0, 1.5, 50)})
    ear.announce("note", {"note": "said by the report"})
    assert [line.split(" s  ")[1] for line in said] == [
        "The knee goes in.",
        "pivot 2 right in (not counted: too short)",
        "pelvis: jump",
        "pelvis: gap, 0.50 s, 50 samples",
    ]


def test_a_loop_is_shown_once_and_ended_by_ctrl_c(recording: Path) -> None:
    """It begins again with its first record until somebody ends it."""
    said: list[str] = []
    shown: list[Assessed] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        if sum(line.endswith("  playing") for line in said) == 2 and "ended" not in sentence:
            raise KeyboardInterrupt

    play(recording, 1e6, port=None, loop=True, leave=True, say=say, show=shown.append)
    assert said[-1] == "replay ended"
    assert len(shown) == 1


def test_a_hub_stays_after_the_end_until_ctrl_c(recording: Path) -> None:
    """Its address is said first; the last seconds can be looked at until Ctrl-C."""
    said: list[str] = []
    shown: list[Assessed] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        if sentence.startswith("played"):
            raise KeyboardInterrupt

    play(recording, None, port=free_port(), loop=False, leave=False, say=say, show=shown.append)
    assert said[0].startswith("hub on ws://127.0.0.1:")
    assert said[1:] == ["played to the end; Ctrl-C ends the hub", "replay ended"]
    assert len(shown) == 1


@pytest.mark.parametrize("loop", [False, True])
def test_a_hub_that_leaves_with_the_recording_ends_by_itself(recording: Path, loop: bool) -> None:
    """Played once it is over; in a loop its first end is shown, and it goes on until Ctrl-C."""
    said: list[str] = []
    ends: list[Assessed] = []

    def show(assessed: Assessed) -> None:
        ends.append(assessed)

    class Twice(replay.Player):
        """Ends with Ctrl-C in its second turn."""

        async def run(self) -> None:
            """Play."""
            if ends:
                raise KeyboardInterrupt
            await super().run()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replay, "Player", Twice)
        play(recording, None, port=free_port(), loop=loop, leave=True, say=said.append, show=show)
    assert len(ends) == 1
    assert said[1:] == ["replay ended"] * loop


def test_a_viewer_of_a_replay_sees_every_row_and_that_it_is_one(recording: Path) -> None:
    """The hello says replay, rows come once each, and the status has the file and its end."""

    async def scene() -> None:
        async with served(recording, None, 0, lambda _: None) as replayed:
            running = asyncio.create_task(replayed.player.run())
            times: list[float] = []
            ended = False
            async with connect(f"ws://{replayed.address}/live", max_size=None) as viewer:
                while not ended:
                    message = await asyncio.wait_for(viewer.recv(), 60.0)
                    if isinstance(message, bytes):
                        times += decode_rows(message)[1][:, 0].tolist()
                        continue
                    event = json.loads(message)
                    if event["type"] == "hello":
                        assert event["source"] == "replay"
                        times = []
                    ended = event.get("state") == "finished"
            await running
            assert times == sorted(set(times))
            assert times[-1] > 120.0

    asyncio.run(scene())


def test_what_is_missing_is_said_before_anything_is_served(
    tmp_path: Path, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file, no pylsl for --lsl, no python-osc for --osc: one sentence, and no hub."""
    said: list[str] = []

    def absent(_name: str) -> None:
        raise ImportError

    monkeypatch.setattr("imuhip.core.extras.import_module", absent)
    for path, sending, words in (
        (tmp_path / "no.mcap", Sending(), "there is no such file"),
        (recording, Sending(lsl=True), r"pylsl.*imuhip\[lab\]"),
        (recording, Sending(osc=OscTarget("127.0.0.1", 9000)), r"pythonosc.*imuhip\[lab\]"),
    ):
        with pytest.raises(ImuhipError, match=words):
            play(path, None, port=0, loop=False, leave=True, say=said.append, sending=sending)
    assert said == []
