"""A report as one HTML file: no script, nothing fetched, pictures as SVG within it."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import singledispatch
from html import escape as escape_markup
from itertools import pairwise
from typing import Final

from imuhip.core.visible import visible
from imuhip.report.blocks import (
    MARKS,
    NOT_MEDICAL,
    TONES,
    Area,
    Block,
    Document,
    Dot,
    Heading,
    Label,
    Line,
    Picture,
    Pictures,
    Point,
    Shape,
    Table,
    Words,
)


def escape(text: str) -> str:
    """Return text as it stands; what would be markup, or is not to be seen, is shown as that."""
    return escape_markup(visible(text))


def to_html(document: Document) -> str:
    """Return the whole file as text. Everything that people wrote is escaped."""
    body = "\n".join(block_html(block) for block in document.blocks)
    title, subtitle = escape(document.title), escape(document.subtitle)
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>'
        f"<title>{title} – {subtitle}</title><style>{_STYLE}</style></head>\n"
        f'<body><main class="report"><header><h1>{title}</h1><p>{subtitle}</p></header>\n'
        f"{body}\n<footer>{escape(NOT_MEDICAL)}</footer></main></body></html>\n"
    )


def to_svg(picture: Picture, *, ground: str = "#ffffff") -> str:
    """Return a picture as SVG, to stand within HTML or alone, on a ground of some colour."""
    width, height = _n(picture.width), _n(picture.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="{_FONT}" style="background:{ground}">'
        f"<title>{escape(picture.words)}</title>"
        f"{''.join(_shape(shape, ground) for shape in picture.shapes)}</svg>"
    )


def figure(
    block: Pictures, drawn: Callable[[Picture], str], narrow: Callable[[Picture], str]
) -> str:
    """Return pictures with their caption as HTML, and what takes their place on a phone.

    Parameters
    ----------
    drawn, narrow
        A picture as HTML, one of the usual width and one for a phone.
    """
    row = "".join(drawn(picture) for picture in block.pictures)
    rows = f'<div class="row">{row}</div>'
    if block.narrow:
        small = "".join(narrow(picture) for picture in block.narrow)
        rows = f'<div class="row on-wide">{row}</div><div class="row on-phone">{small}</div>'
    caption = f"<figcaption>{escape(block.caption)}</figcaption>" if block.caption else ""
    return f"<figure>{rows}{caption}</figure>"


def unbroken(points: Sequence[Point]) -> Iterator[list[Point]]:
    """The stretches of points between those that are not known."""
    gaps = [-1, *(k for k, p in enumerate(points) if not all(map(math.isfinite, p))), len(points)]
    for before, after in pairwise(gaps):
        if after - before > 1:
            yield list(points[before + 1 : after])


@singledispatch
def block_html(block: Block) -> str:
    """Return a block as HTML, escaped."""
    raise TypeError(f"{type(block).__name__} is no block of a report")


@block_html.register
def _heading(block: Heading) -> str:
    return f"<h{block.level}>{escape(block.text)}</h{block.level}>"


@block_html.register
def _words(block: Words) -> str:
    mark = f'<b aria-hidden="true">{MARKS[block.tone]}</b> ' if MARKS[block.tone] else ""
    lead = f"<b>{escape(block.lead)}</b> " if block.lead else ""
    return f'<p class="{block.tone}">{mark}{lead}{escape(block.text)}</p>'


@block_html.register
def _pictures(block: Pictures) -> str:
    return figure(block, to_svg, to_svg)


@block_html.register
def _table(block: Table) -> str:
    def row(cells: Sequence[str], *, head: bool) -> str:
        made = []
        for k, cell in enumerate(cells):
            tag = "th" if head and cell else "td"  # a heading without words heads nothing
            right = ' class="n"' if k in block.numbers else ""
            whole = escape(cell).replace(" ± ", "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}")
            made.append(f"<{tag}{right}>{whole}</{tag}>")
        return f"<tr>{''.join(made)}</tr>"

    body = "".join(row(cells, head=False) for cells in block.rows)
    # Wider than a telephone: it scrolls by itself, and by keyboard.
    return (
        f'<div class="wide" tabindex="0"><table><thead>{row(block.head, head=True)}</thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


@singledispatch
def _shape(shape: Shape, ground: str) -> str:  # noqa: ARG001 - hollow dots need it
    raise TypeError(f"{type(shape).__name__} is no shape")


@_shape.register
def _line(shape: Line, _: str) -> str:
    dash = ' stroke-dasharray="4 3"' if shape.dashed else ""
    return "".join(
        f'<polyline points="{_points(part)}" fill="none" stroke="{shape.colour}" '
        f'stroke-width="{_n(shape.width)}" stroke-linejoin="round"{dash}/>'
        for part in unbroken(shape.points)
    )


@_shape.register
def _area(shape: Area, _: str) -> str:
    return (
        f'<polygon points="{_points(shape.points)}" fill="{shape.colour}" '
        f'fill-opacity="{_n(shape.opacity)}"/>'
    )


@_shape.register
def _dot(shape: Dot, ground: str) -> str:
    fill = ground if shape.hollow else shape.colour
    return (
        f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.radius)}" fill="{fill}" '
        f'stroke="{shape.colour}" stroke-width="1.5"/>'
    )


@_shape.register
def _label(shape: Label, _: str) -> str:
    weight = ' font-weight="bold"' if shape.bold else ""
    return (
        f'<text x="{_n(shape.x)}" y="{_n(shape.y)}" font-size="{_n(shape.size)}" '
        f'text-anchor="{shape.anchor}" fill="{shape.colour}"{weight}>{escape(shape.text)}</text>'
    )


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


_FONT: Final = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Even a slip in this program's own escaping could then neither run nor fetch anything."""

STYLE_OF_BLOCKS: Final = (
    # Ink is dark: the ground is white on a dark page too.
    ".report{background:#fff;color:#1c2430}.report h2,.report h3,.report p{padding:0}"
    ".report .wide{overflow-x:auto}"
    ".report table{border-collapse:collapse;width:100%;font-size:.85rem;margin:.4rem 0}"
    ".report th{text-align:left;border-bottom:2px solid #1c2430;vertical-align:bottom}"
    ".report th,.report td{padding:.25rem .5rem}"
    ".report td{border-bottom:1px solid #d5dae1;vertical-align:top}"
    ".report .n{text-align:right;font-variant-numeric:tabular-nums}"
    + "".join(f".report .{tone}{{color:{colour}}}" for tone, colour in TONES.items())
    + ".report .small{font-size:.85rem}"
    ".report .good,.report .work,.report .warn{font-size:1.08rem}"
    ".report .row.on-phone{display:none}@media screen and (max-width:620px){"
    ".report .row.on-wide{display:none}.report .row.on-phone{display:flex}}"
)
"""How `block_html` looks within an element of the class ``report``."""

_STYLE: Final = (
    "*{box-sizing:border-box}"
    f"body{{margin:0;background:#eef1f4;color:#1c2430;font:16px/1.45 {_FONT}}}"
    "main{max-width:860px;margin:1.5rem auto;background:#fff;padding:2rem 2.4rem;"
    "border-radius:8px}"
    "header{border-bottom:3px solid #1c2430;margin-bottom:1rem}"
    "h1{margin:0;font-size:1.9rem}header p{margin:.2rem 0 .7rem;color:#55606e}"
    "h2{margin:1.6rem 0 .5rem;font-size:1.3rem}h3{margin:1.1rem 0 .3rem;font-size:1.05rem}"
    "p{margin:.35rem 0}figure{margin:.8rem 0}"
    ".row{display:flex;flex-wrap:wrap;gap:10px;justify-content:space-evenly}"
    ".row svg{max-width:100%;height:auto;flex:0 1 auto;zoom:1.4}"
    "figcaption{color:#55606e;font-size:.85rem;margin-top:.3rem}"
    "footer{margin-top:2rem;border-top:1px solid #d5dae1;padding-top:.6rem;font-weight:bold}"
    f"{STYLE_OF_BLOCKS}"
    "@media print{body{background:#fff;font-size:12px}main{margin:0;padding:0;max-width:none}"
    "figure,tr{break-inside:avoid}h2,h3{break-after:avoid}.row svg{zoom:1}}"
)
