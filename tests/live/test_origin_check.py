import asyncio
from typing import Any

import pytest

from imuhip.live.access import LOOPBACK_HOSTS, OriginCheck, refusal


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8765", None),
        ("127.0.0.1:8765", None),
        ("[::1]:8765", None),
        ("LocalHost", None),
        ("127.0.0.1:8501", "http://127.0.0.1:8501"),
        ("localhost:8501", "https://LOCALHOST:8501"),
    ],
)
def test_own_programs_and_pages_pass(host: str, origin: str | None) -> None:
    """A request of this machine, or of a page served at that very address, passes."""
    assert refusal([host], [origin] if origin else [], LOOPBACK_HOSTS) is None


@pytest.mark.parametrize(
    ("hosts", "origins"),
    [
        (["evil.example:8765"], []),
        (["127.0.0.1.evil.example"], []),
        (["localhost@evil.example"], []),
        ([""], []),
        (["["], []),
        ([], []),
        (["localhost", "evil.example"], []),
        (["localhost:8765"], ["http://evil.example"]),
        (["localhost:8765"], ["http://localhost:3000"]),
        (["localhost:8765"], ["http://localhost.evil.example:8765"]),
        (["localhost:8765"], ["http://localhost:8765@evil.example"]),
        (["localhost:8765"], ["null"]),
        (["localhost:8765"], [""]),
        (["localhost:8765"], ["http://localhost:8765", "http://evil.example"]),
    ],
)
def test_foreign_requests_are_refused(hosts: list[str], origins: list[str]) -> None:
    """A foreign or missing Host, or a page from elsewhere, is refused with a sentence."""
    why = refusal(hosts, origins, LOOPBACK_HOSTS)
    assert why is not None
    assert why.startswith(("Open this server as ", "Only pages of localhost"))


def test_what_is_no_request_passes() -> None:
    """A server's own start and end have no headers, and reach the application."""
    passed: list[str] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        passed.append(scope["type"])

    asyncio.run(OriginCheck(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert passed == ["lifespan"]
