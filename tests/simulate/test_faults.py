"""Faults from words: every finding can be rehearsed from the command line."""

import pytest
from support.athletes import AssessedSession

from imuhip.assess.rules.table import RULES
from imuhip.simulate.faults import FAULTS, with_faults
from imuhip.simulate.performance import Compensation, Felt, Performance
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import setup_from


def compensations(*texts):
    return with_faults(Performance(), texts).compensations


def test_every_rule_can_be_rehearsed():
    """There is a fault for every rule, under its name; but for what turns a pelvis in a hold."""
    assert set(FAULTS) == set(RULES) - {"pelvis_turns_in_hold"}


def test_words_say_size_side_part_and_numbers():
    """A fault has the rule's unit; what follows the size comes in any order."""
    assert compensations("knee_in=14:right:share=0.5", "side_lag=160:left") == (
        Compensation("knee_in", 14.0, "right", share=0.5),
        Compensation("side_lag", 0.16, "left"),
    )
    (pivot,) = compensations("pelvis_follows_pivot=50:left:set=2")
    assert (pivot.size, pivot.sets) == (0.5, (2,))
    (cheat,) = compensations("pelvis_cheats_table=10:tilt")
    assert cheat.parts == ("tilt",)
    felt = with_faults(Performance(), ["pain=90:left groin", "soreness=60"]).felt
    assert felt == (Felt("pain", 90.0, "left", "left groin"), Felt("sore", 60.0, "left", ""))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limp=3", "There is no fault 'limp'"),
        ("knee_in=much", "write the size in degrees"),
        ("knee_in", "write the size in degrees"),
        ("knee_in=14:up", "'up' is not known"),
        ("knee_in=14:share=half", "'half' is not a number"),
    ],
)
def test_what_is_wrong_is_said(text, words):
    """A slip of the pen is named, with what may stand there."""
    with pytest.raises(ValueError, match=words):
        with_faults(Performance(), [text])


@pytest.mark.parametrize("text", ["middle=5/56", "left=5", "left=5/much"])
def test_hips_are_a_side_and_two_turns(text):
    """Anything else is refused with an example."""
    with pytest.raises(ValueError, match="as in left=5/56"):
        setup_from("seated", hips=[text])


def test_pain_that_no_repetition_reaches_is_refused():
    """Nobody is bent to 150°: the words say so and what to do."""
    with pytest.raises(ValueError, match="bends the left hip to 150°"):
        simulate("squat", setup=setup_from("squat", faults=["pain=150:left"]))


def reported(scenario, *faults):
    """What is found of an athlete with these faults."""
    setup = setup_from(scenario, faults=faults, hips=["left=36/58", "right=36/58"],
                       equal_sides=True)  # fmt: skip
    found = AssessedSession(simulate(scenario, seed=7, grade="good", setup=setup)).findings
    return {(f.rule, f.side) for f in found if f.grade in ("mild", "marked")}


def test_arcs_are_rehearsed():
    """An arc short of its goal, and one that is mostly one way, are found where they were put."""
    faults = ("internal_rotation_short=20:left", "one_sided_arc=25:mostly_in:right")
    found = reported("seated", *faults)
    assert ("internal_rotation_short", "left") in found
    assert ("one_sided_arc", "right") in found


def test_speed_and_the_whole_way_are_rehearsed():
    """Turns at 300°/s, and a knee that is in all the way, are found on their side alone."""
    faults = ("too_fast=300:left", "knee_in=14:whole:right", "soreness=70:right outside")
    found = reported("squat+seated", *faults)
    assert {side for rule, side in found if rule == "too_fast"} == {"left"}
    assert {side for rule, side in found if rule == "knee_in"} == {"right"}
    assert ("soreness", "right") in found
