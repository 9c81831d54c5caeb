"""Recordings and results of earlier versions stay readable; those of later ones are refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import imuhip
from imuhip.core.errors import RecordingError
from imuhip.recording.reader import RecordingReader
from imuhip.results.schemas import RESULTS_VERSION, read_results

OLD = Path(__file__).parent / "old"
RECORDINGS = sorted(OLD.glob("*.mcap"))
RESULTS = sorted(path for path in OLD.glob("results_*"))


def test_there_are_old_files():
    """Each format that was ever written has its example."""
    assert [path.stem for path in RECORDINGS] == ["recording_1"]
    assert [path.name for path in RESULTS] == ["results_1"]


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_an_old_recording_is_read_whole(path):
    """All its notifications and marks come out, none is called damaged, and it can be analyzed."""
    reader = RecordingReader(path)
    records = [record for batch in reader.batches() for record in batch]
    assert reader.whole
    assert reader.faults == ()
    labels = [record.label for record in records if hasattr(record, "label")]
    assert labels == ["begin:tray", "end:tray", "begin:stand", "end:stand", "begin:bow"]
    session = imuhip.read(path, cache=False)
    assert {len(table) > 2000 for table in session.samples.values()} == {True}
    assert len(session.angles.to_pandas()) > 2000


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.name)
def test_old_results_are_read(path):
    """Every table and list of an old result folder is there."""
    results = read_results(path)
    angles = results.angles
    t = angles["t"].to_numpy()
    assert np.allclose(np.diff(t), 0.01)
    assert "hip_rotation_left_sd_total_deg" in angles.column_names
    assert results.sensors.num_rows == 3 * angles.num_rows
    assert [step["step"] for step in results.calibration["steps"]][:2] == ["tray", "stand"]
    assert len(imuhip.read(path).angles.to_pandas()) == angles.num_rows


def test_results_of_a_later_version_are_refused(tmp_path):
    """A folder that says a newer version is refused with what to do, whatever else is in it."""
    folder = shutil.copytree(RESULTS[0], tmp_path / "later")
    session = json.loads((folder / "session.json").read_text(encoding="utf-8"))
    for version in (RESULTS_VERSION + 1, "2", None):
        session["results_version"] = version
        (folder / "session.json").write_text(json.dumps(session), encoding="utf-8")
        with pytest.raises(RecordingError, match="update imuhip"):
            read_results(folder)
