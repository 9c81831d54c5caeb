"""Which segment a label means: ``Lumbar``, ``Thigh LT``, ``RightUpperLeg``, ``thigh_left``."""

import re
from collections.abc import Sequence
from typing import Final

from imuhip.core.conventions import SEGMENTS


def segment_of(label: str) -> str:
    """Return the segment that a maker's or a user's label means; empty where it means none."""
    words = _words(label)
    if words and words[0] in _BEFORE:
        words = words[1:]
    sides = {_SIDES[word] for word in words if word in _SIDES}
    named = " ".join(word for word in words if word not in _SIDES)
    return _segment(_PARTS.get(named, ""), sides)


def segment_in(name: str) -> str:
    """Return the one segment that a name holds among other words; empty where it holds none or two.

    Files are named ``pelvis_01``, ``S07-thigh-left-squat``, ``2026-03-02 Left Thigh``.
    """
    if whole := segment_of(name):
        return whole
    words = re.findall(r"[^\W\d_]+|\d+", " ".join(_words(name)))
    found = _parts_in([word for word in words if word not in _SIDES])
    if len(found) != 1:
        return ""
    (part,) = found
    if part in _MIDDLE:
        return part
    sides = {_SIDES[word] for word in words if len(word) > 1 and word in _SIDES}
    sides = sides or {_SIDES[word] for word in words if word in _SIDES}
    return _segment(part, sides)


def _words(label: str) -> list[str]:
    """Return the words of a label in small letters; ``RightThigh`` and ``LThigh`` are two each."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", label).lower()
    return [
        part
        for word in re.split(r"[\W_]+", spaced)
        for part in (
            (word[0], word[1:]) if word[:1] in ("l", "r") and word[1:] in _PARTS else (word,)
        )
        if part
    ]


def _parts_in(words: Sequence[str]) -> set[str]:
    """Return the parts of the body that runs of words mean, longer runs first."""
    found: set[str] = set()
    at = 0
    while at < len(words):
        for count in (3, 2, 1):
            part = _PARTS.get(" ".join(words[at : at + count]), "")
            if part and at + count <= len(words):
                found.add(part)
                at += count
                break
        else:
            at += 1
    return found


def _segment(part: str, sides: set[str]) -> str:
    if part in _MIDDLE:
        return part if not sides else ""
    segment = f"{part}_{next(iter(sides))}" if part and len(sides) == 1 else ""
    return segment if segment in SEGMENTS else ""


_BEFORE: Final = ("segment", "sensor", "imu", "imuhip")
_SIDES: Final = {
    **dict.fromkeys(("left", "lt", "l", "links"), "left"),
    **dict.fromkeys(("right", "rt", "r", "rechts"), "right"),
}
_MIDDLE: Final = ("pelvis", "trunk")
_MEANT: Final = {
    "pelvis": (
        "pelvis", "lumbar", "sacrum", "lower back", "lowerback", "low back", "lower spine", "waist",
        "hips", "becken", "kreuzbein",
    ),
    "thigh": (
        "thigh", "upper leg", "upperleg", "up leg", "upleg", "femur", "oberschenkel",
    ),
    "shank": ("shank", "lower leg", "lowerleg", "tibia", "unterschenkel"),
    "foot": ("foot",),
    "trunk": ("trunk", "sternum", "chest"),
}  # fmt: skip
_PARTS: Final = {word: part for part, words in _MEANT.items() for word in words}
