import math
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.server.consent import PURPOSE, consent_route
from dashboard.server.goals import gauge_zones, goals_route
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Goal


@pytest.mark.parametrize(
    ("goal", "ends"),
    [
        (Goal("rotation_most_in_deg", low=30.0, high=45.0), (30.0, 45.0)),
        (Goal("rotation_most_in_deg", low=30.0), (30.0, 60.0)),
        (Goal("rotation_most_in_deg", high=20.0), (0.0, 20.0)),
        (Goal("rotation_most_out_deg", low=40.0), (-90.0, -40.0)),
        (Goal("rotation_most_out_deg", high=35.0), (-35.0, 0.0)),
        (Goal("rotation_most_out_deg", low=95.0, high=120.0), (-90.0, -90.0)),
    ],
)
def test_a_goal_is_a_zone_of_the_gauge(goal: Goal, ends: tuple[float, float]) -> None:
    """Out is on the other side of straight ahead; an open end reaches to where the gauge ends."""
    (zone,) = gauge_zones([goal])
    assert (zone["from_deg"], zone["to_deg"]) == ends
    assert not math.isnan(sum(ends))


def test_goals_of_an_athlete_are_served_as_they_are_now(tmp_path: Path) -> None:
    """Only what the gauge shows, with movement and side; who is not known is said to be so."""
    place = str(tmp_path / "catalogue.sqlite")
    with (
        Catalogue(place) as catalogue,
        TestClient(Starlette(routes=[goals_route(place)])) as client,
    ):
        catalogue.add_athlete("A1")
        assert client.get("/imu/goals/A1").json() == {"athlete": "A1", "zones": []}
        catalogue.set_goal("A1", Goal("rotation_most_in_deg", "squat", "left", low=10.0))
        catalogue.set_goal("A1", Goal("depth_deg", "squat", low=90.0))
        (zone,) = client.get("/imu/goals/A1").json()["zones"]
        assert (zone["movement"], zone["side"], zone["name"]) == ("squat", "left", "in")
        assert "nobody" in client.get("/imu/goals/nobody").json()["error"]


def test_a_catalogue_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """The page goes on with the profile's goals, and whoever asks is told why."""
    (tmp_path / "broken.sqlite").write_bytes(b"no database" * 100)
    with TestClient(Starlette(routes=[goals_route(str(tmp_path / "broken.sqlite"))])) as client:
        answer = client.get("/imu/goals/A1")
    assert answer.status_code == 404
    assert answer.json()["error"]


def test_one_tap_saves_that_an_athlete_agreed(tmp_path: Path) -> None:
    """A new athlete is added; a second tap adds no second consent; a broken catalogue is said."""
    place = str(tmp_path / "catalogue.sqlite")
    with (
        Catalogue(place) as catalogue,
        TestClient(Starlette(routes=[consent_route(place)])) as client,
    ):
        for _ in range(2):
            given = {"athlete": "A1", "consent": "given"}
            assert client.post("/imu/consent/A1").json() == given
        assert [each.consent for each in catalogue.athletes()] == ["given"]
        assert [each.purpose for each in catalogue.consents("A1")] == [PURPOSE]
        refused = client.post("/imu/consent/ .. ")
        assert refused.status_code == 409
        assert refused.json()["error"]
