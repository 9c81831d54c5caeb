"""Knee in: a thigh falls in and turns in, of each side."""

import math
from itertools import pairwise
from typing import Final

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import LOADED, PROVISIONAL, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.skin import SKIN_FOLLOWS
from imuhip.assess.verdicts import SURE_ENOUGH, Seen, chance_beyond
from imuhip.assess.windows import (
    ADDUCTION,
    FLEXION,
    ROTATION,
    index_of,
    kept_level,
    path_at,
    skin_sd,
)
from imuhip.core.conventions import SIDES, Side
from imuhip.core.records import Array

ON_THE_WAY_UP, ALL_THE_WAY = 0.0, 1.0
"""What `detail` says: where the thigh falls in."""

_NEARLY_IN_DEG: Final = -3.0
"""Against the other side a thigh counts from so near its own neutral on."""

_PATH_SD_DEG: Final = 0.8


_PATH_SHARE: Final = 0.15
"""Error of a path against itself within one repetition: noise and shaking skin, and the part of the
calibration's error that does not cancel because the pelvis leans otherwise on the way up."""


def knee_in(episode: Episode, limits: Limits, _context: Context) -> list[Seen]:
    """Adduction and internal rotation together: on the way up, or all the way.

    On the way up both count against the way down at the same inclination of that thigh. Who falls
    in from the start to the end has no such way: that counts against the athlete's neutral and,
    where both legs load, against the other side. What is surest to reach the limit speaks; the
    level is the one that both angles keep, the skin allowed for.
    """
    seconds, limit = 1e-3 * limits["knee_in_ms"], limits["knee_in_deg"]
    found = []
    for side in episode.sides:
        shown = [_knee_in(episode, side, seconds)]
        whole = (_from_neutral(episode, side), _from_the_other(episode, side))
        known = [each for each in whole if each is not None]
        shown += [
            each for each in known if chance_beyond(each.value, each.sd, limit) >= SURE_ENOUGH
        ]
        found.append(max(shown, key=lambda each: chance_beyond(each.value, each.sd, limit)))
    return found


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
    return Seen(side, episode.number, level, sd, float(hip[row, FLEXION]), detail=ON_THE_WAY_UP)


def _from_neutral(episode: Episode, side: Side) -> Seen | None:
    """What adduction and rotation keep of the athlete's neutral, down, at the bottom and up."""
    k = index_of(side)
    hip = np.degrees(episode.rows.hip[:, k])
    level, row = _kept_all_the_way(episode, hip[:, ADDUCTION], hip[:, ROTATION])
    errors = np.degrees(episode.rows.hip_sd[row, k])
    worst = max(float(errors[ADDUCTION]), float(errors[ROTATION]) / SKIN_FOLLOWS)
    return _all_the_way(episode, side, level, worst, row)


def _from_the_other(episode: Episode, side: Side) -> Seen | None:
    """The same against the other thigh, where both legs load."""
    if len(episode.sides) < len(SIDES):
        return None
    k = index_of(side)
    apart = np.degrees(episode.rows.hip[:, k] - episode.rows.hip[:, 1 - k])
    level, row = _kept_all_the_way(episode, apart[:, ADDUCTION], apart[:, ROTATION])
    sd, cov = episode.rows.hip_sd[row], episode.rows.hip_cov[row]
    variance = sd[0] ** 2 + sd[1] ** 2 - 2.0 * cov
    errors = np.degrees(np.sqrt(np.where(variance >= 0.0, variance, np.nan)))
    worst = max(float(errors[ADDUCTION]), float(errors[ROTATION]) / SKIN_FOLLOWS)
    # A thigh that is turned out less than the other one is not in: it has to be so by itself.
    own = np.degrees(episode.rows.hip[row, k])
    if not (own[ADDUCTION] > _NEARLY_IN_DEG and own[ROTATION] > _NEARLY_IN_DEG):
        return None
    return _all_the_way(episode, side, level, worst, row)


def _kept_all_the_way(episode: Episode, adducted: Array, turned: Array) -> tuple[float, int]:
    """The level that both keep in each of descent, bottom and ascent, and the row of the least.

    Of a phase the middle counts: near standing nothing has gone anywhere yet.
    """
    both = np.minimum(adducted, turned / SKIN_FOLLOWS)
    half = 0.5 * episode.rows.inclination[episode.turn].max()
    deep = (episode.rows.inclination >= half).all(axis=1)
    edges = (episode.start, episode.turn_start, episode.turn_stop, episode.end + 1)
    found = []
    for first, stop in pairwise(edges):
        rows = first + np.flatnonzero(deep[first:stop])
        levels = np.sort(both[rows])
        if not len(rows) or not np.isfinite(levels).all():
            return math.nan, episode.turn
        middle = len(rows) // 2
        level = 0.5 * float(levels[(len(rows) - 1) // 2] + levels[middle])
        found.append((level, int(rows[middle])))
    return min(found)


def _all_the_way(episode: Episode, side: Side, level: float, error: float, row: int) -> Seen | None:
    if not (math.isfinite(level) and math.isfinite(error)):
        return None
    sd = math.hypot(error, skin_sd(level))
    at = math.degrees(float(episode.rows.hip[row, index_of(side), FLEXION]))
    return Seen(side, episode.number, level, sd, at, detail=ALL_THE_WAY)


RULE: Final = Rule(
    name="knee_in",
    order=60,
    title="Knee in",
    traits=LOADED,
    see=knee_in,
    unit="deg",
    limit=Limit(
        5.0, 2.0, 30.0, "provisional; hip rotation separated valgus ratings in PMID 29204327"
    ),
    limits={"knee_in_ms": Limit(150.0, 50.0, 2000.0, PROVISIONAL)},
    of="each side",
    phrase=Phrase(
        name="{side} knee in",
        shown={
            ON_THE_WAY_UP: "{side} thigh falls in by {value} on the way up, adduction and rotation "
            "together",
            ALL_THE_WAY: (
                "{side} thigh stays in by {value} all the way, adduction and rotation together"
            ),
        },
    ),
    definition=(
        "How much further in and turned in a thigh is on the way up than at the same depth on "
        "the way down, kept for 0.15 s; or than neutral or the other thigh all the way."
    ),
    error="0.8°, 15 % of the rotation's covariance, and the skin; all the way: covariance, skin",
    good="Your {side} thigh held its line.",
    lead="Your {side} thigh falls in.",
    cues=(
        Cue("say", "{side} knee out over the toes, down and up."),
        Cue("change", "a light band around the knees, less load, and a slow way up."),
        Cue(
            "drill",
            "clamshells for the {side} hip before squatting: activation, then load.",
            at_deg=45.0,
        ),
    ),
)
