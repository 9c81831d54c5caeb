"""Repetitions, measures and findings of the analyses that are shown, as plain data."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session as Db

from imuhip.assess.conditions import Tags, tags_of_ends
from imuhip.assess.symmetry import Measured
from imuhip.catalogue.entities import Effort, FindingEntry, Kind, MeasureValue, RepetitionEntry
from imuhip.catalogue.progress import Groups
from imuhip.catalogue.tables import (
    AnalysisRow,
    EntryRow,
    ExclusionRow,
    FindingRow,
    MarkRow,
    MeasureRow,
    QuantityRow,
    RepetitionRow,
    SessionRow,
    SetRow,
)


def repetitions(
    db: Db, *, athlete: str | None = None, session: str | None = None
) -> tuple[RepetitionEntry, ...]:
    """Repetitions of the analyses that are shown, in order."""
    query = (
        select(
            SessionRow.id, SetRow.movement, SetRow.number, RepetitionRow.number, RepetitionRow.side,
            RepetitionRow.direction, RepetitionRow.t_start, RepetitionRow.t_turn,
            RepetitionRow.t_end, RepetitionRow.counted,
        )
        .select_from(RepetitionRow)
        .join(SetRow)
        .join(AnalysisRow)
        .join(SessionRow)
        .order_by(SessionRow.id, RepetitionRow.t_start, RepetitionRow.side)
    )  # fmt: skip
    excluded = exclusions(db)
    return tuple(
        RepetitionEntry(
            session=row[0], movement=row[1], set=row[2], repetition=row[3], side=row[4],
            direction=row[5], t_start=row[6], t_turn=or_nan(row[7]), t_end=row[8], counted=row[9],
            excluded=_why(excluded, *row[:5]),
        )
        for row in _rows(db, query, athlete, session)
    )  # fmt: skip


def measures(
    db: Db,
    *,
    athlete: str | None = None,
    session: str | None = None,
    names: Sequence[str] = (),
    movement: str | None = None,
) -> tuple[MeasureValue, ...]:
    """Measures of the analyses that are shown, outside the trash, in the order of time."""
    query = (
        select(
            SessionRow.id, SessionRow.started, EntryRow.started, EntryRow.kind,
            SetRow.movement, SetRow.number, RepetitionRow.number, RepetitionRow.side,
            RepetitionRow.direction, RepetitionRow.counted, QuantityRow.name, QuantityRow.unit,
            MeasureRow.value, MeasureRow.sd, SessionRow.tester, EntryRow.tester,
        )
        .select_from(MeasureRow)
        .join(QuantityRow)
        .join(RepetitionRow)
        .join(SetRow)
        .join(AnalysisRow)
        .join(SessionRow)
        .outerjoin(EntryRow, EntryRow.session == SessionRow.id)
        .where(EntryRow.trashed.is_(None))
    )  # fmt: skip
    if names:
        query = query.where(QuantityRow.name.in_(names))
    if movement is not None:
        query = query.where(SetRow.movement == movement)
    excluded = exclusions(db)
    said = _said_of_sets(db, athlete, session)
    found = [
        MeasureValue(
            session=row[0], started=row[2] or row[1],
            kind=said.get((row[0], row[4], row[5]), _UNSAID).warmth or cast("Kind", row[3] or ""),
            effort=_effort(said.get((row[0], row[4], row[5]), _UNSAID)),
            movement=row[4], set=row[5], repetition=row[6], side=row[7], direction=row[8],
            name=row[10], unit=row[11], value=row[12], sd=or_nan(row[13]), counted=row[9],
            excluded=_why(excluded, row[0], *row[4:8]),
            tester=(row[14] or "") if row[15] is None else row[15],
        )
        for row in _rows(db, query, athlete, session)
    ]  # fmt: skip
    return tuple(sorted(found, key=_in_time))


def samples(
    db: Db, athlete: str, *, names: Sequence[str] = (), movement: str | None = None
) -> Groups:
    """What counts of an athlete's measures, in groups that can be compared with themselves."""
    about = {
        row.id: ((entry.started if entry else None) or row.started, entry.kind if entry else "")
        for row, entry in db.execute(
            select(SessionRow, EntryRow)
            .outerjoin(EntryRow, EntryRow.session == SessionRow.id)
            .where(SessionRow.athlete == athlete, EntryRow.trashed.is_(None))
        )
    }
    query = (
        select(
            QuantityRow.name, QuantityRow.unit, SetRow.movement, RepetitionRow.side,
            RepetitionRow.direction, SessionRow.id, MeasureRow.value, MeasureRow.sd, SetRow.number,
        )
        .select_from(MeasureRow)
        .join(QuantityRow)
        .join(RepetitionRow)
        .join(SetRow)
        .join(AnalysisRow)
        .join(SessionRow)
        .where(RepetitionRow.counted, ~is_excluded())
        .order_by(SetRow.number, RepetitionRow.number)
    )  # fmt: skip
    if names:
        query = query.where(QuantityRow.name.in_(names))
    if movement is not None:
        query = query.where(SetRow.movement == movement)
    groups: Groups = defaultdict(lambda: defaultdict(list))
    said = _said_of_sets(db, athlete, None)
    for row in _rows(db, query, athlete, None):
        name, unit, which, side, direction, session, value, sd, number = row
        started, kind = about.get(session, (None, ""))
        if started is not None:
            tags = said.get((session, which, number), _UNSAID)
            key = (name, unit, which, side, direction, tags.warmth or kind, _effort(tags))
            groups[key][started, session].append(Measured(value, or_nan(sd)))
    return groups


def _said_of_sets(
    db: Db, athlete: str | None, session: str | None
) -> dict[tuple[str, str, int], Tags]:
    """Session, movement and set → what notes say of it; only of sessions with such notes."""
    words = or_(*(MarkRow.label.like(f"note:%{word}%") for word in _WORDS_OF_SETS))
    noted = select(MarkRow.session).join(SessionRow).where(words)
    if athlete is not None:
        noted = noted.where(SessionRow.athlete == athlete)
    if session is not None:
        noted = noted.where(SessionRow.id == session)
    marks: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for mark in db.scalars(select(MarkRow).where(MarkRow.session.in_(noted))):
        marks[mark.session].append((mark.t, mark.label))
    query = (
        select(SessionRow.id, SetRow.movement, SetRow.number, SetRow.t_end)
        .select_from(SetRow)
        .join(AnalysisRow)
        .join(SessionRow)
        .where(SessionRow.id.in_(noted))
    )
    ends: dict[str, dict[tuple[str, int], float]] = defaultdict(dict)
    for owner, movement, number, end in _rows(db, query, athlete, session):
        ends[owner][movement, number] = end
    return {
        (owner, *which): tags
        for owner, of in ends.items()
        for which, tags in tags_of_ends(of, marks[owner]).items()
    }


def _effort(tags: Tags) -> Effort:
    """What tells a set that was helped from the others."""
    return "passive" if tags.effort == "passive" else ""


def _in_time(value: MeasureValue) -> tuple[Any, ...]:
    when = value.started or LONG_AGO
    return when, value.session, value.movement, value.set, value.repetition, value.side, value.name


def _rows(db: Db, query: Any, athlete: str | None, session: str | None) -> Iterable[Any]:
    """Rows of a query over the analyses that are shown, of an athlete or a session."""
    query = query.where(AnalysisRow.shown)
    if athlete is not None:
        query = query.where(SessionRow.athlete == athlete)
    if session is not None:
        query = query.where(SessionRow.id == session)
    rows: Iterable[Any] = db.execute(query)
    return rows


def exclusions(db: Db) -> dict[tuple[str, str, int, int, str], str]:
    """Session, movement, set, repetition, side → why it does not count."""
    return {
        (row.session, row.movement, row.set, row.repetition, row.side): row.reason
        for row in db.scalars(select(ExclusionRow))
    }


def _why(
    excluded: dict[tuple[str, str, int, int, str], str],
    session: str,
    movement: str,
    set_: int,
    repetition: int,
    side: str,
) -> str:
    key = (session, movement, set_, repetition)
    return excluded.get((*key, side)) or excluded.get((*key, "both"), "")


def findings(
    db: Db, *, athlete: str | None = None, session: str | None = None
) -> tuple[FindingEntry, ...]:
    """Findings of the analyses that are shown, in the order of their files."""
    query = (
        select(SessionRow.id, FindingRow)
        .select_from(FindingRow)
        .join(AnalysisRow)
        .join(SessionRow)
        .outerjoin(EntryRow, EntryRow.session == SessionRow.id)
        .where(EntryRow.trashed.is_(None))
        .order_by(SessionRow.started, SessionRow.id, FindingRow.number)
    )
    return tuple(
        FindingEntry(
            session=owner,
            rule=row.rule, movement=row.movement, side=row.side, set=row.set,
            repetitions=tuple(json.loads(row.repetitions)), value=or_nan(row.value),
            unit=row.unit, limit=or_nan(row.limit), mdc=or_nan(row.mdc), grade=row.grade,
            confidence=or_nan(row.confidence), words=row.words, cue=row.cue,
        )
        for owner, row in _rows(db, query, athlete, session)
    )  # fmt: skip


def is_excluded() -> ColumnElement[bool]:
    """Whether a person took a repetition out; for a query that joins its set and session."""
    return exists().where(
        ExclusionRow.session == SessionRow.id,
        ExclusionRow.movement == SetRow.movement,
        ExclusionRow.set == SetRow.number,
        ExclusionRow.repetition == RepetitionRow.number,
        or_(ExclusionRow.side == "both", ExclusionRow.side == RepetitionRow.side),
    )


def or_nan(value: float | None) -> float:
    """NaN for what the tables do not know."""
    return math.nan if value is None else value


_WORDS_OF_SETS = ("passive", "cold", "warm")
_UNSAID = Tags()

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
"""Sorts what has no date before everything else."""
