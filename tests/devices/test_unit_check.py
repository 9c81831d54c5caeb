"""Whether a wrong unit is reported, and a right one is not, whatever the sensor does."""

import numpy as np
import pytest
import scipy.io
from support.helpers import cuts, part, samples, turning_samples

from imuhip.devices.unit_check import ACC_MISTAKES, UnitCheck, acc_problem, check_at_rest

RATE_HZ = 50.0
X, Y = np.eye(3)[:2]


def resting(seconds=10, bias_deg=0.3, seed=3):
    """A worn sensor at rest: noise of a cheap chip, a bias, gravity along some axis."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE_HZ)
    up = rng.normal(size=3)
    acc = 9.81 * up / np.linalg.norm(up) + rng.normal(scale=0.02, size=(n, 3))
    gyr = np.radians(bias_deg) + rng.normal(scale=np.radians(0.1), size=(n, 3))
    return samples("pelvis", RATE_HZ, gyr, acc)


def squatting(turns=6, angle=1.3):
    """Rests of two seconds with turns about the horizontal axes between them."""
    return turning_samples("pelvis", RATE_HZ, [(X if i % 2 else Y, angle) for i in range(turns)])[0]


def scaled(block, *, acc=1.0, gyr=1.0):
    """The block as another unit would give it."""
    return samples("pelvis", RATE_HZ, block.gyr * gyr, block.acc * acc)


def reported(block):
    """What the check says of a block, given whole."""
    return [fault.detail for fault in UnitCheck("pelvis", RATE_HZ).push(block)]


@pytest.mark.parametrize("block", [resting(), resting(bias_deg=4.0, seed=5), squatting()])
def test_a_right_unit_is_no_fault(block):
    """A sensor that rests, or squats, in its right units is left in peace."""
    assert reported(block) == []


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1000 / 9.80665, "mg read as m/s²"),
        (1 / 9.80665, "like g read as m/s²"),
        (9.80665, "m/s² read as g"),
        (0.00980665, "m/s² read as mg"),
        (2.0, "range is another"),
        (0.25, "range is another"),
        (3.0, "correct the unit or the scale"),
    ],
)
def test_a_wrong_accelerometer_is_named_once(factor, words):
    """The reading at rest is told with the unit that explains it, and the sentence comes once."""
    sentences = reported(scaled(resting(20), acc=factor))
    assert len(sentences) == 1
    assert words in sentences[0]
    assert "instead of 9.81" in sentences[0]
    assert sentences == [acc_problem(float(sentences[0].split("reads ")[1].split()[0]))]


def test_no_two_explanations_claim_one_reading():
    """Readings that two mistakes would explain are reported as the first of them, and are few."""
    factors = np.array([factor for factor, _ in ACC_MISTAKES])
    near = np.abs(np.log(factors[:, None] / factors)) < np.log(1.2**2)
    pairs = {(i, j) for i, j in zip(*np.nonzero(near), strict=True) if i < j}
    shared = {tuple(sorted((ACC_MISTAKES[i][1], ACC_MISTAKES[j][1]))) for i, j in pairs}
    assert shared <= {
        ("its range is another one", "its values look like m/s² read as g"),
        ("its range is another one", "its values look like g read as m/s²"),
    }


def test_rad_read_as_deg_shows_in_turns():
    """A gyroscope 57 times too small turns less than gravity does: told after two clear turns."""
    sentences = reported(scaled(squatting(), gyr=np.pi / 180))
    assert len(sentences) == 1
    assert "rad/s read as deg/s" in sentences[0]


def test_deg_read_as_rad_shows_at_rest_and_in_motion():
    """A gyroscope 57 times too large turns at rest, or turns faster than any chip measures."""
    at_rest = reported(scaled(resting(20, bias_deg=0.5), gyr=180 / np.pi))
    assert len(at_rest) == 1
    assert "deg/s read as rad/s" in at_rest[0]
    moving = reported(scaled(squatting(angle=2.0), gyr=180 / np.pi))
    assert len(moving) == 1
    assert "no chip measures" in moving[0]


def test_a_slow_turn_about_the_vertical_is_no_rest_that_counts():
    """A pivot at 15 °/s leaves gravity where it is; the quiet seconds around it decide."""
    quiet, n = resting(6), int(4 * RATE_HZ)
    gyr = quiet.gyr.copy()
    gyr[:n] += np.radians([0.0, 0.0, 15.0])
    assert (
        reported(samples("pelvis", RATE_HZ, np.tile(gyr, (4, 1)), np.tile(quiet.acc, (4, 1)))) == []
    )


def test_a_radio_gap_during_a_turn_proves_nothing():
    """Gravity that turned while samples were missing is not held against the gyroscope."""
    block = squatting()
    moving = np.abs(block.gyr).max(axis=1) > 0
    kept = part(block, ~moving)
    kept.missing[np.flatnonzero(np.diff(np.flatnonzero(~moving)) > 1) + 1] = int(RATE_HZ)
    assert [fault.detail for fault in UnitCheck("pelvis", RATE_HZ).push(kept)] == []


def test_how_samples_are_cut_never_shows():
    """Whole, in any pieces and one by one, the same faults come out."""
    block = scaled(squatting(), acc=102.0, gyr=np.pi / 180)
    whole = UnitCheck("pelvis", RATE_HZ).push(block)
    assert [fault.kind for fault in whole] == ["unit", "unit"]
    rng = np.random.default_rng(1)
    n = len(block.t)
    for rows in [
        list(cuts(rng, n, 7)),
        list(cuts(rng, n, 90)),
        [slice(i, i + 1) for i in range(n)],
    ]:
        check = UnitCheck("pelvis", RATE_HZ)
        faults = [fault for span in rows for fault in check.push(part(block, span))]
        assert tuple(faults) == whole


def test_a_second_at_rest_can_be_judged_alone():
    """`check_at_rest` says what is wrong with samples known to rest, in either sensor or both."""
    block = resting(1)
    assert check_at_rest(block.acc, block.gyr) == ()
    assert check_at_rest(block.acc[:0], block.gyr[:0]) == ()
    (sentence,) = check_at_rest(block.acc / 9.80665, block.gyr)
    assert "g read as m/s²" in sentence
    assert len(check_at_rest(block.acc * 50, block.gyr * 57)) == 2


@pytest.mark.parametrize("trial", ["02_undisturbed_slow_rotation_B", "24_disturbed_tapping_A"])
def test_a_real_sensor_is_judged_rightly(shared_data, trial):
    """Real recordings are left in peace in their units, and named in wrong ones."""
    matrix = scipy.io.loadmat(shared_data / "broad" / f"{trial}.mat")
    whole = np.isfinite(matrix["imu_acc"]).all(axis=1) & np.isfinite(matrix["imu_gyr"]).all(axis=1)
    acc, gyr = (np.ascontiguousarray(matrix[name][whole]) for name in ("imu_acc", "imu_gyr"))

    def said(acc_factor, gyr_factor):
        block = samples("pelvis", 285.7, gyr * gyr_factor, acc * acc_factor)
        return [fault.detail for fault in UnitCheck("pelvis", 285.7).push(block)]

    assert said(1.0, 1.0) == []
    assert ["g read as m/s²" in words for words in said(1 / 9.80665, 1.0)] == [True]
    assert ["deg/s read as rad/s" in words for words in said(1.0, 180 / np.pi)] == [True]
