"""Units as files spell them, and the factor that brings each to SI (µT for the magnetometer)."""

import math
from typing import Final

from imuhip.core.conventions import STANDARD_GRAVITY
from imuhip.core.errors import RecordingError

EARTH_UT: Final = 50.0
"""A field in units of the earth's, in µT: only its direction counts."""


def factor(quantity: str, unit: str) -> float:
    """Return what a column is multiplied by.

    Parameters
    ----------
    quantity
        ``t``, ``acc``, ``gyr`` or ``mag``.
    unit
        As a file or a user spells it; a minus in front reverses the sign.

    Raises
    ------
    RecordingError
        If the unit is not known.
    """
    word = unit.strip().strip("()[]").strip()
    sign = 1.0
    if word.startswith("-"):
        sign, word = -1.0, word[1:].strip()
    word = word.translate(_SPELLINGS).lower()
    for old, new in _SAME:
        word = word.replace(old, new)
    found = _FACTORS[quantity].get(word)
    if not unit.strip():
        raise RecordingError(
            f"The file does not say the unit of {quantity}. Name it with --units {quantity}=UNIT, "
            f"where UNIT is one of {', '.join(_NAMES[quantity])}."
        )
    if found is None:
        known = ", ".join(_NAMES[quantity])
        raise RecordingError(
            f"The unit {unit!r} of {quantity} is not known. Name it with --units {quantity}=UNIT, "
            f"where UNIT is one of {known}."
        )
    return sign * found


_SPELLINGS: Final = str.maketrans(
    {"²": "2", "⁻": "-", "¹": "1", "º": "°", "˚": "°", "µ": "u", "μ": "u"}
    | dict.fromkeys("^*·⋅ ()'", None)
)

_SAME: Final = (
    ("meters", "m"),
    ("meter", "m"),
    ("degrees", "deg"),
    ("degree", "deg"),
    ("°", "deg"),
    ("radians", "rad"),
    ("seconds", "s"),
    ("second", "s"),
    ("sec", "s"),
)

_DEGREE: Final = math.pi / 180.0

_FACTORS: Final[dict[str, dict[str, float]]] = {
    "t": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0},
    "acc": {
        "m/s2": 1.0,
        "m/s/s": 1.0,
        "ms-2": 1.0,
        "m.s-2": 1.0,
        "g": STANDARD_GRAVITY,
        "mg": STANDARD_GRAVITY * 1e-3,
        "mm/s2": 1e-3,
        "cm/s2": 1e-2,
        "n/kg": 1.0,
        "gs": STANDARD_GRAVITY,
    },
    "gyr": {
        "rad/s": 1.0,
        "rads-1": 1.0,
        "mrad/s": 1e-3,
        "deg/s": _DEGREE,
        "dps": _DEGREE,
        "degs-1": _DEGREE,
        "mdps": _DEGREE * 1e-3,
        "mdeg/s": _DEGREE * 1e-3,
    },
    "mag": {
        "ut": 1.0,
        "nt": 1e-3,
        "mt": 1e3,
        "t": 1e6,
        "g": 100.0,
        "gauss": 100.0,
        "ga": 100.0,
        "mg": 0.1,
        "mgauss": 0.1,
        "a.u.": EARTH_UT,
        "au": EARTH_UT,
        "n/a": EARTH_UT,
        "localflux": 1.0,
        "local_flux": 1.0,
    },
}

_NAMES: Final = {
    "t": ("s", "ms", "us", "ns"),
    "acc": ("m/s2", "g", "mg", "-m/s2", "-g"),
    "gyr": ("rad/s", "deg/s", "mdps"),
    "mag": ("uT", "gauss", "a.u."),
}
