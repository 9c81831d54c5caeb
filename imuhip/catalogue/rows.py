"""The tables as rows that anybody can read: names in place of the tables' own numbers.

Two catalogues that hold the same have the same rows here, in whatever order they were filled.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session as Db

from imuhip.catalogue.tables import (
    AnalysisRow,
    AthleteRow,
    Base,
    ConsentRow,
    EntryRow,
    ExclusionRow,
    FindingRow,
    GoalRow,
    MarkRow,
    MeasureRow,
    NoteRow,
    QuantityRow,
    RepetitionRow,
    SessionRow,
    SetRow,
    SquadRow,
    TagRow,
    utc_text,
)


def rows(db: Db, athlete: str | None = None) -> dict[str, list[dict[str, Any]]]:
    """Return every table's rows, of one athlete or of all, each table sorted.

    Parameters
    ----------
    athlete
        An id; None for all.
    """
    return {name: _read(db, query, whose, athlete) for name, (query, whose) in _QUERIES.items()}


def _read(db: Db, query: Any, whose: Any, athlete: str | None) -> list[dict[str, Any]]:
    if athlete is not None:
        query = query.where(whose(athlete))
    found = [
        {name: utc_text(v) if isinstance(v, datetime) else v for name, v in row.items()}
        for row in db.execute(query).mappings()
    ]
    return sorted(found, key=lambda row: [_sortable(value) for value in row.values()])


def _sortable(value: Any) -> tuple[bool, str]:
    return value is not None, str(value)


def _columns(model: type[Base], *without: str) -> list[Any]:
    return [c for c in model.__table__.columns if c.name not in without]


def _of_analysis(*columns: Any) -> Select[Any]:
    """A query over rows that belong to an analysis, named by session and fingerprint."""
    return select(SessionRow.id.label("session"), AnalysisRow.fingerprint, *columns)


def _mine(session: Any, athlete: str) -> Any:
    """Whether a session is one of an athlete's."""
    return session.in_(select(SessionRow.id).where(SessionRow.athlete == athlete))


def _theirs(athlete: str) -> Any:
    return SessionRow.athlete == athlete


_SET: Final = (SetRow.movement, SetRow.number.label("set"))
_REPETITION: Final = (*_SET, RepetitionRow.number.label("repetition"), RepetitionRow.side)

_QUERIES: Final[dict[str, tuple[Any, Callable[[str], Any]]]] = {
    "athletes": (select(*_columns(AthleteRow)), lambda athlete: AthleteRow.id == athlete),
    "squads": (select(*_columns(SquadRow)), lambda athlete: SquadRow.athlete == athlete),
    "consents": (
        select(*_columns(ConsentRow, "id")),
        lambda athlete: ConsentRow.athlete == athlete,
    ),
    "session_entries": (
        select(*_columns(EntryRow)),
        lambda athlete: or_(_mine(EntryRow.session, athlete), EntryRow.athlete == athlete),
    ),
    "tags": (select(*_columns(TagRow)), lambda athlete: _mine(TagRow.session, athlete)),
    "exclusions": (
        select(*_columns(ExclusionRow)),
        lambda athlete: _mine(ExclusionRow.session, athlete),
    ),
    "notes": (select(*_columns(NoteRow, "id")), lambda athlete: NoteRow.athlete == athlete),
    "goals": (select(*_columns(GoalRow, "id")), lambda athlete: GoalRow.athlete == athlete),
    "sessions": (select(*_columns(SessionRow)), _theirs),
    "marks": (select(*_columns(MarkRow)).select_from(MarkRow).join(SessionRow), _theirs),
    "analyses": (
        select(*_columns(AnalysisRow, "id")).select_from(AnalysisRow).join(SessionRow),
        _theirs,
    ),
    "sets": (
        _of_analysis(*_SET, SetRow.t_start, SetRow.t_end)
        .select_from(SetRow)
        .join(AnalysisRow)
        .join(SessionRow),
        _theirs,
    ),
    "repetitions": (
        _of_analysis(*_REPETITION, *_columns(RepetitionRow, "id", "set", "number", "side"))
        .select_from(RepetitionRow)
        .join(SetRow)
        .join(AnalysisRow)
        .join(SessionRow),
        _theirs,
    ),
    "measures": (
        _of_analysis(
            *_REPETITION, QuantityRow.name, QuantityRow.unit, MeasureRow.value, MeasureRow.sd
        )
        .select_from(MeasureRow)
        .join(QuantityRow)
        .join(RepetitionRow)
        .join(SetRow)
        .join(AnalysisRow)
        .join(SessionRow),
        _theirs,
    ),
    "findings": (
        _of_analysis(*_columns(FindingRow, "analysis"))
        .select_from(FindingRow)
        .join(AnalysisRow)
        .join(SessionRow),
        _theirs,
    ),
}
"""Table → its rows, and what narrows them to one athlete; the entered tables first."""
