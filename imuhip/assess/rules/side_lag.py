"""Side lag: one thigh moves later than the other. + where the right one is later."""

import math
from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import PROVISIONAL, SQUAT, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import LEFT, RIGHT, flexion_at
from imuhip.core.conventions import GRID_HZ
from imuhip.core.records import Array

_LAG_SD_MS: Final = 14.0
"""Each sensor's time is right to 10 ms (KINEMATICS 7.2)."""


_MOST_LAG_ROWS: Final = GRID_HZ // 2


def side_lag(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """How much later one thigh moves than the other, ms; + where the right one is later."""
    rows = slice(episode.start, episode.end + 1)
    rates = episode.rows.inclination_rate[rows]
    value = math.nan
    if np.isfinite(rates).all():
        value = 1e3 * _lag_s(rates[:, LEFT], rates[:, RIGHT])
    return [Seen("both", episode.number, value, _LAG_SD_MS, flexion_at(episode, episode.turn))]


def _lag_s(left: Array, right: Array) -> float:
    """Delay of `right`, by the peak of the cross-correlation and the parabola through it."""
    most = min(_MOST_LAG_ROWS, len(left) - 2)
    if most < 1:
        return math.nan
    full = np.correlate(right, left, "full")
    near = full[len(left) - 1 - most : len(left) + most]
    peak = int(np.argmax(near))
    if not 0 < peak < len(near) - 1:
        return math.nan  # legs do not lag so far; clocks that differ do
    before, at, after = near[peak - 1 : peak + 2]
    bend = before - 2.0 * at + after
    shift = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
    return (peak - most + float(shift)) / GRID_HZ


RULE: Final = Rule(
    name="side_lag",
    order=80,
    title="Side lag",
    traits=SQUAT,
    see=side_lag,
    unit="ms",
    limit=Limit(80.0, 20.0, 1000.0, PROVISIONAL),
    spread=15.0,
    signed=True,
    needs="gravity",
    of="the later one",
    fault="weight_to_one_side",
    phrase=Phrase(
        name="side lag",
        shown="{side} thigh moves {value} later than the {other}",
    ),
    definition="How much later one thigh moves than the other.",
    error="14 ms",
    good="Both legs moved together.",
    lead="One leg moves later than the other.",
    cues=(
        Cue("say", "start both knees at one signal: breathe in, hold, and go."),
        Cue("change", "three seconds down, in front of a mirror, both knees bending together."),
    ),
)
