"""Every rule, on repetitions with a fault of known size and nothing else."""

import math

import numpy as np
import pytest
from synthetic_episodes import context, pivot, smooth, squat, squat_motion, table, table_motion

from imuhip.assess.compensations import RULES
from imuhip.assess.cues import CUES
from imuhip.assess.judging import judge, with_seen
from imuhip.assess.limits import LIMITS
from imuhip.assess.wording import PHRASES


def _tuck(size):
    motion = squat_motion()
    late = smooth((motion.u - 0.7) / 0.3)
    motion.pelvis[:, 0] = 25.0 * np.minimum(motion.u, 0.7) / 0.7 - size * late
    return motion


def _arching(size):
    motion = squat_motion()
    motion.pelvis[:, 0] = size * smooth(motion.u / 0.3)
    return motion


def _drop(size):
    motion = squat_motion()
    motion.pelvis[:, 1] = size * motion.pulse(2.0, 2.5)
    return motion


def _twist(size):
    motion = squat_motion()
    motion.pelvis[:, 2] = -size * motion.u
    return motion


def _shift(size, parts):
    """The hips go to the right at the bottom: lower, deeper, further back."""
    deeper = size if "depth" in parts else 0.0
    motion = squat_motion((95.0 - 0.5 * deeper, 95.0 + 0.5 * deeper))
    motion.pelvis[:, 1] = size * motion.u * ("list" in parts)
    motion.pelvis[:, 2] = -size * motion.u * ("twist" in parts)
    return motion


def _knee(size, parts=(1, 2)):
    motion = squat_motion()
    for angle in parts:
        motion.hip[:, 1, angle] += size * motion.pulse(3.8, 4.4)
    return motion


def _turn_out(size):
    motion = squat_motion()
    motion.hip[:, 1, 2] = -size * smooth(motion.u / 0.3)
    return motion


def _lag(size):
    motion = squat_motion()
    motion.inclination[:, 1] = 95.0 * motion.activation(1e-3 * size)
    return motion


def _deeper(size):
    return squat_motion((95.0, 95.0 + size))


def _more_internal(size):
    motion = squat_motion()
    motion.hip[:, 1, 2] += size * motion.u
    return motion


def _squats(make, n=4):
    return [squat(make, i + 1) for i in range(n)]


MAKE = {
    "pelvic_tuck": lambda x: _squats(_tuck(x)),
    "over_arching": lambda x: _squats(_arching(x)),
    "pelvic_drop": lambda x: _squats(_drop(x)),
    "hip_shift": lambda x: _squats(_shift(x, ("list", "depth", "twist"))),
    "pelvic_twist": lambda x: _squats(_twist(x)),
    "knee_in": lambda x: _squats(_knee(x)),
    "early_turn_out": lambda x: _squats(_turn_out(x)),
    "side_lag": lambda x: _squats(_lag(x)),
    "depth_difference": lambda x: _squats(_deeper(x)),
    "rotation_difference": lambda x: _squats(_more_internal(x)),
    "pelvis_follows_pivot": lambda x: [
        pivot("right", i + 1, turn_deg=40.0, pelvis_deg=0.4 * x) for i in range(4)
    ],
    "pelvis_cheats_table": lambda x: [_cheat(x, 1 + i % 2, i + 1) for i in range(4)],
}
"""Rule to repetitions with a fault of a size, to the right where there is a side."""


def _cheat(size, angle, number):
    turn = 30.0 if number % 2 else -35.0
    motion = table_motion("right", turn)
    motion.pelvis[:, angle % 2] = size * motion.u
    return table(motion, "right", number, turn)


def _found(rule, episodes, **changes):
    found = [f for f in judge(episodes, context(**changes)) if f.rule == rule]
    return max(found, key=lambda f: (f.side != "left", f.value))


SIGNED = [name for name, rule in RULES.items() if rule.signed or name == "rotation_difference"]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_whole(rule):
    """Each rule has a limit with a unit, words, at least two cues, and a test here."""
    assert RULES[rule].limit in LIMITS
    assert RULES[rule].unit in ("deg", "ms", "percent")
    assert rule in PHRASES
    assert len(CUES[rule]) >= 2
    assert rule in MAKE


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("times", [0.0, 0.5, 1.5, 2.4])
def test_a_fault_is_graded_by_its_size(rule, times):
    """Nothing and half the limit are none, beyond it mild, beyond twice marked; the value is it."""
    limit = LIMITS[RULES[rule].limit].value
    finding = _found(rule, MAKE[rule](times * limit))
    expected = {0.0: "none", 0.5: "none", 1.5: "mild", 2.4: "marked"}[times]
    assert finding.grade == expected
    share = 0.01 * times * limit
    expects = {
        "pelvis_follows_pivot": 100.0 * share / (share + (1.0 - share) / 0.8),
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
    limit = LIMITS[RULES[rule].limit].value
    finding = _found(rule, MAKE[rule](-1.5 * limit))
    assert (finding.grade, finding.side) == ("mild", "left")
    assert finding.value == pytest.approx(1.5 * limit, abs=0.06 * limit)


@pytest.mark.parametrize("rule", RULES)
def test_findings_are_in_plain_words(rule):
    """What is found says its number, and its side where it has one; no word of injury or risk."""
    limit = LIMITS[RULES[rule].limit].value
    finding = _found(rule, MAKE[rule](2.4 * limit))
    assert f"{finding.value:.0f}" in finding.words
    said = finding.words + finding.cue
    if rule in SIGNED or rule in ("knee_in", "pelvis_follows_pivot", "pelvis_cheats_table"):
        assert "right" in said
    assert not any(w in said.lower() for w in ("injur", "risk", "{", "nan", "unknown", "diagnos"))


@pytest.mark.parametrize("rule", ["pelvic_drop", "knee_in", "early_turn_out", "pelvic_twist"])
@pytest.mark.parametrize("times", [0.0, 1.0, 1.5])
def test_an_error_that_hides_the_limit_cannot_tell(rule, times):
    """With an error as large as the limit, small and middling values are not judged."""
    limit = LIMITS[RULES[rule].limit].value
    episodes = MAKE[rule](times * limit)
    for each in episodes:
        each.rows.hip_sd[:] = np.radians(8.0 * limit)
        each.rows.pelvis_sd[:] = np.radians(5.0 * limit)
    finding = _found(rule, episodes)
    assert finding.grade == "cannot_tell"
    assert finding.confidence == 0.0
    assert finding.mdc > limit
    assert "hides the limit" in finding.words
    assert finding.cue == ""


def test_what_is_certain_is_said_in_spite_of_a_large_error():
    """Far beyond limit and error together, even a rough measurement tells."""
    episodes = MAKE["pelvic_drop"](15.0)
    for each in episodes:
        each.rows.pelvis_sd[:] = np.radians(4.0)
    finding = _found("pelvic_drop", episodes)
    assert finding.mdc > finding.limit
    assert finding.grade == "marked"


ON_AXES = [name for name, rule in RULES.items() if rule.axes]


@pytest.mark.parametrize("rule", ON_AXES)
def test_an_error_that_is_not_known_cannot_tell(rule):
    """What rests on calibrated axes is not judged while nobody knows how good they are."""
    episodes = MAKE[rule](3.0 * LIMITS[RULES[rule].limit].value)
    for each in episodes:
        each.rows.hip_sd[:] = np.nan
        each.rows.pelvis_sd[:] = np.nan
    finding = _found(rule, episodes)
    assert finding.grade == "cannot_tell"
    assert finding.confidence == 0.0


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("grade", ["none", "poor", "fair"])
def test_a_poor_calibration_cannot_tell_what_rests_on_it(rule, grade):
    """With no calibration nothing is told, with a poor one only what gravity and time tell."""
    episodes = MAKE[rule](2.4 * LIMITS[RULES[rule].limit].value)
    finding = _found(rule, episodes, grade=grade)
    silent = grade == "none" or (grade == "poor" and RULES[rule].axes)
    assert (finding.grade == "cannot_tell") == silent
    assert ("calibration is too poor" in finding.words) == silent


@pytest.mark.parametrize("rule", RULES)
def test_angles_that_are_not_known_cannot_tell(rule):
    """A set in which the sensors were silent has findings that say so."""
    episodes = MAKE[rule](2.4 * LIMITS[RULES[rule].limit].value)
    for each in episodes:
        for column in ("hip", "pelvis", "inclination", "inclination_rate", "heading"):
            getattr(each.rows, column)[:] = np.nan
    finding = _found(rule, episodes)
    assert finding.grade == "cannot_tell"
    assert math.isnan(finding.value)
    assert "not known" in finding.words


@pytest.mark.parametrize(("bad", "grade"), [(1, "none"), (2, "mild"), (3, "mild")])
def test_half_of_the_repetitions_must_show_it(bad, grade):
    """One of four squats with a tuck is none, two are a finding with their numbers."""
    limit = LIMITS["pelvic_tuck_deg"].value
    sizes = [1.5 * limit] * bad + [0.5] * (4 - bad)
    episodes = [squat(_tuck(size), i + 1) for i, size in enumerate(sizes)]
    finding = _found("pelvic_tuck", episodes)
    assert finding.grade == grade
    if grade != "none":
        assert finding.repetitions == tuple(range(1, bad + 1))
        assert f"{bad} of 4 repetitions" in finding.words


def test_partial_repetitions_are_left_out():
    """What is listed but not counted is not judged, and a set of such has no findings."""
    good = _squats(_tuck(0.0))
    partial = [squat_motion().episode("squat", "both", 9, counted=False)]
    assert judge(good + partial, context()) == judge(good, context())
    assert judge(partial, context()) == ()


def test_a_tuck_says_where_it_begins():
    """The words tell the hip flexion at which the pelvis was tilted most."""
    finding = _found("pelvic_tuck", MAKE["pelvic_tuck"](15.0))
    onset = 0.7 * (95.0 + 25.0)
    assert f"from {onset:.0f}° of hip flexion" in finding.words
    assert f"{onset:.0f}°" in finding.cue


@pytest.mark.parametrize("parts", [("list", "depth"), ("list", "twist"), ("depth", "twist")])
def test_any_two_of_three_make_a_hip_shift(parts):
    """Two proxies that agree are a shift; one alone is none."""
    assert _found("hip_shift", _squats(_shift(6.5, parts))).grade == "marked"
    assert _found("hip_shift", _squats(_shift(6.5, parts[:1]))).grade == "none"


def test_a_proxy_against_the_others_speaks_against_a_shift():
    """List and depth to the right with a twist to the left are no hip shift."""
    motion = _shift(6.5, ("list", "depth"))
    motion.pelvis[:, 2] = 6.5 * motion.u
    assert _found("hip_shift", _squats(motion)).grade == "none"


@pytest.mark.parametrize("parts", [(1,), (2,)])
def test_a_knee_falls_in_only_with_both(parts):
    """Adduction alone and internal rotation alone are no knee-in."""
    assert _found("knee_in", _squats(_knee(11.0, parts))).grade == "none"


def test_a_short_pulse_is_no_knee_in():
    """What lasts less than the limit's 150 ms does not count."""
    motion = squat_motion()
    for angle in (1, 2):
        motion.hip[:, 1, angle] += 11.0 * motion.pulse(3.8, 3.9)
    assert _found("knee_in", _squats(motion)).grade == "none"


def test_standing_turned_out_is_told_where_the_mount_is_exact():
    """Standing external rotation counts with an exact mount only; else the words say so."""
    episodes = _squats(squat_motion())
    standing = np.zeros((2, 3))
    standing[1, 2] = np.radians(-30.0)
    told = _found(
        "early_turn_out", episodes, standing=standing, chain="given (thigh_right), tray, bow"
    )
    assert (told.grade, told.side, told.limit) == ("mild", "right", 20.0)
    assert told.value == pytest.approx(30.0)
    not_told = _found("early_turn_out", episodes, standing=standing)
    assert not_told.grade == "none"
    assert "in standing cannot be told" in not_told.words


@pytest.mark.parametrize("skin", [0.6, 0.8, 1.0])
def test_skin_over_the_thigh_is_allowed_for(skin):
    """However much of a turn the skin follows, twice the limit is told, and half of it is not."""
    for rule in ("knee_in", "early_turn_out"):
        for times, grades in ((2.0, {"mild", "marked"}), (0.5, {"none"})):
            episodes = MAKE[rule](times * LIMITS[RULES[rule].limit].value)
            for each in episodes:
                each.rows.hip[..., 2] *= skin
            assert _found(rule, episodes).grade in grades


def test_skin_that_hides_the_hip_is_allowed_for():
    """A pelvis that gives 17 % is not accused because the skin follows only 60 % of the hip."""
    turns = [pivot("left", i + 1, turn_deg=30.0, pelvis_deg=5.2, skin=0.6) for i in range(4)]
    finding = _found("pelvis_follows_pivot", turns)
    assert 5.2 / (5.2 + 0.6 * 24.8) > 0.25
    assert finding.grade == "none"
    rigid = [pivot("left", i + 1, turn_deg=30.0, pelvis_deg=12.0) for i in range(4)]
    assert _found("pelvis_follows_pivot", rigid).grade == "mild"


def test_a_pelvis_that_hardly_turned_did_not_follow():
    """In a small turn a share of a few degrees is not told: the pelvis must turn by 5° itself."""
    small = [pivot("left", i + 1, turn_deg=12.0, pelvis_deg=4.5) for i in range(4)]
    large = [pivot("left", i + 1, turn_deg=14.0, pelvis_deg=5.5) for i in range(4)]
    assert _found("pelvis_follows_pivot", small).grade == "none"
    assert _found("pelvis_follows_pivot", large).grade == "mild"


def test_small_pivots_are_not_judged():
    """A turn of less than 10° says nothing of the pelvis's share."""
    turns = [pivot("left", i + 1, turn_deg=9.0, pelvis_deg=8.0) for i in range(4)]
    assert _found("pelvis_follows_pivot", turns).grade == "cannot_tell"


def test_table_sides_are_compared_across_sets():
    """A seated test of one side alone compares nothing; with the other side it does."""

    def turns(side, inward, outward):
        pairs = [inward, -outward] * 3
        return tuple(table(table_motion(side, x), side, i + 1, x) for i, x in enumerate(pairs))

    right, left = turns("right", 40.0, 35.0), turns("left", 30.0, 36.0)
    assert not [f for f in judge(right, context()) if f.rule == "rotation_difference"]
    finding = _found("rotation_difference", right, partner=left)
    assert (finding.grade, finding.side) == ("mild", "right")
    assert finding.value == pytest.approx(10.0, abs=0.1)
    assert "internal rotation at the end range" in finding.words


def test_the_shared_pelvis_axis_makes_a_difference_hard_to_tell():
    """With 3.3° a side and opposite errors a squat set tells from about 13° on, as it says."""
    episodes = _squats(_more_internal(9.0))
    for each in episodes:
        each.rows.hip_sd[:] = np.radians(3.3)
        each.rows.hip_cov[:] = -(np.radians(3.2) ** 2)
    finding = _found("rotation_difference", episodes)
    assert finding.grade == "none"
    assert finding.mdc == pytest.approx(13.0, abs=0.4)
    assert finding.words.startswith("Possible difference")


def test_limits_of_the_athlete_are_used():
    """A setting of the recording moves the limit, and a goal profile its own."""
    episodes = MAKE["pelvic_tuck"](12.0)
    assert _found("pelvic_tuck", episodes).grade == "mild"
    assert _found("pelvic_tuck", episodes, settings={"goal": "weightlifting"}).grade == "none"
    own = _found("pelvic_tuck", episodes, settings={"limits": {"pelvic_tuck_deg": 5.5}})
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
    assert of["pivot"] == {"pelvis_follows_pivot"}
    assert of["table"] == {"pelvis_cheats_table"}
    assert of["squat"] == set(RULES) - of["pivot"] - of["table"]


def test_judging_twice_gives_the_same_bits_and_changes_nothing():
    """A pure function of what it is given."""
    episodes = MAKE["hip_shift"](4.0)
    before = [each.rows.pelvis.copy() for each in episodes]
    assert judge(episodes, context()) == judge(episodes, context())
    assert all(np.array_equal(a, e.rows.pelvis) for a, e in zip(before, episodes, strict=True))


@pytest.mark.parametrize("rule", ["hip_shift", "pelvis_follows_pivot", "pelvis_cheats_table"])
def test_looking_once_is_as_good_as_looking_again(rule):
    """Repetitions that carry what they show give the same findings, without another look."""
    episodes = MAKE[rule](1.5 * LIMITS[RULES[rule].limit].value)
    once = [with_seen(each, context()) for each in episodes]
    assert judge(once, context()) == judge(episodes, context())
    for each in once:
        each.rows.pelvis[:] = np.nan
    again = _found(rule, once)
    assert again.grade == "mild"
