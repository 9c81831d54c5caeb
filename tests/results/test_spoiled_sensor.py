"""A sensor that cannot be believed spoils its own leg and no other, from the first row on."""

import json

import numpy as np
import pyarrow.parquet as pq

from imuhip.importers.folder import import_folder
from imuhip.results.analysis import analyze
from imuhip.simulate.output import write, write_folder
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup


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


def test_a_thigh_that_never_sends_costs_its_own_leg_and_no_other(tmp_path):
    """The header names it and nothing comes: it is named once, and the other leg is calibrated."""
    setup = Setup(radio_gaps=(("thigh_left", 0.0, 1e4),))
    write(simulate("squat", seed=5, setup=setup), tmp_path / "x.mcap")
    analysis = analyze(tmp_path / "x.mcap", tmp_path / "out", columns=("offline",))
    faults = json.loads((tmp_path / "out" / "faults.json").read_text())
    (missing,) = [f for f in faults if f["kind"] == "missing" and f["sensor"] == "thigh_left"]
    assert missing["t_start"] == 0.0
    assert missing["t_end"] > 100.0
    assert [s for s in analysis.warnings if s.startswith("thigh left: nothing has come")]
    assert {(r.side, r.counted) for r in analysis.repetitions} == {("left", False), ("right", True)}
    table = pq.read_table(tmp_path / "out" / "angles.parquet")
    for kind in ("", "_offline"):
        left = np.asarray(table[f"hip_flexion_left{kind}_deg"], dtype=float)
        right = np.asarray(table[f"hip_flexion_right{kind}_deg"], dtype=float)
        assert np.isnan(left).all()
        assert np.isfinite(right).mean() > 0.5
