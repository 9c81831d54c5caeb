"""What the dashboard was started with: ``app.py -- --hub URL --results DIR``."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What the dashboard was started with.

    Parameters
    ----------
    hub
        The hub's WebSocket.
    results
        Folder in which the page of finished sessions looks first; None for none.
    """

    hub: str = "ws://127.0.0.1:8765/live"
    results: Path | None = None


def settings_from_arguments(arguments: Sequence[str] | None = None) -> Settings:
    """Return the settings that the command line gives, `sys.argv` by default."""
    parser = argparse.ArgumentParser(prog="imuhip dashboard", allow_abbrev=False)
    parser.add_argument("--hub", default=Settings.hub)
    parser.add_argument("--results", type=Path, default=None)
    given = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    return Settings(hub=given.hub, results=given.results)
