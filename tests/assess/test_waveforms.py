import numpy as np
import pytest

from imuhip.assess.waveforms import MIN_REPETITIONS, PHASES, over_phase, side_band, waveform


def _curves(rng, n, shape=0.0, sd=2.0):
    """Smooth curves that differ by offset and slope."""
    offset, slope = sd * rng.standard_normal((2, n, 1))
    return 10.0 * PHASES + shape + offset + slope * PHASES


def test_phase_is_of_inclination_not_of_time():
    """A pause on the way, and another tempo, leave the curve over the phase as it is."""
    path = np.linspace(0.0, 1.6, 200)
    slow = np.concatenate([path[:90], np.full(70, path[90]), path[90:], path[::-2]])
    steady = np.concatenate([path, path[::-1]])
    for inclination in (slow, steady):
        down, up = over_phase(inclination, 2.0 * inclination**2, int(np.argmax(inclination)))
        assert down == pytest.approx(2.0 * (1.6 * PHASES) ** 2, abs=2e-3)
        assert up[2:] == pytest.approx(down[2:], abs=2e-3)


def test_phases_never_reached_are_not_known():
    """A repetition that starts bent has no value near standing, and none is made up."""
    inclination = np.concatenate([np.linspace(0.4, 1.6, 100), np.linspace(1.6, 0.0, 100)])
    down, up = over_phase(inclination, inclination, 99)
    assert np.isnan(down[:25]).all()
    assert np.isfinite(down[26:]).all()
    assert np.isfinite(up).all()


def test_mean_and_spread():
    """Mean and sample standard deviation over the repetitions, phase by phase."""
    curves = _curves(np.random.default_rng(1), 7)
    curves[:6, 3] = np.nan
    found = waveform(curves)
    assert found.repetitions == 7
    assert np.isnan(found.mean[3])
    assert np.isnan(found.sd[3])
    assert found.mean[4:] == pytest.approx(curves[:, 4:].mean(axis=0))
    assert found.sd[4:] == pytest.approx(curves[:, 4:].std(axis=0, ddof=1))


@pytest.mark.parametrize("paired", [True, False])
def test_the_band_holds_the_whole_truth(paired):
    """Over many sets of eight, no point of the phase leaves the band in 92 of 100 or more."""
    rng = np.random.default_rng(20_000)
    alarms = 0
    for _ in range(100):
        band = side_band(_curves(rng, 8), _curves(rng, 8), paired=paired)
        alarms += bool(band.beyond.any())
    assert alarms <= 8


def test_a_difference_is_found_where_it_is():
    """A difference at depth alone is beyond the band there and not near standing."""
    rng = np.random.default_rng(5)
    deep = 8.0 * np.clip(PHASES - 0.5, 0.0, None) * 2.0
    band = side_band(_curves(rng, 8, sd=0.8), _curves(rng, 8, shape=deep, sd=0.8), paired=False)
    assert band.beyond[95:].all()
    assert not band.beyond[:40].any()
    wide = side_band(
        _curves(rng, 8, sd=0.8),
        _curves(rng, 8, shape=deep, sd=0.8),
        paired=False,
        error_sd=np.full(101, 6.5),
    )
    assert not wide.beyond.any()


def test_too_few_repetitions_give_no_band():
    """Fewer than six a side say nothing; a repetition unknown over much of the phase is none."""
    rng = np.random.default_rng(6)
    left, right = _curves(rng, MIN_REPETITIONS), _curves(rng, MIN_REPETITIONS)
    assert side_band(left, right, paired=True) is not None
    assert side_band(left[1:], right, paired=False) is None
    left[0, :20] = np.nan
    assert side_band(left, right, paired=True) is None


def test_first_phases_that_one_repetition_lacks_are_left_open():
    """Where one repetition starts bent the band is NaN, and never called a difference."""
    rng = np.random.default_rng(8)
    left, right = _curves(rng, 7), 30.0 + _curves(rng, 7)
    left[2, :4] = np.nan
    band = side_band(left, right, paired=True)
    assert np.isnan(band.low[:4]).all()
    assert not band.beyond[:4].any()
    assert band.beyond[4:].all()


def test_the_same_repetitions_give_the_same_bits():
    """The draws come from a fixed seed."""
    left, right = (_curves(np.random.default_rng(s), 8) for s in (1, 2))
    first, again = (side_band(left, right, paired=False) for _ in range(2))
    assert np.array_equal(first.low, again.low)
    assert np.array_equal(first.high, again.high)
