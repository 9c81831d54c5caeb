import math
import re

import pytest

from imuhip.assess.goals import GOAL_ZONES, NORMS, against, arcs_of, zones_for
from imuhip.assess.norms import norms_for
from imuhip.assess.params import AssessParams
from imuhip.assess.profiles import GOALS
from imuhip.core.errors import RecordingError
from imuhip.core.findings import Repetition


def turn(side, number, end_deg, sd_deg=1.0, **changes):
    """A seated turn to the end range."""
    fields = {
        "movement": f"seated_rotation_{side}",
        "side": side,
        "set": 1,
        "repetition": number,
        "direction": "in" if end_deg > 0 else "out",
        "t_start": 10.0 * number,
        "t_turn": 10.0 * number + 1.0,
        "t_end": 10.0 * number + 2.0,
        "counted": True,
        "found": "marked",
        "measures": {"rotation_end_deg": end_deg, "rotation_end_sd_deg": sd_deg},
    }
    return Repetition(**(fields | changes))


def turns(side, inward, outward, sd_deg=1.0):
    """Three turns each way."""
    ends = [inward, -outward] * 3
    return [turn(side, i + 1, end, sd_deg) for i, end in enumerate(ends)]


def test_arcs_of_a_hip():
    """Internal, external and total arcs are positive means; the share is the internal part."""
    reps = [*turns("right", 32.0, 40.0), *turns("left", 10.0, 12.0)]
    arcs = arcs_of(reps, "right")
    assert (arcs.internal.value, arcs.external.value) == pytest.approx((32.0, 40.0))
    assert arcs.total.value == pytest.approx(72.0)
    assert arcs.share.value == pytest.approx(100.0 * 32.0 / 72.0)
    assert 1.0 < arcs.internal.sd < arcs.total.sd
    assert math.isnan(arcs_of(reps, "left").share.value), "no ratio of an arc near zero"


def test_partial_turns_do_not_count():
    """A turn that is listed but not counted is not averaged in."""
    reps = [*turns("right", 32.0, 40.0), turn("right", 9, 5.0, counted=False)]
    assert arcs_of(reps, "right").internal.value == pytest.approx(32.0)


@pytest.mark.parametrize("goal", GOALS)
def test_every_profile_has_goals_and_norms(goal):
    """Each profile aims at something for all four; norms are the same for all, and say so."""
    zones = zones_for(goal)
    assert {z.name for z in zones if z.kind == "goal"} == set(GOAL_ZONES["general"])
    assert tuple(z for z in zones if z.kind == "norm") == NORMS
    assert all(z.low < z.high and z.source for z in zones)


def test_goals_are_shown_as_goals_and_norms_as_norms():
    """External rotation of 41° is short of the goal, unless the skin hid it, and as measured."""
    found = against(arcs_of(turns("left", 34.0, 41.0, 0.3), "left"), zones_for())
    said = {(s.zone.name, s.zone.kind): s for s in found}
    goal, norm = said["external_deg", "goal"], said["external_deg", "norm"]
    assert (goal.place, goal.sure) == ("short of", False)
    assert "short of the coach's goal of 50 to 90°" in goal.words
    assert norm.place == "within"
    assert "what was measured in people, 38 to 42°" in norm.words
    assert said["internal_percent", "goal"].place == "within"
    assert not any("injur" in s.words or "risk" in s.words for s in found)


def test_an_arc_at_the_edge_is_not_sure():
    """Within its error of an edge a place is said with a perhaps."""
    found = against(arcs_of(turns("left", 24.0, 60.0, 3.0), "left"), zones_for())
    internal = next(s for s in found if s.zone.name == "internal_deg" and s.zone.kind == "goal")
    assert (internal.place, internal.sure) == ("short of", False)
    assert "perhaps short of" in internal.words


def test_what_was_not_measured_is_inconclusive():
    """Without turns outwards there is no external and no total arc; no error means not sure."""
    inward = [turn("right", i + 1, 30.0) for i in range(3)]
    found = {s.zone.name: s for s in against(arcs_of(inward, "right"), zones_for())}
    assert found["external_deg"].place == found["total_deg"].place == "cannot tell"
    assert found["internal_deg"].place != "cannot tell"
    unknown = [turn("right", i + 1, 30.0, math.nan) for i in range(3)]
    standing = against(arcs_of(unknown, "right"), zones_for())[0]
    assert not standing.sure
    assert "error not known" in standing.words


def test_an_athlete_has_goals_of_their_own():
    """A setting of the recording replaces a goal and nothing else; a wrong one is reported."""
    params = AssessParams.from_settings({"arc_goals": {"internal_deg": [20, 35]}})
    zones = params.zones_of("left")
    own = next(z for z in zones if z.name == "internal_deg" and z.kind == "goal")
    assert (own.low, own.high, own.source) == (20.0, 35.0, "the athlete's own")
    for wrong in ({"inward": [1, 2]}, {"internal_deg": [35, 20]}, {"internal_deg": 3}, 4):
        with pytest.raises(RecordingError, match=r"assess\.arc_goals"):
            AssessParams.from_settings({"arc_goals": wrong})


@pytest.mark.parametrize("posture", ["seated", "prone", "supine"])
def test_norms_say_who_how_many_and_where(posture):
    """Each posture has its own means, in plausible degrees, with people and source."""
    found = norms_for(f"{posture}_rotation")
    assert found
    assert all(norm.posture == posture for norm in found)
    for norm in found:
        assert norm.people >= 10
        assert re.search(r"\d{4}", norm.source)
        known = [one for one in (norm.internal, norm.external, norm.total)
                 if math.isfinite(one.value)]  # fmt: skip
        assert known
        assert all(15.0 < one.value < 110.0 for one in known)
    assert norms_for("squat") == ()


def test_the_range_of_means_is_that_of_the_norms():
    """The column of the terminal holds the postures' means of adults."""
    assert [(z.low, z.high) for z in NORMS] == [(30, 38), (38, 42), (68, 79)]
