"""The result files of `imuhip analyze`, written whole or not at all.

Angles become degrees here, once. A value that is not known is NaN, never null and never made up.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from imuhip.core.arrow import column, text_column
from imuhip.core.certainty import certain_rows
from imuhip.core.conventions import HIP_ANGLES, PELVIS_ANGLES, SIDES
from imuhip.core.errors import RecordingError
from imuhip.core.files import FolderInTheMaking, read_file, reason
from imuhip.core.parquet import open_parquet
from imuhip.core.records import AngleBlock, Array, Fault, GridBlock
from imuhip.results.assessment import REPETITION_COLUMNS, REPETITIONS_SCHEMA, SETS_SCHEMA
from imuhip.results.shapes import SHAPES, misfit, table_misfit

ANGLES_FILE: Final = "angles.parquet"
SENSORS_FILE: Final = "sensors.parquet"
REPETITIONS_FILE: Final = "repetitions.parquet"
SETS_FILE: Final = "sets.parquet"
FINDINGS_FILE: Final = "findings.json"
NOTES_FILE: Final = "notes.json"
CALIBRATION_FILE: Final = "calibration.json"
FAULTS_FILE: Final = "faults.json"
SESSION_FILE: Final = "session.json"
"""Written last; a folder that has it is a result of ours."""

RESULTS_VERSION: Final = 1
"""Raised when a column or file is renamed, removed or means something else; see
docs/developers/versions.md."""

RECORDING_COLUMN: Final = "recording"
"""First column of the tables of a data set of many recordings."""

ROW_GROUP_ROWS: Final = 30_000
"""Grid rows held in memory before they are written: five minutes."""


class ResultsWriter:
    """Result files in the making; they appear in `directory` with `finish`, all at once.

    A context manager: a block that ends without `finish` leaves nothing behind. Tables are
    compressed in a thread of their own, a row group at a time, while the next rows are worked out.

    Parameters
    ----------
    directory
        The folder to make. One that exists is replaced if it is empty or a result of ours, once
        the new one is complete.
    label
        Name of the recording, for a folder that becomes part of a data set: the first column,
        `recording`, of the angles and repetitions. Such a folder has no `sensors.parquet`.
    extra
        Names of columns that angles.parquet has beside those of `ANGLES_SCHEMA`.

    Raises
    ------
    RecordingError
        If `directory` holds anything else, or the disk refuses.
    """

    def __init__(self, directory: Path, *, label: str = "", extra: Sequence[str] = ()) -> None:
        self._directory = Path(directory)
        self._folder = FolderInTheMaking(self._directory, ours=SESSION_FILE)
        self._label = label
        schema = pa.schema([*ANGLES_SCHEMA, *(pa.field(name, pa.float64()) for name in extra)])
        self._angles = _Table(self._folder.path / ANGLES_FILE, schema, label)
        self._sensors = None if label else _Table(self._folder.path / SENSORS_FILE, SENSORS_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()

    def add(self, grid: GridBlock, angles: AngleBlock, extra: Sequence[Array] = ()) -> None:
        """Add rows of the grid, in order of time; all have the same rows, `extra` a name each."""
        if len(grid.t) != len(angles.t):
            raise ValueError(f"{len(grid.t)} rows of the grid and {len(angles.t)} of angles")
        if len(grid.t) == 0:
            return
        with self._disk():
            self._angles.add(
                [*_angle_columns(angles), *(column(_alike(values)) for values in extra)]
            )
            if self._sensors is not None:
                self._sensors.add(_sensor_columns(grid))

    def finish(
        self,
        faults: Sequence[Fault],
        calibration: Mapping[str, Any],
        session: Mapping[str, Any],
        repetitions: pa.Table | None = None,
        findings: Sequence[Mapping[str, Any]] = (),
        sets: pa.Table | None = None,
        notes: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Write what remains, and put the folder into its place.

        Parameters
        ----------
        faults
            What went wrong with the sensors.
        calibration, session
            The contents of `calibration.json` and `session.json`; a number that is not finite
            becomes null, for JSON has no NaN.
        repetitions, sets
            The tables of `assessment`; empty, with their columns, when not given.
        findings, notes
            The lists of `findings.json` and `notes.json`.
        """
        if repetitions is None:
            repetitions = REPETITIONS_SCHEMA.empty_table()
        sets = SETS_SCHEMA.empty_table() if sets is None else sets
        folder = self._folder.path
        with self._disk():
            self._close()
            for name, table in ((REPETITIONS_FILE, repetitions), (SETS_FILE, sets)):
                labelled = _labelled(table, self._label)
                pq.write_table(labelled, folder / name, compression="zstd")
            _write_json(folder / FINDINGS_FILE, list(findings))
            _write_json(folder / NOTES_FILE, list(notes))
            _write_json(folder / CALIBRATION_FILE, calibration)
            _write_json(folder / FAULTS_FILE, [asdict(fault) for fault in faults])
            _write_json(folder / SESSION_FILE, session)
        self._folder.commit()

    def abort(self) -> None:
        """Remove what has been written so far; after `finish` there is nothing to remove."""
        with suppress(OSError):  # closing a table writes its end, and the disk may be full
            self._close()
        self._folder.discard()

    def _close(self) -> None:
        tables = [self._angles, *([self._sensors] if self._sensors is not None else [])]
        for table in tables:
            table.flush()
        for table in tables:
            table.close()

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """Turn the disk's refusals into errors for people, and leave nothing behind."""
        try:
            yield
        except OSError as error:
            self.abort()
            raise RecordingError(
                f"the results cannot be written: {reason(error)}; nothing was left behind",
                path=self._directory,
            ) from error


class _Table:
    """A Parquet file that grows by row groups; a label is its first column."""

    def __init__(self, path: Path, schema: pa.Schema, label: str = "") -> None:
        # Joint angles never repeat, so a dictionary is of no use; their bytes, split by place,
        # compress better and faster.
        floats = [field.name for field in schema if field.type == pa.float64()]
        texts = [field.name for field in schema if pa.types.is_dictionary(field.type)]
        self._writer = pq.ParquetWriter(
            path,
            pa.schema([*([(RECORDING_COLUMN, pa.string())] if label else []), *schema]),
            compression="zstd",
            compression_level=-1,  # faster than 1, and no larger
            use_dictionary=[*texts, *([RECORDING_COLUMN] if label else [])],
            use_byte_stream_split=floats,
            write_statistics=False,
        )
        self._schema, self._label = schema, label
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._thread = ThreadPoolExecutor(1)
        self._written: Future[None] | None = None

    def add(self, columns: list[pa.Array]) -> None:
        """Add rows; they are written once there are enough for a row group."""
        self._waiting.append(pa.Table.from_arrays(columns, schema=self._schema))
        self._rows += len(columns[0])
        if self._rows >= ROW_GROUP_ROWS:
            self.flush()

    def close(self) -> None:
        """Write what waits, and the end of the file; again does nothing."""
        try:
            self.flush()
            self._wait()
        finally:
            self._thread.shutdown()
            self._writer.close()

    def flush(self) -> None:
        """Hand what waits to the thread, once it has written what it was handed before."""
        waiting, self._waiting, self._rows = self._waiting, [], 0
        self._wait()
        if waiting and self._writer.is_open:
            table = _labelled(pa.concat_tables(waiting), self._label)
            self._written = self._thread.submit(
                self._writer.write_table, table, row_group_size=len(table)
            )

    def _wait(self) -> None:
        written, self._written = self._written, None
        if written is not None:
            written.result()


def _labelled(table: pa.Table, label: str) -> pa.Table:
    """The table with its label in front; the table itself where there is no label."""
    if not label:
        return table
    return table.add_column(0, RECORDING_COLUMN, pa.repeat(pa.scalar(label), len(table)))


@dataclass(frozen=True, slots=True)
class Results:
    """The contents of a result folder, as they were written.

    Parameters
    ----------
    angles, sensors, repetitions, sets
        Tables; unknown values are NaN.
    findings, notes, calibration, faults, session
        The JSON files.
    """

    angles: pa.Table
    sensors: pa.Table
    repetitions: pa.Table
    sets: pa.Table
    findings: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    calibration: dict[str, Any]
    faults: list[dict[str, Any]]
    session: dict[str, Any]


def read_results(
    directory: Path, *, columns: Sequence[str] | None = None, sensors: bool = True
) -> Results:
    """Read a result folder.

    Parameters
    ----------
    columns
        Of the angles; all when not given. Four hours of all are 350 MB.
    sensors
        Whether the sensors' orientations are wanted; the table has no rows else.

    Raises
    ------
    RecordingError
        If it is no result folder, of a newer version, or a file in it is missing or cannot be read.
    """
    directory = Path(directory)
    if not (directory / SESSION_FILE).is_file():
        raise RecordingError(
            f"no results are here (there is no {SESSION_FILE}); imuhip analyze makes them",
            path=directory,
        )
    session = read_json(directory / SESSION_FILE)
    return Results(
        angles=read_table(directory / ANGLES_FILE, columns),
        sensors=read_table(directory / SENSORS_FILE) if sensors else SENSORS_SCHEMA.empty_table(),
        repetitions=read_table(directory / REPETITIONS_FILE),
        sets=read_table(directory / SETS_FILE),
        findings=read_json(directory / FINDINGS_FILE),
        notes=read_json(directory / NOTES_FILE),
        calibration=read_json(directory / CALIBRATION_FILE),
        faults=read_json(directory / FAULTS_FILE),
        session=session,
    )


def _refuse_newer(session: Any, directory: Path) -> None:
    """Refuse results of a version that this program does not know; older ones say none."""
    version = session.get("results_version", 1) if isinstance(session, dict) else 1
    if not isinstance(version, int) or version > RESULTS_VERSION:
        raise RecordingError(
            f"the results have version {version}, and this program reads up to {RESULTS_VERSION}; "
            "update imuhip to open them",
            path=directory,
        )


def hip_column(angle: str, side: str, kind: str = "") -> str:
    """Return the name of a hip column; `kind` is empty, or such as ``sd``."""
    return "_".join(("hip", angle, side, *([kind] if kind else []), "deg"))


def _angle_columns(angles: AngleBlock) -> list[pa.Array]:
    """Return the columns of angles.parquet, in the order of its schema."""
    kinds = (angles.hip, angles.hip_sd, angles.hip_sd_total, angles.hip_raw)  # as _KINDS
    hips = [_in_degrees(values.reshape(len(values), -1)) for values in kinds]
    columns = [column(angles.t)]
    for side in range(len(SIDES)):
        places = range(side * len(HIP_ANGLES), (side + 1) * len(HIP_ANGLES))
        columns += [column(values[place]) for place in places for values in hips]
        says_something = certain_rows(hips[_SD][places[_ROTATION]])
        columns.append(column(angles.valid[:, side] & says_something))
    columns += map(column, _in_degrees(angles.pelvis))
    return columns


def _in_degrees(values: Array) -> Array:
    """Columns of ``(N, C)`` radians, each in one piece ``(C, N)``; see `_alike`."""
    return _alike(np.degrees(np.ascontiguousarray(values.T)))


def _alike(values: Array) -> Array:
    """The same with what is not known as one NaN, changed in place.

    Processors and compilers give NaNs of either sign; files of the same session must be alike.
    """
    values[np.isnan(values)] = np.nan
    return values


def _sensor_columns(grid: GridBlock) -> list[pa.Array]:
    """Return the columns of sensors.parquet: a row per grid time and sensor."""
    rows, count = len(grid.t), len(grid.sensors)
    indices = np.tile(np.arange(count, dtype=np.int32), rows)
    names = pa.DictionaryArray.from_arrays(column(indices), text_column(grid.sensors))
    q: Array = grid.q.reshape(rows * count, 4)
    return [
        column(np.repeat(grid.t, count)),
        names,
        *(column(q[:, i]) for i in range(4)),
        column(grid.valid.reshape(rows * count)),
    ]


def _write_json(path: Path, value: object) -> None:
    path.write_text(
        json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n",
        encoding="utf-8",
    )


def _plain(value: Any) -> Any:
    """Return what JSON knows: numpy's values as Python's, and null for what is not finite."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a table of a result folder: all of it, or only some columns.

    Raises
    ------
    RecordingError
        If it cannot be read, lacks one of the columns, or is not as imuhip writes it.
    """
    _refuse_missing(path)
    try:
        with open_parquet(path, _FREE_CELLS) as file:
            table = file.read(columns=None if columns is None else list(columns))
    except (OSError, pa.ArrowException) as error:
        raise RecordingError(f"cannot be read: {error}; analyze again", path=path) from error
    return _as_written(table, path, columns)


def _refuse_missing(path: Path) -> None:
    """Raise RecordingError where a file of a result folder is not there."""
    if not path.exists():
        raise RecordingError("The file is missing. Analyze the recording again.", path=path)


def read_pieces(path: Path) -> Iterator[pa.Table]:
    """Yield a table of a result folder in the pieces it was written in, five minutes each.

    One without rows is one empty piece.

    Raises
    ------
    RecordingError
        If it cannot be read, or is not as imuhip writes it.
    """
    _refuse_missing(path)
    try:
        with open_parquet(path, _FREE_CELLS) as file:
            for k in range(file.num_row_groups):
                yield _as_written(file.read_row_group(k), path)
            if not file.num_row_groups:
                yield _as_written(file.schema_arrow.empty_table(), path)
    except (OSError, pa.ArrowException) as error:
        raise RecordingError(f"cannot be read: {error}; analyze again", path=path) from error


def _as_written(table: pa.Table, path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a table; RecordingError if columns are missing or hold what imuhip does not write."""
    schema, needed = _TABLES.get(path.name, (pa.schema([]), ()))
    wanted = needed if columns is None else columns
    missing = [name for name in wanted if name not in table.column_names]
    if missing:
        raise RecordingError(
            f"The columns {', '.join(missing)} are missing. Analyze the recording again.", path=path
        )
    if said := table_misfit(table, schema):
        raise RecordingError(
            f"The file is not as imuhip writes it: {said}. Analyze the recording again.", path=path
        )
    return table


def read_json(path: Path, *, as_written: bool = True) -> Any:
    """Read a JSON file of a result folder.

    Parameters
    ----------
    as_written
        Refuse what is not as imuhip writes it; else whatever is JSON is returned.

    Raises
    ------
    RecordingError
        If it cannot be read, is of a newer version, or not as imuhip writes it.
    """
    _refuse_missing(path)
    try:
        value = json.loads(read_file(path))
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"cannot be read: {error}; analyze again", path=path) from error
    if not as_written:
        return value
    if path.name == SESSION_FILE:
        _refuse_newer(value, path.parent)
    if path.name in SHAPES and (said := misfit(value, SHAPES[path.name])):
        raise RecordingError(
            f"The file is not as imuhip writes it: {said}. Analyze the recording again.", path=path
        )
    return value


# --- columns -------------------------------------------------------------------------------------


def _angles_schema() -> pa.Schema:
    fields = [pa.field("t", pa.float64())]
    for side in SIDES:
        fields += [
            pa.field(hip_column(angle, side, kind), pa.float64())
            for angle in HIP_ANGLES
            for kind in _KINDS
        ]
        fields.append(pa.field(f"valid_{side}", pa.bool_()))
    fields += [pa.field(f"pelvis_{angle}_deg", pa.float64()) for angle in PELVIS_ANGLES]
    return pa.schema(fields)


_FREE_CELLS: Final = 100_000_000
"""Eight hours of angles: without calibration they are NaN, and a row takes a third of a byte."""

_KINDS: Final = ("", "sd", "sd_total", "raw")
_SD: Final = _KINDS.index("sd")
_ROTATION: Final = HIP_ANGLES.index("rotation")

ANGLES_SCHEMA: Final = _angles_schema()

SENSORS_SCHEMA: Final = pa.schema(
    [
        ("t", pa.float64()),
        ("sensor", pa.dictionary(pa.int32(), pa.string())),
        *((name, pa.float64()) for name in ("qw", "qx", "qy", "qz")),
        ("valid", pa.bool_()),
    ]
)


_TABLES: Final[dict[str, tuple[pa.Schema, Sequence[str]]]] = {
    ANGLES_FILE: (ANGLES_SCHEMA, ANGLES_SCHEMA.names),
    SENSORS_FILE: (SENSORS_SCHEMA, SENSORS_SCHEMA.names),
    REPETITIONS_FILE: (REPETITIONS_SCHEMA, REPETITION_COLUMNS),
    SETS_FILE: (SETS_SCHEMA, ()),
}
"""Of each table how it is written, and the columns without which it is of no use."""
