"""Simulated people and what they did, for the tests of how they behave."""

from dataclasses import replace
from functools import cache

import numpy as np

from imuhip.core.conventions import HIP_SIGNS
from imuhip.core.quaternions import matrix_from_quaternion, multiply, quaternion_from_rotvec
from imuhip.core.records import Array
from imuhip.simulate.behaviours import BEHAVIOURS, CARELESS, People, Ways
from imuhip.simulate.director import Deed, Play
from imuhip.simulate.motion import CHANNELS, HIP_CHANNELS, X, Y, Z, pelvis_pose
from imuhip.simulate.person import Person, draw_person
from imuhip.simulate.scenarios import direct
from imuhip.simulate.session import Setup, SimulatedSession, simulate

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


def quaternion_heading_y(q: Array) -> Array:
    """Twist about Y, rad."""
    return 2.0 * np.arctan2(q[:, 2], q[:, 0])


def session(seed: int = 7, **people: object) -> SimulatedSession:
    return simulate("squat", seed=seed, grade="typical", setup=Setup(people=People(**people)))
