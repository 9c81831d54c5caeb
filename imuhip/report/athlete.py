"""One page for the athlete: big pictures, plain words, what went well and what to work on."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, Final

from imuhip.assess.advice import sides_of, words_of_both
from imuhip.assess.measure_table import MEASURES
from imuhip.assess.movements import family
from imuhip.assess.wording import degrees
from imuhip.catalogue.progress import several_testers
from imuhip.core.conventions import SIDES
from imuhip.core.findings import Repetition
from imuhip.report.blocks import Block, Document, Heading, Words
from imuhip.report.material import Material, findings_of, title_of
from imuhip.report.plain_words import words_for
from imuhip.report.sections import (
    arc_blocks,
    cards_in,
    change_picture,
    change_rows,
    grade_words,
    plan_blocks,
    subtitle,
    transfer_blocks,
    turned,
    usual_blocks,
)

TITLE: Final = "Your hips"


def athlete_report(material: Material) -> Document:
    """Return the page for the athlete."""
    counted = [rep for rep in material.repetitions if rep.counted]
    if not counted:
        return Document(TITLE, subtitle(material), _nothing(material))
    arcs = turned(material)
    blocks: list[Block] = [Words(_done(counted))]
    if arcs:
        blocks += [Heading("How far your hips turn"), *arc_blocks(arcs[0])]
    else:
        blocks.append(Words("Do the seated rotation test of both hips next time: it shows how far "
                            "they turn."))  # fmt: skip
    blocks += [Heading("What went well"), *_well(material.results.findings)]
    blocks += [Heading("What to work on"), *_work(material)]
    blocks += plan_blocks(material)
    blocks += usual_blocks(material)
    blocks += _changed(material)
    blocks += _explained(material)
    return Document(TITLE, subtitle(material), blocks, one_page=True)


def _nothing(material: Material) -> list[Block]:
    """A session in which nothing was done says so, and what to do."""
    return [
        Words("No repetition was found in this session, so there is nothing to report.", "warn"),
        Words(
            "Mark the movement before you begin it, calibrate until the grade is good or fair, and "
            "record again."
        ),
        Words(f"Calibration {grade_words(material)}", "small"),
    ]


def _done(counted: Sequence[Repetition]) -> str:
    """What was done, in a sentence."""
    seen: dict[str, set[tuple[Any, ...]]] = {}
    for rep in counted:
        one = (rep.set, rep.repetition, rep.direction)
        alone = () if rep.direction == "down" else (rep.side,)
        seen.setdefault(family(rep.movement), set()).add((*one, *alone))
    counts = [f"{len(reps)} × {title_of(kind)}" for kind, reps in seen.items()]
    done = f"You did {', '.join(counts)}."
    depths = [
        rep.measures["depth_deg"]
        for rep in counted
        if rep.movement == "squat" and "depth_deg" in rep.measures
    ]
    if depths:
        deep = degrees(fmean(depths))
        done += f" In the squat your thighs went {deep} down; level with the floor is 90°."
    return done


def _well(findings: Sequence[Mapping[str, Any]]) -> list[Block]:
    """What was looked for and, surely, not seen, in plain words."""
    sure = [f for f in findings if f["grade"] == "none" and (f["confidence"] or 0.0) >= _SURE]
    # What one set shows, or cannot tell, another does not make good.
    shown = {f["rule"] for f in findings if f["grade"] != "none"}
    sides_by_rule: dict[str, set[str]] = {}
    for finding in sure:
        if finding["rule"] not in shown:
            sides_by_rule.setdefault(finding["rule"], set()).add(finding["side"])
    good = [_said(words_for(rule).good, sides) for rule, sides in sides_by_rule.items()]
    blocks: list[Block] = [Words(text, "good") for text in good[:_MOST_GOOD]]
    return blocks or [Words("Nothing was certain enough to say this time.")]


def _work(material: Material) -> list[Block]:
    """The gravest faults, each with what to try."""
    cards = cards_in(material)
    findings = findings_of(material.results)
    if not cards and any(f.grade == "cannot_tell" for f in findings):
        return [Words("Nothing stood out in what was certain enough to say.")]
    if not cards:
        return [Words("No findings. Keep going.", "good")]
    blocks: list[Block] = []
    for card in cards[:_MOST_WORK]:
        lead = _said(words_for(card.lead.rule).lead, sides_of(card))
        blocks.append(Words(words_of_both(card), "work", lead))
        if card.cues:
            blocks.append(Words(card.cues[0], "plain", "Try:"))
    left = len(cards) - _MOST_WORK
    if left > 0:
        blocks.append(Words(f"{left} more are in your coach's report.", "small"))
    return blocks


def _changed(material: Material) -> list[Block]:
    """Since last time: what is more than error first, and a picture of arcs."""
    if not material.series:
        return []
    heading = Heading("Since last time")
    rows = change_rows(material.series)
    if not rows:
        return [
            heading,
            Words(
                "This is the first session of its kind, so there is nothing to compare it with yet."
            ),
        ]
    real = [row for row in rows if row[-1] in ("real", "possible")]
    sentences: list[Block] = [
        Words(
            f"{row[1]} before, {row[2]} now: {row[3]}, {_CHANGE[row[-1]]}.", "plain", f"{row[0]}:"
        )
        for row in real[:_MOST_CHANGES]
    ]
    if not real:
        sentences.append(Words("No change beyond the error of measuring again."))
    again = [one for one in material.series if len(one.points) > 1]
    arcs = [one for one in again if one.name == "rotation_end_deg"]
    bottoms = [one for one in again if one.name == "rotation_bottom_deg"]
    if said := several_testers(material.series):
        sentences.append(Words(said, "small"))
    return [heading, *sentences, *transfer_blocks(material), *change_picture((arcs or bottoms)[:4])]


def _explained(material: Material) -> list[Block]:
    """What the numbers mean."""
    end, depth = MEASURES["rotation_end_deg"].definition, MEASURES["depth_deg"].definition
    return [
        Words(
            f"What the numbers mean. In, out: {end} Depth: {depth} ± is the 95 % interval: the "
            "true value lies within it 19 times of 20. A change counts as real when it is larger "
            "than what strapping the sensors on again makes, and at least 5°. Calibration "
            f"{grade_words(material)}",
            "small",
        )
    ]


def _said(text: str, sides: set[str]) -> str:
    """One sentence for one side, or for both."""
    if "{side}" not in text:
        return text
    both = set(SIDES) <= sides
    side = "left and right" if both else next(iter(sorted(sides)))
    said = text.format(side=side)
    if both:
        for one, many in _PLURALS:
            said = said.replace(one, many)
    return said


_SURE: Final = 0.9
_MOST_GOOD: Final = 4
_MOST_WORK: Final = 3
_MOST_CHANGES: Final = 3
"""As many as one page holds."""

_CHANGE: Final = {"real": "a real change", "possible": "possibly a change"}

_PLURALS: Final = (
    ("right thigh held its line", "right thighs held their line"),
    ("right thigh", "right thighs"),
    ("right leg", "right legs"),
    ("right hip turns", "right hips turn"),
    ("right hip is tested", "right hips are tested"),
    ("right thighs falls", "right thighs fall"),
    ("right thighs turns", "right thighs turn"),
    ("the left and right hip was", "the left and right hips were"),
)
