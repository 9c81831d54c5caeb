"""Real people's motion, with nobody to mark what it is: nothing is found that was not done."""

import sys
from pathlib import Path

import numpy as np
import pytest

from imuhip.assess.movements import MOVEMENTS


@pytest.fixture(scope="module")
def real(shared_data):
    """The full-body data, assessed: how to, the pipeline, its outputs."""
    mat = shared_data / "fullbody" / "full_body_example_data.mat"
    if not mat.is_file():
        pytest.skip("the full-body data in ../shared/data/fullbody are not on this machine")
    sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
    import real_sessions

    return (real_sessions, *real_sessions.assess_fullbody(mat))


def test_angles_are_known_in_the_real_session(real):
    """The session is calibrated: what is not found below was really looked at."""
    _, pipeline, outs = real
    assert pipeline.alignment is not None
    assert pipeline.alignment.grade != "none"
    t = np.concatenate([out.angles.t for out in outs])
    flexion = np.degrees(np.concatenate([out.angles.hip[..., 0] for out in outs]))
    lean = np.degrees(np.concatenate([out.segments.inclination for out in outs]))
    seated = (t > 55.0) & (t < 78.0)
    assert lean[seated].min() > 70.0
    assert flexion[seated].min() > 50.0
    walking = t > 96.0
    assert np.isfinite(lean[walking]).all()
    assert lean[walking].max() > 30.0


def test_nobody_squats_while_walking(real):
    """No squat and no lunge is found in standing, walking or jogging, counted or not."""
    sessions, _, outs = real
    first, last = sessions.SEATED
    for each in (r for out in outs for r in out.repetitions):
        if not first < each.t_turn < last:
            assert each.movement not in ("squat", "lunge_left", "lunge_right")


def test_sitting_down_is_no_counted_squat(real):
    """Half a minute on a chair is longer than a squat's bottom may be held: nothing counts."""
    _, _, outs = real
    longest = MOVEMENTS["squat"].thresholds.longest_hold_s
    for each in (r for out in outs for r in out.repetitions):
        if each.movement == "squat" and each.counted:
            assert each.t_end - each.t_start < longest
            assert not (each.t_start < 52.0 and each.t_end > 78.0)
    assert not any(r.movement == "squat" and r.counted for out in outs for r in out.repetitions)


def test_steps_are_hardly_ever_pivots(real):
    """In a minute and a half of gait at most a few turns on the spot are taken for pivots."""
    _, _, outs = real
    pivots = [r for out in outs for r in out.repetitions if r.movement == "pivot"]
    assert len(pivots) <= 4
    assert not [r for r in pivots if r.t_start > 96.0]
