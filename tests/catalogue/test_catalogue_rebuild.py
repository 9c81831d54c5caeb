"""Making the catalogue anew gives the same rows, and loses nothing that it cannot give back."""

import json
import math
import shutil
from pathlib import Path

import pytest
from beds import catalogue as bed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Goal
from imuhip.catalogue.entries import entries_path, restore_entries, save_entries
from imuhip.catalogue.facts import measures_of, unit_of
from imuhip.catalogue.filing import version_key
from imuhip.catalogue.rebuild import rebuild
from imuhip.catalogue.rows import rows
from imuhip.catalogue.tables import ENTERED
from imuhip.core.errors import CatalogueError


def everything(catalogue):
    with catalogue.store.reading() as db:
        return rows(db)


def without_places(tables):
    """Rows without where files lie."""
    return {
        name: [{k: v for k, v in row.items() if k not in ("results", "recording")} for row in found]
        for name, found in tables.items()
    }


@pytest.fixture
def filled(location, tmp_path):
    """A library with two athletes, every table filled; gives its catalogue's place."""
    disk = tmp_path / "disk"
    with Catalogue(location) as catalogue:
        for n, athlete in enumerate(("A1", "A1", "B2", "")):
            rec = bed.recording(disk / f"{n}.mcap", athlete=athlete, day=7.0 * n, seed=n)
            folder = bed.results(disk / f"r{n}", rec, table=bed.repetitions(seed=n))
            catalogue.file(rec, folder, athlete=athlete or "B2")
        newer = bed.results(disk / "newer", disk / "0.mcap", version="7.1", findings=[])
        session = catalogue.file(disk / "0.mcap", newer).session
        catalogue.edit_athlete("A1", name="Jörg", note="left-handed")
        catalogue.give_consent("A1", "tracking")
        catalogue.set_squads("A1", ["U19"])
        catalogue.edit_session(session, kind="cold", load_kg=60, notes="n", tags=("screen", "box"))
        catalogue.exclude_repetition(session, "squat", 1, 1, "slipped")
        catalogue.add_note("A1", "knees out", kind="cue", session=session, t=1.5)
        catalogue.set_goal("A1", Goal("rotation_bottom_deg", low=25.0))
        catalogue.trash(catalogue.sessions("B2")[0].id)
        catalogue.show(session, catalogue.analyses(session)[1].fingerprint)
        assert all(everything(catalogue).values())
    return location


def test_rebuilding_gives_the_same_rows(filled, tmp_path):
    """Rebuilt in place, every table holds what it held."""
    with Catalogue(filled) as catalogue:
        before = everything(catalogue)
        done = rebuild(catalogue, [tmp_path / "disk"])
        assert (done.sessions, done.analyses, done.analyzed) == (4, 5, 0)
        assert (done.kept, done.left) == ((), ())
        assert everything(catalogue) == before


def test_a_lost_catalogue_comes_back(filled, tmp_path):
    """With the catalogue gone, recordings, results and the kept entries give every row again."""
    with Catalogue(filled) as catalogue:
        before = everything(catalogue)
        if "://" in filled:
            with catalogue.store.reading() as db:
                save_entries(db, tmp_path / "entries.json")
    fresh = str(tmp_path / "fresh" / "catalogue.db")
    if "://" in filled:  # another server's new database, or a file: entries are the same
        with Catalogue(fresh) as catalogue, catalogue.entering() as db:
            assert restore_entries(db, tmp_path / "entries.json") > 8
    else:
        Path(filled).unlink()
        fresh = filled
    with Catalogue(fresh) as catalogue:
        done = rebuild(catalogue, [tmp_path / "disk"])
        assert done.left == ()
        assert everything(catalogue) == before
        assert entries_path(Path(fresh)).exists()


def test_recordings_that_are_away_keep_their_rows(filled, tmp_path):
    """A drive that is not plugged in takes no rows along, nor do results that were removed."""
    with Catalogue(filled) as catalogue:
        before = everything(catalogue)
        (tmp_path / "disk" / "1.mcap").rename(tmp_path / "1.mcap.away")
        shutil.rmtree(tmp_path / "disk" / "newer")
        done = rebuild(catalogue, [tmp_path / "disk"])
        assert (done.sessions, len(done.kept)) == (3, 1)
        assert without_places(everything(catalogue)) == without_places(before)
        (tmp_path / "1.mcap.away").rename(tmp_path / "disk" / "moved.mcap")
        done = rebuild(catalogue, [tmp_path / "disk"])
        assert (done.sessions, done.kept) == (4, ())
        moved = {session.recording.name for session in catalogue.sessions()}
        assert "moved.mcap" in moved
        assert without_places(everything(catalogue)) == without_places(before)


def test_what_cannot_be_filed_is_named(catalogue, tmp_path):
    """A damaged recording, one of nobody and results of none are listed and stop nothing."""
    disk = tmp_path / "disk"
    good = bed.recording(disk / "good.mcap")
    bed.results(disk / "good", good)
    bed.recording(disk / "nobody.mcap", athlete="", seed=1)
    (disk / "broken.mcap").write_bytes(b"not a recording")
    other = bed.recording(tmp_path / "elsewhere.mcap", seed=2)
    bed.results(disk / "orphan", other)
    (disk / "spoilt").mkdir()
    (disk / "spoilt" / "session.json").write_text("{")
    (disk / "link.mcap").symlink_to(other)
    done = rebuild(catalogue, [disk])
    assert (done.sessions, done.analyses) == (1, 1)
    why = {path.name: reason for path, reason in done.left}
    assert set(why) == {"nobody.mcap", "broken.mcap", "orphan", "spoilt"}
    assert "--athlete" in why["nobody.mcap"]
    assert "was not found" in why["orphan"]


def test_results_that_are_gone_are_made_again(tmp_path):
    """With nothing left but a real recording and the entries, the same rows come again."""
    from dataclasses import asdict

    import imuhip
    from imuhip.catalogue.library import results_folder
    from imuhip.pipeline.all_sensors import Params
    from imuhip.recording.summary import sha256_of
    from imuhip.results.analysis import analyze
    from imuhip.simulate.output import write
    from imuhip.simulate.session import simulate

    library = tmp_path / "library"
    rec = library / "recordings" / "squat.mcap"
    write(simulate("squat", seed=3), rec, None, overwrite=False)
    folder = results_folder(library, rec, sha256_of(rec), imuhip.__version__, asdict(Params()))
    analyze(rec, folder)
    with Catalogue(library / "catalogue.db") as catalogue:
        catalogue.file(rec, folder, athlete="A1")
        before = everything(catalogue)
    shutil.rmtree(library / "results")
    (library / "catalogue.db").unlink()
    with Catalogue(library / "catalogue.db") as catalogue:
        done = rebuild(catalogue)
        assert (done.sessions, done.analyses, done.analyzed) == (1, 1, 1)
        assert everything(catalogue) == before


def test_the_entries_file_holds_what_was_entered_and_nothing_else(filled, tmp_path):
    """All that a person entered is in the file, nothing derived, and no other file is taken."""
    path = tmp_path / "entries.json"
    with Catalogue(filled) as catalogue:
        with catalogue.store.reading() as db:
            save_entries(db, path)
        content = json.loads(path.read_text())
        assert set(content["tables"]) == {model.__tablename__ for model in ENTERED}
        assert all(content["tables"].values())
        with (
            pytest.raises(CatalogueError, match="into an empty catalogue only"),
            catalogue.entering() as db,
        ):
            restore_entries(db, path)
    for wrong, said in (
        ("{", "no entries of a catalogue"),
        ("[]", "no entries of a catalogue"),
        ('{"format": 99, "tables": {}}', "format 99; this imuhip reads 1"),
        ('{"format": 1, "tables": {"athletes": [{"id": 1}]}}', "no entries of a catalogue"),
    ):
        path.write_text(wrong)
        fresh = tmp_path / f"{len(wrong)}.db"
        with (
            Catalogue(fresh) as catalogue,
            pytest.raises(CatalogueError, match=said),
            catalogue.entering() as db,
        ):
            restore_entries(db, path)


def test_a_spoilt_entries_file_stops_a_new_catalogue(tmp_path):
    """A new catalogue never silently begins without the entries that lie beside it."""
    path = tmp_path / "catalogue.db"
    entries_path(path).write_text("{")
    with pytest.raises(CatalogueError, match="no entries of a catalogue"):
        Catalogue(path)
    assert not path.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["catalogue.db.entries.json"]


@given(st.lists(st.sampled_from(["0.9", "0.10", "1.0rc1", "1.0", "1.0.1", "2.0.dev1", "what"])))
def test_versions_sort_by_age(versions):
    """Versions sort as people number them; what is no version is older than all."""
    order = ["what", "0.9", "0.10", "1.0rc1", "1.0", "1.0.1", "2.0.dev1"]
    assert sorted(versions, key=version_key) == sorted(versions, key=order.index)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("rotation_bottom_deg", "deg"), ("peak_rate_deg_s", "deg/s"), ("descent_s", "s"),
        ("rate_deg_per_s", "deg/s"), ("in_zone_share", "share"), ("sparc", ""), ("lag_ms", "ms"),
        ("swept_area_deg2", "deg²"),
    ],
)  # fmt: skip
def test_units_stand_in_names(name, unit):
    """The unit of a measure is what its name ends in."""
    assert unit_of(name) == unit


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["a_deg", "a_sd_deg", "b", "b_sd"]), st.floats()))
def test_measures_are_numbers_or_not_there(row):
    """What is not a number gives no row; an error that is none gives an empty one."""
    for name, value, sd in measures_of(row, {"a_deg": "deg", "b": ""}):
        assert math.isfinite(value)
        assert value == row[name]
        error = row.get({"a_deg": "a_sd_deg", "b": "b_sd"}[name], math.nan)
        assert sd == (error if math.isfinite(error) else None)
