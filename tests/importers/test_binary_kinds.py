"""Parquet as pandas writes it, HDF5 of others, and kinds of files that are not read."""

import h5py
import numpy as np
import pandas as pd
import pytest
from support.import_folders import NAMES
from support.maker_files import ACC, EPOCH_S, ROWS, assert_right, both, gyr_rad, lay, look, plain

from imuhip.core.errors import RecordingError

SAMPLES = pd.DataFrame([(0.01 * k, *ACC, *gyr_rad(k)) for k in range(ROWS)], columns=list(NAMES))
DATES = pd.to_datetime(1000 * EPOCH_S + 10 * np.arange(ROWS), unit="ms")
TIMES = {
    "dates": (DATES, EPOCH_S),
    "dates of a zone": (DATES.tz_localize("UTC").tz_convert("Europe/Berlin"), EPOCH_S),
    "dates as text": ([f"{at.isoformat(timespec='milliseconds')}Z" for at in DATES], EPOCH_S),
    "text with a zone": (
        [f"{at.isoformat(timespec='milliseconds')}+01:00" for at in DATES],
        EPOCH_S - 3600,
    ),
    "text without a zone": ([at.isoformat(timespec="milliseconds") for at in DATES], EPOCH_S),
    "spans": (pd.to_timedelta(10 * np.arange(ROWS), unit="ms"), 0.0),
}


def written(folder, table):
    """Parquet files of pelvis and left thigh."""
    folder.mkdir()
    for sensor in ("pelvis", "thigh_left"):
        table.to_parquet(folder / f"{sensor}.parquet")


@pytest.mark.parametrize(("times", "first"), TIMES.values(), ids=TIMES.keys())
def test_times_of_parquet(tmp_path, times, first):
    """Dates and spans have types of their own in Parquet, or are text."""
    written(tmp_path / "in", SAMPLES.assign(t=times))
    rows, _ = look(tmp_path, {})
    assert_right(rows["pelvis"], first)


def test_dates_as_the_index_of_a_frame(tmp_path):
    table = SAMPLES.drop(columns="t").set_index(pd.DatetimeIndex(DATES, name="time"))
    written(tmp_path / "in", table)
    rows, _ = look(tmp_path, {})
    assert_right(rows["pelvis"], EPOCH_S)


def test_words_in_parquet_are_no_times(tmp_path):
    written(tmp_path / "in", SAMPLES.assign(t="now"))
    with pytest.raises(RecordingError, match="Column t should hold numbers"):
        look(tmp_path, {})


def hdf5(path, *, gyr_rows=ROWS, units=True):
    """A group a sensor."""
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        for sensor in ("pelvis", "thigh_left"):
            group = file.create_group(sensor)
            group["t"] = SAMPLES["t"]
            group["acc"] = np.tile(ACC, (ROWS, 1))
            group["gyr"] = np.array([gyr_rad(k) for k in range(gyr_rows)])
            if units:
                group["acc"].attrs["units"], group["gyr"].attrs["units"] = "m/s^2", "rad/s"


@pytest.mark.parametrize(
    ("said", "spoiled"),
    [
        (r"group pelvis have different numbers of samples \(5 and 8\)", {"gyr_rows": 5}),
        (r"does not say the unit of acc. Name it with --units acc=UNIT", {"units": False}),
    ],
)
def test_hdf5_that_is_not_whole(tmp_path, said, spoiled):
    hdf5(tmp_path / "in" / "s.h5", **spoiled)
    with pytest.raises(RecordingError, match=said):
        look(tmp_path, {})


@pytest.mark.parametrize("name", ["{}", "{}.asc", "{}.ASC"])
def test_endings_that_text_may_have(tmp_path, name):
    rows, _ = look(tmp_path, both(name, plain()))
    assert_right(rows["pelvis"], 0.0)


@pytest.mark.parametrize("ending", [".xls", ".ods", ".gz"])
def test_kinds_that_are_not_read_are_named(tmp_path, ending):
    lay(tmp_path / "in", both("{}" + ending, b"\xd0\xcf\x11\xe0"))
    with pytest.raises(RecordingError, match=rf"Save files that end in {ending} as \.csv"):
        look(tmp_path, {})
