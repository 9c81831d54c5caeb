"""The player of a finished session: a Streamlit component (v2) that draws itself.

Angles, repetitions and the figure share one cursor. All samples are on the page, so that playing,
zooming and looking around need no answer from Python; it fetches them itself (`server.samples`).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.components.modules import joined, style, text


def review_view(session: Mapping[str, Any], samples: str, *, key: str) -> None:
    """Mount the player.

    Parameters
    ----------
    session
        Of `views.review.player_data`.
    samples
        Where what `views.review.packed` returned is served, relative to the dashboard's address.
    key
        Names the place on the page; the same one keeps cursor and zoom over reruns.
    """
    _component()(key=key, data={**session, "samples": samples}, height="content")


def source() -> str:
    """Return the component's JavaScript as one module."""
    return joined("review/main.js")


@cache
def _component() -> ComponentRenderer:
    """The component, registered once."""
    return st.components.v2.component(
        "imuhip_review", html=text("review/view.html"), css=style("review/view.css"), js=source()
    )
