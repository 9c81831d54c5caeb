"""Result folders that come from elsewhere: what is in them is read, or named in one sentence."""

import copy
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.result_folders import results_folder

from imuhip.core.errors import ImuhipError, RecordingError
from imuhip.report.material import material_in
from imuhip.report.writing import report_for
from imuhip.results.exporters.formats import export
from imuhip.results.schemas import read_results
from imuhip.results.shapes import SHAPES, misfit

FINDING: dict[str, Any] = {
    "rule": "depth_difference",
    "movement": "squat",
    "side": "left",
    "set": 1,
    "repetitions": [1, 2],
    "value": 12.5,
    "unit": "deg",
    "limit": 8.0,
    "mdc": None,
    "grade": "marked",
    "confidence": 0.9,
    "words": "The left hip bends less.",
    "cue": "Slowly.",
    "more_cues": ["Again."],
    "direction": "",
}
WHOLE: dict[str, Any] = {
    "findings.json": [FINDING],
    "notes.json": [
        {
            "t": 12.0, "label": "pain", "movement": "squat", "set": 1, "repetition": 1,
            "angles": {"hip_flexion_left_deg": None}, "outcomes": [{"words": "Better."}],
        }
    ],
    "faults.json": [
        {"sensor": "pelvis", "kind": "gap", "t_start": 11.0, "t_end": 12.0, "count": 100}
    ],
    "calibration.json": {
        "grade": "good",
        "chain": "functional",
        "words": ["Stand."],
        "placement": [{"words": "The sensor is upside down."}],
        "gates": [
            {
                "name": "rows", "unit": "1", "sensor": "", "value": None, "accept": 0.9,
                "verdict": "accepted",
            }
        ],
    },
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made: Path = results_folder(tmp_path / "results")
    for name, value in WHOLE.items():
        (made / name).write_text(json.dumps(value))
    return made


def use(folder: Path) -> None:
    """All that a report takes from a folder."""
    material = material_in(folder)
    for reader in ("athlete", "coach"):
        report_for(reader, material)


def what_is_said(folder: Path) -> str:
    """The error when a report is made of a folder; empty where one is made."""
    try:
        use(folder)
    except ImuhipError as error:
        return str(error)
    return ""


def test_what_is_written_fits(folder: Path) -> None:
    """The files that the program writes itself are what they should be."""
    use(folder)
    assert read_results(folder).findings == [FINDING]
    session = json.loads((folder / "session.json").read_text())
    assert misfit(session, SHAPES["session.json"]) == ""


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = list(value.items()) if isinstance(value, dict) else []
    inner = list(enumerate(value[:1])) if isinstance(value, list) else inner
    return [p for key, each in inner for p in ((*place, key), *places(each, (*place, key)))]


CHANGES = [(name, place) for name, value in WHOLE.items() for place in ((), *places(value))]


@pytest.mark.parametrize(("name", "place"), CHANGES, ids=str)
def test_wrong_inner_types(folder: Path, name: str, place: tuple[Any, ...]) -> None:
    """Whatever stands at any place, a report is made or one sentence says what is wrong."""
    for value in (None, "x", 1e308, {}, [[]]):
        whole = copy.deepcopy(WHOLE[name])
        if place:
            at = whole
            for key in place[:-1]:
                at = at[key]
            at[place[-1]] = value
        (folder / name).write_text(json.dumps(whole if place else value))
        sentence = what_is_said(folder)
        assert "\n" not in sentence
        assert sentence.startswith(str(folder)) or not sentence


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("findings.json", {"a": 1}, "it should be a list"),
        ("findings.json", [{**FINDING, "set": "1"}], r"it\[0\].set should be a whole number"),
        ("findings.json", [{**FINDING, "grade": "<b>"}], "grade should be one of none, mild"),
        ("findings.json", [{}], r"it\[0\] has no rule"),
        ("calibration.json", [], "it should be a table"),
        ("session.json", {"marks": [{"t": None, "label": ""}]}, r"marks\[0\].t should be a number"),
        ("session.json", {"results_version": 99}, "have version 99"),
        ("session.json", 3, "it should be a table"),
    ],
)
def test_the_sentence_names_the_place(folder: Path, name: str, value: Any, said: str) -> None:
    """File, place in it, and what should stand there."""
    (folder / name).write_text(json.dumps(value))
    with pytest.raises(RecordingError, match=said):
        read_results(folder)


def column(name: str, values: Any) -> Any:
    def change(table: pa.Table) -> pa.Table:
        return table.set_column(table.column_names.index(name), name, pa.array(values(len(table))))

    return change


TABLES = [
    ("angles.parquet", lambda t: t.drop_columns(["t"]), "columns t are missing"),
    ("angles.parquet", column("t", lambda n: ["x"] * n), "column t holds string"),
    ("angles.parquet", column("t", lambda n: np.full(n, np.inf)), "a time that is none"),
    ("angles.parquet", column("t", lambda n: np.arange(n)[::-1] * 0.01), "run backwards"),
    (
        "angles.parquet",
        column("hip_flexion_left_deg", lambda n: np.full(n, 1e300)),
        "an angle that is none",
    ),
    ("repetitions.parquet", column("side", lambda n: ["middle"] * n), "side holds 'middle'"),
    ("repetitions.parquet", column("direction", lambda n: ["up"] * n), "direction holds 'up'"),
    (
        "repetitions.parquet",
        column("movement", lambda n: pa.nulls(n, pa.string())),
        "column movement has empty cells",
    ),
    ("repetitions.parquet", lambda t: t.drop_columns(["counted"]), "counted are missing"),
    ("repetitions.parquet", column("set", lambda n: [1.5] * n), "column set holds double"),
    ("sensors.parquet", column("valid", lambda n: [1] * n), "column valid holds int64"),
]


@pytest.mark.parametrize(("name", "change", "said"), TABLES, ids=[t[2] for t in TABLES])
def test_tables_of_another_kind(folder: Path, name: str, change: Any, said: str) -> None:
    """Columns that are missing or hold something else."""
    pq.write_table(change(pq.read_table(folder / name)), folder / name)
    with pytest.raises(RecordingError, match=said):
        read_results(folder)


@pytest.mark.parametrize("format_name", ["csv", "csv_de", "parquet"])
@pytest.mark.parametrize(
    ("name", "of"), [("sensors.parquet", "t"), ("angles.parquet", "pelvis_tilt_deg")]
)
def test_exports_in_pieces_check_each(
    folder: Path, name: str, of: str, format_name: str, tmp_path: Path
) -> None:
    """Tables that are exported piece by piece are checked as those that are read at once."""
    path = folder / name
    pq.write_table(column(of, lambda n: ["x"] * n)(pq.read_table(path)), path, row_group_size=500)
    with pytest.raises(RecordingError, match=f"column {of} holds string"):
        export(folder, format_name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("format_name", ["csv", "csv_de", "parquet"])
def test_a_table_without_rows_is_exported_with_its_columns(
    folder: Path, format_name: str, tmp_path: Path
) -> None:
    """A table in no piece at all is a table."""
    path = folder / "sensors.parquet"
    with pq.ParquetWriter(path, pq.read_schema(path)):
        pass
    assert pq.ParquetFile(path).num_row_groups == 0
    export(folder, format_name, tmp_path / "out")
    written = next((tmp_path / "out").glob("sensors.*"))
    if format_name == "parquet":
        assert pq.read_table(written).column_names[:2] == ["t", "sensor"]
    else:
        assert "sensor" in written.read_text(encoding="utf-8-sig").splitlines()[0]


@pytest.mark.parametrize("name", [*WHOLE, "session.json", "angles.parquet", "sets.parquet"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "pipe", "folder", "deep"])
def test_files_that_are_none(folder: Path, name: str, damage: str) -> None:
    """Missing, cut, a pipe that nobody writes to, a folder, brackets without end."""
    path = folder / name
    content = path.read_bytes()
    path.unlink()
    if damage == "pipe":
        os.mkfifo(path)
    elif damage == "folder":
        path.mkdir()
    elif damage != "missing":
        cut = {"empty": b"", "cut": content[: len(content) // 2], "deep": b"[" * 100_000}
        path.write_bytes(cut[damage])
    with pytest.raises(RecordingError) as caught:
        read_results(folder)
    assert len(str(caught.value)) < 600
