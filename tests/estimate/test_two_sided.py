import numpy as np
import pytest
from support.helpers import samples

from imuhip.estimate.gyro_bias import GyroBias
from imuhip.estimate.two_sided import reversed_samples, smoothed_heading, weighed_bias


def test_a_bias_is_known_from_the_rest_after():
    """Movement before the first rest has the bias of that rest, which forwards is not yet known."""
    rng = np.random.default_rng(2)
    n, bias = 3000, np.radians(np.array((0.8, -0.5, 0.3)))
    moving = (np.arange(n) < 1500)[:, None]
    gyr = np.where(moving, np.sin(np.arange(n) / 30.0)[:, None] * np.ones(3), 0.0)
    gyr = gyr + bias + np.radians(0.05) * rng.normal(size=(n, 3))
    block = samples("pelvis", 100.0, gyr, np.tile((0.0, 0.0, 9.81), (n, 1)))
    before = GyroBias().push(block)
    after = GyroBias().push(reversed_samples(block, block))
    found, sd = weighed_bias(
        (gyr - before.samples.gyr, before.sd),
        (gyr - after.samples.gyr[::-1], after.sd[::-1]),
    )
    assert np.abs(gyr - before.samples.gyr - bias)[:1400].max() > np.radians(0.25)
    assert np.degrees(np.abs(found - bias)[:1400].max()) < 0.05
    assert (np.abs(found - bias) < 4.0 * sd)[:1400].all()


def test_gaps_stay_where_they_were():
    """Backwards, a gap lies before the sample that it lay behind."""
    block = samples("pelvis", 100.0, np.zeros((5, 3)), np.ones((5, 3)))
    block.missing[3], block.restart[3], block.dt[3] = 7, True, 0.08
    back = reversed_samples(block, block)
    assert back.missing.tolist() == [0, 0, 7, 0, 0]
    assert back.restart.tolist() == [False, False, True, False, False]
    assert back.dt[2] == 0.08
    again = reversed_samples(back, back)
    assert np.array_equal(again.missing, block.missing)
    assert np.array_equal(again.dt, block.dt)


def test_a_standing_shows_the_drift_of_all_the_time_before():
    """A bias's drift, seen at a later standing, is taken off in proportion to the time."""
    n = 1000
    sd = np.radians(0.01) * np.arange(1, n + 1)
    turn, variance = np.zeros(n), sd**2
    turn[900:], variance[900:] = np.radians(5.0), np.radians(0.1) ** 2
    out = smoothed_heading(turn, variance, np.zeros(n, dtype=np.bool_))
    assert np.degrees(out[450]) == pytest.approx(2.5, abs=0.05)
    assert np.array_equal(out[900:], turn[900:])


def test_a_jump_stays_in_its_gap():
    """What a standing shows after a gap goes to the gap, and hardly to what was before it."""
    n = 1000
    variance = np.full(n, np.radians(0.5) ** 2)
    variance[500:900] += np.radians(30.0) ** 2
    turn = np.zeros(n)
    turn[900:] = np.radians(20.0)
    jumped = np.zeros(n, dtype=np.bool_)
    jumped[500] = True
    out = np.degrees(smoothed_heading(turn, variance, jumped))
    assert out[499] == pytest.approx(0.0, abs=0.1)
    assert out[501] == pytest.approx(20.0, abs=0.1)


def test_before_the_standing_nothing_is_made_up():
    """Rows without a known error stay as they are."""
    variance = np.array((np.nan, np.nan, 0.1, 0.05))
    out = smoothed_heading(np.array((0.0, 0.0, 0.1, 0.3)), variance, np.zeros(4, dtype=np.bool_))
    assert out[:2].tolist() == [0.0, 0.0]
    assert out[2] == pytest.approx(0.3)
