"""The command line's words about athletes: who they are, what they did, what has changed."""

import json
import math
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from imuhip.cli.athlete_output import (
    athletes_words,
    holdings_words,
    progress_words,
    sessions_words,
)
from imuhip.cli.filing import CatalogueAt, checked_tester, opened
from imuhip.cli.terminal import Terminal

if TYPE_CHECKING:
    from imuhip.catalogue.entities import Kind, NoteKind

app = typer.Typer(help="Athletes over weeks.", no_args_is_help=True)

err = Terminal(stderr=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The athlete's id.")]
SessionId = Annotated[
    str, typer.Argument(metavar="SESSION", help="A session's id, or the beginning of it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Folders = Annotated[
    list[Path] | None,
    typer.Option("--also", help="Look for files in this folder too; may be repeated."),
]
Side = Annotated[str, typer.Option(help="left or right; both without it.")]
Movement = Annotated[str, typer.Option(help="Such as squat; any without it.")]


@app.command()
def add(
    athlete: Id,
    name: Annotated[str, typer.Option(help="Stays in the catalogue; files carry the id.")] = "",
    note: Annotated[str, typer.Option(help="Free text.")] = "",
    consent: Annotated[str, typer.Option(help="What the athlete agreed to, today.")] = "",
    catalogue: CatalogueAt = None,
) -> None:
    """Add an athlete.

    Example: imuhip athlete add A1 --name "Ada Lovelace" --consent tracking
    """
    with opened(catalogue) as open_:
        open_.add_athlete(athlete, name, note)
        if consent:
            open_.give_consent(athlete, consent)
    typer.echo(f"{athlete} is in the catalogue")


@app.command()
def edit(
    athlete: Id,
    name: Annotated[str | None, typer.Option(help="The new name.")] = None,
    note: Annotated[str | None, typer.Option(help="The new note.")] = None,
    squad: Annotated[
        list[str] | None, typer.Option(help="All the squads; may be repeated, '' for none.")
    ] = None,
    catalogue: CatalogueAt = None,
) -> None:
    """Change an athlete's name, note or squads.

    Example: imuhip athlete edit A1 --name "Ada King" --squad U19
    """
    with opened(catalogue) as open_:
        open_.edit_athlete(athlete, name=name, note=note)
        if squad is not None:
            open_.set_squads(athlete, squad)


@app.command()
def roster(
    file: Annotated[Path, typer.Argument(metavar="CSV", help="Columns id, name, team, note, …")],
    catalogue: CatalogueAt = None,
) -> None:
    """Add and update the athletes of a club from a table.

    Example: imuhip athlete roster club.csv
    """
    from imuhip.catalogue.club import enter_roster, read_roster

    entries = read_roster(file)
    with opened(catalogue) as open_:
        new, changed = enter_roster(open_, entries)
    typer.echo(f"{file}: {len(entries)} athletes, {new} new, {changed} changed")


@app.command()
def results(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the CSV files.")],
    athletes: Annotated[
        list[str] | None, typer.Argument(metavar="[ID…]", help="Only these athletes.")
    ] = None,
    roster_file: Annotated[
        Path | None,
        typer.Option("--roster", help="Says the teams; else squads do."),
    ] = None,
    team: Annotated[str, typer.Option(help="Only this team or squad.")] = "",
    catalogue: CatalogueAt = None,
) -> None:
    """Write results of athletes and teams as CSV, to be read by a club's own programs.

    Example: imuhip athlete results --team U19 -o club_results
    """
    from imuhip.catalogue.club import read_roster, write_results

    entries = read_roster(roster_file) if roster_file else ()
    with opened(catalogue) as open_:
        counts = write_results(open_, output, entries, athletes=athletes or (), team=team)
    for name, count in counts.items():
        typer.echo(f"{output / name}: {count:,} rows")


@app.command("list")
def list_(as_json: AsJson = False, catalogue: CatalogueAt = None) -> None:
    """List the athletes.

    Example: imuhip athlete list
    """
    with opened(catalogue) as open_:
        found = open_.athletes()
    if as_json:
        typer.echo(_json([asdict(athlete) for athlete in found]))
    else:
        athletes_words(Terminal(), found)


@app.command()
def consent(
    athlete: Id,
    purpose: Annotated[str, typer.Option(help="What it covers.")] = "tracking",
    note: Annotated[str, typer.Option(help="Such as where the signed form is kept.")] = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="The consent is withdrawn.")] = False,
    as_json: AsJson = False,
    catalogue: CatalogueAt = None,
) -> None:
    """Note that an athlete agrees to be tracked, or no longer does.

    Example: imuhip athlete consent A1 --note "signed on paper"
    """
    with opened(catalogue) as open_:
        if withdraw:
            open_.withdraw_consent(athlete)
        else:
            open_.give_consent(athlete, purpose, note=note)
        found = open_.consents(athlete)
    if as_json:
        typer.echo(_json([asdict(one) for one in found]))
        return
    for one in found:
        end = f", withdrawn {one.withdrawn.astimezone():%Y-%m-%d}" if one.withdrawn else ""
        typer.echo(
            f"{one.purpose}: given {one.given.astimezone():%Y-%m-%d}{end} {one.note}".rstrip()
        )
    if withdraw:
        typer.echo(f"Nothing new is filed. imuhip athlete delete {athlete} removes what is there")


@app.command()
def sessions(
    athlete: Id,
    search: Annotated[str, typer.Option(help="Only those with this text.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Only those with this tag.")] = None,
    trash: Annotated[bool, typer.Option("--trash", help="Those in the trash.")] = False,
    as_json: AsJson = False,
    catalogue: CatalogueAt = None,
) -> None:
    """List the sessions of an athlete, the latest first.

    Example: imuhip athlete sessions A1 --search pain
    """
    with opened(catalogue) as open_:
        found = open_.sessions(athlete, search=search, tags=tag or (), trashed=trash)
    if as_json:
        typer.echo(_json([asdict(session) for session in found]))
    else:
        sessions_words(Terminal(), found)


@app.command()
def session(
    session: SessionId,
    kind: Annotated[str | None, typer.Option(help="cold, warm, or an empty text.")] = None,
    load: Annotated[float | None, typer.Option(help="Kilograms; nan removes it.")] = None,
    note: Annotated[str | None, typer.Option(help="Free text.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="All its tags; '' for none.")] = None,
    tester: Annotated[str | None, typer.Option(help="Who tested; '' if nobody knows.")] = None,
    started: Annotated[
        datetime | None, typer.Option(help="When it was, if the recording does not say.")
    ] = None,
    trash: Annotated[
        bool | None, typer.Option("--trash/--restore", help="Into the trash, or back.")
    ] = None,
    show: Annotated[
        str | None, typer.Option(help="Fingerprint of the analysis to show; '' for the newest.")
    ] = None,
    catalogue: CatalogueAt = None,
) -> None:
    """Say something of a session: tags, load, tester, cold or warm; put it into the trash or back.

    Example: imuhip athlete session 3fa9 --kind cold --load 60 --tester KM --tag screen
    """
    if kind not in (None, "", "cold", "warm"):
        raise typer.BadParameter(f"Choose cold, warm or an empty text, not {kind!r}.")
    when = started.astimezone(UTC) if started else None
    tags = None if tag is None else [word for word in tag if word]
    by = None if tester is None else checked_tester(tester)
    with opened(catalogue) as open_:
        if any(said is not None for said in (kind, load, note, when, tags, by)):
            open_.edit_session(
                session,
                kind=cast("Kind | None", kind),
                load_kg=load,
                notes=note,
                started=when,
                tags=tags,
                tester=by,
            )
        if trash is not None:
            (open_.trash if trash else open_.restore)(session)
        if show is not None:
            open_.show(session, show or None)
        sessions_words(Terminal(), [open_.session(session)])
        for one in open_.analyses(session):
            shown = ", shown" if one.shown else ""
            typer.echo(f"analysis {one.fingerprint}: version {one.version}, {one.grade}{shown}")


@app.command()
def exclude(
    session: SessionId,
    movement: Annotated[str, typer.Argument(help="Such as squat.")],
    set_: Annotated[int, typer.Argument(metavar="SET", help="From 1.")],
    repetition: Annotated[int, typer.Argument(metavar="REPETITION", help="From 1.")],
    reason: Annotated[str, typer.Option(help="Why it does not count.")] = "",
    side: Annotated[str, typer.Option(help="left, right or both.")] = "both",
    include: Annotated[bool, typer.Option("--include", help="Let it count again.")] = False,
    catalogue: CatalogueAt = None,
) -> None:
    """Take a repetition out of what counts, or let it in again.

    Example: imuhip athlete exclude 3fa9 squat 1 4 --reason "strap slipped"
    """
    if side not in ("left", "right", "both") or not (include or reason.strip()):
        raise typer.BadParameter("Give --reason, and left, right or both as --side.")
    with opened(catalogue) as open_:
        if include:
            open_.include_repetition(session, movement, set_, repetition, side)
        else:
            open_.exclude_repetition(session, movement, set_, repetition, reason, side)


@app.command()
def note(
    athlete: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to remember.")],
    kind: Annotated[str, typer.Option(help="note, cue, pain or phase.")] = "note",
    session: Annotated[str | None, typer.Option(help="Which session it is about.")] = None,
    t: Annotated[float | None, typer.Option(help="Second of that session.")] = None,
    catalogue: CatalogueAt = None,
) -> None:
    """Add a note about an athlete: a cue and its effect, pain, a phase, or anything else.

    Example: imuhip athlete note A1 "knees out helped at once" --kind cue
    """
    if kind not in ("note", "cue", "pain", "phase"):
        raise typer.BadParameter(f"Choose note, cue, pain or phase, not {kind!r}.")
    with opened(catalogue) as open_:
        open_.add_note(athlete, text, kind=cast("NoteKind", kind), session=session, t=t)


@app.command()
def goal(
    athlete: Id,
    measure: Annotated[str, typer.Argument(metavar="MEASURE", help="Such as depth_deg.")],
    low: Annotated[float, typer.Option(help="At least this.")] = math.nan,
    high: Annotated[float, typer.Option(help="At most this.")] = math.nan,
    movement: Movement = "",
    side: Side = "",
    direction: Annotated[str, typer.Option(help="in, out or down; any without it.")] = "",
    note: Annotated[str, typer.Option(help="Free text.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Remove the goal.")] = False,
    catalogue: CatalogueAt = None,
) -> None:
    """Set a goal for a measure.

    Example: imuhip athlete goal A1 depth_deg --low 90 --movement squat
    """
    from imuhip.catalogue.entities import Goal

    if not remove and math.isnan(low) and math.isnan(high):
        raise typer.BadParameter("Give --low, --high or both.")
    wanted = Goal(measure, movement, side, direction, low, high, None, note)
    with opened(catalogue) as open_:
        (open_.remove_goal if remove else open_.set_goal)(athlete, wanted)


@app.command()
def progress(
    athlete: Id,
    measure: Annotated[
        list[str] | None, typer.Option(help="Only this measure; may be repeated.")
    ] = None,
    movement: Movement = "",
    kind: Annotated[str, typer.Option(help="Only cold, or only warm sessions.")] = "",
    plot: Annotated[Path | None, typer.Option(help="Draw into this .png or .svg.")] = None,
    as_json: AsJson = False,
    catalogue: CatalogueAt = None,
) -> None:
    """Print what has changed over weeks, against the athlete's own measurement error.

    Example: imuhip athlete progress A1 --measure depth_deg --plot depth.svg
    """
    if kind not in ("", "cold", "warm"):
        raise typer.BadParameter(f"Choose cold or warm, not {kind!r}.")
    with opened(catalogue) as open_:
        series = open_.progress(
            athlete,
            names=measure or (),
            movement=movement or None,
            kind=cast("Kind", kind) if kind else None,
        )
        weeks, goals = open_.dose(athlete), open_.goals(athlete)
    if as_json:
        plain = {"series": [asdict(s) for s in series], "weeks": [asdict(w) for w in weeks]}
        typer.echo(_json(plain))
    else:
        progress_words(Terminal(), series, weeks, goals)
    if plot is not None:
        from imuhip.catalogue.progress_plot import plot_progress

        plot_progress(series, weeks, goals, plot, f"{athlete}: change over weeks")
        err.print(f"drawn: {plot}", highlight=False, soft_wrap=True)


@app.command()
def export(
    athlete: Id,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to make.")],
    also: Folders = None,
    catalogue: CatalogueAt = None,
) -> None:
    """Copy everything of an athlete into a folder: recordings, results, the catalogue's rows.

    Example: imuhip athlete export A1 -o A1_everything
    """
    from imuhip.catalogue.athlete import export_athlete

    with opened(catalogue) as open_:
        found = export_athlete(open_, athlete, output, also or ())
    typer.echo(
        f"{output}: {len(found.recordings)} recordings, {len(found.results)} results, "
        f"{sum(found.rows.values()):,} rows"
    )


@app.command()
def delete(
    athlete: Id,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    also: Folders = None,
    catalogue: CatalogueAt = None,
) -> None:
    """Remove an athlete entirely: catalogue, recordings, everything derived. It cannot be undone.

    Example: imuhip athlete delete A1 --dry-run
    """
    from imuhip.api.cache import user_cache
    from imuhip.ble.kit import kit_names, load_kit, save_kit
    from imuhip.catalogue.athlete import delete_athlete, holdings

    with opened(catalogue) as open_:
        found = holdings(open_, athlete, (*(also or ()), user_cache()))
        kits = [kit for kit in map(load_kit, kit_names()) if kit.athlete == athlete]
        holdings_words(Terminal(), found, [kit.name for kit in kits])
        if dry_run:
            return
        if not yes:
            typer.confirm(f"Remove {athlete} entirely?", abort=True)
        left = delete_athlete(open_, found)
    for kit in kits:
        save_kit(replace(kit, athlete=""))
    for path, why in left:
        err.print(f"left: {path}: {why}", highlight=False, soft_wrap=True, markup=False)
    typer.echo(
        f"{athlete} is removed. Delete reports and exports that you wrote elsewhere yourself."
    )


def _json(value: Any) -> str:
    """JSON for programs: dates as ISO 8601, what is not known as null."""
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | None) else str(value)
