"""Rotation arcs of squats, standing to bottom, against the truth; many athletes, full protocol.

The mean error of the arc over a set's bottoms, a side, and of left minus right, and the RMSE of
each angle over the set; packet loss and sway included, straps rigid. Beside it the bound: what the
best weighing of the same steps could reach with sensors that err in nothing, from the spreads that
the simulated people are drawn with and the posture at each athlete's true bottom.
`python tests/benchmarks/bench_arcs.py [ATHLETES [FIRST_SEED [GRADE …]]]`
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from scipy.signal import find_peaks

from imuhip.core.conventions import HIP_SIGNS, SIDES
from imuhip.core.records import Array, Mark, Record
from imuhip.estimate.angle_errors import ErrorParams, hip_errors, settings_of, verticals
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.simulate.nouns import SimulatedSession
from imuhip.simulate.session import simulate

FIRST_SEED = 5000  # seeds that nothing was developed on


def main() -> None:
    athletes = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    first = int(sys.argv[2]) if len(sys.argv) > 2 else FIRST_SEED
    print(f"{athletes} athletes; errors in degrees, angles as median/worst RMSE")
    print(f"{'sensors':8} {'steps':9} {'flexion':>13} {'adduction':>13} {'rotation':>13}", end="")
    print(f" {'arc mean':>8} {'median':>7} {'p95':>6} {'bound':>6} {'worst':>6}", end="")
    print(f" {'left-right p95':>14} {'bound':>6}")
    for grade in sys.argv[3:] or ("good", "typical", "poor"):
        with ProcessPoolExecutor(2) as pool:
            run = partial(_athlete, grade=grade)
            found = list(pool.map(run, range(first, first + athletes), chunksize=4))
        for k, name in enumerate(WITHOUT):
            _print(grade, name, [each[k] for each in found])


def _print(grade: str, name: str, trials: list[tuple[Array, Array, Array]]) -> None:
    rmse, arcs, bounds = (np.array([trial[k] for trial in trials]) for k in range(3))
    size, apart = np.abs(arcs), np.abs(arcs[:, 1] - arcs[:, 0])
    angles = (f"{np.median(rmse[..., c]):6.2f}/{rmse[..., c].max():6.2f}" for c in range(3))
    print(f"{grade:8} {name:9}", *angles, end="")
    print(f" {arcs.mean():8.2f} {np.median(size):7.2f} {np.percentile(size, 95):6.2f}", end="")
    one, both = _p95_of(bounds[:, 0]), _p95_of(bounds[:, 1])
    print(f" {one:6.2f} {size.max():6.2f} {np.percentile(apart, 95):14.2f} {both:6.2f}")


def _p95_of(deviations: Array) -> float:
    """95th percentile of the size of errors with these deviations, one an athlete."""
    draws = np.random.default_rng(0).standard_normal((400, len(deviations)))
    return float(np.percentile(np.abs(draws * deviations), 95))


def _athlete(seed: int, grade: str) -> list[tuple[Array, Array, Array]]:
    """RMSE ``(2, 3)``, arc errors ``(2,)`` and bounds ``(2,)`` of each choice of steps, degrees."""
    session = simulate("squat", seed=seed, grade=grade)
    return [_trial(session, left_out) for left_out in WITHOUT.values()]


def _trial(session: SimulatedSession, left_out: tuple[str, ...]) -> tuple[Array, Array, Array]:
    pipeline = Pipeline(session.header)
    outs = [pipeline.push(_kept(batch, left_out)) for batch in session.batches(10.0)]
    outs.append(pipeline.finish())
    t = np.concatenate([out.angles.t for out in outs])
    hip = np.degrees(np.concatenate([out.angles.hip for out in outs]))
    marks = {label: at for at, label in session.marks}
    truth = session.truth
    inside = (t >= marks["begin:squat"]) & (t <= marks["end:squat"])
    rows = np.round((t[inside] - truth.t[0]) * 100).astype(int)
    true = np.degrees(truth.hip[rows])
    error = hip[inside] - true
    bottoms, _ = find_peaks(true[:, :, 0].mean(axis=1), height=60.0, distance=150)
    start = np.nanmean(error[:50, :, 2], axis=0)
    arc = np.array([np.nanmean(error[b - 10 : b + 10, :, 2], axis=0) for b in bottoms]) - start
    rmse = np.sqrt(np.nanmean(error**2, axis=0))
    return rmse, np.nanmean(arc, axis=0), _bound(session, rows[bottoms], left_out)


def _bound(session: SimulatedSession, bottoms: Array, left_out: tuple[str, ...]) -> Array:
    """Deviation of one side's arc and of left minus right that the steps allow at best, degrees."""
    kept = [(row, sd) for step, row, sd in EVIDENCE if step not in left_out]
    rows, weights = np.array([row for row, _ in kept]), np.array([sd for _, sd in kept]) ** -2.0
    covariance = np.linalg.inv(rows.T @ (rows * weights[:, None])) * np.radians(1.0) ** 2
    truth, n = session.truth, len(bottoms)
    out = (np.empty((n, 2, 3)), np.empty((n, 3)), np.empty((n, 3)))
    signs = np.array([HIP_SIGNS[side] for side in SIDES])
    level = (STOOD, *(sd for step, _, sd in EVIDENCE if step not in ("tray", *left_out)))
    obliquity = np.radians(np.sum(np.array(level) ** -2.0) ** -0.5)
    known = (settings_of(ErrorParams(turning=0.0, still=0.0), 0.0, obliquity), covariance, signs)
    nothing = np.zeros((n, 3))
    thighs = np.ascontiguousarray(truth.q_thigh[bottoms])
    hip_errors(
        truth.q_pelvis[bottoms],
        thighs,
        verticals(np.concatenate((truth.q_pelvis[bottoms][:, None], thighs), axis=1)),
        np.stack((nothing, nothing)),
        known,
        (nothing, nothing),
        out,
    )
    variance = out[0][:, :, 2] ** 2
    apart = variance.sum(axis=1) - 2.0 * out[1][:, 2]
    return np.degrees(np.sqrt((variance.mean(), apart.mean())))


def _kept(batch: list[Record], left_out: tuple[str, ...]) -> list[Record]:
    """The batch without the marks of the steps that are left out."""
    return [r for r in batch if not (isinstance(r, Mark) and r.label.partition(":")[2] in left_out)]


WITHOUT = {"full": (), "no tray": ("tray",), "no bow": ("bow",)}

_BOW, _LIFT, _LAID = (
    0.97 * np.hypot(1.5, 1.0 / np.sqrt(3.0)),
    0.945 * np.hypot(4.0, 2.0 / np.sqrt(3.0)),
    0.7,
)
EVIDENCE = (
    ("bow", (1.0, 0.0, 0.0), _BOW),
    ("knee lifts", (1.0, -1.0, 0.0), _LIFT),
    ("knee lifts", (1.0, 0.0, -1.0), _LIFT),
    ("tray", (0.0, 1.0, 0.0), _LAID),
    ("tray", (0.0, 0.0, 1.0), _LAID),
)
"""What each step says of the pelvis's axis and both thighs' headings, and the deviation in degrees
of what people do in it: theirs, and three repetitions' share. What is askew turns the axis by the
mean cosine (adduction) and sine (rotation) of the lean over the movement, together the factors. Bow
and lifts say as much of how level the pelvis stood."""
STOOD = 2.2
"""What people's pelves are from level in standing, one standard deviation in degrees."""

if __name__ == "__main__":
    main()
