"""Whether the left and the right thigh sensor sit on each other's leg.

Every calibration movement is a witness; their log odds for "swapped" add up, each no heavier than
a witness that may be wrong can be:

=====================  ====================================================  ===================
witness                says                                                  wrong when
=====================  ====================================================  ===================
name of a step         the leg asked for is the one whose sensor moved       the other leg moved
weight shift           the pelvis goes over the standing leg, so away from   leaning on a wall
                       the lifted one; its right is known from the bows
face of a sensor       a declared mount faces out, the lift turns to the     its face is to the
                       right: they point the same way on a right leg         skin
first toe turn         the toes turn out first                               in first
=====================  ====================================================  ===================

The name alone cannot tell a swapped sensor from a person who follows a coach like a mirror; the
weight shift can, for nobody stands on one leg without going over it.
"""

import itertools
from typing import NamedTuple

import numpy as np

from imuhip.core.conventions import GRID_HZ, SIDES, Side
from imuhip.core.quaternions import conjugate, heading_from_quaternion, multiply, rotate, wrap_angle
from imuhip.core.records import Array
from imuhip.estimate.functional_axis import lean_of, repetitions


class Witness(NamedTuple):
    """What one movement says about the leg that the sensor named `moved` is on.

    Parameters
    ----------
    moved
        The side in the recorded name of the thigh sensor that moved.
    asked
        The side that the step was about; None where nobody said.
    to_right
        How far the pelvis went to its right in the lifts, m; NaN where it is not known.
    facing
        Cosine between the lift's axis, to the right, and the declared face of the sensor that
        moved; NaN without one.
    first_turn
        Heading of the first turn of the toes, radians, positive to the left; NaN in a lift.
    """

    moved: Side
    asked: Side | None
    to_right: float = np.nan
    facing: float = np.nan
    first_turn: float = np.nan


class Sides:
    """Adds up what movements say: `hear` a witness, and know whether the sides are swapped."""

    def __init__(self) -> None:
        self.swapped = False
        self._named, self._seen = 0.0, _PRIOR

    def hear(self, witness: Witness) -> bool:
        """Take in a witness; True when it changed the answer."""
        sign = 1.0 if witness.moved == "left" else -1.0
        if witness.asked is not None:
            self._named += -_NAME if witness.asked == witness.moved else _NAME
            self._named = _within(self._named, _NAMES)
        if np.isfinite(witness.to_right):
            # Gaussians around a shift one way and the other: the log odds are linear in it.
            shift = sign * witness.to_right
            self._seen -= _within(2.0 * shift * _SHIFT_M / _SHIFT_SD_M**2, _SHIFT)
        if abs(witness.facing) > _FACES:
            self._seen += _FACE if sign * witness.facing > 0.0 else -_FACE
        if np.isfinite(witness.first_turn):
            self._seen -= _TURN if sign * witness.first_turn > 0.0 else -_TURN
        self._seen = _within(self._seen, _SURE)
        before = self.swapped
        odds = self._named + self._seen
        if abs(odds) > _DECIDED:
            self.swapped = odds > 0.0
        if self.swapped != before:
            self._named = 0.0
            self._seen = _within(odds, _SURE)
        return self.swapped != before


def other(side: Side) -> Side:
    """The other side."""
    return SIDES[1 - SIDES.index(side)]


def moved_more(q: Array, gyr: Array, *, upright: bool) -> float:
    """How much more the first of two thighs moved than the second: the ratio of their energies.

    Parameters
    ----------
    q, gyr
        ``(N, 2, 4)`` and ``(N, 2, 3)``.
    upright
        Only turning about the vertical counts: toe turns.
    """
    rate = rotate(q, gyr)[..., 2] if upright else np.linalg.norm(gyr, axis=-1)
    energy = np.sum(rate**2, axis=0) + _QUIET
    return float(energy[0] / energy[1])


def to_the_right(t: Array, q: Array, acc: Array, q_lifted: Array, right: Array) -> float:
    """How far the pelvis went to its right while a thigh was up, m: mean over the lifts.

    In each lift the pelvis leaves and comes back, so its speed and its place are the same at both
    ends: that takes away what an error of the inclination adds to the acceleration.

    Parameters
    ----------
    t, q, acc
        ``(N,)``, ``(N, 4)``, ``(N, 3)`` of the pelvis's sensor; a lift with a gap says nothing.
    q_lifted
        ``(N, 4)`` of the thigh's.
    right
        ``(3,)`` the pelvis's medio-lateral axis in its sensor.
    """
    high = repetitions(lean_of(q_lifted))
    if not high:
        return np.nan
    aside = rotate(q, np.broadcast_to(right, (len(q), 3)))[:, :2]
    aside = aside / np.linalg.norm(aside, axis=-1, keepdims=True)
    rate = np.sum(rotate(q, acc)[:, :2] * aside, axis=-1)
    between = [(a.stop + b.start) // 2 for a, b in itertools.pairwise(high)]
    edges = [max(high[0].start - GRID_HZ, 0), *between, min(high[-1].stop + GRID_HZ, len(q))]
    found = []
    for part, (first, stop) in zip(high, itertools.pairwise(edges), strict=True):
        if t[stop - 1] - t[first] > (stop - first + _FEW) / GRID_HZ:
            continue
        speed = np.cumsum(rate[first:stop] - rate[first:stop].mean()) / GRID_HZ
        place = np.cumsum(speed) / GRID_HZ
        place = place - place[-1] * np.linspace(0.0, 1.0, len(place))
        found.append(place[part.start - first : part.stop - first].mean())
    return float(np.mean(found)) if found else np.nan


def first_turn(q: Array) -> float:
    """Heading of the first turn beyond `_A_TURN` of a sensor ``(N, 4)``, radians; NaN if none."""
    turned = heading_from_quaternion(multiply(q, conjugate(q[0])))
    far = np.flatnonzero(np.abs(wrap_angle(np.asarray(turned))) > _A_TURN)
    return float(turned[far[0]]) if len(far) else np.nan


def _within(value: float, most: float) -> float:
    return min(max(value, -most), most)


_PRIOR, _DECIDED, _SURE = -3.5, 3.0, 6.0
"""Log odds: three in a hundred are put on wrongly; decided at 20 to 1; at most 400 to 1."""

_NAME, _NAMES = 3.5, 7.0
"""One step done with the other leg is a slip of three in a hundred; all of them, one in a thousand:
a person who mirrors the coach does so every time, so names weigh no more than two of them."""

_SHIFT_M, _SHIFT_SD_M, _SHIFT = 0.05, 0.03, 4.0
_FACE, _FACES, _TURN = 3.5, 0.7, 2.2
_FEW = 3
_A_TURN = np.radians(6.0)
_QUIET = 0.05
"""rad²/s²·rows: what still sensors add, so that nothing over nothing is about one."""
