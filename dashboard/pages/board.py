"""How do all of them do, now? A card for each kit of sensors; the component draws itself."""

import streamlit as st

from dashboard.components.board import board_view
from dashboard.views.choosing import opened
from dashboard.views.kit import kits
from dashboard.views.sessions import athlete_title
from imuhip.core.errors import CatalogueError


def known_names() -> dict[str, str]:
    """Pseudonyms and how each is shown; none without a catalogue: the cards then show the ids."""
    try:
        with opened() as catalogue:
            return {each.id: athlete_title(each) for each in catalogue.athletes()}
    except CatalogueError as error:
        st.warning(f"The names are not known: {error}")
        return {}


st.html(
    """<style>
    html .stMainBlockContainer { padding: 3.6rem 1rem 0.5rem 1rem; max-width: 100%; }
    </style>"""
)
board_view(kits(), known_names(), key="board")
