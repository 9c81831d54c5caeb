"""A session with a drop-out of 12 s: what is inconclusive is a number on no surface."""

import io
import math
import re
from collections.abc import Iterator

import numpy as np
import pytest
from beds.dashboard import run_page
from beds.dropout import BEGINS_S, ENDS_S, PIVOTS_BEGIN_S, filed_dropout, silenced
from rich.console import Console

from dashboard.views.progress import left_out_words
from dashboard.views.review import (
    furthest,
    gap_rows,
    packed,
    read_review,
    rep_rows,
    uncertain_sides,
)
from imuhip.assess.set_measures import summaries
from imuhip.catalogue.catalogue import Catalogue
from imuhip.cli.assessment_output import assessment_words
from imuhip.core.certainty import (
    MOST_ERROR_DEG,
    REMEDY,
    Z95,
    certain_measures,
    certain_rows,
    is_certain_enough,
)
from imuhip.live.protocol import COLUMNS, hello, rows_from_output
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.recording.reader import RecordingReader
from imuhip.report.athlete import athlete_report
from imuhip.report.coach import coach_report
from imuhip.report.comparison import (
    dots,
    errors_of,
    left_and_right,
    session_and_session,
    table_rows,
)
from imuhip.report.html import to_html
from imuhip.report.material import Material, material_of
from imuhip.simulate import scenarios
from imuhip.simulate.calibration_steps import stand_again
from imuhip.simulate.session import simulate


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with Catalogue(filed_dropout(tmp_path_factory.mktemp("dropout"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """The same with pivots, whose turns only gyroscopes tell, silent from their beginning on."""
    folder = tmp_path_factory.mktemp("silent")
    with Catalogue(filed_dropout(folder, "pivot", PIVOTS_BEGIN_S)) as opened:
        yield opened


def material(catalogue: Catalogue, name: str) -> Material:
    (session,) = [s for s in catalogue.sessions("A1") if s.recording.stem == name]
    return material_of(catalogue, session.id)


def degrees_in(text: str) -> list[float]:
    """All numbers of degrees in a text."""
    found = re.findall(r"([-−]?[\d,.]*\d)\s?°(?!/)", text)
    return [abs(float(n.replace("−", "-").replace(",", ""))) for n in found]


@pytest.mark.parametrize("sd", [MOST_ERROR_DEG / Z95 + 0.01, 180.0, math.inf])
def test_the_rule_has_one_edge(sd: float) -> None:
    """Beyond ±30° an angle is no number; within, and with an unknown error, it is."""
    assert not is_certain_enough(sd)
    assert is_certain_enough(MOST_ERROR_DEG / Z95 - 0.01)
    assert is_certain_enough(math.nan)
    assert certain_rows(np.array([1.0, sd, math.nan])).tolist() == [True, False, True]
    assert hello("s", "s", "live")["certainty"] == {
        "z95": Z95, "most_error_deg": MOST_ERROR_DEG, "remedy": REMEDY,
    }  # fmt: skip


def test_the_hub_sends_no_number_that_says_nothing(catalogue: Catalogue) -> None:
    """Rows after the drop-out have the error of the silent side, and no rotation of it."""
    recording = next(s.recording for s in catalogue.sessions("A1") if s.recording.stem == "bad")
    reader = RecordingReader(recording)
    pipeline = Pipeline(reader.header)
    rows = np.concatenate([rows_from_output(pipeline.push(batch)) for batch in reader.batches()])
    angle, sd = (COLUMNS.index(f"hip_rotation_right{end}_deg") for end in ("", "_sd"))
    wide = Z95 * rows[:, sd] > MOST_ERROR_DEG
    assert wide.sum() > 500
    assert np.isnan(rows[wide, angle]).all()
    reported = ~wide & np.isfinite(rows[:, sd])
    assert np.isfinite(rows[reported, angle]).all()


def test_compare_and_both_reports_show_dashes_and_a_remedy(silent: Catalogue) -> None:
    """No axis beyond ±180°, no error wider than ±30°, and one sentence says what to do."""
    bad = material(silent, "bad")
    for document in (coach_report(bad), athlete_report(bad)):
        text = to_html(document)
        assert max(degrees_in(text)) <= 180.0
        errors = re.findall(r"± ?(\d+)", text)
        assert max(map(int, errors), default=0) <= MOST_ERROR_DEG
    sides = left_and_right(bad)
    assert any(one.difference.word == "cannot tell" for one in sides)
    assert max(degrees_in(str(dots(sides, "sides").words))) <= 180.0
    good = material(silent, "good")
    compared = session_and_session(good, bad, errors_of(silent, "A1"), ("before", "now"))
    for row in table_rows([*sides, *compared]):
        assert all(value <= 180.0 for cell in row.values() for value in degrees_in(str(cell)))


def test_progress_takes_only_what_can_be_told_and_its_own_error(catalogue: Catalogue) -> None:
    """A session's bar holds its own error; repetitions that say nothing are in no mean."""
    for one in catalogue.progress("A1", names=["rotation_arc_deg", "rotation_most_in_deg"]):
        bad = min(one.points, key=lambda point: len(point.values)) if one.side == "right" else None
        for point in one.points:
            assert Z95 * point.sd <= MOST_ERROR_DEG
        if bad is not None:
            assert len(bad.values) <= 2, "a repetition after the drop-out was averaged in"
    assert left_out_words([]) == ""


def test_review_says_what_is_missing_and_hides_what_says_nothing(catalogue: Catalogue) -> None:
    """Traces, cards and list have no number after the gap; samples and seconds are listed."""
    (session,) = [s for s in catalogue.sessions("A1") if s.recording.stem == "bad"]
    assert session.results is not None
    review = read_review(session.results)
    after = review.angles["hip_rotation_right_deg"][review.row(ENDS_S + 8.0) :]
    assert np.isnan(after).mean() > 0.5
    assert np.isfinite(review.angles["hip_rotation_left_deg"][review.row(ENDS_S) :]).mean() > 0.9
    left_out = uncertain_sides(review.reps)
    assert list(left_out) == ["right"]
    assert left_out["right"] == (4, 5)
    lost = [rep for rep in review.reps if not rep.counts]
    assert [rep.key.side for rep in lost] == ["right"] * 3
    assert all("s of the right hip are missing" in rep.reason for rep in lost)
    late = [rep for rep in review.reps if rep.key.side == "right" and rep.t_start > BEGINS_S]
    assert late
    assert all(row["Right"] == "–" for row in rep_rows(late))
    assert all(math.isnan(value) for pair in furthest(late).values() for value in pair)
    (gap,) = [row for row in gap_rows(review.faults) if row.startswith("Thigh right")]
    seconds = re.search(r"(\d+\.\d) s from 1:3\d on", gap)
    samples = re.match(r"Thigh right: (\d+) samples missing", gap)
    assert seconds is not None
    assert samples is not None
    assert float(seconds[1]) == pytest.approx(ENDS_S - BEGINS_S, abs=0.3)
    assert int(samples[1]) == pytest.approx(1200, abs=40)
    assert len(packed(review)) > 0


def test_the_terminal_shows_a_dash(catalogue: Catalogue) -> None:
    """The table of the set has no error wider than ±30° either."""
    bad = material(catalogue, "bad")
    raw = Pipeline(RecordingReader(bad.session.recording).header)  # type: ignore[union-attr]
    reps = []
    for batch in RecordingReader(bad.session.recording).batches():  # type: ignore[union-attr]
        reps += raw.push(batch).repetitions
    console = Console(file=io.StringIO(), width=160)
    assessment_words(console, summaries(reps), [])
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "–" in text
    errors = [int(n) for n in re.findall(r"± (\d+)", text)]
    assert errors
    assert max(errors) <= MOST_ERROR_DEG


def test_the_recording_of_the_bed_has_the_gap_it_says(catalogue: Catalogue) -> None:
    """The bed itself: one sensor is silent for so long, the others are not."""
    faults = material(catalogue, "bad").results.faults
    long = {f["sensor"] for f in faults if f["kind"] == "gap" and f["t_end"] - f["t_start"] > 5.0}
    assert long == {"thigh_right"}


def test_the_remedy_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standing again as in the calibration makes the silent side a number again."""
    again = {"again": (stand_again,)}
    monkeypatch.setattr(scenarios, "SCENARIOS", {**scenarios.SCENARIOS, **again})
    session = simulate("squat+again+squat", seed=3, grade="good")
    pipeline = Pipeline(session.header)
    reps = [rep for batch in silenced(session) for rep in pipeline.push(batch).repetitions]
    right = [rep for rep in reps if rep.movement == "squat" and rep.side == "right"]
    reported = {(rep.set, rep.repetition): certain_measures(rep.measures) for rep in right}
    assert math.isnan(reported[1, 8]["rotation_arc_deg"])
    truth = reported[1, 1]["rotation_arc_deg"]
    for number in range(1, 9):
        arc, sd = (reported[2, number][f"rotation_arc{end}_deg"] for end in ("", "_sd"))
        assert abs(arc - truth) < Z95 * sd <= MOST_ERROR_DEG


def test_the_pages_say_what_is_missing_and_what_to_do(
    silent: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Review names gap, side and remedy; Compare's headline is no calm word."""
    (bad,) = [s for s in silent.sessions("A1") if s.recording.stem == "bad"]
    place = silent.store.path
    for name in ("review", "compare"):
        page = run_page(name, monkeypatch, "--catalogue", str(place))
        next(box for box in page.selectbox if box.label == "Session").select(bad.id).run()
        assert not page.exception
        if name == "review":
            (warning,) = [each.value for each in page.warning]
            assert "samples missing, 1" in warning
            assert "Right, " in warning
            assert REMEDY in warning
        else:
            heads = [each.value for each in page.header]
            assert any("inconclusive" in head for head in heads), heads
