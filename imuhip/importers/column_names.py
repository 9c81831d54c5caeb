"""What the columns of a plain file mean: our names, those that people use instead, and units."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.importers.sources import ACC, GYR, MAG, Options


@dataclass(slots=True)
class ColumnNames:
    """Which of a file's columns are ours, and the units that their names tell.

    Attributes
    ----------
    found
        Our name to the file's.
    units
        Our name to the unit; absent where the column's name tells none.
    blank
        Columns that are not read.
    notes
        Sentences on what was read by another name, or left out.
    """

    options: Options
    found: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    blank: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def check(self, theirs: Sequence[str]) -> None:
        """Raise RecordingError unless the names are those of a sensor file."""
        if twice := sorted(n for n, count in Counter(theirs).items() if n and count > 1):
            self._choose([name for name in theirs if name not in twice])
            if lost := [name for name in twice if meaning(name)[0] or name in self.options.names]:
                raise RecordingError(
                    f"Column {_listed(lost)} is there twice. Keep the one that counts.", line=1
                )
            self.blank += twice
        else:
            self._choose(theirs)
        self._refuse_missing(theirs)
        self._leave_half_a_magnetometer()
        self._say()

    def _choose(self, theirs: Sequence[str]) -> None:
        """Sort the columns: said by the user first, then by our own names, then by others."""
        said = {name: (self.options.names.get(name, ""), "") for name in theirs}
        meanings = {name: meaning(name) for name in theirs}
        exact = {name: found for name, found in meanings.items() if _is_ours(name, found[0])}
        for group in (said, exact, meanings):
            self._take(group)
        self.blank += [name for name in theirs if name not in self.found.values()]

    def _take(self, group: Mapping[str, tuple[str, str]]) -> None:
        """Take the columns of a group whose meanings are not taken yet."""
        clear: dict[str, list[str]] = {}
        for name, (ours, _) in group.items():
            if ours and ours not in self.found and name not in self.found.values():
                clear.setdefault(ours, []).append(name)
        for ours, names in clear.items():
            name = min(names, key=_TIMES.index) if {*names} <= {*_TIMES} else names[0]
            if len(names) > 1 and ours != "t":
                raise RecordingError(
                    f"Columns {_listed(names)} could each be {ours}. Say which one is meant: "
                    f"--map '{name}={ours}'",
                    line=1,
                )
            self.found[ours] = name
            if unit := group[name][1]:
                self.units[ours] = unit

    def _refuse_missing(self, theirs: Sequence[str]) -> None:
        missing = [name for name in ("t", *ACC, *GYR) if name not in self.found]
        if missing:
            plural = "s" if len(missing) > 1 else ""
            raise RecordingError(
                f"Column{plural} {', '.join(missing)} {'are' if plural else 'is'} missing. The "
                f"first line has {_listed(theirs[:_MOST_SAID])}. If one of these is meant, say so "
                f"with --map COLUMN={missing[0]}",
                line=1,
            )

    def _leave_half_a_magnetometer(self) -> None:
        there = [name for name in MAG if name in self.found]
        if 0 < len(there) < len(MAG):
            for name in there:
                self.blank.append(self.found.pop(name))

    def _say(self) -> None:
        other = {ours: name for ours, name in self.found.items() if not name.startswith(ours)}
        other = {ours: name for ours, name in other.items() if name not in self.options.names}
        if other:
            self.notes.append(
                f"{_listed(list(other.values()))} {'are' if len(other) > 1 else 'is'} read as "
                f"{', '.join(other)}"
            )
        if self.blank:
            plural = len(self.blank) > 1
            self.notes.append(
                f"column{'s' if plural else ''} {_listed(self.blank)} "
                f"{'are' if plural else 'is'} not used"
            )


def meaning(name: str) -> tuple[str, str]:
    """Return our name of a column, and the unit that its own name tells; empty where there is none.

    The unit stands in brackets, as in ``acc_x [g]``, or at the end, as in ``gyr_x_deg_s``.
    """
    if len(name) > LONGEST:
        return "", ""
    match = re.fullmatch(r"(.*?)\s*(?:[(\[](.*)[)\]])?", name.strip())
    if match is None:
        return "", ""
    word, unit = match.group(1).lower(), match.group(2) or ""
    word = re.sub(r"[\s.\-]+", "_", word)
    if not unit and (ending := re.fullmatch(_ENDING, word)):
        word, unit = ending.group(1), _ENDINGS[ending.group(2)]
    if re.fullmatch(_TIME, word):
        return "t", unit
    if vector := re.fullmatch(_VECTOR, word):
        return f"{_QUANTITIES[vector.group(1)]}_{vector.group(2)}", unit
    return "", ""


def _is_ours(name: str, ours: str) -> bool:
    """Whether a column has our own name, perhaps with a unit in brackets."""
    return bool(ours) and re.fullmatch(rf"{ours}\s*([(\[].*)?", name) is not None


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_SAID} more" if len(names) > _MOST_SAID else ""
    return ", ".join(repr(name[:40]) for name in names[:_MOST_SAID]) + more


_MOST_SAID: Final = 20
LONGEST: Final = 200
"""Longer names are nobody's, and would keep a pattern busy."""
_TIME: Final = r"t|time|time_?stamp"
_TIMES: Final = ("t", "time", "Time", "timestamp", "Timestamp", "T")
"""Where a file has several of these, the first is taken: T may well be a temperature."""
_QUANTITIES: Final = {
    **dict.fromkeys(("acc", "accel", "acceleration", "accelerometer", "a"), "acc"),
    **dict.fromkeys(("gyr", "gyro", "gyroscope", "g", "w", "angular_velocity"), "gyr"),
    **dict.fromkeys(("mag", "magn", "magnetometer", "m"), "mag"),
}
_VECTOR: Final = rf"({'|'.join(_QUANTITIES)})_?([xyz])"
_ENDINGS: Final = {
    **{unit: unit for unit in ("s", "ms", "us", "ns", "g", "mg", "dps", "ut")},
    **dict.fromkeys(("m_s2", "ms2", "mps2", "m_s_2"), "m/s2"),
    **dict.fromkeys(("deg_s", "degs", "deg_per_s"), "deg/s"),
    **dict.fromkeys(("rad_s", "rads", "rad_per_s"), "rad/s"),
}
_ENDING: Final = rf"(.*?[^_])_({'|'.join(_ENDINGS)})"
