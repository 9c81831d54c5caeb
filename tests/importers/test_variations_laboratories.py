"""Files of laboratories' programs, as other ages, countries and hands write them.

Each is the same eight samples of pelvis and left thigh, and comes in as if nothing were odd.
"""

import re

import pytest
from support.maker_files import (
    ACC,
    EPOCH_S,
    ROWS,
    G,
    assert_right,
    both,
    crlf,
    german,
    gyr_deg,
    gyr_rad,
    look,
    table,
)


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
    "seconds": shimmer(unit="s", time=lambda k: f"{EPOCH_S + 0.01 * k:.2f}"),
    "no line of units": re.sub("ms,m/.*mV,\n", "", shimmer()),
    "days before months": shimmer(
        "Timestamp_FormattedUnix_CAL",
        "dd/mm/yyyy hh:mm:ss.000",
        lambda k: f"02/03/2026 10:00:00.{10 * k:03d}",
    ),
    "own name of the device": shimmer(device="Left_Thigh_2_"),
}


@pytest.mark.parametrize("text", SHIMMER_FILES.values(), ids=SHIMMER_FILES.keys())
def test_shimmer(tmp_path, text):
    """Consensys exports with any separator, any of its times and names."""
    rows, found = look(tmp_path, both("{}.csv", text))
    assert found.files[0].format_name == "Shimmer"
    assert_right(rows["pelvis"], EPOCH_S)


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
    "semicolons": apdm().replace(",", ";"),
    "tabs": apdm().replace(",", "\t"),
    "German": german(apdm()),
    "places in other words": apdm(("Sacrum", "Thigh - Left")),
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
    "capitals": noraxon(("PELVIS", "THIGH LT")),
    "UTF-16": noraxon().encode("utf-16"),
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
