"""Taps and seconds from sensors ready to training, hands-free; and how large Live and Board write.

python tests/benchmarks/bench_setup.py

Every step is good at the first try and judged at once. Strapping the sensors on after the tray
takes as long as it takes: the seconds while the page waits for that are left out. Sizes are in CSS
pixels on a screen of 1280 x 800, where 40 px are about 10 mm on a laptop of 14 inches.
"""

import sys
import time
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, expect

sys.path.append(str(Path(__file__).parents[1]))
from support.example_pages import example_pages

SIZE: Final = {"width": 1280, "height": 800}
PLACES: Final = {
    "live": {
        "angle": "[data-side=left] .figure b",
        "its error": "[data-side=left] .figure .error",
        "repetitions": ".count",
        "last repetition": ".newest p",
        "finding": ".headline",
        "state": ".state",
    },
    "board": {
        "athlete": ".kit h2",
        "movement and set": ".kit .movement",
        "repetitions": ".kit .reps b",
        "last repetition": ".kit .newest b",
        "its error": ".kit .newest small",
        "finding": ".kit .headline",
        "state": ".kit .state",
    },
}


class Taps:
    """Presses buttons and counts them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def press(self, name: str) -> None:
        """One tap."""
        self.page.get_by_role("button", name=name, exact=True).click()
        self.count += 1


def set_up(page: Page, address: str) -> tuple[int, float]:
    """Taps and seconds from a chosen athlete and sensors that send to the page Live."""
    taps = Taps(page)
    page.goto(f"{address}setup")
    page.get_by_label("Who trains?").fill("A7")
    start = time.perf_counter()
    taps.press("Start the recording")
    taps.press("All steps, hands-free")
    on = page.get_by_role("button", name="Go on hands-free", exact=True)
    on.wait_for(timeout=60_000)
    spent = time.perf_counter() - start
    start = time.perf_counter()
    taps.press("Go on hands-free")
    train = page.get_by_role("button", name="Start training", exact=True)
    train.wait_for(timeout=180_000)
    taps.press("Start training")
    page.locator(".live .state").wait_for()
    return taps.count, spent + time.perf_counter() - start


def sizes(page: Page, address: str) -> None:
    """A line for each text that is read from two metres."""
    for path, places in PLACES.items():
        page.goto(f"{address}{path}")
        expect(page.locator(places["finding"]).first).not_to_be_empty()
        for name, place in places.items():
            size = page.locator(place).first.evaluate(
                "place => parseFloat(getComputedStyle(place).fontSize)"
            )
            print(f"| {path} | {name} | {size:.0f} |", flush=True)


def main() -> None:
    """Print both."""
    with example_pages("--ready", "--deep", more=("--lost",)) as (browser, address):
        page = browser.new_context(viewport=SIZE, bypass_csp=True).new_page()
        taps, seconds = set_up(page, address)
        print(f"{taps} taps, {seconds:.1f} s without strapping on\n")
        print("| page | text | px |\n| --- | --- | --- |")
        sizes(page, address)


if __name__ == "__main__":
    main()
