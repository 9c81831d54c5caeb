"""How far the sensors' headings have drifted apart since the athlete stood, and how sure that is.

Nothing but gyroscopes holds the heading of a thigh against the pelvis's (six axes, no magnetometer
indoors), so it is tracked with its error. For each sensor beside the pelvis's, a Kalman filter of
three states:

==  ==============================================================================================
h   drift of the relative heading since the standing, what has to be taken off
b   what is left of the two gyroscopes' bias about the vertical: ``h' = b``
p   how the person stands now against how they stood then
==  ==============================================================================================

* The spread of b is what `gyro_bias` leaves, and shrinks at every rest; h grows by it. A radio gap
  adds what the sensor could have turned meanwhile, to h alone.
* Neutral standing is soft evidence: the relative heading then reads ``h + p``. People stand as they
  did within `Params.posture`, and change it slowly; so one standing against the last one tells the
  drift, and all of them together bound it. It counts for nothing while h is known better than p,
  by the filter's own weights.
* Standing is quiet when every sensor is: while one leg pivots, the other stands no more neutrally.
* Legs that were turned, as pivots turn them, stand turned, and that is no neutral standing: one
  counts only where it reads what the last one did, up to what may have drifted in between. Feet
  that were turned never stand quite as before, so p widens by the turns.

Nothing here says that left and right are alike, and no evidence comes from the movement that is
judged. Causal, row by row on the grid: cuts do not show.
"""

import math
from dataclasses import dataclass

import numpy as np

from imuhip.core.conventions import GRID_HZ, PELVIS
from imuhip.core.evidence import Alignment, HeadingBlock
from imuhip.core.kernels import kernel
from imuhip.core.quaternions import mean_quaternion
from imuhip.core.records import Array, BoolArray, GridBlock


@dataclass(frozen=True, slots=True)
class Params:
    """What is believed of people who stand. Angles in radians, times in seconds.

    Parameters
    ----------
    posture
        One standard deviation of the relative heading in two neutral standings. Small trusts the
        pose more than the gyroscopes.
    posture_s
        Time in which a standing person forgets how they stood. Long believes that feet stay.
    sway
        How much one standing differs from the next by chance.
    stepping
        Variance that turning an upright leg by one radian adds to p, rad.
    walk
        Angle random walk of the two gyroscopes together, rad/√s.
    """

    posture: float = math.radians(1.5)
    posture_s: float = 300.0
    sway: float = math.radians(0.5)
    stepping: float = math.radians(0.01)
    walk: float = math.radians(0.02)


class RelativeHeading:
    """Drift of the headings against the pelvis's: `align` with a standing, then `push` rows."""

    def __init__(self, params: Params | None = None) -> None:
        params = params or Params()
        belief = (params.posture, params.posture_s, params.sway, params.walk, params.stepping)
        self._settings = np.array(belief)
        self._standing: Array | None = None
        self._stood = np.empty((0, 4))
        self._pelvis = 0
        self._x = np.empty((0, 3))
        self._p = np.empty((0, 3, 3))
        self._state = np.empty((0, _STATE))

    def align(self, alignment: Alignment) -> None:
        """Begin anew where the alignment has a new standing; else go on."""
        if self._standing is alignment.standing or not len(alignment.standing):
            return
        self._standing = alignment.standing
        count = len(alignment.sensors)
        self._pelvis = alignment.sensors.index(PELVIS)
        self._stood = np.stack([mean_quaternion(alignment.standing[:, i]) for i in range(count)])
        self._x = np.zeros((count, 3))
        self._p = np.zeros((count, 3, 3))
        self._p[:, 0, 0] = _STOOD**2
        self._p[:, 2, 2] = self._settings[2] ** 2
        self._state = np.zeros((count, _STATE))
        self._state[:, _UNSEEN] = np.nan

    def push(self, grid: GridBlock) -> HeadingBlock:
        """Return the drift at the grid's rows; zero, and of unknown error, before a standing."""
        n, count = len(grid.t), len(grid.sensors)
        turn = np.zeros((n, count))
        variance, tilt = np.full((2, n, count), np.nan)
        if self._standing is not None:
            _follow(
                (grid.q, grid.gyr, grid.valid),
                (grid.drift, grid.unseen),
                (self._stood, self._settings, self._pelvis),
                (self._x, self._p, self._state),
                (turn, variance, tilt),
            )
        return HeadingBlock(grid.t, turn, variance, tilt)


@kernel
def _follow(
    came: tuple[Array, Array, BoolArray],
    doubts: tuple[Array, Array],
    known: tuple[Array, Array, int],
    memory: tuple[Array, Array, Array],
    out: tuple[Array, Array, Array],
) -> None:
    """Row by row: predict every sensor, and learn from a neutral standing that lasts."""
    q, gyr, valid = came
    drift, unseen = doubts
    stood, settings, pelvis = known
    x, p, state = memory
    turn, variance, tilt = out
    turned, lean = np.empty(q.shape[1]), np.empty(q.shape[1])
    for i in range(len(q)):
        _take_doubts(drift[i], unseen[i], state)
        quiet = bool(valid[i, pelvis])
        for k in range(q.shape[1]):
            if valid[i, k]:
                turned[k], lean[k] = _turned(q[i, k], stood[k])
                quiet = quiet and lean[k] < _LEAN and _speed(gyr[i, k]) < _QUIET
        for k in range(q.shape[1]):
            spread = state[k, _DRIFT] ** 2
            lost = state[k, _LOST]
            if k != pelvis:
                spread += state[pelvis, _DRIFT] ** 2
                lost += state[pelvis, _LOST]
            _predict(x[k], p[k], spread, lost, settings)
            state[k, _SINCE] += 1.0 / GRID_HZ
            state[k, _SINCE_LOST] += lost
            if k != pelvis and valid[i, k] and valid[i, pelvis]:
                apart = _wrapped(turned[k] - turned[pelvis])
                p[k, 2, 2] += settings[4] * _turned_upright(state[k], apart, lean[k])
                _stand(quiet, apart, settings, x[k], p[k], state[k])
            turn[i, k] = x[k, 0]
            variance[i, k] = p[k, 0, 0]
            tilt[i, k] = state[k, _TILT]


@kernel
def _take_doubts(drift: Array, unseen: Array, state: Array) -> None:
    """Remember what every sensor's gyroscope may be wrong by, and what it turned unseen."""
    for k in range(len(drift)):
        state[k, _LOST] = 0.0
        state[k, _TILT] *= 1.0 - 2.0 / (_TILT_S * GRID_HZ)
        if np.isfinite(drift[k]):
            before = state[k, _UNSEEN]
            state[k, _DRIFT] = drift[k]
            state[k, _LOST] = 0.0 if math.isnan(before) else unseen[k] - before
            state[k, _UNSEEN] = unseen[k]
            if state[k, _LOST] > 0.0:
                state[k, _TILT] = _BEGUN**2


@kernel
def _stand(still: bool, apart: float, settings: Array, x: Array, p: Array, state: Array) -> None:
    """Count the rows of quiet standing, and learn from every half second that is neutral.

    After a gap nobody knows whether a leg stands turned; only a longer standing is neutral then.
    """
    state[_STILL] = state[_STILL] + 1.0 if still else 0.0
    needed = _STILL_ROWS if state[_SINCE_LOST] < _AS_BEFORE**2 else _LONG_ROWS
    if state[_STILL] < needed or state[_STILL] % _STILL_ROWS != 0.0:
        return
    if _is_neutral(state, apart, p[1, 1]):
        _learn(x, p, apart, settings)
        state[_NEUTRAL] = apart
        state[_SINCE] = state[_SINCE_LOST] = 0.0


@kernel
def _predict(x: Array, p: Array, spread: float, lost: float, settings: Array) -> None:
    """One grid step: h grows by b, b has the spread its gyroscopes are known to, p forgets."""
    dt = 1.0 / GRID_HZ
    before = p[1, 1]
    if before > spread:  # a rest has told the bias: what is left is that part of what was
        ratio = math.sqrt(spread / before)
        x[1] *= ratio
        p[0, 1] *= ratio
        p[1, 2] *= ratio
        p[1, 1] = spread
    else:
        p[1, 1] += min(spread - before, _SPREADING * spread * dt)
    x[0] += x[1] * dt
    p[0, 0] += 2.0 * dt * p[0, 1] + dt * dt * p[1, 1] + settings[3] ** 2 * dt + lost
    p[0, 1] += dt * p[1, 1]
    p[0, 2] += dt * p[1, 2]
    kept = 1.0 - dt / settings[1]
    x[2] *= kept
    p[0, 2] *= kept
    p[1, 2] *= kept
    p[2, 2] = kept * kept * p[2, 2] + (1.0 - kept * kept) * settings[0] ** 2
    p[1, 0], p[2, 0], p[2, 1] = p[0, 1], p[0, 2], p[1, 2]


@kernel
def _learn(x: Array, p: Array, apart: float, settings: Array) -> None:
    """One Kalman update with a neutral standing: ``apart = h + p``."""
    gain = np.empty(3)
    for a in range(3):
        gain[a] = p[a, 0] + p[a, 2]
    spread = gain[0] + gain[2] + settings[2] ** 2
    innovation = _wrapped(apart - x[0] - x[2])
    for a in range(3):
        x[a] += gain[a] / spread * innovation
    for a in range(3):
        for b in range(3):
            p[a, b] -= gain[a] * gain[b] / spread


@kernel
def _turned_upright(state: Array, apart: float, lean: float) -> float:
    """By how much the leg was turned on its foot in this row, radians."""
    step = abs(_wrapped(apart - state[_APART])) if state[_SEEN] > 0.0 else 0.0
    state[_APART] = apart
    state[_SEEN] = 1.0
    return step if lean < _UPRIGHT and step > _TURNING / GRID_HZ else 0.0


@kernel
def _is_neutral(state: Array, apart: float, spread: float) -> bool:
    """Whether a standing reads what the last neutral one did, up to the drift since."""
    away = _wrapped(apart - state[_NEUTRAL])
    drifted = spread * state[_SINCE] ** 2 + state[_SINCE_LOST]
    neutral: bool = away * away < _AS_BEFORE**2 + _FAR**2 * drifted
    return neutral


@kernel
def _turned(q: Array, stood: Array) -> tuple[float, float]:
    """Turn about the vertical since the standing, and how far the sensor has leaned, radians."""
    w = q[0] * stood[0] + q[1] * stood[1] + q[2] * stood[2] + q[3] * stood[3]
    x = -q[0] * stood[1] + q[1] * stood[0] - q[2] * stood[3] + q[3] * stood[2]
    y = -q[0] * stood[2] + q[1] * stood[3] + q[2] * stood[0] - q[3] * stood[1]
    z = -q[0] * stood[3] - q[1] * stood[2] + q[2] * stood[1] + q[3] * stood[0]
    lean = 2.0 * math.atan2(math.sqrt(x * x + y * y), math.sqrt(w * w + z * z))
    return _wrapped(2.0 * math.atan2(z, w)), lean


@kernel
def _speed(gyr: Array) -> float:
    """Magnitude of an angular rate."""
    return math.sqrt(gyr[0] * gyr[0] + gyr[1] * gyr[1] + gyr[2] * gyr[2])


@kernel
def _wrapped(angle: float) -> float:
    """The angle between -π and π."""
    return angle - 2.0 * math.pi * math.floor((angle + math.pi) / (2.0 * math.pi))


_STOOD = math.radians(0.1)
"""How well the mean heading of the standing itself is known."""
_LEAN, _UPRIGHT = math.radians(6.0), math.radians(25.0)
_QUIET, _TURNING = math.radians(5.0), math.radians(5.0)  # rad/s
_AS_BEFORE = math.radians(2.5)
_STILL_ROWS, _LONG_ROWS = 50.0, 200.0
_FAR = 3.0
_BEGUN, _TILT_S = math.radians(3.0), 2.0
"""A filter that begins anew while the sensor moves has a wrong inclination, and loses it slowly."""
_SPREADING = 0.2
"""How fast what is believed of the bias widens to what its stage says, a share a second."""

# Places in a sensor's state: spread of its bias; unseen turns in all, and new in this row; rows of
# quiet standing; its heading against the pelvis's, and whether it was seen; the same in the last
# neutral standing, seconds since then, and what was turned unseen since then; the inclination's
# variance after a gap.
_DRIFT, _UNSEEN, _LOST, _STILL, _APART, _SEEN, _NEUTRAL, _SINCE, _SINCE_LOST, _TILT = range(10)
_STATE = 10
