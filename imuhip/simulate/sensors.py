"""What a real sensor makes of the ideal reading: grades of error, as data.

``reading = S M (ideal) + bias + walk + K f/g + noise``: scale S, misalignment M, g-sensitivity K
(gyroscope only). Quantisation and saturation are those of the profile that encodes the reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from imuhip.core.conventions import STANDARD_GRAVITY
from imuhip.core.records import Array


@dataclass(frozen=True, slots=True)
class TriadErrors:
    """Errors of three axes; every figure is one standard deviation of what is drawn.

    Parameters
    ----------
    noise_density
        White noise, unit/√Hz.
    bias
        Turn-on bias an axis, unit.
    walk
        Random walk of the bias, unit/√s.
    scale
        Scale factor error, as a share.
    misalignment_deg
        Skew of each axis towards the others.
    g_sensitivity
        Unit per g; gyroscope only.
    """

    noise_density: float = 0.0
    bias: float = 0.0
    walk: float = 0.0
    scale: float = 0.0
    misalignment_deg: float = 0.0
    g_sensitivity: float = 0.0


@dataclass(frozen=True, slots=True)
class Grade:
    """How good a sensor is: accelerometer in mg, gyroscope in °/s, crystal in ppm.

    Parameters
    ----------
    acc, gyr
        Their errors.
    crystal_ppm
        One standard deviation of the device clock's rate.
    """

    acc: TriadErrors
    gyr: TriadErrors
    crystal_ppm: float


@dataclass(frozen=True, slots=True, eq=False)
class SensorErrors:
    """The errors of one sensor, drawn.

    Parameters
    ----------
    grade
        What they were drawn from; noise and walk are still to come.
    acc_matrix, gyr_matrix
        ``(3, 3)`` scale and misalignment.
    acc_bias, gyr_bias
        ``(3,)`` in m/s² and rad/s.
    gyr_per_force
        ``(3, 3)`` rad/s per m/s².
    clock_rate
        Device seconds per true second.
    """

    grade: Grade
    acc_matrix: Array
    gyr_matrix: Array
    acc_bias: Array
    gyr_bias: Array
    gyr_per_force: Array
    clock_rate: float

    def read(
        self, rng: np.random.Generator, acc: Array, gyr: Array, rate_hz: float
    ) -> tuple[Array, Array]:
        """Return the readings ``(N, 3)`` of ideal `acc` and `gyr` at `rate_hz`."""
        dragged = _apply(self.gyr_per_force, acc)
        acc = _apply(self.acc_matrix, acc) + self.acc_bias
        gyr = _apply(self.gyr_matrix, gyr) + self.gyr_bias + dragged
        acc = acc + MG * _random(rng, self.grade.acc, len(acc), rate_hz)
        gyr = gyr + DEG * _random(rng, self.grade.gyr, len(gyr), rate_hz)
        return acc, gyr


@dataclass(frozen=True, slots=True, eq=False)
class WarmUp:
    """A gyroscope whose bias follows its temperature, from when it is switched on.

    Parameters
    ----------
    kelvin, tau_s
        How much warmer it becomes, and how fast: ``kelvin (1 - exp(-t / tau_s))``.
    per_kelvin
        ``(3,)`` change of the bias, rad/s/K.
    """

    kelvin: float
    tau_s: float
    per_kelvin: Array

    def drift(self, t: Array) -> Array:
        """Return the change of the bias since the start, ``(N, 3)`` rad/s, at times `t (N,)`."""
        warmer: Array = -self.kelvin * np.expm1(-t / self.tau_s)
        return warmer[:, None] * self.per_kelvin


def draw_errors(rng: np.random.Generator, grade: Grade) -> SensorErrors:
    """Draw one sensor of a grade."""
    return SensorErrors(
        grade=grade,
        acc_matrix=_draw_matrix(rng, grade.acc),
        gyr_matrix=_draw_matrix(rng, grade.gyr),
        acc_bias=MG * grade.acc.bias * rng.standard_normal(3),
        gyr_bias=DEG * grade.gyr.bias * rng.standard_normal(3),
        gyr_per_force=DEG
        / STANDARD_GRAVITY
        * grade.gyr.g_sensitivity
        * rng.standard_normal((3, 3)),
        clock_rate=1.0 + 1e-6 * grade.crystal_ppm * float(rng.standard_normal()),
    )


def _draw_matrix(rng: np.random.Generator, errors: TriadErrors) -> Array:
    skew: Array = float(np.radians(errors.misalignment_deg)) * rng.standard_normal((3, 3))
    np.fill_diagonal(skew, 1.0 + errors.scale * rng.standard_normal(3))
    return skew


def _random(rng: np.random.Generator, errors: TriadErrors, n: int, rate_hz: float) -> Array:
    """White noise plus the walk of the bias, ``(n, 3)`` in the unit of the errors."""
    white, steps = rng.standard_normal((2, n, 3))
    noise: Array = errors.noise_density * np.sqrt(0.5 * rate_hz) * white
    walk: Array = errors.walk / np.sqrt(rate_hz) * np.cumsum(steps, axis=0)
    return noise + walk


def _apply(matrix: Array, v: Array) -> Array:
    """``matrix (3, 3)`` times every row of ``v (N, 3)``, elementwise."""
    x, y, z = v[:, 0], v[:, 1], v[:, 2]
    return np.stack([row[0] * x + row[1] * y + row[2] * z for row in matrix], axis=1)


MG: Final = 1e-3 * STANDARD_GRAVITY
DEG: Final = float(np.pi / 180.0)

GRADES: Final[Mapping[str, Grade]] = {
    "perfect": Grade(acc=TriadErrors(), gyr=TriadErrors(), crystal_ppm=0.0),
    "good": Grade(
        acc=TriadErrors(0.08, 2.0, 0.01, 0.001, 0.1),
        gyr=TriadErrors(0.005, 0.1, 0.0004, 0.001, 0.1, 0.01),
        crystal_ppm=10.0,
    ),
    "typical": Grade(
        acc=TriadErrors(0.15, 5.0, 0.03, 0.003, 0.3),
        gyr=TriadErrors(0.01, 0.4, 0.0008, 0.003, 0.3, 0.02),
        crystal_ppm=20.0,
    ),
    "poor": Grade(
        acc=TriadErrors(0.3, 15.0, 0.1, 0.005, 1.0),
        gyr=TriadErrors(0.03, 1.5, 0.004, 0.01, 1.0, 0.1),
        crystal_ppm=40.0,
    ),
}
"""Good is a calibrated research sensor, typical a decent part calibrated at the factory, poor a
cheap one as it comes. Noise and bias as data sheets of consumer parts give them."""

PER_KELVIN: Final[Mapping[str, float]] = {
    "perfect": 0.0,
    "good": 0.003,
    "typical": 0.01,
    "poor": 0.03,
}
"""Change of a gyroscope's bias with temperature by grade, °/s/K: a standard deviation an axis."""
