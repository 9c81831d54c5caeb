"""Are the sensors on, and right? The component does it; this script only mounts it."""

import streamlit as st

from dashboard.setup_view import setup_view

st.html(
    """<style>
    .stMainBlockContainer { padding: 3.6rem 1rem 0.5rem 1rem; max-width: 100%; }
    </style>"""
)
setup_view(key="setup")
