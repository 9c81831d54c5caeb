"""How far a hip turns in one set of a table test, against the goal of the athlete.

A goal is the bone's, and the skin follows the bone by somewhere between half and all of it: as in
other rules four fifths are taken, and the doubt is part of the error. Outward turns are long, and
of a long turn the skin hides most: they are short only where they are so even under skin that
follows three fifths.
"""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Final

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.goals import ArcName, Zone, near_the_end
from imuhip.assess.rules.record import Judge, Limits
from imuhip.assess.skin import at_most, of_the_bone
from imuhip.assess.symmetry import Z95, Measured, within_sd
from imuhip.assess.verdicts import SURE_ENOUGH, Verdict, chance_beyond, grade_against_goal
from imuhip.assess.windows import ROTATION, at_turn, flexion_at, index_of
from imuhip.core.conventions import Side
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
        turns = end_turns(episodes, direction)
        zone = zone_of(context, goal, turns[0].sides[0]) if turns else None
        if zone is None:
            return []
        arc = end_range(turns, direction)
        side, at = turns[0].sides[0], flexion_at(turns[-1], turns[-1].turn)
        return [verdict_short(zone, arc, side, turns, limits[limit], at)]

    return judge


def zone_of(context: Context, name: ArcName, side: Side) -> Zone | None:
    """The athlete's goal for an arc of a hip."""
    zones = context.goals.get(side, ())
    return next((z for z in zones if (z.name, z.kind) == (name, "goal")), None)


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


def verdict_short(
    zone: Zone,
    arc: Measured,
    side: str,
    turns: Sequence[Episode],
    limit: float,
    at: float,
) -> Verdict:
    """Judge how far an arc, as seen at the skin, is short of a zone."""
    bone = of_the_bone(arc)
    short = zone.low - bone.value
    grade, confidence = grade_against_goal(short, bone.sd, limit)
    if turns[0].direction == "out" and grade in ("mild", "marked"):
        most = at_most(arc, at)
        confidence = chance_beyond(zone.low - most.value, most.sd, limit)
        if confidence < SURE_ENOUGH:
            grade, confidence = "cannot_tell", 0.0
    showing = tuple(each.number for each in turns) if grade in ("mild", "marked") else ()
    known = side if side in ("left", "right") else "both"
    return Verdict(
        known,  # type: ignore[arg-type]
        short,
        bone.sd,
        Z95 * bone.sd,
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
    """What is said of the arc that the tables show, and of where it stands."""
    if not math.isfinite(arc.sd):
        return ""
    hip = f"{side.capitalize()} hip turns {direction} {arc.value:.0f}° (± {Z95 * arc.sd:.0f}°)"
    goal = f"the goal, which begins at {zone.low:.0f}°"
    if grade == "cannot_tell":
        return f"{hip}: with skin that slips, too close to tell from {goal}."
    if grade == "none":
        place = "within" if arc.value >= zone.low else "at the edge of"
        return f"{hip}: {place} {goal}; {zone.enough}."
    return f"{hip}: {'far' if grade == 'marked' else 'a little'} short of {goal}."


def _reached(turn: Episode, direction: Direction) -> float:
    k = index_of(turn.sides[0])
    return _SIGNS[direction] * at_turn(turn, turn.rows.hip[:, k, ROTATION])
