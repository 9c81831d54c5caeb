"""How a program starts the dashboard; imports nothing of Streamlit itself."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from imuhip.core.errors import ImuhipError
from imuhip.core.extras import need
from imuhip.core.resources import CATALOGUE_VARIABLE, dashboard_folder

DEFAULT_PORT = 8501

END_S: Final = 5.0
"""So long the page's server may take to end."""


@dataclass(frozen=True)
class Lan:
    """How the page is reached from the network.

    Parameters
    ----------
    token
        What visitors must bring.
    token_file
        Where the dashboard reads it: a command line can be seen by others.
    hosts
        Names and addresses of this machine, the likeliest first.
    """

    token: str
    token_file: Path
    hosts: tuple[str, ...]

    def url(self, port: int) -> str:
        """Return the address that lets a visitor in: what the QR code holds."""
        host = f"[{self.hosts[0]}]" if ":" in self.hosts[0] else self.hosts[0]
        return f"http://{host}:{port}/?token={self.token}"


def open_to_lan(folder: Path) -> Lan:
    """Return a new token, kept in `folder` where only this user can read it.

    Parameters
    ----------
    folder
        A folder that lives as long as the dashboard runs.
    """
    token = secrets.token_urlsafe(16)
    token_file = folder / "token"
    token_file.touch(mode=0o600)
    token_file.write_text(token, encoding="utf-8")
    return Lan(token, token_file, _own_names())


def dashboard_command(
    hub_url: str,
    port: int = DEFAULT_PORT,
    *,
    more_hubs: Sequence[str] = (),
    results: Path | None = None,
    catalogue: str | None = None,
    lan: Lan | None = None,
) -> list[str]:
    """Return the command that serves the dashboard, on loopback by default.

    Everything that matters stands in the command, beside ``.streamlit/config.toml``, so that a
    user's own Streamlit settings neither open the page to the network nor send usage data.

    Parameters
    ----------
    hub_url
        The hub's WebSocket, such as ``ws://127.0.0.1:8765/live``.
    port
        Where the page is served; taken or the command fails.
    more_hubs
        Those of further kits, in the order of their numbers.
    results
        Folder in which the page of finished sessions looks first.
    catalogue
        Path of the catalogue; the user's own when None. A URL may hold a password, and everybody
        may list a process's arguments: it goes by `dashboard_environment`.
    lan
        Serve the network too, to those who bring the token.
    """
    options = {
        "server.address": "127.0.0.1" if lan is None else "0.0.0.0",  # noqa: S104 - asked for
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    if lan is not None:
        # Streamlit asks a service in the internet for our address unless it is given one.
        options["browser.serverAddress"] = lan.hosts[0]
    flags = [f"--{name}={value}" for name, value in options.items()]
    relay = _free_port(options["server.address"], port + 1)
    own = [part for hub in (hub_url, *more_hubs) for part in ("--hub", hub)]
    own += ["--page-port", str(port), "--relay-port", str(relay)]
    own += ["--results", str(results)] if results else []
    own += ["--catalogue", catalogue] if catalogue and "://" not in catalogue else []
    if lan is not None:
        own += ["--token-file", str(lan.token_file)]
        own += [part for host in lan.hosts for part in ("--host", host)]
    return [
        sys.executable,
        str(dashboard_folder() / "serve.py"),
        "run",
        str(dashboard_folder() / "app.py"),
        *flags,
        "--",
        *own,
    ]


def ensure_servable(port: int, results: Path | None = None, *, lan: bool = False) -> None:
    """Say what is wrong before anything is started.

    Raises
    ------
    ImuhipError
        When another program has the port, or the folder of results is not there.
    """
    need("streamlit")
    if results is not None and not results.is_dir():
        raise ImuhipError(f"there is no folder {results}; name one that holds results")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0" if lan else "127.0.0.1", port))  # noqa: S104 - as it will be
        except (OSError, OverflowError) as error:
            raise ImuhipError(
                f"port {port} is used by another program, perhaps another dashboard; end that or "
                "choose another port with --port"
            ) from error


def dashboard_environment(catalogue: str | None) -> Mapping[str, str]:
    """Return what the dashboard's process finds in its environment beside our own."""
    return {CATALOGUE_VARIABLE: catalogue} if catalogue and "://" in catalogue else {}


@contextmanager
def dashboard_process(
    command: Sequence[str],
    stderr: IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """The dashboard in a process of its own, which ends with the block, however that ends.

    A SIGTERM ends the block like Ctrl-C, so that no page stays behind on the port.

    Parameters
    ----------
    command
        Of `dashboard_command`.
    stderr
        Where its words go, and nothing to the terminal; without it they go there.
    environment
        What it finds in its environment beside our own.
    """
    with _ended_by_sigterm():
        quiet = {} if stderr is None else {"stdout": subprocess.DEVNULL, "stderr": stderr}
        env = os.environ | (environment or {})
        process = subprocess.Popen(command, env=env, **quiet)  # type: ignore[call-overload]
        try:
            yield process
        finally:
            ended(process)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt; handlers belong to the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def dashboard_url(port: int = DEFAULT_PORT) -> str:
    """Return the address at which a browser finds the dashboard."""
    return f"http://127.0.0.1:{port}/"


def ended(process: "subprocess.Popen[bytes]") -> None:
    """End the dashboard's process, if it has not ended: asked first, then made to."""
    process.terminate()
    try:
        process.wait(timeout=END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def qr_code(url: str) -> str:
    """Return the address as a QR code for a terminal."""
    import io

    import segno

    out = io.StringIO()
    segno.make(url, error="m").terminal(out, compact=True)
    return out.getvalue()


def _free_port(address: str, wanted: int) -> int:
    """The wanted port or one of the next, that nobody uses at this moment; else any."""
    for port in (*range(wanted, wanted + 20), 0):
        with socket.socket() as probe:
            try:
                probe.bind((address, port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"There is no free port on {address}. Close another program that serves there.")


def _own_names() -> tuple[str, ...]:
    """Addresses and names of this machine in its network, the one that leads out first."""
    names: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: asks which way out would be taken
            names.append(probe.getsockname()[0])
        except OSError:
            pass
    host = socket.gethostname().lower()
    names += [host, f"{host}.local"]
    return tuple(dict.fromkeys(names))
