"""The catalogue: filing, asking, changing; the same on SQLite and PostgreSQL."""

import math
from datetime import UTC, datetime

import pytest
from beds import catalogue as bed

from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Goal
from imuhip.catalogue.rows import rows
from imuhip.core.errors import CatalogueError


def everything(catalogue):
    with catalogue.store.reading() as db:
        return rows(db)


@pytest.fixture
def one(catalogue, tmp_path):
    """A catalogue with a session of A1, and that session."""
    rec = bed.recording(tmp_path / "one.mcap")
    filed = catalogue.file(rec, bed.results(tmp_path / "one", rec), athlete="A1")
    return catalogue, filed.session


def test_filing_gives_the_session_back(catalogue, tmp_path):
    """What was recorded and analyzed is found again, with its repetitions, measures, findings."""
    rec = bed.recording(tmp_path / "one.mcap")
    filed = catalogue.file(rec, bed.results(tmp_path / "one", rec), athlete="A1")
    assert (filed.athlete, filed.others) == ("A1", ())
    assert any("No consent" in sentence for sentence in filed.words)
    (session,) = catalogue.sessions("A1")
    assert session.id == filed.session
    assert session.recording == rec
    assert session.started == bed.BEGIN
    assert session.movements == {"pivot": 2, "squat": 5}
    assert (session.grade, session.analyses, session.trashed) == ("good", 1, None)
    found = catalogue.measures("A1", names=("rotation_bottom_deg",))
    assert len(found) == 12
    assert {value.unit for value in found} == {"deg"}
    assert all(value.sd == 1.5 for value in found)
    expected = bed.repetitions()["rotation_bottom_deg"].to_pylist()
    assert sorted(v.value for v in found) == sorted(v for v in expected if not math.isnan(v))
    (finding,) = catalogue.findings("A1")
    assert (finding.rule, finding.value, finding.repetitions) == ("knee_in", 7.25, (1, 2))
    assert math.isnan(finding.mdc)
    assert [label for _, label in catalogue.marks(session.id)] == list(bed.MARKS)
    assert catalogue.athletes()[0].sessions == 1


def test_filing_twice_changes_nothing(one, tmp_path):
    """The same results filed again are the same rows."""
    catalogue, _ = one
    before = everything(catalogue)
    catalogue.file(tmp_path / "one.mcap", tmp_path / "one")
    assert everything(catalogue) == before


def test_a_newer_version_is_shown_and_the_older_kept(one, tmp_path):
    """Analyzing again with a newer version keeps both, says which is shown, and can be undone."""
    catalogue, session = one
    rec = tmp_path / "one.mcap"
    newer = bed.results(tmp_path / "new", rec, version="0.10.0", table=bed.repetitions(sets=1))
    filed = catalogue.file(rec, newer)
    assert (filed.shown, filed.others) == ("0.10.0", (bed.imuhip.__version__,))
    assert any("0.10.0 is shown" in sentence for sentence in filed.words)
    assert catalogue.session(session).movements == {"pivot": 2, "squat": 2}
    assert [a.version for a in catalogue.analyses(session)] == ["0.10.0", bed.imuhip.__version__]
    older = catalogue.analyses(session)[1]
    catalogue.show(session, older.fingerprint)
    assert catalogue.session(session).movements == {"pivot": 2, "squat": 5}
    assert catalogue.analyses(session)[0].pinned
    catalogue.show(session, None)
    assert catalogue.session(session).version == "0.10.0"
    with pytest.raises(CatalogueError, match="no analysis with the fingerprint"):
        catalogue.show(session, "0" * 16)


def test_parameters_tried_out_are_not_shown(one, tmp_path):
    """Of two analyses of one version, that with the default parameters is shown."""
    catalogue, session = one
    rec = tmp_path / "one.mcap"
    tried = bed.plain_params()
    tried["orientation"]["filter"] = "madgwick"
    catalogue.file(rec, bed.results(tmp_path / "tried", rec, parameters=tried))
    shown, other = catalogue.analyses(session)
    assert shown.parameters == bed.plain_params()
    assert other.parameters["orientation"]["filter"] == "madgwick"


def test_results_that_were_replaced_keep_their_rows(one, tmp_path):
    """A newer analysis in the same folder takes the files, not the older one's rows."""
    catalogue, session = one
    rec = tmp_path / "one.mcap"
    catalogue.file(rec, bed.results(tmp_path / "one", rec, version="9.0"))
    newer, older = catalogue.analyses(session)
    assert (newer.results, older.results) == (tmp_path / "one", None)
    catalogue.show(session, older.fingerprint)
    assert len(catalogue.measures("A1")) == 26


def test_results_of_another_recording_are_refused(catalogue, tmp_path):
    """Results belong to the recording they were made of."""
    rec, other = (bed.recording(tmp_path / f"{n}.mcap", seed=n) for n in (1, 2))
    with pytest.raises(CatalogueError, match="but of another recording"):
        catalogue.file(rec, bed.results(tmp_path / "r", other), athlete="A1")
    assert catalogue.athletes() == ()


def test_whose_it_is(catalogue, tmp_path):
    """The athlete is who was named, else who was named before, else whom the recording names."""
    rec = bed.recording(tmp_path / "n.mcap", athlete="")
    folder = bed.results(tmp_path / "r", rec)
    with pytest.raises(CatalogueError, match="does not say whose it is"):
        catalogue.file(rec, folder)
    assert catalogue.file(rec, folder, athlete="B2").athlete == "B2"
    assert catalogue.file(rec, folder).athlete == "B2"
    mine = bed.recording(tmp_path / "m.mcap", athlete="A1")
    folder = bed.results(tmp_path / "s", mine)
    assert catalogue.file(mine, folder).athlete == "A1"
    moved = catalogue.file(mine, folder, athlete="B2")
    assert any("names A1; it is filed under B2" in sentence for sentence in moved.words)
    assert {a.id: a.sessions for a in catalogue.athletes()} == {"A1": 0, "B2": 2}
    assert catalogue.file(mine, folder).athlete == "B2"


@pytest.mark.parametrize("athlete", ["../x", "", "Jörg", "a b", ".a", "x" * 65, "a/b", "-rf"])
def test_ids_that_cannot_be_names_of_files(catalogue, athlete):
    """An id is a plain word; anything else is refused with what to do."""
    with pytest.raises(CatalogueError, match="cannot be an athlete's id"):
        catalogue.add_athlete(athlete)


def test_names_stay_in_the_catalogue(catalogue):
    """An athlete has a name, once, and both can be changed."""
    catalogue.add_athlete("A1", "Jörg Müller", "left-handed")
    with pytest.raises(CatalogueError, match="A1 is in the catalogue already"):
        catalogue.add_athlete("A1")
    catalogue.edit_athlete("A1", name="Jörg Maier")
    (athlete,) = catalogue.athletes()
    assert (athlete.name, athlete.note, athlete.consent) == ("Jörg Maier", "left-handed", "none")
    with pytest.raises(CatalogueError, match=r"\(it has: A1\)"):
        catalogue.sessions("A2")


def test_consent(catalogue, tmp_path):
    """Consent is given for something and taken back; after that nothing new is filed."""
    catalogue.add_athlete("A1")
    catalogue.give_consent("A1", "tracking", given=bed.BEGIN, note="on paper")
    catalogue.give_consent("A1", "research")
    assert catalogue.athletes()[0].consent == "given"
    assert catalogue.withdraw_consent("A1", "research") == 1
    rec = bed.recording(tmp_path / "one.mcap")
    folder = bed.results(tmp_path / "one", rec)
    assert catalogue.file(rec, folder).words == ()
    assert catalogue.withdraw_consent("A1") == 1
    assert catalogue.athletes()[0].consent == "withdrawn"
    with pytest.raises(CatalogueError, match="A1 has withdrawn consent"):
        catalogue.file(rec, folder)
    with pytest.raises(CatalogueError, match="A1 has withdrawn consent"):
        catalogue.may_file("A1")
    first = catalogue.consents("A1")[0]
    assert (first.purpose, first.given, first.note) == ("tracking", bed.BEGIN, "on paper")
    assert first.withdrawn is not None


def test_what_is_said_of_a_session(one):
    """Kind, load, notes, tags and date are entered, changed and found again."""
    catalogue, session = one
    catalogue.edit_session(
        session, kind="warm", load_kg=60.0, notes="Größer im Bild", tags=("screen", "box")
    )
    (found,) = catalogue.sessions("A1")
    assert (found.kind, found.load_kg, found.tags) == ("warm", 60.0, ("box", "screen"))
    catalogue.edit_session(session, load_kg=math.nan, started=datetime(2026, 1, 1, tzinfo=UTC))
    (found,) = catalogue.sessions("A1")
    assert math.isnan(found.load_kg)
    assert found.started == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.notes == "Größer im Bild"
    for search, count in (
        ("GRÖSSER", 1), ("größer", 1), ("SCREEN", 1), ("squat", 1), ("knie", 1), ("one.mc", 1),
        ("nothing", 0),
    ):  # fmt: skip
        assert len(catalogue.sessions("A1", search=search)) == count, search
    assert len(catalogue.sessions("A1", tags=("box", "screen"), kind="warm")) == 1
    assert catalogue.sessions("A1", tags=("box", "other")) == ()
    assert catalogue.sessions("A1", kind="cold") == ()
    catalogue.edit_session(session[:8], tags=())
    assert catalogue.session(session).tags == ()


def test_the_trash_gives_back(one):
    """A session in the trash is in no view and no figure, and comes back as it was."""
    catalogue, session = one
    catalogue.edit_session(session, tags=("screen",))
    before = everything(catalogue)
    catalogue.trash(session)
    assert catalogue.sessions("A1") == catalogue.measures("A1") == catalogue.findings("A1") == ()
    assert catalogue.notes("A1") == ()
    assert catalogue.athletes()[0].sessions == 0
    (trashed,) = catalogue.sessions("A1", trashed=True)
    assert trashed.trashed is not None
    assert catalogue.session(session) == trashed
    catalogue.restore(session)
    assert everything(catalogue) == before


def test_an_excluded_repetition_does_not_count(one):
    """A repetition is taken out of what counts with a reason, and let in again."""
    catalogue, session = one
    catalogue.exclude_repetition(session, "squat", 2, 1, "strap slipped")
    catalogue.exclude_repetition(session, "squat", 2, 2, "stumbled", side="left")
    why = {(r.set, r.repetition, r.side): r.excluded for r in catalogue.repetitions(session)}
    assert (why[2, 1, "left"], why[2, 1, "right"]) == ("strap slipped", "strap slipped")
    assert (why[2, 2, "left"], why[2, 2, "right"]) == ("stumbled", "")
    assert catalogue.session(session).movements == {"pivot": 2, "squat": 4}
    assert sum(bool(v.excluded) for v in catalogue.measures("A1", movement="squat")) == 6
    catalogue.include_repetition(session, "squat", 2, 1)
    assert catalogue.session(session).movements == {"pivot": 2, "squat": 5}
    with pytest.raises(CatalogueError, match="The session has no repetition"):
        catalogue.exclude_repetition(session, "squat", 9, 1, "why")
    with pytest.raises(ValueError, match="Give a reason"):
        catalogue.exclude_repetition(session, "squat", 2, 1, " ")


def test_notes_and_cues(one):
    """What a coach wrote and what was marked in recordings stand in one list, in time."""
    catalogue, session = one
    catalogue.add_note("A1", "phase 2 begins", kind="phase", at=datetime(2026, 2, 1, tzinfo=UTC))
    catalogue.add_note("A1", "helped", kind="cue", session=session[:10], t=12.5, at=bed.BEGIN)
    said = [(note.kind, note.text) for note in catalogue.notes("A1")]
    assert said == [("phase", "phase 2 begins"), ("cue", "Knie raus"), ("pain", ""),
                    ("cue", "helped")]  # fmt: skip
    written = [note for note in catalogue.notes("A1", kind="cue") if note.id is not None]
    assert [(note.session, note.t) for note in written] == [(session, 12.5)]
    catalogue.remove_note("A1", written[0].id)
    assert len(catalogue.notes("A1")) == 3


def test_goals(catalogue):
    """A goal has a lower end, an upper one or both, and the next one takes its place."""
    catalogue.add_athlete("A1")
    catalogue.set_goal("A1", Goal("rotation_in_deg", side="left", low=25.0, high=45.0))
    catalogue.set_goal("A1", Goal("rotation_in_deg", side="left", low=30.0, note="after week 6"))
    catalogue.set_goal("A1", Goal("depth_deg", high=100.0))
    first, second = catalogue.goals("A1")
    assert (first.measure, first.low, first.note) == ("rotation_in_deg", 30.0, "after week 6")
    assert math.isnan(first.high)
    assert (second.measure, second.high) == ("depth_deg", 100.0)
    catalogue.remove_goal("A1", first)
    assert [goal.measure for goal in catalogue.goals("A1")] == ["depth_deg"]
    with pytest.raises(ValueError, match="A goal needs"):
        catalogue.set_goal("A1", Goal("depth_deg"))


def test_sessions_are_named_by_their_beginning(one):
    """The beginning of an id is enough while it is one session's; else it is refused."""
    catalogue, session = one
    assert catalogue.session(session[:6]).id == session
    for wrong in ("", "zz", "%", "_"):
        with pytest.raises(CatalogueError, match=r"session begins|Several sessions begin"):
            catalogue.session(wrong)


def test_texts_that_engines_do_not_like(catalogue, tmp_path):
    """NUL and quotes in marks and names neither break filing nor change anything else."""
    marks = ("note:a\x00b", "note:'; DROP TABLE athletes; --", "note:100 % _ \\")
    rec = bed.recording(tmp_path / "one.mcap", marks=marks)
    filed = catalogue.file(rec, bed.results(tmp_path / "one", rec), athlete="A1")
    labels = [label for _, label in catalogue.marks(filed.session)]
    assert labels == ["note:a\ufffdb", *marks[1:]]
    assert len(catalogue.sessions(search="DROP TABLE")) == 1
    assert isinstance(catalogue, Catalogue)


def test_a_helped_or_warm_set_is_a_line_of_its_own(catalogue, tmp_path):
    """Passive, cold and warm stay apart in Progress, whether a note or the coach said so."""
    said = ("note:set passive", "begin:squat", "end:squat"), ("note:warm",), ("cue:out",)
    for day, marks in enumerate(said):
        rec = bed.recording(tmp_path / f"{day}.mcap", day=day, seed=day, marks=marks)
        filed = catalogue.file(rec, bed.results(tmp_path / str(day), rec), athlete="A1")
    catalogue.edit_session(filed.session, kind="cold")
    series = catalogue.progress("A1", names=["rotation_bottom_deg"], movement="squat")
    lines = {(one.side, one.kind, one.effort): len(one.points) for one in series}
    assert lines == {
        (side, *said): 1
        for side in ("left", "right")
        for said in (("", "passive"), ("warm", ""), ("cold", ""))
    }
    values = catalogue.measures("A1", names=["rotation_bottom_deg"])
    assert {(v.kind, v.effort) for v in values} == {("", "passive"), ("warm", ""), ("cold", "")}
    assert [one.said for one in series[:3]] == ["passive", "cold", "warm"]
