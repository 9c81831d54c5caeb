"""The command line's way to a report."""

from pathlib import Path
from typing import Annotated

import typer

from imuhip.cli.filing import CatalogueAt, opened


def report(
    source: Annotated[
        str,
        typer.Argument(
            metavar="RESULTS_OR_SESSION",
            help="A folder of results, or a session's id (or the beginning of it).",
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The file to write, .html or .pdf.")
    ],
    reader: Annotated[
        str, typer.Option("--for", help="athlete: one page. coach: everything.")
    ] = "coach",
    name: Annotated[
        bool, typer.Option("--name", help="Show the athlete's name instead of the id.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing file.")
    ] = False,
    catalogue: CatalogueAt = None,
) -> None:
    """Write a report of a session, as a page to read or to print.

    A session of the catalogue is held against the one before it; a folder stands alone.

    Example: imuhip report out/session -o report.pdf --for athlete
    """
    from imuhip.report.material import material_in, material_of
    from imuhip.report.writing import READERS, report_for, write_report

    chosen = next((each for each in READERS if each == reader), None)
    if chosen is None:
        raise typer.BadParameter(f"Reports are for {' or '.join(READERS)}, not for {reader!r}.")
    if Path(source).is_dir():
        if name:
            raise typer.BadParameter(
                "names are in the catalogue: give a session's id, not a folder"
            )
        material = material_in(Path(source))
    else:
        with opened(catalogue) as open_:
            material = material_of(open_, source, named=name)
    write_report(report_for(chosen, material), output, overwrite=overwrite)
    typer.echo(f"report for the {chosen} in {output}")
