"""A club's roster in, its results out."""

import csv
import math
import os
import stat

import pytest
from beds import catalogue as bed
from typer.testing import CliRunner

from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.club import (
    REPETITION_COLUMNS,
    SESSION_COLUMNS,
    TEAM_COLUMNS,
    RosterEntry,
    as_csv,
    enter_roster,
    read_roster,
    team_rows,
    write_results,
)
from imuhip.cli.main import app
from imuhip.core.errors import CatalogueError

ROSTER = "id,name,team,note,consent\nA1,Ada,U19,keeper,yes\nA2,Bob,U19,,no\nA3,Cyd,,,\n"


@pytest.fixture
def club(tmp_path):
    """A catalogue of its own."""
    with Catalogue(tmp_path / "club.sqlite") as catalogue:
        yield catalogue


def roster(tmp_path, text=ROSTER):
    path = tmp_path / "club.csv"
    path.write_bytes(text.encode("utf-8-sig"))
    return path


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_roster_as_spreadsheets_save_it(tmp_path, separator):
    """Separators, capitals, columns nobody needs and empty rows do not matter."""
    text = "ID,Name,Team,Consent,Shoe\r\nA1,Ada,U19,Yes,42\r\n,,,,\r\nA2,,,,\r\n"
    assert read_roster(roster(tmp_path, text.replace(",", separator))) == (
        RosterEntry("A1", "Ada", "U19", consent=True),
        RosterEntry("A2"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,team\nAda,U19\n", "column id is missing"),
        ("id\nA1\nA1\n", "club.csv:3: A1 is there twice"),
        ("id,consent\nA1,perhaps\n", "club.csv:2: consent is 'perhaps'. Write yes, no"),
        ("id\na/b\n", "club.csv:2: "),
        ("id,name,name\nA1,Jo,Ann\n", "column name is there twice"),
        ("id,name,team\nA1,Doe, Jo,U19\n", "club.csv:2: the line has more cells than the first"),
        ("id;name\nA1;Doe; Jo\n", "a text that holds semicolons in quotation marks"),
        ('id,name\nA1,"Jo\nA2,Ann\n', "a quotation mark is not closed"),
        ('id,name\nA1,"Jo\nAnn"\n', "club.csv:3: name has a line break"),
        ('id\n"' + "x" * 200_000, "club.csv: The roster is not a table: field larger"),
    ],
)
def test_a_roster_that_cannot_be_meant(tmp_path, text, said):
    """A roster is refused with the line, before anything is entered."""
    with pytest.raises(CatalogueError) as caught:
        read_roster(roster(tmp_path, text))
    assert said.lower() in str(caught.value).lower()


def test_a_roster_from_german_excel(tmp_path):
    """Its line of the separator, its encoding, its words, and empty cells at the end."""
    text = "sep=;\r\nid;name;team;consent;;\r\nA1;Jörg Müller;U19 Mädchen;ja;;\r\nA2;;;FALSCH;;\r\n"
    path = tmp_path / "club.csv"
    path.write_bytes((text + ";;;;;\r\n").encode("cp1252"))
    first, second = read_roster(path)
    assert (first.name, first.team, first.consent) == ("Jörg Müller", "U19 Mädchen", True)
    assert (second.id, second.consent) == ("A2", False)
    path.write_bytes(b"sep=;\nid;name\n" + b"A1;x\nA1;y\n")
    with pytest.raises(CatalogueError, match=r"club\.csv:4: A1 is there twice"):
        read_roster(path)


def test_a_roster_adds_and_updates(club, tmp_path):
    """A roster may come again: nobody is removed, empty cells and withdrawn consent stay."""
    catalogue = club
    entries = read_roster(roster(tmp_path))
    assert enter_roster(catalogue, entries) == (3, 0)
    assert enter_roster(catalogue, entries) == (0, 0)
    catalogue.withdraw_consent("A1")
    later = [RosterEntry("A1", "Ada King", consent=True), RosterEntry("A2")]
    assert enter_roster(catalogue, later) == (0, 1)
    found = {athlete.id: athlete for athlete in catalogue.athletes()}
    assert (found["A1"].name, found["A1"].note, found["A1"].consent) == (
        "Ada King", "keeper", "withdrawn",
    )  # fmt: skip
    assert (found["A2"].name, found["A2"].consent) == ("Bob", "none")


def test_a_team_of_a_roster_is_a_squad(club, tmp_path):
    """Who is in it stays in other squads; results of a team need no roster any more."""
    catalogue = club
    catalogue.add_athlete("A1")
    catalogue.set_squads("A1", [" Sprinters "])
    assert enter_roster(catalogue, read_roster(roster(tmp_path))) == (2, 1)
    squads = {athlete.id: athlete.squads for athlete in catalogue.athletes()}
    assert squads == {"A1": ("Sprinters", "U19"), "A2": ("U19",), "A3": ()}
    rec = bed.recording(tmp_path / "one.mcap")
    catalogue.file(rec, bed.results(tmp_path / "one", rec), athlete="A1")
    out = tmp_path / "out"
    write_results(catalogue, out, team="U19")
    assert {row["team"] for row in table(out / "teams.csv")} == {"U19"}
    with pytest.raises(CatalogueError, match="no athlete in team U21"):
        write_results(catalogue, out, team="U21")
    catalogue.set_squads("A1", [])
    assert {a.id: a.squads for a in catalogue.athletes()}["A1"] == ()


@pytest.mark.parametrize("name", ["x" * 41, "U19, U21", "U19\n"])
def test_a_squad_has_a_name_for_a_button(club, name):
    """Nothing too long, no list, no line break within."""
    club.add_athlete("A1")
    with pytest.raises(CatalogueError, match="cannot be a squad's name"):
        club.set_squads("A1", [f"a{name}b"])


def test_results_of_athletes_and_teams(club, tmp_path):
    """Every measure comes out with its ids; sessions and teams are means of what counts."""
    catalogue = club
    entries = read_roster(roster(tmp_path))
    enter_roster(catalogue, entries)
    rec = bed.recording(tmp_path / "one.mcap")
    filed = catalogue.file(rec, bed.results(tmp_path / "one", rec), athlete="A1")
    out = tmp_path / "out"
    counts = write_results(catalogue, out, entries)
    repetitions = table(out / "repetitions.csv")
    assert tuple(repetitions[0]) == REPETITION_COLUMNS
    measures = catalogue.measures("A1")
    assert counts["repetitions.csv"] == len(repetitions) == len(measures) > 0
    assert {row["session"] for row in repetitions} == {filed.session}
    assert {row["team"] for row in repetitions} == {"U19"}
    for row, value in zip(repetitions, measures, strict=True):
        known = math.isfinite(value.value)
        assert row["value"] == (repr(value.value) if known else "")
    sessions = table(out / "sessions.csv")
    assert tuple(sessions[0]) == SESSION_COLUMNS
    one = sessions[0]
    same = [
        float(row["value"])
        for row in repetitions
        if all(row[name] == one[name] for name in ("movement", "side", "direction", "measure"))
        and row["counted"] == "true"
        and not row["excluded"]
        and row["value"]
    ]
    assert int(one["repetitions"]) == len(same)
    assert float(one["mean"]) == pytest.approx(sum(same) / len(same))
    teams = table(out / "teams.csv")
    if os.name == "posix":
        assert stat.S_IMODE(out.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}
    assert tuple(teams[0]) == TEAM_COLUMNS
    assert {row["team"] for row in teams} == {"U19"}
    with pytest.raises(CatalogueError, match="no athlete Z9"):
        write_results(catalogue, out, entries, athletes=("Z9",))
    with pytest.raises(CatalogueError, match="no athlete in team U17"):
        write_results(catalogue, out, entries, team="U17")
    assert write_results(catalogue, out, entries, athletes=("A2",))["repetitions.csv"] == 0


def test_a_team_counts_each_athlete_once():
    """A team's mean is over each athlete's latest session."""
    base = {
        "team": "U19", "movement": "squat", "side": "left", "direction": "", "measure": "depth_deg",
        "unit": "deg",
    }  # fmt: skip
    rows = [
        base | {"athlete": "A1", "started": "2026-03-02", "mean": 80.0},
        base | {"athlete": "A1", "started": "2026-03-09", "mean": 100.0},
        base | {"athlete": "A2", "started": "2026-03-02", "mean": 90.0},
    ]
    (row,) = team_rows(rows)
    assert (row["athletes"], row["mean"], row["least"], row["greatest"]) == (2, 95.0, 90.0, 100.0)


def test_csv_of_what_is_not_known():
    """Unknown numbers are empty cells, truth is written small, and no text is a formula."""
    rows = [{"a": math.nan, "b": True}, {"a": -1.5, "b": "=HYPERLINK(0)"}]
    assert as_csv(("a", "b"), rows) == "a,b\n,true\n-1.5,'=HYPERLINK(0)\n"


def test_on_the_terminal(tmp_path):
    """Roster and results from the command line; a roster's teams are known from then on."""
    where = ["--catalogue", str(tmp_path / "c.sqlite")]
    run = lambda *words: CliRunner().invoke(app, ["athlete", *words, *where])  # noqa: E731
    done = run("roster", str(roster(tmp_path)))
    assert "3 athletes, 3 new, 0 changed" in done.output
    out = str(tmp_path / "out")
    done = run("results", "-o", out, "--roster", str(tmp_path / "club.csv"), "--team", "U19")
    assert done.exit_code == 0, done.output
    assert "0 rows" in done.output
    assert run("results", "-o", out, "--team", "U19").exit_code == 0
    assert run("edit", "A1", "--squad", "").exit_code == 0
    assert run("edit", "A2", "--squad", "U21").exit_code == 0
    done = run("results", "-o", out, "--team", "U19")
    assert "no athlete in team U19" in str(done.exception or done.output)
