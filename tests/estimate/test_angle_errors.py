from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imuhip.core.conventions import HIP_SIGNS, SIDES
from imuhip.core.quaternions import multiply, quaternion_from_heading, quaternion_from_rotvec
from imuhip.estimate.angle_errors import (
    ErrorParams,
    felt_lately,
    hip_errors,
    settings_of,
    soft_tissue,
    verticals,
)
from imuhip.estimate.joint_angles import hip_angles

NONE = ErrorParams(pelvis_tilt=0.0, thigh_posture=(0.0, 0.0), turning=0.0, still=0.0)
UPRIGHT = Rotation.from_euler("X", 90, degrees=True)
RNG = np.random.default_rng(11)
SIGNS = np.array([HIP_SIGNS[side] for side in SIDES])


def quat(rotation):
    return np.atleast_2d(rotation.as_quat(scalar_first=True))


def posture(flexion, adduction=0.0, rotation=0.0, tilt=0.0):
    """Segment orientations of pelvis and both thighs, degrees; one row."""
    pelvis = UPRIGHT * Rotation.from_euler("Z", -tilt, degrees=True)
    thighs = []
    for side in SIDES:
        angles = np.array((flexion, adduction, rotation)) * HIP_SIGNS[side]
        thighs.append(quat(pelvis * Rotation.from_euler("ZXY", angles, degrees=True)))
    return quat(pelvis), np.stack(thighs, axis=1)


def errors(pelvis, thighs, *, covariance=None, drift=0.0, params=NONE, quality=0.0, moved=0.0):
    """Deviations of the hips and their covariance, and of the pelvis, degrees; one row."""
    sd, cov, pelvis_sd = np.empty((1, 2, 3)), np.empty((1, 3)), np.empty((1, 3))
    covariance = np.zeros((3, 3)) if covariance is None else covariance
    known = (settings_of(params, quality, 0.0), covariance, SIGNS)
    doubts = (np.full((1, 3), drift**2), np.zeros((1, 3)))
    felt = verticals(np.concatenate((pelvis[:, None], thighs), axis=1))
    out = (sd, cov, pelvis_sd)
    hip_errors(pelvis, thighs, felt, np.full((2, 1, 3), moved), known, doubts, out)
    return np.degrees(sd[0]), cov[0], np.degrees(pelvis_sd[0])


@pytest.mark.parametrize(
    ("flexion", "to_rotation", "to_adduction"),
    [(0, 1.0, 0.0), (30, 0.93, 0.38), (90, 0.40, 0.92), (110, 0.15, 0.99)],
)
def test_heading_moves_rotation_in_standing_and_adduction_at_depth(
    flexion, to_rotation, to_adduction
):
    """One degree of heading does what the squat of the design's table says, to five hundredths."""
    tilt = {0: 0, 30: 7, 90: 22, 110: 28}[flexion]
    sd, _, _ = errors(*posture(flexion, tilt=tilt), drift=np.radians(1.0))
    for side in sd:
        assert side[2] == pytest.approx(to_rotation, abs=0.05)
        assert side[1] == pytest.approx(to_adduction, abs=0.05)


@pytest.mark.parametrize("seed", range(8))
def test_a_heading_error_moves_the_angles_as_stated(seed):
    """The stated error of a small turn of the thigh about the vertical is what it really does."""
    rng = np.random.default_rng(seed)
    posed = posture(*rng.uniform((-10, -25, -30, -20), (120, 25, 30, 30)).tolist())
    size = 1e-5
    sd, _, _ = errors(*posed, drift=size)
    for k, side in enumerate(SIDES):
        turned = multiply(quaternion_from_heading(size), posed[1][:, k])
        change = hip_angles(posed[0], turned, side) - hip_angles(posed[0], posed[1][:, k], side)
        assert np.degrees(np.abs(change[0])) == pytest.approx(sd[k], rel=1e-3, abs=1e-9)


def test_an_error_of_the_pelvis_axis_parts_the_sides():
    """It changes the arc of both sides by 1.2 to 1.4 times itself, in opposite directions."""
    covariance = np.zeros((3, 3))
    covariance[0, 0] = np.radians(1.0) ** 2
    sd, cov, _ = errors(*posture(110, adduction=-18, rotation=5, tilt=25), covariance=covariance)
    assert sd[:, 2] == pytest.approx([1.3, 1.3], abs=0.1)
    assert np.degrees(np.degrees(cov[2])) == pytest.approx(-sd[0, 2] * sd[1, 2], rel=1e-6)


def test_nothing_is_wrong_in_standing_but_the_drift():
    """Every error of the calibration is zeroed away in the posture of the standing itself."""
    params = ErrorParams(turning=0.0, still=0.0)
    sd, _, _ = errors(*posture(0), covariance=np.eye(3) * 0.01, params=params, quality=0.01)
    assert sd == pytest.approx(np.zeros((2, 3)), abs=1e-9)


@pytest.mark.parametrize(("skew", "expected"), [(0.0, np.sqrt(2.0)), (1.0, 2.0)])
def test_an_accelerometer_bias_is_what_tilts(skew, expected):
    """A bias of 1 % of gravity tilts a thigh that lies flat by what two attitudes differ in it."""
    sd, _, _ = errors(*posture(90), quality=0.01, params=replace(NONE, skew=skew))
    assert sd[0, 0] == pytest.approx(np.degrees(0.01 * expected), rel=0.01)


@pytest.mark.parametrize("pose", [(105, -16, 5, 25), (90, -5, 30, 0), (0, 0, -25, 0)])
def test_bias_and_skew_of_accelerometers_do_what_is_stated(pose):
    """Monte Carlo of both, felt now and in the standing, gives the deviations to 3 %."""
    n, size = 20_000, 1e-3
    y = np.array((0.0, 1.0, 0.0))
    pelvis, thighs = posture(*pose)
    sd, cov, _ = errors(pelvis, thighs, quality=size)

    def tilted(q):
        bias, skew = size * RNG.normal(size=(n, 3)), size * RNG.normal(size=(n, 3, 3))
        up = Rotation.from_quat(q, scalar_first=True).inv().apply((0.0, 0.0, 1.0))[0]
        wrong = np.cross(up, bias + skew @ up) - np.cross(y, bias + skew @ y)
        return multiply(np.broadcast_to(q, (n, 4)), quaternion_from_rotvec(wrong))

    askew = tilted(pelvis)
    found = [
        np.degrees(hip_angles(askew, tilted(thighs[:, k]), side)) for k, side in enumerate(SIDES)
    ]
    spread = np.array([f.std(axis=0) for f in found])
    assert sd == pytest.approx(spread, rel=0.03, abs=1e-4)
    both = [np.cov(found[0][:, c], found[1][:, c])[0, 1] for c in range(3)]
    limit = 0.05 * spread[0] * spread[1]
    assert np.all(np.abs(np.degrees(np.degrees(cov)) - both) < limit + 1e-9)


def test_errors_of_two_headings_are_weighed_with_their_covariance():
    """Monte Carlo of the calibration's headings gives the stated deviations to 3 %."""
    n = 40_000
    root = np.radians(RNG.normal(size=(3, 3)))
    covariance = root @ root.T
    a, left, right = (RNG.normal(size=(n, 3)) @ root.T).T
    pelvis, thighs = posture(100, adduction=-12, rotation=8, tilt=20)
    sd, cov, _ = errors(pelvis, thighs, covariance=covariance)
    about_y = np.array((0.0, 1.0, 0.0))
    askew = multiply(pelvis, quaternion_from_rotvec(a[:, None] * about_y))
    found = []
    for k, (side, d) in enumerate(zip(SIDES, (left, right), strict=True)):
        carried = multiply(quaternion_from_heading(d), thighs[:, k])
        carried = multiply(carried, quaternion_from_rotvec((a - d)[:, None] * about_y))
        found.append(np.degrees(hip_angles(askew, carried, side)))
    spread = np.array([f.std(axis=0) for f in found])
    assert sd == pytest.approx(spread, rel=0.03)
    both = [np.cov(found[0][:, c], found[1][:, c])[0, 1] for c in range(3)]
    assert np.degrees(np.degrees(cov)) == pytest.approx(both, rel=0.06, abs=0.02)


def test_an_accelerometer_is_heard_over_seconds():
    """At the bottom of a quick squat its error hardly acts yet, and after a long one it lingers."""
    (pelvis, standing), (_, deep) = posture(0), posture(90)
    quick, late = np.repeat((0, 1, 0), (300, 50, 700)), np.repeat((0, 1, 0), (300, 900, 700))

    def flexion_sd(bent):
        q = np.where(bent[:, None, None], deep, standing)
        segments = np.concatenate((np.tile(pelvis, (len(q), 1, 1)), q), axis=1)
        felt = np.empty((len(q), 3, 3))
        felt_lately(segments, np.tile((0.0, 1.0, 0.0), (3, 1)), felt)
        n = len(q)
        sd, cov, pelvis_sd = np.empty((n, 2, 3)), np.empty((n, 3)), np.empty((n, 3))
        known = (settings_of(NONE, 0.02, 0.0), np.zeros((3, 3)), SIGNS)
        doubts, moved = (np.zeros((n, 3)), np.zeros((n, 3))), np.zeros((2, n, 3))
        hip_errors(segments[:, 0], q, felt, moved, known, doubts, (sd, cov, pelvis_sd))
        return sd[:, 0, 0]

    assert flexion_sd(quick)[349] < 0.4 * flexion_sd(late)[1199]
    after = flexion_sd(late)[1200:]
    assert after[0] > 0.5 * flexion_sd(late)[1199]
    assert after[-1] < 0.3 * after[0]


def test_skin_widens_the_error_with_rotation_and_flexion():
    """The total error is never smaller, and grows with what the skin does not follow."""
    hip = np.zeros((3, 2, 3))
    hip[1, :, 2] = np.radians(30.0)
    hip[2, :, 0] = np.radians(110.0)
    sd = np.full((3, 2, 3), np.radians(2.0))
    total = np.degrees(soft_tissue(hip, sd))
    assert (total > 2.0).all()
    assert total[1, 0, 2] > 9.0
    assert total[2, 0, 2] > total[0, 0, 2]
