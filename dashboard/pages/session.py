"""How did the angles run in a finished session? Reads what ``imuhip analyze`` wrote."""

from pathlib import Path

import plotly.graph_objects as go  # type: ignore[import-untyped]
import streamlit as st

from dashboard.settings import settings_from_arguments
from dashboard.view_model import (
    ANGLES_FILE,
    SIDE_COLOURS,
    TITLES,
    Traces,
    extremes,
    read_traces,
    thinned,
)
from imuhip.errors import ImuhipError


def main() -> None:
    """Draw the page."""
    st.header("Finished session")
    place = _chosen_folder(settings_from_arguments().results)
    if place is None:
        st.info("Choose a folder that `imuhip analyze RECORDING -o FOLDER` wrote.")
        return
    try:
        traces = read_traces(place)
    except ImuhipError as error:
        st.error(str(error))
        return
    _show_extremes(traces)
    shown = st.multiselect(
        "Angles", list(TITLES), default=list(TITLES)[:2], format_func=TITLES.__getitem__
    )
    for key in shown:
        st.plotly_chart(_figure(key, traces), key=key, config={"displaylogo": False})
    st.caption("Not a medical device. It informs a coach; it diagnoses and treats nothing.")


def _chosen_folder(results: Path | None) -> Path | None:
    """A folder from the list of results, or one that is typed in."""
    found = sorted(path.parent for path in results.glob(f"**/{ANGLES_FILE}")) if results else []
    listed = st.selectbox("Results", found, format_func=str) if found else None
    typed = st.text_input("Folder", placeholder="another folder with results")
    return Path(typed).expanduser() if typed else listed


def _show_extremes(traces: Traces) -> None:
    """Furthest rotation of each side, in big figures."""
    for column, (side, values) in zip(st.columns(2), extremes(traces).items(), strict=True):
        with column:
            st.subheader(f"{side.capitalize()} thigh")
            figures = (f"{word} {value:.0f}°" for word, value in values.items() if value == value)
            st.markdown("### " + (" · ".join(figures) or "–"))


def _figure(key: str, traces: Traces) -> go.Figure:
    """One angle over time, both sides."""
    figure = go.Figure()
    for series in traces.plots[key]:
        t, degrees = thinned(traces.t, series.degrees)
        line = {"color": SIDE_COLOURS.get(series.side, "#5B6770"), "width": 2}
        figure.add_trace(go.Scatter(x=t, y=degrees, name=series.name, line=line, mode="lines"))
    figure.update_layout(
        title=TITLES[key],
        height=320,
        margin={"l": 50, "r": 10, "t": 40, "b": 40},
        xaxis_title="s",
        yaxis_title="degrees",
        hovermode="x unified",
    )
    return figure


main()
