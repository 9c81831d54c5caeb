"""The athletes that ship as an example."""

from pathlib import Path

import pytest

from imuhip.catalogue import example
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.example import example_catalogue
from imuhip.core.errors import ImuhipError
from imuhip.report import comparison
from imuhip.report.material import PROGRESS, material_of
from imuhip.results.schemas import read_results


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return example_catalogue(tmp_path_factory.mktemp("example"))


def test_three_athletes_with_eight_weeks_each(library: Path) -> None:
    """Every session has results that this version reads; consent, goals and notes are there."""
    with Catalogue(library) as catalogue:
        athletes = catalogue.athletes()
        assert [one.sessions for one in athletes] == [8, 8, 8]
        for athlete in athletes:
            assert athlete.consent == "given"
            assert catalogue.goals(athlete.id)
            for session in catalogue.sessions(athlete.id):
                assert session.results is not None
                results = read_results(session.results)
                assert results.repetitions.num_rows >= 24
                assert results.session["recording_sha256"] == session.id
                assert catalogue.marks(session.id)
                assert session.kind == "warm"


def test_the_example_has_all_that_pages_can_show(library: Path) -> None:
    """Change and none, findings, a drop-out, pain, loads, and a test both cold and warm."""
    with Catalogue(library) as catalogue:
        changed = {}
        for athlete in catalogue.athletes():
            series = catalogue.progress(athlete.id, names=PROGRESS)
            words = [one.since_first.word for one in series if one.since_first is not None]
            changed[athlete.id] = words.count("real")
        assert min(changed.values()) == 0 < max(changed.values())
        sessions = catalogue.sessions()
        findings = [one.grade for each in sessions for one in catalogue.findings(session=each.id)]
        assert {"none", "mild", "marked", "cannot_tell"} <= set(findings)
        labels = [label for each in sessions for _, label in catalogue.marks(each.id)]
        assert "pain" in labels
        assert sum("load" in label for label in labels) >= 24
        latest = material_of(catalogue, sessions[0].id)
        assert comparison.tests_compared(latest, ("cold_warm",))


def test_it_is_unpacked_once_and_whole(tmp_path: Path) -> None:
    """The second time nothing is unpacked, and what was entered stays."""
    with Catalogue(example_catalogue(tmp_path)) as catalogue:
        catalogue.add_athlete("new")
    with Catalogue(example_catalogue(tmp_path)) as catalogue:
        assert "new" in [one.id for one in catalogue.athletes()]
    assert len(list(tmp_path.iterdir())) == 1


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    """A file in the way of the folder is no traceback."""
    (tmp_path / "blocked").write_text("a file")
    with pytest.raises(ImuhipError, match="blocked"):
        example_catalogue(tmp_path / "blocked")


def test_the_archive_is_small() -> None:
    """Nobody waits for it, and a package with it stays a small one."""
    assert example.shipped_file(example.ARCHIVE).stat().st_size < 2.5e6
