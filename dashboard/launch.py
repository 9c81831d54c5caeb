"""How a program starts the dashboard; imports nothing of Streamlit itself."""

import sys
from collections.abc import Sequence
from pathlib import Path

APP = Path(__file__).with_name("app.py")
DEFAULT_PORT = 8501


def dashboard_command(
    hub_url: str, port: int = DEFAULT_PORT, *, results: Path | None = None
) -> list[str]:
    """Return the command that serves the dashboard on loopback.

    Everything that matters stands in the command, beside ``.streamlit/config.toml``, so that a
    user's own Streamlit settings neither open the page to the network nor send usage data.

    Parameters
    ----------
    hub_url
        The hub's WebSocket, such as ``ws://127.0.0.1:8765/live``.
    port
        Where the page is served; taken or the command fails.
    results
        Folder in which the page of finished sessions looks first.
    """
    options = {
        "server.address": "127.0.0.1",
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    own: Sequence[str] = ["--hub", hub_url, *(["--results", str(results)] if results else [])]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *flags, "--", *own]


def dashboard_url(port: int = DEFAULT_PORT) -> str:
    """Return the address at which a browser finds the dashboard."""
    return f"http://127.0.0.1:{port}/"
