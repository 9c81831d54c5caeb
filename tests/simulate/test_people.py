"""What people do shows in the true motion, in the sensors and in the link as it is stated."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from imuhip.cli.main import app
from imuhip.core.conventions import HIP_SIGNS, PELVIS, SIDES, THIGH
from imuhip.core.quaternions import (
    conjugate,
    heading_from_quaternion,
    matrix_from_quaternion,
    multiply,
    quaternion_from_rotvec,
)
from imuhip.core.records import Array, LinkEvent, Packet
from imuhip.simulate.behaviours import BEHAVIOURS, CARELESS, Behaviour, People, Ways
from imuhip.simulate.director import Deed, Play, Stance
from imuhip.simulate.jets import draw_sines
from imuhip.simulate.motion import CHANNELS, HIP_CHANNELS, X, Y, Z, pelvis_pose
from imuhip.simulate.person import Person, draw_person
from imuhip.simulate.scenarios import direct
from imuhip.simulate.sensors import DEG
from imuhip.simulate.session import Setup, SimulatedSession, simulate
from imuhip.simulate.setup import setup_from
from imuhip.simulate.skin import DEEP_RAD, draw_skins
from imuhip.simulate.squat_plan import Squat
from imuhip.simulate.stances import over_the_toes
from imuhip.simulate.worn import SENSORS, WornSensor, draw_handling, draw_placement

UNITS = {"deg", "s", "metres", "seconds", "kelvin", "steps", "times", "bursts", "share", "tempo"}
ALWAYS = {
    name: replace(BEHAVIOURS[name], chance=1.0)
    for name in ("walks", "turns", "sits", "leans", "shakes_legs", "straps_settle")
}
QUIET = frozenset({"adjusts_foot", "shadows_radio", "drifts"})


@cache
def played(seed: int = 3, scenario: str = "free", people: str = "all") -> tuple[Person, Play]:
    """A person and what they did; `people` is a key of `CROWDS`."""
    rng = np.random.default_rng(seed)
    person = draw_person(rng, 1.0)
    return person, direct(scenario, person, rng, ways=Ways(CROWDS[people], seed))


CROWDS = {
    "all": People(without=QUIET, changed=ALWAYS),
    "calm": People(without=QUIET | {"sits", "walks", "leans", "shakes_legs"}),
    "drifting": People(without=frozenset({"adjusts_foot"})),
    "restless": People(
        without=frozenset({"drifts"}),
        changed={"adjusts_foot": replace(BEHAVIOURS["adjusts_foot"], chance=1.0)},
    ),
    "statues": People(without=QUIET | {"moves_while_strapped"}),
    **{name: People(without=QUIET, careless=(name,)) for name in CARELESS},
}


def of(play: Play, behaviour: str) -> list[Deed]:
    return [deed for deed in play.deeds if deed.behaviour == behaviour]


def degrees(play: Play, name: str, t: float | Array) -> Array:
    return np.degrees(play.script.channels(np.atleast_1d(t), [name])[name].x)


def marks(play: Play, label: str) -> list[float]:
    return [t for t, each in play.script.marks if each == label]


def knee_axis_heading(person: Person, play: Play, t: Array, side: str) -> Array:
    """Heading of a thigh, degrees, unwrapped."""
    curves = play.script.channels(t, CHANNELS)
    pelvis = pelvis_pose(play.script, person.skeleton, curves)
    q = pelvis.q
    for axis, sign, name in zip((Z, X, Y), HIP_SIGNS[side], HIP_CHANNELS[side], strict=True):
        q = multiply(q, quaternion_from_rotvec(sign * curves[name].x[:, None] * axis))
    right = matrix_from_quaternion(q)[:, :, 2]
    return np.degrees(np.unwrap(np.arctan2(right[:, 0], -right[:, 1])))


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_behaviour_says_what_it_does_and_whom_it_deceives(name: str) -> None:
    """An entry of the table has words, a chance, and spreads that rise and name their unit."""
    each = BEHAVIOURS[name]
    assert each.does
    assert each.breaks
    assert 0.0 < each.chance <= 1.0
    for what, (low, high) in each.spread.items():
        assert low < high
        assert what.rsplit("_", 1)[-1] in UNITS


def test_a_behaviour_draws_from_a_stream_of_its_own() -> None:
    """Switching one behaviour off leaves what the others draw as it was."""
    every, fewer = Ways(People(), 5), Ways(People(without=frozenset({"sits"})), 5)
    for _ in range(3):
        every.draw("sits", "seconds")
        assert every.draw("walks", "metres") == fewer.draw("walks", "metres")
    assert not fewer.has("sits")
    assert not fewer.does("sits")
    assert Ways(People(), 6).draw("walks", "metres") != Ways(People(), 5).draw("walks", "metres")


def test_the_movements_stay_whatever_people_do_between_them() -> None:
    """With some behaviours off, every repetition is as long and as deep as with them."""
    _, busy = played()
    _, calm = played(people="calm")
    assert not of(calm, "sits")
    assert not of(calm, "walks")
    squats = [[p for p in play.performed if p.movement == "squat"] for play in (busy, calm)]
    assert len(squats[0]) == len(squats[1]) > 10
    for one, other in zip(*squats, strict=True):
        assert abs((one.stop - one.start) - (other.stop - other.start)) < 1e-9
    depths = [
        [degrees(play, "depth", np.arange(p.start, p.stop, 0.05)).max() for p in each]
        for play, each in zip((busy, calm), squats, strict=True)
    ]
    np.testing.assert_allclose(*depths, atol=0.05)


def test_unknown_behaviours_are_refused_by_name() -> None:
    """Who asks for something that nobody does is told what people do."""
    with pytest.raises(ValueError, match=r"own_stance.*one_lift.*'?hops"):
        People(without=frozenset({"hops"}))
    with pytest.raises(ValueError, match=r"behaviours: sits.*careless ones are short_stand"):
        People(careless=("sits",))
    with pytest.raises(ValueError, match="link is grade, clean, lossy"):
        setup_from("free", link="fast")
    with pytest.raises(ValueError, match="simulate free"):
        setup_from("squat", tissue=True)


def test_every_set_has_the_stance_that_was_drawn() -> None:
    """Before a set both hips are turned as the truth says, unlike each other and the last set."""
    _, play = played()
    begins = marks(play, "begin:squat")
    stances = [[d for d in of(play, "stance") if d.t_end <= t][-1] for t in begins]
    for side in SIDES:
        told = np.array([stance.how[f"rotation_{side}_deg"] for stance in stances])
        stood = np.degrees(play.script.base[f"rotation_{side}"])
        off = degrees(play, f"rotation_{side}", np.array(begins)) - stood - told
        assert np.ptp(off) < 0.5
        assert np.abs(off).max() < 1.5  # the toe turns of the calibration come back as people do
    toes = np.array([[s.how[f"toe_out_{side}_deg"] for side in SIDES] for s in stances])
    assert (toes >= 0.0).all()
    assert (toes <= 30.0).all()
    assert np.abs(np.diff(toes, axis=0)).max() > 2.0
    assert np.abs(toes[:, 0] - toes[:, 1]).max() > 1.0


def test_toes_and_sides_have_their_stated_spread() -> None:
    """Over many people toes point out by 5 to 25°, a side unlike the other by up to 8°."""
    toes = np.array(
        [
            [d.how[f"toe_out_{side}_deg"] for side in SIDES]
            for seed in range(8)
            for _, play in [played(seed)]
            for begin in marks(play, "begin:squat")
            for d in [x for x in of(play, "stance") if x.t_end <= begin][-1:]
        ]
    )
    mean, apart = toes.mean(axis=1), toes[:, 1] - toes[:, 0]
    assert 4.9 < mean.min() < 9.0
    assert 20.0 < mean.max() < 25.1
    assert np.abs(apart).max() <= 8.1
    assert np.std(apart) > 3.0


@pytest.mark.parametrize("seed", range(3))
def test_feet_stay_planted_within_a_set(seed: int) -> None:
    """Between the repetitions of one set both thighs point where they did before the first."""
    person, play = played(seed)
    moved = []
    for number in (1, 2, 3):
        tops = [
            np.arange(p.start - 0.35, p.start - 0.05, 0.05)
            for p in play.performed
            if p.movement == "squat" and p.set == number
        ]
        for side in SIDES:
            heads = knee_axis_heading(person, play, np.concatenate(tops), side)
            heads = heads.reshape(len(tops), -1).mean(axis=1)
            assert np.ptp(heads) < 0.8
            moved.append(heads.mean())
    assert np.ptp(moved) > 5.0


def test_a_foot_is_re_placed_between_repetitions_as_stated() -> None:
    """Who adjusts a foot stands turned by that much from then on, on that side alone."""
    person, play = played(people="restless")
    deeds = of(play, "adjusts_foot")
    assert len(deeds) > 5
    for deed in deeds:
        t = np.array([deed.t_start - 0.05, deed.t_end])
        for side in SIDES:
            turned = float(np.diff(knee_axis_heading(person, play, t, side))[0])
            inward = turned if side == "right" else -turned
            told = -float(deed.how["turn_deg"]) if deed.how["side"] == side else 0.0
            assert abs(inward - told) < 0.6


@pytest.mark.parametrize("out_deg", [10.0, 25.0])
@pytest.mark.parametrize("side", SIDES)
def test_a_leg_that_is_turned_out_stays_so_through_the_squat(side: str, out_deg: float) -> None:
    """At every depth a stance turns the whole leg by the same angle about the vertical."""
    squat = Squat(
        down=2.0,
        bottom=0.5,
        up=2.0,
        flexion=dict.fromkeys(SIDES, 108.0),
        path=dict.fromkeys(SIDES, (-12.0, -5.0, 6.0)),
        lag=dict.fromkeys(SIDES, 0.0),
        tilt=(32.0, 0.0, 0.0, -9.0),
        aside=0.0,
        turned=0.0,
    )
    out = dict.fromkeys(SIDES, out_deg)
    extra = over_the_toes(squat, Stance(out, dict.fromkeys(SIDES, 0.0)))[SIDES.index(side)]
    u = np.linspace(0.0, 1.0, 21)
    path = (squat.path[side][0] * u, None, None)
    own = np.stack((108.0 * u, path[0], -26.0 * u + 32.0 * u**2), axis=1)
    more = np.stack(
        [
            sum(c * u ** (k + 1) for k, c in enumerate(extra.effects[f"{angle}_{side}"]))
            for angle in ("flexion", "adduction", "rotation")
        ],
        axis=1,
    )
    more[:, 2] -= out_deg  # the stance itself
    tilt = np.radians(32.0 * u - 9.0 * u**4)
    leg, turned = (
        multiply(quaternion_from_rotvec(-tilt[:, None] * Z), _hip(angles, side))
        for angles in (own, own + more)
    )
    about = np.degrees(quaternion_heading_y(multiply(turned, conjugate(leg))))
    np.testing.assert_allclose(about, out_deg if side == "left" else -out_deg, atol=0.05)


def _hip(angles_deg: Array, side: str) -> Array:
    q = np.tile((1.0, 0.0, 0.0, 0.0), (len(angles_deg), 1))
    for axis, sign, angle in zip((Z, X, Y), HIP_SIGNS[side], np.radians(angles_deg).T, strict=True):
        q = multiply(q, quaternion_from_rotvec((sign * angle)[:, None] * axis))
    return q


def quaternion_heading_y(q: Array) -> Array:
    """Twist about Y, rad."""
    return 2.0 * np.arctan2(q[:, 2], q[:, 0])


def test_walking_moves_the_pelvis_where_it_faces() -> None:
    """A walk covers its stated metres, straight ahead as the body faces at that time."""
    person, play = played()
    deeds = of(play, "walks")
    assert len(deeds) >= 4
    for deed in deeds:
        t = np.array([deed.t_start, deed.t_end])
        pose = pelvis_pose(play.script, person.skeleton, play.script.channels(t, CHANNELS))
        way = np.diff(pose.position, axis=0)[0]
        assert abs(np.hypot(way[0], way[1]) - deed.how["metres"]) < 0.15
        facing = play.script.heading + np.radians(degrees(play, "facing", t[:1])[0])
        off = np.degrees(np.arctan2(way[1], way[0]) - facing)
        assert abs((off + 180.0) % 360.0 - 180.0) < 8.0
        inside = np.arange(deed.t_start, deed.t_end, 0.02)
        assert np.ptp(degrees(play, "flexion_left", inside)) > 25.0


def test_turning_turns_the_whole_body() -> None:
    """After a turn pelvis and thighs point as much elsewhere as the truth says."""
    person, play = played()
    deeds = of(play, "turns")
    assert len(deeds) >= 4
    assert {np.sign(deed.how["turn_deg"]) for deed in deeds} == {-1.0, 1.0}
    for deed in deeds:
        t = np.arange(deed.t_start, deed.t_end + 0.01, 0.01)
        curves = play.script.channels(t, CHANNELS)
        pelvis = pelvis_pose(play.script, person.skeleton, curves)
        heading = np.degrees(np.unwrap(np.asarray(heading_from_quaternion(pelvis.q))))
        assert abs(heading[-1] - heading[0] - deed.how["turn_deg"]) < 1.0
        for side in SIDES:
            heads = knee_axis_heading(person, play, t, side)
            assert abs(heads[-1] - heads[0] - deed.how["turn_deg"]) < 1.5


def test_the_hips_go_back_as_the_body_faces() -> None:
    """Squatting down after a turn, the pelvis moves along where it faces then, not at the start."""
    person, play = played()
    for each in [p for p in play.performed if p.movement == "squat" and p.set == 3]:
        t = np.array([each.start, 0.5 * (each.start + each.stop)])
        pose = pelvis_pose(play.script, person.skeleton, play.script.channels(t, CHANNELS))
        way = np.diff(pose.position, axis=0)[0]
        facing = play.script.heading + np.radians(degrees(play, "facing", t[:1])[0])
        aside = -way[0] * np.sin(facing) + way[1] * np.cos(facing)
        assert np.hypot(way[0], way[1]) > 0.1
        assert abs(aside) < 0.02


def test_sitting_is_long_and_slumps_slowly() -> None:
    """On a chair both hips stay flexed and the pelvis sinks back by the stated angle, slowly."""
    _, play = played()
    deeds = of(play, "sits")
    assert len(deeds) >= 4
    for deed in deeds:
        down = deed.t_start + 4.0
        t = np.arange(down, down + deed.how["seconds"] - 4.0, 0.05)
        assert degrees(play, "flexion_left", t).min() > 60.0
        tilt = degrees(play, "tilt", t)
        assert 0.4 * deed.how["slump_deg"] < tilt[0] - tilt.min() < deed.how["slump_deg"] + 1.0
        assert np.abs(np.gradient(tilt, t)).max() < 8.0


def test_standing_at_ease_is_quiet_and_not_neutral() -> None:
    """Who leans on one leg is as quiet as in a stand, with a pelvis that lists as stated."""
    _, play = played()
    for deed in of(play, "leans"):
        t = np.arange(deed.t_start + 1.3, deed.t_start + 3.5, 0.02)
        listed = degrees(play, "obliquity", t).mean() - np.degrees(play.script.base["obliquity"])
        sign = 1.0 if deed.how["side"] == "right" else -1.0
        assert abs(sign * listed - deed.how["list_deg"]) < 0.5
        curves = play.script.channels(t, HIP_CHANNELS["left"])
        assert all(np.degrees(np.std(curve.v)) < 0.8 for curve in curves.values())


def test_standing_people_drift_slowly() -> None:
    """In a stand the pelvis turns by the stated drift over the feet, thighs following in part."""
    spread = {}
    for people in ("all", "drifting"):
        turns = []
        for seed in range(6):
            person, play = played(seed, people=people)
            t = np.arange(marks(play, "begin:stand")[0], marks(play, "end:stand")[0], 0.1)
            thigh = knee_axis_heading(person, play, t, "left")
            turns.append((np.std(degrees(play, "turn", t)), np.std(thigh)))
        spread[people] = np.mean(turns, axis=0)
    assert (spread["drifting"] > 1.5 * spread["all"]).all()
    assert spread["drifting"][0] > spread["drifting"][1]


def test_legs_are_shaken_fast_one_after_the_other() -> None:
    """Shaking out turns each thigh at well over a squat's speed, back and forth."""
    _, play = played()
    for deed in of(play, "shakes_legs"):
        t = np.arange(deed.t_start, deed.t_end, 0.01)
        for side in SIDES:
            rate = np.degrees(play.script.channels(t, HIP_CHANNELS[side])[f"flexion_{side}"].v)
            assert np.abs(rate).max() > 40.0
            crossings = np.flatnonzero(np.diff(np.sign(rate[np.abs(rate) > 10.0])))
            assert len(crossings) >= 7


def test_people_move_while_straps_go_on() -> None:
    """A strapped pelvis turns by degrees before the last strap sits; a statue's does not."""
    for people, moves in (("all", True), ("statues", False)):
        _, play = played(people=people)
        strapped = play.script.strapped
        t = np.arange(strapped[PELVIS], strapped[THIGH["right"]], 0.02)
        assert bool(np.ptp(degrees(play, "tilt", t)) > 4.0) is moves


def _worn(sensor: str, seed: int = 3) -> WornSensor:
    person, play = played(seed)
    rng = np.random.default_rng(seed)
    skin = draw_skins(rng)[sensor]
    return WornSensor(
        sensor=sensor,
        script=play.script,
        skeleton=person.skeleton,
        placement=draw_placement(rng, sensor, person.skeleton, "any"),
        handling=draw_handling(rng, SENSORS, 1.0)[sensor],
        tissue=None,
        wobble=draw_sines(rng, 1.0, 2.0, 6.0, 4),
        slips=play.slips,
        skin=skin,
    )


def central(x: Array, step: float) -> Array:
    """First derivative by time, of order four."""
    return (8.0 * (x[3:-1] - x[1:-3]) - (x[4:] - x[:-4])) / (12.0 * step)


@pytest.mark.parametrize("sensor", SENSORS)
def test_what_a_sensor_feels_is_its_motion(sensor: str) -> None:
    """On free people's skin, rates and accelerations are the pose's, straps and hands included."""
    worn = _worn(sensor)
    step = 5e-4
    _, play = played()
    strapped = play.script.strapped[sensor]
    times = [strapped - 1.5, strapped - 0.5]
    for name in ("walks", "turns", "sits", "leans", "shakes_legs", "stance"):
        times += [of(play, name)[-1].t_start + 0.5]
    times += [p.start for p in play.performed[::9]]
    for start in times:
        pose = worn.pose(start + step * np.arange(2001))
        same = np.sign(np.sum(pose.q[1:] * pose.q[:-1], axis=1))  # q and -q are one rotation
        q = pose.q * np.cumprod(np.concatenate(([1.0], same)))[:, None]
        numeric = 2.0 * multiply(conjugate(q[2:-2]), central(q, step))[:, 1:]
        np.testing.assert_allclose(numeric, pose.omega[2:-2], atol=2e-5)
        np.testing.assert_allclose(central(pose.omega, step), pose.alpha[2:-2], atol=2e-2)
        velocity = central(pose.position, step)
        np.testing.assert_allclose(central(velocity, step), pose.acc[4:-4], atol=2e-2)


def session(seed: int = 7, **people: object) -> SimulatedSession:
    return simulate("squat", seed=seed, grade="typical", setup=Setup(people=People(**people)))


def test_a_gyroscope_that_warms_up_changes_its_bias_as_stated() -> None:
    """With and without warming up, readings differ by the stated approach to a new bias."""
    warm, cold = session(), session(without=frozenset({"warms_up"}))
    for sensor in SENSORS:
        told = next(
            d.how for d in warm.deeds if d.behaviour == "warms_up" and d.how["sensor"] == sensor
        )
        drift = (warm.tracks[sensor].gyr - cold.tracks[sensor].gyr) / DEG
        t = np.arange(len(drift)) / 100.0
        share = 1.0 - np.exp(-t / told["tau_s"])
        size = np.array([told[f"{axis}_dps"] for axis in "xyz"])
        np.testing.assert_allclose(drift, share[:, None] * size, atol=2e-4)
        assert 0.0 < np.abs(size).max() < 1.0
    assert "warms_up" not in {d.behaviour for d in cold.deeds}


def test_whole_bursts_are_lost_in_motion_and_the_connection_stays() -> None:
    """In a stated burst nothing of that sensor arrives, and nobody says that it disconnected."""
    changed = {"shadows_radio": replace(BEHAVIOURS["shadows_radio"], chance=1.0)}
    lossy = session(changed=changed)
    bursts = [d for d in lossy.deeds if d.behaviour == "shadows_radio"]
    at = {label: t for t, label in lossy.marks}
    assert bursts
    for burst in bursts:
        assert at["begin:squat"] < burst.t_start < burst.t_end < at["end:squat"] + 0.5
        assert 0.15 <= burst.t_end - burst.t_start <= 5.0
        came = received(lossy, str(burst.how["sensor"]))
        assert not ((came > burst.t_start + 0.25) & (came < burst.t_end)).any()
    records = [record for batch in lossy.batches() for record in batch]
    assert "disconnect" not in {r.kind for r in records if isinstance(r, LinkEvent)}


def received(made: SimulatedSession, sensor: str) -> Array:
    """When notifications of a sensor arrived, s on the session's clock."""
    packets = [
        r for batch in made.batches() for r in batch if isinstance(r, Packet) and r.sensor == sensor
    ]
    first = min(p.host_ns[0] for b in made.batches() for p in b if isinstance(p, Packet))
    return np.concatenate([p.host_ns for p in packets]) * 1e-9 - first * 1e-9


def test_a_clean_link_loses_nothing_and_a_lossy_one_a_hundredth() -> None:
    """The share of notifications that arrive is the link's that was asked for."""
    without = frozenset({"shadows_radio"})
    for link, low, high in (("clean", 0.0, 1e-9), ("lossy", 0.004, 0.02)):
        made = session(link=link, without=without)
        for sensor in SENSORS:
            share = 1.0 - len(received(made, sensor)) / len(made.tracks[sensor].t)
            assert low <= share <= high


def seen(made: SimulatedSession) -> tuple[Array, Array]:
    """Hip angles ``(N, 2, 3)`` of the skin against standing, and of the bone; degrees."""
    t = made.truth.t

    def segment(name: str) -> Array:
        track = made.tracks[name]
        q = track.q[np.clip(np.searchsorted(track.t, t + 1e-6) - 1, 0, len(track.t) - 1)]
        return multiply(q, np.broadcast_to(made.mounts[name], q.shape))

    back = conjugate(segment(PELVIS))
    stand = {label: t for t, label in made.marks}
    still = (t >= stand["begin:stand"]) & (t < stand["end:stand"])
    angles = []
    for side in SIDES:
        m = matrix_from_quaternion(multiply(back, segment(THIGH[side])))
        zxy = (
            np.arctan2(-m[:, 0, 1], m[:, 1, 1]),
            np.arcsin(m[:, 2, 1]),
            np.arctan2(-m[:, 2, 0], m[:, 2, 2]),
        )
        angles.append(np.degrees(np.stack(zxy, axis=1)) * np.array(HIP_SIGNS[side]))
    skin = np.stack(angles, axis=1)
    return skin - skin[still].mean(axis=0), np.degrees(made.truth.hip)


BONE = frozenset({"straps_settle", "warms_up", "shadows_radio", "adjusts_foot"})


def on_skin(seed: int, *, tissue: bool) -> SimulatedSession:
    people = People(without=BONE, tissue=tissue)
    setup = Setup(people=people)
    return simulate("squat", seed=seed, grade="perfect", profile_id="imported", setup=setup)


def test_sensors_on_bone_see_the_true_angles() -> None:
    """Without skin, true sensor orientations and mounts give the true angles of free people."""
    made = on_skin(2, tissue=False)
    skin, bone = seen(made)
    worn = made.truth.valid.all(axis=1)
    assert np.abs(skin - bone)[worn].max() < 1e-6


def test_skin_departs_as_published_and_the_same_way_every_time() -> None:
    """At the bottom of squats skin is off by the published degrees, alike in all repetitions."""
    errors = []
    for seed in range(10):
        made = on_skin(seed, tissue=True)
        skin, bone = seen(made)
        rows = [
            round((each.t_turn - made.truth.t[0]) * 100)
            for each in made.repetitions
            if each.side == "left"
        ]
        errors.append((skin - bone)[rows])
        assert np.std(errors[-1], axis=0).max() < 1.5
    means = np.concatenate([each.mean(axis=0) for each in errors])
    flexion, adduction, rotation = np.sqrt(np.mean(means**2, axis=0))
    assert 3.5 < flexion < 7.5
    assert 3.0 < adduction < 6.0
    assert 3.0 < rotation < 5.5


def test_skin_turns_with_flexion_as_it_was_drawn() -> None:
    """At 110° of flexion the skin has turned by what the truth tells of each axis."""
    made = on_skin(4, tissue=True)
    how = next(d.how for d in made.deeds if d.behaviour == "skin")
    assert 3.0 <= abs(how["pelvis_z_deg"]) <= 11.0
    assert all(0.3 <= how[f"{THIGH[side]}_kappa"] <= 0.5 for side in SIDES)
    skin, bone = seen(made)
    deep = np.nanargmax(bone[:, 0, 0])
    share = np.radians(bone[deep, 0, 0]) / DEEP_RAD
    told = how[f"{THIGH['left']}_z_deg"] - how["pelvis_z_deg"]
    assert abs(skin[deep, 0, 0] - bone[deep, 0, 0] - share * told) < 1.0


def test_a_strap_slips_or_creeps_as_stated() -> None:
    """A slip turns the mount at once, a creep over minutes, each by the stated angle at last."""
    for name in ("slips", "creeps"):
        _, play = played(people=name)
        deed = of(play, name)[0]
        slip = next(s for s in play.slips if s.angle_deg == deed.how["turn_deg"])
        assert 6.0 <= abs(slip.angle_deg) <= 16.0
        person, _ = played(people=name)
        turned = _turned_by(play, person, slip.sensor, deed.t_start, float(deed.how["seconds"]))
        assert abs(turned[0]) < 0.01
        assert abs(turned[1] - 0.5 * slip.angle_deg) < 0.01
        assert abs(turned[2] - slip.angle_deg) < 0.01
        assert (slip.seconds > 59.0) is (name == "creeps")
        assert of(play, "stance")[1].t_start < deed.t_start < marks(play, "begin:squat")[-1]


def _turned_by(
    play: Play, person: Person, sensor: str, start: float, seconds: float
) -> list[float]:
    """How far a big slip has turned a sensor at its start, its middle and its end, degrees."""
    rng = np.random.default_rng(0)
    placement = draw_placement(rng, sensor, person.skeleton, "any")
    handling = draw_handling(rng, SENSORS, 1.0)[sensor]
    wobble = draw_sines(rng, 1.0, 2.0, 6.0, 4)
    big = tuple(s for s in play.slips if abs(s.angle_deg) > 1.0)
    worn = [
        WornSensor(sensor, play.script, person.skeleton, placement, handling, None, wobble, slips)
        for slips in ((), big)
    ]
    t = start + seconds * np.array((0.0, 0.5, 1.0))
    without, with_slip = (w.pose(t).q for w in worn)
    q = multiply(placement.q_bs, multiply(conjugate(without), with_slip))
    q = multiply(q, np.broadcast_to(conjugate(placement.q_bs), q.shape))
    return np.degrees(quaternion_heading_y(q)).tolist()


def test_careless_people_do_what_is_told_of_them() -> None:
    """Each carelessness is in the truth's deeds, once asked for, and in nobody else's."""
    for name in CARELESS:
        _, play = played(people=name)
        assert of(play, name)
        assert not {d.behaviour for d in play.deeds} & (set(CARELESS) - {name})
    chosen = [Ways(People(careless=("any",)), seed) for seed in range(len(CARELESS))]
    assert [name for ways in chosen for name in CARELESS if ways.has(name)] == list(CARELESS)


def test_careless_stands_show_in_the_motion() -> None:
    """A short stand is short, a restless one moves, toes-out ones turn, a seated one sits."""
    _, play = played(people="short_stand")
    assert 1.2 <= marks(play, "end:stand")[0] - marks(play, "begin:stand")[0] <= 3.0
    still = {}
    for name in ("restless_stand", "all"):
        _, play = played(people=name)
        t = np.arange(marks(play, "begin:stand")[0], marks(play, "end:stand")[0], 0.02)
        still[name] = np.ptp(degrees(play, "turn", t))
    assert still["restless_stand"] > 2.5 > still["all"]
    _, play = played(people="toes_out_stand")
    t = np.arange(marks(play, "begin:stand")[0], marks(play, "end:stand")[0], 0.1)
    turned = [-degrees(play, f"rotation_{side}", t).mean() for side in SIDES]
    assert np.mean(turned) > 11.0
    _, play = played(people="seated_stand")
    t = np.arange(marks(play, "begin:stand_again")[0], marks(play, "end:stand_again")[0], 0.1)
    assert degrees(play, "flexion_left", t).min() > 60.0
    _, play = played(people="seated_start")
    t = np.arange(marks(play, "begin:stand")[0], marks(play, "end:stand")[0], 0.1)
    assert degrees(play, "flexion_left", t).min() > 60.0
    assert not marks(played(people="no_second_stand")[1], "begin:stand_again")


def test_careless_bows_and_lifts_show_in_the_motion() -> None:
    """Knees bend or the trunk goes aside in the bows; lifts are one, or none on one side."""
    lean = {}
    for name in ("bent_knee_bows", "askew_bows", "all"):
        _, play = played(people=name)
        t = np.arange(marks(play, "begin:bow")[0], marks(play, "end:bow")[0], 0.02)
        bent = degrees(play, "flexion_left", t) - degrees(play, "tilt", t)
        lean[name] = (np.ptp(bent), np.ptp(degrees(play, "obliquity", t)))
    assert lean["bent_knee_bows"][0] > 18.0 > 8.0 > lean["all"][0]
    assert lean["askew_bows"][1] > lean["all"][1] + 4.0
    _, play = played(people="one_lift")
    for side in SIDES:
        begin, end = (marks(play, f"{e}:knee_lift_{side}")[0] for e in ("begin", "end"))
        high = degrees(play, f"flexion_{side}", np.arange(begin, end, 0.02)) > 40.0
        assert np.count_nonzero(np.diff(high.astype(int)) == 1) == 1
    _, play = played(people="missing_lift")
    assert not marks(play, "begin:knee_lift_left")
    assert marks(play, "begin:knee_lift_right")


def test_a_visit_of_free_people_is_written_with_its_truth(tmp_path: Path) -> None:
    """The command writes headings and deeds beside the truth, and takes people in words."""
    recording, truth = tmp_path / "a.mcap", tmp_path / "a.parquet"
    words = ["simulate", "free", "-o", str(recording), "--truth", str(truth), "--seed", "3"]
    words += ["--no-tray", "--link", "clean", "--careless", "one_lift", "--without", "sits"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    deeds = json.loads((tmp_path / "a.deeds.json").read_text())
    names = {deed["behaviour"] for deed in deeds}
    assert {"one_lift", "stance"} <= names
    assert not names & {"sits", "shadows_radio"}
    table = pq.read_table(tmp_path / "a.headings.parquet")
    assert table.num_rows == pq.read_table(truth).num_rows
    t, pelvis = table["t"].to_numpy(), table["pelvis_heading_deg"].to_numpy()
    for deed in deeds:
        if deed["behaviour"] == "turns":
            turned = np.diff(np.interp([deed["t_start"], deed["t_end"]], t, pelvis))[0]
            assert abs(turned - deed["how"]["turn_deg"]) < 1.5


def test_one_seed_gives_one_free_visit() -> None:
    """The same seed gives the same visit, another seed another one."""
    first, again, other = (session(seed) for seed in (4, 4, 5))
    assert first.deeds == again.deeds
    assert np.array_equal(first.tracks[PELVIS].gyr, again.tracks[PELVIS].gyr)
    assert first.deeds != other.deeds
    changed: Mapping[str, Behaviour] = {"sits": replace(BEHAVIOURS["sits"], chance=1.0)}
    assert "sits" in {d.behaviour for d in session(4, changed=changed).deeds}


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_the_table_is_in_the_documentation(name: str) -> None:
    """The documentation lists every behaviour in the table's own words and figures."""
    text = Path(__file__).parents[2].joinpath("docs/simulator.md").read_text(encoding="utf-8")
    each = BEHAVIOURS[name]
    row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
    assert each.does in row
    assert each.breaks in row
    for what, (low, high) in each.spread.items():
        assert f"{what} {low:g} to {high:g}" in row
    if each.chance < 1.0:
        assert f"({100 * each.chance:.0f} %)" in row
