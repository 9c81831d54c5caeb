"""``/imu/goals/{athlete}``: the athlete's own goals, as zones on the live page's gauges.

The page asks when a session begins, so that a goal set a minute ago is on the gauge.
"""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from dashboard.server.answers import athlete_route
from dashboard.server.kits import prefix_of
from imuhip.assess.arc_goals import arc_goals_of
from imuhip.catalogue.entities import Goal
from imuhip.live.protocol import GAUGE

if TYPE_CHECKING:
    from imuhip.catalogue.catalogue import Catalogue


def goals_route(catalogue: str | None, prefix: str = prefix_of(1)) -> Route:
    """The route that answers from one catalogue (path or URL; the user's own when None)."""
    return athlete_route(f"{prefix}/goals/{{athlete}}", catalogue, _zones)


def _zones(catalogue: "Catalogue", athlete: str) -> dict[str, Any]:
    return {"zones": gauge_zones(catalogue.goals(athlete))}


def gauge_zones(goals: Iterable[Goal]) -> list[dict[str, Any]]:
    """Where goals lie on the gauges: those about how far the thigh turns.

    Parameters
    ----------
    goals
        Of one athlete; an open end reaches to the end of the gauge, or to straight ahead.

    Returns
    -------
    list
        Each with ``movement`` and ``side`` (empty for any), ``name`` (``in`` or ``out``),
        ``from_deg`` and ``to_deg``; in is +, out −.
    """
    zones = []
    for goal in arc_goals_of(goals):
        name = "in" if goal.arc == "internal_deg" else "out"
        most = float(GAUGE["to_deg"] if name == "in" else -GAUGE["from_deg"])
        near = 0.0 if math.isnan(goal.low) else min(max(goal.low, 0.0), most)
        far = most if math.isnan(goal.high) else min(max(goal.high, near), most)
        ends = (near, far) if name == "in" else (-far, -near)
        zones.append({
            "movement": goal.movement, "side": goal.side, "name": name,
            "from_deg": ends[0], "to_deg": ends[1],
        })  # fmt: skip
    return zones
