"""An athlete's own goal is one range for gauge, recording, analysis and report alike."""

import math

import pytest

from dashboard.server.goals import gauge_zones
from imuhip.assess.arc_goals import ArcGoal, arc_goals_of, own_edges, settings_of
from imuhip.assess.goals import zones_for
from imuhip.assess.params import AssessParams
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Goal
from imuhip.cli.assess_settings import assess_of
from imuhip.cli.filing import Filing
from imuhip.live.protocol import hello

GOALS = [
    (Goal("rotation_most_in_deg", side="left", low=31.0, high=44.0), "internal_deg", (31.0, 44.0)),
    (Goal("rotation_end_deg", "seated_rotation_left", "left", "in", 31.0, 44.0),
     "internal_deg", (31.0, 44.0)),
    (Goal("rotation_most_out_deg", side="left", low=52.0), "external_deg", (52.0, 90.0)),
    (Goal("rotation_end_deg", "", "left", "out", -70.0, -52.0), "external_deg", (52.0, 70.0)),
    (Goal("rotation_end_deg", "", "left", high=-52.0), "external_deg", (52.0, 90.0)),
]  # fmt: skip


@pytest.mark.parametrize(("goal", "arc", "edges"), GOALS)
def test_one_goal_is_one_range_wherever_it_is_shown(tmp_path, goal, arc, edges):
    """Set on Progress or on the terminal: gauge, analysis and report have the same edges."""
    place = str(tmp_path / "catalogue.db")
    with Catalogue(place) as catalogue:
        catalogue.add_athlete("A1")
        catalogue.set_goal("A1", goal)
        goals = catalogue.goals("A1")
    settings = assess_of(Filing(place, "A1"), None)
    analysed = AssessParams.from_settings(settings)
    assert {z.name: (z.low, z.high) for z in analysed.zones_of("left") if z.kind == "goal"}[
        arc
    ] == edges
    assert analysed.zones_of("right") == zones_for()
    report = own_edges(arc_goals_of(goals), zones_for(), "left", "seated_rotation")
    assert report == {arc: edges}
    ends = edges if arc == "internal_deg" else (-edges[1], -edges[0])
    shown = [z for z in hello("s", "s", "live", settings)["gauge"]["zones"] if z["own"]]
    assert [(z["side"], z["from_deg"], z["to_deg"]) for z in shown] == [("left", *ends)]
    (zone,) = gauge_zones(goals)
    # An end that was left open reaches to where the gauge ends.
    near = zone["from_deg"] if arc == "internal_deg" else zone["to_deg"]
    assert (zone["side"], near) == ("left", ends[0] if arc == "internal_deg" else ends[1])


def test_goals_of_other_measures_or_movements_are_no_arcs():
    """Depth is no arc; a goal in squats is none of a table test."""
    goals = arc_goals_of(
        [Goal("depth_deg", low=90.0), Goal("rotation_most_in_deg", "squat", low=9)]
    )
    assert goals == [ArcGoal("internal_deg", 9, pytest.approx(math.nan, nan_ok=True), "squat")]
    assert settings_of(goals, zones_for()) == {}
    assert own_edges(goals, zones_for(), "left", "seated_rotation") == {}


def test_one_hip_has_its_own_goal_before_both():
    """In a session's settings, `left` and `right` come before what both have."""
    params = AssessParams.from_settings(
        {"arc_goals": {"internal_deg": [20, 35], "left": {"internal_deg": [25, 40]}}}
    )
    lows = [params.zones_of(side)[0].low for side in ("left", "right")]
    assert lows == [25.0, 20.0]
