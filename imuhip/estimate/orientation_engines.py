"""The engines of `orientation`: VQF, and the recursive filters of `ahrs`, each behind one shape.

An engine is fed blocks without gaps and keeps its state between them. `FILTERS` at the foot names
them all.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from imuhip.core.conventions import GRAVITY
from imuhip.core.quaternions import (
    conjugate,
    multiply,
    quaternion_from_heading,
    quaternion_from_matrix,
    rotate,
)
from imuhip.core.records import Array, BoolArray


class Estimate(NamedTuple):
    """What an engine says: ``q_es (N, 4)``, and the bias it found, ``(N, 3)`` in rad/s.

    `disturbed` ``(N,)``: the magnetometer was left out, for its field was not the earth's.
    """

    q: Array
    bias: Array
    disturbed: BoolArray


class Engine(Protocol):
    """One filter, fed blocks without gaps; keeps its state between them."""

    def push(self, acc: Array, gyr: Array, mag: Array | None, dt: Array) -> Estimate:
        """Return the orientation after each sample."""

    def restart(self, up: Array) -> None:
        """Forget the orientation but for the vertical ``up (3,)``; keep the gyroscope's bias."""


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
        disturbed = out.get("magDistDetected", np.zeros(len(acc), dtype=np.bool_))
        return Estimate(out[self._key], out["bias"], disturbed)

    def restart(self, up: Array) -> None:
        bias, sigma = self._vqf.getBiasEstimate()
        self._vqf.resetState()
        if self._key == "quat6D":
            # Its memory of gravity is a slow filter; lying still for a while sets it to `up`.
            n = round(_SETTLE_S / self._period)
            still = np.ascontiguousarray(np.broadcast_to(bias, (n, 3)))
            self._vqf.updateBatch(still, np.ascontiguousarray(np.tile(up * GRAVITY, (n, 1))))
        self._vqf.setBiasEstimate(bias, sigma)


def offline_vqf(
    acc: Array, gyr: Array, mag: Array | None, dt: Array, period: float, axes: int
) -> Estimate:
    """Estimate a stretch without gaps by VQF's offline variant: the same filter run both ways."""
    from vqf import offlineVQF

    scaled = np.ascontiguousarray(gyr * (dt / period)[:, None])
    mag = None if mag is None else np.ascontiguousarray(mag)
    acc = np.ascontiguousarray(acc)
    out = offlineVQF(scaled, acc, mag, period, _VQF_SETTINGS)
    disturbed = out.get("magDistDetected", np.zeros(len(acc), dtype=np.bool_))
    return Estimate(out["quat9D" if axes == 9 else "quat6D"], out["bias"], disturbed)


_SETTLE_S = 0.2
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
        self._up: Array | None = None
        self._q = np.empty(4)

    def push(self, acc: Array, gyr: Array, mag: Array | None, dt: Array) -> Estimate:
        q = np.empty((len(acc), 4))
        for i in range(len(acc)):
            m = None if mag is None else mag[i]
            if self._step is None:
                self._q = _first_orientation(acc[i] if self._up is None else self._up, m)
                self._step = self._make_step(_field(self._q, m))
            else:
                # An exactly silent gyroscope makes some of them skip the tilt correction.
                rate = gyr[i] if gyr[i].any() else _ALMOST_STILL
                self._q = np.asarray(self._step(self._q, rate, acc[i], m, float(dt[i])))
            q[i] = self._q
        return Estimate(q, np.zeros((len(acc), 3)), np.zeros(len(acc), dtype=np.bool_))

    def restart(self, up: Array) -> None:
        self._step, self._up = None, up


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
    """Axes a filter works with, how to make it for a period and a number of axes, and its error.

    `error_sd` is what it is worse by than VQF, one standard deviation: an inclination of a sensor,
    and a heading after a minute, radians. Half of the 95th percentile on a person who walks, jogs
    and sits (`tests/benchmarks/bench_fullbody.py`), less VQF's in squares, for one of two sensors.
    """

    axes: tuple[int, ...]
    make: Callable[[float, int], Engine]
    error_sd: float = 0.0


def _ahrs_entry(
    axes: tuple[int, ...], make_step: Callable[[Array | None], Step], error_deg: float
) -> _Entry:
    return _Entry(axes, lambda _period, _axes: _Ahrs(make_step), math.radians(error_deg))


_UNMEASURED_DEG = 60.0
"""Of a filter that was not measured, or went astray: no rotation is stated with it."""


FILTERS: dict[str, _Entry] = {
    "vqf": _Entry((6, 9), _Vqf),
    "madgwick": _ahrs_entry((6, 9), _recursive("Madgwick", "x"), 1.1),
    "mahony": _ahrs_entry((6, 9), _recursive("Mahony", "y"), _UNMEASURED_DEG),
    "ekf": _ahrs_entry((6, 9), _ekf, 3.3),
    "aqua": _ahrs_entry((6,), _aqua, 4.2),
    "angular_rate": _ahrs_entry((6,), _angular_rate, 3.0),
    "roleq": _ahrs_entry((9,), _roleq, _UNMEASURED_DEG),
    "fourati": _ahrs_entry((9,), _fourati, _UNMEASURED_DEG),
}
"""By name. Not here: the single-frame estimators of `ahrs` (TRIAD, QUEST, FLAE …), which use no
gyroscope; its `Complementary`, which keeps no heading in six axes; and its `UKF`, whose covariance
loses its positive definiteness within a minute of real movement (0.4.0)."""
