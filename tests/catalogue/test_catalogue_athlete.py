"""Everything of one athlete: handed over whole, or gone without a trace."""

import csv
import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from beds import catalogue as bed

from imuhip.batch.dataset import partition_of
from imuhip.catalogue.athlete import delete_athlete, export_athlete, holdings
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Goal
from imuhip.catalogue.rows import rows
from imuhip.catalogue.tables import AthleteRow
from imuhip.core.errors import CatalogueError, RecordingError

NAME = "Jörg Überlinger"


@pytest.fixture
def two(location, tmp_path):
    """A catalogue of A1 and B2 with all there can be of them, in a library and elsewhere."""
    with Catalogue(location) as catalogue:
        library = catalogue.library if "://" not in location else tmp_path / "library"
        for n, athlete in enumerate(("A1", "A1", "B2")):
            rec = bed.recording(library / "recordings" / f"{n}_{athlete}.mcap", athlete, seed=n)
            folder = bed.results(library / "results" / f"{n}_{athlete}" / "0.1", rec)
            session = catalogue.file(rec, folder).session
            catalogue.edit_session(session, notes=f"secret of {athlete}", tags=(f"tag {athlete}",))
            catalogue.exclude_repetition(session, "squat", 1, 1, f"reason of {athlete}")
            catalogue.add_note(athlete, f"note of {athlete}", session=session)
        for athlete, name in (("A1", NAME), ("B2", "Benedikt Zweig")):
            catalogue.edit_athlete(athlete, name=name, note=f"about {athlete}")
            catalogue.give_consent(athlete, "tracking", note=f"paper of {athlete}")
            catalogue.set_squads(athlete, ["U19", f"squad of {athlete}"])
            catalogue.set_goal(athlete, Goal("rotation_bottom_deg", low=25.0, note=athlete))
        yield catalogue, library


def everything(catalogue, athlete=None):
    with catalogue.store.reading() as db:
        return rows(db, athlete)


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def files_with(folder: Path, *words: str) -> list[str]:
    """Files whose name or bytes hold one of the words."""
    found = []
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        if any(word.encode() in content or word in path.name for word in words):
            found.append(path.name)
    return found


def test_the_export_holds_everything(two, tmp_path):
    """Recordings and results byte by byte, every row as JSON and CSV, and words to explain it."""
    catalogue, library = two
    target = tmp_path / "handed over"
    found = export_athlete(catalogue, "A1", target, [library])
    assert len(found.recordings) == len(found.results) == 2
    content = json.loads((target / "athlete.json").read_text())
    assert content["tables"] == json.loads(json.dumps(everything(catalogue, "A1")))
    assert all(content["tables"].values())
    for copy, origin in content["files"].items():
        if Path(origin).is_file():
            assert (target / copy).read_bytes() == Path(origin).read_bytes()
        else:
            assert {p.name: p.read_bytes() for p in (target / copy).iterdir()} == {
                p.name: p.read_bytes() for p in Path(origin).iterdir()
            }
    with (target / "tables" / "measures.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [float(row["value"]) for row in read] == [
        row["value"] for row in content["tables"]["measures"]
    ]
    assert "recordings/" in (target / "README.txt").read_text()
    assert NAME in (target / "tables" / "athletes.csv").read_text()
    assert files_with(target, "Benedikt", "of B2", "_B2") == []
    for path in (target, *target.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_an_export_takes_only_its_own_place(two, tmp_path):
    """A folder with other things is refused; one of an earlier export is replaced."""
    catalogue, library = two
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mother.txt").write_text("dear")
    with pytest.raises(RecordingError, match="holds other files"):
        export_athlete(catalogue, "A1", tmp_path / "letters", [library])
    for _ in range(2):
        export_athlete(catalogue, "B2", tmp_path / "out", [library])
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []
    with pytest.raises(CatalogueError, match="has no athlete"):
        export_athlete(catalogue, "C3", tmp_path / "none")


def test_deleting_leaves_nothing(two):
    """No row, file, name or byte of the athlete is left, and nothing of others is missing."""
    catalogue, library = two
    others = everything(catalogue, "B2")
    unfiled = bed.recording(library / "recordings" / "unfiled.mcap", "A1", seed=77)
    found = holdings(catalogue, "A1", [library])
    assert unfiled in found.recordings
    assert len(found.recordings) == 3
    kept = {path for path in tree(library) if "B2" in path}
    assert delete_athlete(catalogue, found) == ()
    assert everything(catalogue, "B2") == others
    assert everything(catalogue) == others
    assert {path for path in tree(library) if "B2" in path} == kept
    if catalogue.store.path:
        catalogue.close()
    secrets = (NAME, "secret of A1", "note of A1", "paper of A1", "reason of A1", "tag A1", "_A1")
    assert files_with(library, *secrets) == []
    pattern = b'"A1"'
    assert not any(pattern in p.read_bytes() for p in library.rglob("*") if p.is_file())
    with pytest.raises(CatalogueError, match="has no athlete"):
        holdings(catalogue, "A1")


def test_looking_changes_nothing(two):
    """The dry run says every file and row that would go, and all are still there."""
    catalogue, library = two
    before, names = everything(catalogue), tree(library)
    found = holdings(catalogue, "A1", [library])
    assert {name: len(r) for name, r in everything(catalogue, "A1").items()} == dict(found.rows)
    assert {p.name for p in found.recordings} == {"0_A1.mcap", "1_A1.mcap"}
    assert {p.parent.name for p in found.results} == {"0_A1", "1_A1"}
    assert everything(catalogue) == before
    assert tree(library) >= names


def test_links_are_not_followed(two, tmp_path):
    """What lies behind a link is not the athlete's, wherever the link is, and stays."""
    catalogue, library = two
    outside = tmp_path / "outside"
    precious = bed.recording(outside / "precious.mcap", "A1", seed=50)
    folder = bed.results(outside / "results", precious)
    (library / "recordings" / "link.mcap").symlink_to(precious)
    (library / "results" / "linked").symlink_to(folder, target_is_directory=True)
    (library / "deep").symlink_to(outside, target_is_directory=True)
    session = next(s for s in catalogue.sessions("A1"))
    (session.results / "extra.json").symlink_to(outside / "precious.mcap")
    left = dict(delete_athlete(catalogue, holdings(catalogue, "A1", [library])))
    assert precious.exists()
    assert (folder / "session.json").exists()
    assert (library / "recordings" / "link.mcap").is_symlink()
    assert "extra.json" in left[session.results]


def test_a_path_that_became_a_link_is_left(two, tmp_path):
    """A filed path that now leads elsewhere is named and not touched."""
    catalogue, library = two
    moved = tmp_path / "moved"
    (library / "recordings").rename(moved)
    (library / "recordings").symlink_to(moved, target_is_directory=True)
    found = holdings(catalogue, "A1")
    assert {path.name for path, why in found.left if "link" in why} == {"0_A1.mcap", "1_A1.mcap"}
    delete_athlete(catalogue, found)
    assert {path.name for path in moved.iterdir()} == {"0_A1.mcap", "1_A1.mcap", "2_B2.mcap"}


def test_another_file_in_the_place_of_a_recording_is_left(two):
    """Bytes that are not what was filed are not removed, whatever the catalogue says."""
    catalogue, library = two
    path = library / "recordings" / "0_A1.mcap"
    path.write_bytes(b"a thesis that somebody saved under a bad name")
    session = next(s for s in catalogue.sessions("A1") if s.recording == path)
    (session.results / "session.json").write_text('{"athlete": "B2", "recording_sha256": "x"}')
    left = dict(delete_athlete(catalogue, holdings(catalogue, "A1", [library])))
    assert path.read_bytes().startswith(b"a thesis")
    assert "no longer what was filed" in left[path]
    assert (session.results / "session.json").exists()


def test_a_recording_that_was_given_to_another_stays(two):
    """Filed under B2, a recording that names A1 is B2's, and goes with B2."""
    catalogue, library = two
    path = library / "recordings" / "1_A1.mcap"
    folder = next(s.results for s in catalogue.sessions("A1") if s.recording == path)
    catalogue.file(path, folder, athlete="B2")
    delete_athlete(catalogue, holdings(catalogue, "A1", [library]))
    assert path.exists()
    assert (folder / "session.json").exists()
    delete_athlete(catalogue, holdings(catalogue, "B2", [library]))
    assert not path.exists()
    assert catalogue.athletes() == ()


def test_a_batch_forgets_the_athlete(two, tmp_path):
    """Of a batch's data set, the athlete's folders are handed over and removed, and no others."""
    catalogue, library = two
    dataset = tmp_path / "league"
    for table in ("angles", "sessions"):
        for athlete in ("A1", "B2", "A11"):
            part = dataset / table / f"athlete={athlete}"
            part.mkdir(parents=True)
            (part / f"{athlete}.parquet").write_bytes(b"PAR1")
    (dataset / "dataset.json").write_text("{}")
    found = holdings(catalogue, "A1", [library, dataset])
    assert {path.parent.name for path in found.partitions} == {"angles", "sessions"}
    export_athlete(catalogue, "A1", tmp_path / "out", [library, dataset])
    assert len(list((tmp_path / "out" / "batches").rglob("A1.parquet"))) == 2
    delete_athlete(catalogue, found)
    left = {path.name for path in dataset.glob("*/athlete=*")}
    assert left == {"athlete=B2", "athlete=A11"}


@pytest.mark.parametrize("athlete", ["B 2", "Bø/2", "b*"])
def test_a_batch_forgets_whatever_the_id(tmp_path, athlete):
    """A data set's folders are found by the name that a batch gives them, whatever the id holds."""
    with Catalogue(tmp_path / "catalogue.db") as catalogue:
        with catalogue.entering() as db:  # one filed before ids had rules
            db.add(AthleteRow(id=athlete, name="", note="", created=datetime.now(UTC)))
        dataset = tmp_path / "league"
        for name in (partition_of(athlete), "athlete=B2", "athlete=bb"):
            (dataset / "sessions" / name).mkdir(parents=True)
            (dataset / "sessions" / name / "x.parquet").write_bytes(b"PAR1")
        (dataset / "dataset.json").write_text("{}")
        found = holdings(catalogue, athlete, [dataset])
        assert [path.name for path in found.partitions] == [partition_of(athlete)]
        delete_athlete(catalogue, found)
    left = {path.name for path in dataset.glob("*/athlete=*")}
    assert left == {"athlete=B2", "athlete=bb"}


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX permissions")
def test_backups_go_too(tmp_path):
    """Copies of an older catalogue hold the athlete as well and are removed."""
    path = tmp_path / "library" / "catalogue.db"
    with Catalogue(path) as catalogue:
        catalogue.add_athlete("A1", NAME)
        backup = path.with_name("catalogue.db.version-0000.backup")
        backup.write_bytes(NAME.encode())
        found = holdings(catalogue, "A1")
        assert found.backups == (backup,)
        delete_athlete(catalogue, found)
    assert files_with(path.parent, NAME, "A1") == []
