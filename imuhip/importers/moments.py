"""Dates and times of day as people and programs write them, made seconds."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.records import Array
from imuhip.importers.number_tables import NumberTable
from imuhip.importers.times import unwrapped

DAY_S: Final = 86400.0


def times_of_day(cells: Sequence[str], table: NumberTable) -> Array:
    """Return dates with times, or times alone, in seconds since the first row's midnight.

    Raises
    ------
    RecordingError
        With the line, if a cell is no time.
    """
    whole, digits = [], []
    for i, cell in enumerate(cells):
        match = _MOMENT.fullmatch(_bare(cell))
        if match is None:
            raise _no_time(cell, "16:44:16.689", table, i)
        whole.append(_second_of_day(match))
        digits.append((match["mark"] or ".", match["fraction"] or "0"))
    return unwrapped(_with_fractions(np.array(whole, dtype=np.float64), digits), DAY_S)


def times_since_1970(cells: Sequence[str], table: NumberTable) -> Array:
    """Return dates with times in seconds since 1970; times alone since the first midnight.

    A time without a zone is taken as UTC, for only differences count.

    Raises
    ------
    RecordingError
        With the line, if a cell is no time.
    """
    first = _MOMENT.fullmatch(_bare(cells[0])) if cells else None
    if first is not None and first["date"] is None:
        return times_of_day(cells, table)
    whole, digits = [], []
    for i, cell in enumerate(cells):
        match = _MOMENT.fullmatch(_bare(cell))
        days = _days(match["date"]) if match else None
        if match is None or days is None:
            raise _no_time(cell, "2026-03-02T10:00:00.010", table, i)
        whole.append(days * DAY_S + _second_of_day(match) - _zone_s(match["zone"]))
        digits.append((match["mark"] or ".", match["fraction"] or "0"))
    return _with_fractions(np.array(whole, dtype=np.float64), digits)


def is_moment(cell: str) -> bool:
    """Whether a cell holds a date with a time, or a time of day."""
    return _MOMENT.fullmatch(_bare(cell)) is not None


def _bare(cell: str) -> str:
    return _BASIC.sub(r"\1\2:\3:\4", cell.strip().strip('"').strip())


def _second_of_day(match: re.Match[str]) -> int:
    return int(match["h"]) * 3600 + int(match["m"]) * 60 + int(match["s"])


def _days(text: str | None) -> int | None:
    """Return days since 1970 of 2026-03-02, 2026/3/2, 20260302, 02.03.2026; None if no date."""
    if text is None:
        return None
    parts = re.split(r"[-/.]", text)
    if len(parts) == 1:
        parts = [text[:4], text[4:6], text[6:]]
    elif len(parts[2]) == 4:
        parts.reverse()
    try:
        return (date(*(int(part) for part in parts)) - _EPOCH).days
    except ValueError:
        return None


def _zone_s(zone: str | None) -> float:
    """Return how far a zone such as +01:00 is ahead of UTC, s."""
    if not zone or zone in "Zz":
        return 0.0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return (hours * 3600.0 + minutes * 60.0) * (-1.0 if zone[0] == "-" else 1.0)


def _with_fractions(whole: Array, digits: Sequence[tuple[str, str]]) -> Array:
    """Return seconds with what stands behind them: decimals, or milliseconds not filled up.

    Some programs write 50 ms as ``.50``. Read as decimals such times run back whenever a new
    length begins; read as milliseconds they do not.
    """
    decimal: Array = whole + np.array([float(f"0.{part}") for _, part in digits])
    lengths = {len(part) for _, part in digits}
    if max(lengths, default=3) > 3:
        return decimal
    in_ms: Array = whole + np.array([int(part) / 1000.0 for _, part in digits])
    if any(mark == ":" for mark, _ in digits):
        return in_ms
    backward = [int(np.count_nonzero(np.diff(times) < 0.0)) for times in (decimal, in_ms)]
    return in_ms if backward[1] < backward[0] else decimal


def _no_time(cell: str, such_as: str, table: NumberTable, row: int) -> RecordingError:
    return RecordingError(
        f"{cell[:40]!r} is not a time; it should look like {such_as}",
        path=table.path,
        line=int(table.line[row]),
    )


_EPOCH: Final = date(1970, 1, 1)
_MOMENT: Final = re.compile(
    r"(?:(?P<date>\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{8}|\d{1,2}\.\d{1,2}\.\d{4})[T\s_-]+)?"
    r"(?P<h>\d{1,2}):(?P<m>\d{1,2}):(?P<s>\d{1,2})(?:(?P<mark>[.:,])(?P<fraction>\d{1,9}))?"
    r"\s*(?P<zone>[Zz]|[-+]\d{2}:?\d{2})?"
)
_BASIC: Final = re.compile(r"(\d{8}T)(\d\d)(\d\d)(\d\d)")
