"""The command line's words about the catalogue itself."""

from pathlib import Path
from typing import Annotated

import typer

from imuhip.cli.filing import CatalogueAt, opened
from imuhip.cli.terminal import Terminal

app = typer.Typer(help="Rebuild and check the catalogue.", no_args_is_help=True)

err = Terminal(stderr=True)


@app.command()
def rebuild(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FOLDER]...", help="Another folder that holds recordings and results."
        ),
    ] = None,
    catalogue: CatalogueAt = None,
) -> None:
    """Rebuild the catalogue from recordings and results; what was entered stays.

    Recordings without results are analyzed. Sessions whose recordings are not found stay as they
    are.

    Example: imuhip catalogue rebuild /media/drive/recordings
    """
    from imuhip.catalogue.rebuild import rebuild as run

    with opened(catalogue) as open_, err.status("looking …") as status:
        done = run(open_, folders or (), lambda name: status.update(f"reading {name}"))
    for path, why in done.left:
        err.print(f"left: {path}: {why}", highlight=False, soft_wrap=True, markup=False)
    if done.kept:
        err.print(
            f"{len(done.kept)} sessions stay as they were: their recordings were not found",
            highlight=False,
        )
    typer.echo(
        f"{done.sessions} sessions, {done.analyses} analyses filed; {done.analyzed} recordings "
        "were analyzed again"
    )


@app.command()
def check(catalogue: CatalogueAt = None) -> None:
    """Read the whole catalogue, say whether it is sound, and overwrite what was deleted.

    Example: imuhip catalogue check
    """
    from imuhip.catalogue.file import check as run

    with opened(catalogue) as open_:
        if open_.store.path is not None:
            run(open_.store.path)
        scrubbed = open_.store.scrub()
        athletes, version = len(open_.athletes()), open_.store.version()
        place = open_.store.shown
    typer.echo(f"{place}: sound, version {version}, {athletes} athletes")
    if not scrubbed:
        typer.echo(
            "another program has it open; its log is merged when that program ends", err=True
        )


@app.command()
def entries(
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write (.json).")],
    catalogue: CatalogueAt = None,
) -> None:
    """Write all that was entered – names, tags, consent, goals – into a file.

    Beside a SQLite catalogue such a file always lies; this is for a server, or for a copy.

    Example: imuhip catalogue entries -o entries.json
    """
    from imuhip.catalogue.entries import save_entries

    with opened(catalogue) as open_, open_.store.reading() as db:
        save_entries(db, output)
    typer.echo(f"{output}: written")


@app.command()
def restore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file that imuhip catalogue entries wrote.")
    ],
    catalogue: CatalogueAt = None,
) -> None:
    """Fill an empty catalogue with what was entered before.

    Example: imuhip catalogue restore entries.json
    """
    from imuhip.catalogue.entries import restore_entries

    with opened(catalogue) as open_, open_.entering() as db:
        count = restore_entries(db, file)
    typer.echo(f"{count} entries restored; imuhip catalogue rebuild brings the sessions")
