"""Athletes as people: where each stands, in a card and in a row of the team; no Streamlit here."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from dashboard.views.findings import finding_cards
from dashboard.views.progress import changed_words, judged, number_shown
from dashboard.views.sessions import athlete_title, day, done
from dashboard.views.start import CONSENT
from imuhip.assess.movements import family
from imuhip.catalogue.entities import Athlete, FindingEntry, Session
from imuhip.catalogue.progress import Series
from imuhip.report.blocks import Dot, Line, Picture, Shape
from imuhip.report.material import title_of


@dataclass(frozen=True, slots=True)
class Person:
    """Where an athlete stands.

    Parameters
    ----------
    id, title
        Who.
    last, what
        When the last session was and what was done in it.
    consent
        In a few words.
    chips
        Three things at most, the most telling first.
    lines
        Side to the values of the measure that is drawn, session by session.
    drawn
        What is drawn.
    row
        The athlete as a row of the team.
    """

    id: str
    title: str
    last: str
    what: str
    consent: str
    chips: tuple[str, ...]
    lines: Mapping[str, tuple[float, ...]]
    drawn: str
    row: Mapping[str, Any]


def person_of(
    athlete: Athlete,
    sessions: Sequence[Session],
    findings: Iterable[FindingEntry],
    series: Iterable[Series],
) -> Person:
    """Work out an athlete's card.

    Parameters
    ----------
    sessions
        Of the athlete, the latest first.
    findings
        Of the latest session.
    series
        Measures that show change, over all sessions.
    """
    judged_series = judged(series)
    graver = [
        card
        for card in finding_cards(_plain(one) for one in findings)
        if card.grade in ("marked", "mild")
    ]
    latest = sessions[0] if sessions else None
    lines, drawn = _followed(judged_series)
    changes = [one for one in judged_series if one.since_first is not None]
    real = sum(one.since_first is not None and one.since_first.word == "real" for one in changes)
    chips = [graver[0].title if graver else ("nothing stands out" if latest else "")]
    chips.append(f"{real} of {len(changes)} changed" if changes else "")
    chips.append(_spread(sessions))
    return Person(
        id=athlete.id,
        title=athlete_title(athlete),
        last=day(latest.started) if latest else "no session yet",
        what=done(latest.movements) if latest else "",
        consent=CONSENT[athlete.consent],
        chips=tuple(chip for chip in chips if chip),
        lines=lines,
        drawn=drawn,
        row={
            "Athlete": athlete_title(athlete),
            "Squads": list(athlete.squads),
            "Last session": latest.started if latest else None,
            "Sessions": len(sessions),
            "Stands out": graver[0].title if graver else "–",
            "What changed": changed_words(judged_series) if sessions else "",
            "Left": lines.get("left", ()),
            "Right": lines.get("right", ()),
            "Consent": CONSENT[athlete.consent],
        },
    )


def sparkline(person: Person, colours: Mapping[str, str]) -> Picture | None:
    """The followed measure of both sides as two lines with their last values; None for one dot."""
    longest = max((len(values) for values in person.lines.values()), default=0)
    if longest < 2:
        return None
    values = [value for line in person.lines.values() for value in line]
    low, high = min(values), max(values)
    span = max(high - low, _LEAST_SPAN)
    shapes: list[Shape] = []
    for side, line in person.lines.items():
        points = [
            (
                _EDGE + k * (WIDE - 2.0 * _EDGE) / (longest - 1),
                HIGH - _EDGE - (value - low) / span * (HIGH - 2.0 * _EDGE),
            )
            for k, value in enumerate(line, longest - len(line))
        ]
        shapes.append(Line(tuple(points), colours[side], 2.0))
        shapes.append(Dot(*points[-1], 4.0, colours[side]))
    words = "; ".join(
        f"{side} {line[0]:.0f} to {line[-1]:.0f}" for side, line in person.lines.items()
    )
    return Picture(WIDE, HIGH, shapes, f"{person.drawn}: {words}")


def last_values(person: Person) -> str:
    """The newest values of what is drawn, in words."""
    sides = (f"{side} {line[-1]:.0f}°" for side, line in person.lines.items() if line)
    return ", ".join(sides)


def _followed(series: Sequence[Series]) -> tuple[dict[str, tuple[float, ...]], str]:
    """What is drawn of an athlete: turning in where it was tested, else the longest series."""
    groups: dict[tuple[bool, str, str, str], list[Series]] = {}
    for one in series:
        if one.effort:  # what help adds is another line
            continue
        inward = one.direction == "in" and one.name == "rotation_end_deg"
        groups.setdefault((inward, one.name, family(one.movement), one.direction), []).append(one)
    if not groups:
        return {}, ""
    best = max(groups, key=lambda key: (key[0], max(len(s.points) for s in groups[key])))
    lines: dict[str, tuple[float, ...]] = {}
    for one in sorted(groups[best], key=lambda s: (s.side, -len(s.points))):
        lines.setdefault(one.side, tuple(point.value for point in one.points))
    way = f", {best[3]}" if best[3] in ("in", "out") else ""
    return lines, f"{title_of(best[2])}{way}"


def _spread(sessions: Sequence[Session]) -> str:
    """How regularly somebody came, over the last four weeks of theirs."""
    moments = [session.started for session in sessions if session.started is not None]
    if len(moments) < 2:
        return ""
    lately = sum(moments[0] - moment < timedelta(weeks=4) for moment in moments)
    return f"{lately} session{'' if lately == 1 else 's'} in 4 weeks"


def _plain(finding: FindingEntry) -> dict[str, Any]:
    """A finding as its file has it, which knows no NaN."""
    fields = asdict(finding).items()
    known = {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in fields}
    return known | {"confidence": known["confidence"] or 0.0}


def changes_of(series: Iterable[Series]) -> list[str]:
    """What really changed since the first session, a line each."""
    return [
        f"{title_of(family(one.movement)).capitalize()}, {one.side} {one.direction}: "
        f"{number_shown(one, one.points[0].value)} → {number_shown(one, one.points[-1].value)}"
        for one in judged(series)
        if one.since_first is not None and one.since_first.word == "real"
    ]


WIDE: Final = 260.0
HIGH: Final = 56.0
_EDGE: Final = 6.0
_LEAST_SPAN: Final = 8.0
"""A wobble of a degree or two must not look like a mountain."""
