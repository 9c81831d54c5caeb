"""Joins a component's ES modules into one text, in the order of their imports.

The files import each other as in any browser, so that editors, type checkers and tests read them as
they are; Streamlit takes one text a component. No build step, no outside code.
"""

import re
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from imuhip.core.colours import SIDE_COLOURS, SIDE_COLOURS_ON_DARK

_IMPORT: Final = re.compile(r'^import \{[^}]*\} from "(\.[^"]+)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?!default)", re.MULTILINE)


def text(name: str) -> str:
    """Return the text of a file below this folder, such as ``live/view.html``."""
    return _file(name).read_text(encoding="utf-8")


def style(name: str) -> str:
    """Return the text of a style sheet, with the colours of the sides that it calls by name."""
    pairs = (("light", SIDE_COLOURS), ("dark", SIDE_COLOURS_ON_DARK))
    named = "".join(f"--{s}-{page}: {c}; " for page, sides in pairs for s, c in sides.items())
    return f":host {{ {named}}}\n{text(name)}"


def joined(entry: str) -> str:
    """Return a script and all that it imports as one module, each file once.

    Parameters
    ----------
    entry
        Below this folder, such as ``live/main.js``.
    """
    scripts: dict[str, str] = {}
    _add(entry, scripts, ())
    return "\n".join(scripts.values())


def _add(name: str, scripts: dict[str, str], on_the_way: tuple[str, ...]) -> None:
    """Add a file behind those that it imports."""
    if name in on_the_way:
        raise ValueError(f"{name} imports itself, through {' and '.join(on_the_way)}")
    if name in scripts:
        return
    script = text(name)
    for other in _IMPORT.findall(script):
        _add(_sibling(name, other), scripts, (*on_the_way, name))
    scripts[name] = _EXPORT.sub("", _IMPORT.sub("", script))


def _sibling(name: str, other: str) -> str:
    """A path as one file names another one, from this folder."""
    parts = name.split("/")[:-1]
    for part in other.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _file(name: str) -> Traversable:
    return resources.files(__package__).joinpath(*name.split("/"))
