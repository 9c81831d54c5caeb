"""What the collector says of itself, for pages that a script draws."""

import http.client
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit


def hub_status(hub: str) -> Mapping[str, Any] | None:
    """Return ``/status`` of a hub; None when no collector answers.

    Parameters
    ----------
    hub
        Its WebSocket, such as ``ws://127.0.0.1:8765/live``.
    """
    asked = http.client.HTTPConnection(urlsplit(hub).netloc, timeout=_TIMEOUT_S)
    try:
        asked.request("GET", "/status")
        answer = json.loads(asked.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        asked.close()
    return answer if isinstance(answer, dict) else None


_TIMEOUT_S: Final = 1.0
