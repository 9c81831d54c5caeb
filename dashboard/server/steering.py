"""``/imu/control/…`` and ``/imu/status``: what steers a collector, on the dashboard's own port.

Requests go to the hub unchanged and its answers come back unchanged; the hub checks them. A page
of another site cannot ask (`imuhip.live.access`), and nobody can without the token (`token_check`).
"""

import http.client
from typing import Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.server.answers import json_answer
from dashboard.server.kits import prefix_of

_TIMEOUT_S: Final = 10.0
_MOST_BYTES: Final = 8192

TOO_MUCH: Final = {"error": f"A request may hold {_MOST_BYTES} bytes at most. Send less."}
NO_COLLECTOR: Final = {"error": "No collector is running. Start imuhip collect first."}


class Steering:
    """Hands requests to one hub.

    Parameters
    ----------
    hub
        The hub's WebSocket, such as ``ws://127.0.0.1:8765/live``.
    prefix
        Path below which the addresses lie.
    """

    def __init__(self, hub: str, prefix: str = prefix_of(1)) -> None:
        self._hub = urlsplit(hub).netloc
        self._prefix = prefix

    def routes(self) -> list[Route]:
        """Return the routes to serve."""
        return [
            Route(f"{self._prefix}/control/{{action}}", self._control, methods=["POST"]),
            Route(f"{self._prefix}/status", self._status, methods=["GET"]),
        ]

    async def _control(self, request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _MOST_BYTES:
                return json_answer(TOO_MUCH, 413)
        action = request.path_params["action"]
        kind = request.headers.get("content-type", "")
        return await run_in_threadpool(self._ask, f"/control/{action}", body, kind)

    async def _status(self, _request: Request) -> Response:
        return await run_in_threadpool(self._ask, "/status", None, "")

    def _ask(self, path: str, body: bytes | None, kind: str) -> Response:
        """Ask the hub; its answer, or 503 without one."""
        headers = {"content-type": kind} if kind else {}
        method = "GET" if body is None else "POST"
        hub = http.client.HTTPConnection(self._hub, timeout=_TIMEOUT_S)
        try:
            hub.request(method, path, body, headers)
            answer = hub.getresponse()
            return Response(answer.read(), answer.status, media_type="application/json")
        except (OSError, http.client.HTTPException):
            return json_answer(NO_COLLECTOR, 503)
        finally:
            hub.close()
