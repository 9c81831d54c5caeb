"""Answers in JSON that the routes beside the pages give."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imuhip.core.errors import CatalogueError

if TYPE_CHECKING:
    from imuhip.catalogue.catalogue import Catalogue


def json_answer(value: Mapping[str, Any], status: int = 200) -> Response:
    """An answer that no cache keeps."""
    headers = {"cache-control": "no-store"}
    return Response(json.dumps(value), status, headers, media_type="application/json")


def athlete_route(
    path: str,
    catalogue: str | None,
    answer: "Callable[[Catalogue, str], Mapping[str, Any]]",
    *,
    method: str = "GET",
    refused: int = 404,
) -> Route:
    """A route that answers about one athlete from a catalogue.

    Parameters
    ----------
    path
        With ``{athlete}`` in it.
    catalogue
        Path or URL; the user's own when None.
    answer
        Of the open catalogue and the athlete, beside ``athlete`` itself; in a thread of its own.
    method, refused
        Of HTTP; the status when the catalogue refuses.
    """

    async def serve(request: Request) -> Response:
        athlete = request.path_params["athlete"]
        try:
            found = await run_in_threadpool(ask, athlete)
        except CatalogueError as error:
            return json_answer({"error": str(error)}, refused)
        return json_answer({"athlete": athlete, **found})

    def ask(athlete: str) -> Mapping[str, Any]:
        # Imported here: the server answers before the catalogue's libraries are loaded.
        from imuhip.catalogue.catalogue import Catalogue

        with Catalogue(catalogue) as opened:
            return answer(opened, athlete)

    return Route(path, serve, methods=[method])
