import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imuhip.core.quaternions import multiply, rotvec_from_quaternion
from imuhip.estimate.functional_axis import movement

RATE = 100.0
UPRIGHT = Rotation.from_euler("X", 90, degrees=True)
WORN = Rotation.from_rotvec((0.4, -1.1, 0.7))


def _lifted(flexion_deg, adduction_deg, rotation_deg, repetitions=3):
    """A sensor on a thigh that is lifted inward and turned about its own length on the way up."""
    t = np.arange(0.0, 2.4, 1.0 / RATE)
    part = np.tile(0.5 - 0.5 * np.cos(2 * np.pi * np.clip(t - 0.2, 0, 2) / 2.0), repetitions)
    angles = np.outer(part, (flexion_deg, adduction_deg, rotation_deg))
    q = UPRIGHT * Rotation.from_euler("ZXY", angles, degrees=True) * WORN
    q = q.as_quat(scalar_first=True)
    turns = rotvec_from_quaternion(multiply(q[:-1] * (1, -1, -1, -1), q[1:]))
    return q, np.vstack((turns, turns[-1:])) * RATE


def _heading_off(axis):
    """Angle in degrees, about the vertical, from the flexion axis in standing."""
    z = WORN.apply(axis)
    return float(np.degrees(np.arctan2(z[0], z[2])))


@pytest.mark.parametrize("askew", [(8.0, 0.0), (-8.0, 0.0), (0.0, 8.0), (0.0, -8.0)])
def test_a_lift_that_is_askew_turns_its_axis_less_in_the_earth(askew):
    """Going inward or turning on the way up costs at most nine tenths of what it does there."""
    q, gyr = _lifted(80.0, *askew)
    in_sensor = abs(_heading_off(movement(q, gyr, 0.0).axis))
    in_earth = abs(_heading_off(movement(q, gyr, 0.0, in_earth=True).axis))
    assert in_sensor > 3.5
    assert 0.0 < in_earth < 0.9 * in_sensor


def test_a_straight_lift_shows_the_same_axis_either_way():
    """Without a turn of its own, the thigh's axis is the flexion axis, in the first row's frame."""
    q, gyr = _lifted(80.0, 0.0, 0.0)
    for in_earth in (False, True):
        seen = movement(q, gyr, 0.0, in_earth=in_earth)
        assert WORN.apply(seen.axis) == pytest.approx((0.0, 0.0, 1.0), abs=1e-6)
        assert seen.steadiness == pytest.approx(0.0, abs=1e-6)
        assert np.degrees(seen.amplitude) == pytest.approx(80.0, abs=0.1)


def test_repetitions_that_differ_widen_the_error():
    """A lift that goes out by 10° more every time is steady to no better than that."""
    pieces = [_lifted(80.0, 0.0, 0.0, repetitions=1) for _ in range(3)]
    q = [np.asarray(p[0]) for p in pieces]
    outward = [Rotation.from_euler("z", 10.0 * k, degrees=True) for k in range(3)]
    turned = [
        (o * Rotation.from_quat(each, scalar_first=True)).as_quat(scalar_first=True)
        for o, each in zip(outward, q, strict=True)
    ]
    gyr = np.concatenate([p[1] for p in pieces])
    seen = movement(np.concatenate(turned), gyr, np.radians(2.0), in_earth=True)
    assert np.degrees(seen.steadiness) == pytest.approx(20.0, abs=0.5)
    assert np.degrees(seen.heading_sd) > 2.0
