"""The command line's words about what lies on the disk: exports and batches."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

err = Console(stderr=True)


def export(
    source: Annotated[
        Path, typer.Argument(metavar="REC_OR_DIR", help="A recording, or a folder of results.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file or folder to write.")],
    format_: Annotated[str, typer.Option("--format", help="csv, parquet or opensim.")] = "csv",
    from_s: Annotated[
        float, typer.Option("--from", metavar="T", help="Seconds of the session to begin at.")
    ] = -math.inf,
    to_s: Annotated[
        float, typer.Option("--to", metavar="T", help="Seconds of the session to end at.")
    ] = math.inf,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing file.")
    ] = False,
) -> None:
    """Export results for other programs, whole or a window of them.

    A name that ends in .csv, .parquet, .sto or .mot is one file; any other is a folder of all.

    Example: imuhip export session.mcap --format opensim -o for_opensim --from 30 --to 45
    """
    from imuhip.archive.exporters import FORMATS
    from imuhip.archive.exporters import export as run

    if format_ not in FORMATS:
        raise typer.BadParameter(f"expected one of {', '.join(FORMATS)}; came {format_!r}")
    if not from_s <= to_s:
        raise typer.BadParameter(f"expected --from before --to; came {from_s:g} and {to_s:g}")
    with progress("exporting", None) as told:
        done = run(
            source,
            format_,
            output,
            start_s=from_s,
            stop_s=to_s,
            overwrite=overwrite,
            told=told,
        )
    typer.echo(f"{output}: {done.rows:,} rows, {', '.join(done.files)}")


@contextmanager
def progress(what: str, total: float | None) -> Iterator[Callable[[float], None]]:
    """A bar on standard error that goes away when the work is done; silent where nobody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(
        *columns, TimeElapsedColumn(), console=err, transient=True, disable=not err.is_terminal
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
