"""What helped an athlete before is offered first when the same fault is found again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from imuhip.assess.advice import Card


@dataclass(frozen=True, slots=True)
class Helped:
    """A cue after which something found became less.

    Parameters
    ----------
    rule, side
        What it helped with.
    cue
        In the coach's words.
    words
        What came of it then.
    """

    rule: str
    side: str
    cue: str
    words: str


def helped_in(notes: Sequence[Mapping[str, Any]]) -> tuple[Helped, ...]:
    """Read what helped from the ``notes.json`` of a session."""
    return tuple(
        Helped(each["rule"], each["side"], note["label"].partition(":")[2].strip(), each["words"])
        for note in notes
        for each in note.get("outcomes", ())
        if each.get("effect") == "better"
    )


def offered_first(cards: Sequence[Card], helped: Sequence[Helped]) -> tuple[Card, ...]:
    """Cards with what helped before in front of their own cues, the newest first.

    Parameters
    ----------
    helped
        In the order of time. Of a card whose cues pain has taken away nothing is offered.
    """
    return tuple(_with_what_helped(card, helped) for card in cards)


def _with_what_helped(card: Card, helped: Sequence[Helped]) -> Card:
    lead = card.lead
    fits = [
        each
        for each in reversed(helped)
        if each.rule == lead.rule and each.side in (lead.side, "both")
    ]
    if not fits or not card.cues or lead.rule in ("pain", "soreness"):
        return card
    lines = dict.fromkeys(f"Begin with “{each.cue}”: it helped before." for each in fits)
    return replace(card, cues=(*lines, *card.cues))
