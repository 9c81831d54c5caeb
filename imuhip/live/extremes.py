"""The furthest rotation of each second of a session, for a viewer who comes late.

The backfill holds the last seconds only; with this, a page that is opened in the middle of a set
holds the extremes of the whole session, or those since the coach reset them.
"""

import math
from typing import Any, Final

from imuhip.core.conventions import SIDES
from imuhip.core.records import Array
from imuhip.live.protocol import COLUMNS, GAUGE


class Extremes:
    """Least and most of the gauges' angle, second by second, since the session began."""

    def __init__(self) -> None:
        self._seconds: list[int] = []
        self._ends: list[list[float]] = []

    def push(self, rows: Array) -> None:
        """Take rows ``(N, len(COLUMNS))``, later than all before."""
        # Few rows come at a time: plain numbers are faster here than arrays.
        for row in rows[:, _TAKEN].tolist():
            second = math.floor(row[0])
            if not self._seconds or self._seconds[-1] != second:
                self._seconds.append(second)
                self._ends.append([math.nan] * (2 * len(SIDES)))
            ends = self._ends[-1]
            for k, value in enumerate(row[1:]):
                # A comparison with NaN is false: unknown values leave what is known.
                if value == value:
                    ends[2 * k] = value if not ends[2 * k] <= value else ends[2 * k]
                    ends[2 * k + 1] = value if not ends[2 * k + 1] >= value else ends[2 * k + 1]

    def summary(self) -> dict[str, Any]:
        """Return what a viewer gets: seconds, and of each side its least and most in them."""
        sides: dict[str, Any] = {
            side: [[_short(ends[2 * k]), _short(ends[2 * k + 1])] for ends in self._ends]
            for k, side in enumerate(SIDES)
        }
        return {"seconds": self._seconds, **sides}


def _short(value: float) -> float:
    """Hundredths of a degree: a long session takes few bytes."""
    return round(value, 2)


_TAKEN: Final = [0, *(COLUMNS.index(f"{GAUGE['angle']}_{side}_deg") for side in SIDES)]
