"""Turn the real squat data (a CSV file a repetition) into folders that can be imported.

    python tests/benchmarks/squats_folder.py SQUATS EXERCISE FOLDER

Repetitions become one session of their exercise, on the trial's own clock; what was cut out between
them stays a gap. The numbers are written so that they are read back with the same bits.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imuhip.core.records import Array

PLACES = {
    "pelvis": "Pelvis",
    "thigh_left": "LeftThigh",
    "thigh_right": "RightThigh",
    "shank_left": "LeftShank",
    "shank_right": "RightShank",
    "foot_left": "LeftFoot",
    "foot_right": "RightFoot",
    "trunk": "Chest",
}
"""Our segment to the name in the data set."""

EXERCISES = ("Pose", "Walk", "StepUpL", "HeelRaise", "SqHalfDL", "BulgSq", "Lunge")

COLUMNS = "t,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z,mag_x,mag_y,mag_z"


@dataclass(frozen=True, slots=True)
class Trial:
    """One exercise as the data set has it.

    Parameters
    ----------
    t
        ``(N,)`` seconds within the trial.
    repetition
        ``(N,)`` from 1.
    own
        Segment to ``(N, 4)``: the sensors' own nine-axis orientation, scalar first.
    acc, gyr, mag
        Segment to ``(N, 3)``: m/s², rad/s, µT.
    hip
        ``(N, 2, 3)`` the cameras' hip angles, left and right, in degrees.
    knee
        ``(N, 2)`` the cameras' knee flexion.
    pelvis
        ``(N, 3)`` the cameras' pelvis angles, in degrees.
    """

    exercise: str
    t: Array
    repetition: Array
    own: dict[str, Array]
    acc: dict[str, Array]
    gyr: dict[str, Array]
    mag: dict[str, Array]
    hip: Array
    knee: Array
    pelvis: Array


def read_trial(squats: Path, exercise: str) -> Trial:
    """Read all repetitions of an exercise, in order of time."""
    names = {f.name for f in (squats / "imu" / exercise).glob("*.csv")}
    order = sorted(names, key=lambda name: int(re.findall(r"rep(\d+)", name)[0]))
    imu = [_read(squats / "imu" / exercise / name) for name in order]
    reference = [_read(squats / "reference" / exercise / name) for name in order]
    head, seen = imu[0][0], reference[0][0]
    rows = np.concatenate([values for _, values in imu])
    true = np.concatenate([values for _, values in reference])

    def columns(signal: str) -> dict[str, Array]:
        return {
            segment: rows[:, [i for i, h in enumerate(head) if h[:2] == (place, signal)]]
            for segment, place in PLACES.items()
        }

    def angles(name: str) -> Array:
        return true[:, [i for i, h in enumerate(seen) if h[0] == name]]

    return Trial(
        exercise,
        columns("Time")["pelvis"][:, 0],
        np.repeat(np.arange(1, len(imu) + 1), [len(values) for _, values in imu]),
        columns("Orientation"),
        columns("Accelerometer"),
        columns("Gyroscope"),
        columns("Magnetometer"),
        np.stack([angles("LeftHipAngle"), angles("RightHipAngle")], axis=1),
        np.column_stack([angles("LeftKneeAngle"), angles("RightKneeAngle")]),
        angles("PelvisAngle"),
    )


def write_folder(
    trial: Trial,
    folder: Path,
    segments: Sequence[str] = ("pelvis", "thigh_left", "thigh_right"),
    marks: Sequence[tuple[float, str]] = (),
) -> None:
    """Write a CSV file for each of `segments`, and the marks.

    Parameters
    ----------
    trial
        What to write.
    folder
        Is made if it is not there.
    segments
        Keys of `PLACES`.
    marks
        Time and label.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for segment in segments:
        columns = (trial.t[:, None], trial.acc[segment], trial.gyr[segment], trial.mag[segment])
        lines = [COLUMNS, *(",".join(map(repr, row)) for row in np.hstack(columns).tolist())]
        (folder / f"{segment}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if marks:
        lines = ["t,label", *(f"{t!r},{label}" for t, label in marks)]
        (folder / "marks.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "session.toml").write_text(
        f'athlete = "squats-01"\nsource = "{trial.exercise}; doi 10.1109/JBHI.2024.3368042"\n',
        encoding="utf-8",
    )


def _read(path: Path) -> tuple[list[tuple[str, str, str]], Array]:
    """Column heads and numbers of a file, without its column of row numbers."""
    with path.open(encoding="utf-8") as lines:
        heads = [lines.readline().rstrip("\n").split(",")[1:] for _ in range(3)]
        values = np.loadtxt(lines, delimiter=",")[:, 1:]
    return [(str(a), str(b), str(c)) for a, b, c in zip(*heads, strict=True)], values


if __name__ == "__main__":
    write_folder(read_trial(Path(sys.argv[1]), sys.argv[2]), Path(sys.argv[3]), tuple(PLACES))
    print(f"{sys.argv[3]}: {sys.argv[2]}")
