"""Who may talk to a server of ours: programs of this machine, and pages that it served itself.

A web page from anywhere can make a browser send requests to ``localhost``. Two headers tell such a
request from our own: ``Host``, which names a foreign domain when that domain was pointed at this
machine (DNS rebinding), and ``Origin``, which names the page that asks (cross-site WebSockets and
forms). Programs that are no browser send no ``Origin``.
"""

from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def refusal(
    hosts: list[str], origins: list[str], allowed: frozenset[str], page_port: int | None = None
) -> str | None:
    """Return why a request must be refused, in one sentence, or None if it may pass.

    Parameters
    ----------
    hosts, origins
        Every value of the headers ``Host`` and ``Origin``.
    allowed
        Host names, without ports, under which this server may be addressed.
    page_port
        Port of the pages that may ask, on the same host; None for the port that is called.
    """
    if len(hosts) != 1 or _host_name(hosts[0]) not in allowed:
        names = ", ".join(sorted(allowed))
        return f"Open this server as {names}, not as {', '.join(hosts) or 'an empty name'}."
    home = hosts[0].lower() if page_port is None else _with_port(hosts[0].lower(), page_port)
    for origin in origins:
        # Scheme apart, the page must come from the very address it should be served at.
        if urlsplit(origin).netloc.lower() != home:
            return f"Only pages of {home} may ask, not those of {origin}."
    return None


class OriginCheck:
    """ASGI middleware that answers 403 to requests with a foreign ``Host`` or ``Origin``.

    Parameters
    ----------
    app
        What is guarded.
    hosts
        Host names, without ports, under which the server may be addressed.
    page_port
        Port of the pages that may ask, on the same host; None for the server's own.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: frozenset[str] = LOOPBACK_HOSTS,
        page_port: int | None = None,
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._page_port = page_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it before anybody else sees it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        hosts, origins = _values(scope, b"host"), _values(scope, b"origin")
        why = refusal(hosts, origins, self._hosts, self._page_port)
        if why is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            # Closing before accepting makes the server answer the handshake with 403.
            await send({"type": "websocket.close", "code": 1008, "reason": "foreign origin"})
        else:
            await PlainTextResponse(why, status_code=403)(scope, receive, send)


def _values(scope: Scope, name: bytes) -> list[str]:
    """Every value of a header."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _with_port(host: str, port: int) -> str:
    """The same host at another port."""
    name = _host_name(host) or ""
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def _host_name(host: str) -> str | None:
    """Host name without its port, lower case; None if it makes no sense."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
