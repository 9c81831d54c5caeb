"""JavaScript that more than one of the canvas components is made of: files, joined to one module.

Each component joins what it needs in front of its own files: no build step, no outside code.
"""

from importlib import resources


def part(name: str) -> str:
    """Return the text of a file beside this one."""
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
