"""The live canvas: a Streamlit component (v2) that opens its own WebSocket and draws itself.

After it is mounted no Streamlit rerun is needed, or noticed.
"""

from functools import cache
from typing import Final

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.components.modules import joined, style, text
from dashboard.server.settings import settings_from_arguments
from imuhip.assess.measure_table import MEASURES
from imuhip.report.plain_words import RULE_WORDS

_TOLD_MEASURES: Final = ("rotation_arc_deg",)
"""Those that the page defines; `data-measure` of view.html names them."""

PATH: Final = "imu/live"
"""Where the relay listens, relative to the page."""


def live_view(*, key: str, remote: bool = False) -> None:
    """Mount the live canvas.

    Parameters
    ----------
    key
        Names the place on the page; the same one keeps the canvas over reruns.
    remote
        Show only what a phone in a pocket is for: start, stop, marks, the set's fields.
    """
    meanings = {
        "measures": {name: MEASURES[name].definition for name in _TOLD_MEASURES},
        "rules": {name: [words.title, words.definition] for name, words in RULE_WORDS.items()},
    }
    _component()(key=key, data={**stream(), **meanings, "remote": remote}, height="content")


def stream() -> dict[str, object]:
    """Return where a page finds the stream: the relay's port, 0 for none, and the path."""
    return {"path": PATH, "port": settings_from_arguments().relay_port}


def source() -> str:
    """Return the component's JavaScript as one module."""
    return joined("live/main.js")


@cache
def _component() -> ComponentRenderer:
    """The component, registered once."""
    return st.components.v2.component(
        "imuhip_live",
        html=text("live/view.html"),
        css=style("live/view.css") + text("live/fields.css"),
        js=source(),
    )
