"""Findings, sides and doses over weeks."""

import math
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from beds import catalogue as bed
from support.athletes import assessed

from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import FindingEntry, MeasureValue, RepetitionEntry, Session
from imuhip.catalogue.progress import between_sides, dose, series_of
from imuhip.catalogue.progress_findings import finding_histories
from imuhip.catalogue.progress_walks import WALK_MEASURES, whole_walks


def session(number: int, **changes) -> Session:
    """A session a week, ten minutes long."""
    known = Session(
        id=f"s{number}", athlete="A1", recording=Path("a.mcap"),
        started=bed.BEGIN + timedelta(weeks=number), duration_s=600.0, source="", sensors="",
        kind="", load_kg=math.nan, notes="", tags=(), trashed=None, version="", grade="good",
        results=None, analyses=1, movements={"pivot": 4},
    )  # fmt: skip
    return replace(known, **changes)


def finding(number: int, grade: str, rule: str = "knee_in", side: str = "right") -> FindingEntry:
    return FindingEntry(
        session=f"s{number}", rule=rule, movement="squat", side=side, set=1, repetitions=(1,),
        value=9.0, unit="deg", limit=5.0, mdc=2.0, grade=grade, confidence=0.9, words="", cue="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("grades", "found", "words"),
    [
        (["mild", "marked", "mild"], "●●●", "each time it could be judged"),
        (["none", "marked", "mild"], "○●●", "in the last 2"),
        (["mild", "none", "mild"], "●○●", "back again"),
        (["none", "none", "mild"], "○○●", "new"),
        (["mild", "cannot_tell", "none"], "●○", "not in the last one"),
        (["mild", "none", "none"], "●○○", "not in the last 2"),
        (["cannot_tell", "cannot_tell", "mild"], "●", "once"),
    ],
)
def test_a_finding_has_a_history(grades, found, words) -> None:
    """How often, when last, and whether it is gone; who cannot tell says neither yes nor no."""
    entries = [finding(k, grade) for k, grade in enumerate(grades)]
    (history,) = finding_histories(entries, [session(k) for k in range(3)])
    assert "".join("●" if each else "○" for each in history.found) == found
    assert history.words == words
    last = max(k for k, grade in enumerate(grades) if grade in ("mild", "marked"))
    assert history.last == session(last).started


def test_what_is_still_there_comes_first_and_what_never_was_does_not() -> None:
    """Two sets of a session are one session; a rule that found nothing has no history."""
    entries = [
        finding(0, "marked", "pelvic_tuck", "both"), finding(1, "none", "pelvic_tuck", "both"),
        finding(0, "none"), finding(0, "mild"), finding(1, "mild"), finding(1, "none"),
        finding(0, "none", side="left"), finding(1, "cannot_tell", side="left"),
        finding(2, "marked", "hip_shift"),
    ]  # fmt: skip
    sessions = [session(0), session(1), session(2, started=None)]
    found = [(each.rule, each.side, each.times) for each in finding_histories(entries, sessions)]
    assert found == [("knee_in", "right", 2), ("pelvic_tuck", "both", 1)]


def test_right_minus_left_is_followed() -> None:
    """Sides that were apart and are alike now have changed; a session of one side is none."""

    def values(side, means):
        return [
            MeasureValue(
                session=f"s{k}", started=bed.BEGIN + timedelta(weeks=k), kind="",
                movement=f"seated_rotation_{side}", set=1, repetition=r, side=side, direction="in",
                name="rotation_end_deg", unit="deg", value=mean, sd=1.0, counted=True, excluded="",
            )
            for k, mean in enumerate(means)
            for r in range(5)
        ]  # fmt: skip

    series = series_of([*values("left", [25.0] * 6), *values("right", [45.0] * 4 + [30.0])])
    (one,) = between_sides(series)
    assert [point.value for point in one.points] == [20.0] * 4 + [5.0]
    assert one.points[0].sd == pytest.approx(math.hypot(*(s.points[0].sd for s in series)))
    assert one.since_first.word == "real"
    assert between_sides(series[:1]) == ()


@pytest.fixture(scope="module")
def walked() -> tuple[list[RepetitionEntry], list[MeasureValue]]:
    """What the catalogue has of two walks of a simulated athlete."""
    seen = assessed("pivot", seed=7, sets=2, equal_sides=True).repetitions
    steps = [
        RepetitionEntry(
            session="s0", movement=r.movement, set=r.set, repetition=r.repetition, side=r.side,
            direction=r.direction, t_start=r.t_start, t_turn=r.t_turn, t_end=r.t_end,
            counted=r.counted, excluded="",
        )
        for r in seen
    ]  # fmt: skip
    values = [
        MeasureValue(
            session="s0", started=bed.BEGIN, kind="", movement=r.movement, set=r.set,
            repetition=r.repetition, side=r.side, direction=r.direction, name=name, unit="deg",
            value=r.measures[name], sd=math.nan, counted=r.counted, excluded="",
        )
        for r in seen
        for name in WALK_MEASURES
        if name in r.measures
    ]  # fmt: skip
    return steps, values


def test_whole_walks_are_counted_week_by_week(walked) -> None:
    """Both walks came back; without the last steps of one it is none any more."""
    steps, values = walked
    assert whole_walks(steps, values) == {"s0": 2}
    cut = [step for step in steps if step.set == 1 or step.repetition <= 4]
    assert whole_walks(cut, values) == {"s0": 1}
    (first, second) = dose([session(0), session(1)], UTC, {"s0": 2})
    assert (first.walks, first.minutes, second.walks) == (2, 10.0, 0)


def test_the_catalogue_counts_minutes(tmp_path: Path) -> None:
    """The dose of a filed session holds its length; two pivots are no walk."""
    rec = bed.recording(tmp_path / "one.mcap")
    with Catalogue(tmp_path / "c.db") as catalogue:
        catalogue.file(rec, bed.results(tmp_path / "one", rec), athlete="A1")
        (week,) = catalogue.dose("A1", UTC)
        (filed,) = catalogue.sessions("A1")
    assert week.minutes == pytest.approx(filed.duration_s / 60.0)
    assert (week.walks, week.repetitions["pivot"]) == (0, 2)
