"""The board: a card for each kit of sensors, in a component that follows all streams itself.

It shares the live page's stream, set and sentences (`components.live`): the same files, not copies.
"""

from collections.abc import Iterable, Mapping
from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.components.modules import joined, style, text
from dashboard.views.kit import stream_of
from imuhip.report.plain_words import RULE_WORDS


def board_view(kits: Iterable[int], athletes: Mapping[str, str], *, key: str) -> None:
    """Mount the board.

    Parameters
    ----------
    kits
        Numbers of the kits to show, in their order.
    athletes
        Pseudonym to how the athlete is shown.
    key
        Names the place on the page; the same one keeps the board over reruns.
    """
    data = {
        "kits": [stream_of(kit) for kit in kits],
        "athletes": dict(athletes),
        "rules": {name: [words.title] for name, words in RULE_WORDS.items()},
    }
    _component()(key=key, data=data, height="content")


def source() -> str:
    """Return the component's JavaScript as one module."""
    return joined("board/main.js")


@cache
def _component() -> ComponentRenderer:
    """The component, registered once."""
    html, css = text("board/view.html"), style("board/view.css")
    return st.components.v2.component("imuhip_board", html=html, css=css, js=source())
