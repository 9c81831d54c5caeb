"""Pelvis turns in a hold: what pulls at the body turns it, in carries and presses."""

import math
from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import PROVISIONAL, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import TURN, flexion_at, kept_level
from imuhip.core.conventions import GRID_HZ

_SMOOTH_S: Final = 1.0
"""Steps of a carry turn the pelvis to and fro within a second: they are no twist."""

_KEPT_S: Final = 0.5

_TURN_SD_DEG: Final = 1.0
"""Error of a turn within a hold of a minute: heading by the gyroscope."""


def _turns(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """How far the pelvis turns from where it mostly faces, and stays there."""
    turned = np.degrees(episode.rows.pelvis[episode.start : episode.end + 1, TURN])
    value = math.nan
    wide = round(_SMOOTH_S * GRID_HZ)
    if np.isfinite(turned).all() and len(turned) > wide:
        calm = np.convolve(turned, np.full(wide, 1.0 / wide), mode="valid")
        value, _ = kept_level(np.abs(calm - np.median(calm)), _KEPT_S)
    return [Seen("both", episode.number, value, _TURN_SD_DEG, flexion_at(episode, episode.turn))]


RULE: Final = Rule(
    name="pelvis_turns_in_hold",
    order=115,
    title="Pelvis turns in the hold",
    traits=frozenset({"resists_twist"}),
    see=_turns,
    unit="deg",
    limit=Limit(5.0, 2.0, 45.0, PROVISIONAL),
    needs="gravity",
    of="the whole body",
    phrase=Phrase(
        name="pelvis in the hold",
        shown="pelvis turns by {value} while it should face forward",
        counts=False,
    ),
    definition="How far the pelvis turns, steps left out, from where it mostly faces in a hold.",
    error="1.0°",
    good="Your pelvis kept facing forward against the pull.",
    lead="Your pelvis gives way to the pull.",
    cues=(
        Cue("say", "belt buckle straight ahead; breathe out and let nothing turn you."),
        Cue("change", "less load or a lighter band, feet a little wider."),
        Cue("drill", "half-kneeling presses, ten seconds a side, before standing ones."),
    ),
)
