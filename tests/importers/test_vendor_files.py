"""Makers' files are recognised by their headers and come out in SI units on one clock."""

import math

import numpy as np
import pytest

from imuhip.core.errors import RecordingError
from imuhip.core.records import Packet
from imuhip.devices.decode import decode
from imuhip.devices.profiles import parse_profile
from imuhip.importers.folder import import_folder
from imuhip.recording.reader import RecordingReader

DOT = """sep=,
DeviceTag:,D422CD{tag}
FirmwareVersion:,3.0.0
AppVersion:,2023.6.0
SyncStatus:,{sync}
OutputRate:,60Hz
FilterProfile:,General
StartTime: ,2025-07-11_20:06:00_086 WEST
© Movella Technologies B. V. 2005-2025

PacketCounter,SampleTimeFine,Quat_W,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z
"""

MT = (
    "// Start Time: Unknown\n// Update Rate: 40.0Hz\n// Filter Profile: human (46.1)\n"
    "// Firmware Version: 4.6.0\n"
    "PacketCounter\tSampleTimeFine\tAcc_X\tAcc_Y\tAcc_Z\tGyr_X\tGyr_Y\tGyr_Z\tMag_X\tMag_Y\tMag_Z\n"
)

WIT = (
    "Time\tDevice name\tChip Time()\tAcceleration X(g)\tAcceleration Y(g)\tAcceleration Z(g)\t"
    "Angular velocity X(°/s)\tAngular velocity Y(°/s)\tAngular velocity Z(°/s)\tAngle X(°)\n"
)


def dot(sync: str = "Synced", tag: str = "AA") -> str:
    rows = [
        f"{n},{(4294950000 + n * 16667) % 2**32},1.0,0.5,-0.25,9.75,180.0,-90.0,{n}.0"
        for n in range(30)
    ]
    return DOT.format(sync=sync, tag=tag) + "\n".join(rows) + "\n"


def mt(stamp=lambda _: "") -> str:
    rows = [
        f"{(65530 + n) % 65536}\t{stamp(n)}\t0.5\t-0.25\t9.75\t0.125\t-0.5\t{n}.0\t0.5\t-0.25\t0.75"
        for n in range(30)
    ]
    return MT + "\n".join(rows) + "\n"


def wit(chip_first: float = 60000.0, late: float = 0.05) -> str:
    def clock(seconds: float) -> str:
        whole = math.floor(round(seconds * 1000) / 1000)
        hours, minutes = whole // 3600 % 24, whole // 60 % 60
        return f"{hours}:{minutes}:{whole % 60}.{round((seconds - whole) * 1000):03d}"

    rows = []
    for n in range(30):
        burst = n // 4 * 0.04 + late  # four samples arrive together
        at = 86399.9 + burst
        chip = f"2024-3-19 {clock(chip_first + n * 0.01)}"
        rows.append(f"{clock(at)}\tWT901(d6:b7)\t{chip}\t0.5\t-0.25\t1\t180\t-90\t{n}\t12.5\t"[:-1])
    rows.insert(5, rows[4])
    return WIT + "\n".join(rows) + "\n"


def read(folder, tmp_path, files):
    """Import files of every sensor's text; the decoded blocks and the report."""
    folder.mkdir()
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)
    report = import_folder(folder, tmp_path / "a.mcap")
    reader = RecordingReader(tmp_path / "a.mcap")
    profile = parse_profile(reader.header.profiles["imported"])
    blocks = {}
    for batch in reader.batches():
        for record in batch:
            assert isinstance(record, Packet)
            blocks[record.sensor] = decode(profile, record)
    return blocks, report


def test_movella_dot(tmp_path):
    """Movella DOT: stamps unwrap, rates are in degrees, and columns nobody needs are left."""
    files = {"pelvis.csv": dot(), "thigh_left.csv": dot().encode("latin-1")}
    blocks, report = read(tmp_path / "in", tmp_path, files)
    for block in blocks.values():
        assert np.allclose(np.diff(block.ticks), 0.016667, atol=1e-9)
        assert np.array_equal(block.acc, np.tile((0.5, -0.25, 9.75), (30, 1)))
        assert np.allclose(block.gyr[:, 0], math.pi)
        assert np.allclose(block.gyr[:, 2], np.radians(np.arange(30)))
        assert block.mag is None
    assert {sensor.format_name for sensor in report.sensors} == {"Movella DOT"}
    assert report.warnings == ()


def test_movella_dot_on_its_own_clock(tmp_path):
    """A sensor that was not synchronised is reported."""
    files = {"pelvis.csv": dot("Un-synced"), "thigh_left.csv": dot()}
    _, report = read(tmp_path / "in", tmp_path, files)
    assert report.warnings[0].startswith("pelvis.csv: the sensor was not synchronised")


@pytest.mark.parametrize(
    "stamp", [lambda _: "", lambda n: str(4294967000 + n * 250 - 2**32 * (n > 1))]
)
def test_xsens_mt(tmp_path, stamp):
    """Xsens MT text: time from the counter and the rate, or from the stamps; fields in µT."""
    files = {"pelvis.txt": mt(stamp), "thigh_right.txt": mt(stamp)}
    blocks, report = read(tmp_path / "in", tmp_path, files)
    block = blocks["pelvis"]
    assert np.allclose(np.diff(block.ticks), 0.025, atol=1e-9)
    assert np.array_equal(block.gyr[:, 2], np.arange(30.0))
    assert np.array_equal(block.mag, np.tile((25.0, -12.5, 37.5), (30, 1)))
    assert report.sensors[0].format_name == "Xsens MT"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_witmotion(tmp_path, encoding):
    """WitMotion: the sensors' own steps, on the computer's clock, over midnight; repeats go."""
    files = {
        "pelvis.txt": wit().encode(encoding),
        "thigh_left.txt": wit(chip_first=10.0).encode(encoding),
    }
    blocks, report = read(tmp_path / "in", tmp_path, files)
    for block in blocks.values():
        assert len(block.ticks) == 30
        assert np.allclose(np.diff(block.ticks), 0.01, atol=2e-3)
        assert 86399.8 < block.ticks[0] < 86400.1
        assert np.allclose(block.acc, np.array((0.5, -0.25, 1.0)) * 9.80665)
        assert np.allclose(block.gyr[:, 1], -math.pi / 2)
    assert abs(blocks["pelvis"].ticks[0] - blocks["thigh_left"].ticks[0]) < 0.01
    assert "1 rows that repeat a time" in report.warnings[0]


@pytest.mark.parametrize(
    ("name", "content", "said", "at"),
    [
        ("pelvis.csv", dot().replace("Acc_", "FreeAcc_"), "Acc_X, Acc_Y, Acc_Z are missing", None),
        ("pelvis.csv", dot().replace("-90.0,7.0", "-90.0,x"), "Column Gyr_Z has 'x' where", 19),
        ("pelvis.txt", mt().replace("// Update Rate: 40.0Hz\n", ""), "nor an update rate", None),
        ("pelvis.txt", wit().replace("2024-3-19 16:40:0.070", "soon"), "'soon' is not a time", 10),
    ],
)
def test_bad_vendor_files(tmp_path, name, content, said, at):
    """What cannot be read of a maker's file is reported with its line."""
    with pytest.raises(RecordingError) as caught:
        read(tmp_path / "in", tmp_path, {name: content, "thigh_left.csv": dot()})
    assert said in caught.value.message
    assert caught.value.line == at
    assert caught.value.path == tmp_path / "in" / name
