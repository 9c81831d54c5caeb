import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from beds.dashboard import Filed, run_page
from playwright.sync_api import Page, expect
from scipy.spatial.transform import Rotation
from streamlit.testing.v1 import AppTest

from dashboard.views.findings import finding_cards, in_ranges
from dashboard.views.review import (
    COLUMNS,
    RepKey,
    Review,
    by_repetition,
    excluded_of,
    note_rows,
    packed,
    player_data,
    read_review,
    rep_rows,
)
from dashboard.views.review_plots import curve, mean_figure, path_figure
from imuhip.assess.rules.table import RULES
from imuhip.catalogue.catalogue import Catalogue
from imuhip.core.conventions import HIP_ANGLES, HIP_SIGNS, PELVIS_ANGLES, SIDES, Side
from imuhip.core.errors import RecordingError
from imuhip.core.records import Array
from imuhip.report.plain_words import RULE_WORDS
from imuhip.results.schemas import hip_column, read_results


@pytest.fixture(scope="module")
def review(one_filed: Filed) -> Review:
    return read_review(one_filed.results)


def listed(page: AppTest) -> pd.DataFrame:
    """The list of repetitions."""
    return next(table.value for table in page.dataframe if "Counts" in table.value.columns)


def femur_of(review: Review, row: int, side: Side) -> Array:
    """Columns: forward, up and right of a thigh, in the room, by the tables of `conventions`."""
    tilt, obliquity, turn = (review.angles[f"pelvis_{a}_deg"][row] for a in PELVIS_ANGLES)
    pelvis = Rotation.from_euler("YXZ", [turn, obliquity, -tilt], degrees=True)
    hip = [review.angles[hip_column(a, side)][row] for a in HIP_ANGLES]
    femur = Rotation.from_euler("ZXY", np.array(hip) * HIP_SIGNS[side], degrees=True)
    return np.asarray((pelvis * femur).as_matrix())


def test_a_review_holds_the_angles_and_repetitions_of_the_files(
    review: Review, one_filed: Filed
) -> None:
    """Each angle stands at its own time, and each repetition is there with its measures."""
    results = read_results(one_filed.results)
    t = np.asarray(results.angles["t"])
    for k in (0, len(t) // 2, len(t) - 1):
        assert review.t0 + review.row(t[k]) / 100.0 == pytest.approx(t[k])
        for name in COLUMNS:
            expected = results.angles[name][k].as_py()
            assert review.angles[name][review.row(t[k])] == pytest.approx(expected, nan_ok=True)
    assert len(review.reps) == results.repetitions.num_rows > 0
    first = results.repetitions.to_pylist()[0]
    mine = next(r for r in review.reps if r.key == RepKey(
        first["movement"], first["set"], first["repetition"], first["side"]
    ))  # fmt: skip
    assert mine.measures["depth_deg"] == first["depth_deg"]


def test_the_player_gets_every_row_to_a_hundredth_of_a_degree(review: Review) -> None:
    """What travels to the page is the whole session; unknown values stay unknown."""
    chosen = review.reps[:1]
    about = json.loads(json.dumps(player_data(review, chosen, [(1.5, "pain")])))
    samples = np.frombuffer(packed(review), dtype="<i2").reshape(len(COLUMNS), -1)
    assert about["rows"] == samples.shape[1]
    assert about["marks"] == [{"t": 1.5, "label": "pain"}]
    assert [rep["from"] for rep in about["reps"] if rep["lit"]] == [chosen[0].t_start]
    for row, name in zip(samples, about["columns"], strict=True):
        known = np.isfinite(review.angles[name])
        assert known.any()
        assert np.array_equal(row == -32768, ~known)
        assert np.abs(row[known] / 100.0 - review.angles[name][known]).max() <= 0.0051


def test_rows_of_the_list_speak_of_error_tempo_and_exclusion(one_filed: Filed) -> None:
    """The list shows arc with its error, depth, tempo, and why a repetition does not count."""
    plain = read_review(one_filed.results)
    key = plain.reps[0].key
    review = read_review(one_filed.results, {key: "lost balance"})
    row = rep_rows(review.reps)[0]
    rep = review.reps[0]
    assert row["Counts"] == "left excluded: lost balance; right yes"
    other = next(r for r in review.reps if r.key == key._replace(side="right"))
    assert row["Depth °"] == round(max(r.measures["depth_deg"] for r in (rep, other)), 1)
    assert len(rep_rows(review.reps)) * 2 == len(review.reps)
    arc, sd = rep.measures["rotation_arc_deg"], rep.measures["rotation_arc_sd_deg"]
    bone = rep.measures["rotation_arc_sd_total_deg"]
    shown = f"{'in' if arc > 0 else 'out'} {abs(arc):.0f}° ± {1.96 * sd:.0f}°"
    assert row["Left"] == f"{shown} (± {round(round(1.96 * bone, 1))}° with skin)"
    assert bone > sd
    assert row["Tempo s"].count("–") == 2
    assert not rep.counts
    assert plain.reps[0].counts


def test_a_curve_is_deepest_in_its_middle(review: Review) -> None:
    """Over 0 to 100 % and back a squat's bend rises to its deepest and falls again."""
    bend = curve(review, review.reps[0], "flexion")
    assert len(bend) == 202
    assert int(np.nanargmax(bend)) in (100, 101)
    assert np.nanmin(np.diff(bend[:101])) >= 0.0


def test_pictures_leave_out_what_does_not_count(one_filed: Filed) -> None:
    """The mean says of how many repetitions it is, and an excluded one is not among them."""
    everything = read_review(one_filed.results)
    key = everything.reps[0].key
    review = read_review(one_filed.results, {key: "talked"})
    mine = [rep for rep in review.reps if rep.counts]
    names = [trace.name for trace in mean_figure(review, mine).data if trace.name]
    left = sum(rep.key.side == "left" for rep in mine)
    assert f"left, mean of {left}" in names
    assert left == sum(rep.key.side == "left" for rep in everything.reps if rep.counts) - 1
    assert len(path_figure(review, mine).data) == len(mine)


def test_every_rule_has_a_definition_for_the_coach() -> None:
    """No number stands on the page without its definition one click away."""
    assert set(RULE_WORDS) == set(RULES)
    assert all(words.definition for words in RULE_WORDS.values())


def test_findings_come_gravest_first_with_limit_and_source(review: Review) -> None:
    """Every finding of the file is shown, and says what was measured, the limit and its source."""
    cards = finding_cards(review.findings)
    grades = [card.grade for card in cards]
    assert len(cards) == len(review.findings) > 0
    assert grades == sorted(grades, key=["marked", "mild", "cannot_tell", "none"].index)
    assert all("Limit: " in card.behind[2] and "(" in card.behind[2] for card in cards)


def test_a_number_that_is_not_known_is_said() -> None:
    """JSON's null becomes words, not a crash."""
    card = finding_cards([{
        "rule": "pelvic_tuck", "movement": "squat", "side": "both", "set": 1, "repetitions": [2],
        "value": None, "unit": "deg", "limit": 10.0, "mdc": None, "grade": "cannot_tell",
        "confidence": 0.0, "words": "Pelvic tuck: cannot tell.", "cue": "",
    }])[0]  # fmt: skip
    assert "not known" in card.behind[1]
    assert card.place == "squat, set 1, repetitions 2"


def test_repetitions_in_a_row_are_a_range() -> None:
    """Eight repetitions of a set fit on a button."""
    assert in_ranges([1, 2, 3, 5, 7, 8]) == "1–3, 5, 7–8"
    assert in_ranges([]) == ""


def test_notes_of_the_moment_are_a_row_each() -> None:
    """A mark is split into what it is and its words, beside the angles of that moment."""
    note = {
        "t": 12.34, "label": "cue:knees out", "movement": "squat", "set": 1, "repetition": 3,
        "angles": {"hip_rotation_left_deg": 4.6, "hip_flexion_left_deg": None},
        "outcomes": [{"words": "After “knees out”: left knee-in 12° → 6°, better."}],
    }  # fmt: skip
    row = note_rows([note])[0]
    assert (row["What"], row["Words"], row["During"]) == ("cue", "knees out", "squat, set 1, rep 3")
    assert row["Rotation left °"] == 5
    assert row["Flexion left °"] is None
    assert row["Outcome"].endswith("better.")


def test_a_folder_without_results_is_said(tmp_path: Path) -> None:
    """A wrong folder gives a sentence with what to do."""
    with pytest.raises(RecordingError, match="imuhip analyze"):
        read_review(tmp_path)


def test_the_page_shows_a_filed_session(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Athlete, session, list, findings and the caution are on the page."""
    page = run_page("review", monkeypatch, "--catalogue", str(filed.catalogue))
    assert [box.label for box in page.selectbox][:2] == ["Athlete", "Session"]
    assert len(listed(page)) == len(by_repetition(read_review(filed.results).reps))
    assert any("Not a medical device" in text.value for text in page.markdown)


def test_a_repetition_is_excluded_with_a_reason_and_counts_again(
    filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The selected repetition leaves the averages in the catalogue, and comes back."""
    page = run_page("review", monkeypatch, "--catalogue", str(filed.catalogue))
    rep = read_review(filed.results).reps[0]
    exclude, again = page.button[-2:]
    page.text_input[0].set_value("slipped")
    exclude.click().run()
    assert "Select repetitions" in page.warning[0].value
    table = f"reps-{filed.session}"
    page.session_state[table] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    page.text_input[0].set_value("slipped")
    page.button[-2].click().run()
    with Catalogue(filed.catalogue) as catalogue:
        both = {rep.key._replace(side=side): "slipped" for side in ("left", "right")}
        assert excluded_of(catalogue.repetitions(filed.session)) == both
    assert "excluded: slipped" in list(listed(page)["Counts"])
    assert page.success[0].value.startswith("1 repetition excluded: slipped. To undo")
    page.session_state[table] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    page.button[-1].click().run()
    with Catalogue(filed.catalogue) as catalogue:
        assert excluded_of(catalogue.repetitions(filed.session)) == {}
    assert page.success[0].value == "1 repetition counted again."
    assert again.label == "Count again"


def test_an_empty_catalogue_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is left with an empty page."""
    page = run_page("review", monkeypatch, "--catalogue", str(tmp_path / "new.sqlite"))
    assert "imuhip analyze" in page.info[0].value


def test_a_result_file_that_is_missing_is_named(one_filed: Filed, tmp_path: Path) -> None:
    """A folder that was copied in part says which file, and what to do."""
    (tmp_path / "session.json").write_bytes((one_filed.results / "session.json").read_bytes())
    with pytest.raises(RecordingError, match=r"lacks angles\.parquet and repetitions\.parquet"):
        read_review(tmp_path)


def test_a_folder_of_results_opens_without_a_catalogue(
    one_filed: Filed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typed folder is shown; a wrong one is said on the page, not as a traceback."""
    page = run_page("review", monkeypatch, "--catalogue", str(tmp_path / "new.sqlite"))
    page.text_input[0].set_value(str(one_filed.results)).run()
    assert not page.exception
    assert len(listed(page)) == len(by_repetition(read_review(one_filed.results).reps))
    page.text_input[0].set_value(str(tmp_path)).run()
    assert "no results in this folder" in page.error[0].value


def test_one_cursor_moves_traces_figure_and_numbers(
    page: Page, address: str, one_filed: Filed
) -> None:
    """In a browser the player opens the session, a click moves the cursor, and it plays."""
    review = read_review(one_filed.results)
    page.goto(address + "review")
    page.wait_for_function("() => window.imuhip?.review?.rows > 0")
    rows = len(review.angles[COLUMNS[0]])
    assert page.evaluate("window.imuhip.review.rows") == rows
    t = round(review.reps[0].t_turn, 2)
    page.get_by_role("slider", name="Time").fill(f"{t:.2f}")
    degrees = review.angles["hip_flexion_left_deg"][review.row(t)]
    assert math.isfinite(degrees)
    knees = page.evaluate("window.imuhip.review.knees")
    for side in SIDES:
        femur = femur_of(review, review.row(t), side)
        assert knees[side]["long"] == pytest.approx(-femur[:, 1], abs=0.01)
        assert knees[side]["forward"] == pytest.approx(femur[:, 0], abs=0.01)
    cell = page.locator("[data-column='hip_flexion_left_deg']")
    expect(cell).to_have_text(f"{degrees:.0f}")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("t => window.imuhip.review.at > t + 0.2", arg=t)
    page.get_by_role("button", name="Pause").click()
    before = page.evaluate("window.imuhip.review.at")
    box = page.locator(".review .traces").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2)
    page.wait_for_function("t => Math.abs(window.imuhip.review.at - t) > 1", arg=before)
    page.get_by_role("button", name="Report").click()
    expect(page.locator(".report h2").first).to_be_visible()


def test_a_tab_is_made_when_it_is_opened(one_filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page opens with the list alone; pictures and findings are there once asked for."""
    page = run_page("review", monkeypatch, "--catalogue", str(one_filed.catalogue))
    assert len(listed(page)) > 0
    assert not page.get("plotly_chart")
    page.session_state["tabs"] = "Paths and averages"
    page.run()
    assert len(page.get("plotly_chart")) == 2
    page.session_state["tabs"] = "Findings"
    page.run()
    assert not page.get("plotly_chart")
    first = finding_cards(read_review(one_filed.results).findings)[0]
    assert any(first.words in text.value for text in page.markdown)
