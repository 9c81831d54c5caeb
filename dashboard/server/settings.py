"""What the dashboard was started with: ``app.py -- --hub URL --catalogue PLACE …``."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imuhip.core.resources import CATALOGUE_VARIABLE


@dataclass(frozen=True)
class Settings:
    """What the dashboard was started with.

    Parameters
    ----------
    hubs
        WebSocket of each kit's hub, in the order of the kits' numbers; one at least.
    results
        Folder in which the page of finished sessions looks first; None for none.
    catalogue
        Path or URL of the catalogue; None for the user's own.
    hosts
        Names under which the page may be addressed beside this machine's own.
    token_file
        Holds the token that visitors from the network must bring; None lets nobody in from there.
    page_port
        Where the pages are served.
    relay_port
        Where a process of its own relays the hub; 0 for none: then Streamlit's process does.
    """

    hubs: tuple[str, ...] = ("ws://127.0.0.1:8765/live",)
    results: Path | None = None
    hosts: frozenset[str] = frozenset()
    token_file: Path | None = None
    catalogue: str | None = None
    page_port: int = 8501
    relay_port: int = 0

    def token(self) -> str | None:
        """Return the token, read from its file: a command line can be seen by others."""
        if self.token_file is None:
            return None
        return self.token_file.read_text(encoding="utf-8").strip() or None


def settings_from_arguments(arguments: Sequence[str] | None = None) -> Settings:
    """Return the settings that the command line gives, `sys.argv` by default."""
    parser = argparse.ArgumentParser(prog="imuhip dashboard", allow_abbrev=False)
    parser.add_argument("--hub", action="append", default=[])
    parser.add_argument("--results", type=Path, default=None)
    parser.add_argument("--catalogue", default=os.environ.get(CATALOGUE_VARIABLE))
    parser.add_argument("--host", action="append", default=[])
    parser.add_argument("--token-file", type=Path, default=None)
    parser.add_argument("--page-port", type=int, default=Settings.page_port)
    parser.add_argument("--relay-port", type=int, default=Settings.relay_port)
    given = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    hosts = frozenset(name.lower() for name in given.host)
    return Settings(
        hubs=tuple(given.hub) or Settings.hubs,
        results=given.results,
        hosts=hosts,
        token_file=given.token_file,
        catalogue=given.catalogue,
        page_port=given.page_port,
        relay_port=given.relay_port,
    )
