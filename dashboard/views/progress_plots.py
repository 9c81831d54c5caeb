"""Pictures of change over weeks: a dot a session with its error, and the dose."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import plotly.graph_objects as go  # type: ignore[import-untyped]

from dashboard.views.model import LIGHT, Palette
from dashboard.views.plot_colours import dressed
from dashboard.views.progress import measure_title, series_title
from dashboard.views.sessions import movement_title
from imuhip.catalogue.entities import Goal, Note
from imuhip.catalogue.progress import Point, Series, Week
from imuhip.core.certainty import Z95


def progress_figure(
    series: Sequence[Series],
    goals: Iterable[Goal],
    notes: Iterable[Note],
    colours: Palette = LIGHT,
) -> go.Figure:
    """A dot a session, hollow when cold, with the 95 % interval of its error; trend, goals, marks.

    Parameters
    ----------
    series
        Of one measure of one movement.
    goals
        That are about them.
    notes
        Of the athlete; pain, cues and phases are drawn.
    colours
        Of the page.
    """
    figure = go.Figure()
    for one in series:
        colour = colours.sides.get(one.side, colours.quiet)
        cold = one.kind == "cold"
        reach = [0.0 if math.isnan(p.sd) else Z95 * p.sd for p in one.points]
        figure.add_trace(go.Scatter(
            x=[_local(p.started) for p in one.points], y=[p.value for p in one.points],
            error_y={"array": reach, "color": colour, "thickness": 1.5, "width": 5},
            mode="markers", name=series_title(one),
            marker={"size": 12, "color": colours.ground if cold else colour,
                    "line": {"color": colour, "width": 2.5},
                    "symbol": "circle" if one.side != "right" else "diamond"},
            customdata=[[len(p.values), r] for p, r in zip(one.points, reach, strict=True)],
            hovertemplate="%{x|%d %b %Y}: %{y:.1f} ± %{customdata[1]:.1f}, "
            "%{customdata[0]} repetitions",
        ))  # fmt: skip
        if not math.isnan(one.trend.per_week):
            days, values = _line(one)
            figure.add_trace(go.Scatter(
                x=days, y=values, mode="lines", showlegend=False, hoverinfo="skip",
                line={"color": colour, "width": 1.5, "dash": "dash" if cold else "solid"},
            ))  # fmt: skip
    for goal in goals:
        _draw_goal(figure, goal, colours)
    _draw_notes(figure, series, notes, colours)
    name = series[0].name if series else ""
    return dressed(
        figure,
        colours,
        height=460,
        margin={"l": 60, "r": 10, "t": 30, "b": 40},
        yaxis_title=measure_title(name),
        legend_orientation="h",
        legend_y=1.1,
        **_days(series, notes),
    )


def dose_figure(weeks: Sequence[Week], colours: Palette = LIGHT) -> go.Figure:
    """Repetitions a week, a colour each movement."""
    figure = go.Figure()
    movements = sorted({name for week in weeks for name in week.repetitions})
    for name in movements:
        figure.add_trace(go.Bar(
            x=[week.monday + timedelta(days=3) for week in weeks],
            y=[week.repetitions.get(name, 0) for week in weeks],
            name=movement_title(name), hovertemplate="%{y} repetitions", width=5 * _DAY_MS,
        ))  # fmt: skip
    span: dict[str, Any] = {}
    if weeks:
        # A single week, too, stands among weeks, not among milliseconds.
        ends = weeks[0].monday - LEAST / 2, weeks[-1].monday + 3 * LEAST / 2
        span = {"xaxis_range": ends, "xaxis_tickformat": _DAY_OF_YEAR}
    return dressed(
        figure,
        colours,
        height=300,
        barmode="stack",
        margin={"l": 60, "r": 10, "t": 30, "b": 40},
        yaxis_title="repetitions a week",
        hovermode="x unified",
        legend_orientation="h",
        legend_y=1.15,
        colorway=colours.movements,
        **span,
    )


def _local(moment: datetime) -> datetime:
    """A moment as clocks here show it, which axes draw as it is."""
    return moment.astimezone().replace(tzinfo=None)


def _line(one: Series) -> tuple[list[object], list[float]]:
    """Ends of the trend: through the weighted middle of the sessions."""

    def weeks(point: Point) -> float:
        return point.started.timestamp() / 604800.0

    weights = [point.sd**-2.0 for point in one.points]
    total = sum(weights)
    middle = sum(w * weeks(p) for w, p in zip(weights, one.points, strict=True)) / total
    mean = sum(w * p.value for w, p in zip(weights, one.points, strict=True)) / total
    ends = one.points[0], one.points[-1]
    return (
        [_local(p.started) for p in ends],
        [mean + one.trend.per_week * (weeks(p) - middle) for p in ends],
    )


def _days(series: Sequence[Series], notes: Iterable[Note]) -> dict[str, Any]:
    """The time axis: whole days, two weeks at least, so that a first session is a dot in a week."""
    moments = [_local(point.started) for one in series for point in one.points]
    moments += [_local(n.at) for n in notes if n.at is not None and n.kind in _DRAWN]
    if not moments:
        return {}
    first, last = min(moments), max(moments)
    room = max((LEAST - (last - first)) / 2, 0.05 * (last - first))
    few = last - first < LEAST
    return {
        "xaxis_range": [first - room, last + room],
        "xaxis_tickformat": _DAY_OF_YEAR,
        **({"xaxis_dtick": 2 * _DAY_MS} if few else {}),
    }


def _draw_goal(figure: go.Figure, goal: Goal, colours: Palette) -> None:
    words = {
        "annotation_text": "goal",
        "annotation_position": "top left",
        "annotation_font_color": colours.goal,
    }
    if math.isnan(goal.low) or math.isnan(goal.high):
        level = goal.high if math.isnan(goal.low) else goal.low
        figure.add_hline(level, line={"color": colours.goal, "width": 2}, **words)
    else:
        figure.add_hrect(
            goal.low, goal.high, fillcolor=colours.goal, opacity=0.12, line_width=0, **words
        )


def _draw_notes(
    figure: go.Figure, series: Sequence[Series], notes: Iterable[Note], colours: Palette
) -> None:
    """A line on the timeline for each day with pain, a cue or a phase; words when pointed at."""
    days: dict[date, list[Note]] = {}
    for note in notes:
        if note.at is not None and note.kind in _DRAWN:
            days.setdefault(_local(note.at).date(), []).append(note)
    top = max((p.value for one in series for p in one.points), default=1.0)
    for mine in days.values():
        when = min(_local(note.at) for note in mine if note.at is not None)
        texts = dict.fromkeys(note.text or note.kind for note in mine)
        kinds = [kind for kind in _DRAWN if any(note.kind == kind for note in mine)]
        colour = colours.pain if "pain" in kinds else colours.quiet
        figure.add_vline(when, line={"color": colour, "width": 1.2, "dash": "dot"})
        figure.add_trace(go.Scatter(
            x=[when], y=[top], mode="markers+text", text=[", ".join(kinds)],
            textposition="top right", textfont={"color": colour},
            marker={"color": colour, "size": 9, "symbol": "triangle-down"},
            showlegend=False, hovertemplate="<br>".join(texts) + "<extra></extra>",
        ))  # fmt: skip


_DRAWN: Final = ("pain", "cue", "phase")
"""What is drawn on the timeline; plain notes stand in the list alone."""

LEAST: Final = timedelta(days=14)
_DAY_OF_YEAR: Final = "%d %b\n%Y"
_DAY_MS: Final = 86_400_000
