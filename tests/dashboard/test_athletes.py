import math
from dataclasses import replace
from pathlib import Path

import pytest
from beds.dashboard import Filed, run_page
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from dashboard.server.dropped import file_dropped, keep
from dashboard.views.sessions import session_rows, session_title, session_titles
from imuhip.catalogue.catalogue import Catalogue
from imuhip.core.errors import CatalogueError, RecordingError
from imuhip.simulate.output import write
from imuhip.simulate.session import simulate


def opened(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return run_page("athletes", monkeypatch, "--catalogue", str(filed.catalogue))


def select(page: AppTest, row: int) -> AppTest:
    """Select a session in the list."""
    page.session_state["sessions"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return page.run()


def press(page: AppTest, label: str) -> AppTest:
    """Press the button with this label."""
    page = next(button for button in page.button if button.label == label).click().run()
    assert not page.exception, page.exception
    return page


def test_a_session_is_a_row_with_what_is_said_of_it(filed: Filed) -> None:
    """A row tells when, what, how warm, load and tags; what nobody said has no column."""
    with Catalogue(filed.catalogue) as catalogue:
        session = catalogue.sessions("A1")[0]
    row = session_rows([replace(session, kind="cold", load_kg=60.0, tags=("screen",))])[0]
    assert (row["State"], row["Load"], row["Tags"]) == ("cold", "60 kg", ["screen"])
    assert "squat 8" in row["What"]
    loaded = replace(session, load_kg=60.0)
    assert [row["Load"] for row in session_rows([session, loaded])] == ["", "60 kg"]
    assert {"Load", "Tested by", "Notes"}.isdisjoint(session_rows([session])[0])
    both = replace(session, movements={"seated_rotation_left": 6, "seated_rotation_right": 5})
    assert session_rows([both])[0]["What"] == "seated rotation 11"
    assert session_title(replace(session, started=None)).startswith("no date")


def test_sessions_that_look_alike_have_titles_of_their_own(filed: Filed) -> None:
    """Two sessions of one hour and kind are distinguished by their recordings, or by their ids."""
    with Catalogue(filed.catalogue) as catalogue:
        one = catalogue.sessions("A1")[0]
    named = replace(one, id="b" * 64, recording=one.recording.with_name("second.mcap"))
    moved = replace(one, id="c" * 64, recording=Path("elsewhere") / one.recording.name)
    assert session_titles([one]) == {one.id: session_title(one)}
    titles = session_titles([one, named, moved])
    assert len(set(titles.values())) == 3
    assert titles[named.id].endswith("second")
    assert titles[moved.id].endswith("cccccc")


def test_what_is_said_of_a_session_is_kept(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    """State, load and notes are saved, and found by the search afterwards."""
    page = select(opened(filed, monkeypatch), 0)
    page.number_input[0].set_value(40.0)
    page.text_area[0].set_value("felt stiff")
    page = press(page, "Save")
    with Catalogue(filed.catalogue) as catalogue:
        session = catalogue.session(filed.session)
    assert session.load_kg == 40.0
    assert session.notes == "felt stiff"
    search = next(box for box in page.text_input if box.label == "Search")
    page = search.set_value("stiff").run()
    assert len(page.dataframe[0].value) == 1
    page = search.set_value("no such word").run()
    assert any("No session matches" in info.value for info in page.info)


def test_who_tested_is_corrected(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is known is offered; taken away, nobody is known."""
    with Catalogue(filed.catalogue) as catalogue:
        catalogue.edit_session(filed.session, tester="KM")
    page = opened(filed, monkeypatch)
    assert page.dataframe[0].value["Tested by"].tolist()[0] == "KM"
    page = select(page, 0)
    tester = next(box for box in page.selectbox if box.label.startswith("Who tested"))
    assert (tester.value, tester.options) == ("KM", ["not known", "KM"])
    tester.set_value("")
    press(page, "Save")
    with Catalogue(filed.catalogue) as catalogue:
        assert catalogue.session(filed.session).tester == ""


def test_the_trash_is_undone(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session in the trash is out of the list, and one press brings it back."""
    page = press(select(opened(filed, monkeypatch), 0), "Move to trash")
    with Catalogue(filed.catalogue) as catalogue:
        assert catalogue.sessions("A1") == ()
    page = press(page, "Undo")
    with Catalogue(filed.catalogue) as catalogue:
        assert [session.id for session in catalogue.sessions("A1")] == [filed.session]
    press(press(select(page, 0), "Move to trash"), "Restore")
    with Catalogue(filed.catalogue) as catalogue:
        assert len(catalogue.sessions("A1")) == 1


def test_an_athlete_is_added_and_a_bad_id_is_said(
    filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new athlete is there; an id that cannot be one gives a sentence, and the page stays."""
    page = opened(filed, monkeypatch)
    field = next(box for box in page.text_input if box.label == "Id")
    field.set_value("B/2")
    page = press(page, "Add")
    assert "cannot be an athlete's id" in page.error[0].value
    assert any(box.label == "Search" for box in page.text_input)
    next(box for box in page.text_input if box.label == "Id").set_value("B2")
    press(page, "Add")
    with Catalogue(filed.catalogue) as catalogue:
        assert [athlete.id for athlete in catalogue.athletes()] == ["A1", "B2"]


def test_consent_is_written_down(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Consent is given and withdrawn with the athlete chosen, and the page says so."""
    page = opened(filed, monkeypatch)
    who = next(box for box in page.selectbox if box.label == "Athlete")
    page = press(who.select_index(1).run(), "Agreed today")
    with Catalogue(filed.catalogue) as catalogue:
        assert catalogue.athletes()[0].consent == "given"
    page = press(page, "Withdrawn")
    assert any("Consent is withdrawn" in box.label for box in page.expander)


def test_a_dropped_recording_is_kept_analyzed_and_filed(tmp_path: Path) -> None:
    """The file lies in the library, its analysis is shown, and progress was told."""
    source = tmp_path / "session.mcap"
    write(simulate("calibration", seed=2, grade="good"), source)
    shares: list[float] = []
    with Catalogue(tmp_path / "library" / "catalogue.sqlite") as catalogue:
        filed = file_dropped(catalogue, "session.mcap", source.read_bytes(), "A1", shares.append)
        session = catalogue.session(filed.session)
        assert session.recording.parent == (tmp_path / "library" / "recordings").resolve()
        assert session.recording.read_bytes() == source.read_bytes()
        assert session.results is not None
        assert session.grade != ""
    assert shares == sorted(shares)
    assert 0.0 < shares[0] < shares[-1] <= 1.0


def test_what_is_no_recording_is_refused_and_not_kept(tmp_path: Path) -> None:
    """Text with the name of a recording, and other files, give a sentence; nothing is left."""
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        for name in ("x.mcap", "x.csv", "../../.mcap"):
            with pytest.raises(RecordingError):
                file_dropped(catalogue, name, b"no recording", "A1")
        assert catalogue.sessions() == ()
    assert list(tmp_path.rglob("*.mcap*")) == []


def test_nothing_is_kept_of_who_took_consent_back(filed: Filed) -> None:
    """Without consent the recording is refused before it is written anywhere."""
    with Catalogue(filed.catalogue) as catalogue:
        catalogue.give_consent("A1", "measuring")
        catalogue.withdraw_consent("A1")
        with pytest.raises(CatalogueError, match="consent"):
            file_dropped(catalogue, "new.mcap", filed.recording.read_bytes(), "A1")
    assert not (filed.catalogue.parent / "recordings").exists()


def test_two_files_of_one_name_are_both_kept(filed: Filed, tmp_path: Path) -> None:
    """A second recording of the same name stands beside the first; the same one is kept once."""
    other = tmp_path / "other.mcap"
    write(simulate("calibration", seed=4, grade="good"), other)
    folder = tmp_path / "kept"
    first, about = keep(folder, "a.mcap", filed.recording.read_bytes())
    again, _ = keep(folder, "a.mcap", filed.recording.read_bytes())
    second, _ = keep(folder, "..\\a.mcap", other.read_bytes())
    assert first == again
    assert about.id == filed.session
    assert sorted(folder.iterdir()) == sorted((first, second))
    assert not math.isclose(first.stat().st_size, second.stat().st_size)


def test_a_recording_is_dropped_and_opened_in_review(
    page: Page, address: str, tmp_path: Path
) -> None:
    """In a browser: drop a file, say whose it is, see it in the list, open it in Review."""
    source = tmp_path / "dropped.mcap"
    write(simulate("calibration", seed=6, grade="good"), source)
    page.goto(address + "athletes")
    page.get_by_text("Open a recording").click()
    page.locator("input[type=file]").set_input_files(source)
    expect(page.get_by_text("dropped.mcap")).to_be_visible()
    who = page.get_by_role("combobox", name="Which athlete?")
    who.fill("Z9")
    who.press("Enter")
    page.get_by_role("button", name="Analyze and file").click()
    expect(page.get_by_text("dropped.mcap is filed under Z9.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Z9 · No consent is on file")).to_be_visible()
    table = page.get_by_test_id("stDataFrame").last
    expect(table).to_be_visible()
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 52)
    page.get_by_role("button", name="Open in Review").click()
    page.wait_for_function("() => window.imuhip?.review?.rows > 0")
    expect(page.get_by_text("No repetition was found")).to_be_visible()


def test_athletes_of_a_tag_train_in_turn(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    """One tap sends everybody that is shown to Set up, the first of them first."""
    with Catalogue(filed.catalogue) as catalogue:
        catalogue.add_athlete("A2", "Bea")
    monkeypatch.setattr("streamlit.switch_page", lambda _: None)
    page = press(opened(filed, monkeypatch), "Today's queue: all, 2 on one set of sensors")
    assert page.session_state["who_trains"] == ("A1", "A2")


def test_a_squad_is_todays_queue(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many cards are shown, all of the squad train by their names; not who withdrew."""
    with Catalogue(filed.catalogue) as catalogue:
        for number in range(9, 0, -1):
            catalogue.add_athlete(f"U{number}", f"Player {number}")
            catalogue.set_squads(f"U{number}", ["U19"])
        catalogue.give_consent("U2", "measuring")
        catalogue.withdraw_consent("U2")
    monkeypatch.setattr("streamlit.switch_page", lambda _: None)
    page = opened(filed, monkeypatch)
    page = next(box for box in page.selectbox if box.label == "Squad").select("U19").run()
    assert any("No session matches" in each.value for each in page.info)  # A1's are not theirs
    page = press(page, "Today's queue: U19, 8 on one set of sensors")
    assert page.session_state["who_trains"] == tuple(f"U{k}" for k in (1, 3, 4, 5, 6, 7, 8, 9))
