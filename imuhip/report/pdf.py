"""A report as PDF on A4: the same blocks and pictures, text that can be searched and copied."""

import io
from collections.abc import Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape as escape_markup

import matplotlib as mpl
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    Spacer,
)
from reportlab.platypus import Table as Grid

from imuhip.core.visible import visible
from imuhip.report.blocks import (
    INK,
    MARKS,
    MUTED,
    NOT_MEDICAL,
    RULE,
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
    Shape,
    Table,
    Tone,
    Words,
)
from imuhip.report.html import unbroken


def escape(text: str) -> str:
    """Return text as it stands; what would be markup, or is not to be seen, is shown as that."""
    return escape_markup(visible(text))


def to_pdf(document: Document) -> bytes:
    """Return the whole file. The same report is the same bytes."""
    _know_fonts()
    scales = _SMALLER if document.one_page else (1.0,)
    for scale in scales:
        content, pages = _set(document, scale)
        if pages == 1:
            break
    return content


def _set(document: Document, scale: float) -> tuple[bytes, int]:
    """The file with everything at a scale, and its number of pages."""
    stream = io.BytesIO()
    width, height = A4[0] / scale, A4[1] / scale
    made = BaseDocTemplate(
        stream,
        pagesize=(width, height),
        title=visible(f"{document.title} – {document.subtitle}"),
        author="imuhip",
        subject=NOT_MEDICAL,
        invariant=1,  # no date and no random id
    )
    frame = Frame(
        _MARGIN, 15 * mm, width - 2 * _MARGIN, height - 27 * mm,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip

    def begin(canvas: Any, _: Any) -> None:
        canvas.setPageSize(A4)
        canvas.scale(scale, scale)
        _foot(canvas, width)

    made.addPageTemplates(PageTemplate(frames=[frame], onPage=begin))
    head = [
        Paragraph(escape(document.title), _style("title", 20, bold=True)),
        Paragraph(escape(document.subtitle), _style("subtitle", 9.5, colour=MUTED)),
        _Rule(),
    ]
    made.build(head + [flow for block in document.blocks for flow in _flow(block)])
    return stream.getvalue(), made.page


class _Rule(Flowable):  # type: ignore[misc]
    """A thick line across the page."""

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        self.width, self.height = width, 8.0
        return width, 8.0

    def draw(self) -> None:
        self.canv.setStrokeColor(HexColor(INK))
        self.canv.setLineWidth(1.6)
        self.canv.line(0, 5, self.width, 5)


class _Drawn(Flowable):  # type: ignore[misc]
    """Pictures beside each other, over the whole width."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        super().__init__()
        self._pictures = pictures

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        wanted = sum(picture.width for picture in self._pictures)
        self._scale = min(1.0, width / wanted)
        self.width = width
        self.height = self._scale * max(picture.height for picture in self._pictures)
        return self.width, self.height

    def draw(self) -> None:
        drawn = self._scale * sum(picture.width for picture in self._pictures)
        space = (self.width - drawn) / (len(self._pictures) + 1)
        x = space
        for picture in self._pictures:
            self.canv.saveState()
            self.canv.translate(x, self.height)
            self.canv.scale(self._scale, self._scale)
            for shape in picture.shapes:
                _draw(shape, self.canv)
            self.canv.restoreState()
            x += self._scale * picture.width + space


def _foot(canvas: Any, width: float) -> None:
    """Words at the foot of every page."""
    canvas.saveState()
    canvas.setFont(_FONT, 7.5)
    canvas.setFillColor(HexColor(MUTED))
    canvas.drawString(_MARGIN, 9 * mm, NOT_MEDICAL)
    canvas.drawRightString(width - _MARGIN, 9 * mm, f"page {canvas.getPageNumber()}")
    canvas.restoreState()


@singledispatch
def _flow(block: Block) -> list[Any]:
    raise TypeError(f"{type(block).__name__} is no block of a report")


@_flow.register
def _heading(block: Heading) -> list[Any]:
    size = 13.0 if block.level == 2 else 10.5
    style = _style(f"h{block.level}", size, bold=True, before=7.0)
    style.keepWithNext = True
    return [Paragraph(escape(block.text), style)]


@_flow.register
def _words(block: Words) -> list[Any]:
    mark = f"<b>{MARKS[block.tone]}</b> " if MARKS[block.tone] else ""
    lead = f"<b>{escape(block.lead)}</b> " if block.lead else ""
    return [Paragraph(f"{mark}{lead}{escape(block.text)}", _tone(block.tone))]


@_flow.register
def _pictures(block: Pictures) -> list[Any]:
    drawn = _Drawn(block.pictures)
    if not block.caption:
        return [drawn, Spacer(1, 3)]
    drawn.keepWithNext = True
    return [drawn, Paragraph(escape(block.caption), _tone("small")), Spacer(1, 3)]


@_flow.register
def _table(block: Table) -> list[Any]:
    shares = block.shares or [1.0] * len(block.head)
    left = _style("cell", 7.5)
    right = _style("number", 7.5, align=2)
    bold = {
        False: _style("head", 7.5, bold=True),
        True: _style("headn", 7.5, bold=True, align=2),
    }
    head = [Paragraph(escape(cell), bold[k in block.numbers]) for k, cell in enumerate(block.head)]
    rows = [
        [
            Paragraph(escape(cell), right if k in block.numbers else left)
            for k, cell in enumerate(row)
        ]
        for row in block.rows
    ]
    widths = [f"{100.0 * share / sum(shares):.4f}%" for share in shares]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, 0), 1.0, HexColor(INK)),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, HexColor(RULE)),
        *((side, (0, 0), (-1, -1), 2.0) for side in ("TOPPADDING", "BOTTOMPADDING")),
        *((side, (0, 0), (-1, -1), 3.0) for side in ("LEFTPADDING", "RIGHTPADDING")),
    ]
    return [Grid([head, *rows], colWidths=widths, repeatRows=1, style=style), Spacer(1, 4)]


@singledispatch
def _draw(shape: Shape, canvas: Any) -> None:
    raise TypeError(f"{type(shape).__name__} is no shape to draw on {canvas}")


@_draw.register
def _line(shape: Line, canvas: Any) -> None:
    canvas.setStrokeColor(HexColor(shape.colour))
    canvas.setLineWidth(shape.width)
    canvas.setLineJoin(1)
    canvas.setDash((4, 3) if shape.dashed else ())
    for part in unbroken(shape.points):
        path = canvas.beginPath()
        path.moveTo(part[0][0], -part[0][1])
        for x, y in part[1:]:
            path.lineTo(x, -y)
        canvas.drawPath(path, stroke=1, fill=0)
    canvas.setDash(())


@_draw.register
def _area(shape: Area, canvas: Any) -> None:
    canvas.setFillColor(HexColor(shape.colour), alpha=shape.opacity)
    path = canvas.beginPath()
    path.moveTo(shape.points[0][0], -shape.points[0][1])
    for x, y in shape.points[1:]:
        path.lineTo(x, -y)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.setFillAlpha(1.0)


@_draw.register
def _dot(shape: Dot, canvas: Any) -> None:
    canvas.setStrokeColor(HexColor(shape.colour))
    canvas.setFillColor(HexColor("#ffffff" if shape.hollow else shape.colour))
    canvas.setLineWidth(1.5)
    canvas.circle(shape.x, -shape.y, shape.radius, stroke=1, fill=1)


@_draw.register
def _label(shape: Label, canvas: Any) -> None:
    canvas.setFillColor(HexColor(shape.colour))
    canvas.setFont(_BOLD if shape.bold else _FONT, shape.size)
    draw = {
        "start": canvas.drawString,
        "middle": canvas.drawCentredString,
        "end": canvas.drawRightString,
    }
    draw[shape.anchor](shape.x, -shape.y, shape.text)


def _style(
    name: str,
    size: float,
    *,
    bold: bool = False,
    colour: str = INK,
    before: float = 0.0,
    align: int = 0,
) -> ParagraphStyle:
    return ParagraphStyle(
        name,
        fontName=_BOLD if bold else _FONT,
        fontSize=size,
        leading=1.25 * size,
        textColor=HexColor(colour),
        spaceBefore=before,
        spaceAfter=2.0,
        alignment=align,
        splitLongWords=True,
    )


def _tone(tone: Tone) -> ParagraphStyle:
    size = {"plain": 9.5, "small": 7.5}.get(tone, 10.0)
    return _style(tone, size, colour=TONES[tone])


def _know_fonts() -> None:
    """Embed DejaVu, which matplotlib brings: the PDF's own fonts know no Ł, no Ж and no −."""
    if _FONT not in pdfmetrics.getRegisteredFontNames():
        folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
        pdfmetrics.registerFont(TTFont(_FONT, folder / "DejaVuSans.ttf"))
        pdfmetrics.registerFont(TTFont(_BOLD, folder / "DejaVuSans-Bold.ttf"))
        pdfmetrics.registerFontFamily(
            _FONT, normal=_FONT, bold=_BOLD, italic=_FONT, boldItalic=_BOLD
        )


_FONT: Final = "DejaVuSans"
_BOLD: Final = "DejaVuSans-Bold"
_MARGIN: Final = 17 * mm

_SMALLER: Final = (1.0, 0.93, 0.87, 0.81, 0.75)
"""Scales tried for what is to stand on one page; below the last it would not be read."""
