"""Athletes on the command line, as a coach meets them."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from imuhip.cli.filing import filing
from imuhip.cli.main import app
from imuhip.core.errors import CatalogueError, ImuhipError
from imuhip.live.filing_state import FilingState


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's own folders, empty."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A simulated recording that names nobody."""
    from imuhip.simulate.output import write
    from imuhip.simulate.session import simulate

    path = tmp_path_factory.mktemp("session") / "squats.mcap"
    write(simulate("squat", seed=3), path, None, overwrite=False)
    return path


def imuhip(*words, expect=0, typed=""):
    """Run a command in this process; what it printed."""
    done = CliRunner().invoke(app, list(map(str, words)), input=typed)
    if isinstance(done.exception, ImuhipError):
        assert expect == 1, done.exception
        return str(done.exception)
    assert done.exit_code == expect, done.output
    return done.output


def test_from_a_recording_to_progress_and_away(home, session):
    """Without set-up a recording is analyzed and filed; the athlete is shown, exported, removed."""
    rec = home / "visit.mcap"
    rec.write_bytes(session.read_bytes())
    imuhip("athlete", "add", "A1", "--name", "Jörg [bold]", "--consent", "tracking")
    said = imuhip("analyze", rec, "--athlete", "A1")
    assert "filed under A1" in said
    (found,) = json.loads(imuhip("athlete", "sessions", "A1", "--json"))
    results = home / "xdg_data_home" / "imuhip" / "results"
    assert found["results"].startswith(str(results))
    assert found["id"][:12] in imuhip("athlete", "sessions", "A1")
    shown = imuhip("athlete", "session", found["id"][:8], "--kind", "cold", "--tag", "screen")
    assert "cold" in shown
    assert "KM" in imuhip("athlete", "session", found["id"][:8], "--tester", "KM")
    imuhip("analyze", rec, "--athlete", "A1", "--tester", "Anna B")
    assert json.loads(imuhip("athlete", "sessions", "A1", "--json"))[0]["tester"] == "Anna B"
    assert "--athlete" in imuhip("analyze", rec, "-o", home / "o", "--tester", "KM", expect=2)
    assert "--tester takes" in imuhip(
        "athlete", "session", found["id"], "--tester", "x" * 41, expect=2
    )
    assert "shown" in shown
    assert "Jörg [bold]" in imuhip("athlete", "list")
    imuhip("athlete", "goal", "A1", "depth_deg", "--low", "90")
    assert "at least 90" in imuhip("athlete", "progress", "A1")
    assert json.loads(imuhip("athlete", "progress", "A1", "--json"))["weeks"][0]["sessions"] == 1
    imuhip("athlete", "note", "A1", "knees out", "--kind", "cue")
    imuhip("athlete", "export", "A1", "-o", home / "out")
    assert (home / "out" / "recordings" / "visit.mcap").read_bytes() == rec.read_bytes()
    dry = imuhip("athlete", "delete", "A1", "--dry-run")
    assert f"recording: {rec}" in dry
    assert found["results"] in dry
    assert "Aborted" in imuhip("athlete", "delete", "A1", expect=1, typed="n\n")
    assert rec.exists()
    imuhip("athlete", "delete", "A1", "--yes")
    assert not rec.exists()
    assert not list(results.rglob("*.parquet"))
    assert "no athletes yet" in imuhip("athlete", "list")


def test_deleting_takes_what_scripts_have_kept(home, tmp_path):
    """Analyses and imports that `imuhip.read` keeps of an athlete go with the athlete."""
    from imuhip import read
    from imuhip.simulate.output import write_folder
    from imuhip.simulate.session import simulate

    write_folder(simulate("calibration", seed=4), tmp_path / "monday")
    session = read(tmp_path / "monday")
    assert len(session.angles)
    kept = home / "xdg_cache_home" / "imuhip" / "analyses"
    assert list(kept.rglob("*.mcap"))
    assert list(kept.rglob("angles.parquet"))
    imuhip("athlete", "add", session.athlete)
    imuhip("athlete", "delete", session.athlete, "--yes")
    assert not list(kept.rglob("*.mcap"))
    assert not list(kept.rglob("*.parquet"))


def test_deleting_takes_the_id_out_of_kits(home):
    """A kit that names the athlete forgets whom it belonged to, and keeps its sensors."""
    from imuhip.ble.kit import Binding, Kit, load_kit, save_kit

    sensors = {"pelvis": Binding("reference", "one"), "thigh_left": Binding("reference", "two")}
    save_kit(Kit("mine", sensors, "A1"))
    save_kit(Kit("other", sensors, "B2"))
    imuhip("athlete", "add", "A1")
    assert "kit mine: no longer names A1" in imuhip("athlete", "delete", "A1", "--dry-run")
    assert load_kit("mine").athlete == "A1"
    imuhip("athlete", "delete", "A1", "--yes")
    assert (load_kit("mine").athlete, load_kit("other").athlete) == ("", "B2")
    assert load_kit("mine").sensors == sensors
    assert home.exists()


def test_the_settings_name_a_catalogue(home):
    """An entry in the settings says where the catalogue is; nonsense in it is reported."""
    settings = home / "xdg_config_home" / "imuhip" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f'catalogue = "{home}/mine.db"\n')
    imuhip("athlete", "add", "A1")
    assert (home / "mine.db").exists()
    settings.write_text("catalogue = 7\n")
    assert "as: catalogue =" in imuhip("athlete", "list", expect=1)
    settings.write_text("catalogue\n")
    assert "settings are not valid TOML" in imuhip("athlete", "list", expect=1)


def test_wrong_words(home, session):
    """What cannot be is wrong usage or a sentence, before any work is done."""
    imuhip("analyze", session, expect=2)
    imuhip("athlete", "add", "A1", "--consent", "tracking")
    imuhip("athlete", "consent", "A1", "--withdraw")
    assert "withdrawn consent" in imuhip("analyze", session, "--athlete", "A1", expect=1)
    assert not (home / "xdg_data_home" / "imuhip" / "results").exists()
    assert "no athlete 'A2' (it has: A1)" in imuhip("athlete", "progress", "A2", expect=1)
    imuhip("athlete", "progress", "A1", "--kind", "tepid", expect=2)
    imuhip("athlete", "goal", "A1", "depth_deg", expect=2)
    imuhip("athlete", "exclude", "3f", "squat", "1", "1", expect=2)


def test_catalogue_commands(home, session):
    """The catalogue is checked, its entries are kept and restored, and it is made anew."""
    folder = home / "recordings"
    folder.mkdir()
    (folder / "visit.mcap").write_bytes(session.read_bytes())
    imuhip("analyze", folder / "visit.mcap", "-o", folder / "results", "--athlete", "A1")
    assert "sound, version" in imuhip("catalogue", "check")
    imuhip("catalogue", "entries", "-o", home / "entries.json")
    new = ("--catalogue", home / "new.db")
    assert "2 entries restored" in imuhip("catalogue", "restore", home / "entries.json", *new)
    assert "1 sessions, 1 analyses filed" in imuhip("catalogue", "rebuild", folder, *new)
    (found,) = json.loads(imuhip("athlete", "sessions", "A1", "--json", *new))
    assert found["results"] == str(folder / "results")


def test_recordings_are_filed_while_others_are_made(home, session):
    """A finished recording is analyzed and filed by a process of its own, and that is said."""
    rec = home / "visit.mcap"
    rec.write_bytes(session.read_bytes())
    said = []
    with filing(None, ["A1", ""], said.append) as filer:
        filer.recorded(rec, "A1")
        assert filer.state_of(rec).state == "working"
        filer.recorded(home / "nobodys.mcap", "")
        filer.recorded(home / "gone.mcap", "A1")
    assert any("visit.mcap: filed under A1" in sentence for sentence in said)
    assert any("gone.mcap was recorded but could not be filed" in sentence for sentence in said)
    (found,) = json.loads(imuhip("athlete", "sessions", "A1", "--json"))
    assert filer.state_of(rec) == FilingState("filed", found["id"])
    assert filer.state_of(home / "nobodys.mcap").state == "unknown"
    gone = filer.state_of(home / "gone.mcap")
    assert gone.state == "failed"
    assert "gone.mcap" in gone.words


def test_recording_goes_on_without_a_catalogue(home):
    """A damaged catalogue is reported and hinders no recording; withdrawn consent does."""
    broken = home / "broken.db"
    broken.write_bytes(b"SQLite format 3\0")
    said = []
    with filing(str(broken), ["A1"], said.append) as filer:
        filer.recorded(home / "x.mcap", "A1")
    assert filer.state_of(home / "x.mcap").state == "failed"
    assert len(said) == 1
    assert "cut short" in said[0]
    assert "recording goes on" in said[0]
    imuhip("athlete", "add", "A1", "--consent", "tracking")
    imuhip("athlete", "consent", "A1", "--withdraw")
    with (
        pytest.raises(CatalogueError, match="withdrawn consent"),
        filing(None, ["A1"], said.append),
    ):
        pass


def test_a_damaged_catalogue_in_a_process_of_its_own(home):
    """A person sees one sentence and exit code 1, and no traceback."""
    path = home / "letter.db"
    path.write_text("dear mother")
    done = subprocess.run(
        [sys.executable, "-m", "imuhip", "athlete", "list", "--catalogue", path],
        capture_output=True, text=True, check=False, env=os.environ, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "This file is no catalogue" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
