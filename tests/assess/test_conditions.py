"""Sides are compared, and arcs averaged, only under the same conditions."""

import pytest
from support.bodies import Body, path

from imuhip.assess.conditions import (
    SET_FIELDS,
    set_note,
    tags_at,
    tags_of_ends,
    under_alike_conditions,
)
from imuhip.assess.goals import arcs_of
from imuhip.assess.pairs import pairs_of
from imuhip.core.findings import Note
from imuhip.results.assessment import latest_findings


def turns(*ends):
    """Hip rotation of seated turns to these ends."""
    steps = []
    for end in ends:
        steps += [(end, 1.2), (end, 0.8), (0.0, 1.2), (0.0, 0.8)]
    return path(0.0, *steps)


def session(*notes):
    """Left tested to 30° and again to 41°, then right to 40°; each set with its note."""
    first, second, third = turns(30.0, 30.0), turns(41.0, 41.0), turns(40.0, 40.0)
    left = [*first, *second, *(0.0 * third)]
    right = [*(0.0 * first), *(0.0 * second), *third]
    body = Body(inclination=(90.0, 90.0), rotation=(left, right))
    body.angles.hip_sd[:] = 0.01
    body.angles.hip_cov[:] = 0.0
    edges = [3.0, 3.0 + len(first) / 100, 3.0 + (len(first) + len(second)) / 100]
    names = ["seated_rotation_left", "seated_rotation_left", "seated_rotation_right"]
    marks = []
    for start, name, note in zip(edges, names, notes, strict=True):
        marks += [(start + 0.02, f"begin:{name}"), (start + 0.03, f"note:{note}")]
    return body.assessed(*marks)


def compared(reported):
    """What is said of the sides."""
    return [f for f in latest_findings(reported.findings) if f.rule == "rotation_difference"]


@pytest.mark.parametrize(
    ("notes", "value"),
    [
        (("active", "passive", "active"), 10.0),
        (("passive", "active", "passive"), 10.0),
        (("active", "passive", "passive"), 1.0),
        (("cold", "warm", "cold"), 10.0),
        (("cold", "warm", "warm"), 1.0),
    ],
)
def test_like_is_compared_with_like(notes, value):
    """Right passive is held against left passive, warm against warm, whatever came last."""
    (found,) = compared(session(*notes))
    assert found.value == pytest.approx(value, abs=0.3)


def test_unlike_conditions_are_not_compared():
    """Left passive against right active is no comparison of the sides."""
    assert compared(session("passive", "passive", "active")) == []


def test_arcs_of_other_conditions_are_not_averaged():
    """Cold and warm arcs stand apart: 30° and 41°, never their mean."""
    reported = session("cold", "warm", "warm")
    groups = under_alike_conditions(reported.repetitions, reported.notes)
    found = {said.words: arcs_of(group, "left").internal.value for said, group in groups.items()}
    assert found == pytest.approx({"cold": 30.0, "warm": 41.0}, abs=0.3)


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        (("active", "passive", "passive"), "strength and control"),
        (("cold", "warm", "warm"), "rather than the joint"),
    ],
)
def test_a_gap_says_what_it_means(notes, words):
    """Passive far beyond active is strength, warm far beyond cold is guarding: not the joint."""
    reported = session(*notes)
    (pair,) = pairs_of(reported.repetitions, reported.notes)
    assert pair.difference.word == "real"
    assert words in pair.words


def test_the_fields_of_a_set_come_back_from_their_mark():
    """Every field that can be chosen is said in the mark, and read from it; none takes one away."""
    fields = {
        "load_kg": "82.5", "bar": "front", "stance": "wide", "heel_cm": "2",
        "equipment": "belt and box", "effort": "active", "warmth": "warm",
    }  # fmt: skip
    assert set(fields) == set(SET_FIELDS)
    marks = [(1.0, set_note(fields)), (3.0, set_note({"load_kg": "90", "bar": "none"}))]
    first, second = tags_of_ends({("squat", 1): 2.0, ("squat", 2): 4.0}, marks).values()
    words = "warm, active, 82.5 kg, front bar, wide stance, heels 2 cm, with belt and box"
    assert first.words == words
    assert (second.load_kg, second.bar, second.stance) == (90.0, "", "wide")
    assert first.key != second.key


@pytest.mark.parametrize("note", ["bar path drifts", "stance got wide", "went home with belt"])
def test_what_a_coach_notes_freely_is_no_field(note):
    """Only a note of the set's fields says bar, stance and equipment."""
    (tags,) = tags_of_ends({("squat", 1): 2.0}, [(1.0, f"note:{note}")]).values()
    assert tags.words == ""


@pytest.mark.parametrize(
    "test", ["seated_rotation_left", "prone_rotation_right", "knee_to_chest_left"]
)
def test_a_table_test_has_no_load_of_the_squats_before(test):
    """Bar, load, stance and heels stay with the squats; warm and passive hold on the table too."""
    said = "note:set load 80 kg, bar front, stance wide, heel 2 cm, warm"
    marks = [(1.0, said), (3.0, "note:set passive")]
    ends = {("squat", 1): 2.0, (test, 1): 4.0, ("squat", 2): 6.0}
    before, tested, after = (tags.words for tags in tags_of_ends(ends, marks).values())
    squats = "80 kg, front bar, wide stance, heels 2 cm"
    assert (before, tested) == (f"warm, {squats}", "warm, passive")
    assert after == f"warm, passive, {squats}"
    notes = [Note(t, label) for t, label in marks]
    assert tags_at(notes, 4.0, test).words == tested
