"""A PostgreSQL of the system's package, for the tests alone: its own folder, its own socket."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")


def program(name: str) -> str | None:
    """Where a program of PostgreSQL lies: on the path, or where Debian keeps them."""
    found = sorted(DEBIAN.glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or (str(found[0]) if found else None)


@contextmanager
def server() -> Iterator[Path]:
    """Run a server that only its own socket reaches; give the folder of the socket.

    The folder lies in the system's own temporary folder: a socket's path may not be long.
    """
    folder = Path(tempfile.mkdtemp(prefix="imuhip-pg-"))
    owner = _unprivileged()
    shutil.chown(folder, *owner)
    data, log = folder / "data", folder / "log"
    try:
        _run("initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync", "-E", "UTF8",
             "--locale=C", as_=owner)  # fmt: skip
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        _run("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start", as_=owner)
        try:
            yield folder
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", as_=owner)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def url(folder: Path, database: str) -> str:
    """Address of a database of that server."""
    return f"postgresql+pg8000://tester@/{database}?unix_sock={folder}/.s.PGSQL.5432"


def _unprivileged() -> tuple[str | int, str | int]:
    """Who may run a server: oneself, unless one is root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise RuntimeError("expected a user postgres or nobody to run the server as")


def _run(name: str, *words: object, as_: tuple[str | int, str | int]) -> None:
    user = {"user": as_[0], "group": as_[1], "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [str(program(name)), *map(str, words)],
        check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        cwd="/", timeout=120, **user,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stdout.decode(errors='replace')}")
