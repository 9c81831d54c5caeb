"""``/imu/live``: a hub's messages for the dashboard's pages, unchanged.

Each further kit has an address of its own (`kits.prefix_of`).

It runs as a process of its own (``python -m dashboard.server.relay``), started by the dashboard, on
a port beside the page's: in Streamlit's process each message waited for the interpreter's lock
whenever a page's script ran, 100 ms and more. Streamlit's process relays too, for pages that cannot
reach the other port; both let in whom the dashboard lets in.

A viewer's connection outlives the collector: while there is none, the relay says so with
``{"type": "link", "state": "stopped"}`` and tries again. It holds no queue of its own: a viewer
that reads slowly makes the relay read slowly, and the hub drops that viewer's oldest frames.
"""

import asyncio
import sys
import threading
from collections.abc import Sequence
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from dashboard.server.kits import prefixes_of
from dashboard.server.settings import Settings, settings_from_arguments
from dashboard.server.token_check import TokenCheck
from imuhip.live.access import LOOPBACK_HOSTS, OriginCheck
from imuhip.live.bounds import BoundedProtocol, bound_log

RETRY_S: Final = 0.25
_OPEN_TIMEOUT_S: Final = 5.0
_QUEUED: Final = 8

LINK_STOPPED: Final = '{"type":"link","state":"stopped"}'


class Relay:
    """Serves one hub to any number of viewers.

    Parameters
    ----------
    hub
        The hub's WebSocket, such as ``ws://127.0.0.1:8765/live``.
    """

    def __init__(self, hub: str) -> None:
        self._hub = hub

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one viewer until it goes."""
        await websocket.accept()
        tasks = [
            asyncio.create_task(self._forward(websocket)),
            asyncio.create_task(_ear(websocket)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for end in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(end, Exception):
                    raise end

    async def _forward(self, websocket: WebSocket) -> None:
        """Copy messages from the hub, from one collector after the other."""
        try:
            while True:
                await self._follow(websocket)
                await websocket.send_text(LINK_STOPPED)
                await asyncio.sleep(RETRY_S)
        except WebSocketDisconnect:
            return

    async def _follow(self, websocket: WebSocket) -> None:
        """Copy messages until the hub is gone; return at once if there is none."""
        try:
            async with connect(
                self._hub,
                compression=None,
                proxy=None,
                max_queue=_QUEUED,
                max_size=None,
                open_timeout=_OPEN_TIMEOUT_S,
                close_timeout=1.0,
            ) as hub:
                await _copy(hub, websocket)
        except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
            return


async def _copy(hub: ClientConnection, websocket: WebSocket) -> None:
    """Copy messages until the hub closes."""
    async for message in hub:
        if isinstance(message, bytes):
            await websocket.send_bytes(message)
        else:
            await websocket.send_text(message)


async def _ear(websocket: WebSocket) -> None:
    """Wait until the viewer goes; it has nothing to say."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


def relay_routes(hubs: Sequence[str]) -> list[WebSocketRoute]:
    """Return a route for each kit's hub."""
    return [WebSocketRoute(f"{prefix}/live", Relay(hub).serve) for prefix, hub in prefixes_of(hubs)]


def relay_app(settings: Settings) -> Starlette:
    """Return what serves the pages of one dashboard from a process of its own."""
    return Starlette(
        routes=relay_routes(settings.hubs),
        middleware=[
            Middleware(
                OriginCheck, hosts=LOOPBACK_HOSTS | settings.hosts, page_port=settings.page_port
            ),
            Middleware(TokenCheck, token=settings.token()),
        ],
    )


def main() -> None:
    """Serve until whoever started this closes our standard input, or is gone."""
    settings = settings_from_arguments()
    bound_log()
    server = uvicorn.Server(
        uvicorn.Config(
            relay_app(settings),
            host="127.0.0.1" if settings.token_file is None else "0.0.0.0",  # noqa: S104
            port=settings.relay_port,
            lifespan="off",
            log_level="warning",
            access_log=False,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_max_size=4096,
            http=BoundedProtocol,
            timeout_graceful_shutdown=1,
        )
    )

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=end_with_parent, daemon=True).start()
    server.run()


if __name__ == "__main__":
    main()
