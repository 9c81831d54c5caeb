"""Frames of Polar's PMD service: bytes → raw samples of one kind.

A frame is a type (2 acc, 5 gyr), u64 nanoseconds since 2000-01-01 of its last sample, a frame type
(0x80 added where it is compressed), and samples. Compressed samples are a reference sample and then
blocks: u8 bits a delta, u8 number of samples, and their deltas, three channels a sample, packed
from the lowest bit on, each block up to a whole byte.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from imuhip.core.conventions import STANDARD_GRAVITY
from imuhip.core.records import Array, BoolArray, ByteArray, IntArray


@dataclass(frozen=True, slots=True)
class Coding:
    """How the samples of a kind and frame type are written.

    Parameters
    ----------
    dtype
        Of each channel of a plain, or the reference, sample.
    compressed
        Deltas follow the reference sample.
    scale
        Profile's unit per raw value, where the sensor's settings do not say it.
    factor_scale
        Profile's unit per raw value times the factor of the start answer.
    end
        Raw magnitude from which a value is at the end of its range.
    """

    dtype: str
    compressed: bool
    scale: float
    factor_scale: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Samples of one notification: values ``(n, 3)`` in SI, and whether one is at its range's end.

    Parameters
    ----------
    kind
        ``acc`` or ``gyr``.
    stamp_ns
        Of the last sample, modulo 2**53.
    """

    kind: str
    stamp_ns: int
    values: Array
    saturated: BoolArray


def parse_frame(payload: bytes, factors: dict[str, float | None]) -> Frame | tuple[str, str]:
    """Return the samples of a notification, or the kind and reason of its fault.

    Parameters
    ----------
    factors
        ``acc`` and ``gyr``: the factor that the sensor's start answer named, if any.
    """
    if len(payload) < HEADER:
        return "too_short", f"expected {HEADER} bytes and samples, got {len(payload)} bytes"
    kind = KINDS.get(payload[0], "")
    coding = CODINGS.get((kind, payload[9]))
    if coding is None:
        came = f"{payload[0]:02x} … {payload[9]:02x}"
        return "bad_header", f"expected acc (02) or gyr (05) of a known frame type, got {came}"
    raw = _raw_samples(np.frombuffer(payload, dtype=np.uint8)[HEADER:], coding)
    if isinstance(raw, tuple):
        return raw
    factor = factors[kind]
    scale = coding.scale if factor is None else coding.factor_scale * factor
    if coding.dtype == "<f4":
        # Deltas of floats are deltas of their bits.
        values = (raw & 0xFFFFFFFF).astype(np.uint32).view(np.float32).astype(np.float64)
    else:
        values = raw.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        saturated = np.logical_or.reduce(np.abs(values) >= coding.end, axis=-1)
        values = values * (scale * SI_PER_UNIT[kind])
    stamp = int.from_bytes(payload[1:9], "little") & STAMP_MASK
    return Frame(kind, stamp, values, saturated)


def _raw_samples(data: ByteArray, coding: Coding) -> IntArray | tuple[str, str]:
    """Raw samples ``(n, 3)``."""
    dtype = np.dtype("<i4" if coding.dtype == "<f4" else coding.dtype)
    size = 3 * dtype.itemsize
    if len(data) < size:
        return "too_short", f"expected a sample of {size} bytes, got {len(data)} bytes"
    if not coding.compressed:
        if len(data) % size:
            return "bad_length", f"expected samples of {size} bytes, got {len(data)} bytes"
        return data.view(dtype).astype(np.int64).reshape(-1, 3)
    samples = data[:size].view(dtype).astype(np.int64).reshape(1, 3)
    pieces = [samples]
    at = size
    while at < len(data):
        if at + 2 > len(data):
            return "bad_length", "expected bits and number of deltas, got one byte"
        bits, count = int(data[at]), int(data[at + 1])
        length = (bits * count * 3 + 7) // 8
        at += 2
        if bits > MAX_BITS or at + length > len(data):
            came = f"{len(data) - at} bytes"
            return "bad_length", f"expected {count} samples of {bits} bits a delta, got {came}"
        pieces.append(_deltas(data[at : at + length], bits, count))
        at += length
    return np.cumsum(np.concatenate(pieces), axis=0)


def _deltas(data: ByteArray, bits: int, count: int) -> IntArray:
    """Signed deltas ``(count, 3)`` of `bits` bits each, the lowest first."""
    if bits == 0:
        return np.zeros((count, 3), dtype=np.int64)
    places = np.unpackbits(data, bitorder="little")[: bits * count * 3].reshape(-1, bits)
    weights = np.left_shift(np.int64(1), np.arange(bits, dtype=np.int64))
    weights[-1] = -weights[-1]
    signed: IntArray = (places * weights).sum(axis=-1, dtype=np.int64).reshape(count, 3)
    return signed


HEADER: Final = 10
MAX_BITS: Final = 32
STAMP_MASK: Final = (1 << 53) - 1
"""The bits of a stamp that float64 holds exactly: they wrap after 104 days."""

KINDS: Final = {2: "acc", 5: "gyr"}

SI_PER_UNIT: Final = {"acc": STANDARD_GRAVITY / 1000.0, "gyr": np.pi / 180.0}
"""Profile's unit, mg and deg/s, to SI."""

# ±8 g is 7995 mg in the chip's steps of 0.244 mg.
_END_MG: Final = 7990.0
_END_I16: Final = 32767.0
_GYR_FACTOR: Final = 0.07
_ACC_FACTOR: Final = 2.44e-4

CODINGS: Final = {
    ("acc", 0x01): Coding("<i2", False, 1.0, 1.0, _END_MG),
    ("acc", 0x80): Coding("<i2", True, 1000.0 * _ACC_FACTOR, 1000.0, _END_I16),
    ("acc", 0x81): Coding("<i2", True, 1.0, 1.0, _END_MG),
    ("gyr", 0x80): Coding("<i2", True, _GYR_FACTOR, 1.0, _END_I16),
    ("gyr", 0x81): Coding("<f4", True, 1.0, 1.0, 2000.0),
}
"""Kind and frame type → coding. Sources: AccData.kt and GyrData.kt of polarofficial/polar-ble-sdk
for what a frame type means. A Verity Sense sends acc 0x81 in mg without a factor, and gyr 0x80 with
the factor 0.07."""
