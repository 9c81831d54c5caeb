"""Angles as labelled arrays: dims ``time, joint, side, axis``, attributes after CF.

xarray is an extra, imported when it is asked for.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from imuhip.core.conventions import GRID_HZ, HIP_ANGLES, PELVIS_ANGLES, SIDES
from imuhip.core.extras import need
from imuhip.core.records import Array, BoolArray
from imuhip.results.column_words import ANGLE_DEFINITION, PELVIS_POSITIVE, POSITIVE

if TYPE_CHECKING:
    import xarray as xr

JOINTS: Final = ("hip", "knee")
"""Joints with three angles; the knee where there are sensors on the shanks."""


def need_xarray() -> Any:
    """The module xarray; ImuhipError that says how to get it where it is not installed."""
    return need("xarray")


def angles_dataset(angles: pa.Table, about: Mapping[str, Any]) -> "xr.Dataset":
    """The table of `angles.parquet` as a dataset.

    Variables ``angle``, ``sd``, ``sd_total``, ``raw`` ``(time, joint, side, axis)`` and further
    kinds of angle on request, such as ``offline``; ``valid (time, joint, side)``; ``pelvis (time,
    pelvis_axis)``; and what further sensors show. Degrees; NaN where not known.

    Parameters
    ----------
    angles
        The table.
    about
        The contents of `session.json`.
    """
    names = angles.column_names
    joints = [j for j in JOINTS if any(name.startswith(f"{j}_") for name in names)]
    data: dict[str, Any] = {}
    for kind in _kinds(names):
        variable = kind or "angle"
        values = _stacked(angles, joints, kind)
        data[variable] = (_DIMS, values, _kind_attributes(kind))
    data["valid"] = (
        _DIMS[:3],
        _valid(angles, joints, data["angle"][1]),
        {"long_name": "the angle is known"},
    )
    pelvis = np.stack([_column(angles, f"pelvis_{name}_deg") for name in PELVIS_ANGLES], axis=-1)
    data["pelvis"] = (("time", "pelvis_axis"), pelvis, _PELVIS_ATTRIBUTES)
    data |= _further(angles)
    coordinates = {
        "time": ("time", _column(angles, "t"), _TIME_ATTRIBUTES),
        "joint": joints,
        "side": list(SIDES),
        "axis": list(HIP_ANGLES),
        "pelvis_axis": list(PELVIS_ANGLES),
    }
    found: xr.Dataset = need_xarray().Dataset(data, coordinates, dataset_attributes(about))
    return found


def dataset_attributes(about: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of a dataset of a session: CF's, and those that movement's users know."""
    versions = about.get("analyzed_with") or {}
    return {
        "Conventions": "CF-1.11",
        "title": "Hip and pelvis angles from inertial sensors",
        "source": "inertial sensors on pelvis and thighs",
        "source_software": f"imuhip {versions.get('imuhip', '')}".strip(),
        "source_file": str(about.get("recording") or ""),
        "recording_sha256": str(about.get("recording_sha256") or ""),
        "athlete": str(about.get("athlete") or ""),
        "tester": str(about.get("tester") or ""),
        "started": str(about.get("started") or ""),
        "fps": float(GRID_HZ),
        "time_unit": "seconds",
    }


def _kinds(names: Sequence[str]) -> list[str]:
    """What there is of the angles, in order: such as ``sd``; empty for the angle itself."""
    found = {}
    for name in names:
        match = _ANGLE.fullmatch(name)
        if match:
            found[match["kind"] or ""] = True
    return list(found)


def _stacked(angles: pa.Table, joints: Sequence[str], kind: str) -> Array:
    """``(N, joint, side, axis)``; NaN where there is no such column."""
    values = np.full((len(angles), len(joints), len(SIDES), len(HIP_ANGLES)), np.nan)
    ending = f"_{kind}_deg" if kind else "_deg"
    for j, joint in enumerate(joints):
        for s, side in enumerate(SIDES):
            for a, axis in enumerate(HIP_ANGLES):
                name = f"{joint}_{axis}_{side}{ending}"
                if name in angles.column_names:
                    values[:, j, s, a] = _column(angles, name)
    return values


def _valid(angles: pa.Table, joints: Sequence[str], values: Array) -> BoolArray:
    """``(N, joint, side)``: the hip's own word; of another joint, that its angles are known."""
    valid: BoolArray = np.asarray(np.isfinite(values).all(axis=-1))
    for s, side in enumerate(SIDES):
        valid[:, joints.index("hip"), s] = angles[f"valid_{side}"].to_numpy()
    return valid


def _further(angles: pa.Table) -> dict[str, Any]:
    """A variable ``(time,)`` for each other angle, such as of the trunk; sides are in the name."""
    known = re.compile(r"(hip|knee|pelvis)_.*")
    names = [n for n in angles.column_names if n.endswith("_deg") and not known.fullmatch(n)]
    return {
        name.removesuffix("_deg"): ("time", _column(angles, name), {"units": "degree"})
        for name in names
    }


def _kind_attributes(kind: str) -> dict[str, str]:
    shared = {"units": "degree", "definition": ANGLE_DEFINITION}
    signs = ", ".join(f"{word} +" for word in POSITIVE.values())
    if kind in _ERRORS:
        return {"units": "degree", "long_name": _ERRORS[kind]}
    attributes = shared | {"sign": f"{signs}, on both sides"}
    attributes["long_name"] = _LONG_NAMES.get(kind, f"joint angle, {kind}")
    if not kind:
        attributes["ancillary_variables"] = "sd sd_total valid"
    return attributes


def _column(table: pa.Table, name: str) -> Array:
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


_ANGLE: Final = re.compile(
    rf"hip_(?:{'|'.join(HIP_ANGLES)})_(?:{'|'.join(SIDES)})(?:_(?P<kind>\w+?))?_deg"
)
_DIMS: Final = ("time", "joint", "side", "axis")
_ERRORS: Final = {
    "sd": "one standard deviation of the angle's error, of the skin-mounted frames",
    "sd_total": "one standard deviation of the angle's error, with soft tissue",
}
_LONG_NAMES: Final = {
    "": "joint angle, relative to the athlete's own standing",
    "raw": "joint angle as the segment frames give it",
    "offline": "joint angle, estimated with the whole session known",
}
_TIME_ATTRIBUTES: Final = {"units": "s", "long_name": "session time"}
_PELVIS_ATTRIBUTES: Final = {
    "units": "degree",
    "long_name": "pelvis against the earth",
    "definition": "rotation, obliquity, tilt (Baker 2001)",
    "sign": ", ".join(f"{name}: {word} +" for name, word in PELVIS_POSITIVE.items()),
}
