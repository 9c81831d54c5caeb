"""The fuller report for the coach: trust, every repetition, every definition."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import numpy as np

from imuhip.assess.loads import depth_by_load, loads_words
from imuhip.assess.measure_table import MEASURES
from imuhip.assess.movements import MOVEMENTS, family
from imuhip.assess.pairs import relations_of
from imuhip.assess.pivot_walk import dose_words, walks_of
from imuhip.assess.rules.table import RULES
from imuhip.assess.set_measures import SetSummary, set_name, summaries
from imuhip.assess.waveforms import waveform
from imuhip.assess.wording import degrees, shown_value
from imuhip.catalogue.progress import several_testers
from imuhip.core.calibration_table import GATES
from imuhip.core.certainty import Z95, is_narrow_enough
from imuhip.core.conventions import SIDES
from imuhip.core.findings import Repetition
from imuhip.core.records import how_often
from imuhip.report.blocks import Block, Document, Heading, Pictures, Table, Words
from imuhip.report.comparison import (
    BAND_WORDS,
    PHONE,
    pairs_picture,
    tests_compared,
)
from imuhip.report.material import Material, bends, curve, path, title_of
from imuhip.report.pictures import Wave, path_picture, wave_picture
from imuhip.report.plain_words import words_for
from imuhip.report.sections import (
    arc_blocks,
    cards_in,
    change_picture,
    change_table,
    grade_words,
    norm_blocks,
    plan_blocks,
    side_blocks,
    subtitle,
    transfer_blocks,
    turned,
    usual_blocks,
)

TITLE: Final = "Session report for the coach"


def coach_report(material: Material) -> Document:
    """Return the report for the coach."""
    blocks = [
        *_session(material),
        *_calibration(material),
        *_findings(material),
        *plan_blocks(material),
        *usual_blocks(material),
        *_arcs(material),
        *side_blocks(material),
        *_change(material),
        *_tests_compared(material),
        *_movements(material),
        *_notes(material),
        *_definitions(material),
    ]
    return Document(TITLE, subtitle(material), blocks)


# --- the session and its calibration -------------------------------------------------------------


def _session(material: Material) -> Iterator[Block]:
    said = material.results.session
    sensors = ", ".join(
        f"{_plain(s.get('sensor'))} ({s.get('profile')}, {s.get('rate_hz') or 0:.0f} Hz)"
        for s in said.get("sensors", [])
    )
    rows = [
        ["Recording", str(said.get("recording", "–"))],
        ["Source", str(said.get("source") or "–")],
        ["Sensors", sensors or "–"],
        ["Goal profile", material.params.goal.replace("_", " ")],
        ["Analyzed with", f"imuhip {said.get('analyzed_with', {}).get('imuhip', '–')}"],
    ]
    if material.session is not None and material.session.notes:
        rows.append(["Notes", material.session.notes])
    yield Table(["Session", ""], rows, (1.0, 4.0))


def _plain(name: Any) -> str:
    """A name of the program for people."""
    return str(name).replace("_", " ")


def _calibration(material: Material) -> Iterator[Block]:
    found = material.results.calibration
    yield Heading("How far to trust the numbers")
    grade = str(found.get("grade") or "none")
    tone: Any = "plain" if grade in ("good", "fair") else "warn"
    yield Words(grade_words(material), tone, "Calibration")
    chain = str(found.get("chain") or "no step was accepted").replace("_", " ")
    yield Words(chain, "plain", "By:")
    for sentence in (*found.get("words", ()), *found.get("placement", ())):
        yield Words(
            sentence if isinstance(sentence, str) else str(sentence.get("words", "")), "warn"
        )
    gates = found.get("gates", ())
    if gates:
        rows = [
            [title, _plain(g["sensor"]), _number(g["value"], g["unit"]),
             _number(g["accept"], g["unit"]), str(g["verdict"])]
            for g in gates
            for title in [GATES[g["name"]].title if g["name"] in GATES else _plain(g["name"])]
        ]  # fmt: skip
        yield Table(["check", "sensor", "measured", "good up to", "verdict"], rows, numbers=(2, 3))
    counts_by_kind: dict[tuple[str, str], list[int]] = {}
    for fault in material.results.faults:
        counts_by_kind.setdefault((fault["sensor"], fault["kind"]), []).append(fault["count"])
    for (sensor, kind), counts in sorted(counts_by_kind.items()):
        where, what = sensor.replace("_", " ") or "session", kind.replace("_", " ")
        yield Words(f"{where}: {what}, {how_often(counts)}", "small")


# --- findings ------------------------------------------------------------------------------------


def _findings(material: Material) -> Iterator[Block]:
    yield Heading("What was found")
    findings = sorted(material.results.findings, key=lambda f: _ORDER.index(f["grade"]))
    if not findings:
        yield Words("No rule applies: no set of a movement that has rules.")
        return
    for card in cards_in(material):
        yield Words(card.lead.words, "work", f"{card.lead.grade.capitalize()}:")
        for other in card.others:
            yield Words(f"Also: {other.words}", "small")
        for k, cue in enumerate(card.cues):
            yield Words(cue, "plain", "Or:" if k else "Try:")
    rows = [
        [words_for(f["rule"]).title + ("" if f["side"] == "both" else f", {f['side']}"),
         f"{title_of(family(f['movement']))} {f['set']}",
         *_value_and_error(f),
         _number(f["limit"], f["unit"]) if f["limit"] else "–", _GRADES[f["grade"]],
         f"{100.0 * (f['confidence'] or 0.0):.0f} %", ", ".join(map(str, f["repetitions"])) or "–"]
        for f in findings
    ]  # fmt: skip
    head = ["looked for", "set", "value", "error", "limit", "grade", "confidence", "repetitions"]
    yield Table(head, rows, (2.4, 1.5, 0.8, 0.8, 0.8, 1.1, 1.1, 1.3), (2, 3, 4, 6))
    yield Words(
        "Error: the smallest value that is more than error in 95 % of cases. Cannot tell: the "
        "error is as large as what it is compared with. Limits inform training; they say nothing "
        "about health.",
        "small",
    )


def _value_and_error(finding: Mapping[str, Any]) -> tuple[str, str]:
    """Dashes where the error leaves nothing of the value."""
    mdc, unit = finding["mdc"], finding["unit"]
    if not is_narrow_enough(mdc, unit):
        return "–", "–"
    if (value := finding["value"]) is None:
        return "–", _number(mdc, unit, "± ")
    shown = shown_value(RULES.get(finding["rule"]), value, unit).replace("-", "−")
    return shown, _number(mdc, unit, "± ")


# --- arcs, change, pairs -------------------------------------------------------------------------


def _arcs(material: Material) -> Iterator[Block]:
    found = turned(material)
    if found:
        yield Heading("How far the hips turn")
    for kind, alike in groupby(found, key=lambda one: one.family):
        for one in alike:
            yield Heading(title_of(kind).capitalize(), 3)
            yield from arc_blocks(one)
        yield from norm_blocks(kind)


def _change(material: Material) -> Iterator[Block]:
    if not material.series:
        return
    yield Heading("Change")
    tables = change_table(material.series)
    if not tables:
        yield Words("This is the first session with these measures.")
        return
    yield from tables
    yield from change_picture([s for s in material.series if s.name != "depth_deg"])
    longer = [
        one
        for one in material.series
        if one.since_first is not None
        and len(one.points) > 2
        and one.since_first.word != "no detectable difference"
    ]
    if longer:
        yield Heading("Since the first session, where it differs", 3)
        yield from change_table(longer, first=True)
    yield from transfer_blocks(material)
    days = max(one.error.sessions for one in material.series)
    own = f"the athlete's own, from {days} sessions" if days else "stated start values"
    yield Words(
        f"Error between days: {own}; strapping the sensors on again is part of it.", "small"
    )
    if said := several_testers(material.series):
        yield Words(said, "small")


def _tests_compared(material: Material) -> Iterator[Block]:
    known = [rep for rep in material.repetitions if rep.movement in MOVEMENTS]
    pairs = tests_compared(material, ("cold_warm", "active_passive", "table_loaded"))
    relations = [each for each in relations_of(known) if math.isfinite(each.slope)]
    loads = loads_words(depth_by_load(known, material.notes))
    if not pairs and not relations and not loads:
        return
    yield Heading("Tests compared")
    if loads:
        yield Words(loads)
    for pair in pairs:
        yield Words(pair.words)
    if pairs:
        narrow = pairs_picture(pairs, *PHONE)
        yield Pictures([pairs_picture(pairs, 600.0, 270.0)], BAND_WORDS, [narrow])
    for relation in relations:
        yield Words(relation.words)


# --- movements -----------------------------------------------------------------------------------


def _movements(material: Material) -> Iterator[Block]:
    kinds: dict[str, list[Repetition]] = {}
    for rep in material.repetitions:
        kinds.setdefault(family(rep.movement), []).append(rep)
    if not kinds:
        yield Heading("Repetitions")
        yield Words(
            "No repetition was found in this session, so there is nothing to report.", "warn"
        )
    for kind, reps in kinds.items():
        yield Heading(title_of(kind).capitalize())
        walks = walks_of(reps)
        for words in (*(walk.words for walk in walks), dose_words(walks)):
            if words:
                yield Words(words)
        yield from _curves(material, reps)
        yield _sets(summaries(reps))
        yield Words(_OF_SETS, "small")
        for number in sorted({rep.set for rep in reps}):
            yield Heading(f"Set {number}, repetition by repetition", 3)
            yield _repetitions([rep for rep in reps if rep.set == number])


def _curves(material: Material, reps: Sequence[Repetition]) -> Iterator[Block]:
    """Mean ± SD of both sides, a picture for each direction, and the paths."""
    counted = [rep for rep in reps if rep.counted]
    for direction in dict.fromkeys(rep.direction for rep in counted):
        waves = []
        for side in SIDES:
            curves = [curve(material.results, rep) for rep in counted
                      if (rep.side, rep.direction) == (side, direction)]  # fmt: skip
            if len(curves) > 1:
                waves.append(Wave(f"{side}, n = {len(curves)}", side, waveform(np.array(curves))))
        if waves:
            title = f"Hip rotation{_WAYS[direction]}, mean ± SD"
            deepest = bends(counted[0].movement)
            wide, narrow = (
                wave_picture(waves, title, deepest=deepest, width=width) for width in _WIDTHS
            )
            yield Pictures([wide], narrow=[narrow])
    if counted and bends(counted[0].movement):
        drawn = [(rep.side, *path(material.results, rep)) for rep in counted]
        wide, narrow = (
            path_picture(drawn, "Hip rotation over hip flexion", width) for width in _WIDTHS
        )
        yield Pictures([wide], _BENT, [narrow])
    elif counted:
        yield Words("Curves go by time, 0 to 100 % of a repetition.", "small")


def _sets(found: Sequence[SetSummary]) -> Table:
    """Each side of each set in a row: how many, mean, how alike, and what creeps in."""
    columns = _OF_BENDS if bends(found[0].movement) else _OF_TURNS
    rows = []
    for each in found:
        cells = []
        for name, _ in columns:
            value, sd, spread, creep = (
                each.measures.get(set_name(name, what), math.nan)
                for what in ("mean", "mean_sd", "spread", "creep")
            )
            unit = MEASURES[name].unit
            error = f" ± {Z95 * sd:.0f}" if math.isfinite(sd) else ""
            cells += [_number(value, unit) + error, _number(spread, unit), _number(creep, unit)]
        name = f"{each.set} {each.side}{_WAYS[each.direction]}"
        rows.append([name, f"{each.counted} of {each.listed}", *cells])
    head = ["set", "count", *(part for _, title in columns for part in (title, "spread", "creep"))]
    shares = [1.5, 0.9, *(share for _ in columns for share in (1.1, 0.8, 0.8))]
    return Table(head, rows, shares, tuple(range(2, len(head))))


def _repetitions(reps: Sequence[Repetition]) -> Table:
    """All repetitions of a set, those that do not count too."""
    columns = _BENDING if bends(reps[0].movement) else _TURNING
    columns = [c for c in columns if any(c[0] in rep.measures for rep in reps)]
    rows = []
    for rep in sorted(reps, key=lambda r: (r.t_start, r.side)):
        name = f"{rep.repetition} {rep.side}{_WAYS[rep.direction]}"
        counts = "yes" if rep.counted else "no"
        why = f"{counts}: {rep.reason}" if rep.reason else counts
        rows.append([name, *(_measure(rep, measure) for measure, _ in columns), why])
    head = ["repetition", *(title for _, title in columns), "counts"]
    shares = [1.7, *(1.1 for _ in columns), 1.6]
    return Table(head, rows, shares, tuple(range(1, len(columns) + 1)))


def _measure(rep: Repetition, name: str) -> str:
    value = rep.measures.get(name, math.nan)
    unit = MEASURES[name].unit
    sd = rep.measures.get(name.replace("_deg", "_sd_deg"), math.nan) if unit == "deg" else math.nan
    if name == "hip_share":
        return f"{100.0 * value:.0f} %" if math.isfinite(value) else "–"
    text = _number(value, unit)
    return f"{text} ± {Z95 * sd:.0f}" if math.isfinite(sd) and math.isfinite(value) else text


# --- notes and definitions -----------------------------------------------------------------------


def _notes(material: Material) -> Iterator[Block]:
    written = [n for n in material.diary if n.id is not None]
    if not material.notes and not written:
        return
    yield Heading("Pain, cues and notes")
    for note in material.notes:
        tone: Any = "warn" if note.label.startswith("pain") else "plain"
        angles = ", ".join(
            f"{side} bent {degrees(note.angles.get(f'hip_flexion_{side}_deg', math.nan))}, turned "
            f"{degrees(note.angles.get(f'hip_rotation_{side}_deg', math.nan))}"
            for side in SIDES
        )
        during = f" in {title_of(family(note.movement))}, set {note.set}" if note.movement else ""
        label = note.label.replace(":", ": ", 1)
        said = " ".join((f"{label}{during}; {angles}.", *material.became.get(note.t, ())))
        yield Words(said, tone, f"{note.t:.1f} s:")
    for entry in written:
        yield Words(entry.text, "warn" if entry.kind == "pain" else "plain", f"{entry.kind}:")


def _definitions(material: Material) -> Iterator[Block]:
    yield Heading("What the numbers mean")
    yield Words(
        "± is the half-width of the 95 % interval of the error, soft tissue left out; of the bone "
        "it is wider, for skin follows a rotation by two thirds or so. Angles count from the "
        "athlete's own standing; in is positive, out is negative. Against a goal and in words, "
        "turns outwards are positive too. Real: beyond the error and at least 5°. Possible: the "
        "80 % interval leaves zero out.",
        "small",
    )
    rows = [[m.title, m.definition, m.source] for m in map(MEASURES.__getitem__, _used(material))]
    if rows:
        yield Table(["measure", "definition", "source"], rows, (1.3, 3.2, 2.2))
    rules = dict.fromkeys(f["rule"] for f in material.results.findings if f["rule"] in RULES)
    limits = material.params.limits.entries
    rows = [
        [words_for(rule).title, words_for(rule).definition, limits[RULES[rule].limit_name].source]
        for rule in rules
    ]
    if rows:
        yield Table(["looked for", "definition", "limit from"], rows, (1.3, 3.2, 2.2))


def _used(material: Material) -> list[str]:
    shown = dict.fromkeys(name for name, _ in (*_BENDING, *_TURNING))
    return [n for n in shown if any(n in rep.measures for rep in material.repetitions)]


def _number(value: float | None, unit: str, before: str = "") -> str:
    """A number with its unit; a dash where it is not known."""
    if value is None or not math.isfinite(value):
        return "–"
    sign, decimals = _UNITS.get(unit, (f" {unit}", 1))
    rounded = round(value, decimals) + 0.0  # no minus zero
    return f"{before}{rounded:.{decimals}f}{sign}".replace("-", "−")


_UNITS: Final = {
    "deg": ("°", 0),
    "deg/s": ("°/s", 0),
    "deg_s": ("°/s", 0),
    "s": (" s", 1),
    "ms": (" ms", 0),
    "percent": (" %", 0),
    "1": ("", 2),
}

_BENDING: Final = [
    ("descent_s", "down"),
    ("bottom_s", "bottom"),
    ("ascent_s", "up"),
    ("depth_deg", "depth"),
    ("rotation_bottom_deg", "rotation, bottom"),
    ("rotation_most_in_deg", "most in"),
    ("rotation_most_out_deg", "most out"),
    ("pelvis_tilt_bottom_deg", "pelvis tilt"),
]
_TURNING: Final = [
    ("rotation_end_deg", "rotation, end"),
    ("rotation_arc_deg", "arc"),
    ("turn_deg", "turn of leg"),
    ("pelvis_followed_deg", "pelvis followed"),
    ("hip_share", "hip share"),
    ("hold_s", "hold"),
    ("speed_peak_deg_s", "peak speed"),
]
"""Columns of the tables of repetitions: measure and head."""

_OF_BENDS: Final = [("depth_deg", "depth"), ("rotation_bottom_deg", "rotation, bottom")]
_OF_TURNS: Final = [("rotation_arc_deg", "arc"), ("hold_s", "hold")]
"""Columns of the tables of sets."""

_OF_SETS: Final = (
    "Of the repetitions that count: the mean with its error, how much they differ from each other "
    "(one standard deviation), and what creeps in (the last three less the first three)."
)

_BENT: Final = (
    "Curves go by the share of the deepest flexion, down to 50 % and up again; a pause at the "
    "bottom does not shift them. Below, one thin line is one repetition."
)

_WIDTHS: Final = (500.0, PHONE[0])
"""Points; of a curve's picture, and of the one that takes its place on a phone."""

_ORDER: Final = ("marked", "mild", "cannot_tell", "none")
_GRADES: Final = {
    "marked": "marked",
    "mild": "mild",
    "cannot_tell": "cannot tell",
    "none": "not seen",
}
_WAYS: Final = {"in": ", in", "out": ", out", "down": ""}
