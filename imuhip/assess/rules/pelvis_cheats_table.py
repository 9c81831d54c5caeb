"""Pelvis moves in a table test: it adds what the hip does not have."""

import math
from typing import Final

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import TABLE, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import OBLIQUITY, TILT, change_deg, flexion_at

_PELVIS_CHANGE_SD_DEG: Final = 0.5
"""Obliquity and tilt change by gravity alone, within seconds."""


def pelvis_cheats_table(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """Obliquity or tilt of the pelvis that changes up to the end range, whichever is more."""
    pelvis = episode.rows.pelvis
    changes = [abs(change_deg(episode, pelvis[:, angle])) for angle in (OBLIQUITY, TILT)]
    value = max(changes) if all(math.isfinite(c) for c in changes) else math.nan
    at = flexion_at(episode, episode.turn)
    return [Seen(episode.sides[0], episode.number, value, _PELVIS_CHANGE_SD_DEG, at)]


RULE: Final = Rule(
    name="pelvis_cheats_table",
    order=120,
    title="Pelvis moves in the table test",
    traits=TABLE,
    see=pelvis_cheats_table,
    unit="deg",
    limit=Limit(
        5.0,
        2.0,
        30.0,
        "provisional; pelvis motion inflates goniometry, BMC Musculoskelet Disord 11:194, 2010",
    ),
    needs="gravity",
    of="the side tested",
    phrase=Phrase(
        name="pelvis in the {side} table test",
        shown="pelvis moves by {value} up to the end range of the {side} hip",
    ),
    definition="How far the pelvis moves up to the end range of a table test.",
    error="0.5°",
    good="Your pelvis kept still while the {side} hip was tested.",
    lead="Your pelvis moves while the {side} hip is tested.",
    cues=(
        Cue(
            "say", "keep the pelvis heavy and still; stop the {side} turn where it begins to move."
        ),
        Cue("change", "a smaller and slower arc, with a hand or a belt on the pelvis."),
    ),
)
