import dataclasses
from dataclasses import replace

import numpy as np
import pytest
from support.helpers import cuts, part, turning_samples

from imuhip.core.quaternions import angle_from_quaternion, conjugate, multiply, rotate
from imuhip.estimate.orientation import Filter, FilterParams
from imuhip.estimate.orientation_engines import FILTERS

AXES = np.eye(3)
SIX = [name for name, entry in FILTERS.items() if 6 in entry.axes]


@pytest.mark.parametrize("name", SIX)
@pytest.mark.parametrize("axis", range(3))
def test_turning_is_followed(name, axis):
    """Any filter, turned by 120° about an axis of the sensor and back, is where it should be."""
    block, truth = turning_samples("pelvis", 100.0, [(AXES[axis], 2.0), (AXES[axis], -2.0)])
    oriented, faults = _push(Filter("pelvis", 100.0, FilterParams(filter=name)), block)
    assert not faults
    error = multiply(oriented.q, conjugate(truth))
    relative = multiply(error, conjugate(error[100]))
    worst = np.degrees(angle_from_quaternion(relative[100:])).max()
    assert worst < 3.0, f"{name}: {worst:.2f}°"


@pytest.mark.parametrize("name", SIX)
def test_gravity_points_up(name):
    """A sensor at rest in any attitude sees its accelerometer along z of the earth."""
    rng = np.random.default_rng(3)
    up = rng.normal(size=3)
    up *= 9.81 / np.linalg.norm(up)
    block, _ = turning_samples("pelvis", 100.0, [])
    block = part(block, slice(None))
    still = type(block)(
        block.sensor, block.t, block.dt, block.host_t, block.missing, block.restart,
        np.tile(up, (len(block.t), 1)), block.gyr, None, None, block.saturated,
    )  # fmt: skip
    oriented, _ = _push(Filter("pelvis", 100.0, FilterParams(filter=name)), still)
    assert rotate(oriented.q[-1], up)[2] == pytest.approx(9.81, abs=1e-3)


@pytest.mark.parametrize("name", ["vqf", "madgwick", "ekf"])
def test_cuts_do_not_show(name):
    """However samples with gaps are cut into blocks, the orientation has the same bits."""
    rng = np.random.default_rng(5)
    block, _ = turning_samples("pelvis", 100.0, [(AXES[0], 1.0), (AXES[2], -2.0)])
    block = _with_gaps(block, rng)
    whole, faults = _push(Filter("pelvis", 100.0, FilterParams(filter=name)), block)
    for _ in range(5):
        stage = Filter("pelvis", 100.0, FilterParams(filter=name))
        pieces = [_push(stage, part(block, rows)) for rows in cuts(rng, len(block.t), 40)]
        assert np.array_equal(np.concatenate([p.q for p, _ in pieces]), whole.q)
        assert np.array_equal(np.concatenate([p.gyr for p, _ in pieces]), whole.gyr)
        assert np.array_equal(np.concatenate([p.tilt for p, _ in pieces]), whole.tilt)
        assert np.array_equal(np.concatenate([p.unseen for p, _ in pieces]), whole.unseen)
        assert tuple(f for _, reported in pieces for f in reported) == faults


@pytest.mark.parametrize("name", ["madgwick", "ekf", "aqua", "mahony"])
def test_a_worse_filter_says_that_it_is(name):
    """Its inclination is stated worse than VQF's, and its heading more so the longer it runs."""
    block, _ = turning_samples("pelvis", 100.0, [(AXES[0], 1.0), (AXES[2], -2.0)])
    best, _ = _push(Filter("pelvis", 100.0), block)
    oriented, _ = _push(Filter("pelvis", 100.0, FilterParams(filter=name)), block)
    assert np.all(oriented.tilt > best.tilt + np.radians(1.0) ** 2)
    assert np.all(np.diff(oriented.unseen - best.unseen) > 0.0)


def test_small_gaps_are_filled_in():
    """A turn with every fifth sample missing ends where it should, and each gap is reported."""
    block, truth = turning_samples("pelvis", 100.0, [(AXES[2], 1.5)])
    keep = np.arange(len(block.t)) % 5 != 3
    sparse, kept = _without(block, keep), truth[keep]
    oriented, faults = _push(Filter("pelvis", 100.0), sparse)
    error = angle_from_quaternion(multiply(oriented.q, conjugate(kept)))
    assert np.degrees(error).max() < 0.5
    assert sum(fault.count for fault in faults) == np.count_nonzero(~keep[:-1])


def test_a_short_gap_in_a_turn_costs_little_heading():
    """A fifth of a second amid a steady turn is bridged to 2°, and its doubt is small too."""
    block, truth = turning_samples("pelvis", 100.0, [(AXES[2], 1.5)])
    keep = (block.t < 2.5) | (block.t > 2.7)
    sparse, kept = _without(block, keep), truth[keep]
    oriented, _ = _push(Filter("pelvis", 100.0), sparse)
    error = np.degrees(angle_from_quaternion(multiply(oriented.q, conjugate(kept))))
    assert error.max() < 2.0
    assert error.max() < 3.0 * np.degrees(np.sqrt(oriented.unseen[-1])) < 30.0


def test_a_long_gap_keeps_inclination_and_heading():
    """After two seconds of silence the tilt is right at once, and the heading goes on."""
    block, truth = turning_samples("pelvis", 100.0, [(AXES[0], 1.0), (AXES[1], 0.5)])
    keep = (block.t < 2.2) | (block.t > 4.4)  # lost within the first turn, back at rest
    sparse, kept = _without(block, keep), truth[keep]
    oriented, faults = _push(Filter("pelvis", 100.0), sparse)
    after = np.flatnonzero(sparse.t > 4.4)[0]
    up = rotate(oriented.q[after], sparse.acc[after])
    assert up[2] == pytest.approx(9.81, abs=0.05)
    assert len(faults) == 1
    assert faults[0].kind == "gap"
    assert faults[0].t_end - faults[0].t_start == pytest.approx(2.2, abs=0.03)
    del kept


def test_a_gap_in_motion_keeps_the_inclination():
    """After a short gap the vertical is not that of a jerk of 27°, but nearer that of before."""
    block, truth = turning_samples("pelvis", 100.0, [(AXES[0], 1.0)])
    keep = (block.t < 2.3) | (block.t > 2.6)
    sparse, kept = _without(block, keep), truth[keep]
    after = np.flatnonzero(sparse.t > 2.6)[0]
    jerked = sparse.acc.copy()
    jerked[after] += rotate(conjugate(kept[after]), np.array((4.0, 3.0, 0.0)))
    oriented, _ = _push(Filter("pelvis", 100.0), dataclasses.replace(sparse, acc=jerked))
    up = rotate(oriented.q[after], rotate(conjugate(kept[after]), np.array((0.0, 0.0, 1.0))))
    assert np.degrees(np.arccos(up[2])) < 12.0


@pytest.mark.parametrize("restart", [False, True])
def test_what_was_turned_unseen_is_reported(restart):
    """A gap, of a connection or in one, adds what so fast a sensor could have turned."""
    block, _ = turning_samples("pelvis", 100.0, [(AXES[2], 1.5)])
    sparse = _without(block, (block.t < 2.1) | (block.t > 3.5))
    after = np.flatnonzero(sparse.t > 3.5)[0]
    if restart:  # a new connection's own clock knows nothing of the time before it
        sparse.dt[after], sparse.missing[after], sparse.restart[after] = 0.01, 0, True
    oriented, _ = _push(Filter("pelvis", 100.0), sparse)
    assert (oriented.unseen[:after] == 0.0).all()
    assert np.degrees(np.sqrt(oriented.unseen[after])) > 20.0


def test_the_devices_own_orientation_bridges_a_gap():
    """Where the device sends its orientation, a turn inside a gap is not lost."""
    block, truth = turning_samples("pelvis", 100.0, [(AXES[2], 1.5)])
    keep = (block.t < 2.1) | (block.t > 3.5)
    own = multiply(np.array((np.cos(0.7), 0.0, 0.0, np.sin(0.7))), truth)
    for quat, worst in ((own, 0.5), (None, 90.0)):
        sparse = _without(block, keep, quat)
        oriented, _ = _push(Filter("pelvis", 100.0), sparse)
        error = angle_from_quaternion(multiply(oriented.q, conjugate(truth[keep])))
        assert np.degrees(error).max() < worst
    assert np.degrees(error).max() > 60.0


def test_a_wrong_filter_is_said():
    """An unknown filter, or one without a magnetometer's axes, is the caller's mistake."""
    with pytest.raises(ValueError, match="Choose one of vqf, madgwick"):
        Filter("pelvis", 100.0, FilterParams(filter="kalman"))
    with pytest.raises(ValueError, match="works with"):
        Filter("pelvis", 100.0, FilterParams(filter="roleq"))


def _push(stage, block):
    n = len(block.t)
    return stage.push(block, np.zeros(n, dtype=np.bool_), np.full((n, 3), 1e-3))


def _without(block, keep, quat=None):
    """The block without some samples, as the clock would hand it on."""
    sparse = part(block, keep)
    dt = np.diff(sparse.t, prepend=sparse.t[0] - 0.01)
    missing = np.maximum(np.round(dt / 0.01).astype(np.int64) - 1, 0)
    return type(block)(
        sparse.sensor, sparse.t, dt, sparse.host_t, missing, sparse.restart, sparse.acc,
        sparse.gyr, None, None if quat is None else quat[keep], sparse.saturated,
    )  # fmt: skip


def _with_gaps(block, rng):
    keep = rng.random(len(block.t)) > 0.1
    keep[150:200] = False
    keep[320:329] = False
    return _without(block, keep)


def test_a_disturbed_field_is_left_out_and_reported():
    """In nine axes a field that is not the earth's changes no heading, and is a fault."""
    # The filter learns a field while the sensor turns in it.
    turns = [(AXES[2], 1.5), (AXES[2], -1.5)] * 8
    block, truth = turning_samples("pelvis", 100.0, turns, still_s=0.3)
    field = rotate(conjugate(truth), np.array((0.0, 20.0, -45.0)))
    near = (block.t > 16.0) & (block.t < 21.0)
    field[near] += rotate(conjugate(truth[near]), np.array((60.0, 0.0, 30.0)))
    disturbed = replace(block, mag=field)
    oriented, faults = _push(Filter("pelvis", 100.0, FilterParams(axes=9)), disturbed)
    error = multiply(oriented.q, conjugate(truth))
    apart = np.degrees(angle_from_quaternion(multiply(error, conjugate(error[1550]))))
    assert apart[1550:].max() < 2.0
    assert {fault.kind for fault in faults} == {"magnetic"}
    assert any(abs(f.t_start - 16.0) < 0.5 and abs(f.t_end - 21.0) < 2.0 for f in faults)
    assert all("gyroscope" in fault.detail for fault in faults)
    _, before = _push(Filter("pelvis", 100.0), disturbed)
    assert not before, "six axes know no field"


@pytest.mark.parametrize(
    ("gap_s", "worst_deg", "reported_deg"), [(0.2, 2.0, 8.0), (0.5, 6.0, 20.0)]
)
def test_a_steady_turn_goes_on_through_a_short_gap(gap_s, worst_deg, reported_deg):
    """Turning at both ends of a gap is turning in it, and the doubt is no greater than need be."""
    block, truth = turning_samples("pelvis", 100.0, [(AXES[2], 1.5)])
    keep = (block.t < 2.4) | (block.t > 2.4 + gap_s)
    sparse, kept = _without(block, keep), truth[keep]
    after = np.flatnonzero(sparse.t > 2.4 + gap_s)[0]
    oriented, _ = _push(Filter("pelvis", 100.0), sparse)
    wrong = multiply(oriented.q, conjugate(kept))
    off = multiply(wrong[after], conjugate(wrong[after - 1]))
    assert np.degrees(angle_from_quaternion(off)) < worst_deg
    reported = np.degrees(np.sqrt(oriented.unseen[after]))
    assert np.degrees(angle_from_quaternion(off)) < 1.96 * reported
    assert reported < reported_deg
