"""Pelvic twist: the pelvis turns to one side at the bottom. + is to the right."""

import math
from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import PROVISIONAL, SQUAT, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import (
    OBLIQUITY,
    TILT,
    TURN,
    TURN_CHANGE_SD_DEG,
    at_rest,
    at_turn,
    flexion_at,
)
from imuhip.core.records import Array


def pelvic_twist(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """Turn of the pelvis from standing to the bottom; + to the right."""
    value, sd = twist(episode)
    return [Seen("both", episode.number, value, sd, flexion_at(episode, episode.turn))]


def twist(episode: Episode) -> tuple[float, float]:
    """Turn of the pelvis to the right from rest to the bottom, and its error.

    A medio-lateral axis that is askew by ε turns with a tilt T: by ``ε (1 - cos T)`` here and by
    ``ε sin T`` in obliquity, so the error of that one tells this one's.
    """
    pelvis: Array = episode.rows.pelvis
    value = at_rest(episode, pelvis[:, TURN]) - at_turn(episode, pelvis[:, TURN])
    tilt = math.radians(at_turn(episode, pelvis[:, TILT]))
    askew = float(np.degrees(episode.rows.pelvis_sd[episode.turn, OBLIQUITY]))
    return value, math.hypot(TURN_CHANGE_SD_DEG, askew * math.tan(0.5 * abs(tilt)))


RULE: Final = Rule(
    name="pelvic_twist",
    order=50,
    title="Pelvic twist",
    traits=SQUAT,
    see=pelvic_twist,
    unit="deg",
    limit=Limit(5.0, 2.0, 30.0, PROVISIONAL),
    signed=True,
    of="the side it turns to",
    fault="weight_to_one_side",
    phrase=Phrase(name="pelvic twist", shown="pelvis twists to the {side} by {value}"),
    definition="How far the pelvis is turned at the bottom against the rest before.",
    error="0.3° and the askew axis: sd of obliquity · tan(tilt/2)",
    good="Your pelvis kept facing forward.",
    lead="Your pelvis twists at the bottom.",
    cues=(
        Cue("say", "keep the belt buckle pointing straight ahead all the way down."),
        Cue("drill", "train against the twist: carries on one side, Pallof presses, split squats."),
    ),
)
