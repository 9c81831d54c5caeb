"""Change over weeks against the athlete's own error: false alarms, real changes, the dose."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from beds import catalogue as bed

from imuhip.assess.symmetry import START_DAY_ERROR
from imuhip.catalogue.entities import Goal, MeasureValue, Session
from imuhip.catalogue.progress import dose, own_error, series_of, usual_in, words_of
from imuhip.catalogue.progress_plot import plot_progress
from imuhip.core.errors import RecordingError


def values(means, *, kind="", side="left", name="rotation_deg", unit="deg", spread=0.0, seed=0,
           every=7.0, each=6):  # fmt: skip
    """Sessions `every` days, each with repetitions about its mean."""
    rng = np.random.default_rng(seed)
    return [
        MeasureValue(
            session=f"{kind}{side}{n}", started=bed.BEGIN + timedelta(days=every * n), kind=kind,
            movement="squat", set=1, repetition=r + 1, side=side, direction="down", name=name,
            unit=unit, value=mean + float(rng.normal(0.0, spread)) if spread else mean, sd=math.nan,
            counted=True, excluded="",
        )
        for n, mean in enumerate(means)
        for r in range(each)
    ]  # fmt: skip


def test_one_and_two_sessions_have_the_stated_error():
    """Before there are three sessions the error is the start value, and says so."""
    (one,) = series_of(values([20.0]))
    assert (one.since_first, one.error) == (None, START_DAY_ERROR)
    assert one.trend.word == "cannot tell"
    (two,) = series_of(values([20.0, 24.0]))
    assert two.error.sessions == 0
    assert two.mdc == pytest.approx(1.96 * math.sqrt(2 * (9.0 + 4.0 / 6)), rel=1e-3)
    assert two.since_first.value == pytest.approx(4.0)
    assert two.since_first.word == "no detectable difference"


def test_from_three_sessions_on_the_error_is_the_athletes_own():
    """Steady sessions bring the error below the start value, unsteady ones above."""
    (steady,) = series_of(values([20.0, 20.5, 19.5, 20.2], spread=1.0))
    (shaky,) = series_of(values([20.0, 30.0, 12.0, 25.0], spread=1.0))
    assert steady.error.sessions == shaky.error.sessions == 4
    assert steady.error.between_sd < START_DAY_ERROR.between_sd < shaky.error.between_sd


def test_todays_tests_are_held_against_the_sessions_before():
    """Later sessions, other movements and other conditions have no say in what is usual."""

    def seated(means, **more):
        return [
            replace(value, movement="seated_rotation_left", direction="out")
            for value in values(means, name="rotation_end_deg", **more)
        ]

    cold = seated([-40.0, -41.0, -39.0, -28.0, -10.0])
    warm = [replace(v, session=f"{v.session}w", kind="warm") for v in seated([-60.0])]
    squats = values([5.0] * 5, name="rotation_bottom_deg")
    (found,) = usual_in([*cold, *warm, *squats], "left3")
    assert found.words == "Left external rotation, seated: 12° (± 7°) less than usual."
    assert (found.today, found.usual) == (28.0, pytest.approx(40.0))
    assert usual_in([*cold, *warm], "left0") == ()
    assert usual_in([*cold, *warm], "left0w") == ()
    out = [replace(v, excluded="slipped") if v.session == "left3" else v for v in cold]
    assert usual_in(out, "left3") == ()


def test_the_error_rests_on_the_first_weeks():
    """A real change later on does not pass for error."""
    (early,) = series_of(values([20.0, 20.5, 19.5]))
    (grown,) = series_of(values([20.0, 20.5, 19.5, 20.0, 40.0, 45.0, 50.0]))
    assert grown.error.between_sd == pytest.approx(early.error.between_sd, rel=0.2)
    assert grown.since_first.word == "real"
    assert grown.trend.word == "rising"


@pytest.mark.parametrize("unit", ["deg", "s"])
def test_false_alarms_are_as_rare_as_promised(unit):
    """Where nothing changes, at most one in twelve is called real or given a trend."""
    rng = np.random.default_rng(11)
    name, scale = ("rotation_deg", 3.0) if unit == "deg" else ("descent_s", 0.3)
    real = trends = 0
    trials = 300
    for seed in range(trials):
        means = 20.0 + scale * rng.normal(size=8)
        found = values(means, spread=0.6 * scale, seed=seed, name=name, unit=unit)
        (one,) = series_of(found)
        real += one.since_first.word == "real"
        trends += one.trend.word in ("rising", "falling")
    assert real <= trials / 12
    assert trends <= trials / 12


def test_a_real_change_is_found():
    """A change of four times the error between days is called real in nine of ten athletes."""
    rng = np.random.default_rng(5)
    found = 0
    for seed in range(100):
        means = np.array([20.0, 20, 20, 23, 26, 29, 32, 32]) + 3.0 * rng.normal(size=8)
        (one,) = series_of(values(means, spread=2.0, seed=seed))
        found += one.since_first.word in ("real", "possible") and one.trend.word == "rising"
    assert found >= 90


def test_the_trend_is_the_slope_that_was_put_in():
    """Without error the slope is exact, and its interval holds it."""
    (one,) = series_of(values([20.0 + 0.5 * n for n in range(10)]))
    assert one.trend.per_week == pytest.approx(0.5)
    assert one.trend.low < 0.5 < one.trend.high


def test_what_is_not_alike_is_kept_apart():
    """Cold and warm, left and right, and each measure are series of their own."""
    mixed = [
        *values([20.0] * 3, kind="cold"), *values([30.0] * 3, kind="warm"),
        *values([25.0] * 3, side="right"), *values([1.5] * 3, name="descent_s", unit="s"),
    ]  # fmt: skip
    found = {(s.name, s.side, s.kind): s.points[0].value for s in series_of(mixed)}
    assert found == {
        ("rotation_deg", "left", "cold"): 20.0, ("rotation_deg", "left", "warm"): 30.0,
        ("rotation_deg", "right", ""): 25.0, ("descent_s", "left", ""): 1.5,
    }  # fmt: skip


def test_what_does_not_count_is_left_out():
    """Partial and excluded repetitions and sessions without a date change nothing."""
    good = values([20.0] * 3)
    faults = ({"counted": False}, {"excluded": "slipped"}, {"started": None})
    bad = [replace(v, value=90.0, **fault) for v in good[:3] for fault in faults]
    assert series_of([*good, *bad]) == series_of(good)
    assert series_of([]) == ()


def test_other_units_need_three_sessions():
    """Nothing is known of the error of a time before three sessions; then few of them widen it."""
    (two,) = series_of(values([1.5, 2.5], name="descent_s", unit="s", spread=0.1))
    assert two.since_first.word == "cannot tell"
    assert math.isnan(two.mdc)
    when = [bed.BEGIN + timedelta(days=7 * n) for n in range(4)]
    three = own_error([(t, [v, v]) for t, v in zip(when, (1.0, 1.2, 1.1), strict=False)], "s")
    assert three.sessions == 3
    assert three.between_sd == pytest.approx(0.1 * 4.303 / 1.96, rel=1e-3)


def test_the_dose_counts_weeks_where_the_coach_is():
    """Weeks run from Monday, empty ones are there, and a Monday morning in Sydney is a Monday."""

    def at(moment, **movements):
        return Session(
            id=str(moment), athlete="A1", recording=Path("x"), started=moment, duration_s=1.0,
            source="", sensors="", kind="", load_kg=math.nan, notes="", tags=(), trashed=None,
            version="", grade="", results=None, analyses=1, movements=movements,
        )  # fmt: skip

    monday = datetime(2026, 3, 2, 10, tzinfo=UTC)
    found = [
        at(monday, squat=5),
        at(monday + timedelta(hours=8), squat=3, pivot=2),
        at(monday + timedelta(days=15), squat=1),
        replace(at(monday), started=None),
    ]
    first, empty, last = dose(found, UTC)
    assert (first.sessions, first.days, first.repetitions) == (2, 1, {"pivot": 2, "squat": 8})
    assert (empty.sessions, empty.repetitions) == (0, {})
    assert f"{last.monday}" == "2026-03-16"
    sunday_evening = datetime(2026, 3, 1, 20, tzinfo=UTC)
    (week,) = dose([at(sunday_evening, squat=1)], timezone(timedelta(hours=11)))
    assert f"{week.monday}" == "2026-03-02"
    assert dose([]) == ()


def test_progress_from_the_catalogue(catalogue, tmp_path):
    """Filed sessions become series; excluding a repetition and the trash change them."""
    for n in range(4):
        rec = bed.recording(tmp_path / f"{n}.mcap", day=7.0 * n, seed=n)
        table = bed.repetitions(rotation=20.0 + 5.0 * n, seed=n)
        catalogue.file(rec, bed.results(tmp_path / f"r{n}", rec, table=table), athlete="A1")
    found = catalogue.progress("A1", names=("rotation_bottom_deg",), movement="squat")
    assert {one.side for one in found} == {"left", "right"}
    assert repr(catalogue.progress("A1")) == repr(series_of(catalogue.measures("A1")))
    left = next(one for one in found if one.side == "left")
    assert [len(point.values) for point in left.points] == [5] * 4
    assert left.points[-1].value - left.points[0].value == pytest.approx(15.0, abs=4.0)
    assert len(catalogue.dose("A1", UTC)) == 4
    latest = catalogue.sessions("A1")[0]
    catalogue.exclude_repetition(latest.id, "squat", 1, 1, "slipped")
    again = catalogue.progress("A1", names=("rotation_bottom_deg",), movement="squat")
    assert len(again[0].points[-1].values) == 4
    assert repr(catalogue.progress("A1")) == repr(series_of(catalogue.measures("A1")))
    catalogue.trash(latest.id)
    assert len(catalogue.progress("A1", movement="squat")[0].points) == 3
    assert catalogue.progress("A1", kind="warm") == ()


@pytest.mark.parametrize("name", ["plot.png", "plot.svg"])
def test_the_plot_is_a_picture_of_the_series(name, tmp_path):
    """A picture is drawn whole, the same bytes each time, and an SVG names sides and goals."""
    found = series_of([*values([20.0, 22, 24, 30], kind="cold"), *values([25.0] * 4, side="right")])
    weeks = dose([])
    goals = [Goal("rotation_deg", low=25.0, high=40.0), Goal("other_deg", low=1.0)]
    paths = [tmp_path / f"{n}_{name}" for n in range(2)]
    for path in paths:
        plot_progress(found, weeks, goals, path, "A1: change over weeks")
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert first.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")
    assert len(first) > 5000
    assert len(list(tmp_path.iterdir())) == 2


def test_a_plot_of_nothing(tmp_path):
    """Nothing to draw, and another kind of file, are reported and leave nothing behind."""
    with pytest.raises(RecordingError, match="nothing to draw"):
        plot_progress([], [], [], tmp_path / "x.png", "x")
    with pytest.raises(RecordingError, match=r"\.png or \.svg"):
        plot_progress(series_of(values([1.0])), [], [], tmp_path / "x.pdf", "x")
    assert list(tmp_path.iterdir()) == []


def test_measures_have_names_for_people():
    """A measure's column becomes words with its unit."""
    assert words_of("rotation_bottom_deg", "deg") == "rotation bottom, °"
    assert words_of("peak_rate_deg_s", "deg/s") == "peak rate, °/s"
    assert words_of("sparc", "") == "sparc"
