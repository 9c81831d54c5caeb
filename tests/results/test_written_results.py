"""Whatever an analysis writes is opened again: by programs, for the catalogue, for a report."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from faults.air import Trouble
from faults.story import Story
from faults.world import lived
from support.import_folders import still
from support.import_folders import write as write_table

from imuhip.ble.scan import known_profiles
from imuhip.catalogue.facts import analysis_facts
from imuhip.estimate.orientation import FilterParams
from imuhip.estimate.orientation_engines import FILTERS
from imuhip.importers.folder import import_folder
from imuhip.pipeline.all_sensors import Params
from imuhip.report.material import material_in
from imuhip.results.analysis import analyze
from imuhip.results.extra_columns import COLUMNS
from imuhip.results.schemas import Results, read_json, read_results
from imuhip.results.shapes import SHAPES, misfit
from imuhip.simulate.session import Setup, SimulatedSession, simulate, write, write_folder
from imuhip.simulate.setup import setup_from

NOTES = ("0.5,note:early", "60.0,pain", "60.5,cue:Knees out.", "61.0,note:ä;\"'")


@cache
def session() -> SimulatedSession:
    """A calibration and a set of squats."""
    return simulate("squat", seed=5, grade="good", profile_id="imported")


def squats(folder: Path) -> None:
    """The session as a folder of tables with marks."""
    write_folder(session(), folder)


def with_notes(folder: Path) -> None:
    squats(folder)
    with (folder / "marks.csv").open("a", encoding="utf-8") as file:
        file.write("\n".join(NOTES) + "\n")


def without_marks(folder: Path) -> None:
    squats(folder)
    (folder / "marks.csv").unlink()  # so the recording asks for steps to be found


def with_a_shank(folder: Path) -> None:
    squats(folder)
    rows = np.loadtxt(folder / "thigh_left.csv", delimiter=",", skiprows=1)
    rows[:, 1:] += np.random.default_rng(1).normal(0.0, 0.2, rows[:, 1:].shape)
    write_table(folder / "shank_left.csv", rows)


def with_one_leg(folder: Path) -> None:
    squats(folder)
    (folder / "thigh_right.csv").unlink()


def with_a_late_thigh(folder: Path) -> None:
    squats(folder)
    names, *lines = (folder / "thigh_left.csv").read_text().splitlines()
    cells = [line.partition(",") for line in lines]
    moved = [f"{float(t) + 0.6!r},{rest}" for t, _, rest in cells]
    (folder / "thigh_left.csv").write_text("\n".join([names, *moved]) + "\n")


def at_rest(folder: Path) -> None:
    """Three sensors on a table: no calibration, no marks, no time of day."""
    folder.mkdir()
    for k, place in enumerate(("pelvis", "thigh_left", "thigh_right")):
        write_table(folder / f"{place}.csv", still(2000 + k))


def opened(recording: Path, out: Path) -> Results:
    """The results of a recording, once all who read result folders have read them."""
    analyze(recording, out, columns=COLUMNS)
    analysis_facts(out)
    material_in(out)
    return read_results(out)


@pytest.mark.parametrize(
    ("fill", "holds"),
    [
        (with_notes, lambda r: {n["label"] for n in r.notes} >= {"pain", "cue:Knees out."}),
        (without_marks, lambda r: r.session["parameters"]["recording"]["detect_steps"]),
        (with_a_shank, lambda r: "shank_left" in {s["sensor"] for s in r.session["sensors"]}),
        (with_one_leg, lambda r: np.isnan(r.angles["hip_flexion_right_deg"].to_numpy()).all()),
        (with_a_late_thigh, lambda r: "clocks" in {fault["kind"] for fault in r.faults}),
        (at_rest, lambda r: r.session["zero_utc_ns"] is None and r.calibration["grade"] == "none"),
    ],
)
def test_results_of_an_import_are_opened(
    fill: Callable[[Path], None], holds: Callable[[Results], bool], tmp_path: Path
) -> None:
    """Of a folder with whatever it has or lacks."""
    fill(tmp_path / "folder")
    import_folder(tmp_path / "folder", tmp_path / "a.mcap")
    assert holds(opened(tmp_path / "a.mcap", tmp_path / "out"))


def test_results_of_a_poor_session_are_opened(tmp_path: Path) -> None:
    """Over a bad link, with thigh sensors exchanged and a connection lost."""
    setup = Setup(swapped=True, radio_gaps=(("pelvis", 50.0, 4.0),))
    write(simulate("squat", seed=6, grade="poor", setup=setup), tmp_path / "a.mcap")
    results = opened(tmp_path / "a.mcap", tmp_path / "out")
    assert {fault["kind"] for fault in results.faults} >= {"gap", "swapped"}
    assert results.calibration["placement"]


SIMULATED = [
    name
    for name, profile in known_profiles().items()
    if name != "imported" and all(profile.streams[0].field(kind) for kind in ("acc", "gyr"))
]
"""Devices that are read by code are not simulated; tests of their decoders analyze their bytes."""


@pytest.mark.parametrize("profile_id", SIMULATED)
def test_results_of_every_device_are_opened(profile_id: str, tmp_path: Path) -> None:
    """Each at a rate it has, a connection lost in the middle."""
    rates = known_profiles()[profile_id].rates
    rate_hz = min(rates, key=lambda rate: abs(rate - 100.0), default=100.0)
    setup = Setup(radio_gaps=(("thigh_left", 40.0, 1.0),))
    session = simulate("calibration", seed=7, profile_id=profile_id, rate_hz=rate_hz, setup=setup)
    write(session, tmp_path / "a.mcap")
    results = opened(tmp_path / "a.mcap", tmp_path / "out")
    assert {sensor["profile"] for sensor in results.session["sensors"]} == {profile_id}
    assert [step["step"] for step in results.calibration["steps"]][:2] == ["tray", "stand"]


@pytest.mark.parametrize("name", [name for name, entry in FILTERS.items() if 6 in entry.axes])
def test_results_of_every_filter_are_opened(name: str, tmp_path: Path) -> None:
    """Its rows are written as those of the usual one, and the session says which it was."""
    at_rest(tmp_path / "folder")
    import_folder(tmp_path / "folder", tmp_path / "a.mcap")
    params = Params(orientation=FilterParams(filter=name))
    analyze(tmp_path / "a.mcap", tmp_path / "out", params)
    material_in(tmp_path / "out")
    results = read_results(tmp_path / "out")
    assert results.session["parameters"]["analysis"]["orientation"]["filter"] == name
    assert results.sensors["valid"].to_numpy().all()


def test_results_with_findings_pain_and_further_movements_are_opened(tmp_path: Path) -> None:
    """Compensations on purpose, pain in a squat, other drills, an athlete's own goals."""
    faults = ("knee_in=14:left", "pain=80:left groin", "pelvic_drop=9:right")
    setup = setup_from("squat+lunge+seated", faults=faults)
    write(simulate("squat+lunge+seated", seed=9, setup=setup), tmp_path / "a.mcap")
    analyze(tmp_path / "a.mcap", tmp_path / "out", assess={"goal": "powerlifting"})
    analysis_facts(tmp_path / "out")
    material_in(tmp_path / "out")
    results = read_results(tmp_path / "out")
    assert {f["rule"] for f in results.findings if f["grade"] in ("mild", "marked")} >= {"knee_in"}
    assert any(note["label"].startswith("pain") for note in results.notes)
    movements = set(results.repetitions["movement"].to_pylist())
    assert {"squat", "seated_rotation_left", "seated_rotation_right"} <= movements


def test_results_of_a_live_recording_are_opened(tmp_path: Path) -> None:
    """Over a radio that loses, doubles and reboots, with what the coach marked."""
    troubles = (
        Trouble("loss", "thigh_left", 1.0, 2.0, 0.3),
        Trouble("double", "pelvis", 1.0, 1.0),
        Trouble("reboot", "thigh_right", 3.0, 0.5),
        Trouble("zeros", "thigh_left", 4.0, 1.0),
    )
    marks = ((0.5, "begin:stand"), (2.5, "end:stand"), (3.0, "pain"), (3.5, "note:<b>"))
    world = lived(Story(1, seconds=8.0, troubles=troubles, marks=marks), tmp_path)
    results = opened(world.taken[0].path, tmp_path / "out")
    assert {fault["kind"] for fault in results.faults} >= {"gap", "stuck"}
    assert [mark["label"] for mark in results.session["marks"]] == [label for _, label in marks]


def test_every_file_of_an_analysis_has_its_shape(tmp_path: Path) -> None:
    """A file that is added is described, so that one from elsewhere is checked too."""
    write(simulate("calibration", seed=8), tmp_path / "a.mcap")
    analyze(tmp_path / "a.mcap", tmp_path / "out")
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {name for name in written if name.endswith(".json")} == set(SHAPES)
    for name in SHAPES:
        assert misfit(read_json(tmp_path / "out" / name), SHAPES[name]) == ""
