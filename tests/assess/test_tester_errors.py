"""What another tester adds to the error of a comparison."""

import math

import pytest

from imuhip.assess.screen import Before, ScreenKey, today_of, words_today
from imuhip.assess.symmetry import START_DAY_ERROR, Measured
from imuhip.assess.testers import (
    ACTIVE_SD_DEG,
    PASSIVE_SD_DEG,
    PRONE_SD_DEG,
    differ,
    is_tester,
    sd_between_testers,
    several,
    variance_against_mean,
    variance_between,
    words_of_testers,
)

SEATED = ScreenKey("seated_rotation_left", "left", "in", "passive", "")


def test_unknown_testers_are_neither_the_same_nor_others():
    """Only two known names that are not the same one, however written, are two testers."""
    assert differ("Anna", "Ben")
    assert not differ("Anna  M", "anna m")
    assert not differ("", "Ben")
    assert not differ("Anna", "")
    assert not differ("", "")


def test_what_testers_influence():
    """Turning a leg by hand most, instructions less, what gravity tells not at all."""
    end = "rotation_end_deg"
    assert sd_between_testers("seated_rotation_left", end, "passive") == PASSIVE_SD_DEG
    assert sd_between_testers("seated_rotation", end, "") == ACTIVE_SD_DEG
    assert sd_between_testers("prone_rotation_right", end, "") == PRONE_SD_DEG
    assert sd_between_testers("knee_to_chest_left", "flexion_end_deg", "passive") == PASSIVE_SD_DEG
    assert sd_between_testers("squat", "rotation_bottom_deg", "") == ACTIVE_SD_DEG
    assert sd_between_testers("squat", "depth_deg", "") == 0.0
    assert sd_between_testers("pivot", "rotation_speed_deg_per_s", "") == 0.0


def test_the_figures_follow_from_their_sources():
    """Smallest detectable changes between and within examiners; the spread between people."""
    detectable = 1.96 * math.sqrt(2.0)
    assert math.sqrt(15.9**2 - 7.8**2) / detectable == pytest.approx(PASSIVE_SD_DEG, abs=0.05)
    assert math.sqrt(7.1**2 - 5.9**2) / detectable == pytest.approx(ACTIVE_SD_DEG, abs=0.05)
    people = (9.7 + 11.4) / 2.0 / math.sqrt(2.0)
    assert math.sqrt(people**2 - 3.0**2) == pytest.approx(PRONE_SD_DEG, abs=0.05)


def test_variance_of_a_change_and_against_a_mean():
    """Twice a tester's variance between two; against a mean, by how many others tested."""
    assert variance_between("Anna", "Ben", 5.0) == 50.0
    assert variance_between("Anna", "anna", 5.0) == variance_between("", "Ben", 5.0) == 0.0
    assert variance_against_mean("Anna", ["Ben"], 5.0) == 50.0
    assert variance_against_mean("Anna", ["Ben"] * 4, 5.0) == 50.0
    # Half by today's tester: half of the other's manner is in the mean, and half of today's not.
    assert variance_against_mean("Anna", ["Anna", "Ben"], 5.0) == pytest.approx(12.5)
    # Two others: their manners average out, today's does not.
    assert variance_against_mean("Anna", ["Ben", "Cleo"], 5.0) == pytest.approx(37.5)
    assert variance_against_mean("", ["Anna", "Ben"], 5.0) == 0.0
    assert variance_against_mean("Anna", ["", "anna"], 5.0) == 0.0


def test_today_by_another_tester_must_differ_more():
    """12° less than usual are real with the same tester, and not with another."""
    before = tuple(Measured(40.0, 2.0) for _ in range(5))
    today = {SEATED: [Measured(28.0, 2.0)] * 3}
    same, other, unknown = (
        today_of(today, {SEATED: Before(before, START_DAY_ERROR, ("Anna",) * 5)}, who)
        for who in ("Anna", "Ben", "")
    )
    assert same[0].word == unknown[0].word == "real"
    assert same == unknown
    assert other[0].word == "possible"
    assert words_today(other)[-1].startswith("Test it again")
    assert "Somebody else tested before" in " ".join(words_today(other))
    assert "Somebody else" not in " ".join(words_today(same))
    assert today_of(today, {SEATED: Before(before, START_DAY_ERROR)}, "Ben") == same


def test_several_testers_are_named_once():
    """In the order of their first session, as first written."""
    assert several(["", "Anna", "BEN", "ben", "anna "]) == ("Anna", "BEN")
    assert words_of_testers(["Anna", "", "anna"]) == ""
    assert words_of_testers(["Anna", "Ben", "Cleo"]).startswith("Tested by Anna, Ben and Cleo:")


@pytest.mark.parametrize("name", ["two\nlines", " Anna", "x" * 41, "\x1b[2J"])
def test_what_cannot_be_a_tester(name):
    """One line, not too long, nothing that cannot be printed."""
    assert not is_tester(name)
    assert is_tester("Zoë Ångström")
    assert is_tester("")
