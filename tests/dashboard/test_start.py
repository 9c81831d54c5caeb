"""The first page: what is ready, what comes next, and the example."""

import json
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from beds.dashboard import run_page
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from dashboard.server.settings import Settings
from dashboard.views.start import remote_address, start_of
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.example import example_catalogue

NOBODY = "ws://127.0.0.1:9/live"
SENSORS = [
    {"sensor": "pelvis", "state": "streaming", "battery": 88.0, "battery_unit": "percent"},
    {"sensor": "thigh_left", "state": "lost", "battery": 9.0, "battery_unit": "percent"},
]


def test_without_a_collector_the_page_says_how_to_start_one() -> None:
    """Nothing is ready, and the big button leads to set-up all the same."""
    start = start_of(None, ())
    assert not start.sensors.done
    assert "imuhip collect" in start.sensors.words[1]
    assert start.athlete.words[0] == "There are no athletes yet."
    assert (start.button, start.page) == ("Set up and calibrate", "setup")


def test_sensors_and_athlete_show_what_is_wrong(tmp_path: Path) -> None:
    """A lost sensor and a missing consent are no tick; both are said."""
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        catalogue.add_athlete("A1", "Anna")
        status = {"state": "ready", "source": "live", "athlete": "A1", "sensors": SENSORS}
        start = start_of(status, catalogue.athletes())
        assert start.sensors.words == ("1 of 2 send data", "Pelvis ✓ 88 %",
                                       "Left thigh – lost, battery 9 %: charge it")  # fmt: skip
        assert not start.sensors.done
        assert start.athlete.words == ("Anna (A1)", "no consent yet")
        catalogue.give_consent("A1", "measuring")
        assert start_of(status, catalogue.athletes()).athlete.done


@pytest.mark.parametrize(
    ("status", "page"),
    [
        ({"state": "recording", "course": {"calibrating": True}}, "setup"),
        ({"state": "recording", "course": {"calibrating": False}}, "live"),
        ({"source": "replay"}, "live"),
        ({"state": "ready"}, "setup"),
    ],
)
def test_the_big_button_leads_to_what_comes_next(status: dict[str, object], page: str) -> None:
    """Calibration goes on in set-up, training and replays on the live page."""
    assert start_of(status, ()).page == page


def test_the_example_is_a_press_away_and_left_with_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The page offers it where there is nobody; one's own catalogue is not touched by it."""
    own = tmp_path / "catalogue.sqlite"
    page = run_page("start", monkeypatch, "--catalogue", str(own), "--hub", NOBODY)
    assert "Look at an example" in [button.label for button in page.button]
    with Catalogue(own) as catalogue:
        assert catalogue.athletes() == ()


@pytest.mark.parametrize("name", ["athletes", "review", "progress", "compare", "report"])
def test_the_example_fills_every_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """No page is empty, and none complains."""
    library = example_catalogue(tmp_path_factory.getbasetemp() / "example")
    page = run_page(name, monkeypatch, "--catalogue", str(library), "--hub", NOBODY)
    assert [each.value for each in page.error] == []
    assert not any("Nothing is filed" in each.value for each in page.info)


@pytest.mark.parametrize("name", ["athletes", "review", "progress", "compare", "report"])
def test_an_empty_page_says_what_belongs_there_and_has_the_buttons(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """Nobody meets an empty white box."""
    page = run_page(name, monkeypatch, "--catalogue", str(tmp_path / "none.sqlite"))
    assert len(_words(page)) == 1
    assert "Look at an example" in [button.label for button in page.button]


def _words(page: AppTest) -> list[str]:
    return [each.value for each in page.info]


def test_a_phone_gets_a_code_only_where_the_network_is_let_in(tmp_path: Path) -> None:
    """The code holds the machine's address and the token; without a token there is none."""
    assert remote_address(Settings(hosts=frozenset({"coach.local"}))) is None
    token = tmp_path / "token"
    token.write_text("secret")
    names = frozenset({"coach.local", "192.168.1.7"})
    settings = Settings(hosts=names, token_file=token, page_port=8600)
    assert remote_address(settings) == "http://192.168.1.7:8600/remote?token=secret"
    several = replace(settings, hubs=("ws://127.0.0.1:1/live", "ws://127.0.0.1:2/live"))
    assert remote_address(several, 2) == "http://192.168.1.7:8600/remote?token=secret&kit=2"


def test_the_page_follows_the_collector_and_rests_while_it_says_the_same(
    page: Page, address: str, collector: Any
) -> None:
    """Nothing is run anew while nothing changes; whom another screen chose is there by itself."""
    collector.start("--ready")
    page.goto(address)
    expect(page.get_by_text("3 of 3 send data")).to_be_visible()
    page.wait_for_function("window.imuhip?.start?.looked >= 2")
    assert page.evaluate("window.imuhip.start.asked") == 0
    request = urllib.request.Request(
        f"http://127.0.0.1:{collector.port}/control/plan",
        json.dumps({"athlete": "A1"}).encode(),
        {"content-type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=5.0).close()  # noqa: S310 - loopback
    expect(page.get_by_text("no consent yet")).to_be_visible()
    assert page.evaluate("window.imuhip.start.asked") == 1
