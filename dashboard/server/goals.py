"""``/imu/goals/{athlete}``: the athlete's own goals, as zones on the live page's gauges.

The page asks when a session begins, so that a goal set a minute ago is on the gauge.
"""

import math
from collections.abc import Iterable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.server.answers import json_answer
from imuhip.assess.arc_goals import arc_goals_of
from imuhip.catalogue.entities import Goal
from imuhip.core.errors import CatalogueError
from imuhip.live.protocol import GAUGE


class Goals:
    """Answers from one catalogue.

    Parameters
    ----------
    catalogue
        Path or URL; the user's own when None.
    """

    def __init__(self, catalogue: str | None) -> None:
        self._catalogue = catalogue

    def routes(self) -> list[Route]:
        """Return the route to serve."""
        return [Route("/imu/goals/{athlete}", self._serve, methods=["GET"])]

    async def _serve(self, request: Request) -> Response:
        athlete = request.path_params["athlete"]
        try:
            zones = await run_in_threadpool(self._zones, athlete)
        except CatalogueError as error:
            return json_answer({"error": str(error)}, 404)
        return json_answer({"athlete": athlete, "zones": zones})

    def _zones(self, athlete: str) -> list[dict[str, Any]]:
        # Imported here: the server answers before the catalogue's libraries are loaded.
        from imuhip.catalogue.catalogue import Catalogue

        with Catalogue(self._catalogue) as catalogue:
            return gauge_zones(catalogue.goals(athlete))


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
