"""``/imu/consent/{athlete}``: one tap on the page saves that an athlete has agreed."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.server.answers import json_answer
from imuhip.core.errors import CatalogueError


class Consents:
    """Writes into one catalogue.

    Parameters
    ----------
    catalogue
        Path or URL; the user's own when None.
    """

    def __init__(self, catalogue: str | None) -> None:
        self._catalogue = catalogue

    def routes(self) -> list[Route]:
        """Return the route to serve."""
        return [Route("/imu/consent/{athlete}", self._serve, methods=["POST"])]

    async def _serve(self, request: Request) -> Response:
        athlete = request.path_params["athlete"]
        try:
            await run_in_threadpool(self._write_down, athlete)
        except CatalogueError as error:
            return json_answer({"error": str(error)}, 409)
        return json_answer({"athlete": athlete, "consent": "given"})

    def _write_down(self, athlete: str) -> None:
        """Add the athlete if new, and the consent unless one stands."""
        # Imported here: the server answers before the catalogue's libraries are loaded.
        from imuhip.catalogue.catalogue import Catalogue

        with Catalogue(self._catalogue) as catalogue:
            known = {each.id: each.consent for each in catalogue.athletes()}
            if athlete not in known:
                catalogue.add_athlete(athlete)
            if known.get(athlete) != "given":
                catalogue.give_consent(athlete, PURPOSE)


PURPOSE: Final = "measuring and keeping the recordings"
