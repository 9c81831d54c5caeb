"""The start page's watch on the collector: a component without a picture.

A fragment that runs every two seconds would do the same, but its next run cuts off the page that a
button has just switched to, which then stays empty.
"""

from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.components.modules import joined
from dashboard.views.kit import stream_of


def watch(shown: str, kit: int, *, key: str) -> None:
    """Run the page again when the collector says something else.

    Parameters
    ----------
    shown
        What the page shows of it, as `views.start.shown_of` returned it.
    kit
        The kit that the page is about.
    key
        Names the place on the page.
    """
    data = {**stream_of(kit), "shown": shown}
    _component()(key=f"{key}-{kit}", data=data, height="content", on_changed_change=_run_again)


def _run_again() -> None:
    """The run itself is what was asked for."""


def source() -> str:
    """Return the component's JavaScript as one module."""
    return joined("start/main.js")


@cache
def _component() -> ComponentRenderer:
    """The component, registered once."""
    html = '<i class="watch" hidden></i>'
    return st.components.v2.component("imuhip_start", html=html, js=source())
