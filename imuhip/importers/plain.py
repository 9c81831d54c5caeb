"""Our own plain format: columns t, acc_x … gyr_z, perhaps mag_x …, in SI or with units told."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.importers.column_names import ColumnNames, meaning
from imuhip.importers.columns import in_si
from imuhip.importers.moments import times_since_1970
from imuhip.importers.number_tables import (
    NumberTable,
    read_parquet_table,
    read_text_table,
    separator_of,
    split_line,
)
from imuhip.importers.sources import HEAD, Options, Reading, Source
from imuhip.importers.times import evened, seconds_since_1970
from imuhip.importers.units import factor


def is_plain(source: Source) -> bool:
    """Whether a file is named as a sensor, which makes it one of ours."""
    return bool(source.sensor)


def read_plain(sources: Sequence[Source], options: Options) -> list[Reading]:
    """Read a plain file: numbers as they are, bit for bit, unless a unit is told.

    Columns that mean nothing here are left out, and told.

    Raises
    ------
    RecordingError
        If a column is missing, or a cell is no finite number.
    """
    (source,) = sources
    names = ColumnNames(options)
    if source.path.suffix.lower() == ".parquet":
        table = read_parquet_table(
            source.path, names.check, drop_invalid=options.drop_invalid, blank_columns=names.blank
        )
    else:
        skipped = _skipped(source.head)
        text = source.text.split(b"\n", skipped)[skipped]
        texts = _time_as_text(text, options)
        table = read_text_table(
            source.path,
            names.check,
            drop_invalid=options.drop_invalid,
            text=text,
            lines_before=skipped,
            blank_columns=names.blank,
            text_columns=texts,
        )
    notes = (*table.notes, *names.notes)
    t, note = _times(table, names, options)
    columns = {ours: table.columns[name] for ours, name in names.found.items() if ours != "t"}
    table = replace(table, columns=columns, notes=(*notes, *note), texts={})
    return [Reading(in_si(table, t, _SI | names.units, options), "")]


def _skipped(head: bytes) -> int:
    """Return how many lines of comments, ``sep=`` or nothing stand above the names."""
    for number, line in enumerate(head.split(b"\n")):
        bare = line.strip().strip(b'"')
        if bare and not bare.startswith((b"#", b"sep=")):
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
        if ours == "t" and re.match(r"\s*\d+([-/:]\d|\.\d+\.|T)", cell):
            return [name]
    return []


def _times(
    table: NumberTable, names: ColumnNames, options: Options
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], tuple[str, ...]]:
    """Return times in seconds, and sentences on what was made of them."""
    name = names.found["t"]
    if name in table.texts:
        return times_since_1970(table.texts[name], table), ()
    t, note = table.columns[name], ""
    unit = options.units.get("t") or names.units.get("t", "")
    if unit:
        scale = factor("t", unit)
        t = t if scale == 1.0 else t * scale
    else:
        t, note = seconds_since_1970(t)
    even, bunched = evened(t)
    return even, tuple(sentence for sentence in (note, bunched) if sentence)


_SI: Final = {"acc": "m/s2", "gyr": "rad/s", "mag": "uT"}
