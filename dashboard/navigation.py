"""Which pages there are; Streamlit runs this script for every visit."""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

st.set_page_config(page_title="imuhip", page_icon=_HERE / "icon.svg", layout="wide")
st.navigation(
    [
        st.Page(_HERE / "pages" / "setup.py", title="Set up", icon=":material/checklist:"),
        st.Page(_HERE / "pages" / "live.py", title="Live", icon=":material/sensors:", default=True),
        st.Page(_HERE / "pages" / "review.py", title="Review", icon=":material/timeline:"),
        st.Page(_HERE / "pages" / "progress.py", title="Progress", icon=":material/trending_up:"),
        st.Page(_HERE / "pages" / "compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page(_HERE / "pages" / "report.py", title="Report", icon=":material/description:"),
        st.Page(_HERE / "pages" / "athletes.py", title="Athletes", icon=":material/groups:"),
    ],
    position="top",
).run()
