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
    matches = _matches(cells, "16:44:16.689", table)
    whole = np.array([_second_of_day(match) for match in matches], dtype=np.float64)
    return unwrapped(_with_fractions(whole, matches), DAY_S)


def times_since_1970(cells: Sequence[str], table: NumberTable) -> tuple[Array, tuple[str, ...]]:
    """Return dates with times in seconds since 1970, and sentences on what was made of them.

    Times alone count from the first row's midnight. A time without a zone is taken as UTC, for
    only differences count; an hour that such times skip or repeat when summer time begins or ends
    is taken out.

    Raises
    ------
    RecordingError
        With the line, if a cell is no time.
    """
    if cells and not has_date(cells[0]):
        return without_summer_time(times_of_day(cells, table))
    matches = _matches(cells, "2026-03-02T10:00:00.010", table)
    dates = [match["date"] for match in matches]
    order = _order(dates, twelve=any(match["noon"] for match in matches))
    days = {text: _days(text, order) for text in dict.fromkeys(dates)}
    if None in days.values():
        row = next(i for i, text in enumerate(dates) if days[text] is None)
        raise _no_time(cells[row], "2026-03-02T10:00:00.010", table, row)
    whole = np.array(
        [
            (days[match["date"]] or 0) * DAY_S + _second_of_day(match) - _zone_s(match["zone"])
            for match in matches
        ]
    )
    t = _with_fractions(whole, matches)
    return without_summer_time(t) if not any(match["zone"] for match in matches) else (t, ())


def without_summer_time(t: Array) -> tuple[Array, tuple[str, ...]]:
    """Return times of a clock on the wall ``(N,)`` without the hour that summer time moves it by.

    That hour is skipped, or comes again, at a full hour and between two samples.
    """
    steps = np.diff(t)
    if len(steps) < 2:
        return t, ()
    usual = float(np.median(np.abs(steps)))
    for i in np.flatnonzero(np.abs(np.abs(steps) - _HOUR_S) < 2.0 * usual + _NEAR_S):
        before, after = t[i] % _HOUR_S, t[i + 1] % _HOUR_S
        if before > _HOUR_S - _NEAR_S - usual and after < _NEAR_S + usual:
            moved = t.copy()
            moved[i + 1 :] -= np.copysign(_HOUR_S, steps[i])
            return moved, ("summer time began or ended meanwhile; the hour is taken out",)
    return t, ()


def is_moment(cell: str) -> bool:
    """Whether a cell holds a date with a time, or a time of day."""
    return _MOMENT.fullmatch(_bare(cell)) is not None


def has_date(cell: str) -> bool:
    """Whether a cell holds a date with a time."""
    match = _MOMENT.fullmatch(_bare(cell))
    return match is not None and match["date"] is not None


def _matches(cells: Sequence[str], such_as: str, table: NumberTable) -> list[re.Match[str]]:
    found = []
    for i, cell in enumerate(cells):
        match = _MOMENT.fullmatch(_bare(cell))
        if match is None or (int(match["h"]) > _NOON and match["noon"]):
            raise _no_time(cell, such_as, table, i)
        found.append(match)
    return found


def _bare(cell: str) -> str:
    """Return a cell without quotes, with colons in it, and ``am`` or ``pm`` behind the time."""
    bare = _BASIC.sub(r"\1\2:\3:\4", cell.strip().strip('"').strip())
    if half := _HALF.search(bare):
        noon = "am" if (half["half"] or half["chinese"]).lower() in ("a", "上") else "pm"
        bare = f"{bare[: half.start()]} {bare[half.end() :]}".strip() + noon
    return bare


def _second_of_day(match: re.Match[str]) -> int:
    hour = int(match["h"])
    if noon := match["noon"]:
        hour = hour % _NOON + (_NOON if noon == "pm" else 0)
    return hour * 3600 + int(match["m"]) * 60 + int(match["s"])


def _order(dates: Sequence[str | None], *, twelve: bool) -> str:
    """Return ``dmy`` or ``mdy`` for dates with the year behind, as in 3/2/2026.

    Where days and months could both stand in front, the order is the one by which less time
    passes; where that is alike, the American one goes with hours up to twelve.
    """
    known = {text for text in dates if text and _YEAR_LAST.search(text)}
    parts = [[int(part) for part in re.split(r"[-/]", text)] for text in known]
    if any(part[0] > _MONTHS for part in parts):
        return "dmy"
    if any(part[1] > _MONTHS for part in parts):
        return "mdy"
    spans = {}
    for order in ("dmy", "mdy"):
        days = [day for text in known if (day := _days(text, order)) is not None]
        spans[order] = max(days, default=0) - min(days, default=0)
    if spans["dmy"] == spans["mdy"]:
        return "mdy" if twelve else "dmy"
    return min(spans, key=lambda order: spans[order])


def _days(text: str | None, order: str) -> int | None:
    """Return days since 1970 of 2026-03-02, 2026/3/2, 20260302, 02.03.2026; None if no date."""
    if text is None:
        return None
    parts = [part for part in re.split(r"[-/.年月日]", text) if part]
    if len(parts) == 1:
        parts = [text[:4], text[4:6], text[6:]]
    elif len(parts[2]) == 4:
        parts.reverse()
        if order == "mdy" and "." not in text:
            parts[1:] = reversed(parts[1:])
    try:
        return (date(*(int(part) for part in parts)) - _EPOCH).days
    except ValueError:
        return None


def _zone_s(zone: str | None) -> float:
    """Return how far a zone such as +01:00 is ahead of UTC, s."""
    found = re.search(r"([-+])(\d{1,2}):?(\d{2})?$", zone or "")
    if found is None:
        return 0.0
    ahead = int(found[2]) * 3600.0 + int(found[3] or 0) * 60.0
    return -ahead if found[1] == "-" else ahead


def _with_fractions(whole: Array, matches: Sequence[re.Match[str]]) -> Array:
    """Return seconds with what stands behind them: decimals, or milliseconds not filled up.

    Some programs write 50 ms as ``.50``. Read as decimals such times run back whenever a new
    length begins; read as milliseconds they do not.
    """
    digits = [(match["mark"] or ".", match["fraction"] or "0") for match in matches]
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
    said = f"{cell[:40]!r} is not a time; it should look like {such_as}"
    if _CUT.fullmatch(cell.strip()):
        said = (
            f"{cell[:40]!r} is a time without its hour, cut to tenths of a second, as spreadsheets "
            "show and save times. Take the file as the sensor's program wrote it."
        )
    return RecordingError(said, path=table.path, line=int(table.line[row]))


_EPOCH: Final = date(1970, 1, 1)
_HOUR_S: Final = 3600.0
_NEAR_S: Final = 0.5
_NOON: Final = 12
_MONTHS: Final = 12
_MOMENT: Final = re.compile(
    r"(?:(?P<date>\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{8}|\d{4}年\d{1,2}月\d{1,2}日"
    r"|\d{1,2}(?P<between>[-/.])\d{1,2}(?P=between)\d{4})(?:[Tt\s_,-]+|(?<=日)))?"
    r"(?P<h>\d{1,2}):(?P<m>\d{1,2}):(?P<s>\d{1,2})(?:(?P<mark>[.:,])(?P<fraction>\d{1,9}))?"
    r"\s*(?P<zone>[Zz]|(?:UTC|GMT)?[-+]\d{1,2}(?::?\d{2})?|UTC|GMT)?\s*(?P<noon>[ap]m)?"
)
_HALF: Final = re.compile(
    r"\s*(?<![a-z])(?:(?P<half>[ap])\.? ?m\b\.?|(?P<chinese>[上下])午)\s*", re.IGNORECASE
)
_YEAR_LAST: Final = re.compile(r"[-/]\d{4}$")
_BASIC: Final = re.compile(r"(\d{8}T)(\d\d)(\d\d)(\d\d)")
_CUT: Final = re.compile(r"\d{1,3}:\d{2}[.,]\d")
"""What a spreadsheet makes of a time of day with milliseconds."""
