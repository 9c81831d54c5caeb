import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from beds.dashboard import Filed, copy_of, filed_in
from playwright.sync_api import Browser, Page, expect, sync_playwright
from support.chromium import launched
from support.dashboard_processes import environment, free_port, running

from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Goal
from imuhip.live.dashboard import dashboard_command, dashboard_url

COLLECTOR = Path(__file__).parents[1] / "beds" / "live_collector.py"


class CollectorProcess:
    """A collector of `beds/live_collector.py` on one port: started, stopped, killed and so on."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.hub = f"ws://127.0.0.1:{port}/live"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> None:
        """Start it and wait until it serves."""
        self.kill()
        command = [sys.executable, str(COLLECTOR), str(self.port), *arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment())
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "the collector did not start"

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it at once, without a word to anybody."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None


@pytest.fixture(autouse=True)
def main_stays() -> Iterator[None]:
    """Streamlit's `AppTest` puts its script in place of `__main__`, which new processes read."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def hub_port() -> int:
    return free_port()


@pytest.fixture
def collector(hub_port: int) -> Iterator[CollectorProcess]:
    process = CollectorProcess(hub_port)
    yield process
    process.kill()


@pytest.fixture(scope="session")
def one_filed(tmp_path_factory: pytest.TempPathFactory) -> Filed:
    """A catalogue with one session; to be looked at only."""
    return filed_in(tmp_path_factory.mktemp("library"))


@pytest.fixture
def filed(one_filed: Filed, tmp_path: Path) -> Filed:
    """The same, in a catalogue that may be changed."""
    return copy_of(one_filed, tmp_path)


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="session")
def address(
    hub_port: int, results: Path, one_filed: Filed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of a running dashboard, started as the command line starts it."""
    served = copy_of(one_filed, tmp_path_factory.mktemp("served"))
    with Catalogue(served.catalogue) as catalogue:
        catalogue.set_goal("A1", Goal("rotation_most_in_deg", "squat", "left", low=12.0))
        catalogue.set_squads("A1", ["U19"])
        for athlete, name in (("B1", "Bea"), ("B2", "Cyd"), ("B3", "Dot"), ("B4", "Eve")):
            catalogue.add_athlete(athlete, name)
            catalogue.set_squads(athlete, ["U19"])
    port = free_port()
    command = dashboard_command(
        f"ws://127.0.0.1:{hub_port}/live", port, results=results, catalogue=str(served.catalogue)
    )
    with running(command, dashboard_url(port), tmp_path_factory.mktemp("dashboard")) as url:
        yield url


# For one module, not the session: while it runs, Playwright occupies this thread's event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser; see `support.chromium`."""
    with sync_playwright() as playwright:
        running = launched(playwright)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose script errors, and requests that leave this machine, fail the test."""
    # Playwright's own waiting evaluates strings, which the page's policy forbids to all scripts;
    # test_policy.py looks at the pages with the policy in force.
    context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("http://127.0.0.1", "blob:", "data:"))
            else trouble.append(f"left this machine: {request.url}")
        ),
    )
    yield page
    context.close()
    assert trouble == []
