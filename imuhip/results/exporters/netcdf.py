"""netCDF-4 for xarray, MATLAB, R and Panoply: angles as labelled arrays, and the marks."""

from pathlib import Path
from typing import Final

import numpy as np

from imuhip.core.extras import need
from imuhip.results.exporters.material import Format, Material, named_files
from imuhip.results.labelled import angles_dataset


def write_netcdf(material: Material, path: Path) -> None:
    """Write one file; what is not known is NaN."""
    need("h5netcdf")
    results = material.results
    data = angles_dataset(results.angles, results.session)
    marks = results.session.get("marks") or []
    data["mark"] = ("mark_time", np.array([mark["label"] for mark in marks], dtype=object))
    data = data.assign_coords(mark_time=np.array([mark["t"] for mark in marks], dtype=np.float64))
    data["mark_time"].attrs = {"units": "s", "long_name": "session time of a mark"}
    packed = {name: {"zlib": True} for name in data.data_vars if name != "mark"}
    data.to_netcdf(path, engine="h5netcdf", encoding=packed)


NETCDF: Final = Format(
    named_files({"angles.nc": write_netcdf}), {".nc": write_netcdf}, sensors=False
)
