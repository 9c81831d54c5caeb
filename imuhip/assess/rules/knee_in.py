"""Knee in: a thigh falls in and turns in, of each side."""

import math
from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import LOADED, PROVISIONAL, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import (
    ADDUCTION,
    FLEXION,
    ROTATION,
    SKIN_FOLLOWS,
    index_of,
    kept_level,
    path_at,
    skin_sd,
)
from imuhip.core.conventions import Side

_PATH_SD_DEG: Final = 0.8


_PATH_SHARE: Final = 0.15
"""Error of a path against itself within one repetition: noise and shaking skin, and the part of the
calibration's error that does not cancel because the pelvis leans otherwise on the way up."""


def knee_in(episode: Episode, limits: Limits, _context: Context) -> list[Seen]:
    """Adduction and internal rotation that rise together on the way up.

    Both against the way down at the same inclination of that thigh: the level that both keep, the
    skin allowed for.
    """
    return [_knee_in(episode, side, 1e-3 * limits["knee_in_ms"]) for side in episode.sides]


def _knee_in(episode: Episode, side: Side, seconds: float) -> Seen:
    k = index_of(side)
    inclination = episode.rows.inclination[:, k]
    hip = np.degrees(episode.rows.hip[:, k])
    down = slice(episode.start, episode.turn + 1)
    up = slice(episode.turn, episode.end + 1)
    adducted, turned = (
        hip[up, angle] - path_at(inclination[down], hip[down, angle], inclination[up])
        for angle in (ADDUCTION, ROTATION)
    )
    level, row = kept_level(np.minimum(adducted, turned / SKIN_FOLLOWS), seconds)
    row += episode.turn
    own = float(np.degrees(episode.rows.hip_sd[row, k, ROTATION]))
    sd = math.hypot(_PATH_SD_DEG, _PATH_SHARE * own, skin_sd(level))
    return Seen(side, episode.number, level, sd, float(hip[row, FLEXION]))


RULE: Final = Rule(
    name="knee_in",
    order=60,
    title="Knee in",
    traits=LOADED,
    see=knee_in,
    unit="deg",
    limit=Limit(
        5.0, 2.0, 30.0, "provisional; hip rotation told valgus ratings apart in PMID 29204327"
    ),
    limits={"knee_in_ms": Limit(150.0, 50.0, 2000.0, PROVISIONAL)},
    of="each side",
    phrase=Phrase(
        name="{side} knee in",
        shown="{side} thigh falls in by {value} on the way up, adduction and rotation together",
    ),
    definition=(
        "How much further in and turned in a thigh is on the way up than at the same depth on "
        "the way down, kept for 0.15 s."
    ),
    error="0.8°, 15 % of the rotation's covariance, and the skin",
    good="Your {side} thigh held its line on the way up.",
    lead="Your {side} thigh falls in on the way up.",
    cues=(
        Cue("say", "{side} knee out over the toes as you drive up."),
        Cue("change", "a light band around the knees, less load, and a slow way up."),
        Cue(
            "drill",
            "clamshells for the {side} hip before squatting: activation, then load.",
            at_deg=45.0,
        ),
    ),
)
