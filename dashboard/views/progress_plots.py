"""Pictures of change over weeks: a dot a session with its error, and the dose.

Drawn as they are, without a library of charts in the browser: that would be the slowest thing on
the page. The numbers stand in the tables below them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from dashboard.views.model import LIGHT, Palette
from dashboard.views.progress import as_said, measure_title, outward_positive, series_title
from dashboard.views.sessions import movement_title
from imuhip.catalogue.entities import Goal, Note
from imuhip.catalogue.progress import Point, Series, Week
from imuhip.core.certainty import Z95
from imuhip.report.blocks import Area, Dot, Label, Line, Picture, Shape
from imuhip.report.pictures import moved_down


def progress_picture(
    series: Sequence[Series],
    goals: Iterable[Goal],
    notes: Iterable[Note],
    colours: Palette = LIGHT,
    wide: float = 900.0,
) -> Picture:
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
    wide
        Points, of `WIDTHS`.
    """
    goals, marks = [_goal_as_said(goal, series) for goal in goals], _marks(notes)
    series = [as_said(one) for one in series]
    moments = [_local(point.started) for one in series for point in one.points]
    axes = _Axes.over([*moments, *marks], _heights(series, goals), colours, wide)
    shapes: list[Shape] = axes.shapes(measure_title(series[0].name) if series else "")
    for goal in goals:
        shapes += _goal(goal, axes)
    shapes += _draw_marks(marks, axes)
    for one in series:
        shapes += _series(one, axes)
    legend = [(series_title(one), _colour(one, colours), one.kind == "cold") for one in series]
    shapes, high = _with_legend(shapes, legend, axes)
    said = "; ".join(
        f"{series_title(one)}: {', '.join(f'{p.value:.0f}' for p in one.points)}" for one in series
    )
    return Picture(wide, high, shapes, f"{measure_title(series[0].name)}: {said}")


def dose_picture(weeks: Sequence[Week], colours: Palette = LIGHT, wide: float = 900.0) -> Picture:
    """Repetitions a week, a colour each movement."""
    movements = sorted({name for week in weeks for name in week.repetitions})
    paint = {
        name: colours.movements[k % len(colours.movements)] for k, name in enumerate(movements)
    }
    totals = [float(sum(week.repetitions.values())) for week in weeks]
    middles = [datetime.combine(week.monday, time(12)) + timedelta(days=3) for week in weeks]
    axes = _Axes.over(middles, [0.0, *totals], colours, wide)
    shapes: list[Shape] = axes.shapes("repetitions a week")
    for middle, week in zip(middles, weeks, strict=True):
        left, right = (axes.x(middle + sign * timedelta(days=2.5)) for sign in (-1, 1))
        below = 0.0
        for name in movements:
            above = below + week.repetitions.get(name, 0)
            low, high = axes.y(below), axes.y(above)
            corners = [(left, low), (right, low), (right, high), (left, high)]
            shapes.append(Area(corners, paint[name]))
            below = above
    legend = [(movement_title(name), paint[name], False) for name in movements]
    shapes, high = _with_legend(shapes, legend, axes)
    said = ", ".join(f"{_day(w.monday)} {t:.0f}" for w, t in zip(weeks, totals, strict=True))
    return Picture(wide, high, shapes, f"repetitions a week: {said}")


# --- axes ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where moments and values are drawn.

    Parameters
    ----------
    first, last
        Ends of the time that is shown.
    ticks
        Round values, from the lowest to the highest that is shown.
    """

    first: datetime
    last: datetime
    ticks: tuple[float, ...]
    colours: Palette
    wide: float

    @classmethod
    def over(
        cls, moments: Sequence[datetime], values: Sequence[float], colours: Palette, wide: float
    ) -> "_Axes":
        """Axes that hold all; two weeks at least, so that a first session is a dot in a week."""
        begin, end = (min(moments), max(moments)) if moments else (_NOWHERE, _NOWHERE)
        room = max((LEAST - (end - begin)) / 2, 0.06 * (end - begin))
        least, most = (min(values), max(values)) if values else (0.0, 1.0)
        span = max(most - least, _LEAST_SPAN * max(abs(most), 1.0))
        scale = 10.0 ** math.floor(math.log10(span / _MOST_TICKS))
        step = next(k * scale for k in (1, 2, 5, 10) if span / (k * scale) <= _MOST_TICKS)
        down, up = math.floor(least / step), math.ceil(most / step)
        ticks = tuple(k * step for k in range(down, max(up, down + 1) + 1))
        return cls(begin - room, end + room, ticks, colours, wide)

    @property
    def right(self) -> float:
        """Where the grid ends."""
        return self.wide - _RIGHT

    def x(self, moment: datetime) -> float:
        share = (moment - self.first) / (self.last - self.first)
        return _LEFT + share * (self.right - _LEFT)

    def y(self, value: float) -> float:
        share = (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])
        return _BOTTOM + share * (_TOP - _BOTTOM)

    def shapes(self, title: str) -> list[Shape]:
        """Title, grid and ticks."""
        colours = self.colours
        shapes: list[Shape] = [Label(0.0, 14.0, title, 13.0, colours.text, "start", bold=True)]
        digits = 0 if all(tick == round(tick) for tick in self.ticks) else 2
        for tick in self.ticks:
            y = self.y(tick)
            shapes.append(Line([(_LEFT, y), (self.right, y)], colours.line, 1.0))
            text = f"{tick:.{digits}f}".replace("-", "−")
            shapes.append(Label(_LEFT - 8.0, y + 4.0, text, 12.0, colours.soft, "end"))
        year = 0
        for day in self._days():
            x = self.x(datetime.combine(day, time()))
            shapes.append(Line([(x, _BOTTOM), (x, _BOTTOM + 5.0)], colours.soft, 1.0))
            shapes.append(Label(x, _BOTTOM + 19.0, _day(day), 12.0, colours.soft, "middle"))
            if day.year != year:
                shapes.append(Label(x, _BOTTOM + 34.0, f"{day:%Y}", 12.0, colours.soft, "middle"))
            year = day.year
        return shapes

    def _days(self) -> list[date]:
        """Days to name, evenly apart; weeks begin on Mondays."""
        span = (self.last - self.first).days
        step = next(
            (s for s in _STEPS_DAYS if span / s <= self.wide / _DAY_POINTS), _STEPS_DAYS[-1]
        )
        day = self.first.date() + timedelta(days=1)
        if step >= 7:
            day += timedelta(days=-day.weekday() % 7)
        days = []
        while day <= self.last.date():
            days.append(day)
            day += timedelta(days=step)
        return days


def _heights(series: Sequence[Series], goals: Iterable[Goal]) -> list[float]:
    """All values that have to be on the picture: dots with their bars, and goals."""
    bars = [p.value + sign * _half(p) for one in series for p in one.points for sign in (-1.0, 1.0)]
    return bars + [end for goal in goals for end in (goal.low, goal.high) if math.isfinite(end)]


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _half(point: Point) -> float:
    return 0.0 if math.isnan(point.sd) else Z95 * point.sd


def _local(moment: datetime) -> datetime:
    """A moment as clocks here show it, which axes draw as it is."""
    return moment.astimezone().replace(tzinfo=None)


# --- what is drawn -------------------------------------------------------------------------------


def _colour(one: Series, colours: Palette) -> str:
    return colours.sides.get(one.side, colours.quiet)


def _series(one: Series, axes: _Axes) -> list[Shape]:
    """The dots with their bars, and the trend."""
    colour, cold = _colour(one, axes.colours), one.kind == "cold"
    shapes: list[Shape] = []
    if not math.isnan(one.trend.per_week):
        shapes.append(Line(_trend(one, axes), colour, 1.5, dashed=cold))
    for point in one.points:
        x, y, half = axes.x(_local(point.started)), axes.y(point.value), _half(point)
        if half:
            low, high = axes.y(point.value - half), axes.y(point.value + half)
            shapes.append(Line([(x, low), (x, high)], colour, 1.5))
            shapes += [Line([(x - 4.0, end), (x + 4.0, end)], colour, 1.5) for end in (low, high)]
        shapes += _dot(x, y, colour, axes.colours.ground if cold else colour, one.side)
    return shapes


def _dot(x: float, y: float, colour: str, inside: str, side: str) -> list[Shape]:
    """A circle; of the right side a diamond, so that colour alone says nothing."""
    if side != "right":
        return [Dot(x, y, 6.5, colour), Dot(x, y, 4.5, inside)]
    outer, inner = ([(x, y - r), (x + r, y), (x, y + r), (x - r, y)] for r in (8.0, 5.2))
    return [Area(outer, colour), Area(inner, inside)]


def _trend(one: Series, axes: _Axes) -> list[tuple[float, float]]:
    """Ends of the trend: through the weighted middle of the sessions."""

    def weeks(point: Point) -> float:
        return point.started.timestamp() / 604800.0

    weights = [point.sd**-2.0 for point in one.points]
    total = sum(weights)
    middle = sum(w * weeks(p) for w, p in zip(weights, one.points, strict=True)) / total
    mean = sum(w * p.value for w, p in zip(weights, one.points, strict=True)) / total
    return [
        (axes.x(_local(p.started)), axes.y(mean + one.trend.per_week * (weeks(p) - middle)))
        for p in (one.points[0], one.points[-1])
    ]


def _goal(goal: Goal, axes: _Axes) -> list[Shape]:
    """A line, or a band between two ends."""
    colour = axes.colours.goal
    known = [end for end in (goal.high, goal.low) if math.isfinite(end)]
    if not known:
        return []
    left, right = _LEFT, axes.right
    words = Label(left + 4.0, axes.y(known[0]) - 5.0, "goal", 12.0, colour)
    if len(known) == 1:
        return [Line([(left, axes.y(known[0])), (right, axes.y(known[0]))], colour, 2.0), words]
    high, low = (axes.y(end) for end in known)
    return [Area([(left, low), (right, low), (right, high), (left, high)], colour, 0.14), words]


def _goal_as_said(goal: Goal, series: Sequence[Series]) -> Goal:
    """A goal of turns out, which count positive here, however it was entered."""
    given = goal.low if math.isfinite(goal.low) else goal.high
    if given < 0.0 and all(outward_positive(one, 1.0) < 0.0 for one in series):
        return replace(goal, low=-goal.high, high=-goal.low)
    return goal


def _marks(notes: Iterable[Note]) -> dict[datetime, list[str]]:
    """The kinds of what stands on the timeline, by the first moment of each day."""
    days: dict[date, list[Note]] = {}
    for note in notes:
        if note.at is not None and note.kind in _DRAWN:
            days.setdefault(_local(note.at).date(), []).append(note)
    return {
        min(_local(note.at) for note in mine if note.at is not None): [
            kind for kind in _DRAWN if any(note.kind == kind for note in mine)
        ]
        for mine in days.values()
    }


def _draw_marks(marks: Mapping[datetime, Sequence[str]], axes: _Axes) -> list[Shape]:
    """A line on each day, and what it is where there is room; the words are in the list below."""
    shapes: list[Shape] = []
    free = -math.inf
    for moment, kinds in sorted(marks.items()):
        colour = axes.colours.pain if "pain" in kinds else axes.colours.quiet
        x, words = axes.x(moment), ", ".join(kinds)
        shapes.append(Line([(x, _TOP), (x, _BOTTOM)], colour, 1.2, dashed=True))
        half = len(words) * _MARK_LETTER / 2.0
        if x - half > free:
            shapes.append(Label(x, _TOP - 5.0, words, 11.0, colour, "middle"))
            free = x + half
    return shapes


def _with_legend(
    shapes: Sequence[Shape], entries: Sequence[tuple[str, str, bool]], axes: _Axes
) -> tuple[list[Shape], float]:
    """What each colour is, hollow for cold, in as many lines as it needs; and the height of all."""
    legend: list[Shape] = []
    x, below = _LEFT, 0.0
    for name, colour, hollow in entries:
        long = 40.0 + 6.6 * len(name)
        if x > _LEFT and x + long > axes.wide:
            x, below = _LEFT, below + 20.0
        legend += [Dot(x + 6.0, 32.0 + below, 6.0, colour)]
        if hollow:
            legend += [Dot(x + 6.0, 32.0 + below, 4.0, axes.colours.ground)]
        legend.append(Label(x + 18.0, 36.5 + below, name, 12.0, axes.colours.text))
        x += long
    title, *rest = shapes
    return [title, *legend, *(moved_down(shape, below) for shape in rest)], HIGH + below


WIDTHS: Final = (900.0, 400.0)
"""Of the picture, and of the one for a phone."""

HIGH: Final = 360.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 12.0, 68.0, 318.0

_MARK_LETTER: Final = 6.5
"""Points that a letter of a mark's label takes."""

_DRAWN: Final = ("pain", "cue", "phase")
"""What is drawn on the timeline; plain notes stand in the list alone."""

LEAST: Final = timedelta(days=14)
_NOWHERE: Final = datetime(2000, 1, 3)  # noqa: DTZ001 - axes draw clock times
_LEAST_SPAN: Final = 0.05
_MOST_TICKS: Final = 7
_DAY_POINTS: Final = 85.0
"""Room for the name of a day."""

_STEPS_DAYS: Final = (2, 7, 14, 28, 91, 364)
