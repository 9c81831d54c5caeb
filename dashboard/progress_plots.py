"""Pictures of change over weeks: a dot a session with its error, and the dose."""

import math
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

import plotly.graph_objects as go  # type: ignore[import-untyped]

from dashboard.view_model import SIDE_COLOURS
from dashboard.view_progress import measure_title, series_title
from dashboard.view_sessions import movement_title
from imuhip.archive.catalogue_nouns import Goal, Note
from imuhip.archive.progress import Point, Series, Week

GOAL: Final = "#00795A"
_NOTES: Final = {"pain": "#C0182B", "cue": "#5B6770", "phase": "#5B6770"}
"""What is drawn on the timeline, and its colour; plain notes stand in the list alone."""


def progress_figure(
    series: Sequence[Series], goals: Iterable[Goal], notes: Iterable[Note]
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
    """
    figure = go.Figure()
    for one in series:
        colour = SIDE_COLOURS.get(one.side, "#5B6770")
        cold = one.kind == "cold"
        reach = [0.0 if math.isnan(p.sd) else 1.96 * p.sd for p in one.points]
        figure.add_trace(go.Scatter(
            x=[p.started for p in one.points], y=[p.value for p in one.points],
            error_y={"array": reach, "color": colour, "thickness": 1.5, "width": 5},
            mode="markers", name=series_title(one),
            marker={"size": 12, "color": "white" if cold else colour,
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
        _draw_goal(figure, goal)
    _draw_notes(figure, series, notes)
    name = series[0].name if series else ""
    return figure.update_layout(
        height=460,
        margin={"l": 60, "r": 10, "t": 30, "b": 40},
        yaxis_title=measure_title(name),
        legend={"orientation": "h", "y": 1.1},
    )


def dose_figure(weeks: Sequence[Week]) -> go.Figure:
    """Repetitions a week, a colour each movement."""
    figure = go.Figure()
    movements = sorted({name for week in weeks for name in week.repetitions})
    for name in movements:
        figure.add_trace(go.Bar(
            x=[week.monday + timedelta(days=3) for week in weeks],
            y=[week.repetitions.get(name, 0) for week in weeks],
            name=movement_title(name), hovertemplate="%{y} repetitions",
        ))  # fmt: skip
    return figure.update_layout(
        height=300,
        barmode="stack",
        margin={"l": 60, "r": 10, "t": 30, "b": 40},
        yaxis_title="repetitions a week",
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.15},
        colorway=["#0F6E84", "#8AA4B5", "#B08AB5", "#C9A227", "#6B8E4E", "#7A6A5B"],
    )


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
        [p.started for p in ends],
        [mean + one.trend.per_week * (weeks(p) - middle) for p in ends],
    )


def _draw_goal(figure: go.Figure, goal: Goal) -> None:
    words = {"annotation_text": "goal", "annotation_position": "top left"}
    if math.isnan(goal.low) or math.isnan(goal.high):
        level = goal.high if math.isnan(goal.low) else goal.low
        figure.add_hline(level, line={"color": GOAL, "width": 2}, **words)
    else:
        figure.add_hrect(goal.low, goal.high, fillcolor=GOAL, opacity=0.12, line_width=0, **words)


def _draw_notes(figure: go.Figure, series: Sequence[Series], notes: Iterable[Note]) -> None:
    """A line on the timeline for each day with pain, a cue or a phase; words when pointed at."""
    days: dict[tuple[object, str], list[str]] = {}
    for note in notes:
        if note.at is not None and note.kind in _NOTES:
            days.setdefault((note.at.date(), note.kind), []).append(note.text or note.kind)
    top = max((p.value for one in series for p in one.points), default=1.0)
    for (when, kind), texts in days.items():
        figure.add_vline(str(when), line={"color": _NOTES[kind], "width": 1.2, "dash": "dot"})
        figure.add_trace(go.Scatter(
            x=[str(when)], y=[top], mode="markers+text", text=[kind], textposition="top right",
            marker={"color": _NOTES[kind], "size": 9, "symbol": "triangle-down"},
            showlegend=False, hovertemplate="<br>".join(dict.fromkeys(texts)) + "<extra></extra>",
        ))  # fmt: skip
