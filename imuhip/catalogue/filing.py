"""Putting what recordings and results say into the tables: the same facts, the same rows.

The functions work inside a writer's transaction; filing what is filed already replaces its rows.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from packaging.version import InvalidVersion, Version
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from imuhip.catalogue.entities import Filed
from imuhip.catalogue.facts import AnalysisFacts, SessionFacts, clean, finite, measures_of
from imuhip.catalogue.tables import (
    AnalysisRow,
    AthleteRow,
    ConsentRow,
    EntryRow,
    FindingRow,
    MarkRow,
    MeasureRow,
    QuantityRow,
    RepetitionRow,
    SessionRow,
    SetRow,
)
from imuhip.core.errors import CatalogueError
from imuhip.core.visible import is_athlete_id

_SetKey: TypeAlias = tuple[str, int]
"""Movement and number."""


def file_session(
    db: Session, facts: SessionFacts, athlete: str = "", *, again: bool = False
) -> list[str]:
    """File a recording under an athlete; return what a person should know.

    Parameters
    ----------
    facts
        Of the recording.
    athlete
        Whose it is; without one, whom it was assigned to before, else whom the recording names.
    again
        It was filed before, so no consent is asked for.

    Raises
    ------
    CatalogueError
        When nobody says whose it is, or the athlete has withdrawn consent.
    """
    words: list[str] = []
    entry = db.get(EntryRow, facts.id)
    owner = athlete or (entry.athlete if entry and entry.athlete else "") or facts.athlete
    if not owner:
        raise CatalogueError(
            "The recording does not say whose it is. Name the athlete with --athlete.",
            path=facts.recording,
        )
    words += know_athlete(db, owner, again=again)
    if owner != facts.athlete and facts.athlete:
        words.append(f"The recording names {facts.athlete}; it is filed under {owner}.")
    assign(db, facts.id, owner if owner != facts.athlete else None)
    columns = {
        "athlete": owner,
        "recording": str(facts.recording),
        "started": facts.started,
        "duration_s": facts.duration_s,
        "source": facts.source,
        "sensors": facts.sensors,
        "recorded_with": facts.recorded_with,
        "tester": facts.tester,
    }
    if db.get(SessionRow, facts.id) is None:
        db.execute(insert(SessionRow).values(id=facts.id, **columns))
    else:
        db.execute(update(SessionRow).where(SessionRow.id == facts.id).values(**columns))
    db.execute(delete(MarkRow).where(MarkRow.session == facts.id))
    marks = [
        {"session": facts.id, "number": number, "t": t, "label": label}
        for number, (t, label) in enumerate(facts.marks, start=1)
    ]
    if marks:
        db.execute(insert(MarkRow), marks)
    return words


def know_athlete(db: Session, athlete: str, *, again: bool = False) -> list[str]:
    """Add an athlete who is new; CatalogueError for one whose consent is withdrawn.

    Nothing is said of consent when something is filed `again`.
    """
    check_id(athlete)
    words = []
    if db.get(AthleteRow, athlete) is None:
        db.add(AthleteRow(id=athlete, name="", note="", created=datetime.now(UTC)))
        db.flush()
        words.append(f"{athlete} is new in the catalogue.")
    if again:
        return words
    consents = db.scalars(select(ConsentRow).where(ConsentRow.athlete == athlete)).all()
    if not consents:
        words.append(f"No consent of {athlete} is on file: imuhip athlete consent {athlete}")
    elif all(consent.withdrawn is not None for consent in consents):
        raise CatalogueError(
            f"{athlete} has withdrawn consent, so nothing new is filed; save a new consent "
            f"(imuhip athlete consent {athlete}) or remove what is there (imuhip athlete delete "
            f"{athlete})"
        )
    return words


def check_id(athlete: str) -> None:
    """Refuse an id that cannot be a file's name everywhere, or hides among others."""
    if not is_athlete_id(athlete):
        raise CatalogueError(
            f"{athlete!r} cannot be an athlete's id. Use up to 64 letters, digits, - _ and .; "
            "enter the name with: imuhip athlete add ID --name NAME"
        )


def assign(db: Session, session: str, athlete: str | None) -> None:
    """Write down whose a recording is, where it does not say so itself."""
    entry = db.get(EntryRow, session)
    if entry is not None:
        entry.athlete = athlete
    elif athlete is not None:
        db.add(empty_entry(session, athlete=athlete))
    db.flush()


def say_tester(db: Session, session: str, tester: str | None) -> None:
    """Write down who tested, over what the recording says; None says nothing."""
    if tester is None:
        return
    entry = db.get(EntryRow, session)
    if entry is None:
        entry = empty_entry(session)
        db.add(entry)
    entry.tester = tester
    db.flush()


def empty_entry(session: str, athlete: str | None = None) -> EntryRow:
    """An entry in which nothing is said yet."""
    return EntryRow(
        session=session,
        athlete=athlete,
        started=None,
        kind="",
        load_kg=None,
        notes="",
        trashed=None,
        shown=None,
        tester=None,
    )


def file_analysis(db: Session, facts: AnalysisFacts) -> None:
    """File an analysis of a session that is filed; one of the same fingerprint is replaced."""
    same = (AnalysisRow.session == facts.session, AnalysisRow.fingerprint == facts.fingerprint)
    db.execute(delete(AnalysisRow).where(*same))
    db.execute(  # its files have taken the place of another's, whose rows stay
        update(AnalysisRow).where(AnalysisRow.results == str(facts.results)).values(results=None)
    )
    analysis = AnalysisRow(
        session=facts.session,
        fingerprint=facts.fingerprint,
        version=facts.version,
        parameters=facts.parameters,
        results=str(facts.results),
        grade=facts.grade,
        chain=facts.chain,
        shown=False,
    )
    db.add(analysis)
    db.flush()
    sets = _file_sets(db, analysis.id, facts.repetitions)
    _file_repetitions(db, sets, facts)
    _file_findings(db, analysis.id, facts.findings)
    choose_shown(db, facts.session)


def choose_shown(db: Session, session: str) -> None:
    """Show the analysis that a person chose, else that of the newest version.

    Among several of one version, the one that deviates least from the default parameters comes
    first: the others are what somebody tried out.
    """
    rows = db.scalars(select(AnalysisRow).where(AnalysisRow.session == session)).all()
    entry = db.get(EntryRow, session)
    pinned = entry.shown if entry else None
    best = max(rows, key=lambda row: _rank(row, pinned), default=None)
    for row in rows:
        row.shown = row is best
    db.flush()


def filed(db: Session, session: str, words: Sequence[str]) -> Filed:
    """Say what is there now of a session that was filed."""
    row = db.get_one(SessionRow, session)
    analyses = db.scalars(select(AnalysisRow).where(AnalysisRow.session == session)).all()
    shown = [f"{a.version}" for a in analyses if a.shown]
    others = sorted(a.version for a in analyses if not a.shown)
    said = list(words)
    if others:
        said.append(
            f"{len(analyses)} analyses of this session are kept; that of version {shown[0]} is "
            f"shown, not {', '.join(others)}."
        )
    return Filed(session, row.athlete, shown[0] if shown else "", tuple(others), tuple(said))


def version_key(version: str) -> tuple[bool, Version, str]:
    """Return what sorts versions by age; what is no version is older than all."""
    try:
        return True, Version(version), ""
    except InvalidVersion:
        return False, Version("0"), version


def _rank(row: AnalysisRow, pinned: str | None) -> tuple[Any, ...]:
    chosen = row.fingerprint == pinned
    return chosen, version_key(row.version), -_deviations(row.parameters), row.fingerprint


def _deviations(parameters: str) -> int:
    """In how many entries parameters differ from the defaults of this version."""
    from dataclasses import asdict

    from imuhip.pipeline.all_sensors import Params

    return _differing(json.loads(parameters), json.loads(json.dumps(asdict(Params()))))


def _differing(some: Any, other: Any) -> int:
    if isinstance(some, Mapping) and isinstance(other, Mapping):
        return sum(_differing(value, other.get(key)) for key, value in some.items())
    return int(some != other)


def _file_sets(
    db: Session, analysis: int, repetitions: Sequence[Mapping[str, Any]]
) -> dict[_SetKey, int]:
    """File the sets that repetitions make up; return their rows' numbers."""
    spans: dict[_SetKey, tuple[float, float]] = {}
    for row in repetitions:
        key = (clean(row["movement"]), int(row["set"]))
        first, last = spans.get(key, (math.inf, -math.inf))
        spans[key] = (min(first, row["t_start"]), max(last, row["t_end"]))
    rows = [
        SetRow(analysis=analysis, movement=movement, number=number, t_start=first, t_end=last)
        for (movement, number), (first, last) in sorted(spans.items())
    ]
    db.add_all(rows)
    db.flush()
    return {(row.movement, row.number): row.id for row in rows}


def _file_repetitions(db: Session, sets: Mapping[_SetKey, int], facts: AnalysisFacts) -> None:
    """File repetitions and their measures."""
    rows = [
        {
            "set": sets[(clean(row["movement"]), int(row["set"]))],
            "number": int(row["repetition"]),
            "side": clean(row["side"]),
            "direction": clean(row["direction"]),
            "t_start": float(row["t_start"]),
            "t_turn": finite(row["t_turn"]),
            "t_end": float(row["t_end"]),
            "counted": bool(row["counted"]),
        }
        for row in facts.repetitions
    ]
    if not rows:
        return
    ids = db.scalars(
        insert(RepetitionRow).returning(RepetitionRow.id, sort_by_parameter_order=True), rows
    ).all()
    quantities = _quantities(db, facts.units)
    measures = [
        {"repetition": number, "quantity": quantities[name], "value": value, "sd": sd}
        for number, row in zip(ids, facts.repetitions, strict=True)
        for name, value, sd in measures_of(row, facts.units)
    ]
    if measures:
        db.execute(insert(MeasureRow), measures)


def _quantities(db: Session, units: Mapping[str, str]) -> dict[str, int]:
    """Return the numbers of measures' names, new ones added."""
    known = {(row.name, row.unit): row.id for row in db.scalars(select(QuantityRow))}
    new = [QuantityRow(name=n, unit=u) for n, u in units.items() if (n, u) not in known]
    db.add_all(new)
    db.flush()
    known |= {(row.name, row.unit): row.id for row in new}
    return {name: known[(name, unit)] for name, unit in units.items()}


def _file_findings(db: Session, analysis: int, findings: Sequence[Mapping[str, Any]]) -> None:
    """File findings, in the order of their file."""
    rows = [
        {
            "analysis": analysis,
            "number": number,
            **{name: clean(str(found.get(name, ""))) for name in _FINDING_TEXTS},
            **{name: finite(found.get(name)) for name in _FINDING_NUMBERS},
            "set": int(found["set"]),
            "repetitions": json.dumps(found["repetitions"]),
        }
        for number, found in enumerate(findings, start=1)
    ]
    if rows:
        db.execute(insert(FindingRow), rows)


_FINDING_TEXTS = ("rule", "movement", "side", "unit", "grade", "words", "cue")
_FINDING_NUMBERS = ("value", "limit", "mdc", "confidence")
