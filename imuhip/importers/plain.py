"""Our own plain format: columns t, acc_x … gyr_z, perhaps mag_x …, in SI or with named units."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.records import Array
from imuhip.importers.column_names import ColumnNames, meaning
from imuhip.importers.columns import in_si
from imuhip.importers.moments import DAY_S, has_date, is_moment, times_since_1970
from imuhip.importers.number_tables import (
    NumberTable,
    read_parquet_table,
    read_text_table,
    separator_of,
    split_line,
)
from imuhip.importers.sources import ACC, HEAD, Options, Reading, Source
from imuhip.importers.times import days_as_seconds, evened, seconds_since_1970, unrolled, unwrapped
from imuhip.importers.units import factor


def is_plain(source: Source) -> bool:
    """Whether a file is named as a sensor, which makes it one of ours."""
    return bool(source.sensor)


def read_plain(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read a plain file: numbers as they are, bit for bit, unless a unit is named.

    Columns that mean nothing here are left out, with a warning.

    Raises
    ------
    RecordingError
        If a column is missing, or a cell is no finite number.
    """
    (source,) = sources
    names = ColumnNames(options)
    return [reading_of(read_columns(source, names, options), names, options)]


def read_columns(source: Source, names: ColumnNames, options: Options) -> NumberTable:
    """Return the columns of a file that `names` chooses, under the file's names and in its units.

    Raises
    ------
    RecordingError
        If a column is missing, or a cell is no finite number.
    """
    if source.path.suffix.lower() == ".parquet":
        return read_parquet_table(
            source.path, names.check, drop_invalid=options.drop_invalid, blank_columns=names.blank
        )
    skipped, text = below_comments(source)
    return read_text_table(
        source.path,
        names.check,
        drop_invalid=options.drop_invalid,
        text=text,
        lines_before=skipped,
        blank_columns=names.blank,
        text_columns=[*_time_as_text(text, options), *names.kept],
    )


def reading_of(
    table: NumberTable, names: ColumnNames, options: Options, label: str = ""
) -> Reading:
    """Return a table of `read_columns` as a sensor's samples in SI, with warnings.

    Raises
    ------
    RecordingError
        If a cell is no time, or a unit is not known.
    """
    t, said = _times(table, names, options)
    columns = {ours: table.columns[name] for ours, name in names.found.items() if ours != "t"}
    of_day = _is_time_of_day(table, names)
    table = replace(table, columns=columns, notes=(*table.notes, *names.notes, *said), texts={})
    samples = in_si(table, t, _SI | names.units, options)
    return Reading(samples, label, DAY_S, "time of day") if of_day else Reading(samples, label)


def below_comments(source: Source) -> tuple[int, bytes]:
    """Return how many lines stand above the names, and the text from the names on."""
    skipped = _skipped(source.head)
    return skipped, source.text.split(b"\n", skipped)[skipped]


def _is_time_of_day(table: NumberTable, names: ColumnNames) -> bool:
    """Whether times are those of a day of which nobody says the date."""
    cells = table.texts.get(names.found.get("t", ""), ())
    return bool(cells) and not has_date(cells[0])


def _skipped(head: bytes) -> int:
    """Return how many lines of comments, ``sep=`` or nothing stand above the names."""
    for number, line in enumerate(head.split(b"\n")):
        bare = line.strip().strip(b'"')
        if bare and not bare.lower().startswith((b"#", b"sep=")):
            return number
    return 0


def _time_as_text(text: bytes, options: Options) -> list[str]:
    """Return the column of times where its first cell is no number: dates or times of day."""
    lines = [line for line in text[:HEAD].split(b"\n", 30)[:30] if line.strip()]
    if len(lines) < 2:
        return []
    separator = separator_of(lines[0], lines[1])
    for name, cell in zip(
        split_line(lines[0], separator), split_line(lines[1], separator), strict=False
    ):
        ours = options.names.get(name) or meaning(name)[0]
        if ours == "t" and (is_moment(cell) or re.match(r"\s*\d+([-/:]\d|\.\d+\.|[Tt])", cell)):
            return [name]
    return []


def _times(
    table: NumberTable, names: ColumnNames, options: Options
) -> tuple[Array, tuple[str, ...]]:
    """Return times in seconds, and sentences on what was made of them."""
    if "t" not in names.found:
        return _by_rate(table, names.counter, options.rate_hz), ()
    name = names.found["t"]
    if name in table.texts:
        t, said = times_since_1970(table.texts[name], table)
        _refuse_turns(t, table, names)
        t, shared = evened(t)
        return t, (*said, *([shared] if shared else ()))
    t, rolled = unrolled(table.columns[name])
    note = ""
    unit = options.units.get("t") or names.units.get("t", "")
    if unit:
        scale = factor("t", unit)
        t = t if scale == 1.0 else t * scale
    else:
        t, note = seconds_since_1970(t)
        if not note:
            t, note = days_as_seconds(t)
    _refuse_turns(t, table, names)
    even, bunched = evened(t)
    return even, tuple(sentence for sentence in (rolled, note, bunched) if sentence)


def _refuse_turns(t: Array, table: NumberTable, names: ColumnNames) -> None:
    """Raise RecordingError where rows of one time are those of several devices in turn.

    One sensor's rows change little from one to the next; those of devices that take turns change
    far less from one device's row to its next one.
    """
    shared = int(np.count_nonzero(np.diff(t) == 0.0))
    count = round(len(t) / max(len(t) - shared, 1))
    if not 2 <= count <= _MOST_DEVICES or len(t) < 3 * count:
        return
    acc = np.column_stack([table.columns[names.found[name]] for name in ACC])
    next_row = np.median(np.abs(np.diff(acc, axis=0)).sum(axis=1))
    next_turn = np.median(np.abs(acc[count:] - acc[:-count]).sum(axis=1))
    if next_row > _TURNS * next_turn:
        raise RecordingError(
            f"Rows of {count} devices take turns in this file. Say which column names the device: "
            "call it sensor in the first line. Or save a file for each."
        )


def _by_rate(table: NumberTable, counter: str, rate_hz: float) -> Array:
    """Return times of samples at a rate, counted by a column, else by their lines in the file."""
    if not counter:
        rows = np.arange(len(table.line)) if not table.dropped else table.line - table.line[:1]
        return np.asarray(rows, dtype=np.float64) / rate_hz
    counts = table.columns[counter]
    highest = float(np.max(counts, initial=0.0))
    period = next((p for p in _PERIODS if highest < p), 0.0)
    return (unwrapped(counts, period) if period else counts) / rate_hz


_PERIODS: Final = (2.0**8, 2.0**16, 2.0**32)
"""Where counters of 8, 16 and 32 bits begin again."""
_MOST_DEVICES: Final = 16
_TURNS: Final = 4.0
_SI: Final = {"acc": "m/s2", "gyr": "rad/s", "mag": "uT"}
