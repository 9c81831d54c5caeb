"""From findings to what the coach does next: one fault, one card, and a plan of three lines.

Rules that look at the same fault from several sides share a card (`Rule.fault`): the gravest of
them leads, and the card holds every cue of the lead, so that the easier ways and the drills are
seen too. The plan says what limits most, the drill for it and when to test again, each with its
reason; it comes from tables alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from imuhip.assess.movements import MOVEMENTS, family
from imuhip.assess.profiles import Goal
from imuhip.assess.rules.table import RULES
from imuhip.core.conventions import SIDES
from imuhip.core.findings import Finding

Step: TypeAlias = Literal["limits", "drill", "test_again"]


@dataclass(frozen=True, slots=True)
class Card:
    """One fault.

    Parameters
    ----------
    lead
        The finding that says it best.
    others
        What else was found of the same fault, or of the same in other sets.
    cues
        What to say or to try, the one to begin with first.
    """

    lead: Finding
    others: tuple[Finding, ...]
    cues: tuple[str, ...]


class Line(NamedTuple):
    """A line of the plan: what it is about, what to do, and why."""

    step: Step
    text: str
    reason: str


def cards_of(findings: Sequence[Finding]) -> tuple[Card, ...]:
    """Gather what was found, mild or marked, into one card a fault, the most important first."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for each in findings:
        if each.grade in ("mild", "marked"):
            groups.setdefault(_fault(each), []).append(each)
    cards = [_card(group) for group in groups.values()]
    return tuple(sorted(cards, key=lambda card: _weight(card.lead)))


def plan_of(
    findings: Sequence[Finding], goal: Goal = "general", cards: Sequence[Card] | None = None
) -> tuple[Line, ...]:
    """Return the plan: what limits, what to do, when to test again; the last two without a fault.

    Parameters
    ----------
    findings
        What stands at the end of a session.
    goal
        Picks the drills that the sport asks for.
    cards
        Those of the findings, where something was added to them.
    """
    cards = cards_of(findings) if cards is None else cards
    if not cards:
        return _nothing_found(findings)
    lead = cards[0].lead
    more = len(cards) - 1
    also = "" if not more else f"; {_what_waits(cards[1:])}"
    drill, why = _drill(cards[0], goal)
    again = _AGAIN.get(_kind(lead), _AGAIN["movement"])
    return (
        Line("limits", words_of_both(cards[0]), f"{_why(lead)}{also}."),
        Line("drill", drill, why),
        Line("test_again", *again),
    )


def _why(lead: Finding) -> str:
    """Why the first finding comes first."""
    return _LIMITS_WHY.get(lead.rule) or _LIMITS_WHY[_kind(lead)]


def _what_waits(cards: Sequence[Card]) -> str:
    """What comes after it, by name."""
    names = []
    for card in cards:
        rule = RULES.get(card.lead.rule)
        title = rule.title if rule else card.lead.rule.replace("_", " ")
        names.append(title[0].lower() + title[1:])
    known = list(dict.fromkeys(names))
    return f"after it: {', '.join(known)}"


def words_of_both(card: Card) -> str:
    """The words of a card's lead, and of the same on the other side."""
    lead = card.lead
    return " ".join([lead.words, *(each.words for each in card.others if _mirrors(each, lead))])


def sides_of(card: Card) -> set[str]:
    """The sides that have a card's fault."""
    return {card.lead.side, *(each.side for each in card.others if _mirrors(each, card.lead))}


def _mirrors(one: Finding, other: Finding) -> bool:
    """Whether two findings are the same thing on the two sides."""
    same = (one.rule, family(one.movement)) == (other.rule, family(other.movement))
    return same and {one.side, other.side} == set(SIDES)


def _nothing_found(findings: Sequence[Finding]) -> tuple[Line, ...]:
    """What to do where nothing limits, or everything was inconclusive."""
    unknown = [f for f in findings if f.grade == "cannot_tell"]
    known = [f for f in findings if f.grade == "none"]
    if not known:
        text = "Calibrate again and repeat the tests."
        return (Line("test_again", text, "Nothing was certain enough to say."),)
    text = "Keep the programme and add load or range in small steps."
    reason = f"{len(known)} checks found nothing"
    if unknown:
        reason += f"; {len(unknown)} were too uncertain"
    again = "In four weeks, or sooner if something changes."
    why = "With no fault to follow up, a month is enough to see what training changes."
    return (Line("drill", text, f"{reason}."), Line("test_again", again, why))


def _card(group: Sequence[Finding]) -> Card:
    ordered = sorted(group, key=_weight)
    lead = ordered[0]
    cues = [lead.cue, *lead.more_cues] if lead.cue else []
    if any(_mirrors(each, lead) for each in ordered[1:]):
        cues = [_on_each_side(cue, lead.side) for cue in cues]
    return Card(lead, tuple(ordered[1:]), tuple(cues))


def _on_each_side(cue: str, side: str) -> str:
    """A cue for one side as one for both."""
    words = cue.replace(f"the {side} ", "each ").replace(f"{side} ", "each ")
    words = words.replace(f"{side.capitalize()} ", "Each ")
    return words[0].upper() + words[1:]


def _fault(finding: Finding) -> tuple[str, str, str]:
    """What makes findings one fault: what they look at, in which movement, and which way.

    The same on both sides is one fault; opposite sides of a difference are not.
    """
    rule = RULES.get(finding.rule)
    shared = rule.fault if rule else ""
    one_way = rule is not None and (rule.signed or finding.rule in _ONE_WAY)
    side = finding.side if one_way and shared != "weight_to_one_side" else ""
    return shared or finding.rule, family(finding.movement), side


def _weight(finding: Finding) -> tuple[int, int, int, float]:
    """Pain first, then what is marked, then the order of the rules, then how far beyond it is."""
    rule = RULES.get(finding.rule)
    order = rule.order if rule else len(RULES)
    hurts = 0 if finding.rule in ("pain", "soreness") else 1
    beyond = finding.value / finding.limit if finding.limit else 0.0
    rank = _ORDER_OF_SHIFT.get(finding.rule, order)
    return hurts, 0 if finding.grade == "marked" else 1, rank, -beyond


def _kind(finding: Finding) -> str:
    """Which row of the tables a finding belongs to."""
    rule = RULES.get(finding.rule)
    if finding.rule in _AGAIN:
        return finding.rule
    known = MOVEMENTS.get(finding.movement)
    on_the_table = finding.rule == "rotation_difference" and known and "table" in known.traits
    return "arc" if on_the_table or (rule is not None and rule.fault == "arc") else "movement"


def _drill(card: Card, goal: Goal) -> tuple[str, str]:
    """The drill for a card: the sport's own where there is one, else the rule's."""
    lead = card.lead
    own = _SPORT_DRILLS.get(goal, {}).get(_kind(lead) if _kind(lead) == "arc" else lead.rule)
    rule = RULES.get(lead.rule)
    kinds = [cue.kind for cue in rule.cues] if rule else []
    if not card.cues:
        return "No drill at this position for now.", "Pain was marked at or before it."
    drill = card.cues[0]
    if len(kinds) == len(card.cues) and "drill" in kinds and lead.rule not in ("pain", "soreness"):
        drill = card.cues[kinds.index("drill")]
    if own is not None:
        return f"{drill.removesuffix('.')}; then {own[0]}", f"Mobility first, then load: {own[1]}."
    return drill, _DRILL_WHY[_kind(lead)]


_ONE_WAY: Final = ("pain", "soreness", "rotation_difference", "grows_over_set")
"""Rules whose two sides are two things."""

_ORDER_OF_SHIFT: Final = {"hip_shift": 25}
"""Of one fault seen from several sides the shift says it best."""

_LIMITS_WHY: Final[Mapping[str, str]] = {
    "pain": "Pain comes before everything that was measured",
    "soreness": "Train sore areas lighter, not harder",
    "arc": "A hip has no more rotation under load than without",
    "grows_over_set": "The first repetitions are clean: the set is too long",
    "movement": "It is the largest thing found in this session",
    "pelvic_tuck": "From there on down the pelvis moves instead of the hips",
    "knee_in": "A thigh that falls in carries the load out of line",
    "hip_shift": "One leg does more of the work than the other",
    "pelvis_follows_pivot": "As long as the pelvis turns, the hip does not learn to",
    "pelvis_cheats_table": "Movement of the pelvis looks like range that the hip does not have",
    "too_fast": "A swing goes past the range that the hip controls",
}

_DRILL_WHY: Final[Mapping[str, str]] = {
    "pain": "Less range or load keeps the training going, and the direction without pain keeps the "
    "hip moving.",
    "soreness": "Longer holds in a lighter range load it without more irritation.",
    "arc": "Range without load comes first, then control, then load: ten slow turns, two or three "
    "times a week.",
    "grows_over_set": "Only clean repetitions are worth practising.",
    "movement": "It works on what was found, with less load.",
}

_AGAIN: Final[Mapping[str, tuple[str, str]]] = {
    "pain": (
        "When it no longer hurts at rest; stop the test where it does.",
        (
            "A test into pain measures the pain. See a doctor or a physiotherapist about pain that "
            "stays."
        ),
    ),
    "soreness": (
        "In two or three days.",
        "Soreness goes within days and changes the range meanwhile.",
    ),
    "arc": (
        "The table test in two weeks, cold, then the squat.",
        (
            "Rotation changes slowly, and strapping the sensors on again alone changes it by a few "
            "degrees."
        ),
    ),
    "grows_over_set": (
        "Next session, with the same load and the shorter set.",
        "It shows whether the load or the length of the set is the cause.",
    ),
    "movement": (
        "One set with the first cue now, compared with this one; again next session.",
        "A cue that helps shows at once; a change that lasts shows next time.",
    ),
}

_SPORT_DRILLS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "powerlifting": {
        "arc": ("hip hinges with a light weight", "a hinge is what the lift needs"),
        "hip_shift": ("split squats, the weaker leg first", "the lift loads both legs alike"),
    },
    "weightlifting": {
        "arc": ("pause squats at the depth that stays clean", "the catch is deep"),
        "pelvic_tuck": ("front squats to a box that is lowered", "the catch is deep"),
    },
    "field_sport": {
        "arc": ("step-downs and lateral lunges", "running and cutting load one leg at a time"),
        "knee_in": ("step-downs in front of a mirror", "running loads one leg at a time"),
        "pelvic_drop": ("step-downs with a level belt line", "running loads one leg at a time"),
    },
}
"""Goal to what it adds to the drill, by rule or ``arc``, and why."""
