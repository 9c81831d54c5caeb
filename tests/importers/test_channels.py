"""C3D, XDF and HDF5: sensors found by the labels of channels, or by a map."""

import struct

import ezc3d
import h5py
import numpy as np
import pytest
from support.maker_files import ACC, ROWS, G, assert_right, gyr_deg, gyr_rad

from imuhip.core.errors import RecordingError
from imuhip.importers.channels import Channel, sensors_in
from imuhip.importers.found import read_folder
from imuhip.importers.sources import Options

PLACES = {"Pelvis": "pelvis", "Left Thigh": "thigh_left"}


def seen(path, options=None):
    """Rows ``(N, 7)`` of every sensor of a file."""
    found = read_folder(path, options or Options())
    return {f.sensor: np.hstack((f.t[:, None], f.acc, f.gyr)) for f in found.files}, found


def c3d(path, label, units=("g", "deg/s"), more=()):
    acc = np.array(ACC) / (G if units[0] == "g" else 1.0)
    gyr = gyr_deg if units[1] == "deg/s" else gyr_rad
    names, values, unit = [], [], []
    for place in PLACES:
        for i, axis in enumerate("XYZ"):
            names += [label.format(place=place, kind=kind, axis=axis) for kind in ("ACC", "GYRO")]
            values += [np.full(ROWS, acc[i]), np.array([gyr(k)[i] for k in range(ROWS)])]
            unit += units
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    file["parameters"]["ANALOG"]["RATE"]["value"] = [100.0]
    file["parameters"]["ANALOG"]["LABELS"]["value"] = [*names, *more]
    file["parameters"]["ANALOG"]["UNITS"]["value"] = [*unit, *["V" for _ in more]]
    rows = np.array([*values, *[np.zeros(ROWS) for _ in more]])
    file["data"]["analogs"] = rows[None]
    file["data"]["points"] = np.zeros((4, 0, ROWS))
    file.write(str(path))
    return path


@pytest.mark.parametrize(
    "label", ["{place}_{kind}_{axis}", "{place}.{kind}.{axis}", "{place} {kind}{axis}"]
)
@pytest.mark.parametrize("units", [("g", "deg/s"), ("m/s²", "rad/s")])
def test_c3d(tmp_path, label, units):
    """IMUs among the analog channels of motion capture, beside channels of other things."""
    path = c3d(tmp_path / "trial.c3d", label, units, more=("Force.Fx1", "EMG1"))
    rows, found = seen(path)
    assert found.files[0].format_name == "C3D"
    for sensor in PLACES.values():
        assert_right(rows[sensor], 0.0)


def test_c3d_without_imus(tmp_path):
    """A C3D of markers and forces alone is refused by what its channels are."""
    path = c3d(tmp_path / "trial.c3d", "{place}.F{kind}{axis}1")
    with pytest.raises(RecordingError, match=r"No sensor has acceleration.*Pelvis.FACCX1"):
        seen(path)


def chunk(tag, content):
    """A chunk of XDF: length, tag, content."""
    size = len(content) + 2
    return b"\x04" + struct.pack("<I", size) + struct.pack("<H", tag) + content


def xdf(path, streams):
    """Write a file of streams: name, labels, units, times and values."""
    data = b"XDF:" + chunk(1, b'<?xml version="1.0"?><info><version>1.0</version></info>')
    for number, (name, labels, units, times, values) in enumerate(streams, start=1):
        named = "".join(
            f"<channel><label>{a}</label><unit>{b}</unit></channel>"
            for a, b in zip(labels, units, strict=True)
        )
        info = (
            f"<?xml version='1.0'?><info><name>{name}</name><type>IMU</type>"
            f"<channel_count>{len(labels)}</channel_count><nominal_srate>0</nominal_srate>"
            f"<channel_format>double64</channel_format><desc><channels>{named}</channels></desc>"
            "</info>"
        )
        head = struct.pack("<I", number)
        data += chunk(2, head + info.encode())
        samples = b"".join(
            b"\x08" + struct.pack("<d", t) + struct.pack(f"<{len(row)}d", *row)
            for t, row in zip(times, values, strict=True)
        )
        data += chunk(3, head + b"\x04" + struct.pack("<I", len(times)) + samples)
    path.write_bytes(data)
    return path


T = 5000.0 + 0.01 * np.arange(ROWS)
LABELS = [f"{kind}_{axis}" for kind in ("acc", "gyr") for axis in "xyz"]
UNITS = ["m/s^2"] * 3 + ["deg/s"] * 3
VALUES = [(*ACC, *gyr_deg(k)) for k in range(ROWS)]


def test_xdf_a_stream_a_sensor(tmp_path):
    """Streams are named by where they sit, as imuhip's own are."""
    streams = [(f"imuhip {place}", LABELS, UNITS, T, VALUES) for place in PLACES.values()]
    streams.append(("EEG", ["Cz"], ["uV"], T, [(1.0,)] * ROWS))
    rows, found = seen(xdf(tmp_path / "a.xdf", streams))
    assert found.files[0].format_name == "XDF"
    for sensor in PLACES.values():
        assert_right(rows[sensor], 5000.0)


def test_xdf_a_stream_for_all(tmp_path):
    """One stream may hold all sensors, whose labels then say the place."""
    labels = [f"{place}_{label}" for place in PLACES.values() for label in LABELS]
    values = [row * 2 for row in VALUES]
    rows, _ = seen(xdf(tmp_path / "a.xdf", [("trial", labels, UNITS * 2, T, values)]))
    for sensor in PLACES.values():
        assert_right(rows[sensor], 5000.0)


def test_xdf_a_stream_a_quantity(tmp_path):
    """Acceleration and turning rate in streams of their own are joined."""
    streams = []
    for place in PLACES.values():
        for kind in ("acc", "gyr"):
            part = slice(0, 3) if kind == "acc" else slice(3, 6)
            labels = [f"{place}.{kind}.{axis}" for axis in "xyz"]
            values = [row[part] for row in VALUES]
            streams.append((f"{place} {kind}", labels, UNITS[part], T, values))
    rows, _ = seen(xdf(tmp_path / "a.xdf", streams))
    for sensor in PLACES.values():
        assert_right(rows[sensor], 5000.0)


def test_a_label_without_end_is_nobodys():
    """A label that would keep a pattern busy for hours is not looked at."""
    channel = Channel("accel" * 1_000_000 + "!", "g", np.zeros(2))
    assert sensors_in([channel]) == {}


def test_xdf_without_labels(tmp_path):
    """Streams whose channels nobody named are refused, with the streams' names."""
    path = xdf(
        tmp_path / "a.xdf", [("phone", ["", "", ""], ["", "", ""], T, [(1.0, 2.0, 3.0)] * 8)]
    )
    with pytest.raises(RecordingError, match=r"labels such as acc_x.*phone"):
        seen(path)
    (tmp_path / "b.xdf").write_bytes(b"XDX:")
    with pytest.raises(RecordingError, match="The file is not XDF"):
        seen(tmp_path / "b.xdf")


def hdf5(path, names=("acc", "gyr", "t"), turned=False, units=True, shared=False):
    with h5py.File(path, "w") as file:
        for place in PLACES:
            group = file.create_group(f"Trial/{place}")
            acc, gyr = np.tile(ACC, (ROWS, 1)), np.array([gyr_deg(k) for k in range(ROWS)])
            for name, values, unit in ((names[0], acc, "m/s2"), (names[1], gyr, "deg/s")):
                data = group.create_dataset(name, data=values.T if turned else values)
                if units:
                    data.attrs["units"] = unit
            if names[2] and not shared:
                group.create_dataset(names[2], data=T)
        if shared:
            file.create_dataset(names[2], data=T)
    return path


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_hdf5(tmp_path, turned, shared):
    """Data sets of our names, with times of each group or of the whole file."""
    rows, found = seen(hdf5(tmp_path / "a.h5", turned=turned, shared=shared))
    assert found.files[0].format_name == "HDF5"
    for sensor in PLACES.values():
        assert_right(rows[sensor], 5000.0)


def test_hdf5_by_a_map(tmp_path):
    """Other names come in by a map and units; without them the data sets are named."""
    path = hdf5(tmp_path / "a.h5", ("Kraft", "Drehung", "Uhr"), units=False)
    with pytest.raises(RecordingError, match=r"Trial/Pelvis/Kraft.*--map"):
        seen(path)
    names = {"Kraft": "acc", "Drehung": "gyr", "Uhr": "t"}
    units = {"acc": "m/s2", "gyr": "deg/s"}
    rows, _ = seen(path, Options(names=names, units=units))
    assert_right(rows["pelvis"], 5000.0)


def test_hdf5_without_times(tmp_path):
    """Without times the rate is asked for."""
    path = hdf5(tmp_path / "a.h5", ("acc", "gyr", ""))
    with pytest.raises(RecordingError, match="--rate"):
        seen(path)
    rows, _ = seen(path, Options(rate_hz=100.0))
    assert_right(rows["thigh_left"], 0.0)
