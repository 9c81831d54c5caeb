"""CSV: as programs read it, and as a German spreadsheet does.

No bit is rounded: decimals are the shortest that give the number back. What is not known is an
empty field.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from imuhip.results.exporters.material import FileWriter, Format, Material, named_files

TABLES: Final = ("angles", "sensors", "repetitions", "sets")
"""Tables of the results that are exported."""


def write_csv(pieces: Iterable[pa.Table], path: Path) -> None:
    """Comma between the fields, decimal point."""
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    with path.open("wb") as file:
        _write(map(_plain, pieces), file, options)


def write_german_csv(pieces: Iterable[pa.Table], path: Path) -> None:
    """Semicolon between the fields, decimal comma, and a byte-order mark for Excel."""
    options = pyarrow.csv.WriteOptions(delimiter=";", quoting_style="needed")
    with path.open("wb") as file:
        file.write("\N{BYTE ORDER MARK}".encode())
        _write(map(_german, pieces), file, options)


def _write(pieces: Iterable[pa.Table], file: BinaryIO, options: pyarrow.csv.WriteOptions) -> None:
    """Write pieces of one table, its header once."""
    with ExitStack() as stack:
        writer = None
        for piece in pieces:
            if writer is None:
                writer = stack.enter_context(
                    pyarrow.csv.CSVWriter(file, piece.schema, write_options=options)
                )
            writer.write(piece)


def _german(table: pa.Table) -> pa.Table:
    """Numbers as texts with a decimal comma."""
    table = _plain(table)
    columns = [
        pc.replace_substring(column.cast(pa.string()), ".", ",")
        if pa.types.is_floating(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def _plain(table: pa.Table) -> pa.Table:
    """The table without NaN and dictionaries, which CSV does not know."""
    columns = []
    for column, field in zip(table.columns, table.schema, strict=True):
        if pa.types.is_floating(field.type):
            columns.append(pc.if_else(pc.is_nan(column), pa.scalar(None, field.type), column))
        elif pa.types.is_dictionary(field.type):
            columns.append(column.cast(field.type.value_type))
        else:
            columns.append(column)
    return pa.table(columns, names=table.column_names)


def _format(write: Callable[[Iterable[pa.Table], Path], None]) -> Format:
    """A format that writes each table by `write`."""

    def of(name: str) -> FileWriter:
        def write_table(material: Material, path: Path) -> None:
            """Write one table."""
            write(material.pieces(name), path)

        return write_table

    files = named_files({f"{name}.csv": of(name) for name in TABLES})
    return Format(files, {".csv": of("angles")}, columns=("t",), sensors=False)


CSV: Final = _format(write_csv)
GERMAN_CSV: Final = _format(write_german_csv)
