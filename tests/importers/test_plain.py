"""Our own plain files, as people really write them."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.import_folders import NAMES, bits, imported, still
from support.maker_files import (
    ACC,
    ROWS,
    G,
    assert_right,
    both,
    come_in,
    gyr_deg,
    gyr_rad,
    lay,
    table,
)

from imuhip.core.errors import RecordingError
from imuhip.core.records import Mark
from imuhip.importers.folder import import_folder, preview_folder
from imuhip.importers.sources import Options
from imuhip.recording.reader import RecordingReader


def plain(times=lambda k: 0.01 * k, names=NAMES, more=(), rows=ROWS, separator=","):
    return table(
        (*names, *more),
        lambda k: (times(k), *ACC, *gyr_rad(k), *(25 for _ in more)),
        separator,
        rows,
    )


@pytest.mark.parametrize(
    ("name", "separator"), [("{}.CSV", ","), ("{}.tsv", "\t"), ("{}.Txt", ";"), ("{}.txt", " ")]
)
def test_endings_and_separators(tmp_path, name, separator):
    """The ending's letters and the separator do not matter."""
    rows, _ = come_in(tmp_path, both(name, plain(separator=separator)))
    assert_right(rows["pelvis"], 0.0)


@pytest.mark.parametrize("names", [("Pelvis", "Left Thigh"), ("lumbar", "thigh-l")])
def test_names_of_files(tmp_path, names):
    """A file may be named as people name places."""
    rows, _ = come_in(tmp_path, {f"{name}.csv": plain() for name in names})
    assert rows.keys() == {"pelvis", "thigh_left"}


@pytest.mark.parametrize("more", [("temperature",), ("", "quality")])
def test_columns_that_mean_nothing(tmp_path, more):
    """Further columns are left out, whatever they hold, with a word; in Parquet too."""
    rows, report = come_in(tmp_path, both("{}.csv", plain(more=more)))
    assert_right(rows["pelvis"], 0.0)
    assert f"{more[-1]!r} " in report.warnings[0]
    assert "not used" in report.warnings[0]
    values = still()
    columns = dict(zip(NAMES, values.T, strict=True))
    folder = tmp_path / "parquet"
    folder.mkdir()
    for name in ("pelvis", "thigh_left"):
        words = pa.array(["word"] * len(values))
        pq.write_table(pa.table(columns | {"remark": words}), folder / f"{name}.parquet")
    report = import_folder(folder, tmp_path / "b.mcap")
    assert bits(imported(tmp_path / "b.mcap")["pelvis"]) == bits(values)
    assert "'remark' is not used" in report.warnings[0]


def test_commas_both_ways_beside_many_columns(tmp_path):
    """Commas that separate and mark decimals; other columns could be decimals in many ways."""
    names = ",".join((*NAMES, *(f"count_{i}" for i in range(40))))
    lines = [
        ",".join(
            [*(f"{v:.6f}".replace(".", ",") for v in (0.01 * k, *ACC, *gyr_rad(k))), *["25"] * 40]
        )
        for k in range(ROWS)
    ]
    rows, _ = come_in(tmp_path, both("{}.csv", "\n".join((names, *lines)) + "\n"))
    assert_right(rows["pelvis"], 0.0)


@pytest.mark.parametrize(
    ("unit", "scale", "said"),
    [
        ("ms", 1e3, "10 apart, and seconds are expected; that is 100 Hz in ms"),
        ("us", 1e6, "10000 apart, and seconds are expected; that is 100 Hz in us"),
        ("ns", 1e9, "1e+07 apart, and seconds are expected; that is 100 Hz in ns"),
    ],
)
def test_times_that_are_no_seconds(tmp_path, unit, scale, said):
    """Times below 1 Hz are refused with the unit that fits, which the user may then say."""
    files = both("{}.csv", plain(lambda k: round(0.01 * k * scale)))
    with pytest.raises(RecordingError) as caught:
        come_in(tmp_path, files)
    assert said in caught.value.message
    rows, _ = come_in(tmp_path, files, Options(units={"t": unit}))
    assert_right(rows["pelvis"], 0.0)


@pytest.mark.parametrize(
    "times",
    [
        lambda k: 1_772_445_600_000 + 10 * k,
        lambda k: 1_772_445_600_000_000 + 10_000 * k,
        lambda k: 1_772_445_600_000_000_000 + 10_000_000 * k,
        lambda k: f"{1_772_445_600 + 0.01 * k:.2f}",
        lambda k: f"2026-03-02T10:00:00.{10 * k:03d}Z",
        lambda k: f"2026-03-02 11:00:00.{10 * k:03d}+01:00",
        lambda k: f"2026/03/02 10:00:00.{10 * k:03d}",
    ],
    ids=["ms", "µs", "ns", "s", "ISO", "ISO with zone", "slashes"],
)
def test_times_since_1970(tmp_path, times):
    """Dates with times, and ms, µs and ns since 1970, become seconds since 1970."""
    rows, _ = come_in(tmp_path, both("{}.csv", plain(times)))
    assert_right(rows["pelvis"], 1_772_445_600.0)


def test_times_of_day(tmp_path):
    """Times of day count from midnight, over midnight too."""

    def times(k):
        hundredths = (24 * 360_000 - 3 + k) % (24 * 360_000)
        s, c = divmod(hundredths, 100)
        return f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.{c:02d}"

    rows, _ = come_in(tmp_path, both("{}.csv", plain(times)))
    assert_right(rows["pelvis"], 86399.97)


def test_a_bad_time_is_found(tmp_path):
    """A cell that is no time is reported with its line."""
    text = plain(lambda k: f"2026-03-02T10:00:00.{k}0" if k != 5 else "later")
    with pytest.raises(RecordingError, match="'later' is not a time") as caught:
        come_in(tmp_path, both("{}.csv", text))
    assert caught.value.line == 7


def bunched(times, rows):
    return {"pelvis.csv": plain(times, rows=rows), "thigh_left.csv": plain()}


@pytest.mark.parametrize("size", [2, 4, 8])
@pytest.mark.parametrize("within", [0.0, 0.0005, 0.002])
def test_times_of_arrival(tmp_path, size, within):
    """Times in bunches are those of arrival: said, spread at the rate of the span, no gap made."""

    def times(k):
        bunch, place = divmod(k, size)
        late = 0.002 * (bunch % 3)
        return f"{bunch * size * 0.01 + late + place * within:.4f}"

    rows, report = come_in(tmp_path, bunched(times, 400))
    t = rows["pelvis"][:, 0]
    assert np.allclose(np.diff(t), np.diff(t)[0])
    assert np.diff(t)[0] == pytest.approx(0.01, rel=2e-3)
    assert f"times come in bunches of {size}" in report.warnings[0]


def test_a_loss_among_times_of_arrival_stays_a_gap(tmp_path):
    """Spreading bunches does not hide samples that were lost."""

    def times(k):
        bunch, place = divmod(k, 4)
        return f"{bunch * 0.04 + (2.0 if bunch >= 60 else 0.0) + place * 0.0005:.4f}"

    rows, _ = come_in(tmp_path, bunched(times, 480))
    steps = np.diff(rows["pelvis"][:, 0])
    assert np.count_nonzero(steps > 0.02) == 1
    assert steps.max() == pytest.approx(2.01, abs=0.01)


def test_gaps_are_no_bunches(tmp_path):
    """A recording with gaps keeps its times."""
    rows, report = come_in(
        tmp_path, both("{}.csv", plain(lambda k: round(0.01 * k + 5.0 * (k // 20), 2), rows=80))
    )
    assert np.diff(rows["pelvis"][:, 0]).max() == pytest.approx(5.01)
    assert report.warnings == ()


def test_units_in_names_and_units_said(tmp_path):
    """A unit in a column's name, or said by the user, is brought to SI; an unknown one refused."""

    def row(k):
        return (10 * k, *(a / G for a in ACC), *gyr_deg(k))

    reported = ("t [ms]", *(f"acc_{a} (g)" for a in "xyz"), *(f"gyr_{a} [°/s]" for a in "xyz"))
    rows, _ = come_in(tmp_path, both("{}.csv", table(reported, row)))
    assert_right(rows["pelvis"], 0.0)
    units = {"t": "ms", "acc": "g", "gyr": "dps"}
    rows, _ = come_in(tmp_path, both("{}.csv", table(NAMES, row)), Options(units=units))
    assert_right(rows["pelvis"], 0.0)
    said = '[units]\nt = "ms"\nacc = "-g"\ngyr = "deg/s"\n'
    rows, _ = come_in(tmp_path, both("{}.csv", table(NAMES, row)) | {"session.toml": said})
    np.testing.assert_allclose(rows["pelvis"][0, 1:4], [-a for a in ACC])
    odd = ("t", *(f"acc_{a} (furlong)" for a in "xyz"), *NAMES[4:])
    with pytest.raises(RecordingError, match=r"'furlong' of acc is not known.*--units acc=UNIT"):
        come_in(tmp_path / "odd", both("{}.csv", table(odd, row)))


def test_columns_by_other_names(tmp_path):
    """Columns of other names come in as the user says, in the options or in session.toml."""
    theirs = ("clock", "forward", "left", "up", "roll", "pitch", "yaw")
    files = both("{}.csv", plain(names=theirs))
    with pytest.raises(
        RecordingError, match=r"The first line has 'clock', 'forward'.*--map COLUMN=t"
    ):
        come_in(tmp_path, files)
    names = dict(zip(theirs, NAMES, strict=True))
    rows, _ = come_in(tmp_path, files, Options(names=names))
    assert_right(rows["pelvis"], 0.0)
    lines = "".join(f'{a} = "{b}"\n' for a, b in names.items())
    rows, _ = come_in(tmp_path, files | {"session.toml": f"[map]\n{lines}"})
    assert_right(rows["pelvis"], 0.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rate_hz = -1\n", "rate_hz should be samples a second"),
        ('[units]\nacc = "stone"\n', "'stone' of acc is not known"),
        ('[units]\nspeed = "g"\n', "Units are of t, acc, gyr, mag"),
        ('[map]\nax = "speed"\n', "Column 'ax' cannot be 'speed'"),
        ('[place]\nA = "head"\n', "Device 'A' cannot sit on 'head'"),
        ('[place]\nA = "pelvis"\nB = "pelvis"\n', "Two devices are said to sit on one"),
        ("map = 3\n", "[map] should be a table"),
    ],
)
def test_bad_entries_of_the_session(tmp_path, text, said):
    """An entry of session.toml that cannot be meant so is refused, with what was expected."""
    with pytest.raises(RecordingError) as caught:
        come_in(tmp_path, both("{}.csv", plain()) | {"session.toml": text})
    assert said in caught.value.message
    assert caught.value.path == tmp_path / "in" / "session.toml"


def test_preview(folder, tmp_path):
    """A preview reports what an import would, and writes nothing."""
    seen = preview_folder(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]
    report = import_folder(folder, tmp_path / "a.mcap")
    assert (seen.sensors, seen.marks, seen.warnings) == (
        report.sensors,
        report.marks,
        report.warnings,
    )


def test_files_nobody_can_place(tmp_path):
    """A maker's files of unknown devices are counted, and the way to place them is said."""
    text = "Timestamp (us)," + ",".join(
        [f"Gyroscope {a} (deg/s)" for a in "XYZ"] + [f"Accelerometer {a} (g)" for a in "XYZ"]
    )
    text += "\n" + "\n".join(f"{k * 10000},0,0,0,0,0,1" for k in range(8)) + "\n"
    files = {"A1.csv": text, "B2.csv": text.replace("\n0,", "\n1,")}
    with pytest.raises(RecordingError, match=r"holds 2 devices: A1\.csv 8 rows.*--place 'A1=pel"):
        come_in(tmp_path, files)
    rows, _ = come_in(tmp_path, files, Options(places={"A1": "pelvis", "B2": "thigh_right"}))
    assert rows.keys() == {"pelvis", "thigh_right"}


def test_parts_of_one_visit(tmp_path):
    """Parts that count from their own start are laid one after the other; marks go along."""
    parts = [lay(tmp_path / name, both("{}.csv", plain())) for name in "abc"]
    (parts[1] / "marks.csv").write_text("t,label\n0.02,begin:stand\n0.05,end:stand\n")
    report = import_folder(parts, tmp_path / "a.mcap")
    t = imported(tmp_path / "a.mcap")["pelvis"][:, 0]
    np.testing.assert_allclose(np.diff(t)[[ROWS - 1, 2 * ROWS - 1]], 10.0)
    assert len(t) == 3 * ROWS
    assert report.marks == 2
    assert "each part is put 10 s after the end of the one before" in report.warnings[-1]
    marks = [
        record.host_ns
        for batch in RecordingReader(tmp_path / "a.mcap").batches()
        for record in batch
        if isinstance(record, Mark)
    ]
    assert marks[0] == round((t[ROWS] + 0.02) * 1e9)


def test_parts_that_follow_each_other(tmp_path):
    """Parts whose times follow each other keep them; one of other sensors is refused."""
    parts = [
        lay(tmp_path / name, both("{}.csv", plain(lambda k, i=i: f"{100 * i + 0.01 * k:.2f}")))
        for i, name in enumerate("ab")
    ]
    report = import_folder(parts, tmp_path / "a.mcap")
    assert imported(tmp_path / "a.mcap")["pelvis"][ROWS, 0] == 100.0
    assert report.warnings == ()
    other = lay(tmp_path / "c", {"pelvis.csv": plain(), "thigh_right.csv": plain()})
    with pytest.raises(RecordingError, match="Every part needs the same sensors"):
        import_folder([*parts, other], tmp_path / "b.mcap")
