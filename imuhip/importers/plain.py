"""Our own plain format: columns t, acc_x … gyr_z, perhaps mag_x …, in SI or with units told."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.importers.columns import in_si
from imuhip.importers.number_tables import (
    NumberTable,
    read_parquet_table,
    read_text_table,
    separator_of,
    split_line,
)
from imuhip.importers.sources import ACC, GYR, MAG, Options, Reading, Source
from imuhip.importers.times import evened, seconds_since_1970, times_since_1970
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
    names = _Names(options)
    if source.path.suffix.lower() == ".parquet":
        table = read_parquet_table(
            source.path, names.check, drop_invalid=options.drop_invalid, blank_columns=names.blank
        )
    else:
        texts = _time_as_text(source, options)
        table = read_text_table(
            source.path,
            names.check,
            drop_invalid=options.drop_invalid,
            text=source.text,
            blank_columns=names.blank,
            text_columns=texts,
        )
    notes = (*table.notes, *names.notes)
    t, note = _times(table, names, options)
    columns = {ours: table.columns[name] for ours, name in names.found.items() if ours != "t"}
    table = replace(table, columns=columns, notes=(*notes, *note), texts={})
    return [Reading(in_si(table, t, _SI | names.units, options), "")]


class _Names:
    """Which of a file's columns are ours, and the units that their names tell."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.found: dict[str, str] = {}
        self.units: dict[str, str] = {}
        self.blank: list[str] = []
        self.notes: list[str] = []

    def check(self, theirs: Sequence[str]) -> None:
        """Raise RecordingError unless the names are those of a sensor file."""
        twice = []
        for name in theirs:
            ours, unit = _meaning(name, self._options)
            if not ours:
                self.blank.append(name)
            elif ours in self.found:
                twice.append(ours)
            else:
                self.found[ours] = name
                if unit:
                    self.units[ours] = unit
        magnetometer = MAG if any(name in self.found for name in MAG) else ()
        needed = ("t", *ACC, *GYR, *magnetometer)
        missing = [name for name in needed if name not in self.found]
        unknown = ", ".join(repr(name[:40]) for name in self.blank)
        said = []
        if missing:
            came = ", ".join(repr(name[:40]) for name in theirs[:_MOST_TOLD])
            said.append(f"missing: {', '.join(missing)}")
            said.append(f"there are {came}; say what is what with --map COLUMN=NAME")
        if twice:
            said.append(f"twice: {', '.join(sorted(set(twice)))}")
        if said:
            raise RecordingError(
                f"the columns {','.join(needed)} were expected in the first line; "
                f"{'; '.join(said)}",
                line=1,
            )
        if self.blank:
            plural = "s" if len(self.blank) > 1 else ""
            self.notes.append(
                f"the column{plural} {unknown} mean{'' if plural else 's'} nothing "
                f"here, and {'are' if plural else 'is'} left out"
            )


def _meaning(name: str, options: Options) -> tuple[str, str]:
    """Return our name of a column, and the unit that stands behind it in brackets."""
    if name in options.names:
        return options.names[name], ""
    match = re.fullmatch(r"(\w+)\s*(?:[(\[](.*)[)\]])?", name)
    if match is None or match.group(1) not in _OURS:
        return "", ""
    return match.group(1), match.group(2) or ""


def _time_as_text(source: Source, options: Options) -> list[str]:
    """Return the column of times where its first cell is no number: dates or times of day."""
    lines = [line for line in source.head.split(b"\n", 30)[:30] if line.strip()]
    if len(lines) < 2:
        return []
    separator = separator_of(lines[0], lines[1])
    for name, cell in zip(
        split_line(lines[0], separator), split_line(lines[1], separator), strict=False
    ):
        if _meaning(name, options)[0] == "t" and re.match(r"\s*\d+[-/:]\d+", cell):
            return [name]
    return []


def _times(
    table: NumberTable, names: _Names, options: Options
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


_MOST_TOLD: Final = 20
_OURS: Final = ("t", *ACC, *GYR, *MAG)
_SI: Final = {"acc": "m/s2", "gyr": "rad/s", "mag": "uT"}
