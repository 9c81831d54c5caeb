"""An analysis is calculated once for a recording's bytes, versions and parameters."""

import os
import shutil

import pandas as pd
import pytest

import imuhip
from imuhip.api import cache as kept
from imuhip.catalogue.athlete import delete_athlete, holdings
from imuhip.catalogue.catalogue import Catalogue


def test_the_same_bytes_are_analyzed_once(squats, analyses, tmp_path):
    """A copy under another name is the same recording, and keeps its own name."""
    first = imuhip.read(squats).angles.to_pandas()
    shutil.copyfile(squats, tmp_path / "copy.mcap")
    copy = imuhip.read(tmp_path / "copy.mcap")
    pd.testing.assert_frame_equal(copy.angles.to_pandas(), first)
    assert len(analyses) == 1
    assert copy.results.session["recording"] == "copy.mcap"


def test_other_parameters_versions_or_bytes_are_analyzed_anew(
    squats, analyses, monkeypatch, tmp_path
):
    """Whatever results depend on is part of the key."""
    settings = kept.Settings()
    keys = {kept.fingerprint(squats, settings)}
    assert kept.fingerprint(squats, kept.Settings()) in keys
    imuhip.analyze(squats)
    imuhip.analyze(squats, filter="mahony")
    imuhip.analyze(squats, columns=("swing",))
    imuhip.analyze(squats)
    assert len(analyses) == 3
    monkeypatch.setattr(kept, "software_versions", lambda: {"imuhip": "9"})
    keys.add(kept.fingerprint(squats, settings))
    monkeypatch.setattr(kept, "_own_code", lambda: "changed")
    keys.add(kept.fingerprint(squats, settings))
    (tmp_path / "longer.mcap").write_bytes(squats.read_bytes() + b"x")
    keys.add(kept.fingerprint(tmp_path / "longer.mcap", settings))
    assert len(keys) == 4


def test_the_code_is_part_of_the_version():
    """The key follows the files of the estimation, so a changed checkout is calculated anew."""
    assert len(kept._own_code()) == 64
    assert set(kept._ROOMS) >= {"estimate", "assess", "pipeline"}


def test_a_spoilt_analysis_is_made_anew(squats, analyses, own_cache):
    """A kept analysis that cannot be read costs nothing but the time."""
    first = imuhip.read(squats).angles.to_pandas()
    (path,) = own_cache.rglob("angles.parquet")
    path.write_bytes(b"spoilt")
    pd.testing.assert_frame_equal(imuhip.read(squats).angles.to_pandas(), first)
    assert len(analyses) == 2


def test_no_cache_leaves_nothing(squats, folder, own_cache, analyses):
    """With `cache=False` nothing is kept beyond the session, of folders as of recordings."""
    for source in (squats, folder):
        session = imuhip.read(source, cache=False)
        place = session._cache._folder
        assert len(session.angles)
        assert not session.samples["pelvis"].empty
        assert any(place.iterdir())
        del session
        assert not place.exists()
    assert not own_cache.exists()
    assert len(imuhip.read(squats, cache=False).angles)
    assert len(analyses) == 3


def test_an_import_is_kept_by_its_bytes(folder, own_cache):
    """A folder read twice leaves one recording; a changed file leaves another."""
    first = imuhip.read(folder).recording
    assert imuhip.read(folder).recording == first
    changed = own_cache.parent / "monday"
    shutil.copytree(folder, changed)
    marks = changed / "marks.csv"
    marks.write_text(marks.read_text() + "1.0,note:hello\n")
    assert imuhip.read(changed).recording != first
    assert len(list(own_cache.rglob("*.mcap"))) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_what_is_kept_is_for_its_owner_alone(squats, own_cache):
    """Folders and files of the cache are readable by their owner alone."""
    assert len(imuhip.read(squats).angles)
    (results,) = (own_cache / "results").iterdir()
    assert results.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in results.iterdir())


def test_the_least_used_go_first(squats, folder, own_cache, monkeypatch):
    """Beyond the limit what was used least recently goes, of imports too; what is in use stays."""
    imuhip.analyze(squats)
    (first,) = (own_cache / "results").iterdir()
    imuhip.analyze(squats, columns=("swing",))
    second = next(p for p in (own_cache / "results").iterdir() if p != first)
    imported = imuhip.read(folder).recording.parent
    monkeypatch.setattr(kept, "LIMIT_BYTES", kept._size(first) + 2 * kept._size(second))
    os.utime(imported, (1, 1))
    os.utime(second / "session.json", (2, 2))
    os.utime(first / "session.json", (3, 3))
    imuhip.analyze(squats, columns=("projected",))
    assert not imported.exists()
    assert second.exists()
    imuhip.analyze(squats, columns=("swing",))  # is used again, and so the first is the oldest now
    imuhip.analyze(squats, columns=("projected", "swing"))
    assert not first.exists()
    assert second.exists()
    monkeypatch.setattr(kept, "LIMIT_BYTES", 1)
    session = imuhip.read(squats)
    assert len(session.angles)
    assert len(imuhip.analyze(session, columns=("scaled",)).angles)
    assert first.exists()
    assert not second.exists()


def test_an_athletes_analyses_go_with_the_athlete(squats, own_cache, tmp_path):
    """What the cache holds of an athlete is found among what the athlete's deletion removes."""
    assert len(imuhip.read(squats).angles)
    with Catalogue(str(tmp_path / "library" / "catalogue.db")) as catalogue:
        catalogue.add_athlete("simulated-21")
        found = holdings(catalogue, "simulated-21", [own_cache])
        assert len(found.results) == 1
        delete_athlete(catalogue, found)
    assert not list(own_cache.rglob("*.parquet"))
