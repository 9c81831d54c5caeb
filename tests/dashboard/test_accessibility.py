"""What a screen reader, a keyboard and weak eyes find on each page; axe-core is the judge."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from beds.dashboard import weeks_in
from playwright.sync_api import Page, expect
from support.dashboard_processes import free_port, running
from support.keyboard import Keyboard, heard_faults
from support.layout import faults_of

from imuhip.live.dashboard import dashboard_command, dashboard_url

CANVASES = {
    "live": ".live[data-state=live]",
    "setup": ".setup[data-state=live]",
    "board": ".board [data-state=live]",
}
VIEWS = {
    "review": (
        ("", ".review .values"),
        ("Paths and averages", ".js-plotly-plot"),
        ("Findings", "[data-testid='stCaptionContainer']"),
        ("Notes of the moment", "[data-testid='stAlert']"),
    ),
    "progress": (("", ".picture img"),),
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


@pytest.mark.parametrize("path", VIEWS)
def test_a_keyboard_goes_over_the_whole_page(page: Page, weeks: str, path: str) -> None:
    """Each stop is seen, none holds the keyboard; headings are in order, controls have names."""
    page.goto(f"{weeks}{path}")
    expect(page.locator(VIEWS[path][0][1]).locator("visible=true").first).to_be_visible()
    expect(page.locator("[data-test-script-state='notRunning']")).to_be_visible()
    expect(page.locator("[data-stale='true']")).to_have_count(0)
    assert heard_faults(page) == []
    keyboard = Keyboard(page)
    stops = keyboard.walk()
    assert len(stops) > LEAST_STOPS, stops
    assert keyboard.tab(back=True), "Shift+Tab does not lead back into the page"


@pytest.mark.parametrize("path", CANVASES)
def test_a_keyboard_goes_over_a_live_page(
    page: Page, address: str, collector: Any, path: str
) -> None:
    """The same while a set goes on."""
    collector.start()
    page.goto(f"{address}{path}")
    page.locator(CANVASES[path]).wait_for()
    assert heard_faults(page) == []
    assert len(Keyboard(page).walk()) > LEAST_STOPS


LEAST_STOPS = 10
"""The pages' names, the main menu, and something of the page itself."""

FADED = """document.getAnimations().every((each) =>
  each.playState !== "running" || each.effect.getComputedTiming().endTime === Infinity)"""
"""Nothing is half faded in any more."""


def violations(page: Page) -> list[str]:
    """Violations of any level that stay, each with the elements it was found on.

    A page that begins to compute while it is looked at fades what it shows.
    """
    found = seen(page)
    return seen(page) if found else found


def seen(page: Page) -> list[str]:
    """Violations of a page at rest."""
    expect(page.locator("[data-test-script-state='notRunning']")).to_be_visible()
    expect(page.locator("[data-stale='true']")).to_have_count(0)
    page.wait_for_function(FADED)
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node.get('failureSummary', '')}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", VIEWS)
def test_no_view_of_a_session_shuts_anybody_out(
    page: Page, weeks: str, path: str, scheme: Any
) -> None:
    """With real content, neither in light nor in dark, axe-core finds anything, of any level."""
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{weeks}{path}")
    for tapped, sign in VIEWS[path]:
        if tapped:
            page.get_by_text(tapped, exact=True).first.click()
        expect(page.locator(sign).locator("visible=true").first).to_be_visible()
        assert violations(page) == [], tapped


@pytest.mark.parametrize("path", ["compare", "progress", "review"])
def test_a_phone_shows_tables_and_pictures_whole(page: Page, weeks: str, path: str) -> None:
    """Nothing is cut, nothing overlaps, and nothing has to be looked for by scrolling sideways."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{weeks}{path}")
    expect(page.locator(VIEWS[path][0][1]).locator("visible=true").first).to_be_visible()
    expect(page.locator("[data-test-script-state='notRunning']")).to_be_visible()
    expect(page.locator("[data-stale='true']")).to_have_count(0)
    page.wait_for_function(FADED)
    assert faults_of(page) == []


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
    assert violations(page) == []
    if path == "live":
        page.keyboard.press("?")
        expect(page.locator(".keys")).to_be_visible()
        assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_not_chosen_can_be_seen(page: Page, weeks: str, scheme: Any) -> None:
    """The ring of a radio that is not chosen has three times the contrast of its ground."""
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{weeks}compare")
    rings = page.locator("[data-testid='stRadioOption']:not([data-selected]) > div > div")
    expect(rings.first).to_be_visible()
    assert page.evaluate(RING_CONTRAST) >= 3.0


RING_CONTRAST = """() => {
  const ring = document.querySelector(
    "[data-testid='stRadioOption']:not([data-selected]) > div > div:first-child");
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const light = (...colours) => {  // painted over each other, as the page does
    for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
    const linear = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((byte) =>
      byte <= 10 ? byte / 3294.6 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ground = getComputedStyle(document.querySelector(".stApp")).backgroundColor;
  const both = [light(ground), light(ground, getComputedStyle(ring).borderColor)];
  const [low, high] = both.sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""
