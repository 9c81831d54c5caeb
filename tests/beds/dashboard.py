"""What the pages are tried on: a small catalogue with a real session, and pages as widgets."""

import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import Goal
from imuhip.results.analysis import analyze
from imuhip.simulate.output import write
from imuhip.simulate.performance import Compensation, Performance
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup


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


def weeks_in(folder: Path) -> Filed:
    """File two visits of an athlete, a week apart: squats with a fault, the seated test, marks.

    There is a goal, pain and a cue, tags, and one session in the trash.
    """
    performance = Performance((Compensation("knee_in", 14.0, side="right"),), repetitions=3)
    sessions = []
    with Catalogue(folder / "catalogue.sqlite") as catalogue:
        catalogue.add_athlete("A1", "Anna", "left hip is the stiff one")
        catalogue.give_consent("A1", "measuring and keeping the recordings")
        for week, kind in enumerate(("cold", "warm", "warm")):
            recording, results = folder / f"{week}.mcap", folder / "results" / str(week)
            scenario = "squat+seated" if week < 2 else "calibration"
            made = simulate(scenario, seed=week, grade="good", setup=Setup(performance=performance))
            write(made, recording)
            analyze(recording, results)
            sessions.append(catalogue.file(recording, results, "A1").session)
            catalogue.edit_session(
                sessions[-1],
                kind=kind,
                started=BEGIN + timedelta(weeks=week),
                tags=["in season"],
                notes="felt stiff",
            )
        catalogue.trash(sessions.pop())
        catalogue.set_goal("A1", Goal("rotation_bottom_deg", "squat", low=10.0, high=20.0))
        catalogue.add_note("A1", "left groin", kind="pain", at=BEGIN + timedelta(days=3))
        catalogue.add_note("A1", "knees out", kind="cue", at=BEGIN + timedelta(days=5))
    return Filed(
        folder / "catalogue.sqlite", folder / "results" / "1", folder / "1.mcap", sessions[-1]
    )


BEGIN = datetime(2026, 3, 2, 10, tzinfo=UTC)


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
