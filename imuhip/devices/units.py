"""What a profile may say of a raw value: its type, its unit, and how many of them make a field.

Everything here is a table. `SI` gives the factor that takes a unit to the one used inside:
m/s², rad/s, µT, rad, seconds, and 1 for quaternions.
"""

import math
from typing import Final

from imuhip.core.conventions import STANDARD_GRAVITY

_DEGREE: Final = math.pi / 180.0

NUMPY_TYPES: Final[dict[str, str]] = {
    "i8": "<i1",
    "u8": "<u1",
    "i16": "<i2",
    "u16": "<u2",
    "i32": "<i4",
    "u32": "<u4",
    "i64": "<i8",
    "u64": "<u8",
    "f32": "<f4",
    "f64": "<f8",
    "i16be": ">i2",
    "u16be": ">u2",
    "i32be": ">i4",
    "u32be": ">u4",
    "f32be": ">f4",
}
"""Type in a profile → numpy type; little-endian unless it ends in ``be``."""

WIDE_TYPES: Final = ("i64", "u64")
"""Integers that float64 cannot hold exactly: for stamps and counters only."""

SI: Final[dict[str, dict[str, float]]] = {
    "acc": {
        "m/s^2": 1.0,
        "g": STANDARD_GRAVITY,
        "mg": STANDARD_GRAVITY / 1000.0,
    },
    "gyr": {
        "rad/s": 1.0,
        "deg/s": _DEGREE,
        "mdeg/s": _DEGREE / 1000.0,
    },
    "mag": {
        "uT": 1.0,
        "nT": 0.001,
        "mT": 1000.0,
        "mGa": 0.1,
        "Ga": 100.0,
        # A field in units of the earth's own, which is 25 to 65 µT: only the direction counts.
        "earth": 50.0,
    },
    "quat": {"1": 1.0},
    "euler": {"rad": 1.0, "deg": _DEGREE},
}
"""Field → unit → factor to SI. `euler` is roll, pitch, yaw about x, y, z, turned z first."""

COUNTS: Final[dict[str, int]] = {"acc": 3, "gyr": 3, "mag": 3, "quat": 4, "euler": 3}
"""Values a sample has of each field."""

SECONDS: Final[dict[str, float]] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
"""Unit of a time stamp → seconds."""
