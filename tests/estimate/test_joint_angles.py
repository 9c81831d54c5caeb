import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from support.helpers import random_quaternions

from imuhip.core.conventions import HIP_SIGNS, SIDES
from imuhip.core.quaternions import multiply
from imuhip.estimate.joint_angles import hip_angles, pelvis_angles

RNG = np.random.default_rng(7)
N = 5000


def _quaternion(rotation):
    return rotation.as_quat(scalar_first=True)


@pytest.mark.parametrize("side", SIDES)
def test_hip_angles_are_the_programmed_ones(side):
    """ISB angles come back to 1e-6° through -20 to 130° of flexion, however the pelvis lies."""
    angles = np.column_stack(
        (RNG.uniform(-20, 130, N), RNG.uniform(-45, 45, N), RNG.uniform(-60, 60, N))
    )
    pelvis = random_quaternions(RNG, N)
    femur = Rotation.from_euler("ZXY", angles * HIP_SIGNS[side], degrees=True)
    found = hip_angles(pelvis, multiply(pelvis, _quaternion(femur)), side)
    assert np.degrees(found) == pytest.approx(angles, abs=1e-6)


@pytest.mark.parametrize(
    ("side", "axis", "turn", "expected"),
    [
        ("right", "z", 30, (30, 0, 0)),
        ("left", "z", 30, (30, 0, 0)),
        ("right", "x", 30, (0, 30, 0)),
        ("left", "x", 30, (0, -30, 0)),
        ("right", "y", 30, (0, 0, 30)),
        ("left", "y", 30, (0, 0, -30)),
    ],
)
def test_signs_by_side(side, axis, turn, expected):
    """A thigh turned about one axis of the pelvis reads by the sign table of the conventions."""
    still = np.array([[1.0, 0.0, 0.0, 0.0]])
    turned = _quaternion(Rotation.from_euler(axis, turn, degrees=True))[None]
    found = np.degrees(hip_angles(still, turned, side)[0])
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ((0, 1, 0), (25, 0, 0)),  # about the left-pointing axis: forward, anterior tilt
        ((1, 0, 0), (0, 25, 0)),  # about the forward axis: the right side goes down
        ((0, 0, 1), (0, 0, 25)),  # about the vertical: to the left
    ],
)
def test_pelvis_signs(axis, expected):
    """Anterior tilt, right side lower and turned to the left are positive."""
    upright = Rotation.from_matrix(np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], dtype=float))
    turned = Rotation.from_rotvec(np.radians(25) * np.array(axis, dtype=float)) * upright
    assert np.degrees(pelvis_angles(_quaternion(turned)[None])[0]) == pytest.approx(expected)
