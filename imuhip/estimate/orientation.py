"""Samples → one sensor's orientation ``q_es`` and its rate without bias; a `Filter` a sensor.

The default filter is VQF (Laidig and Seel 2023, doi:10.1016/j.inffus.2022.10.014) in six axes; the
recursive filters of `ahrs` can be chosen by name. Heading is free in six axes: every sensor's ``e``
has its own zero. In nine axes ``e`` is east, north, up.

Three things no filter knows are done here, once, for all of them:

* The interval. VQF has a fixed step, sensors do not: the angular rate is scaled by the true
  interval over the fixed one, so every integral is right and only time constants feel it.
* A few samples missing (up to `Params.bridge_s`) are filled in linearly, for the filter alone.
* After a longer gap the filter starts anew, inclination from gravity, bias as it was. The heading
  goes on as if the sensor had not turned, unless the device sent its own orientation: then it turns
  by what that says. Whoever reads the heading must know of the gap; it is a fault in the results.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from imuhip.quaternions import (
    conjugate,
    heading_from_quaternion,
    multiply,
    quaternion_from_heading,
    quaternion_from_matrix,
    rotate,
)
from imuhip.records import Array, BoolArray, Fault, IntArray, OrientationBlock, SampleBlock


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


class Estimate(NamedTuple):
    """What an engine says: ``q_es (N, 4)``, and the bias it found, ``(N, 3)`` in rad/s."""

    q: Array
    bias: Array


class Engine(Protocol):
    """One filter, fed blocks without gaps; keeps its state between them."""

    def push(self, acc: Array, gyr: Array, mag: Array | None, dt: Array) -> Estimate:
        """Return the orientation after each sample."""

    def restart(self) -> None:
        """Forget the orientation, keep the gyroscope's bias."""


class _Sample(NamedTuple):
    """The last sample seen, and the orientation after it."""

    acc: Array
    gyr: Array
    mag: Array | None
    quat: Array | None
    q: Array


class Filter:
    """Orientation of one sensor: `push` its samples in order, in any blocks."""

    def __init__(self, sensor: str, rate_hz: float, params: Params | None = None) -> None:
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
        self._engine = entry.make(self._period, params.axes)
        self._heading: Array | None = None
        self._last: _Sample | None = None

    def push(
        self, block: SampleBlock, still: BoolArray
    ) -> tuple[OrientationBlock, tuple[Fault, ...]]:
        """Return the orientation at each sample of `block`, and the gaps before them.

        Parameters
        ----------
        block
            Samples, their gyroscope without its bias as far as it is known.
        still
            ``(N,)`` the sensor rests; handed on.
        """
        if self._axes == 9 and block.mag is None:
            raise ValueError(f"nine axes need a magnetometer; {self._sensor} has none")
        n = len(block.t)
        q, bias = np.empty((n, 4)), np.empty((n, 3))
        fresh = (block.dt > self._bridge_s) | block.restart
        edges = [0, *(int(start) for start in np.flatnonzero(fresh) if start > 0), n]
        for first, stop in itertools.pairwise(edges):
            if first < stop:
                piece = self._run(block, slice(first, stop), fresh=bool(fresh[first]))
                q[first:stop], bias[first:stop] = piece
        out = OrientationBlock(
            self._sensor, block.t, block.host_t, q, block.acc, block.gyr - bias, still
        )
        return out, _gaps(block)

    def _run(self, block: SampleBlock, part: slice, *, fresh: bool) -> Estimate:
        """One stretch without a long gap inside; `fresh`, if such a gap lies before it."""
        acc, gyr, dt = block.acc[part], block.gyr[part], block.dt[part]
        mag = block.mag[part] if self._axes == 9 and block.mag is not None else None
        before = self._last
        if fresh and before is not None:
            self._engine.restart()
            dt = np.concatenate(([self._period], dt[1:]))
        missing = np.where(dt > self._bridge_s, 0, block.missing[part])
        if before is None or fresh:
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
            estimate = Estimate(*(column[picks] for column in estimate))
        else:
            estimate = self._engine.push(acc, gyr, mag, dt)
        quat = None if block.quat is None else block.quat[part]
        if fresh and before is not None and self._axes == 6:
            self._heading = _heading_across(before, quat, estimate.q[0])
        q = estimate.q if self._heading is None else multiply(self._heading, estimate.q)
        self._last = _Sample(
            acc[-1],
            gyr[-1],
            None if mag is None else mag[-1],
            None if quat is None else quat[-1],
            q[-1],
        )
        return Estimate(q, estimate.bias)


def _gaps(block: SampleBlock) -> tuple[Fault, ...]:
    """One fault for each place where samples are missing."""
    where = np.flatnonzero((block.missing > 0) | block.restart)
    return tuple(
        Fault(
            block.sensor,
            "gap",
            float(block.t[i] - block.dt[i]),
            float(block.t[i]),
            int(block.missing[i]),
        )
        for i in where
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


def _heading_across(before: _Sample, quat: Array | None, q: Array) -> Array:
    """Turn about the vertical that joins a restarted filter's ``q`` to what was before the gap.

    Without the device's own orientation the sensor is taken not to have turned.
    """
    predicted = before.q
    if quat is not None and before.quat is not None:
        predicted = multiply(predicted, multiply(conjugate(before.quat), quat[0]))
    return quaternion_from_heading(heading_from_quaternion(multiply(predicted, conjugate(q))))


class _Vqf:
    """VQF's C++ batch update; six axes, or nine with the magnetometer."""

    def __init__(self, period: float, axes: int) -> None:
        from vqf import VQF

        self._vqf = VQF(period, **_VQF_SETTINGS)
        self._period = period
        self._key = "quat9D" if axes == 9 else "quat6D"

    def push(self, acc: Array, gyr: Array, mag: Array | None, dt: Array) -> Estimate:
        scaled = np.ascontiguousarray(gyr * (dt / self._period)[:, None])
        acc = np.ascontiguousarray(acc)
        mag = None if mag is None else np.ascontiguousarray(mag)
        out = self._vqf.updateBatch(scaled, acc, mag)
        return Estimate(out[self._key], out["bias"])

    def restart(self) -> None:
        bias, sigma = self._vqf.getBiasEstimate()
        self._vqf.resetState()
        self._vqf.setBiasEstimate(bias, sigma)


_VQF_SETTINGS = {
    # The bias is taken off before (gyro_bias weighs each rest); what gravity says of it in motion
    # is welcome, slowly.
    "restBiasEstEnabled": False,
    "biasSigmaInit": 0.05,  # °/s
    "biasForgettingTime": 1000.0,  # s
}

Step = Callable[[Array, Array, Array, Array | None, float], Array]
"""One update of an `ahrs` filter in our convention: ``(q_es, gyr, acc, mag, dt) → q_es``."""


class _Ahrs:
    """A recursive filter of `ahrs`, one sample at a time, with our own first orientation.

    The batch classes of `ahrs` compute in their constructor and cannot go on later, so only their
    single updates are used, with the interval always given.
    """

    def __init__(self, make_step: Callable[[Array | None], Step]) -> None:
        self._make_step = make_step
        self._step: Step | None = None
        self._q = np.empty(4)

    def push(self, acc: Array, gyr: Array, mag: Array | None, dt: Array) -> Estimate:
        q = np.empty((len(acc), 4))
        for i in range(len(acc)):
            m = None if mag is None else mag[i]
            if self._step is None:
                self._q = _first_orientation(acc[i], m)
                self._step = self._make_step(_field(self._q, m))
            else:
                # An exactly silent gyroscope makes some of them skip the tilt correction.
                rate = gyr[i] if gyr[i].any() else _ALMOST_STILL
                self._q = np.asarray(self._step(self._q, rate, acc[i], m, float(dt[i])))
            q[i] = self._q
        return Estimate(q, np.zeros((len(acc), 3)))

    def restart(self) -> None:
        self._step = None


_ALMOST_STILL: Array = np.array((1e-12, 0.0, 0.0))


def _first_orientation(acc: Array, mag: Array | None) -> Array:
    """``q_es`` from gravity, and from the field where there is one (TRIAD); x east, y north."""
    up = acc / np.linalg.norm(acc)
    if mag is None:
        side = np.eye(3)[int(np.argmin(np.abs(up)))]
        north = np.cross(up, side)
    else:
        north = mag - (mag @ up) * up
    north = north / np.linalg.norm(north)
    return quaternion_from_matrix(np.stack((np.cross(north, up), north, up)))


def _field(q: Array, mag: Array | None) -> Array | None:
    """Unit field in ``e``, as the first sample shows it."""
    if mag is None:
        return None
    field = rotate(q, mag)
    return np.asarray(field / np.linalg.norm(field))


def _recursive(name: str, field_is: str) -> Callable[[Array | None], Step]:
    """Filters with ``updateIMU`` and ``updateMARG``; `field_is` says which axis their north is."""

    def make(field: Array | None) -> Step:
        import ahrs.filters

        engine: Any = getattr(ahrs.filters, name)()
        if field is None:
            return lambda q, gyr, acc, _mag, dt: engine.updateIMU(q, gyr, acc, dt=dt)
        if field_is == "y":
            return lambda q, gyr, acc, mag, dt: engine.updateMARG(q, gyr, acc, mag, dt=dt)

        def step(q: Array, gyr: Array, acc: Array, mag: Array | None, dt: float) -> Array:
            q_north = multiply(_NORTH_FROM_EAST, q)
            q_north = np.asarray(engine.updateMARG(q_north, gyr, acc, mag, dt=dt))
            return multiply(conjugate(_NORTH_FROM_EAST), q_north)

        return step

    return make


_NORTH_FROM_EAST: Array = quaternion_from_heading(-0.5 * np.pi)


def _ekf(field: Array | None) -> Step:
    """Extended Kalman filter; the field's direction is taken from the first sample."""
    from ahrs.filters import EKF

    engine: Any = EKF(frame="NED", magnetic_ref=0.0)
    if field is None:
        return lambda q, gyr, acc, _mag, dt: engine.update(q, gyr, acc, dt=dt)
    # With frame "NED" gravity is +z as in our e; the update looks at `mag` only for being there.
    engine.mag, engine.m_ref = field, field
    return lambda q, gyr, acc, mag, dt: engine.update(q, gyr, acc, mag, dt=dt)


def _aqua(_field: Array | None) -> Step:
    """AQUA, whose quaternion is the inverse of ours."""
    from ahrs.filters import AQUA

    engine: Any = AQUA()

    def step(q: Array, gyr: Array, acc: Array, _mag: Array | None, dt: float) -> Array:
        return conjugate(np.asarray(engine.updateIMU(conjugate(q), gyr, acc, dt=dt)))

    return step


def _angular_rate(_field: Array | None) -> Step:
    """Gyroscope alone: what integration without any correction gives."""
    from ahrs.filters import AngularRate

    engine: Any = AngularRate()
    return lambda q, gyr, _acc, _mag, dt: engine.update(q, gyr, dt=dt)


def _roleq(field: Array | None) -> Step:
    """Recursive optimal linear estimator, with gravity and the field of the first sample."""
    from ahrs.filters import ROLEQ

    engine: Any = ROLEQ(frame="ENU", magnetic_ref=field)
    return lambda q, gyr, acc, mag, dt: engine.update(q, gyr, acc, mag, dt=dt)


def _fourati(field: Array | None) -> Step:
    """Fourati's observer, with the field of the first sample."""
    from ahrs import Quaternion
    from ahrs.filters import Fourati

    engine: Any = Fourati(magnetic_dip=0.0)
    engine.m_q = Quaternion(np.concatenate(([0.0], np.zeros(3) if field is None else field)))
    return lambda q, gyr, acc, mag, dt: engine.update(q, gyr, acc, mag, dt=dt)


class _Entry(NamedTuple):
    """Axes a filter works with, and how to make it for a period and a number of axes."""

    axes: tuple[int, ...]
    make: Callable[[float, int], Engine]


def _ahrs_entry(axes: tuple[int, ...], make_step: Callable[[Array | None], Step]) -> _Entry:
    return _Entry(axes, lambda _period, _axes: _Ahrs(make_step))


FILTERS: dict[str, _Entry] = {
    "vqf": _Entry((6, 9), _Vqf),
    "madgwick": _ahrs_entry((6, 9), _recursive("Madgwick", "x")),
    "mahony": _ahrs_entry((6, 9), _recursive("Mahony", "y")),
    "ekf": _ahrs_entry((6, 9), _ekf),
    "aqua": _ahrs_entry((6,), _aqua),
    "angular_rate": _ahrs_entry((6,), _angular_rate),
    "roleq": _ahrs_entry((9,), _roleq),
    "fourati": _ahrs_entry((9,), _fourati),
}
"""By name. Not here: the single-frame estimators of `ahrs` (TRIAD, QUEST, FLAE …), which use no
gyroscope; its `Complementary`, which keeps no heading in six axes; and its `UKF`, whose covariance
loses its positive definiteness within a minute of real movement (0.4.0)."""
