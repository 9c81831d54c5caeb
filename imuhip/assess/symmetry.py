"""Sides compared, and days: a difference in degrees, its interval, and one of three words.

A ratio explodes near zero and with mixed signs, so there is none here. Within one session the two
sides share the pelvis, whose error enters both with opposite sign; between two days, sensors are
strapped on anew, and more repetitions cannot beat that::

    sides    MDC95 = 1.96 sqrt(sd_left² + sd_right² - 2 cov)
    days     MDC95 = 1.96 sqrt(2 s_b² + s_w² / n_before + s_w² / n_after)

with s_w the spread of repetitions within a set and s_b what a new day adds (KINEMATICS 4.1, 4.2).
None of this says anything about health.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from imuhip.core import certainty
from imuhip.core.certainty import MOST_ERROR_DEG, is_certain_enough

Word: TypeAlias = Literal["no detectable difference", "possible", "real", "cannot tell"]
"""What a difference is called; the last where its error is not known."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A quantity of one side or one day.

    Parameters
    ----------
    value
        In any unit; both sides of a comparison in the same one.
    sd
        One standard deviation of its error; NaN where not known.
    """

    value: float
    sd: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference against its error.

    Parameters
    ----------
    value, sd
        Right minus left, or after minus before; one standard deviation of its error.
    low, high
        95 % interval.
    mdc
        The smallest size that is more than error (95 %).
    word
        ``real``: beyond `mdc`, and large enough to matter. ``possible``: the 80 % interval leaves
        zero out. ``cannot tell``: the error is not known.
    """

    value: float
    sd: float
    low: float
    high: float
    mdc: float
    word: Word


START_WITHIN_SD = 2.0
"""s_w before anything is known, degrees (KINEMATICS 4.1)."""

START_WEIGHT, START_SESSIONS = 3.0, 4.0
"""How many repetitions, and how many sessions, a start value is worth."""

MIN_SESSIONS = 3
"""From so many sessions on the athlete's own count."""

Z95, Z80 = certainty.Z95, 1.281552
"""Two-sided 95 % and 80 % of a normal distribution."""

Z95_OF_TWO = 2.2414
"""As `Z95`, so that one of two comparisons is wrong as rarely as a single one."""


@dataclass(frozen=True, slots=True)
class DayError:
    """What a measurement varies by when nothing has changed.

    Parameters
    ----------
    between_sd
        s_b: what strapping the sensors on anew adds.
    within_sd
        s_w: from repetition to repetition.
    sessions
        How many of the athlete's own sessions it rests on; 0 for the stated start values.
    """

    between_sd: float
    within_sd: float
    sessions: int = 0


START_DAY_ERROR = DayError(3.0, START_WITHIN_SD)
"""s_b = 3° until an athlete has sessions of their own (KINEMATICS 4.1)."""


def side_difference(
    left: Measured, right: Measured, covariance: float = 0.0, matters: float = 5.0
) -> Difference:
    """Return right minus left, measured in one session.

    Parameters
    ----------
    covariance
        Of the two errors; negative at depth, where the shared pelvis axis moves the sides apart.
    matters
        Below this no difference is called real; a small value calls trifles real once they are
        measured well enough.
    """
    variance = left.sd**2 + right.sd**2 - 2.0 * covariance
    return judged(right.value - left.value, variance, matters)


def change(
    before: Sequence[float], after: Sequence[float], error: DayError, matters: float = 5.0
) -> Difference:
    """Return the change of one side's mean between two days, from its repetitions on either.

    Raises
    ------
    ValueError
        Where a day has no repetition.
    """
    if not len(before) or not len(after):
        raise ValueError(f"Each day needs repetitions; there are {len(before)} and {len(after)}.")
    spread = error.within_sd**2 * (1.0 / len(before) + 1.0 / len(after))
    value = float(np.mean(after)) - float(np.mean(before))
    return judged(value, 2.0 * error.between_sd**2 + spread, matters)


def mdc_between_days(repetitions: int, error: DayError) -> float:
    """MDC95 of the same side on two days, `repetitions` on either."""
    variance = error.between_sd**2 + error.within_sd**2 / repetitions
    return Z95 * math.sqrt(2.0 * variance)


def judged(value: float, variance: float, matters: float) -> Difference:
    """A difference with `variance` of its error, and its word."""
    if not variance >= 0.0:  # NaN too: a covariance that cannot be, or an error not known
        nan = math.nan
        return Difference(value, nan, nan, nan, nan, "cannot tell")
    sd = math.sqrt(variance)
    mdc = Z95 * sd
    word: Word = "no detectable difference"
    if abs(value) > mdc and abs(value) >= matters:
        word = "real"
    elif abs(value) > Z80 * sd:
        word = "possible"
    elif not math.isfinite(value):
        word = "cannot tell"
    return Difference(value, sd, value - mdc, value + mdc, mdc, word)


def certain_or_nan(one: Measured) -> Measured:
    """An angle in degrees, or NaN where its error leaves nothing of it (`core.certainty`)."""
    return one if is_certain_enough(one.sd) else Measured(math.nan, one.sd)


def session_mean(error: DayError, repetitions: Sequence[Measured]) -> Measured:
    """Mean of a session's repetitions, with what strapping on anew adds.

    The error of the session's own calibration does not average out over repetitions; where it is
    greater than the athlete's day-to-day error it stands for it.
    """
    own = [one.sd for one in repetitions if math.isfinite(one.sd)]
    session = max(error.between_sd, float(np.mean(own))) if own else error.between_sd
    sd = math.sqrt(session**2 + error.within_sd**2 / len(repetitions))
    return Measured(float(np.mean([one.value for one in repetitions])), sd)


def certain_difference(one: Difference) -> Difference:
    """A difference in degrees, or an unknown one where its error leaves nothing of it."""
    if math.isfinite(one.value) and not one.mdc > MOST_ERROR_DEG:
        return one
    nan = math.nan
    return Difference(nan, one.sd, nan, nan, nan, "cannot tell")


def within_sd(values: Sequence[float], start: float = START_WITHIN_SD) -> float:
    """Spread of a set's repetitions; a few of them are weighed against the start value.

    Parameters
    ----------
    values
        One a repetition; NaN are left out.
    start
        Expected before anything is known, and worth `START_WEIGHT` repetitions.
    """
    seen = [v for v in values if math.isfinite(v)]
    mean = sum(seen) / max(len(seen), 1)
    own = sum((v - mean) ** 2 for v in seen)
    freedom = START_WEIGHT + max(len(seen) - 1, 0)
    return math.sqrt((START_WEIGHT * start**2 + own) / freedom)


def day_error(sessions: Sequence[Sequence[float]], start: DayError = START_DAY_ERROR) -> DayError:
    """Return the error between days from an athlete's own sessions when there are three or more.

    Three sessions alone would now and then look alike by chance and make every trifle real, so the
    start value stays in, with the weight of `START_SESSIONS`.

    Parameters
    ----------
    sessions
        A session each: the values of its repetitions, all measured before training could change
        them.
    start
        What holds until then.
    """
    kept = [finite for s in sessions if (finite := [v for v in s if math.isfinite(v)])]
    if len(kept) < MIN_SESSIONS:
        return start
    inside = sum(float(np.sum(np.square(np.array(s) - np.mean(s)))) for s in kept)
    freedom = START_WEIGHT + sum(len(s) - 1 for s in kept)
    within = (START_WEIGHT * start.within_sd**2 + inside) / freedom
    means = [float(np.mean(s)) for s in kept]
    # The means carry part of the spread within sessions, which is not the day's.
    each = within * float(np.mean([1.0 / len(s) for s in kept]))
    days = len(kept) - 1
    between = max(float(np.var(means, ddof=1)) - each, 0.0)
    between = (START_SESSIONS * start.between_sd**2 + days * between) / (START_SESSIONS + days)
    return DayError(math.sqrt(between), math.sqrt(within), len(kept))
