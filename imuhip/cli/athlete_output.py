"""What the command line prints of athletes: tables and sentences, no work."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from imuhip.catalogue.athlete import Holdings
    from imuhip.catalogue.entities import Athlete, Goal, Session
    from imuhip.catalogue.progress import Series, Week


def athletes_words(console: Console, athletes: "Sequence[Athlete]") -> None:
    """List athletes."""
    if not athletes:
        console.print("no athletes yet; add one with: imuhip athlete add ID", highlight=False)
        return
    table = _table("id", "name", "squads", "sessions", "last", "consent", "note")
    for one in athletes:
        last = f"{one.last.astimezone():%Y-%m-%d}" if one.last else "–"
        squads = ", ".join(one.squads)
        _row(table, one.id, one.name, squads, str(one.sessions), last, one.consent, one.note)
    console.print(table)


def sessions_words(console: Console, sessions: "Sequence[Session]") -> None:
    """List sessions."""
    if not sessions:
        console.print("no such sessions", highlight=False)
        return
    table = _table(
        "session", "started", "", "load", "tester", "repetitions", "tags", "grade", "version"
    )
    for one in sessions:
        started = f"{one.started.astimezone():%Y-%m-%d %H:%M}" if one.started else "–"
        load = "" if math.isnan(one.load_kg) else f"{one.load_kg:g} kg"
        counts = ", ".join(f"{name} {count}" for name, count in one.movements.items())
        tags = " ".join(one.tags)
        said = (one.kind, load, one.tester, counts, tags, one.grade, one.version)
        _row(table, one.id[:12], started, *said)
    console.print(table)


def progress_words(
    console: Console,
    series: "Sequence[Series]",
    weeks: "Sequence[Week]",
    goals: "Sequence[Goal]",
) -> None:
    """Print change over weeks, the goals and the dose."""
    if not series:
        console.print("no session has such a measure yet", highlight=False)
    else:
        console.print(_changes(series))
        own = sorted({one.error.sessions for one in series if one.error.sessions})
        console.print(
            "Errors are the athlete's own from three sessions on, and a stated start value before."
            if own
            else "Errors are a stated start value until there are three sessions.",
            style="dim",
        )
    from imuhip.catalogue.progress import several_testers

    if said := several_testers(series):
        console.print(said, highlight=False, markup=False)
    for goal in goals:
        console.print(goal_words(goal), highlight=False, markup=False)
    if weeks:
        walked = any(week.walks for week in weeks)
        table = _table(
            "week of", "days", "sessions", "minutes", *(["walks"] * walked), "repetitions"
        )
        for week in weeks[-LAST_WEEKS:]:
            counts = ", ".join(f"{name} {count}" for name, count in week.repetitions.items())
            size = [str(week.days), str(week.sessions), f"{week.minutes:.0f}"]
            size += [str(week.walks)] * walked
            _row(table, f"{week.monday}", *size, counts)
        console.print(table)
        if len(weeks) > LAST_WEEKS:
            console.print(f"and {len(weeks) - LAST_WEEKS} weeks before (--json)", style="dim")
    console.print("A training aid, not a medical device.", style="dim")


def _changes(series: "Sequence[Series]") -> Table:
    from imuhip.catalogue.progress import words_of

    table = _table(
        "measure", "movement", "side", "", "sessions", "first", "last", "change", "MDC95", "",
        "4 weeks",
    )  # fmt: skip
    for one in series:
        change = one.since_first
        trend = one.trend
        slope = "–"
        if not math.isnan(trend.per_week):
            half = 4.0 * (trend.high - trend.per_week)
            slope = f"{4.0 * trend.per_week:+.1f} ± {half:.1f} {trend.word}"
        _row(
            table,
            words_of(one.name, one.unit),
            f"{one.movement} {one.direction}".strip(),
            one.side,
            one.said,
            str(len(one.points)),
            f"{one.points[0].value:.1f}",
            f"{one.points[-1].value:.1f}",
            f"{change.value:+.1f}" if change else "–",
            "–" if math.isnan(one.mdc) else f"{one.mdc:.1f}",
            change.word if change else "one session",
            slope,
        )
    return table


def goal_words(goal: "Goal") -> str:
    """A goal in a line."""
    what = " ".join(x for x in (goal.measure, goal.movement, goal.direction, goal.side) if x)
    ends = [
        f"{word} {value:g}"
        for word, value in (("at least", goal.low), ("at most", goal.high))
        if not math.isnan(value)
    ]
    return f"goal: {what} {' and '.join(ends)} {goal.note}".rstrip()


def holdings_words(console: Console, found: "Holdings", kits: Sequence[str]) -> None:
    """Say what there is of an athlete, file by file."""
    for kind, paths in (
        ("recording", found.recordings),
        ("results", found.results),
        ("part of a batch", found.partitions),
        ("copy of an older catalogue", found.backups),
    ):
        for path in paths:
            console.print(f"{kind}: {path}", highlight=False, soft_wrap=True, markup=False)
    for name, count in found.rows.items():
        if count:
            console.print(f"catalogue, {name}: {count:,} rows", highlight=False)
    for kit in kits:
        console.print(f"kit {kit}: no longer names {found.athlete}", highlight=False, markup=False)
    for path, why in found.left:
        console.print(f"stays: {path}: {why}", highlight=False, soft_wrap=True, markup=False)


def _row(table: Table, *cells: str) -> None:
    """Add a row of plain text: a name may hold brackets."""
    table.add_row(*map(Text, cells))


def _table(*columns: str) -> Table:
    table = Table(box=None)
    for column in columns:
        table.add_column(column)
    return table


LAST_WEEKS = 12
"""As many weeks of the dose as fit a screen."""
