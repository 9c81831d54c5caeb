"""What grows over a set: a compensation that the first repetitions do not have yet."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.rules.record import LOADED, Cue, Limit, Limits, Phrase, Rule
from imuhip.assess.symmetry import Z95, within_sd
from imuhip.assess.verdicts import SURE_ENOUGH, Seen, SideOrBoth, Verdict, chance_beyond

_FEWEST: Final = 5
"""Repetitions; a line through fewer says nothing."""

_WATCHED: Final = {
    "pelvic_tuck": "pelvic tuck",
    "over_arching": "arching at the start",
    "pelvic_drop": "pelvic drop",
    "hip_shift": "hip shift",
    "pelvic_twist": "pelvic twist",
    "knee_in": "knee in",
    "early_turn_out": "turning out early",
    "depth_difference": "difference in depth",
}
"""Rules whose values are looked at, as they are called within a sentence."""


class _Growth(NamedTuple):
    """How one compensation grew."""

    name: str
    side: SideOrBoth
    first: float
    last: float
    sd: float
    stop: int
    showing: tuple[int, ...]
    flexion_deg: float

    @property
    def size(self) -> float:
        """From the first repetition to the last."""
        return self.last - self.first


def _judge(episodes: Sequence[Episode], limits: Limits, _context: Context) -> list[Verdict]:
    """The compensation that grew most, where the last repetitions reach its limit."""
    limit = limits["grows_over_set_deg"]
    grown = []
    for name in _WATCHED:
        sides: dict[SideOrBoth, list[Seen]] = {}
        for episode in episodes:
            for seen in episode.seen.get(name, ()):
                sides.setdefault(seen.side, []).append(seen)
        grown += [
            growth
            for side, seen in sides.items()
            if (growth := _growth(name, side, seen, limits[f"{name}_deg"])) is not None
            and chance_beyond(growth.size, growth.sd, limit) >= SURE_ENOUGH
        ]
    if not grown:
        return []
    most = max(grown, key=lambda each: each.size)
    what = _WATCHED[most.name]
    who = what if most.side == "both" else f"{most.side} {what}"
    words = (
        f"{who[0].upper()}{who[1:]} grows from {max(most.first, 0.0):.0f}° to {most.last:.0f}° "
        f"over the set; stop at repetition {most.stop}."
    )
    return [
        Verdict(
            most.side,
            most.size,
            most.sd,
            Z95 * most.sd,
            limit,
            "marked" if most.size >= 2.0 * limit else "mild",
            chance_beyond(most.size, most.sd, limit),
            most.showing,
            len(episodes),
            most.flexion_deg,
            words=words,
        )
    ]


def _growth(name: str, side: SideOrBoth, seen: Sequence[Seen], limit: float) -> _Growth | None:
    """A line through the repetitions; None where it does not end beyond the limit."""
    known = [each for each in seen if math.isfinite(each.value)]
    if len(known) < _FEWEST:
        return None
    sign = -1.0 if np.median([each.value for each in known[-2:]]) < 0.0 else 1.0
    numbers = np.array([each.number for each in known], dtype=np.float64)
    values = np.array([sign * each.value for each in known])
    slope, start = np.polyfit(numbers - numbers[0], values, 1)
    way = numbers[-1] - numbers[0]
    left = values - (start + slope * (numbers - numbers[0]))
    spread = within_sd(left.tolist(), 1.5)
    sd = spread * way / float(np.sqrt(np.sum((numbers - numbers.mean()) ** 2)))
    beyond = values >= limit
    if not beyond[-2:].all():
        return None
    first = len(values) - int(np.argmin(beyond[::-1])) if not beyond.all() else 0
    named: SideOrBoth = side
    if side == "both" and name in ("pelvic_drop", "hip_shift", "pelvic_twist", "depth_difference"):
        named = "right" if sign > 0.0 else "left"
    return _Growth(
        name,
        named,
        float(start),
        float(start + slope * way),
        sd,
        int(numbers[first]),
        tuple(int(n) for n in numbers[first:]),
        float(np.median([each.flexion_deg for each in known])),
    )


RULE: Final = Rule(
    name="grows_over_set",
    order=5,
    title="Grows over the set",
    traits=LOADED,
    judge=_judge,
    unit="deg",
    limit=Limit(5.0, 2.0, 40.0, "provisional"),
    needs="gravity",
    of="the side of the compensation",
    phrase=Phrase(
        name="what grows over the set",
        shown="a compensation grows by {value} over the set",
        counts=False,
    ),
    definition="How much a compensation grows from the first repetition to the last, by a line.",
    error="the repetitions' departure from that line",
    good="Your last repetitions were as clean as the first.",
    lead="Something creeps in over the set.",
    cues=(
        Cue("change", "end the set at that repetition, and add one as long as it stays clean."),
        Cue("change", "use less load, or rest longer before the next set."),
    ),
)
