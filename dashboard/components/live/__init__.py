"""The live canvas: a Streamlit component (v2) that opens its own WebSocket and draws itself.

After it is mounted no Streamlit rerun is needed, or noticed.
"""

from functools import cache
from typing import Final

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.components.modules import joined, style, text
from dashboard.views.kit import chosen_kit, stream_of
from imuhip.assess.measure_table import MEASURES
from imuhip.report.plain_words import RULE_WORDS

_TOLD_MEASURES: Final = ("rotation_arc_deg",)
"""Those that the page defines; `data-measure` of view.html names them."""


def live_view(*, key: str, remote: bool = False) -> None:
    """Mount the live canvas.

    Parameters
    ----------
    key
        Names the place on the page; the same one keeps the canvas over reruns of a kit.
    remote
        Show only what a phone in a pocket is for: start, stop, marks, the set's fields.
    """
    meanings = {
        "measures": {name: MEASURES[name].definition for name in _TOLD_MEASURES},
        "rules": {name: [words.title, words.definition] for name, words in RULE_WORDS.items()},
    }
    kit = chosen_kit()
    data = {**stream_of(kit), **meanings, "remote": remote}
    _component()(key=f"{key}-{kit}", data=data, height="content")


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
