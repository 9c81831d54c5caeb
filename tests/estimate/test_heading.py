import itertools

import numpy as np
import pytest

from imuhip.core.evidence import Alignment, CalibrationStep, Misplacement
from imuhip.core.quaternions import multiply, quaternion_from_heading, quaternion_from_rotvec
from imuhip.core.records import GridBlock
from imuhip.estimate.heading import RelativeHeading

SENSORS = ("pelvis", "thigh_left", "thigh_right")
UNSEEN = np.radians(40.0) ** 2
STANDING = np.tile((0.5, 0.5, 0.5, 0.5), (50, 3, 1))


def stage():
    """A stage that has just been told of a standing."""
    made = RelativeHeading()
    known = np.zeros((3, 4)), np.zeros(3), np.zeros((3, 3))
    made.align(Alignment(SENSORS, *known, STANDING, "good", "test", 0.005, 0.0, 0.0))
    return made


def rows(turn, lean, *, bias=0.0, unseen=None, seen=None):
    """Grid rows of sensors that have turned (N, 3) and leaned (N,) since standing."""
    n = len(turn)
    q = multiply(quaternion_from_heading(turn), STANDING[0, 0])
    bow = quaternion_from_rotvec(np.stack((lean, 0 * lean, 0 * lean), axis=-1))
    q = multiply(bow[:, None], q)
    rate = np.gradient(lean, 0.01) if n > 1 else np.zeros(n)
    gyr = np.zeros((n, 3, 3))
    gyr[..., 0] = rate[:, None]
    gyr[..., 2] += np.gradient(turn, 0.01, axis=0)
    valid = np.ones((n, 3), dtype=bool) if seen is None else seen
    lost = np.zeros((n, 3)) if unseen is None else unseen
    drift = np.full((n, 3), bias)
    return GridBlock(SENSORS, np.arange(n) / 100, q, gyr, gyr, valid, ~valid, drift, lost, 0 * lost)


def squats(count, seconds=6.0):
    """The lean of `count` squats with two seconds of standing between them."""
    t = np.arange(0.0, seconds, 0.01)
    one = np.where(t < seconds - 2.0, np.sin(np.pi * t / (seconds - 2.0)) ** 2, 0.0)
    return np.tile(np.radians(80.0) * one, count)


def test_drift_of_a_standing_athlete_is_found():
    """A heading that drifts away steadily through a set is taken off to a degree and a half."""
    lean = squats(20)
    turn = np.zeros((len(lean), 3))
    turn[:, 1] = np.radians(0.05) * np.arange(len(lean)) / 100
    out = stage().push(rows(turn, lean, bias=np.radians(0.03)))
    assert np.degrees(turn[-1, 1]) > 5.9
    assert np.degrees(out.turn[-1, 1] - turn[-1, 1]) == pytest.approx(0.0, abs=1.5)
    assert np.degrees(out.turn[-1, 2]) == pytest.approx(0.0, abs=0.2)


def test_good_gyroscopes_are_believed_over_the_pose():
    """Where hardly any bias is left, another stance of two degrees is no drift."""
    lean = squats(5)
    turn = np.zeros((len(lean), 3))
    turn[1500:, 2] = np.radians(2.0)
    out = stage().push(rows(turn, lean, bias=np.radians(1e-4)))
    assert abs(np.degrees(out.turn[-1, 2])) < 0.3


def test_a_leg_that_stands_turned_is_not_neutral():
    """A pivot of 25° that is held for ten seconds moves the heading by less than half a degree."""
    n = 3000
    turn = np.zeros((n, 3))
    turn[1000:1100, 1] = np.radians(25.0) * np.linspace(0.0, 1.0, 100)
    turn[1100:2100, 1] = np.radians(25.0)
    turn[2100:2200, 1] = np.radians(25.0) * np.linspace(1.0, 0.0, 100)
    out = stage().push(rows(turn, np.zeros(n), bias=np.radians(0.03)))
    assert np.abs(np.degrees(out.turn[:, 1])).max() < 0.5


@pytest.mark.parametrize("turned_deg", [6.0, -18.0, 25.0])
def test_a_stance_is_not_drift(turned_deg):
    """Toes turned out for a set move the heading by no degree, whichever way they turn."""
    lean = squats(8)
    turn = np.zeros((len(lean), 3))
    turn[1200:, 1] = np.radians(turned_deg)  # between two standings, as a step leaves a foot
    out = stage().push(rows(turn, lean, bias=np.radians(0.02)))
    assert np.abs(np.degrees(out.turn[:, 1])).max() < 1.0
    assert np.degrees(np.sqrt(out.variance[-1, 1])) < 2.0


def test_drift_is_found_on_feet_that_stand_turned():
    """In a stance of its own, too, a heading that drifts through a set is taken off."""
    lean = squats(20)
    turn = np.zeros((len(lean), 3))
    drift = np.radians(0.05) * np.arange(len(lean)) / 100
    turn[:, 1] = drift
    turn[600:, 1] -= np.radians(15.0)
    out = stage().push(rows(turn, lean, bias=np.radians(0.03)))
    assert np.degrees(out.turn[-1, 1] - drift[-1]) == pytest.approx(0.0, abs=2.0)


def declared(turned_deg, **more):
    """A marked second standing, the left thigh turned by so much against the first."""
    turn = np.zeros((50, 3))
    turn[:, 1] = np.radians(turned_deg)
    q = multiply(quaternion_from_heading(turn), STANDING)
    none = np.full((3, 3), np.nan)
    known = {"found": "marked", "accepted": True, "misplaced": ()} | more
    return CalibrationStep(
        step="stand_again", t_start=0.0, t_end=0.5, gates=(), words=(), up=none, axis=none,
        axis_sd=none[0], turned=none[0], lost=none[0], drifted=none[0], force=none[0], q=q,
        sensors=SENSORS, **known,
    )  # fmt: skip


def lost(made):
    """Push rows in which the left thigh may have turned by 40° unseen."""
    unseen = np.zeros((200, 3))
    unseen[100:, 1] = UNSEEN
    made.push(rows(np.zeros((200, 3)), np.radians(np.full(200, 20.0)), unseen=unseen))
    return made


def left_now(made):
    """Drift and its error of the left thigh, degrees."""
    unseen = np.zeros((2, 3))
    unseen[:, 1] = UNSEEN  # variances of gaps add up, and none is taken back
    out = made.push(rows(np.zeros((2, 3)), np.radians([20.0, 20.0]), unseen=unseen))
    return np.degrees(out.turn[0, 1]), np.degrees(np.sqrt(out.variance[0, 1]))


def test_a_declared_standing_finds_the_heading_again():
    """Whoever stands as in the calibration, because asked to, gives a lost heading back."""
    made = lost(stage())
    assert left_now(made)[1] > 35.0
    made.stood_again(declared(12.0))
    turn, sd = left_now(made)
    assert turn == pytest.approx(12.0, abs=0.5)
    assert sd < 2.5


@pytest.mark.parametrize("more", [{"found": "detected"}, {"accepted": False}])
def test_a_standing_that_nobody_declared_or_accepted_tells_nothing(more):
    """Without a mark, or with a failed gate, a second standing leaves the heading unknown."""
    made = lost(stage())
    made.stood_again(declared(12.0, **more))
    assert left_now(made)[1] > 35.0


def test_a_slipped_strap_widens_the_error_and_is_no_drift():
    """What a strap slipped by is added to the doubt of its sensor, and not taken off."""
    made = stage()
    left_now(made)
    slip = Misplacement("slipped", "thigh_left", 0.0, 0.5, 8.0, False, "")
    made.stood_again(declared(8.0, accepted=False, misplaced=(slip,)))
    turn, sd = left_now(made)
    assert abs(turn) < 0.1
    assert sd == pytest.approx(8.0, abs=0.2)


def test_a_gap_is_doubted_until_the_next_standing():
    """What was turned unseen is in the error at once; standing on the same feet mends both."""
    n = 2000
    turn, unseen = np.zeros((n, 3)), np.zeros((n, 3))
    turn[500:, 2] = np.radians(20.0)
    unseen[500:, 2] = np.radians(40.0) ** 2
    lean = np.zeros(n)
    lean[500:1000] = np.radians(30.0)
    out = stage().push(rows(turn, lean, unseen=unseen))
    sd = np.degrees(np.sqrt(out.variance))
    assert sd[499, 2] < 2.0
    assert sd[900, 2] > 39.0
    assert sd[900, 1] < 2.0
    assert np.degrees(out.turn[900, 2]) == pytest.approx(0.0, abs=1.0)
    assert np.degrees(out.turn[-1, 2]) == pytest.approx(20.0, abs=1.0)
    assert sd[-1, 2] < 3.0


def test_a_turned_leg_is_no_standing_while_the_other_leg_moves():
    """After a gap a leg that stands turned by 20° is not taken for drift while the other pivots."""
    n = 1500
    turn, unseen = np.zeros((n, 3)), np.zeros((n, 3))
    turn[500:700, 1] = np.radians(20.0) * np.linspace(0.0, 1.0, 200)
    turn[700:, 1] = np.radians(20.0)
    unseen[700:, 1] = np.radians(15.0) ** 2
    turn[700:, 2] = np.radians(25.0) * np.sin(2 * np.pi * np.arange(n - 700) / 220)
    out = stage().push(rows(turn, np.zeros(n), bias=np.radians(0.03), unseen=unseen))
    assert np.abs(np.degrees(out.turn[:, 1])).max() < 1.0


@pytest.mark.parametrize("seed", range(3))
def test_cuts_do_not_show(seed):
    """However the rows are cut, drift and error are the same bits."""
    rng = np.random.default_rng(seed)
    lean = squats(4)
    n = len(lean)
    turn = np.cumsum(rng.normal(scale=1e-4, size=(n, 3)), axis=0)
    unseen = np.cumsum(rng.random((n, 3)) > 0.999, axis=0) * 0.1
    grid = rows(turn, lean, bias=1e-3, unseen=unseen, seen=rng.random((n, 3)) > 0.02)
    whole = stage().push(grid)
    edges = [0, *sorted(rng.integers(0, n, 40).tolist()), n]
    pieces = stage()
    parts = [pieces.push(grid.part(a, b)) for a, b in itertools.pairwise(edges)]
    for name in ("turn", "variance", "tilt"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(joined, getattr(whole, name), equal_nan=True)
