"""The set-up page in a browser, against a collector that judges what it is asked to."""

import json
import math
import urllib.request
from typing import Any

from playwright.sync_api import Browser, Page, Route, expect

STREAMS = "window.imuhip && window.imuhip.setup && window.imuhip.setup.state === 'live'"


def open_setup(page: Page, address: str) -> None:
    page.goto(f"{address}setup")
    page.wait_for_function(STREAMS)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def control(collector: Any, label: str, what: str = "asked") -> list[Any]:
    """Send a mark; all that the collector was ``asked``, or has ``marked``, so far."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{collector.port}/control/mark",
        json.dumps({"label": label}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5.0) as answer:  # noqa: S310 - loopback
        said: dict[str, list[Any]] = json.load(answer)
    return said[what]


def do_step(page: Page, begin: str = "Begin") -> None:
    press(page, begin)
    press(page, "Now")
    press(page, "Done")


def test_a_coach_is_led_through_the_calibration(page: Page, address: str, collector: Any) -> None:
    """Start, steps with their verdicts, one to do again, one skipped; a reload forgets nothing."""
    collector.start("--ready")
    open_setup(page, address)
    expect(page.locator("#athletes option[value=A1]")).to_have_count(1)
    page.get_by_label("Who trains?").fill("A7")
    page.get_by_label("Goal").select_option("weightlifting")
    press(page, "Start the recording")
    do_step(page)
    expect(page.locator(".verdict")).to_have_text("Good – that counts.")
    press(page, "Next: Stand")
    expect(page.locator(".says")).to_contain_text("Stand tall")
    do_step(page)
    expect(page.locator(".gates")).to_contain_text("Left thigh: sway")
    press(page, "Next: Bow")
    do_step(page)
    expect(page.locator(".verdict")).to_have_text("Not yet. Bow deeper and straight ahead.")
    for words in ("20°", "at least 35°", "not enough"):
        expect(page.locator(".gates")).to_contain_text(words)
    do_step(page, "Do it again")
    expect(page.locator(".verdict")).to_have_text("Good – that counts.")
    press(page, "Next: Left knee")
    press(page, "Skip")
    expect(page.locator(".coach h3")).to_have_text("Right knee")
    asked = control(collector, "pain")
    marked = control(collector, "pain", "marked")
    names = ["tray", "stand", "bow", "bow"]
    steps = [f"{edge}:{name}" for name in names for edge in ("begin", "end")]
    assert marked == ["begin:preparation", *steps, "pain", "pain"]
    assert ["start", {"goal": "weightlifting", "athlete": "A7"}] in asked
    page.reload()
    expect(page.locator(".protocol .done")).to_have_count(3)
    expect(page.locator(".coach h3")).to_have_text("Left knee")


def test_nobody_is_recorded_by_mistake(page: Page, address: str, collector: Any) -> None:
    """Without an athlete the first press says what that means; who insists presses again."""
    collector.start("--ready")
    open_setup(page, address)
    press(page, "Start the recording")
    expect(page.locator(".refused")).to_contain_text("would not be filed")
    assert not [action for action, _ in control(collector, "pain") if action == "start"]
    press(page, "Start the recording")
    expect(page.get_by_role("button", name="Begin", exact=True)).to_be_visible()
    assert ["start", {"goal": "general"}] in control(collector, "pain")


def test_a_sensor_in_the_wrong_place_is_found_by_shaking(
    page: Page, address: str, collector: Any
) -> None:
    """Shaking the place that is asked for says whether its own sensor moved, or another one."""
    collector.start("--ready")
    open_setup(page, address)
    press(page, "Check places by shaking")
    expect(page.locator(".asked")).to_contain_text("Shake the one on the pelvis")
    control(collector, "shaken:pelvis")
    expect(page.locator(".asked")).to_contain_text("Shake the one on the left thigh")
    control(collector, "shaken:thigh_right")
    expect(page.locator(".asked")).to_contain_text("but the right thigh sensor moved: swap")
    press(page, "Keep them so: this is the left thigh sensor")
    expect(page.locator(".asked")).to_contain_text("Shake the one on the pelvis")
    asked = control(collector, "shaken:pelvis")
    assert asked[-2] == ["bind", {"thigh_left": "thigh_right", "thigh_right": "thigh_left"}]
    expect(page.locator(".asked")).to_contain_text("Shake the one on the left thigh")
    control(collector, "shaken:thigh_right")
    expect(page.locator(".asked")).to_contain_text("Shake the one on the right thigh")
    control(collector, "shaken:thigh_left")
    expect(page.locator(".asked")).to_have_text("All sensors are where they should be.")
    card = page.locator(".cards li", has_text="Left thigh")
    expect(card).to_contain_text("battery low")
    assert page.locator('[data-place="thigh_left"]').get_attribute("class") == "wrong"


def test_the_figure_moves_as_the_sensors_say(page: Page, address: str, collector: Any) -> None:
    """The thigh that is bent is bent on the page: other pixels, and the angle that was sent."""
    collector.start()
    open_setup(page, address)
    stage = page.locator(".stage canvas")
    page.wait_for_function("window.imuhip.setup.pose.left.flexion < 5")
    straight = stage.screenshot()
    page.wait_for_function("window.imuhip.setup.pose.left.flexion > 75")
    assert stage.screenshot() != straight
    pose = page.evaluate("window.imuhip.setup.pose")
    assert pose["right"]["flexion"] == 0.0
    assert math.isfinite(pose["pelvis"]["tilt"])
    press(page, "Side")
    expect(page.get_by_role("button", name="Side", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_the_last_choice_of_movements_counts(page: Page, address: str, collector: Any) -> None:
    """A choice whose request is slow is not overtaken by the next one and does not undo it."""
    collector.start("--ready")
    open_setup(page, address)
    held: list[Route] = []
    page.route("**/control/plan", lambda route: route.continue_() if held else held.append(route))
    page.get_by_label("Who trains?").fill("A7")
    page.get_by_label("Goal").select_option("weightlifting")
    page.locator("summary").click()
    page.get_by_label("squat", exact=True).check()
    for _ in range(2):
        page.wait_for_event("response", lambda answer: answer.url.endswith("/status"))
    with page.expect_response(lambda answer: "squat" in (answer.request.post_data or "")):
        held[0].continue_()
    plans = [said for action, said in control(collector, "pain") if action == "plan"]
    chosen = {"athlete": "A7", "goal": "weightlifting", "movements": "squat"}
    assert plans[-1] == {**chosen, "screen": "-", "queue": "-", "tester": "-"}


def test_who_tests_is_offered_sent_and_remembered(page: Page, address: str, collector: Any) -> None:
    """The name goes with the start, and stands there again for the next athlete."""
    collector.start("--ready")
    open_setup(page, address)
    page.get_by_label("Who trains?").fill("A7")
    page.get_by_label("Who tests?").fill("KM")
    press(page, "Start the recording")
    expect(page.get_by_label("Who tests?")).to_be_disabled()
    asked = control(collector, "pain")
    assert ["start", {"goal": "general", "athlete": "A7", "tester": "KM"}] in asked
    plans = [said for action, said in asked if action == "plan"]
    assert plans[-1]["tester"] == "KM"
    kept = page.evaluate("localStorage.getItem('imuhip-tester')")
    assert kept == "KM"
    fresh = page.context.new_page()
    fresh.route("**/imu/status", lambda route: route.abort())  # what this machine alone knows
    fresh.goto(f"{address}setup")
    expect(fresh.get_by_label("Who tests?")).to_have_value("KM")


def test_two_viewers_share_one_countdown(
    page: Page, browser: Browser, address: str, collector: Any
) -> None:
    """A tablet shows the step that the laptop began; its taps and a reload add no second mark."""
    collector.start("--ready")
    open_setup(page, address)
    page.get_by_label("Who trains?").fill("A7")
    press(page, "Start the recording")
    context = browser.new_context(viewport={"width": 820, "height": 1180}, bypass_csp=True)
    tablet = context.new_page()
    open_setup(tablet, address)
    expect(tablet.get_by_label("Who trains?")).to_have_value("A7")
    press(page, "Begin")
    expect(tablet.locator(".count-word")).to_have_text("get ready")
    expect(tablet.get_by_role("button", name="Begin", exact=True)).to_be_hidden()
    press(tablet, "Now")
    expect(page.locator(".count-word")).to_have_text("seconds – go on")
    page.goto("about:blank")  # whoever began it has gone
    expect(tablet.locator(".verdict")).to_have_text("Good – that counts.", timeout=15_000)
    context.close()
    marked = control(collector, "pain", "marked")
    assert marked == ["begin:preparation", "begin:tray", "end:tray", "pain"]
    open_setup(page, address)
    expect(page.locator(".protocol .done")).to_have_count(1)


def test_start_without_consent_has_a_button_to_write_it_down(
    page: Page, address: str, collector: Any
) -> None:
    """The chip says so before, start is refused, one tap writes it down and starts."""
    collector.start("--ready")
    open_setup(page, address)
    page.get_by_label("Who trains?").fill("B9")
    expect(page.locator(".consent")).to_have_text("No consent on file yet")
    press(page, "Start the recording")
    expect(page.locator(".refused")).to_contain_text("no consent of B9")
    press(page, "B9 agrees: save the consent and start")
    expect(page.get_by_role("button", name="Begin", exact=True)).to_be_visible()
    expect(page.locator(".consent")).to_have_text("✓ consent on file")
    page.reload()
    expect(page.get_by_label("Who trains?")).to_have_value("B9")
    expect(page.locator(".consent")).to_have_text("✓ consent on file")


def test_hands_free_the_steps_follow_one_another(page: Page, address: str, collector: Any) -> None:
    """One tap: the next step begins by itself, and a step that fails is done again."""
    collector.start("--ready")
    open_setup(page, address)
    page.get_by_label("Who trains?").fill("A7")
    press(page, "Start the recording")
    press(page, "All steps, hands-free")
    expect(page.locator(".coach h3")).to_have_text("Stand", timeout=20_000)
    press(page, "Go on hands-free")
    for title in ("Bow", "Left knee"):
        while page.locator(".coach h3").inner_text() != title:
            done = page.get_by_role("button", name="Done", exact=True)
            now = page.get_by_role("button", name="Now", exact=True)
            for button in (now, done):
                if button.is_visible():
                    button.evaluate("each => each.hidden || each.click()")
            page.wait_for_timeout(100)
    marked = control(collector, "pain", "marked")
    assert marked.count("begin:bow") == 2, "the bow that was too shallow was not repeated"
    press(page, "Stop")
    expect(page.get_by_role("button", name="Go on hands-free")).to_be_visible()
