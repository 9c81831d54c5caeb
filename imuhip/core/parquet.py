"""Parquet files from anywhere, opened so that a small file cannot ask for a large memory.

A page of a thousand equal values takes a few bytes, so a megabyte can hold hundreds of millions of
rows. Numbers that were measured do not compress like that.
"""

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from imuhip.core.errors import RecordingError
from imuhip.core.files import refuse_special

MAX_COLUMNS: Final = 4096
"""Motion laboratories write some hundred."""

FREE_ROWS: Final = 100_000
"""So many rows may a file have whatever its size: a quarter of an hour of a sensor at rest."""

ROWS_A_BYTE: Final = 1
"""Rows that more have to take: six measured numbers and a time take twenty bytes and more."""


def open_parquet(path: Path, free_cells: int = 0) -> pq.ParquetFile:
    """Open a Parquet file; nothing of it is read yet but what it says of itself.

    Parameters
    ----------
    free_cells
        So many cells may it have whatever its size, besides.

    Raises
    ------
    RecordingError
        If it is no file, or holds more columns or rows than its size allows.
    OSError, pyarrow.ArrowException
        If it cannot be read.
    """
    refuse_special(path)
    # Reading ahead is for files that are far away, and holds what was read twice.
    file = pq.ParquetFile(path, pre_buffer=False)
    about = file.metadata
    size = path.stat().st_size
    if about.num_columns > MAX_COLUMNS:
        file.close()
        raise RecordingError(
            f"it holds {about.num_columns} columns, and at most {MAX_COLUMNS} are read", path=path
        )
    rows = sum(about.row_group(i).num_rows for i in range(about.num_row_groups))
    most = max(FREE_ROWS + ROWS_A_BYTE * size, free_cells // max(about.num_columns, 1))
    if max(rows, about.num_rows) > most:
        file.close()
        raise RecordingError(
            f"{size} bytes that hold {about.num_rows} rows are no measurement; the file is not "
            "read",
            path=path,
        )
    return file


def is_number(kind: pa.DataType) -> bool:
    """Whether a column of this type holds numbers."""
    return bool(
        pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)
    )
