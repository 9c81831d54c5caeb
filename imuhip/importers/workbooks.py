"""Spreadsheets: every sheet of an Excel workbook as the text that the program would save of it."""

import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from imuhip.core.errors import RecordingError
from imuhip.core.extras import need
from imuhip.core.files import refuse_special
from imuhip.importers.archives import BROKEN_ZIP

WORKBOOKS: Final = (".xlsx", ".xlsm")


def sheets_of(path: Path) -> list[tuple[str, bytes]]:
    """Return name and text of every sheet that holds something; needs openpyxl, the extra ``lab``.

    Cells are separated by tabs; numbers have every digit, dates and times are ISO 8601.

    Raises
    ------
    RecordingError
        If the file is no workbook, or is larger than any recording.
    """
    refuse_special(path)
    openpyxl = need("openpyxl")
    _refuse_large(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            sheets = [(sheet.title, _text(sheet, path)) for sheet in book.worksheets]
        finally:
            book.close()
    except RecordingError:
        raise
    except Exception as error:  # whatever the file makes openpyxl run into
        raise RecordingError(_NO_WORKBOOK, path=path) from error
    return [(name, text) for name, text in sheets if text.strip()]


def _refuse_large(path: Path) -> None:
    """Raise RecordingError unless what the workbook holds, unpacked, can be read in good time."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (OSError, *BROKEN_ZIP) as error:
        raise RecordingError(_NO_WORKBOOK, path=path) from error
    beside = sum(part.file_size for part in parts if "worksheets/" not in part.filename)
    if sum(part.file_size for part in parts) > _MOST_BYTES or beside > _MOST_BYTES_BESIDE:
        raise RecordingError("The workbook is too large. Save its sheets as CSV.", path=path)


def _text(sheet: Any, path: Path) -> bytes:
    """Return a sheet as text, without empty rows and without empty cells at the ends of rows."""
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    cells = 0
    lines: list[str] = []
    for row in map(list, sheet.iter_rows(values_only=True)):
        cells += len(row)
        if cells > _MOST_CELLS:
            raise RecordingError("The workbook is too large. Save its sheets as CSV.", path=path)
        while row and row[-1] is None:
            row.pop()
        if row:
            lines.append("\t".join(_cell(value) for value in row))
    return "\n".join(lines).encode() + b"\n"


def _cell(value: Any) -> str:
    """Return a cell's text: numbers to the last digit, times as ISO 8601, words on one line."""
    if value is None:
        return ""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return repr(value.total_seconds())
    if isinstance(value, str):
        return " ".join(value.split())
    return repr(value)


_NO_WORKBOOK: Final = "The file cannot be read as an Excel workbook. Save its sheet as CSV."
_MOST_BYTES: Final = 1 << 30
_MOST_BYTES_BESIDE: Final = 64 << 20
"""Texts and formats, which are held in memory; a sensor's file has few."""
_MOST_CELLS: Final = 50_000_000
