"""Depth left against right: one thigh goes deeper. + is the right one."""

import math
from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import PROVISIONAL, SQUAT, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import INCLINATION_SD_DEG, LEFT, RIGHT, flexion_at


def depth_difference(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """How much deeper one thigh goes, each at its own deepest; + the right one."""
    inclination = np.degrees(episode.rows.inclination[episode.start : episode.end + 1])
    deepest = inclination.max(axis=0)
    value = float(deepest[RIGHT] - deepest[LEFT])
    sd = math.sqrt(2.0) * INCLINATION_SD_DEG
    return [Seen("both", episode.number, value, sd, flexion_at(episode, episode.turn))]


RULE: Final = Rule(
    name="depth_difference",
    order=90,
    title="Depth left against right",
    traits=SQUAT,
    see=depth_difference,
    unit="deg",
    limit=Limit(5.0, 2.0, 30.0, PROVISIONAL),
    signed=True,
    needs="gravity",
    of="the deeper one",
    fault="weight_to_one_side",
    phrase=Phrase(
        name="depth left against right",
        shown="{side} thigh goes {value} deeper than the {other}",
    ),
    definition="How much deeper one thigh goes than the other.",
    error="1.0° a side",
    good="Both thighs went equally deep.",
    lead="One thigh goes deeper than the other.",
    cues=(
        Cue(
            "say",
            "squat to a box at the height of the {other} thigh, so that both arrive together.",
        ),
        Cue(
            "drill",
            "goblet squats with the weight in the middle; single-leg work for the {other} leg.",
        ),
    ),
)
