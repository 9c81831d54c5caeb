import numpy as np
import pytest
from support.helpers import cuts, part, samples

from imuhip.estimate.gyro_bias import GyroBias

RATE = 100.0
UP = np.array((0.0, 0.0, 9.81))


def _still(rng, seconds, bias_deg, noise_deg=0.05, tilt=UP):
    n = round(seconds * RATE)
    gyr = np.radians(bias_deg + noise_deg * rng.normal(size=(n, 3)))
    return gyr, np.tile(tilt, (n, 1)) + 0.02 * rng.normal(size=(n, 3))


def _join(*pieces):
    gyr, acc = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    return samples("pelvis", RATE, gyr, acc)


def _swaying(rng, seconds, bias_deg, sway_deg=0.15):
    """A standing person: the sensor turns to and fro by slow sway."""
    gyr, acc = _still(rng, seconds, bias_deg)
    t = np.arange(len(gyr)) / RATE
    for k in range(3):
        f = rng.uniform(0.1, 0.4)
        swing = sway_deg * 2 * np.pi * f * np.cos(2 * np.pi * f * t + rng.uniform(0, 6))
        gyr[:, k] += np.radians(swing)
    return gyr, acc


@pytest.mark.parametrize("bias", [(0.5, -1.0, 2.0), (5.0, 0.0, -4.0)])
@pytest.mark.parametrize("noise", [0.02, 0.3])
def test_six_seconds_in_the_tray_find_the_bias(bias, noise):
    """Lying still for six seconds gives the bias within four of its stated standard deviations."""
    rng = np.random.default_rng(0)
    out = GyroBias().push(_join(_still(rng, 6, np.array(bias), noise)))
    left = np.degrees(out.samples.gyr[-100:].mean(axis=0))
    assert np.all(np.abs(left) < 4 * np.degrees(out.sd[-1]) + 4 * noise / 10)
    assert np.degrees(out.sd[-1]).max() < 0.1
    assert out.still[-1]


@pytest.mark.parametrize("interval", [0.00999, 0.01001, 0.0097, 1.0 / 60.0])
def test_the_interval_of_the_samples_does_not_scale_the_bias(interval):
    """Whatever number of samples half a second holds, a bias of 4°/s is found to 0.01°/s."""
    n = round(6.0 / interval)
    gyr = np.radians(np.tile((4.0, -4.0, 2.0), (n, 1)))
    out = GyroBias().push(samples("pelvis", 1.0 / interval, gyr, np.tile(UP, (n, 1))))
    assert np.degrees(np.abs(out.samples.gyr[-1])).max() < 0.01


def test_sway_does_not_overrule_the_tray():
    """Twenty seconds of swaying after a tray move the bias by less than 0.02°/s."""
    rng = np.random.default_rng(1)
    worst = 0.0
    for _ in range(10):
        bias = rng.normal(size=3)
        taken, _ = _taken(_join(_still(rng, 6, bias), _swaying(rng, 20, bias)))
        worst = max(worst, float(np.abs(np.degrees(taken[700:]) - bias).max()))
    assert worst < 0.02


def test_sway_alone_is_better_than_nothing_and_says_how_good():
    """Without a tray, standing brings a 1°/s bias down, and the truth lies within three sd."""
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(40):
        bias = rng.normal(size=3)
        taken, out = _taken(_join(_swaying(rng, 8, bias)))
        inside.append(np.abs(np.degrees(taken[-1]) - bias) < 3 * np.degrees(out.sd[-1]))
    assert np.mean(inside) > 0.95
    assert np.degrees(out.sd[-1]).max() < 0.1


def _taken(block):
    """The bias taken off each sample, rad/s, and all that came out."""
    out = GyroBias().push(block)
    return block.gyr - out.samples.gyr, out


def test_movement_teaches_nothing():
    """While the sensor turns, the bias stays what it was."""
    rng = np.random.default_rng(3)
    still = _still(rng, 5, np.zeros(3))
    t = np.arange(1000) / RATE
    turning = (np.outer(np.sin(2 * np.pi * 0.5 * t), (1.0, 0.3, -0.5)), np.tile(UP, (1000, 1)))
    taken, out = _taken(_join(still, turning))
    assert taken[520] == pytest.approx(taken[-1], abs=1e-12)
    assert not out.still[-1]


def test_a_slow_steady_turn_is_not_a_bias():
    """After the bias is known, standing on a turntable at 0.5°/s does not change it."""
    rng = np.random.default_rng(4)
    bias = np.array((0.2, -0.1, 0.3))
    swaying = _swaying(rng, 8, bias)
    turning = _still(rng, 6, bias + np.array((0.0, 0.0, 0.5)))
    turning[0][:, 0] += np.radians(0.3) * np.sin(np.arange(600) / 100.0)
    taken, _ = _taken(_join(_still(rng, 6, bias), swaying, turning))
    assert np.degrees(np.abs(taken[-1] - taken[1390])).max() < 0.03


def test_the_part_that_depends_on_gravity_is_learned():
    """A bias that changes with attitude is known in both attitudes once both have rested."""
    rng = np.random.default_rng(5)
    lying, standing = UP, np.array((9.81, 0.0, 0.0))
    first, second = np.array((0.3, 0.0, 0.1)), np.array((0.38, -0.05, 0.16))
    turn = (np.tile((0.0, np.pi / 4, 0.0), (200, 1)), np.tile(lying, (200, 1)))
    parts = [_still(rng, 6, first), turn, _still(rng, 6, second, tilt=standing), turn]
    taken, _ = _taken(_join(*parts, _still(rng, 1, first)))
    assert np.degrees(taken[-1]) == pytest.approx(first, abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_cuts_do_not_show(seed):
    """However the samples are cut into blocks, the result has the same bits."""
    rng = np.random.default_rng(seed)
    block = _join(
        _still(rng, 5, rng.normal(size=3)),
        _swaying(rng, 10, rng.normal(size=3)),
        (rng.normal(size=(300, 3)), rng.normal(size=(300, 3)) + UP),
        _swaying(rng, 5, rng.normal(size=3)),
    )
    whole = GyroBias().push(block)
    stage = GyroBias()
    pieces = [stage.push(part(block, rows)) for rows in cuts(rng, len(block.t), 80)]
    for get in (lambda b: b.samples.gyr, lambda b: b.sd, lambda b: b.still):
        assert np.array_equal(np.concatenate([get(p) for p in pieces]), get(whole))
