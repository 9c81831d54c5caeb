import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.server.kits import prefixes_of
from dashboard.server.steering import Steering


class _Hub(BaseHTTPRequestHandler):
    """Answers with what it was asked; refuses a mark without a label."""

    def do_GET(self) -> None:
        self._answer(200, {"sensors": [], "path": self.path})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        kind = self.headers.get("content-type", "")
        refused = self.path == "/control/mark" and not body
        what: dict[str, Any] = {"path": self.path, "body": body.decode(), "kind": kind}
        self._answer(422 if refused else 200, {"error": "expected label"} if refused else what)

    def _answer(self, status: int, value: dict[str, Any]) -> None:
        payload = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"ws://127.0.0.1:{server.server_port}/live"
    server.shutdown()
    server.server_close()
    thread.join()


def _client(hub: str) -> TestClient:
    return TestClient(Starlette(routes=[*Steering(hub).routes()]))


def test_requests_and_answers_pass_unchanged(hub: str) -> None:
    """What the page asks reaches the hub, and what the hub says reaches the page."""
    page = _client(hub)
    answer = page.post("/imu/control/mark", json={"label": "pain"})
    assert answer.json()["path"] == "/control/mark"
    assert json.loads(answer.json()["body"]) == {"label": "pain"}
    assert answer.json()["kind"] == "application/json"
    assert page.get("/imu/status").json()["path"] == "/status"


def test_each_kit_has_its_own_collector(hub: str) -> None:
    """What is asked below a kit's addresses reaches its hub, and no other."""
    hubs = ("ws://127.0.0.1:1/live", hub)
    routes = [
        route for prefix, its in prefixes_of(hubs) for route in Steering(its, prefix).routes()
    ]
    page = TestClient(Starlette(routes=routes))
    assert page.post("/imu/control/mark", json={"label": "pain"}).status_code == 503
    asked = page.post("/imu/kits/2/control/mark", json={"label": "pain"}).json()
    assert asked["path"] == "/control/mark"
    assert page.get("/imu/kits/2/status").json()["path"] == "/status"
    assert page.get("/imu/kits/3/status").status_code == 404


def test_a_refusal_keeps_its_reason(hub: str) -> None:
    """The hub's 4xx and its sentence come through."""
    answer = _client(hub).post("/imu/control/mark")
    assert answer.status_code == 422
    assert answer.json()["error"] == "expected label"


def test_without_a_collector_the_page_is_told() -> None:
    """Where no collector runs the answer is 503 and says what to start."""
    answer = _client("ws://127.0.0.1:1/live").get("/imu/status")
    assert answer.status_code == 503
    assert "imuhip collect" in answer.json()["error"]


def test_a_flood_is_refused(hub: str) -> None:
    """A body that no control needs is refused before the hub sees it."""
    answer = _client(hub).post("/imu/control/mark", content=b"x" * 10_000)
    assert answer.status_code == 413
