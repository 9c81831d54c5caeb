"""Answers in JSON that the routes beside the pages give."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response


def json_answer(value: Mapping[str, Any], status: int = 200) -> Response:
    """An answer that no cache keeps."""
    headers = {"cache-control": "no-store"}
    return Response(json.dumps(value), status, headers, media_type="application/json")
