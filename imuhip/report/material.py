"""What a report is made from: a session's results and, with a catalogue, what became since."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from imuhip.assess.measure_table import MEASURES
from imuhip.assess.movements import MOVEMENTS
from imuhip.assess.params import AssessParams
from imuhip.assess.screen import Usual, measure_of
from imuhip.assess.waveforms import PHASES, over_phase
from imuhip.assess.what_helped import Helped, helped_in
from imuhip.catalogue.entities import Goal, MeasureValue, Note, RepetitionEntry, Session
from imuhip.catalogue.progress import Series, series_of, usual_in
from imuhip.catalogue.reader import CatalogueReader
from imuhip.core.certainty import certain_measures, certain_rows
from imuhip.core.conventions import SIDES, Side
from imuhip.core.errors import CatalogueError
from imuhip.core.findings import Finding, Repetition
from imuhip.core.findings import Note as MomentNote
from imuhip.core.records import Array
from imuhip.results.schemas import NOTES_FILE, Results, hip_column, read_results


@dataclass(frozen=True, slots=True)
class Material:
    """A session and all that is said of it.

    Parameters
    ----------
    results
        The result files.
    repetitions
        Of them; one that a person excluded is not counted and says why.
    params
        The athlete's limits and goals, as the analysis used them.
    who
        The pseudonymous id, or a name where one was asked for.
    started
        When; None where the recording does not say.
    notes
        Marks of the session with what the body did.
    became
        Time of a cue to sentences on what became of what had been found before it.
    session, series, goals, diary
        From the catalogue; None and empty without one.
    helped
        Cues that helped this athlete in sessions before, in the order of time.
    usual
        Tests of the table screen against the sessions before, what differs first.
    """

    results: Results
    repetitions: tuple[Repetition, ...]
    params: AssessParams
    who: str
    started: datetime | None
    notes: tuple[MomentNote, ...]
    became: Mapping[float, tuple[str, ...]]
    session: Session | None = None
    series: tuple[Series, ...] = ()
    goals: tuple[Goal, ...] = ()
    diary: tuple[Note, ...] = ()
    helped: tuple[Helped, ...] = ()
    usual: tuple[Usual, ...] = ()

    @property
    def tester(self) -> str:
        """Who tested: what the catalogue says, else the recording; empty where nobody knows."""
        if self.session is not None:
            return self.session.tester
        return str(self.results.session.get("tester") or "")


def material_in(folder: Path) -> Material:
    """Read a result folder.

    Raises
    ------
    RecordingError
        When it is none or cannot be read.
    """
    results = read_results(folder, columns=COLUMNS, sensors=False)
    results = replace(results, angles=results.angles.combine_chunks())
    said = results.session
    assess = said.get("parameters", {}).get("recording", {}).get("assess", {})
    return Material(
        results=results,
        repetitions=tuple(_repetition(row) for row in results.repetitions.to_pylist()),
        params=AssessParams.from_settings(assess),
        who=str(said.get("athlete") or "unnamed athlete"),
        started=_moment(said.get("started")),
        notes=tuple(_note(note) for note in results.notes),
        became={
            note["t"]: tuple(each["words"] for each in note.get("outcomes", ()))
            for note in results.notes
        },
    )


def material_of(catalogue: CatalogueReader, session: str, *, named: bool = False) -> Material:
    """Read a session of a catalogue, and what became of its athlete up to that day.

    Parameters
    ----------
    session
        Its id, or the beginning of it.
    named
        Whether the athlete's name may stand in the report; the pseudonymous id else.

    Raises
    ------
    CatalogueError
        When it is not known, or its results are gone.
    """
    known = catalogue.session(session)
    if known.results is None:
        raise CatalogueError(
            "The result files of this session are gone. Make them again: "
            f"imuhip analyze {known.recording} --athlete {known.athlete}"
        )
    bare = material_in(known.results)
    why = excluded(catalogue.repetitions(known.id))
    name = next((a.name for a in catalogue.athletes() if a.id == known.athlete), "")
    repetitions = tuple(_excluding(each, why) for each in bare.repetitions)
    values = catalogue.measures(known.athlete, names=PROGRESS)
    return replace(
        bare,
        repetitions=repetitions,
        who=name if named and name else known.athlete,
        started=known.started or bare.started,
        session=known,
        series=_until(values, known),
        usual=usual_in(values, known.id),
        goals=catalogue.goals(known.athlete),
        diary=tuple(n for n in catalogue.notes(known.athlete) if n.session == known.id),
        helped=_helped(catalogue.sessions(known.athlete), known),
    )


def _helped(sessions: Sequence[Session], now: Session) -> tuple[Helped, ...]:
    """What helped in sessions before, as far as their results are there."""
    found: list[Helped] = []
    for each in reversed(sessions):  # they come the latest first
        if each.results is None or None in (each.started, now.started):
            continue
        path = each.results / NOTES_FILE
        if each.started < now.started and path.is_file():  # type: ignore[operator]
            found += helped_in(json.loads(path.read_text(encoding="utf-8")))
    return tuple(found)


def excluded(entries: Iterable[RepetitionEntry]) -> dict[tuple[str, int, int, str], str]:
    """Movement, set, repetition and side to why a person took it out."""
    return {(e.movement, e.set, e.repetition, e.side): e.excluded for e in entries if e.excluded}


def findings_of(results: Results) -> tuple[Finding, ...]:
    """The findings of result files, as assessment knows them."""
    return tuple(_finding(row) for row in results.findings)


def curve(results: Results, rep: Repetition, angle: str = "rotation") -> Array:
    """Return an angle over 0 to 100 % of a repetition, degrees, ``(201,)``.

    Of a movement that bends the hip, 50 % is the deepest point and the way there and back goes by
    the share of that bend, not by time: a pause at the bottom does not shift what is compared. Of
    a turn, it goes by time.
    """
    rows = _rows(results, rep)
    t, values = rows["t"].to_numpy(), _column(rows, angle, rep.side)
    if len(values) < _FEWEST_ROWS:
        return np.full(2 * len(PHASES) - 1, np.nan)
    if bends(rep.movement):
        bend = _column(rows, "flexion", rep.side)
        turn = int(np.searchsorted(t, rep.t_turn))
        turn = min(max(turn, 1), len(bend) - 2)
        down, up = over_phase(bend - bend[0], values, turn)
        return np.concatenate((down, up[::-1][1:]))
    share = (t - t[0]) / (t[-1] - t[0])
    return np.interp(np.linspace(0.0, 1.0, 2 * len(PHASES) - 1), share, values)


def path(results: Results, rep: Repetition) -> tuple[Array, Array]:
    """Return hip flexion and rotation of a repetition, degrees, ``(N,)`` each."""
    rows = _rows(results, rep)
    # A slice would keep the whole session's column.
    return _column(rows, "flexion", rep.side).copy(), _column(rows, "rotation", rep.side).copy()


def bends(movement: str) -> bool:
    """Whether a repetition of a movement goes down and up again."""
    known = MOVEMENTS.get(movement)
    return known is not None and known.primary == "inclination" and known.path != "held"


def is_table(movement: str) -> bool:
    """Whether a movement is a table test: gravity shows the rotation, up to an end range."""
    known = MOVEMENTS.get(movement)
    return known is not None and "table" in known.traits


def shows_change(movement: str, measure: str) -> bool:
    """Whether a measure is the one that shows a movement's change."""
    if bends(movement):
        return measure in ("rotation_bottom_deg", "depth_deg")
    if own := measure_of(movement):
        return measure == own
    return measure == ("rotation_end_deg" if is_table(movement) else "rotation_arc_deg")


def title_of(movement: str) -> str:
    """A movement for people, without its side."""
    known = MOVEMENTS.get(movement) or MOVEMENTS.get(f"{movement}_left")
    return known.title.split(",")[0] if known else movement.replace("_", " ")


def _rows(results: Results, rep: Repetition) -> pa.Table:
    """The rows of the angles that a repetition has."""
    t = results.angles["t"].to_numpy()
    first, stop = np.searchsorted(t, (rep.t_start, rep.t_end + 1e-9)).tolist()
    return results.angles.slice(first, stop - first)


def _column(rows: pa.Table, angle: str, side: Side) -> Array:
    """An angle of a side, degrees; NaN where rotation is too uncertain."""
    values: Array = rows[hip_column(angle, side)].to_numpy()
    if angle != "rotation":
        return values
    sd = rows[hip_column(angle, side, "sd")].to_numpy()
    return np.where(certain_rows(sd), values, np.nan)


def _repetition(row: Mapping[str, Any]) -> Repetition:
    """A row of the table as the noun that assessment works with."""
    known = ("movement", "side", "set", "repetition", "direction", "t_start", "t_turn", "t_end",
             "counted", "found", "reason")  # fmt: skip
    measures = {
        name: float(row[name])
        for name in MEASURES
        if row.get(name) is not None and math.isfinite(row[name])
    }
    return Repetition(**{name: row[name] for name in known}, measures=certain_measures(measures))


def _excluding(rep: Repetition, why: Mapping[tuple[str, int, int, str], str]) -> Repetition:
    reason = why.get((rep.movement, rep.set, rep.repetition, rep.side))
    return rep if reason is None else replace(rep, counted=False, reason=f"excluded: {reason}")


def _until(values: Iterable[MeasureValue], session: Session) -> tuple[Series, ...]:
    """What became of each measure up to this session; those that it has, nothing of later ones."""
    if session.started is None:
        return ()
    known = [
        v
        for v in values
        if v.started is not None
        and v.started <= session.started
        and shows_change(v.movement, v.name)
    ]
    return tuple(each for each in series_of(known) if each.points[-1].session == session.id)


def _finding(row: Mapping[str, Any]) -> Finding:
    """A row of ``findings.json``; JSON has no NaN, and older files have no further cues."""
    known: dict[str, Any] = {name: row[name] for name in _TEXTS}
    known |= {n: math.nan if row[n] is None else float(row[n]) for n in _NUMBERS}
    cues = tuple(row.get("more_cues") or ())
    way = row.get("direction", "")
    return Finding(**known, repetitions=tuple(row["repetitions"]), more_cues=cues, direction=way)


def _note(note: Mapping[str, Any]) -> MomentNote:
    angles = {k: math.nan if v is None else float(v) for k, v in note["angles"].items()}
    known = {k: v for k, v in note.items() if k != "outcomes"}
    return MomentNote(**{**known, "angles": angles})


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


COLUMNS: Final = (
    "t",
    *(hip_column(angle, side) for angle in ("flexion", "rotation") for side in SIDES),
    *(hip_column("rotation", side, "sd") for side in SIDES),
)
"""Angles that reports show, of all columns of a session's."""

PROGRESS: Final = (
    "rotation_end_deg",
    "rotation_arc_deg",
    "rotation_bottom_deg",
    "depth_deg",
    "flexion_end_deg",
)
"""Measures whose change is reported."""

_TEXTS: Final = ("rule", "movement", "side", "set", "unit", "grade", "words", "cue")
_NUMBERS: Final = ("value", "limit", "mdc", "confidence")

_FEWEST_ROWS: Final = 5
