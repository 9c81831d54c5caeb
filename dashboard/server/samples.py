"""``/imu/samples/{name}``: the rows of the sessions open in Review, fetched by its player.

They travel beside Streamlit's messages: once, while the script still draws the rest of the page,
and not again with each repetition that is selected. A name stands for its content, so a browser
keeps what it has.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import blake2b
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

PATH: Final = "imu/samples/"
_MOST: Final = 6


class Samples:
    """Holds the rows of the sessions that were opened last; the pages' scripts run in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[Hashable, tuple[str, bytes]] = OrderedDict()

    def keep(self, key: Hashable, make: Callable[[], bytes]) -> str:
        """Return where the rows are served, relative to the dashboard's address.

        Parameters
        ----------
        key
            Names them as they are now; another one when they change.
        make
            Makes them; called when they are not held yet.
        """
        with self._lock:
            held = self._held.get(key)
            if held is None:
                content = make()
                held = blake2b(content, digest_size=16).hexdigest(), content
                self._held[key] = held
            self._held.move_to_end(key)
            while len(self._held) > _MOST:
                self._held.popitem(last=False)
        return PATH + held[0]

    def routes(self) -> list[Route]:
        """Return the route to serve."""
        return [Route(f"/{PATH}{{name}}", self._serve, methods=["GET"])]

    async def _serve(self, request: Request) -> Response:
        name = request.path_params["name"]
        with self._lock:
            content = next((held for known, held in self._held.values() if known == name), None)
        if content is None:
            return PlainTextResponse("This session is no longer open. Reload the page.", 404)
        return Response(content, media_type="application/octet-stream", headers=_FOR_EVER)


_FOR_EVER: Final = {"cache-control": "private, max-age=604800, immutable"}

SAMPLES: Final = Samples()
"""Those of this process: pages fill it, the server reads it."""
