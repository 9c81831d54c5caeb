"""Hip angles of simulated athletes against their truth: RMSE in degrees over one-minute sets.

Perfect sensors with known mounts (what the pipeline itself adds), then real mounts and grades (what
a session costs). `python tests/benchmarks/bench_truth.py [SEEDS]`
"""

import dataclasses
import sys

import numpy as np

from imuhip.core.conventions import HIP_ANGLES
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup

FIRST_SEED = 2000  # seeds that nothing was developed on


def main() -> None:
    seeds = range(FIRST_SEED, FIRST_SEED + (int(sys.argv[1]) if len(sys.argv) > 1 else 10))
    print("hip angles, RMSE over the set in degrees: median and worst of both sides and all seeds")
    print(
        f"{'set':8} {'sensors':8} {'mounts':11} {'sways':5}",
        *(f"{name:>14}" for name in HIP_ANGLES),
    )
    for grade, mounts, sway in CASES:
        for scenario in ("squat", "pivot"):
            rmse = np.concatenate([_rmse(scenario, seed, grade, mounts, sway) for seed in seeds])
            columns = zip(np.median(rmse, axis=0), np.max(rmse, axis=0), strict=True)
            figures = (f"{median:6.2f} /{worst:6.2f}" for median, worst in columns)
            print(f"{scenario:8} {grade:8} {mounts:11} {'yes' if sway else 'no':5}", *figures)


def _rmse(scenario: str, seed: int, grade: str, mounts: str, sway: bool) -> np.ndarray:
    """RMSE `(2, 3)` in degrees: side and angle."""
    profile = "imported" if grade == "perfect" else "reference"
    setup = Setup(imprecision=1.0 if sway else 0.0)
    session = simulate(scenario, seed=seed, grade=grade, profile_id=profile, setup=setup)
    header = session.header
    if mounts == "known":
        known = {name: q.tolist() for name, q in session.mounts.items()}
        header = dataclasses.replace(header, parameters={"q_sb": known})
    pipeline = Pipeline(header)
    outs = [pipeline.push(batch) for batch in session.batches()]
    outs.append(pipeline.finish())
    t = np.concatenate([out.angles.t for out in outs])
    hip = np.concatenate([out.angles.hip for out in outs])
    marks = {label: at for at, label in session.marks}
    inside = (t >= marks[f"begin:{scenario}"]) & (t <= marks[f"end:{scenario}"])
    at = np.round((t[inside] - session.truth.t[0]) * 100).astype(int)
    error = np.degrees(hip[inside] - session.truth.hip[at])
    return np.sqrt(np.nanmean(error**2, axis=0))


CASES = (
    ("perfect", "known", False),
    ("perfect", "known", True),
    ("perfect", "calibrated", True),
    ("good", "calibrated", True),
    ("typical", "calibrated", True),
)
"""Grade of the sensors, where their mounts are from, and whether the person sways."""

if __name__ == "__main__":
    main()
