"""The live hub: one WebSocket for those who watch, a few requests for those who steer.

``/live`` sends a ``hello``, the last seconds as backfill, the extremes and what happened so far,
then frames at up to 60 Hz. ``POST /control/…`` goes to a handler that whoever runs the hub passes
in; ``GET /status`` asks it. A viewer that reads slowly loses its oldest frames and costs the others
nothing.
"""

import asyncio
import socket
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, NamedTuple

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from imuhip.core.conventions import GRID_HZ
from imuhip.core.errors import ImuhipError
from imuhip.core.findings import Finding
from imuhip.core.records import Array
from imuhip.live.access import LOOPBACK_HOSTS, OriginCheck
from imuhip.live.bounds import BoundedProtocol, bound_log
from imuhip.live.control import ControlHandler, control_routes
from imuhip.live.extremes import Extremes
from imuhip.live.protocol import (
    BACKFILL_S,
    COLUMNS,
    FRAME_HZ,
    KIND_BACKFILL,
    KIND_FRAME,
    encode_rows,
    event_json,
    to_json,
)

QUEUE_MESSAGES: Final = 90
"""Messages waiting for one viewer; few: a late frame is worth nothing, many: memory."""

MAX_VIEWERS: Final = 32
UNREAD_S: Final = 5.0
"""A viewer that has taken nothing for so long makes room for another when there are too many."""

KEPT_EVENTS: Final = 1000
"""Events that a new viewer gets: those of a long session, findings once each."""
_SEND_BUFFER_BYTES: Final = 65536


class Viewer:
    """What waits for one viewer: bounded, and the oldest frames go first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: deque[bytes | str] = deque()
        self._some = asyncio.Event()
        self.dropped = 0
        self.gone = asyncio.Event()
        self.sending_since = float("inf")

    def put(self, message: bytes | str) -> None:
        """Add a message; if there are too many, drop the oldest frame, else the oldest of all."""
        self._waiting.append(message)
        if len(self._waiting) > self._size:
            frames = (k for k, waiting in enumerate(self._waiting) if isinstance(waiting, bytes))
            del self._waiting[next(frames, 0)]
            self.dropped += 1
        self._some.set()

    def begin(self, messages: list[bytes | str]) -> None:
        """Forget what waits, for it belongs to a session that is over, and begin with these."""
        self._waiting = deque(messages)
        self._some.set()

    async def get(self) -> bytes | str:
        """Return the oldest message, waiting for one if need be."""
        while not self._waiting:
            self._some.clear()
            await self._some.wait()
        return self._waiting.popleft()

    def __len__(self) -> int:
        return len(self._waiting)


class LiveHub:
    """Keeps the last seconds and the viewers of one session after the other.

    All methods belong to the event loop's thread.

    Parameters
    ----------
    handler
        What ``/control`` and ``/status`` talk to.
    hosts
        Host names under which the hub may be addressed.
    queue
        Messages waiting for one viewer; see `QUEUE_MESSAGES`.
    """

    def __init__(
        self,
        handler: ControlHandler,
        *,
        hosts: frozenset[str] = LOOPBACK_HOSTS,
        queue: int = QUEUE_MESSAGES,
    ) -> None:
        self._queue = queue
        self._viewers: set[Viewer] = set()
        self._hello: dict[str, Any] = {}
        self._recent: deque[Array] = deque()
        self._extremes = Extremes()
        self._events: deque[_Event] = deque()
        self._pending: list[Array] = []
        self._stamp_unix_ns = float("nan")
        self._sequence = 0
        self._next_frame = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.app = Starlette(
            routes=[WebSocketRoute("/live", self._live), *control_routes(handler, self._figures)],
            middleware=[Middleware(OriginCheck, hosts=hosts)],
        )

    def begin(self, hello: Mapping[str, Any]) -> None:
        """Begin a session: every viewer starts again with this ``hello`` and nothing else."""
        self._hello = dict(hello)
        self._recent.clear()
        self._extremes = Extremes()
        self._events.clear()
        self._pending.clear()
        self._sequence = 0
        for viewer in self._viewers:
            viewer.begin(self._opening())

    def publish(self, rows: Array, *, stamp_unix_ns: float) -> None:
        """Send rows ``(N, len(COLUMNS))`` to every viewer, now or at the next frame's turn.

        Parameters
        ----------
        rows
            In the order and units of `protocol.COLUMNS`, later than all before.
        stamp_unix_ns
            When the notification that completed the newest row reached the host, UTC ns.
        """
        if not len(rows):
            return
        self._recent.append(rows)
        self._extremes.push(rows)
        oldest = rows[-1, 0] - BACKFILL_S
        while self._recent[0][-1, 0] <= oldest:
            self._recent.popleft()
        self._pending.append(rows)
        self._stamp_unix_ns = stamp_unix_ns
        if self._timer is None:
            wait = self._next_frame - time.monotonic()
            if wait <= 0.0:
                self._flush()
            else:
                self._timer = asyncio.get_running_loop().call_later(wait, self._flush)

    def announce(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Send an event (docs/live.md lists their kinds) to every viewer.

        Parameters
        ----------
        kind
            The message's ``type``.
        payload
            Its other fields; records and arrays are taken apart.
        """
        message = event_json(kind, payload)
        finding = payload.get("finding")
        if isinstance(finding, Finding):
            # What was said of the set before its newest repetition stands no more.
            self._events = deque(e for e in self._events if not _replaced(e.finding, finding))
        self._events.append(_Event(message, finding if isinstance(finding, Finding) else None))
        if len(self._events) > KEPT_EVENTS:
            self._events.popleft()
        for viewer in self._viewers:
            viewer.put(message)

    def _flush(self) -> None:
        """Send one frame with all rows since the last one."""
        self._timer = None
        if not self._pending:
            return
        rows = np.concatenate(self._pending)
        self._pending.clear()
        # Turns keep their rhythm when one comes late, and never fall behind by more than one.
        now = time.monotonic()
        self._next_frame = max(self._next_frame, now - 1 / FRAME_HZ) + 1 / FRAME_HZ
        self._sequence += 1
        message = encode_rows(
            KIND_FRAME,
            self._sequence,
            rows,
            stamp_unix_ns=self._stamp_unix_ns,
            sent_unix_ns=time.time_ns(),
        )
        for viewer in self._viewers:
            viewer.put(message)

    def _opening(self) -> list[bytes | str]:
        """What a viewer gets first: hello, backfill, what happened so far."""
        if not self._hello:
            return []
        rows = np.concatenate(self._recent) if self._recent else np.empty((0, len(COLUMNS)))
        if len(rows):
            # Half a grid step of room, for grid times are not exact in binary.
            rows = rows[rows[:, 0] > rows[-1, 0] - BACKFILL_S + 0.5 / GRID_HZ]
        backfill = encode_rows(
            KIND_BACKFILL,
            self._sequence,
            rows,
            stamp_unix_ns=self._stamp_unix_ns,
            sent_unix_ns=time.time_ns(),
        )
        extremes = event_json("extremes", self._extremes.summary())
        return [to_json(self._hello), backfill, extremes, *(each.message for each in self._events)]

    def _figures(self) -> dict[str, Any]:
        """What ``/status`` adds about the hub itself."""
        viewers = [{"waiting": len(each), "dropped": each.dropped} for each in self._viewers]
        return {"session": self._hello.get("session", ""), "viewers": viewers}

    async def _live(self, websocket: WebSocket) -> None:
        """Serve one viewer until it goes."""
        await websocket.accept()
        if len(self._viewers) >= MAX_VIEWERS and not self._drop_one():
            await websocket.close(1013, f"{MAX_VIEWERS} viewers are watching already")
            return
        self._flush_now()
        viewer = Viewer(self._queue)
        viewer.begin(self._opening())
        self._viewers.add(viewer)
        tasks = [
            asyncio.create_task(_send(viewer, websocket)),
            asyncio.create_task(_ear(websocket)),
            asyncio.create_task(viewer.gone.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._viewers.discard(viewer)
            for task in tasks:
                task.cancel()
            for end in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(end, Exception):
                    raise end

    def _drop_one(self) -> bool:
        """Make room by ending the viewer that has not read for longest; False if all do."""
        slowest = min(self._viewers, key=lambda viewer: viewer.sending_since)
        if slowest.sending_since > time.monotonic() - UNREAD_S:
            return False
        self._viewers.discard(slowest)
        slowest.gone.set()
        return True

    def _flush_now(self) -> None:
        """Send what waits for its turn, so that a backfill and the next frame share no row."""
        if self._timer is not None:
            self._timer.cancel()
            self._flush()


class _Event(NamedTuple):
    """What happened, as it was sent, and the finding it held, if any."""

    message: str
    finding: Finding | None


def _replaced(old: Finding | None, new: Finding) -> bool:
    """Whether a finding was said of the same set when fewer of its repetitions were known."""
    return (
        old is not None
        and (old.movement, old.set) == (new.movement, new.set)
        and (old.after < new.after)
    )


async def _send(viewer: Viewer, websocket: WebSocket) -> None:
    """Hand a viewer its messages as fast as it takes them."""
    try:
        while True:
            message = await viewer.get()
            viewer.sending_since = time.monotonic()
            if isinstance(message, bytes):
                await websocket.send_bytes(message)
            else:
                await websocket.send_text(message)
            viewer.sending_since = float("inf")
    except WebSocketDisconnect:
        return


async def _ear(websocket: WebSocket) -> None:
    """Wait until the viewer goes; it has nothing to say."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


class _Server(uvicorn.Server):
    """uvicorn that leaves Ctrl-C to the program it runs in."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Change no signal handler."""
        yield


@asynccontextmanager
async def serving(hub: LiveHub, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve the hub while the block runs; gives its address, such as ``127.0.0.1:8765``.

    Parameters
    ----------
    host
        A loopback address.
    port
        0 takes a free one.
    """
    if host not in LOOPBACK_HOSTS:
        raise ValueError(f"The hub serves loopback addresses only, not {host!r}.")
    bound_log()
    with _bound_socket(host, port) as listener:
        server = _Server(
            uvicorn.Config(
                hub.app,
                lifespan="off",
                log_level="warning",
                access_log=False,
                ws="websockets-sansio",
                ws_per_message_deflate=False,  # costs more time than it saves on loopback
                ws_max_size=4096,
                http=BoundedProtocol,
                timeout_graceful_shutdown=1,
            )
        )
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"{host}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


def _bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket; refuses with a sentence where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    # A small send buffer: what a slow viewer has not taken waits in its queue, where the oldest
    # can be dropped, not in the kernel.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    if sys.platform == "win32":  # there SO_REUSEADDR would let two hubs share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise ImuhipError(
            f"Port {port} of {host} cannot be used ({error.strerror}). Stop the program that uses "
            "it or choose another port."
        ) from error
    listener.setblocking(False)
    return listener
