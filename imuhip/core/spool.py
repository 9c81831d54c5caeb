"""Blocks of arrays that are put aside on the disk and taken up again, as a list keeps them.

What a session of hours needs twice fits on a disk and not in memory. The file has no name where the
system allows it, so nothing of it stays behind, even where the program is killed.
"""

import math
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import IO, Any, Final, Generic, NamedTuple, Protocol, Self, TypeVar, cast

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.files import reason

B = TypeVar("B")


class Blocks(Protocol[B]):
    """Blocks in the order they came: a list, or a `Spool`."""

    def append(self, block: B, /) -> None:
        """Add a block."""

    def clear(self) -> None:
        """Forget all blocks."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, place: int, /) -> B:
        """Return the block at a place."""
        ...

    def __iter__(self) -> Iterator[B]:
        """Iterate over the blocks in order."""
        ...

    def __reversed__(self) -> Iterator[B]:
        """Iterate over the blocks, the last one first."""
        ...


class MakeBlocks(Protocol):
    """Makes empty `Blocks`: `list`, or one that spools."""

    def __call__(self) -> Blocks[Any]:
        """Return new ones without a block."""
        ...


class Spools:
    """Makes spools whose files are closed, and so gone, at the end of a ``with``.

    Parameters
    ----------
    folder
        Where the files lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __call__(self) -> "Spool[Any]":
        """Return a new one.

        Raises
        ------
        RecordingError
            Where the disk refuses.
        """
        try:
            file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed with the rest
            self._open.enter_context(file)
        except OSError as error:
            raise _refused(error, self._folder) from error
        return Spool(file, self._folder)


class Spool(Generic[B]):
    """Blocks on the disk; each is a data class whose arrays are among its fields.

    Parameters
    ----------
    file
        An empty one, open for reading and writing.
    folder
        Where it lies, for errors.

    Raises
    ------
    RecordingError
        By every method, where the disk refuses.
    """

    def __init__(self, file: IO[bytes], folder: Path) -> None:
        self._file, self._folder = file, folder
        self._kept: list[tuple[B, dict[str, _Place]]] = []
        self._end = 0

    def append(self, block: B, /) -> None:
        """Write a block's arrays."""
        if not is_dataclass(block) or isinstance(block, type):
            raise TypeError(f"a block is a data class, and this is {type(block).__name__}")
        columns = {each.name: getattr(block, each.name) for each in fields(block)}
        arrays = {name: c for name, c in columns.items() if isinstance(c, np.ndarray)}
        places = {}
        try:
            self._file.seek(self._end)
            for name, column in arrays.items():
                self._file.write(np.ascontiguousarray(column).data)
                places[name] = _Place(self._end, column.dtype, column.shape)
                self._end += column.nbytes
        except OSError as error:
            raise _refused(error, self._folder) from error
        rest: Any = replace(block, **dict.fromkeys(arrays, _NOTHING))
        self._kept.append((cast("B", rest), places))

    def clear(self) -> None:
        """Forget all blocks, and give back what they took of the disk."""
        try:
            self._file.seek(0)
            self._file.truncate()
        except OSError as error:
            raise _refused(error, self._folder) from error
        self._kept, self._end = [], 0

    def __len__(self) -> int:
        """How many there are."""
        return len(self._kept)

    def __getitem__(self, place: int, /) -> B:
        """Read a block."""
        rest, places = self._kept[place]
        block: Any = rest
        return cast("B", replace(block, **{name: self._read(at) for name, at in places.items()}))

    def __iter__(self) -> Iterator[B]:
        """Iterate over the blocks in order."""
        return (self[place] for place in range(len(self)))

    def __reversed__(self) -> Iterator[B]:
        """Iterate over the blocks, the last one first."""
        return (self[place] for place in reversed(range(len(self))))

    def _read(self, at: "_Place") -> np.ndarray[Any, Any]:
        size = at.dtype.itemsize * math.prod(at.shape)
        try:
            self._file.seek(at.start)
            data = bytearray(self._file.read(size))
        except OSError as error:
            raise _refused(error, self._folder) from error
        if len(data) != size:
            raise _refused(OSError("it was cut short"), self._folder)
        return np.frombuffer(data, dtype=at.dtype).reshape(at.shape)


class _Place(NamedTuple):
    """Where an array lies in the file, and how it is read."""

    start: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def _refused(error: OSError, folder: Path) -> RecordingError:
    said = f"no temporary file can be kept here: {reason(error)}; nothing was left behind"
    return RecordingError(said, path=folder)


_NOTHING: Final = np.empty(0)
