"""A coach's whole visit in a real browser: from virtual sensors over Bluetooth to the report.

The gym is that of `beds.gym`. Pictures of every station stay in the folder that the environment
variable ``IMUHIP_PICTURES`` names, else in pytest's own (``--basetemp``).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from beds.gym import NEEDED, TITLES, Gym, open_gym
from beds.visit_athlete import SQUATS, STEPS
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from imuhip.catalogue.catalogue import Catalogue

pytestmark = NEEDED

PORTRAIT: Final = {"width": 820, "height": 1180}
LANDSCAPE: Final = {"width": 1180, "height": 820}


@pytest.fixture
def gym(tmp_path: Path) -> Iterator[Gym]:
    """One with an empty catalogue."""
    with open_gym(tmp_path) as found:
        yield found


@pytest.fixture
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures of the stations are kept."""
    wanted = os.environ.get("IMUHIP_PICTURES")
    folder = Path(wanted) if wanted else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass
class Coach:
    """Goes through the pages, and keeps a picture of each station."""

    page: Page
    gym: Gym
    pictures: Path

    def see(self, name: str, page: Page | None = None) -> None:
        """Keep a picture of the whole page, once everything that is being drawn is drawn."""
        page = page or self.page
        expect(page.locator("[data-test-script-state='notRunning']")).to_be_visible()
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
        seen = page.viewport_size
        assert seen is not None
        height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
        if height > seen["height"] + 100:  # the live page and set-up fill the screen, no more
            page.set_viewport_size({"width": seen["width"], "height": height})
        page.screenshot(path=self.pictures / f"{name}.png")
        page.set_viewport_size(seen)

    def press(self, name: str) -> None:
        """Tap a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def go(self, name: str) -> None:
        """Tap a page's name at the top."""
        self.page.get_by_test_id("stTopNavLink").filter(has_text=name).click()

    def do(self, step: str, picture: str = "") -> None:
        """Let the athlete do a step of the calibration, and see that it counts."""
        self.gym.athlete.wait_for(f"ready {step}")
        expect(self.page.locator(".coach h3")).to_have_text(TITLES[step])
        self.press("Begin")
        self.press("Now")
        if step == "bow":  # what runs is not the page's: a reload finds it
            self.page.reload()
        self.gym.athlete.wait_for(f"did {step}")
        if picture:
            self.see(f"{picture}-goes-on")
        # The page's own countdown may have ended the step a moment ago.
        self.page.locator('[data-do="end"]').evaluate("button => button.hidden || button.click()")
        expect(self.page.locator(".verdict")).to_have_text("Good – that counts.")
        if picture:
            self.see(f"{picture}-judged")


@pytest.fixture
def coach(page: Page, gym: Gym, pictures: Path) -> Coach:
    """Somebody at a laptop."""
    return Coach(page, gym, pictures)


def test_a_whole_visit(coach: Coach, browser: Browser) -> None:
    """The example; then an athlete is set up, measured, reviewed, compared, followed, reported."""
    looks_at_the_example(coach)
    adds_an_athlete(coach)
    sets_up(coach)
    trains(coach, browser)
    reviews(coach)
    compares_and_follows(coach)
    reports(coach)


def looks_at_the_example(coach: Coach) -> None:
    """From the first page to athletes who fill the others, and back to one's own."""
    page = coach.page
    page.goto(coach.gym.address)
    coach.see("00-start")
    coach.press("Look at an example")
    expect(page.locator(".person")).to_have_count(3)
    coach.go("Review")
    page.wait_for_function("() => window.imuhip?.review?.rows > 0")
    coach.see("00-example-review")
    coach.press("Back to my athletes")
    expect(page.get_by_text("There are no athletes yet")).to_be_visible()


def adds_an_athlete(coach: Coach) -> None:
    """On the page Athletes, in an empty catalogue."""
    page = coach.page
    coach.see("01-athletes-empty")
    page.get_by_text("Add an athlete", exact=True).click()
    page.get_by_role("textbox", name="Id").fill("B2")
    page.get_by_role("textbox", name="Name").fill("Berta Beispiel")
    coach.press("Add")
    expect(page.get_by_text("B2 is added.")).to_be_visible()
    coach.see("02-athletes-added")


def sets_up(coach: Coach) -> None:
    """Athlete, goal, battery, sensors, then the calibration step by step."""
    page = coach.page
    coach.press("Set up a session")
    expect(page.locator(".cards li")).to_have_count(3)
    expect(page.get_by_label("Who trains?")).to_have_value("B2")
    page.get_by_label("Goal").select_option("weightlifting")
    page.locator("summary").click()
    page.get_by_label("squat", exact=True).check()
    expect(page.locator(".cards .fine")).to_have_count(3, timeout=60_000)
    coach.see("03-setup-sensors")
    page.locator("summary").click()
    coach.press("Start the recording")
    expect(page.locator(".refused")).to_contain_text("There is no consent of B2 on file")
    coach.press("B2 agrees: save the consent and start")
    for step, following in pairwise(STEPS):
        coach.do(step, {"stand": "04-setup-stand", "bow": "05-setup-bow"}.get(step, ""))
        if following in TITLES:
            coach.press(f"Next: {TITLES[following]}")
    coach.see("06-setup-done")
    page.get_by_text("Start training").click()


def trains(coach: Coach, browser: Browser) -> None:
    """The live page: squats are counted, a pain and a note are put, freeze, stop."""
    page, athlete = coach.page, coach.gym.athlete
    page.wait_for_function("window.imuhip?.live?.state === 'live'")
    athlete.wait_for("ready squat")
    coach.press("Begin: squat")
    expect(page.locator(".set .count")).to_have_text("1")
    page.keyboard.press("p")
    expect(page.locator(".said")).to_have_text("Marked: pain")
    in_reach(page)
    coach.see("07-live-first-squat")
    on_a_tablet(coach, browser)
    page.keyboard.press("n")
    page.keyboard.type("knee tracks in on the way up")
    page.keyboard.press("Enter")
    coach.press("Freeze")
    coach.see("10-live-frozen")
    coach.press("Go on")
    athlete.wait_for("did squat")
    expect(page.locator(".set .count")).to_have_text(str(SQUATS))
    held = page.evaluate("window.imuhip.live.held")
    assert held["left"]["most"] - held["left"]["least"] > 5.0, "the gauges did not move"
    coach.press("End: squat")
    coach.see("11-live-set-done")
    page.keyboard.press("g")
    coach.see("12-live-gym")
    page.keyboard.press("g")
    coach.press("Stop")
    expect(page.locator(".last")).to_contain_text("B2")
    coach.see("13-live-stopped")
    expect(page.locator(".last")).to_have_text(
        "Kept, and filed under B2. Open in Review", timeout=90_000
    )
    coach.see("14-live-filed")


def on_a_tablet(coach: Coach, browser: Browser) -> None:
    """A second viewer who comes in the middle of the set sees all of it, either way up."""
    context = browser.new_context(viewport=PORTRAIT, bypass_csp=True, has_touch=True)
    page = context.new_page()
    page.goto(coach.gym.address + "live")
    page.wait_for_function("window.imuhip?.live?.state === 'live'")
    expect(page.locator(".movement")).to_have_text("squat · set 1")
    expect(page.get_by_role("button", name="End: squat")).to_be_visible()  # the laptop's choice
    in_reach(page)
    coach.see("08-live-tablet-portrait", page)
    page.set_viewport_size(LANDSCAPE)
    page.wait_for_function("window.imuhip.live.state === 'live'")
    in_reach(page)
    coach.see("09-live-tablet-landscape", page)
    context.close()


def in_reach(page: Page) -> None:
    """Whatever the set tells, the coach need not scroll to stop or to mark."""
    expect(page.locator(".findings li").first).to_be_visible()
    for name in ("Stop", "Pain", "Cue", "Note"):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_in_viewport(ratio=1.0)


def reviews(coach: Coach) -> None:
    """From the live page to the session; a repetition is taken out with a reason."""
    page = coach.page
    page.get_by_role("link", name="Open in Review").click()
    page.wait_for_function("() => window.imuhip?.review?.rows > 0")
    with Catalogue(coach.gym.catalogue) as catalogue:
        (session,) = catalogue.sessions("B2")
        labels = [label for _, label in catalogue.marks(session.id)]
        assert session.movements == {"squat": SQUATS}
        assert session.grade in ("good", "fair")
    assert "pain" in labels
    assert "note:knee tracks in on the way up" in labels
    coach.see("15-review")
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 52)
    expect(page.get_by_role("button", name="Selected")).to_be_enabled()
    why = page.get_by_label("Why do the selected repetitions not count?")
    why.fill("lost balance")
    coach.press("Exclude")
    expect(page.get_by_text("1 repetition excluded: lost balance.")).to_be_visible()
    expect(why).to_have_value("")
    coach.see("16-review-excluded")
    with Catalogue(coach.gym.catalogue) as catalogue:
        taken = [rep.excluded for rep in catalogue.repetitions(session.id) if rep.excluded]
    assert taken == ["lost balance"] * 2  # both sides of the one repetition
    expect(page.locator(".furthest span")).to_have_text(["left", "right"])
    for tab in ("Paths and averages", "Findings", "Notes of the moment"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel").locator("visible=true")).not_to_be_empty()
        coach.see(f"16-review-{tab.split()[0].lower()}")


def compares_and_follows(coach: Coach) -> None:
    """Left against right, and the first dot of many weeks."""
    page = coach.page
    coach.go("Compare")
    expect(page.locator(".picture img").first).to_be_visible()
    coach.see("17-compare")
    coach.go("Progress")
    expect(page.locator(".picture img").first).to_be_visible()
    coach.see("18-progress")


def reports(coach: Coach) -> None:
    """As a page for the athlete and as the coach's PDF."""
    page = coach.page
    coach.go("Report")
    expect(page.locator(".report").first).to_be_visible()
    coach.see("19-report-athlete")
    with page.expect_download() as html:
        coach.press("HTML")
    text = Path(html.value.path()).read_text(encoding="utf-8")
    assert "ot a medical device" in text
    page.get_by_text("coach", exact=True).click()
    with page.expect_download() as pdf:
        coach.press("PDF")
    content = Path(pdf.value.path()).read_bytes()
    words = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(content)).pages)
    assert "squat" in words.lower()
    coach.see("20-report-coach")
    coach.go("Athletes")
    expect(page.locator(".person")).to_have_count(1)
    expect(page.get_by_test_id("stDataFrame").last).to_be_visible()
    coach.see("21-athletes-filed")
