"""What is cut, sticks out or overlaps on a page, measured over bounding boxes in the browser."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page


def faults_of(page: Page) -> list[str]:
    """What a person would see as broken, a sentence each; empty for a sound page."""
    return list(page.evaluate(_MEASURE))


SHIFTS: Final = """window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.shifts.push(entry.value);
}).observe({ type: "layout-shift", buffered: true });"""
"""A script for a page that is opened: how much of it moves by itself, as the browser reckons it."""

_MEASURE: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
