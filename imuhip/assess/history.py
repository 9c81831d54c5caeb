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
        self._store = np.empty((2 * KEPT_ROWS + BLOCK_ROWS, _WIDTH))
        self._first = 0
        self._count = 0

    def push(self, rows: Rows) -> None:
        """Add rows, at most `BLOCK_ROWS`."""
        n = len(rows.t)
        if self._count + n > len(self._store):
            self._store[:KEPT_ROWS] = self._store[self._count - KEPT_ROWS : self._count]
            self._first += self._count - KEPT_ROWS
            self._count = KEPT_ROWS
        store = self._store[self._count : self._count + n]
        for name, (place, width, _) in _PLACES.items():
            store[:, place : place + width] = getattr(rows, name).reshape(n, width)
        self._count += n

    @property
    def last(self) -> int:
        """The number of the last row."""
        return self._first + self._count - 1

    def time(self, row: int) -> float:
        """The time of a row."""
        return float(self._store[row - self._first, 0])

    def at(self, t: float) -> Rows | None:
        """The first row at or after `t`, if there is one."""
        place = int(np.searchsorted(self._store[: self._count, 0], t))
        row = self._first + place
        return self.rows(row, row + 1) if place < self._count else None

    def row(self, t: float) -> int:
        """The number of the first row at or after `t`, among those that can be looked back at."""
        return self._first + int(np.searchsorted(self._store[: self._count, 0], t))

    def rows(self, start: int, stop: int) -> Rows:
        """Rows ``start:stop``, as copies; gaps of up to 0.1 s are bridged by straight lines."""
        # The store is written over when it moves on, and repetitions are looked at again later.
        store = self._store[start - self._first : stop - self._first].copy()
        for column in _WRAPPING:
            store[:, column] = ContinuousTurn().push(store[:, column])
        if not (store[:, _VALID] > 0.0).all():
            _bridge(store)
        columns = {
            name: store[:, place : place + width].reshape(len(store), *shape)
            for name, (place, width, shape) in _PLACES.items()
        }
        valid = columns.pop("valid") > 0.0
        return Rows(valid=valid, **columns)


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


def _places() -> dict[str, tuple[int, int, tuple[int, ...]]]:
    """Column to its place in a stored row, its width and its shape."""
    places, place = {}, 0
    for name, shape in _SHAPES.items():
        width = int(np.prod(shape))
        places[name] = (place, width, shape)
        place += width
    return places


_PLACES: Final = _places()
_VALID: Final = slice(_PLACES["valid"][0], _PLACES["valid"][0] + _PLACES["valid"][1])
_WRAPPING: Final = (
    _PLACES["heading"][0],
    _PLACES["heading"][0] + 1,
    _PLACES["pelvis"][0] + PELVIS_ANGLES.index("rotation"),
)
"""Columns that wrap: made continuous before anything is taken between two of their rows."""
_WIDTH: Final = sum(width for _, width, _ in _PLACES.values())
