"""A robust fit of angles to evidence, some of which may be plain wrong.

Unknown angles x and measurements m = A x + error, each with a standard deviation and a chance of
being broken: a sensor turned in the hand after the tray, a knee lifted outward. Every subset of
measurements that could be the sound ones is a hypothesis; each gets its probability from how well
its measurements agree (Gaussian, flat prior on x), the broken ones counting as uniform over the
circle. The answer is the likeliest hypothesis's, and its covariance holds the others' doubt, but
for those that nineteen cases out of twenty have no need of.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from imuhip.core.quaternions import wrap_angle
from imuhip.core.records import Array


class Measurement(NamedTuple):
    """One piece of evidence: ``row · x = value`` up to a Gaussian error, unless it is broken.

    Parameters
    ----------
    name
        For people.
    row
        ``(n,)`` coefficients of the unknown angles.
    value, sd
        Radians; `value` on any turn of the circle.
    broken
        Chance that it says nothing at all.
    """

    name: str
    row: Array
    value: float
    sd: float
    broken: float


class RobustFit(NamedTuple):
    """The unknown angles ``(n,)``, their covariance ``(n, n)``, and who was believed.

    Parameters
    ----------
    sound
        For each measurement the probability that it is not broken.
    """

    x: Array
    covariance: Array
    sound: Array


def robust_fit(measurements: Sequence[Measurement], unknowns: int) -> RobustFit | None:
    """Return the best estimate, or None where the evidence does not determine the angles."""
    count = len(measurements)
    hypotheses: list[tuple[float, tuple[bool, ...], Array, Array]] = []
    for sound in _subsets(count):
        used = [m for m, good in zip(measurements, sound, strict=True) if good]
        found = _solve(used, unknowns)
        if found is None:
            continue
        x, covariance, log_evidence = found
        chance = log_evidence
        for m, good in zip(measurements, sound, strict=True):
            chance += math.log(1.0 - m.broken) if good else math.log(m.broken / (2.0 * math.pi))
        hypotheses.append((chance, sound, x, covariance))
    if not hypotheses:
        return None
    best = max(hypotheses, key=lambda h: h[0])
    weights = np.array([math.exp(chance - best[0]) for chance, *_ in hypotheses])
    weights /= weights.sum()
    believed = weights @ np.array([sound for _, sound, _, _ in hypotheses], dtype=np.float64)
    total, covered = np.zeros((unknowns, unknowns)), 0.0
    for k in np.argsort(-weights, kind="stable"):
        _, _, x, covariance = hypotheses[k]
        apart = wrap_angle(x - best[2])
        total += weights[k] * (covariance + np.outer(apart, apart))
        covered += weights[k]
        if covered > _COVERED:
            break
    return RobustFit(wrap_angle(best[2]), total / covered, believed)


def _subsets(count: int) -> Iterator[tuple[bool, ...]]:
    """Which measurements may be the sound ones: all of them, or all but a few."""
    for number in range(min(count, _MOST_BROKEN) + 1):
        for broken in itertools.combinations(range(count), number):
            yield tuple(k not in broken for k in range(count))


def _solve(used: Sequence[Measurement], unknowns: int) -> tuple[Array, Array, float] | None:
    """Least squares on the circle: x, covariance and log evidence; None where x is not fixed."""
    if not used or len(used) < unknowns:
        return None
    rows = np.stack([m.row for m in used])
    weights = np.array([1.0 / m.sd**2 for m in used])
    information = rows.T @ (rows * weights[:, None])
    sign, log_det = np.linalg.slogdet(information)
    if sign <= 0.0 or np.linalg.cond(information) > _WORST_CONDITION:
        return None
    covariance = np.linalg.inv(information)
    values = np.array([m.value for m in used])
    x = _start(rows, values, unknowns)
    for _ in range(_ROUNDS):
        left = wrap_angle(values - rows @ x)
        x = x + covariance @ (rows.T @ (weights * left))
    left = wrap_angle(values - rows @ x)
    log_evidence = -0.5 * float(weights @ left**2) + 0.5 * float(np.log(weights).sum())
    log_evidence -= 0.5 * log_det + 0.5 * (len(used) - unknowns) * math.log(2.0 * math.pi)
    return x, covariance, log_evidence


def _start(rows: Array, values: Array, unknowns: int) -> Array:
    """An x near the answer, on the right turn of the circle: unknowns solved one by one."""
    x = np.full(unknowns, np.nan)
    for _ in range(unknowns):
        for row, value in zip(rows, values, strict=True):
            open_ = np.flatnonzero((row != 0.0) & np.isnan(x))
            if len(open_) == 1:
                known = float(np.nansum(row * np.where(np.isnan(x), 0.0, x)))
                x[open_[0]] = (value - known) / row[open_[0]]
    return np.where(np.isnan(x), 0.0, x)


_MOST_BROKEN = 4
"""More broken pieces at once are not thought of; with many sensors they would be past counting."""
_COVERED = 0.97
_ROUNDS = 5
_WORST_CONDITION = 1e9
