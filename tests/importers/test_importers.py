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
from support.import_folders import MAG, NAMES, bits, cell, imported, still, write

from imuhip.core.records import Mark, Mount
from imuhip.importers.folder import import_folder
from imuhip.importers.number_tables import read_text_table
from imuhip.recording.reader import RecordingReader
from imuhip.recording.summary import describe


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
    assert report.warnings == ("session.toml: the entry 'leg' is not known and not used",)
    assert describe(tmp_path / "a.mcap").sensors[2].notifications == 20


def test_drop_invalid(folder, tmp_path):
    """Rows without numbers become gaps when that is asked for, and are counted."""
    for change in (cell(5, "acc_x", "nan"), cell(6, "acc_y", ""), cell(9, "t", "none")):
        change(folder)
    report = import_folder(folder, tmp_path / "a.mcap", drop_invalid=True)
    assert report.sensors[0].dropped == 3
    expected = np.delete(still(), [3, 4, 7], axis=0)
    assert bits(imported(tmp_path / "a.mcap")["pelvis"]) == bits(expected)
    assert "left out 3 rows that hold NaN" in report.warnings[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v[:, 1:4].__itruediv__(9.81), "pelvis.csv: the median acceleration is 1"),
        (lambda v: v[:, 1:4].__imul__(0.0), "pelvis.csv: the median acceleration is 0"),
        (lambda v: v[:, 4:].__iadd__(90.0), "pelvis.csv: turning rates reach 156 rad/s"),
        (
            lambda v: v[:, 0].__imul__(40.0),
            "pelvis.csv: the rate would be 2.5 Hz; is t in seconds?",
        ),
        (
            lambda v: v[:, 0].__iadd__(50.0),
            "thigh_left.csv: its times, 0.000 to 0.190 s, do not",
        ),
    ],
)
def test_odd_units(folder, tmp_path, change, said):
    """Units that cannot be right are reported, and imported as they are."""
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
        "trunk has a declared mount but no file",
        "marks.csv:3: stand begins again before it has ended",
        "marks.csv:4: bow ends and has not begun",
        "marks.csv:5: the label 'ouch' is kept, but imuhip does not know it",
        "marks.csv:3: stand begins and never ends",
    ]
    assert report.marks == 7


@pytest.mark.parametrize(("unit", "scale"), [("ms", 1e3), ("µs", 1e6), ("ns", 1e9)])
def test_marks_in_another_unit_are_one_sentence(folder, tmp_path, unit, scale):
    """All outside the samples, and inside them in that unit: it is asked whether they are that."""
    lines = [f"{t * scale:.0f},{edge}:stand" for t, edge in ((0.02, "begin"), (0.15, "end"))]
    (folder / "marks.csv").write_text("t,label\n" + "\n".join(lines) + "\n")
    report = import_folder(folder, tmp_path / "a.mcap")
    said = [sentence for sentence in report.warnings if sentence.startswith("marks.csv")]
    assert len(said) == 1
    assert f"if their times were in {unit}. If so, write them in seconds" in said[0]


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
