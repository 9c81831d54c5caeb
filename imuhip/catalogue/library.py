"""Looking for recordings and results in folders, without following a link out of them."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from imuhip.catalogue.facts import fingerprint
from imuhip.results.schemas import ANGLES_FILE, SESSION_FILE

RECORDINGS: Final = "recordings"
RESULTS: Final = "results"
"""Folders of a library, beside its catalogue."""


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in folders.

    Parameters
    ----------
    recordings, unfinished
        Files, and temporary files of recordings.
    results, datasets
        Result folders, and data sets of batches.
    partial
        Folders of analyses that were ended before they were complete.
    """

    recordings: tuple[Path, ...]
    unfinished: tuple[Path, ...]
    results: tuple[Path, ...]
    datasets: tuple[Path, ...]
    partial: tuple[Path, ...]


def look_in(folders: Iterable[Path]) -> Found:
    """Look through whole trees; links are neither followed nor found."""
    recordings, unfinished = set[Path](), set[Path]()
    results, datasets, partial = set[Path](), set[Path](), set[Path]()
    for folder in folders:
        for path, names in _trees(folder):
            partial |= {entry for entry in path.glob(f".*{PART_SUFFIX}") if is_partial(entry)}
            if SESSION_FILE in names:
                results.add(path)
            if DATASET_FILE in names:
                datasets.add(path)
            for name in names:
                file = path / name
                if name.endswith(RECORDING_SUFFIX) and not name.startswith("."):
                    recordings.add(file)
                elif name.startswith(".") and name.endswith(PART_SUFFIX):
                    unfinished.add(file)
    return Found(*(tuple(sorted(x)) for x in (recordings, unfinished, results, datasets, partial)))


def is_partial(path: Path) -> bool:
    """Whether a folder was left by an analysis that ended before it was complete."""
    return path.is_dir() and not path.is_symlink() and (path / ANGLES_FILE).is_file()


def _trees(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    """Folders below one, each with the names of its regular files."""
    for top, folders, names in os.walk(folder.resolve(), followlinks=False):
        path = Path(top)
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield path, {n for n in names if not (path / n).is_symlink() and (path / n).is_file()}


def results_folder(
    library: Path, recording: Path, sha256: str, version: str, parameters: object
) -> Path:
    """Return where the results of a recording go when nobody says where: a folder an analysis."""
    name = f"{recording.stem}-{sha256[:8]}"
    return library / RESULTS / name / f"{version}-{fingerprint(version, parameters)[:8]}"


RECORDING_SUFFIX: Final = ".mcap"

PART_SUFFIX: Final = ".part"
"""What is not complete has a hidden name that ends so."""

DATASET_FILE: Final = "dataset.json"
"""Lies in the data set of a batch, whose tables have a folder ``athlete=ID`` for each athlete."""
