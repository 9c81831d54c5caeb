"""Faults of a stated size from words: ``knee_in=14:right``, ``pain=90:left groin``.

A fault has the name of the rule that finds it, and its size is in that rule's unit, so that a coach
or a developer can rehearse every finding. Each becomes a `Compensation` or a `Felt` mark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from imuhip.core.conventions import SIDES, Side
from imuhip.simulate.performance import RULES, Compensation, Felt, Performance


def with_faults(performance: Performance, texts: Sequence[str]) -> Performance:
    """Return a performance with the faults that words ask for.

    Parameters
    ----------
    performance
        What it has besides.
    texts
        ``RULE=SIZE`` and, after colons in any order, a side, a part of the rule, and numbers:
        ``share`` of the repetitions, ``creep`` over the set, ``onset`` in degrees, ``set``. For
        ``pain`` and ``soreness`` the words after the colon are the side and the place.

    Raises
    ------
    ValueError
        With what is wrong with one of them, and what there is.
    """
    compensations, felt = list(performance.compensations), list(performance.felt)
    for text in texts:
        name, size, rest = _split(text)
        if name in _FELT:
            felt.append(_felt(name, size, rest))
        else:
            compensations.append(_compensation(text, name, size, rest))
    return replace(performance, compensations=tuple(compensations), felt=tuple(felt))


def _split(text: str) -> tuple[str, float, list[str]]:
    """Name, size and what follows."""
    name, _, tail = text.partition("=")
    number, *rest = tail.split(":")
    if name not in FAULTS:
        raise ValueError(f"There is no fault {name!r}. Faults are {', '.join(FAULTS)}.")
    try:
        return name, float(number), [part.strip() for part in rest]
    except ValueError:
        unit = FAULTS[name]
        raise ValueError(f"{text}: write the size in {unit} after =, as in {name}=12.") from None


def _felt(name: str, size: float, rest: Sequence[str]) -> Felt:
    """A mark at a hip flexion, of a side and a place."""
    words = " ".join(rest).split()
    side: Side = next((each for each in SIDES if each in words), "left")
    return Felt(_FELT[name], size, side, " ".join(words))


def _compensation(text: str, name: str, size: float, rest: Sequence[str]) -> Compensation:
    """A compensation with its side, parts and numbers."""
    alias = _ALIASES.get(name)
    rule = alias.rule if alias else name
    scale = alias.scale if alias else _TO_UNIT.get(rule, 1.0)
    side: Side | None = None
    parts: list[str] = []
    more: dict[str, float] = {"creep": alias.creep} if alias else {}
    sets: tuple[int, ...] = ()
    for part in rest:
        key, is_number, value = part.partition("=")
        if part in SIDES:
            side = "left" if part == "left" else "right"
        elif is_number and key == "set":
            sets = (*sets, int(_number(text, value)))
        elif is_number and key in _NUMBERS:
            more[_NUMBERS[key]] = _number(text, value)
        elif part in RULES[rule].parts:
            parts.append(part)
        else:
            known = (*SIDES, *RULES[rule].parts, *(f"{key}=…" for key in (*_NUMBERS, "set")))
            raise ValueError(f"{text}: {part!r} is not known. Write {', '.join(known)}.")
    return Compensation(rule, size * scale, side, parts=tuple(parts), sets=sets, **more)


def _number(text: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"{text}: {value!r} is not a number.") from None


@dataclass(frozen=True, slots=True)
class _Alias:
    """A fault that is another one done in a certain way."""

    rule: str
    scale: float
    creep: float


_CREEP: Final = 0.95

_ALIASES: Final = {"grows_over_set": _Alias("pelvic_tuck", 1.0 / (2.0 * _CREEP), _CREEP)}
"""What grows over a set is a tuck that is nearly none at first."""

_FELT: Final = {"pain": "pain", "soreness": "sore"}
"""Fault to the mark that a coach makes."""

_NUMBERS: Final = {"share": "share", "creep": "creep", "onset": "onset_deg"}

_TO_UNIT: Final = {"side_lag": 1e-3, "pelvis_follows_pivot": 1e-2}
"""From the rule's unit to the simulator's."""

_UNITS: Final = {"s": "ms", "share": "per cent", "deg": "degrees", "percent": "per cent"}
"""The simulator's unit to the one that people write."""

FAULTS: Final[Mapping[str, str]] = {
    "pain": "degrees of hip flexion",
    "soreness": "degrees of hip flexion",
    "grows_over_set": "degrees from the first repetition to the last",
    **{name: _UNITS.get(rule.unit, rule.unit) for name, rule in RULES.items()},
}
"""Fault to the unit of its size."""
