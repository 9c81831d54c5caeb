"""A finished session as a coach looks back on it; no Streamlit in here.

Only the columns that are looked at are read, and they travel to the page's player as hundredths of
a degree in two bytes each: thirty minutes are three megabytes, at the full rate of the grid. What
was read last is kept: each selection on the page asks for it again.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import numpy as np

from dashboard.views.sessions import movement_title
from imuhip.assess.conditions import tags_of_ends
from imuhip.assess.movements import MOVEMENTS
from imuhip.assess.pairs import pairs_of
from imuhip.core.certainty import Z95, certain_measures, certain_rows
from imuhip.core.conventions import GRID_HZ, PELVIS_ANGLES, SIDES, Side
from imuhip.core.errors import RecordingError
from imuhip.core.findings import Direction, Note, Repetition
from imuhip.core.records import Array
from imuhip.results.schemas import (
    ANGLES_FILE,
    CALIBRATION_FILE,
    FAULTS_FILE,
    FINDINGS_FILE,
    NOTES_FILE,
    REPETITIONS_FILE,
    SESSION_FILE,
    hip_column,
    read_json,
    read_table,
)

COLUMNS: Final = (
    *(hip_column(angle, side) for angle in ("rotation", "flexion", "adduction") for side in SIDES),
    *(f"pelvis_{angle}_deg" for angle in PELVIS_ANGLES),
)
"""What is played, in the order in which it travels."""


class RepKey(NamedTuple):
    """Names one repetition of one side."""

    movement: str
    set: int
    repetition: int
    side: str


@dataclass(frozen=True, slots=True)
class Rep:
    """A repetition of one side.

    Parameters
    ----------
    key, direction
        Which one.
    t_start, t_turn, t_end
        Seconds of the session; `t_turn` may be NaN.
    counted, reason
        Whether it was a whole one, and why not.
    measures
        As in `repetitions.parquet`.
    excluded
        Why a person took it out; empty while it counts.
    """

    key: RepKey
    direction: str
    t_start: float
    t_turn: float
    t_end: float
    counted: bool
    reason: str
    measures: Mapping[str, float]
    excluded: str = ""

    @property
    def counts(self) -> bool:
        """Whether it belongs into averages."""
        return self.counted and not self.excluded


@dataclass(frozen=True, slots=True, eq=False)
class Review:
    """A session to look back on.

    Parameters
    ----------
    t0
        Second of the first row.
    angles
        Name of `COLUMNS` to ``(N,)`` degrees, a row each 10 ms from `t0` on; NaN where not known.
    reps
        In the order of time.
    findings, notes
        As in `findings.json` and `notes.json`.
    calibration, session
        Contents of the files of that name.
    faults
        As in `faults.json`.
    version
        Names the angles: where they were read, and when they were written.
    """

    t0: float
    angles: Mapping[str, Array]
    reps: tuple[Rep, ...]
    findings: tuple[Mapping[str, Any], ...]
    notes: tuple[Mapping[str, Any], ...]
    calibration: Mapping[str, Any]
    session: Mapping[str, Any]
    faults: tuple[Mapping[str, Any], ...]
    version: tuple[str, int]

    def row(self, t: float) -> int:
        """The row nearest to second `t`."""
        rows = len(self.angles[COLUMNS[0]])
        return min(max(round((t - self.t0) * GRID_HZ), 0), rows - 1)

    def rows(self, rep: Rep) -> slice:
        """The rows of a repetition."""
        return slice(self.row(rep.t_start), self.row(rep.t_end) + 1)


def read_review(place: Path, excluded: Mapping[RepKey, str] | None = None) -> Review:
    """Read what a review shows from a result folder.

    Parameters
    ----------
    place
        What ``imuhip analyze`` wrote.
    excluded
        Repetitions that a person took out, and why.

    Raises
    ------
    RecordingError
        When it is no result folder, or a file in it cannot be read.
    """
    if not (place / SESSION_FILE).is_file():
        raise RecordingError(
            "There are no results in this folder. Run `imuhip analyze` on the recording first",
            path=place,
        )
    files = [place / name for name in (ANGLES_FILE, REPETITIONS_FILE)]
    if lost := [file.name for file in files if not file.is_file()]:
        raise RecordingError(
            f"This folder lacks {' and '.join(lost)}. Run `imuhip analyze` on the recording again",
            path=place,
        )
    written = max(file.stat().st_mtime_ns for file in files)
    whole = _read(place, written)
    out = excluded or {}
    return replace(whole, reps=tuple(
        replace(rep, excluded=out[rep.key]) if rep.key in out else rep for rep in whole.reps
    ))  # fmt: skip


@lru_cache(maxsize=4)
def _read(place: Path, written: int) -> Review:
    """Everything of a folder; `written` says since when it is as it is."""
    t0, angles = _dense(place / ANGLES_FILE)
    return Review(
        t0=t0,
        angles=angles,
        reps=_reps(place),
        findings=tuple(read_json(place / FINDINGS_FILE)),
        notes=tuple(read_json(place / NOTES_FILE)),
        calibration=read_json(place / CALIBRATION_FILE),
        session=read_json(place / SESSION_FILE),
        faults=tuple(read_json(place / FAULTS_FILE)),
        version=(str(place), written),
    )


def player_data(
    review: Review, chosen: Iterable[Rep] = (), marks: Sequence[tuple[float, str]] = ()
) -> dict[str, Any]:
    """Return what the player needs beside the samples, as JSON would hold it.

    Parameters
    ----------
    chosen
        Repetitions to light up; the player begins with them in view.
    marks
        Seconds and labels.
    """
    lit = {rep.key for rep in chosen}
    return {
        "rows": len(review.angles[COLUMNS[0]]),
        "t0": review.t0,
        "hz": GRID_HZ,
        "columns": COLUMNS,
        "reps": [_band(rep, rep.key in lit) for rep in review.reps],
        "sets": [
            {"from": span[0], "to": span[1], "label": f"{movement_title(movement)}, set {number}"}
            for (movement, number), span in sets(review.reps).items()
        ],
        "marks": [{"t": t, "label": label} for t, label in marks],
    }


def gap_words(review: Review) -> list[str]:
    """What real gaps between the session's tests mean: helped, warm or loaded it goes further."""
    repetitions = [
        Repetition(
            rep.key.movement, cast("Side", rep.key.side), rep.key.set, rep.key.repetition,
            cast("Direction", rep.direction), rep.t_start, rep.t_turn, rep.t_end, rep.counts,
            "marked", rep.reason, dict(rep.measures),
        )
        for rep in review.reps
        if rep.key.movement in MOVEMENTS
    ]  # fmt: skip
    notes = [Note(note["t"], note["label"]) for note in review.notes]
    further = (p for p in pairs_of(repetitions, notes) if p.difference.value > 0.0)
    return [pair.words for pair in further if pair.difference.word == "real"]


def packed(review: Review) -> bytes:
    """Return the samples: of each column, all rows in hundredths of a degree."""
    samples = np.empty((len(COLUMNS), len(review.angles[COLUMNS[0]])), dtype="<i2")
    for row, name in zip(samples, COLUMNS, strict=True):
        hundredths = np.clip(np.rint(review.angles[name] * 100.0), -32767.0, 32767.0)
        row[:] = np.nan_to_num(hundredths, nan=_UNKNOWN)
    return samples.tobytes()


def sets(reps: Iterable[Rep]) -> dict[tuple[str, int], tuple[float, float]]:
    """Movement and number of each set to its first and last second, in order of time."""
    spans: dict[tuple[str, int], tuple[float, float]] = {}
    for rep in reps:
        key = rep.key.movement, rep.key.set
        start, end = spans.get(key, (math.inf, -math.inf))
        spans[key] = min(start, rep.t_start), max(end, rep.t_end)
    return dict(sorted(spans.items(), key=lambda entry: entry[1]))


def by_repetition(reps: Iterable[Rep]) -> list[tuple[Rep, ...]]:
    """The sides of each repetition together, in the order of time."""
    groups: dict[tuple[str, int, int], list[Rep]] = {}
    for rep in reps:
        key = rep.key.movement, rep.key.set, rep.key.repetition
        groups.setdefault(key, []).append(rep)
    return [tuple(group) for group in groups.values()]


def rep_rows(reps: Iterable[Rep], marks: Sequence[tuple[float, str]] = ()) -> list[dict[str, Any]]:
    """The list of repetitions, a row each with both sides, in words and degrees.

    Parameters
    ----------
    marks
        Seconds and labels: what they say of a set stands in its rows.
    """
    groups = by_repetition(reps)
    tags = tags_of_ends({key: span[1] for key, span in sets(chain(*groups)).items()}, marks)
    rows = []
    for group in groups:
        first, sides = group[0], {rep.key.side: rep for rep in group}
        rows.append({
            "Movement": movement_title(first.key.movement),
            "Set": first.key.set,
            "Rep": first.key.repetition,
            "Left": arc_words(sides.get("left")),
            "Right": arc_words(sides.get("right")),
            "Depth °": max((d for rep in group if (d := _shown(rep, "depth_deg")) is not None),
                           default=None),
            "Tempo s": tempo(first),
            "Counts": _counting(group),
            "Way": first.direction,
            "With": tags[first.key.movement, first.key.set].words,
        })  # fmt: skip
    return rows


def _counting(group: Sequence[Rep]) -> str:
    """Whether a repetition counts; each side for itself where they differ."""
    said = {counts_words(rep) for rep in group}
    if len(said) == 1:
        return said.pop()
    return "; ".join(f"{rep.key.side} {counts_words(rep)}" for rep in group)


def arc_words(rep: Rep | None) -> str:
    """The arc of one side with its 95 % intervals, the second of the bone; a dash if unknown."""
    arc = None if rep is None else _shown(rep, "rotation_arc_deg")
    if rep is None or arc is None:
        return "–"
    error = _shown(rep, "rotation_arc_sd_deg", Z95)
    degrees = round(arc)
    way = "" if degrees == 0 else "in " if degrees > 0 else "out "
    size = f"{way}{abs(degrees)}°"
    if error is None:
        return size
    bone = _shown(rep, "rotation_arc_sd_total_deg", Z95)
    skin = "" if bone is None else f" (± {max(1, round(bone))}° with skin)"
    return f"{size} ± {max(1, round(error))}°{skin}"


def shown_by(reps: Iterable[Rep], shows: tuple[str, int, str, tuple[int, ...]]) -> list[Rep]:
    """The repetitions that show a finding (`FindingCard.shows`)."""
    movement, number, side, numbers = shows
    return [
        rep
        for rep in reps
        if (rep.key.movement, rep.key.set) == (movement, number)
        and side in ("both", rep.key.side)
        and (not numbers or rep.key.repetition in numbers)
    ]


def counts_words(rep: Rep) -> str:
    """Whether a repetition counts, or why not."""
    if rep.excluded:
        return f"excluded: {rep.excluded}"
    return "yes" if rep.counted else f"no: {rep.reason or 'partial'}"


def tempo(rep: Rep) -> str:
    """Seconds of the way there, of the hold, and of the way back; the whole where it is one way."""
    for names in _TEMPO:
        parts = [rep.measures.get(name, math.nan) for name in names]
        if all(math.isfinite(part) for part in parts):
            return " – ".join(f"{part:.1f}" for part in parts)
    return f"{rep.t_end - rep.t_start:.1f}"


def furthest(reps: Iterable[Rep]) -> dict[tuple[str, str], tuple[float, float]]:
    """Movement and side to the furthest rotation out and in, of repetitions that count."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for rep in reps:
        if rep.counts:
            pair = (rep.measures.get("rotation_most_out_deg", math.nan),
                    rep.measures.get("rotation_most_in_deg", math.nan))  # fmt: skip
            found.setdefault((rep.key.movement, rep.key.side), []).append(pair)
    return {key: (_most(p[0] for p in pairs), _most(p[1] for p in pairs))
            for key, pairs in found.items()}  # fmt: skip


def note_rows(notes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Notes of the moment with rotation and flexion of both hips, a row each."""
    rows = []
    for note in notes:
        kind, _, text = note["label"].partition(":")
        place = [movement_title(note["movement"])] if note["movement"] else []
        place += [f"set {note['set']}"] if note["set"] else []
        place += [f"rep {note['repetition']}"] if note["repetition"] else []
        row: dict[str, Any] = {
            "Time s": round(note["t"], 1), "What": kind, "Words": text, "During": ", ".join(place),
        }  # fmt: skip
        for title, angle in (("Rotation", "rotation"), ("Flexion", "flexion")):
            for side in SIDES:
                value = note["angles"].get(hip_column(angle, side))
                row[f"{title} {side} °"] = None if value is None else round(value)
        row["Outcome"] = " ".join(each["words"] for each in note.get("outcomes", ()))
        rows.append(row)
    return rows


def excluded_of(entries: Iterable[Any]) -> dict[RepKey, str]:
    """Repetitions of a catalogue that were taken out, and why."""
    return {
        RepKey(e.movement, e.set, e.repetition, e.side): e.excluded for e in entries if e.excluded
    }


def _band(rep: Rep, lit: bool) -> dict[str, Any]:
    turn = rep.t_turn if math.isfinite(rep.t_turn) else None
    name = f"{rep.key.side} {rep.direction} {rep.key.repetition}"
    return {
        "from": rep.t_start, "turn": turn, "to": rep.t_end, "side": rep.key.side, "label": name,
        "counts": rep.counts, "lit": lit,
    }  # fmt: skip


def _dense(path: Path) -> tuple[float, dict[str, Array]]:
    """The angles with a row for every grid time, whatever rows the file has."""
    errors = {name: error_column(name) for name in COLUMNS if name.startswith("hip_")}
    t = read_table(path, ["t"])["t"].to_numpy()
    if not len(t):
        raise RecordingError("the recording has no rows that could be shown", path=path)
    at = np.round((t - t[0]) * GRID_HZ).astype(np.int64)
    if at[-1] > max(_MOST_EMPTY * len(t), _FREE_ROWS):
        raise RecordingError(
            f"Its rows are spread over {(t[-1] - t[0]) / 3600.0:.0f} hours, too many to be shown",
            path=path,
        )
    angles: dict[str, Array] = {}
    for name in COLUMNS:  # one by one: all of four hours at once are a third of a gigabyte
        table = read_table(path, [name, *([errors[name]] if name in errors else [])])
        values = table[name].to_numpy()
        if name in errors:
            sd = table[errors[name]].to_numpy()
            values = np.where(certain_rows(sd), values, np.nan)
        angles[name] = np.full(at[-1] + 1, np.nan)
        angles[name][at] = values
    return float(t[0]), angles


def error_column(name: str) -> str:
    """The column that holds the error of a hip's angle."""
    return f"{name.removesuffix('_deg')}_sd_deg"


def gap_rows(faults: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is missing of each sensor, in samples and seconds; short gaps are bridged."""
    lost: dict[str, list[tuple[float, float, int]]] = {}
    for fault in faults:
        long = fault["t_end"] - fault["t_start"] >= LONG_GAP_S
        if fault["kind"] == "gap" and long:
            lost.setdefault(fault["sensor"], []).append(
                (fault["t_start"], fault["t_end"], fault["count"])
            )
    return [
        f"{sensor.replace('_', ' ').capitalize()}: {sum(n for *_, n in gaps)} samples missing, "
        + ", ".join(f"{end - start:.1f} s from {clock(start)} on" for start, end, _ in gaps[:3])
        + (f" and {len(gaps) - 3} more gaps" if len(gaps) > 3 else "")
        for sensor, gaps in sorted(lost.items())
    ]


def uncertain_sides(reps: Iterable[Rep]) -> dict[str, tuple[int, int]]:
    """Sides with repetitions whose rotation is too uncertain: how many, of how many that count."""
    counted = [rep for rep in reps if rep.counts]
    found: dict[str, tuple[int, int]] = {}
    for side in SIDES:
        mine = [rep.measures.get("rotation_arc_deg", math.nan) for rep in counted
                if rep.key.side == side]  # fmt: skip
        uncertain = sum(not math.isfinite(arc) for arc in mine)
        if uncertain:
            found[side] = uncertain, len(mine)
    return found


def clock(t: float) -> str:
    """Seconds of the session as minutes and seconds."""
    return f"{int(t // 60)}:{int(t % 60):02d}"


def _reps(place: Path) -> tuple[Rep, ...]:
    reps = []
    for row in read_table(place / REPETITIONS_FILE).to_pylist():
        key = RepKey(row["movement"], row["set"], row["repetition"], row["side"])
        measures = {n: v for n, v in row.items() if isinstance(v, float) and math.isfinite(v)}
        reps.append(Rep(
            key=key, direction=row["direction"], t_start=row["t_start"], t_turn=row["t_turn"],
            t_end=row["t_end"], counted=row["counted"], reason=row["reason"],
            measures=certain_measures(measures),
        ))  # fmt: skip
    return tuple(sorted(reps, key=lambda rep: (rep.t_start, rep.key.side)))


def _shown(rep: Rep, name: str, factor: float = 1.0) -> float | None:
    """A measure to a tenth; None, an empty cell, where it is not known."""
    value = rep.measures.get(name, math.nan)
    shown = round(factor * value, 1)  # shown without decimals, and no zero has a sign
    return None if not math.isfinite(value) else 0.0 if abs(shown) < 0.5 else shown


def _most(values: Iterable[float]) -> float:
    return max((v for v in values if math.isfinite(v)), key=abs, default=math.nan)


LONG_GAP_S: Final = 0.3
"""Shorter gaps are usual for a radio and are not listed."""

_UNKNOWN: Final = -32768
_MOST_EMPTY: Final = 4
_FREE_ROWS: Final = 10 * 3600 * GRID_HZ
"""A pause in a recording is shown as it is; a night with a few rows would take all memory."""
_TEMPO: Final = (("descent_s", "bottom_s", "ascent_s"), ("going_s", "hold_s", "return_s"))
