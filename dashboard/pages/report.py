"""What does the athlete take home, and what does the coach keep? Preview and download."""

from functools import partial
from html import escape

import streamlit as st

from dashboard.views.choosing import chosen_results, draw_page
from dashboard.views.sessions import MEDICAL
from dashboard.views.theme import image
from imuhip.catalogue.catalogue import Catalogue
from imuhip.report.blocks import Block, Document, Pictures
from imuhip.report.html import STYLE_OF_BLOCKS, block_html, figure, to_html
from imuhip.report.material import material_of
from imuhip.report.pdf import to_pdf
from imuhip.report.writing import READERS, report_for


def main() -> None:
    """Draw the page."""
    draw_page("Report", _show)
    st.markdown(f":small[{MEDICAL}]")


def _show(catalogue: Catalogue) -> None:
    picked = chosen_results(catalogue)
    if picked is None:
        return
    athlete, session, _others = picked
    whom, name = st.columns([1, 2], vertical_alignment="bottom")
    reader = whom.radio("For the", READERS, horizontal=True)
    named = name.checkbox(
        "With the athlete's name", disabled=not athlete.name, help="The id stands in it otherwise."
    )
    document = report_for(reader, material_of(catalogue, session.id, named=named))
    _downloads(document, f"{athlete.id}-{session.id[:8]}-{reader}")
    _preview(document)


def _downloads(document: Document, stem: str) -> None:
    """Both kinds; the file's name has the id, never the name.

    Made at once, in a fifth of a second: what is made when asked for is gone when the page is drawn
    anew between, as it is whenever its theme becomes known.
    """
    pdf, html, _ = st.columns([1, 1, 3])
    pdf.download_button(
        "PDF", to_pdf(document), f"{stem}.pdf", "application/pdf", on_click="ignore",
        type="primary", width="stretch",
    )  # fmt: skip
    html.download_button(
        "HTML", to_html(document).encode(), f"{stem}.html", "text/html",
        on_click="ignore", width="stretch",
    )  # fmt: skip


def _preview(document: Document) -> None:
    """The same blocks on the page, as they lie on the paper: white on a dark page, too."""
    blocks = "".join(_shown(block) for block in document.blocks)
    title, subtitle = escape(document.title), escape(document.subtitle)
    st.html(
        f"<style>{STYLE_OF_BLOCKS}{_PAPER}</style>"
        f'<div class="report paper"><h1>{title}</h1><p>{subtitle}</p>{blocks}</div>'
    )


def _shown(block: Block) -> str:
    """A block as the page can show it."""
    if not isinstance(block, Pictures):
        return block_html(block)
    return figure(block, image, partial(image, least_px=0.0))


_PAPER = (
    ".paper{max-width:54rem;padding:1.6rem 2rem;border:1px solid #8884;border-radius:.6rem}"
    ".paper h1,.paper h2,.paper h3{color:inherit;padding:0;margin:1.4rem 0 .4rem}"
    ".paper h1{font-size:1.8rem;margin-top:0}.paper h2{font-size:1.35rem}"
    ".paper h3{font-size:1.1rem}.paper p{margin:.35rem 0}"
    ".paper figure{margin:.8rem 0;overflow-x:auto}.paper figcaption{color:#55606e;font-size:.9rem}"
    ".paper .row{display:flex;flex-wrap:wrap;gap:.6rem;justify-content:space-evenly}"
    ".paper .row img{flex:1 1 18rem;min-width:0;max-width:34rem;height:auto}"
    ".paper .row img:only-child{max-width:48rem}"
    "@media (max-width:620px){.paper{padding:1rem .9rem}"
    ".paper table{font-size:.8rem}.paper th,.paper td{padding:.2rem .3rem}}"
)

main()
