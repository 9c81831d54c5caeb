"""An import gives back every bit, and bad input a message with file, line and column."""

import math
import random
import struct
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imuhip.archive.importers import import_folder
from imuhip.archive.number_tables import read_text_table
from imuhip.archive.recording import RecordingReader, describe
from imuhip.devices.decode import decode
from imuhip.devices.profiles import parse_profile
from imuhip.errors import RecordingError
from imuhip.records import Mark, Mount, Packet

NAMES = ("t", *(f"{s}_{a}" for s in ("acc", "gyr") for a in "xyz"))
MAG = tuple(f"mag_{a}" for a in "xyz")


def still(rows: int = 20, rate: float = 100.0, first: float = 0.0) -> np.ndarray:
    """Rows of a sensor at rest, with a little noise."""
    values = np.random.default_rng(rows).normal(0.0, 0.01, (rows, 7))
    values[:, 0] = first + np.arange(rows) / rate
    values[:, 3] += 9.81
    return values


def write(path: Path, values: np.ndarray, names=NAMES, end: str = "\n") -> None:
    lines = [",".join(names), *(",".join(map(repr, row)) for row in values.tolist())]
    path.write_text(end.join(lines) + end, newline="")


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of three sensors at rest."""
    folder = tmp_path / "in"
    folder.mkdir()
    for sensor in ("pelvis", "thigh_left", "thigh_right"):
        write(folder / f"{sensor}.csv", still())
    return folder


def imported(path: Path) -> dict[str, np.ndarray]:
    """Every sensor's rows, as its profile decodes them; and the marks."""
    reader = RecordingReader(path)
    parts: dict[str, list[np.ndarray]] = {}
    for batch in reader.batches():
        for record in batch:
            if isinstance(record, Packet):
                profile = parse_profile(reader.header.profiles["imported"])
                block = decode(profile, record)
                assert not block.faults
                columns = [block.ticks[:, None], block.acc, block.gyr]
                columns += [] if block.mag is None else [block.mag]
                parts.setdefault(record.sensor, []).append(np.hstack(columns))
                assert np.array_equal(record.host_ns, np.rint(block.ticks * 1e9).astype(np.int64))
    assert reader.whole
    return {sensor: np.concatenate(rows) for sensor, rows in parts.items()}


def bits(values: np.ndarray) -> list[int]:
    return np.ascontiguousarray(values).view(np.int64).ravel().tolist()


def nasty(rows: int) -> np.ndarray:
    """Any finite floats: denormals, largest, negative zero, seventeen digits; times that rise."""
    generator = random.Random(rows)  # noqa: S311
    special = [5e-324, -0.0, sys.float_info.max, sys.float_info.min, 0.1 + 0.2, 1 / 3, -2.5e-310]
    cells = []
    while len(cells) < rows * 10:
        (value,) = struct.unpack("<d", generator.randbytes(8))
        if math.isfinite(value):
            cells.append(value)
    cells[: len(special)] = special
    values = np.array(cells).reshape(rows, 10)
    values[:, 0] = np.cumsum([generator.random() for _ in range(rows)]) - 10.0
    return values


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_no_bit_is_lost(tmp_path, suffix):
    """Float64 in is float64 out, whatever the numbers."""
    folder = tmp_path / "in"
    folder.mkdir()
    tables = {"pelvis": nasty(400), "thigh_right": nasty(300)[:, :7], "trunk": nasty(50)}
    for sensor, values in tables.items():
        names = (NAMES + MAG)[: values.shape[1]]
        if suffix == ".csv":
            write(folder / f"{sensor}.csv", values, names)
        else:
            pq.write_table(pa.table(list(values.T), names=names), folder / f"{sensor}.parquet")
    report = import_folder(folder, tmp_path / "a.mcap")
    read = imported(tmp_path / "a.mcap")
    assert read.keys() == tables.keys()
    for sensor, values in tables.items():
        assert bits(read[sensor]) == bits(values)
    assert report.samples == {"pelvis": 400, "thigh_right": 300, "trunk": 50}
    assert [sensor.magnetometer for sensor in report.sensors] == [True, False, True]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
@settings(max_examples=200, deadline=None)
def test_text_is_read_as_python_reads_it(tmp_path_factory, values):
    """Every way Python writes a number, the table reads with the same bits."""
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    texts = [f"{v!r}, {v:.17g} ,{v:.25e}" for v in values]
    path.write_text("a,b,c\n" + "\n".join(texts) + "\n")
    table = read_text_table(path, lambda _: None)
    expected = np.array([[float(cell) for cell in text.split(",")] for text in texts])
    read = np.column_stack(list(table.columns.values()))
    assert bits(read) == bits(expected)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace(",", " , "),
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace(",", ";").replace(".", ","),
        lambda text: text.replace(",", '","').replace("\n", '"\n"').join('""')[:-1].rstrip('"'),
        lambda text: text.rstrip("\n"),
        lambda text: text + "\n\n",
        lambda text: "\n" + text.replace("\n", "\n\n", 5),
    ],
    ids=[
        "bom",
        "crlf",
        "cr",
        "spaces",
        "semicolons",
        "tabs",
        "comma",
        "quotes",
        "end",
        "more",
        "gap",
    ],
)
def test_spellings(folder, tmp_path, change):
    """The same numbers are read however the table is spelled."""
    text = change((folder / "pelvis.csv").read_text())
    (folder / "pelvis.csv").write_text(text, encoding="utf-8", newline="")
    import_folder(folder, tmp_path / "a.mcap")
    assert bits(imported(tmp_path / "a.mcap")["pelvis"]) == bits(still())


def test_utf16(folder, tmp_path):
    """A table that a spreadsheet saved as Unicode text is read."""
    text = (folder / "pelvis.csv").read_text()
    (folder / "pelvis.csv").write_text(text.replace(",", "\t"), encoding="utf-16")
    import_folder(folder, tmp_path / "a.mcap")
    assert bits(imported(tmp_path / "a.mcap")["pelvis"]) == bits(still())


def test_order_of_arrival_is_order_of_time(folder, tmp_path):
    """Arrival numbers rise with time over all sensors; a mark comes before the sample it names."""
    write(folder / "thigh_left.csv", still(rate=37.0, first=0.0031))
    (folder / "marks.csv").write_text("t,label\n0.1,end:stand\n0.05,begin:stand\n0.07,note:a, b\n")
    report = import_folder(folder, tmp_path / "a.mcap")
    assert (report.marks, report.warnings) == (3, ())
    rows = []
    for batch in RecordingReader(tmp_path / "a.mcap").batches():
        for record in batch:
            if isinstance(record, Mark):
                rows.append((record.arrival, record.host_ns, record.label))
            else:
                pairs = zip(record.arrival.tolist(), record.host_ns.tolist(), strict=True)
                rows += [(*pair, record.sensor) for pair in pairs]
    rows.sort()
    assert [row[0] for row in rows] == list(range(63))
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
    labels = [row[2] for row in rows if row[1] == 50_000_000]
    assert labels == ["begin:stand", "pelvis", "thigh_right"]
    assert "note:a, b" in [row[2] for row in rows]


def test_header_of_an_import(folder, tmp_path):
    """The session's entries, mounts and measured rates are in the header."""
    (folder / "session.toml").write_text(
        'athlete = "A1"\nstarted = 2026-03-02T10:00:00Z\nsource = "a lab"\nleg = 3\n'
        '[mount.thigh_left]\nup = "+x"\nout = "-z"\n'
    )
    report = import_folder(folder, tmp_path / "a.mcap")
    header = RecordingReader(tmp_path / "a.mcap").header
    assert (header.athlete, header.started, header.source) == (
        "A1",
        "2026-03-02T10:00:00Z",
        "a lab",
    )
    assert header.utc_ns == 1_772_445_600_000_000_000
    assert header.clock == "session"
    assert header.sensors[1].mount == Mount("+x", "-z")
    assert header.sensors[0].rate_hz == pytest.approx(100.0)
    assert header.software.keys() >= {"imuhip", "numpy"}
    assert report.warnings == ("session.toml: the entry 'leg' is not known, and is left out",)
    assert describe(tmp_path / "a.mcap").sensors[2].notifications == 20


def line(number: int, text: str, name: str = "pelvis.csv"):
    """A change of one line of a file."""

    def change(folder: Path) -> None:
        lines = (folder / name).read_text().splitlines()
        lines[number - 1] = text
        (folder / name).write_text("\n".join(lines) + "\n")

    return change


def cell(number: int, column: str, text: str):
    """A change of one cell of pelvis.csv."""

    def change(folder: Path) -> None:
        lines = (folder / "pelvis.csv").read_text().splitlines()
        cells = lines[number - 1].split(",")
        cells[NAMES.index(column)] = text
        lines[number - 1] = ",".join(cells)
        (folder / "pelvis.csv").write_text("\n".join(lines) + "\n")

    return change


def file(name: str, content: str | bytes):
    return lambda folder: (folder / name).write_bytes(
        content.encode() if isinstance(content, str) else content
    )


def without(*names: str):
    return lambda folder: [(folder / name).unlink() for name in names]


HEAD = ",".join(NAMES) + "\n"
BAD = [
    (
        without("pelvis.csv"),
        "",
        None,
        "pelvis.csv and thigh_left.csv or thigh_right.csv are needed",
    ),
    (without("thigh_left.csv", "thigh_right.csv"), "", None, "in the folder is pelvis.csv"),
    (
        without("pelvis.csv", "thigh_left.csv", "thigh_right.csv"),
        "",
        None,
        "in the folder is nothing",
    ),
    (file("pelvis.parquet", "x"), "", None, "both pelvis.csv and pelvis.parquet are there"),
    (file("pelvis.csv", ""), "pelvis.csv", None, "the file is empty"),
    (file("pelvis.csv", b"\x89PNG\r\n\x1a\n\xff\0"), "pelvis.csv", None, "is no text in UTF-8"),
    (file("pelvis.csv", b"t,a\0\n"), "pelvis.csv", None, "holds zero bytes"),
    (line(1, HEAD.replace("acc_y,", "").strip()), "pelvis.csv", 1, "missing: acc_y"),
    (line(1, HEAD.strip() + ",temp"), "pelvis.csv", 1, "unknown: 'temp'"),
    (line(1, HEAD.strip() + ",mag_x"), "pelvis.csv", 1, "missing: mag_y, mag_z"),
    (line(1, HEAD.strip() + ",t"), "pelvis.csv", 1, "twice: t"),
    (line(1, "0.0,1,2,3,4,5,6"), "pelvis.csv", 1, "missing: t, acc_x"),
    (cell(5, "acc_x", "nan"), "pelvis.csv", 5, "column acc_x: a finite number was expected, 'nan'"),
    (
        cell(6, "gyr_z", "-inf"),
        "pelvis.csv",
        6,
        "column gyr_z: a finite number was expected, '-inf'",
    ),
    (cell(7, "acc_z", ""), "pelvis.csv", 7, "column acc_z: a finite number was expected, an empty"),
    (cell(8, "t", "abc"), "pelvis.csv", 8, "'abc' came; remove the row, or import with --drop"),
    (cell(8, "gyr_x", "1_0"), "pelvis.csv", 8, "'1_0' came"),
    (cell(8, "gyr_x", "1e999"), "pelvis.csv", 8, "'1e999' came"),
    (line(9, "0.07,1,2"), "pelvis.csv", 9, "7 columns were expected, 3 came"),
    (line(9, "0.07,1,2,3,4,5,6,7"), "pelvis.csv", 9, "7 columns were expected, 8 came"),
    (line(9, '0.07,"1,2,3,4,5,6,7'), "pelvis.csv", 21, "7 columns were expected, 2 came"),
    (cell(10, "t", "0.01"), "pelvis.csv", 10, "time runs backwards: 0.01 after 0.07"),
    (cell(10, "t", "0.07"), "pelvis.csv", 10, "time repeats: 0.07 after 0.07"),
    (cell(21, "t", "1e18"), "pelvis.csv", 21, "t is 1e+18, and should be in seconds"),
    (file("pelvis.csv", HEAD), "pelvis.csv", None, "two or more rows were expected, 0 came"),
    (file("pelvis.csv", HEAD + "0,0,0,9,0,0,0\n"), "pelvis.csv", None, "two or more rows"),
    (file("session.toml", "athlete = \n"), "session.toml", None, "is no TOML"),
    (file("session.toml", "athlete = 3\n"), "session.toml", None, "athlete: text in quotes"),
    (file("session.toml", 'started = "noon"\n'), "session.toml", None, "started: a time such as"),
    (file("session.toml", "started = 9999-01-01\n"), "session.toml", None, "a time since 1970"),
    (file("session.toml", "mount = 1\n"), "session.toml", None, "mount: tables such as"),
    (file("session.toml", "[mount.tail]\n"), "session.toml", None, "mount.tail: is no sensor"),
    (file("session.toml", '[mount.pelvis]\nup = "x"\n'), "session.toml", None, 'up = "+x" and out'),
    (
        file("session.toml", '[mount.pelvis]\nup = "x"\nout = "+z"\n'),
        "session.toml",
        None,
        "mount.pelvis.up: one of +x -x",
    ),
    (
        file("session.toml", '[mount.pelvis]\nup = "-z"\nout = "+z"\n'),
        "session.toml",
        None,
        "up and out are on the same axis",
    ),
    (file("marks.csv", "time,what\n"), "marks.csv", 1, "the columns t,label were expected"),
    (file("marks.csv", "t,label\n1.0,pain\nx,pain\n"), "marks.csv", 3, "'x' came"),
    (file("marks.csv", "t,label\nnan,pain\n"), "marks.csv", 2, "seconds were expected, 'nan' came"),
    (file("marks.csv", "t,label\n1.0\n"), "marks.csv", 2, "a label of 1 to 1000 characters"),
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
        ("acc_x", pa.array([1.0, None, 3.0]), "column acc_x: a finite number was expected, nan"),
        (
            "gyr_y",
            pa.array([1.0, 2.0, math.inf]),
            "column gyr_y: a finite number was expected, inf",
        ),
        ("t", pa.array(["a", "b", "c"]), "the column t should hold numbers, and holds string"),
        ("t", pa.array([0, 1, (1 << 53) + 1]), "the column t should hold numbers"),
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
    with pytest.raises(RecordingError, match="a folder was expected"):
        import_folder(folder / "pelvis.csv", tmp_path / "a.mcap")
    import_folder(folder, tmp_path / "a.mcap")
    before = (tmp_path / "a.mcap").read_bytes()
    write(folder / "pelvis.csv", still(30))
    with pytest.raises(RecordingError, match="exists already"):
        import_folder(folder, tmp_path / "a.mcap")
    assert (tmp_path / "a.mcap").read_bytes() == before
    assert import_folder(folder, tmp_path / "a.mcap", overwrite=True).samples["pelvis"] == 30
    assert imported(tmp_path / "a.mcap")["pelvis"].shape == (30, 7)


def test_drop_invalid(folder, tmp_path):
    """Rows without numbers become gaps when that is asked for, and are counted."""
    for change in (cell(5, "acc_x", "nan"), cell(6, "acc_y", ""), cell(9, "t", "none")):
        change(folder)
    report = import_folder(folder, tmp_path / "a.mcap", drop_invalid=True)
    assert report.sensors[0].dropped == 3
    expected = np.delete(still(), [3, 4, 7], axis=0)
    assert bits(imported(tmp_path / "a.mcap")["pelvis"]) == bits(expected)
    assert "3 rows with no finite numbers" in report.warnings[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v[:, 1:4].__itruediv__(9.81), "pelvis.csv: the median acceleration is 1"),
        (lambda v: v[:, 1:4].__imul__(0.0), "pelvis.csv: the median acceleration is 0"),
        (lambda v: v[:, 4:].__iadd__(90.0), "pelvis.csv: turning rates reach 156; this looks like"),
        (lambda v: v[:, 0].__imul__(1000.0), "pelvis.csv: the rate is 0.1 Hz; is t in seconds?"),
        (
            lambda v: v[:, 0].__iadd__(50.0),
            "thigh_left.csv: its time, 0.000 to 0.190 s, lies outsi",
        ),
    ],
)
def test_odd_units(folder, tmp_path, change, said):
    """Units that cannot be right are told, and imported as they are."""
    values = still()
    change(values)
    write(folder / "pelvis.csv", values)
    report = import_folder(folder, tmp_path / "a.mcap")
    assert said in " ".join(report.warnings)
    assert bits(imported(tmp_path / "a.mcap")["pelvis"]) == bits(values)


def test_odd_marks_and_files(folder, tmp_path):
    """Marks that do not pair up, labels nobody knows and files nobody reads are told."""
    (folder / "marks.csv").write_text(
        "t,label\n0.01,begin:stand\n0.02,begin:stand\n0.03,end:bow\n0.04,ouch\n0.05,cue:knees\n"
        "0.06,pain\n7.0,note:late\n"
    )
    (folder / "Pelvis2.csv").write_text("")
    (folder / "session.toml").write_text('[mount.trunk]\nup = "+x"\nout = "+y"\n')
    report = import_folder(folder, tmp_path / "a.mcap")
    assert [sentence.split(";")[0] for sentence in report.warnings] == [
        "Pelvis2.csv is not read",
        "marks.csv:8: the mark at 7.000 s lies outside the pelvis's 0.000 to 0.190 s",
        "trunk has a mount but no file",
        "marks.csv:3: stand begins again before it has ended",
        "marks.csv:4: bow ends and has not begun",
        "marks.csv:5: the label 'ouch' is kept, and means nothing to imuhip",
        "marks.csv:3: stand begins and never ends",
    ]
    assert report.marks == 7


def test_full_body_data(shared_data, tmp_path):
    """The real full-body data come through the import with every bit."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
    import scipy.io
    from fullbody_folder import SEGMENTS, write_folder

    mat = shared_data / "fullbody" / "full_body_example_data.mat"
    if not mat.exists():
        pytest.skip("the full-body data are not on this machine")
    write_folder(mat, tmp_path / "in", tuple(SEGMENTS))
    report = import_folder(tmp_path / "in", tmp_path / "a.mcap")
    assert report.warnings == ()
    assert all(sensor.rate_hz == pytest.approx(100.0) for sensor in report.sensors)
    data = scipy.io.loadmat(mat, simplify_cells=True)
    read = imported(tmp_path / "a.mcap")
    for segment, name in SEGMENTS.items():
        assert bits(read[segment][:, 1:4]) == bits(data[name]["acc"]), segment
        assert bits(read[segment][:, 4:]) == bits(data[name]["gyr"]), segment
        assert bits(read[segment][:, 0]) == bits(data["t"]), segment
