"""How good is an estimator of mine, against a simulated truth?

    python judge_an_estimator.py

A simulated athlete leaves a recording and the true angles beside it. An estimator is a function
from a session to an angle on its time grid; here three of imuhip's, and one that uses
accelerometers alone. What a simulation cannot show stands in docs/simulator.md: above all, real
skin over real muscle.
"""

from pathlib import Path

import numpy as np
import pandas as pd

import imuhip
from imuhip.simulate.output import write
from imuhip.simulate.session import simulate

ANGLE = "hip_flexion_left"


def by_filter(name: str):
    """Imuhip's own angle, with a filter."""
    return lambda session: (
        imuhip.analyze(session, filter=name).angles.to_pandas()[f"{ANGLE}_deg"].to_numpy()
    )


def offline(session: imuhip.Session) -> np.ndarray:
    """Imuhip's angle with the whole session known."""
    table = imuhip.analyze(session, columns=("offline",)).angles.to_pandas()
    return table[f"{ANGLE}_offline_deg"].to_numpy()


def by_gravity(session: imuhip.Session) -> np.ndarray:
    """How far thigh and pelvis lean from their own standing, added: no gyroscope at all."""
    t = session.angles.to_pandas()["t"].to_numpy()
    marks = session.marks.set_index("label")["t"]
    total = np.zeros(len(t))
    for sensor in ("pelvis", "thigh_left"):
        samples = session.samples[sensor]
        acc = samples[["acc_x", "acc_y", "acc_z"]].to_numpy()
        smooth = pd.DataFrame(acc).rolling(25, center=True, min_periods=1).mean().to_numpy()
        direction = smooth / np.linalg.norm(smooth, axis=1, keepdims=True)
        standing = samples["t"].between(marks["begin:stand"], marks["end:stand"]).to_numpy()
        up = direction[standing].mean(axis=0)
        lean = np.degrees(np.arccos(np.clip(direction @ (up / np.linalg.norm(up)), -1, 1)))
        total += np.interp(t, samples["t"], lean)
    return total


ESTIMATORS = {
    "vqf": by_filter("vqf"),
    "madgwick": by_filter("madgwick"),
    "offline": offline,
    "gravity alone": by_gravity,
}

for path in ("simulated.mcap", "truth.parquet"):
    Path(path).unlink(missing_ok=True)
for path in Path().glob("truth.*.*"):
    path.unlink()
write(simulate("squat", seed=41), Path("simulated.mcap"), Path("truth.parquet"))
truth = pd.read_parquet("truth.parquet")
session = imuhip.read("simulated.mcap")
table = session.angles.to_pandas()
squats = session.reps("squat").to_pandas()
inside = np.zeros(len(table), dtype=bool)
for row in squats.itertuples():
    inside |= table["t"].between(row.t_start, row.t_end).to_numpy()
true = np.interp(table["t"], truth["t"], truth[f"{ANGLE}_deg"])

print(f"{ANGLE} in {len(squats) // 2} squats, error in degrees")
for name, estimate in ESTIMATORS.items():
    error = (estimate(session) - true)[inside]
    print(f"{name:>14}: mean {np.mean(error):6.2f}  rms {np.sqrt(np.mean(error**2)):6.2f}")

deviation = table[f"{ANGLE}_sd_deg"].to_numpy()
share = np.abs(table[f"{ANGLE}_deg"].to_numpy() - true)[inside] < 2 * deviation[inside]
print(f"within two of its own standard deviations: {100 * share.mean():.0f} %")
