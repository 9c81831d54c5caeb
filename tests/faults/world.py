"""A whole collector in a simulated world: the real session, recorder, pipeline, hub and filing."""

import asyncio
import json
import resource
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from beds.collect import Workshop, kit_of
from faults import clock
from faults.air import Air, Trouble, Way
from faults.clock import SimulatedLoop
from faults.disk import Disk
from faults.story import PLACES, Story

from imuhip.ble.kit import Kit
from imuhip.cli.filing import Filer, Filing, results_of
from imuhip.core.errors import ImuhipError
from imuhip.live.collector import collecting
from imuhip.live.filing_state import FilingState
from imuhip.live.hub import LiveHub
from imuhip.live.protocol import decode_rows
from imuhip.live.session import Session
from imuhip.live.start import Options
from imuhip.pipeline.all_sensors import Params, Pipeline
from imuhip.results.analysis import analyze
from imuhip.virtual.athlete import rocking_sensors
from imuhip.virtual.sensor import VirtualSensor


@dataclass(eq=False)
class Taken:
    """One recording, as the coach saw it begin and end.

    Parameters
    ----------
    path
        The file.
    begun_ns, ended_ns
        Host times between which it went on.
    disk
        The disk it was written to.
    whole
        Whether it was ended in order.
    """

    path: Path
    start_ns: int
    ended_ns: int = 0
    whole: bool = True
    left_out: str = ""


@dataclass(eq=False)
class Seen:
    """What one viewer got."""

    delay_s: float
    closed: int = 0
    rows: list[np.ndarray] = field(default_factory=list)
    streams: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass(eq=False)
class World:
    """A story, and all that came of it.

    Without `keep`, what came and what was worked out is not remembered: for hours. With a
    `catalogue` that has the athlete A1, recordings are analyzed and filed there by the real filer.
    """

    story: Story
    folder: Path
    loop: SimulatedLoop
    keep: bool = True
    catalogue: Path | None = None
    said: list[tuple[float, str]] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    filed: list[Path] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    most: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    workshop: Workshop = field(default_factory=Workshop)
    left_s: float = 0.0
    statuses: list[dict[str, Any]] = field(default_factory=list)
    stopped: list[tuple[float, str]] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    loop_errors: list[str] = field(default_factory=list)
    _zero: float | None = None

    def __post_init__(self) -> None:
        story = self.story
        rng = np.random.default_rng([story.seed, 7])
        self.sensors = rocking_sensors(PLACES, profile_id=story.profile, rate_hz=story.rate_hz)
        self.ways = [self._way(sensor, rng) for sensor in self.sensors]
        everybody = list(self.ways)
        for number, way in enumerate(self.ways):
            way.refuses = story.refuses.get(way.place, 0)
            if way.place == story.never:
                way.troubles.append(Trouble("silence", way.place, -2.0 * _LONG_S, 1e3 * _LONG_S))
            if story.profile == "reference" and rng.random() < _WRAPS:
                way.shift = (2**32 - 300 * (number + 1), 2**32 - 2_000_000 * (number + 1))
        if story.stranger:
            (stranger,) = rocking_sensors(
                [story.stranger], profile_id=story.profile, rate_hz=story.rate_hz, first=99
            )
            stranger.name = self.sensors[PLACES.index(story.stranger)].name
            everybody.append(self._way(stranger, rng, troubles=False))
        self.strangers = everybody[len(self.ways) :]
        self.air = Air(everybody)
        self.disk = Disk(story.disk, self.loop.takes, now_ns=lambda: round(self.loop.now * 1e9))
        self.loop.cost = lambda: float(rng.uniform(0.0005, story.push_s))

    def _way(
        self, sensor: VirtualSensor, rng: np.random.Generator, *, troubles: bool = True
    ) -> Way:
        mine = [t for t in self.story.troubles if t.sensor in ("", sensor.sensor) and troubles]
        own = np.random.default_rng(int(rng.integers(1 << 30)))
        return Way(sensor, mine, own, self.since, keep=self.keep)

    def since(self) -> float:
        """Seconds since the first recording began; long ago before that."""
        return -_LONG_S if self._zero is None else self.loop.now - self._zero

    def kit(self) -> Kit:
        """The kit, bound to addresses."""
        return kit_of(list(self.sensors), rate_hz=self.story.rate_hz)

    def say(self, sentence: str) -> None:
        """What the coach is told."""
        self.said.append((self.loop.now, sentence))

    async def live(self) -> None:
        """Live the story to its end."""
        options = Options(
            self.folder,
            athlete="A1",
            make_stages=self.workshop if self.keep else Pipeline,
            recorded=self._recorded,
            filed=lambda _: FilingState("unknown"),
        )
        if self.catalogue is not None:
            self.filer = Filer(str(self.catalogue), _Thread(self.loop), self.say, usable=True)
            options = replace(options, refusal=self.filer.refusal, filed=self.filer.state_of)
        left = 0.0
        async with collecting([self.kit()], [self.air.radio], options, say=self.say) as (session,):
            self.session = session
            tasks = [asyncio.create_task(each) for each in self._around(session)]
            await self._coach(session)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for way in self.ways:
                way.stuck_writes = way.stuck_end = way.place in self.story.stuck
            if session.recording is not None:
                self.taken[-1].ended_ns = round(self.loop.now * 1e9)
            left = self.loop.now
            tasks = [asyncio.create_task(self._stopped(way)) for way in self.ways]
        for task in tasks:
            task.cancel()
        self.left_s = self.loop.now - left
        for task in asyncio.all_tasks() - {asyncio.current_task()}:  # stuck ones of the stack
            task.cancel()
        for way in self.air.ways.values():
            await way.sensor.close()

    async def _stopped(self, way: Way) -> None:
        """Note when a sensor obeys the word to stop."""
        while way.sensor.streaming:
            await asyncio.sleep(0.01)
        if way.client is not None:  # it was not the link that ended
            self.stopped.append((self.loop.now, way.place))

    def _recorded(self, path: Path, athlete: str) -> None:
        """A recording is over."""
        self.filed.append(path)
        if self.catalogue is not None:
            self.filer.recorded(path, athlete)

    def _around(self, session: Session) -> list[Any]:
        """Everything that goes on beside the coach."""
        story = self.story
        viewers = [self._view(session.hub, delay) for delay in story.viewers]
        airs = [way.live() for way in self.ways]
        return [*viewers, *airs, self._measure(session), self._events(session)]

    async def _coach(self, session: Session) -> None:
        """Start when the sensors stream, mark, stop; perhaps once more."""
        ready = await self._until(lambda: session.state == "ready", READY_S)
        without = "" if ready else self.story.never
        if not ready and not without:
            self.refused.append("the sensors never streamed")
            return
        if not await self._start(session, without):
            return
        for t, label in sorted(self.story.marks):
            await self._until(lambda t=t: self.since() >= t, _LONG_S)
            await post(session.hub, "mark", {"label": label})
        await self._until(lambda: self.since() >= self.story.seconds, _LONG_S)
        if self.story.left_running:
            return
        await self._stop(session)
        if not self.story.again:
            return
        await self._until(lambda: session.state == "ready", READY_S)
        if await self._start(session, ""):
            await asyncio.sleep(2.0)
            await self._stop(session)

    async def _start(self, session: Session, without: str) -> bool:
        """Ask for a recording; whether there is one."""
        status, answer = await post(
            session.hub, "start", {"without": without} if without else {"athlete": "A1"}
        )
        if status != 200 or session.recording is None:
            self.refused.append(answer.get("error", ""))
            return False
        if self._zero is None:
            self._zero = self.loop.now
        self.taken.append(
            Taken(
                session.recording.recorder.path,
                session.recording.header.monotonic_ns,
                left_out=without,
            )
        )
        return True

    async def _stop(self, session: Session) -> None:
        running = session.recording is not None
        at = round(self.loop.now * 1e9)
        status, answer = await post(session.hub, "stop", {})
        if running and status == 200:
            self.taken[-1].ended_ns = at
            self.statuses.append(await get_status(session.hub))
        else:
            self.refused.append(answer.get("error", ""))

    async def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        end = self.loop.now + seconds
        while not condition():
            if self.loop.now > end:
                return False
            await asyncio.sleep(0.02)
        return True

    async def _events(self, session: Session) -> None:
        """Kills, pauses, set clocks, Bluetooth off and on."""
        story = self.story
        due: list[tuple[float, Callable[[], None]]] = []
        due += [(t, lambda: self._photograph(session)) for t in story.kills]
        due += [(t, lambda s=s: self._pause(s)) for t, s in story.pauses]
        due += [(t, lambda s=s: self._set_wall(s)) for t, s in story.wall]
        if story.bluetooth:
            begin, seconds = story.bluetooth
            due += [(begin, self.air.switch_off), (begin + seconds, self._bluetooth_on)]
        for t, happen in sorted(due, key=lambda each: each[0]):
            await self._until(lambda t=t: self.since() >= t, _LONG_S)
            happen()

    def _photograph(self, session: Session) -> None:
        if session.recording is not None:
            self.disk.photograph(str(session.recording.recorder.path))

    def _pause(self, seconds: float) -> None:
        self.loop.now += seconds

    def _set_wall(self, seconds: float) -> None:
        self.loop.wall_offset += seconds

    def _bluetooth_on(self) -> None:
        self.air.off = False

    async def _measure(self, session: Session) -> None:
        """How much waits anywhere."""
        while True:
            await asyncio.sleep(0.1)
            recording = session.recording
            sizes = {
                "inbox": len(session._inbox._notifications),
                "events": len(session.hub._events),
                "story": max(len(link.story) for link in session.links.values()),
                "viewer": max((len(v) for v in session.hub._viewers), default=0),
                "recent": sum(map(len, session.hub._recent)),
                "viewers": len(session.hub._viewers),
                "recorder": 0 if recording is None else len(recording.recorder._waiting),
            }
            for name, size in sizes.items():
                self.most[name] = max(self.most.get(name, 0), size)

            if self.since() > 30.0 * len(self.memory):
                self.memory.append((self.since(), memory_mb()))

    async def _view(self, hub: LiveHub, delay_s: float) -> None:
        """Watch the hub as a browser does, over its ASGI interface."""
        seen = Seen(delay_s)
        self.seen.append(seen)
        came: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        came.put_nowait({"type": "websocket.connect"})

        async def send(message: Any) -> None:
            if message["type"] == "websocket.close":
                seen.closed += 1
                return
            if delay_s == float("inf"):
                await asyncio.sleep(_LONG_S)
            elif delay_s:
                await asyncio.sleep(delay_s)
            if not self.keep:
                return
            if message.get("bytes"):
                seen.rows.append(decode_rows(message["bytes"])[1])
            elif message.get("text"):
                event = json.loads(message["text"])
                if event["type"] == "hello":
                    seen.rows, seen.streams = [], seen.streams + 1
                seen.events.append(event)

        scope = {"type": "websocket", "path": "/live", "subprotocols": [], **_SCOPE}
        await hub.app(scope, came.get, send)


class _Thread(ThreadPoolExecutor):
    """In the place of the filer's thread: a simulated one."""

    def __init__(self, loop: SimulatedLoop) -> None:
        super().__init__(1)
        self._loop = loop

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Do it in its turn."""
        return self._loop.run_in_executor(self, partial(fn, *args, **kwargs))


def _file_here(location: str, path: Path, athlete: str, say: Callable[[str], None]) -> str:
    """Analyze and file as the filer's own process does, in this one; why it could not be."""
    try:
        filing = Filing(location, athlete)
        results = results_of(filing, path, Params())
        analyze(path, results, Params())
        filing.file(path, results, say)
    except ImuhipError as error:
        say(str(error))
        return str(error)
    return ""


def memory_mb() -> float:
    """What this process holds of the machine's memory."""
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 2.0**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2.0**10


async def post(hub: LiveHub, action: str, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Steer, over the hub's ASGI interface; status and answer."""
    return await _ask(hub, "POST", f"/control/{action}", json.dumps(body).encode())


async def get_status(hub: LiveHub) -> dict[str, Any]:
    """What the hub says of the session."""
    return (await _ask(hub, "GET", "/status", b""))[1]


async def _ask(hub: LiveHub, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "http_version": "1.1", **_SCOPE}
    await hub.app(scope, receive, send)
    text = b"".join(m.get("body", b"") for m in sent)
    return sent[0]["status"], json.loads(text or b"{}")


@asynccontextmanager
async def _no_sockets(_hub: LiveHub, *, port: int = 0) -> AsyncIterator[str]:
    """In the place of the hub's server: viewers come in by its ASGI interface."""
    del port
    yield "simulated"


def lived(story: Story, folder: Path, *, keep: bool = True, catalogue: Path | None = None) -> World:
    """Live a story; what came of it."""
    worlds: list[World] = []

    async def main(loop: SimulatedLoop) -> None:
        world = World(story, folder, loop, keep, catalogue)
        worlds.append(world)
        loop.set_exception_handler(lambda _, context: world.loop_errors.append(_words(context)))
        with world.disk.in_place():
            await world.live()

    with mock.patch("imuhip.cli.filing._file", _file_here):
        simulated(main)
    return worlds[0]


def simulated(main: Callable[[SimulatedLoop], Coroutine[Any, Any, Any]]) -> Any:
    """Run a coroutine on a simulated clock; a collector in it is warm and has no sockets."""
    warm = threading.Event()  # compiling takes no simulated time
    warm.set()
    with (
        mock.patch("imuhip.live.warm_up._WARM", warm),
        mock.patch("imuhip.live.collector.serving", _no_sockets),
    ):
        return clock.run(main)


def _words(context: dict[str, Any]) -> str:
    """What the event loop complains of."""
    return f"{context.get('message')}: {context.get('exception')!r}"


_SCOPE: dict[str, Any] = {
    "asgi": {"version": "3.0"},
    "scheme": "http",
    "root_path": "",
    "query_string": b"",
    "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
    "client": ("127.0.0.1", 1),
    "server": ("localhost", 1),
}
_LONG_S = 1e6
_WRAPS = 0.3
READY_S = 60.0
"""Sensors that refuse three times stream after some ten seconds."""
