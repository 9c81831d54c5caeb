"""What people enter: saved, with a copy that outlives a damaged catalogue.

Beside a SQLite catalogue lies ``<name>.entries.json`` with all that no recording can give back. It
is written anew after every entry, under the writer's lock, so that it holds the latest state
whoever wrote it. A catalogue that is made anew begins with it.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, inspect, select
from sqlalchemy.orm import Session as Db

from imuhip.catalogue.file import new_file_replacing
from imuhip.catalogue.tables import ENTERED, Base, UtcTime, utc_text
from imuhip.core.errors import CatalogueError
from imuhip.core.files import reason

FORMAT = 1
"""Version of the entries file."""


def entries_path(catalogue: Path) -> Path:
    """Return where the entries of a SQLite catalogue are kept."""
    return catalogue.with_name(f"{catalogue.name}.entries.json")


def entries(db: Db) -> dict[str, Any]:
    """Return all that was entered, table by table."""
    tables = {
        model.__tablename__: [
            _plain(row) for row in db.scalars(select(model).order_by(*_key(model)))
        ]
        for model in ENTERED
    }
    return {"format": FORMAT, "tables": tables}


def save_entries(db: Db, path: Path) -> None:
    """Write all that was entered into a file, the owner's alone."""
    text = json.dumps(entries(db), ensure_ascii=False, indent=1)
    with new_file_replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def restore_entries(db: Db, path: Path) -> int:
    """Fill the tables of a new catalogue from such a file; return how many rows.

    Raises
    ------
    CatalogueError
        When the file makes no sense, or something was entered already.
    """
    content = _read(path)
    if any(db.scalar(select(func.count()).select_from(model)) for model in ENTERED):
        raise CatalogueError(
            "Entries can be loaded into an empty catalogue only, and this one has some. "
            "Nothing was changed.",
            path=path,
        )
    count = 0
    try:
        for model in ENTERED:
            rows = [_row(model, row) for row in content["tables"].get(model.__tablename__, [])]
            if rows:
                db.execute(insert(model), rows)
            count += len(rows)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CatalogueError(f"These are no entries of a catalogue: {error}", path=path) from error
    return count


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueError(f"cannot be read: {reason(error)}", path=path) from error
    except ValueError as error:
        raise CatalogueError(f"These are no entries of a catalogue: {error}", path=path) from error
    if not isinstance(content, dict) or "tables" not in content:
        raise CatalogueError("These are no entries of a catalogue.", path=path)
    if content.get("format") != FORMAT:
        raise CatalogueError(
            f"The entries have format {content.get('format')}; this imuhip reads {FORMAT}. "
            "Install the imuhip that wrote them.",
            path=path,
        )
    return content


def _key(model: type[Base]) -> Any:
    return inspect(model).primary_key


def _plain(row: Base) -> dict[str, Any]:
    values = ((column.name, getattr(row, column.name)) for column in row.__table__.columns)
    return {name: utc_text(v) if isinstance(v, datetime) else v for name, v in values}


def _row(model: type[Base], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the file as the table takes it."""
    columns = model.__table__.columns
    return {
        column.name: datetime.fromisoformat(row[column.name])
        if isinstance(column.type, UtcTime) and row[column.name] is not None
        else row[column.name]
        for column in columns
        if column.name in row or not column.nullable  # an older imuhip's rows have fewer columns
    }
