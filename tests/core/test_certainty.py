import pytest
from scipy.special import stdtrit

from imuhip.core.certainty import Z95, student95


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 30, 31, 1000])
def test_student_agrees_with_scipy(freedom: int) -> None:
    assert student95(freedom) == pytest.approx(float(stdtrit(freedom, 0.975)), rel=1e-12)


def test_student_comes_to_the_normal_distribution() -> None:
    assert student95(100_000) == pytest.approx(Z95, rel=3e-5)
