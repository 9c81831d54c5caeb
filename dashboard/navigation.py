"""Which pages there are; Streamlit runs this script for every visit."""

from pathlib import Path

import streamlit as st

from dashboard.pages import PAGES
from dashboard.server.settings import settings_from_arguments
from dashboard.views.example import say_example
from dashboard.views.model import DARK
from dashboard.views.theme import palette

_HERE = Path(__file__).parent

_SEVERAL = len(settings_from_arguments().hubs) > 1
_LISTED = ("always", "with several kits") if _SEVERAL else ("always",)

_DARK = (
    '[data-testid="stBaseButton-primary"], [data-testid="stBaseButton-primaryFormSubmit"] '
    "{ color: #0e141b; }"
)

st.set_page_config(page_title="imuhip", page_icon=_HERE / "icon.svg", layout="wide")
# Streamlit keeps a hand's breadth free above each page, knows no gym colours, and hides from a
# keyboard where it is.
st.html(
    f"<style>:root {{ --imuhip-focus: {palette().text}; }}{_DARK if palette() is DARK else ''}"
    """
    html .stMainBlockContainer { padding-top: 4.4rem; padding-bottom: 3rem; }
    [data-testid="stCaptionContainer"] { color: inherit; opacity: .8; }
    [data-testid="stRadioOption"]:not([data-selected]) > div > div:first-child {
      border-color: color-mix(in srgb, currentColor 70%, transparent);
    }
    .stApp :is(a, button, summary, main, canvas, [tabindex="0"]):focus-visible,
    .stApp label:has(:is([type="radio"], [type="checkbox"]):focus-visible) {
      outline: 3px solid var(--imuhip-focus); outline-offset: 1px;
    }
    .stApp :is(main, canvas):focus-visible { outline-offset: -3px; }
    .stApp [data-testid="stElementToolbar"]:focus-within { opacity: 1; }
    html[data-imuhip-theme="gym"] { --imuhip-focus: #fff; }
    html[data-imuhip-theme="gym"] :is(.stApp, [data-testid="stHeader"]) { background: #000; }
    html[data-imuhip-theme="gym"] [data-testid="stHeader"] * { color: #fff; }
    html[data-imuhip-theme="gym"] [data-testid="stTopNavLink"] { background: transparent; }
    html[data-imuhip-theme="gym"] [data-testid="stTopNavLink"][aria-current="page"] {
      background: #2b333b;
    }
    </style>"""
)
page = st.navigation(
    [
        st.Page(
            _HERE / "pages" / f"{each.name}.py",
            title=each.title,
            icon=f":material/{each.icon}:",
            default=each is PAGES[0],
            visibility="visible" if each.listed in _LISTED else "hidden",
        )
        for each in PAGES
    ],
    position="top",
)
say_example()
page.run()
