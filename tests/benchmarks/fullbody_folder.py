"""Turn the full-body example data (a MATLAB file) into a folder that can be imported.

    python tests/benchmarks/fullbody_folder.py full_body_example_data.mat FOLDER

The numbers are written so that they are read back with the same bits.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.io

SEGMENTS = {
    "pelvis": "hip",
    "thigh_left": "upper_leg_left",
    "thigh_right": "upper_leg_right",
    "shank_left": "lower_leg_left",
    "shank_right": "lower_leg_right",
    "foot_left": "foot_left",
    "foot_right": "foot_right",
    "trunk": "upper_back",
}
"""Our segment to the name in the data set."""

COLUMNS = "t,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z"


def write_folder(
    mat: Path, folder: Path, segments: Sequence[str] = ("pelvis", "thigh_left", "thigh_right")
) -> None:
    """Write a CSV file for each of `segments`, and a ``session.toml``.

    Parameters
    ----------
    mat
        ``full_body_example_data.mat``.
    folder
        Is made if it is not there.
    segments
        Keys of `SEGMENTS`.
    """
    data = scipy.io.loadmat(mat, simplify_cells=True)
    folder.mkdir(parents=True, exist_ok=True)
    t = np.asarray(data["t"], dtype=np.float64).reshape(-1, 1)
    for segment in segments:
        sensor = data[SEGMENTS[segment]]
        rows = np.hstack((t, sensor["acc"], sensor["gyr"])).tolist()
        lines = [COLUMNS, *(",".join(map(repr, row)) for row in rows)]
        (folder / f"{segment}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "session.toml").write_text(
        'athlete = "qmt-full-body"\nsource = "full-body example data of qmt, MIT licence"\n',
        encoding="utf-8",
    )


if __name__ == "__main__":
    write_folder(Path(sys.argv[1]), Path(sys.argv[2]), tuple(SEGMENTS))
    print(f"{sys.argv[2]}: {', '.join(SEGMENTS)}")
