"""OpenSim's own library reads what is written for it."""

import numpy as np
import pytest
from support.result_folders import results_folder

from imuhip.results.exporters.formats import export
from imuhip.results.schemas import read_results

opensim = pytest.importorskip("opensim", reason="OpenSim has no wheel for this system")


@pytest.fixture(autouse=True)
def quiet(tmp_path, monkeypatch):
    """Keep OpenSim's log file out of the working folder."""
    monkeypatch.chdir(tmp_path)
    opensim.Logger.removeFileSink()


def test_opensim_reads_the_coordinates(tmp_path):
    """Labels, times and angles of the .mot are the results', in degrees, rows without gaps."""
    folder = results_folder(tmp_path / "results")
    export(folder, "opensim", tmp_path / "out")
    table = opensim.TimeSeriesTable(str(tmp_path / "out" / "angles.mot"))
    assert table.getTableMetaDataString("inDegrees") == "yes"
    angles = read_results(folder).angles.to_pandas().dropna(subset=["hip_flexion_left_deg"])
    assert np.array_equal(table.getIndependentColumn(), angles["t"])
    labels = table.getColumnLabels()
    assert set(labels) > {"pelvis_tilt", "hip_rotation_r", "hip_rotation_l"}
    for side in ("left", "right"):
        for name in ("flexion", "adduction", "rotation"):
            came = table.getDependentColumn(f"hip_{name}_{side[0]}").to_numpy()
            assert np.allclose(came, angles[f"hip_{name}_{side}_deg"], atol=1e-9), (side, name)


def test_opensim_reads_the_orientations(tmp_path):
    """OpenSense's table of quaternions has the pelvis and both femurs, bit for bit."""
    folder = results_folder(tmp_path / "results")
    export(folder, "opensim", tmp_path / "out")
    path = tmp_path / "out" / "orientations.sto"
    table = opensim.TimeSeriesTableQuaternion(str(path))
    assert list(table.getColumnLabels()) == ["pelvis_imu", "femur_l_imu", "femur_r_imu"]
    assert table.getTableMetaDataString("DataRate") == "100.000000"
    rows = [line.split("\t") for line in path.read_text().splitlines()[6:]]
    assert table.getNumRows() == len(rows) == 300
    for k in (0, 150, 299):
        for i, cell in enumerate(rows[k][1:]):
            q = table.getRowAtIndex(k).getElt(0, i)
            came = [q.get(j) for j in range(4)]
            assert came == pytest.approx([float(x) for x in cell.split(",")], abs=1e-15)
