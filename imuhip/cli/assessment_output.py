"""What the command line says of an assessment: sets, measures by side, findings, for a coach."""

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from imuhip.assess.advice import cards_of, plan_of
from imuhip.assess.assessor import Assessment
from imuhip.assess.measure_table import MEASURES
from imuhip.assess.movements import MOVEMENTS
from imuhip.assess.profiles import Goal
from imuhip.assess.rules.table import RULES
from imuhip.assess.set_measures import UNDER_TENSION, SetSummary, set_name, summaries
from imuhip.cli.comparison_output import compared_words, cues_words, sets_words
from imuhip.core.certainty import Z95, is_certain_enough
from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Finding, Note
from imuhip.results.assessment import latest_findings


def assessment_words(
    console: Console,
    sets: Sequence[SetSummary],
    findings: Sequence[Finding],
    notes: Sequence[Note] = (),
) -> None:
    """Say what was done and what it shows: a table a set, then what to do about it.

    Parameters
    ----------
    sets
        As `assess.set_measures.summaries` gives them.
    findings
        What stands in the end.
    """
    for (movement, number), group in groupby(sets, key=lambda each: (each.movement, each.set)):
        rows = list(group)
        shown = [f for f in findings if (f.movement, f.set) == (movement, number)]
        console.print()
        console.print(_table(movement, number, rows, shown))
        _findings(console, shown)
    done = {(each.movement, each.set) for each in sets}
    _findings(console, [f for f in findings if (f.movement, f.set) not in done])
    for note in notes[:_MOST_NOTES]:
        label = note.label.replace(":", ": ", 1)
        line = f"{note.t:7.1f} s  {label}{_moment(note.angles)}"
        console.print(line, highlight=False, markup=False)
    if len(notes) > _MOST_NOTES:
        console.print(f"and {len(notes) - _MOST_NOTES} more marks", highlight=False)


def plan_words(console: Console, findings: Sequence[Finding], goal: Goal = "general") -> None:
    """Say what to do next: three lines, each with its reason."""
    lines = plan_of(findings, goal) if findings else ()
    if lines:
        console.print("\n[bold]What next[/]")
    for line in lines:
        console.print(hanging(f"{_STEPS[line.step]}:", line.text))
        console.print(hanging("       why:", line.reason), style="dim")


def session_words(console: Console, session: Assessment) -> None:
    """Say the same of a session that was played or collected."""
    sets = summaries(session.repetitions)
    assessment_words(console, sets, latest_findings(session.findings), session.notes)
    compared_words(console, session.repetitions, session.notes)
    cues_words(console, session.outcomes)
    sets_words(console, latest_findings(session.findings), session.notes)
    plan_words(console, latest_findings(session.findings))


def hanging(name: str, text: str) -> Table:
    """A name and its text; further lines of the text stand below its first one."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(name, escape(text))
    return grid


def _table(
    movement: str, number: int, rows: Sequence[SetSummary], findings: Sequence[Finding]
) -> Table:
    """A set: a line for each measure and direction, a column for each side, and for both."""
    known = MOVEMENTS.get(movement)
    title = f"{known.title if known else movement}, set {number}"
    if any(row.found == "detected" for row in rows):
        title += " (recognised from the data)"
    table = Table(title=escape(title), title_justify="left", title_style="bold", box=None)
    table.add_column("")
    shown = [side for side in SIDES if any(row.side == side for row in rows)]
    for side in shown:
        table.add_column(side, justify="right")
    compared = bool(known and known.together and len(shown) == len(SIDES))
    if compared:
        table.add_column("right − left", justify="right")
    for direction in dict.fromkeys(row.direction for row in rows):
        by_side = {row.side: row for row in rows if row.direction == direction}
        way = "" if direction == "down" else f"{direction}: "
        table.add_row(f"{way}repetitions", *(_count(by_side.get(side)) for side in shown))
        lasts = [_under_tension(by_side.get(side)) for side in shown]
        table.add_row(f"{way}time under tension", *lasts)
        for name in _SHOWN:
            cells = [_value(by_side.get(side), name) for side in shown]
            if any(cells):
                apart = [_apart(by_side, name, findings)] if compared else []
                title = "depth" if name == _PARALLEL else MEASURES[name].title
                table.add_row(f"{way}{title}", *cells, *apart)
    return table


def _apart(by_side: Mapping[Side, SetSummary], name: str, findings: Sequence[Finding]) -> str:
    """Right minus left of a measure in degrees, with the error that its rule found for it.

    The sides share the pelvis, so the error of a difference is not that of both put together.
    """
    values = [by_side[s].measures.get(set_name(name, "mean"), math.nan) for s in SIDES]
    if MEASURES[name].unit != "deg" or not all(map(math.isfinite, values)):
        return ""
    text = f"{round(values[1]) - round(values[0]) + 0.0:+.0f}°"
    errors = [f.mdc for f in findings if f.rule == _RULE_OF.get(name) and math.isfinite(f.mdc)]
    return f"{text} ± {errors[0]:.0f}" if errors else text


def _count(row: SetSummary | None) -> str:
    if row is None:
        return ""
    short = row.listed - row.counted
    return f"{row.counted} (+{short} not counted)" if short else str(row.counted)


def _under_tension(row: SetSummary | None) -> str:
    """How long the repetitions of a set last together."""
    seconds = math.nan if row is None else row.measures.get(UNDER_TENSION, math.nan)
    return f"{seconds:.0f} s" if math.isfinite(seconds) else ""


def _value(row: SetSummary | None, name: str) -> str:
    """The mean of a measure with its error, and how much it crept over the set."""
    if row is None:
        return ""
    value = row.measures.get(set_name(name, "mean"), math.nan)
    if math.isnan(value):
        return ""
    unit = _UNITS[MEASURES[name].unit]
    digits = 0 if unit.startswith("°") else (1 if unit else 2)
    text = f"{round(value, digits) + 0.0:.{digits}f}{unit}"  # no minus before a zero
    if name == _PARALLEL:
        text = f"{abs(round(value)):.0f}° {'below' if value > 0.0 else 'above'} parallel"
    error = row.measures.get(set_name(name, "mean_sd"), math.nan)
    if not is_certain_enough(error):
        return "–"
    if math.isfinite(error):
        text += f" ± {Z95 * error:.0f}"
    creep = row.measures.get(set_name(name, "creep"), math.nan)
    if unit.startswith("°") and abs(creep) >= _CREEP_SHOWN:
        text += f" ({creep:+.0f} over the set)"
    return text


def _findings(console: Console, findings: Sequence[Finding]) -> None:
    """What a set shows, the marked first; what nobody can tell in one line."""
    cards = cards_of(findings)
    for card in cards:
        lead = card.lead
        colour = "red" if lead.grade == "marked" else "yellow"
        console.print(hanging(f"[{colour}]{lead.grade}[/]", lead.words))
        for other in card.others:
            console.print(hanging("       also:", other.words), style="dim")
        for k, cue in enumerate(card.cues):
            console.print(hanging("       or:" if k else "       try:", cue))
    unknown = dict.fromkeys(RULES[f.rule].title for f in findings if f.grade == "cannot_tell")
    if unknown:
        what = f"{', '.join(unknown)}. Too near a limit, or too uncertain."
        console.print(hanging("Cannot tell:", what), style="dim")
    if findings and not cards and not unknown:
        console.print("No findings", style="dim")


def _moment(angles: Mapping[str, float]) -> str:
    """Flexion and rotation of both hips at a moment."""
    parts = []
    for side in SIDES:
        flexion, rotation = (
            angles.get(f"hip_{angle}_{side}_deg", math.nan) for angle in ("flexion", "rotation")
        )
        if math.isfinite(flexion) and math.isfinite(rotation):
            bent, turned = round(flexion) + 0.0, round(rotation) + 0.0  # no minus before a zero
            parts.append(f"{side} hip {bent:.0f}° bent, {turned:+.0f}° rotated")
    return f" at {'; '.join(parts)}" if parts else ""


_RULE_OF: Final = {
    "thigh_past_parallel_deg": "depth_difference",
    "rotation_bottom_deg": "rotation_difference",
}
"""Measure to the rule that compares its sides."""

_MOST_NOTES: Final = 100

_STEPS: Final = {"limits": "What limits", "drill": "Do", "test_again": "Test again"}

_UNITS: Final = {"deg": "°", "deg/s": "°/s", "s": " s", "1": "", "deg2": "°²"}
_PARALLEL: Final = "thigh_past_parallel_deg"
_CREEP_SHOWN: Final = 3.0
"""Degrees; less is not worth a coach's eye."""

_SHOWN: Final = (
    "thigh_past_parallel_deg",
    "rotation_bottom_deg",
    "rotation_at_60_deg",
    "rotation_at_90_deg",
    "rotation_end_deg",
    "rotation_arc_deg",
    "turn_deg",
    "hip_share",
    "descent_s",
    "bottom_s",
    "ascent_s",
    "hold_s",
    "tremor_deg_s",
    "pelvis_turn_most_deg",
    "pelvis_tilt_arc_deg",
    "speed_peak_deg_s",
)
"""Measures of a set that the terminal shows; all of them stand in the files."""
