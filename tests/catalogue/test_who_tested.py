"""Who tested: filed with a session, corrected, and in the error of what has changed."""

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from alembic import command
from alembic.config import Config
from beds import catalogue as bed
from sqlalchemy import create_engine, text

from imuhip.assess.symmetry import START_DAY_ERROR
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.club import repetition_rows, session_rows
from imuhip.catalogue.entities import MeasureValue
from imuhip.catalogue.progress import between_sides, series_of, several_testers, trend, usual_in
from imuhip.catalogue.rows import rows
from imuhip.catalogue.store import SCRIPTS
from imuhip.core.errors import CatalogueError


def sessions(means, testers, *, effort="passive", movement="seated_rotation_left", side="left",
             every=7.0, name="rotation_end_deg"):  # fmt: skip
    """A session for each mean, of five repetitions, `every` days apart."""
    return [
        MeasureValue(
            session=f"s{n}", started=bed.BEGIN + timedelta(days=every * n), kind="",
            movement=movement, set=1, repetition=r + 1, side=side, direction="in", name=name,
            unit="deg", value=mean + 0.2 * (r - 2), sd=2.0, counted=True, excluded="",
            effort=effort, tester=tester,
        )
        for n, (mean, tester) in enumerate(zip(means, testers, strict=True))
        for r in range(5)
    ]  # fmt: skip


def changed(testers, **more):
    (one,) = series_of(sessions([30.0, 42.0], testers, **more))
    return one.since_first


def test_a_change_that_counts_with_one_tester_does_not_with_two():
    """12° more, passive: real by one tester, possible by two; unknown ones change nothing."""
    assert changed(["Anna", "anna"]).word == "real"
    assert changed(["Anna", "Ben"]).word == "possible"
    assert changed(["", "Ben"]) == changed(["", ""]) == changed(["Anna", "Anna"])
    extra = changed(["Anna", "Ben"]).sd ** 2 - changed(["Anna", "Anna"]).sd ** 2
    assert extra == pytest.approx(2 * 5.0**2)


def test_what_a_tester_hardly_influences_hardly_changes():
    """Active tests need a little more; depth needs nothing."""
    squat = {"effort": "", "movement": "squat"}
    assert changed(["Anna", "Ben"], effort="").word == "real"
    depth = (changed([*pair], **squat, name="depth_deg") for pair in (("A", "A"), ("A", "B")))
    assert len(set(depth)) == 1


def test_the_athletes_own_error_is_of_one_tester():
    """What testers differ by does not pass for what days differ by."""
    means = [30.0, 30.5, 29.5, 44.0, 43.5]
    (two,) = series_of(sessions(means, ["Anna"] * 3 + ["Ben"] * 2, every=3.0))
    (one,) = series_of(sessions(means, ["Anna"] * 5, every=3.0))
    (unknown,) = series_of(sessions(means, [""] * 5, every=3.0))
    assert two.error.sessions == 3
    assert two.error.between_sd < START_DAY_ERROR.between_sd < one.error.between_sd
    assert unknown == replace(
        one, points=tuple(replace(point, tester="") for point in one.points)
    )  # fmt: skip


def test_a_trend_over_two_testers_is_less_sure():
    """Ben's higher numbers after Anna's look like a rise; within either tester there is none."""
    means = [30.0, 30.5, 29.5, 38.0, 37.5, 38.5]
    (one,) = series_of(sessions(means, ["Anna"] * 6))
    (two,) = series_of(sessions(means, ["Anna"] * 3 + ["Ben"] * 3))
    assert one.trend.word == "rising"
    assert two.trend.word == "no trend beyond error"
    assert abs(two.trend.per_week) < one.trend.per_week
    (mixed,) = series_of(sessions(means, ["", "Anna", "", "Anna", "", ""]))
    assert mixed.trend == one.trend


def test_a_trend_is_weighed_as_before():
    """Independent errors give the weighted straight line."""
    (one,) = series_of(sessions([30.0, 33.0, 36.0, 39.0], [""] * 4))
    found = trend(one.points)
    assert found.per_week == pytest.approx(3.0)
    sd = one.points[0].sd
    assert found.high - found.per_week == pytest.approx(1.959964 * sd / 5.0**0.5, rel=1e-6)


def test_right_against_left_and_todays_usual():
    """Another tester is in the error of both."""
    left = sessions([30.0, 30.0], ["Anna", "Ben"])
    right = sessions(
        [31.0, 43.0], ["Anna", "Ben"], movement="seated_rotation_right", side="right"
    )  # fmt: skip
    (apart,) = between_sides(series_of([*left, *right]))
    assert apart.testers == ("Anna", "Ben")
    assert apart.since_first.sd ** 2 == pytest.approx(
        sum(p.sd**2 for p in apart.points) + 2 * 5.0**2
    )  # fmt: skip
    (usual,) = usual_in(sessions([40.0, 40.0, 28.0], ["Anna", "Anna", "Ben"]), "s2")
    assert (usual.word, usual.tester_differs) == ("possible", True)
    (usual,) = usual_in(sessions([40.0, 40.0, 28.0], ["Anna", "Anna", ""]), "s2")
    assert (usual.word, usual.tester_differs) == ("real", False)


def test_the_page_says_in_one_sentence_that_testers_differ():
    """Only where a measure is among them that testers influence."""
    assert several_testers(series_of(sessions([30.0, 42.0], ["Anna", "Ben"]))) == (
        "Tested by Anna and Ben: a change between two testers must be larger to count."
    )
    assert several_testers(series_of(sessions([30.0, 42.0], ["Anna", ""]))) == ""
    depth = sessions([30.0, 42.0], ["Anna", "Ben"], movement="squat", name="depth_deg")
    assert several_testers(series_of(depth)) == ""


def test_who_tested_is_filed_offered_and_corrected(catalogue, tmp_path):
    """The recording says it, a person corrects it, and nothing of that is lost by filing again."""
    rec = bed.recording(tmp_path / "one.mcap", tester="Anna")
    results = bed.results(tmp_path / "one", rec)
    session = catalogue.file(rec, results, athlete="A1").session
    assert catalogue.session(session).tester == "Anna"
    assert catalogue.testers() == ("Anna",)
    assert {value.tester for value in catalogue.measures("A1")} == {"Anna"}
    catalogue.edit_session(session, tester="Ben")
    catalogue.file(rec, results)
    assert catalogue.session(session).tester == "Ben"
    assert {value.tester for value in catalogue.measures("A1")} == {"Ben"}
    assert {point.tester for one in catalogue.progress("A1") for point in one.points} == {"Ben"}
    assert [s.id for s in catalogue.sessions(search="ben")] == [session]
    found = repetition_rows(catalogue, ["A1"], {})
    assert {row["tester"] for row in (*found, *session_rows(found))} == {"Ben"}
    catalogue.edit_session(session, tester="")  # nobody knows, whatever the recording says
    assert catalogue.session(session).tester == ""
    assert catalogue.testers() == ()
    catalogue.file(rec, results, tester="Cleo")
    assert catalogue.session(session).tester == "Cleo"
    with pytest.raises(CatalogueError, match="cannot be a tester's name"):
        catalogue.edit_session(session, tester="two\nlines")
    with pytest.raises(CatalogueError, match="cannot be a tester's name"):
        catalogue.file(rec, results, tester="x" * 41)
    assert catalogue.session(session).tester == "Cleo"


def test_a_catalogue_without_testers_is_brought_up_to_date(location):
    """One of the version before opens with all it had; of its sessions nobody knows who tested."""
    url = location if "://" in str(location) else f"sqlite:///{location}"
    with Catalogue(location) as catalogue:
        catalogue.add_athlete("A1", "Ada")
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes["connection"] = connection
        for table in ("sessions", "session_entries"):
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN tester"))
        command.stamp(config, "0002", purge=True)
        connection.execute(text(
            "INSERT INTO sessions VALUES ('s1', 'A1', 'one.mcap', "
            "'2026-03-02T10:00:00.000000Z', 60, '', '', '')"
        ))  # fmt: skip
        connection.execute(text(
            "INSERT INTO session_entries (session, kind, notes) VALUES ('s1', 'cold', 'early')"
        ))  # fmt: skip
    engine.dispose()
    with Catalogue(location) as catalogue:
        (session,) = catalogue.sessions("A1")
        assert (session.tester, session.kind, session.notes) == ("", "cold", "early")
        catalogue.edit_session("s1", tester="Anna")
        assert catalogue.session("s1").tester == "Anna"


def test_entries_of_an_older_imuhip_are_taken(tmp_path):
    """The entries file beside a lost catalogue may know nothing of testers."""
    path = tmp_path / "catalogue.db"
    rec = bed.recording(tmp_path / "one.mcap")
    with Catalogue(path) as catalogue:
        session = catalogue.file(rec, bed.results(tmp_path / "one", rec), athlete="A1").session
        catalogue.edit_session(session, notes="early")
    entries = path.with_name("catalogue.db.entries.json")
    kept = json.loads(entries.read_text())
    for row in kept["tables"]["session_entries"]:
        del row["tester"]
    entries.write_text(json.dumps(kept))
    path.unlink()
    with Catalogue(path) as catalogue, catalogue.store.reading() as db:
        (row,) = rows(db)["session_entries"]
        assert (row["notes"], row["tester"]) == ("early", None)
    assert sqlite3.connect(path).execute("SELECT count(*) FROM session_entries").fetchone() == (1,)
