"""A session is what the result files hold, read from whatever the user has."""

import json
from dataclasses import fields

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import imuhip
from imuhip.core.findings import Finding
from imuhip.pipeline.all_sensors import Params
from imuhip.results.analysis import analyze
from imuhip.results.schemas import read_results


def test_a_recording_a_folder_and_results_are_one_session(squats, folder, tmp_path):
    """The same visit gives the same angles from recording and results; a folder imports first."""
    analyze(squats, tmp_path / "results")
    recorded, results = imuhip.read(squats), imuhip.read(str(tmp_path / "results"))
    pd.testing.assert_frame_equal(recorded.angles.to_pandas(), results.angles.to_pandas())
    for name in ("repetitions", "sets", "findings", "marks", "faults", "orientations"):
        pd.testing.assert_frame_equal(getattr(recorded, name), getattr(results, name))
    imported = imuhip.read(folder)
    assert imported.recording.name == "monday.mcap"
    assert imported.angles.to_pandas()["hip_flexion_left_deg"].max() > 60.0


def test_five_lines_from_sensor_files_to_angles(folder):
    """A newcomer's folder of sensor files becomes angles in pandas in three lines."""
    import imuhip

    session = imuhip.read(folder)
    angles = session.angles.to_pandas()
    assert angles["valid_left"].any()
    assert session.grade in ("good", "fair")


def test_tables_are_those_of_the_result_files(session, squats, tmp_path):
    """Repetitions, findings, marks and faults hold the files' rows, columns included."""
    analyze(squats, tmp_path / "results")
    read = read_results(tmp_path / "results")
    pd.testing.assert_frame_equal(session.repetitions, read.repetitions.to_pandas())
    assert session.findings.to_dict("records") == read.findings
    assert list(session.findings) == [f.name for f in fields(Finding) if f.name != "after"]
    assert session.faults.to_dict("records") == read.faults
    assert len(session.repetitions) > 4


def test_marks_are_all_that_was_marked(folder):
    """Marks come out with the times and labels that the folder has."""
    marks = imuhip.read(folder).marks
    expected = pd.read_csv(folder / "marks.csv")
    assert list(marks["label"]) == list(expected["label"])
    assert np.allclose(marks["t"], expected["t"], atol=1e-6)


def test_a_table_is_ones_own(session):
    """To change a table changes no other that the session gives."""
    repetitions, pelvis = session.repetitions, session.samples["pelvis"]
    repetitions["depth_deg"], pelvis["acc_x"] = 0.0, 0.0
    assert session.repetitions["depth_deg"].max() > 60.0
    assert session.samples["pelvis"]["acc_x"].abs().max() > 0.0


def test_samples_are_those_of_the_files(folder):
    """Samples come out as they stand in the folder, in m/s² and rad/s."""
    samples = imuhip.read(folder).samples
    assert set(samples) == {"pelvis", "thigh_left", "thigh_right"}
    for sensor, table in samples.items():
        expected = pd.read_csv(folder / f"{sensor}.csv")[list(table)]
        assert np.allclose(table, expected, atol=1e-12)


def test_an_empty_table_has_its_columns(random_results):
    """Without findings or faults the data frames are empty and have their columns."""
    results = imuhip.read(random_results)
    assert results.faults.empty
    assert {"sensor", "kind", "t_start"} <= set(results.faults)
    assert results.findings.empty
    assert {"rule", "grade"} <= set(results.findings)


def test_nothing_is_analyzed_before_it_is_asked_for(squats, analyses):
    """To open a session and ask whose it is costs no analysis; the first table does."""
    session = imuhip.read(squats)
    assert session.athlete == "simulated-21"
    assert session.started
    assert "not analyzed yet" in repr(session)
    assert not analyses
    assert len(session.angles)
    assert len(session.repetitions)
    assert len(analyses) == 1
    assert "not analyzed" not in repr(session)


def test_analyze_leaves_the_session_as_it_is(squats):
    """Another filter gives a session of its own; the first keeps its parameters and angles."""
    session = imuhip.read(squats)
    before = session.angles.to_pandas()
    other = imuhip.analyze(session, filter="madgwick", columns=("swing",))
    assert other.params.orientation.filter == "madgwick"
    assert session.params == Params()
    pd.testing.assert_frame_equal(session.angles.to_pandas(), before)
    assert "hip_rotation_left_swing_deg" in other.angles.to_pandas()
    apart = other.angles.to_pandas()["hip_rotation_left_deg"] - before["hip_rotation_left_deg"]
    assert apart.abs().max() > 0.01
    again = imuhip.analyze(squats, filter="madgwick", columns=("swing",))
    pd.testing.assert_frame_equal(again.angles.to_pandas(), other.angles.to_pandas())


def test_a_stated_soft_tissue_scales_its_side(squats):
    """A stated share scales the rotation of its side, and is part of what is kept."""
    with_it = imuhip.analyze(squats, soft_tissue={"left": 0.25}).angles.to_pandas()
    scaled = with_it["hip_rotation_left_scaled_deg"]
    assert np.allclose(scaled, with_it["hip_rotation_left_deg"] / 0.75, equal_nan=True)
    other = imuhip.analyze(squats, soft_tissue={"left": 0.5}).angles.to_pandas()
    assert np.allclose(
        other["hip_rotation_left_scaled_deg"], other["hip_rotation_left_deg"] / 0.5, equal_nan=True
    )
    with pytest.raises(ValueError, match="The sides are left and right"):
        imuhip.analyze(squats, soft_tissue={"middle": 0.3})
    with pytest.raises(ValueError, match=r"from 0 to 0\.6"):
        imuhip.analyze(squats, soft_tissue={"left": 0.9})


def test_names_are_offered_before_they_are_imported():
    """Completion in a notebook knows every promised name, and no other name is promised."""
    assert set(imuhip.__all__) <= set(dir(imuhip))
    assert all(getattr(imuhip, name) is not None for name in imuhip.__all__)


def test_what_cannot_be_is_said(squats, random_results, tmp_path):
    """A wrong path, file, filter, column or format is reported with what to do."""
    with pytest.raises(imuhip.ImuhipError, match="no such file or folder"):
        imuhip.read(tmp_path / "nowhere.mcap")
    (tmp_path / "text.mcap").write_text("no recording")
    with pytest.raises(imuhip.ImuhipError):
        imuhip.read(tmp_path / "text.mcap")
    (tmp_path / "notes.txt").write_text("no recording")
    with pytest.raises(imuhip.ImuhipError, match="Import a folder"):
        imuhip.read(tmp_path / "notes.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(imuhip.ImuhipError, match="pelvis"):
        imuhip.read(tmp_path / "empty")
    with pytest.raises(ValueError, match="Choose one of vqf"):
        imuhip.analyze(squats, filter="kalman")
    with pytest.raises(ValueError, match="No such column"):
        imuhip.analyze(squats, columns=("sideways",))
    results = imuhip.read(random_results)
    with pytest.raises(imuhip.ImuhipError, match="read the recording"):
        imuhip.analyze(results, Params())
    with pytest.raises(imuhip.ImuhipError, match="hold no samples"):
        results.samples  # noqa: B018
    with pytest.raises(imuhip.ImuhipError, match="ships with imuhip"):
        imuhip.sample("marathon")
    with pytest.raises(ValueError, match="Choose one of csv"):
        results.export(tmp_path / "x", "xls")
    with pytest.raises(imuhip.ImuhipError, match="End the name in one of"):
        results.export(tmp_path / "x.xls")
    with pytest.raises(AttributeError, match="no attribute 'reed'"):
        imuhip.reed  # noqa: B018


def test_export_by_the_name(session, tmp_path):
    """The ending of a name chooses the format; a window is cut; what is there is not replaced."""
    done = session.export(tmp_path / "x.parquet", start_s=20.0, stop_s=21.0)
    assert done.rows == 101
    assert pq.read_table(tmp_path / "x.parquet").num_rows == 101
    with pytest.raises(imuhip.ImuhipError, match="exists already"):
        session.export(tmp_path / "x.parquet")
    session.export(tmp_path / "all", "csv_de")
    note = json.loads((tmp_path / "all" / "export.json").read_text())
    assert note["recording"] == "squats.mcap"
    session.export(tmp_path / "x.mcap")
    assert (tmp_path / "x.mcap").read_bytes().startswith(b"\x89MCAP")


@pytest.mark.parametrize("name", ["session.json", "findings.json", "repetitions.parquet"])
def test_results_of_which_a_file_is_missing(random_results, name):
    """They are named as results that are not whole, not as a folder of sensors."""
    (random_results / name).unlink()
    with pytest.raises(imuhip.ImuhipError, match=r"is missing\. Analyze the recording again"):
        imuhip.read(random_results).repetitions  # noqa: B018


def test_older_results_have_no_marks_and_say_so(random_results):
    """Results without a list of marks are told apart from a session that nobody marked."""
    path = random_results / "session.json"
    session = json.loads(path.read_text())
    path.write_text(json.dumps(session | {"marks": []}))
    assert imuhip.read(random_results).marks.empty
    del session["marks"]
    path.write_text(json.dumps(session))
    with pytest.raises(imuhip.ImuhipError, match="analyze the recording again"):
        imuhip.read(random_results).marks  # noqa: B018


def test_results_know_their_parameters(squats, tmp_path):
    """A folder of results says with what it was calculated."""
    analyze(squats, tmp_path / "results")
    params = imuhip.read(tmp_path / "results").params
    assert params["orientation"]["filter"] == "vqf"


def test_the_sample_ships():
    """The recording that ships opens by its name and holds squats and pivots."""
    session = imuhip.sample()
    assert set(session.repetitions["movement"]) == {"squat", "pivot"}
    assert imuhip.sample("squats_and_pivots").athlete == session.athlete
