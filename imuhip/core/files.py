"""Files that appear whole or not at all, and belong to their owner alone.

A temporary name beside the target, flushed to the disk, then renamed. Recordings hold a person's
movement, so files are made 0600 and folders 0700.
"""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imuhip.core.errors import RecordingError

FILE_MODE = 0o600
FOLDER_MODE = 0o700

MAX_SMALL_BYTES = 64 << 20
"""Settings, notes and findings of a session take a hundredth of this."""


def refuse_special(path: Path) -> None:
    """Raise RecordingError where `path` is there and is no file that ends: a pipe, a device."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise RecordingError(f"cannot be read: {reason(error)}", path=path) from error
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise RecordingError("this is no regular file", path=path)


def read_file(path: Path, most: int = MAX_SMALL_BYTES) -> bytes:
    """Return the bytes of a regular file of at most `most` bytes.

    Raises
    ------
    RecordingError
        If it is none, is larger, or cannot be read.
    """
    try:
        # Opened without waiting, or a pipe that nobody writes to would hold us up for ever.
        handle = os.open(path, os.O_RDONLY | _NO_WAIT)
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise RecordingError("this is no regular file", path=path)
            if status.st_size > most:
                raise RecordingError(
                    f"the file has {status.st_size >> 20} MB, and at most {most >> 20} MB are read",
                    path=path,
                )
            return file.read(status.st_size + 1)
    except OSError as error:
        raise RecordingError(f"cannot be read: {reason(error)}", path=path) from error


_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def make_folder(folder: Path) -> None:
    """Make `folder` and its parents, each readable by its owner alone; keep those that exist."""
    try:
        missing = [part for part in (folder, *folder.parents) if not part.exists()]
        for part in reversed(missing):
            part.mkdir(mode=FOLDER_MODE, exist_ok=True)
    except OSError as error:
        raise RecordingError(f"the folder cannot be made: {reason(error)}", path=folder) from error
    if not folder.is_dir():
        raise RecordingError("This is a file; name a folder.", path=folder)


def temporary_beside(target: Path) -> Path:
    """Return a name in the folder of `target` that nobody uses."""
    return target.with_name(f".{target.name}.{os.urandom(4).hex()}.part")


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` outlive a power cut, where the system has a way to."""
    with suppress(OSError):  # Windows opens no folders, and needs no such call
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def lock_file(handle: int) -> None:
    """Keep other processes from locking the same open file, until it is closed.

    Raises
    ------
    OSError
        When another process has it.
    """
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sync_file(path: Path) -> None:
    """Wait until the bytes of `path` are on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def file_made_whole(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yield a temporary path that becomes `target` when the block ends without an error.

    Raises
    ------
    RecordingError
        If `target` exists and `overwrite` is not given, or the disk refuses.
    """
    refuse_existing(target, overwrite=overwrite)
    make_folder(target.parent)
    temporary = temporary_beside(target)
    try:
        yield temporary
        temporary.chmod(FILE_MODE)
        sync_file(temporary)
        temporary.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        if temporary.name not in f"{error.filename or temporary.name} {error}":
            raise  # another file's
        said = reason(error).replace(str(temporary), target.name)
        raise RecordingError(f"cannot be written: {said}", path=target) from error
    except RecordingError as error:
        if error.path != temporary or not isinstance(error.__cause__, OSError):
            raise
        said = reason(error.__cause__)
        raise RecordingError(f"cannot be written: {said}", path=target) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


class FolderInTheMaking:
    """A temporary folder that becomes `target` on `commit`, and vanishes on `discard`.

    Parameters
    ----------
    target
        The folder to be. One that exists is replaced only if it is empty or holds the file
        `ours`, and only once the new one is complete.
    ours
        Name of a file that only our own folders hold.

    Attributes
    ----------
    path
        The temporary folder, beside the target.
    """

    def __init__(self, target: Path, *, ours: str) -> None:
        self._target, self._ours = target, ours
        refuse_foreign_folder(target, ours=ours)
        make_folder(target.parent)
        self.path = temporary_beside(target)
        try:
            make_folder(self.path)
        except RecordingError as error:
            raise RecordingError(error.message, path=target) from error

    def commit(self) -> None:
        """Put the folder into its place; RecordingError if the disk refuses."""
        try:
            for entry in self.path.rglob("*"):
                entry.chmod(FOLDER_MODE if entry.is_dir() else FILE_MODE)
                if entry.is_file():
                    sync_file(entry)
            _swap(self.path, self._target, ours=self._ours)
            sync_folder(self._target.parent)
        except OSError as error:
            raise RecordingError(
                f"cannot be written: {reason(error)}", path=self._target
            ) from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Remove the temporary folder, if it is still there."""
        shutil.rmtree(self.path, ignore_errors=True)


def refuse_existing(target: Path, *, overwrite: bool) -> None:
    """Raise RecordingError if `target` is there and must not be replaced."""
    try:
        is_folder, exists = target.is_dir(), target.exists()
    except OSError as error:
        raise RecordingError(f"cannot be written: {reason(error)}", path=target) from error
    if is_folder:
        raise RecordingError("This is a folder; name a file.", path=target)
    if exists and not overwrite:
        raise RecordingError(
            "exists already; choose another name, or replace it with --overwrite", path=target
        )


def refuse_foreign_folder(target: Path, *, ours: str) -> None:
    """Raise RecordingError if `target` holds anything but what we wrote ourselves."""
    if not target.exists():
        return
    if not target.is_dir():
        raise RecordingError("This is a file; name a folder.", path=target)
    if any(target.iterdir()) and not (target / ours).is_file():
        raise RecordingError(
            f"the folder holds other files and no {ours}, so it is not replaced; "
            "choose another folder, or empty this one",
            path=target,
        )


def reason(error: OSError) -> str:
    """Return what the system said of an `OSError`, without the path that we name ourselves."""
    return (os.strerror(error.errno) if error.errno else error.strerror or str(error)).lower()


def _swap(temporary: Path, target: Path, *, ours: str) -> None:
    """Put `temporary` in the place of `target`; bring the old one back if that fails."""
    refuse_foreign_folder(target, ours=ours)
    if not target.exists():
        temporary.rename(target)
        return
    old = temporary_beside(target)
    target.rename(old)
    try:
        temporary.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
