"""Every export, read back by a reader of its own, is what the results hold."""

import csv
import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.spatial.transform import Rotation
from support.result_folders import results_folder

from imuhip.core.errors import RecordingError
from imuhip.estimate.joint_angles import hip_angles, segment_orientations
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader
from imuhip.results.analysis import analyze
from imuhip.results.exporters import spreadsheets
from imuhip.results.exporters.formats import FORMATS, export, format_of
from imuhip.results.schemas import read_results
from imuhip.simulate.output import write
from imuhip.simulate.session import simulate


def columns_of_csv(path):
    """Columns of a file of comma-separated values: numbers, and NaN where a field is empty."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return {name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])}


def numbers(words):
    return np.array([float(word) if word else math.nan for word in words])


def read_storage(path):
    """Header, names and columns of a file of OpenSim's; a quaternion is four numbers."""
    lines = path.read_text(encoding="ascii").splitlines()
    end = lines.index("endheader")
    header = dict(line.split("=", 1) for line in lines[:end] if "=" in line)
    rows = [line.split("\t") for line in lines[end + 2 :]]
    cells = [[[float(x) for x in cell.split(",")] for cell in row] for row in rows]
    names = lines[end + 1].split("\t")
    return header, {name: np.array([row[i] for row in cells]) for i, name in enumerate(names)}


def rotations(quaternions):
    return Rotation.from_quat(quaternions, scalar_first=True)


def test_csv_gives_every_bit_back(tmp_path):
    """The angles, sensors and repetitions of a CSV are those of the results, bit for bit."""
    folder = results_folder(tmp_path / "results")
    done = export(folder, "csv", tmp_path / "out")
    assert set(done.files) == {path.name for path in (tmp_path / "out").iterdir()}
    read = read_results(folder)
    for name in ("angles", "sensors", "repetitions", "sets"):
        table = getattr(read, name)
        columns = columns_of_csv(tmp_path / "out" / f"{name}.csv")
        assert list(columns) == table.column_names
        for field in table.schema:
            came, expected = columns[field.name], table[field.name].to_pylist()
            if pa.types.is_floating(field.type):
                assert np.array_equal(numbers(came), np.array(expected), equal_nan=True), field.name
            elif pa.types.is_boolean(field.type):
                assert came == [str(value).lower() for value in expected], field.name
            else:
                assert came == [str(value) for value in expected], field.name
    assert "" in columns_of_csv(tmp_path / "out" / "angles.csv")["hip_flexion_left_deg"]


def test_parquet_gives_every_bit_back(tmp_path):
    """Tables exported as Parquet equal those of the results, NaN included."""
    folder = results_folder(tmp_path / "results")
    export(folder, "parquet", tmp_path / "out")
    read = read_results(folder)
    for name in ("angles", "sensors", "repetitions", "sets"):
        came = pq.read_table(tmp_path / "out" / f"{name}.parquet").to_pandas()
        assert came.equals(getattr(read, name).to_pandas()), name


@pytest.mark.parametrize("format_name", ["csv", "parquet", "opensim"])
def test_a_window_holds_its_rows_alone(format_name, tmp_path):
    """A window keeps the rows between its ends, ends included, and repetitions within."""
    folder = results_folder(tmp_path / "results")
    done = export(folder, format_name, tmp_path / "out", start_s=12.25, stop_s=13.2)
    assert done.rows == 96
    out = tmp_path / "out"
    if format_name == "csv":
        t = numbers(columns_of_csv(out / "angles.csv")["t"])
        assert set(numbers(columns_of_csv(out / "sensors.csv")["t"])) == set(t)
        assert columns_of_csv(out / "repetitions.csv")["repetition"] == ["2"]
    elif format_name == "parquet":
        t = pq.read_table(out / "angles.parquet")["t"].to_numpy()
        assert pq.read_table(out / "repetitions.parquet")["repetition"].to_pylist() == [2]
    else:
        t = read_storage(out / "angles.mot")[1]["time"].ravel()
        assert np.array_equal(read_storage(out / "orientations.sto")[1]["time"].ravel(), t)
    assert (t[0], t[-1], len(t)) == (12.25, 13.2, 96)
    assert json.loads((out / "export.json").read_text())["window_s"] == [12.25, 13.2]


def test_opensim_coordinates_turn_its_bodies_as_ours(tmp_path):
    """A model that moves by the `.mot` has the segment orientations of the `.sto`.

    The axes are those of the joints of Gait2392: z, x, y, and for the left hip z, -x, -y.
    """
    export(results_folder(tmp_path / "results"), "opensim", tmp_path / "out")
    header, mot = read_storage(tmp_path / "out" / "angles.mot")
    assert header == {"version": "1", "nRows": "300", "nColumns": "10", "inDegrees": "yes"}
    header, sto = read_storage(tmp_path / "out" / "orientations.sto")
    assert header["DataRate"] == "100.000000"
    assert header["DataType"] == "Quaternion"
    assert np.array_equal(mot["time"], sto["time"])
    to_ground = Rotation.from_euler("X", -math.pi / 2)  # sensor_to_opensim_rotations

    def turned(names, signs):
        return Rotation.from_euler(
            "ZXY", np.hstack([mot[name] for name in names]) * signs, degrees=True
        )

    pelvis = turned(["pelvis_tilt", "pelvis_list", "pelvis_rotation"], [1, 1, 1])
    came = to_ground * rotations(sto["pelvis_imu"])
    assert (came * pelvis.inv()).magnitude().max() < 1e-12
    for side, signs in (("r", [1, 1, 1]), ("l", [1, -1, -1])):
        hip = turned([f"hip_{a}_{side}" for a in ("flexion", "adduction", "rotation")], signs)
        came = to_ground * rotations(sto[f"femur_{side}_imu"])
        assert (came * (pelvis * hip).inv()).magnitude().max() < 1e-12, side


def test_opensim_hips_are_zeroed_and_keep_their_signs(tmp_path):
    """Hip coordinates are the zeroed angles by value; pelvis tilt is backwards positive."""
    folder = results_folder(tmp_path / "results", zero=0.125)
    export(folder, "opensim", tmp_path / "out.mot")
    _, mot = read_storage(tmp_path / "out.mot")
    angles = read_results(folder).angles.to_pandas().dropna(subset=["hip_flexion_left_deg"])
    for side in ("left", "right"):
        for name in ("flexion", "adduction", "rotation"):
            came = mot[f"hip_{name}_{side[0]}"].ravel()
            assert np.allclose(came, angles[f"hip_{name}_{side}_deg"], atol=1e-9), (side, name)
    assert mot["pelvis_tilt"][0, 0] * angles["pelvis_tilt_deg"].iloc[0] < 0
    turning = mot["pelvis_rotation"].ravel()
    assert np.abs(np.diff(turning[:100])).max() < 180.0
    assert turning.max() > 180.0


def test_opensim_orientations_are_the_calibrated_segments(tmp_path):
    """The `.sto` of a recording holds the pipeline's own segments, upright to the last bit.

    About the vertical they differ by where the athlete faced, and by what is learned of the
    sensors' headings on the way: there, the hip angles say that the segments fit each other.
    """
    recording = tmp_path / "rec.mcap"
    write(simulate("squat", seed=6), recording)
    analyze(recording, tmp_path / "results")
    export(tmp_path / "results", "opensim", tmp_path / "out.sto")
    _, sto = read_storage(tmp_path / "out.sto")
    reader = RecordingReader(recording)
    pipeline = Pipeline(reader.header)
    outs = [pipeline.push(batch) for batch in reader.batches()]
    outs.append(pipeline.finish())
    t = np.concatenate([out.grid.t for out in outs])
    q = np.concatenate([out.grid.q for out in outs])
    last = sto["time"].ravel() > sto["time"][-1, 0] - 5.0  # the alignment has settled by then
    ours = segment_orientations(q[np.isin(t, sto["time"].ravel()[last])], pipeline.alignment)
    for i, body in enumerate(("pelvis", "femur_l", "femur_r")):
        turn = (rotations(sto[f"{body}_imu"][last]) * rotations(ours[:, i]).inv()).as_rotvec()
        assert np.abs(turn[:, :2]).max() < 1e-9, body
        assert np.ptp(turn[:, 2]) < math.radians(1.0), body
    angles = read_results(tmp_path / "results").angles.to_pandas().set_index("t")
    for side in ("left", "right"):
        came = hip_angles(sto["pelvis_imu"], sto[f"femur_{side[0]}_imu"], side)
        for i, name in enumerate(("flexion", "adduction", "rotation")):
            expected = angles.loc[sto["time"].ravel(), f"hip_{name}_{side}_raw_deg"]
            assert np.allclose(np.degrees(came[:, i]), expected, atol=1e-9), (side, name)


def test_placement_is_the_default_pose(tmp_path):
    """The row for OpenSense's placer stands upright, facing forward, in OpenSim's ground."""
    export(results_folder(tmp_path / "results"), "opensim", tmp_path / "out")
    _, row = read_storage(tmp_path / "out" / "placement.sto")
    assert set(row) == {"time", "pelvis_imu", "femur_l_imu", "femur_r_imu"}
    for body in set(row) - {"time"}:
        turned = Rotation.from_euler("X", -math.pi / 2) * rotations(row[body])
        assert turned.magnitude().max() < 1e-12


def test_a_thigh_that_is_not_there_has_no_column(tmp_path):
    """With one thigh, OpenSim's files hold that one alone."""
    export(results_folder(tmp_path / "results", left=False), "opensim", tmp_path / "out")
    _, sto = read_storage(tmp_path / "out" / "orientations.sto")
    assert list(sto) == ["time", "pelvis_imu", "femur_r_imu"]
    _, mot = read_storage(tmp_path / "out" / "angles.mot")
    assert [name for name in mot if name.startswith("hip")] == [
        "hip_flexion_r", "hip_adduction_r", "hip_rotation_r",
    ]  # fmt: skip


def test_a_recording_and_its_results_export_the_same(tmp_path):
    """From a recording comes what comes from its result folder, and nothing else is left."""
    recording = tmp_path / "rec.mcap"
    write(simulate("calibration", seed=2), recording)
    analyze(recording, tmp_path / "results")
    for source, target in ((recording, "a.csv"), (tmp_path / "results", "b.csv")):
        export(source, "csv", tmp_path / target)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"rec.mcap", "results", "a.csv", "b.csv"}


@pytest.mark.parametrize("ending", ["out", "out.csv"])
def test_a_full_disk_leaves_nothing(ending, tmp_path, monkeypatch):
    """An export that the disk refuses half-way leaves neither file nor folder."""
    folder = results_folder(tmp_path / "results")

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spreadsheets.pyarrow.csv, "CSVWriter", refuse)
    with pytest.raises(RecordingError, match="no space left on device"):
        export(folder, "csv", tmp_path / ending)
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_what_others_made_is_not_replaced(tmp_path):
    """A result folder or a file is not replaced; an export's own folder is."""
    folder = results_folder(tmp_path / "results")
    with pytest.raises(RecordingError, match="holds other files"):
        export(folder, "parquet", folder)
    (tmp_path / "out.csv").write_text("mine")
    with pytest.raises(RecordingError, match="--overwrite"):
        export(folder, "csv", tmp_path / "out.csv")
    export(folder, "csv", tmp_path / "out.csv", overwrite=True)
    export(folder, "csv", tmp_path / "out")
    export(folder, "parquet", tmp_path / "out")
    assert (tmp_path / "out" / "angles.parquet").is_file()
    assert not (tmp_path / "out" / "angles.csv").exists()


def test_nothing_to_export_is_said(tmp_path):
    """An empty window, an empty session and one without calibration are reported, not written."""
    folder = results_folder(tmp_path / "results")
    with pytest.raises(RecordingError, match=r"The session runs from 10.00 to 13.99 s"):
        export(folder, "csv", tmp_path / "out", start_s=50.0)
    empty = results_folder(tmp_path / "empty", rows=0)
    with pytest.raises(RecordingError, match="no rows"):
        export(empty, "csv", tmp_path / "out")
    unknown = results_folder(tmp_path / "unknown", known=False)
    with pytest.raises(RecordingError, match="no calibration"):
        export(unknown, "opensim", tmp_path / "out")
    assert export(unknown, "csv", tmp_path / "unknown.csv").rows == 400
    with pytest.raises(RecordingError, match="no results are here"):
        export(tmp_path, "csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_files_of_a_folder_are_those_that_are_named(format_name, tmp_path):
    """What an export says it wrote is what lies in the folder; its columns are explained."""
    folder = results_folder(tmp_path / "results")
    done = export(folder, format_name, tmp_path / "out")
    out = tmp_path / "out"
    there = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert set(done.files) == there
    note = json.loads((out / "export.json").read_text())
    assert note["format"] == format_name
    assert all(entry["description"] for entry in note["columns"].values())
    assert note["columns"]["hip_rotation_left_sd_deg"]["unit"] == "deg"
    assert note["columns"]["depth_mean_deg"]["unit"] == "deg"


@pytest.mark.parametrize("format_name", [n for n, kind in FORMATS.items() if kind.single])
def test_a_single_file_is_known_by_its_name(format_name, tmp_path):
    """A name with a format's ending asks for that format, and the file appears."""
    folder = results_folder(tmp_path / "results")
    for ending in FORMATS[format_name].single:
        target = tmp_path / f"out{ending}"
        assert ending in FORMATS[format_of(target)].single
        export(folder, format_name, target, overwrite=True)
        assert target.stat().st_size > 0
    with pytest.raises(RecordingError, match=r"End the name in one of \.csv"):
        format_of(tmp_path / "out.xlsx")
