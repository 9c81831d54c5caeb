"""Clocks that begin again or are cut short, and units that names tell oddly or not at all."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from support.import_folders import NAMES
from support.maker_files import (
    ACC,
    EPOCH_S,
    FORCE_G,
    assert_right,
    both,
    gyr_deg,
    gyr_rad,
    look,
    plain,
    table,
)

from imuhip.core.errors import RecordingError
from imuhip.importers.checks import sensor_warnings
from imuhip.importers.sources import Options

ROWS = 400


def long(time, name="t"):
    """Plain files of four seconds at 100 Hz, of two sensors that are not alike."""

    def of(x):
        row = lambda k: (time(k), x, *ACC[1:], *gyr_rad(k))  # noqa: E731
        return table((name, *NAMES[1:]), row, rows=ROWS)

    return {"pelvis.csv": of(ACC[0]), "thigh_left.csv": of(0.1)}


def at(k, form="%Y-%m-%dT%H:%M:%S"):
    moment = datetime(2026, 3, 2, 10, tzinfo=UTC) + timedelta(milliseconds=10 * k)
    return moment.strftime(form)


ROUND = {
    "ms of 16 bits": (long(lambda k: (64_000 + 10 * k) % 65_536, "t_ms"), 64.0),
    "µs of 32 bits": (long(lambda k: (2**32 - 10**6 + 10_000 * k) % 2**32, "t_us"), 4293.967296),
    "seconds of the minute": (long(lambda k: f"{(58 + 0.01 * k) % 60:.2f}"), 58.0),
    "seconds of the day": (long(lambda k: f"{(86_398 + 0.01 * k) % 86_400:.2f}"), 86_398.0),
}


@pytest.mark.parametrize(("files", "first"), ROUND.values(), ids=ROUND.keys())
def test_a_clock_that_begins_again_goes_on(tmp_path, files, first):
    """Counters wrap, and it is reported; the samples stay 10 ms apart."""
    rows, found = look(tmp_path, files)
    assert_right(rows["pelvis"], first, n=ROWS)
    assert any("begins again" in said for said in found.warnings)


def test_a_fall_that_no_clock_explains_is_refused(tmp_path):
    """Two recordings in one file are no wrap."""
    with pytest.raises(RecordingError, match="Time runs backwards"):
        look(tmp_path, long(lambda k: f"{30 + 0.01 * (k % 200):.2f}"))


CUT = {
    "dates of whole seconds": (long(at), EPOCH_S, 100),
    "dates of tenths": (long(lambda k: f"{at(k)}.{10 * k % 1000 // 100}"), EPOCH_S, 10),
    "times of day": (long(lambda k: at(k, "%H:%M:%S")), 36_000.0, 100),
    "seconds since 1970": (long(lambda k: EPOCH_S + k // 100), EPOCH_S, 100),
}


@pytest.mark.parametrize(("files", "first", "size"), CUT.values(), ids=CUT.keys())
def test_stamps_without_fractions_share_out_their_rows(tmp_path, files, first, size):
    """The rate comes of the rows a second, the first row of a stamp has its time."""
    rows, found = look(tmp_path, files)
    assert_right(rows["pelvis"], first, n=ROWS)
    assert f"{size} rows share a time; the samples are taken as evenly spaced" in found.warnings[0]


def test_a_file_that_begins_within_a_second(tmp_path):
    """The first stamp has fewer rows, and does not change the rate."""
    rows, _ = look(tmp_path, long(lambda k: at(k + 37)))
    np.testing.assert_allclose(rows["pelvis"][:, 0], EPOCH_S + 0.37 + 0.01 * np.arange(ROWS))


def test_windows_100_ns(tmp_path):
    text = plain(time=lambda k: (EPOCH_S + 11_644_473_600) * 10**7 + 100_000 * k)
    rows, found = look(tmp_path, both("{}.csv", text))
    np.testing.assert_allclose(rows["pelvis"][:, 0] - EPOCH_S, 0.01 * np.arange(8), atol=1e-5)
    assert any("since 1601" in said for said in found.warnings)


def test_matlab_days(tmp_path):
    text = plain(time=lambda k: f"{740_043 + (36_000 + 0.01 * k) / 86_400:.12f}")
    rows, found = look(tmp_path, both("{}.csv", text))
    np.testing.assert_allclose(rows["pelvis"][:, 0] - EPOCH_S, 0.01 * np.arange(8), atol=1e-4)
    assert any("MATLAB's days" in said for said in found.warnings)


def test_times_faster_than_any_sensor_are_refused(tmp_path):
    with pytest.raises(RecordingError, match="faster than any sensor of movement"):
        look(tmp_path, both("{}.csv", plain(time=lambda k: f"{1e-7 * k:.8f}")))


NAMED = {
    "epoch_ms": (("epoch_ms", *NAMES[1:]), lambda k: (EPOCH_S * 1000 + 10 * k, *ACC, *gyr_rad(k))),
    "usec": (("time_usec", *NAMES[1:]), lambda k: (10_000 * k, *ACC, *gyr_rad(k))),
    "g-force": (
        ("time", "gFx", "gFy", "gFz", "wx", "wy", "wz"),
        lambda k: (0.01 * k, *FORCE_G, *gyr_rad(k)),
    ),
    "short names with units": (
        ("Time (s)", *(f"A{a} (g)" for a in "xyz"), *(f"G{a} (dps)" for a in "xyz")),
        lambda k: (0.01 * k, *FORCE_G, *gyr_deg(k)),
    ),
    "as R writes them": (
        ("X1.time", *(f"Acc.{a}..g." for a in "XYZ"), *(f"Gyro.{a}..deg.s." for a in "XYZ")),
        lambda k: (0.01 * k, *FORCE_G, *gyr_deg(k)),
    ),
    "mss": (
        ("t", "acc_x_mss", "acc_y_mss", "acc_z_mss", *NAMES[4:]),
        lambda k: (0.01 * k, *ACC, *gyr_rad(k)),
    ),
    "superscripts": (
        ("t", *(f"acc_{a} [m·s⁻²]" for a in "xyz"), *(f"gyr_{a} [rad·s⁻¹]" for a in "xyz")),
        lambda k: (0.01 * k, *ACC, *gyr_rad(k)),
    ),
    "signs like that of degree": (
        ("t", *(f"acc_{a} [g's]" for a in "xyz"), "gyr_x [º/s]", "gyr_y [˚/s]", "gyr_z [°/s]"),
        lambda k: (0.01 * k, *FORCE_G, *gyr_deg(k)),
    ),
}


@pytest.mark.parametrize(("names", "row"), NAMED.values(), ids=NAMED.keys())
def test_names_and_units_of_other_programs(tmp_path, names, row):
    rows, _ = look(tmp_path, both("{}.csv", table(names, row)))
    first = EPOCH_S if names[0] == "epoch_ms" else 0.0
    assert_right(rows["pelvis"], first)


def test_a_vector_of_which_one_axis_names_its_unit(tmp_path):
    """Nobody knows the unit of the others: it is asked for, then taken for all."""
    names = ("t", "acc_x", "acc_y [g]", "acc_z [g]", *NAMES[4:])
    files = both("{}.csv", table(names, lambda k: (0.01 * k, *FORCE_G, *gyr_rad(k))))
    with pytest.raises(RecordingError, match=r"acc_x names no unit.*--units acc=g"):
        look(tmp_path, files)
    rows, _ = look(tmp_path, files, Options(units={"acc": "g"}))
    assert_right(rows["pelvis"], 0.0)


def test_a_gyroscope_that_was_off_is_reported(tmp_path):
    text = table(NAMES, lambda k: (0.01 * k, 0.5, 0.01 * (k % 7), 9.8, 0, 0, 0), rows=ROWS)
    _, found = look(tmp_path, long(lambda k: 0.01 * k) | {"pelvis.csv": text})
    said = sensor_warnings(found.files)
    assert any("pelvis" in each and "gyroscope was off" in each for each in said)
