import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from imuhip.estimate.monotone_curve import MonotoneCurve


@pytest.mark.parametrize("decimals", [0, 1, 9])
def test_curve_and_slope_are_the_bits_of_scipy(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    x = np.cumsum(rng.uniform(0.005, 0.02, 500))
    y = np.round(rng.normal(size=500), decimals)
    t = np.concatenate((rng.uniform(x[0] - 0.1, x[-1] + 0.1, 2000), x))
    ours, theirs = MonotoneCurve(x, y), PchipInterpolator(x, y)
    np.testing.assert_array_equal(ours(t), theirs(t))
    np.testing.assert_array_equal(ours.slope(t), theirs(t, 1))


def test_it_never_swings_past_its_points() -> None:
    x = np.arange(6.0)
    y = np.array([0.0, 0.0, 1.0, 1.0, 0.5, 0.5])
    found = MonotoneCurve(x, y)(np.linspace(0.0, 5.0, 501))
    assert found.min() == 0.0
    assert found.max() == 1.0
