"""What a column of a result table holds: unit and meaning, for files that describe themselves.

Names carry their units, so most of it is read from the name.
"""

from dataclasses import dataclass
from typing import Final

from imuhip.assess.measure_table import MEASURES
from imuhip.core.conventions import HIP_ANGLES, PELVIS_ANGLES, SIDES

ANGLE_DEFINITION: Final = "ISB Z-X-Y (Wu et al. 2002; Grood and Suntay 1983)"
"""What a hip angle is."""

POSITIVE: Final = {"flexion": "flexion", "adduction": "adduction", "rotation": "internal rotation"}
"""The movement that is positive, on both sides, of each hip angle."""

PELVIS_POSITIVE: Final = {
    "tilt": "anterior tilt",
    "obliquity": "the right side lower",
    "rotation": "turned to the left",
}
"""The movement that is positive of each pelvis angle."""


@dataclass(frozen=True, slots=True)
class ColumnWords:
    """Unit (``1`` for a share, empty for text and numbers of things) and meaning of a column."""

    unit: str
    words: str


def column_words(name: str) -> ColumnWords:
    """What a column of angles, sensors, repetitions or sets holds."""
    if name in MEASURES:
        return ColumnWords(MEASURES[name].unit, MEASURES[name].definition)
    if name in _PLAIN:
        return ColumnWords(*_PLAIN[name])
    if name in _ANGLES:
        return ColumnWords("deg", _ANGLES[name])
    return ColumnWords(_unit(name), name.removesuffix("_deg").replace("_", " "))


def _angle_words() -> dict[str, str]:
    """The hip's and the pelvis's columns."""
    words = {}
    for side in SIDES:
        for angle in HIP_ANGLES:
            stem = f"hip_{angle}_{side}"
            about = f"{side} hip {angle}, {POSITIVE[angle]} +"
            for kind, what in _KINDS.items():
                words[f"{stem}{kind}_deg"] = f"{about}, {what}"
    for angle in PELVIS_ANGLES:
        words[f"pelvis_{angle}_deg"] = f"pelvis against the earth, {PELVIS_POSITIVE[angle]} +"
    return words


def _unit(name: str) -> str:
    return next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")


_KINDS: Final = {
    "": "against the athlete's own standing",
    "_sd": "one standard deviation of the error of the skin-mounted frames",
    "_sd_total": "one standard deviation of the error with soft tissue",
    "_raw": "as the segment frames give it, standing not taken off",
    "_offline": "against standing, estimated with the whole session known",
    "_swing": "by swing and twist, against standing",
    "_projected": "by projection, against standing",
    "_scaled": "against standing, divided by what the skin follows",
}

_ANGLES: Final = _angle_words()
_UNITS: Final = {"_deg_s": "deg/s", "_deg2": "deg2", "_deg": "deg", "_s": "s"}

_PLAIN: Final = {
    "t": ("s", "session time"),
    **{
        f"valid_{side}": ("", f"the {side} hip's angles are known, its rotation within 30°")
        for side in SIDES
    },
    "sensor": ("", "the segment it sits on"),
    "qw": ("1", "orientation, earth from sensor, scalar part"),
    **{f"q{axis}": ("1", f"orientation, earth from sensor, {axis}") for axis in "xyz"},
    "valid": ("", "a sample lies within 20 ms"),
    "movement": ("", "what is done"),
    "side": ("", "left or right"),
    "set": ("", "number of the set, from 1"),
    "repetition": ("", "number of the repetition in its set, from 1"),
    "direction": ("", "in, out, or down"),
    "t_start": ("s", "session time of the start"),
    "t_turn": ("s", "session time of the bottom or end range"),
    "t_end": ("s", "session time of the end"),
    "counted": ("", "of a repetition: it counts; of a set: how many count"),
    "listed": ("", "repetitions found, counted or not"),
    "found": ("", "marked, or detected from the data"),
    "reason": ("", "why it is not counted, or what cannot be said of it"),
}
