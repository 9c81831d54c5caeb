"""What may be shown as a number: one rule for the terminal, every page, report and picture.

± stands for the half-width of the 95 % interval of an error. Where it is wider than
`MOST_ERROR_DEG` the angle says nothing of a hip, whose whole range is some 90°: people see a dash
and what to do (`REMEDY`). An error that nobody knows (NaN) hides nothing; who shows the number says
that its error is unknown.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from imuhip.core.records import Array, BoolArray

Z95: Final = 1.959964
"""Two-sided 95 % of a normal distribution: half-widths of its interval, in standard deviations."""

MOST_ERROR_DEG: Final = 30.0
"""The widest ± of an angle that is still a number."""

REMEDY: Final = "too uncertain to show; repeat the Stand step with the feet as the first time"
"""What a coach does when an angle is a dash: a declared standing finds a thigh's heading again."""


def student95(freedom: int) -> float:
    """Half-width of the 95 % interval of Student's t, in standard deviations.

    Parameters
    ----------
    freedom
        Degrees of freedom, at least 1.

    The probability within ±t is a finite sum for whole degrees of freedom (Abramowitz and Stegun
    26.7.3 and 26.7.4), and rises with t: it is halved until nothing is between.
    """
    low, high = 0.0, math.pi / 2.0
    while low < (middle := 0.5 * (low + high)) < high:
        if _student_within(middle, freedom) < 0.95:
            low = middle
        else:
            high = middle
    return math.sqrt(freedom) * math.tan(high)


def _student_within(angle: float, freedom: int) -> float:
    """Probability that ``|t| < sqrt(freedom) tan(angle)``."""
    odd = freedom % 2
    square = math.cos(angle) ** 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for power in range(2 + odd, freedom + 1, 2):
        total += term
        term *= square * (power - 1) / power
    if odd:
        return 2.0 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total


def is_certain_enough(sd_deg: float) -> bool:
    """Whether an angle with this standard deviation of its error, degrees, is a number."""
    return not Z95 * sd_deg > MOST_ERROR_DEG


def certain_rows(sd_deg: Array) -> BoolArray:
    """The same of each entry of an array of any shape."""
    return ~(Z95 * np.asarray(sd_deg) > MOST_ERROR_DEG)


def is_narrow_enough(half: float | None, unit: str) -> bool:
    """Whether a number is one beside this half-width of its error, in its unit; None: unknown."""
    return half is None or unit != "deg" or not half > MOST_ERROR_DEG


def sd_name(measure: str) -> str:
    """Name of the measure that holds the error of another one, by what that one rests on.

    Of a side's rotation that has no error of its own – its furthest, its range, the hip's share of
    a turn – that of the arc: it, too, is the rotation against the rest before.
    """
    if measure in _BY_ARC:
        return "rotation_arc_sd_deg"
    stem = measure.removesuffix("_deg")
    if stem.endswith("_range"):
        stem = stem.removesuffix("_range") + "_arc"
    return f"{stem}_sd_deg"


def certain_measure(measures: Mapping[str, float], name: str) -> float:
    """A measure of a repetition; NaN where it is not known or too uncertain."""
    value = measures.get(name, math.nan)
    return value if is_certain_enough(measures.get(sd_name(name), math.nan)) else math.nan


def certain_measures(measures: Mapping[str, float]) -> dict[str, float]:
    """All measures of a repetition with their errors, NaN where they are too uncertain."""
    return {
        name: (value if is_certain_enough(value) else math.nan)
        if name.endswith("_sd_deg")
        else certain_measure(measures, name)
        for name, value in measures.items()
    }


_BY_ARC: Final = frozenset({
    "rotation_most_in_deg", "rotation_most_out_deg", "rotation_descent_deg", "rotation_ascent_deg",
    "pelvis_followed_deg", "hip_share", "swept_area_deg2",
})  # fmt: skip
