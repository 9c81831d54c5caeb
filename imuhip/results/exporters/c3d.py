"""C3D for Vicon Nexus, Visual3D, Mokka and whatever reads it: angles, their errors and events.

Angles are points of three components, named as Plug-in Gait does and listed in ``POINT:ANGLES``:
``LHipAngles``, ``RHipAngles`` (flexion, adduction, internal rotation) and ``PelvisAngles`` (tilt,
obliquity, rotation), in degrees with our signs. ``…SD`` is one standard deviation of the error with
soft tissue. What is not known has the residual -1. Marks, and start, turn and end of each counted
repetition, are events.

The first frame is number 1; ``IMUHIP:T_FIRST`` is its time in the session. A C3D file counts its
frames in 16 bits, so a longer session becomes several files in a folder.
"""

import errno
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, PELVIS_ANGLES, SIDES
from imuhip.core.errors import RecordingError
from imuhip.core.extras import need
from imuhip.core.records import Array, BoolArray
from imuhip.results.exporters.material import Event, Format, Material, events
from imuhip.results.schemas import Results, hip_column

FRAMES: Final = 60_000
"""Frames of one file at most: ten minutes. Readers differ on the last few thousand that fit."""

EVENTS: Final = 765
"""Events of one file at most: three parameters of 255, beside which the points still fit."""


def write_one(material: Material, path: Path) -> None:
    """Write one file; RecordingError where it would be too long for the format."""
    rows = material.results.angles.num_rows
    if rows > FRAMES:
        raise RecordingError(
            f"a C3D file holds {FRAMES / GRID_HZ / 60:g} minutes and these results "
            f"{rows / GRID_HZ / 60:.1f}; export a window with --from and --to, or into a folder, "
            "which then holds several files"
        )
    _write(material.results, 0, rows, path)


def write_folder(material: Material, folder: Path) -> tuple[str, ...]:
    """Write as many files as the session needs, each at most `FRAMES` long."""
    rows = material.results.angles.num_rows
    starts = range(0, rows, FRAMES)
    names = ["angles.c3d"] if len(starts) < 2 else [f"angles_{k + 1}.c3d" for k in range(99)]
    done = []
    for name, first in zip(names, starts, strict=False):
        _write(material.results, first, min(first + FRAMES, rows), folder / name)
        done.append(name)
    return tuple(done)


def _write(results: Results, first: int, stop: int, path: Path) -> None:
    """Write the rows `first` to `stop`, and the events between them."""
    ezc3d = need("ezc3d")
    labels, points = _points(results, first, stop)
    t = results.angles["t"].to_numpy()[first:stop]
    file = ezc3d.c3d()
    parameters = file["parameters"]
    parameters["POINT"]["RATE"]["value"] = [float(GRID_HZ)]
    parameters["POINT"]["UNITS"]["value"] = ["deg"]
    parameters["POINT"]["LABELS"]["value"] = labels
    parameters["POINT"]["DESCRIPTIONS"]["value"] = [_described(label) for label in labels]
    known: BoolArray = np.asarray(np.isfinite(points).all(axis=0))
    file["data"]["points"] = np.concatenate([np.where(known, points, 0.0), known[None]])
    file["data"]["meta_points"]["residuals"] = np.where(known, 0.0, -1.0)[None]
    file.add_parameter("POINT", "ANGLES", labels)
    file.add_parameter("POINT", "ANGLE_UNITS", ["deg"])
    file.add_parameter("IMUHIP", "T_FIRST", [float(t[0])])
    file.add_parameter("MANUFACTURER", "COMPANY", ["imuhip"])
    session = results.session
    version = (session.get("analyzed_with") or {}).get("imuhip", "")
    file.add_parameter("MANUFACTURER", "SOFTWARE", [f"imuhip {version}".strip()])
    subject = _ascii(str(session.get("athlete") or ""), _LABEL)
    file.add_parameter("SUBJECTS", "NAMES", [subject])
    file.add_parameter("SUBJECTS", "USED", [1])
    within = [event for event in events(results) if t[0] <= event.t < t[-1] + 1.0 / GRID_HZ]
    _add_events(file, within, float(t[0]), subject)
    _save(file, path, points.size // 3)


def _save(file: Any, path: Path, points: int) -> None:
    """Write a file; OSError where the disk did not take all of it, which ezc3d does not say."""
    own = path.with_name(f"{path.name}.c3d")  # ezc3d adds the ending where it is missing
    try:
        file.write(str(own))
        if own.stat().st_size < points * _POINT_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        own.replace(path)
    finally:
        own.unlink(missing_ok=True)


def _points(results: Results, first: int, stop: int) -> tuple[list[str], Array]:
    """Names, and ``(3, P, N)`` degrees."""
    table = results.angles.slice(first, stop - first)

    def three(columns: Sequence[str]) -> Array:
        return np.stack([table[name].to_numpy() for name in columns]).astype(np.float64)

    found = {}
    for side in SIDES:
        stem = f"{side[0].upper()}HipAngles"
        found[stem] = three([hip_column(name, side) for name in HIP_ANGLES])
        found[f"{stem}SD"] = three([hip_column(name, side, "sd_total") for name in HIP_ANGLES])
    found["PelvisAngles"] = three([f"pelvis_{name}_deg" for name in PELVIS_ANGLES])
    return list(found), np.stack(list(found.values()), axis=1)


def _described(label: str) -> str:
    if label == "PelvisAngles":
        return "tilt (anterior +), obliquity (right side lower +), rotation (to the left +)"
    if label.endswith("SD"):
        return "one standard deviation of the error, with soft tissue"
    return "flexion +, adduction +, internal rotation +; ISB Z-X-Y, against standing"


def _add_events(file: Any, found: Sequence[Event], t_first: float, subject: str) -> None:
    """Fill the group EVENT; a parameter holds 255, the next ones are LABELS2 and so on."""
    if len(found) > EVENTS:
        raise RecordingError(
            f"a C3D file holds {EVENTS} events and these results {len(found)}; export a window "
            "with --from and --to"
        )
    file.add_parameter("EVENT", "USED", [len(found)])
    for k in range(0, len(found), _PARAMETER):
        part = found[k : k + _PARAMETER]
        n = "" if k == 0 else str(k // _PARAMETER + 1)
        sides = ["General" if each.side is None else each.side.capitalize() for each in part]
        seconds = np.array([each.t - t_first for each in part])
        file.add_parameter("EVENT", f"CONTEXTS{n}", sides)
        file.add_parameter("EVENT", f"LABELS{n}", [_ascii(each.label, _LABEL) for each in part])
        file.add_parameter("EVENT", f"SUBJECTS{n}", [subject] * len(part))
        minutes = np.floor(seconds / 60.0)
        file.add_parameter("EVENT", f"TIMES{n}", np.stack([minutes, seconds - 60.0 * minutes]))


def _ascii(text: str, length: int) -> str:
    """As C3D can hold it: without accents, what is left of other letters as ``?``."""
    plain = unicodedata.normalize("NFKD", text).replace("ß", "ss")
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return letters.encode("ascii", "replace").decode()[:length]


_POINT_BYTES: Final = 16
_PARAMETER: Final = 255
_LABEL: Final = 32

_KINDS: Final = ("", "sd_total")
_COLUMNS: Final = (
    "t",
    *(hip_column(name, side, kind) for side in SIDES for name in HIP_ANGLES for kind in _KINDS),
    *(f"pelvis_{name}_deg" for name in PELVIS_ANGLES),
)

C3D: Final = Format(write_folder, {".c3d": write_one}, columns=_COLUMNS, sensors=False)
