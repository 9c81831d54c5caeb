"""The command line as a person meets it: real processes, exit codes, words and files."""

import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from support import import_folders

COMMANDS = (
    "analyze", "demo", "dashboard", "import", "info", "profiles", "recover", "replay", "simulate",
    "validate orientation", "scan", "collect", "kit bind", "kit list", "kit remove",
    "export", "batch",
    "athlete add", "athlete edit", "athlete list", "athlete consent", "athlete sessions",
    "athlete session", "athlete exclude", "athlete note", "athlete goal", "athlete progress",
    "athlete export", "athlete delete", "catalogue rebuild", "catalogue check",
    "catalogue entries", "catalogue restore",
)  # fmt: skip


def imuhip(*words, expect=0):
    done = subprocess.run(
        [sys.executable, "-m", "imuhip", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == expect, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A simulated calibration: the recording and its truth."""
    folder = tmp_path_factory.mktemp("session")
    recording, truth = folder / "rec.mcap", folder / "truth.parquet"
    imuhip("simulate", "squat", "-o", recording, "--truth", truth, "--seed", 3)
    return recording, truth


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command):
    """`--help` of every command shows an example of its own use."""
    said = imuhip(*command.split(), "--help").stdout
    assert f"Example: imuhip {command}" in " ".join(said.split())


def test_analyze_writes_the_promised_files(session, tmp_path):
    """Analyzing a session writes every result file, with angles on the hundredths."""
    out = tmp_path / "out"
    said = imuhip("analyze", session[0], "-o", out)
    names = {path.name for path in out.iterdir()}
    assert names == {
        "angles.parquet", "sensors.parquet", "repetitions.parquet", "sets.parquet",
        "findings.json", "notes.json", "calibration.json", "faults.json", "session.json",
    }  # fmt: skip
    angles = pq.read_table(out / "angles.parquet")
    truth = pq.read_table(session[1])
    assert set(truth.column_names) <= set(angles.column_names)
    assert json.loads((out / "calibration.json").read_text())["grade"] in ("good", "fair")
    assert "not a medical device" in said.stdout


def test_analyzing_twice_gives_the_same_bytes(session, tmp_path):
    """Two analyses of one recording are the same files, bit for bit."""
    for name in ("a", "b"):
        imuhip("analyze", session[0], "-o", tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_nine_axes_without_a_magnetometer_are_refused(session, tmp_path):
    """Asking for a magnetometer that is not there ends with a sentence and without a folder."""
    said = imuhip("analyze", session[0], "-o", tmp_path / "out", "--axes", 9, expect=1)
    assert "need a magnetometer" in said.stderr
    assert "use six axes" in said.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("marked", [True, False])
def test_a_folder_is_imported_and_analyzed(marked, tmp_path):
    """A folder of CSV files becomes angles, with its marks or with steps found in the data."""
    from imuhip.simulate.output import write_folder
    from imuhip.simulate.session import simulate

    folder, recording = tmp_path / "folder", tmp_path / "rec.mcap"
    write_folder(simulate("squat", seed=4, grade="good"), folder)
    if not marked:
        (folder / "marks.csv").unlink()
    imuhip("import", folder, "-o", recording)
    imuhip("analyze", recording, "-o", tmp_path / "out")
    calibration = json.loads((tmp_path / "out" / "calibration.json").read_text())
    assert calibration["grade"] in ("good", "fair")
    assert calibration["found"] == (["marked"] if marked else ["detected"])
    angles = pq.read_table(tmp_path / "out" / "angles.parquet")
    flexion = angles["hip_flexion_left_deg"].to_numpy()
    assert flexion[-3000:].max() > 80.0


def test_a_window_is_exported(session, tmp_path):
    """A window of a recording becomes one file that a spreadsheet opens."""
    said = imuhip("export", session[0], "-o", tmp_path / "w.csv", "--from", "40", "--to", "41")
    assert "101 rows" in said.stdout
    lines = (tmp_path / "w.csv").read_text().splitlines()
    assert len(lines) == 102
    assert lines[1].startswith("40,")


def test_info_says_what_is_in_a_recording(session):
    """`info --json` lists the sensors and the marks, and that the file is whole."""
    said = json.loads(imuhip("info", session[0], "--json").stdout)
    assert [s["sensor"] for s in said["sensors"]] == ["pelvis", "thigh_left", "thigh_right"]
    assert said["whole"] is True
    assert any(label == "begin:stand" for _, label in said["marks"])
    assert "begin:stand" in imuhip("info", session[0]).stdout


def test_info_repeats_what_the_import_found_odd(tmp_path):
    """What was told at import is told again of the recording, by whoever has it then."""
    folder = tmp_path / "in"
    folder.mkdir()
    for sensor in ("pelvis", "thigh_left", "thigh_right"):
        import_folders.write(folder / f"{sensor}.csv", import_folders.still())
    (folder / "stray.csv").write_text("a,b\n1,2\n")
    recording = tmp_path / "in.mcap"
    said = imuhip("import", folder, "-o", recording)
    assert "stray.csv" in said.stderr
    assert "stray.csv" in imuhip("info", recording).stdout


def test_a_cut_recording_is_recovered(session, tmp_path):
    """A file cut in the middle is said to be cut, and recover makes a whole one of it."""
    cut, whole = tmp_path / "cut.mcap", tmp_path / "whole.mcap"
    data = session[0].read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    assert "recover" in imuhip("info", cut).stdout
    imuhip("recover", cut, "-o", whole)
    assert json.loads(imuhip("info", whole, "--json").stdout)["whole"] is True


def test_a_coach_reads_the_set_on_the_terminal(session, tmp_path):
    """Analyze and replay say the set, its repetitions by side and depth; replay each of them."""
    analyzed = imuhip("analyze", session[0], "-o", tmp_path / "out").stdout
    replayed = imuhip("replay", session[0], "--speed", "max").stdout
    for said in (analyzed, replayed):
        assert "squat, set 1" in said
        assert "above parallel" in said or "below parallel" in said
        assert [line.split()[1:] for line in said.splitlines() if " repetitions" in line] == [
            ["8", "8"]
        ]
    assert "squat 8 right: " in replayed
    table = pq.read_table(tmp_path / "out" / "repetitions.parquet").to_pydict()
    assert table["repetition"] == [number for number in range(1, 9) for _ in range(2)]
    assert table["side"] == ["left", "right"] * 8
    assert all(table["counted"])
    sets = pq.read_table(tmp_path / "out" / "sets.parquet").to_pydict()
    assert sets["counted"] == [8, 8]
    findings = json.loads((tmp_path / "out" / "findings.json").read_text())
    rules = {finding["rule"] for finding in findings}
    assert {"pelvic_tuck", "depth_difference", "rotation_difference"} <= rules
    assert all(len(f["words"]) > 10 for f in findings)


def test_replay_tells_the_steps(session):
    """Replaying onto the terminal says each calibration step as it ends."""
    said = imuhip("replay", session[0], "--speed", "max").stdout
    assert "stand: accepted" in said
    assert "bow: accepted" in said


@pytest.mark.parametrize(
    ("words", "code", "reported"),
    [
        (("analyze", "nowhere.mcap", "-o", "out"), 1, "no such file"),
        (("info", "nowhere.mcap"), 1, "no such file"),
        (("import", "nowhere", "-o", "x.mcap"), 1, "no such folder"),
        (("simulate", "dance", "-o", "x.mcap"), 2, "calibration, squat"),
        (("simulate", "squat", "-o", "x.mcap", "--grade", "golden"), 2, "typical"),
        (("analyze", "nowhere.mcap", "-o", "out", "--filter", "kalman"), 2, "vqf, madgwick"),
        (("analyze", "nowhere.mcap", "-o", "out", "--columns", "sideways"), 2, "swing, projected"),
        (("analyze", "nowhere.mcap", "-o", "out", "--soft-tissue", "left=2"), 2, "from 0 to 0.6"),
        (("analyze", "nowhere.mcap", "-o", "out", "--soft-tissue", "0.3"), 2, "left=0.3"),
        (("replay", "nowhere.mcap", "--speed", "-1"), 2, "factor above 0"),
        (("validate", "orientation", "nowhere"), 1, "BROAD"),
        (("profiles", "check", "nowhere.toml"), 1, "nowhere.toml"),
        (("nonsense",), 2, "nonsense"),
        (("export", "nowhere.mcap", "-o", "out"), 1, "no such file"),
        (("batch", "nowhere", "-o", "out"), 1, "no such file or folder"),
        (("batch", "nowhere", "-o", "out", "--engine", "slurm"), 2, "no engine 'slurm'"),
        (("batch", "nowhere", "-o", "out", "--scheduler", "tcp://x:1"), 2, "needs --engine dask"),
        (("export", "nowhere.mcap", "-o", "out", "--format", "xls"), 2, "csv, csv_de, parquet"),
        (("export", "nowhere.mcap", "-o", "out", "--from", "5", "--to", "4"), 2, "is after --to"),
    ],
)
def test_wrong_input_is_said_plainly(words, code, reported, tmp_path, monkeypatch):
    """Wrong words exit with 2, missing files with 1, each with a sentence and no traceback."""
    monkeypatch.chdir(tmp_path)
    done = imuhip(*words, expect=code)
    assert reported in " ".join(done.stderr.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


def test_an_existing_recording_is_not_replaced(session):
    """Without --overwrite a recording that is there stays as it is."""
    before = session[0].read_bytes()
    done = imuhip("simulate", "squat", "-o", session[0], expect=1)
    assert "overwrite" in done.stderr
    assert session[0].read_bytes() == before


def test_profiles_are_listed_and_checked():
    """The shipped profiles are listed, and their own vectors come out."""
    assert "reference" in imuhip("profiles").stdout
    from imuhip.core.resources import profile_ids

    for name in profile_ids():
        imuhip("profiles", "check", f"firmware_profiles/{name}.toml")
