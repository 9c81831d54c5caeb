"""Where the values of a payload lie, as one numpy structured type a stream and length.

All payloads of one length are then read, or written, as columns of a single view.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imuhip.core.records import ByteArray
from imuhip.devices.profile_nouns import Field, Stream

Raw: TypeAlias = NDArray[Any]
"""Values as the device sends them, in a type of its own."""

_SAMPLES: Final = " samples"  # no field's name begins with a space


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """How payloads of one length are read.

    Parameters
    ----------
    dtype
        Structured type of a whole payload.
    samples
        Samples in it.
    nested
        Names of the fields that lie in an array of samples.
    """

    dtype: np.dtype[np.void]
    samples: int
    nested: frozenset[str]

    def view(self, data: ByteArray) -> NDArray[np.void]:
        """Return payloads ``(F, L)`` as ``(F,)`` structures on the same memory."""
        return data.view(self.dtype)[:, 0]

    def column(self, view: NDArray[np.void], name: str) -> Raw:
        """Return a field of a `view`: ``(F, samples, count)``, or ``(F,)`` from the header."""
        column: Raw = view[_SAMPLES][name] if name in self.nested else view[name]
        return column


@lru_cache(maxsize=4096)
def layout_of(stream: Stream, length: int) -> Layout:
    """Return how a payload of `length` bytes, at least ``stream.min_len``, is read."""
    samples = (length - stream.samples_at) // stream.sample_len if stream.framing == "batch" else 1
    header = [_entry(field, (), field.offset) for field in stream.fields if not field.in_sample]
    inside = [field for field in stream.fields if field.in_sample]
    if stream.layout == "interleaved":
        one = _structure([_entry(f, (f.count,), f.offset) for f in inside], stream.sample_len)
        header.append((_SAMPLES, (one, (samples,)), stream.samples_at))
        return Layout(_structure(header, length), samples, frozenset(f.name for f in inside))
    for field in inside:
        # Fields of a planar batch are tiled, so N samples of those before take N × offset bytes.
        offset = stream.samples_at + samples * field.offset
        header.append(_entry(field, (samples, field.count), offset))
    return Layout(_structure(header, length), samples, frozenset())


def _entry(field: Field, shape: tuple[int, ...], offset: int) -> tuple[str, Any, int]:
    return field.name, (field.dtype, shape), offset


def _structure(entries: list[tuple[str, Any, int]], itemsize: int) -> np.dtype[np.void]:
    return np.dtype(
        {
            "names": [name for name, _, _ in entries],
            "formats": [kind for _, kind, _ in entries],
            "offsets": [offset for _, _, offset in entries],
            "itemsize": itemsize,
        }
    )
