"""Rotation arcs of squats, standing to bottom, against the truth; many athletes, full protocol.

The error of the arc at each bottom, left and right, and of their difference, and the RMSE of each
angle over the set. `python tests/benchmarks/bench_arcs.py [TRIALS]`
"""

import sys

import numpy as np
from scipy.signal import find_peaks

from imuhip.pipeline import Pipeline
from imuhip.records import Array, Mark, Record
from imuhip.simulate.session import simulate

FIRST_SEED = 5000  # seeds that nothing was developed on


def main() -> None:
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    first = int(sys.argv[2]) if len(sys.argv) > 2 else FIRST_SEED
    print(f"{trials} athletes; errors in degrees, angles as median/worst RMSE")
    print(f"{'sensors':8} {'steps':9} {'flexion':>12} {'adduction':>12} {'rotation':>12}", end="")
    print(f" {'arc mean':>9} {'median':>7} {'p95':>6} {'worst':>6} {'left-right p95':>15}")
    for grade in ("good", "typical", "poor"):
        for name, left_out in WITHOUT.items():
            results = [_trial(seed, grade, left_out) for seed in range(first, first + trials)]
            rmse = np.array([r for r, _ in results])
            arcs = np.array([a for _, a in results])
            size, apart = np.abs(arcs), np.abs(arcs[:, 1] - arcs[:, 0])
            columns = [(np.median(rmse[..., k]), rmse[..., k].max()) for k in range(3)]
            print(f"{grade:8} {name:9}", *(f"{m:6.2f}/{w:5.2f}" for m, w in columns), end="")
            print(
                f" {arcs.mean():9.2f} {np.median(size):7.2f} {np.percentile(size, 95):6.2f}", end=""
            )
            print(f" {size.max():6.2f} {np.percentile(apart, 95):15.2f}")


def _trial(seed: int, grade: str, left_out: tuple[str, ...]) -> tuple[Array, Array]:
    """RMSE `(2, 3)` over the set and mean arc error `(2,)` of its bottoms, degrees."""
    session = simulate("squat", seed=seed, grade=grade)
    pipeline = Pipeline(session.header)
    outs = [pipeline.push(_kept(batch, left_out)) for batch in session.batches()]
    outs.append(pipeline.finish())
    t = np.concatenate([out.angles.t for out in outs])
    hip = np.degrees(np.concatenate([out.angles.hip for out in outs]))
    marks = {label: at for at, label in session.marks}
    truth = session.truth
    inside = (t >= marks["begin:squat"]) & (t <= marks["end:squat"])
    true = np.degrees(truth.hip[np.round((t[inside] - truth.t[0]) * 100).astype(int)])
    error = hip[inside] - true
    bottoms, _ = find_peaks(true[:, :, 0].mean(axis=1), height=60.0, distance=150)
    start = np.nanmean(error[:50, :, 2], axis=0)
    arc = np.array([np.nanmean(error[b - 10 : b + 10, :, 2], axis=0) for b in bottoms]) - start
    return np.sqrt(np.nanmean(error**2, axis=0)), np.nanmean(arc, axis=0)


def _kept(batch: list[Record], left_out: tuple[str, ...]) -> list[Record]:
    """The batch without the marks of the steps that are left out."""
    return [r for r in batch if not (isinstance(r, Mark) and r.label.partition(":")[2] in left_out)]


WITHOUT = {"full": (), "no tray": ("tray",), "no bow": ("bow",)}

if __name__ == "__main__":
    main()
