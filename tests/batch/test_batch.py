"""A batch gives one data set, whatever the files are, wherever it is stopped, whoever works."""

import errno
import itertools
import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from support.helpers import parquets

from imuhip.batch import dask_engine as batch_dask
from imuhip.batch import dataset as batch_dataset
from imuhip.batch.dask_engine import DaskEngine
from imuhip.batch.dataset import Dataset, partition_of
from imuhip.batch.engines import attempt
from imuhip.batch.run import batch, find_recordings
from imuhip.core.errors import ImuhipError, RecordingError
from imuhip.estimate.orientation import FilterParams
from imuhip.pipeline.all_sensors import Params
from imuhip.recording.writer import RecordingWriter
from imuhip.results.analysis import analyze
from imuhip.results.schemas import ANGLES_FILE, REPETITIONS_FILE, SETS_FILE
from imuhip.simulate.session import simulate

TABLES = ("angles", "repetitions", "sets", "findings", "sessions")
HOSTILE = ("../../etc", "..", "a/b=c d%41", "", "ü😀", "-rf *", "007", "CON", "a\nb")


class Here:
    """An engine that works in this process, for tests that need no other."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Nothing to stop."""

    def run(self, tasks):
        """Do each task when its result is asked for."""
        return ((number, attempt(task)) for number, task in tasks)


@pytest.fixture(scope="module")
def session():
    """A simulated calibration."""
    return simulate("calibration", seed=8, grade="good")


@pytest.fixture(scope="module")
def record(session):
    """Write a recording of an athlete; with fewer batches it ends earlier."""

    def write(path: Path, athlete: str, *, batches: int | None = None) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        header = replace(session.header, athlete=athlete)
        with RecordingWriter(path, header, fsync=False) as writer:
            for part in itertools.islice(session.batches(), batches):
                writer.append_batch(part)
        return path

    return write


@pytest.fixture(scope="module")
def season(record, tmp_path_factory):
    """Six recordings of three athletes in two folders, one name twice."""
    folder = tmp_path_factory.mktemp("season")
    for i, day in enumerate(("monday", "tuesday")):
        for athlete in ("A1", "B 2", "C/3"):
            name = "squat.mcap" if athlete == "A1" else f"{ord(athlete[0])}.mcap"
            record(folder / day / name, athlete, batches=30 + 5 * i)
    return folder


@pytest.fixture(scope="module")
def undisturbed(season, tmp_path_factory):
    """The data set of the season, made without disturbance."""
    target = tmp_path_factory.mktemp("undisturbed") / "dataset"
    report = batch([season], target, Here())
    assert (report.analyzed, report.failures) == (6, ())
    return target


def contents(target: Path) -> dict[str, bytes]:
    """Every file of a data set but the lock."""
    files = [path for path in target.rglob("*") if path.is_file() and path.name != ".lock"]
    return {path.relative_to(target).as_posix(): path.read_bytes() for path in files}


def imuhip_batch(*words, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "imuhip", "batch", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


# --- the data set --------------------------------------------------------------------------------


def test_tables_are_those_of_analyze(season, undisturbed, tmp_path):
    """Angles and repetitions are the ones of `imuhip analyze`, behind the recording's name."""
    recording = season / "tuesday" / "squat.mcap"
    analyze(recording, tmp_path / "out")
    name = next((undisturbed / "sessions" / "athlete=A1").glob("squat-*")).stem
    for row in pq.read_table(undisturbed / "sessions" / "athlete=A1").to_pylist():
        if row["path"] == str(recording):
            name = row["recording"]
    files = (("angles", ANGLES_FILE), ("repetitions", REPETITIONS_FILE), ("sets", SETS_FILE))
    for table, file in files:
        ours = pq.ParquetFile(undisturbed / table / "athlete=A1" / f"{name}.parquet").read()
        assert set(ours["recording"].to_pylist()) <= {name}
        expected = pq.read_table(tmp_path / "out" / file)
        assert ours.drop_columns("recording").to_pandas().equals(expected.to_pandas())


def test_readers_see_one_table(undisturbed):
    """pyarrow, pandas and DuckDB read each table as one, with the athlete as a column."""
    for table in TABLES:
        folder = undisturbed / table
        files = list(folder.rglob("*.parquet"))
        assert len(files) == 6
        assert len({pq.read_schema(file).remove_metadata() for file in files}) == 1
        whole = pyarrow.dataset.dataset(folder, partitioning="hive").to_table()
        assert whole.num_rows == sum(pq.ParquetFile(file).metadata.num_rows for file in files)
        assert len(pd.read_parquet(folder)) == whole.num_rows
    query = f"""
        select athlete, count(*), count(distinct recording)
        from read_parquet('{undisturbed}/angles/**/*.parquet', hive_partitioning = true)
        group by athlete order by athlete
    """  # noqa: S608 - a path of our own
    rows = duckdb.sql(query).fetchall()
    assert [(row[0], row[2]) for row in rows] == [("A1", 2), ("B 2", 2), ("C/3", 2)]
    query = f"""
        select count(*) from '{undisturbed}/angles/**/*.parquet' a
        join '{undisturbed}/sessions/**/*.parquet' s using (recording)
        where s.athlete_id = 'B 2'
    """  # noqa: S608 - a path of our own
    joined = duckdb.sql(query).fetchall()
    assert joined == [(rows[1][1],)]


@pytest.mark.parametrize("athlete", HOSTILE)
def test_an_athletes_id_is_one_part_of_a_path(athlete, record, tmp_path):
    """Whatever an athlete is called, the files lie in the data set, and the id comes back."""
    record(tmp_path / "in" / "x.mcap", athlete, batches=3)
    assert batch([tmp_path / "in"], tmp_path / "out", Here()).analyzed == 1
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}
    files = list((tmp_path / "out").rglob("*.parquet"))
    assert {path.parent.parent.parent for path in files} == {tmp_path / "out"}
    shown = athlete.encode("utf-8", "backslashreplace").decode()
    partitioning = pyarrow.dataset.partitioning(
        pa.schema([("athlete", pa.string())]), flavor="hive"
    )
    table = pyarrow.dataset.dataset(
        tmp_path / "out" / "sessions", partitioning=partitioning
    ).to_table()
    assert table["athlete"].to_pylist() == [shown or None]
    assert table["athlete_id"].to_pylist() == [shown]


def test_an_id_longer_than_a_name_is_refused():
    """An id that no file system holds is an error that says so."""
    with pytest.raises(RecordingError, match="shorter id"):
        partition_of("x" * 300)


def test_only_the_owner_may_read(undisturbed):
    """Folders are 0700 and files 0600."""
    for path in undisturbed.rglob("*"):
        if path.name != ".lock":
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), path


# --- what is found -------------------------------------------------------------------------------


def test_bad_files_do_not_stop_the_rest(record, tmp_path):
    """Empty, foreign, beheaded and unreadable files are listed with reasons; others are done."""
    bad = tmp_path / "in"
    good = record(bad / "good.mcap", "A1", batches=20)
    data = good.read_bytes()
    (bad / "empty.mcap").touch()
    (bad / "foreign.mcap").write_text("hello")
    (bad / "beheaded.mcap").write_bytes(data[:40])
    (bad / "cut.mcap").write_bytes(data[: len(data) * 2 // 3])
    (bad / "gone.mcap").symlink_to(tmp_path / "nowhere.mcap")
    (bad / "copy.MCAP").write_bytes(data)
    (bad / ".hidden.mcap").write_text("not looked at")
    (bad / "notes.txt").write_text("not looked at")
    record(bad / "long.mcap", "x" * 300, batches=4)
    report = batch([bad], tmp_path / "out", Here())
    assert report.analyzed == 2  # good, and what there is of the cut one
    assert report.duplicates == ((good, bad / "copy.MCAP"),)
    reasons = {failure.path.name: failure.reason for failure in report.failures}
    assert set(reasons) == {
        "empty.mcap", "foreign.mcap", "beheaded.mcap", "gone.mcap", "long.mcap",
    }  # fmt: skip
    assert "empty" in reasons["empty.mcap"]
    assert "does not begin as an MCAP" in reasons["foreign.mcap"]
    assert "no whole header" in reasons["beheaded.mcap"]
    assert "shorter id" in reasons["long.mcap"]
    listed = json.loads((tmp_path / "out" / "failures.json").read_text())
    assert {Path(row["recording"]).name: row["reason"] for row in listed} == reasons


def test_a_mistake_of_ours_costs_one_recording(season, tmp_path, monkeypatch):
    """An error nobody expected in one analysis leaves the other recordings alone."""
    from imuhip.batch import tasks as batch_tasks

    def stumble(path, *args, **kwargs):
        if path.name == "66.mcap":
            raise ZeroDivisionError("oh")
        return analyze(path, *args, **kwargs)

    monkeypatch.setattr(batch_tasks, "analyze", stumble)
    report = batch([season], tmp_path / "out", Here())
    assert report.analyzed == 4
    assert [failure.path.name for failure in report.failures] == ["66.mcap"] * 2
    assert "please report it: ZeroDivisionError: oh" in report.failures[0].reason
    assert not list((tmp_path / "out").glob(".making*"))


def test_links_are_followed_once(record, tmp_path):
    """Loops of links end, and a file that can be reached in two ways is taken once."""
    deep = tmp_path / "in" / "a" / "b"
    file = record(deep / "x.mcap", "A1", batches=2)
    (deep / "up").symlink_to(tmp_path / "in")
    (deep / "self").symlink_to(deep)
    (tmp_path / "in" / "again").symlink_to(deep)
    (tmp_path / "in" / "y.mcap").symlink_to(file)
    found, failures = find_recordings([tmp_path / "in", tmp_path / "in" / "a", file])
    assert found == {file: file.stat().st_size}
    assert failures == []


def test_nothing_to_do_is_said(tmp_path):
    """A path that is not there, and a folder without recordings, are errors before any work."""
    with pytest.raises(RecordingError, match="no such file or folder"):
        batch([tmp_path / "nowhere"], tmp_path / "out", Here())
    (tmp_path / "in").mkdir()
    with pytest.raises(RecordingError, match="There are no recordings"):
        batch([tmp_path / "in"], tmp_path / "out", Here())
    assert not (tmp_path / "out").exists()


def test_only_a_data_set_is_added_to(season, tmp_path):
    """A folder of other things, or of a newer layout, is refused and stays as it is."""
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "thesis.tex").write_text("three years")
    with pytest.raises(RecordingError, match="holds other files"):
        batch([season], target, Here())
    assert [path.name for path in target.iterdir()] == ["thesis.tex"]
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "dataset.json").write_text('{"layout": 99}')
    with pytest.raises(RecordingError, match="newer"):
        batch([season], newer, Here())
    (newer / "dataset.json").write_text("{")
    with pytest.raises(RecordingError, match="does not mark"):
        batch([season], newer, Here())
    assert [path.name for path in newer.iterdir()] == ["dataset.json"]


# --- again ---------------------------------------------------------------------------------------


def test_what_is_done_is_not_done_again(season, tmp_path):
    """A second batch analyzes nothing and writes no table; `again` does all."""
    batch([season], tmp_path / "out", Here())
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*.parquet")}
    report = batch([season], tmp_path / "out", Here())
    assert (report.analyzed, report.already) == (0, 6)
    assert before == {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*.parquet")}
    assert batch([season], tmp_path / "out", Here(), again=True).analyzed == 6


def test_other_parameters_are_other_work(season, tmp_path):
    """A change of parameters does everything anew, in the place of the old."""
    batch([season], tmp_path / "out", Here())
    names = set(contents(tmp_path / "out"))
    other = Params(orientation=FilterParams(bridge_s=0.2))
    report = batch([season], tmp_path / "out", Here(), other)
    assert (report.analyzed, report.already) == (6, 0)
    assert set(contents(tmp_path / "out")) == names


def test_a_recording_that_grew_takes_its_old_place(record, tmp_path):
    """What a file held before is no longer in the data set once its new content is."""
    record(tmp_path / "in" / "x.mcap", "A1", batches=5)
    batch([tmp_path / "in"], tmp_path / "out", Here())
    (tmp_path / "in" / "x.mcap").unlink()
    record(tmp_path / "in" / "x.mcap", "A1", batches=9)
    assert batch([tmp_path / "in"], tmp_path / "out", Here()).analyzed == 1
    assert len(parquets(tmp_path / "out")) == len(TABLES)


def test_a_data_set_grows(season, undisturbed, tmp_path):
    """Batches of parts give the data set of the whole."""
    batch([season / "tuesday"], tmp_path / "out", Here())
    report = batch([season / "monday"], tmp_path / "out", Here())
    assert (report.analyzed, report.already) == (3, 0)
    assert contents(tmp_path / "out") == contents(undisturbed)


def test_one_batch_at_a_time(season, tmp_path):
    """A second batch into the same folder is refused while the first is at work."""
    with Dataset(tmp_path / "out").locked(), pytest.raises(RecordingError, match="another batch"):
        batch([season], tmp_path / "out", Here())


@pytest.mark.parametrize("moves", range(6))
def test_stopped_between_any_two_moves(moves, season, undisturbed, tmp_path, monkeypatch):
    """However many of a recording's tables were in place, the next batch gives the same."""
    target, real, left = tmp_path / "out", Path.replace, [moves]

    def replace_some(path, other):
        if path.suffix == ".parquet":
            if not left[0]:
                raise OSError(errno.EIO, "Input/output error")
            left[0] -= 1
        return real(path, other)

    with monkeypatch.context() as patch:
        patch.setattr(batch_dataset.Path, "replace", replace_some)
        report = batch([season], target, Here())
    assert report.analyzed == moves // len(TABLES)
    assert len(report.failures) == 6 - moves // len(TABLES)
    assert len(parquets(target)) == moves
    if moves:
        kept = Dataset(target).entries()
        assert len(kept) == moves // len(TABLES)
    batch([season], target, Here())
    assert contents(target) == contents(undisturbed)


@pytest.mark.parametrize("files", [1, 9])
def test_killed_and_started_again(files, season, undisturbed, tmp_path):
    """The whole group killed at some moment, a batch goes on where it was, to the same data set."""
    target = tmp_path / "out"
    process = imuhip_batch(season, "-o", target, "--workers", 2)
    while len(parquets(target)) < files and process.poll() is None:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    process = imuhip_batch(season, "-o", target, "--workers", 2, "--json")
    said, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    report = json.loads(said)
    assert report["analyzed"] + report["already"] == 6
    assert contents(target) == contents(undisturbed)


# --- engines -------------------------------------------------------------------------------------


def test_dask_gives_what_the_pool_gives(season, undisturbed, tmp_path):
    """A Dask cluster on this machine makes the same data set, and lists the same failures."""
    process = imuhip_batch(season, "-o", tmp_path / "out", "--engine", "dask", "--workers", 2)
    said, errors = process.communicate(timeout=180)
    assert process.returncode == 0, errors
    assert errors == ""
    assert "6 recordings analyzed" in said
    assert contents(tmp_path / "out") == contents(undisturbed)


def test_a_cluster_that_does_not_answer(season, tmp_path, monkeypatch):
    """Where nobody answers at the scheduler's address, that is said and nothing is written."""
    monkeypatch.setattr(batch_dask, "_PATIENCE_S", 0.2)
    with pytest.raises(ImuhipError, match="No Dask scheduler answers"):
        batch([season], tmp_path / "out", DaskEngine("tcp://127.0.0.1:1", 1))
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_failed(record, tmp_path):
    """One bad file makes the exit code 1, with the reason on standard error."""
    record(tmp_path / "in" / "good.mcap", "A1", batches=3)
    (tmp_path / "in" / "bad.mcap").write_text("hello")
    process = imuhip_batch(tmp_path / "in", "-o", tmp_path / "out", "--workers", 1)
    said, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "1 recordings analyzed" in said
    assert f"{tmp_path / 'in' / 'bad.mcap'}: this is no recording" in errors
    assert "failures.json" in errors
