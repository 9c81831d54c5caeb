"""Small files as makers' programs write them, and what comes out of their import.

Row k of every one is acceleration (0.5, -0.25, 9.75) m/s² and turning rate (k, -90, 180) °/s.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from support.import_folders import imported

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
