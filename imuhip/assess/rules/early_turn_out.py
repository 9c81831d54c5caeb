"""Turning out early: a thigh turns out before it is half-way down, or is so in standing."""

import math
from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import (
    PROVISIONAL,
    SEATED_DEG,
    SQUAT,
    Cue,
    Limit,
    Limits,
    Phrase,
    Rule,
)
from imuhip.assess.skin import SKIN_FOLLOWS
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import FLEXION, ROTATION, at_rest, index_of, skin_sd
from imuhip.core.conventions import Side


def early_turn_out(episode: Episode, limits: Limits, context: Context) -> list[Seen]:
    """External rotation early on the way down against the rest before, the skin allowed for.

    Or how far the leg is turned out at that rest: against the calibration's standing, and with that
    standing's own where the mount is known exactly. Without that the thigh's axis is taken from the
    pelvis's in standing, which hides how far the feet are turned out there. `detail` is 1 where
    standing is known, else 0.
    """
    return [_turned_out(episode, side, limits, context) for side in episode.sides]


def _turned_out(episode: Episode, side: Side, limits: Limits, context: Context) -> Seen:
    k = index_of(side)
    rows = episode.rows
    descent = slice(episode.start, episode.turn + 1)
    rest = -at_rest(episode, rows.hip[:, k, ROTATION])
    out = (-np.degrees(rows.hip[descent, k, ROTATION]) - rest) / SKIN_FOLLOWS
    early = np.degrees(rows.inclination[descent, k]) < limits["early_turn_out_before_deg"]
    value, row = math.nan, episode.start
    if early.any() and np.isfinite(out[early]).all():
        picked = int(np.argmax(np.where(early, out, -np.inf)))
        value, row = float(out[picked]), episode.start + picked
    at = float(np.degrees(rows.hip[row, k, FLEXION]))
    own, at_first = np.degrees(rows.hip_sd[[row, episode.start], k, ROTATION]).tolist()
    sd = math.hypot(own / SKIN_FOLLOWS, skin_sd(value))
    limit, other = limits["early_turn_out_deg"], limits["standing_turn_out_deg"]
    standing = -float(np.degrees(context.standing[k, ROTATION]))
    known = f"given (thigh_{side})" in context.chain and math.isfinite(standing)
    stance = rest + standing if known else rest
    if stance >= other and not stance / other <= value / limit:
        value, limit, sd = stance, other, at_first
    return Seen(side, episode.number, value, sd, at, detail=float(known), limit=limit)


RULE: Final = Rule(
    name="early_turn_out",
    order=70,
    title="Turning out early",
    traits=SQUAT,
    see=early_turn_out,
    unit="deg",
    limit=Limit(10.0, 3.0, 45.0, PROVISIONAL),
    limits={
        "early_turn_out_before_deg": Limit(45.0, 20.0, 80.0, PROVISIONAL),
        "standing_turn_out_deg": Limit(20.0, 5.0, 60.0, PROVISIONAL),
    },
    of="each side",
    phrase=Phrase(
        name="{side} leg turning out early",
        shown="{side} thigh turns out by {value} before half-way down",
        unseen={0.0: "It is unknown how far the feet are turned out in standing."},
    ),
    definition="How far a thigh turns out from standing before it is half-way down.",
    error="covariance, and the skin",
    good="Your {side} thigh stayed in line on the way down.",
    lead="Your {side} thigh turns out early on the way down.",
    cues=(
        Cue("say", "{side} kneecap over the foot, and straight ahead until half-way down."),
        Cue(
            "change",
            "set both feet alike, a little less turned out, and go only as deep as they stay.",
        ),
        Cue(
            "drill", "seated knee-in turns for the {side} hip, the pelvis still.", at_deg=SEATED_DEG
        ),
    ),
)
