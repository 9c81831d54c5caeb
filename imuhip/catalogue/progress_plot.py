"""A plot of change over weeks, as PNG or SVG, without a screen and without a network."""

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from matplotlib import dates, rc_context
from matplotlib.figure import Figure

from imuhip.catalogue.entities import Goal
from imuhip.catalogue.progress import Series, Week, words_of
from imuhip.core.certainty import Z95
from imuhip.core.colours import SIDE_COLOURS
from imuhip.core.errors import RecordingError
from imuhip.core.files import file_made_whole

KINDS: Final = (".png", ".svg")


def plot_progress(
    series: Sequence[Series],
    weeks: Sequence[Week],
    goals: Sequence[Goal],
    target: Path,
    title: str,
) -> None:
    """Draw a panel for each measure, movement and direction, and the dose below.

    A dot is a session: hollow before warming up, filled after it or when nobody said. The bar is
    the 95 % interval of its error, the line the trend, the band a goal.

    Raises
    ------
    RecordingError
        When the name ends neither in .png nor .svg, nothing can be drawn, or the disk refuses.
    """
    if target.suffix.lower() not in KINDS:
        raise RecordingError("The name of a plot must end in .png or .svg.", path=target)
    panels: dict[tuple[str, str, str], list[Series]] = {}
    for one in series:
        panels.setdefault((one.name, one.movement, one.direction), []).append(one)
    if not panels:
        raise RecordingError("there is nothing to draw: no session has such a measure", path=target)
    # Without a date and a fixed salt the same figures would be other bytes every time.
    with rc_context({"svg.hashsalt": "imuhip", "font.size": 9}):
        figure = Figure(figsize=(9.0, 2.8 * len(panels) + 2.0), layout="constrained")
        figure.suptitle(title, fontsize=11)
        heights = [2.8] * len(panels) + [1.4]
        axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)
        for place, members in zip(axes[:-1, 0], panels.values(), strict=True):
            _panel(place, members, goals)
        _dose(axes[-1, 0], weeks)
        metadata: dict[str, Any] = {"Date": None} if target.suffix.lower() == ".svg" else {}
        with file_made_whole(target, overwrite=True) as temporary:
            kind = target.suffix.lower()[1:]
            figure.savefig(temporary, format=kind, dpi=150, metadata=metadata)
            temporary.chmod(0o600)


def _panel(axes: Any, members: Sequence[Series], goals: Sequence[Goal]) -> None:
    """One measure: both sides, cold and warm."""
    for one in members:
        colour = SIDE_COLOURS.get(one.side, "#444444")
        days = [_local(point.started) for point in one.points]
        values = [point.value for point in one.points]
        bars = [0.0 if math.isnan(p.sd) else Z95 * p.sd for p in one.points]
        axes.errorbar(
            days, values, yerr=bars, fmt="o", color=colour, ecolor=f"{colour}55", markersize=5,
            markerfacecolor="white" if one.kind == "cold" else colour,
            label=f"{one.side} {one.said}".strip(),
        )  # fmt: skip
        if not math.isnan(one.trend.per_week):
            axes.plot(*_line(one), color=colour, linewidth=1.0, alpha=0.7,
                      linestyle="--" if one.kind == "cold" else "-")  # fmt: skip
    first = members[0]
    for goal in goals:
        about = goal.measure == first.name and goal.movement in ("", first.movement)
        if about and goal.direction in ("", first.direction):
            _goal(axes, goal)
    axes.set_title(f"{first.movement} {first.direction}", loc="left", fontsize=9)
    axes.set_ylabel(words_of(first.name, first.unit))
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)


def _local(moment: datetime) -> datetime:
    """A moment as clocks here show it, which axes draw as it is."""
    return moment.astimezone().replace(tzinfo=None)


def _line(one: Series) -> tuple[list[Any], list[float]]:
    """Ends of the trend: through the weighted middle of the sessions."""
    weights = [point.sd**-2.0 for point in one.points]
    weeks = [point.started.timestamp() / 604800.0 for point in one.points]
    total = sum(weights)
    middle = sum(w * t for w, t in zip(weights, weeks, strict=True)) / total
    mean = sum(w * p.value for w, p in zip(weights, one.points, strict=True)) / total
    ends = [weeks[0], weeks[-1]]
    days = [_local(one.points[0].started), _local(one.points[-1].started)]
    return days, [mean + one.trend.per_week * (t - middle) for t in ends]


def _goal(axes: Any, goal: Goal) -> None:
    if math.isnan(goal.low) or math.isnan(goal.high):
        axes.axhline(goal.high if math.isnan(goal.low) else goal.low, color=GOAL, linewidth=1.2)
    else:
        axes.axhspan(goal.low, goal.high, color=GOAL, alpha=0.12)


def _dose(axes: Any, weeks: Sequence[Week]) -> None:
    """Repetitions a week."""
    mondays = [week.monday for week in weeks]
    axes.bar(mondays, [sum(week.repetitions.values()) for week in weeks], width=6.0, align="edge",
             color="#8899aa")  # fmt: skip
    axes.set_axisbelow(True)
    axes.set_ylabel("repetitions\na week")
    locator = dates.AutoDateLocator(minticks=3, maxticks=10)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.grid(visible=True, axis="y", color="#dddddd", linewidth=0.6)


GOAL: Final = "#00795A"
