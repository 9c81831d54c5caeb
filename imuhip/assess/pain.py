"""Pain and soreness as marks: which side, which place, and at which position of the hip.

A mark is ``pain`` or ``sore``, then what is known of it in any order: ``pain:left groin``,
``pain:right outside``, ``sore:back``. The angles of the moment come with it as a note.
"""

import math
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from imuhip.core.conventions import SIDES, Side
from imuhip.core.findings import Note

Kind: TypeAlias = Literal["pain", "sore"]

PLACES: Final = ("groin", "outside", "back")
"""Where it is; a mark may say another place in its own words."""

NEAR_DEG: Final = 15.0
"""A position is near a mark from this much less hip flexion on; provisional."""

_BENT_DEG: Final = 25.0
"""Who marks pain with straighter hips marks what was before: the position is not known."""


class Mark(NamedTuple):
    """One mark of pain or soreness.

    Parameters
    ----------
    note
        With the moment's angles.
    kind
        What was marked.
    side
        Empty where the mark does not say.
    place
        In words; empty where the mark does not say.
    """

    note: Note
    kind: Kind
    side: Side | Literal[""]
    place: str

    def flexion_deg(self, side: Side) -> float:
        """Hip flexion of a side at that moment; NaN where not known."""
        return self.note.angles.get(f"hip_flexion_{side}_deg", math.nan)

    @property
    def position_deg(self) -> float:
        """Hip flexion where it was: of its side, else of the hip that was bent more."""
        sides = (self.side,) if self.side else SIDES
        known = [a for side in sides if math.isfinite(a := self.flexion_deg(side))]
        deepest = max(known, default=math.nan)
        return deepest if deepest >= _BENT_DEG else math.nan


def marks_of(notes: Sequence[Note], kind: Kind) -> list[Mark]:
    """The marks of a kind among notes, in their order."""
    return [mark for note in notes if (mark := _read(note)) is not None and mark.kind == kind]


def bars(marks: Sequence[Mark], flexion_deg: float, side: str) -> bool:
    """Whether a position is at, beyond or near one of these marks.

    Parameters
    ----------
    flexion_deg
        The position; one that is not known is near everything.
    side
        Left, right, or anything else for both. A mark that does not say which hip counts for both.
    """
    return any(
        not flexion_deg < mark.position_deg - NEAR_DEG
        for mark in marks
        if side not in SIDES or mark.side in ("", side)
    )


def _read(note: Note) -> Mark | None:
    head, _, text = note.label.partition(":")
    if head not in ("pain", "sore"):
        return None
    words = text.lower().replace(",", " ").split()
    side: Side | Literal[""] = next((each for each in SIDES if each in words), "")
    place = " ".join(word for word in words if word not in SIDES)
    return Mark(note, "pain" if head == "pain" else "sore", side, place)
