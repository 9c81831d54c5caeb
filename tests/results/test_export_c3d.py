"""C3D, read back by ezc3d and by the c3d package."""

import warnings
from pathlib import Path

import c3d
import ezc3d
import numpy as np
import pytest
from support.result_folders import results_folder

from imuhip.core.errors import RecordingError
from imuhip.results.exporters import c3d as exporter
from imuhip.results.exporters.formats import export
from imuhip.results.schemas import read_results

SINGLE = 2e-7
"""A C3D file holds single precision."""


def columns(table, *names):
    return np.stack([table[name].to_numpy() for name in names])


def hip(table, side, kind=""):
    return columns(
        table, *(f"hip_{a}_{side}{kind}_deg" for a in ("flexion", "adduction", "rotation"))
    )


def test_ezc3d_reads_the_angles_and_their_errors(tmp_path):
    """Angles, deviations and pelvis come back to single precision; what is not known is NaN."""
    folder = results_folder(tmp_path / "results")
    export(folder, "c3d", tmp_path / "a.c3d")
    file = ezc3d.c3d(str(tmp_path / "a.c3d"))
    angles = read_results(folder).angles
    labels = file["parameters"]["POINT"]["LABELS"]["value"]
    points = dict(zip(labels, np.moveaxis(file["data"]["points"][:3], 1, 0), strict=True))
    for side in ("left", "right"):
        stem = f"{side[0].upper()}HipAngles"
        for name, kind in ((stem, ""), (f"{stem}SD", "_sd_total")):
            expected = hip(angles, side, kind)
            assert np.isnan(points[name][:, 150]).all(), "the gap is not known"
            assert np.allclose(points[name], expected, rtol=SINGLE, equal_nan=True), name
    pelvis = columns(angles, "pelvis_tilt_deg", "pelvis_obliquity_deg", "pelvis_rotation_deg")
    assert np.allclose(points["PelvisAngles"], pelvis, rtol=SINGLE, equal_nan=True)
    point = file["parameters"]["POINT"]
    assert point["ANGLES"]["value"] == labels
    assert point["ANGLE_UNITS"]["value"] == ["deg"]
    assert file["header"]["points"]["frame_rate"] == 100.0
    assert file["parameters"]["IMUHIP"]["T_FIRST"]["value"] == [10.0]
    assert file["parameters"]["SUBJECTS"]["NAMES"]["value"] == ["A1"]


def test_events_are_marks_and_repetitions(tmp_path):
    """Events count from the first frame; they are the marks, and the edges of each repetition."""
    folder = results_folder(tmp_path / "results")
    export(folder, "c3d", tmp_path / "a.c3d")
    event = ezc3d.c3d(str(tmp_path / "a.c3d"))["parameters"]["EVENT"]
    minutes, seconds = event["TIMES"]["value"]
    found = list(
        zip(
            np.round(60.0 * minutes + seconds, 4).tolist(),
            event["LABELS"]["value"],
            event["CONTEXTS"]["value"],
            strict=True,
        )
    )
    assert event["USED"]["value"] == [9]
    assert found == [
        (0.25, "begin:squat", "General"),
        (0.5, "squat start", "Left"),
        (0.8, "squat turn", "Left"),
        (1.0, "squat end", "Left"),
        (2.5, 'note:grosser; "weiter"', "General"),
        (2.5, "squat start", "Right"),
        (2.8, "squat turn", "Right"),
        (3.1, "squat end", "Right"),
        (3.5, "end:squat", "General"),
    ]


def test_another_reader_agrees(tmp_path):
    """The c3d package reads the same frames, labels and residuals."""
    folder = results_folder(tmp_path / "results")
    export(folder, "c3d", tmp_path / "a.c3d", start_s=11.5)
    angles = read_results(folder).angles.to_pandas().query("t >= 11.5")
    with (tmp_path / "a.c3d").open("rb") as file, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No analog data found")
        reader = c3d.Reader(file)
        frames = [points for _, points, _ in reader.read_frames()]
    assert reader.point_rate == 100.0
    label = [name.strip() for name in reader.point_labels].index("RHipAngles")
    assert len(frames) == len(angles)
    for k in (0, 49, 60, 249):
        row = angles.iloc[k]
        expected = [row[f"hip_{a}_right_deg"] for a in ("flexion", "adduction", "rotation")]
        if np.isnan(expected).any():
            assert frames[k][label, 3] == -1
        else:
            assert frames[k][label, :3] == pytest.approx(expected, rel=SINGLE)


def test_ezc3d_writes_the_same_bytes(tmp_path):
    """What stands in the file is what the library would have written of all frames itself."""
    export(results_folder(tmp_path / "results"), "c3d", tmp_path / "a.c3d")
    ezc3d.c3d(str(tmp_path / "a.c3d")).write(str(tmp_path / "b.c3d"))
    assert (tmp_path / "a.c3d").read_bytes() == (tmp_path / "b.c3d").read_bytes()


def test_a_path_may_have_any_letters(tmp_path):
    """A folder and a name with spaces and umlauts are written as any other, and nothing beside."""
    place = tmp_path / "Größe 1"
    export(results_folder(tmp_path / "results"), "c3d", place / "Übung 2.c3d")
    assert [path.name for path in place.iterdir()] == ["Übung 2.c3d"]
    assert ezc3d.c3d(str(place / "Übung 2.c3d"))["data"]["points"].shape == (4, 5, 400)


@pytest.mark.parametrize("kept", [0, 100, 1500, -500])
def test_a_disk_that_takes_only_a_part_is_noticed(tmp_path, monkeypatch, kept):
    """What ezc3d does not say of a full disk is seen by the size, and nothing is left behind."""
    folder = results_folder(tmp_path / "results")

    def part(self, path):
        real(self, path)
        Path(path).write_bytes(Path(path).read_bytes()[:kept])

    real = ezc3d.c3d.write
    monkeypatch.setattr(ezc3d.c3d, "write", part)
    with pytest.raises(RecordingError, match="no space left"):
        export(folder, "c3d", tmp_path / "a.c3d")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_long_session_becomes_several_files(tmp_path):
    """More frames than a file counts go into several, each with its time; one file is refused."""
    folder = results_folder(tmp_path / "results", rows=exporter.FRAMES + 500)
    with pytest.raises(RecordingError, match="10 minutes"):
        export(folder, "c3d", tmp_path / "a.c3d")
    assert not (tmp_path / "a.c3d").exists()
    done = export(folder, "c3d", tmp_path / "out")
    assert done.files[:2] == ("angles_1.c3d", "angles_2.c3d")
    first, second = (ezc3d.c3d(str(tmp_path / "out" / name)) for name in done.files[:2])
    assert first["data"]["points"].shape[2] == exporter.FRAMES
    assert second["data"]["points"].shape[2] == 500
    assert second["parameters"]["IMUHIP"]["T_FIRST"]["value"] == [610.0]
    assert second["parameters"]["EVENT"]["USED"]["value"] == [0]


def test_more_events_than_a_parameter_holds(tmp_path, monkeypatch):
    """Beyond 255 events there is LABELS2 and TIMES2; beyond three of them a window is asked for."""
    folder = results_folder(tmp_path / "results")
    many = [exporter.Event(10.0 + k / 400, f"cue:{k:03}", None) for k in range(600)]
    monkeypatch.setattr(exporter, "events", lambda _: many)
    export(folder, "c3d", tmp_path / "a.c3d")
    event = ezc3d.c3d(str(tmp_path / "a.c3d"))["parameters"]["EVENT"]
    labels = [name for n in ("", "2", "3") for name in event[f"LABELS{n}"]["value"]]
    assert labels == [each.label for each in many]
    assert event["TIMES3"]["value"][1, -1] == pytest.approx(599 / 400, abs=1e-5)
    monkeypatch.setattr(exporter, "events", lambda _: many * 2)
    with pytest.raises(RecordingError, match="765 events and these results 1200"):
        export(folder, "c3d", tmp_path / "b.c3d")
