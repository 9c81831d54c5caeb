"""Where people stand: stances drawn before sets, feet that stay planted, legs turned out."""

import numpy as np
import pytest
from support.people import degrees, knee_axis_heading, marks, of, played, quaternion_heading_y

from imuhip.core.conventions import HIP_SIGNS, SIDES
from imuhip.core.quaternions import conjugate, multiply, quaternion_from_rotvec
from imuhip.core.records import Array
from imuhip.simulate.director import Stance
from imuhip.simulate.motion import X, Y, Z
from imuhip.simulate.squat_plan import Squat
from imuhip.simulate.stances import over_the_toes


def test_every_set_has_the_stance_that_was_drawn() -> None:
    """Before a set both hips are turned as the truth says, unlike each other and the last set."""
    _, play = played()
    begins = marks(play, "begin:squat")
    stances = [[d for d in of(play, "stance") if d.t_end <= t][-1] for t in begins]
    for side in SIDES:
        reported = np.array([stance.how[f"rotation_{side}_deg"] for stance in stances])
        stood = np.degrees(play.script.base[f"rotation_{side}"])
        off = degrees(play, f"rotation_{side}", np.array(begins)) - stood - reported
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
            reported = -float(deed.how["turn_deg"]) if deed.how["side"] == side else 0.0
            assert abs(inward - reported) < 0.6


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
