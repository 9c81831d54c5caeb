"""What is asked of the catalogue; each function reads in one transaction and gives plain data."""

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, cast

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session as Db

from imuhip.assess.testers import several
from imuhip.catalogue.entities import (
    AnalysisEntry,
    Athlete,
    Consent,
    Goal,
    Kind,
    Note,
    Session,
)
from imuhip.catalogue.measures import LONG_AGO, is_excluded, or_nan
from imuhip.catalogue.tables import (
    AnalysisRow,
    AthleteRow,
    ConsentRow,
    EntryRow,
    GoalRow,
    MarkRow,
    NoteRow,
    RepetitionRow,
    SessionRow,
    SetRow,
    SquadRow,
    TagRow,
)
from imuhip.core.errors import CatalogueError


def athletes(db: Db) -> tuple[Athlete, ...]:
    """All athletes, in the order of their ids."""
    consents: dict[str, list[bool]] = defaultdict(list)
    for row in db.scalars(select(ConsentRow)):
        consents[row.athlete].append(row.withdrawn is None)
    last: dict[str, list[datetime | None]] = defaultdict(list)
    moments = (
        select(SessionRow.athlete, SessionRow.started, EntryRow.started)
        .outerjoin(EntryRow, EntryRow.session == SessionRow.id)
        .where(EntryRow.trashed.is_(None))
    )
    for athlete, started, entered in db.execute(moments):
        last[athlete].append(entered or started)
    squads: dict[str, list[str]] = defaultdict(list)
    for member in db.scalars(select(SquadRow).order_by(SquadRow.squad)):
        squads[member.athlete].append(member.squad)
    return tuple(
        Athlete(
            id=row.id,
            name=row.name,
            note=row.note,
            created=row.created,
            sessions=len(last[row.id]),
            last=max((m for m in last[row.id] if m is not None), default=None),
            consent=_consent_word(consents[row.id]),
            squads=tuple(squads[row.id]),
        )
        for row in db.scalars(select(AthleteRow).order_by(AthleteRow.id))
    )


def _consent_word(standing: list[bool]) -> Literal["given", "withdrawn", "none"]:
    if not standing:
        return "none"
    return "given" if any(standing) else "withdrawn"


def known(db: Db, athlete: str) -> AthleteRow:
    """The row of an athlete; CatalogueError for one who is not there."""
    row = db.get(AthleteRow, athlete)
    if row is None:
        ids = ", ".join(db.scalars(select(AthleteRow.id).order_by(AthleteRow.id))) or "none yet"
        raise CatalogueError(
            f"The catalogue has no athlete {athlete!r} (it has: {ids}). Add one with: "
            f"imuhip athlete add {athlete}"
        )
    return row


def known_session(db: Db, session: str) -> SessionRow:
    """The row of a session, by its id or the beginning of it; CatalogueError when there is none."""
    rows = db.scalars(
        select(SessionRow).where(SessionRow.id.startswith(session, autoescape=True)).limit(2)
    ).all()
    if len(rows) != 1 or not session:
        which = "Several sessions begin" if rows else "No session begins"
        raise CatalogueError(
            f"{which} with {session!r}. imuhip athlete sessions ID lists an athlete's sessions."
        )
    return rows[0]


def consents(db: Db, athlete: str) -> tuple[Consent, ...]:
    """What an athlete agreed to, in the order of time."""
    known(db, athlete)
    rows = db.scalars(
        select(ConsentRow).where(ConsentRow.athlete == athlete).order_by(ConsentRow.given)
    )
    return tuple(Consent(r.purpose, r.given, r.withdrawn, r.note) for r in rows)


def sessions(
    db: Db,
    athlete: str | None = None,
    *,
    search: str = "",
    tags: Sequence[str] = (),
    kind: Kind | None = None,
    trashed: bool = False,
) -> tuple[Session, ...]:
    """Sessions, the latest first; see `Catalogue.sessions`."""
    if athlete is not None:
        known(db, athlete)
    found = _sessions(db, athlete)
    texts = _texts(db, athlete) if search else {}
    needle = search.casefold()
    return tuple(
        session
        for session in found
        if (session.trashed is not None) == trashed
        and set(tags) <= set(session.tags)
        and (kind is None or session.kind == kind)
        and (not needle or needle in _said(session, texts.get(session.id, "")))
    )


def _said(session: Session, text: str) -> str:
    """All words about a session, for a search that knows capitals of every alphabet."""
    words = (
        session.notes,
        session.tester,
        session.kind,
        session.source,
        session.recording.name,
        session.athlete,
    )
    return "\n".join((*words, *session.tags, *session.movements, text)).casefold()


def _sessions(db: Db, athlete: str | None) -> list[Session]:
    shown = AnalysisRow.shown.is_(True)
    query = (
        select(SessionRow, EntryRow, AnalysisRow)
        .outerjoin(EntryRow, EntryRow.session == SessionRow.id)
        .outerjoin(AnalysisRow, (AnalysisRow.session == SessionRow.id) & shown)
    )
    count = select(AnalysisRow.session, func.count()).group_by(AnalysisRow.session)
    if athlete is not None:
        query = query.where(SessionRow.athlete == athlete)
    tags: dict[str, list[str]] = defaultdict(list)
    for tag in db.scalars(select(TagRow).order_by(TagRow.tag)):
        tags[tag.session].append(tag.tag)
    analyses: dict[str, int] = {row[0]: row[1] for row in db.execute(count)}
    movements = _movements(db, athlete)
    found = [
        _session(row, entry, analysis, tags[row.id], analyses.get(row.id, 0), movements[row.id])
        for row, entry, analysis in db.execute(query)
    ]
    return sorted(found, key=lambda s: (s.started or LONG_AGO, s.id), reverse=True)


def _session(
    row: SessionRow,
    entry: EntryRow | None,
    analysis: AnalysisRow | None,
    tags: Sequence[str],
    analyses: int,
    movements: dict[str, int],
) -> Session:
    return Session(
        id=row.id,
        athlete=row.athlete,
        recording=Path(row.recording),
        started=(entry.started if entry else None) or row.started,
        duration_s=row.duration_s,
        source=row.source,
        sensors=row.sensors,
        kind=cast("Kind", entry.kind if entry else ""),
        load_kg=or_nan(entry.load_kg if entry else None),
        notes=entry.notes if entry else "",
        tags=tuple(tags),
        trashed=entry.trashed if entry else None,
        version=analysis.version if analysis else "",
        grade=analysis.grade if analysis else "",
        results=Path(analysis.results) if analysis and analysis.results else None,
        analyses=analyses,
        movements=movements,
        tester=known_tester(row, entry),
    )


def known_tester(row: SessionRow, entry: EntryRow | None) -> str:
    """Who tested: what a person said, else what the recording says; empty where nobody knows."""
    said = entry.tester if entry is not None else None
    return (row.tester or "") if said is None else said


def every_tester(db: Db) -> tuple[str, ...]:
    """Everybody who tested, each once, in the order of the alphabet."""
    return tuple(sorted(several(who_tested(db).values()), key=str.casefold))


def who_tested(db: Db, athlete: str | None = None) -> dict[str, str]:
    """Session to who tested, of an athlete or of all."""
    query = select(SessionRow, EntryRow).outerjoin(EntryRow, EntryRow.session == SessionRow.id)
    if athlete is not None:
        query = query.where(SessionRow.athlete == athlete)
    return {row.id: known_tester(row, entry) for row, entry in db.execute(query)}


def _movements(db: Db, athlete: str | None) -> dict[str, dict[str, int]]:
    """Session → movement → repetitions that count: both sides of a squat are one."""
    side = case((RepetitionRow.direction == "down", ""), else_=RepetitionRow.side)
    each = (
        select(SessionRow.id, SetRow.movement, SetRow.number, RepetitionRow.number, side)
        .select_from(RepetitionRow)
        .join(SetRow)
        .join(AnalysisRow)
        .join(SessionRow)
        .where(AnalysisRow.shown, RepetitionRow.counted, ~is_excluded())
        .distinct()
    )
    if athlete is not None:
        each = each.where(SessionRow.athlete == athlete)
    found = each.subquery()
    session, movement = found.c[0], found.c[1]
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    grouped = select(session, movement, func.count()).group_by(session, movement)
    for name, which, count in db.execute(grouped.order_by(session, movement)):
        counts[name][which] = count
    return counts


def _texts(db: Db, athlete: str | None) -> dict[str, str]:
    """Marks and notes of sessions, for the search."""
    said: dict[str, list[str]] = defaultdict(list)
    for mark in db.scalars(select(MarkRow)):
        said[mark.session].append(mark.label)
    for note in db.scalars(select(NoteRow).where(NoteRow.session.is_not(None))):
        if athlete is None or note.athlete == athlete:
            said[note.session or ""].append(note.text)
    return {session: "\n".join(lines) for session, lines in said.items()}


def analyses(db: Db, session: str) -> tuple[AnalysisEntry, ...]:
    """The analyses of a session, the one that is shown first."""
    row = known_session(db, session)
    entry = db.get(EntryRow, row.id)
    pinned = entry.shown if entry else None
    rows = db.scalars(
        select(AnalysisRow)
        .where(AnalysisRow.session == row.id)
        .order_by(AnalysisRow.shown.desc(), AnalysisRow.version.desc(), AnalysisRow.fingerprint)
    )
    return tuple(
        AnalysisEntry(
            fingerprint=analysis.fingerprint,
            version=analysis.version,
            parameters=json.loads(analysis.parameters),
            results=Path(analysis.results) if analysis.results else None,
            grade=analysis.grade,
            chain=analysis.chain,
            shown=analysis.shown,
            pinned=analysis.fingerprint == pinned,
        )
        for analysis in rows
    )


def marks(db: Db, session: str) -> tuple[tuple[float, str], ...]:
    """Marks of a session: seconds and label."""
    rows = db.scalars(select(MarkRow).where(MarkRow.session == session).order_by(MarkRow.number))
    return tuple((row.t, row.label) for row in rows)


def notes(db: Db, athlete: str, kind: str | None = None) -> tuple[Note, ...]:
    """What a coach wrote and the marks of recordings that say something, in the order of time."""
    known(db, athlete)
    written = [
        Note(row.id, row.at, row.kind, row.text, row.session, or_nan(row.t))
        for row in db.scalars(select(NoteRow).where(NoteRow.athlete == athlete))
    ]
    spoken = (
        select(SessionRow, EntryRow, MarkRow)
        .join(MarkRow, MarkRow.session == SessionRow.id)
        .outerjoin(EntryRow, EntryRow.session == SessionRow.id)
        .where(SessionRow.athlete == athlete, EntryRow.trashed.is_(None))
    )
    marked = [
        Note(None, (entry.started if entry else None) or row.started, word, text, row.id, mark.t)
        for row, entry, mark in db.execute(spoken)
        for word, _, text in [mark.label.partition(":")]
        if word in _SPOKEN
    ]
    kept = [note for note in (*written, *marked) if kind is None or note.kind == kind]
    return tuple(sorted(kept, key=lambda n: (n.at or LONG_AGO, 0.0 if math.isnan(n.t) else n.t)))


def goals(db: Db, athlete: str) -> tuple[Goal, ...]:
    """The goals of an athlete."""
    known(db, athlete)
    rows = db.scalars(select(GoalRow).where(GoalRow.athlete == athlete).order_by(GoalRow.id))
    return tuple(
        Goal(
            measure=row.measure, movement=row.movement, side=row.side, direction=row.direction,
            low=or_nan(row.low), high=or_nan(row.high), by=row.by, note=row.note,
        )
        for row in rows
    )  # fmt: skip


_SPOKEN = ("cue", "note", "pain")
