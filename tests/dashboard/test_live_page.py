"""What the browser really draws, read from the page's hook and from the canvas's own pixels."""

import math
import signal
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

LIVE = "window.imuhip && window.imuhip.live && window.imuhip.live.state === '{}'"

NEEDLE = """side => {
  // The direction of the needle, from the pixels on circles that only the needle crosses.
  const live = window.imuhip.live;
  const host = [...document.querySelectorAll('*')].find(e => e.shadowRoot?.querySelector('.live'));
  const canvas = host.shadowRoot.querySelector(`[data-side="${side}"] canvas`);
  const { x, y, radius, ratio, turn } = live.geometry[side];
  const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let [sum, weight] = [0, 0];
  for (let share = 0.4; share <= 0.6; share += 0.02) {
    for (let a = -90; a <= 90; a += 0.2) {
      const px = Math.round((x + share * radius * Math.sin(a * Math.PI / 180)) * ratio);
      const py = Math.round((y - share * radius * Math.cos(a * Math.PI / 180)) * ratio);
      // The wedge around the needle is fainter than this.
      const ink = Math.max(0, image.data[4 * (py * canvas.width + px) + 3] - 60);
      sum += a * ink;
      weight += ink;
    }
  }
  return { drawn: weight ? turn * sum / weight : null, hook: live.needles[side], t: live.t };
}"""

LINE = """([side, from, to]) => {
  // How much of the trace, between two shares of its width, is drawn in the side's colour.
  const host = [...document.querySelectorAll('*')].find(e => e.shadowRoot?.querySelector('.live'));
  const root = host.shadowRoot.querySelector('.live');
  const canvas = root.querySelector('.trace canvas');
  const hex = getComputedStyle(root).getPropertyValue(`--${side}`).trim();
  const wanted = [1, 3, 5].map(k => parseInt(hex.slice(k, k + 2), 16));
  const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let columns = 0;
  const [first, last] = [from, to].map(share => Math.round(share * canvas.width));
  for (let x = first; x < last; x++) {
    for (let y = 0; y < canvas.height; y++) {
      const k = 4 * (y * canvas.width + x);
      const near = wanted.every((c, i) => Math.abs(c - image.data[k + i]) < 12);
      if (near && image.data[k + 3] > 100) { columns += 1; break; }
    }
  }
  return columns / (last - first);
}"""


def open_live(page: Page, address: str, state: str = "live") -> None:
    page.goto(address + "live")
    page.wait_for_function(LIVE.format(state))


def figure(page: Page, side: str) -> str:
    return page.locator(f'[data-side="{side}"] .figure b').inner_text()


def needle(page: Page, side: str) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(NEEDLE, side)
    return found


@pytest.mark.parametrize("degrees", [-75.0, -20.0, 0.0, 37.0])
def test_the_needle_points_at_the_angle(
    page: Page, address: str, collector: Any, degrees: float
) -> None:
    """The drawn needle and the big figure show the angle that the hub sends."""
    collector.start("--hold", str(degrees))
    open_live(page, address)
    seen = needle(page, "left")
    assert seen["hook"] == pytest.approx(degrees, abs=1e-9)
    assert seen["drawn"] == pytest.approx(degrees, abs=0.8)
    page.wait_for_function(LIVE.format("live") + " && window.imuhip.live.updates > 10")
    assert figure(page, "left") == f"{abs(degrees):.0f}°"
    word = page.locator('[data-side="left"] .figure span').inner_text()
    assert word == ("" if degrees == 0 else "in" if degrees > 0 else "out")


def test_the_needles_follow_a_moving_angle(page: Page, address: str, collector: Any) -> None:
    """Moment after moment, pixels and hook show the sine that is sent, mirrored for the right."""
    collector.start()
    open_live(page, address)
    times = []
    for _ in range(12):
        seen = needle(page, "left")
        times.append(seen["t"])
        assert seen["hook"] == pytest.approx(30.0 * math.sin(seen["t"]), abs=1e-6)
        assert seen["drawn"] == pytest.approx(seen["hook"], abs=0.8)
        other = needle(page, "right")
        assert other["hook"] == pytest.approx(-25.0 * math.sin(other["t"] + 0.6) - 8.0, abs=1e-6)
        assert other["drawn"] == pytest.approx(other["hook"], abs=0.8)
        page.wait_for_function(f"window.imuhip.live.t > {times[-1] + 0.1}")
    assert times == sorted(times)


def test_a_page_opens_full(page: Page, address: str, collector: Any) -> None:
    """The backfill is drawn at once: the whole trace is there with the first live picture."""
    collector.start()
    open_live(page, address)
    assert page.evaluate("window.imuhip.live.rows") >= 1000
    for side in ("left", "right"):
        assert page.evaluate(LINE, [side, 0.1, 0.9]) > 0.9


def test_the_page_survives_a_killed_and_restarted_collector(
    page: Page, address: str, collector: Any
) -> None:
    """It says that the collector stopped, shows no number, and goes on without a reload."""
    collector.start()
    open_live(page, address)
    page.evaluate("window.notReloaded = true")
    stream = page.evaluate("window.imuhip.live.stream")
    collector.kill()
    page.wait_for_function(LIVE.format("stopped"))
    assert page.locator(".state").inner_text() == "Collector stopped – reconnecting"
    page.wait_for_function("window.imuhip.live.needles.left === null")
    assert needle(page, "left")["drawn"] is None
    assert figure(page, "left") == figure(page, "right") == "–"
    collector.start()
    page.wait_for_function(LIVE.format("live"))
    assert page.evaluate("window.imuhip.live.stream") != stream
    assert needle(page, "left")["drawn"] is not None
    assert page.evaluate("window.notReloaded") is True


def test_a_page_that_is_opened_first_waits_for_the_collector(
    page: Page, address: str, collector: Any
) -> None:
    """Without a collector the page says so, and begins by itself when there is one."""
    open_live(page, address, "none")
    assert page.locator(".state").inner_text() == "Waiting for the collector"
    collector.start()
    page.wait_for_function(LIVE.format("live"))


def test_a_stream_that_halts_shows_no_number(page: Page, address: str, collector: Any) -> None:
    """When frames stop coming, needle and figure go within half a second, and come back."""
    collector.start()
    open_live(page, address)
    page.evaluate("""() => {
      const live = window.imuhip.live;
      window.age = new Promise((done) => {
        const look = () => {
          const now = performance.timeOrigin + performance.now();
          if (live.needles.left === null) done(now - live.latencies.at(-1).painted);
          else requestAnimationFrame(look);
        };
        look();
      });
    }""")
    collector.signal(signal.SIGSTOP)
    page.wait_for_function(LIVE.format("waiting"))
    assert page.evaluate("window.age") <= 500.0
    assert page.locator(".state").inner_text() == "Waiting for the sensors"
    assert needle(page, "left")["drawn"] is None
    assert figure(page, "left") == "–"
    collector.signal(signal.SIGCONT)
    page.wait_for_function(LIVE.format("live") + " && window.imuhip.live.needles.left !== null")


def test_no_angle_means_no_needle(page: Page, address: str, collector: Any) -> None:
    """NaN in a live stream is shown as a dash, without a needle, while the page stays live."""
    collector.start("--silent")
    open_live(page, address)
    page.wait_for_function("window.imuhip.live.updates > 5")
    for side in ("left", "right"):
        assert needle(page, side) == {"drawn": None, "hook": None, "t": pytest.approx(0, abs=1e9)}
        assert figure(page, side) == "–"


def test_extremes_are_held_until_they_are_reset(page: Page, address: str, collector: Any) -> None:
    """The furthest positions stay marked and written; the button forgets them."""
    collector.start()
    open_live(page, address)
    held = page.evaluate("window.imuhip.live.held.left")
    assert held["least"] == pytest.approx(-30.0, abs=0.01)
    assert held["most"] == pytest.approx(30.0, abs=0.01)
    written = page.locator('[data-side="left"] .held')
    expect(written).to_have_text("out 30° · in 30° · range 60°")
    page.get_by_role("button", name="Reset extremes").click()
    page.wait_for_function(
        "window.imuhip.live.held.left.most - window.imuhip.live.held.left.least < 30"
    )


def test_a_page_opened_in_the_middle_is_complete_at_once(
    page: Page, address: str, collector: Any
) -> None:
    """Extremes and counts of before are there with the first picture; a reset stays one."""
    collector.start("--played", "40")
    open_live(page, address)
    # Half a minute ago, long before the backfill, the left thigh turned further than ever since.
    page.wait_for_function("window.imuhip.live.held.left.most > 54")
    expect(page.locator(".count")).to_have_text("2")
    page.get_by_role("button", name="Reset extremes").click()
    page.wait_for_function("window.imuhip.live.held.left.most < 31")
    reset = page.evaluate("window.imuhip.live.t")
    page.reload()
    page.wait_for_function(LIVE.format("live"))
    page.wait_for_function("t => window.imuhip.live.t > t + 0.1", arg=reset)
    assert page.evaluate("window.imuhip.live.held.left.most") < 31


def test_what_happens_is_said(page: Page, address: str, collector: Any) -> None:
    """The movement that was marked and a gap that matters stand on the page in words."""
    collector.start()
    open_live(page, address)
    expect(page.locator(".activity")).to_have_text("squat")
    expect(page.locator(".news")).to_have_text("left thigh: no data for 0.4 s")


def test_freezing_holds_the_picture_while_data_flow(
    page: Page, address: str, collector: Any
) -> None:
    """A frozen picture stays as it was and says so; letting go shows the present at once."""
    collector.start()
    open_live(page, address)
    page.get_by_role("button", name="Freeze").click()
    page.wait_for_function("window.imuhip.live.frozen")
    before = needle(page, "left")
    clip = page.locator(".gauges").screenshot()
    page.wait_for_function("performance.now() > (window.until ??= performance.now() + 400)")
    assert needle(page, "left") == before
    assert page.locator(".gauges").screenshot() == clip
    page.get_by_role("button", name="Go on").click()
    page.wait_for_function(f"window.imuhip.live.t > {before['t']} + 0.3")


@pytest.mark.parametrize("size", [(1280, 800), (1024, 768), (768, 1024), (390, 844)])
def test_everything_fits_on_a_tablet(
    page: Page, address: str, collector: Any, size: tuple[int, int]
) -> None:
    """In either orientation gauges, figures and trace are on the screen without scrolling aside."""
    collector.start()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_live(page, address)
    for part in ('[data-side="left"]', '[data-side="right"]', ".trace", ".state"):
        box = page.locator(f".live {part}").first.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= size[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert needle(page, "left")["drawn"] is not None


def test_a_change_of_theme_changes_the_colours(page: Page, address: str, collector: Any) -> None:
    """In dark mode the two sides take their lighter pair, and the stream goes on."""
    collector.start()
    page.emulate_media(color_scheme="dark")
    open_live(page, address)
    assert page.locator(".live.dark").count() == 1
    assert page.evaluate(LINE, ["right", 0.1, 0.9]) > 0.9


def test_foreign_pages_cannot_listen(address: str) -> None:
    """The relay refuses a page of another site, and the dashboard a foreign Host."""
    url = address.replace("http:", "ws:") + "imu/live"
    with pytest.raises(InvalidStatus) as refused, connect(url, origin="http://evil.example"):
        pass
    assert refused.value.response.status_code == 403
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(url, additional_headers={"Host": "evil.example"}),
    ):
        pass
    assert refused.value.response.status_code in {400, 403}
