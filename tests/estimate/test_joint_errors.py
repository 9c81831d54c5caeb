import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imuhip.core.quaternions import (
    multiply,
    quaternion_from_heading,
    quaternion_from_rotvec,
    wrap_angle,
)
from imuhip.estimate import joint_errors
from imuhip.estimate.angle_errors import ErrorParams
from imuhip.estimate.joint_angles import hip_angles, pelvis_angles
from imuhip.estimate.joint_errors import joint_sd, lean_sd, turn_sd

NONE = ErrorParams(pelvis_tilt=0.0, thigh_posture=(0, 0), turning=0.0, still=0.0)
UPRIGHT = Rotation.from_euler("X", 90, degrees=True)
RNG = np.random.default_rng(21)
N = 30_000


def _segment(lean=0.0, side=0.0, turn=0.0):
    """Orientation ``(4,)`` of a segment that is turned, then leans aside, then forward, degrees."""
    posed = Rotation.from_euler("z", turn, degrees=True) * UPRIGHT
    posed *= Rotation.from_euler("XZ", (side, -lean), degrees=True)
    return posed.as_quat(scalar_first=True)


def _about_y(angle):
    return quaternion_from_rotvec(np.outer(angle, (0.0, 1.0, 0.0)))


def _askew(q, a, d, drift=0.0):
    """The segment as it is estimated with these errors ``(N,)`` of headings, radians."""
    turned = multiply(quaternion_from_heading(d + drift), np.broadcast_to(q, (len(a), 4)))
    return multiply(turned, _about_y(a - d))


def _headings():
    """A covariance of a, d_P and d_D, and draws from it."""
    root = np.radians(0.1 * RNG.normal(size=(3, 3)))
    return root @ root.T, (RNG.normal(size=(N, 3)) @ root.T).T


def _spread(estimates, truth):
    return np.sqrt(np.mean(wrap_angle(estimates - truth) ** 2, axis=0))


@pytest.mark.parametrize(("thigh", "shank"), [(80, -35), (10, -60), (0, 0)])
def test_a_knee_is_as_wrong_as_its_stated_error(thigh, shank, monkeypatch):
    """Monte Carlo of headings, drift and the knee's own axis gives the deviations to 3 %."""
    monkeypatch.setattr(joint_errors, "AXIS_SD", np.radians(0.1))
    covariance, (a, d_p, d_d) = _headings()
    proximal, distal = _segment(-thigh), _segment(-shank)
    drifts = np.radians((0.08, 0.08))
    pelvis, *own = np.radians(0.08) * np.sqrt(0.5) * RNG.normal(size=(3, N))
    axis = np.radians(0.1) * RNG.normal(size=N)
    found = hip_angles(
        multiply(_askew(proximal, a, d_p, own[0] - pelvis), _about_y(axis)),
        multiply(_askew(distal, a, d_d, own[1] - pelvis), _about_y(axis)),
        "right",
    )
    rows = np.stack((proximal, distal))[None]
    doubts = np.square(drifts)[None], np.zeros((1, 2))
    sd = joint_sd(rows, np.zeros((1, 2)), covariance, doubts, (NONE, 0.0))[0]
    truth = hip_angles(proximal[None], distal[None], "right")
    assert _spread(found, truth) == pytest.approx(sd, rel=0.03, abs=3e-5)


@pytest.mark.parametrize("lean", [0.0, 30.0, 60.0])
def test_a_turn_is_as_wrong_as_its_stated_error(lean):
    """Monte Carlo of a leaning trunk's heading against the pelvis's gives its deviation to 3 %."""
    covariance, (a, _, d_d) = _headings()
    covariance[1, :] = covariance[:, 1] = 0.0  # the proximal segment is the pelvis
    pelvis, trunk = _segment(0.5 * lean), _segment(lean, turn=15.0)
    drift = np.radians(0.05) * RNG.normal(size=N)

    def turn(of_trunk, of_pelvis):
        return (pelvis_angles(of_trunk) - pelvis_angles(of_pelvis))[:, 2]

    def at(q_trunk, q_pelvis):
        return turn(_askew(q_trunk, a, d_d, drift), _askew(q_pelvis, a, np.zeros(N)))

    upright = _segment()
    stood = turn(_askew(upright, a, d_d), _askew(upright, a, np.zeros(N)))
    found = wrap_angle(at(trunk, pelvis) - stood)
    doubts = np.array([[0.0, np.radians(0.05) ** 2]]), np.zeros((1, 2))
    rows = np.stack((pelvis, trunk))[None]
    sd = turn_sd(rows, np.zeros((1, 2)), covariance, doubts, (NONE, 0.0))[0, 0]
    truth = turn(trunk[None], pelvis[None])
    assert _spread(found, truth) == pytest.approx(sd, rel=0.03)


def test_a_leaning_trunk_shows_an_axis_that_is_askew():
    """Monte Carlo of its facing gives the deviations of tilt and obliquity to 3 %."""
    covariance, (a, _, d_d) = _headings()
    trunk = _segment(50.0, 10.0)
    found = pelvis_angles(_askew(trunk, a, d_d))[:, :2]
    own = covariance[np.ix_((0, 2), (0, 2))]
    sd = lean_sd(trunk[None], np.zeros(1), own, np.zeros(1), (NONE, 0.0))[0]
    assert _spread(found, pelvis_angles(trunk[None])[:, :2]) == pytest.approx(sd, rel=0.03)
    gap = lean_sd(trunk[None], np.zeros(1), own, np.full(1, 0.01), (NONE, 0.0))[0]
    assert gap**2 == pytest.approx(sd**2 + 0.01)
