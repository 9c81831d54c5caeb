from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from dashboard.components import live as live_view
from dashboard.components import review as review_view
from dashboard.components import setup as setup_view

SIGNS = {
    "": "[data-testid='stBaseButton-primary']",
    "live": ".live .state",
    "setup": ".setup .state",
    "review": ".review .values",
    "progress": ".picture img",
    "compare": ".picture img",
    "report": ".report h2",
    "athletes": ".person",
}
"""Page to what is visible once it is drawn."""


@pytest.mark.parametrize("path", list(SIGNS))
def test_pages_work_with_their_policy_in_force(browser: Browser, address: str, path: str) -> None:
    """Nothing on a page needs what its content security policy forbids."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda m: refused.append(m.text) if "Content Security" in m.text else None)
    page.goto(f"{address}{path}")
    expect(page.locator(SIGNS[path]).first).to_be_visible(timeout=30_000)
    context.close()
    assert refused == []


@pytest.mark.parametrize("source", [live_view.source, review_view.source, setup_view.source])
def test_scripts_are_not_evaluated_from_text(source: Callable[[], str]) -> None:
    """A canvas makes no code out of text and writes no HTML, so nothing said can become code."""
    text = source()
    for word in (
        "eval(",
        "new Function",
        "innerHTML",
        "outerHTML",
        "document.write",
        "insertAdjacent",
    ):
        assert word not in text
