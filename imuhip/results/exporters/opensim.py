"""Results in OpenSim's words: segment orientations (`.sto`) and coordinates (`.mot`).

Ground of OpenSim: X forward, Y up, Z to the right; forward is where the athlete faced in standing.
Bodies `pelvis`, `femur_r` and `femur_l` have the axes of our segments `b`: X forward, Y up, Z to
the right. The models Gait2392 and Rajagopal 2015 (github.com/opensim-org/opensim-models) define,
each as an intrinsic product read from left to right,

::

    ground → pelvis    Rz(pelvis_tilt)  Rx(pelvis_list)      Ry(pelvis_rotation)
    pelvis → femur_r   Rz(hip_flexion)  Rx(hip_adduction)    Ry(hip_rotation)
    pelvis → femur_l   Rz(hip_flexion)  Rx(-hip_adduction)   Ry(-hip_rotation)

so their hips have our signs, but their pelvis is tilted first and turned last, where ours (Baker
2001) is turned first and tilted last, with the tilt's sign turned round. Only where the pelvis
faces forward are the two angle for angle the same; so the pelvis is composed and taken apart anew.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, HIP_SIGNS, PELVIS_ANGLES, SIDES, Side
from imuhip.core.errors import RecordingError
from imuhip.core.quaternions import matrix_from_quaternion, multiply
from imuhip.core.records import Array, BoolArray
from imuhip.results.exporters.material import FileWriter, Format, Material, named_files
from imuhip.results.schemas import Results, hip_column


def orientations_sto(results: Results) -> Iterator[str]:
    """Yield the text of the segment orientations, as OpenSense reads them.

    Quaternions ``w,x,y,z`` of the calibrated segments in an earth with x forward in standing and
    z up: what OpenSense turns into its ground with its own default,
    ``sensor_to_opensim_rotations = -1.5707963 0 0``. Rows in which a segment is not known are left
    out; a thigh that is never known has no column.

    Parameters
    ----------
    results
        Of their angles the raw ones of the hips are used.
    """
    angles = results.angles
    sides = _known_sides(angles, "raw")
    q_pelvis = multiply(_EARTH_FROM_GROUND, _pelvis_in_ground(results))
    columns = {"pelvis_imu": q_pelvis}
    for side in sides:
        columns[f"{_BODY[side]}_imu"] = multiply(q_pelvis, _thigh_in_pelvis(angles, side))
    known = _known_rows(np.concatenate(list(columns.values()), axis=1))
    return _quaternions_text(
        _column(angles, "t")[known], {name: q[known] for name, q in columns.items()}
    )


def placement_sto(results: Results) -> Iterator[str]:
    """Yield one row for OpenSense's `IMUPlacer`: the segments as in the model's default pose.

    The orientations are those of segments already, so that each of its sensors sits on its body
    without a turn.
    """
    names = ["pelvis_imu", *(f"{_BODY[side]}_imu" for side in _known_sides(results.angles, "raw"))]
    return _quaternions_text(np.zeros(1), dict.fromkeys(names, _EARTH_FROM_GROUND[None]))


def angles_mot(results: Results) -> Iterator[str]:
    """Yield the coordinates in degrees; hip angles relative to the athlete's own standing.

    Rows in which an angle is not known are left out; the hip of a thigh that is never known has
    no columns. Angles go on beyond ±180° where an athlete keeps turning.
    """
    angles = results.angles
    matrix = matrix_from_quaternion(_pelvis_in_ground(results))
    columns = dict(zip(_PELVIS_COORDINATES, _cardan_zxy(matrix), strict=True))
    for side in reversed(_known_sides(angles, "")):
        for name in HIP_ANGLES:
            values = np.radians(_column(angles, hip_column(name, side)))
            columns[f"hip_{name}_{side[0]}"] = values
    known = _known_rows(np.stack(list(columns.values()), axis=1))
    degrees = [np.degrees(np.unwrap(values[known])) for values in columns.values()]
    t = _column(angles, "t")[known]
    head = ["angles", "version=1", f"nRows={len(t)}", f"nColumns={len(columns) + 1}"]
    head += ["inDegrees=yes", "endheader", "\t".join(("time", *columns))]
    return _text(head, t, [values[:, None] for values in degrees])


def _pelvis_in_ground(results: Results) -> Array:
    """The pelvis's orientation ``(N, 4)`` in OpenSim's ground."""
    tilt, obliquity, rotation = (
        np.radians(_column(results.angles, f"pelvis_{name}_deg")) for name in PELVIS_ANGLES
    )
    stood = np.radians(float(results.calibration.get("pelvis_obliquity_deg", 0.0)))
    return multiply(multiply(_about(1, rotation), _about(0, obliquity + stood)), _about(2, -tilt))


def _thigh_in_pelvis(angles: pa.Table, side: Side) -> Array:
    """The thigh's orientation ``(N, 4)`` in the pelvis, from the raw angles."""
    flexion, adduction, rotation = (
        sign * np.radians(_column(angles, hip_column(name, side, "raw")))
        for name, sign in zip(HIP_ANGLES, HIP_SIGNS[side], strict=True)
    )
    return multiply(multiply(_about(2, flexion), _about(0, adduction)), _about(1, rotation))


def _cardan_zxy(matrix: Array) -> tuple[Array, Array, Array]:
    """Angles of ``Rz Rx Ry``, of matrices ``(N, 3, 3)``."""
    across = np.sqrt(matrix[:, 0, 1] ** 2 + matrix[:, 1, 1] ** 2)
    return (
        np.arctan2(-matrix[:, 0, 1], matrix[:, 1, 1]),
        np.arctan2(matrix[:, 2, 1], across),
        np.arctan2(-matrix[:, 2, 0], matrix[:, 2, 2]),
    )


def _about(axis: int, angle: Array) -> Array:
    """Quaternions ``(N, 4)`` of turns ``(N,)`` about one axis of the frame."""
    q = np.zeros((len(angle), 4))
    q[:, 0] = np.cos(0.5 * angle)
    q[:, 1 + axis] = np.sin(0.5 * angle)
    q[np.isnan(angle)] = np.nan
    return q


def _known_sides(angles: pa.Table, kind: str) -> list[Side]:
    """The sides whose hip angles are known at least once; RecordingError if there is none."""
    flexion = {side: _column(angles, hip_column(HIP_ANGLES[0], side, kind)) for side in SIDES}
    sides = [side for side in SIDES if np.isfinite(flexion[side]).any()]
    if not sides:
        raise RecordingError(
            "there are no hip angles in what is to be exported, because the session or the window "
            "has no calibration and standing; OpenSim cannot hold angles that are not known"
        )
    return sides


def _known_rows(values: Array) -> BoolArray:
    """The rows of which everything is known; RecordingError if there is none."""
    known: BoolArray = np.all(np.isfinite(values), axis=1)
    if not known.any():
        raise RecordingError(
            "there is no time at which all segments are known; export a shorter window"
        )
    return known


def _column(table: pa.Table, name: str) -> Array:
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


def _quaternions_text(t: Array, columns: dict[str, Array]) -> Iterator[str]:
    head = [f"DataRate={GRID_HZ:.6f}", "DataType=Quaternion", "version=3"]
    head += [f"OpenSimVersion={_OPENSIM_VERSION}", "endheader", "\t".join(("time", *columns))]
    return _text(head, t, list(columns.values()))


def _text(head: list[str], t: Array, columns: list[Array]) -> Iterator[str]:
    """The lines of a file in pieces: times, then columns ``(N, k)`` whose numbers have commas."""
    yield "\n".join(head) + "\n"
    for first in range(0, len(t), _PIECE):
        rows = slice(first, first + _PIECE)
        cells = [
            pc.binary_join_element_wise(*(_words(part) for part in values[rows].T), ",")
            for values in columns
        ]
        lines = pc.binary_join_element_wise(_words(t[rows]), *cells, "\t").to_pylist()
        yield "\n".join(lines) + "\n"


def _words(values: Array) -> pa.Array:
    """Numbers as the shortest decimals that give every bit back."""
    return pc.cast(pa.array(np.ascontiguousarray(values)), pa.string())


_BODY: Final[dict[Side, str]] = {"left": "femur_l", "right": "femur_r"}
_PELVIS_COORDINATES: Final = ("pelvis_tilt", "pelvis_list", "pelvis_rotation")
_OPENSIM_VERSION: Final = "4.5"
_EARTH_FROM_GROUND: Final[Array] = np.array((np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0))
"""Maps X→x, Y→z, Z→-y: our earth has z up, OpenSim's ground y."""


_PIECE: Final = 30_000
"""Rows of which the text is made at once."""

_COLUMNS: Final = (
    "t",
    *(
        hip_column(name, side, kind)
        for side in SIDES
        for name in HIP_ANGLES
        for kind in ("", "raw")
    ),
    *(f"pelvis_{name}_deg" for name in PELVIS_ANGLES),
)


def _writer(text: Callable[[Results], Iterator[str]]) -> FileWriter:
    def write(material: Material, path: Path) -> None:
        """Write one file; rows that are not known are left out."""
        with path.open("w", encoding="ascii") as file:
            file.writelines(text(material.results))

    return write


_ORIENTATIONS: Final = _writer(orientations_sto)
_ANGLES: Final = _writer(angles_mot)

OPENSIM: Final = Format(
    named_files(
        {
            "orientations.sto": _ORIENTATIONS,
            "placement.sto": _writer(placement_sto),
            "angles.mot": _ANGLES,
        }
    ),
    {".sto": _ORIENTATIONS, ".mot": _ANGLES},
    columns=_COLUMNS,
    sensors=False,
)
