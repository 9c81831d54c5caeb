"""The dashboard's server: Streamlit's pages, and the live stream and its steering beside them.

Started by ``streamlit run app.py -- --hub ws://…`` (`imuhip.live.dashboard` builds the whole
line). Live data never pass through a Streamlit script, nor its process: the page's canvas reads
them from the relay.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.runtime.pages_manager import PagesManager

from dashboard.server.consent import consent_route
from dashboard.server.front import Front, page_of
from dashboard.server.goals import goals_route
from dashboard.server.kits import prefixes_of
from dashboard.server.relay import relay_routes
from dashboard.server.rest import Rest
from dashboard.server.samples import SAMPLES
from dashboard.server.settings import settings_from_arguments
from dashboard.server.startup import lifespan, stream_addresses
from dashboard.server.steering import Steering
from dashboard.server.token_check import Policy, TokenCheck
from imuhip.live.access import LOOPBACK_HOSTS, OriginCheck

_settings = settings_from_arguments()
_static = Path(st.__file__).with_name("static")
_page = page_of((_static / "index.html").read_text(encoding="utf-8"), _static)

# A folder "pages" would make Streamlit run a page alone, without our navigation, when it is the
# first that anybody asks for.
PagesManager.uses_pages_directory = False


def _of_each_kit() -> Iterator[Route]:
    """What a page asks beside the stream, below the addresses of its kit."""
    for prefix, hub in prefixes_of(_settings.hubs):
        yield from Steering(hub, prefix).routes()
        yield goals_route(_settings.catalogue, prefix)
        yield consent_route(_settings.catalogue, prefix)


app = st.App(
    Path(__file__).with_name("navigation.py"),
    routes=[
        *relay_routes(_settings.hubs),
        *_of_each_kit(),
        *SAMPLES.routes(),
        *Rest(_settings.catalogue).routes(),
    ],
    lifespan=lifespan,
    middleware=[
        Middleware(Policy, page=_page, streams=stream_addresses(_settings)),
        Middleware(OriginCheck, hosts=LOOPBACK_HOSTS | _settings.hosts),
        Middleware(TokenCheck, token=_settings.token()),
        Middleware(Front, page=_page, static=_static),
    ],
)
