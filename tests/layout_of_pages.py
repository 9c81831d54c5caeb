"""Pictures of every page in every size, light and dark, and what is cut or overlaps in them.

`make layout` puts them into ``layout/``; ``make layout ARGS="FOLDER review --size 390x844"``
takes those of one page. The example's athletes are shown, and a simulated one trains.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, expect

sys.path.insert(0, str(Path(__file__).parent))

from support.example_pages import SIGNS, example_pages
from support.layout import faults_of

SIZES: Final = ("1280x800", "1920x1080", "820x1180", "390x844")


def _tab(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_text(name, exact=True).first.click()


def _choose(label: str, text: str) -> Callable[[Page], None]:
    def choose(page: Page) -> None:
        box = page.get_by_role("combobox", name=label).last
        box.click()
        box.fill(text)  # the list alone shows what is in view
        page.get_by_role("option", name=text).first.click()

    return choose


VIEWS: Final[dict[str, tuple[str, str, tuple[Callable[[Page], None], ...]]]] = {
    **{page or "start": (page, sign, ()) for page, sign in SIGNS.items()},
    "review-shapes": ("review", ".js-plotly-plot", (_tab("Paths and averages"),)),
    "review-findings": ("review", SIGNS["review"], (_tab("Findings"),)),
    "compare-sets": ("compare", SIGNS["compare"], (_tab("Set and set"),)),
    "compare-days": ("compare", SIGNS["compare"], (_tab("Session and session"),)),
    "report-coach": ("report", ".paper td", (_tab("coach"),)),
    "progress-norms": (
        "progress",
        SIGNS["progress"],
        (_choose("Measure", "hip rotation, end range"), _tab("What was measured in people")),
    ),
    "live-screen": ("live", SIGNS["live"], ()),
    "board": ("board", ".board [data-state=live]", ()),
    "athlete": ("athletes", SIGNS["athletes"], (_tab("Open"),)),
}
"""Picture to its page, what is seen once it is there, and what is tapped to come to it."""

SCREENED: Final = ("live-screen",)
"""Views of a session whose table screen has begun."""

SEVERAL: Final = ("board",)
"""Views of several kits."""


def settle(page: Page) -> None:
    """Wait until everything that is being drawn is drawn."""
    expect(page.locator("[data-test-script-state='notRunning']")).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(page.locator("[data-stale='true']")).to_have_count(0)
    page.wait_for_timeout(400)


def picture(page: Page, file: Path, size: dict[str, int]) -> None:
    """The whole page, however far it goes down."""
    height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    page.wait_for_timeout(250)
    page.screenshot(path=file)
    page.set_viewport_size(size)


def look(page: Page, address: str, name: str, file: Path, size: dict[str, int]) -> list[str]:
    """Open a view, keep a picture of it, and measure it."""
    path, sign, taps = VIEWS[name]
    page.goto(f"{address}{path}")
    page.locator("[data-testid='stMainBlockContainer']").wait_for()
    settle(page)
    for tap in taps:
        tap(page)
        settle(page)
    expect(page.locator(sign).locator("visible=true").first).to_be_visible(timeout=30_000)
    settle(page)
    faults = faults_of(page)
    picture(page, file, size)
    return faults


def main() -> int:
    """Take them all; 1 when something is cut or overlaps."""
    parser = argparse.ArgumentParser(prog="make layout")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("layout"))
    parser.add_argument("views", nargs="*", help="of " + ", ".join(VIEWS))
    parser.add_argument("--size", action="append")
    parser.add_argument("--scheme", action="append", choices=("light", "dark"))
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    names = wanted.views or list(VIEWS)
    found = pictures(wanted, [name for name in names if name not in SCREENED + SEVERAL])
    found += pictures(wanted, [name for name in names if name in SCREENED], "--screened")
    several = [name for name in names if name in SEVERAL]
    found += pictures(wanted, several, more=("--lost", "--ready", "--silent"))
    sys.stdout.write(f"{found} faults; the pictures lie in {wanted.folder}\n")
    return int(found > 0)


def pictures(
    wanted: argparse.Namespace, names: list[str], *options: str, more: Sequence[str] = ()
) -> int:
    """Take the views of one dashboard, its collectors run with these options; count the faults."""
    if not names:
        return 0
    found = 0
    with example_pages(*options, more=more) as (browser, address):
        for text in wanted.size or SIZES:
            width, height = map(int, text.split("x"))
            size = {"width": width, "height": height}
            for scheme in wanted.scheme or ("light", "dark"):
                look_at: Any = {"viewport": size, "color_scheme": scheme, "bypass_csp": True}
                page = browser.new_context(**look_at).new_page()
                page.set_default_timeout(60_000)
                for name in names:
                    file = wanted.folder / f"{name}-{text}-{scheme}.png"
                    for fault in look(page, address, name, file, size):
                        found += 1
                        sys.stdout.write(f"{file.name}: {fault}\n")
                page.context.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
