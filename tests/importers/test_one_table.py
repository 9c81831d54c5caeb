"""All sensors in one plain table: side by side, or below each other."""

import numpy as np
import pytest
from support.import_folders import NAMES
from support.maker_files import (
    ACC,
    FORCE_G,
    ROWS,
    assert_right,
    both,
    german,
    gyr_deg,
    gyr_rad,
    look,
    plain,
    table,
)

from imuhip.core.errors import RecordingError
from imuhip.importers.sources import Options

THREE = ("pelvis", "thigh_left", "thigh_right")
PLACES = Options(places={"imu1": "pelvis", "imu2": "thigh_left", "imu3": "thigh_right"})


def side_by_side(name, places=THREE, kinds=("acc", "gyr"), axes="xyz"):
    names = [name.format(place=p, kind=k, axis=a) for p in places for k in kinds for a in axes]
    return table(["t", *names], lambda k: (f"{0.01 * k:.2f}", *(*ACC, *gyr_rad(k)) * len(places)))


def below_each_other(column, sensors=THREE):
    count = len(sensors)
    return table(
        ("t", column, *NAMES[1:]),
        lambda k: (f"{0.01 * (k // count):.2f}", sensors[k % count], *ACC, *gyr_rad(k // count)),
        rows=count * ROWS,
    )


TABLES = {
    "place first": side_by_side("{place}_{kind}_{axis}"),
    "place last": side_by_side("{kind}_{axis}_{place}"),
    "place between": side_by_side("{kind}_{place}_{axis}"),
    "dots": side_by_side("{place}.{kind}.{axis}"),
    "spaces": side_by_side("{place} {kind} {axis}"),
    "slashes": side_by_side("{place}/{kind}_{axis}"),
    "people's places": side_by_side(
        "{place}_{kind}_{axis}", ("Lumbar", "Left Thigh", "RightThigh")
    ),
    "one word": side_by_side(
        "{place}{kind}{axis}", ("Pelvis", "LeftThigh", "RightThigh"), ("Acc", "Gyr"), "XYZ"
    ),
    "German": german(side_by_side("{place}_{kind}_{axis}")),
    "comments above": "# made by hand\n" + side_by_side("{place}_{kind}_{axis}"),
    "units": table(
        [
            "Time (ms)",
            *(
                f"{place}_{kind}_{axis} ({unit})"
                for place in THREE
                for kind, unit in (("acc", "g"), ("gyr", "deg/s"))
                for axis in "xyz"
            ),
        ],
        lambda k: (10 * k, *(*FORCE_G, *gyr_deg(k)) * 3),
    ),
    "column of sensors": below_each_other("sensor"),
    "column of positions": below_each_other("Position", ("Sacrum", "Left Thigh", "Thigh RT")),
    "sensor after sensor": table(
        ("segment", "t", *NAMES[1:]),
        lambda k: (THREE[k // ROWS], f"{0.01 * (k % ROWS):.2f}", *ACC, *gyr_rad(k % ROWS)),
        rows=3 * ROWS,
    ),
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES.keys())
def test_one_table(tmp_path, text):
    """Every sensor of a table, wherever its name stands."""
    rows, found = look(tmp_path, {"session.csv": text})
    assert {file.format_name for file in found.files} == {"one table"}
    for sensor in THREE:
        assert_right(rows[sensor], 0.0)


@pytest.mark.parametrize(
    "text",
    [
        side_by_side("{place}_{kind}_{axis}", ("imu1", "imu2", "imu3")),
        below_each_other("device_id", ("imu1", "imu2", "imu3")),
    ],
    ids=["side by side", "below each other"],
)
def test_devices_that_no_place_names(tmp_path, text):
    """The devices are counted and asked for, and placed as the user says."""
    with pytest.raises(RecordingError, match="holds 3 devices: imu1 8 rows"):
        look(tmp_path, {"session.csv": text})
    rows, _ = look(tmp_path, {"session.csv": text}, PLACES)
    for sensor in THREE:
        assert_right(rows[sensor], 0.0)


def test_copies_of_a_table_under_the_names_of_sensors(tmp_path):
    """Rows of several devices never become one sensor's."""
    text = below_each_other("sensor", ("a", "b", "c"))
    with pytest.raises(RecordingError, match="The file holds 3 devices"):
        look(tmp_path, {f"{name}.csv": text for name in THREE})
    same = both("{}.csv", below_each_other("sensor", ("a",)))
    (tmp_path / "in" / "thigh_right.csv").unlink()
    rows, _ = look(tmp_path, same)
    assert_right(rows["pelvis"], 0.0)


def devices(column, names, rows=8):
    """A table whose rows are of several devices in turn; the first axis tells them apart."""
    head = ",".join(("t", column, *NAMES[1:]))
    lines = [
        ",".join(map(str, (0.01 * k, name, ACC[0] + i, *ACC[1:], *gyr_rad(k))))
        for k in range(rows)
        for i, name in enumerate(names)
    ]
    return "\n".join([head, *lines]) + "\n"


@pytest.mark.parametrize("column", ["mac", "MAC address", "Serial number", "node", "Gerät", "id"])
def test_devices_by_whatever_names_them(tmp_path, column):
    """Rows of two devices in turn are never one sensor's: they are split, or asked for."""
    text = devices(column, ("aa:01", "aa:02"))
    places = {"aa:01": "pelvis", "aa:02": "thigh_left"}
    rows, _ = look(tmp_path / "a", {"all.csv": text}, Options(places=places))
    assert_right(rows["pelvis"], 0.0)
    np.testing.assert_allclose(rows["thigh_left"][:, 1], ACC[0] + 1)
    with pytest.raises(RecordingError, match="holds 2 devices"):
        look(tmp_path / "b", {"pelvis.csv": text, "thigh_left.csv": plain()})


def test_a_number_of_each_row_names_no_device(tmp_path):
    """A column ``id`` that counts the rows is none of devices."""
    row = lambda k: (0.01 * k, k, *ACC, *gyr_rad(k))  # noqa: E731
    rows, _ = look(tmp_path, both("{}.csv", table(("t", "id", *NAMES[1:]), row, rows=50)))
    assert_right(rows["pelvis"], 0.0, n=50)


def test_sensors_side_by_side_with_times_of_their_own(tmp_path):
    """Each keeps its own."""
    names = [f"{place}_{name}" for place in ("pelvis", "thigh_left") for name in NAMES]
    own = lambda k, late: (0.01 * k + late, *ACC, *gyr_rad(k))  # noqa: E731
    rows, _ = look(tmp_path, {"all.csv": table(names, lambda k: (*own(k, 0.0), *own(k, 0.004)))})
    assert_right(rows["pelvis"], 0.0)
    assert_right(rows["thigh_left"], 0.004)


@pytest.mark.parametrize("count", [2, 3])
def test_devices_in_turn_that_nothing_names(tmp_path, count):
    """They are not one sensor of a higher rate."""
    text = devices("colour", [f"c{i}" for i in range(count)])
    with pytest.raises(RecordingError, match=rf"Rows of {count} devices take turns"):
        look(tmp_path, {"pelvis.csv": text, "thigh_left.csv": plain()})
