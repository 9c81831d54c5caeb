"""A mark names what is done: nothing becomes something else, and nothing vanishes in silence."""

import numpy as np
import pytest
from support.bodies import Body, path, squats

from imuhip.assess.assessor import Assessment
from imuhip.assess.movements import MOVEMENTS


def one_leg(depth, other, count=3):
    """A leg that bends to a depth and one that goes along by a share of it."""
    deep = squats(*[depth] * count)
    return deep, other * deep


def turned(*ends):
    """Hip rotation that goes to each value and back, with a hold."""
    steps = []
    for end in ends:
        steps += [(end, 1.2), (end, 1.5), (0.0, 1.2), (0.0, 0.8)]
    return path(0.0, *steps)


def of(reported: Assessment) -> set[str]:
    """Movements of all repetitions."""
    return {r.movement for r in reported.repetitions}


@pytest.mark.parametrize("name", ["clamshell_left", "my own drill", "hip circles", "W-sit"])
def test_a_turn_under_another_name_is_no_seated_rotation(name):
    """A thigh that turns while lying under a mark of another name is counted under that name."""
    body = Body(inclination=(60.0, 60.0), rotation=(turned(-30.0, -32.0, -28.0), 0.0))
    reported = body.assessed((3.0, f"begin:{name}"), (25.0, f"end:{name}"))
    assert of(reported) == {name}
    counted = [r for r in reported.repetitions if r.counted]
    assert len(counted) == 3
    assert {r.side for r in counted} == {"left"}
    assert all(r.measures["hold_s"] > 1.0 for r in counted)
    assert all(abs(r.measures["rotation_end_deg"] + 30.0) < 3.0 for r in counted)


@pytest.mark.parametrize(
    "name", ["single_leg_squat_left", "pistol_squat_left", "lateral_lunge_left"]
)
def test_a_named_drill_on_one_leg_is_itself(name):
    """Single-leg work under its mark is filed by leg, with the rules of one leg."""
    reported = Body(inclination=one_leg(70.0, 0.65)).assessed((3.0, f"begin:{name}"))
    assert of(reported) == {name}
    assert [r.side for r in reported.repetitions if r.counted] == ["left"] * 3
    assert {f.rule for f in reported.findings} <= {"pelvic_drop", "knee_in"}


def test_a_drill_nobody_knows_goes_by_what_moves_most():
    """A hip that bends under an unknown name is counted by its flexion, once a repetition."""
    reported = Body(inclination=one_leg(70.0, 0.2)).assessed((3.0, "begin:marching hold"))
    assert of(reported) == {"marching hold"}
    assert [(r.side, r.counted) for r in reported.repetitions] == [("left", True)] * 3


@pytest.mark.parametrize(("share", "names"), [(1.0, {"squat"}), (0.95, {"squat"}), (0.65, set())])
def test_unmarked_a_squat_needs_both_legs_alike(share, names):
    """Without a mark a single-leg squat, in which the other thigh goes along, is no squat."""
    assert of(Body(inclination=one_leg(85.0, share)).assessed()) == names


def test_a_long_pause_at_the_bottom_counts_under_a_mark():
    """Squats held for 20 s count, with the pause among their measures."""
    lean = squats(95.0, 95.0, bottom=20.0)
    reported = Body(inclination=(lean, lean)).assessed((3.0, "begin:squat"))
    assert [r.counted for r in reported.repetitions] == [True] * 4
    assert all(19.0 < r.measures["bottom_s"] < 22.0 for r in reported.repetitions)


def test_a_long_pause_without_a_mark_says_why_it_does_not_count():
    """Within a set that goes on, 12 s at the bottom is listed with the reason; alone it is none."""
    lean = np.concatenate((squats(95.0, 95.0), squats(95.0, bottom=12.0)))
    reported = Body(inclination=(lean, lean)).assessed()
    assert [r.counted for r in reported.repetitions] == [True] * 4 + [False] * 2
    assert "mark the set" in reported.repetitions[-1].reason
    alone = squats(95.0, bottom=12.0)
    assert Body(inclination=(alone, alone)).assessed().repetitions == []


def test_slow_partial_squats_are_counted_under_their_own_mark():
    """25° in three seconds is what was asked for: it counts as a partial squat."""
    steps = [(25.0, 3.0), (25.0, 0.5), (0.0, 3.0), (0.0, 1.0)] * 3
    lean = path(0.0, *steps)
    reported = Body(inclination=(lean, lean)).assessed((3.0, "begin:partial_squat"))
    assert of(reported) == {"partial_squat"}
    assert [r.counted for r in reported.repetitions] == [True] * 6
    listed = Body(inclination=(lean, lean)).assessed((3.0, "begin:squat")).repetitions
    assert [r.counted for r in listed] == [False] * 6
    assert all("partial" in r.reason for r in listed)


@pytest.mark.parametrize("name", MOVEMENTS)
def test_every_movement_can_be_marked(name):
    """A mark of a movement that is not done lists nothing of another name."""
    lean = squats(95.0, 95.0)
    reported = Body(inclination=(lean, lean)).assessed((3.0, f"begin:{name}"))
    assert of(reported) <= {name}
