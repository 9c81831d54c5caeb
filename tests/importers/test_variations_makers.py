"""Files of makers' programs, as other ages, countries and hands write them.

Each is the same eight samples of pelvis and left thigh, and comes in as if nothing were odd.
"""

import numpy as np
import pytest
from support.maker_files import (
    ACC,
    DOT_HEAD,
    DOT_NAMES,
    EPOCH_S,
    FORCE_G,
    ROWS,
    WIT_NEW,
    WIT_OLD,
    WIT_OLDER,
    G,
    assert_right,
    both,
    chip,
    crlf,
    dot,
    german,
    gyr_deg,
    gyr_rad,
    look,
    table,
    wit,
)

from imuhip.core.errors import RecordingError
from imuhip.importers.sources import Options

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
    "rate as Sample Rate": mt(MT_HEAD.replace("Update Rate", "Sample Rate")),
    "date in columns, stamps empty": mt(
        names=("PacketCounter", "SampleTimeFine", "UTC_Nano", "UTC_Year", "UTC_Valid"),
        cells=lambda k: ((65533 + k) % 65536, "", 10_000_000 * k, 2026, 0),
    ),
    "UTF-16 of the other kind": ("\ufeff" + mt()).encode("utf-16-be"),
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


@pytest.mark.parametrize("separator", ["\t", ","])
def test_names_of_xsens_without_what_stands_above(tmp_path, separator):
    """Tabs are MT Manager's, in rad/s; commas a DOT's in °/s, which is told with the way out."""
    cells = lambda k: (k, 10_000 + 100 * k)  # noqa: E731
    files = both("{}.txt", mt("", cells=cells, separator=separator))
    options = Options(units={"gyr": "rad/s"}) if separator == "," else None
    rows, _ = look(tmp_path, files, options)
    assert_right(rows["pelvis"], 1.0)
    if separator == ",":
        _, found = look(tmp_path, files)
        assert "import with --units gyr=rad/s" in found.warnings[0]


def test_devices_by_a_word_of_their_files_names(tmp_path):
    """MT Manager names files by device: a word of the name is enough to place it."""
    files = {f"MT_0120-001_00B4000{k}.txt": mt() for k in (1, 2)}
    places = {"00B40001": "pelvis", "00B40002": "thigh_left"}
    rows, _ = look(tmp_path, files, Options(places=places))
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
    "forenoon": wit(WIT_OLD, lambda k: (f"{chip(k)} AM", "A", f"{chip(k)} AM")),
    "forenoon in small letters": wit(WIT_OLD, lambda k: (f"{chip(k, '')} a.m.", "A", chip(k))),
    "forenoon in Chinese": wit(
        ["时间", *WIT_OLD[1:]], lambda k: (f"上午 {chip(k, '')}", "A", "")
    ).encode("gb18030"),
    "American dates": wit(WIT_OLD, lambda k: (chip(k, "3/2/2026 "), "A", chip(k, "3/2/2026 "))),
    "ISO 8601": wit(WIT_OLD, lambda k: (chip(k, "2026-03-02T"), "A", chip(k, "2026-03-02T"))),
    "wide brackets": wit(
        ["时间", "设备名称", "片上时间（）"]
        + [f"加速度{a}（g）" for a in "XYZ"]
        + [f"角速度{a}（°/s）" for a in "XYZ"]
    ).encode("gb18030"),
    "small letters": wit([name.lower() for name in WIT_OLD]),
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


def of_day(seconds):
    """A time of day of twelve hours, as American programs write it."""
    hours, rest = divmod(seconds % 86400.0, 3600.0)
    half = "AM" if hours < 12 else "PM"
    return f"{int(hours % 12) or 12}:{int(rest // 60):02d}:{rest % 60:06.3f} {half}"


@pytest.mark.parametrize("first", [0.05, 43_200.05, 50_400.0, 86_399.96, 43_199.96])
def test_witmotion_hours_up_to_twelve(tmp_path, first):
    """Midnight and noon are 12, and both are passed without a break."""
    text = wit(WIT_OLD, lambda k: (of_day(first + 0.01 * k), "A", ""))
    rows, _ = look(tmp_path, both("{}.txt", text))
    assert_right(rows["pelvis"], first)


@pytest.mark.parametrize(
    ("unit", "scale"), [("mg", 1000.0 / G), ("m/s²", 1.0), ("m/s^2", 1.0), ("g", 1.0 / G)]
)
def test_witmotion_units(tmp_path, unit, scale):
    """The unit of acceleration is the one in the name of its column."""
    names = [*WIT_NEW[:3], *(f"Acc{a}({unit})" for a in "XYZ"), *WIT_NEW[6:]]
    row = lambda k: (chip(k, ""), "A", chip(k), *(scale * a for a in ACC), *gyr_deg(k))  # noqa: E731
    rows, _ = look(tmp_path, both("{}.txt", table(names, row, "\t")))
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


DOT_FILES = {
    "no head": dot(""),
    "no counter": table(
        DOT_NAMES[1:], lambda k: (1_000_000_000 + 10_000 * k, *ACC, *gyr_deg(k)), before=DOT_HEAD
    ),
    "UTF-16": dot().encode("utf-16"),
    "tabs": dot(DOT_HEAD.replace(",", "\t"), separator="\t"),
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


@pytest.mark.parametrize("word", ["Un-synced", "Unsynced", "Not synced", "No", "0", "false"])
def test_movella_dot_not_synchronised(tmp_path, word):
    """Whatever word but yes says that clocks are apart."""
    _, found = look(tmp_path, both("{}.csv", dot(DOT_HEAD.replace(":,Synced", f":,{word}"))))
    assert "not synchronised" in found.warnings[0]


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
    "thousandths of gravity": table(
        ["Time (s)", *GYRO, *(f"Accelerometer {a} (mg)" for a in "XYZ")],
        lambda k: (392 + 0.01 * k, *gyr_deg(k), *(1000.0 * g for g in FORCE_G)),
    ),
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
