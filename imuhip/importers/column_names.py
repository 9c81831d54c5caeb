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
    counter
        The column that numbers the samples, where that and the rate give the time; else empty.
    kept
        Columns that are read beside ours, as they are.
    notes
        Sentences on what was read by another name, or left out.
    """

    options: Options
    found: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    blank: list[str] = field(default_factory=list)
    counter: str = ""
    kept: tuple[str, ...] = ()
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
        self._refuse_half_named_units()
        self._take_counter(theirs)
        self._refuse_missing(theirs)
        self._leave_half_a_magnetometer()
        self._say()

    def _choose(self, theirs: Sequence[str]) -> None:
        """Sort the columns: said by the user first, then by our own names, then by others."""
        said = {name: (self.options.names.get(name, ""), "") for name in theirs}
        meanings = {name: meaning(name) for name in theirs}
        exact = {name: found for name, found in meanings.items() if _is_ours(name, found[0])}
        numbered = {name: (ours, "") for name, ours in _numbered(theirs).items()}
        for group in (said, exact, meanings, numbered):
            self._take(group)
        taken = {*self.found.values(), *self.kept}
        self.blank += [name for name in theirs if name not in taken]

    def _take(self, group: Mapping[str, tuple[str, str]]) -> None:
        """Take the columns of a group whose meanings are not taken yet."""
        clear: dict[str, list[str]] = {}
        for name, (ours, _) in group.items():
            if ours and ours not in self.found and name not in self.found.values():
                clear.setdefault(ours, []).append(name)
        for ours, names in clear.items():
            usual = [name for name in _TIMES if name in names]
            name = usual[0] if usual else names[0]
            if len(names) > 1 and ours != "t":
                raise RecordingError(
                    f"Columns {_listed(names)} could each be {ours}. Say which one is meant: "
                    f"--map '{name}={ours}'",
                    line=1,
                )
            self.found[ours] = name
            if unit := group[name][1]:
                self.units[ours] = unit

    def _take_counter(self, theirs: Sequence[str]) -> None:
        """Where there is no time but a rate, take the column that numbers the samples."""
        if "t" in self.found or not self.options.rate_hz:
            return
        for name in theirs:
            if len(name) <= LONGEST and re.fullmatch(_COUNTERS, name.strip(), re.IGNORECASE):
                self.counter = name
                self.blank.remove(name)
                return

    def _refuse_missing(self, theirs: Sequence[str]) -> None:
        timed = ("t",) if not self.options.rate_hz else ()
        missing = [name for name in (*timed, *ACC, *GYR) if name not in self.found]
        if not missing:
            return
        if theirs and all(_is_number(name) for name in theirs):
            raise RecordingError(
                "The first line holds numbers. Put a line with the names of the columns above it, "
                "such as t,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z",
                line=1,
            )
        if missing == ["t"]:
            raise RecordingError(
                f"There is no column of times; the first line has {_listed(theirs)}. Say the rate, "
                "for example --rate 100, or rate_hz = 100 in session.toml; or which column holds "
                "the times: --map COLUMN=t",
                line=1,
            )
        if ACC[0] in missing and (
            free := [
                name
                for name in theirs
                if re.search(_WITHOUT_GRAVITY, name[:LONGEST], re.IGNORECASE)
            ]
        ):
            raise RecordingError(
                f"{_listed(free)} {'are' if len(free) > 1 else 'is'} without gravity, and angles "
                "need gravity. Take the columns of what the accelerometer measured.",
                line=1,
            )
        plural = "s" if len(missing) > 1 else ""
        raise RecordingError(
            f"Column{plural} {', '.join(missing)} {'are' if plural else 'is'} missing. The "
            f"first line has {_listed(theirs)}. If one of these is meant, say so "
            f"with --map COLUMN={missing[0]}",
            line=1,
        )

    def _refuse_half_named_units(self) -> None:
        """Raise RecordingError where one axis of a vector names its unit and another does not."""
        for names in (ACC, GYR, MAG):
            there = [name for name in names if name in self.found]
            bare = [name for name in there if name not in self.units]
            kind = names[0][:3]
            if kind not in self.options.units and bare and len(bare) < len(there):
                unit = next(self.units[name] for name in there if name in self.units)
                raise RecordingError(
                    f"{', '.join(self.found[name] for name in bare)} "
                    f"{'name' if len(bare) > 1 else 'names'} no unit, and the others name {unit}. "
                    f"If all are in {unit}, import with --units {kind}={unit}",
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
    word = re.sub(r"[\s.\-/]+", "_", word)
    if unit.lower() in ("x", "y", "z"):
        word, unit = f"{word}_{unit.lower()}", ""
    if unit == "" and (of_r := re.fullmatch(_OF_R, name.strip())):
        word, unit = re.sub(r"\.+", "_", of_r["word"]).lower(), of_r["unit"].replace(".", "/")
    if not unit and (ending := re.fullmatch(_ENDING, word)):
        word, unit = ending.group(1), _ENDINGS[ending.group(2)]
    word = re.sub(r"^(imu|sensor|x\d+)_", "", word).replace("_", "")
    if word.startswith("gf") and word[2:] in ("x", "y", "z"):  # Physics Toolbox's g-force meter
        return f"acc_{word[2:]}", unit or "g"
    if word in _CLOCKS:
        return "t", unit or _CLOCKS[word]
    if vector := re.fullmatch(_VECTOR, word) or re.fullmatch(_VECTOR_AFTER, word):
        return f"{_QUANTITIES[vector['kind']]}_{vector['axis']}", unit
    return "", ""


def _numbered(names: Sequence[str]) -> dict[str, str]:
    """Return columns whose axes are numbers, as in ``acc_1`` or ``gyr[0]``, to our names.

    Axes count from 0 or from 1; which, the three together say.
    """
    axes: dict[str, dict[int, str]] = {}
    for name in names:
        if len(name) <= LONGEST and (match := re.fullmatch(_NUMBERED, name.strip().lower())):
            axes.setdefault(_QUANTITIES[match["kind"]], {})[int(match["axis"])] = name
    return {
        name: f"{kind}_{'xyz'[number - min(named)]}"
        for kind, named in axes.items()
        if sorted(named) in ([0, 1, 2], [1, 2, 3])
        for number, name in named.items()
    }


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _is_ours(name: str, ours: str) -> bool:
    """Whether a column has our own name, perhaps with a unit in brackets."""
    return bool(ours) and re.fullmatch(rf"{ours}\s*([(\[].*)?", name) is not None


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_SAID} more" if len(names) > _MOST_SAID else ""
    return ", ".join(repr(name[:40]) for name in names[:_MOST_SAID]) + more


_MOST_SAID: Final = 20
LONGEST: Final = 200
"""Longer names are nobody's, and would keep a pattern busy."""
_CLOCKS: Final = {
    **dict.fromkeys(("t", "time", "timestamp", "datetime", "zeit", "zeitstempel"), ""),
    **dict.fromkeys(("elapsed", "elapsedtime", "unixtime", "unixtimestamp", "systemtime"), ""),
    **dict.fromkeys(("epoch", "unix", "posixtime", "epochtime"), ""),
    **dict.fromkeys(("s", "sec", "secs", "seconds", "secondselapsed", "elapsedseconds"), "s"),
    **dict.fromkeys(("ms", "millis", "milliseconds"), "ms"),
    **dict.fromkeys(("us", "micros", "microseconds"), "us"),
    **dict.fromkeys(("ns", "nanos", "nanoseconds"), "ns"),
}
_TIMES: Final = ("t", "time", "Time", "timestamp", "Timestamp", "T")
"""Where a file has several of these, the first is taken: T may well be a temperature."""
_COUNTERS: Final = (
    r"(?:(?:sample|packet|frame|row|data)[ _]?)?(?:counter|count|number|index|idx|no\.?|nr\.?|n|#)"
    r"|sample|packet|frame|row"
)
_WITHOUT_GRAVITY: Final = r"user ?acc|free ?acc|lin(ear)?_?acc"
_LETTERS: Final = {"a": "acc", "g": "gyr", "w": "gyr", "m": "mag"}
_WORDS: Final = {
    **dict.fromkeys(("acc", "accel", "acceleration", "accelerometer", "beschleunigung"), "acc"),
    "linearacceleration": "acc",  # as ROS has it, with gravity; if it is without, that shows
    **dict.fromkeys(("gyr", "gyro", "gyroscope", "angularvelocity", "angularrate"), "gyr"),
    **dict.fromkeys(("angvel", "omega", "rotationrate", "turnrate", "drehrate"), "gyr"),
    **dict.fromkeys(("mag", "magn", "magnetometer", "magneticfield"), "mag"),
}
_QUANTITIES: Final = _WORDS | _LETTERS
_VECTOR: Final = rf"(?P<kind>{'|'.join(_QUANTITIES)})(?P<axis>[xyz])"
_VECTOR_AFTER: Final = rf"(?P<axis>[xyz])(?P<kind>{'|'.join(_WORDS)})"
_NUMBERED: Final = rf"(?P<kind>{'|'.join(_WORDS)})[ _]?[\[(]?(?P<axis>[0-3])[\])]?"
_OF_R: Final = r"(?P<word>\w[\w.]*?[XYZxyz])\.\.(?P<unit>[a-zA-Z0-9.]+?)\.?"
"""What R makes of ``Gyro X (deg/s)``: ``Gyro.X..deg.s.``"""
_ENDINGS: Final = {
    **dict.fromkeys(("usec", "micros", "microseconds"), "us"),
    **dict.fromkeys(("msec", "millis", "milliseconds"), "ms"),
    "mss": "m/s2",
    **{unit: unit for unit in ("s", "ms", "us", "ns", "g", "mg", "dps", "mdps", "ut")},
    **dict.fromkeys(("m_s2", "ms2", "mps2", "m_s_2"), "m/s2"),
    **dict.fromkeys(("deg_s", "degs", "deg_per_s"), "deg/s"),
    **dict.fromkeys(("rad_s", "rads", "rad_per_s"), "rad/s"),
}
_ENDING: Final = rf"(.*?[^_])_({'|'.join(_ENDINGS)})"
