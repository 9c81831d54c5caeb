"""The tables of the catalogue, and which of them a rebuild restores.

Two kinds. **Entered** tables hold what a person said and no recording knows: names, consent, tags,
exclusions, goals. They name sessions by the SHA-256 of the recording and repetitions by their
numbers, never by a row's own number, so they outlive everything derived. **Derived** tables hold
what recordings and result files say; `imuhip catalogue rebuild` makes them anew.

Times are text, ISO 8601 in UTC, so that they sort and read alike on every engine.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import Dialect, ForeignKey, Index, MetaData, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import Double, TypeDecorator

VERSION_TABLE: Final = "imuhip_version"
"""Where a catalogue keeps its own version."""


class UtcTime(TypeDecorator[datetime]):
    """A moment as ``2026-03-02T10:00:00.000000Z``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write it; a moment without a time zone is the caller's mistake."""
        return None if value is None else utc_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read it."""
        return None if value is None else datetime.fromisoformat(value)


def utc_text(moment: datetime) -> str:
    """Return a moment as the catalogue writes it."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Base(DeclarativeBase):
    """The root of the tables; constraints have names, so that a migration can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Text, float: Double, datetime: UtcTime}


# --- entered -------------------------------------------------------------------------------------


class AthleteRow(Base):
    """A person: the pseudonymous id that files carry, and the name that only this table knows."""

    __tablename__ = "athletes"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str]
    created: Mapped[datetime]


class SquadRow(Base):
    """That an athlete is in a squad; a squad is there as long as somebody is in it."""

    __tablename__ = "squads"
    athlete: Mapped[str] = mapped_column(ForeignKey("athletes.id"), primary_key=True)
    squad: Mapped[str] = mapped_column(primary_key=True)


class ConsentRow(Base):
    """What an athlete agreed to, when, and when that was taken back."""

    __tablename__ = "consents"
    id: Mapped[int] = mapped_column(primary_key=True)
    athlete: Mapped[str] = mapped_column(ForeignKey("athletes.id"), index=True)
    purpose: Mapped[str]
    given: Mapped[datetime]
    withdrawn: Mapped[datetime | None]
    note: Mapped[str]


class EntryRow(Base):
    """What a coach said of a session; all of it may be empty."""

    __tablename__ = "session_entries"
    session: Mapped[str] = mapped_column(primary_key=True)
    athlete: Mapped[str | None] = mapped_column(ForeignKey("athletes.id"), index=True)
    started: Mapped[datetime | None]
    kind: Mapped[str]
    load_kg: Mapped[float | None]
    notes: Mapped[str]
    trashed: Mapped[datetime | None]
    shown: Mapped[str | None]
    tester: Mapped[str | None]  # over what the recording says; empty: nobody knows


class TagRow(Base):
    """A word that finds a session again."""

    __tablename__ = "tags"
    session: Mapped[str] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)


class ExclusionRow(Base):
    """A repetition that does not count, and why; `side` is left, right or both."""

    __tablename__ = "exclusions"
    session: Mapped[str] = mapped_column(primary_key=True)
    movement: Mapped[str] = mapped_column(primary_key=True)
    set: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    repetition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    side: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]


class NoteRow(Base):
    """Something to remember of an athlete: a note, a cue and what it did, pain, a phase."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    athlete: Mapped[str] = mapped_column(ForeignKey("athletes.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    text: Mapped[str]
    session: Mapped[str | None]
    t: Mapped[float | None]


class GoalRow(Base):
    """Where a measure is to be; an open end is empty."""

    __tablename__ = "goals"
    __table_args__ = (UniqueConstraint("athlete", "measure", "movement", "side", "direction"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    athlete: Mapped[str] = mapped_column(ForeignKey("athletes.id"))
    measure: Mapped[str]
    movement: Mapped[str]
    side: Mapped[str]
    direction: Mapped[str]
    low: Mapped[float | None]
    high: Mapped[float | None]
    by: Mapped[datetime | None]
    note: Mapped[str]


# --- derived -------------------------------------------------------------------------------------


class SessionRow(Base):
    """A recording, by the SHA-256 of its bytes."""

    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(primary_key=True)
    athlete: Mapped[str] = mapped_column(ForeignKey("athletes.id"), index=True)
    recording: Mapped[str]
    started: Mapped[datetime | None]
    duration_s: Mapped[float]
    source: Mapped[str]
    sensors: Mapped[str]
    recorded_with: Mapped[str]
    tester: Mapped[str | None]


class MarkRow(Base):
    """A mark of a recording, in their order from 1."""

    __tablename__ = "marks"
    session: Mapped[str] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    t: Mapped[float]
    label: Mapped[str]


class AnalysisRow(Base):
    """What one version, with its parameters, made of a session; one of them is shown."""

    __tablename__ = "analyses"
    __table_args__ = (UniqueConstraint("session", "fingerprint"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    session: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    fingerprint: Mapped[str]
    version: Mapped[str]
    parameters: Mapped[str]
    results: Mapped[str | None]
    grade: Mapped[str]
    chain: Mapped[str]
    shown: Mapped[bool]


class SetRow(Base):
    """A set: repetitions of a movement without a longer pause."""

    __tablename__ = "sets"
    __table_args__ = (UniqueConstraint("analysis", "movement", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    analysis: Mapped[int] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))
    movement: Mapped[str]
    number: Mapped[int]
    t_start: Mapped[float]
    t_end: Mapped[float]


class RepetitionRow(Base):
    """A repetition of one side."""

    __tablename__ = "repetitions"
    __table_args__ = (Index(None, "set"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    set: Mapped[int] = mapped_column(ForeignKey("sets.id", ondelete="CASCADE"))
    number: Mapped[int]
    side: Mapped[str]
    direction: Mapped[str]
    t_start: Mapped[float]
    t_turn: Mapped[float | None]
    t_end: Mapped[float]
    counted: Mapped[bool]


class QuantityRow(Base):
    """The name of a measure and its unit, once."""

    __tablename__ = "quantities"
    __table_args__ = (UniqueConstraint("name", "unit"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    unit: Mapped[str]


class MeasureRow(Base):
    """A measure of a repetition; what cannot be said has no row."""

    __tablename__ = "measures"
    __table_args__ = (Index(None, "quantity"), {"sqlite_with_rowid": False})
    repetition: Mapped[int] = mapped_column(
        ForeignKey("repetitions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    quantity: Mapped[int] = mapped_column(
        ForeignKey("quantities.id"), primary_key=True, autoincrement=False
    )
    value: Mapped[float]
    sd: Mapped[float | None]


class FindingRow(Base):
    """What a rule said of a set, in the order of the file from 1."""

    __tablename__ = "findings"
    analysis: Mapped[int] = mapped_column(
        ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rule: Mapped[str]
    movement: Mapped[str]
    side: Mapped[str]
    set: Mapped[int]
    repetitions: Mapped[str]
    value: Mapped[float | None]
    unit: Mapped[str]
    limit: Mapped[float | None]
    mdc: Mapped[float | None]
    grade: Mapped[str]
    confidence: Mapped[float | None]
    words: Mapped[str]
    cue: Mapped[str]


ENTERED: Final[tuple[type[Base], ...]] = (
    AthleteRow,
    SquadRow,
    ConsentRow,
    EntryRow,
    TagRow,
    ExclusionRow,
    NoteRow,
    GoalRow,
)
"""Tables that no recording can give back, in an order in which they can be filled."""
