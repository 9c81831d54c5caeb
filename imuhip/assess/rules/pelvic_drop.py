"""Pelvic drop: one side of the pelvis is lower. + is the right side."""

from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import LOADED, PROVISIONAL, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import OBLIQUITY, flexion_at, kept_level


def pelvic_drop(episode: Episode, limits: Limits, _context: Context) -> list[Seen]:
    """Obliquity against standing that is kept for a while; + where the right side is lower."""
    rows = slice(episode.start, episode.end + 1)
    obliquity = np.degrees(episode.rows.pelvis[rows, OBLIQUITY])
    seconds = 1e-3 * limits["pelvic_drop_ms"]
    right, right_row = kept_level(obliquity, seconds)
    left, left_row = kept_level(-obliquity, seconds)
    value, row = (right, right_row) if right >= left else (-left, left_row)
    row += episode.start
    sd = float(np.degrees(episode.rows.pelvis_sd[row, OBLIQUITY]))
    return [Seen("both", episode.number, value, sd, flexion_at(episode, row))]


RULE: Final = Rule(
    name="pelvic_drop",
    order=30,
    title="Pelvic drop",
    traits=LOADED,
    see=pelvic_drop,
    unit="deg",
    limit=Limit(5.0, 2.0, 20.0, "in common use for single-leg drop; provisional"),
    limits={"pelvic_drop_ms": Limit(200.0, 50.0, 2000.0, PROVISIONAL)},
    signed=True,
    of="the side that is lower",
    fault="weight_to_one_side",
    phrase=Phrase(name="pelvic drop", shown="pelvis drops by {value} on the {side} side"),
    definition="How far one side of the pelvis is lower than in standing, kept for 0.2 s.",
    error="covariance",
    good="Your pelvis stayed level.",
    lead="One side of your pelvis drops.",
    cues=(
        Cue("say", "push the floor away with both feet alike; keep the belt line level."),
        Cue("drill", "slow step-downs with a level pelvis, more of them on the weaker leg."),
    ),
)
