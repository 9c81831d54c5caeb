"""Small tables as HTML: nothing has to be loaded for them, words wrap, and a phone scrolls them."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from dashboard.views.theme import image
from imuhip.report.blocks import Line, Picture


def table_html(rows: Sequence[Mapping[str, Any]], *, colour: str = "currentColor") -> str:
    """Return a table of rows with the same columns; the first one heads its row.

    Parameters
    ----------
    rows
        A list of numbers becomes a small line; numbers stand at the right.
    colour
        Of those lines.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in rows[0])
    body = "".join(f"<tr>{''.join(_cells(row.values(), colour))}</tr>" for row in rows)
    return (
        f"{_STYLE}<div class='rows' tabindex='0' role='group' aria-label='Table'>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(values: Iterable[Any], colour: str) -> Iterable[str]:
    for k, value in enumerate(values):
        if isinstance(value, list):
            yield f"<td>{_line(value, colour)}</td>"
        elif k == 0:
            yield f'<th scope="row">{escape(str(value))}</th>'
        else:
            number = " class='number'" if isinstance(value, int | float) else ""
            text = "–" if value is None else str(value).replace(" ± ", _UNBROKEN)
            yield f"<td{number}>{escape(text)}</td>"


def _line(values: Sequence[float], colour: str) -> str:
    """Values as a line; what is written beside it says the numbers."""
    low, high = min(values), max(values)
    step = (WIDE - 4.0) / max(len(values) - 1, 1)
    points = [
        (2.0 + k * step, HIGH - 3.0 - (value - low) / ((high - low) or 1.0) * (HIGH - 6.0))
        for k, value in enumerate(values)
    ]
    words = f"{len(values)} sessions, {values[0]:.0f} to {values[-1]:.0f}"
    drawn = Picture(WIDE, HIGH, [Line(tuple(points), colour, 1.6)], words)
    return image(drawn, "none", least_px=0.0)


WIDE: Final = 110.0
HIGH: Final = 24.0

_UNBROKEN: Final = "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}"
"""A number and its error stay in one line."""

_STYLE: Final = """<style>
.rows { overflow-x: auto; border: 1px solid #8884; border-radius: .6rem; }
.rows table { border-collapse: collapse; width: 100%; font-size: .95rem; margin: 0; }
.rows th, .rows td { text-align: left; padding: .45rem .7rem; border: 0;
  border-bottom: 1px solid #8883; font-variant-numeric: tabular-nums; }
.rows tr:last-child > * { border-bottom: 0; }
.rows thead th { font-weight: 600; opacity: .8; }
.rows tbody th { font-weight: 500; min-width: 8rem; }
.rows td.number { text-align: right; } .rows td img { display: block; }
</style>"""
