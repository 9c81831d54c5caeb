"""What a coach does on the live page, and what the set tells, against a collector that answers."""

import json
import re
import urllib.request
from typing import Any

from playwright.sync_api import Browser, Page, expect

from imuhip.assess.measure_table import MEASURES
from imuhip.report.plain_words import RULE_WORDS

LIVE = "window.imuhip && window.imuhip.live && window.imuhip.live.state === 'live'"


def open_live(page: Page, address: str) -> None:
    page.goto(address + "live")
    page.wait_for_function(LIVE)


VISIT = {"athlete": "A7", "goal": "weightlifting", "movements": []}


def marks(collector: Any, label: str = "asked") -> list[str]:
    """Labels of the marks that the collector was asked for; asking adds one of its own."""
    return [each["label"] for action, each in asked(collector, label) if action == "mark"][:-1]


def marked(collector: Any) -> list[str]:
    """Labels of all marks that were put, whoever asked for them."""
    return list(answered(collector)["marked"])


def asked(collector: Any, label: str = "asked") -> list[Any]:
    """All that the collector was asked for, with what was said; asking adds a mark."""
    return list(answered(collector, label)["asked"])


def answered(collector: Any, label: str = "asked") -> dict[str, Any]:
    """What the collector answers to a mark."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{collector.port}/control/mark",
        json.dumps({"label": label}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5.0) as answer:  # noqa: S310 - loopback
        return dict(json.load(answer))


def test_marks_are_made_by_tap_and_by_key(page: Page, address: str, collector: Any) -> None:
    """Pain by key and by tap, a cue with its words; typing words presses no keys."""
    collector.start()
    open_live(page, address)
    page.keyboard.press("p")
    expect(page.locator(".said")).to_have_text("Marked: pain")
    page.get_by_role("button", name="Pain", exact=True).click()
    page.keyboard.press("c")
    page.keyboard.type("push from the floor")
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_have_text("Marked: cue: push from the floor")
    assert marks(collector) == ["pain", "pain", "cue:push from the floor"]
    assert page.evaluate("window.imuhip.live.frozen") is False


def test_a_page_opened_in_the_middle_of_a_set_knows_all_of_it(
    page: Page, address: str, collector: Any
) -> None:
    """Repetitions, the newest one and the findings after it stand there with the first picture."""
    collector.start()
    for _ in range(2):  # and once more, for a viewer that comes back
        open_live(page, address)
        expect(page.locator(".movement")).to_have_text("squat · set 1")
        expect(page.locator(".set .count")).to_have_text("2")
        expect(page.locator('.newest [data-of="left"]')).to_have_text("in 9° ± 4")
        expect(page.locator('.newest [data-of="right"]')).to_have_text("out 4° ± 4")
        # What was told after the first repetition has been replaced.
        expect(page.locator(".findings li b")).to_have_text(["knee_in after 2"])
        headline = page.locator(".headline")
        expect(headline).to_have_text("Left knee in")  # six words at most, to be read from afar
        assert headline.evaluate("p => parseFloat(getComputedStyle(p).fontSize)") >= 40.0


def test_the_load_is_changed_by_a_tap_and_marked(page: Page, address: str, collector: Any) -> None:
    """Two taps on + are one mark; bar and stance come with it, and another page shows them."""
    collector.start()
    open_live(page, address)
    for _ in range(2):
        page.get_by_role("button", name="5 kg more").click()
    expect(page.locator(".fields > b")).to_have_text("10 kg")
    page.locator(".fields .rest").click()
    page.get_by_label("Bar").select_option("front")
    page.get_by_label("Stance").select_option("wide")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".fields .rest")).to_have_text("front bar · wide")
    page.goto(f"{address}setup")  # at once: nothing that was tapped is lost
    expect(page.locator(".fields > b")).to_have_text("10 kg")
    said = [label for label in marked(collector) if label.startswith("note:set")]
    assert " ".join(said).count("load 10 kg") == 1
    assert "bar front, stance wide" in said[-1]


def test_a_low_battery_shows(page: Page, address: str, collector: Any) -> None:
    """The sensor that needs charging is named, with what is left."""
    collector.start()
    open_live(page, address)
    expect(page.locator(".sensors .wrong")).to_have_text("left thigh 9 % – battery low")


def test_each_number_is_a_tap_from_its_meaning(page: Page, address: str, collector: Any) -> None:
    """A tap on a number opens its definition; the keys are listed there, and Escape closes it."""
    collector.start()
    open_live(page, address)
    page.locator('[data-side="left"] .figure').click()
    asked = page.locator(".help .asked")
    expect(asked).to_contain_text("19 times out of 20")
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator(".keys")).to_contain_text("freeze")
    page.keyboard.press("Escape")
    page.locator(".newest").click()
    expect(asked).to_contain_text(MEASURES["rotation_arc_deg"].definition)
    page.keyboard.press("Escape")
    page.locator(".findings").click()
    expect(asked).to_contain_text(RULE_WORDS["knee_in"].definition)


def test_the_movements_of_the_day_are_marked_one_after_the_other(
    page: Page, address: str, collector: Any
) -> None:
    """Chosen at set-up, begun and ended by a tap on the live page; then the next one is offered."""
    collector.start()
    page.goto(f"{address}setup")
    page.get_by_text("choose the movements").click()
    page.get_by_label("90/90 switch").check()
    page.get_by_label("lunge, left leg in front").check()
    page.reload()
    expect(page.locator("summary")).to_have_text("Today: 90/90 switch · lunge, left leg in front")
    open_live(page, address)
    expect(page.locator(".activity")).to_have_text("squat")
    assert marks(collector, "end:squat") == []
    page.get_by_role("button", name="Begin: 90/90 switch").click()
    page.get_by_role("button", name="End: 90/90 switch").click()
    expect(page.get_by_role("button", name="Begin: lunge, left leg in front")).to_be_visible()
    assert marks(collector) == ["end:squat", "begin:ninety_ninety", "end:ninety_ninety"]


def test_the_theme_is_kept_over_a_reload(page: Page, address: str, collector: Any) -> None:
    """Gym colours chosen by key are there again when the page comes back."""
    collector.start()
    open_live(page, address)
    page.keyboard.press("g")
    expect(page.locator(".live")).to_have_attribute("data-theme", "gym")
    open_live(page, address)
    expect(page.locator(".live")).to_have_attribute("data-theme", "gym")


def test_recording_begins_and_ends_on_the_page(page: Page, address: str, collector: Any) -> None:
    """The button follows the collector's state: record whom set-up has chosen, then stop."""
    collector.start("--ready")
    page.add_init_script(f"localStorage.setItem('imuhip-visit', '{json.dumps(VISIT)}')")
    open_live(page, address)
    expect(page.get_by_role("button", name="Pain", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".said")).to_have_text("Recording stopped and kept")
    expect(page.get_by_role("button", name="Record")).to_be_visible()
    starts = [said for action, said in asked(collector) if action == "start"]
    assert starts == [{"athlete": "A7", "goal": "weightlifting"}]


def test_without_a_calibration_the_page_says_where_to_go(
    page: Page, address: str, collector: Any
) -> None:
    """While sensors are recorded and no angle is known, the way to set-up is shown."""
    collector.start("--silent")
    open_live(page, address)
    page.locator(".calibrate").get_by_role("link", name="Set up").click()
    expect(page).to_have_url(re.compile("/setup$"))


def test_the_athletes_own_goal_is_on_the_gauge(page: Page, address: str, collector: Any) -> None:
    """A goal for this movement and side stands in place of the profile's, while it is done."""
    collector.start()
    open_live(page, address)
    expect(page.locator(".legend .goal")).to_have_text("A1’s own goal: left in")
    zones = page.evaluate("window.imuhip.live.zones")
    inwards = {
        side: [(z["from_deg"], z["to_deg"]) for z in zones[side] if z["name"] == "in"]
        for side in zones
    }
    # A squat has no profile's goals: those are of a turn to the end range, and so is their scale.
    assert inwards == {"left": [(12.0, 45.0)], "right": []}
    assert len(zones["left"]) == 1
    assert zones["right"] == []
    marks(collector, "begin:seated_rotation_left")
    expect(page.locator(".legend .goal")).to_have_text("goal")
    seated = page.evaluate("window.imuhip.live.zones")
    both = [(25.0, 45.0), (-90.0, -50.0)]
    for side in ("left", "right"):
        assert [(z["from_deg"], z["to_deg"]) for z in seated[side]] == both


def test_what_is_inconclusive_is_a_dash_with_what_to_do(
    page: Page, address: str, collector: Any
) -> None:
    """After a long gap a side has no number, says what helps, and nothing is called fine."""
    collector.start("--lost")
    open_live(page, address)
    right = page.locator('[data-side="right"]')
    expect(right.locator(".figure b")).to_have_text("–")
    expect(right.locator(".held")).to_contain_text("Too uncertain to show; repeat the Stand step")
    expect(page.locator('[data-side="left"] .error')).to_have_text("± 5°")
    expect(page.locator('.newest [data-of="right"]')).to_have_text("–")
    expect(page.locator('.newest [data-of="left"]')).to_have_text("in 9° ± 4")
    expect(page.locator(".calm")).to_have_text(
        "Nothing stands out so far; some checks are inconclusive"
    )
    assert page.evaluate("window.imuhip.live.needles.right") is None


def test_sets_that_are_done_are_listed_and_repetitions_are_counted_aloud(
    page: Page, address: str, collector: Any
) -> None:
    """A new set keeps the one before in sight; with sound on its count is spoken, off it is not."""
    collector.start()
    page.add_init_script(
        "window.spoken = []; speechSynthesis.speak = (each) => window.spoken.push(each.text);"
    )
    open_live(page, address)
    expect(page.locator(".set .count")).to_have_text("2")
    page.get_by_role("button", name="Sound").click()
    marks(collector, "note:next set")
    expect(page.locator(".movement")).to_have_text("squat · set 2")
    expect(page.locator(".done li")).to_have_text(re.compile(r"squat 1: 2 · left (in|out) \d+°"))
    expect(page.locator('.newest [data-of="left"] small')).to_have_text(
        "92° deep · 1.5 – 0.3 – 1.0 s"
    )
    assert page.evaluate("window.spoken") == ["1"]
    expect(page.get_by_role("status").filter(has_text="Squat 1: left in 7°")).to_have_count(1)
    page.get_by_role("button", name="Sound").click()
    expect(page.get_by_role("button", name="Sound")).to_have_attribute("aria-pressed", "false")


def test_another_viewer_offers_the_same_movements(
    page: Page, browser: Browser, address: str, collector: Any
) -> None:
    """What was chosen on one screen is begun and ended on another, and marked once."""
    collector.start()
    page.goto(f"{address}setup")
    page.get_by_text("choose the movements").click()
    page.get_by_label("90/90 switch").check()
    context = browser.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True)
    phone = context.new_page()
    open_live(phone, address)
    assert marks(collector, "end:squat") == []
    phone.get_by_role("button", name="Begin: 90/90 switch").click()
    expect(phone.get_by_role("button", name="End: 90/90 switch")).to_be_visible()
    open_live(page, address)
    page.get_by_role("button", name="End: 90/90 switch").click()
    expect(phone.get_by_role("button", name="Begin: 90/90 switch")).to_be_visible()
    context.close()


def test_the_table_screen_is_done_by_one_button(
    page: Page, browser: Browser, address: str, collector: Any
) -> None:
    """Chosen on Set up, its tests follow each other; each viewer, and a reload, sees the ticks."""
    collector.start()
    page.goto(f"{address}setup")
    page.get_by_text("choose the movements").click()
    page.get_by_label("Table screen first").select_option("seated")
    page.get_by_label("90/90 switch").check()
    expect(page.locator("summary")).to_have_text("Today: table screen, seated · 90/90 switch")
    open_live(page, address)
    assert marks(collector, "end:squat") == []
    page.get_by_role("button", name="Begin: seated rotation, left, active").click()
    page.get_by_role("button", name="End: seated rotation, left, active").click()
    expect(page.get_by_role("button", name="Begin: seated rotation, right, active")).to_be_visible()
    context = browser.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True)
    tablet = context.new_page()
    open_live(tablet, address)
    expect(tablet.locator(".tests .ticked")).to_have_text(["left active"])
    tablet.get_by_role("button", name="seated rotation, left, passive: to do").click()
    tablet.get_by_role("button", name="Begin: seated rotation, left, passive").click()
    page.reload()
    page.get_by_role("button", name="End: seated rotation, left, passive").click()
    expect(page.locator(".tests .ticked")).to_have_text(["left active", "left passive"])
    page.get_by_role("button", name="Another movement").click()
    page.get_by_role("button", name="Begin: 90/90 switch").click()
    expect(page.get_by_role("button", name="End: 90/90 switch")).to_be_visible()
    tests = ["seated_rotation_left", "seated_rotation_left"]
    assert [each for each in marked(collector) if each.startswith(("begin:", "end:"))][-5:] == [
        *(f"{edge}:{test}" for test in tests for edge in ("begin", "end")),
        "begin:ninety_ninety",
    ]
    said = [each for each in marked(collector) if each.startswith("note:set")]
    assert said == ["note:set active", "note:set passive", "note:set effort unsaid"]
    context.close()


def test_a_squad_is_picked_by_name(page: Page, address: str, collector: Any) -> None:
    """Its athletes are the queue of the day, the first one trains; a few are named in the line."""
    collector.start("--ready")
    page.goto(f"{address}setup")
    page.get_by_text("choose the movements").click()
    page.get_by_label("Then, on the same sensors").select_option(label="U19, all 5")
    expect(page.get_by_label("Who trains?")).to_have_value("A1")
    expect(page.locator(".queue li")).to_have_count(4)
    words = "Today: then Bea (B1), Cyd (B2), Dot (B3) and 1 more"
    expect(page.locator("summary")).to_have_text(words)
    plan = next(said for action, said in reversed(asked(collector)) if action == "plan")
    assert (plan["athlete"], plan["queue"]) == ("A1", "B1,B2,B3,B4")


def test_a_test_that_is_refused_is_offered_again(page: Page, address: str, collector: Any) -> None:
    """The collector's sentence is shown, and the test that was picked is still the next one."""
    collector.start("--screened")
    open_live(page, address)
    page.get_by_role("button", name="seated rotation, right, passive: to do").click()
    answer = json.dumps({"error": "The recording has just ended. Start one first."})
    page.route(
        "**/control/test",
        lambda route: route.fulfill(status=409, content_type="application/json", body=answer),
    )
    begin = page.get_by_role("button", name="Begin: seated rotation, right, passive")
    begin.click()
    expect(page.locator(".said")).to_have_text("The recording has just ended. Start one first.")
    expect(begin).to_be_visible()
    page.unroute("**/control/test")
    begin.click()
    expect(page.get_by_role("button", name="End: seated rotation, right, passive")).to_be_visible()


def test_today_is_held_against_the_usual_before_training(
    page: Page, address: str, collector: Any
) -> None:
    """Once tests are done, Live says what differs from the athlete's usual, and what to do."""
    collector.start("--screened")
    open_live(page, address)
    usual = page.locator(".usual")
    expect(usual).to_contain_text("Today against your usual")
    expect(usual.locator("li")).to_have_text(
        [
            re.compile(r"Left internal rotation, seated: 12° .* less than usual"),
            re.compile("Warm up"),
        ]
    )
    # A table test has no load: its sentences have the room, on a small laptop too.
    expect(page.locator(".fields")).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 800})
    below = usual.evaluate(
        "usual => usual.getBoundingClientRect().bottom"
        " - usual.parentElement.getBoundingClientRect().bottom"
    )
    assert below <= 1.0


def test_a_squad_trains_on_one_kit(page: Page, address: str, collector: Any) -> None:
    """After Stop one tap lets the next one train: Set up is ready, nothing is bound anew."""
    collector.start("--ready")
    page.goto(f"{address}setup")
    page.get_by_label("Who trains?").fill("A7")
    page.get_by_text("choose the movements").click()
    page.get_by_label("squat", exact=True).check()
    page.get_by_label("Then, on the same sensors").select_option("A1")
    expect(page.locator(".queue li")).to_have_count(1)
    expect(page.locator("summary")).to_have_text("Today: squat · then A1")
    page.get_by_role("button", name="Start the recording").click()
    open_live(page, address)
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_visible()
    expect(page.get_by_role("button", name="Next athlete")).to_be_hidden()
    stop.click()
    page.get_by_role("button", name="Next athlete: A1").click()
    expect(page.get_by_label("Who trains?")).to_have_value("A1")
    expect(page.locator("summary")).to_have_text("Today: squat")
    expect(page.locator(".queue li")).to_have_count(0)
    actions = [action for action, _ in asked(collector) if action in ("start", "stop", "next")]
    assert actions == ["start", "stop", "next"]
    assert "bind" not in {action for action, _ in asked(collector)}
