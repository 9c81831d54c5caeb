"""The athlete's motion: smooth, its derivatives true, its angles those of the conventions."""

import numpy as np
import pytest
from scipy.ndimage import maximum_filter1d
from scipy.spatial.transform import Rotation

from imuhip.core.conventions import GRAVITY, HIP_SIGNS, PELVIS, SIDES, THIGH
from imuhip.core.quaternions import (
    angle_from_quaternion,
    conjugate,
    multiply,
    quaternion_from_rotvec,
    rotate,
)
from imuhip.simulate import jets
from imuhip.simulate.jets import Jet
from imuhip.simulate.motion import CHANNELS, HIP_CHANNELS, Gesture, Script, pelvis_pose, thigh_pose
from imuhip.simulate.performance import RULES, Compensation, Habits, Performance
from imuhip.simulate.person import draw_person
from imuhip.simulate.scenarios import SCENARIOS, direct
from imuhip.simulate.sensors import DEG
from imuhip.simulate.shaking import stirring
from imuhip.simulate.worn import (
    SENSORS,
    SIDE_OF,
    SoftTissue,
    StrapSlip,
    WornSensor,
    draw_handling,
    draw_placement,
    imu_from_pose,
)


def worn_sensor(
    sensor: str,
    scenario: str = "visit",
    seed: int = 3,
    *,
    tissue: SoftTissue | None = None,
    performance: Performance | None = None,
) -> WornSensor:
    rng = np.random.default_rng(seed)
    person = draw_person(rng, 1.0)
    habits = Habits(performance or Performance(), np.random.default_rng(seed))
    script = direct(scenario, person, rng, habits=habits).script
    side = SIDE_OF.get(sensor)
    return WornSensor(
        sensor=sensor,
        script=script,
        skeleton=person.skeleton,
        placement=draw_placement(rng, sensor, person.skeleton, "any"),
        handling=draw_handling(rng, SENSORS, 1.0)[sensor],
        tissue=tissue,
        wobble=jets.draw_sines(rng, 1.0, 2.0, 6.0, 4),
        slips=(StrapSlip(sensor, 60.0, 10.0),),
        stirred=stirring(script, side) if tissue is not None and side is not None else None,
    )


def central(x: np.ndarray, step: float) -> np.ndarray:
    """First derivative by time of order eight, for the rows four or more from either end."""
    weights = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
    n = len(x)
    total = np.zeros_like(x[4 : n - 4])
    for k, weight in enumerate(weights, start=1):
        total += weight * (x[4 + k : n - 4 + k] - x[4 - k : n - 4 - k])
    return total / step


def assert_derivatives(curve: Jet, step: float, tolerance: float) -> None:
    np.testing.assert_allclose(central(curve.x, step), curve.v[4:-4], atol=tolerance)
    np.testing.assert_allclose(central(curve.v, step), curve.a[4:-4], atol=tolerance)


def test_jets_obey_calculus() -> None:
    """Every operation on curves gives the derivatives that finite differences find."""
    step = 1e-3
    t = np.arange(0.0, 3.0, step)
    u = jets.bump(t, 0.3, 0.9, 0.2, 1.1)
    s = jets.draw_sines(np.random.default_rng(0), 0.3, 0.2, 3.0, 4).at(t)
    for curve in (u, s, u + s, u - s, u * s, u.sin(), s.cos(), u.polynomial((1.0, -2.0, 0.5))):
        assert_derivatives(curve, step, 2e-6)
    np.testing.assert_array_equal(s.polynomial((2.0,)).x, 2.0 * s.x)
    np.testing.assert_allclose(s.polynomial((0.5, -2.0)).x, 0.5 * s.x - 2.0 * s.x**2, atol=1e-15)


def test_a_rise_is_smooth_to_the_fourth_derivative() -> None:
    """A rise begins and ends so gently that even its fourth derivative vanishes there."""
    edge = 1e-3
    for t in (edge, 1.0 - edge):
        curve = jets.rise(np.array([t]), 0.0, 1.0)
        assert abs(curve.a[0]) < 2600 * edge**3
    assert jets.rise(np.array([-1.0, 0.0, 1.0, 2.0]), 0.0, 1.0).x.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("sensor", SENSORS)
def test_rates_and_accelerations_are_derivatives_of_the_pose(sensor: str) -> None:
    """Angular rate and acceleration agree with finite differences of orientation and place."""
    step = 1e-3
    worn = worn_sensor(sensor, tissue=SoftTissue())
    for start in (8.0, worn.script.strapped[sensor] - 1.0, 38.0, 59.8, 95.0, 150.0):
        t = start + step * np.arange(2001)
        pose = worn.pose(t)
        numeric = 2.0 * multiply(conjugate(pose.q[4:-4]), central(pose.q, step))[:, 1:]
        np.testing.assert_allclose(numeric, pose.omega[4:-4], atol=1e-6)
        np.testing.assert_allclose(central(pose.omega, step), pose.alpha[4:-4], atol=1e-4)
        velocity = central(pose.position, step)
        np.testing.assert_allclose(central(velocity, step), pose.acc[8:-8], atol=1e-5)


@pytest.mark.parametrize("sensor", SENSORS)
def test_compensations_and_other_movements_are_as_smooth(sensor: str) -> None:
    """With every compensation at once, and walking, lunging, lying down, derivatives are true."""
    step = 1e-3
    sizes = {"side_lag": 0.16, "pelvis_follows_pivot": 0.5}
    every = tuple(Compensation(rule, sizes.get(rule, 10.0)) for rule in RULES)
    scenario = "squat+pivot+supine+ninety_ninety+lunge+march+sit_to_stand+walking"
    worn = worn_sensor(
        sensor, scenario, performance=Performance(compensations=every, tempo_sd=0.2, fatigue=0.2)
    )
    for start in np.arange(90.0, worn.script.duration - 3.0, 17.0):
        t = start + step * np.arange(2501)
        pose = worn.pose(t)
        numeric = 2.0 * multiply(conjugate(pose.q[4:-4]), central(pose.q, step))[:, 1:]
        np.testing.assert_allclose(numeric, pose.omega[4:-4], atol=1e-6)
        np.testing.assert_allclose(central(pose.omega, step), pose.alpha[4:-4], atol=1e-4)
        velocity = central(pose.position, step)
        np.testing.assert_allclose(central(velocity, step), pose.acc[8:-8], atol=1e-5)


@pytest.mark.parametrize("sensor", SENSORS)
def test_the_true_gyroscope_integrates_to_the_true_orientation(sensor: str) -> None:
    """Two minutes of ideal angular rate, integrated, end at the true orientation."""
    step = 2e-3
    worn = worn_sensor(sensor)
    t = np.arange(0.0, 120.0, step)
    pose = worn.pose(t)
    # Magnus expansion of fourth order over pairs of samples: Simpson's rule, and one commutator.
    w0, w1, w2 = pose.omega[:-2:2], pose.omega[1:-1:2], pose.omega[2::2]
    turn = (w0 + 4.0 * w1 + w2) * (2.0 * step / 6.0) + np.cross(w0, w2) * (2.0 * step) ** 2 / 12.0
    q = pose.q[0]
    for small in quaternion_from_rotvec(turn):
        q = multiply(q, small)
    end = pose.q[: 2 * len(turn) + 1][-1]
    assert np.degrees(angle_from_quaternion(multiply(conjugate(q), end))) < 1e-4


def test_an_accelerometer_at_rest_reads_up() -> None:
    """In the tray every sensor reads exactly gravity, on the axis that points up, and no rate."""
    for sensor in SENSORS:
        pose = worn_sensor(sensor).pose(np.linspace(0.0, 5.0, 50))
        acc, gyr = imu_from_pose(pose)
        np.testing.assert_allclose(rotate(pose.q, acc)[:, :2], 0.0, atol=1e-12)
        np.testing.assert_allclose(rotate(pose.q, acc)[:, 2], GRAVITY, atol=1e-12)
        np.testing.assert_array_equal(gyr, 0.0)


def test_the_accelerometer_feels_its_lever_arm() -> None:
    """The same turn gives a sensor further from the axis more centripetal acceleration."""
    script = Script(
        gestures=(Gesture(0.0, 1.0, 0.0, None, {"turn": (1.5,)}),),
        base={},
        sway={},
        sway_start=0.0,
        heading=0.0,
        marks=(),
        duration=2.0,
    )
    skeleton = draw_person(np.random.default_rng(0), 0.0).skeleton
    t = np.array([0.5])
    pelvis = pelvis_pose(script, skeleton, script.channels(t, CHANNELS))
    rate = 1.5 * 630.0 / 4**4
    np.testing.assert_allclose(pelvis.omega, [[0.0, rate, 0.0]], atol=1e-12)
    for radius in (0.1, 0.2):
        at = pelvis.moved(np.array((-radius, 0.0, 0.0)))
        inward = rotate(conjugate(at.q), at.acc)
        np.testing.assert_allclose(inward, [[rate**2 * radius, 0.0, 0.0]], atol=1e-9)


@pytest.mark.parametrize("side", SIDES)
def test_hip_angles_come_back_from_the_orientations(side: str) -> None:
    """The programmed angles are the ISB angles of the two segments, from 0 to 125° of flexion."""
    flexion, adduction, rotation = 125.0 * DEG, -22.0 * DEG, 17.0 * DEG
    names = HIP_CHANNELS[side]
    script = Script(
        gestures=(
            Gesture(
                0.0,
                2.0,
                0.0,
                None,
                {
                    names[0]: (flexion,),
                    names[1]: (2.0 * adduction, -adduction),
                    names[2]: (-rotation, 2.0 * rotation),
                    "tilt": (0.5,),
                    "obliquity": (-0.1,),
                    "turn": (0.7,),
                },
            ),
        ),
        base={},
        sway={},
        sway_start=0.0,
        heading=2.0,
        marks=(),
        duration=2.0,
    )
    skeleton = draw_person(np.random.default_rng(1), 1.0).skeleton
    t = np.linspace(0.0, 2.0, 500)
    curves = script.channels(t, CHANNELS)
    pelvis = pelvis_pose(script, skeleton, curves)
    thigh = thigh_pose(pelvis, skeleton, curves, side)
    relative = Rotation.from_quat(multiply(conjugate(pelvis.q), thigh.q), scalar_first=True)
    angles = relative.as_euler("ZXY", degrees=True) * np.array(HIP_SIGNS[side])
    programmed = np.degrees(np.stack([curves[name].x for name in names], axis=1))
    assert programmed[-1, 0] == pytest.approx(125.0)
    np.testing.assert_allclose(angles, programmed, atol=1e-9)


def test_pelvis_angles_follow_baker() -> None:
    """Tilt is anterior, obliquity is right side down, rotation is to the left, after Baker."""
    script = Script(
        gestures=(Gesture(0.0, 1.0, 0.0, None, {"tilt": (0.4,), "obliquity": (0.2,)}),),
        base={"turn": 0.3},
        sway={},
        sway_start=0.0,
        heading=0.0,
        marks=(),
        duration=1.0,
    )
    skeleton = draw_person(np.random.default_rng(1), 1.0).skeleton
    t = np.linspace(0.0, 1.0, 50)
    curves = script.channels(t, CHANNELS)
    r = Rotation.from_quat(pelvis_pose(script, skeleton, curves).q, scalar_first=True).as_matrix()
    m = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]) @ r
    np.testing.assert_allclose(np.arctan2(m[:, 0, 2], m[:, 2, 2]), curves["turn"].x, atol=1e-12)
    np.testing.assert_allclose(-np.arcsin(m[:, 1, 2]), curves["obliquity"].x, atol=1e-12)
    np.testing.assert_allclose(-np.arctan2(m[:, 1, 0], m[:, 1, 1]), curves["tilt"].x, atol=1e-12)
    # And in plain words: at the end the top of the pelvis leans forward, the right side is lower.
    assert r[-1, :2, 1] @ r[-1, :2, 0] / np.linalg.norm(r[-1, :2, 0]) > 0.0
    assert r[-1, 2, 2] < 0.0


def test_soft_tissue_holds_back_rotation_alone() -> None:
    """Skin with κ follows the rest of the bone's rotation, and nothing of it in standing."""
    for sensor, side in SIDE_OF.items():
        rigid, soft = (
            worn_sensor(sensor, "seated", tissue=tissue)
            for tissue in (None, SoftTissue(kappa=0.4, per_flexion=0.0, wobble_deg=0.0))
        )
        t = np.arange(60.0, rigid.script.duration, 0.05)
        curves = rigid.script.channels(t, CHANNELS)
        name = HIP_CHANNELS[side][2]
        turned = np.abs(curves[name].x - rigid.script.base[name])
        apart = angle_from_quaternion(multiply(conjugate(rigid.pose(t).q), soft.pose(t).q))
        np.testing.assert_allclose(apart, 0.4 * turned, atol=1e-7)


def test_skin_shakes_in_motion_and_not_at_rest() -> None:
    """A seated athlete's skin is still between turns, and shakes by its size in fast motion."""
    sensor = "thigh_left"
    still, shaken = (
        worn_sensor(sensor, "seated", tissue=SoftTissue(0.0, 0.0, wobble)) for wobble in (0.0, 0.4)
    )
    t = np.arange(60.0, still.script.duration, 0.01)
    apart = np.degrees(
        angle_from_quaternion(multiply(conjugate(still.pose(t).q), shaken.pose(t).q))
    )
    curves = still.script.channels(t, HIP_CHANNELS["left"])
    speed = np.degrees(np.sqrt(sum(c.v**2 for c in curves.values())))
    seated = np.degrees(curves[HIP_CHANNELS["left"][0]].x) > 60.0
    near = maximum_filter1d(speed, 100)  # within half a second
    resting = seated & (near < 4.0)
    assert np.count_nonzero(resting) > 500
    assert np.sqrt(np.mean(apart[resting] ** 2)) < 0.02
    assert np.sqrt(np.mean(apart[seated & (speed > 40.0)] ** 2)) > 0.25


def test_shaking_is_smooth_and_does_not_depend_on_how_it_is_asked() -> None:
    """The share's rates are its own derivatives, and a time has one share however it is asked."""
    stirred = stirring(worn_sensor("thigh_right").script, "right")
    t = np.arange(40.0, 90.0, 0.002)
    whole = stirred.at(t)
    assert_derivatives(whole, 0.002, 1e-4)
    assert whole.x.max() > 0.5
    assert np.abs(whole.x).min() < 0.02
    assert np.array_equal(whole.x[777:800], stirred.at(t[777:800]).x)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_bodies_stay_within_human_limits(scenario: str) -> None:
    """Whoever is drawn, hips and speeds stay those of people, and standing stays still."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        person = draw_person(rng, 1.0)
        script = direct(scenario, person, rng).script
        t = np.arange(0.0, script.duration, 0.02)
        curves = script.channels(t, CHANNELS)
        for side in SIDES:
            flexion, adduction, rotation = (np.degrees(curves[n].x) for n in HIP_CHANNELS[side])
            assert flexion.max() < 125.0
            assert flexion.min() > -15.0
            assert np.abs(adduction).max() < 40.0
            assert np.abs(rotation).max() < 65.0
            assert max(np.degrees(np.abs(curves[n].v)).max() for n in HIP_CHANNELS[side]) < 250.0
        marks = {label: t for t, label in script.marks}
        for step in ("stand", "stand_again"):
            still = (t >= marks[f"begin:{step}"]) & (t < marks[f"end:{step}"])
            for name in (*HIP_CHANNELS["left"], *HIP_CHANNELS["right"], "tilt"):
                assert np.degrees(np.ptp(curves[name].x[still])) < 2.0
                assert np.degrees(np.std(curves[name].v[still])) < 0.8


def test_eight_squats_reach_their_depth() -> None:
    """A squat set is eight repetitions of 95 to 120° of flexion, and comes back to standing."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        script = direct("squat", draw_person(rng, 1.0), rng).script
        marks = {label: t for t, label in script.marks}
        t = np.arange(marks["begin:squat"], marks["end:squat"], 0.02)
        for side in SIDES:
            name = HIP_CHANNELS[side][0]
            flexion = np.degrees(script.channels(t, [name])[name].x - script.base[name])
            deep = np.flatnonzero(np.diff((flexion > 60.0).astype(int)) == 1)
            assert len(deep) == 8
            assert 95.0 < flexion.max() < 122.0
            assert abs(flexion[-1]) < 1.5


def test_marks_enclose_their_steps_in_order() -> None:
    """Marks rise in time, and every begin is followed by its own end."""
    rng = np.random.default_rng(0)
    script = direct("visit", draw_person(rng, 1.0), rng, sets=2).script
    times = [t for t, _ in script.marks]
    assert times == sorted(times)
    labels = [label for _, label in script.marks]
    for begin, end in zip(labels[::2], labels[1::2], strict=True):
        assert begin.removeprefix("begin:") == end.removeprefix("end:")
    assert labels.count("begin:squat") == 2
    assert {PELVIS, *THIGH.values()} == set(script.strapped)
    assert max(script.strapped.values()) < times[2]


def test_an_unknown_scenario_is_named() -> None:
    """A scenario that does not exist is refused with those that do."""
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"'deadlift'.*calibration, squat, pivot"):
        direct("deadlift", draw_person(rng, 1.0), rng)
