"""A simulated clock: an event loop that jumps from one thing due to the next.

Hours pass in seconds, nothing races, and a seed gives the same run again. `time.monotonic`,
`time.time` and their kin tell the loop's time while a run lasts; what the collector hands to
threads is done here, in order, and takes as long as the loop is asked to wait.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import Any
from unittest import mock

BEGIN_S = 1000.0
"""What the monotonic clock says at first."""

BEGIN_UNIX_S = 1_770_000_000.0


class _Sky:
    """In the place of a selector: waiting is moving the clock on."""

    def __init__(self, loop: "SimulatedLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("the simulated world stands still: nothing is due any more")
        self._loop.now += timeout
        return []

    def close(self) -> None:
        """Nothing is open."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """An event loop on a clock of its own.

    Attributes
    ----------
    now
        Seconds of the monotonic clock.
    wall_offset
        Seconds by which somebody has set the wall clock since the start.
    cost
        Gives how long the next piece of work in a thread takes, seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Sky(self)
        self.now = BEGIN_S
        self.wall_offset = 0.0
        self.cost: Callable[[], float] = lambda: 0.001
        self._threads: dict[int, tuple[Any, deque[Callable[[], None]]]] = {}
        self._took = 0.0

    def time(self) -> float:
        """Seconds of the monotonic clock."""
        return self.now

    def unix_s(self) -> float:
        """Seconds of the wall clock."""
        return BEGIN_UNIX_S + self.now - BEGIN_S + self.wall_offset

    def takes(self, seconds: float) -> None:
        """Let the work that is being done in a thread take longer."""
        self._took += seconds

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """Do it in its turn; work in one thread comes one after the other."""
        future = self.create_future()

        def work() -> None:
            self._took = self.cost()
            try:
                settle, value = future.set_result, func(*args)
            except Exception as error:  # noqa: BLE001 - handed on, as a thread does
                settle, value = future.set_exception, error
            self.call_later(self._took, done, settle, value)

        def done(settle: Callable[[Any], None], value: Any) -> None:
            if not future.done():
                settle(value)
            if executor is not None:
                queue = self._threads[id(executor)][1]
                queue.popleft()
                if queue:
                    queue[0]()

        if executor is None:
            self.call_soon(work)
            return future
        queue = self._threads.setdefault(id(executor), (executor, deque()))[1]
        queue.append(work)
        if len(queue) == 1:
            self.call_soon(work)
        return future

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> Any:
        """Nobody calls from another thread."""
        return self.call_soon(callback, *args, context=context)

    def _process_events(self, event_list: Any) -> None:
        """Nothing comes from outside."""

    def _write_to_self(self) -> None:
        """Nobody sleeps who would have to be woken."""


@contextmanager
def simulated_time(loop: SimulatedLoop) -> Iterator[None]:
    """Let the clocks of the process be the loop's."""

    class Calendar(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(loop.unix_s(), tz or UTC)

    def nanoseconds(clock: Callable[[], float]) -> Callable[[], int]:
        return lambda: round(clock() * 1e9)

    with (
        mock.patch.object(time, "monotonic", loop.time),
        mock.patch.object(time, "monotonic_ns", nanoseconds(loop.time)),
        mock.patch.object(time, "time", loop.unix_s),
        mock.patch.object(time, "time_ns", nanoseconds(loop.unix_s)),
        mock.patch("imuhip.live.start.datetime", Calendar),
    ):
        yield


def run(main: Callable[[SimulatedLoop], Coroutine[Any, Any, Any]]) -> Any:
    """Run a coroutine on a simulated clock."""
    loops: list[SimulatedLoop] = []

    def make() -> SimulatedLoop:
        loops.append(SimulatedLoop())
        return loops[-1]

    with asyncio.Runner(loop_factory=make) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, SimulatedLoop)
        with simulated_time(loop):
            return runner.run(main(loop))
