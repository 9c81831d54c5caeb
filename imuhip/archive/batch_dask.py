"""Dask does the work of a batch: on many machines, or in a cluster of this one.

The machines of a cluster see recordings and data set under the same paths, and have the same
imuhip.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any, Final, Self, TypeVar

from imuhip.archive.batch_engines import Failed, Task, attempt
from imuhip.errors import ImuhipError

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
        try:
            import dask

            with dask.config.set({"logging.distributed": "error"}):  # read by the next import
                import distributed
        except ImportError as error:
            raise ImuhipError(
                "expected Dask for --engine dask, and it is not installed; install it with "
                "pip install 'imuhip[cluster]'"
            ) from error
        # Dask's own functions carry few types.
        self._dask: Any = dask
        self._distributed: Any = distributed
        self._scheduler, self._count = scheduler, workers
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # A task whose worker is killed is tried once more, as in the pool; Dask's own is 3.
            stack.enter_context(
                self._dask.config.set({"distributed.scheduler.allowed-failures": 1})
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
                raise ImuhipError(
                    f"expected a Dask scheduler at {address}; nobody answered there: {error}"
                ) from error
            self._open = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self, tasks: Iterable[tuple[int, Task[R]]]) -> Iterator[tuple[int, R | Failed]]:
        """Do numbered tasks; yield number and result as they come."""
        waiting = iter(tasks)
        numbers: dict[str, int] = {}
        running = self._distributed.as_completed()
        ahead = _AHEAD * max(len(self._client.scheduler_info(n_workers=-1)["workers"]), 1)
        while True:
            while len(numbers) < ahead and (next_one := next(waiting, None)) is not None:
                future = self._client.submit(attempt, next_one[1], pure=False, retries=0)
                numbers[future.key] = next_one[0]
                running.add(future)
            if not numbers:
                return
            future = next(running)
            yield numbers.pop(future.key), _result(future)


def _result(future: Any) -> Any:
    """What came of a task; a worker that was killed twice leaves nothing."""
    error = future.exception()
    if error is None:
        return future.result()
    if type(error).__name__ == "KilledWorker":
        return Failed(
            "its process was killed twice, perhaps because memory ran out; try fewer --workers"
        )
    return Failed(f"the cluster gave no result: {type(error).__name__}: {error}")


_AHEAD: Final = 2
"""Tasks a worker that are with the scheduler: one at work, one that waits."""

_PATIENCE_S: Final = 10
"""How long a scheduler may take to answer."""
