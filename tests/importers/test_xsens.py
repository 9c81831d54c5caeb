"""MT Manager's text exports, in every separator and age."""

import numpy as np
import pytest
from support.maker_files import ACC, assert_right, both, come_in, gyr_rad, table

from imuhip.core.errors import RecordingError
from imuhip.core.quaternions import quaternion_from_rotvec
from imuhip.importers.sources import Options

OLD = "// Start Time: Unknown\n// Update Rate: 100.0Hz\n// Firmware Version: 4.6.0\n"
NEW = "// General information:\n//  MT Manager version: 2022.2.0\n// Coordinate system: ENU\n"
NAMES = ("PacketCounter", "SampleTimeFine", *(f"{s}_{a}" for s in ("Acc", "Gyr") for a in "XYZ"))


def mt(separator="\t", head=OLD, stamp="", first=65533, counter="PacketCounter", comma=False):
    def row(k):
        cells = (f"{(first + k) % 65536:05d}", stamp, *ACC, *gyr_rad(k))
        return [str(cell).replace(".", ",") if comma else cell for cell in cells]

    return table((counter, *NAMES[1:]), row, separator, before=head)


@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
@pytest.mark.parametrize("counter", ["PacketCounter", "Counter"])
def test_separators(tmp_path, separator, counter):
    """Whatever separates the columns and whatever the counter is called, rows come out right."""
    text = mt(separator, counter=counter)
    rows, report = come_in(tmp_path, both("{}.txt", text))
    assert_right(rows["pelvis"], 655.33)
    assert {sensor.format_name for sensor in report.sensors} == {"Xsens MT"}


def test_decimal_commas(tmp_path):
    """A German export, with commas for decimals, is read."""
    rows, _ = come_in(tmp_path, both("{}.csv", mt(";", comma=True)))
    assert_right(rows["thigh_left"], 655.33)


@pytest.mark.parametrize("stamp", ["", "NaN", "nan"])
def test_the_rate_is_asked_for(tmp_path, stamp):
    """Without stamps and rate the user is asked for the rate, which then gives the times."""
    files = both("{}.txt", mt(head=NEW, stamp=stamp))
    with pytest.raises(RecordingError, match=r"--rate 100, or rate_hz = 100 in session\.toml"):
        come_in(tmp_path, files)
    rows, _ = come_in(tmp_path, files, Options(rate_hz=100.0))
    assert_right(rows["pelvis"], 655.33)
    rows, _ = come_in(tmp_path, files | {"session.toml": "rate_hz = 100\n"})
    assert_right(rows["pelvis"], 655.33)


@pytest.mark.parametrize(("pelvis", "thigh"), [(65533, 1), (2, 65534)])
def test_a_shared_counter_that_wraps_late(tmp_path, pelvis, thigh):
    """Sensors of a station share the counter: starts on either side of its end lie near."""
    files = {"pelvis.txt": mt(first=pelvis), "thigh_left.txt": mt(first=thigh)}
    rows, report = come_in(tmp_path, files)
    for sensor, first in (("pelvis", pelvis), ("thigh_left", thigh)):
        expected = (first if first > 60000 else first + 65536) / 100.0
        assert_right(rows[sensor], expected)
    assert report.warnings == ()


def test_increments(tmp_path):
    """Increments of velocity and rotation are divided by the time of a sample."""
    names = ("PacketCounter", *(f"VelInc_{a}" for a in "XYZ"), *(f"OriInc_q{i}" for i in range(4)))

    def row(k):
        dq = quaternion_from_rotvec(np.array(gyr_rad(k)) * 0.01)
        return (k, *(0.01 * a for a in ACC), *dq.tolist())

    rows, _ = come_in(tmp_path, both("{}.txt", table(names, row, "\t", before=OLD)))
    assert_right(rows["pelvis"], 0.0)


def test_another_rate_than_the_file_says_is_reported(tmp_path):
    """Whoever says a rate is believed, and told what the file says."""
    files = both("{}.txt", mt())
    rows, found = come_in(tmp_path, files, Options(rate_hz=50.0))
    np.testing.assert_allclose(np.diff(rows["pelvis"][:, 0]), 0.02, atol=1e-9)
    assert any(
        "the file says 100 Hz; the 50 Hz that were said are taken" in w for w in found.warnings
    )
    _, found = come_in(tmp_path, files, Options(rate_hz=100.0))
    assert not any("the file says" in said for said in found.warnings)
