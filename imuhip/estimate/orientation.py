"""Samples → one sensor's orientation ``q_es`` and its rate without bias; a `Filter` a sensor.

The default filter is VQF (Laidig and Seel 2023, doi:10.1016/j.inffus.2022.10.014) in six axes; the
recursive filters of `ahrs` can be chosen by name. Heading is free in six axes: every sensor's ``e``
has its own zero. In nine axes ``e`` is east, north, up; VQF leaves the magnetometer out while its
field is not the earth's, and such a stretch is a fault in the results.

Three things no filter knows are done here, once, for all of them:

* The interval. VQF has a fixed step, sensors do not: the angular rate is scaled by the true
  interval over the fixed one, so every integral is right and only time constants feel it.
* A few samples missing are filled in linearly, for the filter alone.
* Across a gap of up to `FilterParams.bridge_s` the filter goes on: the turn is taken from the rates
  at both ends, and less of it the longer the gap, because people turn to and fro. How much of it,
  and how far it is wrong, was measured on gaps cut into real movement
  (``tests/benchmarks/bench_gaps.py``).
  Gravity is filled in as that turn shows it, so that the gap teaches the filter nothing.
* After a longer gap the filter starts anew with the bias it had, at the inclination that the same
  turn and the force felt after the gap give together; the heading goes on. A device's own
  orientation, where there is one, tells the turn of any gap.

What the sensor may have turned in gaps besides is given as variances: of all turns about the
vertical so far (`unseen`), and of the inclination (`tilt`), which gravity mends within seconds.
A filter that is worse than VQF adds to both what it was measured to be worse by. Beside them stands
the bias that is left about the vertical (`drift`); each gap is a fault in the results.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from imuhip.core.conventions import GRAVITY
from imuhip.core.kernels import kernel
from imuhip.core.quaternions import (
    conjugate,
    heading_from_quaternion,
    multiply,
    quaternion_from_heading,
    quaternion_from_rotvec,
    rotate,
    rotvec_from_quaternion,
)
from imuhip.core.records import Array, BoolArray, Fault, IntArray, OrientationBlock, SampleBlock
from imuhip.estimate.gap_turns import (
    SLOW,
    lasting_share,
    rate_about_vertical,
    swing_duration,
    turn_sd,
    watch_turning,
)
from imuhip.estimate.orientation_engines import FILTERS, Engine, Estimate


@dataclass(frozen=True, slots=True)
class FilterParams:
    """Which filter, and how it treats missing samples.

    Parameters
    ----------
    filter
        A name in `FILTERS`.
    axes
        6, or 9 with the magnetometer. Indoors a magnetometer lies, so 6 is the default.
    bridge_s
        Longest gap across which the filter goes on. Longer believes that people keep turning as
        they did, shorter throws away an inclination that was known.
    """

    filter: str = "vqf"
    axes: Literal[6, 9] = 6
    bridge_s: float = 0.6


Speeds = np.ndarray[Any, np.dtype[np.void]]
_SPEED = np.dtype(
    [
        ("about", "f8"),  # fastest about the vertical, and in all, within a second
        ("rate", "f8"),
        ("square", "f8"),  # mean squares of the rate about the vertical, and of its change
        ("change", "f8"),
        ("last", "f8"),  # rate about the vertical
    ]
)


class _Crossing(NamedTuple):
    """What a sensor did in a gap: its turn ``(4,)``, in the sensor, and what that is wrong by.

    `heading_sd` is about the vertical, `tilt_sd` about any horizontal axis, radians.
    """

    gap: float
    turn: Array
    heading_sd: float
    tilt_sd: float


class _Sample(NamedTuple):
    """The last sample seen, and the orientation after it."""

    t: float
    acc: Array
    gyr: Array
    mag: Array | None
    quat: Array | None
    q: Array


class Filter:
    """Orientation of one sensor: `push` its samples in order, in any blocks."""

    def __init__(
        self,
        sensor: str,
        rate_hz: float,
        params: FilterParams | None = None,
        *,
        offline: Engine | None = None,
    ) -> None:
        """Set up the engine.

        Parameters
        ----------
        offline
            An engine in place of the one that `params` name, which knows both ends of a stretch
            without gaps, and nothing of the stretch before.
        """
        params = params or FilterParams()
        if params.filter not in FILTERS:
            names = ", ".join(FILTERS)
            raise ValueError(f"There is no filter {params.filter!r}. Choose one of {names}.")
        entry = FILTERS[params.filter]
        if params.axes not in entry.axes:
            raise ValueError(
                f"Filter {params.filter!r} works with {entry.axes} axes, not with {params.axes}."
            )
        self._sensor = sensor
        self._axes = params.axes
        self._bridge_s = params.bridge_s
        self._period = 1.0 / rate_hz
        self._remembers = offline is None
        self._engine: Engine = entry.make(self._period, params.axes) if offline is None else offline
        self._error = entry.error_sd**2 if offline is None else 0.0
        self._elapsed_s = 0.0
        self._heading: Array | None = None
        self._last: _Sample | None = None
        self._speed = np.zeros(1, dtype=_SPEED)
        self._unseen = self._tilt = 0.0

    def push(
        self, block: SampleBlock, still: BoolArray, bias_sd: Array
    ) -> tuple[OrientationBlock, tuple[Fault, ...]]:
        """Return the orientation at each sample of `block`, and the gaps before them.

        Parameters
        ----------
        block
            Samples, their gyroscope without its bias as far as it is known.
        still
            ``(N,)`` the sensor rests; handed on.
        bias_sd
            ``(N, 3)`` one standard deviation of the bias that is left, rad/s.
        """
        if self._axes == 9 and block.mag is None:
            raise ValueError(f"nine axes need a magnetometer; {self._sensor} has none")
        n = len(block.t)
        unseen, tilt, drift = np.empty(n), np.empty(n), np.empty(n)
        gaps = (block.dt > max(_LINEAR_S, _MISSED * self._period)) | block.restart
        starts = [0, *(int(start) for start in gaps.nonzero()[0] if start > 0)] if n else []
        pieces = []
        for first, stop in itertools.pairwise((*starts, n)):
            part = slice(first, stop)
            pieces.append(self._run(block, part, after_gap=bool(gaps[first])))
            _watch(pieces[-1].q, block.gyr[part], block.dt[part], self._speed)
            unseen[part] = self._unseen
            self._tilt = _mended(self._tilt, block.dt[part], tilt[part])
        if self._error:
            # The inclination is off at any time, and the heading wanders off.
            elapsed = np.add.accumulate(np.concatenate(([self._elapsed_s], block.dt)))
            self._elapsed_s = float(elapsed[-1])
            unseen += self._error * elapsed[1:] / _WANDERED_S
            tilt += self._error
        q, bias, disturbed = _joined(pieces)
        _about_vertical(q, bias_sd, drift)
        gyr = block.gyr - bias
        out = OrientationBlock(
            self._sensor, block.t, block.host_t, q, block.acc, gyr, still, drift, unseen, tilt
        )
        return out, (*_gaps(block), *_disturbances(block, disturbed))

    def _run(self, block: SampleBlock, part: slice, *, after_gap: bool) -> Estimate:
        """One stretch without a gap inside; `after_gap`, if one lies before it."""
        acc, gyr, dt = block.acc[part], block.gyr[part], block.dt[part]
        mag = block.mag[part] if self._axes == 9 and block.mag is not None else None
        before, crossing = self._last, None
        missing = block.missing[part]
        if before is None:
            missing = np.concatenate(([0], missing[1:]))
        elif after_gap:
            crossing = self._cross(before, block, part.start)
            left_s = self._period
            if self._bridges(crossing):
                left_s = self._bridge(before, block, part.start, crossing)
            else:
                self._begin_anew(before, block, part.start, crossing)
            dt = np.concatenate(([left_s], dt[1:]))
            missing = np.concatenate(([0], missing[1:]))
        if missing.any():
            steps = missing + 1
            picks = np.cumsum(steps) - 1
            spread = np.repeat(dt / steps, steps)
            estimate = self._engine.push(
                _filled(acc, before and before.acc, steps),
                _filled(gyr, before and before.gyr, steps),
                None if mag is None else _filled(mag, before and before.mag, steps),
                spread,
            )
            estimate = Estimate(estimate.q[picks], estimate.bias[picks], estimate.disturbed[picks])
        else:
            estimate = self._engine.push(acc, gyr, mag, dt)
        quat = None if block.quat is None else block.quat[part]
        anew = crossing is not None and self._axes == 6 and not self._bridges(crossing)
        if before is not None and crossing is not None and anew:
            self._heading = _heading_across(before, crossing.turn, estimate.q[0])
        q = estimate.q if self._heading is None else multiply(self._heading, estimate.q)
        self._last = _Sample(
            float(block.t[part][-1]),
            acc[-1],
            gyr[-1],
            None if mag is None else mag[-1],
            None if quat is None else quat[-1],
            q[-1],
        )
        return Estimate(q, estimate.bias, estimate.disturbed)

    def _bridges(self, crossing: _Crossing) -> bool:
        """Whether the filter goes on: an inclination that is worth little is better found anew.

        The offline variant knows both ends of each stretch, and nothing of the one before.
        """
        return self._remembers and crossing.gap <= self._bridge_s and crossing.tilt_sd <= _WORTH

    def _cross(self, before: _Sample, block: SampleBlock, first: int) -> _Crossing:
        """The gap before sample `first`; adds what may have been turned in it to the doubts."""
        crossing = _crossing(before, block, first, self._speed[0])
        if self._axes == 6:  # else the magnetometer brings the heading back
            self._unseen += crossing.heading_sd**2
        self._tilt += crossing.tilt_sd**2
        return crossing

    def _begin_anew(
        self, before: _Sample, block: SampleBlock, first: int, crossing: _Crossing
    ) -> None:
        """Set the filter to the inclination that both ends of the gap show."""
        known_sd = max(math.sqrt(self._tilt), _FELT)
        up, sd = _up_after_gap(before, block, first, crossing.turn, known_sd)
        self._tilt = sd**2
        self._engine.restart(up)

    def _bridge(
        self, before: _Sample, block: SampleBlock, first: int, crossing: _Crossing
    ) -> float:
        """Take the filter across the gap; return the interval that is left for sample `first`."""
        count = max(round(crossing.gap / self._period) - 1, 1)
        step_s = crossing.gap / (count + 1)
        own = quaternion_from_rotvec(block.gyr[first] * step_s)
        step = rotvec_from_quaternion(multiply(crossing.turn, conjugate(own))) / count
        turned = quaternion_from_rotvec(step * np.arange(1, count + 1)[:, None])
        up = rotate(conjugate(multiply(before.q, turned)), np.array((0.0, 0.0, 1.0)))
        mag = None
        if self._axes == 9 and before.mag is not None and block.mag is not None:
            share = np.arange(1, count + 1)[:, None] / (count + 1)
            mag = before.mag + share * (block.mag[first] - before.mag)
        gyr = np.tile(step / step_s, (count, 1))
        self._engine.push(up * GRAVITY, gyr, mag, np.full(count, step_s))
        return step_s


@kernel
def _watch(q: Array, gyr: Array, dt: Array, memory: Speeds) -> None:
    """Remember how fast the sensor turned lately, and how abruptly about the vertical."""
    own = memory[0]
    for i in range(len(gyr)):
        watch_turning(rate_about_vertical(q[i], gyr[i]), dt[i], own)
        rate = math.sqrt(gyr[i, 0] ** 2 + gyr[i, 1] ** 2 + gyr[i, 2] ** 2)
        own.rate = max(rate, own.rate * (1.0 - min(dt[i], _LONGEST_STEP)))


@kernel
def _mended(variance: float, dt: Array, out: Array) -> float:
    """Gravity mends an inclination: fill its variance sample by sample, and return the last."""
    for i in range(len(dt)):
        out[i] = variance
        variance *= 1.0 - min(2.0 * dt[i] / _MENDED_S, 1.0)
    return variance


def _joined(pieces: Sequence[Estimate]) -> Estimate:
    """Stretches that follow each other as one."""
    if len(pieces) == 1:
        return pieces[0]
    if not pieces:
        return Estimate(np.empty((0, 4)), np.empty((0, 3)), np.empty(0, dtype=np.bool_))
    q, bias, disturbed = zip(*pieces, strict=True)
    return Estimate(np.concatenate(q), np.concatenate(bias), np.concatenate(disturbed))


@kernel
def _about_vertical(q: Array, sd: Array, out: Array) -> None:
    """Standard deviation ``(N,)`` about the earth's vertical, of one on each axis ``(N, 3)``."""
    for i in range(len(q)):
        w, x, y, z = q[i, 0], q[i, 1], q[i, 2], q[i, 3]
        a = 2.0 * (x * z - w * y) * sd[i, 0]
        b = 2.0 * (y * z + w * x) * sd[i, 1]
        c = (1.0 - 2.0 * (x * x + y * y)) * sd[i, 2]
        out[i] = math.sqrt(a * a + b * b + c * c)


def _gap_before(before: _Sample, block: SampleBlock, first: int) -> float:
    """How long nothing was seen before sample `first`, seconds.

    A new connection's own clock knows nothing of the time before it.
    """
    return max(float(block.dt[first]), float(block.t[first]) - before.t)


def _crossing(before: _Sample, block: SampleBlock, first: int, speed: np.void) -> _Crossing:
    """What the sensor did in the gap before sample `first`, `speed` as `_watch` keeps it.

    By the device's own orientation, or by the rates at both ends.
    """
    gap, after = _gap_before(before, block, first), block.gyr[first]
    if block.quat is not None and before.quat is not None:
        turn = multiply(conjugate(before.quat), block.quat[first])
        return _Crossing(gap, turn, _BRIDGED, _BRIDGED)
    up = rotate(conjugate(before.q), np.array((0.0, 0.0, 1.0)))
    # What turned before and turns after has turned in between; of the rest the less the longer.
    lasting = before.gyr * after > 0.0
    least = np.minimum(np.abs(before.gyr), np.abs(after))
    steady = np.where(lasting, np.sign(after) * least, 0.0)
    rest = 0.5 * (before.gyr + after) - steady
    upright = (rest @ up) * up
    swing_s = swing_duration(float(speed["square"]), float(speed["change"]))
    kept_heading = lasting_share(gap, swing_s)
    kept_tilt = 1.0 / (1.0 + (gap / _TILTING_S) ** 4)
    rate = steady + kept_heading * upright + kept_tilt * (rest - upright)
    turn = quaternion_from_rotvec(rate * gap)
    about = max(float(speed["about"]), abs(float(after @ up)), SLOW)
    fast = max(float(speed["rate"]), float(np.linalg.norm(after)), SLOW)
    tilt = _TILT_SHARE * min((gap + 0.03) / 0.15, 1.0) * fast * gap
    return _Crossing(gap, turn, turn_sd(about, gap, swing_s), min(tilt, math.pi))


def _up_after_gap(
    before: _Sample, block: SampleBlock, first: int, turn: Array, known_sd: float
) -> tuple[Array, float]:
    """The vertical ``(3,)`` in the sensor at sample `first`, by what both ends say, and its error.

    `turn` is what the sensor turned in the gap, `known_sd` what its inclination is known to.

    A force is gravity only as far as it has gravity's size and the sensor hardly turns; what was
    known before is worth less the faster the sensor turned and the longer nobody looked.
    """
    after = block.gyr[first]
    up = rotate(conjugate(multiply(before.q, turn)), np.array((0.0, 0.0, 1.0)))
    size = float(np.linalg.norm(block.acc[first]))
    felt_sd = _FELT + abs(size / GRAVITY - 1.0) + _JOLTED * float(np.linalg.norm(after))
    mixed = up / known_sd**2 + block.acc[first] / max(size, 1e-9) / felt_sd**2
    sd = 1.0 / math.sqrt(1.0 / known_sd**2 + 1.0 / felt_sd**2)
    return np.asarray(mixed / np.linalg.norm(mixed)), sd


def _gaps(block: SampleBlock) -> tuple[Fault, ...]:
    """One fault for each place where samples are missing."""
    gaps = (block.missing > 0) | block.restart
    if not gaps.any():
        return ()
    return tuple(
        Fault(
            block.sensor,
            "gap",
            float(block.t[i] - block.dt[i]),
            float(block.t[i]),
            int(block.missing[i]),
        )
        for i in np.flatnonzero(gaps)
    )


def _disturbances(block: SampleBlock, disturbed: BoolArray) -> tuple[Fault, ...]:
    """One fault for each stretch in which the filter did not believe the magnetometer."""
    if not disturbed.any():
        return ()
    where = np.flatnonzero(disturbed)
    stretches = np.split(where, np.flatnonzero(np.diff(where) > 1) + 1)
    return tuple(
        Fault(
            block.sensor,
            "magnetic",
            float(block.t[part[0]]),
            float(block.t[part[-1]]),
            len(part),
            "the magnetic field was disturbed or not yet known; heading relied on the gyroscope "
            "alone",
        )
        for part in stretches
    )


def _filled(values: Array, before: Array | None, steps: IntArray) -> Array:
    """``(N, 3)`` values with straight lines to those that `steps` says are missing before them."""
    start = np.concatenate((values[:1] if before is None else before[None], values[:-1]))
    fraction = _fractions(steps)[:, None]
    first, last = np.repeat(start, steps, axis=0), np.repeat(values, steps, axis=0)
    return np.where(fraction == 1.0, last, first + fraction * (last - first))


def _fractions(steps: IntArray) -> Array:
    """1/s, 2/s … 1 for each s in `steps`, one after the other."""
    ends = np.cumsum(steps)
    place = np.arange(1, ends[-1] + 1) - np.repeat(ends - steps, steps)
    return place / np.repeat(steps, steps)


def _heading_across(before: _Sample, turned: Array, q: Array) -> Array:
    """Turn about the vertical that joins a restarted filter's ``q`` to what was before the gap."""
    predicted = multiply(before.q, turned)
    return quaternion_from_heading(heading_from_quaternion(multiply(predicted, conjugate(q))))


_LINEAR_S, _MISSED = 0.045, 1.5
"""Gaps of no more than this, seconds and periods, are filled in linearly."""
_TILTING_S = 0.6
"""Where half of what turned otherwise at one end than at the other still happens."""
_TILT_SHARE = 0.2
"""Error of the inclination in a gap, as a share of the fastest turn lately."""
_WANDERED_S = 60.0
"""In how long a filter's heading wanders off by its own error."""

_WORTH = math.radians(3.0)
"""Inclinations that a gap leaves worse than this are found anew."""
_MENDED_S = 3.0
"""How soon gravity mends an inclination in VQF."""
_BRIDGED = math.radians(3.0)
"""How far a device's own orientation may be wrong across a gap."""
_LONGEST_STEP = 0.1
_FELT, _JOLTED = math.radians(4.0), 0.05
"""How far the force that a worn sensor feels is from the vertical, at best and by its rate, s."""
