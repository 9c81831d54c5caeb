import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from beds.dashboard import Filed, run_page

from dashboard.views.model import DARK, LIGHT
from dashboard.views.progress import (
    FIRST,
    changed_rows,
    changed_words,
    difference_words,
    goal_words,
    goals_for,
    measure_choices,
    measure_title,
    series_row,
    walk_words,
)
from dashboard.views.progress_plots import LEAST, dose_figure, progress_figure
from imuhip.assess.measure_table import MEASURES
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Goal, Kind, MeasureValue, Note
from imuhip.catalogue.progress import Series, Week, dose, series_of
from imuhip.core.certainty import Z95

BEGIN = datetime(2026, 3, 2, 10, tzinfo=UTC)


def series(*means: float, kind: Kind = "warm", side: str = "left", sd: float = 1.0) -> Series:
    """Sessions a week apart, four repetitions each."""
    values = [
        MeasureValue(
            session=f"s{week}", started=BEGIN + timedelta(weeks=week), kind=kind, movement="squat",
            set=1, repetition=number, side=side, direction="down", name="rotation_bottom_deg",
            unit="deg", value=mean + (number - 1.5) * 0.2, sd=sd, counted=True, excluded="",
        )
        for week, mean in enumerate(means)
        for number in range(4)
    ]  # fmt: skip
    return series_of(values)[0]


def test_a_change_is_reported_with_its_error_and_word() -> None:
    """A large change is called real, a small one is not, and a single session says so."""
    row = series_row(series(10.0, 10.0, 10.0, 30.0))
    assert "real" in row["Since the first"]
    assert "±" in row["Last"]
    assert row["Side"] == "Left warm"
    assert "no detectable" in series_row(series(10.0, 10.4))["Since the first"]
    assert difference_words(None, "°") == "one session only"
    assert "three sessions" in series_row(series(10.0, 12.0))["Trend"]


def test_a_dot_a_session_with_its_error_goal_and_marks() -> None:
    """The picture has a dot for each session with its bar, the goal, and pain on its day."""
    one = series(10.0, 12.0, 14.0)
    note = Note(1, BEGIN + timedelta(days=9), "pain", "left groin", None, math.nan)
    plain = Note(2, BEGIN + timedelta(days=9), "note", "new shoes", None, math.nan)
    figure = progress_figure([one], [Goal("rotation_bottom_deg", low=20.0)], [note, plain])
    dots = figure.data[0]
    assert list(dots.y) == pytest.approx([10.0, 12.0, 14.0])
    expected = [Z95 * point.sd for point in one.points]
    assert list(dots.error_y.array) == pytest.approx(expected)
    assert [shape.y0 for shape in figure.layout.shapes if shape.y0 == 20.0] == [20.0]
    texts = [trace.hovertemplate for trace in figure.data if trace.mode == "markers+text"]
    assert len(texts) == 1
    assert "left groin" in texts[0]


def test_what_changed_comes_surest_first() -> None:
    """Rows go by the agreed word, then by size against error; the sentence counts them."""
    steady, shaky = series(10.0, 10.4), series(10.0, 10.0, 10.0, 30.0, side="right")
    rows = changed_rows([steady, shaky, series(10.0)])
    assert [row["What"] for row in rows] == ["Squat, right warm", "Squat, left warm"]
    assert rows[0]["Sessions"] == pytest.approx([10.0, 10.0, 10.0, 30.0])
    assert (rows[0]["First"], rows[0]["Now"]) == ("10°", "30°")
    assert "real" in rows[0]["Change"]
    assert changed_words([steady, shaky]).startswith("1 of 2 changed")
    assert changed_words([steady]).startswith("Nothing has changed")
    later = "Nothing to compare yet: what changed is shown from the second session on."
    assert changed_words([series(10.0)]) == changed_words([]) == later
    unknown = replace(steady, since_first=replace(steady.since_first, word="cannot tell"))
    assert changed_words([shaky, unknown]).endswith("1 inconclusive")
    assert changed_words([unknown]) == "Too uncertain to say whether anything changed"
    assert changed_rows([shaky, unknown])[-1]["What"] == "Squat, left warm"


def test_a_sessions_own_error_is_in_its_bar() -> None:
    """Repetitions that are known badly widen the bar; those that say nothing are left out."""
    sharp, blurred = series(10.0, 12.0, sd=1.0), series(10.0, 12.0, sd=10.0)
    assert blurred.points[0].sd > 10.0 > 2.0 * sharp.points[0].sd
    assert blurred.since_first is not None
    assert sharp.since_first is not None
    assert blurred.since_first.sd > 2.0 * sharp.since_first.sd
    assert series_of([]) == ()


def test_cold_and_warm_look_different() -> None:
    """A cold session is a hollow dot, a warm one is filled."""
    for colours in (LIGHT, DARK):
        both = [series(1.0, kind="cold"), series(1.0, kind="warm")]
        figure = progress_figure(both, [], [], colours)
        cold, warm = (trace.marker.color for trace in figure.data)
        assert cold == colours.ground
        assert warm == colours.sides["left"]


def test_a_first_session_stands_among_days() -> None:
    """The time axis is two weeks at least, and pain stands at its hour, not at midnight."""
    one = series(10.0)
    note = Note(1, BEGIN + timedelta(minutes=2), "pain", "left groin", None, math.nan)
    figure = progress_figure([one], [], [note])
    first, last = figure.layout.xaxis.range
    assert last - first >= LEAST
    assert first < BEGIN.astimezone().replace(tzinfo=None) < last
    (pain,) = (trace.x for trace in figure.data if trace.mode == "markers+text")
    assert list(pain) == [note.at.astimezone().replace(tzinfo=None)]


def test_goals_are_drawn_where_they_belong() -> None:
    """A goal for the other side is not drawn, one for any side is."""
    mine = Goal("rotation_bottom_deg", low=20.0, high=30.0)
    others = Goal("rotation_bottom_deg", side="right", low=20.0)
    assert goals_for([mine, others], [series(1.0)]) == [mine]
    assert goal_words(mine) == "20 to 30°"
    assert goal_words(others) == "at least 20° (right)"


def test_measures_have_titles_and_the_usual_ones_come_first() -> None:
    """All measures that can be followed are offered, none of them an error of another."""
    choices = measure_choices()
    assert choices[: len(FIRST)] == list(FIRST)
    assert set(choices) <= set(MEASURES)
    assert not any("_sd" in name for name in choices)
    assert measure_title("depth_deg") == "thigh depth, °"


def test_the_dose_is_what_the_weeks_hold(filed: Filed) -> None:
    """The bars add up to the repetitions of the sessions."""
    with Catalogue(filed.catalogue) as catalogue:
        sessions = catalogue.sessions("A1")
        figure = dose_figure(dose(sessions))
    assert sum(sum(bar.y) for bar in figure.data) == sum(sessions[0].movements.values()) > 0


def test_the_page_shows_change_goals_and_notes(
    filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A goal is set and removed, and a cue written down, on the page."""
    page = run_page("progress", monkeypatch, "--catalogue", str(filed.catalogue))
    assert any("<td>one session only</td>" in each.proto.body for each in page.get("html"))
    page.number_input[0].set_value(30.0)
    page = next(b for b in page.button if b.label == "Set goal").click().run()
    with Catalogue(filed.catalogue) as catalogue:
        (goal,) = catalogue.goals("A1")
    assert (goal.low, goal.movement) == (30.0, "squat")
    page = next(b for b in page.button if b.label == "Remove").click().run()
    next(box for box in page.text_input if box.label == "Words").set_value("knees out")
    page = next(b for b in page.button if b.label == "Save note").click().run()
    assert not page.exception
    with Catalogue(filed.catalogue) as catalogue:
        assert catalogue.goals("A1") == ()
        assert [note.text for note in catalogue.notes("A1", "cue")] == ["knees out"]


def test_an_upside_down_goal_is_refused(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lower end above the upper one gives a sentence, and no goal."""
    page = run_page("progress", monkeypatch, "--catalogue", str(filed.catalogue))
    page.number_input[0].set_value(30.0)
    page.number_input[1].set_value(20.0)
    page = next(b for b in page.button if b.label == "Set goal").click().run()
    assert "above" in page.warning[0].value
    with Catalogue(filed.catalogue) as catalogue:
        assert catalogue.goals("A1") == ()


def test_without_sessions_the_page_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty catalogue gives a hint."""
    page = run_page("progress", monkeypatch, "--catalogue", str(tmp_path / "new.sqlite"))
    assert "Nothing is filed yet" in page.info[0].value
    assert {"Set up a session", "Open a recording"} <= {button.label for button in page.button}


def test_walks_stand_against_the_training_week_before() -> None:
    """The latest week's whole walks, those of the last week with training, and no plural of one."""
    monday = BEGIN.date()
    weeks = [
        Week(monday + timedelta(weeks=number), days, days, {}, walks=walks)
        for number, (days, walks) in enumerate(((2, 4), (0, 0), (1, 1)))
    ]
    assert walk_words(weeks).startswith(
        "Latest week: 1 whole pivot walk in 1 day of training; 4 in the training week before."
    )
    assert walk_words(weeks[:1]).startswith(
        "Latest week: 4 whole pivot walks in 2 days of training. Coaches"
    )
    assert walk_words(weeks[1:2]) == ""
