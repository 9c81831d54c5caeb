"""Many recordings at once, into one data set; what is done is not done again.

First every file is looked at – which recording is it? – then those that the data set does not hold
are analyzed, largest first. Each goes into the data set whole or not at all, so a batch that was
killed is simply started again.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeAlias

import imuhip
from imuhip.batch.dataset import (
    FAILURES_FILE,
    LAYOUT,
    SHA_DIGITS,
    Dataset,
    Entry,
    name_of,
    write_json,
)
from imuhip.batch.engines import Engine, Failed
from imuhip.batch.tasks import Done, Survey, Work
from imuhip.core.errors import RecordingError
from imuhip.core.files import reason
from imuhip.pipeline.all_sensors import Params

ENDING: Final = ".mcap"

OnProgress: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is, and of how much."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A recording that is not in the data set, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a batch did.

    Parameters
    ----------
    target
        The data set.
    analyzed
        Recordings analyzed now.
    already
        Recordings that were there already.
    duplicates
        Files that hold what another file holds: the file, and that other.
    failures
        What could not be done, in order of the paths.
    duration_s
        Seconds of recording analyzed now.
    """

    target: Path
    analyzed: int
    already: int
    duplicates: tuple[tuple[Path, Path], ...]
    failures: tuple[Failure, ...]
    duration_s: float


def batch(
    paths: Sequence[Path],
    target: Path,
    engine: Engine,
    params: Params | None = None,
    *,
    again: bool = False,
    on_progress: OnProgress = lambda *_: None,
    done: Callable[[Done], None] = lambda _: None,
) -> Report:
    """Analyze recordings into a data set.

    Parameters
    ----------
    paths
        Recordings, and folders that hold some at any depth.
    target
        Folder of the data set; one that is there is added to.
    engine
        Who does the work.
    params
        Of the analysis; the defaults when not given.
    again
        Analyze also what the data set holds already.
    on_progress
        Called with the stage, how many are done, and of how many.
    done
        Called with each recording that is in the data set.

    Raises
    ------
    RecordingError
        If a path is not there, nothing is found, or the target must not be written.
    """
    params = params or Params()
    found, failures = find_recordings(paths)
    if not found and not failures:
        places = ", ".join(str(path) for path in paths)
        raise RecordingError(f"There are no recordings (*{ENDING}) in {places}.")
    with engine, Dataset(target).locked() as dataset:
        work = _Work(dataset, engine, params, on_progress, failures)
        unique, duplicates = work.survey(found)
        todo, already = work.plan(unique, again=again)
        analyzed, duration_s = work.analyze(todo, done)
        failures.sort(key=lambda failure: failure.path)
        plain = [{"recording": str(f.path), "reason": f.reason} for f in failures]
        write_json(dataset.root / FAILURES_FILE, plain)
    return Report(
        target=target,
        analyzed=analyzed,
        already=already,
        duplicates=duplicates,
        failures=tuple(failures),
        duration_s=duration_s,
    )


def find_recordings(paths: Sequence[Path]) -> tuple[dict[Path, int], list[Failure]]:
    """Return the recordings at or below some paths, with their sizes, and what cannot be read.

    Links are followed, but no folder is entered twice and no file taken twice; names that begin
    with a dot are passed over.
    """
    found: dict[Path, int] = {}
    failures: list[Failure] = []
    entered: set[tuple[int, int]] = set()
    for path in paths:
        if not path.exists():
            raise RecordingError("there is no such file or folder", path=path)
        for file in _below(path, entered, failures) if path.is_dir() else [path]:
            try:
                real = file.resolve(strict=True)
                found[real] = real.stat().st_size
            except OSError as error:
                failures.append(Failure(file, f"cannot be read: {reason(error)}"))
    return found, failures


def fingerprint(sha256: str, params: Params) -> str:
    """What makes results what they are: the recording, this version, and the parameters."""
    facts = [LAYOUT, imuhip.__version__, sha256, asdict(params)]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


class _Work:
    """One batch: the files are looked at, what is new is planned, and done."""

    def __init__(
        self,
        dataset: Dataset,
        engine: Engine,
        params: Params,
        on_progress: OnProgress,
        failures: list[Failure],
    ) -> None:
        self._dataset, self._engine, self._params = dataset, engine, params
        self._on_progress, self._failures = on_progress, failures
        self._stale: dict[Path, list[Entry]] = {}

    def survey(
        self, found: Mapping[Path, int]
    ) -> tuple[dict[Path, str], tuple[tuple[Path, Path], ...]]:
        """Return the SHA-256 of each file that is the first of its kind, and the other files."""
        order = sorted(found, key=lambda path: (-found[path], path))
        tasks = ((i, Survey(path)) for i, path in enumerate(order))
        which: dict[Path, str] = {}
        for count, (i, result) in enumerate(self._engine.run(tasks), start=1):
            self._on_progress("reading", count, len(order))
            if isinstance(result, Failed):
                self._failures.append(Failure(order[i], result.reason))
            else:
                which[order[i]] = result
        first: dict[str, Path] = {}
        duplicates = []
        for path in sorted(which):
            if which[path] in first:
                duplicates.append((path, first[which[path]]))
            else:
                first[which[path]] = path
        # Largest first, so that no long recording is left for the end when workers are idle.
        unique = set(first.values())
        return {path: which[path] for path in order if path in unique}, tuple(duplicates)

    def plan(self, unique: Mapping[Path, str], *, again: bool) -> tuple[list[Work], int]:
        """Return what is to be done, and how much is there already."""
        entries = self._dataset.entries()
        by_recording = {name[-SHA_DIGITS:]: entry for name, entry in entries.items()}
        by_path: dict[str, list[Entry]] = {}
        for entry in entries.values():
            by_path.setdefault(entry.path, []).append(entry)
        wanted = {sha256[:SHA_DIGITS] for sha256 in unique.values()}
        todo = []
        for path, sha256 in unique.items():
            mark = fingerprint(sha256, self._params)
            there = by_recording.get(sha256[:SHA_DIGITS])
            if there is not None and there.fingerprint == mark and not again:
                continue
            todo.append(Work(path, sha256, self._dataset.root, self._params, mark))
            # What this file held before, and what is held under another name.
            before = [e for e in by_path.get(str(path), []) if e.name[-SHA_DIGITS:] not in wanted]
            renamed = there is not None and there.name != name_of(path, sha256)
            self._stale[path] = [*before, *([there] if there is not None and renamed else [])]
        return todo, len(unique) - len(todo)

    def analyze(self, todo: Sequence[Work], done: Callable[[Done], None]) -> tuple[int, float]:
        """Do the work; how many recordings are in the data set now, and their seconds."""
        analyzed, duration_s = 0, 0.0
        self._on_progress("analyzing", 0, len(todo))
        for count, (i, result) in enumerate(self._engine.run(enumerate(todo)), start=1):
            self._on_progress("analyzing", count, len(todo))
            if isinstance(result, Failed):
                self._failures.append(Failure(todo[i].path, result.reason))
                continue
            for entry in self._stale.pop(todo[i].path, []):
                self._dataset.drop(entry.partition, entry.name)
            analyzed += 1
            duration_s += result.duration_s
            done(result)
        return analyzed, duration_s


def _below(folder: Path, entered: set[tuple[int, int]], failures: list[Failure]) -> Iterator[Path]:
    """Yield the recordings below a folder, in order of their names."""

    def refused(error: OSError) -> None:
        failures.append(Failure(Path(error.filename), f"cannot be read: {reason(error)}"))

    if not _enter(folder, entered):
        return
    for place, folders, files in os.walk(folder, onerror=refused, followlinks=True):
        folders.sort()
        for name in [*folders]:
            if name.startswith(".") or not _enter(Path(place, name), entered):
                folders.remove(name)
        for name in sorted(files):
            if name.lower().endswith(ENDING) and not name.startswith("."):
                yield Path(place, name)


def _enter(folder: Path, entered: set[tuple[int, int]]) -> bool:
    """Whether a folder is met for the first time; one that is gone is not entered."""
    try:
        facts = folder.stat()
    except OSError:
        return False
    key = (facts.st_dev, facts.st_ino)
    if key in entered:
        return False
    entered.add(key)
    return True
