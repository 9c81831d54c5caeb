"""Real sensors on pelvis and thighs: hip orientation against the data set's own and VQF offline.

For each filter the relative orientation thigh in pelvis is compared, heading offset of the first
five seconds removed: with the data set's own estimate (six axes, a weaker filter, times a constant
mount, which is fitted once, with VQF offline) and with VQF's offline variant. Angles in degrees.
`python tests/benchmarks/bench_fullbody.py [MAT]`
"""

import dataclasses
import sys
import tempfile
from pathlib import Path

import numpy as np
import scipy.io
from fullbody_folder import SEGMENTS, write_folder
from vqf import offlineVQF

from imuhip.core.quaternions import (
    angle_from_quaternion,
    conjugate,
    heading_from_quaternion,
    mean_quaternion,
    multiply,
    quaternion_from_heading,
)
from imuhip.core.records import Array
from imuhip.estimate.orientation_engines import FILTERS
from imuhip.importers.folder import import_folder
from imuhip.pipeline.all_sensors import Params, Pipeline
from imuhip.recording.reader import RecordingReader

MAT = Path(__file__).parents[3] / "shared" / "data" / "fullbody" / "full_body_example_data.mat"
HIPS = ("thigh_left", "thigh_right")
SENSORS = ("pelvis", *HIPS)


def main() -> None:
    mat = Path(sys.argv[1]) if len(sys.argv) > 1 else MAT
    if not mat.is_file():
        print(f"skipped: {mat.name} is not on this machine")
        return
    data = scipy.io.loadmat(mat, simplify_cells=True)
    own = {name: data[SEGMENTS[name]]["quat"] for name in SENSORS}
    offline = {name: vqf_offline(data[SEGMENTS[name]]) for name in SENSORS}
    mounts = {name: fitted_mount(offline[name], own[name]) for name in SENSORS}
    print("hip relative orientation, difference in degrees, left and right together")
    print(f"{'filter':14} {'to the data set':>22} {'to VQF offline':>22}")
    print(f"{'':14} {'median':>11}{'p95':>11} {'median':>11}{'p95':>11}")
    _line("vqf offline", offline, own, offline, mounts)
    with tempfile.TemporaryDirectory() as scratch:
        recording = Path(scratch) / "fullbody.mcap"
        write_folder(mat, Path(scratch) / "folder")
        start = float(data["t"][0])
        import_folder(Path(scratch) / "folder", recording)
        for name, entry in FILTERS.items():
            if 6 in entry.axes:
                _line(name, _pipeline(recording, name, start), own, offline, mounts)


def _line(name: str, q: dict, own: dict, offline: dict, mounts: dict) -> None:
    moved = {s: multiply(q[s], mounts[s]) for s in SENSORS}
    to_own = np.concatenate([_difference(moved, own, hip) for hip in HIPS])
    to_offline = np.concatenate([_difference(q, offline, hip) for hip in HIPS])
    figures = [f(d) for d in (to_own, to_offline) for f in (np.median, _p95)]
    print(f"{name:14} " + " ".join(f"{figure:11.2f}"[:11] for figure in figures))


def _p95(values: Array) -> float:
    return float(np.percentile(values, 95))


def _pipeline(recording: Path, name: str, start: float) -> dict[str, Array]:
    """The pipeline's `q_es` on the grid, which is the data's own 100 Hz."""
    reader = RecordingReader(recording)
    params = Params()
    oriented = dataclasses.replace(params.orientation, filter=name)
    pipeline = Pipeline(reader.header, dataclasses.replace(params, orientation=oriented))
    outs = [pipeline.push(batch) for batch in reader.batches()]
    outs.append(pipeline.finish())
    q = np.concatenate([out.grid.q for out in outs])
    first = round((float(np.concatenate([out.grid.t for out in outs])[0]) - start) * 100)
    places = {sensor: i for i, sensor in enumerate(outs[0].grid.sensors)}
    empty = np.full((first, 4), np.nan)
    return {name: np.concatenate((empty, q[:, places[name]])) for name in SENSORS}


def vqf_offline(sensor: dict) -> Array:
    out = offlineVQF(
        np.ascontiguousarray(sensor["gyr"]), np.ascontiguousarray(sensor["acc"]), None, 0.01
    )
    return np.asarray(out["quat6D"])


def fitted_mount(q: Array, own: Array) -> Array:
    """The constant m of `own = q(heading) q m`: heading and mount fitted in turn, many starts."""
    best, smallest = np.empty(4), np.inf
    for start in np.arange(0.0, 2.0 * np.pi, np.pi / 8.0):
        heading = start
        for _ in range(60):
            turned = multiply(quaternion_from_heading(heading), q)
            mount = mean_quaternion(multiply(conjugate(turned), own))
            heading = _mean_heading(multiply(own, conjugate(multiply(q, mount))))
        fitted = multiply(multiply(quaternion_from_heading(heading), q), mount)
        left = float(np.mean(angle_from_quaternion(multiply(conjugate(fitted), own)) ** 2))
        if left < smallest:
            best, smallest = mount, left
    return best


def _mean_heading(error: Array) -> float:
    headings = heading_from_quaternion(error)
    return float(np.arctan2(np.sin(headings).mean(), np.cos(headings).mean()))


def _difference(q: dict[str, Array], other: dict[str, Array], hip: str) -> Array:
    """Angle between the two estimates of thigh in pelvis, heading of the first 5 s removed."""
    n = min(len(q[hip]), len(other[hip]))
    error = [multiply(other[s][:n], conjugate(q[s][:n])) for s in ("pelvis", hip)]
    start = np.isfinite(error[0][:, 0]) & np.isfinite(error[1][:, 0]) & (np.arange(n) < 500)
    aligned = []
    for k, sensor in enumerate(("pelvis", hip)):
        offset = _mean_heading(error[k][start])
        aligned.append(multiply(quaternion_from_heading(offset), q[sensor][:n]))
    ours = multiply(conjugate(aligned[0]), aligned[1])
    theirs = multiply(conjugate(other["pelvis"][:n]), other[hip][:n])
    angle = np.degrees(angle_from_quaternion(multiply(conjugate(ours), theirs)))
    return angle[np.isfinite(angle)]


if __name__ == "__main__":
    main()
