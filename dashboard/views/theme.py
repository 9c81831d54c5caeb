"""The colours of the theme that a visitor's page has at this moment, for what a script draws."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Final

import streamlit as st

from dashboard.views.model import DARK, LIGHT, Palette
from imuhip.core.colours import SIDE_COLOURS
from imuhip.report.blocks import GOOD, INK, MUTED, RULE, Picture, Shape
from imuhip.report.html import to_svg


def palette() -> Palette:
    """The dark colours on a dark page, else the light ones; a change draws the page anew."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def draw(picture: Picture, narrow: Picture | None = None) -> None:
    """Put a report's picture on the page, in the page's colours; on a phone the narrow one."""
    draw_all([(picture, narrow)])


def draw_all(pictures: Sequence[tuple[Picture, Picture | None]]) -> None:
    """Pictures one below the other, or two beside each other where there is room."""
    drawn = "".join(_framed(*pair) for pair in pictures)
    st.html(f"{_STYLE}<div class='pictures'>{drawn}</div>")


def _framed(picture: Picture, narrow: Picture | None) -> str:
    """One picture, and what takes its place on a phone."""
    ground = f"style='background: {palette().ground}'"
    if narrow is None:
        return f"<div class='picture' tabindex='0' {ground}>{_inside(picture)}</div>"
    return (
        f"<div class='picture on-wide' {ground}>{_inside(picture)}</div>"
        f"<div class='picture on-phone' {ground}>{_inside(narrow, 0.0)}</div>"
    )


def _inside(picture: Picture, least_px: float | None = None) -> str:
    """A picture in the page's colours."""
    colours = palette()
    theirs = (*SIDE_COLOURS.values(), INK, MUTED, RULE, GOOD)
    ours = (*colours.sides.values(), colours.text, colours.soft, colours.line, colours.goal)
    paint = dict(zip(theirs, ours, strict=True))

    def painted(shape: Shape) -> Shape:
        return replace(shape, colour=paint.get(shape.colour, shape.colour))

    drawn = replace(picture, shapes=[painted(shape) for shape in picture.shapes])
    return image(drawn, colours.ground, least_px)


def image(picture: Picture, ground: str = LIGHT.ground, least_px: float | None = None) -> str:
    """A picture as HTML that Streamlit lets through: it takes drawings out, but not images.

    Parameters
    ----------
    least_px
        It is drawn no narrower than this; `MOST_LEAST_PX` at most when not given.
    """
    source = b64encode(to_svg(picture, ground=ground).encode()).decode()
    size = f'width="{picture.width:.0f}" height="{picture.height:.0f}"'
    smallest = min(picture.width, MOST_LEAST_PX) if least_px is None else least_px
    least = f"min-width: {smallest:.0f}px"
    words = escape(picture.words)
    return f'<img src="data:image/svg+xml;base64,{source}" {size} style="{least}" alt="{words}"/>'


MOST_LEAST_PX: Final = 720.0
"""A picture is drawn no narrower than this: its words stay readable, and a phone scrolls it."""

_STYLE: Final = """<style>
.pictures { display: grid; gap: 1rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 47rem), 1fr)); }
.picture { border: 1px solid #8884; border-radius: .6rem; padding: .6rem; max-width: 60rem;
  overflow-x: auto; }
.picture img { display: block; width: 100%; height: auto; }
.picture.on-phone { display: none; }
@media (max-width: 760px) {
  .picture.on-wide { display: none; }
  .picture.on-phone { display: block; max-width: 34rem; }
}
</style>"""
