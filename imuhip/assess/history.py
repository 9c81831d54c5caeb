"""The last minutes of grid rows, so that a finished repetition can be looked back at."""

from typing import Final

import numpy as np

from imuhip.assess.episodes import Rows
from imuhip.core.conventions import PELVIS_ANGLES
from imuhip.core.records import Array
from imuhip.estimate.continuous import ContinuousTurn

KEPT_ROWS: Final = 12_000
"""Rows that can be looked back at: two minutes, longer than any repetition."""

BLOCK_ROWS: Final = 2_000
"""Rows that may be added at once."""


class History:
    """A sliding store of rows: `push` new ones, `rows` gives a stretch by row numbers."""

    def __init__(self) -> None:
        size = 2 * KEPT_ROWS + BLOCK_ROWS
        self._store = {name: np.empty((size, *shape)) for name, shape in _SHAPES.items()}
        self._first = 0
        self._count = 0

    def push(self, rows: Rows) -> None:
        """Add rows, at most `BLOCK_ROWS`."""
        first, stop = self._count, self._count + len(rows.t)
        if stop > len(self._store["t"]):
            for column in self._store.values():
                column[:KEPT_ROWS] = column[first - KEPT_ROWS : first]
            self._first += first - KEPT_ROWS
            first, stop = KEPT_ROWS, KEPT_ROWS + len(rows.t)
        for name, column in self._store.items():
            column[first:stop] = getattr(rows, name)
        self._count = stop

    @property
    def last(self) -> int:
        """The number of the last row."""
        return self._first + self._count - 1

    def time(self, row: int) -> float:
        """The time of a row."""
        return float(self._store["t"][row - self._first])

    def at(self, t: float) -> Rows | None:
        """The first row at or after `t`, if there is one."""
        row = self.row(t)
        return self.rows(row, row + 1) if row <= self.last else None

    def row(self, t: float) -> int:
        """The number of the first row at or after `t`, among those that can be looked back at."""
        return self._first + int(np.searchsorted(self._store["t"][: self._count], t))

    def rows(self, start: int, stop: int) -> Rows:
        """Rows ``start:stop``, as copies; gaps of up to 0.1 s are bridged by straight lines."""
        # The store is written over when it moves on, and repetitions are looked at again later.
        part = slice(start - self._first, stop - self._first)
        columns = {name: column[part].copy() for name, column in self._store.items()}
        for name, place in _WRAPPING:
            angle = columns[name][:, place]
            angle[:] = ContinuousTurn().push(angle)
        valid = columns.pop("valid") > 0.0
        if not valid.all():
            columns = _bridged(columns)
        return Rows(valid=valid, **columns)


def _bridged(columns: dict[str, Array]) -> dict[str, Array]:
    """Columns ``(N, …)`` with straight lines over their short gaps."""
    wide = {name: column.reshape(len(column), -1) for name, column in columns.items()}
    store = np.concatenate(list(wide.values()), axis=1)
    _bridge(store)
    edges = np.cumsum([column.shape[1] for column in wide.values()])[:-1]
    parts = np.split(store, edges, axis=1)
    return {
        name: part.reshape(column.shape)
        for (name, column), part in zip(columns.items(), parts, strict=True)
    }


def _bridge(store: Array) -> None:
    """Straight lines over short gaps of columns ``(N, W)``, in place; a longer one stays NaN."""
    unknown = ~np.isfinite(store)
    alike: dict[bytes, list[int]] = {}
    for column in np.flatnonzero(unknown.any(axis=0)).tolist():
        alike.setdefault(unknown[:, column].tobytes(), []).append(column)
    for columns in alike.values():
        known = np.flatnonzero(~unknown[:, columns[0]])
        steps = known[1:] - known[:-1]
        for i in np.flatnonzero((steps > 1) & (steps <= _BRIDGE_ROWS + 1)):
            before, after = known[i], known[i + 1]
            share = (np.arange(1, after - before) / (after - before))[:, None]
            start = store[before, columns]
            store[before + 1 : after, columns] = start + share * (store[after, columns] - start)


_BRIDGE_ROWS: Final = 10

_SHAPES: Final[dict[str, tuple[int, ...]]] = {
    "t": (),
    "hip": (2, 3),
    "hip_sd": (2, 3),
    "hip_sd_total": (2, 3),
    "hip_cov": (3,),
    "valid": (2,),
    "pelvis": (3,),
    "pelvis_sd": (3,),
    **dict.fromkeys(
        ("inclination", "inclination_rate", "heading", "heading_rate", "axial_rate", "speed"), (2,)
    ),
}


_WRAPPING: Final = (("heading", 0), ("heading", 1), ("pelvis", PELVIS_ANGLES.index("rotation")))
"""Columns that wrap: made continuous before anything is taken between two of their rows."""
