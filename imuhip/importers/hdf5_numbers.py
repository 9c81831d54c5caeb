"""Numbers of an HDF5 file from anywhere: in the file itself, and no more than it can hold."""

from pathlib import Path
from typing import Any

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.parquet import FREE_ROWS
from imuhip.core.records import Array


def hdf5_numbers(path: Path, values: Any) -> Array:
    """Return a data set as float64.

    Raises
    ------
    RecordingError
        If it lies in other files, holds no numbers, or more than were measured in so few bytes.
    """
    if values.external or values.is_virtual:
        raise RecordingError(f"{values.name} lies in another file. Export it into one.")
    if values.dtype.kind not in "fiub":
        raise RecordingError(f"{values.name} holds no numbers. Export it again.")
    if values.size > FREE_ROWS + path.stat().st_size:
        raise RecordingError(
            f"{values.name} claims {values.size} numbers in a file of {path.stat().st_size} bytes, "
            "so they were not measured. Export it again."
        )
    return np.asarray(values[()], dtype=np.float64)
