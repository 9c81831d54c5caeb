"""What does the athlete take home, and what does the coach keep? Preview and download."""

import streamlit as st

from dashboard.choosing import chosen_results, opened
from dashboard.view_sessions import MEDICAL
from imuhip.archive.catalogue import Catalogue
from imuhip.errors import ImuhipError
from imuhip.report.blocks import Document, Pictures
from imuhip.report.html import STYLE_OF_BLOCKS, block_html, to_html, to_svg
from imuhip.report.material import material_of
from imuhip.report.pdf import to_pdf
from imuhip.report.writing import READERS, report_for


def main() -> None:
    """Draw the page."""
    st.header("Report")
    try:
        with opened() as catalogue:
            _show(catalogue)
    except ImuhipError as error:
        st.error(str(error))
    st.caption(MEDICAL)


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
    """Both kinds; the file's name has the id, never the name."""
    pdf, html, _ = st.columns([1, 1, 3])
    pdf.download_button(
        "PDF", lambda: to_pdf(document), f"{stem}.pdf", "application/pdf", on_click="ignore",
        type="primary", width="stretch",
    )  # fmt: skip
    html.download_button(
        "HTML", lambda: to_html(document).encode(), f"{stem}.html", "text/html",
        on_click="ignore", width="stretch",
    )  # fmt: skip


def _preview(document: Document) -> None:
    """The same blocks on the page, as wide as the paper."""
    paper, _ = st.columns([3, 1])
    with paper.container(border=True):
        st.html(f"<style>{STYLE_OF_BLOCKS}</style>")
        st.subheader(document.title)
        st.text(document.subtitle)
        for block in document.blocks:
            if not isinstance(block, Pictures):
                st.html(f'<div class="report">{block_html(block)}</div>')
                continue
            for column, picture in zip(
                st.columns(len(block.pictures)), block.pictures, strict=True
            ):
                column.image(to_svg(picture), width="stretch")
            if block.caption:
                st.caption(block.caption.replace("~", "\\~"))


main()
