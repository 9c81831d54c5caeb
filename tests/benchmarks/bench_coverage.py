"""How often the stated error covers the truth, at the bottoms of squats and at end ranges.

Mixed seeds, grades and mounts, rigid straps; athletes stand again within 1.5° of rotation a leg. A
trial is one athlete, side, angle and kind of moment (squat bottom; ends of pivots and of seated
turns, in and out), and counts by the share of its moments within 1.96 stated deviations. The last
line asks the same of each trial's mean error, in which what is chance in a moment averages out.
`python tests/benchmarks/bench_coverage.py [ATHLETES [FIRST_SEED]]`
"""

import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from scipy.signal import find_peaks

from imuhip.core.conventions import HIP_ANGLES, SIDES
from imuhip.core.records import Array
from imuhip.pipeline.all_sensors import Pipeline
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup

FIRST_SEED = 40_000  # seeds that nothing was developed on
GRADES = ("good", "typical", "poor")
MOMENTS = ("squat", "pivot", "seated_rotation_left", "seated_rotation_right")


def main() -> None:
    athletes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    first = int(sys.argv[2]) if len(sys.argv) > 2 else FIRST_SEED
    with ProcessPoolExecutor(2) as pool:
        trials = [row for rows in pool.map(_trial, range(first, first + athletes)) for row in rows]
    print(
        f"{athletes} athletes, {len(trials)} trials; 95 % interval covers, RMS of error / stated,"
    )
    print("median stated deviation and median error in degrees")
    print(f"{'sensors':8} {'moment':9} ", *(f"{name:>28}" for name in HIP_ANGLES))
    for grade in (*GRADES, "all"):
        for moment in ("squat", "pivot", "seated", "all"):
            picked = [
                row
                for row in trials
                if grade in (row[0], "all") and (row[1].startswith(moment) or moment == "all")
            ]
            columns = ([(e[:, k], sd[:, k]) for _, _, e, sd in picked] for k in range(3))
            print(f"{grade:8} {moment:9} ", *map(_column, columns))
    every = [(e[:, k], sd[:, k]) for _, _, e, sd in trials for k in range(3)]
    print(f"all angles, moments and grades: {_column(every)}")
    means = [(e.mean(keepdims=True), np.sqrt(np.mean(sd**2, keepdims=True))) for e, sd in every]
    print(f"the same of means over a trial: {_column(means)}")


def _column(trials: list[tuple[Array, Array]]) -> str:
    covered = 100 * np.mean([np.mean(np.abs(error) < 1.96 * sd) for error, sd in trials])
    ratio = np.sqrt(np.mean([np.mean((error / sd) ** 2) for error, sd in trials]))
    error, sd = (np.concatenate(column) for column in zip(*trials, strict=True))
    return f"{covered:6.1f}% {ratio:5.2f} {np.median(sd):5.2f} {np.median(np.abs(error)):5.2f}  "


def _trial(seed: int) -> list[tuple[str, str, Array, Array]]:
    """Grade, moment, errors and stated deviations ``(N, 3)`` in degrees, of each side."""
    grade = GRADES[seed % 3]
    setup = Setup(mounting="any" if seed % 2 else "usual", stands_again_deg=1.5)
    session = simulate("visit", seed=seed, grade=grade, setup=setup)
    pipeline = Pipeline(session.header)
    outs = [*(pipeline.push(batch) for batch in session.batches(20.0)), pipeline.finish()]
    t = np.concatenate([out.angles.t for out in outs])
    hip = np.degrees(np.concatenate([out.angles.hip for out in outs]))
    sd = np.degrees(np.concatenate([out.angles.hip_sd for out in outs]))
    truth = session.truth
    true = np.degrees(
        truth.hip[np.clip(np.rint((t - truth.t[0]) * 100).astype(int), 0, len(truth.t) - 1)]
    )
    marks = {label: at for at, label in session.marks}
    rows = []
    for moment in MOMENTS:
        inside = np.flatnonzero((t >= marks[f"begin:{moment}"]) & (t <= marks[f"end:{moment}"]))
        for k, side in enumerate(SIDES):
            if moment.startswith("seated") and not moment.endswith(side):
                continue
            rotation = true[inside, k, 2]
            for column in [true[inside, k, 0]] if moment == "squat" else [rotation, -rotation]:
                peaks, _ = find_peaks(column, height=max(column.max() * 0.6, 10.0), distance=80)
                at = inside[peaks]
                at = at[np.isfinite(sd[at, k, 0])]
                if len(at):
                    rows.append((grade, moment, hip[at, k] - true[at, k], sd[at, k]))
    return rows


if __name__ == "__main__":
    main()
