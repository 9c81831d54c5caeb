"""The command line: reads arguments, calls packages, prints.

Results go to standard output or files, progress and words about the work to standard error. Exit
codes: 0 done, 1 the work failed, 2 wrong usage.
"""

import io
import json
import logging
import math
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.markup import escape

from imuhip import __version__
from imuhip.cli.athlete import app as athlete_app
from imuhip.cli.catalogue import app as catalogue_app
from imuhip.cli.collect import collect, kit_app, scan
from imuhip.cli.export import batch, err, export, orientation_params, progress
from imuhip.cli.filing import CatalogueAt, Filing, checked_tester, results_of
from imuhip.cli.importing import import_
from imuhip.cli.report import report
from imuhip.cli.terminal import Terminal
from imuhip.core.errors import ImuhipError, ProfileError
from imuhip.core.extras import words_of
from imuhip.core.files import read_file, reason

app = typer.Typer(
    name="imuhip",
    help="Femoral rotation relative to the pelvis, from three inertial sensors.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
validate_app = typer.Typer(help="Error tables against public reference data.", no_args_is_help=True)
app.add_typer(validate_app, name="validate")
profiles_app = typer.Typer(invoke_without_command=True)
app.add_typer(profiles_app, name="profiles")
app.command(name="import")(import_)
app.command()(scan)
app.command()(collect)
app.command()(export)
app.command()(batch)
app.command()(report)
app.add_typer(kit_app, name="kit")
app.add_typer(athlete_app, name="athlete")
app.add_typer(catalogue_app, name="catalogue")

Recording = Annotated[Path, typer.Argument(metavar="REC", help="A recording (.mcap).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")]


def main() -> None:
    """Run the command line; errors a user can mend end with a sentence and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # no work is lost for want of a character
            stream.reconfigure(errors="replace")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end_as_by_hand)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        app()
    except ImuhipError as error:
        err.print(f"[bold red]imuhip:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        if (missing := words_of(error.name or "")) is None:
            raise
        err.print(f"[bold red]imuhip:[/] {escape(missing)}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        said = f"{place}cannot be read or written: {reason(error)}"
        err.print(f"[bold red]imuhip:[/] {escape(said)}", highlight=False, soft_wrap=True)
        sys.exit(1)


def _end_as_by_hand(_number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does, so that whatever a command began ends with it.

    A script's shell starts what runs in its background with Ctrl-C ignored; SIGTERM ends it still.
    """
    if not callable(signal.getsignal(signal.SIGINT)):
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(f"imuhip {__version__}")
        raise typer.Exit


@app.command()
def analyze(
    recording: Recording,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for the result files.")
    ] = None,
    athlete: Annotated[str, typer.Option(help="File them in the catalogue under this id.")] = "",
    tester: Annotated[
        str | None,
        typer.Option(help="Who tested, over what the recording says; '' for nobody known."),
    ] = None,
    catalogue: CatalogueAt = None,
    filter: Annotated[  # noqa: A002 - the option's promised name
        str, typer.Option("--filter", help="vqf, madgwick, mahony, ekf, aqua, angular_rate …")
    ] = "vqf",
    axes: Annotated[int, typer.Option(help="6, or 9 with the magnetometer.")] = 6,
    columns: Annotated[
        str,
        typer.Option("--columns", help="Extra columns, such as swing,projected,scaled,offline."),
    ] = "",
    soft_tissue: Annotated[
        str,
        typer.Option("--soft-tissue", help="Share of a turn the skin misses: left=0.3,right=0.3"),
    ] = "",
    settings: Annotated[
        Path | None,
        typer.Option("--settings", help="A TOML file with [assess]: goal, limits, offsets."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Analyze a recording into result files, and file them under an athlete if one is named.

    Example: imuhip analyze recordings/squats_and_pivots.mcap -o out --columns swing --athlete A1
    """
    from imuhip.cli.analysis_output import analysis_words
    from imuhip.cli.assess_settings import assess_of
    from imuhip.cli.columns import columns_from, soft_tissue_from
    from imuhip.pipeline.all_sensors import Params
    from imuhip.results.analysis import analyze as run

    if output is None and not athlete:
        raise typer.BadParameter("name a folder with -o, or an athlete with --athlete")
    if tester is not None and not athlete:
        raise typer.BadParameter(
            "--tester is kept in the catalogue: name an athlete with --athlete"
        )
    by = None if tester is None else checked_tester(tester)
    params = Params(orientation=orientation_params(filter, axes))
    wanted, factors = columns_from(columns), soft_tissue_from(soft_tissue)
    filing = Filing(catalogue, athlete, by) if athlete else None
    target = output or results_of(filing, recording, params)
    with progress("analyzing", None) as on_progress:
        analysis = run(
            recording,
            target,
            params,
            on_progress,
            columns=wanted,
            soft_tissue=factors,
            assess=assess_of(filing, settings),
        )
    if filing is not None:
        filing.file(recording, target, _say)
    for sentence in analysis.warnings:
        err.print(f"[yellow]![/] {escape(sentence)}", highlight=False)
    if as_json:
        typer.echo(json.dumps(asdict(analysis), default=str))
    else:
        analysis_words(Terminal(), analysis)


@app.command()
def replay(
    recording: Recording,
    speed: Annotated[str, typer.Option(help="1, 10 … or max.")] = "1",
    serve: Annotated[bool, typer.Option("--serve", help="Serve the live hub.")] = False,
    port: Annotated[int, typer.Option(help="The hub's port; 0 takes any free one.")] = 8765,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end.")] = False,
    exit_: Annotated[bool, typer.Option("--exit", help="End the hub with the recording.")] = False,
    lsl: Annotated[
        bool, typer.Option("--lsl", help="Send it by Lab Streaming Layer too, at speed 1.")
    ] = False,
    osc: Annotated[
        str, typer.Option("--osc", help="HOST:PORT to send angles to by OSC, at speed 1.")
    ] = "",
) -> None:
    """Replay a recording as if it were live, into the hub or onto the terminal.

    Example: imuhip replay recordings/squats_and_pivots.mcap --serve
    """
    from imuhip.cli.assessment_output import session_words
    from imuhip.live.osc import OscTarget
    from imuhip.live.replay import play
    from imuhip.live.sending import Sending

    factor, hub = _speed(speed), port if serve else None
    sending = Sending(lsl, OscTarget.from_text(osc) if osc else None)
    if sending and factor != 1.0:
        raise typer.BadParameter("--lsl and --osc keep their clock at --speed 1 alone")
    console = Terminal()
    play(
        recording,
        factor,
        port=hub,
        loop=loop,
        leave=exit_,
        say=typer.echo,
        show=lambda assessed: session_words(console, assessed),
        sending=sending,
    )


@app.command()
def info(recording: Recording, as_json: AsJson = False) -> None:
    """Say what is in a recording.

    Example: imuhip info recordings/squats_and_pivots.mcap
    """
    from imuhip.cli.output import info_words
    from imuhip.recording.summary import describe

    summary = describe(recording)
    info_words(Terminal(), summary, as_json=as_json)


@app.command()
def recover(
    recording: Recording,
    output: Annotated[Path, typer.Option("-o", "--output", help="The whole recording to write.")],
    overwrite: Overwrite = False,
) -> None:
    """Make a whole recording of one that was cut short or damaged.

    Example: imuhip recover broken.mcap -o whole.mcap
    """
    from imuhip.cli.output import faults_words
    from imuhip.recording.summary import recover as run

    report = run(recording, output, overwrite=overwrite)
    typer.echo(
        f"{output}: {report.notifications:,} notifications, {report.marks} marks, "
        f"{report.link_events} link events recovered"
    )
    faults_words(err, report.faults)


@app.command()
def simulate(
    scenario: Annotated[str, typer.Argument(help="Such as squat, pivot, visit, or squat+lunge.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The recording to write.")],
    truth: Annotated[
        Path | None, typer.Option(help="Write the true angles here, repetitions beside them.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The athlete, the sensors and the link.")] = 0,
    grade: Annotated[str, typer.Option(help="perfect, good, typical or poor sensors.")] = "typical",
    profile: Annotated[str, typer.Option(help="The device that is simulated.")] = "reference",
    rate: Annotated[float, typer.Option(help="Samples a second.")] = 100.0,
    sets: Annotated[int, typer.Option(help="How often the movements are done.")] = 1,
    tray: Annotated[bool, typer.Option(help="The calibration begins in the tray.")] = True,
    link: Annotated[
        str | None, typer.Option(help="Scenario free: a clean or lossy link, or the grade's.")
    ] = None,
    tissue: Annotated[bool, typer.Option(help="Scenario free: sensors sit on skin.")] = False,
    careless: Annotated[
        list[str] | None,
        typer.Option(help="Scenario free: a careless behaviour, such as one_lift; any picks one."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="Scenario free: a behaviour to leave out.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="A fault of a stated size: knee_in=14:right, pain=90:left groin, …"),
    ] = None,
    hip: Annotated[
        list[str] | None, typer.Option(help="How far a hip turns in/out: left=5/56.")
    ] = None,
    equal_sides: Annotated[
        bool, typer.Option("--equal-sides", help="The right leg mirrors the left.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Record a simulated athlete, with the truth beside it.

    Example: imuhip simulate squat -o squat.mcap --fault pelvic_tuck=24 --seed 1
    """
    from imuhip.simulate.output import write
    from imuhip.simulate.session import simulate as run
    from imuhip.simulate.setup import setup_from

    with progress("simulating", None):
        try:
            setup = setup_from(
                scenario,
                tray=tray,
                link=link,
                tissue=tissue,
                careless=careless or (),
                without=without or (),
                faults=fault or (),
                hips=hip or (),
                equal_sides=equal_sides,
            )
            made = run(
                scenario,
                seed=seed,
                grade=grade,
                profile_id=profile,
                rate_hz=rate,
                sets=sets,
                setup=setup,
            )
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        write(made, output, truth, overwrite=overwrite)
    typer.echo(f"{output}: {made.duration_s:.0f} s of {scenario}, seed {seed}, {grade} sensors")


@profiles_app.callback()
def profiles(context: typer.Context) -> None:
    """List the devices that are known, or check a profile.

    Example: imuhip profiles
    """
    if context.invoked_subcommand is None:
        from imuhip.cli.output import profiles_words
        from imuhip.core.resources import profile_ids, profile_text
        from imuhip.devices.profiles import parse_profile

        profiles_words(Terminal(), [parse_profile(profile_text(name)) for name in profile_ids()])


@profiles_app.command(name="check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A profile (.toml).")],
) -> None:
    """Read a profile and run its own test vectors.

    Example: imuhip profiles check firmware_profiles/reference.toml
    """
    from imuhip.devices.profiles import parse_profile
    from imuhip.devices.vectors import check_vectors

    try:
        profile = parse_profile(read_file(file).decode())
    except UnicodeDecodeError as error:
        raise ProfileError(
            f"A profile is a TOML text; this file is none: {error}", path=file
        ) from error
    except ProfileError as error:
        raise ProfileError(error.message, path=file) from error
    failed = [result for result in check_vectors(profile) if not result.ok]
    for result in failed:
        said = f"vector {result.index} ({result.source}): {result.problem}"
        err.print(said, highlight=False, markup=False)
    if failed:
        raise ProfileError(f"{len(failed)} of {len(profile.vectors)} vectors fail", path=file)
    typer.echo(f"{profile.id}: all {len(profile.vectors)} test vectors pass")


@validate_app.command()
def orientation(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with BROAD trials.")],
    filter: Annotated[  # noqa: A002 - the option's promised name
        list[str] | None, typer.Option("--filter", help="Only this one; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the BROAD error table: ours beside the bare library and the filters of ahrs.

    Example: imuhip validate orientation broad --json
    """
    from imuhip.cli.output import validation_words
    from imuhip.validate.orientation import METHODS, orientation_rows, trials

    paths = trials(folder)
    names = filter or []
    work = len(paths) * len([m for m in METHODS if not names or m[0] in names])
    rows = []
    with progress("validating", work) as on_progress:
        for row in orientation_rows(paths, names):
            rows.append(row)
            on_progress(float(len(rows)))
            if as_json:
                typer.echo(json.dumps(asdict(row)))
    if not as_json:
        validation_words(Terminal(), rows)


@app.command()
def dashboard(
    hub: Annotated[
        list[str], typer.Option(help="The hub; several for several kits, each on the board.")
    ] = ["ws://127.0.0.1:8765/live"],  # noqa: B006 - typer shows it, nobody changes it
    port: Annotated[int, typer.Option(help="Where the page is served.")] = 8501,
    results: Annotated[Path | None, typer.Option(help="Folder of finished sessions.")] = None,
    catalogue: CatalogueAt = None,
    lan: Annotated[
        bool, typer.Option("--lan", help="Serve the network too, for those who have the code.")
    ] = False,
) -> None:
    """Serve the dashboard; open its address in a browser.

    Example: imuhip dashboard --lan
    """
    import tempfile

    from imuhip.cli.filing import opened as opened_catalogue
    from imuhip.live.dashboard import (
        dashboard_command,
        dashboard_environment,
        dashboard_process,
        dashboard_url,
        ensure_servable,
        open_to_lan,
        qr_code,
    )

    twice = [each for each in hub if hub.count(each) > 1]
    if twice:
        raise typer.BadParameter(f"{twice[0]} is named twice. Name the hub of each kit once.")
    ensure_servable(port, results, lan=lan)
    with opened_catalogue(catalogue):
        pass  # what is wrong with it is said now, not on the page
    with tempfile.TemporaryDirectory() as folder:
        opened = open_to_lan(Path(folder)) if lan else None
        err.print(f"dashboard on {dashboard_url(port)} – Ctrl-C ends it", highlight=False)
        if opened is not None:
            err.print(qr_code(opened.url(port)), highlight=False)
            err.print(f"for tablets in this network: {opened.url(port)}", highlight=False)
            err.print(
                "The connection is not encrypted (plain HTTP). Use it only in a network you trust.",
                highlight=False,
            )
        first, *others = hub
        command = dashboard_command(
            first, port, more_hubs=others, results=results, catalogue=catalogue, lan=opened
        )
        try:
            with dashboard_process(command, None, dashboard_environment(catalogue)) as process:
                code = process.wait()
        except KeyboardInterrupt:
            code = 0
    raise typer.Exit(1 if code else 0)


@app.command()
def demo(
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a page.")] = True,
    speed: Annotated[float, typer.Option(help="Other than 1: a replay at this speed.")] = 1.0,
    exit_: Annotated[bool, typer.Option("--exit", help="End after the result.")] = False,
    port: Annotated[int, typer.Option(help="Where the page is served; 0: any free port.")] = 8501,
    seconds: Annotated[
        float, typer.Option(min=1.0, help="End the athlete's session after this many seconds.")
    ] = math.inf,
) -> None:
    """Show the whole thing without hardware: athlete, Bluetooth, recording, page, result.

    Example: imuhip demo
    """
    from imuhip.cli.analysis_output import analysis_words
    from imuhip.virtual.demo import Wishes, run_demo

    if not speed > 0.0:
        raise typer.BadParameter(f"The speed must be above 0, not {speed:g}.")
    wishes = Wishes(speed, port, browser, exit_, seconds)
    run_demo(wishes, _say, lambda analysis: analysis_words(Terminal(), analysis))


def _speed(text: str) -> float | None:
    """A factor above zero, or None for as fast as can be."""
    if text == "max":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not factor > 0.0:
        raise typer.BadParameter(f"The speed is a factor above 0 or 'max', not {text!r}.")
    return factor


def _say(sentence: str) -> None:
    """A sentence about the work."""
    err.print(sentence, highlight=False, markup=False, soft_wrap=True)
