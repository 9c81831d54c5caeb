"""How much of a server strangers may take: connections, time for a request, lines of the log.

What is refused here costs a closed socket and nothing more: no answer, no log line, no task. What
is being recorded runs in the same process, on the same disk.
"""

import asyncio
import logging
import time
from typing import Any, Final

from uvicorn.protocols.http.auto import AutoHTTPProtocol

MOST_CONNECTIONS: Final = 256
"""At once from the network, and as many from this machine: 30 viewers take two each, pages a few.

What the network takes leaves this machine's own places free, those of the coach.
"""

MOST_FROM_ONE: Final = 48
"""At once from one address that is not this machine's."""

HEAD_S: Final = 5.0
"""Within this, or twice as long at most, the head of a request has come, or it never will."""

_LOOPBACK: Final = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


class BoundedProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's protocol, with bounds on connections and on the time that a head takes."""

    def connection_made(self, transport: Any) -> None:
        """Take a connection, or close it where there are too many."""
        super().connection_made(transport)
        self._waited = False
        if self._too_many():
            transport.abort()
            return
        self._timer: asyncio.TimerHandle = self.loop.call_later(HEAD_S, self._look)

    def _too_many(self) -> bool:
        mine = _address(self)
        others = [_address(each) for each in self.connections]
        if mine in _LOOPBACK:
            return sum(other in _LOOPBACK for other in others) > MOST_CONNECTIONS
        strangers = sum(other not in _LOOPBACK for other in others)
        return strangers > MOST_CONNECTIONS or others.count(mine) > MOST_FROM_ONE

    def _look(self) -> None:
        """Close a connection that has been without a whole request twice in a row."""
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return  # gone, or a WebSocket by now
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self._waited:
            self.transport.abort()
            return
        self._waited = idle
        self._timer = self.loop.call_later(HEAD_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        if hasattr(self, "_timer"):
            self._timer.cancel()


def _address(connection: Any) -> str:
    """The other end of a connection, which may be a WebSocket by now."""
    return str(connection.client[0]) if connection.client else ""


class FewLines(logging.Filter):
    """Lets a few lines a minute into the log, and no traceback of what a stranger sent."""

    def __init__(self, most: int = 20) -> None:
        super().__init__()
        self._most, self._since, self._count = most, -60.0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written; what was wrong is said in its last words."""
        now = time.monotonic()
        if now - self._since >= 60.0:
            self._since, self._count = now, 0
        self._count += 1
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            record.msg = f"{record.getMessage().strip()}: {type(error).__name__}: {error}"[:500]
            record.args, record.exc_info, record.exc_text = (), None, None
        return self._count <= self._most


def bound_log() -> None:
    """Bound what servers of ours write into the log, from now on."""
    for name in ("uvicorn.error", "websockets.server", "websockets.client", "asyncio"):
        log = logging.getLogger(name)
        if not any(isinstance(each, FewLines) for each in log.filters):
            log.addFilter(FewLines())
