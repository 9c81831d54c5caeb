"""Athletes and sessions in a few words; no Streamlit in here."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from imuhip.assess.movements import MOVEMENTS
from imuhip.catalogue.entities import AnalysisEntry, Athlete, Consent, Session

_OFTEN_UNSAID = ("Load", "Tags", "Tested by", "Notes")
"""Columns of the list of sessions that are there only where a session has something in them."""

_FEW = 6
"""So many digits of an id tell sessions apart where nothing else does."""

MEDICAL = "Not a medical device. It informs a coach; it diagnoses and treats nothing."


def athlete_title(athlete: Athlete) -> str:
    """Who, by name where one is known."""
    if athlete.name.casefold() == athlete.id.casefold():
        return athlete.name
    return f"{athlete.name} ({athlete.id})" if athlete.name else athlete.id


def session_title(session: Session) -> str:
    """When, cold or warm, and what was done."""
    parts = [day(session.started), session.kind, done(session.movements)]
    return " · ".join(part for part in parts if part)


def session_titles(sessions: Iterable[Session]) -> dict[str, str]:
    """A title of its own for each session's id: equal titles get the name of their recording."""
    known = {session.id: session for session in sessions}
    titles = {key: session_title(session) for key, session in known.items()}
    often = Counter(titles.values())
    for key, session in known.items():
        if often[titles[key]] > 1:
            name = session.recording.stem if session.recording else key[:_FEW]
            titles[key] = f"{titles[key]} · {name}"
    twice = Counter(titles.values())
    return {
        key: f"{title} · {key[:_FEW]}" if twice[title] > 1 else title
        for key, title in titles.items()
    }


def movement_title(name: str) -> str:
    """A movement's name for people."""
    known = MOVEMENTS.get(name)
    return known.title if known else name.replace("_", " ")


def done(movements: Mapping[str, int]) -> str:
    """Movements with their repetitions, both sides of a test together."""
    counts: dict[str, int] = {}
    for name, number in movements.items():
        title = movement_title(name).removesuffix(", left").removesuffix(", right")
        counts[title] = counts.get(title, 0) + number
    return ", ".join(f"{title} {number}" for title, number in counts.items())


def day(moment: datetime | None) -> str:
    """A day and time of this computer's clock; a word where none is known."""
    return moment.astimezone().strftime("%d %b %Y, %H:%M").lstrip("0") if moment else "no date"


def session_rows(sessions: Iterable[Session]) -> list[dict[str, Any]]:
    """The list of sessions, a row each; of what nobody said anywhere there is no column."""
    rows = [
        {
            "Athlete": session.athlete,
            "When": day(session.started),
            "State": session.kind or "–",
            "What": done(session.movements) or "–",
            "Load": "" if math.isnan(session.load_kg) else f"{session.load_kg:g} kg",
            "Tags": list(session.tags),
            "Tested by": session.tester,
            "Calibration": session.grade or "not analyzed",
            "Minutes": round(session.duration_s / 60.0, 1),
            "Notes": session.notes,
        }
        for session in sessions
    ]
    said = {name for row in rows for name, value in row.items() if value}
    return [
        {name: value for name, value in row.items() if name in said or name not in _OFTEN_UNSAID}
        for row in rows
    ]


def squads_of(athletes: Sequence[Athlete]) -> dict[str, tuple[str, ...]]:
    """Each squad and the ids of those who can train, by their names; who withdrew is left out."""
    found: dict[str, list[str]] = {}
    for one in sorted(athletes, key=lambda one: athlete_title(one).casefold()):
        if one.consent != "withdrawn":
            for squad in one.squads:
                found.setdefault(squad, []).append(one.id)
    return {squad: tuple(found[squad]) for squad in sorted(found, key=str.casefold)}


def tags_of(sessions: Iterable[Session]) -> list[str]:
    """All tags in use, in order."""
    return sorted({tag for session in sessions for tag in session.tags})


def consent_words(consents: Iterable[Consent]) -> list[str]:
    """What an athlete agreed to, a sentence each."""
    words = []
    for consent in consents:
        said = f"agreed to {consent.purpose} on {day(consent.given)}"
        if consent.withdrawn is not None:
            said += f", withdrawn on {day(consent.withdrawn)}"
        words.append(f"{said} – {consent.note}" if consent.note else said)
    return words


def analysis_title(analysis: AnalysisEntry) -> str:
    """An analysis by version, calibration grade and the beginning of its fingerprint."""
    gone = "" if analysis.results else ", results gone"
    return f"version {analysis.version}, {analysis.grade} ({analysis.fingerprint[:8]}{gone})"
