"""What a screen reader, a keyboard and weak eyes find on each page; axe-core is the judge."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
SIGNS = {"": ".live[data-state=live]", "setup": ".setup[data-state=live]", "review": ".review"}


def grave(page: Page) -> list[str]:
    """Serious and critical violations, each with the elements it was found on."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node.get('failureSummary', '')}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", SIGNS)
def test_no_page_shuts_anybody_out(
    page: Page, address: str, collector: Any, path: str, scheme: Any
) -> None:
    """Neither in light nor in dark does axe-core find a serious or critical violation."""
    collector.start()
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{address}{path}")
    page.locator(SIGNS[path]).wait_for()
    assert grave(page) == []


@pytest.mark.parametrize("path", ["", "setup"])
def test_the_gym_colours_shut_nobody_out(
    page: Page, address: str, collector: Any, path: str
) -> None:
    """The high-contrast theme is one: axe-core finds nothing grave in it."""
    collector.start()
    page.add_init_script("localStorage.setItem('imuhip-theme', 'gym')")
    page.goto(f"{address}{path}")
    page.locator(SIGNS[path]).wait_for()
    assert grave(page) == []
