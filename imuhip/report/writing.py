"""A report into a file, HTML or PDF by its name, written whole or not at all."""

from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from imuhip.core.errors import RecordingError
from imuhip.core.files import file_made_whole
from imuhip.report.athlete import athlete_report
from imuhip.report.blocks import Document
from imuhip.report.coach import coach_report
from imuhip.report.html import to_html
from imuhip.report.material import Material
from imuhip.report.pdf import to_pdf

Reader: TypeAlias = Literal["athlete", "coach"]
"""Whom a report is for."""

READERS: Final[tuple[Reader, ...]] = get_args(Reader)
KINDS: Final = (".html", ".pdf")


def report_for(reader: Reader, material: Material) -> Document:
    """Return a session's report for somebody."""
    return athlete_report(material) if reader == "athlete" else coach_report(material)


def write_report(document: Document, target: Path, *, overwrite: bool = False) -> None:
    """Write a report, readable by its owner alone.

    Raises
    ------
    RecordingError
        If the name ends in neither .html nor .pdf, the file exists, or the disk refuses.
    """
    kind = target.suffix.lower()
    if kind not in KINDS:
        raise RecordingError("A report's file name must end in .html or .pdf.", path=target)
    with file_made_whole(target, overwrite=overwrite) as temporary:
        content = to_pdf(document) if kind == ".pdf" else to_html(document).encode()
        temporary.write_bytes(content)
        temporary.chmod(0o600)
