"""Which file is which sensor's: by its name, whatever stands around the segment in it."""

import pytest
from support.maker_files import assert_right, both, look, plain

from imuhip.core.errors import RecordingError
from imuhip.importers.places import segment_in, segment_of

THREE = ("pelvis", "thigh_left", "thigh_right")


@pytest.mark.parametrize(
    "name",
    [
        "{}_01", "{}01", "{}-2", "{} (1)", "01_{}", "{} 20260302", "subject01_{}", "S01-{}-squat",
        "{}_squat_trial1", "{}.imu", "{}_2026-03-02_10-00-00", "R2_{}",
    ],
)  # fmt: skip
def test_a_segment_among_other_words(tmp_path, name):
    """Numbers, dates, names of people and trials may stand around the segment."""
    rows, found = look(tmp_path, both(f"{name}.csv", plain()))
    assert [file.sensor for file in found.files] == ["pelvis", "thigh_left"]
    assert_right(rows["pelvis"], 0.0)


@pytest.mark.parametrize(
    "names",
    [
        ("pelvis", "left thigh", "right thigh"),
        ("PELVIS 1", "Left_Thigh 1", "Right_Thigh 1"),
        ("pelvis", "LThigh", "RThigh"),
        ("pelvis", "lthigh", "rthigh"),
        ("pelvis", "thighL", "thighR"),
        ("hips", "LeftUpLeg", "RightUpLeg"),
        ("waist", "left upper leg", "right upper leg"),
        ("low_back", "L_thigh", "R_thigh"),
        ("Becken", "Oberschenkel links", "Oberschenkel rechts"),
    ],
)
def test_segments_as_people_name_them(tmp_path, names):
    """Sides before or behind, joined or apart; the names that mocap and clinics use."""
    rows, _ = look(tmp_path, {f"{name}.csv": plain() for name in names})
    assert tuple(rows) == THREE


@pytest.mark.parametrize(
    "name", ["thigh", "pelvis_and_thigh_left", "left", "MT_00B40001", "subject", "left right thigh"]
)
def test_names_that_say_no_one_segment(name):
    """No side, two segments, two sides or none at all: nothing is guessed."""
    assert segment_in(name) == ""
    assert segment_of(name) == ""


def test_notes_and_results_beside_the_sensors_are_left_and_reported(tmp_path):
    """A file named by a segment alone goes before those that only mention it."""
    files = both("{}.csv", plain()) | {
        "pelvis_notes.csv": "a,b\n1,2\n",
        "thigh_left_results.csv": plain(),
        "._pelvis.csv": b"\0\5\26\7",
        "~$pelvis.csv": b"x",
    }
    rows, found = look(tmp_path, files)
    assert_right(rows["pelvis"], 0.0)
    assert [w.partition(" is not read")[0] for w in found.warnings] == [
        "pelvis_notes.csv",
        "thigh_left_results.csv",
    ]


def test_notes_beside_files_named_with_more_words(tmp_path):
    """A text with fewer cells than a sensor needs is no sensor's."""
    files = both("{}_01.csv", plain()) | {"pelvis_notes.txt": "the strap slid\n"}
    rows, found = look(tmp_path, files)
    assert_right(rows["pelvis"], 0.0)
    assert "pelvis_notes.txt is not read" in found.warnings[0]


def test_two_trials_in_one_folder_are_refused(tmp_path):
    """Which trial is meant nobody knows."""
    files = {f"{name}_{trial}.csv": plain() for name in THREE for trial in (1, 2)}
    with pytest.raises(RecordingError, match="import each trial from a folder of its own"):
        look(tmp_path, files)


def test_one_folder_inside_a_folder(tmp_path):
    """What was unpacked into a folder of its own is found there."""
    rows, _ = look(tmp_path, both("export/{}.csv", plain()))
    assert_right(rows["pelvis"], 0.0)
