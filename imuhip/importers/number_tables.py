"""Tables of numbers in text or Parquet files, read exactly: as Python's ``float()`` reads them.

The quick way is Arrow's reader. Whatever it does not take, or gives as no finite number, is read
again slowly, line by line, which finds the place or a spelling that Arrow does not know.
"""

import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from imuhip.core.errors import RecordingError
from imuhip.core.files import reason
from imuhip.core.records import Array, BoolArray, IntArray


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
    """

    path: Path
    columns: dict[str, Array]
    line: IntArray
    dropped: int
    notes: tuple[str, ...] = ()


def read_text_table(
    path: Path,
    check_names: Callable[[Sequence[str]], None],
    *,
    drop_invalid: bool = False,
    text: bytes | None = None,
    lines_before: int = 0,
    blank_columns: Sequence[str] = (),
) -> NumberTable:
    """Read a table with a line of names on top, separated by commas, semicolons or tabs.

    Parameters
    ----------
    check_names
        Called with the names before the numbers are read; raises what is wrong with them.
    drop_invalid
        Leave out rows with a value that is no finite number, instead of refusing the file.
    text, lines_before
        The file's text where part of it has been taken off already, and how many lines that was.
    blank_columns
        Columns that are not read, whatever they hold.

    Raises
    ------
    RecordingError
        With line, column and what came.
    """
    text = read_text(path) if text is None else text
    head, _, body = text.partition(b"\n")
    lines_before += 1
    while not head.strip() and body:
        head, _, body = body.partition(b"\n")
        lines_before += 1
    separator = max(_SEPARATORS, key=head.count)
    names = [name.strip().strip('"').strip() for name in head.decode().split(separator.decode())]
    check_names(names)
    comma = separator != b"," and b"," in body
    body = body.rstrip(b"\n")
    sheet = _Sheet(path, names, separator.decode(), comma, body, lines_before, set(blank_columns))
    return sheet.quick() or sheet.slow(drop_invalid=drop_invalid)


def read_parquet_table(
    path: Path, check_names: Callable[[Sequence[str]], None], *, drop_invalid: bool = False
) -> NumberTable:
    """Read a Parquet file of numbers; arguments and errors as in `read_text_table`."""
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise RecordingError(f"is no readable Parquet file: {error}", path=path) from error
    check_names(table.schema.names)
    columns = {}
    for name in table.schema.names:
        try:
            columns[name] = table[name].cast(pa.float64()).to_numpy()  # null becomes NaN
        except pa.ArrowException as error:
            raise RecordingError(
                f"the column {name} should hold numbers, and holds {table[name].type}", path=path
            ) from error
    line = np.arange(1, len(table) + 1)
    finite = _finite(columns)
    if not finite.all() and not drop_invalid:
        row = int(np.argmin(finite))
        name = next(name for name in columns if not math.isfinite(columns[name][row]))
        raise _no_number(path, row + 1, name, f"{columns[name][row]}")
    columns = {name: np.ascontiguousarray(values[finite]) for name, values in columns.items()}
    return NumberTable(path, columns, line[finite], int(np.count_nonzero(~finite)))


def read_text(path: Path) -> bytes:
    """Return a text file as UTF-8 with bare line feeds, or say what it is instead."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordingError(f"cannot be read: {reason(error)}", path=path) from error
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            encoding_used = encoding
            break
    else:
        encoding_used = "utf-8"
    try:
        if encoding_used != "utf-8":
            data = data.decode(encoding_used).encode()
        else:
            data.decode()
    except UnicodeError as error:
        odd = [name for sign, name in _ODD_ENCODINGS if sign in data[:4096]]
        if not odd:
            raise RecordingError("is no text in UTF-8; save it as CSV UTF-8", path=path) from error
        data = data.decode(odd[0], errors="replace").encode()
    if b"\0" in data:
        raise RecordingError("is no text, for it holds zero bytes; save it as CSV", path=path)
    if not data.strip():
        raise RecordingError("the file is empty; a line of column names was expected", path=path)
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


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

    def quick(self) -> NumberTable | None:
        """Read by Arrow; None if it finds anything that is no finite number."""
        if not self.body.strip() or b"\n\n" in self.body or self.body.startswith(b"\n"):
            return None
        wanted = [name for name in self.names if name not in self.blank]
        try:
            table = pa_csv.read_csv(
                pa.BufferReader(self.body),
                read_options=pa_csv.ReadOptions(column_names=self.names),
                parse_options=pa_csv.ParseOptions(delimiter=self.separator),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(wanted, pa.float64()),
                    include_columns=wanted,
                    null_values=[],
                    decimal_point="," if self.comma else ".",
                ),
            )
        except pa.ArrowInvalid:
            return None
        columns = {name: table[name].to_numpy() for name in wanted}
        if not _finite(columns).all():
            return None
        line = np.arange(len(table)) + self.lines_before + 1
        return NumberTable(self.path, columns, line, 0)

    def slow(self, *, drop_invalid: bool) -> NumberTable:
        """Read line by line, and say where something is wrong."""
        rows: list[list[float]] = []
        lines: list[int] = []
        dropped = 0
        reader = csv.reader(io.StringIO(self.body.decode()), delimiter=self.separator)
        try:
            for cells in reader:
                if not any(cell.strip() for cell in cells) and len(cells) < 2:  # a blank line
                    continue
                line = reader.line_num + self.lines_before
                if self.separator == "," and len(cells) == 2 * len(self.names):
                    raise _decimal_commas(self.path, line)
                if len(cells) != len(self.names):
                    raise RecordingError(
                        f"{len(self.names)} columns were expected, {len(cells)} came; mend or "
                        "remove the line (a line that is missing becomes a gap)",
                        path=self.path,
                        line=line,
                    )
                values = self._values(cells, line, drop_invalid=drop_invalid)
                if values is None:
                    dropped += 1
                else:
                    rows.append(values)
                    lines.append(line)
        except csv.Error as error:
            line = reader.line_num + self.lines_before
            raise RecordingError(f"is no CSV: {error}", path=self.path, line=line) from error
        wanted = [name for name in self.names if name not in self.blank]
        array = np.array(rows, dtype=np.float64).reshape(len(rows), len(wanted))
        columns = {name: np.ascontiguousarray(array[:, i]) for i, name in enumerate(wanted)}
        return NumberTable(self.path, columns, np.array(lines, dtype=np.int64), dropped)

    def _values(self, cells: list[str], line: int, *, drop_invalid: bool) -> list[float] | None:
        """Return the numbers of a line; None if one is not finite and such rows are left out."""
        values = []
        for name, cell in zip(self.names, cells, strict=True):
            if name in self.blank:
                continue
            value = self._number(cell.strip())
            if not math.isfinite(value):
                if self.separator == "," and _DECIMALS.match(cell.strip()):
                    raise _decimal_commas(self.path, line)
                if drop_invalid:
                    return None
                raise _no_number(self.path, line, name, repr(cell.strip()[:40]))
            values.append(value)
        return values

    def _number(self, cell: str) -> float:
        """Return the number in a cell; NaN if it holds none."""
        if "_" in cell or (self.comma and "." in cell):  # Python's own spelling; a thousands point
            return math.nan
        try:
            return float(cell.replace(",", ".") if self.comma else cell)
        except ValueError:
            return math.nan


def _finite(columns: dict[str, Array]) -> BoolArray:
    """Whether each row is finite throughout."""
    finite: BoolArray = np.logical_and.reduce([np.isfinite(v) for v in columns.values()])
    return finite


def _no_number(path: Path, line: int, name: str, came: str) -> RecordingError:
    came = "an empty cell" if came == "''" else came
    return RecordingError(
        f"column {name}: a finite number was expected, {came} came; remove the row, or import "
        "with --drop-invalid, and it becomes a gap",
        path=path,
        line=line,
    )


def _decimal_commas(path: Path, line: int) -> RecordingError:
    return RecordingError(
        "these are decimal commas between commas: save the file with semicolons between its "
        "columns, or with decimal points",
        path=path,
        line=line,
    )


_DECIMALS: Final = re.compile(r"[-+]?\d+,\d+([eE][-+]?\d+)?$")
_SEPARATORS: Final = (b",", b";", b"\t")

_BYTE_ORDER_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

_ODD_ENCODINGS: Final = ((b"Chip Time()", "gb18030"), (b"DeviceTag:", "latin-1"))
"""What a file's head holds, and the encoding that its maker's program may have written."""
