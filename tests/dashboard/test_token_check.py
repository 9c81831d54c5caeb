import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.server.settings import settings_from_arguments
from dashboard.server.token_check import MOST_WRONG, Policy, TokenCheck, headers_for
from imuhip.live.dashboard import dashboard_command, open_to_lan, qr_code

TOKEN = "right-token"  # noqa: S105 - for these tests alone


async def _page(_request: Request) -> Response:
    return PlainTextResponse("the page")


async def _live(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("rows")
    await websocket.close()


def client(peer: str, token: str | None = TOKEN) -> TestClient:
    app = Starlette(
        routes=[Route("/", _page), Route("/review", _page), WebSocketRoute("/live", _live)],
        middleware=[Middleware(Policy), Middleware(TokenCheck, token=token)],
    )
    return TestClient(app, client=(peer, 40000), follow_redirects=False)


@pytest.fixture
def visitor() -> Iterator[TestClient]:
    with client("192.168.1.20") as made:
        yield made


def test_this_machine_needs_no_token() -> None:
    """The coach's own browser comes in as it is, token or none."""
    assert client("127.0.0.1").get("/").text == "the page"
    assert client("127.0.0.1", token=None).get("/").text == "the page"


def test_the_code_lets_a_tablet_in_and_the_token_leaves_the_address(visitor: TestClient) -> None:
    """The first visit gets a cookie and an address without the token; then all is open."""
    first = visitor.get(f"/review?token={TOKEN}&set=2")
    assert first.status_code == 303
    assert first.headers["location"] == "/review?set=2"
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert visitor.get("/review?set=2").text == "the page"
    with visitor.websocket_connect("/live") as socket:
        assert socket.receive_text() == "rows"


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=right-toke"])
def test_nobody_else_comes_in(visitor: TestClient, query: str) -> None:
    """Without the token there is neither a page nor numbers, and a word on how to get in."""
    answer = visitor.get(f"/{query}")
    assert answer.status_code == 401
    assert "Scan the code" in answer.text
    with pytest.raises(WebSocketDisconnect), visitor.websocket_connect(f"/live{query}"):
        pass


def test_without_a_token_the_network_stays_out() -> None:
    """A dashboard that was not opened to the network lets nobody in from there."""
    assert client("10.0.0.9", token=None).get("/?token=").status_code == 401


def test_guessing_is_stopped(visitor: TestClient) -> None:
    """After many wrong tokens even a right one waits."""
    for _ in range(MOST_WRONG):
        visitor.get("/?token=guess")
    assert visitor.get(f"/?token={TOKEN}").status_code == 429


def test_every_answer_keeps_the_page_to_itself() -> None:
    """Answers carry a policy without inline script or foreign origins; only the page's own runs."""
    policy = client("127.0.0.1").get("/").headers["content-security-policy"]
    scripts = re.search(r"script-src ([^;]*)", policy)
    assert scripts is not None
    assert "unsafe" not in scripts[1]
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_installed_page_has_its_inline_scripts_allowed() -> None:
    """Each inline script of Streamlit's own page is allowed by its hash."""
    page = (Path(streamlit.__file__).with_name("static") / "index.html").read_text("utf-8")
    inline = len(re.findall(r"<script(?![^>]*\bsrc=)", page))
    policy = dict(headers_for(page))[b"content-security-policy"].decode()
    assert policy.count("sha256-") == inline


def test_the_token_is_kept_from_other_users(tmp_path: Path) -> None:
    """It lies in a file that only this user reads, and never in the command line."""
    lan = open_to_lan(tmp_path)
    assert stat.S_IMODE(lan.token_file.stat().st_mode) == 0o600
    command = dashboard_command("ws://127.0.0.1:9/live", 8501, lan=lan)
    assert "--server.address=0.0.0.0" in command
    assert not any(lan.token in part for part in command)
    settings = settings_from_arguments(command[command.index("--") + 1 :])
    assert settings.token() == lan.token
    assert settings.hosts == frozenset(lan.hosts)
    assert lan.token in lan.url(8501)
    assert len(lan.token) >= 20
    assert "█" in qr_code(lan.url(8501))
