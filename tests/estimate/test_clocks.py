import numpy as np
import pytest
from support.helpers import cuts

from imuhip.core.records import DecodedBlock
from imuhip.estimate.clocks import Clock, Source
from imuhip.simulate.radio import NEXT_S, Radio, arrivals

RATE = 100.0


def _block(ticks, rows=None, index=None):
    n = len(rows) if rows is not None else len(ticks)
    rows = np.arange(n) if rows is None else rows
    nothing = np.zeros((n, 3))
    return DecodedBlock(
        row=rows,
        ticks=ticks,
        index=np.zeros(n, dtype=np.int64) if index is None else index,
        counter=None,
        acc=nothing,
        gyr=nothing,
        mag=None,
        quat=None,
        saturated=np.zeros(n, dtype=np.bool_),
    )


def _link(rng, n, *, ppm=40.0, bits=32, start=0.0, rate=RATE):
    """True times, wrapped microsecond stamps and bursty arrivals of n samples."""
    true = np.arange(n) / rate
    device = start + true * (1 + ppm * 1e-6)
    ticks = np.floor(device * 1e6) % (1 << bits)
    delay = rng.exponential(0.008, n) + 0.05 * (rng.random(n) < 0.02)
    arrived = np.maximum.accumulate(np.ceil((true + delay) / 0.015) * 0.015)
    return true, ticks.astype(np.float64), arrived


def test_a_session_clock_is_taken_as_it_is():
    """Stamps that are already session seconds come out with the bits they went in with."""
    t = np.cumsum(np.random.default_rng(0).uniform(0.008, 0.012, 500)) - 3.3
    samples, faults = Clock("pelvis", Source(1.0, 0, True, RATE)).push(_block(t), t)
    assert np.array_equal(samples.t, t)
    assert not faults


def test_time_running_backwards_is_left_out_and_reported():
    """A sample stamped no later than the one before is dropped, and the fault says how many."""
    t = np.array([0.0, 0.01, 0.02, 0.015, 0.02, 0.03])
    samples, faults = Clock("pelvis", Source(1.0, 0, True, RATE)).push(_block(t), t)
    assert samples.t.tolist() == [0.0, 0.01, 0.02, 0.03]
    assert [(f.kind, f.count) for f in faults] == [("out_of_order", 1)] * 2


@pytest.mark.parametrize("seed", range(5))
def test_device_time_follows_the_true_one(seed):
    """Over five minutes of stalls and drift, times are within 3 ms of the truth and its offset."""
    rng = np.random.default_rng(seed)
    true, ticks, arrived = _link(rng, 30_000, ppm=rng.uniform(-40, 40))
    samples, _ = Clock("pelvis", Source(1e-6, 32, False, RATE)).push(_block(ticks), arrived)
    error = samples.t - true[-len(samples.t) :]
    settled = error[3000:]
    assert np.abs(settled - np.median(settled)).max() < 0.003
    assert np.all(np.diff(samples.t) > 0)
    assert np.all(samples.t <= samples.host_t + 1e-9)


@pytest.mark.parametrize("seconds", [3.0, 6.0, 9.0])
@pytest.mark.parametrize("begins", [97.4, 99.0, 100.0])
def test_what_a_pause_of_the_host_held_back_moves_no_time(seconds, begins):
    """Wherever in the line's bins of 5 s: late arrivals leave it within a third of an interval."""
    true, ticks, arrived = _link(np.random.default_rng(1), 30_000)
    late = (arrived >= begins) & (arrived < begins + seconds)
    held = np.where(late, begins + seconds, arrived)
    calm, paused = (
        Clock("pelvis", Source(1e-6, 32, False, RATE)).push(_block(ticks), heard)[0].t
        for heard in (arrived, held)
    )
    assert len(paused) == len(calm) == len(true)
    assert np.abs(paused - calm).max() < 0.005


def test_wrapping_does_not_show():
    """A microsecond counter of 32 bits that wraps gives the bits of one that does not."""
    outs = []
    for start in (100.0, 2.0**32 / 1e6 - 30.0):
        true, ticks, arrived = _link(np.random.default_rng(3), 6000, ppm=0.0, start=start)
        ticks = np.round(true * 1e6) + np.round(start * 1e6)
        clock = Clock("pelvis", Source(1e-6, 32, False, RATE))
        outs.append(clock.push(_block(ticks % 2.0**32), arrived)[0])
    assert np.array_equal(outs[0].t, outs[1].t)
    assert np.array_equal(outs[0].dt, outs[1].dt)


def test_a_pause_of_many_wraps_is_bridged_by_the_host():
    """After a silence longer than a 16-bit counter's turn, time still agrees with the host."""
    true = np.concatenate((np.arange(0, 5, 0.01), np.arange(400, 405, 0.01)))
    ticks = np.floor(true * 1000) % 65536
    clock = Clock("pelvis", Source(1e-3, 16, False, RATE))
    samples, _ = clock.push(_block(ticks), true + 0.005)
    assert np.abs(samples.t - true).max() < 0.006


def test_no_stamps_still_give_even_times():
    """Without stamps, 50 Hz samples arriving in bursts get times at the true rate."""
    rng = np.random.default_rng(4)
    true, _, arrived = _link(rng, 6000, rate=50.0 * 1.003)
    clock = Clock("pelvis", Source(None, 0, False, 50.0))
    samples, _ = clock.push(_block(None, rows=np.arange(6000)), arrived)
    error = samples.t - true
    assert np.abs(error[2500:] - np.median(error[2500:])).max() < 0.02
    assert np.all(np.diff(samples.t) > 0)


def test_batches_are_spread_by_the_measured_period():
    """Four samples a notification, stamped at the first, lie one period apart."""
    true = np.arange(400) / 104.0
    rows = np.repeat(np.arange(100), 4)
    ticks = np.repeat(np.floor(true[::4] * 1e6), 4)
    index = np.tile(np.arange(4), 100)
    clock = Clock("pelvis", Source(1e-6, 32, False, 104.0))
    samples, _ = clock.push(_block(ticks, rows, index), true[3::4] + 0.005)
    assert np.abs(np.diff(samples.t[132:]) - 1 / 104.0).max() < 2e-5
    assert np.abs(samples.dt[132:] - 1 / 104.0).max() < 2e-5


def test_a_wrong_declared_rate_is_measured_and_reported_once():
    """A sensor declared at 100 Hz that sends 60 is reported once, and loses no samples by it."""
    true = np.arange(600) / 60.0
    clock = Clock("pelvis", Source(1e-6, 32, False, 100.0))
    reported = []
    missing = []
    for first in range(0, 600, 50):
        rows = slice(first, first + 50)
        samples, faults = clock.push(_block(np.floor(true[rows] * 1e6)), true[rows] + 0.01)
        reported += [fault for fault in faults if fault.kind == "rate"]
        missing.append(samples.missing)
    assert len(reported) == 1
    assert "60" in reported[0].detail
    assert not np.concatenate(missing)[64:].any()


@pytest.mark.parametrize("unit", [1e-6, None])
def test_cuts_do_not_show(unit):
    """However notifications are cut into packets, the times have the same bits."""
    rng = np.random.default_rng(11)
    _, ticks, arrived = _link(rng, 4000)
    keep = rng.random(4000) > 0.05
    ticks, arrived = ticks[keep], arrived[keep]
    n = len(ticks)

    def run(pieces):
        clock = Clock("pelvis", Source(unit, 32 if unit else 0, False, RATE))
        out = []
        for rows in pieces:
            count = len(range(*rows.indices(n)))
            block = _block(ticks[rows] if unit else None, rows=np.arange(count))
            out.append(clock.push(block, arrived[rows])[0])
        return [np.concatenate([getattr(s, k) for s in out]) for k in ("t", "dt", "missing")]

    whole = run([slice(None)])
    for _ in range(4):
        for a, b in zip(run(cuts(rng, n, 60)), whole, strict=True):
            assert np.array_equal(a, b)


def test_a_new_connection_starts_a_new_line():
    """After a reconnection with a reset device clock, times go on with the host's."""
    clock = Clock("pelvis", Source(1e-6, 32, False, RATE))
    first = np.arange(500) * 1e4
    clock.push(_block(first + 7e8), first / 1e6 + 0.004, epoch=0)
    samples, faults = clock.push(_block(first), first / 1e6 + 20.004, epoch=1)
    assert np.abs(samples.t - (first / 1e6 + 20.004)).max() < 0.001
    assert samples.restart.tolist() == [True] + [False] * 499
    assert not faults


@pytest.mark.parametrize("interval", [0.015, 0.03])
@pytest.mark.parametrize("seed", range(3))
def test_the_residual_covers_the_error(seed, interval):
    """What the clock says of itself is larger than its true error, and not by much.

    Two notifications may share every event; the second one's way through is a constant delay.
    """
    rng = np.random.default_rng(100 + seed)
    period = (1 + 1e-6 * rng.uniform(-40, 40)) / 60.0
    true = rng.uniform(0, period) + period * np.arange(60 * 240)
    radio = Radio(interval, repeat_rate=0.05, stalls_per_min=6.0)
    came = arrivals(rng, radio, true)
    clock = Clock("pelvis", Source(1e-6, 32, False, 60.0))
    inside, reported = [], []
    for first in range(0, len(true), 60):
        rows = slice(first, first + 60)
        samples, _ = clock.push(_block(np.floor(np.arange(first, first + 60) / 60e-6)), came[rows])
        error = np.abs(samples.t - true[rows])
        inside.append(np.mean(error <= clock.residual_s + NEXT_S))
        reported.append(clock.residual_s)
    assert np.mean(inside[10:]) > 0.9
    assert np.median(reported[10:]) < 0.15 * interval


def test_a_counter_tells_what_is_missing():
    """Where a counter tells how much was lost, it is believed; else the period is."""
    true = np.array([0, 1, 2, 5, 6, 7, 8, 12, 13]) / RATE
    lost = np.array([0, 0, 0, 2, 0, 0, 0, 7, 0])
    clock = Clock("pelvis", Source(1e-6, 32, False, RATE))
    samples, _ = clock.push(_block(true * 1e6), true + 0.01, lost=lost)
    assert samples.missing.tolist() == lost.tolist()
    clock = Clock("pelvis", Source(1e-6, 32, False, RATE))
    samples, _ = clock.push(_block(true * 1e6), true + 0.01)
    assert samples.missing.tolist() == [0, 0, 0, 2, 0, 0, 0, 3, 0]


def test_a_shift_moves_what_comes_after_it():
    """A constant shift moves all later times, never past their arrival or back before others."""
    true = np.arange(1000) / RATE
    clock = Clock("pelvis", Source(1e-6, 32, False, RATE))
    before, _ = clock.push(_block(true[:300] * 1e6), true[:300] + 0.01)
    clock.shift(-0.3)
    after, _ = clock.push(_block(true[300:] * 1e6), true[300:] + 0.01)
    assert np.all(np.diff(np.concatenate((before.t, after.t))) > 0)
    assert np.abs(after.t[50:] - true[350:] - 0.01 + 0.3).max() < 1e-3
    assert np.abs(after.dt - 0.01).max() < 1e-6


@pytest.mark.parametrize(("per", "stamped_at"), [(4, "first"), (8, "last")])
def test_the_period_of_batches_is_measured_from_their_stamps(per, stamped_at):
    """Declared at 104 Hz, sent at 100 in batches: reported once, and samples lie 10 ms apart."""
    count = 1200 // per * per
    true = np.arange(count) / 100.0
    rows = np.repeat(np.arange(count // per), per)
    place = 0 if stamped_at == "first" else per - 1
    ticks = np.repeat(np.floor(true[place::per] * 1e6), per)
    index = np.tile(np.arange(per) - place, count // per)
    clock = Clock("pelvis", Source(1e-6, 32, False, 104.0))
    samples, faults = clock.push(_block(ticks, rows, index), true[per - 1 :: per] + 0.005)
    assert [fault.kind for fault in faults] == ["rate"]
    assert "measured 100" in faults[0].detail
    assert np.abs(np.diff(samples.t[300:]) - 0.01).max() < 2e-5
    assert np.abs(samples.dt[300:] - 0.01).max() < 2e-5
    assert not samples.missing.any()


def test_batches_measure_the_period_across_lost_ones():
    """Notifications that a counter knows to be lost do not lengthen the period."""
    per, rng = 4, np.random.default_rng(2)
    true = np.arange(2000) / 100.0
    there = np.flatnonzero(np.concatenate(([True], rng.random(499) > 0.6)))
    lost = np.concatenate(([0], (np.diff(there) - 1) * per))
    sent = (there[:, None] * per + np.arange(per)).ravel()
    ticks = np.repeat(np.floor(true[::per] * 1e6)[there], per)
    rows, index = np.repeat(np.arange(len(there)), per), np.tile(np.arange(per), len(there))
    clock = Clock("pelvis", Source(1e-6, 32, False, 98.0))
    arrived = true[per - 1 :: per][there] + 0.005
    samples, _ = clock.push(_block(ticks, rows, index), arrived, lost=lost)
    apart = np.diff(samples.t)[200:] / np.diff(true[sent])[200:]
    assert np.abs(apart - 1.0).max() < 2e-3
