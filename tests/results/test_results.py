"""Result files have the promised columns, keep what is not known as NaN, and appear all at once."""

import dataclasses
import errno
import json
import stat

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from imuhip.assess.measure_table import MEASURES
from imuhip.core.errors import RecordingError
from imuhip.core.records import AngleBlock, Fault, GridBlock
from imuhip.results import schemas as results
from imuhip.results.schemas import ResultsWriter, read_results

SENSORS = ("pelvis", "thigh_left", "thigh_right")
ANGLES = [
    "t",
    *("hip_flexion_left_deg", "hip_flexion_left_sd_deg"),
    *("hip_flexion_left_sd_total_deg", "hip_flexion_left_raw_deg"),
    *("hip_adduction_left_deg", "hip_adduction_left_sd_deg"),
    *("hip_adduction_left_sd_total_deg", "hip_adduction_left_raw_deg"),
    *("hip_rotation_left_deg", "hip_rotation_left_sd_deg"),
    *("hip_rotation_left_sd_total_deg", "hip_rotation_left_raw_deg"),
    "valid_left",
    *("hip_flexion_right_deg", "hip_flexion_right_sd_deg"),
    *("hip_flexion_right_sd_total_deg", "hip_flexion_right_raw_deg"),
    *("hip_adduction_right_deg", "hip_adduction_right_sd_deg"),
    *("hip_adduction_right_sd_total_deg", "hip_adduction_right_raw_deg"),
    *("hip_rotation_right_deg", "hip_rotation_right_sd_deg"),
    *("hip_rotation_right_sd_total_deg", "hip_rotation_right_raw_deg"),
    "valid_right",
    *("pelvis_tilt_deg", "pelvis_obliquity_deg", "pelvis_rotation_deg"),
]


def blocks(rows: int, first: int = 0) -> tuple[GridBlock, AngleBlock]:
    """Random rows, the first thigh-right ones not valid."""
    rng = np.random.default_rng(first)
    t = np.arange(first, first + rows) / 100
    valid = np.ones((rows, 3), dtype=bool)
    valid[: rows // 2, 2] = False
    q, hip, raw, sd = (rng.normal(size=(rows, *shape)) for shape in ((3, 4), *[(2, 3)] * 3))
    sd = 0.02 * np.abs(sd)
    q[~valid] = np.nan
    hip[~valid[:, 2], 1] = np.nan
    grid = GridBlock(SENSORS, t, q, q[..., :3], q[..., 1:], valid, valid, *[q[..., 0]] * 3)
    total = np.full_like(sd, np.nan)
    cov, pelvis, pelvis_sd = rng.normal(size=(3, rows, 3))
    return grid, AngleBlock(t, hip, raw, sd, total, cov, valid[:, 1:], pelvis, pelvis_sd)


def write(path, *parts, session=None):
    with ResultsWriter(path) as writer:
        for part in parts:
            writer.add(*part)
        writer.finish(
            [Fault("pelvis", "gap", 1.0, 2.0, 7)], {"grade": "none", "chain": "none"}, session or {}
        )


def test_a_rotation_that_says_nothing_is_not_valid(tmp_path):
    """Known worse than ±30° (95 %) it is a value with its error, and not valid."""
    grid, angles = blocks(50)
    hip_sd = angles.hip_sd.copy()
    hip_sd[:, 0, 2] = np.where(np.arange(50) < 20, np.radians(16.0), np.radians(14.0))
    sure = np.ones((50, 2), dtype=np.bool_)
    write(tmp_path / "out", (grid, dataclasses.replace(angles, hip_sd=hip_sd, valid=sure)))
    column = read_results(tmp_path / "out").angles
    assert column["valid_left"].to_numpy().tolist() == [False] * 20 + [True] * 30
    assert np.array_equal(
        column["hip_rotation_left_deg"].to_numpy(), np.degrees(angles.hip[:, 0, 2]), equal_nan=True
    )


def test_columns_and_values(tmp_path):
    """The columns are the promised ones, in degrees, and a row per grid time (and sensor)."""
    grid, angles = blocks(50)
    write(tmp_path / "out", (grid, angles))
    read = read_results(tmp_path / "out")
    assert read.angles.schema.names == ANGLES
    column = {name: read.angles[name].to_numpy() for name in ANGLES}
    assert np.array_equal(column["t"], grid.t)
    for name, expected in (
        ("hip_rotation_left_deg", angles.hip[:, 0, 2]),
        ("hip_flexion_right_deg", angles.hip[:, 1, 0]),
        ("hip_adduction_right_raw_deg", angles.hip_raw[:, 1, 1]),
        ("hip_flexion_left_sd_deg", angles.hip_sd[:, 0, 0]),
        ("hip_flexion_left_sd_total_deg", angles.hip_sd_total[:, 0, 0]),
        ("pelvis_obliquity_deg", angles.pelvis[:, 1]),
    ):
        assert np.array_equal(column[name], np.degrees(expected), equal_nan=True), name
    assert np.array_equal(column["valid_right"], angles.valid[:, 1])
    assert read.sensors.schema.names == ["t", "sensor", "qw", "qx", "qy", "qz", "valid"]
    sensors = read.sensors.to_pandas()
    left = sensors[sensors.sensor == "thigh_left"]
    assert np.array_equal(left[["qw", "qx", "qy", "qz"]].to_numpy(), grid.q[:, 1])
    assert np.array_equal(sensors.t.to_numpy(), np.repeat(grid.t, 3))
    assert read.repetitions.schema.names == [
        *("movement", "side", "set", "repetition", "direction"),
        *("t_start", "t_turn", "t_end", "counted", "found", "reason"),
        *MEASURES,
    ]
    assert read.repetitions.num_rows == read.sets.num_rows == 0
    assert read.findings == read.notes == []
    fault = {"sensor": "pelvis", "kind": "gap", "t_start": 1.0, "t_end": 2.0, "count": 7}
    assert read.faults == [fault | {"detail": ""}]


def test_unknown_is_nan_and_never_null(tmp_path):
    """A cell that is not known holds NaN for every reader."""
    write(tmp_path / "out", blocks(50))
    for name in ("angles.parquet", "sensors.parquet"):
        table = pq.read_table(tmp_path / "out" / name)
        assert all(column.null_count == 0 for column in table.columns)
    angles = pq.read_table(tmp_path / "out" / "angles.parquet").to_pandas()
    assert angles["hip_flexion_right_deg"].isna().sum() == 25
    assert angles["hip_rotation_left_sd_total_deg"].isna().all()


def test_an_hour_without_calibration_is_read(tmp_path):
    """A long session of which nothing is known packs into next to nothing, and is read again."""
    rows = 360_000
    nothing = np.full((rows, 3, 4), np.nan)
    t, none = np.arange(rows) / 100, np.zeros((rows, 3), dtype=np.bool_)
    lost, unknown = nothing[..., 0], nothing[:, :2, :3]
    grid = GridBlock(
        SENSORS, t, nothing, nothing[..., :3], nothing[..., 1:], none, none, *[lost] * 3
    )
    angles = AngleBlock(t, *[unknown] * 4, lost, none[:, 1:], lost, lost)
    write(tmp_path / "out", (grid, angles))
    for name in ("angles", "sensors"):
        assert (tmp_path / "out" / f"{name}.parquet").stat().st_size < rows
    read = read_results(tmp_path / "out")
    assert (read.angles.num_rows, read.sensors.num_rows) == (rows, 3 * rows)


def test_a_table_made_to_fill_the_memory_is_refused(tmp_path):
    """More cells than any session has are not read out of a few bytes."""
    write(tmp_path / "out", blocks(50))
    zeros = pa.DictionaryArray.from_arrays(pa.array(np.zeros(2_000_000, np.int8)), pa.array([0.0]))
    table = pa.table(dict.fromkeys((f"x{i}" for i in range(60)), zeros))
    pq.write_table(table, tmp_path / "out" / "angles.parquet", compression="zstd")
    with pytest.raises(RecordingError, match="are no measurement"):
        read_results(tmp_path / "out")


def test_blocks_do_not_show(tmp_path, monkeypatch):
    """However the rows are cut into blocks and row groups, the tables are the same."""
    monkeypatch.setattr(results, "ROW_GROUP_ROWS", 40)
    grid, angles = blocks(100)
    write(tmp_path / "a", (grid, angles))
    parts = []
    for part in (slice(0, 0), slice(0, 1), slice(1, 70), slice(70, 100)):
        g = GridBlock(SENSORS, *(getattr(grid, n)[part] for n in GridBlock.__slots__[1:]))
        parts.append((g, AngleBlock(*(getattr(angles, n)[part] for n in AngleBlock.__slots__))))
    write(tmp_path / "b", *parts)
    for table in ("angles", "sensors"):
        one, other = (getattr(read_results(tmp_path / name), table) for name in "ab")
        for name in one.schema.names:
            if name == "sensor":
                assert one[name].to_pylist() == other[name].to_pylist()
            else:
                assert np.array_equal(
                    one[name].to_numpy(), other[name].to_numpy(), equal_nan=one[name].type != "bool"
                )


def test_json_knows_no_nan(tmp_path):
    """Numbers that are not finite become null, and numpy's values plain ones."""
    session = {"a": float("nan"), "b": np.float64(1.5), "c": [np.inf], "d": np.arange(2), "e": (1,)}
    write(tmp_path / "out", session=session)
    text = (tmp_path / "out" / "session.json").read_text()
    assert json.loads(text) == {"a": None, "b": 1.5, "c": [None], "d": [0, 1], "e": [1]}


def test_no_rows_give_whole_files(tmp_path):
    """A recording without a single grid time has all files, with all columns."""
    write(tmp_path / "out")
    assert read_results(tmp_path / "out").angles.schema.names == ANGLES
    assert read_results(tmp_path / "out").sensors.num_rows == 0


def test_nothing_is_left_without_finish(tmp_path):
    """An error on the way leaves the old result as it was, and no temporary files."""
    target = tmp_path / "out"
    write(target, blocks(5), session={"which": "old"})
    with pytest.raises(ValueError, match="rows of the grid"), ResultsWriter(target) as writer:
        writer.add(blocks(10)[0], blocks(9)[1])
    assert read_results(target).session == {"which": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with ResultsWriter(target) as writer:
        writer.add(*blocks(10))
    assert read_results(target).session == {"which": "old"}
    write(target, blocks(10), session={"which": "new"})
    assert read_results(target).session == {"which": "new"}
    assert read_results(target).angles.num_rows == 10
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_only_our_own_folder_is_replaced(tmp_path):
    """A folder with other files, or a file, is refused before any work, and stays."""
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "thesis.tex").write_text("three years")
    with pytest.raises(RecordingError, match="holds other files and no session"):
        ResultsWriter(target)
    assert [path.name for path in target.iterdir()] == ["thesis.tex"]
    with pytest.raises(RecordingError, match="This is a file"):
        ResultsWriter(target / "thesis.tex")
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty")
    assert read_results(tmp_path / "empty").angles.num_rows == 0


def test_full_disk(tmp_path, monkeypatch):
    """A disk that refuses is an error for people, with nothing left behind."""

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with ResultsWriter(tmp_path / "out") as writer:
        writer.add(*blocks(10))
        monkeypatch.setattr(results.pq, "write_table", refuse)
        with pytest.raises(RecordingError, match="no space left on device"):
            writer.finish([], {}, {})
    assert not list(tmp_path.iterdir())


def test_only_the_owner_may_read(tmp_path):
    """The folder is 0700 and its files 0600."""
    write(tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()} == {0o600}


def test_no_results(tmp_path):
    """What is no result folder is said to be none, and a damaged file is named."""
    with pytest.raises(RecordingError, match="no results are here"):
        read_results(tmp_path)
    write(tmp_path / "out")
    (tmp_path / "out" / "angles.parquet").write_bytes(b"PAR1")
    with pytest.raises(RecordingError, match=r"angles.parquet: cannot be read"):
        read_results(tmp_path / "out")
    (tmp_path / "out" / "session.json").write_text("{")
    write(tmp_path / "out")


def test_blocks_of_unequal_length(tmp_path):
    """Grid and angles of different rows are the caller's mistake."""
    with (
        ResultsWriter(tmp_path / "out") as writer,
        pytest.raises(ValueError, match="10 rows of the grid and 5 of angles"),
    ):
        writer.add(blocks(10)[0], blocks(5)[1])
