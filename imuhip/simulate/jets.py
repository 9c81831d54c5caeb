"""Smooth curves over time with their first two derivatives, all of them analytic.

A `Jet` is a curve sampled at given times together with its rate and its second derivative; sums,
products and functions of jets follow the rules of calculus, so no derivative here is ever a finite
difference. The elementary curves are C⁴: a rise of degree 9 (Hermite, four vanishing derivatives at
both ends) and sines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from imuhip.core.records import Array


@dataclass(frozen=True, slots=True, eq=False)
class Jet:
    """A curve at N times.

    Parameters
    ----------
    x, v, a
        ``(N,)`` value, first and second derivative by time.
    """

    x: Array
    v: Array
    a: Array

    def __add__(self, other: "Jet") -> "Jet":
        return Jet(self.x + other.x, self.v + other.v, self.a + other.a)

    def __sub__(self, other: "Jet") -> "Jet":
        return Jet(self.x - other.x, self.v - other.v, self.a - other.a)

    def __mul__(self, other: "Jet") -> "Jet":
        return Jet(
            self.x * other.x,
            self.v * other.x + self.x * other.v,
            self.a * other.x + 2.0 * self.v * other.v + self.x * other.a,
        )

    def scaled(self, factor: float) -> "Jet":
        """Return the curve times a constant."""
        return Jet(self.x * factor, self.v * factor, self.a * factor)

    def shifted(self, offset: float) -> "Jet":
        """Return the curve plus a constant."""
        return Jet(self.x + offset, self.v, self.a)

    def sin(self) -> "Jet":
        """Return the sine of the curve, radians in."""
        s, c = np.sin(self.x), np.cos(self.x)
        return Jet(s, c * self.v, c * self.a - s * self.v * self.v)

    def cos(self) -> "Jet":
        """Return the cosine of the curve, radians in."""
        s, c = np.sin(self.x), np.cos(self.x)
        return Jet(c, -s * self.v, -s * self.a - c * self.v * self.v)

    def polynomial(self, coefficients: Sequence[float]) -> "Jet":
        """Return ``c₀ u + c₁ u² + …`` of the curve u; there is no constant term."""
        f = np.zeros_like(self.x)
        df = np.zeros_like(self.x)
        ddf = np.zeros_like(self.x)
        for c in (*reversed(coefficients), 0.0):
            ddf = ddf * self.x + 2.0 * df
            df = df * self.x + f
            f = f * self.x + c
        return Jet(f, df * self.v, ddf * self.v * self.v + df * self.a)


def zeros(n: int) -> Jet:
    """Return the curve that is zero at `n` times."""
    return Jet(np.zeros(n), np.zeros(n), np.zeros(n))


def rise(t: Array, start: float, duration: float) -> Jet:
    """Return the C⁴ step from 0 to 1 that begins at `start` and takes `duration` seconds."""
    x = np.clip((t - start) / duration, 0.0, 1.0)
    y = 1.0 - x
    xy = x * y
    value = x**5 * (126.0 + x * (-420.0 + x * (540.0 + x * (-315.0 + 70.0 * x))))
    return Jet(value, 630.0 / duration * xy**4, 2520.0 / duration**2 * xy**3 * (y - x))


PEAK_OF_RISE: Final = 630.0 / 256.0
"""Greatest rate of a `rise`, times its duration."""


def bump(t: Array, start: float, up: float, hold: float, down: float) -> Jet:
    """Return the C⁴ curve that rises to 1 in `up`, stays for `hold` and falls in `down` seconds."""
    return rise(t, start, up) - rise(t, start + up + hold, down)


@dataclass(frozen=True, slots=True)
class Sines:
    """A sum of sines: slow sway, tremor.

    Parameters
    ----------
    amplitude, omega, phase
        One entry a sine; omega in rad/s.
    """

    amplitude: tuple[float, ...]
    omega: tuple[float, ...]
    phase: tuple[float, ...]

    def __add__(self, other: "Sines") -> "Sines":
        return Sines(
            self.amplitude + other.amplitude, self.omega + other.omega, self.phase + other.phase
        )

    def scaled(self, factor: float) -> "Sines":
        """Return the sum times a constant."""
        return Sines(tuple(factor * a for a in self.amplitude), self.omega, self.phase)

    def at(self, t: Array) -> Jet:
        """Return the sum at times `t`."""
        x, v, a = np.zeros_like(t), np.zeros_like(t), np.zeros_like(t)
        for amplitude, omega, phase in zip(self.amplitude, self.omega, self.phase, strict=True):
            angle = omega * t + phase
            s = amplitude * np.sin(angle)
            x += s
            v += amplitude * omega * np.cos(angle)
            a -= omega * omega * s
        return Jet(x, v, a)


def draw_sines(
    rng: np.random.Generator, rms: float, low_hz: float, high_hz: float, count: int
) -> Sines:
    """Draw sines of a given total `rms`, log-uniform between two frequencies, amplitude ∝ 1/√f."""
    hz = np.exp(rng.uniform(np.log(low_hz), np.log(high_hz), count))
    weight = 1.0 / np.sqrt(hz)
    amplitude = rms * np.sqrt(2.0) * weight / np.sqrt(np.sum(weight * weight))
    phase = rng.uniform(0.0, 2.0 * np.pi, count)
    return Sines(
        tuple(amplitude.tolist()), tuple((2.0 * np.pi * hz).tolist()), tuple(phase.tolist())
    )
