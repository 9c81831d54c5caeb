"""A phone in the pocket: start, stop, pain, a mark, the next set's load; nothing else."""

import streamlit as st

from dashboard.components.live import live_view

st.html(
    """<style>
    html .stMainBlockContainer { padding: 3.6rem 1rem 0.5rem 1rem; max-width: 100%; }
    </style>"""
)
live_view(key="remote", remote=True)
