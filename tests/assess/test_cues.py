import math
from dataclasses import replace

import pytest
from support.synthetic_episodes import context, squat, squat_motion

from imuhip.assess.cues import cue_for, cues_for
from imuhip.assess.judging import judge
from imuhip.assess.rules.table import RULES
from imuhip.assess.verdicts import Verdict
from imuhip.core.findings import Note

AT_90 = Verdict("right", 12.0, 1.0, 2.0, 5.0, "marked", 0.99, (1, 2), 2, flexion_deg=90.0)
FAR_SIDE = {"left": "right", "right": "left"}


def pain(left, right, label="pain"):
    """A mark with the hip flexion it was made at."""
    angles = {"hip_flexion_left_deg": left, "hip_flexion_right_deg": right}
    return Note(12.0, label, "squat", 1, 2, angles)


def cues(name, verdict=AT_90, notes=()):
    """All cues of a rule by its name."""
    return cues_for(RULES[name], verdict, notes)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("side", ["left", "right", "both"])
@pytest.mark.parametrize("detail", [math.nan, 1.0, -1.0, 0.0, 2.0])
def test_every_cue_is_a_sentence(rule, side, detail):
    """Each cue names sides in words, begins with a capital and ends with a full stop."""
    for text in cues(rule, replace(AT_90, side=side, detail=detail)):
        assert text[0].isupper()
        assert text.endswith(".")
        assert "{" not in text
        assert not any(w in text.lower() for w in ("injur", "treat", "nan", "diagnos"))


def test_sides_are_in_the_words():
    """A cue speaks to the side of the finding, or to the other one where that is meant."""
    assert "Right knee" in cue_for(RULES["knee_in"], AT_90)
    assert "left leg" in cues("hip_shift")[1]


@pytest.mark.parametrize("rule", ["pelvic_tuck", "hip_shift", "depth_difference", "over_arching"])
@pytest.mark.parametrize("at", [60.0, 82.0, 90.0, 104.0])
def test_no_cue_goes_where_it_hurt(rule, at):
    """At, beyond and near the flexion of a pain mark every cue is off; well before it they stay."""
    free = cues(rule)
    assert free
    assert cues(rule, notes=[pain(20.0, at)]) == ()
    assert cues(rule, notes=[pain(20.0, 106.0)]) == free
    assert cues(rule, notes=[pain(20.0, at, "note:pain gone")]) == free
    assert cues(rule, notes=[pain(20.0, at, "sore:right groin")]) == free


def test_pain_at_90_never_says_stop_just_above_92():
    """A tuck that begins at 92° has no cue once 90° hurt, nor is there a seated test at 84°."""
    tuck = replace(AT_90, side="both", flexion_deg=110.0, detail=92.0)
    assert cue_for(RULES["pelvic_tuck"], tuck, [pain(90.0, 88.0)]) == ""
    turned = replace(AT_90, detail=0.0, flexion_deg=60.0)
    said = cues("rotation_difference", turned, [pain(90.0, 90.0)])
    assert not any("seated" in text.lower() for text in said)


def test_a_drill_done_elsewhere_stays():
    """Clamshells at 45° of flexion go on when 100° hurts."""
    assert cues("knee_in", notes=[pain(20.0, 100.0)]) == (cues("knee_in")[2],)


def test_the_side_of_a_mark_counts():
    """Pain in the left groin leaves the right knee's cues alone, and takes those of the left."""
    marks = [pain(90.0, 90.0, "pain:left groin")]
    assert cues("knee_in", notes=marks)[0] == cues("knee_in")[0]
    left = replace(AT_90, side="left")
    assert cues("knee_in", left, marks) == (cues("knee_in", left)[2],)


def test_either_hip_counts_where_a_finding_has_no_side():
    """A finding of the whole body is near a pain mark by either hip."""
    both = replace(AT_90, side="both")
    assert cues("pelvic_tuck", both, [pain(90.0, 30.0)]) == ()
    assert cues("pelvic_tuck", both, [pain(30.0, 90.0)]) == ()
    assert cues("pelvic_tuck", both, [pain(120.0, 110.0)])


def test_pain_at_a_position_nobody_knows_is_near_everything():
    """Where the angles of the mark are not known, or it came when standing, the careful holds."""
    assert cues("pelvic_tuck", AT_90, [pain(math.nan, math.nan)]) == ()
    assert cues("pelvic_tuck", AT_90, [Note(3.0, "pain")]) == ()
    assert cues("pelvic_tuck", AT_90, [pain(4.0, 3.0)]) == ()


def test_a_finding_after_a_pain_mark_has_no_cue():
    """Through the judgement of a set: pain at the bottom of the squat takes the cue there."""
    motion = squat_motion()
    motion.hip[:, 0, 2] -= 20.0 * motion.u
    episodes = [squat(motion, i + 1) for i in range(3)]

    def cue(notes):
        found = judge(episodes, context(notes=notes))
        return next(f.cue for f in found if f.rule == "rotation_difference")

    assert cue(()) != ""
    assert cue((pain(80.0, 80.0),)) == ""
