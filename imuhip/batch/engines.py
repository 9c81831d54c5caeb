"""Who does the work of a batch: processes on this machine. `dask_engine` has a cluster.

An engine takes tasks one after the other, a few ahead of those that are done, and gives back what
came of each as it comes. Whatever happens to one task, the others go on.
"""

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Final, Protocol, Self, TypeVar

from imuhip.core.errors import ImuhipError

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")


class Task(Protocol[R_co]):
    """Something to do that can be sent to another process."""

    def run(self) -> R_co:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no result of a task, for people."""

    reason: str


class Engine(Protocol):
    """Does tasks."""

    def __enter__(self) -> Self:
        """Get ready."""
        ...

    def __exit__(self, *_: object) -> None:
        """Stop, whatever is under way."""
        ...

    def run(self, tasks: Iterable[tuple[int, Task[R]]]) -> Iterator[tuple[int, R | Failed]]:
        """Do numbered tasks; yield number and result as they come."""
        ...


def attempt(task: Task[R]) -> R | Failed:
    """Do a task here; whatever ends it comes back as a value.

    A thread of its own carries even what is no error for people, a mistake in the program for
    one: it costs that recording alone, and is listed.
    """
    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(task.run)
        error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, ImuhipError):
        return Failed(error.message)
    if isinstance(error, OSError):
        return Failed(f"cannot be read or written: {(error.strerror or str(error)).lower()}")
    return Failed(f"a bug in imuhip; please report it: {type(error).__name__}: {error}")


class LocalEngine:
    """Processes on this machine, begun anew (spawn), one task at a time each.

    A process that dies, of want of memory for one, costs no other its task: its own is done once
    more, in a new process, and then given up.

    Parameters
    ----------
    workers
        How many.
    """

    def __init__(self, workers: int) -> None:
        self._count = workers
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.stop()
        self._workers = []

    def run(self, tasks: Iterable[tuple[int, Task[R]]]) -> Iterator[tuple[int, R | Failed]]:
        """Do numbered tasks; yield number and result as they come."""
        waiting = iter(tasks)
        again: list[tuple[int, Task[R]]] = []
        tried: set[int] = set()
        while True:
            self._give(waiting, again)
            busy = [worker for worker in self._workers if worker.task is not None]
            if not busy:
                return
            ready = wait([worker.connection for worker in busy])
            for worker in [each for each in busy if each.connection in ready]:
                number, task = worker.taken()
                try:
                    result = worker.connection.recv()
                except (EOFError, OSError):
                    self._workers.remove(worker)
                    result = Failed(worker.stop())
                    if number not in tried:
                        tried.add(number)
                        again.append((number, task))
                        continue
                yield number, result

    def _give(
        self, waiting: Iterator[tuple[int, Task[R]]], again: list[tuple[int, Task[R]]]
    ) -> None:
        """Give every idle worker a task, and begin workers while there are tasks for them."""
        idle = [worker for worker in self._workers if worker.task is None]
        while idle or len(self._workers) < self._count:
            task = again.pop() if again else next(waiting, None)
            if task is None:
                return
            if not idle:
                idle.append(_Worker())
                self._workers.append(idle[-1])
            idle.pop().give(task)


class _Worker:
    """A process, and what it is doing."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.task: tuple[int, Task[Any]] | None = None
        self._process: SpawnProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        with _environment(ONE_THREAD):
            self._process.start()
        theirs.close()

    def give(self, task: tuple[int, Task[Any]]) -> None:
        """Send a task; a process that is no more is noticed when its answer is awaited."""
        self.task = task
        with contextlib.suppress(OSError):
            self.connection.send(task[1])

    def taken(self) -> tuple[int, Task[Any]]:
        """Return the task that has ended, one way or the other."""
        task, self.task = self.task, None
        if task is None:
            raise ValueError("the worker has no task")
        return task

    def stop(self) -> str:
        """End the process; say how it ended if it did so by itself."""
        self.connection.close()
        self._process.join(_GRACE_S)
        code = self._process.exitcode
        if code is None:
            self._process.terminate()
            self._process.join()
        self._process.close()
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            return (
                f"its process was killed twice ({name}), perhaps because memory ran out; "
                "try fewer --workers"
            )
        return f"its process ended twice, with exit code {code}"


def _serve(connection: Connection) -> None:
    """Do what comes over the connection, until it is closed."""
    # Ctrl-C reaches the whole group: the first process decides, and closes the connections.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        while True:
            connection.send(attempt(connection.recv()))


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the processes begun in this block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


ONE_THREAD: Final[Mapping[str, str]] = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}
"""Read by the libraries of arithmetic when a process begins: the cores belong to the workers."""

_GRACE_S: Final = 2.0
"""How long a process may take to notice that it is no longer wanted."""
