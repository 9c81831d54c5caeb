"""``imuhip import``: other people's files into a recording, or a look at what is in them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from imuhip.cli.export import err, progress
from imuhip.cli.terminal import Terminal
from imuhip.core.errors import RecordingError

if TYPE_CHECKING:
    from imuhip.importers.folder import ImportReport


def import_(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR…", help="Folder with pelvis.csv …, or a file of all sensors; or its parts."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The recording to write.")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would be imported, and write nothing.")
    ] = False,
    rate: Annotated[
        float, typer.Option(min=0.0, help="Samples a second, if the files do not say.")
    ] = 0.0,
    units: Annotated[
        list[str] | None,
        typer.Option("--units", metavar="acc=g", help="Unit of t, acc, gyr or mag; - reverses."),
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=NAME", help="What a column is, such as ax=acc_x."),
    ] = None,
    place: Annotated[
        list[str] | None,
        typer.Option("--place", metavar="DEVICE=SEGMENT", help="Where a device sits."),
    ] = None,
    drop_invalid: Annotated[
        bool, typer.Option("--drop-invalid", help="Leave out rows with NaN; they become gaps.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = (
        False
    ),
) -> None:
    """Import other people's data, without loss of a bit.

    Example: imuhip import session_folder -o session.mcap
    """
    from imuhip.importers.folder import import_folder, preview_folder
    from imuhip.importers.notes import checked_names, checked_places, checked_units
    from imuhip.importers.sources import Options

    if output is None and not preview:
        raise typer.BadParameter("say where to write, with -o REC, or look only, with --preview")
    options = Options(
        rate_hz=rate,
        units=_said(units, "--units", checked_units),
        names=_said(map_, "--map", checked_names),
        places=_said(place, "--place", checked_places),
    )
    with progress("importing", None):
        if preview or output is None:
            report = preview_folder(folders, drop_invalid=drop_invalid, options=options)
        else:
            report = import_folder(
                folders, output, overwrite=overwrite, drop_invalid=drop_invalid, options=options
            )
    if preview:
        _preview_words(Terminal(), report)
    for sentence in report.warnings:
        err.print(f"[yellow]![/] {escape(sentence)}", highlight=False, soft_wrap=True)
    counts = ", ".join(f"{name} {count:,}" for name, count in report.samples.items())
    typer.echo(f"{report.target}: {counts} samples, {report.marks} marks")


def _said(
    pairs: Sequence[str] | None,
    option: str,
    checked: Callable[[Mapping[str, str]], Mapping[str, str]],
) -> Mapping[str, str]:
    """Return ``A=B`` pairs as a table; the last ``=`` divides."""
    table = {}
    for pair in pairs or ():
        left, equals, right = pair.rpartition("=")
        if not equals or not left or not right:
            raise typer.BadParameter(f"Write A=B, not {pair!r}.", param_hint=option)
        table[left.strip()] = right.strip()
    try:
        return checked(table)
    except RecordingError as error:
        raise typer.BadParameter(error.message, param_hint=option) from error


def _preview_words(console: Terminal, report: "ImportReport") -> None:
    """Say what was recognised: format, device, samples, rate, time, units and magnetometer."""
    for sensor in report.sensors:
        device = f" of {sensor.device}" if sensor.device else ""
        units = ", ".join(f"{kind} in {unit}" for kind, unit in sensor.units.items())
        left = f", {sensor.dropped:,} rows left out" if sensor.dropped else ""
        field = "with" if sensor.magnetometer else "without"
        words = (
            f"{sensor.sensor}: {sensor.file}, {sensor.format_name}{device}: {sensor.samples:,} "
            f"samples at {sensor.rate_hz:.4g} Hz, {sensor.t_last - sensor.t_first:.2f} s from "
            f"{sensor.t_first:.3f} s, {field} magnetometer{f'; {units}' if units else ''}{left}"
        )
        console.print(escape(words), highlight=False, soft_wrap=True)
    console.print("nothing was written", style="dim")
