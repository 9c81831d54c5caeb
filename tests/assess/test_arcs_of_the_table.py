"""Table tests of athletes whose hips are known: what counts, and what is short of the goal."""

import pytest
from support.athletes import AssessedSession, assessed, hips

from imuhip.core.conventions import SIDES
from imuhip.simulate.session import Setup, simulate
from imuhip.simulate.worn import SoftTissue

STIFF = {"left": (5.0, 40.0), "right": (10.0, 40.0)}


@pytest.fixture(scope="module")
def stiff():
    """An athlete with 5 and 10° of internal rotation on the table."""
    return assessed("seated", STIFF)


def test_small_turns_of_a_marked_test_count(stiff):
    """Three turns of 5° and three of 10° inwards are six repetitions that count."""
    inwards = [r for r in stiff.repetitions if r.direction == "in"]
    assert [r.side for r in inwards if r.counted] == ["left"] * 3 + ["right"] * 3
    assert all(3.0 < r.measures["rotation_end_deg"] < 15.0 for r in inwards)
    assert len(stiff.repetitions) == 12


def test_little_internal_rotation_is_the_first_finding(stiff):
    """The arc short of the goal comes first, for each side, with direction and size."""
    first = stiff.findings[0]
    assert (first.rule, first.grade, first.side) == ("internal_rotation_short", "marked", "left")
    assert "short of the goal, which begins at 25°" in first.words
    assert first.cue
    assert {f.side for f in stiff.found("internal_rotation_short")} == {"left", "right"}


def test_turns_without_a_mark_are_not_made_of_fidgeting():
    """Unmarked, turns of 5° are nothing: only a mark says that they are the test."""
    reported = assessed("seated", {"left": (5.0, 6.0), "right": (6.0, 5.0)}, marked=False)
    assert [r for r in reported.repetitions if r.movement.startswith("seated")] == []


@pytest.mark.parametrize(("left", "right", "is_found"), [(15.0, 13.0, False), (14.0, 12.0, True)])
def test_arcs_a_little_short_are_reported(left, right, is_found):
    """Internal rotation of 15 and 13° is found or is inconclusive, never denied, on either side."""
    reported = assessed("seated", {"left": (left, 45.0), "right": (right, 45.0)}, seed=6)
    arcs = [f for f in reported.findings if f.rule == "internal_rotation_short"]
    assert {f.side for f in arcs} == {"left", "right"}
    assert all(f.grade != "none" for f in arcs)
    assert reported.found("internal_rotation_short") or not is_found
    assert all("turns in" in f.words for f in reported.found("internal_rotation_short"))


def test_hips_that_reach_their_goals_have_no_such_finding():
    """35° in and 56° out on both sides is enough: no arc is short and none is one-sided."""
    reported = assessed("seated", {"left": (35.0, 56.0), "right": (35.0, 56.0)})
    names = {"internal_rotation_short", "external_rotation_short", "one_sided_arc"}
    assert [f for f in reported.findings if f.rule in names and f.grade in ("mild", "marked")] == []


def test_an_arc_of_one_direction_is_reported():
    """55° in and 15° out is a hip that turns mostly in, and the outward turn comes first."""
    reported = assessed("seated", {"left": (55.0, 15.0), "right": (35.0, 55.0)})
    (found,) = reported.found("one_sided_arc")
    assert (found.side, found.grade) == ("left", "marked")
    assert "mostly in" in found.words
    assert "outward" in found.cue


def test_a_deficit_outwards_names_its_side_and_direction():
    """A left hip that turns out 25° less is said so, and the work is for that hip, outwards."""
    reported = assessed("seated", {"left": (36.0, 28.0), "right": (36.0, 53.0)})
    (found,) = reported.found("rotation_difference")
    assert found.words.startswith("Left hip turns out ")
    assert " less than the right (± " in found.words
    assert "outward" in found.cue
    assert "left hip" in found.cue


def test_a_deficit_inwards_names_its_side_and_direction():
    """A right hip that turns in 25° less is said so, and the work is for that hip, inwards."""
    reported = assessed("seated", {"left": (40.0, 52.0), "right": (15.0, 52.0)})
    (found,) = reported.found("rotation_difference")
    assert found.words.startswith("Right hip turns in ")
    assert "inward" in found.cue
    assert "right hip" in found.cue


def test_enough_is_enough_for_the_task():
    """13° of internal rotation is short in general, and enough for powerlifting, which says so."""
    little, table = (dict.fromkeys(SIDES, (deg, 52.0)) for deg in (13.0, 15.0))
    short = {"internal_rotation_short", "one_sided_arc"}
    general = assessed("seated", little)
    assert general.found("internal_rotation_short")
    lifter = assessed("seated", table, settings={"goal": "powerlifting"})
    assert [f for f in lifter.findings if f.rule in short and f.grade in ("mild", "marked")] == []
    words = [f.words for f in lifter.findings if f.rule == "internal_rotation_short"]
    assert any("more is not needed" in each for each in words)


def test_skin_that_hides_the_hip_makes_no_short_arc():
    """Hips that turn out 58° under skin that follows two thirds of it are not called short."""
    with hips({"left": (36.0, 58.0), "right": (36.0, 58.0)}):
        played = simulate("seated", seed=401, setup=Setup(soft_tissue=SoftTissue()))
    reported = AssessedSession(played)
    seen = [-r.measures["rotation_end_deg"] for r in reported.repetitions if r.direction == "out"]
    assert max(seen) < 50.0
    assert reported.found("external_rotation_short") == []
