"""What a coach may say or try about a finding; with pain, nothing that goes there.

The texts stand in each rule's record. A cue is off at a position at which pain was marked, near it
and beyond it: nobody works into that.
"""

import math
from collections.abc import Sequence

from imuhip.assess.pain import bars, marks_of
from imuhip.assess.rules.record import Cue, Rule
from imuhip.assess.verdicts import Verdict
from imuhip.assess.wording import filled
from imuhip.core.findings import Note


def cue_for(rule: Rule, verdict: Verdict, notes: Sequence[Note] = ()) -> str:
    """Return the first cue for a finding; empty where pain bars all of them."""
    return next(iter(cues_for(rule, verdict, notes)), "")


def cues_for(rule: Rule, verdict: Verdict, notes: Sequence[Note] = ()) -> tuple[str, ...]:
    """Return all cues for a finding, the best one first.

    Parameters
    ----------
    verdict
        Its side and the hip flexion at which it shows.
    notes
        Marks so far; `pain` counts.
    """
    return tuple(filled(cue.text, rule.unit, verdict) for cue in _kept(rule, verdict, notes))


def _kept(rule: Rule, verdict: Verdict, notes: Sequence[Note]) -> list[Cue]:
    """The cues that are for this verdict and stay clear of pain."""
    pains = marks_of(notes, "pain")
    kept = []
    for cue in rule.cues:
        elsewhere = math.isfinite(cue.at_deg)
        position = cue.at_deg if elsewhere else verdict.flexion_deg
        fits = math.isnan(cue.when) or cue.when == verdict.detail
        barred = bars(pains, position, "both" if elsewhere else verdict.side)
        if fits and (cue.pain or not barred):
            kept.append(cue)
    return kept
