"""What cannot be known: errors that hide a limit, or that nobody knows."""

import numpy as np
import pytest
from support.synthetic_episodes import context, table, table_motion
from support.synthetic_faults import MAKE, finding_of, more_internal, shift, squats

from imuhip.assess.judging import judge
from imuhip.assess.rules.table import LIMITS, RULES


@pytest.mark.parametrize("rule", ["pelvic_drop", "knee_in", "early_turn_out", "pelvic_twist"])
@pytest.mark.parametrize("times", [0.0, 1.0, 1.5])
def test_an_error_that_hides_the_limit_cannot_tell(rule, times):
    """With an error as large as the limit, small and middling values are not judged."""
    limit = LIMITS[RULES[rule].limit_name].value
    episodes = MAKE[rule](times * limit)
    for each in episodes:
        each.rows.hip_sd[:] = np.radians(8.0 * limit)
        each.rows.pelvis_sd[:] = np.radians(5.0 * limit)
    finding = finding_of(rule, episodes)
    assert finding.grade == "cannot_tell"
    assert finding.confidence == 0.0
    assert finding.mdc > limit
    assert "too uncertain for a limit" in finding.words
    assert finding.cue == ""


def test_what_is_certain_is_said_in_spite_of_a_large_error():
    """Far beyond limit and error together, even a rough measurement tells."""
    episodes = MAKE["pelvic_drop"](15.0)
    for each in episodes:
        each.rows.pelvis_sd[:] = np.radians(4.0)
    finding = finding_of("pelvic_drop", episodes)
    assert finding.mdc > finding.limit
    assert finding.grade == "marked"


ON_AXES = [name for name in MAKE if RULES[name].needs == "axes"]


@pytest.mark.parametrize("rule", ON_AXES)
def test_an_error_that_is_not_known_cannot_tell(rule):
    """What rests on calibrated axes is not judged while nobody knows how good they are."""
    episodes = MAKE[rule](3.0 * LIMITS[RULES[rule].limit_name].value)
    for each in episodes:
        each.rows.hip_sd[:] = np.nan
        each.rows.pelvis_sd[:] = np.nan
    finding = finding_of(rule, episodes)
    assert finding.grade == "cannot_tell"
    assert finding.confidence == 0.0


@pytest.mark.parametrize("apart_deg", [9.0, 15.0])
def test_the_shared_pelvis_axis_makes_a_difference_hard_to_tell(apart_deg):
    """With 3.3° a side and opposite errors one squat set in twenty reads 13° of difference.

    All sets of the session would read it, so that it has to be beyond 99 % of chance.
    """
    episodes = squats(more_internal(apart_deg))
    for each in episodes:
        each.rows.hip_sd[:] = np.radians(3.3)
        each.rows.hip_cov[:] = -(np.radians(3.2) ** 2)
    finding = finding_of("rotation_difference", episodes)
    assert finding.grade == "cannot_tell"  # more likely there than not
    assert finding.mdc == pytest.approx(13.0, abs=0.4)
    assert "possible difference: test both sides once more" in finding.words


def test_a_difference_beyond_chance_is_said():
    """The same error, and a difference that one session in a hundred would read."""
    episodes = squats(more_internal(18.0))
    for each in episodes:
        each.rows.hip_sd[:] = np.radians(3.3)
        each.rows.hip_cov[:] = -(np.radians(3.2) ** 2)
    finding = finding_of("rotation_difference", episodes)
    assert finding.grade == "mild"
    assert finding.limit == pytest.approx(17.1, abs=0.6)


def _unsure(rule, times, sd_deg):
    episodes = MAKE[rule](times * LIMITS[RULES[rule].limit_name].value)
    for each in episodes:
        each.rows.hip_sd[:] = np.radians(sd_deg)
        each.rows.pelvis_sd[:] = np.radians(sd_deg)
    return episodes


RESTS_ON_AXES = [name for name in ON_AXES if name != "pelvic_twist"]


@pytest.mark.parametrize("rule", RESTS_ON_AXES)
@pytest.mark.parametrize("times", [0.0, 0.5, 1.5])
def test_what_is_hardly_known_is_never_called_none(rule, times):
    """With 50° of error no rule that rests on the axes says that there is nothing."""
    for finding in judge(_unsure(rule, times, 50.0), context()):
        if finding.rule == rule:
            assert finding.grade == "cannot_tell"
            assert (finding.confidence, finding.cue) == (0.0, "")


def test_a_difference_that_the_error_swallows_is_not_denied():
    """A detectable change of 130° says "cannot tell" with the limit, not "no difference"."""
    finding = finding_of("rotation_difference", _unsure("rotation_difference", 0.5, 47.0))
    assert finding.grade == "cannot_tell"
    assert finding.mdc == pytest.approx(130.0, abs=2.0)
    assert finding.limit == LIMITS["rotation_difference_deg"].value
    assert "cannot tell" in finding.words
    assert "too uncertain for a limit of 5°" in finding.words
    far = finding_of("rotation_difference", _unsure("rotation_difference", 6.0, 7.5))
    assert far.mdc > 4.0 * LIMITS["rotation_difference_deg"].value
    assert far.grade == "mild"  # beyond the error it is real, however large that is


@pytest.mark.parametrize(
    ("apart", "grade"),
    [(4.5, "none"), (5.5, "none"), (9.0, "cannot_tell"), (10.5, "cannot_tell"), (13.0, "mild")],
)
def test_a_difference_just_beyond_its_error_is_not_yet_reported(apart, grade):
    """Beyond its detectable change a difference is told once it is 90 % sure to reach the limit."""
    episodes = squats(more_internal(apart))
    for each in episodes:
        each.rows.hip_sd[:] = np.radians(3.4)
    finding = finding_of("rotation_difference", episodes)
    assert finding.mdc == pytest.approx(9.6, abs=0.3)
    assert finding.grade == grade
    assert (finding.confidence >= 0.9) == (grade == "mild") or grade == "none"


def test_a_direction_that_is_hidden_is_not_denied_by_the_other():
    """Turns in that are inconclusive are not covered up by turns out that are equal."""

    def turns(side):
        made = [table(table_motion(side, x), side, i + 1, x) for i, x in enumerate([30.0, -35.0])]
        made[0].rows.hip_sd[:] = np.radians(40.0)
        return tuple(made)

    finding = finding_of("rotation_difference", turns("right"), partner=turns("left"))
    assert finding.grade == "cannot_tell"


def test_one_sign_alone_does_not_rule_a_hip_shift_out():
    """Depth alone is known: without list and twist nobody can say that there is no shift."""
    episodes = squats(shift(2.5, ("depth",)))
    for each in episodes:
        each.rows.pelvis_sd[:] = np.radians(40.0)
    assert finding_of("hip_shift", episodes).grade == "cannot_tell"
