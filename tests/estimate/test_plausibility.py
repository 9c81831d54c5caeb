"""What cannot be true is told and left out; what people and chips do is not."""

import numpy as np
import pytest
from support.helpers import cuts

from imuhip.core.conventions import GRAVITY
from imuhip.core.records import OrientationBlock, SampleBlock
from imuhip.estimate.axes import AxesCheck
from imuhip.estimate.common_motion import CommonMotion
from imuhip.estimate.plausibility import Plausibility

RATE = 100.0


def moving(seconds=30.0, seed=0, rate_hz=RATE, late_s=0.0, gyr_way=None, gravity=GRAVITY):
    """A sensor that nods and rolls by tens of degrees, with noise; exact to the integration."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate_hz)
    t = np.arange(n) / rate_hz
    nod = 0.6 * np.sin(0.35 * 2 * np.pi * (t - late_s)) * (1 + 0.5 * np.sin(0.11 * (t - late_s)))
    roll = 0.5 * np.sin(0.2 * 2 * np.pi * (t - late_s) + 1.0)
    # Earth from sensor: a nod about y after a roll about x.
    up = np.column_stack((-np.sin(nod), np.cos(nod) * np.sin(roll), np.cos(nod) * np.cos(roll)))
    nod_rate, roll_rate = np.gradient(nod, 1 / rate_hz), np.gradient(roll, 1 / rate_hz)
    gyr = np.column_stack((roll_rate, nod_rate * np.cos(roll), -nod_rate * np.sin(roll)))
    if gyr_way is not None:
        gyr = gyr @ np.asarray(gyr_way, dtype=float).T
    return block(t, gravity * up + rng.normal(0, 0.05, (n, 3)), gyr + rng.normal(0, 0.003, (n, 3)))


def block(t, acc, gyr, sensor="thigh_left"):
    n = len(t)
    dt = np.diff(t, prepend=t[0] - 1 / RATE)
    return SampleBlock(
        sensor, t, dt, t + 0.01, np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.bool_),
        acc, gyr, None, None, np.zeros(n, dtype=np.bool_),
    )  # fmt: skip


def part(samples, rows):
    columns = ("t", "dt", "host_t", "missing", "restart", "acc", "gyr")
    values = {name: getattr(samples, name)[rows] for name in columns}
    return SampleBlock(
        samples.sensor, **values, mag=None, quat=None, saturated=samples.saturated[rows]
    )


def changed(samples, rows, acc=None, gyr=None):
    new_acc, new_gyr = samples.acc.copy(), samples.gyr.copy()
    if acc is not None:
        new_acc[rows] = acc
    if gyr is not None:
        new_gyr[rows] = gyr
    return block(samples.t, new_acc, new_gyr, samples.sensor)


def held(samples):
    return changed(samples, slice(1000, 1300), samples.acc[1000], samples.gyr[1000])


CASES = {
    "one value for 3 s": (held, "stuck", 250, 300),
    "zeros for 3 s": (lambda s: changed(s, slice(1000, 1300), 0.0, 0.0), "stuck", 300, 300),
    "a dead gyroscope": (lambda s: changed(s, slice(1000, 3000), gyr=0.0), "stuck", 1700, 2000),
    "a dead axis of the gyroscope": (
        lambda s: changed(s, slice(1000, 3000), gyr=s.gyr[1000:3000] * [1, 0, 1]), "stuck", 1700,
        2000,
    ),
    "two values in turns for 3 s": (
        lambda s: changed(s, slice(1000, 1300), np.tile(s.acc[1000:1002], (150, 1)),
                          np.tile(s.gyr[1000:1002], (150, 1))), "stuck", 250, 300,
    ),
    "four values in turns for 3 s": (
        lambda s: changed(s, slice(1000, 1300), np.tile(s.acc[1000:1004], (75, 1)),
                          np.tile(s.gyr[1000:1004], (75, 1))), "stuck", 250, 300,
    ),
    "a frozen accelerometer": (
        lambda s: changed(s, slice(1000, 1300), acc=s.acc[1000]), "stuck", 250, 300,
    ),
    "one sample at 2000 deg/s": (
        lambda s: changed(s, [1500], gyr=s.gyr[1500] + [0, 34.9, 0]), "impossible", 1, 1,
    ),
    "one sample at -900 deg/s": (
        lambda s: changed(s, [1500], gyr=s.gyr[1500] - [15.7, 0, 0]), "impossible", 1, 1,
    ),
    "one sample of 500 m/s2 and 300 rad/s": (
        lambda s: changed(s, [1500], [500.0, -500, 500], [300.0, -300, 300]), "impossible", 1, 1,
    ),
    "300 m/s2 and more for half a second": (
        lambda s: changed(s, slice(1500, 1550), acc=np.linspace(180.0, 300.0, 150).reshape(50, 3)),
        "impossible", 50, 50,
    ),
    "two wild samples": (
        lambda s: changed(s, [1500, 1501], gyr=[[200.0, 0, 0], [-200.0, 0, 0]]), "impossible", 2, 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_no_chip_gives_is_left_out_and_reported(name):
    """Stuck, dead and wild values leave a gap of their length, and a fault of their kind."""
    change, kind, least, most = CASES[name]
    samples = change(moving())
    kept, faults = Plausibility("thigh_left", RATE).push(samples)
    assert {fault.kind for fault in faults} == {kind}
    out = len(samples.t) - len(kept.t)
    assert least <= out <= most
    assert sum(fault.count for fault in faults) == out
    inner = int(kept.missing.sum())
    assert inner == out or kept.t[-1] < samples.t[-1]  # what is gone at the end has no end yet
    steps = np.diff(kept.t)
    assert np.allclose(kept.dt[1:], steps, atol=1e-9)


def test_plausible_values_pass_untouched():
    """Movement, rest with noise, and impacts of a jump go on to the bit."""
    samples = moving()
    hit = samples.acc.copy()
    hit[1200:1203] += [[60.0, 0, 0], [90.0, 0, 0], [30.0, 0, 0]]
    for each in (samples, block(samples.t, hit, samples.gyr)):
        kept, faults = Plausibility("thigh_left", RATE).push(each)
        assert kept is each
        assert not faults


@pytest.mark.parametrize("seed", range(4))
def test_heel_strikes_pass_untouched(seed):
    """Jogging jolts a strap by 50 to 90 m/s² and turns it by up to 24 rad/s within a sample.

    Sizes are those of 100 Hz recordings of thighs: a turn beyond the one before of at most 0.6
    rad/s for each m/s², which rings out over some samples.
    """
    samples = moving()
    rng = np.random.default_rng(seed)
    acc, gyr = samples.acc.copy(), samples.gyr.copy()
    ring = np.array([1.0, -0.7, 0.4, -0.2, 0.1])
    for at in range(500, 2500, 35):
        jolt = rng.uniform(40.0, 90.0)
        way, axis = rng.normal(size=(2, 3))
        turn = min(0.6 * jolt, 24.0) * axis / np.linalg.norm(axis)
        acc[at : at + 5] += np.outer(ring, jolt * way / np.linalg.norm(way))
        gyr[at : at + 5] += np.outer(ring, turn)
    shaken = block(samples.t, acc, gyr)
    kept, faults = Plausibility("thigh_left", RATE).push(shaken)
    assert not faults
    assert kept is shaken


def test_a_sensor_without_noise_may_rest():
    """One that repeats itself from the beginning, as simulated ones do, is not stuck later."""
    n = 3000
    still = block(np.arange(n) / RATE, np.tile([0.0, 0.0, GRAVITY], (n, 1)), np.zeros((n, 3)))
    moved = moving(30.0)
    rest = np.tile(moved.acc[999], (1400, 1))
    acc = np.concatenate((still.acc[:600], moved.acc[:1000], rest))
    gyr = np.concatenate((still.gyr[:600], moved.gyr[:1000], still.gyr[:1400]))
    kept, faults = Plausibility("pelvis", RATE).push(block(np.arange(n) / RATE, acc, gyr))
    assert len(kept.t) == n
    assert not faults


@pytest.mark.parametrize("seed", range(3))
def test_a_coarse_sensor_may_rest_after_it_moved(seed):
    """Its last digits go to and fro between two or three values on each axis; that is noise."""
    moved, rng = moving(20.0, seed), np.random.default_rng(seed)
    n = 2000
    rest_acc = np.tile(moved.acc[-1], (n, 1)) + rng.normal(0, 0.01, (n, 3))
    rest_gyr = rng.normal(0, 0.0006, (n, 3))
    acc = np.round(np.concatenate((moved.acc, rest_acc)) / 0.02) * 0.02
    gyr = np.round(np.concatenate((moved.gyr, rest_gyr)) / 0.001) * 0.001
    whole = block(np.arange(len(acc)) / RATE, acc, gyr)
    kept, faults = Plausibility("pelvis", RATE).push(whole)
    assert not faults
    assert kept is whole


@pytest.mark.parametrize("name", CASES)
def test_no_cut_shows_in_what_is_left_out(name):
    """However samples are cut into blocks, the same ones go on, to the bit."""
    samples = CASES[name][0](moving())
    whole, _ = Plausibility("thigh_left", RATE).push(samples)
    stage = Plausibility("thigh_left", RATE)
    rng = np.random.default_rng(4)
    parts = [stage.push(part(samples, rows))[0] for rows in cuts(rng, len(samples.t), 60)]
    for column in ("t", "dt", "missing", "restart", "acc", "gyr"):
        joined = np.concatenate([getattr(each, column) for each in parts])
        assert np.array_equal(joined, getattr(whole, column)), column


WAYS = {
    "reversed": -np.eye(3),
    "y mirrored": np.diag([1.0, -1, 1]),
    "z mirrored and x mirrored": np.diag([-1.0, 1, -1]),
    "x and y exchanged": [[0, 1, 0], [1, 0, 0], [0, 0, 1]],
    "turned on": [[0, 1, 0], [0, 0, 1], [1, 0, 0]],
}


@pytest.mark.parametrize("name", WAYS)
def test_axes_that_disagree_are_reported(name):
    """Mirrored, reversed or exchanged axes of the gyroscope are found within half a minute."""
    check = AxesCheck("thigh_left", RATE)
    faults = check.push(moving(gyr_way=WAYS[name]))
    assert [fault.kind for fault in faults] == ["axes"]
    assert check.spoiled_at < 30.1


@pytest.mark.parametrize("seed", range(6))
def test_axes_that_agree_are_not(seed):
    """Right axes stay unquestioned, whatever the noise, and under shocks of 15 m/s²."""
    samples = moving(seed=seed)
    rng = np.random.default_rng(seed)
    shaken = block(samples.t, samples.acc + rng.normal(0, 15.0, samples.acc.shape), samples.gyr)
    for each in (samples, shaken):
        check = AxesCheck("thigh_left", RATE)
        assert not check.push(each)
        assert check.spoiled_at == np.inf


@pytest.mark.parametrize("push", [(4.0, 1.7, 0.3), (1.6, 1.9, 5.1)])
def test_a_run_says_nothing_of_the_axes(push):
    """A runner's thigh feels pushes that are no gravity, stride by stride the same."""
    t = np.arange(round(60.0 * RATE)) / RATE
    stride = 2 * np.pi * t
    lean = 0.6 * np.sin(stride)
    gyr = np.column_stack((0 * t, np.gradient(lean, 1 / RATE), 0 * t))
    gravity = np.column_stack((np.sin(lean), 0 * t, np.cos(lean))) * GRAVITY
    check = AxesCheck("thigh_left", RATE)
    assert not check.push(block(t, gravity + 8.0 * np.cos(stride[:, None] + push), gyr))
    assert check.spoiled_at == np.inf


def test_lost_gravity_is_reported():
    """An accelerometer whose gravity was taken off is reported, and what to do."""
    faults = AxesCheck("pelvis", RATE).push(moving(gravity=0.0))
    assert ["gravity" in fault.detail for fault in faults] == [True]


def squats(late_s=0.0, seed=0, seconds=60.0, share=1.0):
    """A sensor's part in squats that come at uneven times."""
    rng = np.random.default_rng(7)
    t = np.arange(round(seconds * RATE)) / RATE
    lean, start = np.zeros(len(t)), 3.0
    while start < seconds - 4.0:
        length = rng.uniform(1.8, 2.6)
        phase = np.clip((t - late_s - start) / length, 0.0, 1.0)
        lean += 1.2 * share * np.sin(np.pi * phase) ** 2
        start += length + rng.uniform(0.8, 2.0)
    gyr = np.column_stack((0 * t, np.gradient(lean, 1 / RATE), 0 * t))
    noise = np.random.default_rng(seed)
    acc = np.column_stack((np.sin(lean), 0 * t, np.cos(lean))) * GRAVITY
    return t, acc + noise.normal(0, 0.05, acc.shape), gyr + noise.normal(0, 0.01, gyr.shape)


def oriented(sensor, t, acc, gyr):
    n = len(t)
    zero = np.zeros(n)
    q = np.tile([1.0, 0, 0, 0], (n, 1))
    return OrientationBlock(sensor, t, t + 0.02, q, acc, gyr, zero > 0, zero, zero, zero)


@pytest.mark.parametrize("late_s", [0.3, 0.6, -1.1, 3.0])
def test_clocks_apart_are_reported(late_s):
    """A sensor whose times are 0.3 to 3 s off is named, with how far, and nobody else."""
    stage = CommonMotion(("pelvis", "thigh_left", "thigh_right"))
    faults = stage.push(
        [
            oriented("pelvis", *squats(share=0.4, seed=1)),
            oriented("thigh_left", *squats(late_s, seed=2)),
            oriented("thigh_right", *squats(seed=3)),
        ]
    )
    assert [(fault.sensor, fault.kind) for fault in faults] == [("thigh_left", "clocks")]
    assert f"{abs(late_s):.1f} s {'after' if late_s > 0 else 'before'}" in faults[0].detail
    assert set(stage.spoiled_at) == {"thigh_left"}


def test_one_clock_is_not_questioned():
    """Squats on one clock, and a leg that moves alone, tell nothing."""
    stage = CommonMotion(("pelvis", "thigh_left", "thigh_right"))
    t, acc, gyr = squats(seed=2)
    quiet = gyr * 0.0
    faults = stage.push(
        [
            oriented("pelvis", *squats(share=0.4, seed=1)),
            oriented("thigh_left", t, acc, gyr),
            oriented("thigh_right", t, acc + 0.01, quiet),
        ]
    )
    assert not faults


def test_one_stream_for_two_sensors_is_reported():
    """The same forces to the bit under two names are one sensor."""
    stage = CommonMotion(("pelvis", "thigh_left", "thigh_right"))
    same = squats(seed=2)
    faults = stage.push(
        [
            oriented("pelvis", *squats(share=0.4, seed=1)),
            oriented("thigh_left", *same),
            oriented("thigh_right", *same),
        ]
    )
    assert [(fault.sensor, fault.kind) for fault in faults] == [("thigh_right", "same_stream")]
    assert set(stage.spoiled_at) == {"thigh_left", "thigh_right"}


def turning(way=1.0, seed=0):
    """A sensor's part when somebody turns round by 90° now and then; reversed, the other way."""
    t = np.arange(round(60.0 * RATE)) / RATE
    rate = np.where(t % 12.0 < 1.5, way * np.pi / 3.0, 0.0)
    noise = np.random.default_rng(seed)
    gyr = np.column_stack((0 * t, 0 * t, rate)) + noise.normal(0, 0.01, (len(t), 3))
    acc = np.array([0.0, 0.0, GRAVITY]) + noise.normal(0, 0.05, (len(t), 3))
    return t, acc, gyr


@pytest.mark.parametrize(
    ("ways", "wrong"),
    [
        ((1, 1, 1), []),
        ((1, -1, 1), ["thigh_left"]),
        ((1, 1, -1), ["thigh_right"]),
        ((-1, 1, 1), ["pelvis"]),
    ],
)
def test_a_sensor_that_turns_the_other_way_is_reported(ways, wrong):
    """A reversed accelerometer: up is down, so that turning round reads the other way."""
    names = ("pelvis", "thigh_left", "thigh_right")
    stage = CommonMotion(names)
    tracks = [turning(way, seed) for seed, way in enumerate(ways)]
    faults = stage.push([oriented(n, *track) for n, track in zip(names, tracks, strict=True)])
    assert [(fault.sensor, fault.kind) for fault in faults] == [(name, "axes") for name in wrong]
    assert all("turns the other way" in fault.detail for fault in faults)


def test_a_leg_that_turns_alone_is_not_questioned():
    """Pivots and seated turns: the thigh turns against a pelvis that hardly turns."""
    names = ("pelvis", "thigh_left", "thigh_right")
    stage = CommonMotion(names)
    t, acc, gyr = turning(-1.0, 1)
    tracks = [(t, acc, -0.4 * gyr), (t, acc + 0.01, gyr), (t, acc - 0.01, 0.1 * gyr)]
    assert not stage.push(
        [oriented(name, *track) for name, track in zip(names, tracks, strict=True)]
    )


def test_no_cut_shows_in_what_sensors_have_in_common():
    """Cut into any blocks, the findings and the moments they count from are the same."""
    tracks = {
        "pelvis": squats(share=0.4, seed=1),
        "thigh_left": squats(0.6, seed=2),
        "thigh_right": squats(seed=3),
    }
    whole = CommonMotion(tuple(tracks))
    reported = whole.push([oriented(name, *track) for name, track in tracks.items()])
    pieces = CommonMotion(tuple(tracks))
    found = []
    for rows in cuts(np.random.default_rng(5), len(tracks["pelvis"][0]), 50):
        blocks = [oriented(n, *(column[rows] for column in track)) for n, track in tracks.items()]
        found += pieces.push(blocks)
    assert tuple(found) == reported
    assert pieces.spoiled_at == whole.spoiled_at


@pytest.mark.parametrize("noise", [0.0, 0.002])
@pytest.mark.parametrize("axis", range(3))
def test_an_axis_that_was_dead_from_the_beginning_is_reported(axis, noise):
    """It reads nothing, or noise, while gravity turns about it; the sentence names it."""
    samples = moving()
    gyr = samples.gyr.copy()
    gyr[:, axis] = noise * np.random.default_rng(1).normal(size=len(gyr))
    check = AxesCheck("thigh_left", RATE)
    faults = check.push(block(samples.t, samples.acc, gyr))
    assert [fault.kind for fault in faults] == ["axes"]
    assert f"about its axis {'xyz'[axis]} " in faults[0].detail
    assert check.spoiled_at < 30.1


def test_a_hinge_without_noise_has_no_dead_axis():
    """Simulated turns about one or two axes leave the others at zero, and gravity agrees."""
    t = np.arange(round(60.0 * RATE)) / RATE
    lean = 0.8 * np.sin(2 * np.pi * 0.4 * t)
    gyr = np.column_stack((0 * t, np.gradient(lean, 1 / RATE), 0 * t))
    acc = np.column_stack((-np.sin(lean), 0 * t, np.cos(lean))) * GRAVITY
    for tilted in (np.eye(3), [[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]]):
        way = np.asarray(tilted, dtype=float)
        check = AxesCheck("thigh_left", RATE)
        assert not check.push(block(t, acc @ way.T, gyr @ way.T))


def test_an_axis_that_repeats_while_the_others_carry_noise_is_reported():
    """Gravity cannot see turns about the vertical; a value that never changes by a bit tells."""
    rng, n = np.random.default_rng(2), 2000
    gyr = rng.normal(0, 0.002, (n, 3))
    gyr[:, 2] = 0.0
    acc = rng.normal(0, 0.03, (n, 3)) + np.array([0.0, 0.0, GRAVITY])
    faults = AxesCheck("pelvis", RATE).push(block(np.arange(n) / RATE, acc, gyr))
    assert ["about its axis z " in fault.detail for fault in faults] == [True]


def test_no_cut_shows_in_a_dead_axis():
    """However samples are cut into blocks, the same second shows it."""
    samples = moving()
    dead = block(samples.t, samples.acc, samples.gyr * [0.0, 1.0, 1.0])
    whole, pieces = AxesCheck("thigh_left", RATE), AxesCheck("thigh_left", RATE)
    found = whole.push(dead)
    rng = np.random.default_rng(5)
    parts = [f for rows in cuts(rng, len(dead.t), 60) for f in pieces.push(part(dead, rows))]
    assert parts == list(found) != []
    assert pieces.spoiled_at == whole.spoiled_at
