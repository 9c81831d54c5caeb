"""Arrow columns of numpy's arrays and of texts.

`pyarrow.array` looks whether it was given a pandas object, and imports pandas to find out: a third
of a second that a command which needs no data frame does not have.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def column(values: NDArray[Any]) -> pa.Array:
    """Return ``(N,)`` numbers or truth values as a column without nulls; NaN stays NaN.

    Numbers are not copied where they lie side by side: do not change them afterwards.
    """
    if values.dtype == np.bool_:
        bits = np.packbits(values, bitorder="little")
        return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(bits)])
    kind = _KINDS[values.dtype.type]
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values), [None, data])


def column_of(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return plain values, none of them missing, as a column of a kind."""
    if kind == pa.string():
        return text_column(values)
    return column(np.array(values, dtype=_DTYPES[kind]))


def text_column(texts: Sequence[str]) -> pa.Array:
    """Return texts as a column of strings."""
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int32)
    np.cumsum([len(each) for each in encoded], out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


_KINDS: Final[dict[type, pa.DataType]] = {
    np.float64: pa.float64(),
    np.int32: pa.int32(),
    np.int64: pa.int64(),
}

_DTYPES: Final = {pa.bool_(): np.bool_} | {kind: dtype for dtype, kind in _KINDS.items()}
