"""The style of every Plotly picture: words, rules and hints in the page's own colours."""

from typing import Any

import plotly.graph_objects as go  # type: ignore[import-untyped]

from dashboard.views.model import Palette


def dressed(figure: go.Figure, colours: Palette, **layout: Any) -> go.Figure:
    """Lay a figure out in the colours of a page; Streamlit's own greys are too pale to read."""
    words = {"color": colours.text}
    axis = {
        "gridcolor": colours.line,
        "zerolinecolor": colours.line,
        "linecolor": colours.line,
        "tickfont": words,
        "title_font": words,
    }
    figure.update_layout(**layout)  # first: a title that is set takes its font away
    figure.update_layout(
        font=words,
        legend={"font": words},
        hoverlabel={"bgcolor": colours.ground, "font": words, "bordercolor": colours.line},
    )
    return figure.update_xaxes(**axis).update_yaxes(**axis)
