"""TOML from anywhere: the standard library's reader, in bounded time.

Its time grows with the square of the parts of a dotted key, so a text of some hundred kilobytes
can keep it busy for minutes.
"""

import re
import tomllib
from typing import Any, Final

MAX_CHARACTERS: Final = 128 << 10
"""Our largest profile has a quarter of this."""

MAX_DOTS: Final = 32
"""Dots in a key."""

_QUOTED: Final = re.compile(r'"[^"]*"|\'[^\']*\'')
_BETWEEN_KEYS: Final = re.compile(r"[^\w\-. \t]+")


def parse_toml(text: str) -> dict[str, Any]:
    """Return what a TOML text holds.

    Raises
    ------
    ValueError
        If it is no TOML, or longer or more deeply nested than people write.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"it has {len(text)} characters; at most {MAX_CHARACTERS} are read")
    for number, line in enumerate(text.splitlines(), start=1):
        bare = _QUOTED.sub("q", line).partition("#")[0]
        if bare.count(".") > MAX_DOTS and any(
            part.count(".") > MAX_DOTS for part in _BETWEEN_KEYS.split(bare)
        ):
            raise ValueError(f"line {number} has a key of more than {MAX_DOTS} parts")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
