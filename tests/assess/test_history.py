"""The rows that a finished repetition is looked back at."""

import numpy as np

from imuhip.assess.episodes import Rows
from imuhip.assess.history import _SHAPES, BLOCK_ROWS, KEPT_ROWS, History


def _rows(first: int, count: int) -> Rows:
    """Rows that hold their own number in every column."""
    number = np.arange(first, first + count, dtype=np.float64)
    columns = {
        name: np.broadcast_to(
            1e-4 * number.reshape(-1, *(1 for _ in shape)), (count, *shape)
        ).copy()
        for name, shape in _SHAPES.items()
    }
    columns["valid"] = np.ones((count, 2), dtype=bool)
    return Rows(**columns)


def test_rows_that_were_given_out_stay_as_they_are():
    """However much comes after them, the rows of a repetition do not change."""
    history = History()
    history.push(_rows(0, BLOCK_ROWS))
    given = history.rows(100, 300)
    before = {name: getattr(given, name).copy() for name in _SHAPES}
    for first in range(BLOCK_ROWS, 5 * KEPT_ROWS, BLOCK_ROWS):
        history.push(_rows(first, BLOCK_ROWS))
    for name, column in before.items():
        assert np.array_equal(getattr(given, name), column), name
    newest = history.rows(5 * KEPT_ROWS - 10, 5 * KEPT_ROWS)
    assert np.array_equal(newest.hip, _rows(5 * KEPT_ROWS - 10, 10).hip)
