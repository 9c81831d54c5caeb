"""Folders to import, changes that spoil them, and what came out of an import."""

from pathlib import Path

import numpy as np

from imuhip.core.records import Packet
from imuhip.devices.decode import decode
from imuhip.devices.profiles import parse_profile
from imuhip.recording.reader import RecordingReader

NAMES = ("t", *(f"{s}_{a}" for s in ("acc", "gyr") for a in "xyz"))
MAG = tuple(f"mag_{a}" for a in "xyz")


def still(rows: int = 20, rate: float = 100.0, first: float = 0.0) -> np.ndarray:
    """Rows of a sensor at rest, with a little noise."""
    values = np.random.default_rng(rows).normal(0.0, 0.01, (rows, 7))
    values[:, 0] = first + np.arange(rows) / rate
    values[:, 3] += 9.81
    return values


def write(path: Path, values: np.ndarray, names=NAMES, end: str = "\n") -> None:
    lines = [",".join(names), *(",".join(map(repr, row)) for row in values.tolist())]
    path.write_text(end.join(lines) + end, newline="")


def imported(path: Path) -> dict[str, np.ndarray]:
    """Every sensor's rows, as its profile decodes them; and the marks."""
    reader = RecordingReader(path)
    parts: dict[str, list[np.ndarray]] = {}
    for batch in reader.batches():
        for record in batch:
            if isinstance(record, Packet):
                profile = parse_profile(reader.header.profiles["imported"])
                block = decode(profile, record)
                assert not block.faults
                columns = [block.ticks[:, None], block.acc, block.gyr]
                columns += [] if block.mag is None else [block.mag]
                parts.setdefault(record.sensor, []).append(np.hstack(columns))
                assert np.array_equal(record.host_ns, np.rint(block.ticks * 1e9).astype(np.int64))
    assert reader.whole
    return {sensor: np.concatenate(rows) for sensor, rows in parts.items()}


def bits(values: np.ndarray) -> list[int]:
    return np.ascontiguousarray(values).view(np.int64).ravel().tolist()


def line(number: int, text: str, name: str = "pelvis.csv"):
    """A change of one line of a file."""

    def change(folder: Path) -> None:
        lines = (folder / name).read_text().splitlines()
        lines[number - 1] = text
        (folder / name).write_text("\n".join(lines) + "\n")

    return change


def cell(number: int, column: str, text: str):
    """A change of one cell of pelvis.csv."""

    def change(folder: Path) -> None:
        lines = (folder / "pelvis.csv").read_text().splitlines()
        cells = lines[number - 1].split(",")
        cells[NAMES.index(column)] = text
        lines[number - 1] = ",".join(cells)
        (folder / "pelvis.csv").write_text("\n".join(lines) + "\n")

    return change


def file(name: str, content: str | bytes):
    return lambda folder: (folder / name).write_bytes(
        content.encode() if isinstance(content, str) else content
    )


def without(*names: str):
    return lambda folder: [(folder / name).unlink() for name in names]
