"""What a report is made of, whatever it is set in: HTML and PDF show the same blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Point: TypeAlias = tuple[float, float]
Anchor: TypeAlias = Literal["start", "middle", "end"]

Tone: TypeAlias = Literal["plain", "small", "good", "work", "warn"]
"""How words are shown: ``good`` went well, ``work`` is to be worked on, ``warn`` cannot be relied
on. Each shows in its mark and its words too, never by colour alone."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points; a NaN breaks it."""

    points: Sequence[Point]
    colour: str
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A filled outline."""

    points: Sequence[Point]
    colour: str
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle, or a ring."""

    x: float
    y: float
    radius: float
    colour: str
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """Text with its baseline at `y`."""

    x: float
    y: float
    text: str
    size: float = 9.0
    colour: str = "#1c2430"
    anchor: Anchor = "start"
    bold: bool = False


Shape: TypeAlias = Line | Area | Dot | Label


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing; x to the right, y down, both in points from the upper left corner.

    Parameters
    ----------
    width, height
        In points.
    shapes
        Drawn in this order.
    words
        What it shows, for who cannot see it.
    """

    width: float
    height: float
    shapes: Sequence[Shape]
    words: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 2 begins a part, 3 a part of it."""

    text: str
    level: Literal[2, 3] = 2


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph, with a bold beginning."""

    text: str
    tone: Tone = "plain"
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures beside each other, and what they show.

    Parameters
    ----------
    pictures, caption
        On paper and on a screen.
    narrow
        What takes their place on a phone; the same ones when empty.
    """

    pictures: Sequence[Picture]
    caption: str = ""
    narrow: Sequence[Picture] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first row of `rows` is the first below the head.

    Parameters
    ----------
    head, rows
        Texts.
    shares
        Share of the width for each column; alike when empty. Columns of numbers are marked by
        `numbers`.
    numbers
        Places of the columns that are set to the right.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    shares: Sequence[float] = ()
    numbers: Sequence[int] = ()


Block: TypeAlias = Heading | Words | Pictures | Table


@dataclass(frozen=True, slots=True)
class Document:
    """A report, ready to be set.

    Parameters
    ----------
    title, subtitle
        Its name, and whose and when.
    blocks
        In order.
    one_page
        On paper it is set so small that one page holds it, as far as that can be read.
    """

    title: str
    subtitle: str
    blocks: Sequence[Block]
    one_page: bool = False


MARKS: Final[dict[Tone, str]] = {"plain": "", "small": "", "good": "✓", "work": "→", "warn": "!"}
"""Sign before words of a tone."""

INK: Final = "#1c2430"
MUTED: Final = "#55606e"
RULE: Final = "#d5dae1"
GOOD: Final = "#00795A"
WORK: Final = "#8a4b00"
WARN: Final = "#9b1c1c"

TONES: Final[dict[Tone, str]] = {
    "plain": INK,
    "small": MUTED,
    "good": GOOD,
    "work": WORK,
    "warn": WARN,
}
"""Colour of words of a tone, dark enough on white."""

NOT_MEDICAL: Final = "Not a medical device. It informs training; it diagnoses and treats nothing."
"""On every page of every report."""
