"""What people do between sets shows in the true motion."""

import numpy as np
from support.people import degrees, knee_axis_heading, marks, of, played

from imuhip.core.conventions import PELVIS, SIDES, THIGH
from imuhip.core.quaternions import heading_from_quaternion
from imuhip.simulate.motion import CHANNELS, HIP_CHANNELS, pelvis_pose


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
