"""Compile a function of plain loops over arrays, once, and keep the result on disk.

For recurrences over time that neither numpy, scipy nor vqf has in blocks. Strict IEEE arithmetic
(no fastmath), so a kernel gives the same bits for any cut of its input.
"""

from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Return `function` compiled at its first call and cached on disk (numba nopython mode)."""
    made = numba.njit(cache=True)(function)
    _MADE.append(made)
    return cast("Callable[P, R]", made)


def compilations() -> int:
    """Return how often this process compiled a kernel instead of reading it from the disk."""
    return sum(sum(made.stats.cache_misses.values()) for made in _MADE)


_MADE: Final[list[Any]] = []
"""All kernels that were imported."""
