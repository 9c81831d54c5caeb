"""Angles as labelled arrays, data frame and Arrow table say the same."""

import builtins

import numpy as np
import pytest
import xarray as xr

import imuhip


def test_labelled_arrays_have_the_promised_names(session):
    """Dims, variables, units, sign and definition are those that are promised."""
    data = session.angles.to_xarray()
    assert data.angle.dims == ("time", "joint", "side", "axis")
    assert data.valid.dims == ("time", "joint", "side")
    assert set(data.data_vars) >= {"angle", "sd", "sd_total", "raw", "valid", "pelvis"}
    assert list(data.joint.to_numpy()) == ["hip"]
    assert list(data.side.to_numpy()) == ["left", "right"]
    assert list(data.axis.to_numpy()) == ["flexion", "adduction", "rotation"]
    assert data.angle.attrs["units"] == "degree"
    assert data.angle.attrs["sign"] == (
        "flexion +, adduction +, internal rotation +, on both sides"
    )
    assert data.angle.attrs["definition"].startswith("ISB Z-X-Y")
    assert data.time.attrs["units"] == "s"
    assert data.attrs["fps"] == 100.0
    assert data.attrs["source_file"] == "squats.mcap"


def test_all_three_forms_agree(session):
    """Each column of the data frame is the Arrow table's, and its place in the arrays."""
    data, frame = session.angles.to_xarray(), session.angles.to_pandas()
    table = session.angles.to_arrow()
    assert table.column_names == list(frame)
    assert len(session.angles) == len(frame) == data.sizes["time"]
    for side in ("left", "right"):
        for axis in ("flexion", "adduction", "rotation"):
            for variable, kind in (("angle", ""), ("sd", "_sd"), ("raw", "_raw")):
                name = f"hip_{axis}_{side}{kind}_deg"
                came = data[variable].sel(joint="hip", side=side, axis=axis).to_numpy()
                assert np.array_equal(came, frame[name], equal_nan=True)
                assert np.array_equal(came, table[name].to_numpy(), equal_nan=True)
    assert np.array_equal(data.time, frame["t"])
    assert frame.attrs["units"]["hip_rotation_left_deg"] == "deg"
    assert table.schema.field("hip_rotation_left_deg").metadata[b"unit"] == b"deg"
    assert data.angle.isnull().any(), "before standing there are no hip angles"


def test_columns_on_request_are_variables(squats):
    """Angles by another definition, and offline ones, are variables of their own."""
    data = imuhip.analyze(squats, columns=("swing", "offline")).angles.to_xarray()
    frame = imuhip.analyze(squats, columns=("swing", "offline")).angles.to_pandas()
    swing = data.swing.sel(joint="hip", side="left")
    expected = frame["hip_rotation_left_swing_deg"]
    assert np.array_equal(swing.sel(axis="rotation"), expected, equal_nan=True)
    assert swing.sel(axis="flexion").isnull().all()
    offline = data.offline.sel(joint="hip", side="right", axis="flexion")
    assert np.array_equal(offline, frame["hip_flexion_right_offline_deg"], equal_nan=True)


def test_xarray_is_asked_for_by_name(session, monkeypatch):
    """Without xarray the message says which extra brings it."""
    real = builtins.__import__
    monkeypatch.setattr(
        "imuhip.core.extras.import_module",
        lambda name: real("no_such_library") if name == "xarray" else real(name),
    )
    with pytest.raises(imuhip.ImuhipError, match=r"pip install 'imuhip\[lab\]'"):
        session.angles.to_xarray()
    assert len(session.angles.to_pandas())


def test_a_dataset_lives_in_a_file(session, tmp_path):
    """What xarray writes, xarray reads: the same arrays."""
    data = session.angles.to_xarray()
    data.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "a.nc") as back:
        xr.testing.assert_equal(back.load(), data)
