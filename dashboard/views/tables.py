"""Small tables as HTML: nothing is loaded for them, words wrap, and on a phone rows stack."""

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
    head = "".join(f'<th scope="col" role="columnheader">{escape(name)}</th>' for name in rows[0])
    body = "".join(f"<tr role='row'>{''.join(_cells(row, colour))}</tr>" for row in rows)
    # The roles stay where rows stack, which takes a table's own meaning away.
    return (
        f"{_STYLE}<div class='rows'><table role='table'>"
        f"<thead role='rowgroup'><tr role='row'>{head}</tr></thead>"
        f"<tbody role='rowgroup'>{body}</tbody></table></div>"
    )


def _cells(row: Mapping[str, Any], colour: str) -> Iterable[str]:
    for k, (name, value) in enumerate(row.items()):
        of = f"role='cell' data-of='{escape(name)}'"
        if isinstance(value, list):
            yield f"<td {of}>{_line(value, colour)}</td>"
        elif k == 0:
            yield f'<th scope="row" role="rowheader">{escape(str(value))}</th>'
        else:
            number = " class='number'" if isinstance(value, int | float) else ""
            text = "–" if value is None else str(value).replace(" ± ", _UNBROKEN)
            yield f"<td {of}{number}>{escape(text)}</td>"


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
.rows { container-type: inline-size; border: 1px solid #8884; border-radius: .6rem; }
.rows table { border-collapse: collapse; width: 100%; font-size: .95rem; margin: 0; }
.rows th, .rows td { text-align: left; padding: .45rem .7rem; border: 0;
  border-bottom: 1px solid #8883; font-variant-numeric: tabular-nums; }
.rows tr:last-child > * { border-bottom: 0; }
.rows thead th { font-weight: 600; opacity: .8; }
.rows tbody th { font-weight: 500; min-width: 8rem; }
.rows td.number { text-align: right; } .rows td img { display: block; }
@container (max-width: 30rem) {
  .rows thead { position: absolute; clip-path: inset(50%); }
  .rows table, .rows tbody { display: block; }
  .rows tr { display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; padding: .55rem .7rem;
    border-bottom: 1px solid #8883; }
  .rows tr:last-child { border-bottom: 0; }
  .rows tbody th, .rows tbody td, .rows td.number { padding: 0; border: 0; text-align: left; }
  .rows tbody th { flex: 1 0 100%; font-weight: 600; }
  .rows tbody td { min-width: 4.2rem; max-width: 100%; }
  .rows td::before { content: attr(data-of); display: block; font-size: .8rem; opacity: .8; }
}
</style>"""
