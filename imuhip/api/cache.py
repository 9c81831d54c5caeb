"""Analyses that are kept: by the recording's bytes, the versions and the parameters.

They hold a person's movement, so only their owner reads them, and `imuhip athlete delete` removes
an athlete's. The least recently used go once all together are larger than `LIMIT_BYTES`.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Final
from weakref import finalize

import platformdirs

import imuhip
from imuhip.core.errors import RecordingError
from imuhip.core.files import make_folder
from imuhip.estimate.soft_tissue import SoftTissue
from imuhip.importers.folder import import_folder
from imuhip.pipeline.all_sensors import Params
from imuhip.recording.summary import sha256_of, software_versions
from imuhip.results.analysis import analyze
from imuhip.results.schemas import SESSION_FILE, Results, read_results

LIMIT_BYTES: Final = 4 << 30
"""Of all kept analyses together: some 50 hours of recording."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What beside the recording makes results what they are."""

    params: Params = field(default_factory=Params)
    columns: tuple[str, ...] = ()
    soft_tissue: tuple[SoftTissue, ...] = ()


def user_cache() -> Path:
    """Where analyses are kept unless somebody says otherwise."""
    return platformdirs.user_cache_path("imuhip") / "analyses"


class Cache:
    """Analyses and imported recordings in a folder.

    Parameters
    ----------
    folder
        Where; made when it is needed. None keeps them for as long as this object lives.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder or Path(mkdtemp(prefix="imuhip-"))
        self._used: set[Path] = set()
        if folder is None:
            finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def results(self, recording: Path, settings: Settings) -> Results:
        """The results of a recording: kept ones, or new ones that are kept."""
        target = self._folder / RESULTS / fingerprint(recording, settings)
        self._used.add(target)
        with suppress(RecordingError):  # not there yet, or spoilt: made anew
            found = read_results(target)
            with suppress(OSError):
                (target / SESSION_FILE).touch()
            return found
        shutil.rmtree(target, ignore_errors=True)
        analyze(
            recording,
            target,
            settings.params,
            columns=settings.columns,
            soft_tissue=settings.soft_tissue,
        )
        found = read_results(target)
        self._trim()
        return found

    def imported(self, folder: Path) -> tuple[Path, tuple[str, ...]]:
        """Import sensor files: the recording, and what looks odd about it.

        The recording's name is the folder's; it lies in a folder named by its bytes.

        Raises
        ------
        RecordingError
            When nobody can make a recording of it.
        """
        with self._making() as making:
            name = f"{folder.resolve().stem or 'session'}.mcap"
            report = import_folder(folder, making / name)
            place = self._folder / IMPORTS / sha256_of(making / name)
            make_folder(place)
            (making / name).replace(place / name)
        os.utime(place)
        self._used.add(place)
        self._trim()
        return place / name, report.warnings

    @contextmanager
    def _making(self) -> Iterator[Path]:
        """A folder on the same disk that does not stay."""
        make_folder(self._folder)
        with TemporaryDirectory(dir=self._folder, prefix=".") as making:
            yield Path(making)

    def _trim(self) -> None:
        """Remove what was used least recently beyond the limit, and nothing that is in use here."""
        kept = [path for room in (RESULTS, IMPORTS) for path in _entries(self._folder / room)]
        left = LIMIT_BYTES - sum(_size(path) for path in self._used)
        for path in sorted(set(kept) - self._used, key=_last_use, reverse=True):
            left -= _size(path)
            if left < 0:
                shutil.rmtree(path, ignore_errors=True)


def fingerprint(recording: Path, settings: Settings) -> str:
    """What makes results what they are: the recording's bytes, the versions, the parameters.

    Raises
    ------
    RecordingError
        When the recording cannot be read.
    """
    facts = [
        sha256_of(recording),
        software_versions(),
        _own_code(),
        asdict(settings.params),
        list(settings.columns),
        [asdict(factor) for factor in settings.soft_tissue],
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@cache
def _own_code() -> str:
    """The code itself, for whoever changes it without changing the version."""
    root = Path(imuhip.__file__).parent
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _entries(folder: Path) -> list[Path]:
    """What is kept in a folder; nothing where there is none."""
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _last_use(folder: Path) -> float:
    """When something kept was last used: results by their session file, imports by the folder."""
    for path in (folder / SESSION_FILE, folder):
        with suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def _size(folder: Path) -> int:
    """Bytes of the files in a folder."""
    with suppress(OSError):
        return sum(entry.stat().st_size for entry in os.scandir(folder))
    return 0


RESULTS: Final = "results"
IMPORTS: Final = "imports"
_ROOMS: Sequence[str] = (
    *("core", "devices", "estimate", "assess", "pipeline", "recording", "results"),
)
