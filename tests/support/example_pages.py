"""The example's athletes in a dashboard of its own, a simulated one on Live, and a browser."""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
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
def example_pages(*options: str, more: Sequence[str] = ()) -> Iterator[tuple[Browser, str]]:
    """A browser, and the address of the dashboard.

    `options` are those of the collector; `more` is an option for each further kit's.
    """
    kits = (options, *((option,) for option in more))
    hubs, port, home = [free_port() for _ in kits], free_port(), Path(tempfile.mkdtemp())
    catalogue = str(example_catalogue(home))
    first, *others = (f"ws://127.0.0.1:{hub}/live" for hub in hubs)
    command = dashboard_command(first, port, more_hubs=others, catalogue=catalogue)
    expect.set_options(timeout=60_000)  # a busy machine
    try:
        with ExitStack() as stack:
            for hub, its in zip(hubs, kits, strict=True):
                collector = [sys.executable, str(_COLLECTOR), str(hub), *its]
                folder = home / str(hub)
                folder.mkdir()
                stack.enter_context(running(collector, f"http://127.0.0.1:{hub}/status", folder))
            address = stack.enter_context(running(command, dashboard_url(port), home))
            browser = launched(stack.enter_context(sync_playwright()))
            yield browser, address
            browser.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)
