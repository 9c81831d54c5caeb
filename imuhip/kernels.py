"""Compile a function of plain loops over arrays, once, and keep the result on disk.

For recurrences over time that neither numpy, scipy nor vqf has in blocks. Strict IEEE arithmetic
(no fastmath), so a kernel gives the same bits for any cut of its input.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Return `function` compiled at its first call and cached on disk (numba nopython mode)."""
    return cast("Callable[P, R]", numba.njit(cache=True)(function))
