"""How long each page takes from its call to be usable: cold, after the server's start, and warm.

python tests/benchmarks/bench_pages.py

The example's athletes fill the pages, and a simulated one trains on Set up and Live. Seconds count
from the navigation: to the browser's first contentful paint, and until what the page is for stands
there and no script runs. Cold is a new browser and a server that has not shown the page yet; warm
is the median of `TIMES` further calls in the same browser. Megabytes and layout shift are those of
the cold call.
"""

import sys
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, expect

sys.path.append(str(Path(__file__).parents[1]))
from support.example_pages import SIGNS, example_pages
from support.layout import SHIFTS

TIMES = 3
PAGES = SIGNS | {"board": ".board [data-state=live] .headline"}

PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"
IDLE = "[data-testid='stApp'][data-test-script-state='notRunning']"


def opened(page: Page, url: str, sign: str) -> tuple[float, float]:
    """Seconds to the first paint, and until the page is usable."""
    begin = time.perf_counter()
    page.goto(url)
    expect(page.locator(sign).first).to_be_visible()
    usable = time.perf_counter() - begin
    page.locator(IDLE).wait_for()
    return page.evaluate(PAINTED) / 1000.0, usable


def timed(browser: Browser, address: str) -> None:
    """A line a page."""
    for path, sign in PAGES.items():
        context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
        page = context.new_page()
        page.add_init_script(SHIFTS)
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        sizes: list[float] = []
        network.on(
            "Network.loadingFinished", lambda e, into=sizes: into.append(e["encodedDataLength"])
        )
        cold = opened(page, address + path, sign)
        size, shift = sum(sizes) / 1e6, sum(page.evaluate("window.shifts"))
        warm = [opened(page, address + path, sign) for _ in range(TIMES)]
        context.close()
        paint, usable = (median(each[k] for each in warm) for k in (0, 1))
        print(
            f"| {path or 'start':8} | {cold[0]:.2f} | {cold[1]:.2f} | {paint:.2f} | {usable:.2f} "
            f"| {size:.1f} | {shift:.3f} |",
            flush=True,
        )


def main() -> None:
    """Time every page."""
    print("| page | cold: paint, s | usable, s | warm: paint, s | usable, s | MB | shift |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with example_pages(more=("--lost",)) as (browser, address):
        timed(browser, address)


if __name__ == "__main__":
    main()
