"""netCDF, read back by xarray."""

import numpy as np
import xarray as xr
from support.result_folders import results_folder

from imuhip.results.exporters.formats import export
from imuhip.results.schemas import read_results


def test_xarray_reads_every_bit_and_the_words(tmp_path):
    """Angles, deviations, validity and marks come back by label, with units and signs."""
    folder = results_folder(tmp_path / "results")
    export(folder, "netcdf", tmp_path / "a.nc")
    angles = read_results(folder).angles
    with xr.open_dataset(tmp_path / "a.nc") as data:
        assert data.angle.dims == ("time", "joint", "side", "axis")
        for side in ("left", "right"):
            hip = data.sel(joint="hip", side=side)
            for axis in ("flexion", "adduction", "rotation"):
                for variable, kind in (("angle", ""), ("sd", "_sd"), ("sd_total", "_sd_total")):
                    came = hip[variable].sel(axis=axis).to_numpy()
                    expected = angles[f"hip_{axis}_{side}{kind}_deg"].to_numpy()
                    assert np.array_equal(came, expected, equal_nan=True), (side, axis, kind)
            assert np.array_equal(hip.valid.to_numpy(), angles[f"valid_{side}"].to_numpy())
        assert data.valid.dtype == bool
        tilt = data.pelvis.sel(pelvis_axis="tilt").to_numpy()
        assert np.array_equal(tilt, angles["pelvis_tilt_deg"].to_numpy(), equal_nan=True)
        assert np.array_equal(data.time.to_numpy(), angles["t"].to_numpy())
        assert data.angle.attrs["units"] == "degree"
        assert "internal rotation +" in data.angle.attrs["sign"]
        assert "ISB Z-X-Y" in data.angle.attrs["definition"]
        assert data.attrs["recording_sha256"] == "0" * 64
        assert data.mark.sel(mark_time=12.5).item() == 'note:größer; "weiter"'


def test_a_session_without_marks_is_written_too(tmp_path):
    """A window in which nobody marked anything has no marks, and is no fault."""
    folder = results_folder(tmp_path / "results")
    export(folder, "netcdf", tmp_path / "a.nc", start_s=11.0, stop_s=12.0)
    with xr.open_dataset(tmp_path / "a.nc") as data:
        assert data.sizes["mark_time"] == 0
        assert data.sizes["time"] == 101
