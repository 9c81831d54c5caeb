"""Turns in gaps, by the sensors that were seen: what is believed, what is not, and cuts."""

import itertools

import numpy as np
import pytest

from imuhip.core.quaternions import multiply, quaternion_from_heading, quaternion_from_rotvec
from imuhip.core.records import Array, BoolArray, GridBlock
from imuhip.estimate.gap_turns import GapTurns

SENSORS = ("pelvis", "thigh_left", "thigh_right")
LEANING = quaternion_from_rotvec(np.array([0.3, -0.2, 0.0]))
GAP = slice(300, 330)
OWN = np.radians(20.0) ** 2
"""What the filter says of its own turn in the gap, as a variance."""


def rows(turned: Array, seen: BoolArray, unseen: Array, wrong: float = 0.0) -> GridBlock:
    """Grid rows of sensors that turned ``(N, 3)`` about the vertical; `wrong` after the gap."""
    shown = turned.copy()
    shown[GAP.stop :, 1] += wrong
    q = multiply(quaternion_from_heading(shown), LEANING)
    gyr = np.zeros((*turned.shape, 3))
    gyr[..., 2] = np.gradient(turned, 0.01, axis=0)
    upright = np.array([0.0, 0.0, 1.0])
    for k in range(3):
        gyr[:, k] = gyr[:, k, 2:] * _in_sensor(upright)
    none = np.zeros_like(turned)
    return GridBlock(
        SENSORS, np.arange(len(turned)) / 100, q, gyr, gyr, seen, ~seen, none, unseen, none
    )


def _in_sensor(earth: Array) -> Array:
    """An earth vector in the leaning sensor; a turn about the vertical does not change it."""
    w, v = LEANING[0], -LEANING[1:]
    across = np.cross(v, earth)
    return np.asarray(earth + 2.0 * (w * across + np.cross(v, across)))


def shaken(n: int = 600, swing_s: float = 0.7) -> Array:
    """All three turned to and fro together, the thighs 1.2 times as far, radians."""
    t = np.arange(n) / 100
    body = np.radians(25.0) * np.sin(2 * np.pi * t / swing_s)
    return np.stack((body, 1.2 * body, 1.2 * body), axis=-1)


def lost_thigh(n: int = 600) -> tuple[BoolArray, Array]:
    """The left thigh unseen in the gap, and its filter's doubt of it."""
    seen = np.ones((n, 3), dtype=bool)
    seen[GAP, 1] = False
    unseen = np.zeros((n, 3))
    unseen[GAP.stop :, 1] = OWN
    return seen, unseen


@pytest.mark.parametrize("wrong_deg", [-15.0, 4.0, 18.0])
def test_the_others_show_a_turn_that_all_made(wrong_deg: float) -> None:
    """The other thigh turned alike: what the filter made of the gap is found to half a degree."""
    seen, unseen = lost_thigh()
    grid = rows(shaken(), seen, unseen, np.radians(wrong_deg))
    too_far, variance = GapTurns().push(grid)
    assert np.degrees(too_far[GAP.stop, 1]) == pytest.approx(wrong_deg, abs=0.5)
    assert np.degrees(np.sqrt(variance[GAP.stop, 1])) < 2.0
    too_far[GAP.stop, 1] = variance[GAP.stop, 1] = 0.0
    assert not too_far.any()
    assert not variance.any()


def test_a_gap_soon_after_another_is_no_worse() -> None:
    """What changed while nobody looked changed in that time, not in one row."""
    seen, unseen = lost_thigh()
    turned = shaken(swing_s=0.6)  # it comes back from the gap at the opposite rate
    turned[:, 1] *= 1.5
    alone = seen.copy()
    alone[GAP], alone[342:352, 1] = True, False
    seen[342:352, 1] = False
    unseen[:, 1] = 0.0
    unseen[352:, 1] = OWN
    once = GapTurns().push(rows(turned, alone, unseen))[1][352, 1]
    unseen[GAP.stop :, 1] += OWN
    twice = GapTurns().push(rows(turned, seen, unseen))[1][352, 1]
    assert twice < 1.5 * once


def test_a_leg_that_turns_alone_is_taken_by_its_own_rates() -> None:
    """The pelvis and the other leg stand: they know nothing better than the filter itself."""
    turned = shaken()
    turned[:, 0] = turned[:, 2] = 0.0
    seen, unseen = lost_thigh()
    unseen[GAP.stop :, 1] = np.radians(3.0) ** 2
    too_far, variance = GapTurns().push(rows(turned, seen, unseen))
    assert not too_far.any()
    assert variance[GAP.stop, 1] == unseen[GAP.stop, 1]


def test_others_that_were_lost_too_are_not_asked() -> None:
    """A gap of all sensors leaves what the filters say of themselves."""
    seen, unseen = lost_thigh()
    seen[310:315] = False
    too_far, variance = GapTurns().push(rows(shaken(), seen, unseen))
    assert not too_far.any()
    assert variance[GAP.stop, 1] == OWN


def test_what_the_other_turned_unseen_is_in_the_error() -> None:
    """A short gap of the other one, filled in by its own filter, adds to the doubt."""
    seen, unseen = lost_thigh()
    alone = GapTurns().push(rows(shaken(), seen, unseen))[1][GAP.stop, 1]
    unseen[310:, [0, 2]] = np.radians(5.0) ** 2
    both = GapTurns().push(rows(shaken(), seen, unseen))[1][GAP.stop, 1]
    assert both == pytest.approx(alone + np.radians(5.0) ** 2)


@pytest.mark.parametrize("seed", range(3))
def test_cuts_do_not_show(seed: int) -> None:
    """However the rows are cut, turns and errors are the same bits."""
    rng = np.random.default_rng(seed)
    turned = shaken(2000) + np.cumsum(rng.normal(scale=1e-3, size=(2000, 3)), axis=0)
    seen = np.repeat(rng.random((200, 3)) > 0.1, 10, axis=0)
    unseen = np.cumsum(np.diff(seen.astype(float), axis=0, prepend=1.0) > 0.0, axis=0) * 0.05
    grid = rows(turned, seen, unseen)
    whole = GapTurns().push(grid)
    assert np.count_nonzero(whole[0]) > 5
    edges = [0, *sorted(rng.integers(0, 2000, 40).tolist()), 2000]
    stage = GapTurns()
    parts = [stage.push(grid.part(a, b)) for a, b in itertools.pairwise(edges)]
    for k in range(2):
        assert np.array_equal(np.concatenate([part[k] for part in parts]), whole[k])
