"""The command line's words about what lies on the disk: exports and batches."""

import json
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape

from imuhip.cli.terminal import Terminal

err = Terminal(stderr=True)


def export(
    source: Annotated[
        Path, typer.Argument(metavar="REC_OR_DIR", help="A recording, or a folder of results.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file or folder to write.")],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="Such as csv, netcdf, c3d or opensim; docs/exports.md lists all.",
        ),
    ] = "csv",
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

    A name that ends as the format's files do is one file; any other is a folder of all.

    Example: imuhip export session.mcap --format opensim -o for_opensim --from 30 --to 45
    """
    from imuhip.results.exporters.formats import FORMATS, format_by_ending
    from imuhip.results.exporters.formats import export as run

    format_ = format_ or format_by_ending(output) or "csv"
    if format_ not in FORMATS:
        raise typer.BadParameter(
            f"There is no format {format_!r}. Choose one of {', '.join(FORMATS)}."
        )
    if not from_s <= to_s:
        raise typer.BadParameter(f"--from {from_s:g} is after --to {to_s:g}.")
    with progress("exporting", None) as on_progress:
        done = run(
            source,
            format_,
            output,
            start_s=from_s,
            stop_s=to_s,
            overwrite=overwrite,
            on_progress=on_progress,
        )
    typer.echo(f"{output}: {done.rows:,} rows, {', '.join(done.files)}")


def batch(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Recordings, or folders with recordings.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the data set.")],
    engine: Annotated[str, typer.Option(help="local: processes here; dask: a cluster.")] = "local",
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask's scheduler; without it, a cluster here."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes; as many as cores when not given.")
    ] = os.cpu_count() or 1,
    filter: Annotated[  # noqa: A002 - the option's promised name
        str, typer.Option("--filter", help="As in imuhip analyze.")
    ] = "vqf",
    axes: Annotated[int, typer.Option(help="6, or 9 with the magnetometer.")] = 6,
    again: Annotated[
        bool, typer.Option("--again", help="Analyze again what the data set already holds.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for a program to read.")
    ] = False,
) -> None:
    """Analyze many recordings into one Parquet data set, partitioned by athlete.

    Killed or interrupted, it is started again by the same words and does what is left.

    Example: imuhip batch season_2026 -o dataset
    """
    from imuhip.batch.engines import Engine, LocalEngine
    from imuhip.batch.run import batch as run
    from imuhip.cli.output import batch_words
    from imuhip.pipeline.all_sensors import Params

    params = Params(orientation=orientation_params(filter, axes))
    chosen: Engine
    if engine == "dask":
        from imuhip.batch.dask_engine import DaskEngine

        chosen = DaskEngine(scheduler, workers)
    elif engine == "local" and scheduler is None:
        chosen = LocalEngine(workers)
    else:
        raise typer.BadParameter(
            "--scheduler needs --engine dask."
            if engine == "local"
            else f"There is no engine {engine!r}. Choose local or dask."
        )
    with _stages() as on_progress:
        report = run(paths, output, chosen, params, again=again, on_progress=on_progress)
    if as_json:
        typer.echo(json.dumps(asdict(report), default=str))
    else:
        batch_words(Terminal(), report)
    for failure in report.failures:
        place, why = escape(str(failure.path)), escape(failure.reason)
        err.print(f"[bold red]![/] {place}: {why}", highlight=False, soft_wrap=True)
    if report.failures:
        err.print(
            f"{len(report.failures)} could not be analyzed; the reasons are in "
            f"{output / 'failures.json'}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(1)


def orientation_params(name: str, axes: int) -> Any:
    """Filter settings, or wrong usage."""
    from imuhip.estimate.orientation import FilterParams
    from imuhip.estimate.orientation_engines import FILTERS

    if name not in FILTERS:
        raise typer.BadParameter(
            f"There is no filter {name!r}. Choose one of {', '.join(FILTERS)}."
        )
    if axes not in FILTERS[name].axes:
        known = " or ".join(str(n) for n in FILTERS[name].axes)
        raise typer.BadParameter(f"{name} works with {known} axes, not with {axes}.")
    chosen: Literal[6, 9] = 9 if axes == 9 else 6
    return FilterParams(filter=name, axes=chosen)


@contextmanager
def _stages() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for work that comes in stages, of so many things each."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=err, transient=True, disable=not err.is_terminal
    ) as bar:
        task = bar.add_task("", total=None)

        def on_progress(stage: str, done: int, total: int) -> None:
            if bar.tasks[task].description != stage:
                bar.reset(task, description=stage)
            bar.update(task, completed=done, total=total)

        yield on_progress


@contextmanager
def progress(what: str, total: float | None) -> Iterator[Callable[[float], None]]:
    """A bar on standard error that goes away when the work is done; silent where nobody looks."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(
        *columns, TimeElapsedColumn(), console=err, transient=True, disable=not err.is_terminal
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
