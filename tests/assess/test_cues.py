import math
from dataclasses import replace

import pytest
from support.synthetic_episodes import context, squat, squat_motion

from imuhip.assess.cues import CUES, cue_for, cues_for
from imuhip.assess.judging import judge
from imuhip.assess.verdicts import Verdict
from imuhip.core.findings import Note

AT_90 = Verdict("right", 12.0, 1.0, 2.0, 5.0, "marked", 0.99, (1, 2), 2, flexion_deg=90.0)
PUSHING = [rule for rule, cues in CUES.items() if any(cue.pushes_range for cue in cues)]


def pain(left, right, label="pain"):
    """A mark with the hip flexion it was made at."""
    angles = {"hip_flexion_left_deg": left, "hip_flexion_right_deg": right}
    return Note(12.0, label, "squat", 1, 2, angles)


@pytest.mark.parametrize("rule", CUES)
@pytest.mark.parametrize("side", ["left", "right", "both"])
def test_every_cue_is_a_sentence(rule, side):
    """Each cue names sides in words, begins with a capital and ends with a full stop."""
    for text in cues_for(rule, replace(AT_90, side=side)):
        assert text[0].isupper()
        assert text.endswith(".")
        assert "{" not in text
        assert not any(w in text.lower() for w in ("injur", "treat", "nan", "diagnos"))


def test_sides_are_in_the_words():
    """A cue speaks to the side of the finding, or to the other one where that is meant."""
    assert "Right knee" in cue_for("knee_in", AT_90)
    assert "left leg" in cues_for("hip_shift", AT_90)[1]


@pytest.mark.parametrize("rule", PUSHING)
def test_pain_turns_range_cues_off_for_its_position(rule):
    """Near the flexion that a pain mark noted no cue asks for more range; elsewhere they stay."""
    free = cues_for(rule, AT_90)
    near = cues_for(rule, AT_90, [pain(20.0, 82.0)])
    assert len(near) == len(free) - sum(cue.pushes_range for cue in CUES[rule])
    assert near
    assert all("Pain was marked near here" in text for text in near)
    assert cues_for(rule, AT_90, [pain(90.0, 60.0)]) == free
    assert cues_for(rule, AT_90, [pain(20.0, 82.0, "note:pain gone")]) == free


def test_either_hip_counts_where_a_finding_has_no_side():
    """A finding of the whole body is near a pain mark by either hip."""
    both = replace(AT_90, side="both")
    assert "Pain" in cue_for("pelvic_tuck", both, [pain(90.0, 20.0)])
    assert "Pain" in cue_for("pelvic_tuck", both, [pain(20.0, 90.0)])
    assert "Pain" not in cue_for("pelvic_tuck", both, [pain(20.0, 30.0)])


def test_pain_at_a_position_nobody_knows_is_near_everything():
    """Where the angles of the mark are not known, the careful reading holds."""
    assert "Pain" in cue_for("pelvic_tuck", AT_90, [pain(math.nan, math.nan)])
    assert "Pain" in cue_for("pelvic_tuck", AT_90, [Note(3.0, "pain")])


def test_a_finding_after_a_pain_mark_has_a_careful_cue():
    """Through the judgement of a set: pain at the bottom of the squat changes the cue there."""
    motion = squat_motion()
    motion.hip[:, 0, 2] -= 20.0 * motion.u
    episodes = [squat(motion, i + 1) for i in range(3)]

    def cue(notes):
        found = judge(episodes, context(notes=notes))
        return next(f.cue for f in found if f.rule == "rotation_difference")

    assert "Pain" not in cue(())
    assert "Pain" in cue((pain(118.0, 118.0),))
