"""Who may see the page, and what the page itself may load.

On this machine the page is open; from the network only with a token. A first visit brings it in the
address (that is what the QR code holds), gets a cookie for it and goes on without it; a program
sends it as ``Authorization: Bearer``. Every answer
carries a content security policy: nothing is loaded from anywhere else, nobody frames the page.
"""

import hmac
import re
import time
from base64 import b64encode
from collections import deque
from collections.abc import Sequence
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE: Final = "imuhip_token"
QUERY: Final = "token"
MOST_WRONG: Final = 20
"""Wrong tokens a minute, from anywhere, before all are refused unread."""

LOOPBACK_PEERS: Final = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})


class TokenCheck:
    """ASGI middleware: asks visitors from the network for the token.

    Parameters
    ----------
    app
        What is behind it.
    token
        What visitors from the network must bring; None lets nobody in from there.
    """

    def __init__(self, app: ASGIApp, token: str | None = None) -> None:
        self._app = app
        self._token = token
        self._wrong: deque[float] = deque(maxlen=MOST_WRONG)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer it here."""
        if (
            scope["type"] not in {"http", "websocket"}
            or _peer(scope) in LOOPBACK_PEERS
            or self._fits(_cookie(scope))
        ):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "no token"})
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a token from the address, or say what is missing."""
        query = parse_qsl(scope["query_string"].decode("latin-1"))
        header = _bearer(scope)
        brought = header or next((value for name, value in query if name == QUERY), "")
        if self._tired():
            words = "Too many wrong tokens. Wait a minute, then scan the code again."
            await PlainTextResponse(words, 429)(scope, receive, send)
        elif header and self._fits(header):
            await self._app(scope, receive, send)
        elif self._fits(brought):
            rest = urlencode([(name, value) for name, value in query if name != QUERY])
            response = RedirectResponse(scope["path"] + (f"?{rest}" if rest else ""), 303)
            response.set_cookie(COOKIE, brought, httponly=True, samesite="strict")
            await response(scope, receive, send)
        else:
            if brought:
                self._wrong.append(time.monotonic())
            words = (
                "The token of this dashboard is missing or wrong. "
                "Scan the code on the coach's screen."
            )
            await PlainTextResponse(words, 401)(scope, receive, send)

    def _fits(self, brought: str) -> bool:
        """Whether it is the token; takes as long for a nearly right one."""
        expected = self._token
        return bool(expected) and hmac.compare_digest(brought.encode(), str(expected).encode())

    def _tired(self) -> bool:
        """Whether too many wrong tokens came within the last minute."""
        wrong = self._wrong
        return len(wrong) == MOST_WRONG and time.monotonic() - wrong[0] < 60.0


class Policy:
    """ASGI middleware: adds a content security policy to every answer.

    Parameters
    ----------
    app
        What is behind it.
    page
        The page's HTML: the inline scripts in it may run, by their hashes, and no others.
    streams
        Addresses beside the page's own from which it may follow a stream.
    """

    def __init__(self, app: ASGIApp, page: str = "", streams: Sequence[str] = ()) -> None:
        self._app = app
        self._headers = headers_for(page, streams)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer with the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        await self._app(scope, receive, with_headers)


def headers_for(page: str, streams: Sequence[str] = ()) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that keep a page to itself, its own inline scripts allowed."""
    scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", page, re.DOTALL)
    hashes = (b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    policy = POLICY | {
        "script-src": " ".join((POLICY["script-src"], *(f"'sha256-{each}'" for each in hashes))),
        "connect-src": " ".join((POLICY["connect-src"], *streams)),
    }
    headers = {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    return tuple((name.encode(), value.encode()) for name, value in headers.items())


def _peer(scope: Scope) -> str:
    """Address of the machine that asks."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _bearer(scope: Scope) -> str:
    """The token that a program sends as ``Authorization: Bearer …``; empty without one."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if kind.lower() == "bearer" else ""
    return ""


def _cookie(scope: Scope) -> str:
    """The token that the browser kept; empty without one."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                continue
            if found is not None:
                return found.value
    return ""


POLICY: Final = {
    "default-src": "'self'",
    # Components are mounted from blobs.
    "script-src": "'self' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
"""What the page may load: from here alone."""
