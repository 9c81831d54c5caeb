"""Draws the packages and who imports whom, from the imports themselves.

The floors and the imports are those that `tests/test_architecture.py` keeps; the sentence in a box
is the package's own docstring. An arrow that a longer way says already is left out.
"""

import ast
import importlib.util
import sys
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
WIDTH: Final = 1180
BOX: Final = (360, 58)
ROW: Final = 96
COLUMNS: Final = (10, 410, 810)
ORDER: Final = (1, 0, 2)
"""Columns that single packages take in turn, so that arrows pass beside boxes."""
TIP: Final = (
    "<defs><marker id='tip' viewBox='0 0 8 8' refX='8' refY='4' markerWidth='8' "
    "markerHeight='8' orient='auto'><path d='M0 0 8 4 0 8z' fill='#5b6770'/></marker></defs>"
)
NOT_DRAWN: Final = ("imuhip", "imuhip.__main__")
"""Doors to the rest: the version and the public calls, and `python -m imuhip`."""
FITS: Final = 54
"""Characters of a sentence that fit a box."""
FONT: Final = "font-family='sans-serif'"


def kept() -> ModuleType:
    """The test that keeps the architecture, as a module."""
    spec = importlib.util.spec_from_file_location(
        "kept_architecture", ROOT / "tests" / "test_architecture.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def arrows() -> dict[str, set[str]]:
    """Package -> packages that it imports, without those that another one on the way brings."""
    test = kept()
    direct: dict[str, set[str]] = {}
    for module, path in test.MODULES.items():
        package = test._package(module)
        if package in NOT_DRAWN:
            continue
        found = {test._package(other) for other in test._own(path)} - {package, *NOT_DRAWN}
        direct.setdefault(package, set()).update(found)
    return {p: to - _beyond(direct, to) for p, to in direct.items()}


def _beyond(direct: dict[str, set[str]], first: set[str]) -> set[str]:
    """What is reached through any of the packages `first`, not counting themselves."""
    seen: set[str] = set()
    waiting = [other for package in first for other in direct.get(package, ())]
    while waiting:
        package = waiting.pop()
        if package not in seen:
            seen.add(package)
            waiting += direct.get(package, ())
    return seen


def places() -> dict[str, tuple[int, int]]:
    """Package -> left and top of its box; the core stands at the bottom."""
    rows = [[package for package in floor if package not in NOT_DRAWN] for floor in kept().FLOORS]
    rows = [row for row in reversed(rows) if row]
    found = {}
    for number, row in enumerate(rows):
        first = ORDER[number % len(ORDER)] if len(row) == 1 else 0
        for place, package in enumerate(row):
            column = first if len(row) == 1 else (0, 2)[place]
            found[package] = (COLUMNS[column], 20 + number * ROW)
    return found


def picture() -> str:
    """The picture as SVG."""
    where, lines = places(), arrows()
    height = max(top for _, top in where.values()) + BOX[1] + 20
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}'>",
        f"<rect width='{WIDTH}' height='{height}' fill='white'/>",
        TIP,
    ]
    for package, others in lines.items():
        parts += [_arrow(where[package], where[other]) for other in sorted(others)]
    parts += [_box(package, place) for package, place in where.items()]
    return "\n".join([*parts, "</svg>"])


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    x0, y0 = start[0] + BOX[0] // 2, start[1] + BOX[1]
    x1, y1 = end[0] + BOX[0] // 2, end[1]
    bend = (y1 - y0) // 2
    return (
        f"<path d='M{x0} {y0} C{x0} {y0 + bend} {x1} {y1 - bend} {x1} {y1 - 2}' fill='none' "
        "stroke='#5b6770' stroke-width='1.4' marker-end='url(#tip)'/>"
    )


def _box(package: str, place: tuple[int, int]) -> str:
    x, y = place
    name = package.removeprefix("imuhip.") + "/"
    says = _sentence(package)
    return (
        f"<rect x='{x}' y='{y}' width='{BOX[0]}' height='{BOX[1]}' rx='6' fill='#e0f2f1' "
        f"stroke='#00796b'/><text x='{x + 12}' y='{y + 23}' {FONT} font-size='17' "
        f"font-weight='bold' fill='#14222b'>{name}</text><text x='{x + 12}' y='{y + 44}' {FONT} "
        f"font-size='12' fill='#14222b'>{escape(says)}</text>"
    )


def _sentence(package: str) -> str:
    """The first clause of a package's docstring, short enough for its box."""
    folder = ROOT.joinpath(*package.split("."))
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    line = (ast.get_docstring(tree) or "").partition("\n")[0]
    for end in (". ", ": ", "; ", " – ", ", "):
        if len(line) > FITS:
            line = line.partition(end)[0]
    return line.rstrip(".")


if __name__ == "__main__":
    sys.stdout.write(picture())
