"""Walks of pivots, the screen, loads, and what weeks show."""

import math

import pytest
from support.athletes import assessed

from imuhip.assess.advice import cards_of
from imuhip.assess.loads import depth_by_load, loads_words
from imuhip.assess.movements import MOVEMENTS
from imuhip.assess.pivot_walk import dose_words, walks_of
from imuhip.assess.screen import (
    Before,
    ScreenKey,
    battery,
    next_test,
    ranges_of,
    today_against_usual,
    today_of,
    words_today,
)
from imuhip.assess.symmetry import START_DAY_ERROR, Measured, judged
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
    before = [Measured(value, 1.7) for value in (35.5, 34.5, 35.5)]
    less = today_against_usual("Left", Measured(23.5, 1.7), before)
    assert less.word == "real"
    assert less.words == "Left: 12° (± 4°) less than usual."
    said = words_today([less, today_against_usual("Right", Measured(35.0, 1.7), before)])
    assert said[:2] == ("Left: 12° (± 4°) less than usual.", "One test as usual.")
    assert said[2].startswith("Warm up longer, test again")
    same = today_against_usual("Left", Measured(35.0, 1.7), before)
    assert same.words == "Left: as usual, 35°."
    unsure = today_against_usual("Left", Measured(23.5, 40.0), before)
    assert unsure.word == "cannot tell"
    assert words_today([unsure])[0].startswith("1 too uncertain to compare")
    assert today_against_usual("Left", Measured(math.nan, 1.0), before) is None
    assert today_against_usual("Left", Measured(30.0, 1.7), []) is None
    assert words_today(()) == ()


def test_the_usual_is_that_of_late():
    """What was gained weeks ago belongs to the usual: the latest five sessions are it."""
    before = [Measured(20.0, 2.0)] * 10 + [Measured(35.0, 2.0)] * 5
    assert today_against_usual("Left", Measured(35.0, 2.0), before).usual == 35.0


def turn(side, number, k, end_deg, direction="in"):
    """A turn on the table; turns out are negative, as measures have them."""
    return Repetition(f"seated_rotation_{side}", side, number, k, direction, 10.0 * number + k,
                      10.0 * number + k + 0.5, 10.0 * number + k + 0.9, True, "marked", "",
                      {"rotation_end_deg": end_deg, "rotation_end_sd_deg": 2.0})  # fmt: skip


def test_only_like_is_held_against_like():
    """Passive and warm tests are others; what is not said is active and cold."""
    turns = [turn("left", number, k, 20.0 + 5.0 * number) for number in (1, 2, 3) for k in (0, 1)]
    turns += [turn("left", 1, k, -30.0, "out") for k in (2, 3)]
    notes = [Note(19.0, "note:set passive"), Note(29.0, "note:set effort unsaid, warm")]
    ranges = ranges_of(turns, notes)
    name = "seated_rotation_left"
    assert {key: [each.value for each in of] for key, of in ranges.items()} == {
        ScreenKey(name, "left", "in", "", ""): [25.0, 25.0],
        ScreenKey(name, "left", "in", "passive", ""): [30.0, 30.0],
        ScreenKey(name, "left", "in", "", "warm"): [35.0, 35.0],
        ScreenKey(name, "left", "out", "", ""): [30.0, 30.0],
    }
    usual = Before((Measured(40.0, 2.0),) * 3, START_DAY_ERROR)
    (found,) = today_of(ranges, {ScreenKey(name, "left", "in", "passive", ""): usual})
    assert found.words.startswith("Left internal rotation, seated, passive: ")
    assert (found.today, found.usual, found.word) == (30.0, 40.0, "real")


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


def test_a_change_to_nothing_has_no_minus():
    """What rounds to nothing is +0°, and a minus is one."""
    said = transfer_words("left", "in", change(-0.3), change(-3.0))
    assert "on the table 0° (± 4°), squat depth −3° (± 4°)" in said


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
