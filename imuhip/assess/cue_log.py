"""Whether a cue that was given has helped: the repetitions after it against those before.

A coach logs a cue as the mark ``cue:<what was said>`` between two repetitions. What was found in
the repetitions before it is looked at again in those after it, up to the next cue.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final, Literal, TypeAlias

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.params import AssessParams
from imuhip.assess.rules.record import Limits
from imuhip.assess.rules.table import RULES, seen_by_side
from imuhip.assess.symmetry import Z95, within_sd
from imuhip.assess.verdicts import Seen, SideOrBoth, verdict_of
from imuhip.assess.wording import number

Effect: TypeAlias = Literal["better", "no clear change", "worse", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one finding after one cue.

    Parameters
    ----------
    cue, t
        What was said, and when.
    rule, side
        The finding before it.
    before, after, mdc
        Means over the repetitions before and after, and the change that is more than their spread
        (95 %), in `unit`; NaN where there are too few.
    effect
        Whether it became less.
    words
        For the coach.
    """

    cue: str
    t: float
    movement: str
    set: int
    rule: str
    side: SideOrBoth
    before: float
    after: float
    mdc: float
    unit: str
    effect: Effect
    words: str


def outcomes(
    episodes: Sequence[Episode], context: Context, params: AssessParams | None = None
) -> tuple[Outcome, ...]:
    """Say of every cue given in a set what became of what was found before it.

    Parameters
    ----------
    episodes
        Of one movement and set, in order.
    context
        Its notes hold the cues.
    params
        The athlete's limits; the general ones when not given.
    """
    counted = [each for each in episodes if each.counted]
    if not counted:
        return ()
    limits = (params or AssessParams()).limits
    begin, over = _time(counted[0], counted[0].start), _time(counted[-1], counted[-1].end)
    cues = [
        (note.t, note.label.partition(":")[2].strip())
        for note in context.notes
        if note.label.startswith("cue:") and begin <= note.t <= over
    ]
    edges = [-math.inf, *(t for t, _ in cues), math.inf]
    found = []
    for i, (t, cue) in enumerate(cues):
        before = [e for e in counted if edges[i] <= _time(e, e.start) and _time(e, e.end) <= t]
        after = [e for e in counted if t <= _time(e, e.start) < edges[i + 2]]
        found += _of_one_cue(cue, t, before, after, context, limits)
    return tuple(found)


def _of_one_cue(
    cue: str,
    t: float,
    before: Sequence[Episode],
    after: Sequence[Episode],
    context: Context,
    limits: Limits,
) -> list[Outcome]:
    """What became of each finding of the repetitions before it."""
    if not before:
        return []
    movement, number_of_set = before[0].movement, before[0].set
    found = []
    for name, rule in RULES.items():
        if not rule.fits(movement):
            continue
        later = seen_by_side(name, after, limits, context)
        for side, seen in seen_by_side(name, before, limits, context).items():
            verdict = verdict_of(seen, limits[rule.limit_name], rule.spread, signed=rule.signed)
            if verdict.grade not in ("mild", "marked"):
                continue
            sign = -1.0 if rule.signed and verdict.side == "left" else 1.0
            then, now = _values(seen, sign), _values(later.get(side, []), sign)
            old, new, mdc, effect = _effect(then, now, rule.spread)
            what = rule.phrase.name.format(side=verdict.side)
            change = f"{number(old, rule.unit)} → {number(new, rule.unit)}"
            found.append(
                Outcome(
                    cue=cue,
                    t=t,
                    movement=movement.name,
                    set=number_of_set,
                    rule=name,
                    side=verdict.side,
                    before=old,
                    after=new,
                    mdc=mdc,
                    unit=rule.unit,
                    effect=effect,
                    words=f"After “{cue}”: {what} {change}, {effect}.",
                )
            )
    return found


def _values(seen: Sequence[Seen], sign: float) -> list[float]:
    return [sign * each.value for each in seen if math.isfinite(each.value)]


def _effect(
    before: Sequence[float], after: Sequence[float], spread: float
) -> tuple[float, float, float, Effect]:
    """Means, detectable change and what it comes to."""
    if min(len(before), len(after)) < _LEAST:
        mean = fmean(before) if before else math.nan
        return mean, fmean(after) if after else math.nan, math.nan, "cannot tell"
    old, new = fmean(before), fmean(after)
    variance = sum(within_sd(each, spread) ** 2 / len(each) for each in (before, after))
    mdc = Z95 * math.sqrt(variance)
    if abs(new - old) <= mdc:
        return old, new, mdc, "no clear change"
    return old, new, mdc, "better" if new < old else "worse"


def _time(episode: Episode, row: int) -> float:
    return float(episode.rows.t[row])


_LEAST: Final = 2
"""Repetitions on either side of a cue."""
