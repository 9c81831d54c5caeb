"""Tables of numbers in text or Parquet files, read exactly: as Python's ``float()`` reads them.

The quick way is Arrow's reader. Whatever it does not take, or gives as no finite number, is read
again slowly, line by line, which finds the place or a spelling that Arrow does not know.
"""

import csv
import io
import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from imuhip.core.errors import RecordingError
from imuhip.core.parquet import MAX_COLUMNS, is_number, open_parquet
from imuhip.core.records import Array, BoolArray, IntArray
from imuhip.importers.text_files import read_text


@dataclass(frozen=True, slots=True, eq=False)
class NumberTable:
    """Columns of finite numbers.

    Parameters
    ----------
    path
        The file they came from.
    columns
        Name to ``(N,)``.
    line
        ``(N,)`` where each row lies in the file, from 1; rows of a Parquet file count from 1.
    dropped
        Rows left out because a value in them was no finite number.
    notes
        Sentences on what looks odd.
    texts
        Columns that were asked for as text, name to ``N`` cells.
    units
        ``acc``, ``gyr`` or ``mag`` to the unit that the file had, where it was brought to SI.
    """

    path: Path
    columns: dict[str, Array]
    line: IntArray
    dropped: int
    notes: tuple[str, ...] = ()
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def taken(self, rows: BoolArray | IntArray) -> "NumberTable":
        """Return the rows that a mask or an order of them names."""
        where = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return NumberTable(
            self.path,
            {name: values[where] for name, values in self.columns.items()},
            self.line[where],
            self.dropped,
            self.notes,
            {name: tuple(cells[i] for i in where) for name, cells in self.texts.items()},
            self.units,
        )


def read_text_table(
    path: Path,
    check_names: Callable[[Sequence[str]], None],
    *,
    drop_invalid: bool = False,
    text: bytes | None = None,
    lines_before: int = 0,
    blank_columns: Sequence[str] = (),
    text_columns: Sequence[str] = (),
    names: Sequence[str] = (),
    separator: str = "",
) -> NumberTable:
    """Read a table with a line of names on top, separated by commas, semicolons, tabs or spaces.

    Parameters
    ----------
    check_names
        Called with the names before the numbers are read; raises what is wrong with them, and may
        fill `blank_columns` and `text_columns`.
    drop_invalid
        Leave out rows with a value that is no finite number, instead of refusing the file.
    text, lines_before
        The file's text where part of it has been taken off already, and how many lines that was.
    blank_columns
        Columns that are not read, whatever they hold.
    text_columns
        Columns that are read as text.
    names
        Those of the columns, where no line of the file holds them.
    separator
        What separates the cells, where that is known.

    Raises
    ------
    RecordingError
        With line, column and what came.
    """
    text = read_text(path) if text is None else text
    first, body, skipped = _first_line(text)
    lines_before += skipped
    separator = separator or separator_of(first, body if not names else b"")
    if names:
        body, lines_before = text.rstrip(b"\n"), lines_before - skipped
    else:
        names = split_line(first, separator)
    if separator == " ":
        body = b"\n".join(_spaced(line, len(names)) for line in body.split(b"\n"))
        separator = "\t"
    names = list(names)
    if len(names) > MAX_COLUMNS:
        raise RecordingError(
            f"it has {len(names)} columns, and at most {MAX_COLUMNS} are read", path=path
        )
    if _cells_in_first_row(body, separator) == len(names) + 1 and _ends_empty(body, separator):
        names.append("")
    check_names(names)
    body, footer = _without_footer(body.rstrip(b"\n"), separator)
    comma = separator != "," and _has_decimal_commas(body, names, set(text_columns), separator)
    if separator == "," and (
        joined := _decimal_commas(body, names, set(text_columns), set(blank_columns))
    ):
        body, separator, comma = joined, ";", True
    sheet = _Sheet(
        path, names, separator, comma, body, lines_before, set(blank_columns), set(text_columns)
    )
    table = sheet.quick() or sheet.slow(drop_invalid=drop_invalid)
    return replace(table, notes=(*table.notes, footer)) if footer else table


def separator_of(head: bytes, body: bytes = b"") -> str:
    """Return what separates the cells of a line of names: ``,`` ``;`` tab, or a space."""
    bare = re.sub(rb'"[^"]*"', b'""', head)
    found = max(_SEPARATORS, key=bare.count)
    if found not in bare and b" " in bare.strip() and found not in body.partition(b"\n")[0]:
        return " "
    return found.decode()


def split_line(line: bytes, separator: str) -> list[str]:
    """Return the cells of a line, without quotes and without spaces around them."""
    if separator == " ":
        return line.decode().split()
    rows = csv.reader([line.decode()], delimiter=separator, skipinitialspace=True)
    try:
        return [cell.strip().strip('"').strip() for cell in next(rows, [])]
    except csv.Error:
        return [cell.strip().strip('"').strip() for cell in line.decode().split(separator)]


def _first_line(text: bytes) -> tuple[bytes, bytes, int]:
    """Return the first line that holds something, what follows it, and how many lines that was."""
    head, _, body = text.partition(b"\n")
    lines = 1
    while not head.strip() and body:
        head, _, body = body.partition(b"\n")
        lines += 1
    return head, body, lines


def _spaced(line: bytes, cells: int) -> bytes:
    """Return a line with tabs for its spaces: single ones if that gives `cells`, else runs."""
    single = line.replace(b" ", b"\t")
    return single if single.count(b"\t") == cells - 1 else b"\t".join(line.split())


def _has_decimal_commas(body: bytes, names: Sequence[str], texts: set[str], separator: str) -> bool:
    """Whether commas stand in cells of numbers."""
    if not texts:
        return b"," in body
    for line in body.split(b"\n", _ROWS_LOOKED_AT)[:_ROWS_LOOKED_AT]:
        for name, cell in zip(names, split_line(line, separator), strict=False):
            if name not in texts and "," in cell:
                return True
    return False


def _first_row(body: bytes) -> bytes:
    return next((line for line in body.split(b"\n", 20) if line.strip()), b"")


def _cells_in_first_row(body: bytes, separator: str) -> int:
    row = _first_row(body)
    return len(split_line(row, separator)) if row else 0


def _ends_empty(body: bytes, separator: str) -> bool:
    return _first_row(body).rstrip(b" ").endswith(separator.encode())


def _without_footer(body: bytes, separator: str) -> tuple[bytes, str]:
    """Return a body without what a program wrote below the last row, and a sentence on it.

    Such lines have fewer cells than the first row and begin with a word, or hold no number at all;
    the last may also be a row that was cut short. Where all rows are like that, they are none.
    """
    width = _cells_in_first_row(body, separator)
    rest, last, cut = body, b"", 0
    while rest and cut <= _MOST_FOOTER:
        before, _, line = rest.rpartition(b"\n")
        cells = split_line(line, separator) if line.strip() else []
        if any(cells):
            numbers = [re.match(_BEGINS_AS_NUMBER, cell) is not None for cell in cells]
            short = len(cells) < width and not (cut and numbers[0])
            if not short and (any(numbers) or len(cells) > width):
                break
            last, cut = line, cut + 1
        rest = before
    if not rest or not 0 < cut <= _MOST_FOOTER:
        return body, ""
    more = f" and {cut - 1} more below it" if cut > 1 else ""
    shown = last.decode().strip()[:_MOST_SHOWN]
    return rest, f"left out what stands below the last whole row: {shown!r}{more}"


def _decimal_commas(body: bytes, names: Sequence[str], texts: set[str], blank: set[str]) -> bytes:
    """Return a body whose comma both separates and marks decimals, with semicolons between cells.

    A number then takes one place or two, in every row alike. Empty where it is not so, or where
    the rows do not show which places belong together.
    """
    if _cells_in_first_row(body, ",") <= len(names):
        return b""
    lines = body.split(b"\n")
    rows = [_COMMA_TIME.sub(rb"\1.\2", line).split(b",") if line.strip() else [] for line in lines]
    filled = [row for row in rows if row]
    if len({len(row) for row in filled}) != 1:
        return b""
    widths = _widths(filled[:_ROWS_LOOKED_AT], names, texts, blank)
    if not widths:
        return b""
    edges = list(itertools.pairwise(itertools.accumulate(widths, initial=0)))
    return b"\n".join(b";".join(b",".join(row[a:b]) for a, b in edges if row) for row in rows)


def _widths(
    rows: Sequence[Sequence[bytes]], names: Sequence[str], texts: set[str], blank: set[str]
) -> tuple[int, ...]:
    """Return how many places each column takes; empty if that is not sure for the wanted ones.

    Where several ways come out even, as many of the wanted columns as can be have decimals.
    """
    last = len(rows[0])
    if last > _MOST_PLACES:
        return ()
    decimals = {at for at in range(last - 1) if _are_decimals(rows, at)}
    reached: dict[int, list[_Way]] = {0: [_Way(0, None, None)]}
    for name in names:
        longer: dict[int, list[_Way]] = {}
        for at, ways in reached.items():
            for width in (1, 2) if at in decimals and name not in texts else (1,):
                longer.setdefault(at + width, []).extend(
                    way.with_column(at, width, wanted=name not in blank) for way in ways
                )
        reached = {at: _best_two(ways) for at, ways in longer.items() if at <= last}
    found = reached.get(last, [])
    return found[0].widths() if len(found) == 1 else ()


class _Way(NamedTuple):
    """A way to share a row's places among its first columns, as a chain back to the first.

    `places` is of the wanted columns alone: their beginnings and widths, and those before them.
    """

    decimals: int
    places: tuple[Any, int, int] | None
    before: "tuple[_Way, int] | None"

    def with_column(self, at: int, width: int, *, wanted: bool) -> "_Way":
        places = (self.places, at, width) if wanted else self.places
        return _Way(self.decimals + (width - 1 if wanted else 0), places, (self, width))

    def widths(self) -> tuple[int, ...]:
        found, way = [], self
        while way.before is not None:
            way, width = way.before
            found.append(width)
        return tuple(reversed(found))


def _best_two(ways: Sequence[_Way]) -> list[_Way]:
    """Return, of the ways to one place, two with most decimals that differ in wanted columns.

    One where all such ways agree on them: two are enough to know that it is not sure.
    """
    most = max(way.decimals for way in ways)
    differing = {id(way.places): way for way in reversed(ways) if way.decimals == most}
    return list(reversed(differing.values()))[:2]


def _are_decimals(rows: Sequence[Sequence[bytes]], at: int) -> bool:
    """Whether the places `at` and after it are a number and its decimals, as many in each row."""
    return len({len(row[at + 1]) for row in rows}) == 1 and all(
        _WHOLE.fullmatch(row[at]) and row[at + 1].strip().isdigit() for row in rows
    )


def read_parquet_table(
    path: Path,
    check_names: Callable[[Sequence[str]], None],
    *,
    drop_invalid: bool = False,
    blank_columns: Sequence[str] = (),
) -> NumberTable:
    """Read a Parquet file of numbers; arguments and errors as in `read_text_table`."""
    try:
        with open_parquet(path) as file:
            schema = file.schema_arrow
            check_names(schema.names)
            left_out = set(blank_columns)
            wanted = [name for name in schema.names if name not in left_out]
            for name in wanted:
                if not _may_be_number(schema.field(name).type):
                    raise _no_numbers(path, name, schema.field(name).type)
            table = file.read(columns=wanted)
    except (OSError, pa.ArrowException) as error:
        raise RecordingError(f"The file cannot be read as Parquet: {error}", path=path) from error
    columns = {}
    for name in wanted:
        try:
            columns[name] = _numbers(table[name])
        except pa.ArrowException as error:
            raise _no_numbers(path, name, table[name].type) from error
    line = np.arange(1, len(table) + 1)
    finite = _finite(columns, len(table))
    if not finite.all() and not drop_invalid:
        row = int(np.argmin(finite))
        name = next(name for name in columns if not math.isfinite(columns[name][row]))
        raise _no_number(path, row + 1, name, f"{columns[name][row]}")
    columns = {name: np.ascontiguousarray(values[finite]) for name, values in columns.items()}
    return NumberTable(path, columns, line[finite], int(np.count_nonzero(~finite)))


def _numbers(column: pa.ChunkedArray) -> Array:
    """Return a column's numbers, null as NaN; of dates and spans, seconds (since 1970).

    Raises
    ------
    ArrowException
        If it holds anything else.
    """
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        first = next((cell for cell in column.slice(0, 1).to_pylist() if cell), "")
        if re.match(_DATE, first):
            zone = "UTC" if re.search(_ZONE, first) else None
            column = column.cast(pa.timestamp("ns", zone))
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ns", column.type.tz))
    elif pa.types.is_duration(column.type):
        column = column.cast(pa.duration("ns"))
    else:
        return np.asarray(column.cast(pa.float64()).to_numpy())  # null becomes NaN
    whole = column.cast(pa.int64())
    return np.asarray(whole.cast(pa.float64(), safe=False).to_numpy()) * 1e-9


def _may_be_number(kind: pa.DataType) -> bool:
    """Whether a column may hold numbers, as texts if need be."""
    return (
        is_number(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_duration(kind)
    )


def _no_numbers(path: Path, name: str, kind: pa.DataType) -> RecordingError:
    return RecordingError(
        f"Column {name} should hold numbers, but holds {str(kind)[:40]}.", path=path
    )


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The text below the names, and how it is written."""

    path: Path
    names: list[str]
    separator: str
    comma: bool  # a decimal comma
    body: bytes
    lines_before: int
    blank: set[str]
    texts: set[str]

    def quick(self) -> NumberTable | None:
        """Read by Arrow; None if it finds anything that is no finite number."""
        if not self.body.strip() or b"\n\n" in self.body or self.body.startswith(b"\n"):
            return None
        wanted = [name for name in self.names if name not in self.blank]
        numbers = [name for name in wanted if name not in self.texts]
        types = dict.fromkeys(numbers, pa.float64()) | dict.fromkeys(self.texts, pa.string())
        try:
            table = pa_csv.read_csv(
                pa.BufferReader(self.body),
                read_options=pa_csv.ReadOptions(column_names=self.names),
                parse_options=pa_csv.ParseOptions(delimiter=self.separator),
                convert_options=pa_csv.ConvertOptions(
                    column_types=types,
                    include_columns=wanted,
                    null_values=[],
                    strings_can_be_null=False,
                    decimal_point="," if self.comma else ".",
                ),
            )
        except pa.ArrowInvalid:
            return None
        columns = {name: table[name].to_numpy() for name in numbers}
        if not _finite(columns, len(table)).all():
            return None
        line = np.arange(len(table)) + self.lines_before + 1
        texts = {name: tuple(table[name].to_pylist()) for name in wanted if name in self.texts}
        return NumberTable(self.path, columns, line, 0, texts=texts)

    def slow(self, *, drop_invalid: bool) -> NumberTable:
        """Read line by line, and say where something is wrong."""
        rows: list[list[float]] = []
        texts: list[list[str]] = []
        lines: list[int] = []
        dropped = 0
        reader = csv.reader(io.StringIO(self.body.decode()), delimiter=self.separator)
        text_places = [i for i, name in enumerate(self.names) if name in self.texts]
        try:
            for cells in reader:
                if not any(cell.strip() for cell in cells):  # blank, or a spreadsheet's blank
                    continue
                line = reader.line_num + self.lines_before
                if self.separator == "," and len(cells) == 2 * len(self.names):
                    raise _commas_between_commas(self.path, line)
                if len(cells) != len(self.names):
                    raise RecordingError(
                        f"This line has {len(cells)} cell{'' if len(cells) == 1 else 's'}, and "
                        f"there are {len(self.names)} columns. Mend the line, or remove it (it "
                        "becomes a gap).",
                        path=self.path,
                        line=line,
                    )
                values = self._values(cells, line, drop_invalid=drop_invalid)
                if values is None:
                    dropped += 1
                else:
                    rows.append(values)
                    texts.append([cells[place] for place in text_places])
                    lines.append(line)
        except csv.Error as error:
            line = reader.line_num + self.lines_before
            raise RecordingError(
                f"The file is not CSV: {error}", path=self.path, line=line
            ) from error
        wanted = [name for name in self.names if name not in self.blank | self.texts]
        array = np.array(rows, dtype=np.float64).reshape(len(rows), len(wanted))
        columns = {name: np.ascontiguousarray(array[:, i]) for i, name in enumerate(wanted)}
        found = {
            self.names[place]: tuple(row[i] for row in texts) for i, place in enumerate(text_places)
        }
        line_numbers = np.array(lines, dtype=np.int64)
        return NumberTable(self.path, columns, line_numbers, dropped, texts=found)

    def _values(self, cells: list[str], line: int, *, drop_invalid: bool) -> list[float] | None:
        """Return the numbers of a line; None if one is not finite and such rows are left out."""
        values = []
        for name, cell in zip(self.names, cells, strict=True):
            if name in self.blank or name in self.texts:
                continue
            value = self._number(cell.strip())
            if not math.isfinite(value):
                if self.separator == "," and _DECIMALS.match(cell.strip()):
                    raise _commas_between_commas(self.path, line)
                if drop_invalid:
                    return None
                raise _no_number(self.path, line, name, repr(cell.strip()[:40]))
            values.append(value)
        return values

    def _number(self, cell: str) -> float:
        """Return the number in a cell; NaN if it holds none."""
        if "_" in cell:  # Python's own spelling
            return math.nan
        for grouped, group in ((_POINTS, "."), (_COMMAS, ",")):
            if grouped.fullmatch(cell):
                cell = cell.replace(group, "")
        if self.comma and "," in cell and "." in cell:
            return math.nan
        try:
            return float(cell.replace(",", ".") if self.comma else cell)
        except ValueError:
            return math.nan


def _finite(columns: dict[str, Array], rows: int) -> BoolArray:
    """Whether each of the rows is finite throughout."""
    finite = np.ones(rows, dtype=np.bool_)
    for values in columns.values():
        finite &= np.isfinite(values)
    return finite


def _no_number(path: Path, line: int, name: str, came: str) -> RecordingError:
    came = "an empty cell" if came == "''" else came
    return RecordingError(
        f"Column {name} has {came} where a number should be. Remove the row, or import with "
        "--drop-invalid to leave such rows out as gaps.",
        path=path,
        line=line,
    )


def _commas_between_commas(path: Path, line: int) -> RecordingError:
    return RecordingError(
        "Commas separate the columns and mark decimals too. Save the file with semicolons between "
        "its columns, or with decimal points.",
        path=path,
        line=line,
    )


_POINTS: Final = re.compile(r"[-+]?\d{1,3}(\.\d{3})+,\d+")
_COMMAS: Final = re.compile(r"[-+]?\d{1,3}(,\d{3})+\.\d+")
"""Thousands in groups, which only what stands behind them tells from decimals."""
_DECIMALS: Final = re.compile(r"[-+]?\d+,\d+([eE][-+]?\d+)?$")
_SEPARATORS: Final = (b",", b";", b"\t")

_DATE: Final = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:"
_ZONE: Final = r"(Z|[-+]\d{2}:?\d{2})$"
_BEGINS_AS_NUMBER: Final = r"[-+]?[.,]?\d"
_MOST_FOOTER: Final = 10  # lines
_MOST_SHOWN: Final = 40
_ROWS_LOOKED_AT: Final = 200

_COMMA_TIME: Final = re.compile(rb"(\d{1,2}:\d{1,2}:\d{1,2}),(\d{1,9})(?=,|$)")
_WHOLE: Final = re.compile(rb"\s*[-+]?\d+")
_MOST_PLACES: Final = 512
"""Cells of a row in which decimals are looked for; people write no more by hand."""
