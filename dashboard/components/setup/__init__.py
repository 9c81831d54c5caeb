"""The set-up view: sensors, calibration and a moving figure, in a component that draws itself.

It shares the live page's stream and steering (`components.live`): the same files, not copies.
"""

from collections.abc import Mapping, Sequence
from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.components.modules import joined, style, text
from dashboard.views.kit import chosen_kit, stream_of
from imuhip.assess.movements import MOVEMENTS
from imuhip.assess.profiles import GOALS


def setup_view(
    *,
    key: str,
    athletes: Mapping[str, str] = {},
    testers: Sequence[str] = (),
    squads: Mapping[str, Sequence[str]] = {},
    consents: Mapping[str, str] = {},
    athlete: str = "",
    queue: Sequence[str] = (),
) -> None:
    """Mount the set-up view.

    Parameters
    ----------
    key
        Names the place on the page; the same one keeps the view over reruns of a kit.
    athletes
        Pseudonyms to offer, and how each is shown.
    testers
        Names to offer for who tests.
    squads
        Name to the pseudonyms of those who train, in their order.
    consents
        Pseudonym to ``given``, ``withdrawn`` or ``none``.
    athlete
        Who trains; whom the browser remembers when empty.
    queue
        Who trains after that on the same sensors.
    """
    goals = {goal: goal.replace("_", " ") for goal in GOALS}
    movements = {each.name: each.title for each in MOVEMENTS.values()}
    kit = chosen_kit()
    data = {
        **stream_of(kit),
        "athletes": dict(athletes),
        "testers": list(testers),
        "squads": {name: list(ids) for name, ids in squads.items()},
        "consents": dict(consents),
        "athlete": athlete,
        "queue": list(queue),
        "goals": goals,
        "movements": movements,
    }
    _component()(key=f"{key}-{kit}", data=data, height="content")


def source() -> str:
    """Return the component's JavaScript as one module."""
    return joined("setup/main.js")


@cache
def _component() -> ComponentRenderer:
    """The component, registered once."""
    css = style("setup/view.css") + text("live/fields.css")
    html = text("setup/view.html")
    return st.components.v2.component("imuhip_setup", html=html, css=css, js=source())
