"""What a rule is: one record with everything known of it.

A rule stands in one file of this folder, which ends in ``RULE: Final = Rule(…)``; `table` finds it
there. Adding one touches that file and nothing else.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from imuhip.assess.episodes import Context, Episode
from imuhip.assess.movements import Movement, Trait
from imuhip.assess.verdicts import Seen, Verdict

Unit: TypeAlias = Literal["deg", "deg_s", "ms", "percent"]

CueKind: TypeAlias = Literal["say", "change", "drill"]
"""``say``: words for the next repetition. ``change``: an easier or other way to do it. ``drill``:
work of its own."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Parameters
    ----------
    value
        In the unit that ends its name.
    lowest, highest
        What an athlete's own may be: outside, it is a slip of the pen.
    source
        Where it comes from; ``provisional`` where nothing better than judgement is known.
    """

    value: float
    lowest: float
    highest: float
    source: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one athlete: ``limits["pelvic_tuck_deg"]`` is a number."""

    goal: str
    entries: Mapping[str, Limit]

    def __getitem__(self, name: str) -> float:
        return self.entries[name].value


@dataclass(frozen=True, slots=True)
class Cue:
    """Something to say or to try.

    Parameters
    ----------
    kind
        Words, another way, or a drill.
    text
        ``{side}``, ``{other}`` and ``{detail}`` are filled in.
    at_deg
        Hip flexion at which it is done; NaN at the position of the finding.
    pain
        It is what to do about pain, so pain does not bar it.
    when
        Only for this `Verdict.detail`; NaN for all.
    """

    kind: CueKind
    text: str
    at_deg: float = math.nan
    when: float = math.nan
    pain: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """How a rule is spoken of; ``{value}``, ``{error}``, ``{side}``, … are filled in.

    Parameters
    ----------
    name
        What it is about, to begin a sentence with; ``{side}`` is the side it was judged on.
    shown
        What is said of it, or for each `Verdict.detail` what is.
    none
        What is said where it does not reach the limit; empty says the value and the limit.
    reached
        What is said where a goal is reached; empty else.
    unseen
        What a rule could not look at, by `Verdict.detail`.
    counts
        Whether the repetitions that show it are counted out: "8 of 8 reps".
    """

    name: str
    shown: str | Mapping[float, str]
    none: Mapping[float, str] = field(default_factory=dict)
    reached: str = ""
    unseen: Mapping[float, str] = field(default_factory=dict)
    counts: bool = True


See: TypeAlias = Callable[[Episode, Limits, Context], list[Seen]]
"""What one repetition shows: one entry for the body, or one a side."""

Judge: TypeAlias = Callable[[Sequence[Episode], Limits, Context], list[Verdict]]
"""What a whole set comes to, where single repetitions cannot say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule.

    Parameters
    ----------
    name
        As in ``findings.json``; its limit's name begins with it.
    order
        Findings are listed from the lowest on.
    title
        For people.
    traits
        For movements that have one of these; empty is all.
    see, judge
        What it sees, by repetition or by set: one of the two.
    unit
        Of its values.
    limit
        From where on it speaks.
    limits
        Further numbers that it depends on, which an athlete may have other ones of.
    spread
        How much repetitions differ before anything is known, in the rule's unit.
    signed
        The value's sign is the side, + the right one.
    needs
        ``axes``: a good or fair calibration. ``gravity``: any calibration. ``nothing``: none.
    of
        Whose side a finding names, in words.
    fault
        Rules with one fault look at the same thing from several sides and share a card; empty is
        a fault of its own.
    phrase
        What is said to a coach.
    definition
        What is measured, one sentence.
    error
        What its error comes from, for the table in docs/assessment.md.
    good, lead
        To an athlete who does not show it; to one who does, to begin a paragraph with.
    cues
        What to say or to try, the one to begin with first.
    """

    name: str
    order: int
    title: str
    traits: frozenset[Trait]
    see: See | None = None
    judge: Judge | None = None
    unit: Unit
    limit: Limit
    limits: Mapping[str, Limit] = field(default_factory=dict)
    spread: float = 1.5
    signed: bool = False
    needs: Literal["axes", "gravity", "nothing"] = "axes"
    of: str
    fault: str = ""
    phrase: Phrase
    definition: str
    error: str
    good: str
    lead: str
    cues: tuple[Cue, ...]

    @property
    def limit_name(self) -> str:
        """Name of its limit, with the unit."""
        return f"{self.name}_{self.unit}"

    def fits(self, movement: Movement) -> bool:
        """Whether it is for a movement."""
        return not self.traits or bool(self.traits & movement.traits)


PROVISIONAL: Final = "provisional"

SEATED_DEG: Final = 84.0
"""Hip flexion of a seated table test."""

SQUAT: Final[frozenset[Trait]] = frozenset({"both_legs_load"})
LOADED: Final[frozenset[Trait]] = frozenset({"both_legs_load", "one_leg_load"})
PIVOT: Final[frozenset[Trait]] = frozenset({"standing_turn"})
TABLE: Final[frozenset[Trait]] = frozenset({"table"})
"""Movements that rules are for."""
