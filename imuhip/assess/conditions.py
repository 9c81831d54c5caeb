"""Under which conditions a set was done: cold or warm, active or passive, and the load.

Notes say it: ``cold``, ``warm``, ``active``, ``passive``, ``load 80 kg``. A note holds for the set
that is going on, else for the next one, and on until it is replaced. Only sets of the same
conditions are compared side against side, and only they share a line in the table of goals.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from imuhip.core.findings import Note, Repetition


@dataclass(frozen=True, slots=True)
class Tags:
    """What was said of a set; empty and NaN where nothing was."""

    warmth: Literal["", "cold", "warm"] = ""
    effort: Literal["", "active", "passive"] = ""
    load_kg: float = math.nan

    def alike(self, other: "Tags") -> bool:
        """Whether two sets were done under the same conditions."""
        return self.key == other.key

    @property
    def key(self) -> tuple[str, str, float]:
        """What tells one condition from another; no load said is no load."""
        load = 0.0 if math.isnan(self.load_kg) else self.load_kg
        return self.warmth, self.effort, load

    @property
    def words(self) -> str:
        """For people: ``cold, passive, 80 kg``; empty where nothing was said."""
        load = "" if math.isnan(self.load_kg) else f"{self.load_kg:g} kg"
        return ", ".join(part for part in (self.warmth, self.effort, load) if part)


def tags_at(notes: Sequence[Note], t: float) -> Tags:
    """What notes say of a set whose last repetition ends at `t`."""
    tags = Tags()
    for note in notes:
        if note.label.startswith("note:") and note.t <= t:
            tags = _tagged(tags, note.label.partition(":")[2])
    return tags


def tags_of_sets(
    repetitions: Sequence[Repetition], notes: Sequence[Note]
) -> dict[tuple[str, int], Tags]:
    """What notes say of each set: movement and set number to tags."""
    ends: dict[tuple[str, int], float] = {}
    for each in repetitions:
        ends[each.movement, each.set] = each.t_end
    said = sorted((note for note in notes if note.label.startswith("note:")), key=lambda n: n.t)
    tags, found, taken = Tags(), {}, 0
    for key, end in sorted(ends.items(), key=lambda item: item[1]):
        while taken < len(said) and said[taken].t <= end:
            tags = _tagged(tags, said[taken].label.partition(":")[2])
            taken += 1
        found[key] = tags
    return found


def _tagged(tags: Tags, text: str) -> Tags:
    """Tags with what a note adds to them."""
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
    return tags


def under_alike_conditions(
    repetitions: Sequence[Repetition], notes: Sequence[Note]
) -> Mapping[Tags, list[Repetition]]:
    """Repetitions by the conditions of their set, in the order in which those came."""
    tags = tags_of_sets(repetitions, notes)
    found: dict[tuple[str, str, float], tuple[Tags, list[Repetition]]] = {}
    for each in repetitions:
        said = tags[each.movement, each.set]
        found.setdefault(said.key, (said, []))[1].append(each)
    return dict(found.values())


_LOAD: Final = re.compile(r"load\s*=?\s*(\d+(?:\.\d+)?)")
