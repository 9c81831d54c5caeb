"""Repetitions of programmed bodies: what is found, counted, refused, and said of it."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.bodies import Body, path, squats

from imuhip.assess.assessor import Assessor

SET = (3.0, "begin:squat")


def listed(reported, side="left"):
    """Movement, number, direction, counted of one side's repetitions."""
    return [
        (r.movement, r.repetition, r.direction, r.counted)
        for r in reported.repetitions
        if r.side == side
    ]


def test_squats_are_counted_and_reported_for_both_sides():
    """Five squats are five repetitions with a row a side, the deepest rows at the turn."""
    lean = squats(70, 95, 100, 60, 110)
    reported = Body((lean, lean)).assessed(SET)
    assert (
        listed(reported)
        == listed(reported, "right")
        == [("squat", i, "down", True) for i in range(1, 6)]
    )
    depths = [r.measures["depth_deg"] for r in reported.repetitions if r.side == "left"]
    assert depths == pytest.approx([70, 95, 100, 60, 110], abs=0.01)
    assert {r.found for r in reported.repetitions} == {"marked"}
    first = reported.repetitions[0]
    assert first.t_start == pytest.approx(4.0, abs=0.25)
    assert first.t_end == pytest.approx(4.0 + 1.2 + 0.3 + 1.0, abs=0.25)


def test_a_repetition_is_reported_as_soon_as_it_is_over():
    """A squat and a seated turn are out within 0.1 s of their end, a pivot within 0.15 s."""
    lean = squats(70, 95, 100)
    sits = path(0.0, (25.0, 0.8), (25.0, 0.5), (0.0, 0.8), (0.0, 1.0))
    turns = path(0.0, (25.0, 0.8), (25.0, 1.0), (0.0, 0.8), (0.0, 1.0))
    for body, mark, wait_s in (
        (Body((lean, lean)), SET, 0.1),
        (Body((90.0, 90.0), rotation=(sits, 0.0)), (3.0, "begin:seated_rotation_left"), 0.1),
        (Body(heading=(turns, 0.0), rotation=(turns, 0.0)), (3.0, "begin:pivot"), 0.15),
    ):
        reported = body.assessed(mark).repetitions
        assert reported
        for repetition, known in zip(reported, body.known_at(mark), strict=True):
            assert repetition.counted
            assert 0.0 < known - repetition.t_end < wait_s


def test_a_hesitation_early_in_a_turn_does_not_end_it():
    """A stop of 0.1 s on the way out neither ends a turn nor makes two of it."""
    turn = path(0.0, (9.0, 0.5), (9.0, 0.1), (30.0, 0.8), (30.0, 0.5), (0.0, 1.0), (0.0, 1.0))
    reported = Body((90.0, 90.0), rotation=(turn, 0.0)).assessed(
        (3.0, "begin:seated_rotation_left")
    )
    assert listed(reported) == [("seated_rotation_left", 1, "in", True)]


def test_without_marks_squats_are_recognised():
    """The same motion without marks is the same repetitions, and says that they were detected."""
    lean = squats(80, 80, 80)
    reported = Body((lean, lean)).assessed()
    assert listed(reported) == [("squat", i, "down", True) for i in range(1, 4)]
    assert {r.found for r in reported.repetitions} == {"detected"}


def test_a_partial_squat_is_listed_and_not_counted():
    """In a set, a squat that turns at 25° stands in the list with the reason, and counts not."""
    lean = squats(80, 25, 80)
    reported = Body((lean, lean)).assessed(SET)
    assert listed(reported) == [
        ("squat", 1, "down", True),
        ("squat", 2, "down", False),
        ("squat", 3, "down", True),
    ]
    assert "partial" in reported.repetitions[2].reason


def test_a_small_knee_bend_alone_is_nothing():
    """Outside any set, a bend of 25° is no repetition of anything."""
    lean = squats(25)
    assert not Body((lean, lean)).assessed().repetitions


def test_a_knee_lift_is_no_squat():
    """One thigh to 80°, the other at 5°: nothing without marks, uncounted in a set of squats."""
    body = Body((squats(80, 80), squats(5, 5)))
    assert not body.assessed().repetitions
    reported = body.assessed(SET)
    assert [r.counted for r in reported.repetitions] == [False] * 4
    assert "one leg" in reported.repetitions[0].reason


def test_a_walker_squats_not():
    """Thighs that swing against each other by ±40° are no squats, marked or not."""
    swing = 40.0 * np.sin(2.0 * np.pi * np.arange(1500) / 110)
    for marks in ((), (SET,)):
        assert not any(r.counted for r in Body((swing, -swing)).assessed(*marks).repetitions)


def test_who_sits_down_does_not_squat():
    """Sitting for ten seconds is no squat unless a mark says so, and a minute is none at all."""
    lean = path(0.0, (90.0, 1.5), (90.0, 10.0), (0.0, 1.2), (0.0, 1.0))
    assert not Body((lean, lean)).assessed().repetitions
    assert listed(Body((lean, lean)).assessed(SET)) == [("squat", 1, "down", True)]
    longer = path(0.0, (90.0, 1.5), (90.0, 63.0), (0.0, 1.2), (0.0, 1.0))
    reported = Body((longer, longer)).assessed((SET[0], "begin:squat"))
    assert listed(reported) == [("squat", 1, "down", False)]
    assert "stayed" in reported.repetitions[0].reason


def test_touch_and_go_is_distinguished():
    """Squats without a stop at the top, not even quite upright, are as many as they are."""
    steps = [(90.0, 0.8), (8.0, 0.7)] * 4
    lean = path(0.0, *steps, (0.0, 0.5))
    assert listed(Body((lean, lean)).assessed(SET)) == [
        ("squat", i, "down", True) for i in range(1, 5)
    ]


def test_a_hitch_on_the_way_up_is_one_repetition():
    """A sticking point, even one that gives way by 10°, splits no squat."""
    lean = path(0.0, (100.0, 1.5), (55.0, 0.8), (65.0, 0.4), (0.0, 1.0), (0.0, 0.5))
    assert listed(Body((lean, lean)).assessed(SET)) == [("squat", 1, "down", True)]


def test_a_wide_stance_is_standing_too():
    """With feet so wide that the thighs stand at 22°, squats count all the same."""
    lean = squats(90, 90, rest=22.0)
    assert [r.counted for r in Body((lean, lean)).assessed(SET).repetitions] == [True] * 4


def test_a_short_gap_leaves_the_repetition_and_is_said():
    """0.4 s of one side lost at the bottom: counted, with the reason, its depth not said."""
    lean = squats(90, 90)
    body = Body((lean, lean))
    body.lose(5.1, 5.5, side=0)
    reported = body.assessed(SET)
    first, second = reported.repetitions[:2]
    assert first.counted
    assert "left hip are missing" in first.reason
    assert np.isnan(first.measures["depth_deg"])
    assert second.measures["depth_deg"] == pytest.approx(90.0, abs=0.01)
    assert reported.repetitions[2].reason == ""


def test_a_long_gap_ends_a_repetition():
    """Where the data stop for two seconds within a squat, it is listed and not counted."""
    lean = squats(90, 90)
    body = Body((lean, lean))
    body.lose(4.8, 6.9)
    reported = body.assessed(SET)
    assert listed(reported) == [("squat", 1, "down", False), ("squat", 2, "down", True)]
    assert "data end" in reported.repetitions[0].reason


def test_a_side_out_of_sight_does_not_count():
    """1.2 s of one thigh lost in a squat: not counted for that side, with the reason; 1 s is."""
    lean = squats(90, 90)
    for lost_s, counted in ((1.2, False), (1.0, True)):
        body = Body((lean, lean))
        body.lose(4.8, 4.8 + lost_s, side=0)
        reported = body.assessed(SET)
        assert listed(reported) == [("squat", 1, "down", counted), ("squat", 2, "down", True)]
        assert [each[-1] for each in listed(reported, "right")] == [True, True]
        assert f"{lost_s:.2f} s of the left hip are missing" in reported.repetitions[0].reason


def test_a_gap_that_is_not_over_yet_is_taken_for_a_long_one():
    """A thigh falls silent just before a squat ends, or comes back just after it began."""
    lean = squats(90, 90)
    plain = Body((lean, lean)).assessed(SET).repetitions[0]
    for lost, edge in (
        ((plain.t_end - 0.1, plain.t_end + 4.0), "end"),
        ((3.0, plain.t_start + 0.1), "start"),
    ):
        body = Body((lean, lean))
        body.lose(*lost, side=0)
        left, right = body.assessed(SET).repetitions[:2]
        assert (left.counted, right.counted) == (False, True)
        assert f"its {edge} was not seen" in left.reason


def test_the_last_hundredths_of_a_squat_may_be_lost():
    """A thigh that falls silent 0.03 s before a squat ends, at rest again, loses it no count."""
    lean = squats(90, 90)
    plain = Body((lean, lean)).assessed(SET).repetitions[0]
    body = Body((lean, lean))
    body.lose(plain.t_end - 0.03, plain.t_end + 4.0, side=0)
    left = body.assessed(SET).repetitions[0]
    assert left.counted
    assert left.reason == "0.04 s of the left hip are missing"


def test_a_hold_and_a_drill_count_as_far_as_they_are_in_sight():
    """A short gap is said and counts; a longer one does not, in holds and drills as in squats."""
    turn = path(0.0, (30.0, 1.0), (30.0, 3.0), (0.0, 1.0), (0.0, 1.0))
    for name in ("w_sit", "clamshell_left"):
        for lost_s, counted in ((1.2, False), (0.4, True)):
            body = Body(rotation=(turn, 0.0))
            body.lose(5.2, 5.2 + lost_s, side=0)
            reported = body.assessed((3.0, f"begin:{name}"), (9.5, f"end:{name}"))
            (mine,) = (r for r in reported.repetitions if r.side == "left")
            assert mine.counted is counted
            assert mine.reason


def test_one_thigh_is_enough_in_a_marked_set():
    """With one sensor dead, a marked set of squats is still counted."""
    lean = squats(90, 90)
    body = Body((lean, lean))
    body.lose(0.0, 1e9, side=1)
    assert listed(body.assessed(SET)) == [("squat", 1, "down", True), ("squat", 2, "down", True)]


def test_a_repetition_under_way_when_the_set_ends_belongs_to_it():
    """A coach who ends the set while the athlete comes up loses nothing."""
    lean = squats(90, 90)
    reported = Body((lean, lean)).assessed(SET, (9.3, "end:squat"))
    assert [(r.set, r.found) for r in reported.repetitions] == [(1, "marked")] * 4


def test_sets_are_numbered_by_their_marks():
    """Two marked sets are sets 1 and 2, each with its own numbers from 1."""
    lean = squats(90, 90, 90)
    reported = Body((lean, lean)).assessed(
        SET, (7.0, "end:squat"), (7.1, "begin:squat"), (20.0, "end:squat")
    )
    assert [(r.set, r.repetition) for r in reported.repetitions[::2]] == [(1, 1), (2, 1), (2, 2)]


def test_nothing_counts_within_a_calibration():
    """What looks like squats and pivots between calibration marks is none."""
    lean = squats(90)
    body = Body((lean, lean))
    assert not body.assessed((3.0, "begin:toe_turn_left"), (30.0, "end:toe_turn_left")).repetitions
    # From the tray to the next step the sensors are in somebody's hands.
    assert not body.assessed((3.0, "begin:tray"), (3.5, "end:tray")).repetitions


def test_pivots_are_recognised_by_leg_and_way():
    """Out on the heel, in on the ball of either foot: a repetition each, with the hip's share."""
    left = path(0.0, (-30.0, 1.0), (-30.0, 2.4), (0.0, 1.0), (0.0, 2.4))
    right = path(0.0, (0.0, 1.6), (-25.0, 1.0), (-25.0, 2.4), (0.0, 1.0), (0.0, 0.8))
    body = Body(heading=(left, right), rotation=(0.9 * left, 0.8 * right))
    for marks in ((), ((3.0, "begin:pivot"),)):
        reported = body.assessed(*marks)
        assert [(r.movement, r.side, r.direction) for r in reported.repetitions] == [
            ("pivot", "left", "out"),
            ("pivot", "right", "out"),
            ("pivot", "left", "in"),
            ("pivot", "right", "in"),
        ]
        shares = [r.measures["hip_share"] for r in reported.repetitions]
        assert shares == pytest.approx([0.9, 0.8, 0.9, 0.8], abs=1e-3)
        assert reported.repetitions[0].t_turn == reported.repetitions[0].t_end


@pytest.mark.parametrize(("seconds", "swing"), [(0.15, 0.0), (0.8, 30.0)])
def test_a_step_is_no_pivot(seconds, swing):
    """A thigh that turns at once, or swings while it turns, walks."""
    turn = path(0.0, (-25.0, seconds), (-25.0, 1.0))
    lean = path(0.0, (swing, seconds), (swing, 1.0))
    body = Body((lean, 0.0), heading=(turn, 0.0), rotation=(0.9 * turn, 0.0))
    assert not body.assessed().repetitions
    slow = path(0.0, (-25.0, 0.8), (-25.0, 1.0))
    assert Body(heading=(slow, 0.0), rotation=(0.9 * slow, 0.0)).assessed().repetitions


def test_a_body_that_turns_as_a_whole_pivots_not():
    """Both thighs and the pelvis turning together are no pivots."""
    turn = path(0.0, (60.0, 1.5), (60.0, 1.0))
    body = Body(heading=(-turn, turn))
    assert not body.assessed().repetitions


@pytest.mark.parametrize(
    ("tilt", "inclination", "name"),
    [(0.0, 88.0, "seated_rotation_right"), (-88.0, 175.0, "supine_rotation_right")],
)
def test_table_tests_are_recognised_by_posture(tilt, inclination, name):
    """Sitting and lying turns to the end range and back are distinguished, or named by the mark."""
    roll = path(
        0.0, *[(35.0, 1.2), (35.0, 1.0), (0.0, 1.2), (-40.0, 1.2), (-40.0, 0.5), (0.0, 1.2)]
    )
    body = Body((inclination, inclination), rotation=(0.0, roll), tilt=tilt)
    for marks in ((), ((3.0, f"begin:{name}"),)):
        reported = body.assessed(*marks)
        assert [(r.movement, r.direction, r.counted) for r in reported.repetitions] == [
            (name, "in", True),
            (name, "out", True),
        ]
        ends = [r.measures["rotation_end_deg"] for r in reported.repetitions]
        assert ends == pytest.approx([35.0, -40.0], abs=0.1)
        assert reported.repetitions[0].measures["hold_s"] == pytest.approx(1.2, abs=0.25)


def test_ninety_ninety_switches_are_turns_of_both_legs():
    """Knees falling from one side to the other are a turn in of one hip and out of the other."""
    roll = path(35.0, (-35.0, 1.5), (-35.0, 1.0), (35.0, 1.5), (35.0, 1.0))
    body = Body((85.0, 85.0), rotation=(roll, -roll))
    reported = body.assessed((3.0, "begin:ninety_ninety"))
    assert [(r.side, r.repetition, r.direction) for r in reported.repetitions] == [
        ("left", 1, "out"),
        ("right", 1, "in"),
        ("left", 2, "in"),
        ("right", 2, "out"),
    ]


def test_lunges_belong_to_the_leg_in_front():
    """In a marked set the front thigh's way is the repetition, though the other leans back."""
    front, back = squats(70, 75), -squats(25, 25)
    reported = Body((back, front)).assessed((3.0, "begin:lunge_right"))
    assert [(r.movement, r.side, r.counted) for r in reported.repetitions] == [
        ("lunge_right", "right", True)
    ] * 2


def test_a_moment_carries_its_angles():
    """A pain mark says the hip angles of its time, and what was going on."""
    lean = squats(90, 90)
    body = Body((lean, lean), rotation=(lean / 9.0, -lean / 9.0))
    deepest = 4.0 + 1.2 + 0.1
    cue, pain = body.assessed(SET, (deepest, "cue:knees out"), (deepest + 3.1, "pain")).notes
    assert (cue.label, cue.movement, cue.set, cue.repetition) == ("cue:knees out", "squat", 1, 0)
    assert cue.angles["hip_flexion_left_deg"] == pytest.approx(90.0, abs=0.01)
    assert cue.angles["hip_rotation_right_deg"] == pytest.approx(-10.0, abs=0.01)
    assert np.isnan(cue.angles["hip_rotation_right_sd_deg"])
    assert (pain.label, pain.repetition) == ("pain", 1)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_cuts_do_not_show(data):
    """However rows are cut into blocks, repetitions and notes are the same bits."""
    lean = squats(80, 30, 100)
    body = Body((lean, 0.95 * lean), rotation=(lean / 8.0, lean / 9.0))
    body.lose(8.0, 8.2, side=1)
    marks = (SET, (6.0, "pain"), (9.0, "end:squat"), (9.5, "note:tired"))
    count = data.draw(st.integers(0, 30))
    rows = st.integers(0, len(body.t))
    cuts = sorted(data.draw(st.lists(rows, min_size=count, max_size=count)))
    assert repr(body.assessed(*marks, cuts=cuts)) == repr(body.assessed(*marks))


def test_long_sessions_forget_nothing_that_is_needed():
    """After four minutes of standing, longer than what is kept, squats are found as ever."""
    lean = np.concatenate((np.zeros(24_000), squats(90, 90)))
    body = Body((lean, lean))
    whole = body.assessed((3.0, "begin:squat"))
    cut = body.assessed((3.0, "begin:squat"), cuts=range(0, len(body.t), 1777))
    assert len(whole.repetitions) == 4
    assert repr(whole) == repr(cut)


def test_what_a_cue_did_is_reported_when_its_set_is_over():
    """A tuck that is gone after a cue is better after it; told at the end, however it is cut."""
    tucking = [(15.0, 0.8), (0.0, 0.4), (0.0, 0.3), (0.0, 1.0), (0.0, 0.6)]
    tilt = path(0.0, *(3 * tucking), (0.0, 3 * 3.1))
    lean = squats(95, 95, 95, 95, 95, 95)
    body = Body((lean, lean), tilt=tilt)
    cue = (3.0 + 1.0 + 3 * 3.1 - 0.2, "cue:chest up")
    reported = body.assessed(SET, cue)
    assert [(o.rule, o.effect, o.cue, o.set) for o in reported.outcomes] == [
        ("pelvic_tuck", "better", "chest up", 1)
    ]
    assert reported.outcomes[0].words == "After “chest up”: pelvic tuck 15° → 0°, better."
    assert repr(body.assessed(SET, cue, cuts=[700, 1400]).outcomes) == repr(reported.outcomes)
    assert not body.assessed(SET).outcomes


def test_an_hour_of_table_tests_takes_no_more_memory_than_a_few():
    """Of sets that are over no rows stay, but of the newest: the other side is held against it."""
    turn = path(0.0, *[(30.0, 0.8), (30.0, 0.8), (0.0, 0.8), (0.0, 0.6)] * 40)
    body = Body((90.0, 90.0), rotation=(turn, turn))
    stage = Assessor()
    stage.align("good", "test", np.zeros((2, 3)))
    found, held = 0, []
    tracemalloc.start()
    for k in range(40):
        begin, name = 4.0 + 3.0 * k, f"seated_rotation_{('left', 'right')[k % 2]}"
        stage.mark([(begin - 0.05, f"begin:{name}"), (begin + 2.9, f"end:{name}")])
        found += len(body.pushed(stage, round(300 * k), round(300 * (k + 1))).repetitions)
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert found == 39  # the last one is not over
    assert held[-1] - held[9] < 500_000
