"""From what repetitions show to a grade."""

import pytest

from imuhip.assess.verdicts import Seen, verdict_of


@pytest.mark.parametrize(("value", "grade"), [(9.8, "none"), (10.6, "cannot_tell"), (12.0, "mild")])
def test_what_is_hardly_beyond_the_limit_is_not_reported(value, grade):
    """A value is reported where it is beyond the limit with 90 %, and hardly beyond it never."""
    seen = [Seen("both", number, value, 1.0) for number in range(1, 6)]
    verdict = verdict_of(seen, 10.0, 1.0, signed=False)
    assert verdict.grade == grade
    assert (verdict.confidence == 0.0) == (grade == "cannot_tell")
    assert bool(verdict.showing) == (grade == "mild")


def test_repetitions_with_limits_of_their_own_are_held_against_one():
    """What two repetitions show of another limit counts by its share of that, in the set's unit."""
    seen = [Seen("left", number, 8.0, 0.5) for number in (1, 2, 3)]
    seen += [Seen("left", number, 30.0, 1.0, limit=20.0) for number in (4, 5)]
    verdict = verdict_of(seen, 10.0, 1.0, signed=False)
    assert (verdict.limit, verdict.value, verdict.grade) == (10.0, 8.0, "none")
    mostly = verdict_of([*seen[2:], seen[3]._replace(number=6)], 10.0, 1.0, signed=False)
    assert (mostly.limit, mostly.value, mostly.grade) == (20.0, 30.0, "mild")
    assert mostly.showing == (4, 5, 6)
