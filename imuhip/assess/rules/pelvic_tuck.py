"""Pelvic tuck: the pelvis tips back at the bottom of a squat."""

import math
from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import SQUAT, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import TILT, TILT_CHANGE_SD_DEG, at_turn, flexion_at


def pelvic_tuck(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """Posterior tilt from the most anterior tilt of the descent to the bottom.

    `detail` is the hip flexion at its onset: where the pelvis was tilted most.
    """
    tilt = episode.rows.pelvis[:, TILT]
    descent = tilt[episode.start : episode.turn + 1]
    value, onset = math.nan, math.nan
    if np.isfinite(descent).all():
        row = episode.start + int(np.argmax(descent))
        value = float(np.degrees(tilt[row])) - at_turn(episode, tilt)
        onset = flexion_at(episode, row)
    at = flexion_at(episode, episode.turn)
    return [Seen("both", episode.number, value, TILT_CHANGE_SD_DEG, at, detail=onset)]


RULE: Final = Rule(
    name="pelvic_tuck",
    order=10,
    title="Pelvic tuck",
    traits=SQUAT,
    see=pelvic_tuck,
    unit="deg",
    limit=Limit(
        10.0,
        3.0,
        40.0,
        "definition: Applied Sciences 15:12526, 2025; cut-off provisional, some tuck is normal",
    ),
    needs="gravity",
    of="the whole body",
    phrase=Phrase(
        name="pelvic tuck",
        shown="pelvis tucks under by {value} at the bottom, from {detail} of hip flexion on",
    ),
    definition=(
        "How far the pelvis tips back from its most forward tilt on the way down to the bottom."
    ),
    error="0.7°",
    good="Your pelvis kept its tilt at the bottom of the squat.",
    lead="Your pelvis tucks under at the bottom.",
    cues=(
        Cue(
            "say",
            "stop just above {detail} of hip flexion, where the tuck begins; pause there, then "
            "come up.",
        ),
        Cue(
            "change",
            "try a slightly wider stance, or a small heel lift, and see if the tuck comes later.",
        ),
        Cue(
            "drill",
            "squat to a box just above {detail} of hip flexion with less load, and lower the box "
            "over the weeks.",
        ),
    ),
)
