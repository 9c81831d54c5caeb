"""What can be asked of an open catalogue; `catalogue.Catalogue` can be written to as well."""

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy.orm import Session as Db

from imuhip.catalogue import entries as catalogue_entries
from imuhip.catalogue import measures as measured
from imuhip.catalogue import queries
from imuhip.catalogue.entities import (
    AnalysisEntry,
    Athlete,
    Consent,
    FindingEntry,
    Goal,
    Kind,
    MeasureValue,
    Note,
    NoteKind,
    RepetitionEntry,
    Session,
)
from imuhip.catalogue.progress import Groups, Series, Week, dose, series_in
from imuhip.catalogue.progress_walks import WALK_MEASURES, whole_walks
from imuhip.catalogue.store import Store, data_folder

T = TypeVar("T")


class CatalogueReader:
    """The questions to a catalogue.

    Parameters
    ----------
    location
        As for `catalogue.Catalogue`.

    Attributes
    ----------
    store
        The open database.
    """

    def __init__(self, location: str | Path | None = None) -> None:
        self.store = Store(location, _restore_entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file or the server."""
        self.store.close()

    @property
    def library(self) -> Path:
        """The folder that results go to when nobody names another."""
        return self.store.path.parent if self.store.path else data_folder()

    def athletes(self) -> tuple[Athlete, ...]:
        """All athletes, in the order of their ids."""
        return self._read(queries.athletes)

    def consents(self, athlete: str) -> tuple[Consent, ...]:
        """What an athlete agreed to, in the order of time."""
        return self._read(lambda db: queries.consents(db, athlete))

    def sessions(
        self,
        athlete: str | None = None,
        *,
        search: str = "",
        tags: Sequence[str] = (),
        kind: Kind | None = None,
        trashed: bool = False,
    ) -> tuple[Session, ...]:
        """Sessions, the latest first.

        Parameters
        ----------
        athlete
            Only theirs; None for all.
        search
            Only those with this text, large or small, in notes, tags, marks, movements, source,
            file name or athlete's id.
        tags
            Only those that have all of these.
        kind
            Only these; None for all.
        trashed
            Those in the trash, instead of those outside.
        """
        return self._read(
            lambda db: queries.sessions(
                db, athlete, search=search, tags=tags, kind=kind, trashed=trashed
            )
        )

    def session(self, session: str) -> Session:
        """One session, by its id or the beginning of it."""

        def find(db: Db) -> Session:
            row = queries.known_session(db, session)
            both = (queries.sessions(db, row.athlete, trashed=trash) for trash in (False, True))
            return next(s for found in both for s in found if s.id == row.id)

        return self._read(find)

    def testers(self) -> tuple[str, ...]:
        """Everybody who tested in a session, in the order of the alphabet."""
        return self._read(queries.every_tester)

    def analyses(self, session: str) -> tuple[AnalysisEntry, ...]:
        """The analyses of a session, the one that is shown first."""
        return self._read(lambda db: queries.analyses(db, session))

    def repetitions(self, session: str) -> tuple[RepetitionEntry, ...]:
        """Repetitions of a session, in order, by the analysis shown."""
        return self._read(
            lambda db: measured.repetitions(db, session=queries.known_session(db, session).id)
        )

    def measures(
        self,
        athlete: str | None = None,
        *,
        session: str | None = None,
        names: Sequence[str] = (),
        movement: str | None = None,
    ) -> tuple[MeasureValue, ...]:
        """Measures by repetition and side, of an athlete or a session, in the order of time.

        Excluded repetitions are among them and say so; sessions in the trash are not.
        """
        return self._read(
            lambda db: measured.measures(
                db,
                athlete=athlete,
                session=session and queries.known_session(db, session).id,
                names=names,
                movement=movement,
            )
        )

    def findings(
        self, athlete: str | None = None, *, session: str | None = None
    ) -> tuple[FindingEntry, ...]:
        """Findings of an athlete or a session."""
        return self._read(
            lambda db: measured.findings(
                db, athlete=athlete, session=session and queries.known_session(db, session).id
            )
        )

    def marks(self, session: str) -> tuple[tuple[float, str], ...]:
        """Marks of a session: seconds on its clock, and label."""
        return self._read(lambda db: queries.marks(db, queries.known_session(db, session).id))

    def notes(self, athlete: str, kind: NoteKind | None = None) -> tuple[Note, ...]:
        """What a coach wrote, and cues, notes and pain marked in recordings, in order of time."""
        return self._read(lambda db: queries.notes(db, athlete, kind))

    def goals(self, athlete: str) -> tuple[Goal, ...]:
        """The goals of an athlete."""
        return self._read(lambda db: queries.goals(db, athlete))

    def progress(
        self,
        athlete: str,
        *,
        names: Sequence[str] = (),
        movement: str | None = None,
        kind: Kind | None = None,
    ) -> tuple[Series, ...]:
        """What became of an athlete's measures over weeks; see `progress.Series`."""

        def ask(db: Db) -> tuple[Groups, dict[str, str]]:
            queries.known(db, athlete)
            found = measured.samples(db, athlete, names=names, movement=movement)
            groups = {key: of for key, of in found.items() if kind is None or key[5] == kind}
            return groups, queries.who_tested(db, athlete)

        return series_in(*self._read(ask))

    def dose(self, athlete: str, zone: tzinfo | None = None) -> tuple[Week, ...]:
        """What an athlete did week by week, in the weeks of `zone` or of this computer."""
        sessions = self.sessions(athlete)
        walks: Mapping[str, int] = {}
        if any("pivot" in session.movements for session in sessions):
            values = self.measures(athlete, names=WALK_MEASURES, movement="pivot")
            steps = self._read(lambda db: measured.repetitions(db, athlete=athlete))
            walks = whole_walks(steps, values)
        return dose(sessions, zone, walks)

    def _read(self, ask: Callable[[Db], T]) -> T:
        with self.store.reading() as db:
            return ask(db)


def _restore_entries(db: Db, path: Path) -> None:
    """Begin a new catalogue with what was entered into the one before it, if that was kept."""
    kept = catalogue_entries.entries_path(path)
    if kept.exists():
        catalogue_entries.restore_entries(db, kept)
