"""Files of further makers and apps: each recognised, each in SI, each on its clock."""

import json
import random
from contextlib import suppress

import numpy as np
import pytest
from support.maker_files import ACC, ROWS, G, assert_right, both, come_in, gyr_deg, gyr_rad, table

from imuhip.core.errors import RecordingError
from imuhip.core.quaternions import multiply, quaternion_from_rotvec, rotate
from imuhip.importers.sources import Options

FORCE_G = tuple(a / G for a in ACC)
EPOCH_MS = 1_772_445_600_000


def x_io(time, unit, field=()):
    names = [time, *(f"Gyroscope {a} (deg/s)" for a in "XYZ")]
    names += [f"Accelerometer {a} (g)" for a in "XYZ"]
    names += [f"Magnetometer {a} ({u})" for a in "XYZ" for u in field]
    magnetic = (20.0, 3.0, -40.0) if field else ()
    return table(names, lambda k: ((392 + 0.01 * k) * unit, *gyr_deg(k), *FORCE_G, *magnetic))


@pytest.mark.parametrize(
    "text", [x_io("Timestamp (us)", 1e6), x_io("Time (s)", 1.0, ("uT",))], ids=["x-IMU3", "NGIMU"]
)
def test_x_io(tmp_path, text):
    """x-IMU3, NGIMU and Fusion logs: each column's unit is the one in its name."""
    rows, report = come_in(tmp_path, both("{}.csv", text))
    assert_right(rows["pelvis"], 392.0)
    assert report.sensors[0].format_name == "x-io"


def test_x_imu3_folder(tmp_path):
    """A folder a sensor, with a magnetometer of its own rate, is joined."""
    names = ["Timestamp (us)", *(f"Magnetometer {a} (a.u.)" for a in "XYZ")]
    field = table(names, lambda k: (391_990_000 + 50_000 * k, 1.0, 0.5, -0.25))
    files = both("{}/Inertial.csv", x_io("Timestamp (us)", 1e6))
    files |= both("{}/Magnetometer.csv", field)
    files |= both("{}/Quaternion.csv", "Timestamp (us),W,X,Y,Z\n1,1,0,0,0\n")
    rows, report = come_in(tmp_path, files)
    assert_right(rows["pelvis"], 392.0)
    np.testing.assert_allclose(rows["pelvis"][:, 7:], np.tile((50.0, 25.0, -12.5), (ROWS, 1)))
    assert report.sensors[0].magnetometer


def metabase(kind):
    unit, step, first = ("g", 10, 0) if kind == "acc" else ("deg/s", 20, -5)
    names = ["epoch (ms)", "time (01:00)", "elapsed (s)", *(f"{a}-axis ({unit})" for a in "xyz")]

    def row(k):
        at = first + k * step
        values = FORCE_G if kind == "acc" else (0.1 * (at + 5), -90.0, 180.0)
        return (EPOCH_MS + at, "2026-03-02T10:00:00.000", k * step / 1000, *values)

    return table(names, row)


@pytest.mark.parametrize(
    ("acc", "gyr"),
    [
        ("{}/MetaWear_Accelerometer_100.000Hz.csv", "{}/MetaWear_Gyroscope_50.000Hz.csv"),
        ("{}_Accelerometer_100.000Hz_1.4.4.csv", "{}_Gyroscope_50.000Hz_1.4.4.csv"),
    ],
)
def test_metabase(tmp_path, acc, gyr):
    """Two files a sensor are put on the epoch, turning rates between their samples."""
    rows, _ = come_in(tmp_path, both(acc, metabase("acc")) | both(gyr, metabase("gyr")))
    pelvis = rows["pelvis"]
    assert pelvis[0, 0] == pytest.approx(EPOCH_MS / 1000, abs=1e-6)
    np.testing.assert_allclose(np.degrees(pelvis[:, 4]), 0.5 + np.arange(ROWS), atol=1e-4)
    np.testing.assert_allclose(pelvis[:, 3], 9.75, atol=1e-4)


def test_metabase_without_gyroscope(tmp_path):
    """A sensor of which one file is missing is refused by what is missing."""
    with pytest.raises(RecordingError, match="The file of the gyroscope is missing"):
        come_in(tmp_path, both("{}/x_Accelerometer_100.000Hz.csv", metabase("acc")))


def shimmer(devices=("S_P",), unix=True, low_noise=True):
    names, units, row_of = [], [], []
    for device in devices:
        stamp = "Timestamp_Unix_CAL" if unix else "Timestamp_Shimmer_CAL"
        names += [f"{device}_{stamp}"]
        units += ["ms"]
        for chip, value in (("LN", ACC), ("WR", (9.0, 9.0, 9.0))) if low_noise else (("WR", ACC),):
            names += [f"{device}_Accel_{chip}_{a}_CAL" for a in "XYZ"]
            units += ["m/(s^2)"] * 3
            row_of += [value]
        names += [f"{device}_Gyro_{a}_CAL" for a in "XYZ"]
        units += ["deg/s"] * 3

    def row(k):
        cells = []
        chips = 2 if low_noise else 1
        for i, _ in enumerate(devices):
            cells += [EPOCH_MS + 10 * k]
            for value in row_of[i * chips : (i + 1) * chips]:
                cells += value
            cells += gyr_deg(k)
        return [*cells, ""]

    return (
        table([*names, ""], row, before='"sep=,"\n')
        .replace("\n", "\n" + ",".join([*units, ""]) + "\n", 2)
        .replace('"sep=,"\n' + ",".join([*units, ""]) + "\n", '"sep=,"\n')
    )


@pytest.mark.parametrize("low_noise", [True, False])
def test_shimmer(tmp_path, low_noise):
    """Consensys: a line of units, an empty last column, one of two accelerometers."""
    rows, report = come_in(tmp_path, both("{}.csv", shimmer(low_noise=low_noise)))
    assert_right(rows["pelvis"], EPOCH_MS / 1000)
    assert bool(report.warnings) == low_noise


def test_shimmer_of_several_devices(tmp_path):
    """A file of several Shimmers is split by device."""
    places = {"A1": "pelvis", "B2": "thigh_right"}
    rows, _ = come_in(tmp_path, {"trial.csv": shimmer(tuple(places))}, Options(places=places))
    assert rows.keys() == {"pelvis", "thigh_right"}
    assert_right(rows["thigh_right"], EPOCH_MS / 1000)


def apdm():
    kinds = "Accelerometer,,,Gyroscope,,,Magnetometer,,,Barometer,Orientation,,,"
    head = "Format=7,1001,,,Lumbar,,,,,,,,,,,1002,,,Left Thigh,,,,,,,,,,\n"
    head += f"Time,{kinds},{kinds}\n,{','.join(['X,Y,Z,X,Y,Z,X,Y,Z,,S,X,Y,Z'] * 2)}\n"
    one = lambda k: (*ACC, *gyr_rad(k), 20, 3, -40, 101.3, 1, 0, 0, 0)  # noqa: E731
    return table((), lambda k: (EPOCH_MS / 1000 + 0.01 * k, *one(k), *one(k)), before=head)


def test_apdm(tmp_path):
    """Opal's CSV: one file with all sensors, whose labels say where they sat."""
    rows, report = come_in(tmp_path, {"session.csv": apdm()})
    assert_right(rows["pelvis"][:, :7], EPOCH_MS / 1000)
    assert_right(rows["thigh_left"][:, :7], EPOCH_MS / 1000)
    assert rows["pelvis"][0, 7:].tolist() == [20, 3, -40]
    assert report.sensors[1].device == "Left Thigh"


def test_apdm_hdf5(tmp_path):
    """Opal's HDF5: a group a sensor, time in µs since 1970, labels padded with zero bytes."""
    h5py = pytest.importorskip("h5py")
    (tmp_path / "in").mkdir()
    with h5py.File(tmp_path / "in" / "walk.h5", "w") as file:
        for number, label in (("1001", b"Lumbar\0\0"), ("1002", b"Right Thigh\0")):
            group = file.create_group(f"Sensors/{number}")
            group.create_group("Configuration").attrs["Label 0"] = np.void(label)
            group["Time"] = np.arange(ROWS, dtype=np.uint64) * 10_000 + EPOCH_MS * 1000
            group["Accelerometer"] = np.tile(ACC, (ROWS, 1))
            group["Gyroscope"] = np.array([gyr_rad(k) for k in range(ROWS)])
    rows, _ = come_in(tmp_path, {})
    assert_right(rows["pelvis"], EPOCH_MS / 1000)
    assert_right(rows["thigh_right"], EPOCH_MS / 1000)


def logger(sign, total=False):
    names = ("time", "seconds_elapsed", "z", "y", "x")
    values = {
        "Gyroscope": gyr_rad,
        "Accelerometer": lambda _: (sign * 0.5, 0.0, sign * 0.25),
        "Gravity": lambda _: (0.0, sign * ACC[1], sign * (ACC[2] - 0.25)),
        "TotalAcceleration": lambda _: tuple(sign * a for a in ACC),
    }
    if not total:
        del values["TotalAcceleration"]
    files = {}
    for signal, of in values.items():
        text = table(
            names,
            lambda k, of=of: (1_772_445_600_000_000_000 + k * 10_000_000, 0.01 * k, *of(k)[::-1]),
        )
        files |= both("{}/" + signal + ".csv", text)
    return files


@pytest.mark.parametrize(
    ("platform", "standard", "sign"),
    [("ios", "false", -1), ("ios", "true", 1), ("android", "false", 1), ("", "", -1)],
)
@pytest.mark.parametrize("total", [False, True])
def test_sensor_logger(tmp_path, platform, standard, sign, total):
    """Gravity is added, columns go by name, and an iPhone's signs are turned round, and told."""
    files = logger(sign, total)
    if platform:
        metadata = f"version,platform,standardisation\n3,{platform},{standard}\n"
        files |= both("{}/Metadata.csv", metadata)
    rows, report = come_in(tmp_path, files)
    assert_right(rows["pelvis"], EPOCH_MS / 1000)
    assert ("iPhone" in " ".join(report.warnings)) == (sign < 0)


def test_sensor_logger_without_gravity(tmp_path):
    """Accelerometer.csv alone is without gravity, and is refused by name."""
    files = {name: text for name, text in logger(1).items() if "Gravity" not in name}
    with pytest.raises(RecordingError, match=r"Accelerometer\.csv alone is without gravity"):
        come_in(tmp_path, files)


def phyphox(*kinds):
    units = {"Acceleration": ("m/s^2", ACC), "Linear Acceleration": ("m/s^2", (0.1, 0, 0))}
    names = ["Time (s)"]
    for kind in kinds:
        unit = units[kind][0] if kind in units else "rad/s"
        names += [f"{kind} {a} ({unit})" for a in "xyz"]

    def row(k):
        cells = [f"{0.01 * k:.9E}"]
        for kind in kinds:
            cells += [f"{v:.9E}" for v in (units[kind][1] if kind in units else gyr_rad(k))]
        return cells

    return table([f'"{name}"' for name in names], row)


def test_phyphox(tmp_path):
    """One table or a file a signal; that phones count from their own start is said."""
    rows, report = come_in(tmp_path, both("{}.csv", phyphox("Acceleration", "Gyroscope")))
    assert_right(rows["pelvis"], 0.0)
    assert "own start" in report.warnings[0]
    (tmp_path / "b").mkdir()
    files = both("{}/Accelerometer.csv", phyphox("Acceleration"))
    files |= both("{}/Gyroscope.csv", phyphox("Gyroscope"))
    rows, _ = come_in(tmp_path / "b", files)
    assert_right(rows["thigh_left"], 0.0)


def test_phyphox_without_gravity(tmp_path):
    """Linear Acceleration is refused by its name, with what to record instead."""
    text = phyphox("Linear Acceleration", "Gyroscope")
    with pytest.raises(
        RecordingError, match=r"Linear Acceleration in .* is without gravity.*Record"
    ):
        come_in(tmp_path, both("{}.csv", text))


@pytest.mark.parametrize("product", ["Noraxon MyoMotion", "Ultium Motion"])
def test_noraxon(tmp_path, product):
    """MR3: one file with all sensors, whose names say place, signal, axis and unit."""
    names = ['"time,s"']
    for place in ("Pelvis", "Thigh LT", "Thigh RT"):
        for signal, unit in (("Acceleration", "mG"), ("Gyroscope", "deg/s")):
            names += [f'"{product}-Segments-{place}-{signal}-{a} ({unit})"' for a in "xyz"]
    milli = [1000 * a for a in FORCE_G]
    text = table(names, lambda k: (0.01 * k, *(3 * [*milli, *gyr_deg(k)])))
    rows, _ = come_in(tmp_path, {"session.csv": text})
    assert rows.keys() == {"pelvis", "thigh_left", "thigh_right"}
    for sensor in rows.values():
        assert_right(sensor, 0.0)


def mvnx(frames, sensors=("Pelvis", "RightUpperLeg", "LeftUpperLeg")):
    turn = np.array((0.2, -0.4, 0.8))

    def frame(k):
        q = quaternion_from_rotvec(turn * k / 60)
        q = multiply(quaternion_from_rotvec(np.array((0.0, 1.0, 0.0))), q)
        free = rotate(q, np.array(ACC)) - (0.0, 0.0, G)
        free, q = (" ".join(map(repr, v.tolist() * len(sensors))) for v in (free, q))
        return (
            f'<frame time="{k * 1000 / 60}" index="{k}" type="normal"><sensorFreeAcceleration>'
            f"{free}</sensorFreeAcceleration><sensorOrientation>{q}</sensorOrientation></frame>"
        )

    labels = "".join(f'<sensor label="{label}"/>' for label in sensors)
    pose = '<frame time="0" type="tpose"><orientation>1 0 0 0</orientation></frame>'
    return (
        '<?xml version="1.0"?><mvnx xmlns="http://www.xsens.com/mvn/mvnx" version="4">'
        f'<subject frameRate="60"><sensors>{labels}</sensors><frames>{pose}'
        f"{''.join(map(frame, range(frames)))}</frames></subject></mvnx>"
    )


def test_mvnx(tmp_path):
    """An MVNX gives what can be worked out from orientation, and says that it is only that."""
    rows, report = come_in(tmp_path, {"take.mvnx": mvnx(10)})
    assert rows.keys() == {"pelvis", "thigh_right", "thigh_left"}
    np.testing.assert_allclose(rows["pelvis"][:, 1:4], np.tile(ACC, (10, 1)), atol=1e-9)
    np.testing.assert_allclose(rows["pelvis"][:, 4:], np.tile((0.2, -0.4, 0.8), (10, 1)), atol=1e-6)
    assert "no turning rates" in report.warnings[0]


def test_mvnx_of_one_frame(tmp_path):
    """Where nothing can be worked out it is said what an .mvnx is and what to export."""
    with pytest.raises(RecordingError, match=r"no turning rates; .*MT Manager"):
        come_in(tmp_path, {"take.mvnx": mvnx(1)})


BIDS = "sub-01_task-squat_tracksys-imu"


def bids(latency, rate, points=("pelvis", "thigh_left")):
    lines = ["name\tcomponent\ttype\ttracked_point\tunits\tsampling_frequency"]
    if latency:
        lines.append(f"latency\tn/a\tLATENCY\tn/a\ts\t{rate}")
    for point in points:
        for kind, unit in (("ACCEL", "m/s^2"), ("GYRO", "deg/s")):
            lines += [f"{point}_{kind}_{a}\t{a}\t{kind}\t{point}\t{unit}\t{rate}" for a in "xyz"]
    one = lambda k: (*ACC, *gyr_deg(k))  # noqa: E731
    first = (lambda k: (5 + 0.01 * k,)) if latency else (lambda _: ())
    motion = table((), lambda k: (*first(k), *(len(points) * one(k))), "\t")
    return {f"{BIDS}_channels.tsv": "\n".join(lines) + "\n", f"{BIDS}_motion.tsv": motion}


@pytest.mark.parametrize("latency", [True, False])
@pytest.mark.parametrize("rate", ["100", "n/a"])
def test_bids_motion(tmp_path, latency, rate):
    """Names stand in the channels' file, the rate there or in the JSON, times where they are."""
    files = bids(latency, rate) | {f"{BIDS}_motion.json": json.dumps({"SamplingFrequency": 100})}
    rows, report = come_in(tmp_path, files)
    assert_right(rows["thigh_left"], 5.0 if latency else 0.0)
    assert report.warnings == ()


def test_bids_data_set(tmp_path):
    """The folder of a whole data set will do: the recording is found below it."""
    files = bids(latency=False, rate="100")
    files = {f"sub-01/motion/{name}": text for name, text in files.items()}
    files |= {"participants.tsv": "participant_id\nsub-01\n", "README": "squats"}
    rows, report = come_in(tmp_path, files)
    assert_right(rows["thigh_left"], 0.0)
    assert report.warnings == ()


def test_bids_motion_of_the_pelvis_alone(tmp_path):
    """What has no thighs comes in, and it is said that hip angles need samples."""
    rows, report = come_in(tmp_path, bids(latency=False, rate="100", points=("pelvis",)))
    assert_right(rows["pelvis"], 0.0)
    assert "hip angles need samples" in report.warnings[0]


def test_polar_sensor_logger(tmp_path):
    """Polar: two files a sensor, ns of the sensor's clock brought to the phone's time."""
    files = {}
    for place in ("pelvis", "thigh_left"):
        for signal, unit, of in (
            ("ACC", "mg", lambda _: [1000 * a for a in FORCE_G]),
            ("GYRO", "dps", gyr_deg),
        ):
            names = ("Phone timestamp", "sensor timestamp [ns]", *(f"{a} [{unit}]" for a in "XYZ"))
            files[f"{place}/Polar_Sense_A1B2C3D4_{signal}.txt"] = table(
                names,
                lambda k, of=of: (
                    f"2026-03-02T10:00:00.{k * 10:03d}",
                    599_616_000_000_000_000 + k * 10_000_000,
                    *of(k),
                ),
                ";",
            )
    rows, _ = come_in(tmp_path, files)
    assert_right(rows["pelvis"], EPOCH_MS / 1000)


def test_movesense(tmp_path):
    """Movesense: LinearAcceleration is with gravity there; ms, and °/s."""

    def text(of):
        return table(("timestamp", "x", "y", "z"), lambda k: (5000 + 10 * k, *of(k)))

    files = both("{}/A_LinearAcceleration.csv", text(lambda _: ACC))
    files |= both("{}/A_Gyroscope.csv", text(gyr_deg))
    rows, report = come_in(tmp_path, files)
    assert_right(rows["pelvis"], 5.0)
    assert "own power-on" in report.warnings[0]


@pytest.mark.parametrize("seed", range(6))
def test_damaged_files(tmp_path, seed):
    """However a maker's file is damaged, it comes in or is refused in words."""
    rng = random.Random(seed)  # noqa: S311
    whole = {
        "apdm": {"session.csv": apdm()},
        "bids": bids(latency=True, rate="100"),
        "logger": logger(-1),
        "metabase": both("{}/A.csv", metabase("acc")) | both("{}/G.csv", metabase("gyr")),
        "mvnx": {"take.mvnx": mvnx(5)},
        "phyphox": both("{}.csv", phyphox("Acceleration", "Gyroscope")),
        "shimmer": both("{}.csv", shimmer()),
        "x-io": both("{}.csv", x_io("Timestamp (us)", 1e6)),
    }
    for maker, files in whole.items():
        for turn in range(12):
            name = rng.choice(sorted(files))
            damaged = files | {name: damage(files[name], rng)}
            with suppress(RecordingError):  # in words; anything else fails the test
                _, report = come_in(tmp_path / f"{maker}{turn}", damaged)
                assert report.sensors


def damage(text, rng):
    """The text cut, or with a line or a cell lost, doubled or spoilt."""
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    kind = rng.randrange(5)
    if kind == 0:
        return text[: rng.randrange(len(text))]
    if kind == 1:
        return "\n".join(lines[:at] + lines[at + 1 :])
    if kind == 2:
        return "\n".join([*lines[:at], lines[rng.randrange(len(lines))], *lines[at:]])
    if kind == 3:
        lines[at] = lines[at][: len(lines[at]) // 2]
        return "\n".join(lines)
    cells = lines[at].split(",")
    cells[rng.randrange(len(cells))] = rng.choice(["nan", "inf", "1e308", "x", "", "-"])
    lines[at] = ",".join(cells)
    return "\n".join(lines)
