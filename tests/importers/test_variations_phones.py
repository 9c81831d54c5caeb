"""Phones' and Polar's files, as other ages, countries and hands write them.

Each is the same eight samples of pelvis and left thigh, and comes in as if nothing were odd.
"""

import pytest
from support.maker_files import (
    ACC,
    EPOCH_S,
    PHY_ACC,
    PHY_ACC_CUSTOM,
    PHY_GYR,
    PHY_GYR_CUSTOM,
    G,
    assert_right,
    both,
    gyr_deg,
    gyr_rad,
    logger,
    look,
    phy,
    table,
    with_norm,
)

from imuhip.core.errors import RecordingError

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
