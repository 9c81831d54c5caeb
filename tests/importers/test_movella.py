"""Movella DOT in all its modes."""

import itertools

import numpy as np
import pytest
from support.import_folders import NAMES
from support.maker_files import (
    ACC,
    ROWS,
    G,
    assert_right,
    both,
    come_in,
    gyr_deg,
    gyr_rad,
    lay,
    table,
)
from vqf import VQF

from imuhip.core.errors import RecordingError
from imuhip.core.quaternions import multiply, quaternion_from_rotvec, rotate
from imuhip.importers.folder import import_folder
from imuhip.results.analysis import analyze
from imuhip.results.schemas import read_results
from imuhip.simulate.output import write_folder
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup

HEAD = (
    "sep=,\nDeviceTag:,A\nFirmwareVersion:,3.0.0\nSyncStatus:,Synced\nOutputRate:,100Hz\n"
    "StartTime: ,2026-03-02_10:00:00_000 UTC\n© M. 2026\n\n"
)
OFFLINE = "sep=,\nDeviceTag:,A\nStartTime: ,2026-03-02_10:00:00_000 UTC\n\n"
STAMPS = ("PacketCounter", "SampleTimeFine")
RATES = (*STAMPS, *(f"{s}_{a}" for s in ("Acc", "Gyr") for a in "XYZ"))


def dot(first=1_000_000_000, head=HEAD, step=10_000, rows=ROWS):
    return table(RATES, lambda k: (k, first + k * step, *ACC, *gyr_deg(k)), rows=rows, before=head)


def test_delta_quantities(tmp_path):
    """``dq`` and ``dv`` are increments over a sample: rates and accelerations come out exactly."""
    names = (*STAMPS, "dq_W", "dq_X", "dq_Y", "dq_Z", "dv[1]", "dv[2]", "dv[3]")

    def row(k):
        dq = quaternion_from_rotvec(np.array(gyr_rad(k)) * 0.01)
        return (k, 1_000_000_000 + k * 10_000, *dq.tolist(), *(0.01 * a for a in ACC))

    rows, _ = come_in(tmp_path, both("{}.csv", table(names, row, before=HEAD)))
    assert_right(rows["pelvis"], 1000.0)


def test_orientation_and_free_acceleration(tmp_path):
    """The app's usual mode is converted, and says that it is and what that costs."""
    names = (*STAMPS, *(f"Quat_{p}" for p in "WXYZ"), *(f"FreeAcc_{a}" for a in "XYZ"))
    turn = np.array((0.3, -0.9, 1.2))
    start = quaternion_from_rotvec(np.array((0.4, 1.1, -0.3)))

    def q(k):
        return multiply(start, quaternion_from_rotvec(turn * 0.01 * k))

    def row(k):
        free = rotate(q(k), np.array(ACC)) - (0.0, 0.0, G)
        return (k, 1_000_000_000 + k * 10_000, *q(k).tolist(), *free.tolist())

    rows, report = come_in(tmp_path, both("{}.csv", table(names, row, before=HEAD)))
    np.testing.assert_allclose(rows["pelvis"][:, 1:4], np.tile(ACC, (ROWS, 1)), atol=1e-9)
    np.testing.assert_allclose(rows["pelvis"][:, 4:], np.tile(turn, (ROWS, 1)), atol=1e-6)
    assert "pelvis.csv, thigh_left.csv: Sensor fusion - Extended" in report.warnings[0]


def test_what_the_conversion_costs(tmp_path):
    """Hip angles from orientation and free acceleration lie within 1° RMS of those from rates."""
    names = (*STAMPS, *(f"Quat_{p}" for p in "WXYZ"), *(f"FreeAcc_{a}" for a in "XYZ"))
    done = simulate("squat", seed=5, grade="good", profile_id="imported", setup=Setup())
    write_folder(done, tmp_path / "all")
    fused, measured = {}, {}
    for sensor in ("pelvis", "thigh_left", "thigh_right"):
        rows = np.loadtxt(tmp_path / "all" / f"{sensor}.csv", delimiter=",", skiprows=1)
        acc, gyr = np.ascontiguousarray(rows[:, 1:4]), np.ascontiguousarray(rows[:, 4:7])
        q = VQF(0.01).updateBatch(gyr, acc)["quat6D"][::2]
        half = rows[::2, :7]
        free = rotate(q, half[:, 1:4]) - (0.0, 0.0, G)
        cells = np.round(np.hstack((q, free)), 6).tolist()
        stamps = np.rint(half[:, 0] * 1e6).astype(int).tolist()
        head = HEAD.replace("100Hz", "50Hz")
        row = lambda k, s=stamps, c=cells: (k, s[k], *c[k])  # noqa: E731
        fused[f"{sensor}.csv"] = table(names, row, rows=len(half), before=head)
        values = half.tolist()
        measured[f"{sensor}.csv"] = table(NAMES, lambda k, v=values: v[k], rows=len(half))
    angles = []
    for kind, files in (("fused", fused), ("measured", measured)):
        marks = (tmp_path / "all" / "marks.csv").read_text()
        folder = lay(tmp_path / kind, files | {"marks.csv": marks})
        import_folder(folder, tmp_path / f"{kind}.mcap")
        analyze(tmp_path / f"{kind}.mcap", tmp_path / f"{kind}_out")
        angles.append(read_results(tmp_path / f"{kind}_out").angles)
    for side, angle in itertools.product(("left", "right"), ("flexion", "adduction", "rotation")):
        rows = min(map(len, angles))  # stamps in µs may end a row earlier
        one, other = (a[f"hip_{angle}_{side}_deg"].to_numpy()[:rows] for a in angles)
        known = np.isfinite(one) & np.isfinite(other)
        assert np.count_nonzero(known) > 5000
        assert np.sqrt(np.mean((one - other)[known] ** 2)) < 1.0


def test_a_mode_without_acceleration_is_named(tmp_path):
    """Orientation alone is refused by the mode's name, with the modes to choose."""
    names = (*STAMPS, "Euler_X", "Euler_Y", "Euler_Z")
    text = table(names, lambda k: (k, 1_000_000_000 + k * 10_000, 1, 2, 3), before=HEAD)
    with pytest.raises(
        RecordingError, match=r"mode was Sensor fusion.*Custom mode 5 or Rate quant"
    ):
        come_in(tmp_path, both("{}.csv", text))


@pytest.mark.parametrize("head", ["", "sep=,\nDeviceTag:,A\n\n", HEAD])
def test_stamps_of_a_tenth_of_a_millisecond(tmp_path, head):
    """Logs of the PC SDK count 0.1 ms, others µs: no DOT sends above 120 Hz, so it shows."""
    rows, _ = come_in(tmp_path, both("{}.csv", dot(10_000_000, head, step=100)))
    assert_right(rows["pelvis"], 1000.0)


def test_not_synchronised(tmp_path):
    """Recordings started together whose stamps differ were not synchronised, and it is said."""
    files = {"pelvis.csv": dot(head=OFFLINE), "thigh_left.csv": dot(1_000_030_000, OFFLINE)}
    _, report = come_in(tmp_path, files)
    assert "were not synchronised" in report.warnings[0]
    assert "1000.000 and 1000.030 s" in report.warnings[0]


def test_nobody_knows_whether_synchronised(tmp_path):
    """Where the files do not tell, that is said; where they do, nothing is."""
    _, report = come_in(tmp_path, both("{}.csv", dot(head=OFFLINE)))
    assert "do not say whether the sensors were synchronised" in report.warnings[0]
    _, report = come_in(tmp_path, both("{}.csv", dot()))
    assert report.warnings == ()


def test_a_repeated_row_goes(tmp_path):
    """A row that repeats the one before to the letter is left out, with a note."""
    lines = dot().splitlines()
    text = "\n".join([*lines, lines[-1]]) + "\n"
    rows, report = come_in(tmp_path, both("{}.csv", text))
    assert_right(rows["pelvis"], 1000.0)
    assert "left out 1 row that repeats the row before" in report.warnings[0]


def test_stamps_that_wrap_late(tmp_path):
    """Synchronised sensors share stamps of 32 bits, also on either side of their end."""
    files = {"pelvis.csv": dot(2**32 - 20_000), "thigh_left.csv": dot(10_000)}
    rows, _ = come_in(tmp_path, files)
    assert rows["thigh_left"][0, 0] - rows["pelvis"][0, 0] == pytest.approx(0.03)
