"""Locks of files, on this system and as they are asked for on Windows."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from imuhip.core.files import lock_file

OTHER = """
import sys
from imuhip.core.files import lock_file
with open(sys.argv[1], "a") as file:
    try:
        lock_file(file.fileno())
    except OSError:
        print("taken")
    else:
        print("free")
"""


def test_a_lock_keeps_other_processes_out(tmp_path):
    """Another process is refused while a file is locked, and not afterwards."""
    path = tmp_path / ".lock"

    def other() -> str:
        command = [sys.executable, "-c", OTHER, str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    with path.open("a") as file:
        lock_file(file.fileno())
        assert other() == "taken"
    assert other() == "free"


def test_windows_is_asked_by_its_own_call(monkeypatch):
    """Where there is no `fcntl`, a byte of the file is locked, without waiting."""
    asked = []

    def locking(*arguments: int) -> None:
        asked.append(arguments)
        raise PermissionError(13, "taken")

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))
    with pytest.raises(OSError, match="taken"):
        lock_file(7)
    assert asked == [(7, 2, 1)]
