"""Drills of known truth, through the whole pipeline: each is filed as what it is."""

import math

import pytest
from support.athletes import AssessedSession, assessed

from imuhip.assess.movements import MOVEMENTS
from imuhip.simulate.movements_drills import DRILLS
from imuhip.simulate.performance import Performance
from imuhip.simulate.session import Setup, simulate
from imuhip.simulate.worn import SoftTissue

SESSIONS = (
    ("single_leg_squat", "split_squat", "step_down", "hinge", "carry"),
    ("pistol_squat", "bulgarian_split_squat", "lateral_lunge", "toe_touch", "pallof_press"),
    ("step_up", "single_leg_deadlift", "hip_circle", "posterior_tilt_test", "deep_squat_hold"),
    ("clamshell", "side_lying_rotation", "prone_rotation", "knee_to_chest", "half_kneeling"),
    ("ninety_ninety_circle", "w_sit", "butterfly"),
)


@pytest.fixture(scope="module", params=SESSIONS, ids=lambda names: names[0])
def session(request):
    """A session of some drills: what was done, and what is reported of it."""
    scenario = "+".join(request.param)
    played = simulate(scenario, seed=11, grade="good", setup=Setup(performance=Performance()))
    return played, assessed(scenario, seed=11)


def test_every_drill_can_be_done():
    """Each drill has its place in a session and in the table of movements."""
    assert sorted([*DRILLS, "step_up"]) == sorted(name for names in SESSIONS for name in names)
    for name, drill in DRILLS.items():
        names = [f"{name}_left", f"{name}_right"] if drill.sided else [name]
        assert all(each in MOVEMENTS for each in names)


def test_a_drill_is_filed_as_what_it_is(session):
    """Every repetition counts, once, under its own name and side, and nothing else is listed."""
    played, reported = session
    true = sorted((r.movement, r.side, r.set, r.repetition) for r in played.repetitions)
    found = sorted(
        (r.movement, r.side, r.set, r.repetition) for r in reported.repetitions if r.counted
    )
    assert found == true


def test_bounds_and_ranges_are_the_true_ones(session):
    """Start and end lie within 0.4 s of the truth, and known measures are those put in."""
    played, reported = session
    true = {(r.movement, r.side, r.repetition): r for r in played.repetitions}
    for each in (r for r in reported.repetitions if r.counted):
        known = true[each.movement, each.side, each.repetition]
        assert abs(each.t_start - known.t_start) < 0.4
        assert abs(each.t_end - known.t_end) < 0.4
        family = each.movement.removesuffix("_left").removesuffix("_right")
        if family in RANGES:
            name, value, within = RANGES[family]
            assert abs(abs(each.measures[name]) - value) < within


RANGES = {
    "hinge": ("flexion_arc_deg", 62.0, 4.0),
    "toe_touch": ("flexion_arc_deg", 84.0, 5.0),
    "knee_to_chest": ("flexion_arc_deg", 60.0, 6.0),
    "posterior_tilt_test": ("pelvis_tilt_arc_deg", 12.0, 1.5),
    "w_sit": ("rotation_end_deg", 35.0, 8.0),
    "butterfly": ("rotation_end_deg", 40.0, 8.0),
    "deep_squat_hold": ("hold_s", 20.0, 0.2),
    "pallof_press": ("pelvis_turn_most_deg", 0.4, 1.0),
}


@pytest.mark.parametrize("seed", [411, 412, 413, 414])
def test_step_ups_count_on_the_way_up(seed):
    """However people come down again, whoever leads: each step-up of the leg asked for, once."""
    played = simulate("step_up", seed=seed, grade="typical", setup=Setup(soft_tissue=SoftTissue()))
    found = AssessedSession(played).repetitions
    true = [(r.movement, r.side, r.repetition) for r in played.repetitions]
    assert [(r.movement, r.side, r.repetition) for r in found if r.counted] == true
    for ours, its in zip(found, played.repetitions, strict=True):
        assert abs(ours.t_start - its.t_start) < 0.4
        assert abs(ours.t_end - its.t_end) < 0.4


def test_a_split_squat_begins_where_the_athlete_stands():
    """The front thigh leans by 20 to 35° between repetitions: that is its rest."""
    reported = assessed("bulgarian_split_squat+split_squat", seed=415, grade="typical")
    assert len(reported.repetitions) == 12
    assert all(r.counted for r in reported.repetitions)


def test_what_is_not_wrong_is_not_found(session):
    """Clean drills have no finding; pelvic drop is left out where the free leg hangs."""
    _, reported = session
    found = [f for f in reported.findings if f.grade in ("mild", "marked")]
    assert [f.words for f in found if not f.rule.endswith(("short", "arc", "difference"))] == []


def test_circles_sweep_an_area(session):
    """A circle of 30° by 18° sweeps some 300 deg², a line none."""
    _, reported = session
    areas = [
        r.measures["swept_area_deg2"]
        for r in reported.repetitions
        if r.movement.startswith("ninety_ninety_circle")
    ]
    assert all(math.isfinite(area) and area > 150.0 for area in areas)
