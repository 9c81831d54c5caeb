"""What the command line says beyond single sets: arcs against goals, tests compared, cues."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from imuhip.assess.conditions import under_alike_conditions
from imuhip.assess.cue_log import Outcome
from imuhip.assess.goals import ArcName, Arcs, Standing, Zone, against, arcs_of
from imuhip.assess.loads import depth_by_load, loads_words
from imuhip.assess.movements import MOVEMENTS
from imuhip.assess.pairs import pairs_of, relations_of
from imuhip.assess.params import AssessParams
from imuhip.assess.pivot_walk import dose_words, walks_of
from imuhip.assess.set_changes import changes_of_session
from imuhip.assess.symmetry import Z95, Measured, certain_or_nan
from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Finding, Note, Repetition


def goals_words(
    console: Console,
    repetitions: Sequence[Repetition],
    params: AssessParams,
    notes: Sequence[Note] = (),
) -> None:
    """Say how far each hip turned in table tests, against the coach's goals and measured means."""
    zones = {side: params.zones_of(side) for side in SIDES}
    for test, title in _TESTS.items():
        every = [r for r in repetitions if r.movement.rpartition("_")[0] == test]
        for said, turns in under_alike_conditions(every, notes).items():
            arcs = [arcs_of(turns, side) for side in SIDES]
            if not any(math.isfinite(a.named(z.name).value) for a in arcs for z in zones[a.side]):
                continue
            what = f"{title} ({said.words})" if said.words else title
            console.print()
            console.print(_goals(f"{what} against the goals ({_goal(params)})", arcs, zones))


def compared_words(
    console: Console, repetitions: Sequence[Repetition], notes: Sequence[Note]
) -> None:
    """Say what pairs of tests show, and how rotation goes with depth and tilt."""
    walks = walks_of(repetitions)
    if walks:
        console.print("\n[bold]Standing pivots as a walk[/]")
        for words in (*(walk.words for walk in walks), dose_words(walks)):
            console.print(words, highlight=False, markup=False)
    sentences = [pair.words for pair in pairs_of(repetitions, notes)]
    loads = loads_words(depth_by_load(repetitions, notes))
    sentences += [loads] if loads else []
    sentences += [each.words for each in relations_of(repetitions) if math.isfinite(each.slope)]
    if sentences:
        console.print("\n[bold]Tests compared[/]")
    for words in sentences:
        console.print(words, highlight=False, markup=False)


def sets_words(console: Console, findings: Sequence[Finding], notes: Sequence[Note]) -> None:
    """Say what became of compensations from one set to the next, and what was tried between."""
    changes = changes_of_session(findings, notes)
    if changes:
        console.print("\n[bold]Sets compared[/]")
    for each in changes:
        console.print(
            each.words, style=_EFFECTS.get(each.effect, "dim"), highlight=False, markup=False
        )


def cues_words(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Say what became of findings after each cue."""
    if outcomes:
        console.print("\n[bold]Cues[/]")
    for each in outcomes:
        colour = _EFFECTS.get(each.effect, "dim")
        console.print(each.words, style=colour, highlight=False, markup=False)


def _goals(title: str, arcs: Sequence[Arcs], zones: Mapping[Side, Sequence[Zone]]) -> Table:
    """A line an arc: left, right, the goal and the means of people, each with where it stands."""
    table = Table(title=escape(title), title_justify="left", title_style="bold", box=None)
    table.add_column("")
    for side in SIDES:
        table.add_column(side, justify="right")
    table.add_column("goal")
    table.add_column("measured in people", style="dim")
    for name, (what, unit) in _ARCS.items():
        goals, norms = (
            [z for side in SIDES for z in zones[side] if (z.name, z.kind) == (name, kind)]
            for kind in ("goal", "norm")
        )
        standings = [against(each, [goal])[0] for each, goal in zip(arcs, goals, strict=True)]
        spans = list(dict.fromkeys(_span(goal, unit) for goal in goals))
        table.add_row(
            what,
            *(_value(each.named(name), unit) for each in arcs),
            f"{', '.join(spans)}: {_places(standings)}",
            _span(norms[0], unit) if norms else "",
        )
    return table


def _places(standings: Sequence[Standing]) -> str:
    """Where both sides stand, in one word where they stand alike."""
    words = []
    for each in standings:
        place = each.place.removesuffix(" of")
        words.append(place if each.sure or place == "cannot tell" else f"perhaps {place}")
    if len(set(words)) == 1:
        return words[0]
    return ", ".join(f"{each.side} {word}" for each, word in zip(standings, words, strict=True))


def _value(arc: Measured, unit: str) -> str:
    if not math.isfinite(certain_or_nan(arc).value):
        return "–"
    error = f" ± {Z95 * arc.sd:.0f}" if math.isfinite(arc.sd) else ""
    return f"{arc.value:.0f}{unit}{error}"


def _span(zone: Zone, unit: str) -> str:
    return f"{zone.low:.0f}–{zone.high:.0f}{unit}"


def _goal(params: AssessParams) -> str:
    return params.goal.replace("_", " ")


_ARCS: Final[dict[ArcName, tuple[str, str]]] = {
    "internal_deg": ("internal rotation", "°"),
    "external_deg": ("external rotation", "°"),
    "total_deg": ("total arc", "°"),
    "internal_percent": ("internal part of it", " %"),
}

_TESTS: Final[dict[str, str]] = {
    name.rpartition("_")[0]: each.title.partition(",")[0].capitalize()
    for name, each in MOVEMENTS.items()
    if "table" in each.traits and not each.together and len(each.sides) == 1
}
"""Table tests that are done a side at a time, and their titles."""

_EFFECTS: Final = {"better": "green", "worse": "yellow"}
