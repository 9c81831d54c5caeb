"""A coach's whole visit without a mouse: Tab and Shift+Tab, Enter, Space and the arrows."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from beds.gym import NEEDED, TITLES, Gym, open_gym
from beds.visit_athlete import SQUATS, STEPS
from playwright.sync_api import Page, expect
from support.keyboard import Keyboard, heard_faults

from imuhip.catalogue.catalogue import Catalogue

pytestmark = NEEDED


@pytest.fixture
def gym(tmp_path: Path) -> Iterator[Gym]:
    """One with an empty catalogue."""
    with open_gym(tmp_path) as found:
        yield found


def test_a_whole_visit_by_keyboard(page: Page, gym: Gym) -> None:
    """From the first page to Progress: every stop is seen, each step leads the keyboard on."""
    expect.set_options(timeout=60_000)  # minutes long, while others use the machine
    keyboard = Keyboard(page)
    page.goto(gym.address)
    adds_an_athlete(keyboard)
    sets_up(keyboard)
    calibrates(keyboard, gym)
    trains(keyboard, gym)
    reviews(keyboard, gym)
    compares_and_follows(keyboard)


def settled(page: Page) -> None:
    """Wait until a page has done what it was asked for."""
    expect(page.locator("[data-test-script-state='notRunning']")).to_be_visible()
    expect(page.locator("[data-stale='true']")).to_have_count(0)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    assert heard_faults(page) == []


def adds_an_athlete(keyboard: Keyboard) -> None:
    """From Start to Athletes, and a form filled in."""
    page = keyboard.page
    keyboard.press("button", "Add an athlete")
    expect(page.get_by_role("heading", name="Athletes and sessions")).to_be_visible()
    settled(page)
    keyboard.open("Add an athlete")
    keyboard.to("textbox", "Id")
    page.keyboard.type("B2")
    keyboard.to("textbox", "Name")
    page.keyboard.type("Berta Beispiel")
    keyboard.press("button", "Add")
    expect(page.get_by_text("B2 is added.")).to_be_visible()
    settled(page)
    keyboard.press("button", "Set up a session", "Space")


def sets_up(keyboard: Keyboard) -> None:
    """Goal and movement of the day; the recording begins once consent is saved."""
    page = keyboard.page
    expect(page.locator(".cards .fine")).to_have_count(3, timeout=60_000)
    expect(page.get_by_label("Who trains?")).to_have_value("B2")
    settled(page)
    keyboard.press("combobox", "Goal", "ArrowDown")
    expect(page.get_by_label("Goal")).to_have_value("powerlifting")
    keyboard.open("Today: choose the movements")
    keyboard.to("checkbox", "squat")
    page.keyboard.press("Space")
    expect(page.locator("summary")).to_have_text("Today: squat")
    keyboard.press("button", "Start the recording")
    expect(page.locator(".refused")).to_contain_text("There is no consent of B2 on file")
    keyboard.press("button", "B2 agrees: save the consent and start")


def calibrates(keyboard: Keyboard, gym: Gym) -> None:
    """Every step with Enter alone: the keyboard goes from Begin to Now, and on to Next."""
    page = keyboard.page
    for step, following in pairwise(STEPS):
        gym.athlete.wait_for(f"ready {step}")
        keyboard.has("button", "Begin")
        page.keyboard.press("Enter")
        keyboard.has("button", "Now")
        page.keyboard.press("Enter")
        gym.athlete.wait_for(f"did {step}")
        expect(page.locator(".verdict")).to_have_text("Good – that counts.")
        if following in TITLES:
            keyboard.has("button", f"Next: {TITLES[following]}")
            page.keyboard.press("Enter")
    keyboard.has("button", "Start training")
    page.keyboard.press("Enter")


def trains(keyboard: Keyboard, gym: Gym) -> None:
    """A set is begun, marked and ended; who listens hears each repetition."""
    page = keyboard.page
    page.wait_for_function("window.imuhip?.live?.state === 'live'")
    gym.athlete.wait_for("ready squat")
    keyboard.press("button", "Begin: squat", "Space")
    heard = page.get_by_role("status").filter(has_text=re.compile(r"^Squat 1: left (in|out) \d+°"))
    expect(heard).to_have_count(1)
    keyboard.press("button", "Pain", "Space")
    expect(page.locator(".said")).to_have_text("Marked: pain")
    assert heard_faults(page) == []
    gym.athlete.wait_for("did squat")
    expect(page.locator(".set .count")).to_have_text(str(SQUATS))
    keyboard.to("button", "End: squat", back=True)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Begin: squat")).to_be_visible()
    keyboard.to("button", "Stop", back=True)
    page.keyboard.press("Enter")
    expect(page.locator(".last")).to_contain_text("Kept, and filed under B2", timeout=90_000)
    keyboard.press("link", "Open in Review")


def reviews(keyboard: Keyboard, gym: Gym) -> None:
    """The time goes on by the arrows, and a repetition is taken out in the table."""
    page = keyboard.page
    page.wait_for_function("() => window.imuhip?.review?.rows > 0")
    settled(page)
    clock = page.get_by_role("status").filter(has_text=" / ")
    before = clock.inner_text()
    keyboard.press("slider", "Time", "ArrowRight")
    expect(clock).not_to_have_text(before)
    keyboard.to_table()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_role("button", name="Selected")).to_be_enabled()
    settled(page)
    keyboard.to("textbox", "Why do the selected repetitions not count?")
    page.keyboard.type("lost balance")
    keyboard.press("button", "Exclude")
    expect(page.get_by_text("1 repetition excluded: lost balance.")).to_be_visible()
    expect(page.get_by_label("Why do the selected repetitions not count?")).to_have_value("")
    settled(page)
    with Catalogue(gym.catalogue) as catalogue:
        (session,) = catalogue.sessions("B2")
        assert "pain" in [label for _, label in catalogue.marks(session.id)]
        out = [rep for rep in catalogue.repetitions(session.id) if rep.excluded]
    assert [rep.excluded for rep in out] == ["lost balance"] * 2


def compares_and_follows(keyboard: Keyboard) -> None:
    """The pages' names at the top lead on; what is compared is chosen by the arrows."""
    page = keyboard.page
    keyboard.press("link", "Compare")
    expect(page.locator(".picture img").first).to_be_visible()
    settled(page)
    keyboard.press("radio", "Left and right", "ArrowRight")
    expect(page.get_by_role("radio", name="Set and set")).to_be_checked()
    settled(page)
    keyboard.press("link", "Progress")
    expect(page.get_by_text("One measure over the weeks")).to_be_visible()
    settled(page)
