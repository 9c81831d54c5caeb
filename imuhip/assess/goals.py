"""Arcs of a hip against what coaches aim at and what was measured in people.

A goal is what a coach wants, a norm what a study found; each says which it is and where it comes
from, and neither is a verdict on health. Rotation counts from the athlete's own standing, so the
total arc, which does not depend on that zero, is the surest of them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final, Literal, TypeAlias

from imuhip.assess import norms
from imuhip.assess.profiles import ENOUGH, Goal
from imuhip.assess.skin import of_the_bone
from imuhip.assess.symmetry import Z95, Measured, within_sd
from imuhip.core.certainty import certain_measure
from imuhip.core.conventions import Side
from imuhip.core.findings import Repetition

ArcName: TypeAlias = Literal["internal_deg", "external_deg", "total_deg", "internal_percent"]
"""What is compared; the last is the internal part of the total arc."""

Place: TypeAlias = Literal["short of", "within", "beyond", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Zone:
    """A range an arc is held against.

    Parameters
    ----------
    name
        Which arc, with its unit.
    low, high
        In that unit.
    kind
        ``goal``: what coaches aim at. ``norm``: what was measured.
    source
        Where it comes from.
    enough
        What is said of an arc that reaches it; empty for a norm.
    """

    name: ArcName
    low: float
    high: float
    kind: Literal["goal", "norm"]
    source: str
    enough: str = ""


@dataclass(frozen=True, slots=True)
class Arcs:
    """How far a hip turns; each with its error. NaN where it was not measured.

    Parameters
    ----------
    internal, external, total
        Degrees, all positive.
    share
        Internal part of the total, per cent; NaN where the total is too small to divide by.
    """

    side: Side
    internal: Measured
    external: Measured
    total: Measured
    share: Measured

    def named(self, name: ArcName) -> Measured:
        """Return the arc of a zone."""
        return {
            "internal_deg": self.internal,
            "external_deg": self.external,
            "total_deg": self.total,
            "internal_percent": self.share,
        }[name]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an arc stands against a zone.

    Parameters
    ----------
    place
        By the value itself.
    sure
        The 95 % interval does not reach over an edge of the zone.
    words
        For the coach.
    """

    side: Side
    zone: Zone
    value: float
    sd: float
    place: Place
    sure: bool
    words: str


def arcs_of(repetitions: Sequence[Repetition], side: Side) -> Arcs:
    """Return the arcs of one hip from its turns to the end range, inwards and outwards."""
    turns = [r for r in repetitions if r.counted and r.side == side]
    internal = _end_range([r for r in turns if r.direction == "in"], 1.0)
    external = _end_range([r for r in turns if r.direction == "out"], -1.0)
    total = Measured(internal.value + external.value, math.hypot(internal.sd, external.sd))
    share = Measured(math.nan, math.nan)
    if total.value >= _LEAST_TOTAL_DEG:
        value = internal.value / total.value
        error = math.hypot((1.0 - value) * internal.sd, value * external.sd) / total.value
        share = Measured(100.0 * value, 100.0 * error)
    return Arcs(side, internal, external, total, share)


def against(arcs: Arcs, zones: Sequence[Zone]) -> tuple[Standing, ...]:
    """Hold a hip's arcs against zones, such as those of `zones_for`."""
    return tuple(_standing(arcs, zone) for zone in zones)


def zones_for(
    goal: Goal = "general", own: Mapping[ArcName, tuple[float, float]] | None = None
) -> tuple[Zone, ...]:
    """Return the goals of a profile, then the norms.

    Parameters
    ----------
    own
        The athlete's own goals, which replace the profile's.
    """
    ranges = {**GOAL_ZONES["general"], **GOAL_ZONES[goal]}
    enough = ENOUGH[goal]
    goals = [Zone(name, *edges, "goal", source, enough) for name, (edges, source) in ranges.items()]
    return with_own((*goals, *NORMS), own or {})


def with_own(zones: Iterable[Zone], own: Mapping[ArcName, tuple[float, float]]) -> tuple[Zone, ...]:
    """Return zones with the athlete's own goals in place of those of the same name."""
    return tuple(
        Zone(zone.name, *own[zone.name], "goal", OWN_SOURCE, zone.enough)
        if zone.kind == "goal" and zone.name in own
        else zone
        for zone in zones
    )


def near_the_end(values: Sequence[float]) -> list[bool]:
    """Which turns went to the end range: at least half as far as the farthest of them.

    Parameters
    ----------
    values
        What each reached, positive; one that is not known is none.
    """
    known = [v for v in values if math.isfinite(v)]
    least = _END_SHARE * max(known, default=math.nan)
    return [v >= least for v in values]


def _end_range(turns: Sequence[Repetition], sign: float) -> Measured:
    """Mean end range of turns in one direction, positive, with its error."""
    values = [sign * certain_measure(turn.measures, "rotation_end_deg") for turn in turns]
    if all(math.isfinite(v) for v in values):
        turns = [each for each, kept in zip(turns, near_the_end(values), strict=True) if kept]
        values = [sign * turn.measures["rotation_end_deg"] for turn in turns]
    if not values or not all(math.isfinite(v) for v in values):
        return Measured(math.nan, math.nan)
    sds = [turn.measures.get("rotation_end_sd_deg", math.nan) for turn in turns]
    # The calibration's part is the same in all of them: only the spread gets smaller.
    spread = within_sd(values) / math.sqrt(len(values))
    return Measured(fmean(values), math.hypot(fmean(sds), spread))


def _standing(arcs: Arcs, zone: Zone) -> Standing:
    arc = arcs.named(zone.name)
    low, high = zone.low, zone.high
    place: Place = "cannot tell"
    sure = False
    if math.isfinite(arc.value):
        place = "short of" if arc.value < low else "within" if arc.value <= high else "beyond"
        # Goals are the bone's: who only seems short at the skin is not surely short.
        skin = zone.kind == "goal" and zone.name != "internal_percent"
        held = of_the_bone(arc) if skin else arc
        reach = Z95 * held.sd
        sure = all(abs(held.value - edge) > reach for edge in (low, high))
    return Standing(
        arcs.side, zone, arc.value, arc.sd, place, sure, _words(arcs, zone, arc, place, sure)
    )


def _words(arcs: Arcs, zone: Zone, arc: Measured, place: Place, sure: bool) -> str:
    title, unit = _TITLES[zone.name]
    what = f"{arcs.side} {title}"
    span = f"{zone.low:.0f} to {zone.high:.0f}{unit}"
    against_what = {
        "goal": f"the coach's goal of {span}",
        "norm": f"what was measured in people, {span}",
    }[zone.kind]
    if place == "cannot tell":
        return f"{what.capitalize()}: cannot tell against {against_what}."
    error = f" ± {Z95 * arc.sd:.0f}" if math.isfinite(arc.sd) else ", error not known"
    hedge = "" if sure else "about at the edge of, or " if place == "within" else "perhaps "
    return f"{what.capitalize()} {arc.value:.0f}{unit}{error}: {hedge}{place} {against_what}."


OWN_SOURCE: Final = "the athlete's own"
"""What a zone says of its source when the athlete set it."""

_END_SHARE: Final = 0.5

_LEAST_TOTAL_DEG: Final = 30.0
"""Below this a share of the total arc is a ratio near zero, and is not given."""

_TITLES: Final[Mapping[ArcName, tuple[str, str]]] = {
    "internal_deg": ("internal rotation", "°"),
    "external_deg": ("external rotation", "°"),
    "total_deg": ("total arc", "°"),
    "internal_percent": ("internal part of the total arc", " %"),
}

_COACHES: Final = "coaches of hip rotation; measured means are smaller"
_PROVISIONAL: Final = "provisional"

GOAL_ZONES: Final[Mapping[Goal, Mapping[ArcName, tuple[tuple[float, float], str]]]] = {
    "general": {
        "internal_deg": ((25.0, 45.0), _COACHES),
        "external_deg": ((50.0, 90.0), _COACHES),
        "total_deg": ((75.0, 100.0), _COACHES),
        "internal_percent": (
            (30.0, 60.0),
            "coaches of hip rotation: an even mix or a slight bias; edges provisional",
        ),
    },
    "powerlifting": {
        "internal_deg": (
            (10.0, 45.0),
            f"{_PROVISIONAL}: parallel is deep enough, and lifters with 5° reach it under load",
        ),
        "external_deg": ((40.0, 90.0), f"{_PROVISIONAL}: for a wide stance"),
        "total_deg": ((55.0, 100.0), f"{_PROVISIONAL}: the sum of both"),
        "internal_percent": ((15.0, 60.0), f"{_PROVISIONAL}: a wide stance turns out"),
    },
    "weightlifting": {
        "internal_deg": (
            (30.0, 45.0),
            f"{_PROVISIONAL}: deep squats end in internal rotation, a clean at 120° needs it",
        ),
    },
    "field_sport": {
        "internal_percent": ((40.0, 60.0), f"{_PROVISIONAL}: turns to both sides alike"),
    },
    "resting_squat": {
        "internal_deg": ((25.0, 45.0), f"{_PROVISIONAL}: the deepest position ends turned in"),
    },
    "daily_life": {
        "internal_deg": ((15.0, 45.0), f"{_PROVISIONAL}: walking, stairs and getting up"),
        "external_deg": ((35.0, 90.0), f"{_PROVISIONAL}: shoes and sitting cross-legged"),
        "total_deg": ((55.0, 100.0), f"{_PROVISIONAL}: the sum of both"),
        "internal_percent": ((20.0, 70.0), f"{_PROVISIONAL}: no even mix is needed"),
    },
}
"""Goal profile to the edges of its zones; what a profile leaves out is the general one's."""


def _measured(name: ArcName, means: Iterable[float]) -> Zone:
    """From the least to the most of the means of adults in several postures, whole degrees."""
    known = [mean for mean in means if math.isfinite(mean)]
    source = "means of adults by posture: assess/norms.py"
    return Zone(name, round(min(known)), math.ceil(max(known)), "norm", source)


_ADULTS: Final = [norm for norm in norms.NORMS if norm.who.startswith("adults")]

NORMS: Final[tuple[Zone, ...]] = (
    _measured("internal_deg", (norm.internal.value for norm in _ADULTS)),
    _measured("external_deg", (norm.external.value for norm in _ADULTS)),
    _measured("total_deg", (norm.total.value for norm in _ADULTS)),
)
"""Measured means, not limits: half of all healthy people lie outside a mean's narrow range."""
