"""A newcomer's first five lines: a folder as x-IMU3 or Opal leave it, to angles in pandas."""

import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import imuhip
from imuhip.importers.folder import import_folder

G = 9.80665
PAGE = Path(__file__).parents[2] / "docs" / "importing.md"
LABELS = {"pelvis": "Lumbar", "thigh_left": "Left Thigh", "thigh_right": "Right Thigh"}
ACC, GYR = [[f"{kind}_{axis}" for axis in "xyz"] for kind in ("acc", "gyr")]


def as_x_imu3(sensors, folder):
    """A folder a sensor, µs, °/s and g."""
    for place, rows in sensors.items():
        table = pd.DataFrame({"Timestamp (us)": np.rint(rows["t"] * 1e6).astype(np.int64)})
        for axis, ours in zip("XYZ", GYR, strict=True):
            table[f"Gyroscope {axis} (deg/s)"] = np.degrees(rows[ours])
        for axis, ours in zip("XYZ", ACC, strict=True):
            table[f"Accelerometer {axis} (g)"] = rows[ours] / G
        (folder / place).mkdir()
        table.to_csv(folder / place / "Inertial.csv", index=False)


def as_opal(sensors, folder):
    """One file, whose labels say where, in SI since 1970."""
    t = sensors["pelvis"]["t"]
    columns, heads = [t], [["Format=7"], ["Time"], [""]]
    for number, (place, rows) in enumerate(sensors.items()):
        heads[0] += [str(1001 + number), "", "", LABELS[place], "", ""]
        heads[1] += ["Accelerometer", "", "", "Gyroscope", "", ""]
        heads[2] += [*"XYZXYZ"]
        columns += [np.interp(t, rows["t"], rows[name]) for name in (*ACC, *GYR)]
    lines = [",".join(head) for head in heads]
    lines += [",".join(map(repr, row)) for row in np.column_stack(columns).tolist()]
    (folder / "20260302-100000.csv").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("write", [as_x_imu3, as_opal])
def test_five_lines(folder, session, tmp_path, monkeypatch, capsys, write):
    """The lines on the page run as they stand, and give the angles of the same samples in SI."""
    theirs = tmp_path / "monday"
    theirs.mkdir()
    write({place: pd.read_csv(folder / f"{place}.csv") for place in LABELS}, theirs)
    for name in ("marks.csv", "session.toml"):
        (theirs / name).write_bytes((folder / name).read_bytes())
    (lines,) = re.findall(r"```python\n(import imuhip\n.*?)```", PAGE.read_text(), re.DOTALL)
    assert len([line for line in lines.splitlines() if line]) == 5
    monkeypatch.chdir(tmp_path)
    found: dict[str, object] = {}
    exec(lines, found)  # noqa: S102 - the page's own lines
    assert session.grade in capsys.readouterr().out
    angles, expected = found["angles"], session.angles.to_pandas()
    name = "hip_flexion_left_deg"
    t = expected["t"].to_numpy()
    same = np.interp(t, angles["t"].to_numpy(), angles[name].to_numpy())
    known = (np.isfinite(expected[name]) & np.isfinite(same)).to_numpy()
    assert known.mean() > 0.6  # the rest is before the calibration
    assert np.sqrt(np.mean((same - expected[name].to_numpy())[known] ** 2)) < 0.5


def test_a_protocol_in_three_files(folder, session, tmp_path):
    """Stand, calibration and squats in recordings of their own give the grade of one recording."""
    marks = pd.read_csv(folder / "marks.csv")
    begins = marks.set_index("label")["t"]
    cuts = [0.0, begins["begin:knee_lift_left"] - 1.0, begins["begin:squat"] - 1.0, np.inf]
    parts = []
    for number, (first, last) in enumerate(itertools.pairwise(cuts)):
        part = tmp_path / f"part_{number}"
        part.mkdir()
        for name in ("pelvis.csv", "thigh_left.csv", "thigh_right.csv", "marks.csv"):
            rows = pd.read_csv(folder / name)
            rows = rows[(rows["t"] >= first) & (rows["t"] < last)]
            rows.assign(t=rows["t"] - first).to_csv(part / name, index=False)
        parts.append(part)
    (parts[0] / "session.toml").write_bytes((folder / "session.toml").read_bytes())
    report = import_folder(parts, tmp_path / "all.mcap")
    assert "each part is put 10 s after the end of the one before" in report.warnings[-1]
    whole = imuhip.read(tmp_path / "all.mcap")
    assert whole.grade == session.grade
    assert len(whole.reps("squat")) == len(session.reps("squat"))
    most = [s.angles.to_pandas()["hip_flexion_left_deg"].max() for s in (whole, session)]
    assert most[0] == pytest.approx(most[1], abs=1.5)
