"""Catalogue files and addresses that mean harm, or were mistyped."""

import csv
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.server.settings import settings_from_arguments
from imuhip.catalogue.athlete import delete_athlete, export_athlete, holdings
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.store import Store
from imuhip.catalogue.tables import VERSION_TABLE, AthleteRow
from imuhip.cli import filing
from imuhip.core.errors import CatalogueError
from imuhip.core.resources import CATALOGUE_VARIABLE
from imuhip.live.dashboard import dashboard_command, dashboard_environment

SECRET = "s3cret-word"  # noqa: S105 - it opens nothing


@pytest.fixture
def path(tmp_path):
    """A catalogue of one athlete."""
    place = tmp_path / "catalogue.db"
    with Catalogue(place) as catalogue:
        catalogue.add_athlete("A1", name='=HYPERLINK("http://evil.example")', note="-2+3")
    return place


ATHLETES = AthleteRow.__tablename__
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i"
PROGRAMS = {
    "an endless view": [
        f"ALTER TABLE {VERSION_TABLE} RENAME TO was",
        f"CREATE VIEW {VERSION_TABLE} AS {ENDLESS} AS version_num FROM n",
    ],
    "another view": [f"CREATE VIEW more AS {ENDLESS} FROM n"],
    "a trigger": [f"CREATE TRIGGER t AFTER INSERT ON {ATHLETES} BEGIN SELECT 1; END"],
    "a virtual table": ["CREATE VIRTUAL TABLE v USING fts5(a)"],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_file_with_programs_in_it_is_refused(path, name):
    """Views, triggers and virtual tables are refused before any of them runs."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in PROGRAMS[name]:
            connection.execute(statement)
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(CatalogueError, match="which no catalogue does"):
        Catalogue(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "location",
    [
        f"postgresql+pg8000:/user:{SECRET}@host/database",
        f"postgresql:user:{SECRET}@host/database",
        f"user:{SECRET}@host/database",
        f"postgresql://user:{SECRET}@host/database",
        f"postgresql+pg8000://host:1/database?password={SECRET}",
        f"mysql://user@host/database?password={SECRET}",
    ],
)
def test_no_password_is_printed_and_no_folder_made(location, tmp_path, monkeypatch):
    """A mistyped or unreachable address is refused without its password, and nothing is made."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CatalogueError) as caught:
        Store(location)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)
    assert not list(tmp_path.iterdir())


def test_no_address_stands_in_a_childs_arguments(monkeypatch, tmp_path):
    """Whoever lists processes sees no URL of a catalogue; the child finds it in its environment."""
    location = f"postgresql+pg8000://user:{SECRET}@host/database"
    command = dashboard_command("ws://127.0.0.1:1/live", catalogue=location)
    assert not any(SECRET in word for word in command)
    monkeypatch.setenv(CATALOGUE_VARIABLE, dashboard_environment(location)[CATALOGUE_VARIABLE])
    assert settings_from_arguments([]).catalogue == location

    began = []

    class Process:
        pid, returncode = os.getpid(), 1

        def __init__(self, words, env, **_):
            began.append((words, env))

        def communicate(self):
            return b"", b""

    monkeypatch.setattr(subprocess, "Popen", Process)
    monkeypatch.setattr(os, "setpriority", lambda *_: None)
    filing._file(location, tmp_path / "a.mcap", "A1", lambda _: None)
    ((words, env),) = began
    assert not any(SECRET in word for word in words)
    assert env[CATALOGUE_VARIABLE] == location


def test_no_cell_of_an_export_is_a_formula(path, tmp_path):
    """A name that a spreadsheet would take for a formula is text in the exported tables."""
    with Catalogue(path) as catalogue:
        export_athlete(catalogue, "A1", tmp_path / "out")
    (table,) = (tmp_path / "out" / "tables").glob("athlete*.csv")
    with table.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["name"] == '\'=HYPERLINK("http://evil.example")'
    assert row["note"] == "'-2+3"


def test_what_a_killed_analysis_left_is_deleted_too(path):
    """The hidden folder of an analysis that was killed goes with its athlete; others' stay."""
    results = path.parent / "results" / "visit-aaaaaaaa"
    mine, other = (results / f".0.1-bbbbbbbb.{name}.part" for name in ("01020304", "05060708"))
    for folder, athlete in ((mine, "A1"), (other, "A2")):
        folder.mkdir(parents=True)
        (folder / "angles.parquet").write_bytes(b"PAR1")
        (folder / "session.json").write_text(f'{{"athlete": "{athlete}"}}')
    with Catalogue(path) as catalogue:
        found = holdings(catalogue, "A1")
        assert found.results == (mine,)
        assert delete_athlete(catalogue, found) == ()
    assert not mine.exists()
    assert other.exists()


def test_deleted_names_are_nowhere_in_the_file(path):
    """What was deleted stands in no page of the file and in no log beside it."""
    with Catalogue(path) as catalogue:
        delete_athlete(catalogue, holdings(catalogue, "A1"))
    for file in sorted(Path(path.parent).glob("catalogue.db*")):
        assert b"HYPERLINK" not in file.read_bytes()
