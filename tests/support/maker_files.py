"""Small files as makers' programs write them, and what comes out of their import.

Row k of every one is acceleration (0.5, -0.25, 9.75) m/s² and turning rate (k, -90, 180) °/s.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from support.import_folders import NAMES, imported

from imuhip.importers.folder import ImportReport, import_folder
from imuhip.importers.found import Found, read_folder
from imuhip.importers.sources import Options

G = 9.80665
ACC = (0.5, -0.25, 9.75)
ROWS = 8


def gyr_deg(k: int) -> tuple[float, float, float]:
    return (float(k), -90.0, 180.0)


def gyr_rad(k: int) -> tuple[float, ...]:
    return tuple(np.radians(gyr_deg(k)).tolist())


def table(
    names: Sequence[str],
    row: Callable[[int], Sequence[object]],
    separator: str = ",",
    rows: int = ROWS,
    before: str = "",
) -> str:
    """Text of a table, with what stands before the names."""
    lines = [separator.join(names)] if names else []
    lines += [separator.join(str(cell) for cell in row(k)) for k in range(rows)]
    return before + "\n".join(lines) + "\n"


def lay(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files, in folders of their own where a name says so."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def both(name: str, content: str | bytes) -> dict[str, str | bytes]:
    """The same content for pelvis and left thigh; ``{}`` in the name is the sensor."""
    return {name.format(sensor): content for sensor in ("pelvis", "thigh_left")}


def come_in(
    tmp_path: Path, files: Mapping[str, str | bytes], options: Options | None = None
) -> tuple[dict[str, np.ndarray], ImportReport]:
    """Rows ``(N, 7)`` of every sensor after an import, and its report."""
    folder = lay(tmp_path / "in", files)
    target = tmp_path / "out.mcap"
    report = import_folder(folder, target, overwrite=True, options=options)
    return imported(target), report


def look(
    tmp_path: Path, files: Mapping[str, str | bytes], options: Options | None = None
) -> tuple[dict[str, np.ndarray], Found]:
    """Rows ``(N, 7)`` or more of every sensor as the importers read them, without writing."""
    found = read_folder(lay(tmp_path / "in", files), options or Options())
    rows = {}
    for file in found.files:
        columns = [file.t[:, None], file.acc, file.gyr, *([] if file.mag is None else [file.mag])]
        rows[file.sensor] = np.hstack(columns)
    return rows, found


def assert_right(
    rows: np.ndarray, t0: float, *, acc_tol: float = 1e-4, gyr_tol: float = 1e-4, n: int = ROWS
) -> None:
    """The rows are the right ones, at 100 Hz from `t0`."""
    assert len(rows) == n
    np.testing.assert_allclose(rows[:, 0], t0 + 0.01 * np.arange(n), atol=1e-6)
    np.testing.assert_allclose(rows[:, 1:4], np.tile(ACC, (n, 1)), atol=acc_tol)
    expected = np.array([gyr_rad(k) for k in range(n)])
    np.testing.assert_allclose(rows[:, 4:7], expected, atol=gyr_tol)


FORCE_G = tuple(a / G for a in ACC)
EPOCH_S = 1_772_445_600
"""2 March 2026, 10:00 UTC."""


def german(text: str, separator: str = ";") -> str:
    """The text with decimal commas and another separator."""
    return text.replace(",", separator).replace(".", ",")


def crlf(text: str) -> str:
    """The text with line ends as Windows writes them."""
    return text.replace("\n", "\r\n")


def all_of(files: Mapping[str, str | bytes]) -> dict[str, str | bytes]:
    """Every file for pelvis and left thigh; ``{}`` in the names is the sensor."""
    laid: dict[str, str | bytes] = {}
    for name, content in files.items():
        laid |= both(name, content)
    return laid


WIT_NEW = ["time", "DeviceName", "ChipTime()", "AccX(g)", "AccY(g)", "AccZ(g)"]
WIT_NEW += ["AsX(°/s)", "AsY(°/s)", "AsZ(°/s)"]
WIT_OLD = ["Time", "Device name", "Chip Time()"]
WIT_OLD += [f"Acceleration {a}(g)" for a in "XYZ"] + [f"Angular velocity {a}(°/s)" for a in "XYZ"]
WIT_OLDER = ["Chiptime", "ax(g)", "ay(g)", "az(g)", "wx(deg/s)", "wy(deg/s)", "wz(deg/s)"]


def wit(names=WIT_NEW, cells=None, separator="\t"):
    cells = cells or (lambda k: (f"10:00:00.{50 + 10 * k:03d}", "WT901(a1)", chip(k)))
    return table(
        [*names, "AngleX(°)", "T(°C)"],
        lambda k: (*cells(k), *(f"{g:.7f}" for g in FORCE_G), *gyr_deg(k), "1.0", "25"),
        separator,
    )


def chip(k, date="2026-3-2 "):
    return f"{date}10:00:00.{50 + 10 * k:03d}"


DOT_AXES = ("Acc_X", "Acc_Y", "Acc_Z", "Gyr_X", "Gyr_Y", "Gyr_Z")
DOT_HEAD = (
    "sep=,\nDeviceTag:,A\nFirmwareVersion:,3.0.0\nAppVersion:,2023.6.0\nSyncStatus:,Synced\n"
    "OutputRate:,100Hz\nFilterProfile:,General\nMeasurement Mode:,Rate quantities\n"
    "StartTime: ,2026-03-02_10:00:00_000 UTC\n© M. 2026\n\n"
)
DOT_NAMES = ("PacketCounter", "SampleTimeFine", *DOT_AXES)


def dot(head=DOT_HEAD, first=1_000_000_000, step=10_000, names=DOT_NAMES, more=(), separator=","):
    return table(
        (*names, *more),
        lambda k: (1 + k, (first + step * k) % 2**32, *ACC, *gyr_deg(k), *("1" for _ in more)),
        separator,
        before=head,
    )


def signal(values, header, separator=",", time=lambda k: f"{0.01 * k:.9E}"):
    return table(header, lambda k: (time(k), *(f"{v:.12E}" for v in values(k))), separator)


def phy(names, values, **rest):
    return signal(values, [f'"{n}"' for n in names], **rest)


PHY_ACC = [
    "Time (s)",
    *(f"Acceleration {a} (m/s^2)" for a in "xyz"),
    "Absolute acceleration (m/s^2)",
]
PHY_ACC_CUSTOM = ["Time (s)", *(["X (m/s^2)", "Y (m/s^2)", "Z (m/s^2)"])]
PHY_GYR_CUSTOM = ["Time (s)", *(["X (rad/s)", "Y (rad/s)", "Z (rad/s)"])]
PHY_GYR = ["Time (s)", *(f"Gyroscope {a} (rad/s)" for a in "xyz"), "Absolute (rad/s)"]


def with_norm(values):
    return lambda k: (*values(k), float(np.linalg.norm(values(k))))


def logger(sign=-1.0, header=("time", "seconds_elapsed", "z", "y", "x")):
    t = lambda k: (EPOCH_S * 1_000_000_000 + 10_000_000 * k, 0.01 * k)  # noqa: E731
    at = lambda v: {"x": v[0], "y": v[1], "z": v[2]}  # noqa: E731

    def of(values):
        return table(header, lambda k: (*t(k), *(at(values(k))[n] for n in header[2:5])))

    return {
        "{}/Accelerometer.csv": of(lambda _: (0.0, 0.0, 0.0)),
        "{}/Gravity.csv": of(lambda _: tuple(sign * a for a in ACC)),
        "{}/Gyroscope.csv": of(gyr_rad),
    }


def plain(names=NAMES, time=lambda k: f"{0.01 * k:.2f}", separator=",", more=(), gyr=gyr_rad):
    return table(
        (*names, *more), lambda k: (time(k), *ACC, *gyr(k), *(25 for _ in more)), separator
    )


def named(*names):
    return plain((*names,))
