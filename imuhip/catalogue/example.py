"""The athletes that ship as an example: unpacked once, into a catalogue of their own.

They are simulated (`recordings/README.md`). The user's own catalogue never holds them.
"""

import shutil
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Final

import platformdirs
from sqlalchemy import func, update

from imuhip.catalogue.store import Store
from imuhip.catalogue.tables import AnalysisRow, SessionRow
from imuhip.core.errors import CatalogueError
from imuhip.core.files import make_folder
from imuhip.core.resources import shipped_file


def example_catalogue(folder: Path | None = None) -> Path:
    """Return the path of the example's catalogue; it is unpacked when it is first asked for.

    Parameters
    ----------
    folder
        Where it is kept; the user's cache without one.

    Raises
    ------
    CatalogueError
        When the disk refuses.
    """
    archive = shipped_file(ARCHIVE)
    # Named after its content: a newer version of imuhip brings athletes of its own.
    digest = sha256(archive.read_bytes()).hexdigest()[:_DIGITS]
    home = (folder or platformdirs.user_cache_path("imuhip")) / f"example-{digest}"
    if not (home / CATALOGUE).exists():
        try:
            _unpack(archive, home)
        except (OSError, tarfile.TarError) as error:
            raise CatalogueError(
                f"the example cannot be unpacked: {error}; make room, or allow writing there",
                path=home,
            ) from error
    return home / CATALOGUE


def portable(catalogue: Path, folder: Path) -> None:
    """Let a catalogue name its files as below `HERE` in place of `folder`."""
    _move(catalogue, folder.resolve().as_posix(), HERE)


def _unpack(archive: Path, home: Path) -> None:
    """Unpack beside the place, then move there: whoever finds it, finds it whole."""
    make_folder(home.parent)
    making = Path(tempfile.mkdtemp(prefix=".example-", dir=home.parent))
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(making, filter="data")
        _move(making / CATALOGUE, HERE, home.resolve().as_posix())
        try:
            making.rename(home)
        except OSError:
            if not (home / CATALOGUE).exists():  # another process was as quick, and that is fine
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _move(catalogue: Path, old: str, new: str) -> None:
    """Let the rows of a catalogue name files below another folder."""
    store = Store(catalogue)
    if store.backup is not None:  # of a copy nobody needs another
        store.backup.unlink()
    try:
        with store.writing() as db:
            for column in (SessionRow.recording, AnalysisRow.results):
                moved = {column: func.replace(column, f"{old}/", f"{new}/")}
                db.execute(update(column.class_).where(column.startswith(f"{old}/")).values(moved))
    finally:
        store.close()


ARCHIVE: Final = "example_athletes.tar.xz"
CATALOGUE: Final = "catalogue.sqlite"

HERE: Final = "/example"
"""Stands in the archive for the folder it is unpacked into."""

_DIGITS: Final = 8
