"""Whatever an analysis writes is opened again: by programs, for the catalogue, for a report."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from support.import_folders import still
from support.import_folders import write as write_table

from imuhip.catalogue.facts import analysis_facts
from imuhip.importers.folder import import_folder
from imuhip.report.material import material_in
from imuhip.results.analysis import analyze
from imuhip.results.extra_columns import COLUMNS
from imuhip.results.schemas import Results, read_results
from imuhip.simulate.session import Setup, SimulatedSession, simulate, write, write_folder

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
