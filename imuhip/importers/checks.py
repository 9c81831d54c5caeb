"""What looks odd about imported files: units, rates and times that cannot be right.

Nothing here refuses a file; each finding is a sentence for people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from imuhip.core.conventions import GRAVITY
from imuhip.core.records import Array
from imuhip.importers.notes import FolderMark


@dataclass(frozen=True, slots=True, eq=False)
class SensorFile:
    """A checked sensor file: times that rise, `(N,)`, and columns `(N, 3)` in SI units."""

    sensor: str
    path: Path
    format_name: str
    t: Array
    acc: Array
    gyr: Array
    mag: Array | None
    dropped: int
    notes: tuple[str, ...]

    @property
    def rate_hz(self) -> float:
        """One over the median interval."""
        return float(1.0 / np.median(np.diff(self.t)))


def sensor_warnings(file: SensorFile) -> list[str]:
    """Sentences on units and rates that cannot be right, and on rows left out."""
    warnings = list(file.notes)
    acc = float(np.median(_lengths(file.acc)))
    if not _ACC_RANGE[0] < acc < _ACC_RANGE[1]:
        g = "; this looks like g, and m/s² are expected" if 0.8 < acc < 1.2 else ""
        warnings.append(f"the median acceleration is {acc:.3g}, and {GRAVITY} was expected{g}")
    gyr = float(np.quantile(_lengths(file.gyr), 0.99))
    if gyr > _FAST_RAD_S:
        warnings.append(
            f"turning rates reach {gyr:.3g}; this looks like degrees per second, and rad/s are "
            "expected"
        )
    if not _RATE_RANGE[0] <= file.rate_hz <= _RATE_RANGE[1]:
        warnings.append(f"the rate is {file.rate_hz:.3g} Hz; is t in seconds?")
    if file.dropped:
        warnings.append(f"{file.dropped} rows with no finite numbers were left out, as gaps")
    return [f"{file.path.name}: {sentence}" for sentence in warnings]


def _lengths(vectors: Array) -> Array:
    """Return the lengths of vectors ``(N, 3)``; of impossible ones that they are large."""
    clipped = np.clip(vectors, -1e6, 1e6)
    lengths: Array = np.sqrt((clipped * clipped).sum(axis=1))
    return lengths


def span_warnings(
    files: Sequence[SensorFile], marks: Sequence[FolderMark], marks_file: str
) -> list[str]:
    """Sentences on sensors and marks that lie outside the pelvis's time."""
    pelvis = files[0]
    first, last = pelvis.t[0], pelvis.t[-1]
    span = f"the pelvis's {first:.3f} to {last:.3f} s"
    warnings = [
        f"{file.path.name}: its time, {file.t[0]:.3f} to {file.t[-1]:.3f} s, lies outside {span}; "
        "t should be on one clock for all sensors"
        for file in files[1:]
        if file.t[0] > last or file.t[-1] < first
    ]
    outside = [mark for mark in marks if not first <= mark.t <= last]
    warnings += [
        f"{marks_file}:{mark.line}: the mark at {mark.t:.3f} s lies outside {span}"
        for mark in outside[:_MAX_MARK_WARNINGS]
    ]
    return warnings


_ACC_RANGE: Final = (7.0, 13.0)  # a median over a session is close to gravity
_FAST_RAD_S: Final = 20.0  # no hip turns so fast for a hundredth of a session
_RATE_RANGE: Final = (5.0, 5000.0)
_MAX_MARK_WARNINGS: Final = 5
