"""Change over weeks: each measure with the athlete's own measurement error, and the dose.

A day differs from another even when nothing has changed, because sensors are strapped on anew; a
change counts when it is more than that (KINEMATICS 4.1, `assess.symmetry`). Between two testers it
must be more again (`assess.testers`). Cold and warm sessions are never compared with one another,
nor left with right.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import numpy as np

from imuhip.assess.movements import family
from imuhip.assess.screen import (
    Before,
    ScreenKey,
    Usual,
    is_outward,
    measure_of,
    tested_as,
    today_of,
)
from imuhip.assess.symmetry import (
    START_DAY_ERROR,
    Z95,
    DayError,
    Difference,
    Measured,
    certain_difference,
    certain_or_nan,
    day_error,
    judged,
    session_mean,
)
from imuhip.assess.testers import (
    differ,
    same_as_first,
    sd_between_testers,
    several,
    variance_between,
    words_of_testers,
)
from imuhip.catalogue.entities import Effort, Kind, MeasureValue, Session
from imuhip.core.certainty import student95
from imuhip.core.conventions import SIDES
from imuhip.core.records import Array

Groups: TypeAlias = dict[tuple[str, ...], dict[tuple[datetime, str], list[Measured]]]
"""Name, unit, movement, side, direction, kind, effort → when and which session → repetitions."""

TrendWord: TypeAlias = Literal["rising", "falling", "no trend beyond error", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Point:
    """A session's mean of a measure.

    Parameters
    ----------
    session, started
        Which one.
    value
        Mean over its repetitions that count.
    sd
        One standard deviation of its error: of strapping on anew – or that of the session's own
        calibration and straps, where it is greater –, and of the repetitions.
    values
        The repetitions.
    tester
        Who tested; empty where it is not known.
    """

    session: str
    started: datetime
    value: float
    sd: float
    values: tuple[float, ...]
    tester: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through the sessions, each weighed by its error.

    Parameters
    ----------
    per_week, low, high
        Slope and its 95 % interval, unit of the measure per week; NaN with fewer than three
        sessions or without an error.
    word
        ``rising`` or ``falling`` where the interval leaves zero out.
    """

    per_week: float
    low: float
    high: float
    word: TrendWord


@dataclass(frozen=True, slots=True)
class Series:
    """A measure of one movement, side and direction, cold or warm, over sessions.

    Parameters
    ----------
    name, unit
        Of the measure.
    movement, side, direction, kind, effort
        What is compared with itself; `effort` is ``passive`` where somebody helped, else empty.
    points
        In the order of time.
    error
        The athlete's own from three sessions on, else the stated start value.
    mdc
        Smallest change between two sessions like the last one that is more than error (95 %).
    since_first, since_before
        The last session against the first one, and against the one before; None with one session.
    trend
        Over all of them.
    left_out
        Sessions that are left out because all their numbers are too uncertain (`core.certainty`).
    """

    name: str
    unit: str
    movement: str
    side: str
    direction: str
    kind: Kind
    effort: Effort
    points: tuple[Point, ...]
    error: DayError
    mdc: float
    since_first: Difference | None
    since_before: Difference | None
    trend: Trend
    left_out: int = 0

    @property
    def testers(self) -> tuple[str, ...]:
        """Who tested, those that are known, in the order of their first session."""
        return several(point.tester for point in self.points)

    @property
    def said(self) -> str:
        """What tells it from other series of the same measure: ``cold passive``."""
        return " ".join(part for part in (self.kind, self.effort) if part)


@dataclass(frozen=True, slots=True)
class Week:
    """What was done in a week.

    Parameters
    ----------
    monday
        Its first day.
    sessions, days
        How many, and on how many days.
    repetitions
        Movement to the number of repetitions that count.
    minutes
        How long the sessions were.
    walks
        Whole pivot walks.
    """

    monday: date
    sessions: int
    days: int
    repetitions: Mapping[str, int]
    minutes: float = 0.0
    walks: int = 0


def series_of(values: Iterable[MeasureValue]) -> tuple[Series, ...]:
    """Return what became of each measure, in the order of names, movements and sides.

    Parameters
    ----------
    values
        Of one athlete. Repetitions that are partial or excluded, and sessions without a date, are
        left out.
    """
    groups: Groups = defaultdict(lambda: defaultdict(list))
    testers: dict[str, str] = {}
    for value in values:
        if value.counted and not value.excluded and value.started is not None:
            what = (value.name, value.unit, value.movement, value.side, value.direction)
            key = (*what, value.kind, value.effort)
            groups[key][value.started, value.session].append(Measured(value.value, value.sd))
            testers[value.session] = value.tester
    return series_in(groups, testers)


def series_in(
    groups: Groups, testers: Mapping[str, str] = MappingProxyType({})
) -> tuple[Series, ...]:
    """Return what became of each group, in order; groups with nothing certain enough have none.

    Parameters
    ----------
    testers
        Session to who tested, where that is known.
    """
    found = (_series(key, groups[key], testers) for key in sorted(groups))
    return tuple(one for one in found if one is not None)


def _series(
    key: tuple[str, ...],
    sessions: Mapping[tuple[datetime, str], Sequence[Measured]],
    testers: Mapping[str, str],
) -> Series | None:
    unit = key[1]
    seen = {when: [one for one in of if _known(one, unit)] for when, of in sessions.items()}
    order = sorted(when for when, of in seen.items() if of)
    if not order:
        return None
    values = {when: tuple(one.value for one in seen[when]) for when in order}
    alone = set(_of_one_tester(key, [session for _, session in order], testers))
    error = own_error([(when[0], values[when]) for when in order if when[1] in alone], unit)
    points = tuple(
        Point(
            session=session,
            started=started,
            value=(mean := session_mean(error, seen[started, session])).value,
            sd=mean.sd,
            values=values[started, session],
            tester=testers.get(session, ""),
        )
        for started, session in order
    )
    return _series_through(key, points, error, len(sessions) - len(order))


def _series_through(
    key: tuple[str, ...], points: tuple[Point, ...], error: DayError, left_out: int = 0
) -> Series:
    """The series of these points, with what has changed in it."""
    name, unit, movement, side, direction, kind, effort = key
    more = len(points) > 1
    apart = sd_between_testers(movement, name, effort)
    return Series(
        name=name,
        unit=unit,
        movement=movement,
        side=side,
        direction=direction,
        kind=_KINDS[kind],
        effort="passive" if effort == "passive" else "",
        points=points,
        error=error,
        mdc=Z95 * math.sqrt(2.0) * points[-1].sd,
        since_first=_change(points[0], points[-1], unit, apart) if more else None,
        since_before=_change(points[-2], points[-1], unit, apart) if more else None,
        trend=trend(points, apart),
        left_out=left_out,
    )


def several_testers(series: Iterable[Series]) -> str:
    """One sentence where two people tested what a tester influences; empty else."""
    points = sorted(
        (
            point
            for one in series
            if sd_between_testers(one.movement, one.name, one.effort) > 0.0
            for point in one.points
        ),
        key=lambda point: point.started,
    )
    return words_of_testers(point.tester for point in points)


def between_sides(series: Iterable[Series]) -> tuple[Series, ...]:
    """Return right minus left of each measure that both sides have, over the sessions of both.

    Their errors are added up: what strapping on anew does to one side it does not to the other.
    Another tester changes the difference as much as one side: half of a tester's manner, as
    variance, is taken to be the same on both sides.
    """
    sides: dict[tuple[str, ...], dict[str, Series]] = defaultdict(dict)
    for one in series:
        key = (one.name, one.unit, family(one.movement), one.direction, one.kind, one.effort)
        sides[key][one.side] = one
    found = []
    for (name, unit, movement, direction, kind, effort), both in sides.items():
        if set(both) != set(SIDES):
            continue
        left, right = ({p.session: p for p in both[side].points} for side in SIDES)
        points = tuple(
            Point(
                session=session,
                started=point.started,
                value=point.value - left[session].value,
                sd=math.hypot(point.sd, left[session].sd),
                values=(point.value - left[session].value,),
                tester=point.tester,
            )
            for session, point in right.items()
            if session in left
        )
        if points:
            named = (name, unit, movement, "right − left", direction, kind, effort)
            found.append(_series_through(named, points, both["right"].error))
    return tuple(found)


def before_today(series: Iterable[Series], session: str = "") -> dict[ScreenKey, Before]:
    """Return what is usual of each test of the table screen, from the sessions before one.

    Parameters
    ----------
    series
        Of one athlete, cold, warm and unsaid.
    session
        That is to be held against those before it; empty for one that is not filed yet.
    """
    found: dict[ScreenKey, list[Series]] = defaultdict(list)
    for one in series:
        if one.name == measure_of(one.movement):
            key = tested_as(one.movement, one.side, one.direction, one.effort, one.kind)
            found[key].append(one)
    usual = {}
    for key, ones in found.items():
        points = sorted((p for one in ones for p in one.points), key=lambda p: p.started)
        last = next((p.started for p in points if p.session == session), None)
        before = [p for p in points if last is None or p.started < last]
        if before:
            group = (ones[0].name, "deg", key.movement, key.side, key.direction, "", key.effort)
            testers = {p.session: p.tester for p in before}
            alone = set(_of_one_tester(group, [p.session for p in before], testers))
            error = own_error([(p.started, p.values) for p in before if p.session in alone], "deg")
            sign = -1.0 if is_outward(key) else 1.0
            means = tuple(Measured(sign * p.value, p.sd) for p in before)
            usual[key] = Before(means, error, tuple(p.tester for p in before))
    return usual


def _of_one_tester(
    key: tuple[str, ...], order: Sequence[str], testers: Mapping[str, str]
) -> Sequence[str]:
    """Sessions that an athlete's own error may rest on: another tester's way is no day's."""
    name, _, movement, *_, effort = key
    return same_as_first(testers, order) if sd_between_testers(movement, name, effort) else order


def usual_in(values: Iterable[MeasureValue], session: str) -> tuple[Usual, ...]:
    """Hold a session's tests of the table screen against those before it, what differs first.

    Parameters
    ----------
    values
        Of one athlete: `screen.TEST_MEASURES`, and perhaps others.
    session
        Its id.
    """
    known = list(values)
    today: dict[ScreenKey, list[Measured]] = defaultdict(list)
    tester = next((one.tester for one in known if one.session == session), "")
    for one in known:
        counts = one.session == session and one.counted and not one.excluded
        if counts and one.name == measure_of(one.movement):
            key = tested_as(one.movement, one.side, one.direction, one.effort, one.kind)
            value = -one.value if is_outward(key) else one.value
            measured = certain_or_nan(Measured(value, one.sd))
            if math.isfinite(measured.value):
                today[key].append(measured)
    return today_of(today, before_today(series_of(known), session), tester)


def own_error(sessions: Sequence[tuple[datetime, Sequence[float]]], unit: str) -> DayError:
    """Return what a measure of an athlete varies by from day to day when nothing has changed.

    It rests on the sessions of the first `BASELINE` – on the first three where those are fewer –,
    so that a change which comes later does not pass for error. Degrees have a start value, which
    holds before there are three sessions and keeps its weight afterwards; for other units nothing
    is known before, and the own value is widened by how few sessions it rests on (Student's t).

    Parameters
    ----------
    sessions
        When, and the values of the repetitions; in the order of time.
    unit
        Of the values.
    """
    if not sessions:
        return START_DAY_ERROR if unit == "deg" else _UNKNOWN
    until = sessions[0][0] + BASELINE
    early = [values for started, values in sessions if started <= until]
    baseline = early if len(early) >= MIN_SESSIONS else [v for _, v in sessions[:MIN_SESSIONS]]
    if unit == "deg":
        return day_error(baseline, START_DAY_ERROR)
    if len(baseline) < MIN_SESSIONS:
        return _UNKNOWN
    inside = [float(np.sum(np.square(np.array(v) - np.mean(v)))) for v in baseline]
    freedom = sum(len(v) - 1 for v in baseline)
    within = sum(inside) / freedom if freedom else 0.0
    each = within * float(np.mean([1.0 / len(v) for v in baseline]))
    between = max(float(np.var([np.mean(v) for v in baseline], ddof=1)) - each, 0.0)
    # With no room for the day's own share, that of the repetitions must stand for it.
    between = max(between, each)
    widened = student95(len(baseline) - 1) / Z95
    return DayError(widened * math.sqrt(between), math.sqrt(within), len(baseline))


def trend(points: Sequence[Point], between_testers_sd: float = 0.0) -> Trend:
    """Return a straight line through sessions, weighed by their errors.

    Sessions of one tester share that tester's error, which leaves the slope alone until another
    one comes; a session whose tester is not known has none.
    """
    weeks = np.array([p.started.timestamp() for p in points]) / _WEEK_S
    weeks = weeks - float(np.mean(weeks)) if len(weeks) else weeks
    enough = len(points) >= MIN_SESSIONS and _have_errors(points)
    if not enough or float(np.ptp(weeks)) <= 0.0:
        return Trend(math.nan, math.nan, math.nan, "cannot tell")
    shared = _same_tester(points) * between_testers_sd**2
    line = np.column_stack([np.ones(len(points)), weeks])
    weighed = np.linalg.solve(np.diag([p.sd**2 for p in points]) + shared, line)
    covariance = np.linalg.inv(line.T @ weighed)
    slope = float((covariance @ weighed.T @ np.array([p.value for p in points]))[1])
    half = Z95 * math.sqrt(float(covariance[1, 1]))
    word: TrendWord = "no trend beyond error"
    if abs(slope) > half:
        word = "rising" if slope > 0.0 else "falling"
    return Trend(slope, slope - half, slope + half, word)


def dose(
    sessions: Iterable[Session], zone: tzinfo | None = None, walks: Mapping[str, int] | None = None
) -> tuple[Week, ...]:
    """Return what was done week by week, from the first to the last, empty weeks too.

    Parameters
    ----------
    sessions
        Of one athlete; those without a date are left out.
    zone
        Where the weeks are counted; this computer's when None.
    walks
        Session to its whole pivot walks.
    """
    weeks: dict[date, list[Session]] = defaultdict(list)
    for session in sessions:
        if session.started is not None:
            weeks[_monday(_day(session.started, zone))].append(session)
    if not weeks:
        return ()
    count = (max(weeks) - min(weeks)).days // 7 + 1
    mondays = [min(weeks) + timedelta(weeks=n) for n in range(count)]
    return tuple(_week(monday, weeks.get(monday, []), zone, walks or {}) for monday in mondays)


def words_of(name: str, unit: str) -> str:
    """A measure's name for people, with its unit."""
    signs = {"deg": "°", "deg/s": "°/s"}
    stem = name.removesuffix("_deg_per_s").removesuffix("_deg_s").removesuffix(f"_{unit}")
    words = stem.replace("_", " ")
    return f"{words}, {signs.get(unit, unit)}" if unit else words


def _week(
    monday: date, sessions: Sequence[Session], zone: tzinfo | None, walks: Mapping[str, int]
) -> Week:
    counts: dict[str, int] = defaultdict(int)
    for session in sessions:
        for movement, number in session.movements.items():
            counts[movement] += number
    days = {_day(s.started, zone) for s in sessions if s.started is not None}
    minutes = sum(s.duration_s for s in sessions if math.isfinite(s.duration_s)) / 60.0
    whole = sum(walks.get(s.id, 0) for s in sessions)
    return Week(monday, len(sessions), len(days), dict(sorted(counts.items())), minutes, whole)


def _day(moment: datetime, zone: tzinfo | None) -> date:
    return moment.astimezone(zone).date()


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _have_errors(points: Sequence[Point]) -> bool:
    return all(p.sd > 0.0 and math.isfinite(p.sd) for p in points)


def _known(one: Measured, unit: str) -> bool:
    """Whether a repetition's value says anything; only angles have an error that may forbid it."""
    return math.isfinite((certain_or_nan(one) if unit == "deg" else one).value)


def _same_tester(points: Sequence[Point]) -> Array:
    """``(N, N)`` 1 where one known tester tested both sessions; all 0 unless testers differ."""
    if len(several(point.tester for point in points)) < 2:
        return np.zeros((len(points), len(points)))
    known = [bool(point.tester) for point in points]
    return np.array([
        [float(known[i] and known[j] and not differ(a.tester, b.tester))
         for j, b in enumerate(points)]
        for i, a in enumerate(points)
    ])  # fmt: skip


def _change(before: Point, after: Point, unit: str, between_testers_sd: float) -> Difference:
    """What changed between two sessions, against the errors of both and of their testers."""
    variance = before.sd**2 + after.sd**2
    variance += variance_between(before.tester, after.tester, between_testers_sd)
    difference = judged(after.value - before.value, variance, MATTERS.get(unit, 0.0))
    return certain_difference(difference) if unit == "deg" else difference


BASELINE: Final = timedelta(weeks=3)
"""Shorter than hip rotation takes to change; long enough for three to nine sessions."""

MIN_SESSIONS: Final = 3

MATTERS: Final[Mapping[str, float]] = {"deg": 5.0}
"""Unit → the smallest change that is called real, however well it is measured."""

_UNKNOWN: Final = DayError(math.nan, math.nan)
_WEEK_S: Final = 7 * 86400.0
_KINDS: Final[Mapping[str, Kind]] = {"": "", "cold": "cold", "warm": "warm"}
