"""What a browser fetches for a page: little, all of it found, and nothing that moves later."""

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from support.layout import SHIFTS

from dashboard.server.front import PATHS, Front, page_of

MOST_BYTES = 4_000_000
MOST_SHIFT = 0.1
SIGNS = {
    "": "[data-testid='stBaseButton-primary']",
    "review": ".review .values td",
    "progress": ".picture img",
    "compare": ".picture img",
    "athletes": ".person",
}
"""Page to what is visible once it is drawn."""

STATIC = Path(st.__file__).with_name("static")


@pytest.fixture
def client() -> TestClient:
    """A server with the front before it."""

    async def behind(_request: Any) -> PlainTextResponse:
        return PlainTextResponse("behind")

    front = Middleware(Front, page=page_of("<head></head>", STATIC), static=STATIC)
    routes = [Route("/{path:path}", behind)]
    return TestClient(Starlette(routes=routes, middleware=[front]))


@pytest.mark.parametrize("path", sorted(PATHS))
def test_each_page_knows_its_server(client: TestClient, path: str) -> None:
    """The page is answered here, and never kept by a cache."""
    answer = client.get(path or "/")
    assert "BACKEND_BASE_URL" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_scripts_travel_packed_and_are_the_same(client: TestClient) -> None:
    """Packed for who can take it, byte for byte what Streamlit ships; else Streamlit answers."""
    script = next((STATIC / "static" / "js").glob("index.*.js"))
    answer = client.get(f"/static/js/{script.name}")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == script.read_bytes()
    plain = client.get(f"/static/js/{script.name}", headers={"accept-encoding": "identity"})
    assert plain.text == "behind"


@pytest.mark.parametrize("name", ["nosuch.js", "..%2f..%2f..%2fapp.py", "%2e%2e/x.js", "a.woff2"])
def test_what_is_no_script_goes_on_to_streamlit(client: TestClient, name: str) -> None:
    """Nothing outside the folder of scripts is read."""
    assert client.get(f"/static/js/{name}").text == "behind"


@pytest.mark.parametrize("path", SIGNS)
def test_a_page_is_light_whole_and_stays_where_it_is(
    browser: Browser, address: str, path: str
) -> None:
    """Every request is answered, four megabytes at most, and nothing jumps while it is drawn."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.add_init_script(SHIFTS)
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    sizes: list[float] = []
    missing: list[str] = []
    network.on("Network.loadingFinished", lambda e: sizes.append(e["encodedDataLength"]))
    page.on("response", lambda r: missing.append(r.url) if r.status >= 400 else None)
    page.goto(f"{address}{path}")
    expect(page.locator(SIGNS[path]).first).to_be_visible(timeout=60_000)
    expect(page.locator("[data-test-script-state='notRunning']")).to_be_visible(timeout=60_000)
    shift = sum(page.evaluate("window.shifts"))
    context.close()
    assert missing == []
    assert 0 < sum(sizes) < MOST_BYTES
    assert shift <= MOST_SHIFT
