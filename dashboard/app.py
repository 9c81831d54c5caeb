"""The dashboard's server: Streamlit's pages, and the live stream beside them.

Started by ``streamlit run app.py -- --hub ws://…`` (`launch.dashboard_command` builds the whole
line). Live data never pass through a Streamlit script: the page's canvas reads `/imu/live` itself.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute

from dashboard.relay import Relay
from dashboard.settings import settings_from_arguments
from imuhip.collect.guard import Guard

app = st.App(
    Path(__file__).with_name("navigation.py"),
    routes=[WebSocketRoute("/imu/live", Relay(settings_from_arguments().hub).serve)],
    middleware=[Middleware(Guard)],
)
