"""Windows on the grid: the rows of a calibration step, gathered while it is open."""

from typing import NamedTuple

import numpy as np

from imuhip.core.records import Array, GridBlock


class WindowRows(NamedTuple):
    """The grid rows of a window in which all sensors were valid.

    Parameters
    ----------
    t, q, acc, gyr
        As in `GridBlock`.
    share
        Part of the window's rows that they are.
    """

    t: Array
    q: Array
    acc: Array
    gyr: Array
    share: float


class Window:
    """An open step: its rows so far, up to a minute of them."""

    def __init__(self, begin: float) -> None:
        self.begin = begin
        self._parts: list[GridBlock] = []
        self._count = 0

    def add(self, grid: GridBlock, first: int, stop: int) -> None:
        """Add rows `first` to `stop` of a block."""
        if stop > first and self._count < _MOST_ROWS:
            self._count += stop - first
            self._parts.append(grid.part(first, stop))

    def rows(self) -> WindowRows:
        """Return what was gathered."""
        if not self._parts:
            nothing = np.empty((0, 1, 3))
            return WindowRows(np.empty(0), np.empty((0, 1, 4)), nothing, nothing, 0.0)
        whole = np.concatenate([part.valid for part in self._parts]).all(axis=1)

        def column(name: str) -> Array:
            return np.concatenate([getattr(part, name) for part in self._parts])[whole]

        return WindowRows(
            column("t"), column("q"), column("acc"), column("gyr"), share=float(np.mean(whole))
        )


_MOST_ROWS = 6000
"""A window that nobody ended stops growing after a minute."""
