"""Folders that cannot be imported: each is refused with the place, what came and what to do."""

import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.import_folders import NAMES, cell, file, imported, line, still, without, write

from imuhip.core.errors import RecordingError
from imuhip.importers.folder import import_folder

HEAD = ",".join(NAMES) + "\n"
BAD = [
    (
        without("pelvis.csv"),
        "",
        None,
        "pelvis.csv and thigh_left.csv or thigh_right.csv",
    ),
    (without("thigh_left.csv", "thigh_right.csv"), "", None, "In the folder is pelvis.csv"),
    (
        without("pelvis.csv", "thigh_left.csv", "thigh_right.csv"),
        "",
        None,
        "In the folder is nothing",
    ),
    (file("pelvis.parquet", "x"), "", None, "There are both pelvis.csv and pelvis.parquet"),
    (file("pelvis.csv", ""), "pelvis.csv", None, "The file is empty"),
    (file("pelvis.csv", b"\x89PNG\r\n\x1a\n\xff\0"), "pelvis.csv", None, "The file is not text"),
    (file("pelvis.csv", b"t,a\0\n"), "pelvis.csv", None, "holds zero bytes"),
    (line(1, HEAD.replace("acc_y,", "").strip()), "pelvis.csv", 1, "Column acc_y is missing"),
    (line(1, HEAD.strip() + ",temp"), "pelvis.csv", 2, "7 cells, and there are 8 columns"),
    (line(1, HEAD.strip() + ",mag_x"), "pelvis.csv", 2, "7 cells, and there are 8 columns"),
    (line(1, HEAD.strip() + ",t"), "pelvis.csv", 1, "Column 't' is there twice"),
    (line(1, "0.0,1,2,3,4,5,6"), "pelvis.csv", 1, "The first line holds numbers. Put"),
    (line(1, "0.0,1,2,x,4,5,6"), "pelvis.csv", 1, "Columns t, acc_x, acc_y, acc_z"),
    (cell(5, "acc_x", "nan"), "pelvis.csv", 5, "Column acc_x has 'nan' where a number"),
    (
        cell(6, "gyr_z", "-inf"),
        "pelvis.csv",
        6,
        "Column gyr_z has '-inf' where a number",
    ),
    (cell(7, "acc_z", ""), "pelvis.csv", 7, "Column acc_z has an empty cell where"),
    (
        cell(8, "t", "abc"),
        "pelvis.csv",
        8,
        "has 'abc' where a number should be. Remove the row, or",
    ),
    (cell(8, "gyr_x", "1_0"), "pelvis.csv", 8, "has '1_0' where a number"),
    (cell(8, "gyr_x", "1e999"), "pelvis.csv", 8, "has '1e999' where a number"),
    (line(9, "0.07,1,2"), "pelvis.csv", 9, "3 cells, and there are 7 columns"),
    (line(9, "0.07,1,2,3,4,5,6,7"), "pelvis.csv", 9, "8 cells, and there are 7 columns"),
    (line(9, '0.07,"1,2,3,4,5,6,7'), "pelvis.csv", 21, "2 cells, and there are 7 columns"),
    (cell(10, "t", "0.01"), "pelvis.csv", 10, "Time runs backwards: 0.01 follows 0.07"),
    (cell(10, "t", "0.07"), "pelvis.csv", 10, "Time repeats: 0.07 follows 0.07"),
    (cell(21, "t", "1e18"), "pelvis.csv", 21, "Time 1e+18 cannot be seconds"),
    (file("pelvis.csv", HEAD), "pelvis.csv", None, "no row of samples; at least two"),
    (file("pelvis.csv", HEAD + "0,0,0,9,0,0,0\n"), "pelvis.csv", None, "only one row of samples"),
    (file("session.toml", "athlete = \n"), "session.toml", None, "not valid TOML"),
    (
        file("session.toml", "athlete = 3\n"),
        "session.toml",
        None,
        "athlete should be text in quotes",
    ),
    (
        file("session.toml", 'started = "noon"\n'),
        "session.toml",
        None,
        "noon is not a time such",
    ),
    (
        file("session.toml", "started = 20:30:00\n"),
        "session.toml",
        None,
        "started = 20:30:00 is not a time such as",
    ),
    (
        file("session.toml", "started = 9999-01-01\n"),
        "session.toml",
        None,
        "is not a time between 1970",
    ),
    (file("session.toml", "mount = 1\n"), "session.toml", None, "mount should hold tables"),
    (
        file("session.toml", "[mount.tail]\n"),
        "session.toml",
        None,
        "mount.tail: no sensor has this name",
    ),
    (file("session.toml", '[mount.pelvis]\nup = "x"\n'), "session.toml", None, 'up = "+x" and out'),
    (
        file("session.toml", '[mount.pelvis]\nup = "x"\nout = "+z"\n'),
        "session.toml",
        None,
        "mount.pelvis.up = 'x' is not an axis",
    ),
    (
        file("session.toml", '[mount.pelvis]\nup = "-z"\nout = "+z"\n'),
        "session.toml",
        None,
        "up and out are on the same axis",
    ),
    (file("marks.csv", "time,what\n"), "marks.csv", 1, "The first line should be t,label"),
    (
        file("marks.csv", "t,label\n1.0,pain\nx,pain\n"),
        "marks.csv",
        3,
        "Column t has 'x' where seconds",
    ),
    (file("marks.csv", "t,label\nnan,pain\n"), "marks.csv", 2, "Column t has 'nan' where seconds"),
    (file("marks.csv", "t,label\n1.0\n"), "marks.csv", 2, "The mark has no label"),
    (
        file("marks.csv", 't,label\n"0,5",pain\n'),
        "marks.csv",
        2,
        "0,5 looks like a number with a decimal comma",
    ),
    (
        file("marks.csv", "t,label\n0,5,begin:tray\n"),
        "marks.csv",
        2,
        "0,5 looks like a number with a decimal comma",
    ),
]


@pytest.mark.parametrize(("change", "name", "at", "said"), BAD, ids=[bad[3][:40] for bad in BAD])
def test_bad_input(folder, tmp_path, change, name, at, said):
    """Bad input is refused with file, line and what came; nothing is written, nothing touched."""
    change(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(RecordingError) as caught:
        import_folder(folder, tmp_path / "out" / "a.mcap")
    assert said in caught.value.message
    assert caught.value.path == (folder / name if name else folder)
    assert caught.value.line == at
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert sorted(path.name for path in tmp_path.rglob("*") if path.suffix != ".csv") == sorted(
        ["in", *(n for n in before if not n.endswith(".csv"))]
    )


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("acc_x", pa.array([1.0, None, 3.0]), "Column acc_x has nan where a number"),
        (
            "gyr_y",
            pa.array([1.0, 2.0, math.inf]),
            "Column gyr_y has inf where a number",
        ),
        ("t", pa.array(["a", "b", "c"]), "Column t should hold numbers, but holds string"),
        ("t", pa.array([0, 1, (1 << 53) + 1]), "Column t should hold numbers"),
    ],
)
def test_bad_parquet(folder, tmp_path, column, values, said):
    """Parquet files are held to the same rules."""
    (folder / "pelvis.csv").unlink()
    columns = {name: pa.array([0.0, 0.1, 0.2]) for name in NAMES} | {column: values}
    pq.write_table(pa.table(columns), folder / "pelvis.parquet")
    with pytest.raises(RecordingError) as caught:
        import_folder(folder, tmp_path / "a.mcap")
    assert said in caught.value.message
    assert caught.value.path == folder / "pelvis.parquet"


def test_no_folder(tmp_path, folder):
    """What is no folder is refused, and an existing target is not overwritten unless told."""
    with pytest.raises(RecordingError, match="no such folder"):
        import_folder(tmp_path / "nothing", tmp_path / "a.mcap")
    with pytest.raises(RecordingError, match="The format of this file is not known"):
        import_folder(folder / "pelvis.csv", tmp_path / "a.mcap")
    import_folder(folder, tmp_path / "a.mcap")
    before = (tmp_path / "a.mcap").read_bytes()
    write(folder / "pelvis.csv", still(30))
    with pytest.raises(RecordingError, match="exists already"):
        import_folder(folder, tmp_path / "a.mcap")
    assert (tmp_path / "a.mcap").read_bytes() == before
    assert import_folder(folder, tmp_path / "a.mcap", overwrite=True).samples["pelvis"] == 30
    assert imported(tmp_path / "a.mcap")["pelvis"].shape == (30, 7)
