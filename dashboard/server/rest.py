"""``/imu/api/v1/…``: what the catalogue holds, to be read by a club's own programs.

Read-only: open on this machine, and from the network with the dashboard's token (`token_check`).
Every answer is ``{"rows": […]}`` or, with ``?format=csv``, the same rows as CSV. The table of paths
below is also the description that ``openapi.json`` gives.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.server.answers import json_answer
from imuhip.core.errors import CatalogueError

if TYPE_CHECKING:
    from imuhip.catalogue.reader import CatalogueReader

PREFIX: Final = "/imu/api/v1"

Rows = tuple[Sequence[str], list[dict[str, Any]]]


class Path(NamedTuple):
    """A path of the interface: what it gives, what may be asked, and who answers."""

    path: str
    gives: str
    query: Mapping[str, str]
    answer: "Callable[[CatalogueReader, Mapping[str, str], Mapping[str, str]], Rows]"


class Rest:
    """Reads one catalogue.

    Parameters
    ----------
    catalogue
        Path or URL; the user's own when None.
    """

    def __init__(self, catalogue: str | None) -> None:
        self._catalogue = catalogue

    def routes(self) -> list[Route]:
        """Return the routes to serve."""
        return [
            Route(f"{PREFIX}/openapi.json", self._describe, methods=["GET"]),
            *(
                Route(f"{PREFIX}{path.path}", self._serving(path), methods=["GET"])
                for path in PATHS
            ),
        ]

    async def _describe(self, _request: Request) -> Response:
        return json_answer(openapi())

    def _serving(self, path: Path) -> "Callable[[Request], Any]":
        async def serve(request: Request) -> Response:
            query = dict(request.query_params)
            form = query.pop("format", "json")
            unknown = sorted(set(query) - set(path.query) - {"token"})
            if unknown or form not in ("json", "csv"):
                use = ", ".join((*path.query, "format")) if unknown else "json or csv"
                odd = ", ".join(unknown) or f"format={form}"
                return json_answer({"error": f"{odd} is not known here. Use {use}."}, 400)
            try:
                columns, rows = await run_in_threadpool(
                    self._ask, path, dict(request.path_params), query
                )
            except CatalogueError as error:
                return json_answer({"error": str(error)}, 404)
            return _csv(columns, rows) if form == "csv" else _json(columns, rows)

        return serve

    def _ask(self, path: Path, which: Mapping[str, str], query: Mapping[str, str]) -> Rows:
        # Imported here: the server answers before the catalogue's libraries are loaded.
        from imuhip.catalogue.reader import CatalogueReader

        with CatalogueReader(self._catalogue) as reader:
            return path.answer(reader, which, query)


def openapi() -> dict[str, Any]:
    """Return the description of the interface, as OpenAPI 3.1 has it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "imuhip",
            "version": "1",
            "description": "Read-only. Ids stay: an athlete's is the catalogue's, a session's the "
            "SHA-256 of its recording. What is not known is null.",
        },
        "paths": {
            f"{PREFIX}{path.path}": {
                "get": {
                    "summary": path.gives,
                    "parameters": [
                        *(_parameter(name, "path", "") for name in _names_in(path.path)),
                        *(_parameter(name, "query", said) for name, said in path.query.items()),
                        _parameter("format", "query", "json (as without it) or csv"),
                    ],
                    "responses": {
                        "200": {"description": "rows"},
                        "401": {"description": "the token is missing or wrong"},
                        "404": {"description": "no such athlete or session"},
                    },
                }
            }
            for path in PATHS
        },
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
    }


def _parameter(name: str, where: str, said: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": said,
        "schema": {"type": "string"},
    }


def _names_in(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _json(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Response:
    found = [{name: _plain(row[name]) for name in columns} for row in rows]
    return json_answer({"columns": list(columns), "rows": found})


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Response:
    from imuhip.catalogue.club import as_csv

    plain = [{name: _plain(row[name]) for name in columns} for row in rows]
    text = as_csv(columns, [{n: "" if v is None else v for n, v in row.items()} for row in plain])
    headers = {"cache-control": "no-store"}
    return Response(text, headers=headers, media_type="text/csv; charset=utf-8")


def _plain(value: Any) -> Any:
    """Return a value that JSON holds; None for what is not known."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [_plain(each) for each in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


# --- answers -------------------------------------------------------------------------------------


def _entities(found: Sequence[Any], kind: type[Any], without: Sequence[str] = ()) -> Rows:
    columns = [field.name for field in fields(kind) if field.name not in without]
    return columns, [asdict(each) for each in found]


def _athletes(reader: "CatalogueReader", _w: Mapping[str, str], _q: Mapping[str, str]) -> Rows:
    from imuhip.catalogue.entities import Athlete

    return _entities(reader.athletes(), Athlete, ("note",))


def _sessions(reader: "CatalogueReader", w: Mapping[str, str], q: Mapping[str, str]) -> Rows:
    from imuhip.catalogue.entities import Session

    _known(reader, w["athlete"])
    found = reader.sessions(w["athlete"], search=q.get("search", ""))
    return _entities(found, Session, ("recording", "results", "trashed"))


def _measures(reader: "CatalogueReader", w: Mapping[str, str], q: Mapping[str, str]) -> Rows:
    from imuhip.catalogue.club import REPETITION_COLUMNS, repetition_rows

    _known(reader, w["athlete"])
    names = [name for name in q.get("measure", "").split(",") if name]
    found = repetition_rows(
        reader, [w["athlete"]], {}, names=names, movement=q.get("movement") or None
    )
    columns = [name for name in REPETITION_COLUMNS if name != "team"]
    return columns, [dict(row) for row in found]


def _findings(reader: "CatalogueReader", w: Mapping[str, str], _q: Mapping[str, str]) -> Rows:
    from imuhip.catalogue.entities import FindingEntry

    _known(reader, w["athlete"])
    return _entities(reader.findings(w["athlete"]), FindingEntry)


def _repetitions(reader: "CatalogueReader", w: Mapping[str, str], _q: Mapping[str, str]) -> Rows:
    from imuhip.catalogue.entities import RepetitionEntry

    return _entities(reader.repetitions(w["session"]), RepetitionEntry)


def _marks(reader: "CatalogueReader", w: Mapping[str, str], _q: Mapping[str, str]) -> Rows:
    return ("t", "label"), [{"t": t, "label": label} for t, label in reader.marks(w["session"])]


def _known(reader: "CatalogueReader", athlete: str) -> None:
    if all(each.id != athlete for each in reader.athletes()):
        raise CatalogueError(f"The catalogue has no athlete {athlete}.")


PATHS: Final = (
    Path("/athletes", "Athletes, in the order of their ids", {}, _athletes),
    Path(
        "/athletes/{athlete}/sessions",
        "Sessions of an athlete, the latest first",
        {"search": "only those with this text in notes, tags, marks or movements"},
        _sessions,
    ),
    Path(
        "/athletes/{athlete}/measures",
        "Measures of an athlete by repetition and side, in the order of time",
        {"measure": "only these, with commas between", "movement": "only this one"},
        _measures,
    ),
    Path("/athletes/{athlete}/findings", "Findings of an athlete", {}, _findings),
    Path("/sessions/{session}/repetitions", "Repetitions of a session, in order", {}, _repetitions),
    Path("/sessions/{session}/marks", "Marks of a session", {}, _marks),
)
