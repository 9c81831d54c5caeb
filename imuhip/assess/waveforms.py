"""Angles over the phase of a movement: mean, spread, and where the sides part.

Phase is 0 to 100 % of the inclination reached, not of time: a pause at the bottom must not shift
what is compared. The band for the side difference is a bootstrap over repetitions, simultaneous
over the phase by the maximum of the studentised deviation, so that it holds the whole true
difference in 95 % of sets (KINEMATICS 4.3). Its draws come from a fixed seed: the same repetitions
give the same bits.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from imuhip.assess.windows import path_at
from imuhip.core.certainty import Z95, student95
from imuhip.core.records import Array, BoolArray

PHASES: Final = np.linspace(0.0, 1.0, 101)
"""Share of the inclination at the turn."""

MIN_REPETITIONS: Final = 6
"""A side; fewer cannot tell how repetitions spread."""

DRAWS: Final = 2000
SEED: Final = 20020401
"""Any fixed number does; another one moves the band by about a fiftieth of its width."""


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Mean and standard deviation over repetitions, ``(P,)`` each, in the unit of the curves."""

    mean: Array
    sd: Array
    repetitions: int


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Right minus left over the phase.

    Parameters
    ----------
    mean, low, high
        ``(P,)`` difference and its simultaneous 95 % band; NaN where a repetition is not known.
    beyond
        ``(P,)`` zero lies outside the band.
    """

    mean: Array
    low: Array
    high: Array
    beyond: BoolArray


def over_phase(inclination: Array, angle: Array, turn: int) -> tuple[Array, Array]:
    """Return `angle` at `PHASES` on the way down and on the way up, ``(P,)`` each.

    Parameters
    ----------
    inclination
        ``(N,)`` of one thigh over one repetition, from start to end.
    angle
        ``(N,)`` at the same rows.
    turn
        Row of the deepest point.

    A phase that a way does not reach, such as the lowest one where the start was already bent, is
    NaN.
    """
    deepest = inclination[turn]
    down = path_at(inclination[: turn + 1], angle[: turn + 1], deepest * PHASES)
    up = path_at(inclination[turn:][::-1], angle[turn:][::-1], deepest * PHASES)
    return down, up


def waveform(curves: Array) -> Waveform:
    """Mean and spread of ``(n, P)`` curves; NaN where fewer than two are known."""
    known = np.isfinite(curves)
    count = known.sum(axis=0)
    filled = np.where(known, curves, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 1, filled.sum(axis=0) / count, np.nan)
        squares = np.where(known, np.square(curves - mean), 0.0).sum(axis=0)
        sd = np.sqrt(np.where(count > 1, squares / (count - 1), np.nan))
    return Waveform(mean, sd, len(curves))


def side_band(
    left: Array, right: Array, *, paired: bool, error_sd: Array | None = None
) -> Band | None:
    """Band of right minus left; None with fewer than `MIN_REPETITIONS` curves a side.

    Parameters
    ----------
    left, right
        ``(n, P)`` curves, one a repetition.
    paired
        Row i of both is the same repetition (a squat); what the sides share then cancels.
    error_sd
        ``(P,)`` error of the difference that all repetitions share, such as the calibration's; it
        widens the band. A band without it tells the sensors apart as well as the sides.
    """
    enough_left, enough_right = _enough(left), _enough(right)
    if paired:
        enough_left = enough_right = enough_left & enough_right
    left, right = left[enough_left], right[enough_right]
    if min(len(left), len(right)) < MIN_REPETITIONS:
        return None
    common = np.isfinite(left).all(axis=0) & np.isfinite(right).all(axis=0)
    left, right = left[:, common], right[:, common]
    rng = np.random.Generator(np.random.PCG64(SEED))
    mean = right.mean(axis=0) - left.mean(axis=0)
    if paired:
        drawn, freedom = _resampled_means(rng, right - left), len(left) - 1
    else:
        drawn = _resampled_means(rng, right) - _resampled_means(rng, left)
        freedom = len(left) + len(right) - 2
    # Few repetitions hardly know their own spread: as much wider as Student's t is.
    reach = _simultaneous(drawn - mean) * student95(freedom) / Z95
    if error_sd is not None:
        reach = np.sqrt(np.square(reach) + np.square(Z95 * error_sd[common]))
    band = np.full((3, common.size), np.nan)
    band[:, common] = mean, mean - reach, mean + reach
    return Band(band[0], band[1], band[2], (band[1] > 0.0) | (band[2] < 0.0))


def _enough(curves: Array) -> BoolArray:
    """Which curves are known over nearly all of the phase."""
    known: Array = np.isfinite(curves).mean(axis=1, keepdims=True)
    return np.asarray(known[:, 0] >= _NEARLY_ALL)


def _simultaneous(deviation: Array) -> Array:
    """Half-width ``(P,)`` that holds 95 % of the draws ``(DRAWS, P)`` at all phases at once."""
    spread = deviation.std(axis=0)
    apart = np.abs(deviation) / np.where(spread > 0.0, spread, 1.0)
    reach: Array = np.quantile(apart.max(axis=1), 0.95) * spread
    return reach


def _resampled_means(rng: np.random.Generator, curves: Array) -> Array:
    """Means ``(DRAWS, P)`` of repetitions drawn with replacement.

    The bootstrap's spread of a mean of n is too small by ``sqrt((n - 1) / n)``; the deviations are
    stretched by that much.
    """
    n = len(curves)
    picks = rng.integers(0, n, size=(DRAWS, n))
    cells = picks + n * np.arange(DRAWS)[:, None]
    weights = np.bincount(cells.ravel(), minlength=n * DRAWS).reshape(DRAWS, n) / n
    mean = curves.mean(axis=0)
    drawn: Array = mean + math.sqrt(n / (n - 1)) * (weights @ (curves - mean))
    return drawn


_NEARLY_ALL: Final = 0.9
"""A repetition starts a little bent: its first phases are not known."""
