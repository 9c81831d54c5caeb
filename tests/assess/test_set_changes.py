"""A set against the one before: compensations are in the comparison, with what was tried."""

from dataclasses import replace

from support.synthetic_faults import MAKE, finding_of, squats, tuck

from imuhip.assess.set_changes import changes_between, changes_of_session
from imuhip.core.findings import Note


def second(finding):
    """The same as of the second set."""
    return replace(finding, set=2)


def test_a_knee_that_no_longer_falls_in_is_better():
    """16° before a band and nothing with it is a change that is reported, with what was tried."""
    before = finding_of("knee_in", MAKE["knee_in"](16.0))
    right = before if before.side == "right" else None
    assert right is not None
    after = second(replace(right, value=0.4, grade="none"))
    notes = [Note(40.0, "note:try a light band", "squat", 2)]
    (change,) = changes_of_session([right, after], notes)
    assert (change.effect, change.side) == ("better", "right")
    assert change.words == "Right knee in, set 1 to set 2 after “a light band”: 16° → 0°, better."


def test_the_same_twice_is_no_change():
    """What differs by less than its error says so, and is not among what changed."""
    once, again = (
        finding_of("pelvic_tuck", squats(tuck(15.0))),
        finding_of("pelvic_tuck", squats(tuck(16.0))),
    )
    (change,) = changes_between([once, second(again)], "squat", 1, 2)
    assert change.effect == "no clear change"
    assert changes_of_session([once, second(again)], []) == []


def test_a_shift_to_the_other_side_is_not_better():
    """5° to the right and then 9° to the left is a change, and worse."""
    right = finding_of("hip_shift", MAKE["hip_shift"](5.0))
    left = second(finding_of("hip_shift", MAKE["hip_shift"](-9.0)))
    (change,) = changes_of_session([right, left], [])
    assert (change.side, change.effect) == ("right", "worse")
    assert change.after.value < 0.0
