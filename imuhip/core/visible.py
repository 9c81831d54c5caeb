"""Foreign text made fit to be shown.

Nothing in it steers a terminal or turns lines round, and no spreadsheet takes it for a formula.
"""

import re
from typing import Any, Final

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but for tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the direction of writing
    "\u2028\u2029\ufeff\ufff9-\ufffb]"
    "|[\ud800-\udfff]"
)
_ID: Final = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
SHOWN: Final = "\ufffd"


def visible(text: str) -> str:
    """Return `text` with a question mark (U+FFFD) for each character that is not to be seen."""
    return _UNSEEN.sub(SHOWN, text)


def as_cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; what it says stays readable."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value


def is_athlete_id(text: str) -> bool:
    """Whether an id can be part of a file's name everywhere, and does not hide among others."""
    return bool(_ID.fullmatch(text))
