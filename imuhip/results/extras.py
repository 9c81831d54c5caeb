"""Libraries that are extras: imported when they are needed, and asked for by name."""

from importlib import import_module
from typing import Any

from imuhip.core.errors import ImuhipError


def need(library: str, extra: str) -> Any:
    """Return a module; ImuhipError that says how to get it where it is not installed."""
    try:
        return import_module(library)
    except ImportError as error:
        raise ImuhipError(
            f"this needs {library}, which is not installed; pip install 'imuhip[{extra}]'"
        ) from error
