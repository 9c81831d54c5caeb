"""What a browser fetches first: the page itself and Streamlit's own scripts.

Streamlit serves its scripts as they are, nine megabytes where a chart is drawn; here they travel
packed, a quarter of that, and each is packed once. The page gets the address of its server, which
it would else look for below its own path first, and has its margins from the first picture on: what
comes later would move everything.
"""

import gzip
from functools import lru_cache
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.pages import PAGES


class Front:
    """ASGI middleware: answers for the page and for scripts that can travel packed.

    Parameters
    ----------
    app
        What is behind it.
    page
        Of `page_of`.
    static
        Streamlit's folder ``static``.
    """

    def __init__(self, app: ASGIApp, page: str, static: Path) -> None:
        self._app = app
        self._page = page
        self._static = static

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer here, or pass the request on."""
        answer: Response | None = None
        if scope["type"] == "http" and scope["method"] == "GET":
            if scope["path"].removesuffix("/") in PATHS:
                answer = HTMLResponse(self._page, headers={"cache-control": "no-cache"})
            elif scope["path"].startswith(_SCRIPTS):
                answer = await self._script(scope)
        await (answer or self._app)(scope, receive, send)

    async def _script(self, scope: Scope) -> Response | None:
        """A script or style sheet, packed; None for what is none, or cannot be taken packed."""
        headers, name = Headers(scope=scope), scope["path"].removeprefix(_SCRIPTS)
        suffix = Path(name).suffix
        if suffix not in _KINDS or "/" in name or "\\" in name or "range" in headers:
            return None
        if "gzip" not in headers.get("accept-encoding", ""):
            return None
        packed = await run_in_threadpool(_packed, self._static / _SCRIPTS.strip("/") / name)
        if packed is None:
            return None
        # The names hold the hash of the content: what is under one never changes.
        answer_headers = {
            "content-encoding": "gzip",
            "vary": "accept-encoding",
            "cache-control": "public, max-age=31536000, immutable",
        }
        return Response(packed, headers=answer_headers, media_type=_KINDS[suffix])


def page_of(html: str, static: Path) -> str:
    """Return Streamlit's page with our width and margins, and the address of its server.

    What draws our own pieces is fetched at once: later it would take a grey box's place.
    """
    found = (path.name for name in _AT_ONCE for path in sorted((static / "static/js").glob(name)))
    early = "".join(
        f'<link rel="modulepreload" crossorigin href=".{_SCRIPTS}{name}">' for name in found
    )
    return html.replace("<head>", f"<head>{_HEAD}{early}", 1)


@lru_cache(maxsize=256)
def _packed(path: Path) -> bytes | None:
    try:
        return gzip.compress(path.read_bytes(), 6, mtime=0)
    except OSError:
        return None


PATHS: Final = frozenset(("", *(f"/{page.name}" for page in PAGES[1:])))
"""Addresses of the pages."""

_SCRIPTS: Final = "/static/js/"
_AT_ONCE: Final = ("Html.*.js", "StreamlitMarkdown.*.js")
_KINDS: Final = {".js": "text/javascript", ".css": "text/css"}

_HEAD: Final = (
    "<script>window.__streamlit={BACKEND_BASE_URL:window.location.origin+'/'}</script>"
    "<style>html .stMainBlockContainer{padding-top:4.4rem;padding-bottom:3rem;max-width:none}"
    "@media(min-width:calc(736px + 8rem)){html .stMainBlockContainer{padding-left:5rem;"
    "padding-right:5rem}}"
    ".st-key-whole:has([data-testid='stSkeleton']){visibility:hidden}"
    ".st-key-stands-out{min-height:7.6rem}.st-key-player-room{min-height:34.2rem}"
    "@media(max-width:900px){.st-key-player-room{min-height:46rem}}</style>"
)
