"""Error tables against public reference data, ours beside the bare library and every `ahrs` filter.

BROAD (Laidig, Caruso, Cereatti and Seel 2021, doi:10.3390/data6070072): one sensor with an optical
orientation. The error is the rotation ``q_est * conj(q_ref)``, both maps to east-north-up; its
heading part is the twist about the vertical, its inclination part the rest; RMSE over the samples
marked as movement. In six axes the heading is free, so its offset over the first second of movement
is taken off first.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from imuhip.core.errors import ImuhipError
from imuhip.core.quaternions import (
    conjugate,
    heading_from_quaternion,
    multiply,
    quaternion_from_heading,
)
from imuhip.core.records import Array, BoolArray, SampleBlock
from imuhip.estimate.gyro_bias import GyroBias
from imuhip.estimate.orientation import Filter, FilterParams
from imuhip.estimate.orientation_engines import FILTERS

Axes = Literal[6, 9]


@dataclass(frozen=True, slots=True)
class Row:
    """One filter on one trial, or its mean over the trials; errors are RMSE in degrees."""

    trial: str
    filter: str
    axes: Axes
    total_deg: float
    heading_deg: float
    inclination_deg: float
    samples_per_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One sensor's samples beside the optical orientation.

    Parameters
    ----------
    acc, gyr, mag
        ``(N, 3)`` in m/s², rad/s and µT, frame ``s``.
    reference
        ``(N, 4)`` optical ``q_es``, ``e`` east-north-up; NaN where the cameras saw nothing.
    movement
        ``(N,)`` samples that count.
    """

    name: str
    rate_hz: float
    acc: Array
    gyr: Array
    mag: Array
    reference: Array
    movement: BoolArray


def trials(folder: Path) -> tuple[Path, ...]:
    """The BROAD files in a folder, in order."""
    found = tuple(sorted(folder.glob("*.mat"))) if folder.is_dir() else ()
    if not found:
        raise ImuhipError("There are no BROAD trials (*.mat) in this folder.", path=folder)
    return found


def read_trial(path: Path) -> Trial:
    """Read one BROAD trial."""
    from scipy.io import loadmat

    try:
        data: dict[str, Any] = loadmat(path, simplify_cells=True)
        return Trial(
            path.stem,
            float(data["sampling_rate"]),
            np.ascontiguousarray(data["imu_acc"], dtype=np.float64),
            np.ascontiguousarray(data["imu_gyr"], dtype=np.float64),
            np.ascontiguousarray(data["imu_mag"], dtype=np.float64),
            np.asarray(data["opt_quat"], dtype=np.float64),
            np.asarray(data["movement"], dtype=np.bool_),
        )
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise ImuhipError(
            "This is no BROAD trial with imu_acc, imu_gyr, imu_mag, opt_quat, movement and "
            f"sampling_rate: {error}",
            path=path,
        ) from error


def orientation_rows(
    paths: Sequence[Path],
    names: Sequence[str] = (),
    on_progress: Callable[[str], None] = lambda _: None,
) -> Iterator[Row]:
    """Yield a row for each trial and filter, then the mean of each filter.

    Parameters
    ----------
    paths
        BROAD files.
    names
        Filters out of `METHODS`; all when empty.
    on_progress
        Called before each piece of work with what it is.
    """
    wanted = [(name, axes) for name, axes in METHODS if not names or name in names]
    unknown = set(names) - {name for name, _ in METHODS}
    if unknown or not wanted:
        known = ", ".join(dict.fromkeys(name for name, _ in METHODS))
        raise ImuhipError(f"No such filter: {', '.join(sorted(unknown))}. Choose from {known}.")
    rows: list[Row] = []
    for path in paths:
        trial = read_trial(path)
        for name, axes in wanted:
            on_progress(f"{trial.name}: {name}, {axes} axes")
            rows.append(_row(trial, name, axes))
            yield rows[-1]
    for name, axes in wanted:
        mine = [row for row in rows if (row.filter, row.axes) == (name, axes)]
        columns = ("total_deg", "heading_deg", "inclination_deg", "samples_per_s")
        means = (float(np.mean([getattr(row, column) for row in mine])) for column in columns)
        yield Row("mean", name, axes, *means)


def _row(trial: Trial, name: str, axes: Axes) -> Row:
    run = _library_vqf if name == "vqf_library" else _stage
    began = time.perf_counter()
    q = run(trial, name, axes)
    took = time.perf_counter() - began
    total, heading, inclination = errors(q, trial.reference, trial.movement, trial.rate_hz, axes)
    return Row(trial.name, name, axes, total, heading, inclination, len(q) / took)


def errors(
    q: Array, reference: Array, movement: BoolArray, rate_hz: float, axes: Axes
) -> tuple[float, float, float]:
    """Total, heading and inclination RMSE in degrees, by the definition of BROAD."""
    error = multiply(q, conjugate(reference))
    counted = movement & np.isfinite(error).all(axis=-1)
    if axes == 6:
        first = np.flatnonzero(counted)[: round(rate_hz)]
        headings = heading_from_quaternion(error[first])
        offset = float(np.arctan2(np.sin(headings).mean(), np.cos(headings).mean()))
        error = multiply(quaternion_from_heading(-offset), error)
    w, z = np.abs(error[counted, 0]), error[counted, 3]
    horizontal = np.hypot(error[counted, 1], error[counted, 2])
    total = 2.0 * np.arctan2(np.hypot(horizontal, z), w)
    heading = 2.0 * np.arctan2(np.abs(z), w)
    inclination = 2.0 * np.arctan2(horizontal, np.hypot(w, z))
    total_deg, heading_deg, inclination_deg = (
        float(np.degrees(np.sqrt(np.mean(part**2)))) for part in (total, heading, inclination)
    )
    return total_deg, heading_deg, inclination_deg


def _stage(trial: Trial, name: str, axes: Axes) -> Array:
    """Our own stages, as the pipeline calls them."""
    n, period = len(trial.acc), 1.0 / trial.rate_hz
    t: Array = np.arange(n, dtype=np.float64) * period
    no = np.zeros(n, dtype=np.bool_)
    block = SampleBlock(
        sensor=trial.name,
        t=t,
        dt=np.full(n, period),
        host_t=t,
        missing=np.zeros(n, dtype=np.int64),
        restart=no,
        acc=trial.acc,
        gyr=trial.gyr,
        mag=trial.mag,
        quat=None,
        saturated=no,
    )
    still, bias_sd = no, np.zeros((n, 3))
    if name == "vqf":  # the filters of ahrs are shown as their users know them
        corrected = GyroBias().push(block)
        block, still, bias_sd = corrected.samples, corrected.still, corrected.sd
    stage = Filter(trial.name, trial.rate_hz, FilterParams(filter=name, axes=axes))
    return stage.push(block, still, bias_sd)[0].q


def _library_vqf(trial: Trial, _name: str, axes: Axes) -> Array:
    """The `vqf` library called directly, to hold our stage against."""
    from vqf import VQF

    out = VQF(1.0 / trial.rate_hz).updateBatch(trial.gyr, trial.acc, trial.mag)
    return np.asarray(out["quat9D" if axes == 9 else "quat6D"])


METHODS: tuple[tuple[str, Axes], ...] = (
    ("vqf", 6),
    ("vqf_library", 6),
    *((name, 6) for name, entry in FILTERS.items() if name != "vqf" and 6 in entry.axes),
    ("vqf", 9),
    ("vqf_library", 9),
    *((name, 9) for name, entry in FILTERS.items() if name != "vqf" and 9 in entry.axes),
)
"""Filters and axes that a table has, in its order."""
