"""What the pages are tried on: a small catalogue with a real session, and pages as widgets."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from imuhip.archive.analysis import analyze
from imuhip.archive.catalogue import Catalogue
from imuhip.simulate.output import write
from imuhip.simulate.session import simulate


@dataclass(frozen=True)
class Filed:
    """Where everything lies.

    Parameters
    ----------
    catalogue
        The file.
    results
        Of the first session.
    recording
        The first one, filed under A1.
    session
        Its id.
    """

    catalogue: Path
    results: Path
    recording: Path
    session: str


def filed_in(folder: Path) -> Filed:
    """Simulate squats, analyze and file them."""
    recording, results = folder / "squat.mcap", folder / "results" / "squat"
    write(simulate("squat", seed=3, grade="good"), recording)
    analyze(recording, results)
    with Catalogue(folder / "catalogue.sqlite") as catalogue:
        session = catalogue.file(recording, results, "A1").session
    return Filed(folder / "catalogue.sqlite", results, recording, session)


def copy_of(filed: Filed, folder: Path) -> Filed:
    """A catalogue of one's own to change; recordings and results stay where they are."""
    copied = folder / "catalogue.sqlite"
    shutil.copy(filed.catalogue, copied)
    return Filed(copied, filed.results, filed.recording, filed.session)


def run_page(name: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> AppTest:
    """Run a page as the dashboard would with these arguments."""
    monkeypatch.setattr(sys, "argv", ["app.py", *arguments])
    page = AppTest.from_file(str(PAGES / f"{name}.py"), default_timeout=60.0).run()
    assert not page.exception, page.exception
    return page


PAGES = Path(dashboard.__file__).parent / "pages"
