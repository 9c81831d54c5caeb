"""Devices without stamp and counter: their rate is measured, bursts are late, copies are copies."""

import itertools

import numpy as np
import pytest
from support.helpers import cuts

from imuhip.core.records import DecodedBlock, Packet
from imuhip.devices.copies import Copies
from imuhip.estimate.clocks import Clock, Source

DECLARED = 100.0


def arrivals(rate_hz, seconds=60.0, seed=0):
    """True times, and arrivals at the next of the connection events."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    rng = np.random.default_rng(seed)
    return t, np.ceil((t + 0.002) / 0.015) * 0.015 + rng.uniform(0, 5e-4, len(t))


def timed(arrived, pieces=None, source=None, ticks=None):
    clock = Clock("pelvis", source or Source(None, 0, False, DECLARED))
    blocks, faults = [], []
    for rows in pieces or [slice(None)]:
        host = np.sort(arrived)[rows]
        n = len(host)
        zero = np.zeros(n, dtype=np.int64)
        decoded = DecodedBlock(
            np.arange(n), None if ticks is None else ticks[rows], zero, None, np.zeros((n, 3)),
            np.zeros((n, 3)), None, None, np.zeros(n, dtype=np.bool_),
        )  # fmt: skip
        block, reported = clock.push(decoded, host)
        blocks.append(block)
        faults += reported
    return np.concatenate([b.t for b in blocks]), np.concatenate([b.dt for b in blocks]), faults


@pytest.mark.parametrize("rate_hz", [50.0, 69.0, 94.0, 100.0, 106.0, 200.0])
def test_the_rate_is_measured_used_and_reported(rate_hz):
    """From half to twice what was declared, times follow, and what differs is said once."""
    true, arrived = arrivals(rate_hz)
    t, dt, faults = timed(arrived)
    late = t[true > 12.0] - true[true > 12.0]
    assert np.ptp(late) < 0.03
    assert abs(np.median(dt[true > 12.0]) * rate_hz - 1.0) < 0.01
    reported = [fault.detail for fault in faults if fault.kind == "rate"]
    assert len(reported) == (0 if rate_hz == DECLARED else 1)
    if reported:
        measured = float(reported[0].split("measured ")[1].split(";")[0])
        assert measured == pytest.approx(rate_hz, rel=0.02)


def test_a_burst_after_a_stall_was_late():
    """What comes in one burst after 2 s belongs into them, and what follows is where it was."""
    true, arrived = arrivals(100.0)
    held = (true >= 30.0) & (true < 32.0)
    arrived[held] = 32.02 + np.arange(held.sum()) * 4e-4
    t, _, _ = timed(np.maximum.accumulate(arrived))
    off = t - true
    base = np.median(off[true < 30.0])
    assert np.abs(off[true > 33.0] - base).max() < 0.03
    assert np.abs(off[held][20:] - base).max() < 0.05


def test_what_does_not_come_after_a_stall_is_lost():
    """A silence of 2 s after which samples come at their pace moves time on by as much."""
    true, arrived = arrivals(100.0)
    kept = (true < 30.0) | (true >= 32.0)
    t, _, _ = timed(arrived[kept])
    off = t - true[kept]
    after = true[kept] > 32.2
    assert np.abs(off[after] - np.median(off[true[kept] < 30.0])).max() < 0.06


def test_cuts_do_not_show_in_measured_rates():
    """Any blocks give the same times to the bit, over a stall, a loss and another rate."""
    true, arrived = arrivals(69.0)
    held = (true >= 30.0) & (true < 32.0)
    arrived[held] = 32.02 + np.arange(held.sum()) * 4e-4
    arrived = np.maximum.accumulate(arrived)[(true < 45.0) | (true > 47.0)]
    whole = timed(arrived)
    pieces = timed(arrived, list(cuts(np.random.default_rng(1), len(arrived), 70)))
    assert np.array_equal(whole[0], pieces[0])
    assert np.array_equal(whole[1], pieces[1])
    assert whole[2] == pieces[2]


def packet(rows):
    raw = np.frombuffer(b"".join(rows), dtype=np.uint8)
    ends = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64)
    count = np.arange(len(rows))
    return Packet("pelvis", "samples", 0, count, count * 10_000_000, raw, ends)


def contents(kept):
    raw, ends = kept.payload.tobytes(), kept.offsets.tolist()
    return [raw[a:b] for a, b in itertools.pairwise(ends)]


def test_copies_are_taken_once():
    """Two or three alike are copies; a sensor that says the same for long goes on."""
    rows = [bytes([i, 7]) for i in range(20)]
    doubled, count, first = Copies().push(packet([row for row in rows for _ in range(2)]))
    assert contents(doubled) == rows
    assert (count, first) == (20, 1)
    plain, count, _ = Copies().push(packet(rows))
    assert contents(plain) == rows
    assert not count
    still, count, _ = Copies().push(packet([b"ab"] * 50))
    assert len(still) == 48
    assert count == 2
    stage = Copies()
    parts = [stage.push(packet([row]))[0] for row in rows for _ in range(2)]
    assert [row for part in parts for row in contents(part)] == rows


@pytest.mark.parametrize("more", [1.5, 1.25])
def test_a_rate_that_changes_is_followed_and_reported(more):
    """A rate that falls, and is as it was again, leaves times where they belong, and is said."""
    true, arrived = arrivals(100.0, 90.0)
    k = np.arange(len(true))
    kept = (true < 30.0) | (true > 60.0) | (np.floor(k / more) > np.floor((k - 1) / more))
    t, _, faults = timed(arrived[kept])
    off = t - true[kept]
    base = np.median(off[true[kept] < 30.0])
    slow = (true[kept] > 32.5) & (true[kept] < 60.0)
    assert np.abs(off[slow] - base).max() < 0.1
    assert np.abs(off[true[kept] > 62.5] - base).max() < 0.25
    (said,) = [fault for fault in faults if fault.kind == "rate"]
    assert 30.0 < said.t_start < 32.5
    assert float(said.detail.split()[0]) == pytest.approx(100.0 / more, rel=0.1)


@pytest.mark.parametrize(("share", "most"), [(0.02, 0.2), (0.08, 0.25), (0.2, 0.3)])
def test_a_lossy_link_moves_times_by_little(share, most):
    """Samples lost here and there leave the others near where they belong, for minutes."""
    true, arrived = arrivals(100.0, 180.0)
    kept = np.random.default_rng(3).random(len(true)) > share
    t, _, faults = timed(arrived[kept])
    off = (t - true[kept])[true[kept] > 12.0]
    assert -most < off.min()
    assert off.max() < 0.05
    assert len(faults) <= 1


def test_cuts_do_not_show_where_a_rate_changes():
    """Times and faults are the same to the bit however the samples are cut."""
    true, arrived = arrivals(100.0, 80.0)
    kept = (true < 30.0) | (np.arange(len(true)) % 3 > 0)
    whole = timed(arrived[kept])
    pieces = timed(arrived[kept], list(cuts(np.random.default_rng(2), kept.sum(), 90)))
    assert np.array_equal(whole[0], pieces[0])
    assert whole[2] == pieces[2]
    assert [fault.kind for fault in whole[2]] == ["rate"]
