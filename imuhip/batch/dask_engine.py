"""Dask does the work of a batch: on many machines, or in a cluster of this one.

The machines of a cluster see recordings and data set under the same paths, and have the same
imuhip.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any, Final, Self, TypeVar

from imuhip.batch.engines import Failed, Task, attempt
from imuhip.core.errors import ImuhipError
from imuhip.core.extras import need

R = TypeVar("R")


class DaskEngine:
    """A Dask cluster.

    Parameters
    ----------
    scheduler
        Its address, such as ``tcp://10.0.0.5:8786``; without one, a cluster on this machine.
    workers
        Processes of a cluster on this machine.

    Raises
    ------
    ImuhipError
        If Dask is not installed, or nobody answers at the address.
    """

    def __init__(self, scheduler: str | None, workers: int) -> None:
        self._dask = need("dask")
        with self._dask.config.set({"logging.distributed": "error"}):  # read by the next import
            self._distributed = need("distributed")
        self._scheduler, self._count = scheduler, workers
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # A task whose worker is killed is tried once more, by itself (`run`); Dask's own is 3.
            stack.enter_context(
                self._dask.config.set({"distributed.scheduler.allowed-failures": 0})
            )
            address = self._scheduler
            if address is None:
                address = stack.enter_context(
                    self._distributed.LocalCluster(
                        n_workers=self._count,
                        threads_per_worker=1,
                        processes=True,
                        dashboard_address="127.0.0.1:0",
                        silence_logs=logging.ERROR,
                    )
                )
            try:
                self._client = stack.enter_context(
                    self._distributed.Client(address, timeout=_PATIENCE_S)
                )
            except (OSError, TimeoutError, ValueError) as error:
                raise ImuhipError(f"No Dask scheduler answers at {address}: {error}") from error
            self._open = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self, tasks: Iterable[tuple[int, Task[R]]]) -> Iterator[tuple[int, R | Failed]]:
        """Do numbered tasks; yield number and result as they come."""
        waiting = iter(tasks)
        given: dict[str, tuple[int, Task[R]]] = {}
        suspects: list[tuple[int, Task[R]]] = []
        running = self._distributed.as_completed()
        ahead = _AHEAD * max(len(self._client.scheduler_info(n_workers=-1)["workers"]), 1)
        while True:
            while len(given) < ahead and (next_one := next(waiting, None)) is not None:
                future = self._client.submit(attempt, next_one[1], pure=False, retries=0)
                given[future.key] = next_one
                running.add(future)
            if not given:
                break
            future = next(running)
            number, task = given.pop(future.key)
            result = self._result(future)
            if result is None:
                suspects.append((number, task))
            else:
                yield number, result
        # Dask blames every task that a killed worker held; alone, each answers for itself.
        for number, task in suspects:
            future = self._client.submit(attempt, task, pure=False, retries=0)
            result = self._result(future)
            yield number, _KILLED if result is None else result

    def _result(self, future: Any) -> Any:
        """What came of a task; None where a worker was killed that held it or its result."""
        killed = self._distributed.KilledWorker
        error = future.exception()
        if error is None:
            try:
                return future.result()
            except killed:  # it was done, and its result died with the worker
                return None
        if isinstance(error, killed):
            return None
        return Failed(f"the cluster gave no result: {type(error).__name__}: {error}")


_KILLED: Final = Failed(
    "its process was killed twice, perhaps because memory ran out; try fewer --workers"
)

_AHEAD: Final = 2
"""Tasks a worker that are with the scheduler: one at work, one that waits."""

_PATIENCE_S: Final = 10
"""How long a scheduler may take to answer."""
