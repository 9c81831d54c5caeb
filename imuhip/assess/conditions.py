"""Under which conditions a set was done: load, bar, stance, heels, equipment, active, cold.

Notes say it: ``cold``, ``warm``, ``active``, ``passive``, ``load 80 kg``; those that begin with
``set`` say the rest too: ``set load 80 kg, bar front, stance wide, heel 2 cm, with belt, warm``. A
note holds for the set that is going on, else for the next one, and on until it is replaced;
``set load unsaid`` takes it back. A table test has no load, bar, stance or heels: those were said
of the squats before. Only sets of the same conditions are compared side against side, and only they
share a line in the table of goals.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal

from imuhip.assess.movements import FLEXION_TEST, MOVEMENTS, family
from imuhip.core.findings import Note, Repetition


@dataclass(frozen=True, slots=True)
class Tags:
    """What was said of a set; empty and NaN where nothing was."""

    warmth: Literal["", "cold", "warm"] = ""
    effort: Literal["", "active", "passive"] = ""
    load_kg: float = math.nan
    bar: str = ""
    stance: str = ""
    heel_cm: float = math.nan
    equipment: str = ""

    def alike(self, other: "Tags") -> bool:
        """Whether two sets were done under the same conditions."""
        return self.key == other.key

    @property
    def key(self) -> tuple[str, str, float, str, str, float, str]:
        """What tells one condition from another; no load said is no load, no heel said is none."""
        load, heel = (0.0 if math.isnan(x) else x for x in (self.load_kg, self.heel_cm))
        return self.warmth, self.effort, load, self.bar, self.stance, heel, self.equipment

    @property
    def words(self) -> str:
        """For people: ``cold, passive, 80 kg, front bar``; empty where nothing was said."""
        load = "" if math.isnan(self.load_kg) else f"{self.load_kg:g} kg"
        bar = f"{self.bar} bar" if self.bar else ""
        stance = f"{self.stance} stance" if self.stance else ""
        heel = "" if math.isnan(self.heel_cm) else f"heels {self.heel_cm:g} cm"
        worn = f"with {self.equipment}" if self.equipment else ""
        parts = (self.warmth, self.effort, load, bar, stance, heel, worn)
        return ", ".join(part for part in parts if part)


def set_note(fields: Mapping[str, str]) -> str:
    """Return the mark that says of the next set what was chosen; `tags_at` reads it.

    Parameters
    ----------
    fields
        Of `SET_FIELDS`, each with a value, or `UNSAID` where nothing is said of it any more; what
        is left out stays as it was said before.
    """
    said = [
        f"{_NAMES[name]} {UNSAID}" if fields[name] == UNSAID else words.format(fields[name])
        for name, words in SET_FIELDS.items()
        if fields.get(name)
    ]
    return f"note:{SET_NOTE}{', '.join(said)}"


def tags_at(notes: Sequence[Note], t: float, movement: str) -> Tags:
    """What notes say of a set of a movement whose last repetition ends at `t`."""
    tags = Tags()
    for note in notes:
        if note.label.startswith("note:") and note.t <= t:
            tags = _tagged(tags, note.label.partition(":")[2])
    return _of(movement, tags)


def tags_of_sets(
    repetitions: Sequence[Repetition], notes: Sequence[Note]
) -> dict[tuple[str, int], Tags]:
    """What notes say of each set: movement and set number to tags."""
    ends: dict[tuple[str, int], float] = {}
    for each in repetitions:
        ends[each.movement, each.set] = each.t_end
    return tags_of_ends(ends, [(note.t, note.label) for note in notes])


def tags_of_ends(
    ends: Mapping[tuple[str, int], float], marks: Sequence[tuple[float, str]]
) -> dict[tuple[str, int], Tags]:
    """What marks ``(t, label)`` say of each set, as of the end of its last repetition."""
    said = sorted(mark for mark in marks if mark[1].startswith("note:"))
    tags, found, taken = Tags(), {}, 0
    for key, end in sorted(ends.items(), key=lambda item: item[1]):
        while taken < len(said) and said[taken][0] <= end:
            tags = _tagged(tags, said[taken][1].partition(":")[2])
            taken += 1
        found[key] = _of(key[0], tags)
    return found


def _of(movement: str, tags: Tags) -> Tags:
    """The tags that can be true of a movement: nobody does a table test under a bar."""
    known = MOVEMENTS.get(movement)
    on_table = family(movement) == FLEXION_TEST or (known is not None and "table" in known.traits)
    if not on_table:
        return tags
    return replace(tags, load_kg=math.nan, bar="", stance="", heel_cm=math.nan)


def _tagged(tags: Tags, text: str) -> Tags:
    """Tags with what a note adds to them, and without what it takes back."""
    if text.startswith(SET_NOTE):
        nothing = Tags()
        for name, word in _NAMES.items():
            if f"{word} {UNSAID}" in text:
                unsaid: dict[str, Any] = {name: getattr(nothing, name)}
                tags = replace(tags, **unsaid)
                text = text.replace(f"{word} {UNSAID}", "")
    words = set(re.findall(r"[a-z]+", text.lower()))
    for warmth in ("cold", "warm"):
        if warmth in words:
            tags = replace(tags, warmth=warmth)
    for effort in ("active", "passive"):
        if effort in words:
            tags = replace(tags, effort=effort)
    load = _LOAD.search(text.lower())
    if load:
        tags = replace(tags, load_kg=float(load[1]))
    return _with_fields(tags, text.lower()) if text.startswith(SET_NOTE) else tags


def _with_fields(tags: Tags, text: str) -> Tags:
    """Tags with what only a note of the set's fields says; a choice of none takes one away."""
    for name, pattern in _FIELDS.items():
        found = pattern.search(text)
        if found is None:
            continue
        if name == "heel_cm":
            tags = replace(tags, heel_cm=float(found[1]))
        else:
            changed: dict[str, Any] = {name: "" if found[1] == "none" else found[1].strip()}
            tags = replace(tags, **changed)
    return tags


def under_alike_conditions(
    repetitions: Sequence[Repetition], notes: Sequence[Note]
) -> Mapping[Tags, list[Repetition]]:
    """Repetitions by the conditions of their set, in the order in which those came.

    Where there are several conditions, what is the same in all of them is left unsaid.
    """
    tags = tags_of_sets(repetitions, notes)
    found: dict[Any, tuple[Tags, list[Repetition]]] = {}
    for each in repetitions:
        said = tags[each.movement, each.set]
        found.setdefault(said.key, (said, []))[1].append(each)
    return dict(_said_apart(list(found.values())))


def _said_apart(
    groups: list[tuple[Tags, list[Repetition]]],
) -> list[tuple[Tags, list[Repetition]]]:
    """The groups, each with only what tells its conditions from the others'."""
    nothing = Tags()
    for each in fields(Tags):
        values = {str(getattr(tags, each.name)) for tags, _ in groups}
        if len(groups) > 1 and len(values) == 1:
            unsaid: dict[str, Any] = {each.name: getattr(nothing, each.name)}
            groups = [(replace(tags, **unsaid), of) for tags, of in groups]
    return groups


_LOAD: Final = re.compile(r"load\s*=?\s*(\d+(?:\.\d+)?)")

_FIELDS: Final[Mapping[str, re.Pattern[str]]] = {
    "bar": re.compile(r"\bbar ([a-z]+)"),
    "stance": re.compile(r"\bstance ([a-z]+)"),
    "heel_cm": re.compile(r"\bheel (\d+(?:\.\d+)?)"),
    "equipment": re.compile(r"\bwith ([^,]+)"),
}

SET_NOTE: Final = "set "
"""How a note of what a set is done with begins."""

UNSAID: Final = "unsaid"
"""In the mark, of a field that nothing is said of any more."""

_NAMES: Final[Mapping[str, str]] = {
    "load_kg": "load",
    "bar": "bar",
    "stance": "stance",
    "heel_cm": "heel",
    "equipment": "equipment",
    "effort": "effort",
    "warmth": "warmth",
}
"""Field of a set to its name in a mark that takes it back."""

SET_FIELDS: Final[Mapping[str, str]] = {
    "load_kg": "load {} kg",
    "bar": "bar {}",
    "stance": "stance {}",
    "heel_cm": "heel {} cm",
    "equipment": "with {}",
    "effort": "{}",
    "warmth": "{}",
}
"""Field of a set to its words in the mark."""

SET_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "bar": ("none", "back", "front", "goblet", "overhead"),
    "stance": ("narrow", "medium", "wide"),
    "effort": ("active", "passive"),
    "warmth": ("cold", "warm"),
}
"""Fields whose values are one of a few."""
