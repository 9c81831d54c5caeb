"""Results as people read them: series and words in degrees; no Streamlit in here."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from imuhip.conventions import HIP_ANGLES, PELVIS_ANGLES, SIDES
from imuhip.errors import RecordingError
from imuhip.records import Array

ANGLES_FILE = "angles.parquet"

SIDE_COLOURS = {"left": "#0072B2", "right": "#D55E00"}
"""The live page's two colours on a light ground."""

TITLES = {
    "hip_rotation": "Rotation of the thigh (in + / out −)",
    "hip_flexion": "Bend of the hip",
    "hip_adduction": "Towards the other leg (+) / away (−)",
    "pelvis_tilt": "Pelvis tilted forward (+) / back (−)",
    "pelvis_obliquity": "Pelvis lower on the right (+) / left (−)",
    "pelvis_rotation": "Pelvis turned left (+) / right (−)",
}


@dataclass(frozen=True)
class Series:
    """One line of a plot.

    Parameters
    ----------
    name
        What the legend says.
    side
        ``left``, ``right``, or empty for the pelvis.
    degrees
        ``(N,)``; NaN where there is no number.
    """

    name: str
    side: str
    degrees: Array


@dataclass(frozen=True)
class Traces:
    """All angles of a session over time.

    Parameters
    ----------
    t
        ``(N,)`` seconds on the session's clock.
    plots
        A key of `TITLES` to its lines.
    """

    t: Array
    plots: dict[str, tuple[Series, ...]]


def read_traces(place: Path) -> Traces:
    """Return the angles of a result folder, or of its ``angles.parquet``.

    Parameters
    ----------
    place
        What ``imuhip analyze`` wrote.
    """
    path = place / ANGLES_FILE if place.is_dir() else place
    if path.suffix != ".parquet" or not path.is_file():
        raise RecordingError(
            f"expected a folder with {ANGLES_FILE}, came one without: "
            "run `imuhip analyze` on the recording first",
            path=place,
        )
    plots = {
        **{f"hip_{angle}": [f"hip_{angle}_{side}_deg" for side in SIDES] for angle in HIP_ANGLES},
        **{f"pelvis_{angle}": [f"pelvis_{angle}_deg"] for angle in PELVIS_ANGLES},
    }
    wanted = ["t", *(name for names in plots.values() for name in names)]
    try:
        missing = sorted(set(wanted) - set(pq.read_schema(path).names))
        table = pq.read_table(path, columns=[name for name in wanted if name not in missing])
    except (OSError, ValueError) as error:
        raise RecordingError(f"expected Parquet, came: {error}", path=path) from error
    if missing:
        columns = ", ".join(missing)
        raise RecordingError(f"expected the columns of angles, came none of {columns}", path=path)
    numbers = {name: np.asarray(table[name], dtype=np.float64) for name in wanted}
    lines = {key: tuple(_series(name, numbers) for name in plots[key]) for key in TITLES}
    return Traces(numbers["t"], lines)


def extremes(traces: Traces) -> dict[str, dict[str, float]]:
    """Furthest rotation out and in, and the range, in degrees per side; NaN without numbers."""
    found: dict[str, dict[str, float]] = {}
    for series in traces.plots["hip_rotation"]:
        known = series.degrees[np.isfinite(series.degrees)]
        least, most = (known.min(), known.max()) if len(known) else (np.nan, np.nan)
        found[series.side] = {"out": -least, "in": most, "range": most - least}
    return found


def thinned(t: Array, degrees: Array, most: int = 4000) -> tuple[Array, Array]:
    """Return at most about `most` points that still show every peak.

    Of each stretch of rows its lowest and its highest stay, in the order in which they came.
    """
    stretch = -(-2 * len(t) // most)
    if stretch <= 2:
        return t, degrees
    whole = len(t) // stretch * stretch
    block = degrees[:whole].reshape(-1, stretch)
    start = np.arange(0, whole, stretch)
    low = start + np.argmin(np.where(np.isnan(block), np.inf, block), axis=1)
    high = start + np.argmax(np.where(np.isnan(block), -np.inf, block), axis=1)
    keep = np.unique(np.concatenate((low, high, np.arange(whole, len(t)))))
    return t[keep], degrees[keep]


def _series(column: str, numbers: dict[str, Array]) -> Series:
    """The line of one column."""
    side = next((side for side in SIDES if column.endswith(f"_{side}_deg")), "")
    return Series(side.capitalize() or "Pelvis", side, numbers[column])
