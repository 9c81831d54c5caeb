"""What is in a session, and how do its squats look, laid over each other?

    python first_look.py [RECORDING]

Without a recording, the one that ships is taken. Draws first_look.svg.
"""

import sys

import matplotlib.pyplot as plt

import imuhip

session = imuhip.read(sys.argv[1]) if len(sys.argv) > 1 else imuhip.sample()
print(f"{session.path.name}: athlete {session.athlete}, calibration {session.grade}")

angles = session.angles.to_pandas()
print(angles.filter(regex=r"hip_\w+_(left|right)_deg").describe().loc[["min", "max"]].T.round(1))

squats = session.reps("squat")
table = squats.to_pandas()
columns = ["depth_deg", "rotation_arc_deg", "rotation_arc_sd_deg"]
print(table.groupby("side")[columns].mean().round(1))
print(session.findings[["rule", "side", "grade", "words"]].head().to_string(index=False))

curves = squats.resample(101)
mean, spread = curves.rotation.mean("repetition"), curves.rotation.std("repetition")
figure, axes = plt.subplots()
for side in ("left", "right"):
    middle, around = mean.sel(side=side), spread.sel(side=side)
    axes.plot(curves.phase, middle, label=side)
    axes.fill_between(curves.phase, middle - around, middle + around, alpha=0.2)
axes.set(xlabel="squat, %", ylabel="hip rotation, ° (internal +)")
axes.legend()
figure.savefig("first_look.svg")
print(f"first_look.svg: {len(squats)} squats")
