"""A visitor who has a keyboard only, and one who hears the page read out."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Locator, Page, expect


class Keyboard:
    """Goes over a page by Tab, and fails where its place cannot be seen or never comes."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def tab(self, *, back: bool = False) -> str:
        """One stop on; its tag and words, empty where the page ends.

        Fails when the stop is faded, out of sight, or looks as it does without the keyboard.
        """
        self.page.keyboard.press("Shift+Tab" if back else "Tab")
        place: dict[str, Any] = self.page.evaluate(_PLACE)
        assert not place["alike"], f"looks alike with and without the keyboard: {place['alike']}"
        assert not place["faded"], f"the keyboard is on something invisible: {place['name']}"
        assert not place["away"], f"the keyboard is out of sight: {place['name']}"
        return str(place["name"])

    def walk(self) -> list[str]:
        """Every stop of the page, to its end; fails where the keyboard does not get through."""
        stops = []
        while stop := self.tab():
            stops.append(stop)
            assert len(stops) < MOST_STOPS, f"the page has no end; at last: {stops[-5:]}"
        return stops

    def to(self, role: Any, name: str, *, back: bool = False) -> None:
        """On to a control, by its role and whole name."""
        self._to(self.page.get_by_role(role, name=name, exact=True), back=back)

    def open(self, words: str) -> None:
        """On to a part of the page that is folded up, and unfold it."""
        self._to(self.page.locator("summary").filter(has_text=words))
        self.page.keyboard.press("Enter")

    def to_table(self) -> None:
        """On to the table; the arrows go over its cells."""
        self._to(self.page.get_by_test_id("data-grid-canvas"))

    def _to(self, wanted: Locator, *, back: bool = False) -> None:
        wanted = wanted.locator("visible=true").first
        expect(wanted).to_be_enabled()
        for _ in range(MOST_STOPS):
            self.tab(back=back)
            if wanted.evaluate(_HAS_IT):
                return
        raise AssertionError(f"the keyboard does not come to {wanted}")

    def has(self, role: Any, name: str) -> None:
        """See that the page has brought the keyboard to a control by itself."""
        expect(self.page.get_by_role(role, name=name, exact=True)).to_be_focused()

    def press(self, role: Any, name: str, key: str = "Enter") -> None:
        """On to a control, and press it."""
        self.to(role, name)
        self.page.keyboard.press(key)


def heard_faults(page: Page) -> list[str]:
    """What somebody misses who hears the page: order in its headings, a name for each control."""
    lines = page.locator("body").aria_snapshot().splitlines()
    levels = [int(found[1]) for line in lines if (found := _HEADING.match(line))]
    faults = [] if levels[:1] == [1] else [f"begins with a heading of level {levels[:1]}"]
    faults += [
        f"a heading of level {below} under one of level {above}"
        for above, below in pairwise(levels)
        if below > above + 1
    ]
    return faults + [f"no name: {line.strip()}" for line in lines if _NAMELESS.match(line)]


MOST_STOPS: Final = 150
_PLACE: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_HAS_IT: Final = "element => element.getRootNode().activeElement === element"
_HEADING: Final = re.compile(r"\s*- '?heading .*\[level=(\d)\]")
_CONTROLS: Final = "button|link|combobox|textbox|checkbox|radio|slider|spinbutton|tab|switch"
_NAMELESS: Final = re.compile(rf"\s*- '?({_CONTROLS})(?! [\"/])\b")
