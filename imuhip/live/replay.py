"""A recording replayed as if it were live, with the hub or without."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from imuhip.assess.assessor import Assessment
from imuhip.assess.measure_table import MEASURES
from imuhip.core.evidence import CalibrationStep
from imuhip.core.findings import Finding, Repetition
from imuhip.core.records import Array, Fault
from imuhip.live.hub import LiveHub, serving
from imuhip.live.player import Player, ReplayControl
from imuhip.live.sending import Sending
from imuhip.live.warm_up import warmed
from imuhip.pipeline.all_sensors import Params
from imuhip.recording.reader import RecordingReader

_NOTHING: Final = Sending()


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """A replay that is being served.

    Parameters
    ----------
    player
        `run` plays the recording once more.
    address
        Of the hub, such as ``127.0.0.1:8765``.
    """

    player: Player
    address: str


@asynccontextmanager
async def served(
    recording: Path,
    speed: float | None,
    port: int,
    say: Callable[[str], None],
    params: Params | None = None,
    *,
    sending: Sending = _NOTHING,
) -> AsyncIterator[Replay]:
    """Serve a hub for a replay while the block runs; nothing is played yet.

    Parameters
    ----------
    recording, speed, port, sending
        As in `play`.
    say
        Called with sentences for people.

    Raises
    ------
    RecordingError
        If the recording cannot be opened.
    ImuhipError
        If the port is taken.
    """
    control = ReplayControl(recording.name)
    hub = LiveHub(control)
    player = _player(recording, speed, hub, control, params, sending=sending)
    async with serving(hub, port=port) as address:
        await warmed(say)
        yield Replay(player, address)


def _player(
    recording: Path,
    speed: float | None,
    hub: LiveHub,
    control: ReplayControl,
    params: Params | None,
    *,
    sending: Sending,
) -> Player:
    stages = sending.stages(live=False, params=params)
    RecordingReader(recording)  # an error is said before anything is served
    return Player(
        lambda: RecordingReader(recording),
        stages,
        hub,
        control,
        session=recording.stem,
        speed=speed,
    )


class _Spoken(LiveHub):
    """A hub without viewers that says what happens."""

    def __init__(self, control: ReplayControl, say: Callable[[str], None]) -> None:
        super().__init__(control)
        self._say = say
        self._t = 0.0

    def publish(self, rows: Array, *, stamp_unix_ns: float) -> None:
        """Remember how far the session has come."""
        super().publish(rows, stamp_unix_ns=stamp_unix_ns)
        if len(rows):
            self._t = float(rows[-1, 0])

    def announce(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Say a mark, a calibration step, a repetition, a finding or a fault in a line."""
        line = ""
        if kind == "mark":
            line = str(payload["label"])
        elif kind == "step":
            step: CalibrationStep = payload["step"]
            line = f"{step.step}: {'accepted' if step.accepted else ' '.join(step.words)}"
        elif kind == "repetition":
            line = _repetition_line(payload["repetition"])
        elif kind == "finding":
            finding: Finding = payload["finding"]
            # None of it, or nobody can tell: that stands in the result, not in the running words.
            line = finding.words if finding.grade in ("mild", "marked") else ""
        elif kind == "fault":
            line = _fault_line(payload["fault"])
        elif kind == "status":
            line = str(payload["state"])
        if line:
            self._say(f"{self._t:9.2f} s  {line}")


def _repetition_line(repetition: Repetition) -> str:
    """A repetition in a line: what, which, and its first numbers."""
    names = ("depth_deg", "rotation_bottom_deg", "rotation_arc_deg", "duration_s")
    known = {n: v for n in names if math.isfinite(v := repetition.measures.get(n, math.nan))}
    numbers = [
        f"{MEASURES[name].title} {value:.1f}{' s' if name.endswith('_s') else '°'}"
        for name, value in known.items()
    ]
    way = "" if repetition.direction == "down" else f" {repetition.direction}"
    short = "" if repetition.counted else f" (not counted: {repetition.reason})"
    head = f"{repetition.movement} {repetition.repetition} {repetition.side}{way}{short}"
    return f"{head}: {', '.join(numbers)}" if numbers else head


def _fault_line(fault: Fault) -> str:
    """A fault in a line: where, what, how long and how many samples."""
    length = fault.t_end - fault.t_start
    known = [f"{length:.2f} s"] * (length > 0.0) + [f"{fault.count} samples"] * (fault.count > 1)
    return ", ".join([f"{fault.sensor}: {fault.kind}", *known])


def play(
    recording: Path,
    speed: float | None,
    *,
    port: int | None,
    loop: bool,
    leave: bool,
    say: Callable[[str], None],
    show: Callable[[Assessment], None] = lambda _: None,
    params: Params | None = None,
    sending: Sending = _NOTHING,
) -> None:
    """Play a recording into a hub or onto the terminal.

    Parameters
    ----------
    speed
        1 is as it was; None is as fast as can be.
    port
        Of the hub; None plays without one and says what happens.
    loop
        Play again and again, until Ctrl-C.
    leave
        End the hub with the recording, instead of serving its last seconds until Ctrl-C.
    say
        Called with sentences for people.
    show
        Called with what the session has shown, once it is over.
    sending
        Who else gets the numbers, beside the hub.
    """

    async def run() -> None:
        if port is None:
            control = ReplayControl(recording.name)
            player = _player(
                recording, speed, _Spoken(control, say), control, params, sending=sending
            )
            if speed is not None:
                await warmed(say)
            await player.run()
            show(player.assessed)
            while loop:
                await player.run()
            return
        async with served(recording, speed, port, say, params, sending=sending) as replay:
            say(f"hub on ws://{replay.address}/live")
            await replay.player.run()
            show(replay.player.assessed)
            while loop:
                await replay.player.run()
            if not leave:
                say("played to the end; Ctrl-C ends the hub")
                await asyncio.Event().wait()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        say("replay ended")
