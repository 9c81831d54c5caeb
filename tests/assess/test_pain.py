"""Pain and soreness: marks that become findings, and take cues away."""

import pytest
from support.bodies import Body, squats

from imuhip.results.assessment import latest_findings

DEEP = squats(100.0, 100.0, 100.0, pause=1.0)
SET = ((3.0, "begin:squat"), (16.0, "end:squat"))
BOTTOM_S = 5.25
"""Session time of the first bottom of `DEEP`."""


def findings(*marks):
    """What stands in the end of a set of three squats with these marks."""
    reported = Body(inclination=(DEEP, DEEP)).assessed(*sorted((*SET, *marks)))
    return latest_findings(reported.findings)


def of(rule, found):
    """Those of one rule."""
    return [f for f in found if f.rule == rule]


def test_pain_is_the_first_finding_with_side_place_and_position():
    """A mark at the bottom says which hip, where, and at which flexion; its advice is no cue."""
    first = findings((BOTTOM_S, "pain:left groin"))[0]
    assert (first.rule, first.grade, first.side, first.set) == ("pain", "marked", "left", 1)
    assert first.words.startswith("Pain, left groin, at ")
    assert first.value == pytest.approx(100.0, abs=1.0)
    assert "Reduce the range or the load" in first.cue
    assert "direction that does not hurt" in first.cue


def test_a_plain_mark_of_pain_is_a_finding_too():
    """A mark that names no side is about both."""
    (found,) = of("pain", findings((BOTTOM_S, "pain")))
    assert found.side == "both"
    assert found.words.startswith("Pain at ")


def test_sore_is_not_pain():
    """Soreness has advice of its own, and no finding of pain beside it."""
    found = findings((BOTTOM_S, "sore:right outside"))
    (sore,) = of("soreness", found)
    assert (sore.side, sore.grade) == ("right", "mild")
    assert "lighter range and longer holds" in sore.cue
    assert of("pain", found) == []


def test_pain_marked_after_the_set_belongs_to_it():
    """Who stops because it hurts marks it standing: the set has it, the position is not made up."""
    (found,) = of("pain", findings((16.5, "pain:right groin")))
    assert (found.movement, found.set) == ("squat", 1)
    assert "not marked" in found.words


def test_each_rule_is_reported_once_after_a_mark():
    """Judging a set again after a mark replaces what was said of it."""
    found = findings((14.0, "pain:left groin"))
    said = [(f.movement, f.set, f.rule, f.side) for f in found]
    assert len(said) == len(set(said))
    assert of("pain", found)


def test_pain_without_any_repetition_is_kept():
    """A mark while nothing counts is a finding all the same."""
    still = Body(inclination=(squats(), squats()))
    (found,) = still.assessed((3.5, "pain:back")).findings
    assert (found.rule, found.movement) == ("pain", "")
    assert "back" in found.words


def test_cuts_do_not_show_in_pain():
    """However the rows are cut, what is said of pain is the same."""
    body = Body(inclination=(DEEP, DEEP))
    marks = sorted((*SET, (BOTTOM_S, "pain:left groin")))
    whole = latest_findings(body.assessed(*marks).findings)
    cut = latest_findings(body.assessed(*marks, cuts=(150, 151, 333, 700)).findings)
    assert repr(cut) == repr(whole)
