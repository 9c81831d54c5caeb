"""The table of what people do: drawn, switched, stated and written as it says."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from support.people import degrees, of, played, session
from typer.testing import CliRunner

from imuhip.cli.main import app
from imuhip.core.conventions import HIP_SIGNS, PELVIS, SIDES
from imuhip.simulate.behaviours import BEHAVIOURS, Behaviour, People, Ways
from imuhip.simulate.person import draw_person
from imuhip.simulate.setup import setup_from

UNITS = {"deg", "s", "metres", "seconds", "kelvin", "steps", "times", "bursts", "share", "tempo"}


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_behaviour_says_what_it_does_and_whom_it_deceives(name: str) -> None:
    """An entry of the table has words, a chance, and spreads that rise and name their unit."""
    each = BEHAVIOURS[name]
    assert each.does
    assert each.breaks
    assert 0.0 < each.chance <= 1.0
    for what, (low, high) in each.spread.items():
        assert low < high
        assert what.rsplit("_", 1)[-1] in UNITS


def test_a_behaviour_draws_from_a_stream_of_its_own() -> None:
    """Switching one behaviour off leaves what the others draw as it was."""
    every, fewer = Ways(People(), 5), Ways(People(without=frozenset({"sits"})), 5)
    for _ in range(3):
        every.draw("sits", "seconds")
        assert every.draw("walks", "metres") == fewer.draw("walks", "metres")
    assert not fewer.has("sits")
    assert not fewer.does("sits")
    assert Ways(People(), 6).draw("walks", "metres") != Ways(People(), 5).draw("walks", "metres")


def test_the_movements_stay_whatever_people_do_between_them() -> None:
    """With some behaviours off, every repetition is as long and as deep as with them."""
    _, busy = played()
    _, calm = played(people="calm")
    assert not of(calm, "sits")
    assert not of(calm, "walks")
    squats = [[p for p in play.performed if p.movement == "squat"] for play in (busy, calm)]
    assert len(squats[0]) == len(squats[1]) > 10
    for one, other in zip(*squats, strict=True):
        assert abs((one.stop - one.start) - (other.stop - other.start)) < 1e-9
    depths = [
        [degrees(play, "depth", np.arange(p.start, p.stop, 0.05)).max() for p in each]
        for play, each in zip((busy, calm), squats, strict=True)
    ]
    np.testing.assert_allclose(*depths, atol=0.05)


def test_unknown_behaviours_are_refused_by_name() -> None:
    """Who asks for something that nobody does is told what people do."""
    with pytest.raises(ValueError, match=r"behaviours: hops. There are own_stance.*one_lift"):
        People(without=frozenset({"hops"}))
    with pytest.raises(ValueError, match=r"behaviours: sits.*careless ones are short_stand"):
        People(careless=("sits",))
    with pytest.raises(ValueError, match="Choose one of grade, clean, lossy"):
        setup_from("free", link="fast")
    with pytest.raises(ValueError, match="Simulate free"):
        setup_from("squat", tissue=True)


def test_a_visit_of_free_people_is_written_with_its_truth(tmp_path: Path) -> None:
    """The command writes headings and deeds beside the truth, and takes people in words."""
    recording, truth = tmp_path / "a.mcap", tmp_path / "a.parquet"
    words = ["simulate", "free", "-o", str(recording), "--truth", str(truth), "--seed", "3"]
    words += ["--no-tray", "--link", "clean", "--careless", "one_lift", "--without", "sits"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    deeds = json.loads((tmp_path / "a.deeds.json").read_text())
    names = {deed["behaviour"] for deed in deeds}
    assert {"one_lift", "stance"} <= names
    assert not names & {"sits", "shadows_radio"}
    table = pq.read_table(tmp_path / "a.headings.parquet")
    assert table.num_rows == pq.read_table(truth).num_rows
    t, pelvis = table["t"].to_numpy(), table["pelvis_heading_deg"].to_numpy()
    for deed in deeds:
        if deed["behaviour"] == "turns":
            turned = np.diff(np.interp([deed["t_start"], deed["t_end"]], t, pelvis))[0]
            assert abs(turned - deed["how"]["turn_deg"]) < 1.5


def test_one_seed_gives_one_free_visit() -> None:
    """The same seed gives the same visit, another seed another one."""
    first, again, other = (session(seed) for seed in (4, 4, 5))
    assert first.deeds == again.deeds
    assert np.array_equal(first.tracks[PELVIS].gyr, again.tracks[PELVIS].gyr)
    assert first.deeds != other.deeds
    changed: Mapping[str, Behaviour] = {"sits": replace(BEHAVIOURS["sits"], chance=1.0)}
    assert "sits" in {d.behaviour for d in session(4, changed=changed).deeds}


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_the_table_is_in_the_documentation(name: str) -> None:
    """The documentation lists every behaviour in the table's own words and figures."""
    text = Path(__file__).parents[2].joinpath("docs/simulator.md").read_text(encoding="utf-8")
    each = BEHAVIOURS[name]
    row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
    assert each.does in row
    assert each.breaks in row
    for what, (low, high) in each.spread.items():
        assert f"{what} {low:g} to {high:g}" in row
    if each.chance < 1.0:
        assert f"({100 * each.chance:.0f} %)" in row


def test_legs_are_as_upright_under_an_oblique_pelvis_as_under_a_level_one() -> None:
    """The pelvis stands oblique on legs of two lengths; neither leg leans because of that."""
    people = [draw_person(np.random.default_rng(seed), 1.0) for seed in range(400)]
    oblique = np.array([person.stand_deg[1] for person in people])
    for side in SIDES:
        hip = np.array([person.legs[side].stand_deg[1] for person in people])
        lean = oblique + HIP_SIGNS[side][1] * hip
        assert np.std(oblique) > 2.0
        assert 1.3 < np.std(lean) < 1.7
        assert abs(np.corrcoef(oblique, lean)[0, 1]) < 0.15
