"""WitMotion's programs, English and Chinese, old and new."""

import numpy as np
import pytest
from support.maker_files import ROWS, assert_right, both, come_in, gyr_deg, table

from imuhip.core.errors import RecordingError
from imuhip.importers.sources import Options

FORCE = (0.051, -0.025, 0.994)
OLD = (
    "Time", "Device name", "Chip Time()", *(f"Acceleration {a}(g)" for a in "XYZ"),
    *(f"Angular velocity {a}(°/s)" for a in "XYZ"),
)  # fmt: skip
NEW = (
    "time", "DeviceName", "ChipTime()", *(f"Acc{a}(g)" for a in "XYZ"),
    *(f"As{a}(°/s)" for a in "XYZ"), "Q0()",
)  # fmt: skip
CHINESE = (
    "时间", "设备名称", "片上时间()", *(f"加速度{a}(g)" for a in "XYZ"),
    *(f"角速度{a}(°/s)" for a in "XYZ"),
)  # fmt: skip


def row(k, device="WT901(a1)", more=0.0, date=""):
    force = (FORCE[0] + more, *FORCE[1:])
    at = f"{date}10:00:{k // 4:02d}.{50 + k % 4 * 10:03d}"
    chip = f"2026-3-2 9:59:50.{k * 10:03d}"
    cells = (at, device, chip, *force, *gyr_deg(k))
    return [f"{cell:.3f}" if isinstance(cell, float) else cell for cell in cells]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (table(NEW, lambda k: [*row(k, date="2026-03-02T"), 1], "\t"), "utf-8"),
        (table(NEW, lambda k: [*row(k, date="2026-03-02 "), 1], ","), "utf-8"),
        (table(CHINESE, row, "\t"), "gb18030"),
        (table(CHINESE, row, ","), "utf-8"),
        (table(OLD, row, "\t"), "cp1252"),
        (table(OLD, row, "\t"), "utf-16"),
    ],
    ids=["new", "new commas", "chinese gb", "chinese", "western", "utf-16"],
)
def test_names_and_encodings(tmp_path, text, encoding):
    """Old, new and Chinese names in their programs' encodings are one and the same table."""
    rows, report = come_in(tmp_path, both("{}.txt", text.encode(encoding)))
    assert_right(rows["pelvis"], 36000.53, acc_tol=0.01)
    assert report.sensors[0].format_name == "WitMotion"


def test_commas_for_decimals_and_between_columns(tmp_path):
    """A comma that both separates and marks decimals is taken apart, for the places tell."""
    text = table(OLD, lambda k: [str(cell).replace(".", ",") for cell in row(k)], ",")
    rows, _ = come_in(tmp_path, both("{}.csv", text))
    assert_right(rows["pelvis"], 36000.53, acc_tol=0.01)


DEVICES = {"WT901(a1)": "pelvis", "WT901(b2)": "thigh_left", "WT901(c3)": "thigh_right"}


def three():
    def of(i):
        return row(i // 3, list(DEVICES)[i % 3], 0.1 * (i % 3))

    return table(OLD, of, "\t", rows=3 * ROWS)


@pytest.mark.parametrize("names", [("session.txt",), ("pelvis.txt", "thigh_left.txt")])
def test_three_devices_in_a_file(tmp_path, names):
    """Devices in one file are never mixed: they are counted, asked for, and split as told."""
    files = dict.fromkeys(names, three())
    with pytest.raises(RecordingError, match=r"3 devices: WT901\(a1\) 8 rows.*--place"):
        come_in(tmp_path, files)
    rows, _ = come_in(tmp_path, files, Options(places=DEVICES))
    for i, sensor in enumerate(DEVICES.values()):
        assert len(rows[sensor]) == ROWS
        np.testing.assert_allclose(rows[sensor][:, 1], (0.051 + 0.1 * i) * 9.80665)
    places = "".join(f'"{device}" = "{sensor}"\n' for device, sensor in DEVICES.items())
    rows, _ = come_in(tmp_path, files | {"session.toml": f"[place]\n{places}"})
    assert rows["thigh_right"][0, 1] == pytest.approx(0.251 * 9.80665)


def test_on_either_side_of_midnight(tmp_path):
    """Sensors that began on either side of midnight lie near each other."""

    def late(k):
        return [
            cell.replace("10:00:0", "23:59:5") if i == 0 else cell for i, cell in enumerate(row(k))
        ]

    def early(k):
        return [
            cell.replace("10:00:0", "0:00:0") if i == 0 else cell for i, cell in enumerate(row(k))
        ]

    files = {"pelvis.txt": table(OLD, late, "\t"), "thigh_left.txt": table(OLD, early, "\t")}
    rows, _ = come_in(tmp_path, files)
    assert abs(rows["pelvis"][0, 0] - rows["thigh_left"][0, 0]) == pytest.approx(10.0)
