"""From what repetitions show to a grade."""

import pytest

from imuhip.assess.verdicts import Seen, verdict_of


@pytest.mark.parametrize(("value", "grade"), [(9.8, "none"), (10.6, "cannot_tell"), (12.0, "mild")])
def test_what_is_hardly_beyond_the_limit_is_not_told_of(value, grade):
    """A value is told of where it is beyond the limit with 90 %, and hardly beyond it never."""
    seen = [Seen("both", number, value, 1.0) for number in range(1, 6)]
    verdict = verdict_of(seen, 10.0, 1.0, signed=False)
    assert verdict.grade == grade
    assert (verdict.confidence == 0.0) == (grade == "cannot_tell")
    assert bool(verdict.showing) == (grade == "mild")
