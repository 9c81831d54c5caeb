"""netCDF-4 for xarray, MATLAB, R and Panoply: angles as labelled arrays, and the marks."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from imuhip.core.extras import need
from imuhip.results.exporters.material import Format, Material, named_files
from imuhip.results.labelled import angles_dataset

if TYPE_CHECKING:
    import xarray as xr

_CHUNK: Final = 6000
"""Rows that are packed together: a minute."""


def write_netcdf(material: Material, path: Path) -> None:
    """Write one file, piece by piece; what is not known is NaN."""
    h5netcdf = need("h5netcdf")
    about = material.results.session
    pieces = (angles_dataset(angles, about) for angles in material.pieces("angles"))
    first = next(pieces)
    _begin(material, first, path)
    rows = first.sizes["time"]
    with h5netcdf.File(path, "a") as file:
        for piece in pieces:
            rows = _append(file, piece, rows)


def _begin(material: Material, piece: "xr.Dataset", path: Path) -> None:
    """Write the marks, and the first piece of what has a time, which may grow."""
    marks = material.results.session.get("marks") or []
    packed: dict[str, dict[str, Any]] = {
        str(name): {"zlib": True, "chunksizes": (_CHUNK, *each.shape[1:])}
        for name, each in piece.variables.items()
        if each.dims[:1] == ("time",)
    }
    data = piece.assign_coords(mark_time=np.array([mark["t"] for mark in marks], dtype=np.float64))
    data["mark_time"].attrs = {"units": "s", "long_name": "session time of a mark"}
    data["mark"] = ("mark_time", np.array([mark["label"] for mark in marks], dtype=object))
    data.to_netcdf(path, engine="h5netcdf", encoding=packed, unlimited_dims=["time"])


def _append(file: Any, piece: "xr.Dataset", rows: int) -> int:
    """Add a piece behind the rows that are there; return how many there are then."""
    stop = rows + int(piece.sizes["time"])
    file.resize_dimension("time", stop)
    for name, each in piece.variables.items():
        if each.dims[:1] == ("time",):
            file.variables[str(name)][rows:stop] = each.values
    return stop


NETCDF: Final = Format(
    named_files({"angles.nc": write_netcdf}),
    {".nc": write_netcdf},
    columns=("t",),
    sensors=False,
)
