"""Which segment a label means: ``Lumbar``, ``Thigh LT``, ``RightUpperLeg``, ``thigh_left``."""

import re
from typing import Final

from imuhip.core.conventions import SEGMENTS


def segment_of(label: str) -> str:
    """Return the segment that a maker's or a user's label means; empty where it means none."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", label)
    words = [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]
    if words and words[0] in _BEFORE:
        words = words[1:]
    sides = {_SIDES[word] for word in words if word in _SIDES}
    named = " ".join(word for word in words if word not in _SIDES)
    part = _PARTS.get(named, "")
    if part in _MIDDLE:
        return part if not sides else ""
    segment = f"{part}_{sides.pop()}" if part and len(sides) == 1 else ""
    return segment if segment in SEGMENTS else ""


_BEFORE: Final = ("segment", "sensor", "imu", "imuhip")
_SIDES: Final = {
    "left": "left",
    "lt": "left",
    "l": "left",
    "right": "right",
    "rt": "right",
    "r": "right",
}
_MIDDLE: Final = ("pelvis", "trunk")
_PARTS: Final = {
    "pelvis": "pelvis",
    "lumbar": "pelvis",
    "sacrum": "pelvis",
    "lower back": "pelvis",
    "lower spine": "pelvis",
    "thigh": "thigh",
    "upper leg": "thigh",
    "upperleg": "thigh",
    "femur": "thigh",
    "shank": "shank",
    "lower leg": "shank",
    "lowerleg": "shank",
    "tibia": "shank",
    "foot": "foot",
    "trunk": "trunk",
    "sternum": "trunk",
    "chest": "trunk",
}
