"""Samples → one sensor's orientation ``q_es`` and its rate without bias; a `Filter` a sensor.

The default filter is VQF (Laidig and Seel 2023, doi:10.1016/j.inffus.2022.10.014) in six axes; the
recursive filters of `ahrs` can be chosen by name. Heading is free in six axes: every sensor's ``e``
has its own zero. In nine axes ``e`` is east, north, up; VQF leaves the magnetometer out while its
field is not the earth's, and such a stretch is a fault in the results.

Three things no filter knows are done here, once, for all of them:

* The interval. VQF has a fixed step, sensors do not: the angular rate is scaled by the true
  interval over the fixed one, so every integral is right and only time constants feel it.
* A few samples missing (up to `Params.bridge_s`) are filled in linearly, for the filter alone.
* After a longer gap the filter starts anew with the bias it had. Across less than half a second the
  sensor is taken to have turned on by the mean of the rates at both ends, or by what the device's
  own orientation says, however long; else not to have turned. The inclination that gives is weighed
  against the force that is felt after the gap, and the heading goes on from it. What it may have
  turned besides is told as a variance (`unseen`), beside the bias that is left about the vertical
  (`drift`), and the gap is a fault in the results.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

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
)
from imuhip.core.records import Array, BoolArray, Fault, IntArray, OrientationBlock, SampleBlock
from imuhip.estimate.orientation_engines import FILTERS, Engine, Estimate, OfflineVqf


@dataclass(frozen=True, slots=True)
class Params:
    """Which filter, and how it treats missing samples.

    Parameters
    ----------
    filter
        A name in `FILTERS`.
    axes
        6, or 9 with the magnetometer. Indoors a magnetometer lies, so 6 is the default.
    bridge_s
        Longest gap that is filled in linearly. Longer hides turns, shorter restarts needlessly.
    """

    filter: str = "vqf"
    axes: Literal[6, 9] = 6
    bridge_s: float = 0.1


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
        params: Params | None = None,
        *,
        offline: bool = False,
    ) -> None:
        """Set up the engine.

        With `offline` it is VQF's offline variant, whatever `params` name, and `push` is called
        once, with the whole session.
        """
        params = params or Params()
        if params.filter not in FILTERS:
            names = ", ".join(FILTERS)
            raise ValueError(f"expected a filter out of {names}; came {params.filter!r}")
        entry = FILTERS[params.filter]
        if params.axes not in entry.axes:
            raise ValueError(
                f"filter {params.filter!r} works with {entry.axes} axes; came {params.axes}"
            )
        self._sensor = sensor
        self._axes = params.axes
        self._bridge_s = params.bridge_s
        self._period = 1.0 / rate_hz
        make = OfflineVqf if offline else entry.make
        self._engine: Engine = make(self._period, params.axes)
        self._heading: Array | None = None
        self._last: _Sample | None = None
        self._fastest = np.zeros(1)
        self._unseen = 0.0

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
        speed, unseen, drift = np.empty(n), np.empty(n), np.empty(n)
        _fastest_so_far(np.ascontiguousarray(block.gyr), block.dt, self._fastest, speed)
        fresh = (block.dt > self._bridge_s) | block.restart
        starts = [0, *(int(start) for start in fresh.nonzero()[0] if start > 0)] if n else []
        pieces = []
        for first, stop in itertools.pairwise((*starts, n)):
            if fresh[first] and self._last is not None:
                self._unseen += self._turned_unseen(block, first, float(speed[first]))
            unseen[first:stop] = self._unseen
            pieces.append(self._run(block, slice(first, stop), fresh=bool(fresh[first])))
        q, bias, disturbed = _joined(pieces)
        _about_vertical(q, bias_sd, drift)
        gyr = block.gyr - bias
        out = OrientationBlock(
            self._sensor, block.t, block.host_t, q, block.acc, gyr, still, drift, unseen
        )
        return out, (*_gaps(block), *_disturbances(block, disturbed))

    def _turned_unseen(self, block: SampleBlock, first: int, fastest: float) -> float:
        """Variance of the turn about the vertical in the gap before sample `first`, rad²."""
        before = self._last
        if self._axes == 9:
            return 0.0  # the magnetometer brings the heading back
        if before is None:
            return 0.0
        if block.quat is not None and before.quat is not None:
            return _BRIDGED**2
        gap = _gap_before(before, block, first)
        # No gravity mends a heading, so it is doubted more than a smooth movement would need.
        turn = min(max(fastest, _UNSEEN) * gap * min(gap / _SMOOTH_S, 1.0), math.pi)
        return turn * turn

    def _run(self, block: SampleBlock, part: slice, *, fresh: bool) -> Estimate:
        """One stretch without a long gap inside; `fresh`, if such a gap lies before it."""
        acc, gyr, dt = block.acc[part], block.gyr[part], block.dt[part]
        mag = block.mag[part] if self._axes == 9 and block.mag is not None else None
        before = self._last
        if fresh and before is not None:
            self._engine.restart(_up_after_gap(before, block, part.start))
            dt = np.concatenate(([self._period], dt[1:]))
        missing = block.missing[part]
        if missing.any():
            missing = np.where(dt > self._bridge_s, 0, missing)
            if before is None or fresh:
                missing[0] = 0
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
        if fresh and before is not None and self._axes == 6:
            turned, _ = _turned_across(before, block, part.start)
            self._heading = _heading_across(before, turned, estimate.q[0])
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


@kernel
def _fastest_so_far(gyr: Array, dt: Array, memory: Array, out: Array) -> None:
    """How fast the sensor turned in the second before each sample, itself counted in, rad/s."""
    for i in range(len(gyr)):
        rate = math.sqrt(gyr[i, 0] ** 2 + gyr[i, 1] ** 2 + gyr[i, 2] ** 2)
        memory[0] = max(rate, memory[0] * (1.0 - min(dt[i], _LONGEST_STEP)))
        out[i] = memory[0]


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


def _turned_across(before: _Sample, block: SampleBlock, first: int) -> tuple[Array, float]:
    """Turn ``(4,)`` across the gap before sample `first`, in the sensor, and its error, radians.

    By the device's own orientation, or by the rates at both ends where the gap is shorter than a
    movement; a longer one is not bridged at all.
    """
    if block.quat is not None and before.quat is not None:
        return multiply(conjugate(before.quat), block.quat[first]), _BRIDGED
    gap, after = _gap_before(before, block, first), block.gyr[first]
    rates = np.linalg.norm(np.stack((before.gyr, after)), axis=-1)
    turn = float(rates.max()) * gap
    if gap >= _SMOOTH_S:
        return np.array((1.0, 0.0, 0.0, 0.0)), _BRIDGED + turn
    halfway = 0.5 * (before.gyr + after) * gap
    # For smooth movements the error grows as the gap's cube.
    return quaternion_from_rotvec(halfway), _BRIDGED + 0.5 * turn * (gap / _SMOOTH_S) ** 2


def _up_after_gap(before: _Sample, block: SampleBlock, first: int) -> Array:
    """The vertical ``(3,)`` in the sensor at sample `first`, after a gap, by what both ends say.

    A force is gravity only as far as it has gravity's size and the sensor hardly turns; what was
    known before is worth less the faster the sensor turned and the longer nobody looked.
    """
    turned, known_sd = _turned_across(before, block, first)
    after = block.gyr[first]
    up = rotate(conjugate(multiply(before.q, turned)), np.array((0.0, 0.0, 1.0)))
    size = float(np.linalg.norm(block.acc[first]))
    felt_sd = _FELT + abs(size / GRAVITY - 1.0) + 0.05 * float(np.linalg.norm(after))
    mixed = up / known_sd**2 + block.acc[first] / max(size, 1e-9) / felt_sd**2
    return np.asarray(mixed / np.linalg.norm(mixed))


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
            "the magnetic field was disturbed or not yet known; heading went by the gyroscope",
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


_UNSEEN = math.radians(30.0)  # rad/s
"""What is not seen turns as fast as it did before and after, and no slower than this."""
_BRIDGED = math.radians(3.0)
"""How far a device's own orientation may be wrong across a gap."""
_LONGEST_STEP, _SMOOTH_S = 0.1, 0.5
_FELT = math.radians(2.0)
"""How far the force that a worn sensor feels is from the vertical, at best."""
