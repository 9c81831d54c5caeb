"""The second look at finished sessions against the live angles: RMSE in degrees against the truth.

Each of a session's sets, after the calibration; medians and worst of both sides and all seeds.
`python tests/benchmarks/bench_refined.py [SEEDS [FIRST_SEED]]`
"""

import sys
import time

import numpy as np

from imuhip.core.conventions import HIP_ANGLES
from imuhip.core.quaternions import wrap_angle
from imuhip.core.records import Array
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.pipeline.offline import refine
from imuhip.simulate.session import simulate

FIRST_SEED = 7000  # seeds that nothing was developed on


def main() -> None:
    first = int(sys.argv[2]) if len(sys.argv) > 2 else FIRST_SEED
    seeds = range(first, first + (int(sys.argv[1]) if len(sys.argv) > 1 else 10))
    print(f"RMSE in degrees, median/worst of {len(seeds)} athletes and both sides")
    print(f"{'set':7} {'sensors':8} {'':8}", *(f"{name:>14}" for name in HIP_ANGLES))
    spent = [0.0, 0.0]
    for scenario in ("squat", "pivot", "visit"):
        for grade in ("good", "typical", "poor"):
            both = np.array([_trial(scenario, seed, grade, spent) for seed in seeds])
            for k, name in enumerate(("live", "offline")):
                found = both[:, k].reshape(-1, 3)
                reported = zip(np.median(found, axis=0), found.max(axis=0), strict=True)
                figures = (f"{median:6.2f} /{worst:6.2f}" for median, worst in reported)
                print(f"{scenario:7} {grade:8} {name:8}", *figures, flush=True)
    print(f"the second look took {spent[1] / spent[0]:.1f} times what the first one did")


def _trial(scenario: str, seed: int, grade: str, spent: list[float]) -> Array:
    """RMSE `(2, 2, 3)`: live and offline, left and right, the angles."""
    session = simulate(scenario, seed=seed, grade=grade)
    batches = list(session.batches())
    began = time.perf_counter()
    pipeline = Pipeline(session.header)
    outs = [*(pipeline.push(batch) for batch in batches), pipeline.finish()]
    middle = time.perf_counter()
    refined = refine(session.header, batches)
    spent[0] += middle - began
    spent[1] += time.perf_counter() - middle
    t = np.concatenate([out.angles.t for out in outs])
    live = np.concatenate([out.angles.hip for out in outs])
    calibrated = max(at for at, label in session.marks if label == "end:stand_again")
    rows = np.flatnonzero((t > calibrated) & (t < session.truth.t[-1]))
    true = session.truth.hip[np.round((t[rows] - session.truth.t[0]) * 100).astype(int)]
    errors = [np.degrees(wrap_angle(hip[rows] - true)) for hip in (live, refined.hip)]
    return np.array([np.sqrt(np.nanmean(error**2, axis=0)) for error in errors])


if __name__ == "__main__":
    main()
