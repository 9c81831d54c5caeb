"""The read-only interface beside the pages: what it gives, to whom."""

import pytest
from beds import catalogue as bed
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from dashboard.server.rest import PATHS, PREFIX, Rest
from dashboard.server.token_check import MOST_WRONG, TokenCheck
from imuhip.catalogue.catalogue import Catalogue

TOKEN = "right-token"  # noqa: S105 - for these tests alone


@pytest.fixture(scope="module")
def filed(tmp_path_factory):
    """A catalogue with a session of A1: its path, the session, how many measures."""
    folder = tmp_path_factory.mktemp("rest")
    with Catalogue(folder / "c.sqlite") as catalogue:
        catalogue.add_athlete("A1", "Ada", "private")
        rec = bed.recording(folder / "one.mcap")
        session = catalogue.file(rec, bed.results(folder / "one", rec), athlete="A1").session
        return str(folder / "c.sqlite"), session, len(catalogue.measures("A1"))


def client(catalogue, peer="127.0.0.1"):
    app = Starlette(
        routes=Rest(catalogue).routes(), middleware=[Middleware(TokenCheck, token=TOKEN)]
    )
    return TestClient(app, client=(peer, 40000), follow_redirects=False)


def test_everything_is_described_and_answers(filed):
    """Each path of the description answers with its columns; ids lead from one to the next."""
    catalogue, session, measures = filed
    asked = client(catalogue)
    described = asked.get(f"{PREFIX}/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) == {PREFIX + path.path for path in PATHS}
    counts = {}
    for path in described["paths"]:
        answer = asked.get(path.format(athlete="A1", session=session[:12]))
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        rows = answer.json()["rows"]
        assert all(list(row) == answer.json()["columns"] for row in rows)
        counts[path.rpartition("/")[2]] = len(rows)
    assert counts["measures"] == measures
    assert counts["athletes"] == counts["sessions"] == 1
    (athlete,) = asked.get(f"{PREFIX}/athletes").json()["rows"]
    assert (athlete["id"], athlete["sessions"]) == ("A1", 1)
    assert "private" not in asked.get(f"{PREFIX}/athletes").text


def test_questions_and_csv(filed):
    """Measures are chosen by name and movement, and come as CSV too."""
    asked = client(filed[0])
    path = f"{PREFIX}/athletes/A1/measures"
    every = asked.get(path).json()["rows"]
    name = every[0]["measure"]
    some = asked.get(path, params={"measure": name, "movement": "squat"}).json()["rows"]
    assert some == [r for r in every if (r["measure"], r["movement"]) == (name, "squat")] != []
    text = asked.get(path, params={"format": "csv"})
    assert text.headers["content-type"].startswith("text/csv")
    assert text.text.splitlines()[0] == ",".join(asked.get(path).json()["columns"])
    assert len(text.text.splitlines()) == len(every) + 1


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/athletes/Z9/measures", 404, "no athlete Z9"),
        ("/sessions/ffff/marks", 404, "No session begins with 'ffff'."),
        ("/athletes?format=xml", 400, "format=xml is not known here. Use json or csv."),
        ("/athletes?order=up", 400, "order is not known here. Use format."),
        ("/athletes?format=xml", 400, "format=xml"),
    ],
)
def test_what_is_not_there(filed, path, status, said):
    """A wrong question is answered with what is wrong."""
    answer = client(filed[0]).get(PREFIX + path)
    assert answer.status_code == status
    assert said in answer.json()["error"]


def test_nothing_is_written(filed):
    """Only GET is answered."""
    asked = client(filed[0])
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert asked.request(method, f"{PREFIX}/athletes").status_code == 405


def test_the_door(filed):
    """From the network only with the token, which programs send in a header; guesses tire it."""
    visitor = client(filed[0], "192.168.1.20")
    path = f"{PREFIX}/athletes"
    assert visitor.get(path).status_code == 401
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert visitor.get(path, headers=right).json()["rows"]
    for _ in range(MOST_WRONG):
        assert visitor.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert visitor.get(path, headers=right).status_code == 429
