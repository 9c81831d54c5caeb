"""A sensor that cannot be believed spoils its own leg and no other, from the first row on."""

import json

import numpy as np
import pyarrow.parquet as pq

from imuhip.importers.folder import import_folder
from imuhip.results.analysis import analyze
from imuhip.simulate.output import write_folder
from imuhip.simulate.session import simulate


def test_clocks_apart_spoil_one_leg_from_the_beginning(tmp_path):
    """A thigh 0.6 s late is named, has no angle at all, and the other leg keeps its own."""
    session = simulate("squat", seed=5, profile_id="imported")
    write_folder(session, tmp_path / "folder")
    path = tmp_path / "folder" / "thigh_left.csv"
    lines = path.read_text().splitlines()
    moved = [lines[0]]
    for line in lines[1:]:
        t, _, rest = line.partition(",")
        moved.append(f"{float(t) + 0.6!r},{rest}")
    path.write_text("\n".join(moved) + "\n")
    import_folder(tmp_path / "folder", tmp_path / "x.mcap")
    analysis = analyze(tmp_path / "x.mcap", tmp_path / "out")
    faults = json.loads((tmp_path / "out" / "faults.json").read_text())
    assert [(f["sensor"], f["kind"]) for f in faults] == [("thigh_left", "clocks")]
    assert any("0.6 s after the pelvis" in sentence for sentence in analysis.warnings)
    table = pq.read_table(tmp_path / "out" / "angles.parquet")
    left = np.asarray(table["hip_flexion_left_deg"], dtype=float)
    right = np.asarray(table["hip_flexion_right_deg"], dtype=float)
    assert np.isnan(left).all()
    assert np.isfinite(right).mean() > 0.5
