"""Walks of pivots, the screen, loads, and what weeks show."""

import math

import pytest
from support.athletes import assessed

from imuhip.assess.advice import cards_of
from imuhip.assess.loads import depth_by_load, loads_words
from imuhip.assess.movements import MOVEMENTS
from imuhip.assess.pivot_walk import dose_words, walks_of
from imuhip.assess.screen import battery, next_test, today_against_usual
from imuhip.assess.symmetry import START_DAY_ERROR, DayError, judged
from imuhip.assess.transfer import transfer_words
from imuhip.assess.what_helped import Helped, helped_in, offered_first
from imuhip.core.findings import Finding, Note, Repetition


@pytest.fixture(scope="module")
def pivots():
    """Two walks of a simulated athlete, eight pivots a leg each."""
    return assessed("pivot", seed=7, sets=2, equal_sides=True).repetitions


def test_pivots_are_walks(pivots):
    """Sixteen steps, some 20° apart at the limit with a pause there, and back: two whole walks."""
    walks = walks_of(pivots)
    assert [(walk.set, walk.steps, walk.returned) for walk in walks] == [
        (1, 16, True),
        (2, 16, True),
    ]
    for walk in walks:
        assert walk.width_deg == pytest.approx(20.0, abs=3.0)
        assert walk.pause_s > 3.0
        assert len(walk.pelvis_share) == 16
        assert abs(walk.turned_deg["left"] - walk.turned_deg["right"]) < 4.0
        assert walk.words.startswith("A whole walk: 16 steps")
    assert "2 whole walks today. That is a good dose" in dose_words(walks)


def test_a_walk_that_stays_apart_is_not_whole(pivots):
    """Who stops at the limit has not come back, and has no whole walk to count."""
    half = [r for r in pivots if r.set == 1 and r.repetition <= 4]
    (walk,) = walks_of(half)
    assert not walk.returned
    assert "did not come back" in walk.words
    assert dose_words([walk]).startswith("0 whole walks")
    assert walks_of([]) == ()
    assert dose_words([]) == ""


@pytest.mark.parametrize("posture", ["seated", "prone"])
def test_the_screen_has_an_order(posture):
    """Active before passive, both sides each, flexion last; every test is a movement."""
    done = []
    while (test := next_test(done, posture)) is not None:
        assert test.movement in MOVEMENTS
        done.append((test.movement, test.effort))
    assert len(done) == len(battery(posture)) == 6
    assert [effort for _, effort in done] == ["active"] * 2 + ["passive"] * 2 + [""] * 2


def test_today_is_held_against_the_usual():
    """12° less than in three sessions that agree is real and asks for a smaller day."""
    error = DayError(1.5, 1.0, 3)
    before = [[35.0, 36.0], [34.0, 35.0], [36.0, 35.0]]
    less = today_against_usual("Left, turned in", [23.0, 24.0], before, error)
    assert less.word == "real"
    assert "less than usual. Warm up longer" in less.words
    same = today_against_usual("Left, turned in", [34.0, 36.0], before, error)
    assert same.words == "Left, turned in: as usual, 35°."
    assert today_against_usual("Left, turned in", [], before, error) is None
    assert today_against_usual("Left, turned in", [30.0], [], START_DAY_ERROR) is None


def change(value, sd=2.0):
    return judged(value, sd**2, 5.0)


@pytest.mark.parametrize(
    ("table", "depth", "words"),
    [
        (13.0, 14.0, "both real"),
        (13.0, 1.0, "has not changed the squat"),
        (1.0, 14.0, "came from elsewhere"),
        (1.0, -1.0, "neither changed by more than error"),
    ],
)
def test_rotation_and_depth_are_held_against_each_other(table, depth, words):
    """What both changes mean is said with their numbers and errors."""
    said = transfer_words("left", "in", change(table), change(depth))
    assert words in said
    assert f"internal rotation on the table {table:+.0f}° (± 4°)" in said
    assert transfer_words("left", "in", change(math.nan), change(depth)) == ""


def squats(number, depth):
    return [
        Repetition("squat", side, number, k, "down", 10.0 * number + k, 10.0 * number + k + 0.5,
                   10.0 * number + k + 0.9, True, "marked", "", {"depth_deg": depth + 0.5 * k})
        for k in range(4)
        for side in ("left", "right")
    ]  # fmt: skip


def loaded(*depths):
    """Sets under 0, 40, 80 … kg, of these depths."""
    reps = [rep for k, depth in enumerate(depths, start=1) for rep in squats(k, depth)]
    notes = [
        Note(10.0 * k - 1.0, f"note:load {40 * (k - 1)} kg") for k in range(2, len(depths) + 1)
    ]
    return depth_by_load(reps, notes)


def test_three_loads_say_what_it_takes():
    """Depth that comes with load says from which load on; two loads say nothing."""
    found = loaded(80.0, 86.0, 93.0)
    assert [each.load_kg for each in found] == [0.0, 40.0, 80.0]
    assert "It takes 80 kg to reach parallel" in loads_words(found)
    assert "Load costs" in loads_words(loaded(100.0, 95.0, 90.0))
    assert "no difference beyond error" in loads_words(loaded(95.0, 95.5, 95.0))
    assert "Load helps" in loads_words(loaded(70.0, 75.0, 82.0))
    assert loads_words(loaded(80.0, 95.0)) == ""


def test_what_helped_is_offered_first():
    """A cue that made a fault less before stands in front of the rule's own cues."""
    notes = [
        {"label": "cue:spread the floor", "outcomes": [
            {"rule": "knee_in", "side": "right", "effect": "better", "words": "16° → 4°, better."},
            {"rule": "pelvic_tuck", "side": "both", "effect": "worse", "words": "12° → 15°."},
        ]},
        {"label": "pain", "outcomes": []},
    ]  # fmt: skip
    helped = helped_in(notes)
    assert helped == (Helped("knee_in", "right", "spread the floor", "16° → 4°, better."),)
    found = Finding("knee_in", "squat", "right", 1, (1,), 14.0, "deg", 5.0, 2.0, "marked", 1.0,
                    "Right thigh falls in.", "Right knee out.")  # fmt: skip
    (card,) = offered_first(cards_of([found]), helped)
    assert card.cues == ("Begin with “spread the floor”: it helped before.", "Right knee out.")
    (other,) = offered_first(cards_of([found]), [Helped("knee_in", "left", "push", "")])
    assert other.cues == ("Right knee out.",)
