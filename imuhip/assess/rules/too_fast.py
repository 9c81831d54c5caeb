"""Too fast to learn from: turns that are thrown instead of turned."""

import math
from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import PIVOT, TABLE, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import flexion_at, index_of

_SPEED_SD: Final = 5.0
"""Error of a peak rate of the gyroscope on moving skin, degrees per second."""


def _too_fast(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """Peak rate of the turn."""
    side = episode.sides[0]
    turns = episode.movement.primary == "heading"
    rate = (episode.rows.heading_rate if turns else episode.rows.axial_rate)[:, index_of(side)]
    part = rate[episode.start : episode.end + 1]
    value = float(np.degrees(np.abs(part).max())) if np.isfinite(part).all() else math.nan
    return [Seen(side, episode.number, value, _SPEED_SD, flexion_at(episode, episode.turn))]


RULE: Final = Rule(
    name="too_fast",
    order=130,
    title="Too fast to learn from",
    traits=TABLE | PIVOT,
    see=_too_fast,
    unit="deg_s",
    limit=Limit(150.0, 30.0, 1000.0, "provisional; coaches ask for slow and smooth turns"),
    spread=15.0,
    needs="nothing",
    of="each side",
    phrase=Phrase(
        name="speed of the {side} turns",
        shown="{side} turns reach {value}: too fast to learn from",
    ),
    definition="Greatest rate of the thigh's turn in a repetition.",
    error="5°/s",
    good="Your {side} turns were slow enough to learn from.",
    lead="Your {side} turns are too fast to learn from.",
    cues=(
        Cue("say", "take three seconds out and three seconds back, with a pause at the end."),
        Cue("change", "halve the range and count aloud."),
    ),
)
