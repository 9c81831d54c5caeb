"""Rules about the pelvis in squats and lunges: each says what one repetition shows.

Signs: + is to the right, so an obliquity with the right side lower, a turn to the right (against
the angle's own sign), a shift to the right.
"""

import math

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.limits import Limits
from imuhip.assess.symmetry import Z95
from imuhip.assess.verdicts import Seen
from imuhip.assess.windows import (
    INCLINATION_SD_DEG,
    LEFT,
    OBLIQUITY,
    RIGHT,
    TILT,
    TILT_CHANGE_SD_DEG,
    TURN,
    TURN_CHANGE_SD_DEG,
    at_rest,
    at_turn,
    flexion_at,
    inclination_deg,
    kept_level,
)
from imuhip.core.records import Array


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


def over_arching(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """Rise of the anterior tilt in the first third of the way down, by inclination."""
    tilt = np.degrees(episode.rows.pelvis[:, TILT])
    inclination = inclination_deg(episode)
    rows = slice(episode.start, episode.turn + 1)
    early = inclination[rows] <= inclination[episode.turn] / 3.0
    value = math.nan
    if early.any() and np.isfinite(tilt[rows]).all():
        value = float(tilt[rows][early].max()) - at_rest(episode, episode.rows.pelvis[:, TILT])
    at = flexion_at(episode, episode.start)
    return [Seen("both", episode.number, value, TILT_CHANGE_SD_DEG, at)]


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


def pelvic_twist(episode: Episode, _limits: Limits, _context: Context) -> list[Seen]:
    """Turn of the pelvis from standing to the bottom; + to the right."""
    value, sd = _twist(episode)
    return [Seen("both", episode.number, value, sd, flexion_at(episode, episode.turn))]


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
    signs = (drop, deep, _twist(episode))
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


def _twist(episode: Episode) -> tuple[float, float]:
    """Turn of the pelvis to the right from rest to the bottom, and its error.

    A medio-lateral axis that is askew by ε turns with a tilt T: by ``ε (1 - cos T)`` here and by
    ``ε sin T`` in obliquity, so the error of that one tells this one's.
    """
    pelvis: Array = episode.rows.pelvis
    value = at_rest(episode, pelvis[:, TURN]) - at_turn(episode, pelvis[:, TURN])
    tilt = math.radians(at_turn(episode, pelvis[:, TILT]))
    askew = float(np.degrees(episode.rows.pelvis_sd[episode.turn, OBLIQUITY]))
    return value, math.hypot(TURN_CHANGE_SD_DEG, askew * math.tan(0.5 * abs(tilt)))
