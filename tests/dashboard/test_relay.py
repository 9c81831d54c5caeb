import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from dashboard.server.relay import LINK_STOPPED, relay_app
from dashboard.server.settings import Settings, settings_from_arguments
from dashboard.server.startup import import_all, stream_addresses
from imuhip.live.dashboard import dashboard_command

NOBODY = "ws://127.0.0.1:9/live"
LIVE = "/imu/live"
RELAY = [sys.executable, "-m", "dashboard.server.relay"]


def visitor(peer: str, token: Path | None = None) -> TestClient:
    """Somebody at this address, who follows the relay of a page at port 8501."""
    settings = Settings(
        hubs=(NOBODY,), relay_port=8502, token_file=token, hosts=frozenset({"desk"})
    )
    client = TestClient(relay_app(settings), client=(peer, 40000))
    client.headers["host"] = "desk:8502"
    return client


@pytest.fixture
def relay() -> Iterator[tuple[str, int]]:
    """Address of a relay as the dashboard starts it, and the port of the pages it serves."""
    command = dashboard_command(NOBODY, 8501)
    own = command[command.index("--") + 1 :]
    port = settings_from_arguments(own).relay_port
    with subprocess.Popen([*RELAY, *own], stdin=subprocess.PIPE) as process:
        yield f"ws://127.0.0.1:{port}{LIVE}", 8501
        assert process.stdin is not None
        process.stdin.close()
        # It ends because its standard input did: so it is gone when its parent is.
        assert process.wait(30.0) == 0


def followed(url: str, origin: str | None) -> str:
    """The first word of the relay, which may be starting still."""
    deadline = time.monotonic() + 30.0
    while True:
        try:
            with connect(url, origin=Origin(origin) if origin else None, proxy=None) as socket:
                return str(socket.recv())
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_the_dashboards_pages_and_programs_may_follow(relay: tuple[str, int]) -> None:
    """A page of the dashboard, and a program that is no browser, are told how the hub does."""
    url, page_port = relay
    assert followed(url, None) == LINK_STOPPED
    assert followed(url, f"http://127.0.0.1:{page_port}") == LINK_STOPPED
    with pytest.raises(InvalidStatus):
        followed(url, "http://127.0.0.1:8500")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://desk:8502"},
        {"origin": "http://evil.example:8501"},
        {"origin": "http://desk:8501", "host": "evil.example:8502"},
    ],
)
def test_no_other_page_may_follow(headers: dict[str, str]) -> None:
    """Pages of other ports and sites are refused, and so is a foreign name for this machine."""
    with (
        pytest.raises(WebSocketDisconnect),
        visitor("127.0.0.1").websocket_connect(LIVE, headers=headers),
    ):
        pass


def test_the_network_needs_the_same_token(tmp_path: Path) -> None:
    """Nobody comes in from the network without what the dashboard asks for."""
    (tmp_path / "token").write_text("right")
    with (
        pytest.raises(WebSocketDisconnect),
        visitor("10.0.0.9", tmp_path / "token").websocket_connect(LIVE),
    ):
        pass


def test_the_policy_names_where_pages_may_follow() -> None:
    """Each name of this machine with the relay's port; none without a relay."""
    reported = stream_addresses(Settings(relay_port=8502, hosts=frozenset({"desk", "fd00::1"})))
    assert reported == ("ws://127.0.0.1:8502", "ws://desk:8502", "ws://localhost:8502")
    assert stream_addresses(Settings()) == ()


def test_what_is_imported_early_exists() -> None:
    """All that the pages need is imported, and a figure drawn, without a word."""
    import_all()
    assert "plotly.graph_objs._scatter" in sys.modules


def test_a_page_follows_the_relay_and_does_without_it(
    page: Page, address: str, collector: Any
) -> None:
    """The live page takes the relay's port, and its own where that one is out of reach."""
    collector.start()
    ports: list[int | None] = []
    page.on("websocket", lambda socket: ports.append(urlsplit(socket.url).port))
    page.goto(address + "live")
    page.wait_for_function("window.imuhip?.live?.state === 'live'")
    own = urlsplit(address).port
    relay = [port for port in ports if port != own]
    assert len(relay) == 1
    page.route_web_socket(f"ws://127.0.0.1:{relay[0]}{LIVE}", lambda socket: socket.close())
    page.reload()
    page.wait_for_function("window.imuhip?.live?.state === 'live'")
