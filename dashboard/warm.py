"""What the first visitor would otherwise wait for: the pages' libraries, loaded beside the server.

A page's script imports what it needs when it first runs, which takes seconds on a small machine.
The server answers at once, and a thread of its own imports while the coach is still typing.
"""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, Final


@asynccontextmanager
async def warming(_app: object) -> AsyncIterator[dict[str, Any]]:
    """Begin to import when the server starts; the server does not wait for it."""
    threading.Thread(target=_import_all, name="warm", daemon=True).start()
    yield {}


def _import_all() -> None:
    """Import what the pages import, and draw one figure: Plotly imports its parts when used."""
    for name in MODULES:
        import_module(name)
    figures = import_module("plotly.graph_objects")
    figures.Figure(figures.Scatter(y=(0.0, 1.0))).update_layout(height=1).to_dict()


MODULES: Final = (
    "dashboard.live_view",
    "dashboard.setup_view",
    "dashboard.choosing",
    "dashboard.view_review",
    "pandas",
    "dashboard.review_view",
    "dashboard.review_plots",
    "dashboard.view_findings",
    "dashboard.view_progress",
    "dashboard.view_compare",
    "imuhip.report",
)
"""In the order in which the pages are opened on a day of training."""
