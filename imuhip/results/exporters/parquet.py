"""Parquet as `imuhip analyze` has it, with unit and meaning of each column beside it."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from imuhip.results.column_words import column_words
from imuhip.results.exporters.material import FileWriter, Format, Material, named_files
from imuhip.results.exporters.spreadsheets import TABLES

METADATA_KEY: Final = b"imuhip"
"""Key of the file's metadata that holds what the table came from, as JSON."""


def described(table: pa.Table, session: dict[str, Any]) -> pa.Table:
    """The table with ``unit`` and ``description`` on each column, and what it came from."""
    schema = pa.schema(
        [
            field.with_metadata({"unit": words.unit, "description": words.words})
            for field in table.schema
            for words in (column_words(field.name),)
        ]
    )
    origin = {key: session.get(key) for key in _ORIGIN}
    return table.cast(schema).replace_schema_metadata({METADATA_KEY: json.dumps(origin)})


def _writer(name: str) -> FileWriter:
    def write(material: Material, path: Path) -> None:
        """Write one table; what is not known is NaN."""
        with ExitStack() as stack:
            writer = None
            for piece in material.pieces(name):
                table = described(piece, material.results.session)
                if writer is None:
                    writer = stack.enter_context(
                        pq.ParquetWriter(path, table.schema, compression="zstd")
                    )
                writer.write_table(table)

    return write


_ORIGIN: Final = ("recording", "recording_sha256", "athlete", "tester", "started", "analyzed_with")

PARQUET: Final = Format(
    named_files({f"{name}.parquet": _writer(name) for name in TABLES}),
    {".parquet": _writer("angles")},
    columns=("t",),
    sensors=False,
)
