"""What the catalogue answers with: plain, immutable, free of the database.

Numbers that are not known are NaN; a moment that is not known is None. Units stand in the name of a
measure, as in `repetitions.parquet`, and beside it.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["", "cold", "warm"]
"""When in a training a session was recorded: before it, after warming up, or not said."""

Effort: TypeAlias = Literal["", "passive"]
"""Whether somebody helped in a set; nothing said is an active one: the athlete moves."""

NoteKind: TypeAlias = Literal["note", "cue", "pain", "phase"]


@dataclass(frozen=True, slots=True)
class Athlete:
    """A person.

    Parameters
    ----------
    id
        The pseudonym that files carry.
    name
        Known to the catalogue alone; may be empty.
    note, created
        Free text; when the athlete was added.
    sessions
        How many there are, those in the trash left out.
    last
        When the latest of them began.
    consent
        ``given``, ``withdrawn`` or ``none``.
    squads
        Names of the squads that the athlete is in, in their order.
    """

    id: str
    name: str
    note: str
    created: datetime
    sessions: int
    last: datetime | None
    consent: Literal["given", "withdrawn", "none"]
    squads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """What an athlete agreed to; `withdrawn` is None while it stands."""

    purpose: str
    given: datetime
    withdrawn: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Session:
    """A recording and what is known of it.

    Parameters
    ----------
    id
        SHA-256 of the recording.
    athlete, recording, started, duration_s, source
        Whose, where, when, how long, and what the recording says of its origin.
    sensors
        Segments with their profiles, as text.
    kind, load_kg, notes, tags
        What the coach says of it.
    trashed
        When it went into the trash; None outside.
    version, grade
        Version and calibration grade of the analysis that is shown; empty without one.
    results
        Its result files; None where they are gone.
    analyses
        How many analyses there are.
    movements
        Movement to the number of repetitions that count in the analysis shown.
    tester
        Who tested: what the coach says, else what the recording says; empty where nobody knows.
    """

    id: str
    athlete: str
    recording: Path
    started: datetime | None
    duration_s: float
    source: str
    sensors: str
    kind: Kind
    load_kg: float
    notes: str
    tags: tuple[str, ...]
    trashed: datetime | None
    version: str
    grade: str
    results: Path | None
    analyses: int
    movements: dict[str, int]
    tester: str = ""


@dataclass(frozen=True, slots=True)
class AnalysisEntry:
    """An analysis of a session.

    Parameters
    ----------
    fingerprint
        Names version and parameters together.
    version, parameters
        Of the algorithm.
    results
        Folder of the result files; None where another analysis has replaced them.
    grade, chain
        Of the calibration.
    shown
        Whether queries and pages use this one.
    pinned
        Whether a person chose it; without a choice the newest version is shown.
    """

    fingerprint: str
    version: str
    parameters: dict[str, Any]
    results: Path | None
    grade: str
    chain: str
    shown: bool
    pinned: bool


@dataclass(frozen=True, slots=True)
class MeasureValue:
    """A measure of one repetition of one side.

    Parameters
    ----------
    session, started, kind
        Where it is from; `kind` is what was said of the set, else of its session.
    movement, set, repetition, side, direction
        Which repetition.
    name, unit
        As in `repetitions.parquet`.
    value, sd
        And one standard deviation of its error, NaN where not known.
    counted
        Whether the repetition was a whole one.
    excluded
        Why a person took the repetition out; empty while it counts.
    effort
        Whether somebody helped in the set.
    tester
        Who tested in the session; empty where nobody knows.
    """

    session: str
    started: datetime | None
    kind: Kind
    movement: str
    set: int
    repetition: int
    side: str
    direction: str
    name: str
    unit: str
    value: float
    sd: float
    counted: bool
    excluded: str
    effort: Effort = ""
    tester: str = ""


@dataclass(frozen=True, slots=True)
class RepetitionEntry:
    """A repetition of one side, and why it was taken out, if it was."""

    session: str
    movement: str
    set: int
    repetition: int
    side: str
    direction: str
    t_start: float
    t_turn: float
    t_end: float
    counted: bool
    excluded: str


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """A finding of the analysis shown; the fields of `findings.json`, and its session."""

    session: str
    rule: str
    movement: str
    side: str
    set: int
    repetitions: tuple[int, ...]
    value: float
    unit: str
    limit: float
    mdc: float
    grade: str
    confidence: float
    words: str
    cue: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something to remember: of a coach (`id` is set) or from a mark in a recording (None)."""

    id: int | None
    at: datetime | None
    kind: str
    text: str
    session: str | None
    t: float


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a measure is to be; an open end is NaN, an empty movement, side or direction any."""

    measure: str
    movement: str = ""
    side: str = ""
    direction: str = ""
    low: float = float("nan")
    high: float = float("nan")
    by: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Filed:
    """What came of filing.

    Parameters
    ----------
    session, athlete
        Under which the results lie.
    shown, others
        Version whose analysis is shown, and the other ones that are kept.
    words
        Sentences for a person.
    """

    session: str
    athlete: str
    shown: str
    others: tuple[str, ...]
    words: tuple[str, ...]
