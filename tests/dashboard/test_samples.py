from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.server.samples import Samples


def test_rows_are_made_once_and_served_under_their_content() -> None:
    """A session's rows are packed once; the same rows have the same name, others another."""
    samples = Samples()
    made: list[int] = []

    def rows(value: int) -> bytes:
        made.append(value)
        return bytes([value]) * 8

    first = samples.keep("a", lambda: rows(1))
    assert samples.keep("a", lambda: rows(2)) == first
    assert samples.keep("b", lambda: rows(1)) == first
    assert samples.keep("c", lambda: rows(2)) != first
    assert made == [1, 1, 2]
    with TestClient(Starlette(routes=samples.routes())) as client:
        answer = client.get(f"/{first}")
    assert answer.content == bytes([1]) * 8
    assert "immutable" in answer.headers["cache-control"]


def test_what_is_no_longer_held_is_refused_with_a_word() -> None:
    """Only the sessions opened last are held; an older name says what to do."""
    samples = Samples()
    first = samples.keep(0, lambda: b"0")
    for key in range(1, 20):
        samples.keep(key, lambda key=key: bytes([key]))  # type: ignore[misc]
    with TestClient(Starlette(routes=samples.routes())) as client:
        answer = client.get(f"/{first}")
    assert answer.status_code == 404
    assert "Reload the page" in answer.text
