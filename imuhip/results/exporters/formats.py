"""Results for other programs: a file a format beside this one, and their table at the foot.

A target whose name ends as the format's files do is one file; any other is a folder with all of
them and `export.json`, which says where they came from and what their columns hold.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pyarrow.compute as pc

from imuhip.core.errors import RecordingError
from imuhip.core.files import (
    FolderInTheMaking,
    file_made_whole,
    reason,
    refuse_existing,
    refuse_foreign_folder,
    temporary_beside,
)
from imuhip.core.spool import Spools
from imuhip.results.analysis import analyze
from imuhip.results.column_words import column_words
from imuhip.results.exporters.bids_motion import BIDS
from imuhip.results.exporters.c3d import C3D
from imuhip.results.exporters.material import Format, Material
from imuhip.results.exporters.mcap_channels import MCAP
from imuhip.results.exporters.netcdf import NETCDF
from imuhip.results.exporters.opensim import OPENSIM
from imuhip.results.exporters.parquet import PARQUET
from imuhip.results.exporters.spreadsheets import CSV, GERMAN_CSV, TABLES
from imuhip.results.samples import SensorSamples, spooled_samples
from imuhip.results.schemas import Results, read_results

EXPORT_FILE: Final = "export.json"
"""In every folder that an export made; only such a folder is replaced."""


@dataclass(frozen=True, slots=True)
class Export:
    """What an export wrote.

    Parameters
    ----------
    target
        The file or folder.
    files
        Names of the files written.
    rows
        Grid rows within the window.
    """

    target: Path
    files: tuple[str, ...]
    rows: int


def export(
    source: Path,
    format_name: str,
    target: Path,
    *,
    start_s: float = -math.inf,
    stop_s: float = math.inf,
    overwrite: bool = False,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Export:
    """Write results in another format, whole or not at all.

    Parameters
    ----------
    source
        A result folder, or a recording, which is analyzed first.
    format_name
        One of `FORMATS`.
    target
        The file or folder to write; see above.
    start_s, stop_s
        Only rows with ``start_s <= t <= stop_s``, and repetitions that lie within.
    overwrite
        Replace a file that is there. A folder that an export made is always replaced.
    on_progress
        Called with the seconds of recording that are analyzed.

    Raises
    ------
    RecordingError
        If the source is not usable, the window is empty, or the target must not be written.
    """
    source, target = Path(source), Path(target)
    _refuse(format_name, target, overwrite=overwrite)
    kind = FORMATS[format_name]
    with _folder(source, target, on_progress) as folder:
        results = read_results(folder, columns=kind.columns, sensors=kind.sensors)
        return _exported(
            results,
            source,
            format_name,
            target,
            (start_s, stop_s),
            None if kind.columns is None else folder,
            overwrite=overwrite,
        )


def export_results(
    results: Results,
    source: Path,
    format_name: str,
    target: Path,
    *,
    start_s: float = -math.inf,
    stop_s: float = math.inf,
    overwrite: bool = False,
) -> Export:
    """Write results that are at hand; see `export`.

    Parameters
    ----------
    source
        Where they came from. A recording is decoded for formats that hold the sensors' own samples
        too; a result folder has none.
    """
    _refuse(format_name, target, overwrite=overwrite)
    window = start_s, stop_s
    return _exported(results, source, format_name, target, window, None, overwrite=overwrite)


def _exported(
    results: Results,
    source: Path,
    format_name: str,
    target: Path,
    window: tuple[float, float],
    folder: Path | None,
    *,
    overwrite: bool,
) -> Export:
    """Write results; a `folder` has what they lack, as in `Material`."""
    kind, (start_s, stop_s) = FORMATS[format_name], window
    results = _window(results, start_s, stop_s, source)
    with ExitStack() as stack:
        samples: Mapping[str, SensorSamples] = {}
        if kind.takes_samples and source.is_file():
            # What lies in a folder is large; results at hand are in memory already.
            blocks = list if folder is None else stack.enter_context(Spools(folder.parent))
            samples = spooled_samples(source, blocks)
        material = Material(
            results,
            {name: each.between(start_s, stop_s) for name, each in samples.items()},
            folder,
            start_s,
            stop_s,
        )
        files = _written(material, format_name, target, overwrite=overwrite)
    return Export(target, files, results.angles.num_rows)


def _written(
    material: Material, format_name: str, target: Path, *, overwrite: bool
) -> tuple[str, ...]:
    """Write a file, or a folder with a note; return the names of what was written."""
    kind = FORMATS[format_name]
    single = kind.single.get(target.suffix.lower())
    if single is not None:
        with file_made_whole(target, overwrite=overwrite) as path, _disk(target):
            single(material, path)
        return (target.name,)
    making = FolderInTheMaking(target, ours=EXPORT_FILE)
    try:
        with _disk(target):
            files = kind.folder(material, making.path)
            _write_note(making.path / EXPORT_FILE, material, format_name)
        making.commit()
    finally:
        making.discard()
    return (*files, EXPORT_FILE)


def format_by_ending(target: Path) -> str | None:
    """Return the format whose single files end as `target` does; None if there is none."""
    ending = target.suffix.lower()
    return next((name for name, kind in FORMATS.items() if ending in kind.single), None)


def format_of(target: Path) -> str:
    """Return the format that a file's name asks for.

    Raises
    ------
    RecordingError
        If no format writes such files.
    """
    found = format_by_ending(target)
    if found is None:
        endings = ", ".join(dict.fromkeys(end for kind in FORMATS.values() for end in kind.single))
        raise RecordingError(
            f"The format of {target.name!r} is not known. End the name in one of {endings}, or "
            f"name a format for a folder: {', '.join(FORMATS)}.",
            path=target,
        )
    return found


def _refuse(format_name: str, target: Path, *, overwrite: bool) -> None:
    """Raise RecordingError if what is there must not be replaced."""
    if target.suffix.lower() in FORMATS[format_name].single:
        refuse_existing(target, overwrite=overwrite)
    else:
        refuse_foreign_folder(target, ours=EXPORT_FILE)


@contextmanager
def _folder(source: Path, target: Path, on_progress: Callable[[float], None]) -> Iterator[Path]:
    """A result folder: the source, or one that a recording is analyzed into and does not stay."""
    if source.is_dir():
        yield source
        return
    try:
        making = FolderInTheMaking(temporary_beside(target), ours=EXPORT_FILE)
    except RecordingError as error:
        raise RecordingError(error.message, path=target) from error
    try:
        analyze(source, making.path / "results", on_progress=on_progress)
        yield making.path / "results"
    finally:
        making.discard()


def _window(results: Results, start_s: float, stop_s: float, source: Path) -> Results:
    """The part of the results between two times."""
    t = results.angles["t"]
    if results.angles.num_rows == 0:
        raise RecordingError("the results hold no rows, so there is nothing to export", path=source)
    first, last = pc.min(t).as_py(), pc.max(t).as_py()
    angles, sensors = results.angles, results.sensors
    if not (start_s <= first and last <= stop_s):
        inside = (pc.field("t") >= start_s) & (pc.field("t") <= stop_s)
        angles, sensors = angles.filter(inside), sensors.filter(inside)
    if angles.num_rows == 0:
        raise RecordingError(
            f"The session runs from {first:.2f} to {last:.2f} s: there is nothing in "
            f"{start_s:g} to {stop_s:g} s.",
            path=source,
        )
    within = (pc.field("t_start") >= start_s) & (pc.field("t_end") <= stop_s)
    return replace(
        results,
        angles=angles,
        sensors=sensors,
        repetitions=results.repetitions.filter(within),
        sets=results.sets.filter(within),
        notes=[note for note in results.notes if start_s <= note["t"] <= stop_s],
        session=results.session
        | {"marks": [m for m in results.session.get("marks") or () if start_s <= m["t"] <= stop_s]},
    )


def _write_note(path: Path, material: Material, format_name: str) -> None:
    """Say where the files came from; an open end of the window is null."""
    results, window = material.results, (material.start_s, material.stop_s)
    start, stop = (edge if math.isfinite(edge) else None for edge in window)
    note = {
        "format": format_name,
        "window_s": [start, stop],
        "recording": results.session.get("recording"),
        "recording_sha256": results.session.get("recording_sha256"),
        "athlete": results.session.get("athlete"),
        "tester": results.session.get("tester"),
        "analyzed_with": results.session.get("analyzed_with"),
        "calibration": results.calibration.get("grade"),
        "columns": {
            name: {"unit": words.unit, "description": words.words}
            for table in TABLES
            for name in next(material.pieces(table)).column_names
            for words in (column_words(name),)
        },
    }
    path.write_text(json.dumps(note, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


@contextmanager
def _disk(target: Path) -> Iterator[None]:
    """Turn the disk's refusals into errors for people."""
    try:
        yield
    except OSError as error:
        raise RecordingError(
            f"cannot be written: {reason(error)}; nothing was left behind", path=target
        ) from error


FORMATS: Final[Mapping[str, Format]] = {
    "csv": CSV,
    "csv_de": GERMAN_CSV,
    "parquet": PARQUET,
    "netcdf": NETCDF,
    "c3d": C3D,
    "opensim": OPENSIM,
    "bids": BIDS,
    "mcap": MCAP,
}
"""Format → how it is written. Of two that end alike, a name without a format means the first."""
