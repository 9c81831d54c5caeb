import math

import numpy as np
import pytest

from imuhip.assess.symmetry import (
    START_DAY_ERROR,
    Measured,
    change,
    day_error,
    mdc_between_days,
    side_difference,
    within_sd,
)


def test_equal_sides_are_called_real_in_at_most_six_of_a_hundred_draws():
    """Truly equal sides with 3° of error a side are "real" in at most 6 % of 2,000 draws."""
    rng = np.random.default_rng(10_001)
    pairs = 10.0 + 3.0 * rng.standard_normal((2000, 2))
    words = [side_difference(Measured(a, 3.0), Measured(b, 3.0)).word for a, b in pairs]
    real = words.count("real") / len(words)
    assert 0.03 < real <= 0.06


def test_a_shared_error_of_opposite_sign_widens_the_interval():
    """A negative covariance, as at depth, makes the detectable difference larger."""
    alone = side_difference(Measured(10.0, 3.3), Measured(20.0, 3.3))
    shared = side_difference(Measured(10.0, 3.3), Measured(20.0, 3.3), covariance=-(3.2**2))
    assert alone.mdc == pytest.approx(9.15, abs=0.01)
    assert alone.word == "real"
    assert shared.mdc == pytest.approx(12.74, abs=0.01)
    assert shared.word == "possible"
    assert (shared.low, shared.high) == pytest.approx((10.0 - shared.mdc, 10.0 + shared.mdc))


@pytest.mark.parametrize(
    ("apart", "sd", "word"),
    [
        (0.5, 1.0, "no detectable difference"),
        (4.9, 1.0, "possible"),
        (5.1, 1.0, "real"),
        (-5.1, 1.0, "real"),
        (3.5, 3.0, "no detectable difference"),
        (5.1, 3.0, "possible"),
        (5.1, math.nan, "cannot tell"),
        (math.nan, 1.0, "cannot tell"),
    ],
)
def test_words(apart, sd, word):
    """Real is beyond the detectable change and 5°; the error must be known."""
    half = sd / math.sqrt(2.0)
    assert side_difference(Measured(0.0, half), Measured(apart, half)).word == word


def test_a_covariance_that_cannot_be_tells_nothing():
    """Errors more alike than errors can be are not turned into certainty."""
    assert side_difference(Measured(0, 1.0), Measured(9, 1.0), covariance=1.5).word == "cannot tell"


def test_detectable_change_between_days():
    """The figures of the method: more repetitions cannot beat a new strap."""
    wide = START_DAY_ERROR
    found = [mdc_between_days(n, wide) for n in (1, 5, 8)]
    assert found == pytest.approx([10.0, 8.7, 8.5], abs=0.06)


def test_own_sessions_count_from_three_on():
    """Two sessions leave the start value; a steady athlete's three or more tighten it."""
    rng = np.random.default_rng(4)
    steady = [(30.0 + 0.5 * rng.standard_normal(5)).tolist() for _ in range(6)]
    assert day_error(steady[:2]) == START_DAY_ERROR
    own = day_error(steady)
    assert own.sessions == 6
    assert own.between_sd < 2.2
    assert own.within_sd < 1.0
    spread = [[v + 12.0 * (i % 2) for v in s] for i, s in enumerate(steady)]
    assert day_error(spread).between_sd > 4.0


def test_no_change_is_rarely_called_real_with_own_sessions():
    """With the error taken from three of one's own sessions, no change is "real" in ≤ 7 %."""
    rng = np.random.default_rng(10_002)

    def session():
        return (25.0 + 3.0 * rng.standard_normal() + 2.0 * rng.standard_normal(6)).tolist()

    words = [
        change(session(), session(), day_error([session() for _ in range(3)])).word
        for _ in range(2000)
    ]
    assert words.count("real") / len(words) <= 0.07


def test_change_needs_repetitions_on_both_days():
    """An empty day is a caller's mistake, told in words."""
    with pytest.raises(ValueError, match="there are 0 and 2"):
        change([], [1.0, 2.0], START_DAY_ERROR)


def test_few_repetitions_lean_on_the_start_value():
    """One repetition has the start value's spread; many have their own; NaN are left out."""
    assert within_sd([12.0]) == pytest.approx(2.0)
    assert within_sd([]) == pytest.approx(2.0)
    many = np.random.default_rng(3).normal(0.0, 6.0, 400).tolist()
    assert within_sd([*many, math.nan]) == pytest.approx(6.0, rel=0.1)
