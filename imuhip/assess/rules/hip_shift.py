"""Hip shift: the hips go to one side at the bottom. + is to the right."""

import math
from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.pelvic_twist import twist
from imuhip.assess.rules.record import SQUAT, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.symmetry import Z95
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import INCLINATION_SD_DEG, LEFT, OBLIQUITY, RIGHT, at_turn, flexion_at


def hip_shift(episode: Episode, limits: Limits, _context: Context) -> list[Seen]:
    """A shift to one side, by its proxies: two of three that agree, and none against them.

    Where the weight goes, the pelvis is lower, the thigh deeper, and the hip further back. The
    value is the smaller of the two largest; each must be beyond its own detectable change.
    """
    rows = episode.rows
    sd = float(np.degrees(rows.pelvis_sd[episode.turn, OBLIQUITY]))
    drop = (at_turn(episode, rows.pelvis[:, OBLIQUITY]), sd)
    deep = (
        at_turn(episode, rows.inclination[:, RIGHT]) - at_turn(episode, rows.inclination[:, LEFT]),
        math.sqrt(2.0) * INCLINATION_SD_DEG,
    )
    signs = (drop, deep, twist(episode))
    at = flexion_at(episode, episode.turn)
    if not all(math.isfinite(number) for pair in signs for number in pair):
        return [Seen("both", episode.number, math.nan, math.nan, at)]
    best = max((_agreeing(signs, sign, limits["hip_shift_deg"]) for sign in (1.0, -1.0)), key=_size)
    return [Seen("both", episode.number, best[0], best[1], at)]


def _agreeing(
    signs: tuple[tuple[float, float], ...], sign: float, limit: float
) -> tuple[float, float]:
    """The second largest proxy on one side, signed, and its error; 0 where one is against it.

    The error of a 0 is the middle one: two proxies that are known not to agree rule a shift out,
    one alone does not.
    """
    ranked = sorted(((sign * value, sd) for value, sd in signs), reverse=True)
    (_, _), (value, sd), (least, least_sd) = ranked
    against = least < -max(limit, Z95 * least_sd)
    hidden = any(v < Z95 * s for v, s in ranked[:2])
    if against or hidden or value <= 0.0:
        return 0.0, sorted(sd for _, sd in signs)[1]
    return sign * value, sd


def _size(pair: tuple[float, float]) -> float:
    return abs(pair[0])


RULE: Final = Rule(
    name="hip_shift",
    order=40,
    title="Hip shift",
    traits=SQUAT,
    see=hip_shift,
    unit="deg",
    limit=Limit(3.0, 1.0, 20.0, "provisional; never below the detectable change"),
    signed=True,
    of="the side shifted to",
    fault="weight_to_one_side",
    phrase=Phrase(
        name="hip shift",
        shown="hips shift {side} at the bottom ({value} or more)",
    ),
    definition=(
        "Pelvis list, depth of the thighs and twist at the bottom: the second largest of those "
        "that point to the same side."
    ),
    error="that sign's",
    good="You stayed in the middle at the bottom.",
    lead="Your hips shift to one side at the bottom.",
    cues=(
        Cue(
            "say",
            "pause at the bottom, bring the weight back to the middle, and stand up from there.",
        ),
        Cue(
            "drill", "give the {other} leg work of its own: split squats, step-ups, lateral lunges."
        ),
        Cue("change", "use less load until the hips stay in the middle."),
    ),
)
