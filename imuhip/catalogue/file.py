"""The catalogue as a SQLite file: made whole, looked at before it is opened, copied before changes.

Nothing here writes to a file that is not a sound catalogue of a version that is known.
"""

import os
import sqlite3
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from imuhip.core.errors import CatalogueError
from imuhip.core.files import FILE_MODE, make_folder, reason, temporary_beside

APPLICATION_ID: Final = 0x494D5548
"""``IMUH``: bytes 68 to 71 of a catalogue's file, where SQLite keeps whose file it is."""


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` unless another process was there first."""
    make_folder(path.parent)
    temporary = temporary_beside(path)
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))
        yield temporary
        _publish(temporary, path)
    except OSError as error:
        raise CatalogueError(f"cannot be made: {reason(error)}", path=path) from error
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)


def _publish(temporary: Path, path: Path) -> None:
    """Give a finished file its name; one that is there already stays."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links; here a rename must do
        if not path.exists():
            temporary.rename(path)


def looked_at(path: Path, version_table: str) -> str:
    """Return the version of the catalogue at `path`, having changed nothing.

    A file that another process is just writing may look torn for a moment, so a doubt is looked
    at again until `PATIENCE_S` have gone by.

    Raises
    ------
    CatalogueError
        When it is no catalogue, is cut short, or is damaged.
    """
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return _look(path, version_table)
        except CatalogueError:
            if not _in_use(path) or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _look(path: Path, version_table: str) -> str:
    """Look once."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise CatalogueError(f"cannot be read: {reason(error)}", path=path) from error
    if not head[:16] == _MAGIC[: len(head[:16])] or (size >= 100 and _field(head, 68) != _OURS):
        raise CatalogueError(
            "This file is no catalogue; it was not touched. Name another with --catalogue.",
            path=path,
        )
    if size < 100 or (not _in_use(path) and size < _page_size(head) * _field(head, 28)):
        whole = _page_size(head) * _field(head, 28) if size >= 100 else 0
        expected = f"of {whole:,} bytes" if whole else "of more bytes"
        raise CatalogueError(f"cut short: {expected}, only {size:,} are there; {MEND}", path=path)
    try:
        with closing(_read_only(path)) as connection:
            _refuse_programs(connection, path)
            if size <= CHECKED_BYTES:
                _refuse_damage(connection, path)
            rows = connection.execute(f"SELECT version_num FROM {version_table}").fetchall()  # noqa: S608 - our own constant
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    if len(rows) != 1:
        raise CatalogueError(f"damaged (its version is missing); {MEND}", path=path)
    return str(rows[0][0])


def check(path: Path) -> None:
    """Read the whole file; CatalogueError where anything in it is damaged."""
    try:
        with closing(_read_only(path)) as connection:
            _refuse_programs(connection, path)
            _refuse_damage(connection, path)
            loose = connection.execute("PRAGMA foreign_key_check").fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    if loose:
        raise CatalogueError(f"damaged ({len(loose)} rows belong to nothing); {MEND}", path=path)


def back_up(path: Path, version: str) -> Path:
    """Copy the catalogue beside itself before it is changed; return the copy."""
    target = path.with_name(f"{path.name}.version-{version}.backup")
    with new_file_replacing(target) as temporary, closing(sqlite3.connect(temporary)) as copy:
        with closing(sqlite3.connect(path)) as source:
            source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    return target


@contextmanager
def new_file_replacing(target: Path) -> Iterator[Path]:
    """Yield a temporary path, the owner's alone, that takes the place of `target`."""
    temporary = temporary_beside(target)
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))
        yield temporary
        temporary.replace(target)
    except OSError as error:
        raise CatalogueError(f"cannot be written: {reason(error)}", path=target) from error
    finally:
        temporary.unlink(missing_ok=True)


def backups(path: Path) -> tuple[Path, ...]:
    """Copies that `back_up` made of a catalogue."""
    return tuple(sorted(path.parent.glob(f"{path.name}.version-*.backup")))


def _refuse_damage(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _damaged(path, str(found))


def _refuse_programs(connection: sqlite3.Connection, path: Path) -> None:
    """Raise CatalogueError where the file holds more than tables and indexes.

    A view may compute for ever, a trigger change what nobody asked for; ours has neither.
    """
    connection.execute("PRAGMA trusted_schema=OFF")
    found = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE type NOT IN ('table', 'index') "
        "OR (type = 'table' AND sql LIKE 'CREATE VIRTUAL%') LIMIT 1"
    ).fetchone()
    if found is not None:
        kind = "virtual table" if found[0] == "table" else found[0]
        raise CatalogueError(
            f"The file holds a {kind} ({str(found[1])[:40]!r}), which no catalogue does. It was "
            "not touched. Use a catalogue that imuhip made.",
            path=path,
        )


def _damaged(path: Path, what: str) -> CatalogueError:
    return CatalogueError(f"damaged ({what}); {MEND}", path=path)


def _read_only(path: Path) -> sqlite3.Connection:
    """Open it so that nothing is written, not even beside it.

    While nobody else has it open there is no log to read, and SQLite must not make one.
    """
    mode = "mode=ro" if _in_use(path) else "mode=ro&immutable=1"
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?{mode}", uri=True)


def _in_use(path: Path) -> bool:
    """Whether another process has it open, or a crash has left its log."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except OSError:
        return False


def _field(head: bytes, offset: int) -> int:
    value: int = struct.unpack_from(">I", head, offset)[0]
    return value


def _page_size(head: bytes) -> int:
    size: int = struct.unpack_from(">H", head, 16)[0]
    return 65536 if size == 1 else size


CHECKED_BYTES: Final = 16 * 1024 * 1024
"""Up to this size the whole file is checked at every opening; beyond it would be felt."""

PATIENCE_S: Final = 2.0
"""Longer than any other process takes to bring its log into the file."""

MEND: Final = (
    "it was not touched. Move it away and run imuhip catalogue rebuild: recordings, results and "
    "the entries file beside it give everything back"
)

_MAGIC: Final = b"SQLite format 3\x00"
_OURS: Final = APPLICATION_ID
