"""A club's exchange: a roster in, results out per athlete and team, as CSV.

Ids stay: an athlete's is the roster's, a session's is the SHA-256 of its recording, a repetition's
is movement, set, number and side within its session.
"""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from imuhip.catalogue.catalogue import Catalogue
from imuhip.catalogue.entities import MeasureValue
from imuhip.catalogue.filing import check_id
from imuhip.catalogue.reader import CatalogueReader
from imuhip.core.errors import CatalogueError
from imuhip.core.files import file_made_whole, make_folder
from imuhip.core.visible import as_cell
from imuhip.importers.text_files import read_text

ROSTER_COLUMNS: Final = ("id", "name", "team", "note", "consent")
"""Of which ``id`` is needed; others may be left out, and further ones are not used."""

REPETITION_COLUMNS: Final = (
    "athlete", "team", "session", "started", "kind", "movement", "set", "repetition", "side",
    "direction", "measure", "value", "sd", "unit", "counted", "excluded",
    "tester",
)  # fmt: skip
SESSION_COLUMNS: Final = (
    "athlete", "team", "session", "started", "kind", "movement", "side", "direction", "measure",
    "repetitions", "mean", "least", "greatest", "unit",
    "tester",
)  # fmt: skip
TEAM_COLUMNS: Final = (
    "team", "movement", "side", "direction", "measure", "athletes", "mean", "least", "greatest",
    "unit",
)  # fmt: skip

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A line of a roster; `consent` is whether the athlete has agreed to be tracked."""

    id: str
    name: str = ""
    team: str = ""
    note: str = ""
    consent: bool = False


def read_roster(path: Path) -> tuple[RosterEntry, ...]:
    """Read a roster as any spreadsheet saves it: commas, semicolons or tabs between columns.

    Raises
    ------
    RecordingError
        If the file cannot be read as text.
    CatalogueError
        If it is no table or has no column ``id``, an id is unusable or stands twice, or consent is
        unclear.
    """
    text = read_text(path).decode()
    first, _, rest = text.partition("\n")
    above = 1 if first.strip('" \t').lower().startswith("sep=") else 0
    text = rest if above else text
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text), delimiter=separator, restkey=_BEYOND, strict=True)
    try:
        lines = [(rows.line_num + above, row) for row in rows]
    except csv.Error as error:
        said = "a quotation mark is not closed" if "end of data" in str(error) else str(error)
        raise CatalogueError(f"The roster is not a table: {said}.", path=path) from error
    columns = [(name or "").strip().lower() for name in rows.fieldnames or ()]
    names = dict(zip(columns, rows.fieldnames or (), strict=True))
    if twice := [name for name in _ROSTER if columns.count(name) > 1]:
        raise CatalogueError(f"{path}: column {twice[0]} is there twice. Keep one.")
    if "id" not in names:
        raise CatalogueError(
            f"{path}: column id is missing. The first line has {head[:80]!r}; a roster needs id, "
            "and may have name, team, note and consent."
        )
    entries: dict[str, RosterEntry] = {}
    for number, row in lines:
        if any(cell.strip() for cell in row.pop(_BEYOND, ())):
            raise CatalogueError(
                f"{path}:{number}: the line has more cells than the first. Put a text that holds "
                f"{_SPOKEN[separator]} in quotation marks."
            )
        cells = {ours: (row.get(theirs) or "").strip() for ours, theirs in names.items() if theirs}
        if not any(cells.values()):
            continue
        entry = _entry(cells, f"{path}:{number}")
        if entry.id in entries:
            raise CatalogueError(f"{path}:{number}: {entry.id} is there twice. Keep one line.")
        entries[entry.id] = entry
    return tuple(entries.values())


def _entry(cells: Mapping[str, str], where: str) -> RosterEntry:
    word = cells.get("consent", "").lower()
    if word not in _CONSENTS:
        raise CatalogueError(f"{where}: consent is {word!r}. Write yes, no, or nothing.")
    try:
        check_id(cells["id"])
    except CatalogueError as error:
        raise CatalogueError(f"{where}: {error}") from error
    said = {name: cells.get(name, "") for name in ("id", "name", "team", "note")}
    if broken := [name for name in ("name", "team") if "\n" in said[name]]:
        raise CatalogueError(f"{where}: {broken[0]} has a line break. Write it on one line.")
    return RosterEntry(**said, consent=_CONSENTS[word])


def enter_roster(catalogue: Catalogue, entries: Iterable[RosterEntry]) -> tuple[int, int]:
    """Add and update athletes; return how many are new, and how many were changed.

    An empty cell leaves what the catalogue has. A team is a squad: the athlete is in it from then
    on, and stays in the other ones. Consent is written down where the roster says yes
    and none was ever given; it is never taken back, nor given again after it was withdrawn.
    """
    known = {athlete.id: athlete for athlete in catalogue.athletes()}
    new = changed = 0
    for entry in entries:
        athlete = known.get(entry.id)
        squads = athlete.squads if athlete else ()
        joins = bool(entry.team) and entry.team not in squads
        if athlete is None:
            catalogue.add_athlete(entry.id, entry.name, entry.note)
            new += 1
        else:
            name, note = entry.name or athlete.name, entry.note or athlete.note
            if (name, note) != (athlete.name, athlete.note):
                catalogue.edit_athlete(entry.id, name=name, note=note)
            changed += joins or (name, note) != (athlete.name, athlete.note)
        if joins:
            catalogue.set_squads(entry.id, (*squads, entry.team))
        if entry.consent and (athlete is None or athlete.consent == "none"):
            catalogue.give_consent(entry.id, _PURPOSE, note="by the roster")
    return new, changed


def repetition_rows(
    reader: CatalogueReader, athletes: Sequence[str], teams: Mapping[str, str], **asked: Any
) -> list[Row]:
    """Return a row a measure of a repetition of one side: `REPETITION_COLUMNS`.

    Parameters
    ----------
    teams
        Athlete to team; empty for those who are in none.
    asked
        ``names`` and ``movement`` as for `CatalogueReader.measures`.
    """
    return [
        _repetition(athlete, teams.get(athlete, ""), value)
        for athlete in athletes
        for value in reader.measures(athlete, **asked)
    ]


def _repetition(athlete: str, team: str, value: MeasureValue) -> Row:
    return {
        "athlete": athlete,
        "team": team,
        "session": value.session,
        "started": value.started.isoformat() if value.started else "",
        "kind": value.kind,
        "movement": value.movement,
        "set": value.set,
        "repetition": value.repetition,
        "side": value.side,
        "direction": value.direction,
        "measure": value.name,
        "value": value.value,
        "sd": value.sd,
        "unit": value.unit,
        "counted": value.counted,
        "excluded": value.excluded,
        "tester": value.tester,
    }


def session_rows(repetitions: Iterable[Row]) -> list[Row]:
    """Return a row a session and measure, over the repetitions that count: `SESSION_COLUMNS`."""
    groups: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for row in repetitions:
        if row["counted"] and not row["excluded"] and math.isfinite(row["value"]):
            groups[tuple(row[name] for name in _SESSION_KEY)].append(row["value"])
    return [
        dict(zip(_SESSION_KEY, key, strict=True)) | _summary(values, "repetitions")
        for key, values in groups.items()
    ]


def team_rows(sessions: Iterable[Row]) -> list[Row]:
    """Return a row a team and measure, over each athlete's latest session: `TEAM_COLUMNS`."""
    latest: dict[tuple[Any, ...], Row] = {}
    for row in sessions:
        key = tuple(row[name] for name in (*_TEAM_KEY, "athlete"))
        if key not in latest or row["started"] >= latest[key]["started"]:
            latest[key] = row
    groups: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for row in latest.values():
        groups[tuple(row[name] for name in _TEAM_KEY)].append(row["mean"])
    return [
        dict(zip(_TEAM_KEY, key, strict=True)) | _summary(values, "athletes")
        for key, values in sorted(groups.items())
    ]


def _summary(values: Sequence[float], counted: str) -> dict[str, Any]:
    return {
        counted: len(values),
        "mean": fmean(values),
        "least": min(values),
        "greatest": max(values),
    }


def as_csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return rows as CSV: commas, decimal points, an empty cell for what is not known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in columns])
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return as_cell(value)


def write_results(
    reader: CatalogueReader,
    folder: Path,
    roster: Sequence[RosterEntry] = (),
    *,
    athletes: Sequence[str] = (),
    team: str = "",
) -> dict[str, int]:
    """Write ``repetitions.csv``, ``sessions.csv`` and ``teams.csv``; return rows by file.

    Parameters
    ----------
    roster
        Says who is in which team; of whom it says nothing, their squads in the catalogue do.
    athletes, team
        Only these; everybody in the catalogue without.

    Raises
    ------
    CatalogueError
        If an athlete is not in the catalogue, or nobody is in the team.
    RecordingError
        When the disk refuses.
    """
    found = reader.athletes()
    teams = {one.id: team if team in one.squads else next(iter(one.squads), "") for one in found}
    teams |= {entry.id: entry.team for entry in roster if entry.team}
    known = [athlete.id for athlete in found]
    if unknown := sorted(set(athletes) - set(known)):
        raise CatalogueError(f"The catalogue has no athlete {', '.join(unknown)}.")
    chosen = [each for each in known if each in (athletes or known)]
    if team:
        chosen = [each for each in chosen if teams.get(each) == team]
        if not chosen:
            raise CatalogueError(
                f"The catalogue has no athlete in team {team}. imuhip athlete list shows who is in "
                "which squad."
            )
    repetitions = repetition_rows(reader, chosen, teams)
    sessions = session_rows(repetitions)
    of_teams = team_rows(row for row in sessions if row["team"])
    tables = {
        "repetitions.csv": (REPETITION_COLUMNS, repetitions),
        "sessions.csv": (SESSION_COLUMNS, sessions),
        "teams.csv": (TEAM_COLUMNS, of_teams),
    }
    make_folder(folder)
    for name, (columns, rows) in tables.items():
        with file_made_whole(folder / name, overwrite=True) as temporary:
            temporary.write_text(as_csv(columns, rows), encoding="utf-8", newline="")
    return {name: len(rows) for name, (_, rows) in tables.items()}


_BEYOND: Final = "\0"  # no name of a column: read_text refuses it
_PURPOSE: Final = "tracking"
_CONSENTS: Final = {
    "": False, "no": False, "false": False, "0": False, "none": False, "nein": False,
    "falsch": False,
    "yes": True, "true": True, "1": True, "given": True, "x": True, "ja": True, "wahr": True,
}  # fmt: skip
_ROSTER: Final = ("id", "name", "team", "note", "consent")
_SPOKEN: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
_SESSION_KEY: Final = (
    "athlete", "team", "session", "started", "kind", "movement", "side", "direction", "measure",
    "unit", "tester",
)  # fmt: skip
_TEAM_KEY: Final = ("team", "movement", "side", "direction", "measure", "unit")
