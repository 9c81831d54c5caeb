"""How far a hip turns in one set of a table test, against the goal of the athlete.

A goal is the bone's, and the skin follows the bone by somewhere between half and all of it: as in
other rules four fifths are taken, and the doubt is part of the error.
"""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Final

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.goals import ArcName, Zone, near_the_end
from imuhip.assess.rules.record import Judge, Limits
from imuhip.assess.symmetry import Z95, Measured, within_sd
from imuhip.assess.verdicts import Verdict, told_of_goal
from imuhip.assess.windows import ROTATION, SKIN_FOLLOWS, at_turn, flexion_at, index_of
from imuhip.core.findings import Direction, FindingGrade

_SIGNS: Final[dict[Direction, float]] = {"in": 1.0, "out": -1.0}


def short_by(direction: Direction, goal: ArcName, limit: str) -> Judge:
    """Return a judge of how far the end range lies short of a goal's lower edge.

    Parameters
    ----------
    direction
        Which turns.
    goal
        The name of the zone.
    limit
        The name of the limit.
    """

    def judge(episodes: Sequence[Episode], limits: Limits, context: Context) -> list[Verdict]:
        zone = zone_of(context, goal)
        turns = end_turns(episodes, direction)
        if zone is None or not turns:
            return []
        arc = of_the_bone(end_range(turns, direction))
        side, at = turns[0].sides[0], flexion_at(turns[-1], turns[-1].turn)
        return [verdict_short(zone, arc, side, turns, limits[limit], at)]

    return judge


def zone_of(context: Context, name: ArcName) -> Zone | None:
    """The athlete's goal for an arc."""
    return next((z for z in context.goals if (z.name, z.kind) == (name, "goal")), None)


def end_turns(episodes: Sequence[Episode], direction: Direction) -> list[Episode]:
    """Turns in one direction that went to the end range: not much less than the others."""
    turns = [each for each in episodes if each.direction == direction]
    values = [_reached(each, direction) for each in turns]
    return [each for each, kept in zip(turns, near_the_end(values), strict=True) if kept]


def end_range(turns: Sequence[Episode], direction: Direction) -> Measured:
    """Mean end range, positive, with its error: the calibration's and the spread."""
    values = [_reached(each, direction) for each in turns]
    errors = [
        math.degrees(float(each.rows.hip_sd[each.turn, index_of(each.sides[0]), ROTATION]))
        for each in turns
    ]
    spread = within_sd(values) / math.sqrt(len(values))
    return Measured(fmean(values), math.hypot(fmean(errors), spread))


def of_the_bone(arc: Measured) -> Measured:
    """An arc with the skin allowed for, and what is not known of the skin in its error."""
    own = arc.sd / SKIN_FOLLOWS
    value = arc.value / SKIN_FOLLOWS
    return Measured(value, math.hypot(own, _END_FOLLOWS_SD / SKIN_FOLLOWS * value))


def verdict_short(
    zone: Zone,
    arc: Measured,
    side: str,
    turns: Sequence[Episode],
    limit: float,
    at: float,
) -> Verdict:
    """Judge how far an arc is short of a zone."""
    short = zone.low - arc.value
    grade, confidence = told_of_goal(short, arc.sd, limit)
    showing = tuple(each.number for each in turns) if grade in ("mild", "marked") else ()
    known = side if side in ("left", "right") else "both"
    return Verdict(
        known,  # type: ignore[arg-type]
        short,
        arc.sd,
        Z95 * arc.sd,
        limit,
        grade,
        confidence,
        showing,
        len(turns),
        at,
        arc.value,
        low=zone.low,
        words=_words(zone, arc, side, turns[0].direction, grade),
    )


def _words(zone: Zone, arc: Measured, side: str, direction: Direction, grade: FindingGrade) -> str:
    """What is said where the arc is not known to be short."""
    if not math.isfinite(arc.sd):
        return ""
    error = f"± {Z95 * arc.sd:.0f}°, skin allowed for"
    hip = f"{side.capitalize()} hip turns {direction} {arc.value:.0f}° ({error})"
    if grade == "cannot_tell":
        return f"{hip}: too close to the goal from {zone.low:.0f}° to tell."
    if grade == "none":
        place = "within" if arc.value >= zone.low else "at the edge of"
        return f"{hip}, {place} the goal from {zone.low:.0f}°: {zone.enough}."
    return ""


def _reached(turn: Episode, direction: Direction) -> float:
    k = index_of(turn.sides[0])
    return _SIGNS[direction] * at_turn(turn, turn.rows.hip[:, k, ROTATION])


_END_FOLLOWS_SD = 0.13
"""Of the part of an end range that the skin follows (`SKIN_FOLLOWS`): it may be as little as the
half that clusters of markers followed at worst (Schache 2008, KINEMATICS 1.7)."""
