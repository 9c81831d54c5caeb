"""A maker's table: its columns picked by name, whatever stands around, and brought to SI."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.records import Array
from imuhip.importers.number_tables import NumberTable, read_text_table
from imuhip.importers.sources import ACC, GYR, MAG, Options, Source
from imuhip.importers.units import factor


@dataclass(frozen=True, slots=True)
class Picked:
    """Columns of a file under our names.

    Parameters
    ----------
    table
        Columns and texts by our names, in the file's units.
    units
        Our name to the unit in the maker's name of the column; absent where it names none.
    names
        All names in the file's line of names.
    """

    table: NumberTable
    units: Mapping[str, str]
    names: tuple[str, ...]


def pick(
    source: Source,
    head_line: int,
    names: Mapping[str, str],
    options: Options,
    *,
    needed: Sequence[str] = ("t", *ACC, *GYR),
    texts: Sequence[str] = (),
    skip: int = 0,
    advice: str = "Export accelerations and turning rates as well.",
) -> Picked:
    """Read the columns that `names` describes.

    Parameters
    ----------
    head_line
        Which line holds the names, from 0.
    names
        Our name to a pattern for the maker's, matched whole and without regard to case; a group
        ``unit`` in it is the unit.
    needed
        Those of our names without which the file is refused, with `advice`.
    texts
        Those of our names that are read as text.
    skip
        Lines below the names that hold no samples, such as one of units.

    Raises
    ------
    RecordingError
        If a needed column is missing, or a cell is no finite number.
    """
    lines = source.text.split(b"\n", head_line + 1 + skip)
    text = b"\n".join([lines[head_line], *lines[head_line + 1 + skip :]])
    found: dict[str, str] = {}
    units: dict[str, str] = {}
    blank: list[str] = []
    as_text: list[str] = []
    every: list[str] = []

    def choose(theirs: Sequence[str]) -> None:
        every.extend(theirs)
        for name in theirs:
            ours, unit = _ours(name, names, options)
            if not ours or ours in found:
                blank.append(name)
                continue
            found[ours] = name
            if unit:
                units[ours] = unit
        as_text.extend(found[name] for name in texts if name in found)
        if missing := [name for name in needed if name not in found]:
            raise RecordingError(
                f"Column{'s' if len(missing) > 1 else ''} {', '.join(missing)} "
                f"{'are' if len(missing) > 1 else 'is'} missing. {advice}",
                line=head_line + 1,
            )

    table = read_text_table(
        source.path,
        choose,
        drop_invalid=options.drop_invalid,
        text=text,
        lines_before=head_line + skip,
        blank_columns=blank,
        text_columns=as_text,
    )
    columns = {ours: table.columns[name] for ours, name in found.items() if name in table.columns}
    cells = {ours: table.texts[name] for ours, name in found.items() if name in table.texts}
    return Picked(replace(table, columns=columns, texts=cells), units, tuple(every))


def in_si(table: NumberTable, t: Array, units: Mapping[str, str], options: Options) -> NumberTable:
    """Return `table` with times `t` and every vector brought to SI (µT).

    Parameters
    ----------
    units
        ``acc``, ``gyr``, ``mag`` or the name of a column to the unit; what the user says goes
        before.

    Raises
    ------
    RecordingError
        If a unit is not known, or nobody says it.
    """
    columns = {"t": t}
    had: dict[str, str] = {}
    for name in (*ACC, *GYR, *MAG):
        if name in table.columns:
            kind = name[:3]
            unit = options.units.get(kind) or units.get(name) or units.get(kind, "")
            scale = factor(kind, unit)
            had[kind] = unit.strip()
            values = table.columns[name]
            columns[name] = values if scale == 1.0 else values * scale
    if not all(name in columns for name in MAG):
        columns = {name: values for name, values in columns.items() if name not in MAG}
    return replace(table, columns=columns, units=had)


def from_vectors(
    table: NumberTable, t: Array, acc: Array, gyr: Array, mag: Array | None = None
) -> NumberTable:
    """Return a table of times ``(N,)`` and vectors ``(N, 3)`` in SI, the rest as in `table`."""
    columns = {"t": np.asarray(t, dtype=np.float64)}
    for names, values in ((ACC, acc), (GYR, gyr), (MAG, mag)):
        if values is not None:
            columns |= {name: np.ascontiguousarray(values[:, i]) for i, name in enumerate(names)}
    return replace(table, columns=columns)


def head_line(text: bytes, *signs: bytes) -> int:
    """Return the number, from 0, of the first line that holds all `signs`; -1 if none does."""
    for number, line in enumerate(text.split(b"\n", _MAX_LINES)[:_MAX_LINES]):
        low = line.lower()
        if all(sign.lower() in low for sign in signs):
            return number
    return -1


def xyz(quantity: str, pattern: str) -> dict[str, str]:
    """Return ``acc_x`` … to `pattern` with ``{axis}`` filled in."""
    return {f"{quantity}_{axis}": pattern.format(axis=axis) for axis in "xyz"}


def _ours(name: str, names: Mapping[str, str], options: Options) -> tuple[str, str]:
    """Return our name of a column, and the unit its own name tells; empty where there is none."""
    if name in options.names:
        return options.names[name], ""
    for ours, pattern in names.items():
        if match := re.fullmatch(pattern, name, re.IGNORECASE):
            return ours, match.groupdict().get("unit") or ""
    return "", ""


_MAX_LINES: Final = 200
