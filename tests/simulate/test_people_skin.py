"""Skin over bone: sensors on bone see the truth, skin departs as published."""

from functools import cache

import numpy as np

from imuhip.core.conventions import HIP_SIGNS, PELVIS, SIDES, THIGH
from imuhip.core.quaternions import conjugate, matrix_from_quaternion, multiply
from imuhip.core.records import Array
from imuhip.simulate.behaviours import People
from imuhip.simulate.session import Setup, SimulatedSession, simulate
from imuhip.simulate.skin import DEEP_RAD


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


@cache
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
    reported = how[f"{THIGH['left']}_z_deg"] - how["pelvis_z_deg"]
    assert abs(skin[deep, 0, 0] - bone[deep, 0, 0] - share * reported) < 1.0
