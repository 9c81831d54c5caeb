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

from collections.abc import Callable, Iterator, Sequence
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


def orientations_sto(material: Material) -> Iterator[str]:
    """Yield the text of the segment orientations, as OpenSense reads them.

    Quaternions ``w,x,y,z`` of the calibrated segments in an earth with x forward in standing and
    z up: what OpenSense turns into its ground with its own default,
    ``sensor_to_opensim_rotations = -1.5707963 0 0``. Rows in which a segment is not known are left
    out; a thigh that is never known has no column.

    Parameters
    ----------
    material
        Of its angles the raw ones of the hips are used.
    """
    sides = _known_sides(material, "raw")
    yield _quaternions_head(sides)
    found = False
    for angles in material.pieces("angles"):
        q_pelvis = multiply(_EARTH_FROM_GROUND, _pelvis_in_ground(angles, material.results))
        columns = [q_pelvis, *(multiply(q_pelvis, _thigh_in_pelvis(angles, s)) for s in sides)]
        known = _known_rows(columns)
        found = found or bool(known.any())
        yield from _lines(_column(angles, "t")[known], [q[known] for q in columns])
    if not found:
        raise _never_all_known()


def placement_sto(material: Material) -> Iterator[str]:
    """Yield one row for OpenSense's `IMUPlacer`: the segments as in the model's default pose.

    The orientations are those of segments already, so that each of its sensors sits on its body
    without a turn.
    """
    sides = _known_sides(material, "raw")
    yield _quaternions_head(sides)
    yield from _lines(np.zeros(1), [_EARTH_FROM_GROUND[None]] * (1 + len(sides)))


def angles_mot(material: Material) -> Iterator[str]:
    """Yield the coordinates in degrees; hip angles relative to the athlete's own standing.

    Rows in which an angle is not known are left out; the hip of a thigh that is never known has
    no columns. Angles go on beyond ±180° where an athlete keeps turning.
    """
    sides = _known_sides(material, "")[::-1]
    hips = [(name, side) for side in sides for name in HIP_ANGLES]
    names = (*_PELVIS_COORDINATES, *(f"hip_{name}_{side[0]}" for name, side in hips))
    rows = sum(int(_known_rows(each).sum()) for _, each in _coordinates(material, hips))
    if not rows:
        raise _never_all_known()
    head = ["angles", "version=1", f"nRows={rows}", f"nColumns={len(names) + 1}"]
    head += ["inDegrees=yes", "endheader", "\t".join(("time", *names))]
    yield "\n".join(head) + "\n"
    last = np.empty((len(names), 0))
    for t, columns in _coordinates(material, hips):
        known = _known_rows(columns)
        # From the row before on, so that a turn goes on across the pieces.
        whole = np.unwrap(np.hstack((last, np.stack(columns)[:, known])))
        values, last = np.degrees(whole[:, last.shape[1] :]), whole[:, -1:]
        yield from _lines(t[known], [each[:, None] for each in values])


def _coordinates(
    material: Material, hips: Sequence[tuple[str, Side]]
) -> Iterator[tuple[Array, list[Array]]]:
    """Yield times and the coordinates ``(N,)`` in radians, piece by piece."""
    for angles in material.pieces("angles"):
        matrix = matrix_from_quaternion(_pelvis_in_ground(angles, material.results))
        hip = [np.radians(_column(angles, hip_column(name, side))) for name, side in hips]
        yield _column(angles, "t"), [*_cardan_zxy(matrix), *hip]


def _pelvis_in_ground(angles: pa.Table, results: Results) -> Array:
    """The pelvis's orientation ``(N, 4)`` in OpenSim's ground."""
    tilt, obliquity, rotation = (
        np.radians(_column(angles, f"pelvis_{name}_deg")) for name in PELVIS_ANGLES
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


def _known_sides(material: Material, kind: str) -> list[Side]:
    """The sides whose hip angles are known at least once; RecordingError if there is none."""
    names = {side: hip_column(HIP_ANGLES[0], side, kind) for side in SIDES}
    known: set[Side] = set()
    for angles in material.pieces("angles"):
        known |= {side for side in SIDES if np.isfinite(_column(angles, names[side])).any()}
    if not known:
        raise RecordingError(
            "there are no hip angles in what is to be exported, because the session or the window "
            "has no calibration and standing; OpenSim cannot hold angles that are not known"
        )
    return [side for side in SIDES if side in known]


def _known_rows(columns: Sequence[Array]) -> BoolArray:
    """The rows of which everything is known."""
    return np.asarray(np.isfinite(np.column_stack(columns)).all(axis=1))


def _never_all_known() -> RecordingError:
    return RecordingError(
        "there is no time at which all segments are known; export a shorter window"
    )


def _column(table: pa.Table, name: str) -> Array:
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


def _quaternions_head(sides: Sequence[Side]) -> str:
    head = [f"DataRate={GRID_HZ:.6f}", "DataType=Quaternion", "version=3"]
    head += [f"OpenSimVersion={_OPENSIM_VERSION}", "endheader"]
    head += ["\t".join(("time", "pelvis_imu", *(f"{_BODY[side]}_imu" for side in sides)))]
    return "\n".join(head) + "\n"


def _lines(t: Array, columns: Sequence[Array]) -> Iterator[str]:
    """The lines of rows: times, then columns ``(N, k)`` whose numbers have commas between."""
    if not len(t):
        return
    cells = [pc.binary_join_element_wise(*map(_words, each.T), ",") for each in columns]
    lines = pc.binary_join_element_wise(_words(t), *cells, "\t").to_pylist()
    yield "\n".join(lines) + "\n"


def _words(values: Array) -> pa.Array:
    """Numbers as the shortest decimals that give every bit back."""
    return pc.cast(pa.array(np.ascontiguousarray(values)), pa.string())


_BODY: Final[dict[Side, str]] = {"left": "femur_l", "right": "femur_r"}
_PELVIS_COORDINATES: Final = ("pelvis_tilt", "pelvis_list", "pelvis_rotation")
_OPENSIM_VERSION: Final = "4.5"
_EARTH_FROM_GROUND: Final[Array] = np.array((np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0))
"""Maps X→x, Y→z, Z→-y: our earth has z up, OpenSim's ground y."""


def _writer(text: Callable[[Material], Iterator[str]]) -> FileWriter:
    def write(material: Material, path: Path) -> None:
        """Write one file; rows that are not known are left out."""
        with path.open("w", encoding="ascii") as file:
            file.writelines(text(material))

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
    columns=("t",),
    sensors=False,
)
