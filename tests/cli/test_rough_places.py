"""Consoles, signals, zones and disks that are not the developer's own."""

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from support.result_folders import results_folder

from imuhip.core.errors import RecordingError
from imuhip.core.files import file_made_whole
from imuhip.importers.number_tables import read_text_table
from imuhip.live.dashboard import ended
from imuhip.results.exporters.formats import export


def run(code, **env):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        env={**os.environ, **env},
        timeout=120,
    )


def test_output_never_fails_for_want_of_a_character():
    """On a console of Western Windows a minus sign or a name may be lost, the work is not."""
    code = (
        "import sys, typer\n"
        "from imuhip.cli import main\n"
        "main.app = lambda: typer.echo('right \\u2212 left \\u4e2d')\n"
        "main.main()\n"
    )
    done = run(code, PYTHONIOENCODING="cp1252")
    assert done.returncode == 0
    assert done.stdout.strip() == b"right ? left ?"


def test_what_the_disk_refuses_is_a_sentence():
    """An error of the disk that no command foresaw ends with its name and exit code 1."""
    code = (
        "from imuhip.cli import main\n"
        "def app(): raise PermissionError(13, 'Permission denied', '/x/[red]y')\n"
        "main.app = app\n"
        "main.main()\n"
    )
    done = run(code)
    assert done.returncode == 1
    said = done.stderr.decode()
    assert "Traceback" not in said
    assert "/x/[red]y: cannot be read or written: permission denied" in said


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("before", ["", "signal.signal(signal.SIGINT, signal.SIG_IGN)"])
@pytest.mark.parametrize("waits", ["time.sleep(60)", "asyncio.run(asyncio.sleep(60))"])
def test_sigterm_ends_as_by_hand(before, waits):
    """What a command cleans up after Ctrl-C it cleans up after SIGTERM, also in the background."""
    code = (
        "import asyncio, signal, time\n"
        "from imuhip.cli import main\n"
        f"{before}\n"
        "def app():\n"
        "    try:\n"
        "        print('ready', flush=True)\n"
        f"        {waits}\n"
        "    except KeyboardInterrupt:\n"
        "        print('cleaned', flush=True)\n"
        "main.app = app\n"
        "main.main()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == b"cleaned\n"


def test_the_dashboard_ends_with_who_began_it():
    """A child that is asked to end has ended when the asking is over."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    ended(child)
    assert child.returncode is not None


def test_an_error_while_writing_names_the_file_asked_for(tmp_path):
    """Whatever refuses inside, the sentence names the user's file and no temporary one is left."""
    target = tmp_path / "x.html"
    with (
        pytest.raises(RecordingError, match=r"x\.html: cannot be written: permission denied"),
        file_made_whole(target, overwrite=False) as temporary,
    ):
        raise PermissionError(13, "Permission denied", str(temporary))
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="rights of Unix")
@pytest.mark.parametrize(
    ("source", "format_name", "name"),
    [("results", "csv", "out"), ("results", "c3d", "x.c3d"), ("a.mcap", "c3d", "x.c3d")],
)
def test_a_folder_that_cannot_be_written_is_named_as_it_was_given(
    tmp_path, monkeypatch, source, format_name, name
):
    """No hidden name of work in progress, and why; nothing is left."""
    results_folder(tmp_path / "results")
    (tmp_path / "a.mcap").touch()
    out = tmp_path / "ro"
    out.mkdir()

    def refuses(real):
        def act(path, *args, **kwargs):
            if path.parent == out:
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *args, **kwargs)

        return act

    for action in ("mkdir", "touch", "open"):
        monkeypatch.setattr(Path, action, refuses(getattr(Path, action)))
    with pytest.raises(RecordingError) as refused:
        export(tmp_path / source, format_name, out / name)
    assert str(refused.value).startswith(f"{out / name}: ")
    assert "permission denied" in str(refused.value)
    assert ".part" not in str(refused.value)
    assert list(out.iterdir()) == []


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="zones of Unix")
def test_a_start_without_zone_is_local(monkeypatch):
    """A date alone stays that date, and a time without zone is the clock's on the wall."""
    from imuhip.importers.notes import _started

    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    try:
        assert _started("2026-03-02T20:30:00")[0] == "2026-03-02T20:30:00-08:00"
        assert _started(date(2026, 3, 2))[0] == "2026-03-02T00:00:00-08:00"
        assert _started("2026-03-02T10:00:00Z")[0] == "2026-03-02T10:00:00Z"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("body", ['"0,5","1,25"\n'])
@pytest.mark.parametrize("drop", [False, True])
def test_decimal_commas_between_commas_are_named(tmp_path, body, drop):
    """The sentence says what they are, and never advises to drop every row."""
    path = tmp_path / "pelvis.csv"
    path.write_text("t,acc_x\n" + body)
    with pytest.raises(RecordingError, match="mark decimals too"):
        read_text_table(path, lambda _: None, drop_invalid=drop)
