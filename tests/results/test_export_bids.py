"""BIDS-Motion: accepted by the official validator, and read back."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from support.result_folders import results_folder

from imuhip.importers.folder import import_folder
from imuhip.results.analysis import analyze
from imuhip.results.exporters.formats import export
from imuhip.results.samples import read_samples
from imuhip.simulate.output import write_folder
from imuhip.simulate.session import simulate


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A recording, its results and its export."""
    place = tmp_path_factory.mktemp("bids")
    write_folder(simulate("squat", seed=4, grade="good"), place / "folder")
    import_folder(place / "folder", place / "rec.mcap")
    analyze(place / "rec.mcap", place / "results")
    export(place / "rec.mcap", "bids", place / "out")
    return place


def read_motion(stem):
    """Names of the channels file, rows of it, and the motion file's columns by name."""
    with Path(f"{stem}_channels.tsv").open(encoding="utf-8", newline="") as file:
        channels = list(csv.DictReader(file, delimiter="\t"))
    lines = Path(f"{stem}_motion.tsv").read_text(encoding="utf-8").splitlines()
    cells = [[np.nan if x == "n/a" else float(x) for x in line.split("\t")] for line in lines]
    values = np.array(cells)
    return channels, {c["name"]: values[:, k] for k, c in enumerate(channels)}


def validated(folder, cache):
    """Errors and warnings of the official validator, with no network."""
    validator = Path(sys.executable).with_name("bids-validator-deno")
    done = subprocess.run(
        [validator, folder, "--json"],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"DENO_DIR": str(cache), "NO_COLOR": "1"},
        timeout=300,
    )
    assert done.stdout, done.stderr
    issues = json.loads(done.stdout)["issues"]["issues"]
    return done.returncode, [i for i in issues if i["severity"] == "error"], issues


def test_the_official_validator_accepts_it(places, tmp_path):
    """bids-validator finds no error, and one where a required fact is taken away."""
    code, errors, _ = validated(places / "out", tmp_path / "deno")
    assert (code, errors) == (0, [])
    (about,) = (places / "out").rglob("*tracksys-angles_motion.json")
    text = about.read_text()
    try:
        about.write_text(text.replace('"SamplingFrequency"', '"Rate"'))
        code, errors, _ = validated(places / "out", tmp_path / "deno")
        assert code != 0
        assert errors
    finally:
        about.write_text(text)


def test_angles_come_back(places):
    """Each angle channel holds the results' numbers, bit for bit; what is not known is n/a."""
    (path,) = (places / "out").rglob("*tracksys-angles_motion.tsv")
    channels, columns = read_motion(str(path).removesuffix("_motion.tsv"))
    angles = pq.read_table(places / "results" / "angles.parquet")
    kinds = {c["name"]: (c["type"], c["units"], c["tracked_point"]) for c in channels}
    assert kinds["hip_rotation_left_deg"] == ("JNTANG", "deg", "left_hip")
    for name in set(columns) - {"latency"}:
        assert np.array_equal(columns[name], angles[name].to_numpy(), equal_nan=True), name
    assert np.isnan(columns["hip_rotation_left_deg"]).any()
    assert np.diff(columns["latency"]) == pytest.approx(0.01)


def test_samples_come_back(places):
    """Each sensor's samples are there with their own times, in m/s² and rad/s."""
    samples = read_samples(places / "rec.mcap")
    zero = min(each.t[0] for each in samples.values())
    for sensor, each in samples.items():
        label = "imu" + "".join(word.capitalize() for word in sensor.split("_"))
        (path,) = (places / "out").rglob(f"*tracksys-{label}_motion.tsv")
        channels, columns = read_motion(str(path).removesuffix("_motion.tsv"))
        assert {c["tracked_point"] for c in channels} == {sensor, "n/a"}
        for k, axis in enumerate("xyz"):
            assert np.array_equal(columns[f"ACCEL_{axis}"], each.acc[:, k])
            assert np.array_equal(columns[f"GYRO_{axis}"], each.gyr[:, k])
        assert np.array_equal(columns["latency"], each.t - zero)


def test_events_have_onset_and_duration(tmp_path):
    """A step that begins and ends is one row, a note has no duration, a repetition has a side."""
    export(results_folder(tmp_path / "results"), "bids", tmp_path / "out")
    (path,) = (tmp_path / "out").rglob("*_events.tsv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    said = [(float(r["onset"]), r["duration"], r["trial_type"], r["side"]) for r in rows]
    assert said == [
        (0.25, "3.250000", "squat", "n/a"),
        (0.5, "0.500000", "squat", "left"),
        (2.5, "0", 'note:größer; "weiter"', "n/a"),
        (2.5, "0.600000", "squat", "right"),
    ]
    (scans,) = (tmp_path / "out").rglob("*_scans.tsv")
    assert "2026-03-02T10:00:10.000000Z" in scans.read_text()


def test_an_athlete_without_a_usable_id_is_unknown(tmp_path):
    """A label of BIDS holds letters and digits alone; the id itself stands in participants.tsv."""
    folder = results_folder(tmp_path / "results")
    session = json.loads((folder / "session.json").read_text())
    for athlete, subject in (("A-1 ü", "sub-A1"), ("", "sub-unknown")):
        (folder / "session.json").write_text(json.dumps(session | {"athlete": athlete}))
        export(folder, "bids", tmp_path / "out")
        assert (tmp_path / "out" / subject).is_dir()
        table = (tmp_path / "out" / "participants.tsv").read_text().splitlines()
        assert table[1] == f"{subject}\t{athlete or 'n/a'}"
