"""What runs beside the pages: the relay's process, and the first visitor's imports.

A page's script imports what it needs when it first runs, which takes seconds on a small machine.
The server answers at once, and a thread of its own imports while the coach is still typing.
"""

import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from dashboard.server.settings import Settings, settings_from_arguments
from imuhip.live.access import LOOPBACK_HOSTS


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[dict[str, Any]]:
    """Start the relay and the imports with the server, which waits for neither."""
    relay = _relay() if settings_from_arguments().relay_port else None
    threading.Thread(target=import_all, name="imports", daemon=True).start()
    try:
        yield {}
    finally:
        if relay is not None and relay.stdin is not None:
            relay.stdin.close()
            relay.wait()


def stream_addresses(settings: Settings) -> tuple[str, ...]:
    """Where pages may follow the relay's process; none without one.

    A content security policy cannot name an IPv6 address: such a page follows its own port.
    """
    if not settings.relay_port:
        return ()
    names = sorted(host for host in LOOPBACK_HOSTS | settings.hosts if ":" not in host)
    return tuple(f"ws://{name}:{settings.relay_port}" for name in names)


def import_all() -> None:
    """Import what the pages import, and draw one figure: Plotly imports its parts when used."""
    for name in MODULES:
        import_module(name)
    figures = import_module("plotly.graph_objects")
    figures.Figure(figures.Scatter(y=(0.0, 1.0))).update_layout(height=10).to_dict()


def _relay() -> "subprocess.Popen[bytes]":
    """The relay with our own arguments; it ends when its standard input does, so with us."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join((root, *filter(None, (os.environ.get("PYTHONPATH"),))))
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard.server.relay", *sys.argv[1:]],
        stdin=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
    )


MODULES: Final = (
    "dashboard.components.live",
    "dashboard.components.setup",
    "dashboard.components.board",
    "dashboard.views.choosing",
    "dashboard.views.review",
    "pandas",
    "dashboard.components.review",
    "dashboard.views.review_plots",
    "dashboard.views.findings",
    "dashboard.views.progress",
    "imuhip.report.comparison",
    "imuhip.report",
)
"""In the order in which the pages are opened on a day of training."""
