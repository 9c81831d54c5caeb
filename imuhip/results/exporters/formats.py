"""Results for other programs: one function a format, listed at the foot.

A target whose name ends as the format's files do is one file, the angles; any other is a folder
with all of them and `export.json`, which says where they came from.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from imuhip.core.errors import RecordingError
from imuhip.core.files import (
    FolderInTheMaking,
    file_made_whole,
    reason,
    refuse_existing,
    refuse_foreign_folder,
    temporary_beside,
)
from imuhip.results.analysis import analyze
from imuhip.results.exporters.opensim import angles_mot, orientations_sto, placement_sto
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
    told: Callable[[float], None] = lambda _: None,
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
    told
        Called with the seconds of recording that are analyzed.

    Raises
    ------
    RecordingError
        If the source is not usable, the window is empty, or the target must not be written.
    """
    source, target, kind = Path(source), Path(target), FORMATS[format_name]
    single = kind.single.get(target.suffix.lower())
    if single is None:
        refuse_foreign_folder(target, ours=EXPORT_FILE)
    else:
        refuse_existing(target, overwrite=overwrite)
    results = _window(_results(source, target, told), start_s, stop_s, source)
    rows = results.angles.num_rows
    if single is not None:
        with file_made_whole(target, overwrite=overwrite) as path, _disk(target):
            kind.write(results, single, path)
        return Export(target, (target.name,), rows)
    making = FolderInTheMaking(target, ours=EXPORT_FILE)
    try:
        with _disk(target):
            for name in kind.files:
                kind.write(results, name, making.path / name)
            _write_note(making.path / EXPORT_FILE, results, format_name, (start_s, stop_s))
        making.commit()
    finally:
        making.discard()
    return Export(target, (*kind.files, EXPORT_FILE), rows)


def _results(source: Path, target: Path, told: Callable[[float], None]) -> Results:
    """Read a result folder, or analyze a recording into one that does not stay."""
    if source.is_dir():
        return read_results(source)
    folder = FolderInTheMaking(temporary_beside(target), ours=EXPORT_FILE)
    try:
        analyze(source, folder.path / "results", told=told)
        return read_results(folder.path / "results")
    finally:
        folder.discard()


def _window(results: Results, start_s: float, stop_s: float, source: Path) -> Results:
    """The part of the results between two times."""
    t = results.angles["t"]
    if results.angles.num_rows == 0:
        raise RecordingError("the results hold no rows, so there is nothing to export", path=source)
    first, last = pc.min(t).as_py(), pc.max(t).as_py()
    angles, sensors = (
        table.filter((pc.field("t") >= start_s) & (pc.field("t") <= stop_s))
        for table in (results.angles, results.sensors)
    )
    if angles.num_rows == 0:
        raise RecordingError(
            f"expected a window within {first:.2f} to {last:.2f} s; came {start_s:g} to {stop_s:g}",
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
    )


def _write_note(
    path: Path, results: Results, format_name: str, window: tuple[float, float]
) -> None:
    """Say where the files came from; an open end of the window is null."""
    start, stop = (edge if math.isfinite(edge) else None for edge in window)
    note = {
        "format": format_name,
        "window_s": [start, stop],
        "recording": results.session.get("recording"),
        "recording_sha256": results.session.get("recording_sha256"),
        "athlete": results.session.get("athlete"),
        "analyzed_with": results.session.get("analyzed_with"),
        "calibration": results.calibration.get("grade"),
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


# --- formats -------------------------------------------------------------------------------------


def write_csv(results: Results, name: str, path: Path) -> None:
    """Comma-separated, no bit rounded; what is not known is an empty field."""
    table: pa.Table = getattr(results, Path(name).stem)
    columns = []
    for column, field in zip(table.columns, table.schema, strict=True):
        if pa.types.is_floating(field.type):
            columns.append(pc.if_else(pc.is_nan(column), pa.scalar(None, field.type), column))
        elif pa.types.is_dictionary(field.type):
            columns.append(column.cast(field.type.value_type))
        else:
            columns.append(column)
    plain = pa.table(columns, names=table.column_names)
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    pyarrow.csv.write_csv(plain, path, options)


def write_parquet(results: Results, name: str, path: Path) -> None:
    """Parquet as `imuhip analyze` has it; what is not known is NaN."""
    pq.write_table(getattr(results, Path(name).stem), path, compression="zstd")


def write_opensim(results: Results, name: str, path: Path) -> None:
    """OpenSim's orientations, their placement, or coordinates; rows not known are left out."""
    path.write_text(_OPENSIM[name](results.angles), encoding="ascii")


_OPENSIM: Final[dict[str, Callable[[pa.Table], str]]] = {
    "orientations.sto": orientations_sto,
    "placement.sto": placement_sto,
    "angles.mot": angles_mot,
}

Writer: TypeAlias = Callable[[Results, str, Path], None]
"""Writes the file of a name to a path."""


@dataclass(frozen=True, slots=True)
class Format:
    """An export format.

    Parameters
    ----------
    write
        Writes one of the files.
    files
        What a folder of it holds.
    single
        Ending of a target that is one file → which of the files that is.
    """

    write: Writer
    files: tuple[str, ...]
    single: Mapping[str, str]


FORMATS: Final[Mapping[str, Format]] = {
    "csv": Format(
        write_csv,
        ("angles.csv", "sensors.csv", "repetitions.csv", "sets.csv"),
        {".csv": "angles.csv"},
    ),
    "parquet": Format(
        write_parquet,
        ("angles.parquet", "sensors.parquet", "repetitions.parquet", "sets.parquet"),
        {".parquet": "angles.parquet"},
    ),
    "opensim": Format(
        write_opensim,
        ("orientations.sto", "placement.sto", "angles.mot"),
        {".sto": "orientations.sto", ".mot": "angles.mot"},
    ),
}
