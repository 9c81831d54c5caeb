"""The catalogue: athletes over weeks, their sessions, and what was found in them.

::

    with Catalogue() as catalogue:                       # the user's own, or a path or a URL
        catalogue.file("squats.mcap", "results", athlete="A1")
        for session in catalogue.sessions("A1", tags=("screen",)):
            print(session.started, session.movements)

The recordings are the source of truth: everything derived can be made anew from them, and what a
person entered is kept apart (`tables`). Answers are plain data (`entities`).
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Db

from imuhip.assess.testers import LONGEST_NAME, is_tester
from imuhip.catalogue import entries as catalogue_entries
from imuhip.catalogue import filing as catalogue_filing
from imuhip.catalogue import measures as measured
from imuhip.catalogue import queries
from imuhip.catalogue.entities import (
    Filed,
    Goal,
    Kind,
    NoteKind,
)
from imuhip.catalogue.facts import analysis_facts, session_facts
from imuhip.catalogue.reader import CatalogueReader
from imuhip.catalogue.tables import (
    AnalysisRow,
    AthleteRow,
    ConsentRow,
    EntryRow,
    ExclusionRow,
    GoalRow,
    NoteRow,
    SquadRow,
    TagRow,
)
from imuhip.core.errors import CatalogueError

LONGEST_SQUAD: Final = 40
"""Characters of a squad's name: it stands on a button."""


class Catalogue(CatalogueReader):
    """An open catalogue; a context manager.

    Parameters
    ----------
    location
        A path (SQLite; made when it is not there) or a URL
        ``postgresql+pg8000://user@host/database``; None for the user's own.

    Raises
    ------
    CatalogueError
        When it is no catalogue, is damaged, of a newer version, or cannot be reached. It is then
        as it was.
    """

    # --- filing ----------------------------------------------------------------------------------

    def file(
        self,
        recording: str | Path,
        results: str | Path,
        athlete: str = "",
        tester: str | None = None,
    ) -> Filed:
        """File a recording and what `imuhip analyze` made of it.

        Parameters
        ----------
        recording, results
            The file, and the result folder.
        athlete
            Whose it is; without one, whom it was assigned to before, else whom it names itself.
        tester
            Who tested, over what the recording says; None leaves it to what was said before.

        Raises
        ------
        CatalogueError
            When the results are of another recording, nobody says whose it is, consent is
            withdrawn, or the tester's name is unusable.
        RecordingError
            When either cannot be read.
        """
        check_tester(tester)
        about, analysis = session_facts(Path(recording)), analysis_facts(Path(results))
        if analysis.session != about.id:
            raise CatalogueError(
                f"These are not the results of {recording} but of another recording "
                f"({analysis.session[:12]}…, not {about.id[:12]}…). Analyze it again.",
                path=Path(results),
            )
        with self.entering() as db:
            words = catalogue_filing.file_session(db, about, athlete)
            catalogue_filing.file_analysis(db, analysis)
            catalogue_filing.say_tester(db, about.id, tester)
            return catalogue_filing.filed(db, about.id, words)

    def may_file(self, athlete: str) -> tuple[str, ...]:
        """Say what a person should know before filing for an athlete, who is added if new.

        Raises
        ------
        CatalogueError
            When the id is none, or consent is withdrawn.
        """
        with self.entering() as db:
            return tuple(catalogue_filing.know_athlete(db, athlete))

    # --- people ----------------------------------------------------------------------------------

    def add_athlete(self, athlete: str, name: str = "", note: str = "") -> None:
        """Add an athlete; CatalogueError for an id that is taken or unusable."""
        catalogue_filing.check_id(athlete)
        with self.entering() as db:
            if db.get(AthleteRow, athlete) is not None:
                raise CatalogueError(
                    f"{athlete} is in the catalogue already; imuhip athlete edit {athlete} changes "
                    "the name"
                )
            db.add(AthleteRow(id=athlete, name=name, note=note, created=datetime.now(UTC)))

    def edit_athlete(
        self, athlete: str, *, name: str | None = None, note: str | None = None
    ) -> None:
        """Change an athlete's name or note; None leaves it."""
        with self.entering() as db:
            row = queries.known(db, athlete)
            row.name = row.name if name is None else name
            row.note = row.note if note is None else note

    def set_squads(self, athlete: str, squads: Iterable[str]) -> None:
        """Say in which squads an athlete is; in no other ones any more.

        Raises
        ------
        CatalogueError
            When there is no such athlete, or a name is unusable.
        """
        names = sorted({name.strip() for name in squads} - {""})
        for name in names:
            if len(name) > LONGEST_SQUAD or "," in name or not name.isprintable():
                raise CatalogueError(
                    f"{name[:60]!r} cannot be a squad's name. Use up to {LONGEST_SQUAD} characters "
                    "and no comma."
                )
        with self.entering() as db:
            queries.known(db, athlete)
            db.execute(delete(SquadRow).where(SquadRow.athlete == athlete))
            db.add_all(SquadRow(athlete=athlete, squad=name) for name in names)

    def give_consent(
        self, athlete: str, purpose: str, *, given: datetime | None = None, note: str = ""
    ) -> None:
        """Write down that an athlete agreed to `purpose`, today unless `given` says when."""
        with self.entering() as db:
            queries.known(db, athlete)
            when = given or datetime.now(UTC)
            db.add(
                ConsentRow(athlete=athlete, purpose=purpose, given=when, withdrawn=None, note=note)
            )

    def withdraw_consent(
        self, athlete: str, purpose: str | None = None, *, at: datetime | None = None
    ) -> int:
        """Write down that consent is taken back, to `purpose` or to everything; return how many."""
        with self.entering() as db:
            queries.known(db, athlete)
            rows = db.scalars(select(ConsentRow).where(ConsentRow.athlete == athlete))
            standing = [r for r in rows if r.withdrawn is None and purpose in (None, r.purpose)]
            for row in standing:
                row.withdrawn = at or datetime.now(UTC)
            return len(standing)

    # --- sessions --------------------------------------------------------------------------------

    def edit_session(
        self,
        session: str,
        *,
        kind: Kind | None = None,
        load_kg: float | None = None,
        notes: str | None = None,
        started: datetime | None = None,
        tags: Sequence[str] | None = None,
        tester: str | None = None,
    ) -> None:
        """Change what is said of a session; None leaves it, NaN takes the load away.

        An empty tester says that nobody knows who tested, whatever the recording says.

        Raises
        ------
        CatalogueError
            When there is no such session, or the tester's name is unusable.
        """
        check_tester(tester)
        with self._entry(session) as (db, entry):
            entry.tester = entry.tester if tester is None else tester
            entry.kind = entry.kind if kind is None else kind
            if load_kg is not None:
                entry.load_kg = _known(load_kg)
            entry.notes = entry.notes if notes is None else notes
            entry.started = started or entry.started
            if tags is not None:
                db.execute(delete(TagRow).where(TagRow.session == entry.session))
                db.add_all(TagRow(session=entry.session, tag=tag) for tag in sorted(set(tags)))

    def trash(self, session: str) -> None:
        """Put a session into the trash: out of every view, its files untouched."""
        with self._entry(session) as (_, entry):
            entry.trashed = entry.trashed or datetime.now(UTC)

    def restore(self, session: str) -> None:
        """Take a session out of the trash."""
        with self._entry(session) as (_, entry):
            entry.trashed = None

    def show(self, session: str, fingerprint: str | None) -> None:
        """Choose the analysis that is shown; None leaves it to the newest version again."""
        with self._entry(session) as (db, entry):
            mine = select(AnalysisRow.fingerprint).where(AnalysisRow.session == entry.session)
            if fingerprint is not None and fingerprint not in db.scalars(mine).all():
                raise CatalogueError(
                    f"This session has no analysis with the fingerprint {fingerprint}."
                )
            entry.shown = fingerprint
            db.flush()
            catalogue_filing.choose_shown(db, entry.session)

    def exclude_repetition(
        self,
        session: str,
        movement: str,
        set_: int,
        repetition: int,
        reason: str,
        side: str = "both",
    ) -> None:
        """Take a repetition out of everything that is counted or averaged, and say why."""
        if not reason.strip() or side not in ("left", "right", "both"):
            raise ValueError(f"Give a reason, and left, right or both; not {reason!r}, {side!r}.")
        with self.entering() as db:
            row = queries.known_session(db, session)
            reps = measured.repetitions(db, session=row.id)
            key = (movement, set_, repetition)
            if not any((r.movement, r.set, r.repetition) == key for r in reps):
                raise CatalogueError(
                    f"The session has no repetition {repetition} in set {set_} of {movement}."
                )
            db.merge(ExclusionRow(
                session=row.id, movement=movement, set=set_, repetition=repetition, side=side,
                reason=reason,
            ))  # fmt: skip

    def include_repetition(
        self, session: str, movement: str, set_: int, repetition: int, side: str = "both"
    ) -> None:
        """Let a repetition count again that was excluded under the same side."""
        with self.entering() as db:
            row = queries.known_session(db, session)
            key = (row.id, movement, set_, repetition, side)
            found = db.get(ExclusionRow, key)
            if found is not None:
                db.delete(found)

    # --- notes and goals -------------------------------------------------------------------------

    def add_note(
        self,
        athlete: str,
        text: str,
        *,
        kind: NoteKind = "note",
        at: datetime | None = None,
        session: str | None = None,
        t: float | None = None,
    ) -> None:
        """Write something down of an athlete, or of second `t` of one of the sessions."""
        with self.entering() as db:
            queries.known(db, athlete)
            place = queries.known_session(db, session).id if session else None
            when = at or datetime.now(UTC)
            db.add(NoteRow(athlete=athlete, at=when, kind=kind, text=text, session=place, t=t))

    def remove_note(self, athlete: str, number: int) -> None:
        """Remove what a coach wrote."""
        with self.entering() as db:
            db.execute(delete(NoteRow).where(NoteRow.athlete == athlete, NoteRow.id == number))

    def set_goal(self, athlete: str, goal: Goal) -> None:
        """Set a goal, in place of one for the same measure, movement, side and direction."""
        if math.isnan(goal.low) and math.isnan(goal.high):
            raise ValueError("A goal needs a lower end, an upper end or both.")
        with self.entering() as db:
            queries.known(db, athlete)
            _remove_goal(db, athlete, goal)
            db.add(GoalRow(
                athlete=athlete, measure=goal.measure, movement=goal.movement, side=goal.side,
                direction=goal.direction, low=_known(goal.low), high=_known(goal.high), by=goal.by,
                note=goal.note,
            ))  # fmt: skip

    def remove_goal(self, athlete: str, goal: Goal) -> None:
        """Remove the goal for the same measure, movement, side and direction."""
        with self.entering() as db:
            _remove_goal(db, athlete, goal)

    # --- the machinery ---------------------------------------------------------------------------

    @contextmanager
    def entering(self) -> Iterator[Db]:
        """Write something, and keep a copy of what is entered beside the catalogue.

        For this package; others use the methods above.

        The copy is written while others wait, and before the end: were the disk full, nothing
        would have happened.
        """
        with self.store.writing() as db:
            path = self.store.path
            before = catalogue_entries.entries(db) if path else {}
            yield db
            db.flush()
            if path and catalogue_entries.entries(db) != before:
                catalogue_entries.save_entries(db, catalogue_entries.entries_path(path))

    @contextmanager
    def _entry(self, session: str) -> Iterator[tuple[Db, EntryRow]]:
        """Write what is said of a session."""
        with self.entering() as db:
            row = queries.known_session(db, session)
            entry = db.get(EntryRow, row.id)
            if entry is None:
                entry = catalogue_filing.empty_entry(row.id)
                db.add(entry)
            yield db, entry


def check_tester(name: str | None) -> None:
    """Refuse a text that cannot stand for a tester; None is nothing said."""
    if name is not None and not is_tester(name):
        raise CatalogueError(
            f"{name[:60]!r} cannot be a tester's name. Use up to {LONGEST_NAME} characters in one "
            "line."
        )


def _remove_goal(db: Db, athlete: str, goal: Goal) -> None:
    db.execute(
        delete(GoalRow).where(
            GoalRow.athlete == athlete,
            GoalRow.measure == goal.measure,
            GoalRow.movement == goal.movement,
            GoalRow.side == goal.side,
            GoalRow.direction == goal.direction,
        )
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
