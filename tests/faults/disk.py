"""A simulated disk below the recording's writer: real files, and calls that fail when told to.

What a process killed at some instant leaves is a photograph of the file: everything that was
written by then, the write at hand perhaps in part. A power cut leaves what was synced.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock


@dataclass(frozen=True, slots=True)
class DiskPlan:
    """How a disk behaves.

    Parameters
    ----------
    fails
        Which call fails, counted from 1 over all calls; 0 for none.
    code
        The error it fails with, and every call after it.
    call
        Only calls of this name count; empty for any.
    room
        Bytes that fit; 0 for no limit.
    slow_s
        How long a sync takes.
    short
        Writes take only a part of what they are given.
    """

    fails: int = 0
    code: int = errno.ENOSPC
    call: str = ""
    room: int = 0
    slow_s: float = 0.0
    short: bool = False

    def __str__(self) -> str:
        words = []
        if self.fails:
            what = self.call or "call"
            words.append(f"{what} {self.fails} and all after fail: {os.strerror(self.code)}")
        if self.room:
            words.append(f"full after {self.room} bytes")
        if self.slow_s:
            words.append(f"a sync takes {self.slow_s:g} s")
        if self.short:
            words.append("writes take half of what they are given")
        return "disk: " + (", ".join(words) or "good")


GOOD_DISK = DiskPlan()


@dataclass(eq=False)
class Disk:
    """In the place of `os` in the writer.

    Parameters
    ----------
    plan
        How it behaves.
    takes
        Told how long a call takes.
    """

    plan: DiskPlan
    takes: Callable[[float], None]
    calls: int = 0
    failed: bool = False
    failed_ns: int = 0
    photographs: list[tuple[int, bytes]] = field(default_factory=list)
    synced: bytes = b""
    kill_at: tuple[int, ...] = ()
    now_ns: Callable[[], int] = lambda: 0
    _files: dict[int, str] = field(default_factory=dict)
    _written: int = 0

    O_WRONLY, O_CREAT, O_EXCL, O_TRUNC = os.O_WRONLY, os.O_CREAT, os.O_EXCL, os.O_TRUNC

    def open(self, path: Any, flags: int, mode: int) -> int:
        """Open."""
        self._call("open")
        handle = os.open(path, flags, mode)
        self._files[handle] = os.fspath(path)
        return handle

    def write(self, handle: int, data: bytes) -> int:
        """Write, perhaps a part."""
        self._call("write", handle, data)
        if self.plan.short and len(data) > 1:
            data = data[: (len(data) + 1) // 2]
        room = self.plan.room - self._written if self.plan.room else len(data)
        if room <= 0:
            self._fails()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = os.write(handle, data[:room])
        self._written += done
        return done

    def fsync(self, handle: int) -> None:
        """Sync."""
        self.takes(self.plan.slow_s)
        self._call("fsync", handle)

    def ftruncate(self, handle: int, length: int) -> None:
        """Cut."""
        self._call("ftruncate", handle)
        os.ftruncate(handle, length)

    def close(self, handle: int) -> None:
        """Close."""
        os.close(handle)

    def photograph(self, path: str, torn: bytes = b"") -> None:
        """Keep what a process killed now leaves, perhaps with a part of a write."""
        with open(path, "rb") as file:  # noqa: PTH123 - a name that the writer gave
            self.photographs.append((self.now_ns(), file.read() + torn))

    def _call(self, name: str, handle: int = -1, data: bytes = b"") -> None:
        plan = self.plan
        if not plan.call or plan.call == name:
            self.calls += 1
        if self.calls in self.kill_at and handle in self._files:
            self.photograph(self._files[handle], bytes(data[: len(data) // 2]))
        if plan.fails and self.calls >= plan.fails and name != "close":
            self._fails()
            raise OSError(plan.code, os.strerror(plan.code))

    def _fails(self) -> None:
        """Remember when it failed first."""
        self.failed_ns = self.failed_ns or self.now_ns()
        self.failed = True

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put it below the writer while the block runs."""
        with mock.patch("imuhip.recording.writer.os", self):
            yield
