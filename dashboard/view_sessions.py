"""Athletes and sessions in a few words; no Streamlit in here."""

from collections.abc import Mapping
from datetime import datetime

from imuhip.archive.catalogue_nouns import Athlete, Session
from imuhip.assess.movements import MOVEMENTS

MEDICAL = "Not a medical device. It informs a coach; it diagnoses and treats nothing."


def athlete_title(athlete: Athlete) -> str:
    """Who, by name where one is known."""
    return f"{athlete.name} ({athlete.id})" if athlete.name else athlete.id


def session_title(session: Session) -> str:
    """When, cold or warm, and what was done."""
    parts = [day(session.started), session.kind, done(session.movements)]
    return " · ".join(part for part in parts if part)


def movement_title(name: str) -> str:
    """A movement's name for people."""
    known = MOVEMENTS.get(name)
    return known.title if known else name.replace("_", " ")


def done(movements: Mapping[str, int]) -> str:
    """Movements with their repetitions."""
    return ", ".join(f"{movement_title(name)} {n}" for name, n in movements.items())


def day(moment: datetime | None) -> str:
    """A day and time of this computer's clock; a word where none is known."""
    return moment.astimezone().strftime("%d %b %Y, %H:%M") if moment else "no date"
