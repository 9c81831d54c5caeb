"""CSV: as programs read it, and as a German spreadsheet does.

No bit is rounded: decimals are the shortest that give the number back. What is not known is an
empty field.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from imuhip.results.exporters.material import FileWriter, Format, Material, named_files

TABLES: Final = ("angles", "sensors", "repetitions", "sets")
"""Tables of the results that are exported."""


def write_csv(table: pa.Table, path: Path) -> None:
    """Comma between the fields, decimal point."""
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    pyarrow.csv.write_csv(_plain(table), path, options)


def write_german_csv(table: pa.Table, path: Path) -> None:
    """Semicolon between the fields, decimal comma, and a byte-order mark for Excel."""
    columns = [
        pc.replace_substring(column.cast(pa.string()), ".", ",")
        if pa.types.is_floating(column.type)
        else column
        for column in _plain(table).columns
    ]
    options = pyarrow.csv.WriteOptions(delimiter=";", quoting_style="needed")
    with path.open("wb") as file:
        file.write("\N{BYTE ORDER MARK}".encode())
        pyarrow.csv.write_csv(pa.table(columns, names=table.column_names), file, options)


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


def _format(write: Callable[[pa.Table, Path], None]) -> Format:
    """A format that writes each table by `write`."""

    def of(name: str) -> FileWriter:
        def write_table(material: Material, path: Path) -> None:
            """Write one table."""
            write(getattr(material.results, name), path)

        return write_table

    return Format(named_files({f"{name}.csv": of(name) for name in TABLES}), {".csv": of("angles")})


CSV: Final = _format(write_csv)
GERMAN_CSV: Final = _format(write_german_csv)
