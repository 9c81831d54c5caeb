"""Pelvis follows the pivot: the pelvis gives what the hip should."""

import math
from typing import Final

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import PIVOT, PROVISIONAL, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.skin import SKIN_FOLLOWS, SKIN_SD
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import (
    ROTATION,
    TURN,
    TURN_CHANGE_SD_DEG,
    change_deg,
    flexion_at,
    index_of,
)
from imuhip.core.conventions import HIP_SIGNS


def pelvis_follows_pivot(episode: Episode, limits: Limits, _context: Context) -> list[Seen]:
    """Share of a pivot, per cent, that the pelvis gives instead of the hip.

    ``1 - ΔIR / Δ(turn of the thigh)``, from the rest before to the end of the turn. The skin
    follows the bone's rotation by somewhere between 60 % and all of it, which makes the hip's part
    look small: its middle is taken, and the doubt is part of the error. (The measure ``hip_share``
    is as seen at the skin.) A pivot that turned too little is not judged, and one in which the
    pelvis turned less than its limit stays below this one.
    """
    side = episode.sides[0]
    k = index_of(side)
    rows = episode.rows
    turned = HIP_SIGNS[side][2] * change_deg(episode, rows.heading[:, k])
    hip = change_deg(episode, rows.hip[:, k, ROTATION])
    pelvis = abs(change_deg(episode, rows.pelvis[:, TURN]))
    number, at = episode.number, flexion_at(episode, episode.end)
    if not abs(turned) >= limits["pivot_turn_deg"]:
        return [Seen(side, number, math.nan, math.nan, at)]
    bone = hip / SKIN_FOLLOWS
    whole = bone + turned - hip
    share = bone / whole
    value = 100.0 * (1.0 - share)
    if pelvis < limits["pivot_pelvis_deg"]:
        least = limits["pelvis_follows_pivot_percent"] / limits["pivot_pelvis_deg"]
        value = min(value, least * pelvis)
    chance = math.hypot(1.0, share) * TURN_CHANGE_SD_DEG / abs(whole)
    skin = share * (1.0 - share) * SKIN_SD / SKIN_FOLLOWS
    return [Seen(side, number, value, 100.0 * math.hypot(chance, skin), at)]


RULE: Final = Rule(
    name="pelvis_follows_pivot",
    order=110,
    title="Pelvis follows the pivot",
    traits=PIVOT,
    see=pelvis_follows_pivot,
    unit="percent",
    limit=Limit(25.0, 5.0, 90.0, PROVISIONAL),
    limits={
        "pivot_turn_deg": Limit(10.0, 5.0, 45.0, PROVISIONAL),
        "pivot_pelvis_deg": Limit(5.0, 2.0, 30.0, PROVISIONAL),
    },
    spread=5.0,
    needs="gravity",
    of="each side",
    phrase=Phrase(
        name="pelvis in {side} pivots",
        shown="pelvis makes {value} of the {side} leg's pivot, allowing for skin",
    ),
    definition=(
        "The part of a pivot's turn that the pelvis gave instead of the hip, the skin allowed for."
    ),
    error="0.3° over the turn, and the skin",
    good="In pivots on the {side} leg, the turn came from the hip.",
    lead="In pivots on the {side} leg, the pelvis comes along.",
    cues=(
        Cue(
            "say", "pelvis square and still; turn {side} foot and kneecap together, from the thigh."
        ),
        Cue(
            "change",
            "turn the {side} leg only as far as the pelvis stays; pause at that limit, come back.",
        ),
        Cue(
            "drill",
            "slow pivots of the {side} leg with the hands on the hip bones, only as far as these "
            "stay still.",
        ),
    ),
)
