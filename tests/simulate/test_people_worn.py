"""What worn sensors feel on skin and strap, and what the link loses."""

from dataclasses import replace

import numpy as np
import pytest
from support.people import marks, of, played, quaternion_heading_y, session

from imuhip.core.quaternions import (
    conjugate,
    multiply,
)
from imuhip.core.records import Array, LinkEvent, Packet
from imuhip.simulate.behaviours import BEHAVIOURS
from imuhip.simulate.director import Play
from imuhip.simulate.jets import draw_sines
from imuhip.simulate.person import Person
from imuhip.simulate.sensors import DEG
from imuhip.simulate.session import SimulatedSession
from imuhip.simulate.skin import draw_skins
from imuhip.simulate.worn import SENSORS, WornSensor, draw_handling, draw_placement


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


def test_a_gyroscope_that_warms_up_changes_its_bias_as_stated() -> None:
    """With and without warming up, readings differ by the stated approach to a new bias."""
    warm, cold = session(), session(without=frozenset({"warms_up"}))
    for sensor in SENSORS:
        reported = next(
            d.how for d in warm.deeds if d.behaviour == "warms_up" and d.how["sensor"] == sensor
        )
        drift = (warm.tracks[sensor].gyr - cold.tracks[sensor].gyr) / DEG
        t = np.arange(len(drift)) / 100.0
        share = 1.0 - np.exp(-t / reported["tau_s"])
        size = np.array([reported[f"{axis}_dps"] for axis in "xyz"])
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
