import numpy as np
import pytest
from support.helpers import random_quaternions

from imuhip.core.evidence import Alignment, HeadingBlock
from imuhip.core.quaternions import conjugate, multiply, quaternion_from_heading, rotate
from imuhip.core.records import GridBlock
from imuhip.estimate.segments import SegmentMotion

SENSORS = ("pelvis", "thigh_left", "thigh_right")
RNG = np.random.default_rng(3)
STANDING = np.array((np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0))  # x forward, y up: x east, z up
UP, Z_B = np.array((0.0, 0.0, 1.0)), np.array((0.0, 0.0, 1.0))


def moved(lean, turn, rate_b):
    """Segment motion of both thighs that lean forward and turn, mounted any way round."""
    n = len(lean)
    q_sb = random_quaternions(RNG, 3)
    heading = np.array((0.0, 0.7, -2.1))
    pitch = np.stack((np.cos(lean / 2), 0 * lean, 0 * lean, np.sin(lean / 2)), axis=-1)
    q_eb = multiply(multiply(quaternion_from_heading(turn), STANDING), pitch)
    q, gyr = np.empty((n, 3, 4)), np.empty((n, 3, 3))
    for i in range(3):
        q[:, i] = multiply(multiply(quaternion_from_heading(-heading[i]), q_eb), conjugate(q_sb[i]))
        gyr[:, i] = rotate(q_sb[i], rate_b)
    valid = np.ones((n, 3), dtype=bool)
    nan = np.full((n, 3, 3), np.nan)
    t, doubts = np.arange(n) / 100, [nan[..., 0]] * 3
    grid = GridBlock(SENSORS, t, q, nan, gyr, valid, ~valid, *doubts)
    stage = SegmentMotion()
    nothing = np.full((3, 3), np.nan)
    stage.align(Alignment(SENSORS, q_sb, heading, nothing, q[:1], "good", "test", 0.0, 0.0, 0.0))
    return stage.push(grid, HeadingBlock(grid.t, *np.zeros((3, n, 3))))


def test_inclination_and_heading_are_the_programmed_ones():
    """A thigh that leans by β and turns by ψ after standing reads β and ψ, on both sides."""
    lean = np.radians((0.0, 30.0, 90.0, 130.0))
    turn = np.radians((0.0, 20.0, -40.0, 100.0))
    found = moved(lean, turn, np.zeros((4, 3)))
    for k in range(2):
        assert found.inclination[:, k] == pytest.approx(lean, abs=1e-7)
        assert found.heading[:, k] == pytest.approx(turn, abs=1e-9)


def test_rates_are_those_of_the_gyroscope():
    """The rate about z is the inclination's, about the vertical the heading's, y the axial."""
    lean, turn = np.radians((10.0, 60.0)), np.zeros(2)
    rate = np.array(((0.1, 0.2, 0.9), (0.3, -0.4, -1.2)))
    found = moved(lean, turn, rate)
    vertical = rate[:, 0] * np.sin(lean) + rate[:, 1] * np.cos(lean)
    for k in range(2):
        assert found.inclination_rate[:, k] == pytest.approx(rate[:, 2])
        assert found.heading_rate[:, k] == pytest.approx(vertical)
        assert found.axial_rate[:, k] == pytest.approx(rate[:, 1] * (-1.0, 1.0)[k])
        assert found.speed[:, k] == pytest.approx(np.linalg.norm(rate, axis=1))
    assert found.pelvis_heading_rate == pytest.approx(vertical)


def test_without_an_alignment_nothing_is_known():
    """Before calibration every column is NaN."""
    n = 3
    nan = np.full((n, 3, 3), np.nan)
    never = np.zeros((n, 3), dtype=bool)
    t, q, doubts = np.arange(n) / 100, np.zeros((n, 3, 4)), [nan[..., 0]] * 3
    grid = GridBlock(SENSORS, t, q, nan, nan, never, never, *doubts)
    found = SegmentMotion().push(grid, HeadingBlock(grid.t, *[nan[..., 0]] * 3))
    assert np.isnan(found.inclination).all()
    assert np.isnan(found.pelvis_heading_rate).all()
