"""The output of a batch: one Parquet data set, partitioned by athlete, that is its own memory.

::

    DIR/dataset.json                                 a folder of ours, and its layout's version
    DIR/angles/athlete=A1/<recording>.parquet        likewise repetitions/, sets/, findings/
    DIR/sessions/athlete=A1/<recording>.parquet      one row, put into its place last
    DIR/failures.json                                what the last batch could not do

`<recording>` is the file's name and the beginning of its SHA-256, so recordings of one name do not
meet. A recording is in the data set once its row in `sessions` is there; whatever a batch that was
killed left without one is removed by the next.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeAlias
from urllib.parse import quote

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq

from imuhip.core.errors import RecordingError
from imuhip.core.files import (
    FILE_MODE,
    file_made_whole,
    lock_file,
    make_folder,
    reason,
    refuse_foreign_folder,
    sync_file,
    sync_folder,
)

TABLES: Final = ("angles", "repetitions", "sets", "findings")
"""Tables of a recording beside its row in `sessions`."""

SESSIONS: Final = "sessions"
DATASET_FILE: Final = "dataset.json"
FAILURES_FILE: Final = "failures.json"
LAYOUT: Final = 1
SHA_DIGITS: Final = 16
"""Digits of the SHA-256 at the end of a recording's name in the data set."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A recording that the data set holds.

    Parameters
    ----------
    name
        Stem of its files.
    partition
        Their folder, such as ``athlete=A1``.
    path
        Where the recording lay.
    fingerprint
        Of the recording, the software and the parameters; see `batch.run.fingerprint`.
    """

    name: str
    partition: str
    path: str
    fingerprint: str


class Dataset:
    """A data set on the disk.

    Parameters
    ----------
    root
        Its folder; made when it is not there.

    Raises
    ------
    RecordingError
        If the folder holds anything else, is of a newer layout, or the disk refuses.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root).absolute()
        refuse_foreign_folder(self.root, ours=DATASET_FILE)
        make_folder(self.root)
        marker = self.root / DATASET_FILE
        if not marker.exists():
            write_json(marker, {"layout": LAYOUT})
        elif (layout := _layout(marker)) > LAYOUT:
            raise RecordingError(
                f"the data set's layout is {layout}, newer than the {LAYOUT} of this version; "
                "use a newer imuhip, or another folder",
                path=self.root,
            )
        for table in (*TABLES, SESSIONS):
            make_folder(self.root / table)

    @property
    def making(self) -> Path:
        """Where results lie until they are whole."""
        return self.root / ".making"

    @contextmanager
    def locked(self) -> Iterator[Self]:
        """Keep other batches out, and leave nothing half made behind."""
        with (self.root / ".lock").open("a") as file:
            try:
                lock_file(file.fileno())
            except OSError as error:
                raise RecordingError(
                    "another batch is writing into this folder; wait until it ends, or choose "
                    "another folder",
                    path=self.root,
                ) from error
            shutil.rmtree(self.making, ignore_errors=True)
            make_folder(self.making)
            try:
                yield self
            finally:
                shutil.rmtree(self.making, ignore_errors=True)

    def entries(self) -> dict[str, Entry]:
        """What the data set holds, by name; what is there without a session is removed."""
        kept = {(path.parent.name, path.stem): path for path in self._files(SESSIONS)}
        for table in TABLES:
            there = {(path.parent.name, path.stem): path for path in self._files(table)}
            for key, path in there.items():
                if key not in kept:
                    path.unlink(missing_ok=True)
            kept = {key: path for key, path in kept.items() if key in there}
        return {entry.name: entry for entry in _read_entries(kept)}

    def put(self, folder: Path, partition: str, name: str) -> None:
        """Move a recording's finished tables from `folder` into their places.

        The row in `sessions` goes first where there is one, and comes last: without it, the other
        tables count for nothing.
        """
        self.drop(partition, name)
        for table in (*TABLES, SESSIONS):
            target = self._file(table, partition, name)
            make_folder(target.parent)
            made = folder / f"{table}.parquet"
            made.chmod(FILE_MODE)
            sync_file(made)
            made.replace(target)
            sync_folder(target.parent)

    def drop(self, partition: str, name: str) -> None:
        """Remove a recording; nothing happens where it is not there."""
        for table in (SESSIONS, *TABLES):
            self._file(table, partition, name).unlink(missing_ok=True)

    def _file(self, table: str, partition: str, name: str) -> Path:
        return self.root / table / partition / f"{name}.parquet"

    def _files(self, table: str) -> Iterator[Path]:
        return (self.root / table).glob("athlete=*/*.parquet")


def partition_of(athlete: str) -> str:
    """Name of an athlete's folder, by the rules of Hive: whatever the id, one part of a path.

    Raises
    ------
    RecordingError
        If the id is longer than a file name may be.
    """
    if not athlete:
        return f"athlete={_NOBODY}"
    part = f"athlete={quote(plain_text(athlete), safe='')}"
    if len(part) > _MAX_NAME:
        raise RecordingError(
            f"the athlete's id fills {len(part)} characters of a folder's name and {_MAX_NAME} "
            "are possible; give a shorter id when recording"
        )
    return part


def name_of(recording: Path, sha256: str) -> str:
    """Stem of a recording's files: its own name, made harmless, and what it holds."""
    stem = re.sub(r"[^A-Za-z0-9.-]+", "_", recording.stem).strip("._-")[:_MAX_STEM]
    return f"{stem or 'recording'}-{sha256[:SHA_DIGITS]}"


def plain_text(text: str) -> str:
    """Text that every file can hold: half a surrogate pair is written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file, whole or not at all."""
    with file_made_whole(path, overwrite=True) as temporary:
        temporary.touch(FILE_MODE)
        text = json.dumps(value, ensure_ascii=False, indent=2)
        temporary.write_text(plain_text(text) + "\n", encoding="utf-8")


def write_table(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Write rows as Parquet."""
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")


def _layout(marker: Path) -> int:
    try:
        return int(json.loads(marker.read_text(encoding="utf-8"))["layout"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordingError(
            "this file does not mark a data set; choose another folder", path=marker
        ) from error


_Key: TypeAlias = tuple[str, str]


def _read_entries(files: Mapping[_Key, Path]) -> Iterator[Entry]:
    """Read the rows of `sessions`, all at once."""
    if not files:
        return
    paths = [str(path) for path in files.values()]
    try:
        rows = pyarrow.dataset.dataset(paths, schema=_ENTRY_SCHEMA, format="parquet").to_table()
    except OSError as error:
        raise RecordingError(
            f"a row of the data set cannot be read: {reason(error)}; remove that file"
        ) from error
    partitions = {name: partition for partition, name in files}
    for row in rows.to_pylist():
        if row["recording"] in partitions:
            yield Entry(
                row["recording"], partitions[row["recording"]], row["path"], row["fingerprint"]
            )


FINDINGS_SCHEMA: Final = pa.schema(
    [
        ("recording", pa.string()),
        *((name, pa.string()) for name in ("rule", "movement", "side")),
        ("set", pa.int32()),
        ("repetitions", pa.list_(pa.int32())),
        ("value", pa.float64()),
        ("unit", pa.string()),
        ("limit", pa.float64()),
        ("mdc", pa.float64()),
        ("grade", pa.string()),
        ("confidence", pa.float64()),
        ("words", pa.string()),
        ("cue", pa.string()),
    ]
)

SESSIONS_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("recording", "recording_sha256", "path")),
        *((name, pa.string()) for name in ("athlete_id", "started", "source")),
        ("duration_s", pa.float64()),
        ("rows", pa.int64()),
        ("valid_left", pa.float64()),
        ("valid_right", pa.float64()),
        ("grade", pa.string()),
        ("chain", pa.string()),
        ("warnings", pa.list_(pa.string())),
        ("faults", pa.string()),
        ("notes", pa.string()),
        ("imuhip", pa.string()),
        ("software", pa.string()),
        ("parameters", pa.string()),
        ("fingerprint", pa.string()),
    ]
)
"""`faults`, `notes`, `software` and `parameters` are JSON."""

_ENTRY_SCHEMA: Final = pa.schema(
    [SESSIONS_SCHEMA.field(name) for name in ("recording", "path", "fingerprint")]
)
_NOBODY: Final = "__HIVE_DEFAULT_PARTITION__"  # read as null by every reader of Hive's layout
_MAX_NAME: Final = 200
_MAX_STEM: Final = 80
