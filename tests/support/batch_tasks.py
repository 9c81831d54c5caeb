"""Tasks for the engines of a batch, in a module that other processes can import."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from imuhip.core.errors import RecordingError


@dataclass(frozen=True)
class Square:
    """An ordinary task."""

    number: int

    def run(self) -> int:
        """Return the square."""
        return self.number**2


@dataclass(frozen=True)
class Environment:
    """Says what the libraries of arithmetic are limited to in a worker."""

    names: tuple[str, ...]

    def run(self) -> list[str | None]:
        """Return the values."""
        return [os.environ.get(name) for name in self.names]


@dataclass(frozen=True)
class Refused:
    """A task that ends with an error for people."""

    def run(self) -> int:
        """Raise the error."""
        raise RecordingError("this one is bad")


@dataclass(frozen=True)
class Mistake:
    """A task that ends with a mistake of the program."""

    def run(self) -> int:
        """Make the mistake."""
        return {}["nothing"]


@dataclass(frozen=True)
class Killed:
    """A task whose process is killed as for want of memory, as often as it may be."""

    marks: Path
    times: int

    def run(self) -> int:
        """Be killed, or return how often that was."""
        count = len(list(self.marks.iterdir()))
        if count < self.times:
            (self.marks / str(count)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return count
