"""Opening a catalogue: damage, versions, two processes at once, who may read."""

import os
import secrets
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from beds import catalogue as bed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from imuhip.catalogue import file as catalogue_file
from imuhip.catalogue import store as catalogue_store
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.rows import rows
from imuhip.catalogue.tables import VERSION_TABLE, Base
from imuhip.core.errors import CatalogueError, ImuhipError

NEXT = '''"""A step that the tests add."""
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade():
    with op.batch_alter_table("sessions") as table:
        table.add_column(sa.Column("weather", sa.Text(), server_default="fine", nullable=False))
    {more}
'''


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A closed SQLite catalogue with an athlete and a session."""
    folder = tmp_path_factory.mktemp("whole")
    rec = bed.recording(folder / "one.mcap")
    with Catalogue(folder / "catalogue.db") as catalogue:
        catalogue.file(rec, bed.results(folder / "one", rec), athlete="A1")
    return folder / "catalogue.db"


@pytest.fixture
def later(tmp_path, monkeypatch):
    """Makes this imuhip one version newer, as long as the test wants; `more` is a statement."""

    def make(more: str = "pass") -> None:
        scripts = tmp_path / f"scripts-{secrets.token_hex(2)}"
        shutil.copytree(catalogue_store.SCRIPTS, scripts)
        head = max(p.name[1:5] for p in (scripts / "versions").glob("r*.py"))
        (scripts / "versions" / "r9999_next.py").write_text(NEXT.format(before=head, more=more))
        monkeypatch.setattr(catalogue_store, "SCRIPTS", scripts)

    return make


def everything(catalogue):
    with catalogue.store.reading() as db:
        return rows(db)


def test_the_steps_make_the_tables(catalogue):
    """The migrations, run one after the other, give the tables that the program uses."""
    with catalogue.store.reading() as db:
        context = MigrationContext.configure(
            db.connection(), opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_files_are_the_owners_alone(tmp_path):
    """The folder is 0700 and every file in it 0600, the log of an open catalogue too."""
    path = tmp_path / "new" / "deep" / "catalogue.db"
    with Catalogue(path) as catalogue:
        catalogue.add_athlete("A1")
        with catalogue.store.writing():
            names = {file.name for file in path.parent.iterdir()}
            assert names >= {"catalogue.db", "catalogue.db-wal", "catalogue.db.entries.json"}
            assert {stat.S_IMODE(f.stat().st_mode) for f in path.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


def refused(path: Path, match: str) -> None:
    """Opening says so, and neither the file nor its folder has changed."""
    before, names = path.read_bytes(), sorted(p.name for p in path.parent.iterdir())
    with pytest.raises(CatalogueError, match=match) as caught:
        Catalogue(path)
    assert "touch" in str(caught.value)
    assert path.read_bytes() == before
    assert sorted(p.name for p in path.parent.iterdir()) == names


def test_a_catalogue_cut_short_is_refused_and_untouched(whole, tmp_path):
    """Cut anywhere – at every byte of the head, and at many lengths – it is refused as it is."""
    content = whole.read_bytes()
    path = tmp_path / "catalogue.db"
    lengths = [*range(101), *range(101, len(content), 4099), len(content) - 1]
    for length in lengths:
        path.write_bytes(content[:length])
        refused(path, "cut short")
    path.write_bytes(content)
    with Catalogue(path) as catalogue:
        assert len(catalogue.sessions("A1")) == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.binary(min_size=1, max_size=400), place=st.floats(0, 1))
def test_garbage_is_refused_or_harmless(whole, tmp_path, garbage, place):
    """Bytes overwritten anywhere: refused untouched, or opened with nothing but sound answers."""
    content = bytearray(whole.read_bytes())
    at = int(place * (len(content) - len(garbage)))
    content[at : at + len(garbage)] = garbage
    path = tmp_path / "catalogue.db"
    path.write_bytes(content)
    try:
        with Catalogue(path) as catalogue:
            everything(catalogue)
            catalogue.athletes()
    except CatalogueError:
        assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"a letter to mother " * 20, b"{}", b"SQLite format 4\0" * 9])
def test_what_is_no_catalogue_is_refused(content, tmp_path):
    """Another file is never taken for a catalogue."""
    path = tmp_path / "letter.txt"
    path.write_bytes(content)
    refused(path, "This file is no catalogue")


def test_another_programs_database_is_refused(tmp_path):
    """A SQLite file of another program is refused and untouched."""
    path = tmp_path / "photos.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE sessions (id TEXT)")
    connection.close()
    refused(path, "This file is no catalogue")


def test_tables_of_something_else(location):
    """A database that holds other tables of the same names is refused."""
    store = catalogue_store.Store(location)
    with store.writing() as db:
        db.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    store.close()
    said = "holds tables of something else" if "://" in location else "no such table"
    with pytest.raises(CatalogueError, match=said):
        Catalogue(location)


def test_a_newer_catalogue_is_refused_and_untouched(location, later, monkeypatch):
    """What a newer imuhip wrote is left alone, with a sentence that says what to do."""
    before = catalogue_store.SCRIPTS
    later()
    with Catalogue(location) as catalogue:
        catalogue.add_athlete("A1", "Jörg")
    monkeypatch.setattr(catalogue_store, "SCRIPTS", before)
    if "://" in location:
        with pytest.raises(CatalogueError, match="of version 9999, made by a newer imuhip"):
            Catalogue(location)
    else:
        refused(Path(location), "of version 9999, made by a newer imuhip")


def test_an_older_catalogue_is_brought_up_to_date(location, later, tmp_path):
    """An older catalogue keeps its rows and gets what is new; a file is copied before."""
    rec = bed.recording(tmp_path / "one.mcap")
    with Catalogue(location) as catalogue:
        catalogue.file(rec, bed.results(tmp_path / "one", rec), athlete="A1")
        before, version = everything(catalogue), catalogue.store.version()
    later()
    with Catalogue(location) as catalogue:
        assert everything(catalogue) == before
        assert catalogue.store.version() == "9999"
        with catalogue.store.reading() as db:
            assert db.execute(text("SELECT weather FROM sessions")).scalar() == "fine"
        backup = catalogue.store.backup
    if "://" not in location:
        assert backup == Path(f"{location}.version-{version}.backup")
        assert catalogue_file.backups(Path(location)) == (backup,)
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        with sqlite3.connect(backup) as copy:
            assert copy.execute("SELECT count(*) FROM measures").fetchone()[0] == 26
        copy.close()


def test_a_step_that_fails_changes_nothing(location, later, monkeypatch):
    """When bringing it up to date fails half way, the catalogue is the older one, and whole."""
    with Catalogue(location) as catalogue:
        catalogue.add_athlete("A1")
        before = everything(catalogue)
    scripts = catalogue_store.SCRIPTS
    later(more='op.execute("SELECT nothing FROM nowhere")')
    with pytest.raises(CatalogueError, match="failed"):
        Catalogue(location)
    monkeypatch.setattr(catalogue_store, "SCRIPTS", scripts)
    with Catalogue(location) as catalogue:
        assert everything(catalogue) == before


FILER = """
import sys
sys.path[:0] = [{tests!r}]
from beds import catalogue as bed
from pathlib import Path
from imuhip.catalogue.catalogue import Catalogue
folder, location, which = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
sys.stdin.readline()
for n in range(5):
    seed = n if n < 3 else 100 * which + n      # three of them are filed by both
    with Catalogue(location) as catalogue:
        catalogue.file(folder / f"{{seed}}.mcap", folder / f"r{{seed}}", athlete="A1")
        catalogue.add_note("A1", f"{{which}} {{n}}")
"""


def test_two_processes_at_once_lose_nothing(location, tmp_path):
    """Two processes that open a catalogue nobody has made yet, and file, both find their rows."""
    seeds = {n if n < 3 else 100 * which + n for which in (1, 2) for n in range(5)}
    for seed in seeds:
        rec = bed.recording(tmp_path / f"{seed}.mcap", seed=seed)
        bed.results(tmp_path / f"r{seed}", rec)
    script = FILER.format(tests=str(Path(bed.__file__).parents[1]))
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", script, tmp_path, location, str(which)],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ,
        )
        for which in (1, 2)
    ]  # fmt: skip
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        _, said = worker.communicate(timeout=120)
        assert worker.returncode == 0, said
    with Catalogue(location) as catalogue:
        assert len(catalogue.sessions("A1")) == len(seeds)
        written = {note.text for note in catalogue.notes("A1", kind="note")}
        assert written == {f"{which} {n}" for which in (1, 2) for n in range(5)}
        assert len(everything(catalogue)["measures"]) == 26 * len(seeds)
        assert len(everything(catalogue)["athletes"]) == 1


def test_a_crash_while_writing_loses_nothing_that_was_done(tmp_path):
    """A process killed inside a transaction leaves what was committed, and the next one opens."""
    path = tmp_path / "catalogue.db"
    script = (
        "import os, sys\n"
        "from imuhip.catalogue.catalogue import Catalogue\n"
        "catalogue = Catalogue(sys.argv[1])\n"
        "catalogue.add_athlete('A1', 'kept')\n"
        "with catalogue.entering() as db:\n"
        "    from imuhip.catalogue.queries import known\n"
        "    known(db, 'A1').name = 'lost'\n"
        "    db.flush()\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, path], check=False, env=os.environ)
    assert done.returncode == -9
    assert path.with_name("catalogue.db-wal").exists()
    with Catalogue(path) as catalogue:
        assert [athlete.name for athlete in catalogue.athletes()] == ["kept"]


def test_a_disk_that_refuses(tmp_path):
    """A folder that cannot be made is an error for people."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(ImuhipError, match="This is a file; name a folder"):
        Catalogue(tmp_path / "file" / "catalogue.db")


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://x/y", "://", "sqlite:///x.db"])
def test_other_engines_are_refused(url):
    """An address is a path or PostgreSQL through pg8000."""
    with pytest.raises(CatalogueError, match="Give a path, or a URL"):
        Catalogue(url)


def test_a_password_is_never_printed():
    """A server that cannot be reached is named without its password."""
    with pytest.raises(CatalogueError, match="cannot be reached") as caught:
        Catalogue("postgresql+pg8000://coach:geheim@127.0.0.1:1/x")
    assert "geheim" not in str(caught.value)
