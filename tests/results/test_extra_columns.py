"""Columns on request stand beside those that always are, and change none of them."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from imuhip.core.conventions import HIP_ANGLES, SIDES
from imuhip.estimate.rotation_definitions import zeroed
from imuhip.estimate.soft_tissue import given
from imuhip.importers.folder import import_folder
from imuhip.results.analysis import analyze
from imuhip.results.extra_columns import ExtraColumns
from imuhip.results.schemas import read_results
from imuhip.simulate.output import write, write_folder
from imuhip.simulate.session import simulate


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("extra") / "squat.mcap"
    write(simulate("squat", seed=11, grade="good"), path)
    return path


def test_asked_for_columns_are_appended(recording, tmp_path):
    """The promised columns are the same bits with and without others beside them."""
    analyze(recording, tmp_path / "plain")
    analyze(recording, tmp_path / "more", columns=("projected", "swing"))
    plain = pq.read_table(tmp_path / "plain" / "angles.parquet")
    more = pq.read_table(tmp_path / "more" / "angles.parquet")
    names = [
        *("hip_rotation_left_swing_deg", "hip_rotation_right_swing_deg"),
        *("hip_rotation_left_projected_deg", "hip_rotation_right_projected_deg"),
    ]
    assert more.column_names == [*plain.column_names, *names]
    for name in plain.column_names:
        assert np.array_equal(more[name].to_numpy(), plain[name].to_numpy(), equal_nan=True), name
    hip, raw = (np.radians(_hip(plain, kind)) for kind in ("", "_raw"))
    for kind in ("swing", "projected"):
        expected = np.degrees(zeroed(kind, raw, hip))
        for k, side in enumerate(SIDES):
            came = more[f"hip_rotation_{side}_{kind}_deg"].to_numpy()
            assert came == pytest.approx(expected[:, k], abs=1e-9, nan_ok=True)
            apart = np.abs(came - plain[f"hip_rotation_{side}_deg"].to_numpy())
            assert np.nanmax(apart) > 1.0, "another definition is another number"


def _hip(table, kind):
    """The hip columns of a kind, `(N, 2, 3)`."""
    sides = [
        [table[f"hip_{angle}_{side}{kind}_deg"].to_numpy() for angle in HIP_ANGLES]
        for side in SIDES
    ]
    return np.moveaxis(np.array(sides), -1, 0)


def test_a_stated_factor_scales_its_own_column_only(recording, tmp_path):
    """`scaled` is rotation over 1 - κ for the side that has a factor, and the raw one is kept."""
    analysis = analyze(recording, tmp_path / "out", soft_tissue=[given("left", 0.3)])
    read = read_results(tmp_path / "out")
    left = read.angles["hip_rotation_left_deg"].to_numpy()
    scaled = read.angles["hip_rotation_left_scaled_deg"].to_numpy()
    assert scaled == pytest.approx(left / 0.7, nan_ok=True)
    assert np.isfinite(scaled).any()
    assert np.isnan(read.angles["hip_rotation_right_scaled_deg"].to_numpy()).all()
    assert any("scaled by 1/(1 - 0.3)" in sentence for sentence in analysis.warnings)
    (factor,) = read.calibration["soft_tissue"]
    assert factor["side"] == "left"
    assert factor["kappa"] == 0.3
    assert "hip_rotation_left_scaled_deg" in read.session["columns"]
    json.dumps(read.calibration, allow_nan=False)


def test_further_sensors_add_their_angles(tmp_path):
    """A shank that goes with its thigh has a straight knee, and such a foot turns with the hip."""
    folder, recording = tmp_path / "folder", tmp_path / "rec.mcap"
    write_folder(simulate("squat", seed=12, grade="good"), folder)
    for name in ("shank", "foot"):
        rows = np.loadtxt(folder / "thigh_right.csv", delimiter=",", skiprows=1)
        rows[:, 1:4] += np.random.default_rng(len(name)).normal(0.0, 0.1, (len(rows), 3))
        head = (folder / "thigh_right.csv").read_text().partition("\n")[0]
        path = folder / f"{name}_right.csv"  # a sensor of its own: no two feel quite the same
        np.savetxt(path, rows, delimiter=",", header=head, comments="")
    import_folder(folder, recording)
    analyze(recording, tmp_path / "out", columns=("scaled",))
    read = read_results(tmp_path / "out")
    names = [*(f"knee_{name}_right_deg" for name in ("flexion", "adduction", "rotation"))]
    names.append("foot_progression_right_deg")
    errors = [name.replace("_deg", "_sd_deg") for name in names]
    assert read.angles.column_names[-8:] == names + errors
    flexion, *_ = knee = [read.angles[name].to_numpy() for name in names[:3]]
    assert np.count_nonzero(np.isfinite(flexion)) > 3000
    assert max(np.nanmax(np.abs(angle)) for angle in knee) < 2.0
    for name, error in zip(names, errors, strict=True):
        known = np.isfinite(read.angles[name].to_numpy())
        sd = read.angles[error].to_numpy()
        assert np.array_equal(np.isfinite(sd), known)
        assert 0.1 < np.median(sd[known]) < 6.0
    upright = np.abs(read.angles["hip_flexion_right_deg"].to_numpy()) < 2.0
    inward = read.angles["hip_rotation_right_deg"].to_numpy()
    outward = read.angles["foot_progression_right_deg"].to_numpy()
    assert np.nanmax(np.abs(inward + outward)[upright]) < 2.0
    (factor,) = read.calibration["soft_tissue"]
    assert factor["side"] == "right"
    assert factor["kappa"] == pytest.approx(0.0, abs=0.01)


def test_an_unknown_column_is_said():
    """What cannot be asked for is the caller's mistake."""
    with pytest.raises(ValueError, match="Choose from swing, projected"):
        ExtraColumns(("sideways",))
