import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from support.helpers import random_quaternions, same_rotation

from imuhip.core import quaternions as qu

RNG = np.random.default_rng(1)
P, Q = random_quaternions(RNG, 200), random_quaternions(RNG, 200)
V = RNG.normal(size=(200, 3))


def test_hamilton_units():
    """I j = k, and each squares to minus one."""
    one, i, j, k = np.eye(4)
    assert np.array_equal(qu.multiply(i, j), k)
    for unit in (i, j, k):
        assert np.array_equal(qu.multiply(unit, unit), -one)


def test_product_and_rotation_are_those_of_matrices():
    """Products, rotations and matrices agree with scipy's, scalar first."""
    ours = qu.multiply(P, Q)
    theirs = Rotation.from_quat(P, scalar_first=True) * Rotation.from_quat(Q, scalar_first=True)
    assert same_rotation(ours, theirs.as_quat(scalar_first=True))
    assert np.allclose(qu.rotate(P, V), Rotation.from_quat(P, scalar_first=True).apply(V))
    assert np.allclose(qu.matrix_from_quaternion(ours), theirs.as_matrix())


def test_inverse_undoes():
    """A rotation and its conjugate leave a vector where it was."""
    assert np.allclose(qu.rotate(qu.conjugate(P), qu.rotate(P, V)), V)


@pytest.mark.parametrize("angle", [0.0, 1e-10, 1e-6, 0.3, 3.0, np.pi - 1e-6])
def test_rotation_vectors_round_trip(angle):
    """The rotation vector of a quaternion is the one it was made of, small or large."""
    axis = V / np.linalg.norm(V, axis=-1, keepdims=True)
    assert np.allclose(
        qu.rotvec_from_quaternion(qu.quaternion_from_rotvec(axis * angle)), axis * angle, atol=1e-12
    )
    assert np.allclose(qu.angle_from_quaternion(qu.quaternion_from_rotvec(axis * angle)), angle)


def test_matrices_round_trip():
    """A quaternion comes back from its matrix, half turns about every axis too."""
    half_turns = np.eye(4)
    for q in (P, half_turns):
        assert same_rotation(qu.quaternion_from_matrix(qu.matrix_from_quaternion(q)), q)


def test_heading_is_the_turn_about_the_vertical():
    """Turning anything about the vertical adds to its heading."""
    tilt = qu.quaternion_from_rotvec(np.array((0.4, -0.3, 0.0)))
    turned = qu.multiply(qu.quaternion_from_heading(2.5), tilt)
    assert qu.heading_from_quaternion(turned) - qu.heading_from_quaternion(tilt) == pytest.approx(
        2.5
    )


def test_slerp_meets_its_ends_and_halves_the_way():
    """Slerp starts at p, ends at q and is half way at a half, the short way round."""
    assert same_rotation(qu.slerp(P, -Q, np.zeros(200)), P)
    assert same_rotation(qu.slerp(P, -Q, np.ones(200)), Q)
    half = qu.slerp(P, -Q, np.full(200, 0.5))
    whole = qu.angle_from_quaternion(qu.multiply(qu.conjugate(P), Q))
    first = qu.angle_from_quaternion(qu.multiply(qu.conjugate(P), half))
    assert np.allclose(first, whole / 2)


def test_mean_is_in_the_middle():
    """The mean of rotations spread evenly about one is that one."""
    middle = P[0]
    spread = RNG.normal(scale=0.1, size=(500, 3))
    around = qu.multiply(middle, qu.quaternion_from_rotvec(np.concatenate((spread, -spread))))
    assert same_rotation(qu.mean_quaternion(around), middle)


def test_a_row_has_the_same_bits_alone():
    """Products and rotations are elementwise: one row alone gives the bits it has in a block."""
    block = qu.rotate(qu.multiply(P, Q), V)
    rows = [qu.rotate(qu.multiply(P[i], Q[i]), V[i]) for i in range(200)]
    assert np.array_equal(block, np.array(rows))
