"""A set's repetitions → findings: every rule that is for the movement, with words and a cue.

A pure function: the same repetitions give the same bits. It is asked again after each repetition
with all of the set so far, and its answer replaces the one before.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from imuhip.assess.cues import cues_for
from imuhip.assess.episodes import Context, Episode
from imuhip.assess.pain import Kind, marks_of
from imuhip.assess.pain_verdicts import verdict_on
from imuhip.assess.params import AssessParams
from imuhip.assess.rules.record import Rule
from imuhip.assess.rules.table import RULES, verdicts
from imuhip.assess.verdicts import Seen, Verdict
from imuhip.assess.wording import words_of
from imuhip.core.findings import Finding, FindingGrade, Note


def judge(
    episodes: Sequence[Episode], context: Context, params: AssessParams | None = None
) -> tuple[Finding, ...]:
    """Judge the repetitions of one set so far; partial ones are left out.

    Parameters
    ----------
    episodes
        Of one movement and set, in order.
    context
        The calibration, the marks, and the set of the other side.
    params
        The athlete's limits and goals; the general ones when not given.
    """
    counted = [each for each in episodes if each.counted]
    if not counted:
        return ()
    limits = (params or AssessParams()).limits
    movement = counted[0].movement
    return tuple(
        _finding(rule, verdict, counted[0], context)
        for name, rule in RULES.items()
        if rule.fits(movement)
        for verdict in verdicts(name, counted, limits, context)
    )


def judged_so_far(
    episodes: Sequence[Episode], context: Context, params: AssessParams
) -> tuple[Finding, ...]:
    """`judge`, with how many repetitions of the set were known."""
    return tuple(replace(each, after=len(episodes)) for each in judge(episodes, context, params))


class LastWords:
    """What is said of each set after its last repetition, and nothing before that."""

    def __init__(self, params: AssessParams) -> None:
        self._params = params
        self._going: dict[str, tuple[int, Sequence[Episode], Context]] = {}
        self._said: dict[tuple[str, int], tuple[Finding, ...]] = {}

    def put(self, movement: str, episodes: Sequence[Episode], context: Context) -> None:
        """Take one more repetition's set so far; a set of the same movement before it is over."""
        number = episodes[-1].set
        before = self._going.get(movement)
        if before is not None and before[0] != number:
            self._said[movement, before[0]] = judged_so_far(*before[1:], self._params)
        self._going[movement] = (number, episodes, context)
        # In the order of the sets' last repetitions, as they come live.
        self._said.pop((movement, number), None)
        self._said[movement, number] = ()

    def all(self) -> list[Finding]:
        """Return the last word on every set, in the order of their last repetitions."""
        for movement, (number, episodes, context) in self._going.items():
            self._said[movement, number] = judged_so_far(episodes, context, self._params)
        return [finding for said in self._said.values() for finding in said]


def seen_of(
    episode: Episode, context: Context, params: AssessParams
) -> dict[str, tuple[Seen, ...]]:
    """Return what a repetition shows of every rule, so that it is looked at only once.

    Of a side that it does not count for no value is known.
    """
    limits = params.limits
    hidden = [side for side in episode.sides if not episode.counts_for(side)]
    return {
        name: tuple(
            each._replace(value=math.nan) if each.side in hidden else each
            for each in rule.see(episode, limits, context)
        )
        for name, rule in RULES.items()
        if rule.see is not None and rule.fits(episode.movement)
    }


def hurt_without_a_set(notes: Sequence[Note], judged: Collection[tuple[str, int]]) -> list[Finding]:
    """Marks of pain and soreness that no counted repetition stands beside, as findings.

    Parameters
    ----------
    notes
        Of the whole session.
    judged
        Movement and number of the sets that have findings, theirs among them.
    """
    found = []
    for kind, name, grade in _HURT:
        for mark in marks_of(notes, kind):
            movement, number = mark.note.movement, mark.note.set
            if (movement, number) not in judged:
                verdict = verdict_on(mark.side or "both", [mark], grade)
                found.append(_said(RULES[name], verdict, movement, number, notes, poor=False))
    return found


def _finding(rule: Rule, verdict: Verdict, episode: Episode, context: Context) -> Finding:
    lacking = {"axes": ("none", "poor"), "gravity": ("none",), "nothing": ()}[rule.needs]
    poor = context.grade in lacking
    if poor:
        side = "both" if rule.signed or rule.judge is not None else verdict.side
        verdict = replace(verdict, side=side, grade="cannot_tell", confidence=0.0, showing=())
    return _said(rule, verdict, episode.movement.name, episode.set, context.notes, poor=poor)


def _said(
    rule: Rule, verdict: Verdict, movement: str, number: int, notes: Sequence[Note], *, poor: bool
) -> Finding:
    """A verdict as a finding, with words and, where there is something to do, a cue."""
    shown = verdict.grade in ("mild", "marked")
    cues = cues_for(rule, verdict, notes) if shown else ()
    return Finding(
        rule=rule.name,
        movement=movement,
        side=verdict.side,
        set=number,
        repetitions=verdict.showing,
        value=verdict.value,
        unit=rule.unit,
        limit=verdict.limit,
        mdc=verdict.mdc,
        grade=verdict.grade,
        confidence=verdict.confidence,
        words=words_of(rule, verdict, poor=poor),
        cue=cues[0] if cues else "",
        more_cues=cues[1:],
        direction=verdict.direction,
    )


_HURT: Final[tuple[tuple[Kind, str, FindingGrade], ...]] = (
    ("pain", "pain", "marked"),
    ("sore", "soreness", "mild"),
)
"""Kind of mark, the rule that finds it, and its grade."""
