"""ZIP files, as apps share recordings: unpacked into a folder that is gone afterwards."""

import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.core.files import make_folder, reason, refuse_special

ARCHIVE: Final = ".zip"
BROKEN_ZIP: Final = (
    zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError,
    NotImplementedError,  # a version or compression that zipfile does not know
    ValueError,  # names that are no UTF-8
)  # fmt: skip
"""What zipfile runs into where a file is no ZIP, cut or damaged; `OSError` may be the disk."""


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP, by its name."""
    return path.suffix.lower() == ARCHIVE and path.is_file()


@contextmanager
def unzipped(path: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """Unpack the files with one of the `endings` for as long as the block runs.

    An error about a file inside names the archive and the place in it.

    Raises
    ------
    RecordingError
        If the file is no ZIP, needs a password, or holds more than anybody records.
    """
    refuse_special(path)
    with tempfile.TemporaryDirectory(prefix="imuhip-") as name:
        inside = Path(name) / path.stem
        try:
            _unpack(path, inside, endings)
        except BROKEN_ZIP as error:
            raise RecordingError(
                "The file is not a whole ZIP. Export it again.", path=path
            ) from error
        except OSError as error:
            raise RecordingError(f"cannot be unpacked: {reason(error)}", path=path) from error
        try:
            yield inside
        except RecordingError as error:
            if error.path is None or not error.path.is_relative_to(inside):
                raise
            place = path / error.path.relative_to(inside)
            raise RecordingError(
                error.message, path=place, line=error.line, sensor=error.sensor
            ) from error


def _unpack(path: Path, inside: Path, endings: tuple[str, ...]) -> None:
    make_folder(inside)
    with zipfile.ZipFile(path) as archive:
        parts = [part for part in archive.infolist() if _is_wanted(part, endings)]
        if len(parts) > _MOST_FILES or sum(part.file_size for part in parts) > _MOST_BYTES:
            raise RecordingError(
                f"The ZIP holds more than {_MOST_FILES} files or {_MOST_BYTES >> 20} MB.", path=path
            )
        if any(part.flag_bits & _ENCRYPTED for part in parts):
            raise RecordingError("The ZIP needs a password. Unpack it first.", path=path)
        for part in parts:
            target = inside.joinpath(*_steps(part))
            make_folder(target.parent)
            with archive.open(part) as source, target.open("xb") as file:
                shutil.copyfileobj(source, file)


def _is_wanted(part: zipfile.ZipInfo, endings: tuple[str, ...]) -> bool:
    """Whether an entry is a file that may hold samples, inside the archive's own folder."""
    steps = _steps(part)
    return (
        not part.is_dir()
        and steps[-1].lower().endswith(endings)
        and not any(step.startswith((".", "__MACOSX")) for step in steps)
    )


def _steps(part: zipfile.ZipInfo) -> tuple[str, ...]:
    """Return the folders and the name of an entry, without root, drive or ways out."""
    return tuple(
        step
        for step in PurePosixPath(part.filename.replace("\\", "/")).parts
        if step not in ("/", "..") and ":" not in step
    ) or (".",)


_ENCRYPTED: Final = 0x1
_MOST_FILES: Final = 10_000
_MOST_BYTES: Final = 2 << 30
