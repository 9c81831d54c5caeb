"""What a screen reader, a keyboard and weak eyes find on each page; axe-core is the judge."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from beds.dashboard import weeks_in
from playwright.sync_api import Page, expect
from support.dashboard_processes import free_port, running

from imuhip.live.dashboard import dashboard_command, dashboard_url

GRAVE = ("serious", "critical")
CANVASES = {"live": ".live[data-state=live]", "setup": ".setup[data-state=live]"}
VIEWS = {
    "review": (
        ("", ".review .values"),
        ("Paths and averages", ".js-plotly-plot"),
        ("Findings", "[data-testid='stCaptionContainer']"),
        ("Notes of the moment", "[data-testid='stAlert']"),
    ),
    "progress": (("", ".js-plotly-plot"),),
    "compare": (
        ("", ".picture img"),
        ("Session and session", "[data-testid='stAlert']"),
        ("Cold and warm", "[data-testid='stAlert']"),
    ),
    "report": (("", ".paper img"), ("coach", ".paper td")),
    "": (("", "[data-testid='stBaseButton-primary']"),),
    "athletes": (("", ".person"), ("Trash (1)", "button:has-text('Restore')")),
}
"""Page to its views: what is tapped to come to one, and what is seen once it is there."""


@pytest.fixture(scope="module")
def weeks(hub_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard with sessions, findings, goals, marks and something in the trash."""
    port = free_port()
    catalogue = str(weeks_in(tmp_path_factory.mktemp("weeks")).catalogue)
    command = dashboard_command(f"ws://127.0.0.1:{hub_port}/live", port, catalogue=catalogue)
    with running(command, dashboard_url(port), tmp_path_factory.mktemp("dashboard")) as url:
        yield url


def grave(page: Page) -> list[str]:
    """Serious and critical violations, each with the elements it was found on."""
    expect(page.locator("[data-stale='true']")).to_have_count(0)
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node.get('failureSummary', '')}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", VIEWS)
def test_no_view_of_a_session_shuts_anybody_out(
    page: Page, weeks: str, path: str, scheme: Any
) -> None:
    """With real content, neither in light nor in dark, axe-core finds anything grave."""
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{weeks}{path}")
    for tapped, sign in VIEWS[path]:
        if tapped:
            page.get_by_text(tapped, exact=True).first.click()
        expect(page.locator(sign).locator("visible=true").first).to_be_visible()
        assert grave(page) == [], tapped


@pytest.mark.parametrize("theme", ["light", "dark", "gym"])
@pytest.mark.parametrize("path", CANVASES)
def test_no_live_page_shuts_anybody_out(
    page: Page, address: str, collector: Any, path: str, theme: Any
) -> None:
    """While a set goes on, neither in light, in dark nor in gym colours."""
    collector.start()
    if theme == "gym":
        page.add_init_script("localStorage.setItem('imuhip-theme', 'gym')")
    else:
        page.emulate_media(color_scheme=theme)
    page.goto(f"{address}{path}")
    page.locator(CANVASES[path]).wait_for()
    if path == "live":
        expect(page.locator(".findings li")).to_have_count(1)
    assert grave(page) == []
    if path == "live":
        page.keyboard.press("?")
        expect(page.locator(".keys")).to_be_visible()
        assert grave(page) == []
