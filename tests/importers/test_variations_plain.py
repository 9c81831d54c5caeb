"""Plain files, as other programs, countries and hands write them.

Each is the same eight samples of pelvis and left thigh, and comes in as if nothing were odd.
"""

import numpy as np
import pytest
from support.import_folders import NAMES
from support.maker_files import (
    ACC,
    EPOCH_S,
    FORCE_G,
    ROWS,
    assert_right,
    both,
    crlf,
    german,
    gyr_deg,
    gyr_rad,
    look,
    named,
    plain,
    table,
)

from imuhip.core.errors import RecordingError
from imuhip.importers.sources import Options

PLAIN_FILES = {
    "capitals": named("T", "ACC_X", "ACC_Y", "ACC_Z", "GYR_X", "GYR_Y", "GYR_Z"),
    "time": named("time", *NAMES[1:]),
    "timestamp": named("timestamp", *NAMES[1:]),
    "time (s)": named("time (s)", *NAMES[1:]),
    "t [s]": named("t [s]", *NAMES[1:]),
    "accX": named("t", "accX", "accY", "accZ", "gyrX", "gyrY", "gyrZ"),
    "acc x": named("t", "acc x", "acc y", "acc z", "gyr x", "gyr y", "gyr z"),
    "gyro_x": named("t", "acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z"),
    "accel": named("t", "accel_x", "accel_y", "accel_z", "gyro_x", "gyro_y", "gyro_z"),
    "gyroscope": named(
        "Time", *(f"Acceleration{a}" for a in "XYZ"), *(f"Gyroscope{a}" for a in "XYZ")
    ),
    "ROS": named(
        "timestamp",
        *(f"linear_acceleration.{a}" for a in "xyz"),
        *(f"angular_velocity.{a}" for a in "xyz"),
    ),
    "axes first": named("t", "x_acc", "y_acc", "z_acc", "x_gyr", "y_gyr", "z_gyr"),
    "axes in brackets": named("t", *(f"{q} ({a})" for q in ("acc", "gyr") for a in "XYZ")),
    "axes numbered from 1": named("t", *(f"{q}_{i}" for q in ("acc", "gyr") for i in (1, 2, 3))),
    "axes numbered from 0": named("t", *(f"{q}[{i}]" for q in ("acc", "gyr") for i in (0, 1, 2))),
    "imu before": named("sec", *(f"imu_{q}_{a}" for q in ("acc", "gyr") for a in "xyz")),
    "omega": named("Zeit", *NAMES[1:4], *(f"omega_{a} [rad/s]" for a in "xyz")),
    "thousandths": table(
        ("ms", *(f"acc_{a}_mg" for a in "xyz"), *(f"gyr_{a}_mdps" for a in "xyz")),
        lambda k: (10 * k, *(1e3 * g for g in FORCE_G), *(1e3 * g for g in gyr_deg(k))),
    ),
    "decimal commas in quotes": "\n".join(
        ";".join(f'"{c}"' for c in line.split(";")) for line in german(plain()).splitlines()
    ),
    "UTF-16, decimal commas": german(plain()).encode("utf-16"),
    "ax": named("t", "ax", "ay", "az", "gx", "gy", "gz"),
    "number of the row": table(("", *NAMES), lambda k: (k, f"{0.01 * k:.2f}", *ACC, *gyr_rad(k))),
    "semicolons, decimal commas": german(plain()),
    "commas both ways": "t,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z\n"
    + "\n".join(
        ",".join(f"{v:.6f}".replace(".", ",") for v in (0.01 * k, *ACC, *gyr_rad(k)))
        for k in range(ROWS)
    ),
    "spaces": plain(separator=" "),
    "spaces after commas": plain(separator=", "),
    "blank lines between": plain().replace("\n", "\n\n"),
    "comments above": "# made by hand\n# 2026-03-02\n" + plain(),
    "sep=": "sep=,\n" + plain(),
    "old Mac": plain().replace("\n", "\r"),
    "BOM, CRLF": "\ufeff" + crlf(plain()),
    "empty lines of commas at the end": plain() + ",,,,,,\n,,,,,,\n",
    "further column of NaN": plain()
    .replace("gyr_z\n", "gyr_z,quality\n")
    .replace("3.141592653589793\n", "3.141592653589793,NaN\n"),
    "µ and ²": named(
        "t",
        "acc_x [m/s²]",
        "acc_y [m/s²]",
        "acc_z [m/s²]",
        "gyr_x [rad/s]",
        "gyr_y [rad/s]",
        "gyr_z [rad/s]",
    ),
    "deg/s in brackets": plain(
        ("t", *NAMES[1:4], "gyr_x (deg/s)", "gyr_y (deg/s)", "gyr_z (deg/s)"), gyr=gyr_deg
    ),
    "units in names": plain(
        ("t", *NAMES[1:4], "gyr_x_deg_s", "gyr_y_deg_s", "gyr_z_deg_s"), gyr=gyr_deg
    ),
    "t_ms": plain(("t_ms", *NAMES[1:]), time=lambda k: 10 * k),
    "t (ms)": plain(("t (ms)", *NAMES[1:]), time=lambda k: 10 * k),
    "time_us": plain(("time_us", *NAMES[1:]), time=lambda k: 10_000 * k),
    "dead magnetometer": plain(more=("mag_x", "mag_y")),
}


@pytest.mark.parametrize("text", PLAIN_FILES.values(), ids=PLAIN_FILES.keys())
def test_plain(tmp_path, text):
    """Plain files as people write them: other names, units in names, odd lines."""
    rows, _ = look(tmp_path, both("{}.csv", text))
    assert_right(rows["pelvis"], 0.0)


TIMES = {
    "ISO, comma": lambda k: f"2026-03-02T10:00:00,{10 * k:03d}Z",
    "ISO, microseconds": lambda k: f"2026-03-02T10:00:00.{10_000 * k:06d}+00:00",
    "ISO, nanoseconds": lambda k: f"2026-03-02T10:00:00.{10_000_000 * k:09d}Z",
    "ISO, zone": lambda k: f"2026-03-02T12:00:00.{10 * k:03d}+02:00",
    "ISO, zone without colon": lambda k: f"2026-03-02T12:00:00.{10 * k:03d}+0200",
    "space": lambda k: f"2026-03-02 10:00:00.{10 * k:03d}",
    "one digit": lambda k: f"2026-3-2 10:0:0.{10 * k:03d}",
    "slashes": lambda k: f"2026/03/02 10:00:00.{10 * k:03d}",
    "German": lambda k: f"02.03.2026 10:00:00.{10 * k:03d}",
    "forenoon": lambda k: f"2026-03-02 10:00:00.{10 * k:03d} AM",
    "American": lambda k: f"3/2/2026 10:00:00.{10 * k:03d} am",
    "British": lambda k: f"02/03/2026 10:00:00.{10 * k:03d}",
    "Dutch": lambda k: f"02-03-2026 10:00:00.{10 * k:03d}",
    "Chinese": lambda k: f"2026年3月2日 上午10:00:00.{10 * k:03d}",
    "UTC": lambda k: f"2026-03-02T10:00:00.{10 * k:03d} UTC",
    "GMT and hours": lambda k: f"2026-03-02 12:00:00.{10 * k:03d} GMT+2",
    "a spreadsheet's days": lambda k: f"{46083 + (36000 + 0.01 * k) / 86400:.12f}",
    "basic": lambda k: f"20260302T100000.{10 * k:03d}Z",
    "quoted": lambda k: f'"2026-03-02T10:00:00.{10 * k:03d}Z"',
    "ms": lambda k: EPOCH_S * 1000 + 10 * k,
    "ms, fraction": lambda k: f"{EPOCH_S * 1000 + 10 * k}.000",
    "us": lambda k: EPOCH_S * 1_000_000 + 10_000 * k,
    "ns": lambda k: EPOCH_S * 1_000_000_000 + 10_000_000 * k,
    "s": lambda k: f"{EPOCH_S + 0.01 * k:.3f}",
    "s, exponent": lambda k: f"{EPOCH_S + 0.01 * k:.12e}",
}


@pytest.mark.parametrize("time", TIMES.values(), ids=TIMES.keys())
def test_plain_times(tmp_path, time):
    """Times since 1970 in every form."""
    rows, _ = look(tmp_path, both("{}.csv", plain(time=time, separator=";")))
    assert_right(rows["pelvis"], EPOCH_S)


@pytest.mark.parametrize("day", ["13/02/2026", "02/13/2026"])
def test_days_and_months_that_only_one_order_allows(tmp_path, day):
    """A number above twelve is the day."""
    text = plain(time=lambda k: f"{day} 10:00:00.{10 * k:03d}")
    rows, _ = look(tmp_path, both("{}.csv", text))
    assert_right(rows["pelvis"], EPOCH_S - 17 * 86400)


def test_days_and_months_across_midnight(tmp_path):
    """Of two orders the one by which a day passes, and not a month."""
    times = [f"03/02/2026 23:59:59.{960 + 10 * k}" for k in range(4)]
    times += [f"03/03/2026 00:00:00.{10 * k:03d}" for k in range(4)]
    rows, _ = look(tmp_path, both("{}.csv", plain(time=times.__getitem__)))
    np.testing.assert_allclose(np.diff(rows["pelvis"][:, 0]), 0.01, atol=1e-6)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-03-29T01:59:59", "2026-03-29T03:00:00"),
        ("2026-10-25T02:59:59", "2026-10-25T02:00:00"),
        ("01:59:59", "03:00:00"),
    ],
    ids=["begins", "ends", "begins, times of day"],
)
def test_summer_time_in_a_file(tmp_path, before, after):
    """The hour that a clock on the wall skips or repeats is taken out, and reported."""
    times = [f"{before}.{960 + 10 * k}" for k in range(4)]
    times += [f"{after}.{10 * k:03d}" for k in range(4)]
    rows, found = look(tmp_path, both("{}.csv", plain(time=times.__getitem__)))
    np.testing.assert_allclose(np.diff(rows["pelvis"][:, 0]), 0.01, atol=1e-6)
    assert "summer time" in found.warnings[0]


def test_an_hours_pause_is_no_summer_time(tmp_path):
    """A pause of an hour that begins anywhere else stays."""
    text = plain(time=lambda k: f"2026-03-29T0{1 + (k > 3)}:30:00.{10 * k:03d}")
    rows, _ = look(tmp_path, both("{}.csv", text))
    assert rows["pelvis"][-1, 0] - rows["pelvis"][0, 0] == pytest.approx(3600.07)


def test_times_of_day_that_pass_midnight_between_files(tmp_path):
    """A sensor begun after midnight lies after one begun before."""
    files = {
        "pelvis.csv": plain(time=lambda k: f"23:59:59.{950 + k}"),
        "thigh_left.csv": plain(time=lambda k: f"00:00:00.{k:03d}"),
    }
    rows, _ = look(tmp_path, files)
    assert rows["thigh_left"][0, 0] - rows["pelvis"][0, 0] == pytest.approx(0.05)


@pytest.mark.parametrize(("thousands", "decimal"), [(".", ","), (",", ".")])
def test_thousands_in_groups(tmp_path, thousands, decimal):
    """Points between thousands before a decimal comma, or commas before a decimal point."""
    lines = plain(time=lambda _: "@", separator=";").replace(".", decimal).split("@")
    times = [f"1{thousands}000{decimal}{10 * k:03d}" for k in range(ROWS)]
    text = lines[0] + "".join(t + line for t, line in zip(times, lines[1:], strict=True))
    rows, _ = look(tmp_path, both("{}.csv", text))
    assert_right(rows["pelvis"], 1000.0)


def test_times_that_a_spreadsheet_cut_are_refused_as_that(tmp_path):
    """A spreadsheet saves what it shows: minutes, seconds and tenths."""
    text = plain(time=lambda k: f"00:00.{k}")
    with pytest.raises(RecordingError, match="cut to tenths of a second, as spreadsheets"):
        look(tmp_path, both("{}.csv", text))


COUNTED = {
    "no column of times": (table(NAMES[1:], lambda k: (*ACC, *gyr_rad(k))), 0.0),
    "samples": (table(("sample", *NAMES[1:]), lambda k: (k, *ACC, *gyr_rad(k))), 0.0),
    "a counter that wraps": (
        table(("Packet Counter", *NAMES[1:]), lambda k: ((65533 + k) % 65536, *ACC, *gyr_rad(k))),
        655.33,
    ),
    "a counter of a byte": (
        table(("counter", *NAMES[1:]), lambda k: ((252 + k) % 256, *ACC, *gyr_rad(k))),
        2.52,
    ),
}


@pytest.mark.parametrize(("text", "t0"), COUNTED.values(), ids=COUNTED.keys())
def test_files_without_times(tmp_path, text, t0):
    """The rate is asked for, then taken, with the column that numbers the samples."""
    with pytest.raises(RecordingError, match=r"no column of times.*--rate 100"):
        look(tmp_path, both("{}.csv", text))
    rows, _ = look(tmp_path, both("{}.csv", text), Options(rate_hz=100.0))
    assert_right(rows["pelvis"], t0)


def test_a_sample_that_a_counter_leaves_out_is_a_gap(tmp_path):
    """So is a row that is left out, where nothing counts."""
    text = table(("sample", *NAMES[1:]), lambda k: (k + (k > 3), *ACC, *gyr_rad(k)))
    rows, _ = look(tmp_path, both("{}.csv", text), Options(rate_hz=100.0))
    assert np.diff(rows["pelvis"][:, 0]).round(6).tolist() == [0.01] * 3 + [0.02] + [0.01] * 3
    text = table(NAMES[1:], lambda k: (*ACC[:2], ACC[2] if k != 3 else "nan", *gyr_rad(k)))
    options = Options(rate_hz=100.0, drop_invalid=True)
    rows, _ = look(tmp_path, both("{}.csv", text), options)
    assert np.diff(rows["pelvis"][:, 0]).round(6).tolist() == [0.01] * 2 + [0.02] + [0.01] * 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (table((), lambda k: (0.01 * k, *ACC, *gyr_rad(k))), "The first line holds numbers. Put a"),
        (named("t", *(f"FreeAcc_{a}" for a in "XYZ"), *NAMES[4:]), "'FreeAcc_X', .* without grav"),
        (named("t", *(f"userAcceleration.{a}" for a in "xyz"), *NAMES[4:]), "without gravity"),
        (named("t", *(f"lin_acc_{a}" for a in "xyz"), *NAMES[4:]), "without gravity"),
    ],
    ids=["no names", "free", "user's", "linear"],
)
def test_what_is_missing_is_said_in_its_words(tmp_path, text, said):
    """No names, or acceleration without gravity: the sentence says which."""
    with pytest.raises(RecordingError, match=said):
        look(tmp_path, both("{}.csv", text))
