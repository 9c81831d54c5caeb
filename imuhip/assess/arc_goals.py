"""An athlete's own goals for how far the hips turn: one reading of them, wherever they were set.

Set on Progress or on the terminal, a goal is one of a measure: how far the thigh turned in or out
(``rotation_most_in_deg``, ``rotation_most_out_deg``, both positive) or where the end range was
(``rotation_end_deg``: in is positive, out negative). Set in a session it is one of an arc
(``assess.arc_goals``). Gauges, analyses and reports see the same `ArcGoal`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias

from imuhip.assess.goals import ArcName, Zone
from imuhip.assess.movements import MOVEMENTS, family
from imuhip.core.conventions import SIDES, Side

Turn: TypeAlias = Literal["internal_deg", "external_deg"]
"""The arcs that a goal of a measure is about."""


class MeasureGoal(Protocol):
    """Where a measure is to be; an open end is NaN, an empty movement, side or direction any."""

    @property
    def measure(self) -> str:
        """Its name in the table of measures."""

    @property
    def movement(self) -> str:
        """Movement."""

    @property
    def side(self) -> str:
        """Side."""

    @property
    def direction(self) -> str:
        """Direction."""

    @property
    def low(self) -> float:
        """Lower end."""

    @property
    def high(self) -> float:
        """Upper end."""


@dataclass(frozen=True, slots=True)
class ArcGoal:
    """How far a hip is to turn in or out.

    Parameters
    ----------
    arc
        Which way.
    low, high
        Degrees, positive; NaN for an open end.
    movement
        In which movement; empty for any.
    side
        Of which hip; empty for both.
    """

    arc: Turn
    low: float
    high: float
    movement: str = ""
    side: Side | Literal[""] = ""


def arc_goals_of(goals: Iterable[MeasureGoal]) -> list[ArcGoal]:
    """Return those goals that say how far a hip is to turn, in their order."""
    found = []
    for goal in goals:
        arc, outwards = _arc_of(goal)
        if arc is not None:
            low, high = (-goal.high, -goal.low) if outwards else (goal.low, goal.high)
            side: Side | Literal[""] = next((s for s in SIDES if s == goal.side), "")
            found.append(ArcGoal(arc, low, high, goal.movement, side))
    return found


def own_edges(
    goals: Sequence[ArcGoal], zones: Iterable[Zone], side: Side, kind: str
) -> dict[ArcName, tuple[float, float]]:
    """Return the edges that a hip's own goals have in one family of table tests.

    Parameters
    ----------
    zones
        The profile's: where an end is open, or cannot be, theirs is taken.
    kind
        The family of movements, such as ``seated_rotation``.
    """
    profile = {zone.name: zone for zone in zones if zone.kind == "goal"}
    return {
        goal.arc: _edges(profile[goal.arc], goal.low, goal.high)
        for goal in goals
        if goal.side in ("", side) and family(goal.movement) in ("", kind)
    }


def settings_of(goals: Sequence[ArcGoal], zones: Iterable[Zone]) -> dict[str, Any]:
    """Return the goals of any movement or of a table test as ``assess.arc_goals`` of a header.

    Parameters
    ----------
    zones
        The profile's, for open ends.
    """
    profile = {zone.name: zone for zone in zones if zone.kind == "goal"}
    table: dict[str, Any] = {}
    for goal in sorted(goals, key=lambda goal: bool(goal.side)):
        if goal.movement and not _is_table_test(goal.movement):
            continue
        edges = list(_edges(profile[goal.arc], goal.low, goal.high))
        (table.setdefault(goal.side, {}) if goal.side else table)[goal.arc] = edges
    return table


def _is_table_test(movement: str) -> bool:
    """Whether a movement turns one hip to its end range; its side may be left out."""
    known = MOVEMENTS.get(movement) or MOVEMENTS.get(f"{movement}_left")
    return known is not None and "table" in known.traits


def _arc_of(goal: MeasureGoal) -> tuple[Turn | None, bool]:
    """Which arc a goal is about, and whether outwards is negative in its measure."""
    if goal.measure in _POSITIVE:
        return _POSITIVE[goal.measure], False
    if goal.measure != _SIGNED:
        return None, False
    # Without a direction the sign of what was given says which way.
    given = goal.low if math.isfinite(goal.low) else goal.high
    out = goal.direction == "out" or (goal.direction != "in" and given < 0.0)
    return ("external_deg", True) if out else ("internal_deg", False)


def _edges(zone: Zone, low: float, high: float) -> tuple[float, float]:
    """A goal's edges, with the profile's where one was left open or cannot be."""
    low = max(low, 0.0) if math.isfinite(low) else zone.low
    high = high if math.isfinite(high) else max(zone.high, low)
    return min(low, high), high


_POSITIVE: Final[Mapping[str, Turn]] = {
    "rotation_most_in_deg": "internal_deg",
    "rotation_most_out_deg": "external_deg",
}
_SIGNED: Final = "rotation_end_deg"
