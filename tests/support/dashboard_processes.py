"""The dashboard as a process of its own, as the command line starts it."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@contextmanager
def running(command: list[str], url: str, folder: Path) -> Iterator[str]:
    """Start a dashboard and wait until it serves; its log and its cache go into the folder.

    The user's cache may hold an example that a demo has added to.
    """
    log = folder / "log.txt"
    own = environment() | {"XDG_CACHE_HOME": str(folder / "cache")}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=own)
    try:
        deadline = time.monotonic() + 60.0
        while not serves(url):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the dashboard did not start: {log.read_text()}")
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(10.0)


def serves(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5.0) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except OSError:
        return False
