"""The kinds of files once more, as other ages, countries, programs and hands write them.

Each is the same eight samples of pelvis and left thigh, and comes in as if nothing were odd.
"""

import numpy as np
import pytest
from support.import_folders import NAMES
from support.maker_files import (
    ACC,
    ROWS,
    G,
    assert_right,
    both,
    gyr_deg,
    gyr_rad,
    look,
    table,
)

from imuhip.core.errors import RecordingError
from imuhip.importers.sources import Options

FORCE_G = tuple(a / G for a in ACC)
EPOCH_S = 1_772_445_600


def german(text: str, separator: str = ";") -> str:
    """The text with decimal commas and another separator."""
    return text.replace(",", separator).replace(".", ",")


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


# --- Xsens MT Manager ----------------------------------------------------------------------------

MT_HEAD = "// Start Time: Unknown\n// Update Rate: 100.0Hz\n// Firmware Version: 4.6.0\n"
MT_NEW = (
    "// General information: \n//  MT Manager version: 2022.2.0 \n// Device information: \n"
    "//  DeviceId: 00B40001\n//  ProductCode: MTW2\n// Device settings: \n"
    "//  Filter Profile: human(46.1)\n//  Update Rate: 100.0Hz\n// Coordinate system: ENU\n"
)
MT_NAMES = ("Acc_X", "Acc_Y", "Acc_Z", "Gyr_X", "Gyr_Y", "Gyr_Z")


def mt(
    head=MT_HEAD, names=("PacketCounter", "SampleTimeFine"), cells=None, separator="\t", more=()
):
    cells = cells or (lambda k: (f"{(65533 + k) % 65536:05d}", ""))
    return table(
        (*names, *MT_NAMES, *more),
        lambda k: (*cells(k), *ACC, *gyr_rad(k), *("0.1" for _ in more)),
        separator,
        before=head,
    )


MT_FILES = {
    "spaces": mt(names=("PacketCounter",), cells=lambda k: ((65533 + k) % 65536,), separator=" "),
    "spaces, empty cells": mt(separator=" "),
    "aligned spaces": mt(
        names=("PacketCounter",), cells=lambda k: (f"{(65533 + k) % 65536:>8}",), separator="   "
    ),
    "Counter": mt(names=("Counter",), cells=lambda k: ((65533 + k) % 65536,)),
    "newer head with a rate": mt(MT_NEW),
    "NaN in capitals": mt(cells=lambda k: ((65533 + k) % 65536, "NAN")),
    "nan": mt(cells=lambda k: ((65533 + k) % 65536, "nan")),
    "CRLF": crlf(mt()),
    "BOM": "\ufeff" + mt(),
    "UTF-16": mt().encode("utf-16"),
    "separator at the ends of lines": mt().replace("\n", "\t\n").replace("Hz\t", "Hz"),
    "blank line above the names": mt(MT_HEAD + "\n"),
    "blank lines at the end": mt() + "\n\n\n",
    "decimal commas, semicolons": german(mt(separator=",")).replace("100,0Hz", "100.0Hz"),
    "decimal commas, tabs": mt().replace(".", ",").replace("100,0Hz", "100.0Hz"),
    "decimal comma in the rate": mt().replace("100.0Hz", "100,0Hz"),
    "further columns": mt(more=("Mat[1][1]", "Roll", "Pitch", "Yaw")),
    "comments between names and samples": mt().replace("Gyr_Z\n", "Gyr_Z\n// Latitude: 52\n"),
    "counter with fraction": mt(cells=lambda k: (f"{(65533 + k) % 65536}.000000", "")),
    "quoted": "\n".join(
        line if line.startswith("//") else ",".join(f'"{cell}"' for cell in line.split("\t"))
        for line in mt().splitlines()
    ),
}


@pytest.mark.parametrize("text", MT_FILES.values(), ids=MT_FILES.keys())
@pytest.mark.parametrize("name", ["{}.txt", "{}.TXT"])
def test_xsens(tmp_path, text, name):
    """MT Manager's text, by counter and rate: the counter wraps after the third row."""
    rows, found = look(tmp_path, both(name, text))
    assert found.files[0].format_name == "Xsens MT"
    assert_right(rows["pelvis"], 655.33)
    assert_right(rows["thigh_left"], 655.33)


@pytest.mark.parametrize("first", [10_000, 2**32 - 200], ids=["plain", "wraps"])
@pytest.mark.parametrize("names", [("PacketCounter", "SampleTimeFine"), ("SampleTimeFine",)])
def test_xsens_stamps(tmp_path, first, names):
    """Stamps of 0.1 ms give the time, across their wrap; a counter need not be there."""
    cells = lambda k: (7 + k, (first + 100 * k) % 2**32)[-len(names) :]  # noqa: E731
    rows, _ = look(tmp_path, both("{}.txt", mt("// Start Time: Unknown\n", names, cells)))
    assert_right(rows["pelvis"], first * 1e-4)


def test_xsens_lost_packets_stay_a_gap(tmp_path):
    """What the counter left out is a gap, at its own length, across the wrap too."""
    cells = lambda k: ((65533 + k + 4 * (k > 3)) % 65536, "")  # noqa: E731
    rows, _ = look(tmp_path, both("{}.txt", mt(cells=cells)))
    np.testing.assert_allclose(np.diff(rows["pelvis"][:, 0])[[2, 3, 4]], (0.01, 0.05, 0.01))


@pytest.mark.parametrize(("pelvis", "thigh"), [(65533, 1), (1, 65533), (10, 12), (65000, 300)])
def test_xsens_right_thigh_too(tmp_path, pelvis, thigh):
    """A station's counter that one of three sensors met after it wrapped."""
    start = lambda first: mt(cells=lambda k: ((first + k) % 65536, ""))  # noqa: E731
    files = {"pelvis.txt": start(pelvis), "thigh_left.txt": start(thigh)}
    files["thigh_right.txt"] = start(pelvis)
    rows, _ = look(tmp_path, files)
    apart = (thigh - pelvis + 32768) % 65536 - 32768
    firsts = {name: values[0, 0] for name, values in rows.items()}
    assert firsts["thigh_left"] - firsts["pelvis"] == pytest.approx(apart / 100, abs=1e-6)
    assert firsts["thigh_right"] == firsts["pelvis"]


# --- WitMotion -----------------------------------------------------------------------------------

WIT_NEW = ["time", "DeviceName", "ChipTime()", "AccX(g)", "AccY(g)", "AccZ(g)"]
WIT_NEW += ["AsX(°/s)", "AsY(°/s)", "AsZ(°/s)"]
WIT_OLD = ["Time", "Device name", "Chip Time()"]
WIT_OLD += [f"Acceleration {a}(g)" for a in "XYZ"] + [f"Angular velocity {a}(°/s)" for a in "XYZ"]
WIT_OLDER = ["Chiptime", "ax(g)", "ay(g)", "az(g)", "wx(deg/s)", "wy(deg/s)", "wz(deg/s)"]


def wit(names=WIT_NEW, cells=None, separator="\t"):
    cells = cells or (lambda k: (f"10:00:00.{50 + 10 * k:03d}", "WT901(a1)", chip(k)))
    return table(
        [*names, "AngleX(°)", "T(°C)"],
        lambda k: (*cells(k), *(f"{g:.7f}" for g in FORCE_G), *gyr_deg(k), "1.0", "25"),
        separator,
    )


def chip(k, date="2026-3-2 "):
    return f"{date}10:00:00.{50 + 10 * k:03d}"


WIT_FILES = {
    "old names": wit(WIT_OLD),
    "commas": wit(separator=","),
    "semicolons, decimal commas": german(wit(separator=",")),
    "tabs, decimal commas": german(wit(separator=","), "\t"),
    "commas both ways": wit(separator=",").replace(".", ","),
    "BOM": "\ufeff" + wit(),
    "BOM, CRLF": "\ufeff" + crlf(wit()),
    "western": wit().encode("cp1252"),
    "UTF-16": wit().encode("utf-16"),
    "no chip time": wit(
        [*WIT_NEW[:2], *WIT_NEW[3:]], lambda k: (f"10:00:00.{50 + 10 * k:03d}", "WT901(a1)")
    ),
    "chip time alone": wit(WIT_OLDER, lambda k: (chip(k),)),
    "colon before milliseconds": wit(
        WIT_OLD, lambda k: (f"10:0:0:{50 + 10 * k}", "WT901(a1)", f"2026-3-2 10:0:0:{50 + 10 * k}")
    ),
    "device twice in brackets": wit(
        WIT_OLD, lambda k: (chip(k, ""), "WT901BLE67(d0:1c)(d0:1c)", chip(k))
    ),
    "deg/s": wit([n.replace("°/s", "deg/s") for n in WIT_NEW]),
    "space before the unit": wit([n.replace("(", " (") for n in WIT_OLD]),
    "two lines above": "StartTime: 2026-03-02 10:00:00\n\n" + wit(),
    "dates with slashes": wit(
        WIT_OLD, lambda k: (chip(k, "2026/3/2 "), "WT901(a1)", chip(k, "2026/3/2 "))
    ),
}


@pytest.mark.parametrize("text", WIT_FILES.values(), ids=WIT_FILES.keys())
def test_witmotion(tmp_path, text):
    """WitMotion's programs, in their ages and countries."""
    rows, found = look(tmp_path, both("{}.txt", text))
    assert found.files[0].format_name == "WitMotion"
    assert_right(rows["pelvis"], 36000.05)


def test_witmotion_single_digit_milliseconds(tmp_path):
    """A time 10:0:0.50 in which milliseconds are not filled up is 50 ms, and no half second."""
    cells = lambda k: (f"10:0:{k * 90 // 1000}.{k * 90 % 1000}", "A", "")  # noqa: E731
    text = wit(WIT_OLD, cells)
    rows, _ = look(tmp_path, both("{}.txt", text))
    np.testing.assert_allclose(rows["pelvis"][:, 0], 36000.0 + 0.09 * np.arange(ROWS), atol=1e-6)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_witmotion_devices_by_label(tmp_path, order):
    """Devices in a file in any order, each placed; their samples do not mix."""
    names = ["WT901(a1)", "WT901(b2)", "WT901(c3)"]
    head = "\t".join(WIT_OLD) + "\n"
    lines = []
    for k in range(ROWS):
        for i in order:
            acc = (FORCE_G[0] + 0.1 * i, *FORCE_G[1:])
            cells = (chip(k, ""), names[i], chip(k), *acc, *gyr_deg(k))
            lines.append("\t".join(map(str, cells)))
    places = dict(zip(names, ("pelvis", "thigh_left", "thigh_right"), strict=True))
    rows, _ = look(tmp_path, {"all.txt": head + "\n".join(lines) + "\n"}, Options(places=places))
    for i, sensor in enumerate(("pelvis", "thigh_left", "thigh_right")):
        assert len(rows[sensor]) == ROWS
        np.testing.assert_allclose(rows[sensor][:, 1], ACC[0] + 0.1 * i * G, atol=1e-6)


# --- Movella DOT ---------------------------------------------------------------------------------

DOT_HEAD = (
    "sep=,\nDeviceTag:,A\nFirmwareVersion:,3.0.0\nAppVersion:,2023.6.0\nSyncStatus:,Synced\n"
    "OutputRate:,100Hz\nFilterProfile:,General\nMeasurement Mode:,Rate quantities\n"
    "StartTime: ,2026-03-02_10:00:00_000 UTC\n© M. 2026\n\n"
)
DOT_NAMES = ("PacketCounter", "SampleTimeFine", *MT_NAMES)


def dot(head=DOT_HEAD, first=1_000_000_000, step=10_000, names=DOT_NAMES, more=(), separator=","):
    return table(
        (*names, *more),
        lambda k: (1 + k, (first + step * k) % 2**32, *ACC, *gyr_deg(k), *("1" for _ in more)),
        separator,
        before=head,
    )


DOT_FILES = {
    "no head": dot(""),
    "short head": dot("sep=,\nDeviceTag:,A\nAppVersion:,2021.0\nStartTime: ,x UTC\n\n"),
    "semicolons": dot(DOT_HEAD.replace("sep=,", "sep=;"), separator=";"),
    "decimal commas": "sep=;\n" + german(dot("")),
    "opened and saved by a spreadsheet": dot(DOT_HEAD.replace("\n", ",,,,,,,\n")),
    "saved by a German spreadsheet": german(dot("DeviceTag:,A,,,,,,\nOutputRate:,100Hz,,,,,,\n")),
    "BOM, CRLF": "\ufeff" + crlf(dot()),
    "status last": dot(more=("Status",)),
    "magnetometer and orientation": dot(
        more=("Mag_X", "Mag_Y", "Mag_Z", "Quat_W", "Quat_X", "Quat_Y", "Quat_Z")
    ),
    "quoted sep": dot('"' + DOT_HEAD.replace("\n", '"\n', 1)),
    "rate of 120 Hz told, of stamps 100": dot(DOT_HEAD.replace("100Hz", "120Hz")),
    "separator at the ends of lines": dot(DOT_HEAD)
    .replace("Gyr_Z\n", "Gyr_Z,\n")
    .replace(".0\n", ".0,\n"),
    "small letters": dot().replace("PacketCounter", "packetCounter"),
}


@pytest.mark.parametrize("text", DOT_FILES.values(), ids=DOT_FILES.keys())
def test_movella_dot(tmp_path, text):
    """DOT files of all ages, and as spreadsheets save them again."""
    rows, found = look(tmp_path, both("{}.csv", text))
    assert found.files[0].format_name == "Movella DOT"
    assert_right(rows["pelvis"][:, :7], 1000.0)


@pytest.mark.parametrize("head", ["", DOT_HEAD, DOT_HEAD.replace("OutputRate:,100Hz\n", "")])
def test_movella_dot_tenths_of_a_millisecond(tmp_path, head):
    """The PC SDK's stamps of 0.1 ms are seen by their step."""
    rows, _ = look(tmp_path, both("{}.csv", dot(head, 5_000_000, 100)))
    assert_right(rows["pelvis"], 500.0)


@pytest.mark.parametrize("names", ["dq_{}", "dQ_{}", "dq{}"])
@pytest.mark.parametrize(
    "velocity",
    [
        ("dv[1]", "dv[2]", "dv[3]"),
        ("dV[1]", "dV[2]", "dV[3]"),
        ("dv_1", "dv_2", "dv_3"),
        ("dv_X", "dv_Y", "dv_Z"),
    ],
)
def test_movella_dot_increments(tmp_path, names, velocity):
    """Increments by any of the names that the makers' programs gave them."""
    from imuhip.core.quaternions import quaternion_from_rotvec

    heads = ("PacketCounter", "SampleTimeFine", *(names.format(p) for p in "WXYZ"), *velocity)

    def row(k):
        dq = quaternion_from_rotvec(np.array(gyr_rad(k)) * 0.01)
        return (k, 10_000 * k, *dq, *(0.01 * a for a in ACC))

    rows, _ = look(tmp_path, both("{}.csv", table(heads, row, before=DOT_HEAD)))
    assert_right(rows["pelvis"], 0.0)


def test_movella_dot_increments_across_a_loss(tmp_path):
    """An increment after a loss still belongs to one output sample."""
    from imuhip.core.quaternions import quaternion_from_rotvec

    heads = ("PacketCounter", "SampleTimeFine", *(f"dq_{p}" for p in "WXYZ"))
    heads += ("dv[1]", "dv[2]", "dv[3]")

    def row(k):
        dq = quaternion_from_rotvec(np.array(gyr_rad(k)) * 0.01)
        return (k, 10_000 * (k + 5 * (k > 3)), *dq, *(0.01 * a for a in ACC))

    rows, _ = look(tmp_path, both("{}.csv", table(heads, row, before=DOT_HEAD)))
    np.testing.assert_allclose(rows["pelvis"][:, 1:4], np.tile(ACC, (ROWS, 1)), atol=1e-6)
    assert rows["pelvis"][4, 0] == pytest.approx(0.09)


def test_movella_dot_duplicated_counters_with_other_stamps(tmp_path):
    """Two rows of one stamp and other samples are no repetition: which is right nobody knows."""
    lines = dot().splitlines()
    lines.insert(15, lines[14].replace("0.5", "0.6"))
    with pytest.raises(RecordingError, match="Time repeats"):
        look(tmp_path, both("{}.csv", "\n".join(lines) + "\n"))


# --- x-io ----------------------------------------------------------------------------------------

GYRO = [f"Gyroscope {a} (deg/s)" for a in "XYZ"]
ACCEL = [f"Accelerometer {a} (g)" for a in "XYZ"]


def x_io(time="Time (s)", unit=1.0, accel_first=False, names=(GYRO, ACCEL), separator=","):
    def row(k):
        parts = (gyr_deg(k), FORCE_G)
        first, then = reversed(parts) if accel_first else parts
        return (f"{(392 + 0.01 * k) * unit:.9g}", *first, *then)

    first, then = reversed(names) if accel_first else names
    return table([time, *first, *then], row, separator)


X_IO_FILES = {
    "accelerometer first": x_io(accel_first=True),
    "no space before the unit": x_io(
        "Time(s)",
        names=([n.replace(" (", "(") for n in GYRO], [n.replace(" (", "(") for n in ACCEL]),
    ),
    "milliseconds": x_io("Timestamp (ms)", 1e3),
    "microseconds": x_io("Timestamp (us)", 1e6),
    "µs": x_io("Timestamp (µs)", 1e6),
    "semicolons": x_io(separator=";"),
    "German": german(x_io()),
    "tabs": x_io(separator="\t"),
    "rad/s and m/s²": table(
        [
            "Time (s)",
            *(f"Gyroscope {a} (rad/s)" for a in "XYZ"),
            *(f"Accelerometer {a} (m/s²)" for a in "XYZ"),
        ],
        lambda k: (392 + 0.01 * k, *gyr_rad(k), *ACC),
    ),
    "lines above": "Sensor: 1\nDate: 2026-03-02\n" + x_io(),
    "BOM": "\ufeff" + x_io(),
    "quoted": "\n".join(
        ",".join(f'"{c}"' for c in line.split(",")) for line in x_io().split("\n")[:-1]
    ),
    "no unit of time": x_io("Time"),
}


@pytest.mark.parametrize("text", X_IO_FILES.values(), ids=X_IO_FILES.keys())
def test_x_io(tmp_path, text):
    """x-io's names in any order, with any unit, after lines of other things."""
    rows, found = look(tmp_path, both("{}.csv", text))
    assert found.files[0].format_name == "x-io"
    assert_right(rows["pelvis"], 392.0)


@pytest.mark.parametrize("time", ["Packet number", "Packet"])
def test_x_imu_packet_numbers(tmp_path, time):
    """The first x-IMU's log numbers its packets: the rate is asked for, then taken."""
    text = table(
        [time, *GYRO, *ACCEL, *(f"Magnetometer {a} (G)" for a in "XYZ")],
        lambda k: (5 + k, *gyr_deg(k), *FORCE_G, 0.2, 0.03, -0.4),
    )
    files = both("{}.csv", text)
    with pytest.raises(RecordingError, match="--rate"):
        look(tmp_path, files)
    rows, found = look(tmp_path, files, Options(rate_hz=100.0))
    assert_right(rows["pelvis"][:, :7], 0.05)
    np.testing.assert_allclose(rows["pelvis"][0, 7:], (20.0, 3.0, -40.0))
    assert found.files[0].format_name == "x-io"


@pytest.mark.parametrize("folder", ["{}/NGIMU - 002 (USB)/sensors.csv", "{}/sensors.csv"])
def test_ngimu_folder(tmp_path, folder):
    """A folder a sensor holds NGIMU's own folder, and files that nobody needs."""
    files = both(folder, x_io()) | both("{}/quaternion.csv", "Time (s),W,X,Y,Z\n0,1,0,0,0\n")
    files |= both("{}/temperature.csv", "Time (s),Processor (degC)\n0,25\n")
    rows, _ = look(tmp_path, files)
    assert_right(rows["pelvis"], 392.0)


# --- MetaBase ------------------------------------------------------------------------------------


def meta(kind, epoch="epoch (ms)", time="time (01:00)", separator=","):
    unit = "g" if kind == "acc" else "deg/s"
    return table(
        [epoch, time, "elapsed (s)", *(f"{a}-axis ({unit})" for a in "xyz")],
        lambda k: (
            EPOCH_S * 1000 + 10 * k,
            "2026-03-02T11:00:00.000",
            0.01 * k,
            *(FORCE_G if kind == "acc" else gyr_deg(k)),
        ),
        separator,
    )


@pytest.mark.parametrize(
    ("epoch", "time"),
    [
        ("epoch (ms)", "time (01:00)"),
        ("epoc (ms)", "timestamp (-0700)"),
        ("epoc (ms)", "timestamp (+0100)"),
        ("epoc (ms)", "timestamp (GMT+01:00)"),
        ("epoch (ms)", "time (-06:00)"),
        ("Epoch (ms)", "timestamp (0700)"),
    ],
)
@pytest.mark.parametrize(
    ("acc", "gyr"),
    [
        (
            "{}/MetaWear_2026-03-02T10.00.00.000_C6B1_Accelerometer.csv",
            "{}/MetaWear_2026-03-02T10.00.00.000_C6B1_Gyroscope.csv",
        ),
        ("{}_Accelerometer_100.000Hz_1.7.2.csv", "{}_Gyroscope_100.000Hz_1.7.2.csv"),
        ("{} Accelerometer.CSV", "{} Gyroscope.CSV"),
    ],
)
def test_metabase(tmp_path, epoch, time, acc, gyr):
    """MetaBase's files of any age, however the zone is written."""
    files = both(acc, meta("acc", epoch, time)) | both(gyr, meta("gyr", epoch, time))
    rows, found = look(tmp_path, files)
    assert found.files[0].format_name == "MetaBase"
    assert_right(rows["pelvis"], EPOCH_S)


def test_metabase_german(tmp_path):
    """Semicolons and decimal commas."""
    files = both("{}/a_Accelerometer.csv", german(meta("acc")))
    files |= both("{}/a_Gyroscope.csv", german(meta("gyr")))
    rows, _ = look(tmp_path, files)
    assert_right(rows["pelvis"], EPOCH_S)


def test_metabase_fusion_files_are_left(tmp_path):
    """Linear acceleration and gravity of the sensor's filter, in g too, are no accelerometer."""
    other = meta("acc").replace("0.05", "0.99")
    files = both("{}/a_Accelerometer_100Hz.csv", meta("acc"))
    files |= both("{}/a_Gyroscope_100Hz.csv", meta("gyr"))
    files |= both("{}/a_Linear Acceleration_100Hz.csv", other)
    files |= both("{}/a_Gravity_100Hz.csv", other)
    rows, _ = look(tmp_path, files)
    assert_right(rows["pelvis"], EPOCH_S)


# --- Shimmer -------------------------------------------------------------------------------------


def shimmer(
    stamp="Timestamp_Unix_CAL",
    unit="ms",
    time=None,
    chip="LN_",
    separator=",",
    acc_unit="m/(s^2)",
    gyr_unit="deg/s",
    sep=True,
    device="Shimmer_8665_",
):
    time = time or (lambda k: f"{EPOCH_S * 1000 + 10 * k}.000")
    names = [f"{device}{stamp}", *(f"{device}Accel_{chip}{a}_CAL" for a in "XYZ")]
    names += [f"{device}Gyro_{a}_CAL" for a in "XYZ"] + [f"{device}Battery_CAL", ""]
    units = [unit, *[acc_unit] * 3, *[gyr_unit] * 3, "mV", ""]
    text = table((), lambda k: (time(k), *ACC, *gyr_deg(k), 4000, ""), separator)
    head = f'"sep={separator}"\n' if sep else ""
    return head + separator.join(names) + "\n" + separator.join(units) + "\n" + text


DATE_UNIT = "yyyy/mm/dd hh:mm:ss.000"


def dated(k):
    return f"2026/03/02 10:00:00.{10 * k:03d}"


SHIMMER_FILES = {
    "tabs": shimmer(separator="\t"),
    "tabs, sep without quotes": shimmer(separator="\t").replace('"', ""),
    "no sep": shimmer(sep=False, separator="\t"),
    "dates": shimmer("Timestamp_FormattedUnix_CAL", DATE_UNIT, dated, separator="\t"),
    "synchronised": shimmer("TimestampSync_Unix_CAL"),
    "synchronised dates": shimmer("TimestampSync_FormattedUnix_CAL", DATE_UNIT, dated),
    "wide range": shimmer(chip="WR_"),
    "one accelerometer": shimmer(chip=""),
    "other units": shimmer(acc_unit="m/(sec^2)", gyr_unit="deg/sec"),
    "degrees": shimmer(gyr_unit="degrees/sec"),
    "sign of degree": shimmer(gyr_unit="°/s"),
    "German": shimmer(separator=";").replace(".", ","),
    "CRLF": crlf(shimmer(separator="\t")),
    "own name of the device": shimmer(device="Left_Thigh_2_"),
}


@pytest.mark.parametrize("text", SHIMMER_FILES.values(), ids=SHIMMER_FILES.keys())
def test_shimmer(tmp_path, text):
    """Consensys exports with any separator, any of its times and names."""
    rows, found = look(tmp_path, both("{}.csv", text))
    assert found.files[0].format_name == "Shimmer"
    assert_right(rows["pelvis"], EPOCH_S)


# --- APDM ----------------------------------------------------------------------------------------


def apdm(
    labels=("Lumbar", "Left Thigh"),
    kinds="Accelerometer,,,Gyroscope,,,",
    axes="X,Y,Z,X,Y,Z",
    version="Format=7",
    time=lambda k: f"{EPOCH_S + 0.01 * k:.2f}",
    rows=ROWS,
):
    width = len(axes.split(","))
    head = (
        version
        + "".join(f",{1001 + i},,,{label}" + "," * (width - 4) for i, label in enumerate(labels))
        + "\n"
    )
    head += (
        "Time"
        + "".join(
            "," + kinds.rstrip(",") + "," * (width - 1 - kinds.rstrip(",").count(","))
            for _ in labels
        )
        + "\n"
    )
    head += "," + ",".join([axes] * len(labels)) + "\n"

    def row(k):
        values = {"Accelerometer": ACC, "Gyroscope": gyr_rad(k)}
        one = []
        for kind in kinds.split(",,,")[:-1]:
            one += values[kind]
        return (time(k), *(one * len(labels)))

    return table((), row, before=head, rows=rows)


APDM_FILES = {
    "three": apdm(("Lumbar", "Left Thigh", "Right Thigh")),
    "upper legs": apdm(("Lumbar", "Left Upper Leg")),
    "gyroscope first": apdm(kinds="Gyroscope,,,Accelerometer,,,"),
    "further sensors": apdm(("Sternum", "Lumbar", "Left Thigh", "Left Wrist", "Forehead")),
    "right first": apdm(("Right Thigh", "Left Thigh", "Lumbar")),
    "CRLF, BOM": "\ufeff" + crlf(apdm()),
    "small letters": apdm(axes="x,y,z,x,y,z"),
    "microseconds": apdm(time=lambda k: EPOCH_S * 1_000_000 + 10_000 * k),
    "quoted": "\n".join(
        ",".join(f'"{c}"' if c else "" for c in line.split(",")) for line in apdm().splitlines()
    ),
}


@pytest.mark.parametrize("text", APDM_FILES.values(), ids=APDM_FILES.keys())
@pytest.mark.parametrize("name", ["session.csv", "20260302-100000.CSV"])
def test_apdm(tmp_path, text, name):
    """Opal's CSV with any sensors in any order."""
    rows, found = look(tmp_path, {name: text})
    assert found.files[0].format_name == "APDM CSV"
    for sensor in ("pelvis", "thigh_left"):
        assert_right(rows[sensor], EPOCH_S)


# --- Noraxon -------------------------------------------------------------------------------------

NORAXON = "Noraxon MyoMotion-Segments-{place}-{signal}-{axis} ({unit})"


def noraxon(
    places=("Pelvis", "Thigh LT"),
    acc=NORAXON,
    time="time,s",
    separator=",",
    before="",
    step=lambda k: f"{0.01 * k:.3f}",
):
    names = [f'"{time}"' if separator in time else time]
    for place in places:
        body, _, side = place.partition(" ")
        names += [
            acc.format(
                place=place,
                body=body,
                side=f" {side}" if side else "",
                signal="Acceleration",
                axis=a,
                AXIS=a.upper(),
                unit="mG",
            )
            for a in "xyz"
        ]
        names += [
            NORAXON.format(place=place, signal="Gyroscope", axis=a, unit="deg/s") for a in "xyz"
        ]
    mg = [1000 * a / G for a in ACC]
    return table(
        names, lambda k: (step(k), *([*mg, *gyr_deg(k)] * len(places))), separator, before=before
    )


SENSOR = "{body} Accel Sensor {AXIS}{side} ({unit})"
NORAXON_FILES = {
    "sensors' own names": noraxon(acc=SENSOR),
    "time": noraxon(time="time"),
    "Time (s)": noraxon(time="Time (s)"),
    "milliseconds": noraxon(time="time,ms", step=lambda k: 10 * k),
    "tabs": noraxon(separator="\t"),
    "semicolons, decimal commas": noraxon(separator=";", time="time").replace(".", ","),
    "lines above": noraxon(before="Name,Trial 1\nDate,2026-03-02\n\n"),
    "three": noraxon(("Pelvis", "Thigh LT", "Thigh RT")),
    "further segments": noraxon(("Pelvis", "Thigh LT", "Shank LT", "Foot LT", "Upper spine")),
    "BOM, CRLF": "\ufeff" + crlf(noraxon()),
}


@pytest.mark.parametrize("text", NORAXON_FILES.values(), ids=NORAXON_FILES.keys())
def test_noraxon(tmp_path, text):
    """MR3's exports: all sensors in a file, by either name of the acceleration."""
    rows, found = look(tmp_path, {"trial.csv": text})
    assert found.files[0].format_name == "Noraxon"
    assert_right(rows["pelvis"], 0.0)
    assert_right(rows["thigh_left"], 0.0)


# --- phones --------------------------------------------------------------------------------------


def signal(values, header, separator=",", time=lambda k: f"{0.01 * k:.9E}"):
    return table(header, lambda k: (time(k), *(f"{v:.12E}" for v in values(k))), separator)


def phy(names, values, **rest):
    return signal(values, [f'"{n}"' for n in names], **rest)


PHY_ACC = [
    "Time (s)",
    *(f"Acceleration {a} (m/s^2)" for a in "xyz"),
    "Absolute acceleration (m/s^2)",
]
PHY_ACC_CUSTOM = ["Time (s)", *(["X (m/s^2)", "Y (m/s^2)", "Z (m/s^2)"])]
PHY_GYR_CUSTOM = ["Time (s)", *(["X (rad/s)", "Y (rad/s)", "Z (rad/s)"])]
PHY_GYR = ["Time (s)", *(f"Gyroscope {a} (rad/s)" for a in "xyz"), "Absolute (rad/s)"]


def with_norm(values):
    return lambda k: (*values(k), float(np.linalg.norm(values(k))))


PHY_FOLDERS = {
    "raw sensors": {
        "{}/Accelerometer.csv": phy(PHY_ACC_CUSTOM, lambda _: ACC),
        "{}/Gyroscope.csv": phy(PHY_GYR_CUSTOM, gyr_rad),
        "{}/meta/device.csv": '"property","value"\n"version","1.1.16"\n',
        "{}/meta/time.csv": '"event","experiment time","system time"\n"START",0,1772445600\n',
    },
    "raw sensors with linear": {
        "{}/Accelerometer.csv": phy(PHY_ACC_CUSTOM, lambda _: ACC),
        "{}/Gyroscope.csv": phy(PHY_GYR_CUSTOM, gyr_rad),
        "{}/Linear Accelerometer.csv": phy(PHY_ACC_CUSTOM, lambda _: (0.1, 0.1, 0.1)),
        "{}/Light.csv": '"Time (s)","Illuminance (lx)"\n0,1\n',
    },
    "raw sensors, prefixed": {
        "{}_Accelerometer.csv": phy(PHY_ACC_CUSTOM, lambda _: ACC),
        "{}_Gyroscope.csv": phy(PHY_GYR_CUSTOM, gyr_rad),
    },
    "a file a signal": {
        "{}/Acceleration.csv": phy(PHY_ACC, with_norm(lambda _: ACC)),
        "{}/Gyroscope.csv": phy(PHY_GYR, with_norm(gyr_rad)),
    },
    "tabs": {
        "{}/Acceleration.csv": phy(PHY_ACC, with_norm(lambda _: ACC), separator="\t"),
        "{}/Gyroscope.csv": phy(PHY_GYR, with_norm(gyr_rad), separator="\t"),
    },
    "decimal commas": {
        "{}/Acceleration.csv": phy(PHY_ACC, with_norm(lambda _: ACC), separator=";").replace(
            ".", ","
        ),
        "{}/Gyroscope.csv": phy(PHY_GYR, with_norm(gyr_rad), separator=";").replace(".", ","),
    },
}


@pytest.mark.parametrize("files", PHY_FOLDERS.values(), ids=PHY_FOLDERS.keys())
def test_phyphox(tmp_path, files):
    """Phyphox's exports in all its separators, and of experiments of one's own."""
    laid = {}
    for name, text in files.items():
        laid |= both(name, text)
    rows, found = look(tmp_path, laid)
    assert found.files[0].format_name == "phyphox"
    assert_right(rows["pelvis"], 0.0)


LINEAR = ["Time (s)", *(f"Linear Acceleration {a} (m/s^2)" for a in "xyz")]


@pytest.mark.parametrize(
    "files",
    [
        {"{}.csv": phy([*LINEAR, *PHY_GYR[1:4]], lambda k: (0.1, 0.1, 0.1, *gyr_rad(k)))},
        {
            "{}/Raw Data.csv": phy(LINEAR, lambda _: (0.1, 0.1, 0.1)),
            "{}/Gyroscope.csv": phy(PHY_GYR, with_norm(gyr_rad)),
        },
        {
            "{}/Linear Accelerometer.csv": phy(PHY_ACC_CUSTOM, lambda _: (0.1, 0.1, 0.1)),
            "{}/Gyroscope.csv": phy(PHY_GYR_CUSTOM, gyr_rad),
        },
    ],
    ids=["one file", "a file a signal", "raw sensors"],
)
def test_phyphox_without_gravity(tmp_path, files):
    """Linear acceleration is refused by its name, in every shape."""
    laid = {}
    for name, text in files.items():
        laid |= both(name, text)
    with pytest.raises(RecordingError, match=r"Linear Acceleration in .* is without gravity"):
        look(tmp_path, laid)


def logger(sign=-1.0, header=("time", "seconds_elapsed", "z", "y", "x")):
    t = lambda k: (EPOCH_S * 1_000_000_000 + 10_000_000 * k, 0.01 * k)  # noqa: E731
    at = lambda v: {"x": v[0], "y": v[1], "z": v[2]}  # noqa: E731

    def of(values):
        return table(header, lambda k: (*t(k), *(at(values(k))[n] for n in header[2:5])))

    return {
        "{}/Accelerometer.csv": of(lambda _: (0.0, 0.0, 0.0)),
        "{}/Gravity.csv": of(lambda _: tuple(sign * a for a in ACC)),
        "{}/Gyroscope.csv": of(gyr_rad),
    }


META = (
    "version,device name,recording epoch time,recording time,recording timezone,platform,"
    "appVersion,device id,sensors,sampleRateMs,standardisation,platform version\n"
    "3,{name},1772445600000,2026-03-02_10-00-00,Europe/Berlin,{platform},1.30,x,"
    "Accelerometer|Gravity|Gyroscope,10|10|10,{standard},17\n"
)


@pytest.mark.parametrize(
    ("platform", "standard", "sign"),
    [
        ("ios", "false", -1.0),
        ("iOS", "FALSE", -1.0),
        ("ios", "true", 1.0),
        ("android", "false", 1.0),
    ],
)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {
            "{}/Orientation.csv": "time,seconds_elapsed,qz,qy\n1,1,1,1\n",
            "{}/Annotation.csv": "time,seconds_elapsed,text\n",
            "{}/Location.csv": "time,seconds_elapsed,latitude\n1,1,52\n",
            "{}/AccelerometerUncalibrated.csv": "time,seconds_elapsed,z,y,x\n1,1,9,9,9\n",
            "{}/GyroscopeUncalibrated.csv": "time,seconds_elapsed,z,y,x\n1,1,9,9,9\n",
        },
    ],
)
def test_sensor_logger(tmp_path, platform, standard, sign, more):
    """Sensor Logger's folders, with the files that nobody needs."""
    files = {}
    meta = {
        "{}/Metadata.csv": META.format(name="Jo's iPhone", platform=platform, standard=standard)
    }
    for name, text in (logger(sign) | more | meta).items():
        files |= both(name, text)
    rows, _ = look(tmp_path, files)
    assert_right(rows["pelvis"], EPOCH_S)


def test_sensor_logger_columns_in_another_order(tmp_path):
    """Columns are taken by name, in whatever order."""
    files = {}
    for name, text in logger(header=("time", "seconds_elapsed", "x", "y", "z")).items():
        files |= both(name, text)
    rows, _ = look(tmp_path, files)
    assert_right(rows["pelvis"], EPOCH_S)


POLAR_NS = 825_760_800_000_000_000


def polar(kind, separator=";", space=" ", more=False):
    unit = {"acc": "mg", "gyr": "dps", "mag": "G"}[kind]
    names = ["Phone timestamp", "sensor timestamp [ns]", *(["timestamp [ms]"] if more else [])]
    names += [f"{a} [{unit}]" for a in "XYZ"]
    values = {"acc": tuple(1000 * a / G for a in ACC), "mag": (0.2, 0.03, -0.4)}
    return table(
        names,
        lambda k: (
            f"2026-03-02T10:00:00.{10 * k:03d}",
            POLAR_NS + 10_000_000 * k,
            *((10 * k,) if more else ()),
            *values.get(kind, gyr_deg(k)),
        ),
        separator,
    ).replace("Z [" + unit + "]", f"Z [{unit}]{space}")


@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize(
    ("acc", "gyr"),
    [
        (
            "{}/Polar_Sense_0123ABCD_20260302_100000_ACC.txt",
            "{}/Polar_Sense_0123ABCD_20260302_100000_GYRO.txt",
        ),
        ("{}_ACC.txt", "{}_GYRO.txt"),
    ],
)
def test_polar(tmp_path, acc, gyr, more):
    """Polar Sensor Logger: a folder a sensor, or its place before the signal."""
    files = both(acc, polar("acc", more=more)) | both(gyr, polar("gyr", more=more))
    rows, found = look(tmp_path, files)
    assert found.files[0].format_name == "Polar Sensor Logger"
    assert_right(rows["pelvis"], EPOCH_S)


# --- BIDS-Motion ---------------------------------------------------------------------------------


def channels(
    points=("pelvis", "thigh_left"),
    units=("m/s^2", "rad/s"),
    kinds=("ACCEL", "GYRO"),
    rate="100",
    order=("name", "component", "type", "tracked_point", "units"),
):
    lines = ["\t".join([*order, "sampling_frequency"])]
    for point in points:
        for kind, unit in zip(kinds, units, strict=True):
            for axis in "xyz":
                cells = {
                    "name": f"{point}_{kind}_{axis}",
                    "component": axis,
                    "type": kind,
                    "tracked_point": point,
                    "units": unit,
                }
                lines.append("\t".join([*(cells[n] for n in order), rate]))
    return "\n".join(lines) + "\n"


def motion(points=2, degrees=False):
    gyr = gyr_deg if degrees else gyr_rad
    return table((), lambda k: (*ACC, *gyr(k)) * points, "\t")


BIDS = "sub-01_task-squat_tracksys-imu_{}"
BIDS_FILES = {
    "degrees": (channels(units=("m/s^2", "deg/s")), motion(degrees=True)),
    "m/s²": (channels(units=("m/s²", "rad/s")), motion()),
    "small letters": (channels(kinds=("accel", "gyro")), motion()),
    "columns in another order": (
        channels(order=("name", "type", "component", "units", "tracked_point")),
        motion(),
    ),
    "places as people write them": (channels(("Lumbar", "LeftThigh")), motion()),
    "CRLF": (crlf(channels()), crlf(motion())),
    "no rate in the channels": (channels(rate="n/a"), motion()),
}


@pytest.mark.parametrize(("names", "text"), BIDS_FILES.values(), ids=BIDS_FILES.keys())
@pytest.mark.parametrize("folder", ["", "sub-01/ses-1/motion/"])
def test_bids(tmp_path, names, text, folder):
    """BIDS-Motion with other units, orders and folders."""
    rows, _ = look(
        tmp_path,
        {
            folder + BIDS.format("channels.tsv"): names,
            folder + BIDS.format("motion.tsv"): text,
            folder + BIDS.format("motion.json"): '{"SamplingFrequency": 100}',
        },
    )
    assert_right(rows["pelvis"], 0.0)
    assert_right(rows["thigh_left"], 0.0)


# --- plain files ---------------------------------------------------------------------------------


def plain(names=NAMES, time=lambda k: f"{0.01 * k:.2f}", separator=",", more=(), gyr=gyr_rad):
    return table(
        (*names, *more), lambda k: (time(k), *ACC, *gyr(k), *(25 for _ in more)), separator
    )


def named(*names):
    return plain((*names,))


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
