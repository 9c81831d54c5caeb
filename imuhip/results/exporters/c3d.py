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
import struct
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, PELVIS_ANGLES, SIDES
from imuhip.core.errors import RecordingError
from imuhip.core.extras import need
from imuhip.core.records import Array
from imuhip.results.exporters.material import Event, Format, Material, events
from imuhip.results.schemas import Results, hip_column

Singles: TypeAlias = NDArray[np.float32]

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
    t = material.results.angles["t"].to_numpy()
    _write(material.results, t, np.concatenate(list(_parts(material))), path)


def write_folder(material: Material, folder: Path) -> tuple[str, ...]:
    """Write as many files as the session needs, each at most `FRAMES` long."""
    t = material.results.angles["t"].to_numpy()
    done: list[str] = []
    for part in _parts(material):
        name = f"angles_{len(done) + 1}.c3d" if len(t) > FRAMES else "angles.c3d"
        first = FRAMES * len(done)
        _write(material.results, t[first : first + len(part)], part, folder / name)
        done.append(name)
    return tuple(done)


def _parts(material: Material) -> Iterator[Singles]:
    """Yield all rows as `_frames`, `FRAMES` at a time, the last part shorter."""
    waiting = np.empty((0, len(_POINTS), 4), dtype="<f4")
    for piece in material.pieces("angles"):
        waiting = np.concatenate([waiting, _frames(piece)])
        while len(waiting) >= FRAMES:
            yield waiting[:FRAMES]
            waiting = waiting[FRAMES:]
    if len(waiting):
        yield waiting


def _write(results: Results, t: Array, frames: Singles, path: Path) -> None:
    """Write frames at their times, and the events between them."""
    ezc3d = need("ezc3d")
    labels = list(_POINTS)
    file = ezc3d.c3d()
    parameters = file["parameters"]
    parameters["POINT"]["RATE"]["value"] = [float(GRID_HZ)]
    parameters["POINT"]["UNITS"]["value"] = ["deg"]
    parameters["POINT"]["LABELS"]["value"] = labels
    parameters["POINT"]["DESCRIPTIONS"]["value"] = [_described(label) for label in labels]
    file["data"]["points"] = np.zeros((3, len(labels), 1))
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
    _save(file, path, frames)


def _save(file: Any, path: Path, frames: Singles) -> None:
    """Write the head by ezc3d, with one frame, and the frames ``(N, P, 4)`` in its place.

    Of frames that it writes itself ezc3d never gives the memory back: 16 MB in ten minutes.
    OSError where the disk did not take all of the head, which ezc3d does not say.
    """
    own = path.with_name(f"{path.name}.c3d")  # ezc3d adds the ending where it is missing
    try:
        own.touch()  # ezc3d says nothing of a file that it cannot make
        file.write(str(own))
        written = own.read_bytes()
    finally:
        own.unlink(missing_ok=True)
    blocks = _COUNT.unpack_from(written, _DATA_BLOCK_AT)[0] if len(written) > _BLOCK else 0
    head = bytearray(written[: _BLOCK * (blocks - 1)])
    if not blocks or len(written) < len(head) + frames[:1].nbytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    padding = bytes(-frames.nbytes % _BLOCK)
    name = head.index(_FRAMES)  # POINT is the first group, so no text stands before
    for place in (_LAST_FRAME_AT, name + len(_FRAMES)):
        _COUNT.pack_into(head, place, len(frames))
    end = (len(head) + frames.nbytes + len(padding)) // _BLOCK + 1
    _COUNT.pack_into(head, head.rindex(_ROTATIONS_START) + len(_ROTATIONS_START), end)
    with path.open("wb") as out:
        out.write(head)
        out.write(frames.tobytes())
        out.write(padding)


def _frames(table: pa.Table) -> Singles:
    """Points of the rows ``(N, P, 4)``: three angles in degrees, and 0, or -1 where not known."""
    frames = np.zeros((table.num_rows, len(_POINTS), 4), dtype="<f4")
    for place, columns in enumerate(_POINTS.values()):
        for axis, name in enumerate(columns):
            frames[:, place, axis] = table[name].to_numpy()
    unknown = ~np.isfinite(frames).all(axis=-1)
    frames[unknown] = (0.0, 0.0, 0.0, -1.0)
    return frames


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


_BLOCK: Final = 512
_COUNT: Final = struct.Struct("<H")
_LAST_FRAME_AT: Final = 8
_DATA_BLOCK_AT: Final = 16
"""In the head: the number of the last frame, and the block in which frames begin, from 1."""

_FRAMES: Final = b"FRAMES\x07\x00\x02\x00"
_ROTATIONS_START: Final = b"DATA_START\x07\x00\x02\x00"
"""Parameters of the head, up to their value: name, length, 16 bits, a single number."""

_PARAMETER: Final = 255
_LABEL: Final = 32

_POINTS: Final = {
    **{
        f"{side[0].upper()}HipAngles{ending}": [hip_column(name, side, kind) for name in HIP_ANGLES]
        for side in SIDES
        for ending, kind in (("", ""), ("SD", "sd_total"))
    },
    "PelvisAngles": [f"pelvis_{name}_deg" for name in PELVIS_ANGLES],
}
"""Name of a point to the columns of its three components."""

C3D: Final = Format(write_folder, {".c3d": write_one}, columns=("t",), sensors=False)
