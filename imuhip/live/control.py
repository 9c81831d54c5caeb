"""Steering over HTTP: ``POST /control/…`` (`Action` has their names) and ``GET /status``.

Requests are checked here, once; a handler only meets such as make sense.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NoReturn, Protocol, cast, get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imuhip.assess.conditions import SET_CHOICES, SET_FIELDS
from imuhip.assess.profiles import GOALS
from imuhip.assess.screen import Posture
from imuhip.assess.testers import LONGEST_NAME, is_tester
from imuhip.core.conventions import CALIBRATION_STEPS, SEGMENTS
from imuhip.core.visible import is_athlete_id
from imuhip.live.protocol import to_json

Action = Literal[
    "start", "stop", "mark", "calibrate", "train", "plan", "set", "test", "next", "bind"
]

MAX_BODY_BYTES: Final = 4096
BODY_S: Final = 5.0
"""So long the body of a request may take."""
MAX_TEXT: Final = 200
MAX_S: Final = 300
"""The longest a step is counted, seconds."""


class ControlRefusedError(Exception):
    """A request makes no sense, or none now; `status` is the HTTP status to answer with.

    Parameters
    ----------
    status
        4xx.
    message
        What was expected, what came, what to do.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def refuse(message: str) -> NoReturn:
    """Answer a request with 409 and a sentence."""
    raise ControlRefusedError(409, message)


class ControlHandler(Protocol):
    """What steers a session."""

    async def control(self, action: Action, request: Mapping[str, str]) -> Mapping[str, Any]:
        """Do it and return what to answer; raise `ControlRefusedError` if it cannot be now.

        `request` holds ``label`` for a mark, ``step`` and ``edge`` (begin or end) for a
        calibration step or the shake, with ``ready_s`` and ``seconds`` where the collector counts,
        and for a start ``athlete``, ``goal``, ``tester`` and ``without``, the sensors to leave out,
        where they were given. A plan has ``athlete``, ``goal``, ``movements``, ``screen``,
        ``queue`` and ``tester``, each if need be; next has ``athlete``, one of the queue. A test of
        the table screen has ``movement``, ``effort`` and ``edge``. A set has
        `conditions.SET_FIELDS`, each if need be; ``-`` means that nothing is said.
        To bind, each place that changes and the place its sensor had until now. What has been
        obeyed already is agreed to again.
        """

    def status(self) -> Mapping[str, Any]:
        """State of the session and of each sensor, for people and programs."""


def control_routes(
    handler: ControlHandler, figures: Callable[[], Mapping[str, Any]]
) -> list[Route]:
    """Return the routes; `figures` gives what ``/status`` adds about the hub itself."""

    async def control(request: Request) -> Response:
        try:
            action = _action(request.path_params["action"])
            answer = await handler.control(action, _checked(action, await _body(request)))
        except ControlRefusedError as error:
            return _json({"error": error.message}, error.status)
        return _json({"done": action, **answer})

    async def status(_request: Request) -> Response:
        return _json({**handler.status(), **figures()})

    return [
        Route("/control/{action}", control, methods=["POST"]),
        Route("/status", status, methods=["GET"]),
    ]


def _json(value: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON answer that no cache keeps."""
    headers = {"cache-control": "no-store"}
    return Response(to_json(value), status, headers, media_type="application/json")


def _action(name: str) -> Action:
    """The action of that name."""
    if name not in get_args(Action):
        expected = ", ".join(get_args(Action))
        raise ControlRefusedError(404, f"There is no action {name!r}. Choose one of {expected}.")
    return cast("Action", name)


async def _received(request: Request) -> bytes:
    """The request's body, of a bounded size and in bounded time."""
    received = b""
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                received += part
                if len(received) > MAX_BODY_BYTES:
                    message = f"The request has more than {MAX_BODY_BYTES} bytes."
                    raise ControlRefusedError(413, message)
    except TimeoutError:
        raise ControlRefusedError(408, "The request took too long. Send it again.") from None
    return received


async def _body(request: Request) -> dict[str, str]:
    """The request's JSON object of texts; empty without a body."""
    received = await _received(request)
    if not received:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise ControlRefusedError(
            415, f"The body must be application/json, not {kind or 'without a type'}."
        )
    try:
        value = json.loads(received)
    except (ValueError, RecursionError) as error:
        raise ControlRefusedError(400, f"The body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ControlRefusedError(400, "The body must be a JSON object.")
    for name, text in value.items():
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
            wanted = f"{name} must be a text of 1 to {MAX_TEXT} characters"
            raise ControlRefusedError(422, f"{wanted}, not {str(text)[:40]!r}.")
    return value


def _checked(action: Action, request: dict[str, str]) -> dict[str, str]:
    """The request, if it says all that the action needs and nothing it does not know."""
    needed, optional = _FIELDS[action]
    for name in needed:
        if name not in request:
            raise ControlRefusedError(422, f"{action} needs {name}. Add it.")
    for name in request:
        if name not in needed + optional:
            known = ", ".join(needed + optional) or "nothing"
            raise ControlRefusedError(422, f"{action} takes {known}, not {name}.")
    _check_values(request)
    return request


def _check_values(request: Mapping[str, str]) -> None:
    """Refuse a value that makes no sense, whatever the action."""
    athlete = request.get("athlete", "-")
    if athlete != "-" and not is_athlete_id(athlete):
        raise ControlRefusedError(
            422,
            f"{athlete[:40]!r} cannot be an athlete's id, because file names contain it. Use up to "
            "64 letters, digits, - _ and .",
        )
    if not is_tester(request.get("tester", "-").strip()):
        raise ControlRefusedError(
            422,
            f"tester must be a name or initials of up to {LONGEST_NAME} characters, in one line.",
        )
    for name in _SECONDS:
        if name in request and not _is_duration(request[name]):
            raise ControlRefusedError(
                422, f"{name} must be seconds from 0 to {MAX_S}, not {request[name]!r}."
            )
    for name, (unit, most) in _AMOUNTS.items():
        if request.get(name, "-") != "-" and not _is_amount(request[name], most):
            raise ControlRefusedError(
                422, f"{name} must be a number of {unit} from 0 to {most:g}, or - for none."
            )
    if not re.fullmatch(r"[A-Za-z0-9 -]{1,40}", request.get("equipment", "-")):
        raise ControlRefusedError(
            422, "equipment must be a few words of letters and digits, such as belt."
        )
    for name, values in _VALUES.items():
        if name in request and request[name] not in values:
            wanted = ", ".join(values)
            raise ControlRefusedError(
                422, f"{name} must be one of {wanted}, not {request[name]!r}."
            )


def _is_duration(text: str) -> bool:
    """Whether a text is a number of seconds that a step may take."""
    try:
        return 0.0 <= float(text) <= MAX_S
    except ValueError:
        return False


def _is_amount(text: str, most: float) -> bool:
    """Whether a text is a plain number from 0 to the most that makes sense."""
    return re.fullmatch(r"\d{1,3}(\.\d{1,2})?", text) is not None and float(text) <= most


_SECONDS: Final = ("ready_s", "seconds")

_AMOUNTS: Final[dict[str, tuple[str, float]]] = {"load_kg": ("kg", 600.0), "heel_cm": ("cm", 15.0)}
"""Numbers of a set, with their unit and the most that makes sense."""

_FIELDS: Final[dict[Action, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "start": ((), ("athlete", "goal", "without", "tester")),
    "stop": ((), ()),
    "mark": (("label",), ()),
    "calibrate": (("step", "edge"), ("ready_s", "seconds")),
    "train": ((), ()),
    "plan": ((), ("athlete", "goal", "movements", "screen", "queue", "tester")),
    "set": ((), tuple(SET_FIELDS)),
    "next": (("athlete",), ()),
    "test": (("movement", "effort", "edge"), ()),
    "bind": ((), SEGMENTS),
}
"""Fields that an action needs, and those it may have."""

_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "step": ("shake", *CALIBRATION_STEPS),
    "edge": ("begin", "end"),
    "goal": GOALS,
    "screen": (*get_args(Posture), "-"),
    **{name: (*values, "-") for name, values in SET_CHOICES.items()},
}
