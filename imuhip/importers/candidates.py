"""Which files of a folder may hold samples, and the segment that their names say."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from imuhip.importers.archives import is_archive, unzipped
from imuhip.importers.places import segment_in, segment_of
from imuhip.importers.workbooks import WORKBOOKS


def candidates(
    folder: Path, aside: Sequence[str], unpacked: ExitStack
) -> Iterator[tuple[Path, str]]:
    """Yield files, and the segment by which the file or its folder is named; empty for none.

    Where one file is named by a segment alone, others that hold its name among other words are
    notes and results beside it.

    Parameters
    ----------
    folder
        Holds a file, a folder or a ZIP a sensor, or one file with all; or is that file.
    aside
        Names of files that hold no samples.
    unpacked
        Keeps what was unpacked until it is closed.
    """
    if not folder.is_dir():
        yield folder, ""
        return
    inside = [path for path in sorted(folder.iterdir()) if _is_shown(path)]
    exact = {segment_of(_name(path)) for path in inside}
    for path in inside:
        name = _name(path)
        if path.name in aside or path.name.endswith(_BESIDE):
            continue
        sensor = segment_in(name)
        if sensor in exact and not segment_of(name) and not _names_a_signal(name):
            sensor = ""
        if path.is_file() and (path.suffix.lower() in SUFFIXES or (sensor and not path.suffix)):
            yield path, sensor
        elif sensor and path.is_dir():
            yield from _files_of(path, sensor)
        elif sensor and is_archive(path):
            yield from _files_of(unpacked.enter_context(unzipped(path, SUFFIXES)), sensor)
        elif path.is_dir():
            yield from ((inner, "") for inner in sorted(path.rglob("*_motion.tsv")))


def only_folder(folder: Path) -> Path:
    """Return the one folder that a folder holds, where it holds nothing else and no sensor's."""
    inside = [path for path in folder.iterdir() if _is_shown(path)] if folder.is_dir() else []
    alone = len(inside) == 1 and inside[0].is_dir() and not segment_in(inside[0].name)
    return inside[0] if alone else folder


def _files_of(folder: Path, sensor: str) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix.lower() in SUFFIXES and _is_shown(path):
            yield path, sensor


def _name(path: Path) -> str:
    return path.stem if path.is_file() else path.name


def _is_shown(path: Path) -> bool:
    return not path.name.startswith(_HIDDEN)


def _names_a_signal(name: str) -> bool:
    """Whether a name holds that of a signal, as in ``pelvis_Gyroscope``."""
    return any(word in name.lower() for word in SIGNALS)


SUFFIXES: Final = (
    ".csv", ".tsv", ".txt", ".tab", ".log", ".dat", ".asc", ".parquet", ".mvnx", ".h5", ".hdf5",
    ".c3d", ".xdf", *WORKBOOKS,
)  # fmt: skip
"""How the names of files end that may hold samples."""
SIGNALS: Final = (
    "accelerometer", "gyroscope", "magnetometer", "gravity", "totalacceleration", "metadata",
    "inertial", "acceleration", "linear", "quaternion", "_acc", "_gyro", "_magn",
)  # fmt: skip
"""Words in the names of files that hold one signal of a sensor."""
_HIDDEN: Final = (".", "~$")
"""What systems and programs lay beside files, under names that begin with these."""
_BESIDE: Final = ("_channels.tsv", "_events.tsv", "_scans.tsv", "participants.tsv")
