"""Pictures of a session's repetitions: rotation against flexion, and means over the way."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]

from dashboard.views.model import LIGHT, Palette
from dashboard.views.plot_colours import dressed
from dashboard.views.review import Rep, Review
from imuhip.assess.movements import MOVEMENTS
from imuhip.assess.waveforms import PHASES, over_phase, waveform
from imuhip.core.conventions import SIDES
from imuhip.core.records import Array
from imuhip.results.schemas import hip_column

MOST_PATHS: Final = 40
"""More lines than that are a blot."""

LEAST_BEND_DEG: Final = 30.0
"""Flexion is shown over so much at least: a hip that is held still looks still."""


def path_figure(review: Review, reps: Sequence[Rep], colours: Palette = LIGHT) -> go.Figure:
    """Rotation (y) against the bend of the hip (x), a line for each repetition and side."""
    figure = go.Figure()
    named = set[str]()
    for rep in reps[:MOST_PATHS]:
        side, rows = rep.key.side, review.rows(rep)
        figure.add_trace(go.Scatter(
            x=review.angles[hip_column("flexion", side)][rows][::_EACH],
            y=review.angles[hip_column("rotation", side)][rows][::_EACH],
            mode="lines", name=side, legendgroup=side, showlegend=side not in named,
            line={"color": colours.sides[side], "width": 2}, opacity=0.75,
            hovertemplate=f"{side}, set {rep.key.set}, rep {rep.key.repetition}<br>"
            "flexion %{x:.0f}°, rotation %{y:.0f}°<extra></extra>",
        ))  # fmt: skip
        named.add(side)
    _laid_out(figure, "Hip flexion, degrees", _ANGLE_TITLES["rotation"], colours)
    return figure.update_xaxes(range=_bends_shown(review, reps[:MOST_PATHS]))


def _bends_shown(review: Review, reps: Sequence[Rep]) -> list[float] | None:
    """The flexion that is shown: of a turn with the hip held still, more than its few degrees."""
    bends = [review.angles[hip_column("flexion", r.key.side)][review.rows(r)] for r in reps]
    known = np.concatenate([*bends, np.zeros(0)])
    known = known[np.isfinite(known)]
    if not len(known) or float(np.ptp(known)) >= LEAST_BEND_DEG:
        return None
    middle = float(np.min(known) + np.max(known)) / 2.0
    return [middle - LEAST_BEND_DEG / 2.0, middle + LEAST_BEND_DEG / 2.0]


def mean_figure(
    review: Review,
    reps: Sequence[Rep],
    angle: str = "rotation",
    lit: Sequence[Rep] = (),
    colours: Palette = LIGHT,
) -> go.Figure:
    """Mean ± one standard deviation of each side, over the repetitions of one movement.

    Parameters
    ----------
    reps
        That count, of one movement and direction.
    angle
        Of the hip.
    lit
        Repetitions to draw as lines of their own.
    colours
        Of the page.
    """
    figure = go.Figure()
    for side in SIDES:
        mine = [rep for rep in reps if rep.key.side == side]
        if not mine:
            continue
        curves = np.array([curve(review, rep, angle) for rep in mine])
        x = np.arange(curves.shape[1])
        colour = colours.sides[side]
        mean = waveform(curves)
        known = np.isfinite(mean.mean)
        edge = np.concatenate(((mean.mean + mean.sd)[known], (mean.mean - mean.sd)[known][::-1]))
        figure.add_trace(go.Scatter(
            x=np.concatenate((x[known], x[known][::-1])), y=edge, fill="toself", mode="none",
            fillcolor=_faded(colour), hoverinfo="skip", showlegend=False, legendgroup=side,
        ))  # fmt: skip
        figure.add_trace(go.Scatter(
            x=x, y=mean.mean, name=f"{side}, mean of {mean.repetitions}", legendgroup=side,
            mode="lines", line={"color": colour, "width": 3}, hovertemplate="%{y:.0f}°",
        ))  # fmt: skip
    for rep in lit:
        figure.add_trace(go.Scatter(
            y=curve(review, rep, angle), mode="lines", showlegend=False,
            line={"color": colours.sides[rep.key.side], "width": 1.5, "dash": "dot"},
            name=f"{rep.key.side} {rep.key.repetition}", hovertemplate="%{y:.0f}°",
        ))  # fmt: skip
    _laid_out(figure, "", _ANGLE_TITLES[angle], colours, hover="x unified")
    return figure.update_xaxes(**_phase_axis(reps))


def curve(review: Review, rep: Rep, angle: str) -> Array:
    """One repetition over 0 to 100 %.

    Of a squat or lunge down and up again, ``(2 P,)``, by the share of its deepest bend of the hip;
    of a turn ``(P,)``, by the share of its time.
    """
    side, rows = rep.key.side, review.rows(rep)
    values = review.angles[hip_column(angle, side)][rows]
    if by_depth(rep):
        bend = review.angles[hip_column("flexion", side)][rows]
        turn = min(max(review.row(rep.t_turn) - rows.start, 1), len(bend) - 2)
        down, up = over_phase(bend - bend[0], values, turn)
        return np.concatenate((down, up[::-1]))
    return np.interp(PHASES, np.linspace(0.0, 1.0, len(values)), values)


def by_depth(rep: Rep) -> bool:
    """Whether a repetition goes down and up again."""
    movement = MOVEMENTS.get(rep.key.movement)
    return movement is not None and movement.primary == "inclination" and rep.t_turn == rep.t_turn


def _phase_axis(reps: Sequence[Rep]) -> dict[str, Any]:
    if reps and by_depth(reps[0]):
        words = ["0 %", "50 %", "deepest", "50 %", "0 %"]
        return {
            "title_text": "Share of the deepest flexion, down and up again",
            "tickvals": [0, 50, 100.5, 151, 201],
            "ticktext": words,
        }
    return {"title_text": "Share of the time of the repetition, %"}


def _laid_out(
    figure: go.Figure, x: str, y: str, colours: Palette, hover: str = "closest"
) -> go.Figure:
    return dressed(
        figure,
        colours,
        height=420,
        margin={"l": 60, "r": 10, "t": 10, "b": 50},
        xaxis_title=x,
        yaxis_title=y,
        hovermode=hover,
        legend_orientation="h",
        legend_y=1.06,
    )


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


_EACH: Final = 2
"""Every second row is enough for a line on a screen."""

_ANGLE_TITLES: Final = {
    "rotation": "Rotation: in + / out −, degrees",
    "flexion": "Hip flexion, degrees",
    "adduction": "Adduction + / abduction −, degrees",
}
