import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

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
    point_rows,
    series_row,
    walk_words,
)
from dashboard.views.progress_plots import LEAST, WIDTHS, dose_picture, progress_picture
from imuhip.assess.measure_table import MEASURES
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Goal, Kind, MeasureValue, Note
from imuhip.catalogue.progress import Series, Week, dose, series_of
from imuhip.core.certainty import Z95
from imuhip.report.blocks import Area, Dot, Label, Line, Picture

BEGIN = datetime(2026, 3, 2, 10, tzinfo=UTC)
KINDS: tuple[Kind, ...] = ("cold", "warm")


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


def test_turns_out_count_positive_in_words_and_picture() -> None:
    """A hip that turns further out rises, as in the list of what changed; goals lie there too."""
    out = replace(
        series(-29.0, -31.0, -35.0, -39.0), name="rotation_end_deg", direction="out",
        movement="seated_rotation_left",
    )  # fmt: skip
    row = series_row(out)
    assert row["Last"].startswith("39.0° ±")
    assert row["Since the first"].startswith("+10.0° ±")
    assert row["Trend"].startswith("rising: +")
    assert [each["Mean"].split("°")[0] for each in point_rows([out])] == [
        "39.0", "35.0", "31.0", "29.0"
    ]  # fmt: skip
    goal = Goal("rotation_end_deg", high=-40.0)
    picture = progress_picture([out], [goal], [], LIGHT)
    ticks = [each.text for each in picture.shapes if isinstance(each, Label)]
    assert "40" in ticks
    assert not any(text.startswith("−") for text in ticks)
    assert picture.words.endswith("29, 31, 35, 39")


def test_a_narrow_picture_keeps_everything_within() -> None:
    """Fewer days are named, and the legend takes the lines that it needs."""
    weeks = [Week(BEGIN.date() + timedelta(weeks=k), 1, 1, {"squat": 8, "pivot": 4,
             "seated_rotation_left": 8, "seated_rotation_right": 8}) for k in range(9)]  # fmt: skip
    several = [series(10.0, 12.0, 15.0, kind=kind, side=side) for kind in KINDS
               for side in ("left", "right")]  # fmt: skip
    for wide in WIDTHS:
        drawn = [dose_picture(weeks, LIGHT, wide), progress_picture(several, [], [], LIGHT, wide)]
        for picture in drawn:
            for each in picture.shapes:
                if isinstance(each, Label):
                    long = 0.52 * each.size * len(each.text)
                    left = each.x - {"start": 0.0, "middle": long / 2, "end": long}[each.anchor]
                    assert -3.0 < left < left + long < wide + 3.0, each
                    assert each.y < picture.height
    assert dose_picture(weeks, LIGHT, WIDTHS[1]).height > dose_picture(weeks).height


def test_a_change_is_reported_with_its_error_and_word() -> None:
    """A large change is called real, a small one is not, and a single session says so."""
    row = series_row(series(10.0, 10.0, 10.0, 30.0))
    assert "real" in row["Since the first"]
    assert "±" in row["Last"]
    assert row["Side"] == "Left, warm"
    assert "no detectable" in series_row(series(10.0, 10.4))["Since the first"]
    assert difference_words(None, "°") == "one session only"
    assert "three sessions" in series_row(series(10.0, 12.0))["Trend"]


def shapes_of(picture: Picture, kind: type[Any], colour: str) -> list[Any]:
    """Shapes of one kind and colour, in the order in which they are drawn."""
    return [each for each in picture.shapes if isinstance(each, kind) and each.colour == colour]


def test_a_dot_a_session_with_its_error_goal_and_marks() -> None:
    """The picture has a dot for each session with its bar, the goal, and pain on its day."""
    one = series(10.0, 12.0, 14.0)
    note = Note(1, BEGIN + timedelta(days=9), "pain", "left groin", None, math.nan)
    plain = Note(2, BEGIN + timedelta(days=9), "note", "new shoes", None, math.nan)
    picture = progress_picture([one], [Goal("rotation_bottom_deg", low=20.0)], [note, plain])
    left = LIGHT.sides["left"]
    ys = [dot.y for dot in shapes_of(picture, Dot, left) if dot.radius > 6.0 and dot.y > 60.0]
    assert len(ys) == 3
    per_degree = (ys[0] - ys[1]) / 2.0
    assert ys[1] - ys[2] == pytest.approx(2.0 * per_degree)  # up by as much again
    ends = [line.points for line in shapes_of(picture, Line, left)]
    lengths = [abs(end[1] - start[1]) for start, end in ends if start[0] == end[0]]
    assert lengths == pytest.approx([2.0 * Z95 * point.sd * per_degree for point in one.points])
    (goal,) = shapes_of(picture, Line, LIGHT.goal)
    assert goal.points[0][1] == pytest.approx(ys[0] - 10.0 * per_degree)
    (pain,) = shapes_of(picture, Label, LIGHT.pain)
    assert pain.text == "pain"
    assert [row["Mean"] for row in point_rows([one])][-1].startswith("10.0")


def test_what_changed_comes_surest_first() -> None:
    """Rows go by the agreed word, then by size against error; the sentence counts them."""
    steady, shaky = series(10.0, 10.4), series(10.0, 10.0, 10.0, 30.0, side="right")
    rows = changed_rows([steady, shaky, series(10.0)])
    assert [row["What"] for row in rows] == ["Squat, right, warm", "Squat, left, warm"]
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
    assert changed_rows([shaky, unknown])[-1]["What"] == "Squat, left, warm"


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
        inside = []
        for kind in KINDS:
            picture = progress_picture([series(1.0, kind=kind)], [], [], colours)
            inside.append([each for each in picture.shapes if isinstance(each, Dot)][1].colour)
        assert inside == [colours.ground, colours.sides["left"]]


def test_a_first_session_stands_among_days() -> None:
    """The time axis is two weeks at least, and pain stands at its hour, not at midnight."""
    one = series(10.0)
    note = Note(1, BEGIN + timedelta(minutes=2), "pain", "left groin", None, math.nan)
    picture = progress_picture([one], [], [note])
    named = [each.text for each in picture.shapes if isinstance(each, Label)]
    days = [text for text in named if text.endswith((" Feb", " Mar"))]
    assert len(days) >= LEAST.days / 2 - 1
    (pain,) = shapes_of(picture, Line, LIGHT.pain)
    dot = max(shapes_of(picture, Dot, LIGHT.sides["left"]), key=lambda each: each.y)
    assert pain.points[0][0] == pytest.approx(dot.x, abs=0.2)


def test_marks_close_together_do_not_write_over_each_other() -> None:
    """Each day has its line; a word is left out where the one before still stands."""
    notes = [Note(k, BEGIN + timedelta(days=k), "pain", "groin", None, math.nan) for k in range(40)]
    picture = progress_picture([series(10.0, 11.0)], [], notes)
    assert len(shapes_of(picture, Line, LIGHT.pain)) == 40
    places = [label.x for label in shapes_of(picture, Label, LIGHT.pain)]
    assert all(after - before > 26.0 for before, after in pairwise(places))


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
    assert measure_title("depth_deg") == "thigh depth (°)"


def test_the_dose_is_what_the_weeks_hold(filed: Filed) -> None:
    """The bars add up to the repetitions of the sessions."""
    with Catalogue(filed.catalogue) as catalogue:
        sessions = catalogue.sessions("A1")
        picture = dose_picture(dose(sessions))
    bars = [each for each in picture.shapes if isinstance(each, Area)]
    heights = [max(y for _, y in bar.points) - min(y for _, y in bar.points) for bar in bars]
    labels = [each for each in picture.shapes if isinstance(each, Label)]
    zero, two = (next(each for each in labels if each.text == text) for text in ("0", "2"))
    done = sum(sessions[0].movements.values())
    assert done > 0
    assert sum(heights) == pytest.approx(done * (zero.y - two.y) / 2.0)


def test_the_page_shows_change_goals_and_notes(
    filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A goal is set and removed, and a cue written down, on the page."""
    page = run_page("progress", monkeypatch, "--catalogue", str(filed.catalogue))
    assert any(">one session only</td>" in each.proto.body for each in page.get("html"))
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
