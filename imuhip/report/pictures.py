"""The pictures of a report: arcs, whiskers, waveforms, paths. Degrees, drawn in points."""

import math
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from imuhip.assess.goals import Arcs, Zone
from imuhip.assess.symmetry import Z95, Measured, certain_or_nan
from imuhip.assess.waveforms import Waveform
from imuhip.assess.wording import degrees
from imuhip.core.colours import SIDE_COLOURS
from imuhip.core.conventions import SIDES
from imuhip.core.records import Array
from imuhip.report.blocks import (
    GOOD,
    INK,
    MUTED,
    RULE,
    Anchor,
    Area,
    Dot,
    Label,
    Line,
    Picture,
    Point,
    Shape,
)


def degrees_apart(first: float, second: float) -> str:
    """Second minus first as the difference of the numbers that are shown beside it."""
    if not (math.isfinite(first) and math.isfinite(second)):
        return "–"
    return degrees(float(round(second) - round(first)), "+")


def with_error(one: Measured) -> str:
    """A number of degrees with the half-width of its 95 % interval."""
    if not math.isfinite(certain_or_nan(one).value):
        return "–"
    half = Z95 * one.sd
    return degrees(one.value) + (f" ± {half:.0f}°" if math.isfinite(half) else " (error unknown)")


# --- arcs ----------------------------------------------------------------------------------------


def arc_picture(arcs: Arcs, zones: Sequence[Zone]) -> Picture:
    """How far one hip turns in and out, over its goals: the legs as one looks down on one's own.

    In is towards the middle: to the right for the left leg, to the left for the right.
    """
    arcs = replace(
        arcs,
        internal=certain_or_nan(arcs.internal),
        external=certain_or_nan(arcs.external),
        total=certain_or_nan(arcs.total),
    )
    colour = SIDE_COLOURS[arcs.side]
    inward = 1.0 if arcs.side == "left" else -1.0
    shapes: list[Shape] = [_ring(-90.0, 90.0, 74.0, 92.0, "#e9edf1")]
    for name, sign in (("internal_deg", inward), ("external_deg", -inward)):
        goals = [zone for zone in zones if zone.name == name and zone.kind == "goal"]
        shapes += [_ring(sign * z.low, sign * z.high, 95.0, 101.0, GOOD) for z in goals]
    for arc, sign in ((arcs.internal, inward), (arcs.external, -inward)):
        if math.isfinite(arc.value):
            shapes += _reach(arc, sign, colour)
    shapes += [
        Line([_polar(0.0, 70.0), _polar(0.0, 104.0)], INK, 1.2),
        Label(_CX, 22.0, f"{arcs.side.capitalize()} hip", 12.0, colour, "middle", True),
        Label(_CX, 100.0, _in_all(arcs), 30.0, INK, "middle", True),
        Label(_CX, 115.0, "total", 9.0, MUTED, "middle"),
    ]
    for arc, name, sign in ((arcs.internal, "in", inward), (arcs.external, "out", -inward)):
        x = _CX + sign * 88.0
        shapes += [
            Label(x, 163.0, f"{name} {degrees(arc.value)}", 17.0, colour, "middle", True),
            Label(x, 176.0, _error(arc), 9.0, MUTED, "middle"),
        ]
    words = (
        f"{arcs.side} hip turns in {with_error(arcs.internal)}, out {with_error(arcs.external)}, "
        f"total {with_error(arcs.total)}"
    )
    return Picture(2 * _CX, 182.0, shapes, words)


def _in_all(arcs: Arcs) -> str:
    """Both arcs together, as the sum of the numbers that are shown beside it."""
    parts = arcs.internal.value, arcs.external.value
    if not math.isfinite(arcs.total.value) or not all(map(math.isfinite, parts)):
        return degrees(arcs.total.value)
    return degrees(float(sum(round(part) for part in parts)))


def _reach(arc: Measured, sign: float, colour: str) -> list[Shape]:
    """From straight to the end range, and the whisker of its error."""
    end = min(max(arc.value, -90.0), 90.0)
    half = Z95 * arc.sd
    shapes: list[Shape] = [_ring(0.0, sign * end, 74.0, 92.0, colour)]
    if math.isfinite(half):
        low, high = max(end - half, -90.0), min(end + half, 90.0)
        steps = np.linspace(sign * low, sign * high, 12)
        shapes.append(Line([_polar(a, 83.0) for a in steps], INK, 1.6))
        shapes += [Line([_polar(sign * a, 79.0), _polar(sign * a, 87.0)], INK, 1.6)
                   for a in (low, high)]  # fmt: skip
    return shapes


def _ring(start: float, end: float, inner: float, outer: float, colour: str) -> Area:
    angles = np.linspace(start, end, 46)
    rim = [_polar(a, outer) for a in angles] + [_polar(a, inner) for a in angles[::-1]]
    return Area(rim, colour)


def _polar(angle_deg: float, radius: float) -> Point:
    """Place at an angle from straight up, to the right positive."""
    angle = math.radians(angle_deg)
    return _CX + radius * math.sin(angle), _CY - radius * math.cos(angle)


def _error(arc: Measured) -> str:
    half = Z95 * arc.sd
    return f"± {half:.0f}°" if math.isfinite(half) else "error unknown" * math.isfinite(arc.value)


_CX: Final = 135.0
_CY: Final = 138.0


# --- dots with whiskers --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a dot picture: a value with its error, and the band it is held against.

    `said` is written beside it; the value with its error when empty.
    """

    label: str
    side: str
    value: Measured
    low: float = math.nan
    high: float = math.nan
    said: str = ""


def dots_picture(
    rows: Sequence[Row], title: str, width: float = 500.0, names: float = 168.0
) -> Picture:
    """A dot and its 95 % interval for each row; `names` points are for their labels.

    A row that is too uncertain has no dot. Where a label is too long for its place, what it says in
    brackets stands in a line of its own in all of them. With no `names` labels stand above dots.
    """
    rows = [replace(row, value=certain_or_nan(row.value)) for row in rows]
    reach = [v for row in rows for v in _edges(row) if math.isfinite(v)]
    two = not all(_fits(row.label, names or width) for row in rows)
    pitch, above = (25.0 if two else 16.0), 0.0
    if not names:
        above = 23.0 if two else 13.0
        pitch = above + 20.0
    most = 7 if width > 400.0 else 5
    scale = _Scale.over(reach or [0.0, 1.0], names + 7.0, width - 70.0, most)
    height = 30.0 + pitch * len(rows) + 18.0
    middles = [30.0 + above + pitch * k for k in range(len(rows))]
    # Where labels stand above the dots no line of the grid runs through them.
    spans = [(20.0, height - 16.0)] if names else [(y - 9.0, y + 9.0) for y in middles]
    shapes: list[Shape] = []
    for tick in scale.ticks:
        x = scale(tick)
        colour = INK if tick == 0 else RULE
        shapes += [Line([(x, top), (x, end)], colour, 0.7) for top, end in spans]
        shapes.append(Label(x, height - 4.0, degrees(tick), 8.0, MUTED, "middle"))
    for k, row in enumerate(rows):
        y = 30.0 + above + pitch * k
        shapes += (
            _labels(row.label, y - above, names, two=two)
            if names
            else _above(row.label, y - above, width, two=two)
        )
        shapes += _row(row, y, scale, width)
    words = "; ".join(f"{row.label} {row.said or with_error(row.value)}" for row in rows)
    return _titled(Picture(width, height, shapes, f"{title}: {words}"), title)


def moved_down(shape: Shape, by: float) -> Shape:
    """The same shape, `by` points further down."""
    if isinstance(shape, Line | Area):
        return replace(shape, points=[(x, y + by) for x, y in shape.points])
    return replace(shape, y=shape.y + by)


def _titled(picture: Picture, title: str, beside: str = "") -> Picture:
    """A picture under its title, which takes as many lines as it needs."""
    room = picture.width - (_LETTER * len(beside) if beside else 0.0)
    one = len(title) * _TITLE_LETTER <= room
    lines = [title] if one else textwrap.wrap(title, int(picture.width / _TITLE_LETTER))
    if beside and not one:
        lines.append("")
    down = 13.0 * (len(lines) - 1)
    shapes: list[Shape] = [
        Label(0.0, 11.0 + 13.0 * k, line, 10.0, INK, "start", True) for k, line in enumerate(lines)
    ]
    if beside:
        shapes.append(Label(picture.width - 8.0, 11.0 + down, beside, 8.0, MUTED, "end"))
    shapes += [moved_down(shape, down) for shape in picture.shapes]
    return replace(picture, height=picture.height + down, shapes=shapes)


def _fits(label: str, room: float) -> bool:
    """Whether a label has so much room in one line."""
    return len(label) * _LETTER <= room


def _in_two(label: str) -> tuple[str, str]:
    """A label, and what it says in brackets."""
    found = re.fullmatch(r"(.*?) \((.*)\)(.*)", label)
    return (label, "") if found is None else (f"{found[1]}{found[3]}", found[2])


def _cut(text: str, room: float, letter: float) -> str:
    most = int(room / letter)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _labels(label: str, y: float, names: float, *, two: bool) -> list[Shape]:
    """A row's label beside it, in one line or with what stands in brackets below it."""
    what, said = _in_two(label) if two else (label, "")
    if not said:
        return [Label(names, y + 3.0, _cut(label, names, _LETTER), 9.0, INK, "end")]
    return [
        Label(names, y - 1.0, what, 9.0, INK, "end"),
        Label(names, y + 9.0, said, 7.5, MUTED, "end"),
    ]


def _above(label: str, y: float, width: float, *, two: bool) -> list[Shape]:
    """A row's label above it."""
    what, said = _in_two(label) if two else (label, "")
    shapes: list[Shape] = [Label(0.0, y + 1.0, _cut(what, width, _LETTER), 9.0, INK)]
    if said:
        shapes.append(Label(0.0, y + 11.0, _cut(said, width, _LETTER - 0.8), 7.5, MUTED))
    return shapes


def _row(row: Row, y: float, scale: "_Scale", width: float) -> list[Shape]:
    colour = SIDE_COLOURS.get(row.side, INK)
    value, half = row.value.value, Z95 * row.value.sd
    shapes: list[Shape] = []
    if math.isfinite(row.low) or math.isfinite(row.high):
        left = scale(row.low) if math.isfinite(row.low) else scale.left
        right = scale(row.high) if math.isfinite(row.high) else scale.right
        corners = [(left, y - 7.0), (right, y - 7.0), (right, y + 7.0), (left, y + 7.0)]
        shapes.append(Area(corners, GOOD, 0.16))
    if math.isfinite(value):
        if math.isfinite(half):
            shapes.append(Line([(scale(value - half), y), (scale(value + half), y)], colour, 2.0))
        shapes.append(Dot(scale(value), y, 4.0, colour, hollow=not math.isfinite(half)))
    said = row.said or with_error(row.value)
    shapes.append(Label(width - 64.0, y + 3.0, said, 9.0, colour, "start", True))
    return shapes


def _edges(row: Row) -> list[float]:
    half = Z95 * row.value.sd
    half = half if math.isfinite(half) and math.isfinite(row.value.value) else 0.0
    return [row.value.value - half, row.value.value + half, row.low, row.high]


_LETTER: Final = 4.9
"""Points that a letter of a label takes."""

_TITLE_LETTER: Final = 6.0


@dataclass(frozen=True, slots=True)
class _Scale:
    """Values to places."""

    low: float
    high: float
    left: float
    right: float
    ticks: tuple[float, ...]

    @classmethod
    def over(cls, values: Iterable[float], left: float, right: float, most: int = 7) -> "_Scale":
        """A scale with about `most` round ticks that holds all values."""
        known = [v for v in values if math.isfinite(v)] or [0.0, 1.0]
        low, high = min(known), max(known)
        span = max(high - low, 5.0)
        step = next(s for s in (1, 2, 5, 10, 20, 30, 45, 90, 1e9) if span / s <= most)
        first, last = math.floor(low / step), math.ceil(high / step)
        last = max(last, first + 1)
        ticks = tuple(float(k * step) for k in range(first, last + 1))
        return cls(ticks[0], ticks[-1], left, right, ticks)

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.left + share * (self.right - self.left)


# --- waveforms and paths -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """A mean curve with its band: what the legend says, whose colour, dashed for the first."""

    label: str
    side: str
    wave: Waveform
    dashed: bool = False


def wave_picture(
    waves: Sequence[Wave], title: str, *, deepest: bool, width: float = 500.0
) -> Picture:
    """Mean ± one standard deviation over 0 to 100 % of the repetition."""
    bands = [(w.wave.mean - w.wave.sd, w.wave.mean + w.wave.sd) for w in waves]
    values = [float(v) for band in bands for edge in band for v in edge[np.isfinite(edge)]]
    axes = _Axes(_Scale.over([0.0, 100.0], 40.0, width - 8.0),
                 _Scale.over(values, 168.0, 26.0))  # fmt: skip
    names = {0.0: "0 %", 50.0: "50 % deepest" if deepest else "50 %", 100.0: "100 %"}
    shapes = axes.shapes(names)
    for wave, (low, high) in zip(waves, bands, strict=True):
        colour = SIDE_COLOURS.get(wave.side, INK)
        x = np.linspace(0.0, 100.0, len(low))
        known = np.isfinite(low) & np.isfinite(high)
        rim = axes.points(x[known], low[known]) + axes.points(x[known], high[known])[::-1]
        if rim:
            shapes.append(Area(rim, colour, 0.16))
        shapes.append(Line(axes.points(x, wave.wave.mean), colour, 2.0, wave.dashed))
    legend, more = _legend([(w.label, w.side, w.dashed) for w in waves], 196.0, width)
    words = f"{title}: mean and standard deviation of repetitions"
    return _titled(Picture(width, 204.0 + more, [*shapes, *legend], words), title, _SIGNS)


def path_picture(
    paths: Sequence[tuple[str, Array, Array]], title: str, width: float = 500.0
) -> Picture:
    """Hip rotation over hip flexion, a thin line for each repetition: side, flexion, rotation."""
    bends = [float(v) for _, flexion, _ in paths for v in flexion[np.isfinite(flexion)]]
    turns = [float(v) for _, _, rotation in paths for v in rotation[np.isfinite(rotation)]]
    axes = _Axes(_Scale.over([0.0, *bends], 40.0, width - 8.0),
                 _Scale.over(turns, 168.0, 26.0))  # fmt: skip
    shapes = axes.shapes({tick: degrees(tick) for tick in axes.x.ticks})
    for side, flexion, rotation in paths:
        every = max(1, len(flexion) // 150)
        points = axes.points(flexion[::every], rotation[::every])
        shapes.append(Line(points, SIDE_COLOURS.get(side, INK), 0.8))
    sides = [side for side in SIDES if any(side == p[0] for p in paths)]
    shapes += _legend([(side, side, False) for side in sides], 196.0, width)[0]
    shapes.append(Label(width - 8.0, 196.0, "hip flexion →", 8.0, MUTED, "end"))
    words = f"{title}: hip rotation over hip flexion"
    return _titled(Picture(width, 204.0, shapes, words), title, _SIGNS)


@dataclass(frozen=True, slots=True)
class _Axes:
    x: _Scale
    y: _Scale

    def points(self, x: Array, y: Array) -> list[Point]:
        return [(self.x(float(a)), self.y(float(b))) for a, b in zip(x, y, strict=True)]

    def shapes(self, names: dict[float, str]) -> list[Shape]:
        """Grid and ticks."""
        shapes: list[Shape] = []
        for tick in self.y.ticks:
            y = self.y(tick)
            colour = INK if tick == 0 else RULE
            shapes.append(Line([(self.x.left, y), (self.x.right, y)], colour, 0.7))
            shapes.append(Label(self.x.left - 4.0, y + 3.0, degrees(tick), 8.0, MUTED, "end"))
        for tick, name in names.items():
            x = self.x(tick)
            anchor: Anchor = "end" if tick == self.x.high else "middle"
            shapes.append(Line([(x, self.y.right), (x, self.y.left)], RULE, 0.7))
            shapes.append(Label(x, 180.0, name, 8.0, MUTED, anchor))
        return shapes


def _legend(
    entries: Sequence[tuple[str, str, bool]], y: float, width: float
) -> tuple[list[Shape], float]:
    """What each line is, in as many lines as it needs; and how much higher that is than one."""
    shapes: list[Shape] = []
    x, below = 40.0, 0.0
    for label, side, dashed in entries:
        long = 32.0 + 5.2 * len(label)
        if x > 40.0 and x + long > width:
            x, below = 40.0, below + 13.0
        colour = SIDE_COLOURS.get(side, INK)
        shapes.append(
            Line([(x, y + below - 3.0), (x + 18.0, y + below - 3.0)], colour, 2.0, dashed)
        )
        shapes.append(Label(x + 22.0, y + below, label, 8.5, colour))
        x += long
    return shapes, below


_SIGNS: Final = "in + / out −"
