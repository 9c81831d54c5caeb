"""A later standing against the first: which strap slipped, if any.

A person who stands elsewhere turns all sensors alike; a strap that slipped turns one against the
others. Tilts are gravity's. Headings are the gyroscopes', relative to the pelvis's, and so are the
less worth the longer it has been: what is expected of them is in `heading_sd`, and a turn counts
only beyond its limit. Nobody stands twice the same: that is in the limits too.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from imuhip.core.conventions import PELVIS
from imuhip.core.quaternions import (
    conjugate,
    heading_from_quaternion,
    mean_quaternion,
    multiply,
    wrap_angle,
)
from imuhip.core.records import Array


class Standing(NamedTuple):
    """A standing: what closure needs of it.

    Parameters
    ----------
    t
        Its middle, seconds on the session's clock.
    up
        ``(S, 3)`` unit mean specific force, frame ``s``.
    q
        ``(M, S, 4)`` ``q_es``.
    turned
        ``(S,)`` how far each sensor had turned by then, radians.
    lost
        ``(S,)`` variance of what its headings turned in gaps so far, rad².
    """

    t: float
    up: Array
    q: Array
    turned: Array
    lost: Array


class Slip(NamedTuple):
    """How far one sensor is from where it was, against the others.

    Parameters
    ----------
    tilt, heading
        Radians; heading NaN where there is nothing to hold it against.
    heading_limit
        From where on the heading is a slip, radians.
    size
        Both against their limits, as one number: a slip beyond 1.
    """

    tilt: float
    heading: float
    heading_limit: float
    size: float

    @property
    def angle(self) -> float:
        """How far the strap turned in all, radians."""
        return float(np.hypot(self.tilt, np.nan_to_num(self.heading)))


def slips(sensors: Sequence[str], before: Standing, now: Standing) -> dict[str, Slip]:
    """Compare two standings, sensor by sensor."""
    count = len(sensors)
    tilt = np.arccos(np.clip(np.sum(before.up * now.up, axis=-1), -1.0, 1.0))
    turned = np.empty(count)
    for i in range(count):
        step = multiply(mean_quaternion(now.q[:, i]), conjugate(mean_quaternion(before.q[:, i])))
        turned[i] = float(heading_from_quaternion(step))
    pelvis = sensors.index(PELVIS)
    limits = [_LIMIT_SDS * heading_sd(before, now, (pelvis, i)) for i in range(count)]
    limits = [max(_HEADING, limit) for limit in limits]
    apart = np.asarray(wrap_angle(turned - turned[pelvis]))
    heading = _against_the_most(apart)
    limits[pelvis] = float(np.mean([limits[i] for i in range(count) if i != pelvis]))
    found = {}
    for i, sensor in enumerate(sensors):
        slip = float(np.hypot(tilt[i] / _TILT, heading[i] / limits[i]))
        found[sensor] = Slip(float(tilt[i]), float(heading[i]), limits[i], slip)
    return found


def heading_sd(before: Standing, now: Standing, pair: Sequence[int]) -> float:
    """Standard deviation of the relative heading of two sensors between standings, radians.

    How differently people stand, the bias that remains of the gyroscopes, their scale, and what
    may have been turned while nothing came.
    """
    waited = max(now.t - before.t, 0.0)
    # As in `alignment`: turns to and fro take most of the scale's error back.
    turned = (max(now.turned[i] - before.turned[i], 0.0) for i in pair)
    scale = (_SCALE_SD * np.sqrt(each * _ONE_TURN) for each in turned)
    parts = (_POSTURE_SD, _WALK_SD * np.sqrt(waited), *scale)
    gaps = now.lost - before.lost
    return float(np.sqrt(np.sum(np.square(parts)) + np.sum(gaps[list(pair)])))


def _against_the_most(apart: Array) -> Array:
    """Turns ``(S,)`` against those of the most sensors that agree best: they stayed.

    With three, the two that turned most alike; a pelvis's sensor that slipped is distinguished from
    two thighs' so. With two nobody can tell, and the pelvis's counts as the one that stayed.
    """
    count = len(apart)
    if count < _FEWEST_TO_BLAME:
        return apart
    most = count // 2 + 1
    ordered = np.sort(apart)
    first = int(np.argmin(ordered[most - 1 :] - ordered[: count - most + 1]))
    return np.asarray(apart - ordered[first : first + most].mean())


_TILT = np.radians(5.0)
_HEADING = np.radians(6.0)
_FEWEST_TO_BLAME = 3
_LIMIT_SDS = 2.8
"""A limit of 6° finds turns of 10° where people stand again within 1.5°, and hardly any of less."""

_POSTURE_SD, _WALK_SD = np.radians(1.2), np.radians(0.06)
_SCALE_SD, _ONE_TURN = 0.002, np.radians(90.0)
