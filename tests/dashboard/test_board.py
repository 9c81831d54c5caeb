"""Several kits of sensors on one dashboard: all on the board, each with pages of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from support.dashboard_processes import environment, free_port, running

from imuhip.catalogue.catalogue import Catalogue
from imuhip.core.resources import recording_path
from imuhip.live.dashboard import dashboard_command, dashboard_url
from imuhip.recording.reader import RecordingReader
from imuhip.recording.writer import RecordingWriter
from imuhip.simulate.output import write
from imuhip.simulate.performance import Compensation, Performance
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup

NAMES = {"A1": "Anna", "B2": "Ben"}


@pytest.fixture(autouse=True)
def _patient(page: Page) -> None:  # noqa: ARG001 - which sets its own, shorter
    """Replays take a while to begin where others use the machine."""
    expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def hubs() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture(scope="module")
def address(hubs: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard with two kits, whose athletes it knows."""
    folder, port = tmp_path_factory.mktemp("board"), free_port()
    catalogue = str(folder / "catalogue.sqlite")
    with Catalogue(catalogue) as opened:
        for athlete, name in NAMES.items():
            opened.add_athlete(athlete, name)
    first, *others = (f"ws://127.0.0.1:{hub}/live" for hub in hubs)
    command = dashboard_command(first, port, more_hubs=others, catalogue=catalogue)
    with running(command, dashboard_url(port), folder) as url:
        yield url


@pytest.fixture
def recordings(tmp_path: Path) -> tuple[Path, ...]:
    """The shipped recording as each athlete's own."""
    return tuple(recorded(athlete, tmp_path / f"{athlete}.mcap") for athlete in NAMES)


def recorded(athlete: str, path: Path) -> Path:
    reader = RecordingReader(recording_path("squats_and_pivots"))
    with RecordingWriter(path, replace(reader.header, athlete=athlete), fsync=False) as writer:
        for batch in reader.batches():
            writer.append_batch(batch)
    return path


@contextmanager
def replayed(recording: Path, hub: int, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A recording replayed into a hub of its own, by the command line."""
    command = [sys.executable, "-m", "imuhip", "replay", str(recording), "--serve"]
    process = subprocess.Popen(
        [*command, "--port", str(hub), *options], stdout=subprocess.DEVNULL, env=environment()
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def card(page: Page, kit: int) -> Locator:
    return page.locator(".board .kit").nth(kit - 1)


def test_a_kit_that_ends_is_said_and_the_other_goes_on(
    page: Page, address: str, hubs: tuple[int, int], recordings: tuple[Path, ...]
) -> None:
    """Each card shows its own athlete, set and last repetition; a lost link touches no other."""
    page.goto(address + "board")
    for kit in (1, 2):
        expect(card(page, kit).locator(".state")).to_have_text("Waiting for the collector")
        expect(card(page, kit).locator("h2")).to_have_text("Nobody chosen yet")
    with ExitStack() as replays:
        replays.enter_context(replayed(recordings[1], hubs[1], "--speed", "8", "--loop"))
        ends = replays.enter_context(replayed(recordings[0], hubs[0], "--speed", "6", "--exit"))
        for kit, (athlete, name) in enumerate(NAMES.items(), 1):
            one = card(page, kit)
            expect(one.locator("h2")).to_have_text(f"{name} ({athlete})")
            expect(one.locator(".state")).to_have_text("Replay")
            expect(one.locator(".movement")).to_contain_text("set 1")
            expect(one.locator(".newest [data-of=left] small")).to_contain_text("±")
            expect(one.locator(".newest [data-of=right] b")).to_contain_text("°")
        expect(card(page, 1).locator(".state")).to_have_text("Collector stopped – reconnecting")
        assert ends.wait() == 0
        kept = card(page, 1).locator(".newest").inner_text()
        assert "°" in kept, "the last repetition stays, with what is wrong above it"
        before = card(page, 2).locator(".newest").inner_text()
        expect(card(page, 2).locator(".newest")).not_to_have_text(before, use_inner_text=True)
        expect(card(page, 2).locator(".state")).to_have_text("Replay")
        assert card(page, 1).locator(".newest").inner_text() == kept

        card(page, 2).get_by_role("link", name="Live").click()
        expect(page.locator(".live .kit")).to_have_text("Kit 2")
        expect(page.locator(".live .state")).to_have_text("Replay")
        page.get_by_role("link", name="Set up", exact=True).click()
        expect(page.locator(".setup .kit")).to_have_text("Kit 2")
        expect(page.locator(".setup .state")).to_have_text("Replay")
        page.reload()
        expect(page.locator(".setup .kit")).to_have_text("Kit 2")


def test_what_stands_out_is_read_from_two_metres(
    page: Page, address: str, hubs: tuple[int, int], tmp_path: Path
) -> None:
    """With two kits on a laptop a finding has six words at most in 40 px, the angles 48 px."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(address + "board")
    knee_in = Performance(compensations=(Compensation("knee_in", 14.0, side="right"),))
    path = tmp_path / "knee_in.mcap"
    write(simulate("showcase", seed=7, grade="good", setup=Setup(performance=knee_in)), path)
    with replayed(path, hubs[0], "--speed", "15", "--loop"):
        one = card(page, 1)
        expect(
            one.locator(".headline[data-grade=marked], .headline[data-grade=mild]")
        ).not_to_be_empty()
        assert len(one.locator(".headline").inner_text().split()) <= 6
        size = "place => parseFloat(getComputedStyle(place).fontSize)"
        assert one.locator(".headline").evaluate(size) >= 40.0
        assert one.locator(".newest b:not(.words)").first.evaluate(size) >= 48.0
        assert one.locator("h2").evaluate(size) >= 30.0


def test_the_start_page_asks_which_kit(page: Page, address: str) -> None:
    """With several kits Start is about one of them, and so is the page that it leads to."""
    page.goto(address)
    page.get_by_role("radio", name="Kit 2").click()
    expect(page).to_have_url(f"{address}?kit=2")
    expect(page.locator("[data-test-script-state='notRunning']")).to_be_visible()
    page.get_by_test_id("stBaseButton-primary").click()
    expect(page.locator(".setup .kit")).to_have_text("Kit 2")
