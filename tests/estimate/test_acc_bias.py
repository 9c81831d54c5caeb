"""The accelerometer's errors, from rests in attitudes as people and tables give them."""

from dataclasses import replace

import numpy as np
import pytest
from support.helpers import cuts, part, samples

from imuhip.core.conventions import GRAVITY
from imuhip.estimate.acc_bias import AccBias

RATE = 100.0
STILL = slice(150, None)
"""A rest is known as one after a second and a half."""

BIAS = np.array((0.03, -0.02, 0.04)) * GRAVITY
MATRIX = np.eye(3) + np.array(
    ((0.01, 0.004, -0.006), (0.004, -0.008, 0.012), (-0.006, 0.012, 0.005))
)


def _unit(vector):
    return np.asarray(vector, dtype=float) / np.linalg.norm(vector)


def _rests(rng, ways, seconds=6.0, noise=0.05):
    """A sensor that is laid down this way, then that: what it reads, and whether it rests."""
    n = round(seconds * RATE)
    force = np.repeat([GRAVITY * _unit(way) for way in ways], n, axis=0)
    acc = force @ MATRIX.T + BIAS + noise * rng.normal(size=force.shape)
    still = np.zeros((len(ways), n), dtype=bool)
    still[:, STILL] = True
    return samples("thigh_left", RATE, np.zeros_like(acc), acc), still.ravel()


def _off_deg(acc, way):
    """Angle between a mean force and where it should point."""
    return np.degrees(np.arccos(np.clip(_unit(acc.mean(axis=0)) @ _unit(way), -1.0, 1.0)))


def _all_ways():
    return np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)])[
        np.arange(27) != 13
    ]


def test_rests_all_ways_find_all_errors():
    """After rests in 26 attitudes gravity points to a tenth of a degree, before to two."""
    rng = np.random.default_rng(0)
    stage = AccBias()
    stage.push(*_rests(rng, _all_ways()))
    for way in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, -1, 2)):
        block, still = _rests(rng, [way], noise=0.0)
        right = stage.push(block, np.zeros_like(still)).acc
        assert _off_deg(right, way) < 0.1
    block, _ = _rests(rng, [(0, 1, 0)], noise=0.0)
    assert _off_deg(block.acc, (0, 1, 0)) > 2.0


def test_standing_shows_what_tilts_the_thigh_in_a_squat():
    """A bias along the thigh, known from standing upright, is most of the way out at the bottom."""
    up, level = (0, 1, 0), (1, 0, 0)
    acc = np.tile(GRAVITY * np.array(up) + (0.0, 0.4, 0.0), (800, 1))
    still = np.arange(800) >= 150
    stage = AccBias()
    stage.push(samples("thigh_left", RATE, np.zeros_like(acc), acc), still)
    bottom = np.tile(GRAVITY * np.array(level) + (0.0, 0.4, 0.0), (10, 1))
    block = samples("thigh_left", RATE, np.zeros_like(bottom), bottom)
    right = stage.push(block, np.zeros(10, dtype=bool)).acc
    assert _off_deg(bottom, level) == pytest.approx(2.33, abs=0.01)
    assert _off_deg(right, level) < 0.6


def test_the_size_of_the_force_stays():
    """Checks of rests and of sensors see what was felt."""
    block, still = _rests(np.random.default_rng(1), _all_ways()[:6])
    right = AccBias().push(block, still)
    sizes = np.linalg.norm(right.acc, axis=1), np.linalg.norm(block.acc, axis=1)
    assert np.allclose(*sizes, rtol=1e-12)
    assert not np.allclose(right.acc, block.acc)


_T = np.arange(500) / RATE
_RESTLESS = {
    "in g": np.tile((0.0, 1.0, 0.0), (500, 1)),
    "pushed": np.tile((0.0, GRAVITY, 6.0), (500, 1)),
    "swung": np.outer(GRAVITY + np.sin(2 * np.pi * 2 * _T), (0.0, 1.0, 0.0)),
    "knocked": np.column_stack((0 * _T, 0 * _T + GRAVITY, 2 * np.sign(np.sin(13 * _T)))),
}


@pytest.mark.parametrize("what", _RESTLESS)
def test_what_is_no_rest_teaches_nothing(what):
    """Another unit, a steady push, a swung or knocked sensor: the force stays as it is."""
    acc = _RESTLESS[what]
    block = samples("pelvis", RATE, np.zeros_like(acc), acc)
    assert np.allclose(AccBias().push(block, np.ones(500, dtype=bool)).acc, acc, atol=1e-12)


def test_one_sample_after_a_gap_is_no_second_of_rest():
    """A gap's own length does not count as rest, whatever the sample after it reads."""
    acc = np.tile((0.0, GRAVITY, 0.0), (400, 1))
    acc[200] = (0.0, GRAVITY - 1.0, 0.0)
    block = samples("pelvis", RATE, np.zeros_like(acc), acc)
    dt = block.dt.copy()
    dt[200] = 2.0
    for still in (np.ones(400, dtype=bool), np.arange(400) < 200):
        right = AccBias().push(replace(block, dt=dt), still).acc
        assert np.allclose(right, acc, atol=1e-2)


@pytest.mark.parametrize("seed", range(3))
def test_cuts_do_not_show(seed):
    """However the samples are cut into blocks, the result has the same bits."""
    rng = np.random.default_rng(seed)
    block, still = _rests(rng, _all_ways()[rng.permutation(26)[:5]])
    whole = AccBias().push(block, still).acc
    stage = AccBias()
    pieces = [
        stage.push(part(block, rows), still[rows]).acc for rows in cuts(rng, len(block.t), 80)
    ]
    assert np.array_equal(np.concatenate(pieces), whole)
