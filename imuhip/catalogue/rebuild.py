"""Rebuilds the catalogue from recordings and their results.

Derived rows are written again; what was entered is not touched. Nothing that the disk cannot give
back is dropped: a session whose recording is not found (a drive that is not plugged in), and an
older version's analysis whose files are gone, stay as they are and are listed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as Db

import imuhip
from imuhip.catalogue import filing
from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.facts import (
    AnalysisFacts,
    SessionFacts,
    analysis_facts,
    session_facts,
)
from imuhip.catalogue.library import RECORDINGS, RESULTS, look_in, results_folder
from imuhip.catalogue.tables import (
    AnalysisRow,
    EntryRow,
    MeasureRow,
    QuantityRow,
    SessionRow,
)
from imuhip.core.errors import CatalogueError, ImuhipError
from imuhip.pipeline.all_sensors import Params
from imuhip.results.analysis import analyze


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did.

    Parameters
    ----------
    sessions, analyses
        How many were filed.
    analyzed
        Recordings that had no results and were analyzed.
    kept
        Sessions whose recordings were not found; their rows stay.
    left
        Files that could not be filed, each with its reason.
    """

    sessions: int
    analyses: int
    analyzed: int
    kept: tuple[str, ...]
    left: tuple[tuple[Path, str], ...]


def rebuild(
    catalogue: Catalogue,
    folders: Iterable[Path] = (),
    on_progress: Callable[[str], None] = lambda _: None,
) -> Rebuilt:
    """Make the derived rows anew.

    Parameters
    ----------
    catalogue
        An open one.
    folders
        Trees to look through, beside the library and the files that the catalogue knows.
    on_progress
        Called with the file that is worked on.
    """
    work = _Work(on_progress)
    recordings, results = _paths(catalogue, folders)
    sessions = work.sessions(recordings)
    analyses = work.analyses(results)
    known, assigned = _known(catalogue)
    for about in sessions.values():
        if not about.athlete and about.id not in assigned:
            work.leave(about.recording, "it does not say whose it is; file it with --athlete")
            continue
        if not analyses[about.id]:
            work.analyze(catalogue, about, analyses)
        work.file(catalogue, about, analyses[about.id].values())
    for session, found in analyses.items():
        if session not in sessions and session not in known:
            for facts in found.values():
                work.leave(facts.results, "its recording was not found")
    with catalogue.store.writing() as db:
        used = select(MeasureRow.quantity).distinct()
        db.execute(delete(QuantityRow).where(QuantityRow.id.not_in(used)))
    kept = tuple(sorted(known - set(sessions)))
    return Rebuilt(work.filed, work.filed_analyses, work.analyzed, kept, tuple(work.left))


def _paths(catalogue: Catalogue, folders: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Recordings and result folders: those the catalogue knows first, then those found."""
    with catalogue.store.reading() as db:
        known = [Path(path) for path in db.scalars(select(SessionRow.recording))]
        places = db.scalars(select(AnalysisRow.results).where(AnalysisRow.results.is_not(None)))
        made = [Path(path or "") for path in places]
    library = [catalogue.library / name for name in (RECORDINGS, RESULTS)]
    found = look_in([*library, *folders])
    recordings = [path for path in sorted(known) if path.is_file()] + list(found.recordings)
    results = [path for path in sorted(made) if path.is_dir()] + list(found.results)
    return list(dict.fromkeys(recordings)), list(dict.fromkeys(results))


def _known(catalogue: Catalogue) -> tuple[set[str], set[str]]:
    """Sessions that are filed, and sessions of which a person said whose they are."""
    with catalogue.store.reading() as db:
        assigned = select(EntryRow.session).where(EntryRow.athlete.is_not(None))
        return set(db.scalars(select(SessionRow.id))), set(db.scalars(assigned))


class _Work:
    """What a rebuild has done so far."""

    def __init__(self, on_progress: Callable[[str], None]) -> None:
        self._on_progress = on_progress
        self.filed = self.filed_analyses = self.analyzed = 0
        self.left: list[tuple[Path, str]] = []

    def leave(self, path: Path, why: str) -> None:
        """Remember what could not be filed."""
        self.left.append((path, why))

    def sessions(self, paths: Iterable[Path]) -> dict[str, SessionFacts]:
        """Read recordings; of several copies of one, the first counts."""
        found: dict[str, SessionFacts] = {}
        for path in paths:
            self._on_progress(path.name)
            try:
                about = session_facts(path)
            except ImuhipError as error:
                self.leave(path, error.message)
                continue
            found.setdefault(about.id, about)
        return found

    def analyses(self, paths: Iterable[Path]) -> dict[str, dict[str, AnalysisFacts]]:
        """Read results: session → fingerprint → facts; of several copies, the first counts."""
        found: dict[str, dict[str, AnalysisFacts]] = defaultdict(dict)
        for path in paths:
            self._on_progress(path.name)
            try:
                facts = analysis_facts(path)
            except ImuhipError as error:
                self.leave(path, error.message)
                continue
            found[facts.session].setdefault(facts.fingerprint, facts)
        return found

    def analyze(
        self,
        catalogue: Catalogue,
        about: SessionFacts,
        analyses: dict[str, dict[str, AnalysisFacts]],
    ) -> None:
        """Analyze a recording that has no results."""
        self._on_progress(about.recording.name)
        version, params = imuhip.__version__, Params()
        target = results_folder(
            catalogue.library, about.recording, about.id, version, asdict(params)
        )
        try:
            analyze(about.recording, target, params)
            facts = analysis_facts(target)
        except ImuhipError as error:
            self.leave(about.recording, f"could not be analyzed: {error.message}")
            return
        analyses[about.id][facts.fingerprint] = facts
        self.analyzed += 1

    def file(
        self, catalogue: Catalogue, about: SessionFacts, analyses: Iterable[AnalysisFacts]
    ) -> None:
        """File a session with everything found of it, in one transaction."""
        found = list(analyses)
        try:
            with catalogue.entering() as db:
                filing.file_session(db, about, again=True)
                for facts in found:
                    filing.file_analysis(db, facts)
                _forget_places(db, about.id)
        except CatalogueError as error:
            self.leave(about.recording, error.message)
            return
        self.filed += 1
        self.filed_analyses += len(found)


def _forget_places(db: Db, session: str) -> None:
    """Forget where results were that are no longer there."""
    for row in db.scalars(select(AnalysisRow).where(AnalysisRow.session == session)).all():
        if row.results is not None and not Path(row.results).is_dir():
            db.execute(update(AnalysisRow).where(AnalysisRow.id == row.id).values(results=None))
