"""Every rule, on repetitions with a fault of known size and nothing else."""

import math
from dataclasses import replace

import numpy as np
import pytest
from support.synthetic_episodes import (
    context,
    pivot,
    smooth,
    squat,
    squat_motion,
    table,
    table_motion,
)
from support.synthetic_faults import MAKE, finding_of, knee, shift, squats, tuck

from imuhip.assess.judging import judge, seen_of
from imuhip.assess.params import AssessParams
from imuhip.assess.rules.table import LIMITS, RULES

SIGNED = [name for name in MAKE if RULES[name].signed or name == "rotation_difference"]


@pytest.mark.parametrize("rule", MAKE)
@pytest.mark.parametrize("times", [0.0, 0.5, 1.5, 2.4])
def test_a_fault_is_graded_by_its_size(rule, times):
    """Nothing and half the limit are none, beyond it mild, beyond twice marked; the value is it."""
    limit = LIMITS[RULES[rule].limit_name].value
    finding = finding_of(rule, MAKE[rule](times * limit))
    expected = {0.0: "none", 0.5: "none", 1.5: "mild", 2.4: "marked"}[times]
    assert finding.grade == expected
    share = 0.01 * times * limit
    expects = {
        "pelvis_follows_pivot": 100.0 * share / (share + (1.0 - share) / 0.8),
        "early_turn_out": times * limit / 0.8,  # the skin follows 80 % of the bone
    }.get(rule, times * limit)
    assert finding.value == pytest.approx(expects, abs=0.06 * limit)
    assert finding.limit == limit
    assert finding.confidence > 0.9
    assert 0.0 < finding.mdc <= limit
    shows = expected != "none"
    assert finding.repetitions == ((1, 2, 3, 4) if shows else ())
    assert bool(finding.cue) == shows
    if rule in SIGNED:
        assert finding.side == ("right" if shows else "both")


@pytest.mark.parametrize("rule", SIGNED)
def test_the_other_side_is_named(rule):
    """A fault to the left is the left one's, with the size it has."""
    limit = LIMITS[RULES[rule].limit_name].value
    finding = finding_of(rule, MAKE[rule](-1.5 * limit))
    assert (finding.grade, finding.side) == ("mild", "left")
    assert finding.value == pytest.approx(1.5 * limit, abs=0.06 * limit)


@pytest.mark.parametrize("rule", MAKE)
def test_findings_are_in_plain_words(rule):
    """What is found says its number, and its side where it has one; no word of injury or risk."""
    limit = LIMITS[RULES[rule].limit_name].value
    finding = finding_of(rule, MAKE[rule](2.4 * limit))
    assert f"{finding.value:.0f}" in finding.words
    said = finding.words + finding.cue
    if rule in SIGNED or rule in ("knee_in", "pelvis_follows_pivot", "pelvis_cheats_table"):
        assert "right" in said.lower()
    assert not any(w in said.lower() for w in ("injur", "risk", "{", "nan", "unknown", "diagnos"))


@pytest.mark.parametrize("rule", MAKE)
@pytest.mark.parametrize("grade", ["none", "poor", "fair"])
def test_a_poor_calibration_cannot_tell_what_rests_on_it(rule, grade):
    """With no calibration nothing is reported, with a poor one only what gravity and time tell."""
    episodes = MAKE[rule](2.4 * LIMITS[RULES[rule].limit_name].value)
    finding = finding_of(rule, episodes, grade=grade)
    silent = grade == "none" or (grade == "poor" and RULES[rule].needs == "axes")
    assert (finding.grade == "cannot_tell") == silent
    assert ("calibration is not good enough" in finding.words) == silent


@pytest.mark.parametrize("rule", MAKE)
def test_angles_that_are_not_known_cannot_tell(rule):
    """A set in which the sensors were silent has findings that say so."""
    episodes = MAKE[rule](2.4 * LIMITS[RULES[rule].limit_name].value)
    for each in episodes:
        for column in ("hip", "pelvis", "inclination", "inclination_rate", "heading"):
            getattr(each.rows, column)[:] = np.nan
    finding = finding_of(rule, episodes)
    assert finding.grade == "cannot_tell"
    assert math.isnan(finding.value)
    assert "not known" in finding.words


@pytest.mark.parametrize(("bad", "grade"), [(1, "none"), (2, "mild"), (3, "mild")])
def test_half_of_the_repetitions_must_show_it(bad, grade):
    """One of four squats with a tuck is none, two are a finding with their numbers."""
    limit = LIMITS["pelvic_tuck_deg"].value
    sizes = [1.5 * limit] * bad + [0.5] * (4 - bad)
    episodes = [squat(tuck(size), i + 1) for i, size in enumerate(sizes)]
    finding = finding_of("pelvic_tuck", episodes)
    assert finding.grade == grade
    if grade != "none":
        assert finding.repetitions == tuple(range(1, bad + 1))
        assert f"{bad} of 4 reps" in finding.words


def test_partial_repetitions_are_left_out():
    """What is listed but not counted is not judged, and a set of such has no findings."""
    good = squats(tuck(0.0))
    partial = [squat_motion().episode("squat", "both", 9, counted=False)]
    assert judge(good + partial, context()) == judge(good, context())
    assert judge(partial, context()) == ()


def test_a_tuck_says_where_it_begins():
    """The words tell the hip flexion at which the pelvis was tilted most."""
    finding = finding_of("pelvic_tuck", MAKE["pelvic_tuck"](15.0))
    onset = 0.7 * (95.0 + 25.0)
    assert f"from {onset:.0f}° of hip flexion" in finding.words
    assert f"{onset:.0f}°" in finding.cue


@pytest.mark.parametrize("parts", [("list", "depth"), ("list", "twist"), ("depth", "twist")])
def test_any_two_of_three_make_a_hip_shift(parts):
    """Two proxies that agree are a shift; one alone is none."""
    assert finding_of("hip_shift", squats(shift(6.5, parts))).grade == "marked"
    assert finding_of("hip_shift", squats(shift(6.5, parts[:1]))).grade == "none"


def test_a_proxy_against_the_others_speaks_against_a_shift():
    """List and depth to the right with a twist to the left are no hip shift."""
    motion = shift(6.5, ("list", "depth"))
    motion.pelvis[:, 2] = 6.5 * motion.u
    assert finding_of("hip_shift", squats(motion)).grade == "none"


@pytest.mark.parametrize("parts", [(1,), (2,)])
def test_a_knee_falls_in_only_with_both(parts):
    """Adduction alone and internal rotation alone are no knee-in."""
    assert finding_of("knee_in", squats(knee(11.0, parts))).grade == "none"


@pytest.mark.parametrize("sides", [(0,), (1,), (0, 1)])
def test_knees_that_are_in_all_the_way_are_found(sides):
    """12° of adduction and 15° of internal rotation all the way are a finding."""
    motion = squat_motion()
    for k in sides:
        motion.hip[:, k, 1] = 12.0 * smooth(motion.u / 0.3)
        motion.hip[:, k, 2] = 15.0 * smooth(motion.u / 0.3)
    motion.hip_sd[:] = 2.0
    found = [f for f in judge(squats(motion), context()) if f.rule == "knee_in"]
    shown = {f.side for f in found if f.grade in ("mild", "marked")}
    assert shown == {("left", "right")[k] for k in sides}
    assert all("all the way" in f.words for f in found if f.side in shown)


def test_thighs_that_open_are_never_in():
    """A clean squat with wide knees and rotation inwards at the bottom is no knee-in."""
    motion = squat_motion()
    motion.hip[:, :, 2] = 14.0 * motion.u[:, None]
    found = [f for f in judge(squats(motion), context()) if f.rule == "knee_in"]
    assert {f.grade for f in found} == {"none"}


def test_what_grows_over_a_set_is_reported_with_where_to_stop():
    """A tuck that grows from 1 to 23° is a finding that says so and at which repetition to stop."""
    sizes = [1.0, 3.0, 6.0, 9.0, 13.0, 17.0, 20.0, 23.0]
    episodes = [squat(tuck(size), i + 1) for i, size in enumerate(sizes)]
    seen = [replace(each, seen=seen_of(each, context(), AssessParams())) for each in episodes]
    found = finding_of("grows_over_set", seen)
    assert found.grade == "marked"
    assert found.value == pytest.approx(22.0, abs=2.0)
    assert "Pelvic tuck grows from 0° to 23° over the set; stop at repetition 5." in found.words
    even = [
        replace(each, seen=seen_of(each, context(), AssessParams()))
        for each in squats(tuck(15.0), 8)
    ]
    assert not [f for f in judge(even, context()) if f.rule == "grows_over_set"]


def test_turns_that_are_thrown_are_reported():
    """A seated turn that reaches 281°/s is too fast to learn from, one of 90°/s is not."""
    for speed, grade in ((90.0, "none"), (281.0, "mild"), (344.0, "marked")):
        episodes = [table(table_motion("left", 30.0), "left", i + 1, 30.0) for i in range(3)]
        for each in episodes:
            each.rows.axial_rate[each.start : each.turn, 0] = np.radians(speed)
        assert finding_of("too_fast", episodes).grade == grade


def test_a_short_pulse_is_no_knee_in():
    """What lasts less than the limit's 150 ms does not count."""
    motion = squat_motion()
    for angle in (1, 2):
        motion.hip[:, 1, angle] += 11.0 * motion.pulse(3.8, 3.9)
    assert finding_of("knee_in", squats(motion)).grade == "none"


def test_standing_turned_out_is_reported_where_the_mount_is_exact():
    """Standing external rotation counts with an exact mount only; else the words say so."""
    episodes = squats(squat_motion())
    standing = np.zeros((2, 3))
    standing[1, 2] = np.radians(-30.0)
    reported = finding_of(
        "early_turn_out", episodes, standing=standing, chain="given (thigh_right), tray, bow"
    )
    assert (reported.grade, reported.side, reported.limit) == ("mild", "right", 20.0)
    assert reported.value == pytest.approx(30.0)
    unreported = finding_of("early_turn_out", episodes, standing=standing)
    assert unreported.grade == "none"
    assert "unknown how far the feet" in unreported.words


def test_a_heading_that_drifts_turns_nobody_out():
    """What is in the rest before as well, a drift of the heading, is no turning out early."""
    episodes = MAKE["early_turn_out"](6.0)
    for each in episodes:
        each.rows.hip[:, 1, 2] -= np.radians(9.0)
    finding = finding_of("early_turn_out", episodes)
    assert finding.grade == "none"
    assert finding.value == pytest.approx(6.0 / 0.8, abs=0.5)


def test_a_stance_turned_out_far_is_reported_without_a_mount_too():
    """A stance that is turned out by more than the limit against the calibration's is reported."""
    episodes = MAKE["early_turn_out"](0.0)
    for each in episodes:
        each.rows.hip[:, 1, 2] -= np.radians(30.0)
    finding = finding_of("early_turn_out", episodes)
    assert (finding.grade, finding.limit) == ("mild", 20.0)
    assert finding.value == pytest.approx(30.0, abs=0.5)


@pytest.mark.parametrize("skin", [0.6, 0.8, 1.0])
def test_skin_over_the_thigh_is_allowed_for(skin):
    """However much of a turn the skin follows, twice the limit is told, and half of it is not."""
    for rule in ("knee_in", "early_turn_out"):
        for times, grades in ((2.0, {"mild", "marked"}), (0.5, {"none"})):
            episodes = MAKE[rule](times * LIMITS[RULES[rule].limit_name].value)
            for each in episodes:
                each.rows.hip[..., 2] *= skin
            assert finding_of(rule, episodes).grade in grades


def test_skin_that_hides_the_hip_is_allowed_for():
    """A pelvis that gives 17 % is not accused because the skin follows only 60 % of the hip."""
    turns = [pivot("left", i + 1, turn_deg=30.0, pelvis_deg=5.2, skin=0.6) for i in range(4)]
    finding = finding_of("pelvis_follows_pivot", turns)
    assert 5.2 / (5.2 + 0.6 * 24.8) > 0.25
    assert finding.grade == "none"
    rigid = [pivot("left", i + 1, turn_deg=30.0, pelvis_deg=12.0) for i in range(4)]
    assert finding_of("pelvis_follows_pivot", rigid).grade == "mild"


def test_a_pelvis_that_hardly_turned_did_not_follow():
    """In a small turn a share of a few degrees is not told: the pelvis must turn by 5° itself."""
    small = [pivot("left", i + 1, turn_deg=12.0, pelvis_deg=4.5) for i in range(4)]
    large = [pivot("left", i + 1, turn_deg=14.0, pelvis_deg=5.5) for i in range(4)]
    assert finding_of("pelvis_follows_pivot", small).grade == "none"
    assert finding_of("pelvis_follows_pivot", large).grade == "mild"


def test_small_pivots_are_not_judged():
    """A turn of less than 10° says nothing of the pelvis's share."""
    turns = [pivot("left", i + 1, turn_deg=9.0, pelvis_deg=8.0) for i in range(4)]
    assert finding_of("pelvis_follows_pivot", turns).grade == "cannot_tell"


def test_table_sides_are_compared_across_sets():
    """A seated test of one side alone compares nothing; with the other side it does."""

    def turns(side, inward, outward):
        pairs = [inward, -outward] * 3
        return tuple(table(table_motion(side, x), side, i + 1, x) for i, x in enumerate(pairs))

    right, left = turns("right", 40.0, 35.0), turns("left", 30.0, 36.0)
    assert not [f for f in judge(right, context()) if f.rule == "rotation_difference"]
    finding = finding_of("rotation_difference", right, partner=left)
    assert (finding.grade, finding.side) == ("mild", "right")
    assert finding.value == pytest.approx(10.0, abs=0.1)
    assert finding.words.startswith("Left hip turns in 10° less than the right (± ")


def test_limits_of_the_athlete_are_used():
    """A setting of the recording moves the limit, and a goal profile its own."""
    episodes = MAKE["pelvic_tuck"](12.0)
    assert finding_of("pelvic_tuck", episodes).grade == "mild"
    assert finding_of("pelvic_tuck", episodes, settings={"goal": "weightlifting"}).grade == "none"
    own = finding_of("pelvic_tuck", episodes, settings={"limits": {"pelvic_tuck_deg": 5.5}})
    assert (own.grade, own.limit) == ("marked", 5.5)


def test_rules_ask_for_traits():
    """Squats, pivots and table tests have the findings that are for them."""
    of = {
        name: {f.rule for f in judge(MAKE[rule](0.0), context())}
        for name, rule in (
            ("squat", "pelvic_tuck"),
            ("pivot", "pelvis_follows_pivot"),
            ("table", "pelvis_cheats_table"),
        )
    }
    assert of["pivot"] & set(MAKE) == {"pelvis_follows_pivot"}
    assert of["table"] & set(MAKE) == {"pelvis_cheats_table"}
    assert of["squat"] & set(MAKE) == set(MAKE) - of["pivot"] - of["table"]


def test_judging_twice_gives_the_same_bits_and_changes_nothing():
    """A pure function of what it is given."""
    episodes = MAKE["hip_shift"](4.0)
    before = [each.rows.pelvis.copy() for each in episodes]
    assert judge(episodes, context()) == judge(episodes, context())
    assert all(np.array_equal(a, e.rows.pelvis) for a, e in zip(before, episodes, strict=True))


@pytest.mark.parametrize("rule", ["hip_shift", "pelvis_follows_pivot", "pelvis_cheats_table"])
def test_looking_once_is_as_good_as_looking_again(rule):
    """Repetitions that carry what they show give the same findings, without another look."""
    episodes = MAKE[rule](1.5 * LIMITS[RULES[rule].limit_name].value)
    once = [replace(each, seen=seen_of(each, context(), AssessParams())) for each in episodes]
    assert judge(once, context()) == judge(episodes, context())
    for each in once:
        each.rows.pelvis[:] = np.nan
    again = finding_of(rule, once)
    assert again.grade == "mild"
