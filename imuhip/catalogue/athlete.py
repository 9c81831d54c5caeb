"""Everything of one athlete: as a folder to hand over, or gone.

A file is an athlete's when its bytes are those of a recording filed under the athlete, when its own
header names the athlete and nobody said otherwise, or when it is the result of such a recording.
Nothing else is removed, whatever the catalogue says lies at a path, and no link is followed.
"""

import csv
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Db

from imuhip.batch.dataset import partition_of
from imuhip.catalogue import file as catalogue_file
from imuhip.catalogue import queries
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.library import PART_SUFFIX, RECORDINGS, RESULTS, is_partial, look_in
from imuhip.catalogue.rows import rows
from imuhip.catalogue.tables import (
    AnalysisRow,
    AthleteRow,
    ConsentRow,
    EntryRow,
    ExclusionRow,
    GoalRow,
    MeasureRow,
    NoteRow,
    QuantityRow,
    SessionRow,
    SquadRow,
    TagRow,
)
from imuhip.core.errors import RecordingError
from imuhip.core.files import FolderInTheMaking, reason
from imuhip.core.visible import as_cell
from imuhip.recording.reader import RecordingReader
from imuhip.recording.summary import sha256_of
from imuhip.results.schemas import SESSION_FILE, read_json

EXPORT_FILE: Final = "athlete.json"
"""A folder that has it is an export of ours."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What there is of an athlete.

    Parameters
    ----------
    athlete
        The id.
    recordings, results, partitions
        Files, result folders, and folders of a batch's data set that are the athlete's, and none
        but the athlete's.
    backups
        Copies of an older catalogue, which hold the athlete too.
    rows
        Table to the number of its rows.
    left
        What looks as if it were the athlete's and is not touched, each with the reason.
    """

    athlete: str
    recordings: tuple[Path, ...]
    results: tuple[Path, ...]
    partitions: tuple[Path, ...]
    backups: tuple[Path, ...]
    rows: Mapping[str, int]
    left: tuple[tuple[Path, str], ...]


def holdings(catalogue: Catalogue, athlete: str, folders: Iterable[Path] = ()) -> Holdings:
    """Find everything of an athlete; nothing is changed.

    Parameters
    ----------
    catalogue
        An open one.
    athlete
        An id.
    folders
        Trees to look through, beside the library and the folders of files that are filed.

    Raises
    ------
    CatalogueError
        When there is no such athlete.
    """
    with catalogue.store.reading() as db:
        queries.known(db, athlete)
        search = _Search(db, athlete)
        counts = {name: len(found) for name, found in rows(db, athlete).items()}
    library = [catalogue.library / name for name in (RECORDINGS, RESULTS)]
    search.trees([*(place for place in library if not place.is_symlink()), *folders])
    search.filed()
    path = catalogue.store.path
    return Holdings(
        athlete,
        tuple(sorted(search.recordings)),
        tuple(sorted(search.results)),
        tuple(sorted(search.partitions)),
        catalogue_file.backups(path) if path else (),
        counts,
        tuple(sorted(search.left.items())),
    )


class _Search:
    """What was found of an athlete so far."""

    def __init__(self, db: Db, athlete: str) -> None:
        self._athlete = athlete
        owners = {row.session: row.athlete for row in db.scalars(select(EntryRow)) if row.athlete}
        sessions = db.scalars(select(SessionRow)).all()
        self._owner = owners | {row.id: row.athlete for row in sessions}
        mine = [row for row in sessions if row.athlete == athlete]
        self._filed = {Path(row.recording) for row in mine}
        places = select(AnalysisRow.results).where(
            AnalysisRow.session.in_([row.id for row in mine]), AnalysisRow.results.is_not(None)
        )
        self._made = {Path(path or "") for path in db.scalars(places)}
        self.recordings: set[Path] = set()
        self.results: set[Path] = set()
        self.partitions: set[Path] = set()
        self.left: dict[Path, str] = {}

    def trees(self, folders: Iterable[Path]) -> None:
        """Look through whole trees."""
        found = look_in(folders)
        for path in (*found.recordings, *found.unfinished):
            if self._is_mine(path):
                self.recordings.add(path)
        self.results |= {path for path in found.results if self._are_mine(path)}
        self.results |= {path for path in found.partial if self._were_mine(path)}
        for dataset in found.datasets:
            mine = dataset.glob(f"*/{partition_of(self._athlete)}")
            self.partitions |= {p for p in mine if p.is_dir() and p.resolve() == p}

    def filed(self) -> None:
        """Look at what the catalogue names, and beside it."""
        for path in sorted(self._filed | self._made):
            if path in self.recordings | self.results or not _is_there(path):
                continue
            if path.resolve() != path:
                self.left[path] = "it is reached through a link"
            elif path in self._filed and path.is_file() and self._is_mine(path):
                self.recordings.add(path)
            elif path in self._made and path.is_dir() and self._are_mine(path):
                self.results.add(path)
            else:
                self.left[path] = "it is no longer what was filed"
        for place in sorted({path.parent for path in self._made}):
            partial = place.glob(f".*{PART_SUFFIX}")
            self.results |= {p for p in partial if is_partial(p) and self._were_mine(p)}
        for folder in sorted({path.parent for path in self.recordings}):
            for path in sorted(folder.glob("*.mcap")):
                if path.is_file() and not path.is_symlink() and self._is_mine(path):
                    self.recordings.add(path)

    def _is_mine(self, path: Path) -> bool:
        """Whether a recording is the athlete's: by what was said of its bytes, else by itself."""
        try:
            owner = self._owner.get(sha256_of(path)) if self._owner else None
            return (owner or RecordingReader(path).header.athlete) == self._athlete
        except RecordingError:
            return False

    def _are_mine(self, folder: Path) -> bool:
        """Whether results are the athlete's: of a recording that is, or naming the athlete."""
        try:
            about = read_json(folder / SESSION_FILE, as_written=False)
            owner = self._owner.get(about.get("recording_sha256"))
            return bool((owner or about.get("athlete")) == self._athlete)
        except (RecordingError, AttributeError, TypeError):
            return False

    def _were_mine(self, folder: Path) -> bool:
        """Whether a folder that an ended analysis left is the athlete's.

        It says so itself, or lies where results of a recording of the athlete's go.
        """
        if self._are_mine(folder):
            return True
        for made in (*self._made, *self.results):
            if made.parent == folder.parent and folder.name.startswith(f".{made.name}."):
                return True
        sha = folder.parent.name.rpartition("-")[2]
        owners = {owner for key, owner in self._owner.items() if len(sha) == 8 and key[:8] == sha}
        return owners == {self._athlete}


# --- handing over --------------------------------------------------------------------------------


def export_athlete(
    catalogue: Catalogue, athlete: str, target: Path, folders: Iterable[Path] = ()
) -> Holdings:
    """Copy everything of an athlete into a folder, whole or not at all; return what is in it.

    Raises
    ------
    CatalogueError
        When there is no such athlete.
    RecordingError
        When the folder holds other things, or the disk refuses.
    """
    found = holdings(catalogue, athlete, folders)
    with catalogue.store.reading() as db:
        tables = rows(db, athlete)
    folder = FolderInTheMaking(Path(target), ours=EXPORT_FILE)
    try:
        _write_tables(folder.path, tables)
        names = _copied(folder.path, found)
        content = {
            "athlete": athlete,
            "exported": datetime.now(UTC).isoformat(timespec="seconds"),
            "tables": tables,
            "files": names,
        }
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (folder.path / EXPORT_FILE).write_text(text + "\n", encoding="utf-8")
        readme = _readme(athlete, tables, found)
        (folder.path / "README.txt").write_text(readme, encoding="utf-8")
        folder.commit()
    except OSError as error:
        raise RecordingError(f"cannot be written: {reason(error)}", path=Path(target)) from error
    finally:
        folder.discard()
    return found


def _write_tables(folder: Path, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """A CSV for each table that has rows."""
    (folder / "tables").mkdir()
    for name, found in tables.items():
        if found:
            with (folder / "tables" / f"{name}.csv").open(
                "w", encoding="utf-8", newline=""
            ) as file:
                writer = csv.DictWriter(file, list(found[0]))
                writer.writeheader()
                writer.writerows(
                    {key: as_cell(value) for key, value in row.items()} for row in found
                )


def _copied(folder: Path, found: Holdings) -> dict[str, str]:
    """Copy files; return where each came from."""
    origin: dict[str, str] = {}
    for kind, paths in (
        (RECORDINGS, found.recordings),
        (RESULTS, found.results),
        ("batches", found.partitions),
    ):
        if not paths:
            continue
        (folder / kind).mkdir()
        for path in paths:
            target = _free(folder / kind / (path.name if kind == RECORDINGS else _label(path)))
            origin[target.relative_to(folder).as_posix()] = str(path)
            if path.is_dir():
                target.mkdir()
                for file in _files(path):
                    shutil.copyfile(file, target / file.name, follow_symlinks=False)
            else:
                shutil.copyfile(path, target, follow_symlinks=False)
    return origin


def _label(results: Path) -> str:
    """A name for results: those of a library are named by the recording and the version."""
    inside = results.parent.parent.name == RESULTS or results.name.startswith("athlete=")
    return f"{results.parent.name}_{results.name}" if inside else results.name


def _free(path: Path) -> Path:
    """A name that is not taken yet."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}_{number}{path.suffix}")
    return free


def _readme(athlete: str, tables: Mapping[str, Sequence[Any]], found: Holdings) -> str:
    sizes = "\n".join(f"  tables/{name}.csv: {len(r)} rows" for name, r in tables.items() if r)
    return _README.format(
        athlete=athlete, sizes=sizes, recordings=len(found.recordings), results=len(found.results)
    )


# --- removing ------------------------------------------------------------------------------------


def delete_athlete(catalogue: Catalogue, found: Holdings) -> tuple[tuple[Path, str], ...]:
    """Remove what `holdings` found: files first, then every row; return what was left, and why.

    Files come first: were it interrupted between, the rows would still say whose the rest is.
    """
    left = dict(found.left)
    for path in found.recordings:
        _remove(path, left)
    for folder in (*found.results, *found.partitions):
        for file in _files(folder):
            _remove(file, left)
        _prune(folder, left)
    with catalogue.entering() as db:
        _remove_rows(db, found.athlete)
    for path in found.backups:
        _remove(path, left)
    if not catalogue.store.scrub() and catalogue.store.path:
        left[catalogue.store.path] = (
            "another program has the catalogue open, so what was deleted may still stand in its "
            "log; close the program and run imuhip catalogue check"
        )
    return tuple(sorted(left.items()))


def _remove(path: Path, left: dict[Path, str]) -> None:
    """Remove a regular file at its own place; anything else is left."""
    try:
        if path.is_symlink() or not path.is_file() or path.resolve() != path:
            if _is_there(path):
                left[path] = "it is reached through a link, or no file"
            return
        path.unlink()
    except OSError as error:
        left[path] = reason(error)


def _prune(folder: Path, left: dict[Path, str]) -> None:
    """Remove a folder that is empty now, and the library's folder of that recording with it."""
    others = sorted(entry.name for entry in folder.iterdir())
    if others:
        left[folder] = f"it also holds {', '.join(others)}"
        return
    folder.rmdir()
    if folder.parent.parent.name == RESULTS and not any(folder.parent.iterdir()):
        folder.parent.rmdir()


def _remove_rows(db: Db, athlete: str) -> None:
    """Remove every row of an athlete; those of sessions go with the sessions."""
    queries.known(db, athlete)
    mine = list(db.scalars(select(SessionRow.id).where(SessionRow.athlete == athlete)))
    for entry in (EntryRow, TagRow, ExclusionRow):
        db.execute(delete(entry).where(entry.session.in_(mine)))
    lost = list(db.scalars(select(EntryRow.session).where(EntryRow.athlete == athlete)))
    for entry in (TagRow, ExclusionRow, EntryRow):  # of recordings that were never found again
        db.execute(delete(entry).where(entry.session.in_(lost)))
    db.execute(delete(SessionRow).where(SessionRow.athlete == athlete))
    for table in (NoteRow, GoalRow, ConsentRow, SquadRow):
        db.execute(delete(table).where(table.athlete == athlete))
    db.execute(delete(AthleteRow).where(AthleteRow.id == athlete))
    used = select(MeasureRow.quantity).distinct()
    db.execute(delete(QuantityRow).where(QuantityRow.id.not_in(used)))


def _files(folder: Path) -> list[Path]:
    """The regular files of a result folder."""
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.is_symlink())


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


_README: Final = """\
Everything imuhip holds of athlete {athlete}
============================================

recordings/   {recordings} raw recordings (.mcap): what the sensors sent, byte by byte.
              imuhip replay plays them, Foxglove and other MCAP tools open them.
results/      {results} folders of what was calculated from them: joint angles in degrees
              (Parquet), repetitions, findings, calibration, faults (JSON).
batches/      the same for several recordings at once, where there was such a batch.
tables/       what the catalogue knows, as tables for any spreadsheet:
{sizes}
athlete.json  the same tables in one file, and where each file came from.

Times are UTC. Angles: flexion, adduction and internal rotation are positive, in degrees.
A training aid, not a medical device.
"""
