"""How far the sensors' headings have drifted apart since the athlete stood, and how sure that is.

Nothing but gyroscopes holds the heading of a thigh against the pelvis's (six axes, no magnetometer
indoors), so it is tracked with its error. For each sensor beside the pelvis's, a Kalman filter of
three states:

==  ==============================================================================================
h   drift of the relative heading since the standing, what has to be taken off
b   what is left of the two gyroscopes' bias about the vertical: ``h' = b``
p   the stance: how far this leg stands turned against how it stood in the calibration
==  ==============================================================================================

A quiet standing reads ``h + p``. What that tells depends on the feet:

* While they stay planted the stance is the same, whatever it is, so standings of one set read
  alike, and what changes from one to the next is drift. It takes no belief about the stance.
* When a foot has moved the stance is anybody's: people squat with toes turned out by up to 25°,
  left unlike right. p is unknown again (`HeadingParams.stance`), and h is what the gyroscopes say.
* A declared ``stand_again`` asks for the stance of the calibration: only there is p about zero.

A foot has moved when one leg was lifted or bent alone, when the body sat, when the pelvis came back
facing elsewhere, when nothing was seen for a while, or when a standing reads what drift cannot
explain. A step that changes nothing is taken for one all the same: that costs certainty, not truth.

Nothing here says that left and right are alike, and no evidence comes from the movement that is
judged. Causal, row by row on the grid: cuts do not show.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from imuhip.core.conventions import GRID_HZ, PELVIS
from imuhip.core.evidence import Alignment, CalibrationStep, HeadingBlock
from imuhip.core.kernels import kernel
from imuhip.core.quaternions import (
    conjugate,
    heading_from_quaternion,
    mean_quaternion,
    multiply,
)
from imuhip.core.records import Array, BoolArray, GridBlock
from imuhip.estimate.gap_turns import GapTurns

Rows = np.ndarray[Any, np.dtype[np.void]]
"""A structured array: a row a sensor."""


@dataclass(frozen=True, slots=True)
class HeadingParams:
    """What is believed of people who stand. Angles in radians, times in seconds.

    Parameters
    ----------
    stance
        One standard deviation of a leg's turn in a stance of its own. Small takes toes that are
        turned out for drift: people turn them out the same way every time, so even 15° adds up.
    declared
        The same where a person was asked to stand as in the calibration.
    sway
        How much one standing on planted feet differs from the next by chance.
    creep
        How far planted feet work themselves round from one standing to the next.
    walk
        Angle random walk of the two gyroscopes together, rad/√s.
    scale
        Error of a turn about the vertical, as a share of it, of the two gyroscopes together.
    """

    stance: float = math.radians(40.0)
    declared: float = math.radians(2.0)
    sway: float = math.radians(0.8)
    creep: float = math.radians(0.3)
    walk: float = math.radians(0.02)
    scale: float = 0.004


class RelativeHeading:
    """Drift of the headings against the pelvis's: `align` with a standing, then `push` rows."""

    def __init__(self, params: HeadingParams | None = None) -> None:
        each = params or HeadingParams()
        self._declared = each.declared
        self._settings = np.array((each.stance, each.sway, each.creep, each.walk, each.scale))
        self._standing: Array | None = None
        self._stood = np.empty((0, 4))
        self._facing = np.empty(0)
        self._pelvis = 0
        self._x = np.empty((0, 3))
        self._p = np.empty((0, 3, 3))
        self._state: Rows = np.zeros(0, dtype=_STATE)
        self._gaps = GapTurns()

    def align(self, alignment: Alignment) -> None:
        """Begin anew where the alignment has a new standing; else go on."""
        if not len(alignment.standing):
            return
        self._facing = np.asarray(alignment.heading)
        if self._standing is alignment.standing:
            return
        self._standing = alignment.standing
        count = len(alignment.sensors)
        self._pelvis = alignment.sensors.index(PELVIS)
        self._stood = np.stack([mean_quaternion(alignment.standing[:, i]) for i in range(count)])
        self._x = np.zeros((count, 3))
        self._p = np.zeros((count, 3, 3))
        self._p[:, 0, 0] = _STOOD**2
        self._p[:, 2, 2] = _STOOD**2
        self._state = np.zeros(count, dtype=_STATE)

    def stood_again(self, step: CalibrationStep) -> None:
        """Learn from a standing that was declared to be as in the calibration.

        A strap that slipped in it is no drift: its sensor is only known worse from here on.
        """
        if self._standing is None or step.found != "marked" or not len(step.q):
            return
        for each in step.misplaced:
            if each.kind == "slipped":
                # All headings are relative to the pelvis's sensor.
                place = step.sensors.index(each.sensor)
                worse = slice(None) if place == self._pelvis else place
                self._p[worse, 0, 0] += math.radians(each.angle_deg) ** 2
        if not step.accepted:
            return
        turned = [
            float(heading_from_quaternion(multiply(mean_quaternion(step.q[:, i]), conjugate(q))))
            for i, q in enumerate(self._stood)
        ]
        for k in range(len(self._x)):
            if k != self._pelvis and not math.isnan(turned[k]):
                _forget_stance(self._x[k], self._p[k], self._declared)
                _learn(self._x[k], self._p[k], turned[k] - turned[self._pelvis], _MEAN**2)

    def push(self, grid: GridBlock) -> HeadingBlock:
        """Return the drift at the grid's rows; zero, and of unknown error, before a standing."""
        n, count = len(grid.t), len(grid.sensors)
        turn = np.zeros((n, count))
        variance, tilt = np.full((2, n, count), np.nan)
        too_far, lost = self._gaps.push(grid)
        if self._standing is not None:
            _follow(
                (grid.q, grid.gyr, grid.valid),
                (grid.drift, too_far, lost, grid.tilt),
                (self._stood, self._facing, self._settings, self._pelvis),
                (self._x, self._p, self._state),
                (turn, variance, tilt),
            )
        return HeadingBlock(grid.t, turn, variance, tilt)


@kernel
def _follow(
    came: tuple[Array, Array, BoolArray],
    doubts: tuple[Array, Array, Array, Array],
    known: tuple[Array, Array, Array, int],
    memory: tuple[Array, Array, Rows],
    out: tuple[Array, Array, Array],
) -> None:
    """Row by row: predict every sensor, watch the feet, and learn from quiet standings."""
    q, gyr, valid = came
    drift, too_far, lost, tilted = doubts
    stood, facing, settings, pelvis = known
    x, p, state = memory
    turn, variance, tilt = out
    count = q.shape[1]
    lean = np.zeros((count, 2))
    for i in range(len(q)):
        quiet = bool(valid[i, pelvis])
        for k in range(count):
            own = state[k]
            if valid[i, k]:
                _see(q[i, k], stood[k], facing[k] - x[k, 0], own, lean[k])
                quiet = quiet and own.lean < _LEAN and _speed(gyr[i, k]) < _QUIET
                own.gone = 0.0
            else:
                own.gone += 1.0
            _take_bias(drift[i, k], own)
        for k in range(count):
            spread, unseen = state[k].spread, lost[i, k]
            if k != pelvis:
                spread += state[pelvis].spread
                unseen += lost[i, pelvis]
                x[k, 0] += too_far[i, k] - too_far[i, pelvis]
            _predict(x[k], p[k], state[k], spread, unseen, settings)
        _watch_feet(valid[i], lean, pelvis, state)
        for k in range(count):
            if k != pelvis and valid[i, k] and valid[i, pelvis]:
                _stand(quiet, settings, x[k], p[k], state[k], state[pelvis])
            away = (
                state[k].turned if k == pelvis else 0.5 * (state[k].turned + state[pelvis].turned)
            )
            turn[i, k] = x[k, 0]
            variance[i, k] = p[k, 0, 0] + (settings[4] * away) ** 2
            tilt[i, k] = tilted[i, k]


@kernel
def _see(q: Array, stood: Array, facing: float, own: Any, lean: Array) -> None:
    """Turn since the standing, and the lean ``(2,)`` in the pelvis's earth, radians."""
    w = q[0] * stood[0] + q[1] * stood[1] + q[2] * stood[2] + q[3] * stood[3]
    x = -q[0] * stood[1] + q[1] * stood[0] - q[2] * stood[3] + q[3] * stood[2]
    y = -q[0] * stood[2] + q[1] * stood[3] + q[2] * stood[0] - q[3] * stood[1]
    z = -q[0] * stood[3] - q[1] * stood[2] + q[2] * stood[1] + q[3] * stood[0]
    upright, level = math.sqrt(w * w + z * z), math.sqrt(x * x + y * y)
    own.lean = 2.0 * math.atan2(level, upright)
    turned = 2.0 * math.atan2(z, w)
    own.turned += _wrapped(turned - own.turned)
    # The swing after the twist has its axis in the earth: conj(twist) goes first.
    if level > 0.0 and upright > 0.0:
        a, b = (w * x + z * y) / upright, (w * y - z * x) / upright
        if not math.isnan(facing):
            c, s = math.cos(facing), math.sin(facing)
            a, b = c * a - s * b, s * a + c * b
        lean[0], lean[1] = own.lean * a / level, own.lean * b / level
    else:
        lean[0] = lean[1] = 0.0


@kernel
def _take_bias(drift: float, own: Any) -> None:
    """Remember how far the gyroscope's bias may be wrong, by what the upright sensor says."""
    if math.isfinite(drift) and (own.lean < _UPRIGHT or own.spread == 0.0):
        own.spread = drift * drift


@kernel
def _watch_feet(valid: BoolArray, lean: Array, pelvis: int, state: Rows) -> None:
    """Note which legs did what planted feet do not: one bent alone, or both sat down."""
    most, least = -1, -1
    for k in range(len(valid)):
        if max(state[k].gone, state[pelvis].gone) > _GONE_ROWS:
            state[k].moved = 1.0
        if k != pelvis and valid[k]:
            most = k if most < 0 or state[k].lean > state[most].lean else most
            least = k if least < 0 or state[k].lean <= state[least].lean else least
    if most < 0:
        return
    own, other = state[most], state[least]
    # Knees go out over turned toes, so legs that bend together need not bend the same way.
    same_way = lean[most, 0] * lean[least, 0] + lean[most, 1] * lean[least, 1] >= 0.0
    apart = own.lean - other.lean if same_way else own.lean + other.lean
    own.alone = own.alone + 1.0 if apart > _ALONE else 0.0
    other.alone = other.alone if most == least else 0.0
    if own.alone > _ALONE_ROWS:
        own.moved = 1.0
    sat = other.lean > _SAT
    for k in range(len(valid)):
        state[k].sitting = state[k].sitting + 1.0 if sat else 0.0
        if state[k].sitting > _SAT_ROWS:
            state[k].moved = 1.0


@kernel
def _stand(quiet: bool, settings: Array, x: Array, p: Array, own: Any, pelvis: Any) -> None:
    """Count the rows of quiet standing, and learn from it: once, and again if it lasts."""
    own.still = own.still + 1.0 if quiet else 0.0
    if own.still < _STILL_ROWS or (own.still - _STILL_ROWS) % _LASTING_ROWS != 0.0:
        return
    apart = own.turned - pelvis.turned
    if abs(pelvis.turned - own.faced) > _FACED:
        own.moved = 1.0
    away = _wrapped(apart - x[0] - x[2])
    expected = p[0, 0] + 2.0 * p[0, 2] + p[2, 2] + settings[1] ** 2 + settings[2] ** 2
    if own.moved > 0.0 or own.stood == 0.0 or away * away > _FAR**2 * expected:
        _forget_stance(x, p, settings[0])
    else:
        p[2, 2] += settings[2] ** 2
    _learn(x, p, apart, settings[1] ** 2)
    own.moved, own.stood, own.faced = 0.0, 1.0, pelvis.turned


@kernel
def _forget_stance(x: Array, p: Array, sd: float) -> None:
    """The stance is another one: unknown but for its size."""
    x[2] = 0.0
    for a in range(3):
        p[a, 2] = p[2, a] = 0.0
    p[2, 2] = sd * sd


@kernel
def _predict(x: Array, p: Array, own: Any, spread: float, unseen: float, settings: Array) -> None:
    """One grid step: h grows by b; b has the spread that its gyroscopes are known to."""
    dt = 1.0 / GRID_HZ
    if own.before == 0.0:
        p[1, 1] = spread
    elif 0.0 < spread < own.before:  # a rest has shown the bias: what is left of it is less
        learned = 1.0 / spread - 1.0 / own.before
        ratio = 1.0 / math.sqrt(1.0 + learned * p[1, 1])
        x[1] *= ratio
        for a in range(3):
            p[a, 1] *= ratio
            p[1, a] *= ratio
    else:
        p[1, 1] += spread - own.before
    own.before = spread
    x[0] += x[1] * dt
    p[0, 0] += 2.0 * dt * p[0, 1] + dt * dt * p[1, 1] + settings[3] ** 2 * dt + unseen
    p[0, 1] += dt * p[1, 1]
    p[0, 2] += dt * p[1, 2]
    p[1, 0], p[2, 0], p[2, 1] = p[0, 1], p[0, 2], p[1, 2]


@kernel
def _learn(x: Array, p: Array, apart: float, noise: float) -> None:
    """One Kalman update with a standing: ``apart = h + p``."""
    gain = np.empty(3)
    for a in range(3):
        gain[a] = p[a, 0] + p[a, 2]
    spread = gain[0] + gain[2] + noise
    innovation = _wrapped(apart - x[0] - x[2])
    for a in range(3):
        x[a] += gain[a] / spread * innovation
    for a in range(3):
        for b in range(3):
            p[a, b] -= gain[a] * gain[b] / spread


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
_MEAN = math.radians(0.3)
"""How well a declared standing's mean tells how the person stood in it."""
_LEAN, _UPRIGHT = math.radians(6.0), math.radians(25.0)
_QUIET = math.radians(5.0)  # rad/s
_STILL_ROWS, _LASTING_ROWS = 40.0, 2000.0
_FAR = 3.5
_FACED = math.radians(10.0)
"""A pelvis that faces elsewhere by more than this stands on feet that have moved."""
_ALONE, _ALONE_ROWS = math.radians(15.0), 10.0
_SAT, _SAT_ROWS = math.radians(55.0), 400.0
_GONE_ROWS = 200.0

_STATE = np.dtype(
    [
        ("spread", "f8"),  # variance of what is left of the bias about the vertical, upright
        ("before", "f8"),  # the same of the pair, in the last row
        ("turned", "f8"),  # about the vertical since the standing, whole turns counted
        ("lean", "f8"),  # from the standing's inclination
        ("gone", "f8"),  # rows without a sample
        ("still", "f8"),  # rows of quiet standing
        ("alone", "f8"),  # rows in which this leg alone was bent
        ("sitting", "f8"),  # rows on a chair
        ("moved", "f8"),  # the foot may have moved since the last quiet standing
        ("stood", "f8"),  # there was a quiet standing before
        ("faced", "f8"),  # where the pelvis faced in it
    ]
)
