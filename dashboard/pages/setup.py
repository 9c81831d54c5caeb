"""Are the sensors on, and right? The component does it; this script mounts it."""

import streamlit as st

from dashboard.components.setup import setup_view
from dashboard.views.choosing import opened, who_trains
from dashboard.views.sessions import athlete_title, squads_of
from imuhip.catalogue.entities import Athlete
from imuhip.core.errors import CatalogueError


def known_people() -> tuple[tuple[Athlete, ...], tuple[str, ...]]:
    """Athletes and testers to offer; a sentence without a catalogue: recording still works."""
    try:
        with opened() as catalogue:
            return catalogue.athletes(), catalogue.testers()
    except CatalogueError as error:
        st.warning(f"The athletes cannot be offered: {error}")
        return (), ()


st.html(
    """<style>
    html .stMainBlockContainer { padding: 3.6rem 1rem 0.5rem 1rem; max-width: 100%; }
    </style>"""
)
athletes, testers = known_people()
athlete, queue = who_trains()
setup_view(
    key="setup",
    athletes={each.id: athlete_title(each) for each in athletes},
    testers=testers,
    squads=squads_of(athletes),
    consents={each.id: each.consent for each in athletes},
    athlete=athlete,
    queue=queue,
)
