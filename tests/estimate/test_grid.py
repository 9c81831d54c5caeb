import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from support.helpers import cuts

from imuhip.core.quaternions import slerp
from imuhip.core.records import OrientationBlock
from imuhip.estimate.grid import Grid

SENSORS = ("pelvis", "thigh_left", "thigh_right")


_COLUMNS = ("t", "host_t", "q", "acc", "gyr", "rest", "drift", "unseen", "tilt")


def _track(sensor, t, rng, delay=0.005):
    n = len(t)
    walk = np.cumsum(rng.normal(scale=0.02, size=(n, 4)), axis=0) + np.eye(4)[0]
    return OrientationBlock(
        sensor,
        np.asarray(t, dtype=float),
        np.asarray(t) + delay,
        walk / np.linalg.norm(walk, axis=1, keepdims=True),
        rng.normal(size=(n, 3)),
        rng.normal(size=(n, 3)),
        np.zeros(n, dtype=np.bool_),
        rng.random(n),
        np.cumsum(rng.random(n)),
        rng.random(n),
    )


def _part(block, rows):
    return OrientationBlock(
        block.sensor,
        *(getattr(block, k)[rows] for k in _COLUMNS),
    )


def _run(blocks, pushes):
    """Push the blocks in arrival order, in the groups that `pushes` cuts them into."""
    arrivals = sorted(
        (h, place, i) for place, b in enumerate(blocks) for i, h in enumerate(b.host_t.tolist())
    )
    grid = Grid([b.sensor for b in blocks])
    out, before = [], arrivals[0][0]
    for rows in pushes:
        group = arrivals[rows]
        if not group:
            continue
        parts = []
        for place, block in enumerate(blocks):
            mine = [i for _, p, i in group if p == place]
            if mine:
                parts.append(_part(block, slice(mine[0], mine[-1] + 1)))
        latest = [before, *(h for h, _, _ in group)]
        pauses = [(a, b) for a, b in pairwise(latest) if b - a > grid.patience_s]
        before = latest[-1]
        out.append(grid.push(parts, before, pauses))
    out.append(grid.finish())
    return {
        name: np.concatenate([getattr(g, name) for g in out])
        for name in ("t", "q", "acc", "gyr", "valid", "rest")
    }


def test_rows_lie_between_their_samples():
    """On sensors with other rates and offsets, each row is the slerp of its two neighbours."""
    rng = np.random.default_rng(0)
    blocks = [
        _track(s, 0.003 * k + np.arange(0, 5, 1 / rate), rng)
        for k, (s, rate) in enumerate(zip(SENSORS, (100, 60, 104), strict=True))
    ]
    out = _run(blocks, [slice(None)])
    inside = (out["t"] > 0.01) & (out["t"] < 4.9)
    assert out["valid"][inside].all()
    for k, block in enumerate(blocks):
        t = out["t"][inside]
        right = np.searchsorted(block.t, t)
        f = (t - block.t[right - 1]) / (block.t[right] - block.t[right - 1])
        expected = slerp(block.q[right - 1], block.q[right], f)
        alike = np.abs(np.sum(expected * out["q"][inside, k], axis=1))
        assert alike == pytest.approx(1.0, abs=1e-12)
        straight = block.acc[right - 1] + f[:, None] * (block.acc[right] - block.acc[right - 1])
        assert out["acc"][inside, k] == pytest.approx(straight)


def test_the_first_row_is_where_all_have_begun():
    """Rows begin at the first hundredth at which every sensor has data."""
    rng = np.random.default_rng(1)
    starts = (0.0, 1.234, 0.5)
    blocks = [
        _track(s, a + np.arange(300) / 100, rng) for s, a in zip(SENSORS, starts, strict=True)
    ]
    out = _run(blocks, [slice(None)])
    assert out["t"][0] == pytest.approx(1.24)
    assert np.array_equal(out["t"], np.arange(124, 124 + len(out["t"])) / 100)


def test_gaps_stay_gaps():
    """In a gap of a second one sensor is NaN and not valid; the others go on."""
    rng = np.random.default_rng(2)
    blocks = [_track(s, np.arange(500) / 100, rng) for s in SENSORS]
    blocks[1] = _part(blocks[1], (blocks[1].t < 2) | (blocks[1].t > 3))
    out = _run(blocks, [slice(None)])
    gap = (out["t"] > 2.02) & (out["t"] < 2.98)
    assert not out["valid"][gap, 1].any()
    assert np.isnan(out["q"][gap, 1]).all()
    assert out["valid"][gap][:, [0, 2]].all()
    assert out["valid"][~gap & (out["t"] < 4.9)].mean() > 0.99


def test_a_dead_sensor_does_not_stop_the_others():
    """When one sensor falls silent, rows go on half a second later, without it."""
    rng = np.random.default_rng(3)
    blocks = [_track(s, np.arange(500) / 100, rng) for s in SENSORS]
    blocks[2] = _part(blocks[2], blocks[2].t < 2)
    grid = Grid(SENSORS)
    seen = np.concatenate(
        [
            grid.push([_part(b, (b.t >= a) & (b.t < a + 0.1)) for b in blocks], a + 0.1).t
            for a in np.arange(0, 4, 0.1)
        ]
    )
    assert seen[-1] == pytest.approx(3.6, abs=0.1)


@pytest.mark.parametrize("seed", range(6))
def test_cuts_do_not_show(seed):
    """With stalls, bursts, gaps and a late sensor, any cut of the arrivals gives the same bits."""
    rng = np.random.default_rng(seed)
    blocks = []
    for k, sensor in enumerate(SENSORS):
        t = 0.0021 * k + np.arange(0, 6, 1 / (100, 60, 104)[k])
        t = t[rng.random(len(t)) > 0.05]
        t = t[(t < 2 + k) | (t > 2.6 + k)]
        block = _track(sensor, t, rng)
        stall = (t > 1) & (t < 1.2 + 0.5 * k)
        late = np.maximum.accumulate(np.where(stall, 1.2 + 0.5 * k, block.host_t))
        blocks.append(dataclasses.replace(block, host_t=late))
    total = sum(len(b.t) for b in blocks)
    whole = _run(blocks, [slice(None)])
    assert not whole["valid"].all()
    for _ in range(3):
        pieces = _run(blocks, list(cuts(rng, total, 200)))
        for name, column in whole.items():
            assert np.array_equal(pieces[name], column, equal_nan=column.dtype.kind == "f"), name


@pytest.mark.parametrize("seed", range(3))
def test_what_comes_after_a_pause_of_the_host_is_taken(seed):
    """Heard late, one sensor after the other: every row is there, however it was cut."""
    rng = np.random.default_rng(seed)
    blocks = []
    for k, sensor in enumerate(SENSORS):
        block = _track(sensor, 0.0021 * k + np.arange(0, 6, 0.01), rng)
        paused = (block.t > 2) & (block.t < 4.5)
        late = np.maximum.accumulate(np.where(paused, 4.5 + 0.1 * k, block.host_t))
        blocks.append(dataclasses.replace(block, host_t=late))
    whole = _run(blocks, [slice(None)])
    assert whole["valid"].all()
    for _ in range(3):
        pieces = _run(blocks, list(cuts(rng, sum(len(b.t) for b in blocks), 200)))
        for name, column in whole.items():
            assert np.array_equal(pieces[name], column, equal_nan=column.dtype.kind == "f"), name


def test_the_orientation_is_carried_to_the_edge_of_a_gap():
    """Within 20 ms of the last sample before a gap, the row turns on by the angular rate."""
    rng = np.random.default_rng(5)
    t = np.array([0.0, 0.01, 0.5, 0.51])
    block = _track("pelvis", t, rng)
    rate = np.array((0.0, 0.0, 2.0))
    q, gyr = np.tile([1.0, 0, 0, 0], (4, 1)), np.tile(rate, (4, 1))
    still = dataclasses.replace(block, q=q, gyr=gyr)
    out = _run([still], [slice(None)])
    assert out["valid"][:, 0].tolist()[:4] == [True, True, True, True]
    assert not out["valid"][4, 0]
    assert out["q"][3, 0] == pytest.approx([np.cos(0.02), 0, 0, np.sin(0.02)])


def test_no_rows_are_made_for_hours_without_samples():
    """A time hours ahead asks for a row and not for all before it; a short pause keeps its rows."""
    t = np.concatenate((np.arange(0.0, 3.0, 0.01), np.arange(8.0, 9.0, 0.01), [1e6]))
    grid = Grid(("pelvis", "thigh_left"))
    tracks = [_lone_track(name, t) for name in ("pelvis", "thigh_left")]
    rows = [grid.push(tracks, float(t[-1])), grid.finish()]
    times = np.concatenate([each.t for each in rows])
    assert len(times) < 2_100
    assert np.allclose(np.diff(times[times < 18.0]), 0.01)
    assert times[-1] == 1e6
    pieces = Grid(("pelvis", "thigh_left"))
    found = []
    for first in range(0, len(t), 7):
        blocks = [_lone_track(name, t[first : first + 7]) for name in ("pelvis", "thigh_left")]
        found.append(pieces.push(blocks, float(t[min(first + 6, len(t) - 1)])).t)
    found.append(pieces.finish().t)
    assert np.array_equal(np.concatenate(found), times)


def _lone_track(sensor, t):
    n = len(t)
    zero = np.zeros(n)
    return OrientationBlock(
        sensor, t, t, np.tile([1.0, 0, 0, 0], (n, 1)), np.zeros((n, 3)), np.zeros((n, 3)),
        zero > 0, zero, zero, zero,
    )  # fmt: skip


def test_few_samples_far_apart_ask_for_few_rows():
    """However many samples lie seconds apart, empty rows are about as many as full ones."""
    t, rng = np.arange(4000) * 9.7, np.random.default_rng(3)
    blocks = [_track(sensor, t, rng) for sensor in SENSORS]
    grid = Grid(SENSORS)
    parts = [slice(k, k + 500) for k in range(0, 4000, 500)]
    made = [grid.push([_part(b, rows) for b in blocks], t[rows.stop - 1]) for rows in parts]
    at_once = Grid(SENSORS).finish(blocks)
    rows = np.concatenate([block.t for block in (*made, grid.finish())])
    full = int(np.count_nonzero(at_once.valid.any(axis=1)))
    assert 4000 <= full < 20_000
    assert len(at_once.t) <= 2 * full + 6000
    assert np.array_equal(rows, at_once.t)
