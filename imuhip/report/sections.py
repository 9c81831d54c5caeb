"""What both reports say: arcs against goals, changes, and the words under the title."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from imuhip.assess.advice import Card, cards_of, plan_of
from imuhip.assess.arc_goals import arc_goals_of, own_edges
from imuhip.assess.conditions import under_alike_conditions
from imuhip.assess.goals import Arcs, Standing, Zone, against, arcs_of, with_own
from imuhip.assess.movements import family
from imuhip.assess.norms import norms_for
from imuhip.assess.screen import words_today
from imuhip.assess.symmetry import Measured
from imuhip.assess.transfer import transfer_words
from imuhip.assess.what_helped import offered_first
from imuhip.catalogue.progress import Point, Series
from imuhip.core.certainty import REMEDY, Z95
from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Repetition
from imuhip.report.blocks import Block, Heading, Pictures, Table, Words
from imuhip.report.comparison import (
    BAND_WORDS,
    PHONE,
    Comparison,
    band_picture,
    difference_shown,
    left_and_right,
)
from imuhip.report.material import Material, findings_of, is_table, title_of
from imuhip.report.pictures import (
    Row,
    arc_picture,
    degrees_apart,
    dots_picture,
    with_error,
)


@dataclass(frozen=True, slots=True)
class Turned:
    """The arcs of both hips in one kind of turn.

    Parameters
    ----------
    family
        The movement without its side.
    said
        The conditions: cold or warm, active or passive.
    arcs, zones
        By side.
    turns
        How many turns count.
    """

    family: str
    said: str
    arcs: dict[Side, Arcs]
    zones: dict[Side, tuple[Zone, ...]]
    turns: int

    def standings(self) -> list[Standing]:
        """Both hips against their goals."""
        found = (s for side in SIDES for s in against(self.arcs[side], self.zones[side]))
        return [s for s in found if s.zone.kind == "goal" and s.place != "cannot tell"]


def turned(material: Material) -> list[Turned]:
    """Arcs by kind of turn, the surest test first; kinds without a known end range are left out."""
    kinds: dict[str, list[Repetition]] = {}
    for rep in material.repetitions:
        # Only a table test goes from standing's zero to an end range.
        if rep.counted and is_table(rep.movement):
            kinds.setdefault(family(rep.movement), []).append(rep)
    found = []
    for kind in sorted(kinds, key=lambda k: _SUREST.index(k) if k in _SUREST else len(_SUREST)):
        for said, turns in under_alike_conditions(kinds[kind], material.notes).items():
            arcs = {side: arcs_of(turns, side) for side in SIDES}
            values = [v for a in arcs.values() for v in (a.internal.value, a.external.value)]
            if any(map(math.isfinite, values)):
                zones = {side: _zones(material, side, kind) for side in SIDES}
                found.append(Turned(kind, said.words, arcs, zones, len(turns)))
    return found


def arc_blocks(one: Turned) -> list[Block]:
    """Both arcs beside each other, and a line for each goal."""
    pictures = [arc_picture(one.arcs[side], one.zones[side]) for side in SIDES]
    under = f", {one.said}" if one.said else ""
    caption = (
        f"{title_of(one.family).capitalize()}{under}, {one.turns} turns. Green rim: the goal. "
        "Black bar: the 95 % interval of the error. Counted from standing."
    )
    standings = one.standings()
    blocks: list[Block] = [Pictures(pictures, caption)]
    if standings:
        blocks.append(_goal_table(standings))
    return blocks


def norm_blocks(kind: str) -> Iterator[Block]:
    """What studies measured in that posture, to read beside it; nothing where none did."""
    rows = norm_rows(kind)
    if not rows:
        return
    yield Words(NORMS_ARE, "small")
    yield Table(list(rows[0]), [list(row.values()) for row in rows],
                (2.2, 0.7, 1.2, 1.2, 1.2, 4.0), (1, 2, 3, 4))  # fmt: skip


def norm_rows(kind: str) -> list[dict[str, str]]:
    """The same as rows: who, how many, the means with the spread between people, the source."""
    return [
        {
            "Measured in": norm.who,
            "People": str(norm.people),
            "In": _mean_and_spread(norm.internal),
            "Out": _mean_and_spread(norm.external),
            "Total": _mean_and_spread(norm.total),
            "Source": norm.source,
        }
        for norm in norms_for(kind)
    ]


def _mean_and_spread(one: Measured) -> str:
    if not math.isfinite(one.value):
        return "–"
    return f"{one.value:.1f}°" + (f" (SD {one.sd:.1f})" if math.isfinite(one.sd) else "")


def change_rows(series: Sequence[Series], *, first: bool = False) -> list[list[str]]:
    """What changed since the session before, or since the first: a row for each measure."""
    rows = []
    for one in series:
        change = one.since_first if first else one.since_before
        if change is None:
            continue
        before = one.points[0] if first else one.points[-2]
        pair = shown(one, before), shown(one, one.points[-1])
        known = math.isfinite(change.value)
        apart = degrees_apart(pair[0].value, pair[1].value) if known else "–"
        error = f" ± {change.mdc:.0f}°" if math.isfinite(change.mdc) else ""
        rows.append(
            [
                series_title(one),
                *map(with_error, pair),
                apart + error,
                change.word,
            ]
        )
    return rows


def change_table(series: Sequence[Series], *, first: bool = False) -> list[Block]:
    """The same as a table; nothing where there was no session before."""
    rows = change_rows(series, first=first)
    if not rows:
        return []
    head = ["", "first time" if first else "last time", "now", "change", "in words"]
    return [Table(head, rows, (3.4, 1.3, 1.3, 1.3, 2.0), (1, 2, 3))]


def side_blocks(material: Material) -> Iterator[Block]:
    """Right against left in each movement: what is more than error lies outside the band."""
    compared = left_and_right(material)
    if not compared:
        return
    yield Heading("Left and right")
    rows = []
    for one in compared:
        values = (with_error(one.first), with_error(one.second))
        rows.append([one.what, *values, difference_shown(one), one.difference.word])
    head = ["movement", "left", "right", "right − left", "in words"]
    yield Table(head, rows, (2.6, 1.2, 1.2, 1.1, 1.8), (1, 2, 3))
    yield from remedy_of(compared)
    narrow = band_picture(compared, *PHONE)
    yield Pictures([band_picture(compared, 540.0, 200.0)], BAND_WORDS, [narrow])


def remedy_of(compared: Sequence[Comparison]) -> list[Words]:
    """What to do where a side is a dash; nothing where all are certain enough."""
    lines = [
        f"{one.what}, {name}"
        for one in compared
        for name, value in zip(one.names, (one.first, one.second), strict=True)
        if not math.isfinite(value.value)
    ]
    return [Words(f"{'; '.join(lines)}: {REMEDY}.", "warn")] if lines else []


def change_picture(series: Sequence[Series]) -> list[Block]:
    """Now and the session before as dots, for series with both."""
    rows = []
    for one in series:
        if len(one.points) > 1:
            for when, point in (("last time", one.points[-2]), ("now", one.points[-1])):
                label = f"{_short(one)}, {when}"
                rows.append(Row(label, one.side, shown(one, point)))
    title = "Last time and now"
    wide, narrow = dots_picture(rows, title), dots_picture(rows, title, *PHONE)
    return [Pictures([wide], narrow=[narrow])] if rows else []


def shown(one: Series, point: Point) -> Measured:
    """A session's mean with its error; outward turns count positive, as in the arcs."""
    return Measured(_sign(one) * point.value, point.sd)


def series_title(one: Series) -> str:
    """A measure of a movement, side and direction, for people."""
    said = f", {one.said}" if one.said else ""
    what = _TITLES.get(one.name, one.name).format(way=one.direction)
    return f"{one.side.capitalize()} {what}, {title_of(family(one.movement))}{said}"


def subtitle(material: Material) -> str:
    """Whose, when, and what the coach said of the session."""
    words = [material.who]
    if material.started is not None:
        words.append(f"{material.started.astimezone():%d %B %Y, %H:%M}".lstrip("0"))
    if material.session is not None:
        words += [material.session.kind] if material.session.kind else []
        load = material.session.load_kg
        words += [f"{load:g} kg"] if math.isfinite(load) else []
        words += [", ".join(material.session.tags)] if material.session.tags else []
    words += [f"tested by {material.tester}"] if material.tester else []
    return " · ".join(words)


def grade_words(material: Material) -> str:
    """What the calibration's grade means for the numbers."""
    grade = str(material.results.calibration.get("grade") or "none")
    return f"{grade}: {_GRADES.get(grade, _GRADES['none'])}"


def cards_in(material: Material) -> tuple[Card, ...]:
    """What was found, a card a fault, with what helped this athlete before offered first."""
    return offered_first(cards_of(findings_of(material.results)), material.helped)


def transfer_blocks(material: Material) -> list[Block]:
    """Whether rotation on the table and depth of the squat have changed together."""
    changes = {
        (one.name, family(one.movement), one.side, one.direction): one.since_first
        for one in material.series
        if one.since_first is not None and not one.effort
    }
    blocks: list[Block] = []
    for (name, test, side, direction), table in changes.items():
        depth = changes.get(("depth_deg", "squat", side, "down"))
        if name == "rotation_end_deg" and test in _SUREST[:2] and depth is not None:
            # Outwards is negative in the measure.
            more = table if direction == "in" else replace(table, value=-table.value)
            words = transfer_words(side, direction, more, depth)
            blocks += [Words(words)] if words else []
    return blocks


def usual_blocks(material: Material) -> list[Block]:
    """The table screen against the athlete's sessions before; nothing without any."""
    said = words_today(material.usual)
    return [Heading("Today against your usual"), *map(Words, said)] if said else []


def plan_blocks(material: Material) -> list[Block]:
    """What to do next: three lines, each with its reason; nothing where nothing was looked for."""
    findings = findings_of(material.results)
    if not findings:
        return []
    lines = plan_of(findings, material.params.goal, cards_in(material))
    blocks: list[Block] = [Heading("What to do next")]
    for line in lines:
        blocks.append(Words(line.text, "work", f"{_STEPS[line.step]}:"))
        blocks.append(Words(f"Why: {line.reason}", "small"))
    return blocks


def _goal_table(standings: Sequence[Standing]) -> Table:
    """A row for each goal, a column for each side."""
    names = list(dict.fromkeys(s.zone.name for s in standings))
    rows = []
    for name in names:
        cells = []
        for side in SIDES:
            mine = next((s for s in standings if (s.zone.name, s.side) == (name, side)), None)
            cells.append("–" if mine is None else _standing(mine, standings))
        named = [s for s in standings if s.zone.name == name]
        spans = {s.side: f"{s.zone.low:.0f} to {s.zone.high:.0f}{_unit(name)}" for s in named}
        alike = len(set(spans.values())) == 1
        goal = spans[named[0].side] if alike else ", ".join(f"{s} {g}" for s, g in spans.items())
        rows.append([_ARC_TITLES[name], goal, *cells])
    return Table(["", "goal", "left", "right"], rows, (2.2, 1.5, 2.6, 2.6))


def _standing(one: Standing, others: Sequence[Standing]) -> str:
    """A value with its error and place; a total is the sum of the numbers that stand above it."""
    parts = [
        round(other.value)
        for other in others
        if other.side == one.side and other.zone.name in ("internal_deg", "external_deg")
    ]
    value = sum(parts) if one.zone.name == "total_deg" and len(parts) == 2 else one.value
    half = Z95 * one.sd
    error = f" ± {half:.0f}" if math.isfinite(half) else ""
    hedge = "" if one.sure else "perhaps "
    return f"{value:.0f}{_unit(one.zone.name)}{error}: {hedge}{one.place} the goal"


def _unit(name: str) -> str:
    return " %" if name.endswith("percent") else "°"


def _sign(one: Series) -> float:
    return -1.0 if one.direction == "out" and one.name.startswith("rotation") else 1.0


def _short(one: Series) -> str:
    """Few words, to stand beside a dot."""
    way = {"in": " in", "out": " out", "down": ""}[one.direction]
    what = {"depth_deg": "depth", "rotation_bottom_deg": "bottom"}.get(one.name, "turn")
    movement = title_of(family(one.movement)).removesuffix(" rotation").removeprefix("standing ")
    return f"{movement} {one.side}, {what}{way}"


def _zones(material: Material, side: Side, kind: str) -> tuple[Zone, ...]:
    """Goals and norms of a hip; goals of the catalogue replace those of the recording."""
    zones = material.params.zones_of(side)
    own = own_edges(arc_goals_of(material.goals), zones, side, kind)
    return with_own(zones, own)


NORMS_ARE: Final = (
    "What studies measured in this posture, to read beside it: no verdict, for methods differ, and "
    "about half of all healthy people lie below a mean."
)

_TITLES = {
    "rotation_end_deg": "hip turned {way}",
    "rotation_arc_deg": "hip's arc {way}",
    "rotation_bottom_deg": "hip's rotation at the bottom",
    "depth_deg": "thigh's depth",
    "flexion_end_deg": "hip's flexion",
}

_STEPS = {"limits": "What limits most", "drill": "Do this", "test_again": "Test again"}

_SUREST = ("seated_rotation", "supine_rotation", "ninety_ninety")

_ARC_TITLES = {
    "internal_deg": "Turned in",
    "external_deg": "Turned out",
    "total_deg": "Total",
    "internal_percent": "Inward share",
}

_GRADES = {
    "good": "the numbers can be relied on within their error.",
    "fair": "the numbers can be relied on within their error, which is wider than it could be.",
    "poor": "read the numbers with great care; calibrate again.",
    "none": "without a calibration most numbers are unknown.",
}
