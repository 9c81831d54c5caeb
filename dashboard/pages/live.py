"""How far does each thigh turn, now? The canvas draws itself; this script only mounts it."""

import streamlit as st

from dashboard.components.live import live_view

# The page is for reading from two metres: give the canvas the room that Streamlit leaves empty.
st.html(
    """<style>
    html .stMainBlockContainer { padding: 3.6rem 1rem 0.5rem 1rem; max-width: 100%; }
    </style>"""
)
live_view(key="live")
