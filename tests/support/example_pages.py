"""The example's athletes in a dashboard of its own, a simulated one on Live, and a browser."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, expect, sync_playwright
from support.chromium import launched
from support.dashboard_processes import free_port, running

from imuhip.catalogue.example import example_catalogue
from imuhip.live.dashboard import dashboard_command, dashboard_url

SIGNS: Final = {
    "": "[data-testid='stBaseButton-primary']",
    "setup": ".setup[data-state=live]",
    "live": ".findings li",
    "review": ".review .values td",
    "progress": ".picture img",
    "compare": ".picture img",
    "report": ".paper img",
    "athletes": ".person",
}
"""Page to what is seen once it is usable."""

_COLLECTOR: Final = Path(__file__).parents[1] / "beds" / "live_collector.py"


@contextmanager
def example_pages(*options: str) -> Iterator[tuple[Browser, str]]:
    """A browser, and the address of the dashboard; `options` are the collector's."""
    hub, port, home = free_port(), free_port(), Path(tempfile.mkdtemp())
    catalogue = str(example_catalogue(home))
    command = dashboard_command(f"ws://127.0.0.1:{hub}/live", port, catalogue=catalogue)
    collector = [sys.executable, str(_COLLECTOR), str(hub), *options]
    expect.set_options(timeout=60_000)  # a busy machine
    try:
        with (
            running(collector, f"http://127.0.0.1:{hub}/status", home),
            running(command, dashboard_url(port), home) as address,
            sync_playwright() as playwright,
        ):
            browser = launched(playwright)
            yield browser, address
            browser.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)
