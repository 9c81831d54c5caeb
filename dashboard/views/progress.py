"""Change over weeks in words; no Streamlit in here."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dashboard.views.sessions import day, movement_title
from imuhip.assess.conditions import SET_NOTE
from imuhip.assess.measure_table import MEASURES
from imuhip.assess.movements import family
from imuhip.assess.rules.table import RULES
from imuhip.assess.symmetry import Difference
from imuhip.catalogue.entities import Goal, Note, Session
from imuhip.catalogue.progress import Series, Trend, TrendWord, Week, between_sides
from imuhip.catalogue.progress_findings import FindingHistory
from imuhip.core.certainty import REMEDY, Z95
from imuhip.report.material import shows_change, title_of

SIGNS: Final[Mapping[str, str]] = {"deg": "°", "deg/s": "°/s", "s": " s", "1": "", "deg2": "°²"}


def measure_choices() -> list[str]:
    """Measures that can be followed, those that a coach asks for first in front."""
    rest = [name for name in MEASURES if "_sd" not in name and name not in FIRST]
    return [*FIRST, *rest]


def measure_title(name: str) -> str:
    """A measure's name for people, with its unit."""
    known = MEASURES.get(name)
    if known is None:
        return name.replace("_", " ")
    sign = SIGNS.get(known.unit, known.unit).strip()
    return f"{known.title} ({sign})" if sign else known.title


def movements_of(sessions: Iterable[Session]) -> list[str]:
    """Movements that were done, the most often done first."""
    counts: dict[str, int] = {}
    for session in sessions:
        for name, number in session.movements.items():
            counts[name] = counts.get(name, 0) + number
    return sorted(counts, key=lambda name: (-counts[name], name))


def series_title(series: Series) -> str:
    """Side, way, cold or warm, and whether somebody helped."""
    way = "" if series.direction == "down" else series.direction
    which = " ".join(part for part in (series.side, way) if part)
    return ", ".join(part for part in (which, series.said) if part)


def point_rows(series: Sequence[Series]) -> list[dict[str, Any]]:
    """Every session of some series, the latest first: what the dots of the picture say."""
    points = [(point, one) for one in map(as_said, series) for point in one.points]
    points.sort(key=lambda pair: pair[0].started, reverse=True)
    return [
        {
            "When": day(point.started),
            "Side": series_title(one),
            "Mean": _with_error(point.value, Z95 * point.sd, SIGNS.get(one.unit, f" {one.unit}")),
            "Repetitions": len(point.values),
        }
        for point, one in points
    ]


def series_row(series: Series) -> dict[str, Any]:
    """A series in one row of words: where it stands, and what has changed."""
    series = as_said(series)
    last, sign = series.points[-1], SIGNS.get(series.unit, f" {series.unit}")
    return {
        "Side": series_title(series).capitalize(),
        "Sessions": len(series.points),
        "Last": _with_error(last.value, Z95 * last.sd, sign),
        "Since the first": difference_words(series.since_first, sign),
        "Since the one before": difference_words(series.since_before, sign),
        "Trend": trend_words(series),
        "Real from": "not known" if math.isnan(series.mdc) else f"{series.mdc:.1f}{sign}",
    }


def judged(series: Iterable[Series]) -> list[Series]:
    """Those that a report judges change by."""
    return [one for one in series if shows_change(one.movement, one.name)]


def changed_rows(series: Iterable[Series]) -> list[dict[str, Any]]:
    """What changed since the first session: a row each, the surest change first.

    Parameters
    ----------
    series
        Of `judged`; those with one session are left out.
    """
    several = [one for one in series if one.since_first is not None and has_meaning(one)]
    return [
        {
            "What": f"{title_of(family(one.movement)).capitalize()}, {series_title(one)}",
            "Measure": MEASURES[one.name].title if one.name in MEASURES else one.name,
            "Sessions": [outward_positive(one, point.value) for point in one.points],
            "First": number_shown(one, one.points[0].value),
            "Now": number_shown(one, one.points[-1].value),
            "Change": difference_words(as_said(one).since_first, SIGNS.get(one.unit, "")),
        }
        for one in sorted(several, key=_unsureness)
    ]


def side_rows(series: Iterable[Series]) -> list[dict[str, Any]]:
    """Right minus left over the sessions: a row each, the surest change first."""
    rows = changed_rows(between_sides(series))
    return [{**row, "What": row["What"].replace(", right − left", "")} for row in rows]


def finding_rows(histories: Iterable[FindingHistory]) -> list[dict[str, str]]:
    """Findings over the sessions, what is still there and most often first."""
    return [
        {
            "Finding": RULES[one.rule].title if one.rule in RULES else one.rule.replace("_", " "),
            "Side": one.side,
            "In": title_of(one.movement),
            "Sessions": "".join("●" if found else "○" for found in one.found),
            "Found in": f"{one.times} of {len(one.found)}",
            "Last": day(one.last),
            "Lately": one.words,
        }
        for one in histories
    ]


def week_rows(weeks: Sequence[Week]) -> list[dict[str, Any]]:
    """What was done week by week, the latest first."""
    walked = any(week.walks for week in weeks)
    return [
        {
            "Week of": f"{week.monday.day} {week.monday:%b %Y}",
            "Days": week.days,
            "Sessions": week.sessions,
            "Minutes": round(week.minutes),
            **({"Whole walks": week.walks} if walked else {}),
            "Repetitions": sum(week.repetitions.values()),
        }
        for week in reversed(weeks)
    ]


def walk_words(weeks: Sequence[Week]) -> str:
    """The latest week's whole walks against what coaches ask for; empty where nobody walked."""
    if not any(week.walks for week in weeks):
        return ""
    now = weeks[-1]
    before = next((week.walks for week in reversed(weeks[:-1]) if week.sessions), None)
    walks = "1 whole pivot walk" if now.walks == 1 else f"{now.walks} whole pivot walks"
    days = "1 day" if now.days == 1 else f"{now.days} days"
    more = "" if before is None else f"; {before} in the training week before"
    return (
        f"Latest week: {walks} in {days} of training{more}. Coaches ask for two or three a day, "
        "two or three days a week, and one more each week."
    )


def changed_words(series: Iterable[Series]) -> str:
    """The sentence above the list: how many changed beyond error, and how many are inconclusive."""
    words = [
        one.since_first.word for one in series if one.since_first is not None and has_meaning(one)
    ]
    if not words:
        return "Nothing to compare yet: what changed is shown from the second session on."
    real, unknown = words.count("real"), words.count("cannot tell")
    if real:
        said = f"{real} of {len(words)} changed by more than error since the first session"
    elif unknown == len(words):
        return "Too uncertain to say whether anything changed"
    else:
        said = "Nothing has changed by more than error since the first session"
    return f"{said}; {unknown} inconclusive" if unknown else said


def number_shown(series: Series, value: float) -> str:
    """A session's number with its unit, no zero with a sign; turns out count positive."""
    value = outward_positive(series, value)
    return f"{round(value) + 0.0:.0f}{SIGNS.get(series.unit, '')}".replace("-", "−")


def outward_positive(series: Series, value: float) -> float:
    """A value as coaches say it: both ways positive, as in the arcs of a report."""
    out = series.direction == "out" and series.name.startswith("rotation")
    return -value if out and not series.name.startswith("rotation_most") else value


def as_said(series: Series) -> Series:
    """A series with turns out counted positive: more range is more, and rises."""
    if outward_positive(series, 1.0) > 0.0:
        return series
    trend = series.trend
    word = _OTHER_WAY.get(trend.word, trend.word)
    return replace(
        series,
        points=tuple(
            replace(one, value=-one.value, values=tuple(-value for value in one.values))
            for one in series.points
        ),
        since_first=_turned(series.since_first),
        since_before=_turned(series.since_before),
        trend=Trend(-trend.per_week, -trend.high, -trend.low, word),
    )


def _turned(change: Difference | None) -> Difference | None:
    if change is None:
        return None
    return replace(change, value=-change.value, low=-change.high, high=-change.low)


def _unsureness(series: Series) -> tuple[int, float]:
    """Order by the agreed word, then by how many times its error a change is."""
    change = series.since_first
    if change is None or not change.sd > 0.0:
        return len(_WORDS), 0.0
    size = abs(change.value / change.sd) if math.isfinite(change.value) else 0.0
    return _WORDS.index(change.word), -size


def difference_words(difference: Difference | None, sign: str) -> str:
    """A change with its error and one of the agreed words."""
    if difference is None:
        return "one session only"
    value = _signed(difference.value)
    if math.isnan(difference.sd):
        return f"{value}{sign}: cannot tell"
    return f"{value}{sign} ± {Z95 * difference.sd:.1f}{sign}: {difference.word}"


def trend_words(series: Series) -> str:
    """The trend's word, and how much a week."""
    trend, sign = series.trend, SIGNS.get(series.unit, f" {series.unit}")
    if math.isnan(trend.per_week):
        return f"{trend.word} (three sessions are needed)"
    low, high = _signed(trend.low), _signed(trend.high)
    return f"{trend.word}: {_signed(trend.per_week)}{sign} a week ({low} to {high})"


def error_words(series: Iterable[Series]) -> str:
    """Where the error band comes from."""
    own = max((one.error.sessions for one in series), default=0)
    if own:
        return (
            f"The bars show the athlete's own day-to-day error, from {own} early sessions (95 %)."
        )
    return (
        "The bars show the error that is assumed until there are three sessions (95 %); where "
        "none can be assumed there are no bars."
    )


def left_out_words(series: Iterable[Series]) -> str:
    """How many sessions are left out as too uncertain, and what to do."""
    left_out = max((one.left_out for one in series), default=0)
    if not left_out:
        return ""
    whose = "1 session is" if left_out == 1 else f"{left_out} sessions are"
    return f"{whose} left out: {REMEDY}."


def goals_for(goals: Iterable[Goal], series: Iterable[Series]) -> list[Goal]:
    """The goals that are about one of these series."""
    several = list(series)
    return [goal for goal in goals if any(_about(goal, one) for one in several)]


def goal_words(goal: Goal) -> str:
    """A goal in words."""
    low, high = goal.low, goal.high
    sign = SIGNS.get(MEASURES[goal.measure].unit, "") if goal.measure in MEASURES else ""
    if math.isnan(high):
        size = f"at least {low:.0f}{sign}"
    elif math.isnan(low):
        size = f"at most {high:.0f}{sign}"
    else:
        size = f"{low:.0f} to {high:.0f}{sign}"
    about = [movement_title(goal.movement)] if goal.movement else []
    of_side = goal.side if not goal.movement.endswith(f"_{goal.side}") else ""
    about += [part for part in (of_side, goal.direction) if part]
    return f"{size} {'(' + ', '.join(about) + ')' if about else ''}".strip()


def note_rows(notes: Iterable[Note]) -> list[dict[str, str]]:
    """What was noted, the latest first; what sets were done with stands beside the sets."""
    return [
        {"When": day(note.at), "What": note.kind, "Words": note.text}
        for note in reversed(list(notes))
        if not note.text.startswith(SET_NOTE)
    ]


def has_meaning(series: Series) -> bool:
    """Whether a measure says something of this way: the arc in nothing of a turn out."""
    return (series.name, series.direction) not in _EMPTY


def _signed(value: float) -> str:
    """To a tenth with its sign; what rounds to nothing has none."""
    rounded = round(value, 1)
    return f"{rounded:+.1f}".replace("-", "−") if rounded else "0.0"


def _about(goal: Goal, series: Series) -> bool:
    return (
        goal.measure == series.name
        and goal.movement in ("", series.movement)
        and goal.side in ("", series.side)
        and goal.direction in ("", series.direction)
    )


def _with_error(value: float, reach: float, sign: str) -> str:
    return f"{value:.1f}{sign}".replace("-", "−") + (
        "" if math.isnan(reach) else f" ± {reach:.1f}{sign}"
    )


_OTHER_WAY: Final[Mapping[str, TrendWord]] = {"rising": "falling", "falling": "rising"}

_WORDS: Final = ("real", "possible", "no detectable difference", "cannot tell")
"""From the surest change to the one that nobody can tell."""

_EMPTY: Final = {("rotation_most_in_deg", "out"), ("rotation_most_out_deg", "in")}

FIRST: Final = (
    "rotation_most_in_deg",
    "rotation_most_out_deg",
    "rotation_bottom_deg",
    "rotation_end_deg",
    "depth_deg",
    "flexion_bottom_deg",
    "turn_deg",
    "hip_share",
)
