"""What the terminal says beyond single sets, as a coach reads it."""

import io

import pytest
from rich.console import Console

from imuhip.assess.cue_log import Outcome
from imuhip.assess.params import AssessParams
from imuhip.assess.set_measures import summaries
from imuhip.cli.assessment_output import assessment_words
from imuhip.cli.comparison_output import compared_words, cues_words, goals_words
from imuhip.core.findings import Finding, Note, Repetition


@pytest.fixture
def console():
    """A console as wide as a coach's, without colours."""
    return Console(file=io.StringIO(), width=110, color_system=None)


def _turns(side, inwards, outwards, number=1, t=10.0):
    ends = {"in": inwards, "out": -outwards}
    return [
        Repetition(
            f"seated_rotation_{side}", side, number, k + 1, direction, t + k, t + k + 0.4,
            t + k + 0.8, True, "marked",
            measures={"rotation_end_deg": ends[direction], "rotation_end_sd_deg": 1.0},
        )
        for k, direction in enumerate(["in", "out"] * 3)
    ]  # fmt: skip


def _line(console, start):
    said = console.file.getvalue().splitlines()
    return next(line for line in said if line.strip().startswith(start))


def test_arcs_stand_against_the_athletes_goals(console):
    """Each arc has both sides with their error, its goal, where it stands, and what people have."""
    turns = [*_turns("left", 35.0, 40.0), *_turns("right", 20.0, 60.0)]
    params = AssessParams.from_settings(
        {"goal": "field_sport", "arc_goals": {"external_deg": [30, 50]}}
    )
    goals_words(console, turns, params)
    said = console.file.getvalue()
    assert "Seated rotation against the goals (field sport)" in said
    internal = _line(console, "internal rotation")
    assert "35° ± 3" in internal
    assert "25–45°: left perhaps within, right perhaps" in internal
    assert "30–38°" in internal
    assert "30–50°: left perhaps within, right beyond" in _line(console, "external rotation")
    assert "40–60 %" in _line(console, "internal part")


def test_a_hip_that_was_not_tested_is_a_dash(console):
    """With one side tested the other is told as not known; without a table test nothing is said."""
    goals_words(console, _turns("left", 35.0, 60.0), AssessParams())
    assert "–  25–45°: left perhaps within, right cannot tell" in _line(
        console, "internal rotation"
    )
    empty = Console(file=io.StringIO())
    goals_words(empty, [], AssessParams())
    assert empty.file.getvalue() == ""


def test_tests_before_and_after_are_held_against_each_other(console):
    """Cold and warm sets of a test are reported with both values, the difference and its word."""
    turns = [*_turns("left", 25.0, 40.0), *_turns("left", 37.0, 40.0, number=2, t=60.0)]
    notes = [Note(t, label, "", 0, 0, {}) for t, label in ((9.0, "note:cold"), (50.0, "note:warm"))]
    compared_words(console, turns, notes)
    said = " ".join(console.file.getvalue().split())
    assert "cold 25°, warm 37°; difference +12° ± 3: real." in said
    assert "cold 40°, warm 40°; difference 0° ± 3: no detectable difference." in said


def test_what_a_cue_did_is_said(console):
    """Every cue that was logged is reported with what became of the finding."""
    words = "After “knee out”: left knee in 9° → 4°, better."
    outcome = Outcome(
        "knee out", 5.0, "squat", 1, "knee_in", "left", 9.0, 4.0, 2.0, "deg", "better", words
    )
    cues_words(console, [outcome])
    assert words in console.file.getvalue()


def test_sides_of_a_squat_are_compared_with_their_own_error(console):
    """The difference's error is the rule's, with what the sides share; others have none."""
    reps = [
        Repetition(
            "squat", side, 1, k, "down", 5.0 * k, 5.0 * k + 1, 5.0 * k + 2, True, "marked",
            measures={"rotation_bottom_deg": turn, "rotation_bottom_sd_deg": 3.0,
                      "rotation_at_90_deg": 0.5 * turn, "descent_s": 1.0},
        )
        for k in (1, 2, 3)
        for side, turn in (("left", 4.0), ("right", 16.0))
    ]  # fmt: skip
    finding = Finding(
        "rotation_difference", "squat", "right", 1, (1, 2, 3), 12.0, "deg", 9.0, 9.4, "mild", 0.95,
        "Real difference.",
    )  # fmt: skip
    assessment_words(console, summaries(reps), [finding])
    assert _line(console, "hip rotation, bottom").split()[-3:] == ["+12°", "±", "9"]
    assert _line(console, "rotation at 90°").split()[-1] == "+6°"
    assert _line(console, "descent").split()[-1] == "s"
