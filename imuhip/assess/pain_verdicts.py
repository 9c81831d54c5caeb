"""What a mark of pain or soreness says of the set in which it was made."""

import math
from collections.abc import Sequence

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.movements import MOVEMENTS
from imuhip.assess.pain import NEAR_DEG, Kind, Mark, marks_of
from imuhip.assess.rules.record import Judge, Limits
from imuhip.assess.symmetry import Z95
from imuhip.assess.verdicts import SideOrBoth, Verdict
from imuhip.core.conventions import SIDES
from imuhip.core.findings import FindingGrade


def judge_of(kind: Kind, grade: FindingGrade) -> Judge:
    """Return a judge that finds the marks of a kind in a set, one verdict a side."""

    def judge(episodes: Sequence[Episode], _limits: Limits, context: Context) -> list[Verdict]:
        movement, number = episodes[0].movement.name, episodes[0].set
        here = [
            mark
            for mark in marks_of(context.notes, kind)
            if (mark.note.movement, mark.note.set) == (movement, number)
        ]
        sides: dict[SideOrBoth, list[Mark]] = {}
        for mark in here:
            sides.setdefault(mark.side or "both", []).append(mark)
        return [verdict_on(side, marks, grade) for side, marks in sides.items()]

    return judge


def verdict_on(side: SideOrBoth, marks: Sequence[Mark], grade: FindingGrade) -> Verdict:
    """The verdict on one side's marks, at the least flexion among them."""
    known = [mark for mark in marks if math.isfinite(mark.position_deg)]
    mark = min(known, key=lambda each: each.position_deg, default=marks[0])
    error = max(
        (mark.note.angles.get(f"hip_flexion_{each}_sd_deg", math.nan) for each in SIDES),
        default=math.nan,
    )
    numbers = tuple(sorted({each.note.repetition for each in marks if each.note.repetition}))
    position = mark.position_deg
    return Verdict(
        side,
        position,
        error,
        Z95 * error,
        0.0,
        grade,
        1.0,
        numbers,
        len(marks),
        position,
        words=_words(side, mark),
    )


def _words(side: SideOrBoth, mark: Mark) -> str:
    what = {"pain": "Pain", "sore": "Soreness"}[mark.kind]
    where = " ".join(part for part in ("" if side == "both" else side, mark.place) if part)
    words = f"{what}, {where}," if where else what
    position = mark.position_deg
    if math.isfinite(position):
        stay = ""
        if not _on_the_table(mark.note.movement) and position - NEAR_DEG > 0.0:
            stay = f"; for now bend less than {position - NEAR_DEG:.0f}°"
        return f"{words} at {position:.0f}° of hip flexion{stay}."
    return f"{words.removesuffix(',')}; at which position was not marked."


def _on_the_table(movement: str) -> bool:
    """Whether the bend of the hip is the test's, so that nobody can bend less."""
    known = MOVEMENTS.get(movement)
    return known is not None and "table" in known.traits
