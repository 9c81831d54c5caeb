"""My sensors write files of their own. How do they become angles?

    python own_sensors.py

Any three sensors will do whose samples can be brought to seconds, m/s² and rad/s. Here their files
are in milliseconds, g and degrees a second, with names of their own; for the sake of an example
they are made of the recording that ships.
"""

from pathlib import Path

import numpy as np
import pandas as pd

import imuhip

G = 9.80665
SERIALS = {"pelvis": "A01", "thigh_left": "A02", "thigh_right": "A03"}


def write_files_as_a_maker_would(folder: Path) -> None:
    """Stand in for the export of a sensor maker's own program."""
    sample = imuhip.sample()
    folder.mkdir(exist_ok=True)
    for place, serial in SERIALS.items():
        samples = sample.samples[place]
        ours = {"Time (ms)": samples["t"] * 1000}
        ours |= {f"Acc_{axis.upper()} (g)": samples[f"acc_{axis}"] / G for axis in "xyz"}
        ours |= {f"Gyr_{axis.upper()} (dps)": np.degrees(samples[f"gyr_{axis}"]) for axis in "xyz"}
        pd.DataFrame(ours).to_csv(folder / f"{serial}.csv", index=False)
    sample.marks.to_csv(folder / "protocol.csv", index=False)


def bring_to_a_folder_that_imports(source: Path, target: Path) -> None:
    """Seconds, m/s², rad/s; a file named by where each sensor sat; what was done when."""
    target.mkdir(exist_ok=True)
    for place, serial in SERIALS.items():
        theirs = pd.read_csv(source / f"{serial}.csv")
        ours = {"t": theirs["Time (ms)"] / 1000}
        ours |= {f"acc_{axis}": theirs[f"Acc_{axis.upper()} (g)"] * G for axis in "xyz"}
        ours |= {f"gyr_{axis}": np.radians(theirs[f"Gyr_{axis.upper()} (dps)"]) for axis in "xyz"}
        pd.DataFrame(ours).to_csv(target / f"{place}.csv", index=False)
    pd.read_csv(source / "protocol.csv").to_csv(target / "marks.csv", index=False)
    (target / "session.toml").write_text('athlete = "A1"\nstarted = 2026-03-02T10:00:00Z\n')


write_files_as_a_maker_would(Path("their_files"))
bring_to_a_folder_that_imports(Path("their_files"), Path("my_session"))

session = imuhip.read("my_session")
for sentence in session.warnings:
    print("!", sentence)
print(f"calibration {session.grade}; {len(session.reps('squat'))} squats")
print(session.angles.to_pandas().filter(like="hip_rotation").describe().round(1).T)
session.export("my_session.parquet", overwrite=True)
