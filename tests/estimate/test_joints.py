import numpy as np
import pytest

from imuhip.core.conventions import SEGMENTS
from imuhip.core.evidence import Alignment, HeadingBlock
from imuhip.core.quaternions import (
    conjugate,
    multiply,
    quaternion_from_heading,
    quaternion_from_rotvec,
)
from imuhip.core.records import GridBlock
from imuhip.estimate.joints import JOINTS, Joints

# Standing, facing x of the earth: segment X forward, Y up, Z to the right.
UPRIGHT = quaternion_from_rotvec(np.array((np.pi / 2, 0.0, 0.0)))


def _about(axis, degrees):
    return quaternion_from_rotvec(np.radians(degrees) * np.eye(3)["xyz".index(axis)])


def _stage(rng, sensors=SEGMENTS):
    """A stage aligned to a standing with mounts and headings of any kind, and its alignment."""
    count = len(sensors)
    q_sb = np.array([quaternion_from_rotvec(rng.normal(size=3)) for _ in sensors])
    heading = np.concatenate(([0.0], rng.uniform(-3, 3, count - 1)))
    standing = _sensed(np.tile(UPRIGHT, (20, count, 1)), q_sb, heading)
    covariance = np.eye(count) * 1e-4
    alignment = Alignment(
        sensors=tuple(sensors), q_sb=q_sb, heading=heading, covariance=covariance,
        standing=standing, grade="good", chain="given", quality=0.005,
        obliquity=0.0, obliquity_sd=0.0,
    )  # fmt: skip
    stage = Joints(sensors)
    stage.align(alignment)
    return stage, alignment


def _sensed(q_eb, q_sb, heading):
    """What sensors with these mounts and headings read, `q_es`."""
    return multiply(quaternion_from_heading(-heading), multiply(q_eb, conjugate(q_sb)))


def _angles(stage, alignment, **turned):
    """Angles in degrees by name, of one row with some segments turned within themselves."""
    q_eb = np.tile(UPRIGHT, (1, len(alignment.sensors), 1))
    for name, q in turned.items():
        k = alignment.sensors.index(name)
        q_eb[:, k] = multiply(q_eb[:, k], q)
    q = _sensed(q_eb, alignment.q_sb, alignment.heading)
    n, count = q.shape[:2]
    nothing, yes = np.zeros((n, count)), np.ones((n, count), dtype=np.bool_)
    vectors = np.zeros((n, count, 3))
    grid = GridBlock(alignment.sensors, np.zeros(n), q, vectors, vectors, yes, yes, *[nothing] * 3)
    out, _ = stage.push(grid, HeadingBlock(grid.t, nothing, nothing, nothing))
    return dict(zip(stage.names, np.degrees(out[0]).tolist(), strict=True))


@pytest.mark.parametrize(
    ("turned", "expected"),
    [
        ({"shank_left": _about("z", -70)}, {"knee_flexion_left": 70}),
        ({"shank_right": _about("z", -70)}, {"knee_flexion_right": 70}),
        ({"shank_left": _about("y", -12)}, {"knee_rotation_left": 12}),
        ({"shank_right": _about("y", 12)}, {"knee_rotation_right": 12}),
        ({"shank_right": _about("x", 5)}, {"knee_adduction_right": 5}),
        ({"foot_left": _about("y", 15)}, {"foot_progression_left": 15}),
        ({"foot_right": _about("y", -15)}, {"foot_progression_right": 15}),
        ({"trunk": _about("z", -30)}, {"trunk_tilt": 30}),
        ({"trunk": _about("x", 8)}, {"trunk_obliquity": 8}),
        ({"trunk": _about("y", 20)}, {"trunk_turn": 20}),
    ],
)
def test_each_movement_has_its_sign(turned, expected):
    """A movement of one segment moves its own angle, with the tabulated sign, and no other."""
    stage, alignment = _stage(np.random.default_rng(4))
    angles = _angles(stage, alignment, **turned)
    for name, value in angles.items():
        assert value == pytest.approx(expected.get(name, 0.0), abs=1e-6), name


def test_standing_is_zero():
    """Whatever the mounts and headings, standing reads zero everywhere."""
    stage, alignment = _stage(np.random.default_rng(5))
    assert all(abs(v) < 1e-6 for v in _angles(stage, alignment).values())


def test_only_sensors_that_are_there_have_angles():
    """A joint needs both its segments; three sensors have no further angles."""
    assert Joints(SEGMENTS[:3]).names == ()
    names = Joints(("pelvis", "thigh_left", "thigh_right", "shank_left")).names
    assert names == ("knee_flexion_left", "knee_adduction_left", "knee_rotation_left")
    every = [name for joint in JOINTS for name in joint.names]
    assert len(set(every)) == len(every)
    assert all(len(j.names) == len(j.signs) for j in JOINTS)


def test_unknown_segments_are_not_made_up():
    """Before there is an alignment, and for a sensor that none was found for, angles are NaN."""
    rng = np.random.default_rng(6)
    stage, alignment = _stage(rng)
    alignment.q_sb[alignment.sensors.index("trunk")] = np.nan
    stage.align(alignment)
    angles = _angles(stage, alignment, shank_left=_about("z", -40))
    assert np.isnan([angles[n] for n in ("trunk_tilt", "trunk_obliquity", "trunk_turn")]).all()
    assert angles["knee_flexion_left"] == pytest.approx(40.0)
    assert all(np.isnan(v) for v in _angles(Joints(SEGMENTS), alignment).values())
