"""Folders made to do harm: refused in a sentence, or imported, in bounded time and memory."""

import os
import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.import_folders import NAMES, still

from imuhip.core.errors import RecordingError
from imuhip.importers.folder import import_folder


def _parquet(folder, columns, **options):
    (folder / "pelvis.csv").unlink()
    pq.write_table(pa.table(columns), folder / "pelvis.parquet", **options)


def _columns(rows=20):
    return {name: pa.array(still(rows)[:, i]) for i, name in enumerate(NAMES)}


def _bomb(folder):
    zeros = pa.DictionaryArray.from_arrays(pa.array(np.zeros(3_000_000, np.int8)), pa.array([0.0]))
    _parquet(folder, dict.fromkeys(NAMES, zeros), compression="zstd")


def _wide_parquet(folder):
    _parquet(folder, _columns() | {f"x{i}": pa.array(np.zeros(20)) for i in range(5000)})


def _texts(folder):
    _parquet(folder, _columns() | {"acc_x": pa.array([["x"]] * 20)})


def _write(name, content):
    def change(folder):
        path = folder / name
        path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content)

    return change


def _fifo(name):
    def change(folder):
        os.mkfifo(folder / name)

    return change


_HEAD = ",".join(NAMES)

REFUSED = {
    "rows that take no bytes": (_bomb, "are no measurement"),
    "columns by the thousand, Parquet": (_wide_parquet, "at most 4096"),
    "lists for numbers": (_texts, "acc_x should hold numbers"),
    "columns by the thousand": (
        _write("pelvis.csv", _HEAD + "".join(f",c{i}" for i in range(50_000)) + "\n"),
        "50007 columns, and at most 4096",
    ),
    "a dotted key without end": (
        _write("session.toml", ".".join("a" * 60_000) + " = 1\n"),
        "not valid TOML: line 1 has a key",
    ),
    "giant settings": (_write("session.toml", '"' + "x" * 10_000_000), "characters; at most"),
    "brackets without end": (_write("session.toml", "a = " + "[" * 50_000), "nested too deeply"),
    "the first year": (_write("session.toml", "started = 0001-01-01T00:00:00\n"), "between 1970"),
    "its first day": (_write("session.toml", "started = 0001-01-01\n"), "between 1970"),
    "a rate beyond numbers": (_write("session.toml", f"rate_hz = 1{'0' * 400}\n"), "samples a"),
    "a rate that is no number": (_write("session.toml", "rate_hz = true\n"), "samples a"),
    "mounts of lists": (_write("session.toml", "[mount.pelvis]\nup=[1]\nout={}\n"), "not an axis"),
    "a pipe for settings": (_fifo("session.toml"), "no regular file"),
    "a pipe for marks": (_fifo("marks.csv"), "no regular file"),
    "a quote without end": (_write("pelvis.csv", f'{_HEAD}\n"{"x" * 300_000}'), "field larger"),
    "a row without end": (_write("pelvis.csv", _HEAD + "\n" + "1," * 300_000), "300001 cells"),
    "hundreds of cells that may be decimals": (
        _write(
            "pelvis.csv",
            _HEAD + "".join(f",c{i}" for i in range(400)) + "\n" + ("1," * 556 + "1\n") * 20,
        ),
        "557 cells",
    ),
    "days that no month has": (
        _write("pelvis.csv", _HEAD + "\n" + "2026-13-45 25:61:61,0,0,9.8,0,0,0\n" * 20),
        "time",
    ),
    "an archive called MVNX": (_write("take.mvnx", b"PK\3\4" + bytes(999)), None),
    "frames of rubbish": (
        _write(
            "take.mvnx",
            '<mvnx><subject frameRate="x"><sensors><sensor label="Pelvis"/></sensors><frames>'
            '<frame time="x"/><frame time="y"/></frames></subject></mvnx>',
        ),
        "is not written as files of",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_folder(folder, name):
    """It is refused with a sentence, or left aside, in less memory than 200 MB."""
    change, said = REFUSED[name]
    change(folder)
    tracemalloc.start()
    try:
        if said is None:
            import_folder(folder, folder / "out.mcap")
        else:
            with pytest.raises(RecordingError, match=said) as caught:
                import_folder(folder, folder / "out.mcap")
            assert len(str(caught.value)) < 1000
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 200 << 20
    assert (folder / "out.mcap").exists() == (said is None)


def test_thousands_of_strangers_are_told_in_few_words(folder):
    """Files that nobody reads are named up to twenty, and counted beyond."""
    for i in range(300):
        (folder / f"f{i}.csv").write_text("a,b\n1,2\n")
    warnings = import_folder(folder, folder / "out.mcap").warnings
    assert sum("is not read" in sentence for sentence in warnings) == 20
    assert "280 more files are not read" in warnings


def test_thousands_of_odd_labels_stay_few_sentences(folder):
    """What is reported of marks stays short enough for the recording's header."""
    rows = "".join(f"{i * 1e-4:.4f},odd label {i}\n" for i in range(20_000))
    (folder / "marks.csv").write_text("t,label\n" + rows)
    report = import_folder(folder, folder / "out.mcap")
    assert report.marks == 20_000
    assert len(report.warnings) == 201
    assert report.warnings[-1].endswith("more things look odd")
