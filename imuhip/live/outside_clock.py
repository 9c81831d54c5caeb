"""Stages whose numbers also go out, with times of a clock that other programs share."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from imuhip.core.records import Packet, Record
from imuhip.live.active_recording import LiveStages
from imuhip.live.publishing import Output


class TimedStages(LiveStages, Protocol):
    """Stages that know when their session's zero was: `Pipeline` does."""

    @property
    def origin_ns(self) -> int | None:
        """Host time of the session's zero; None while a live one has no data yet."""


class SentStages(ABC):
    """Stages around others, which send what those give and change nothing of it.

    Parameters
    ----------
    stages
        A fresh pipeline, or what stands around one.
    clock
        Returns the time of the clock that is shared, seconds.
    live
        The records come from this machine's clock, now; else they are a replay at its own speed,
        sent as if it happened now.
    """

    def __init__(self, stages: TimedStages, clock: Callable[[], float], *, live: bool) -> None:
        self._stages, self._clock, self._live = stages, clock, live
        self._shift_s: float | None = None

    @property
    def origin_ns(self) -> int | None:
        """The pipeline's."""
        return self._stages.origin_ns

    @property
    def clock_residuals(self) -> Mapping[str, float]:
        """The pipeline's."""
        return self._stages.clock_residuals

    def push(self, batch: Sequence[Record]) -> Output:
        """Push a batch, and send what it gives."""
        output = self._stages.push(batch)
        self._pass_on(output, batch)
        return output

    def finish(self) -> Output:
        """End, and send what was left."""
        output = self._stages.finish()
        self._pass_on(output, ())
        return output

    def _pass_on(self, output: Output, batch: Sequence[Record]) -> None:
        origin_ns = self._stages.origin_ns
        if origin_ns is None:
            return
        if self._shift_s is None:
            self._shift_s = shift_to(self._clock, origin_ns, batch, live=self._live)
        self._send(output, batch, origin_ns, self._shift_s)

    @abstractmethod
    def _send(
        self, output: Output, batch: Sequence[Record], origin_ns: int, shift_s: float
    ) -> None:
        """Send rows and marks; `shift_s` brings session time to the clock that is shared."""


def shift_to(
    clock: Callable[[], float], origin_ns: int, batch: Sequence[Record], *, live: bool
) -> float:
    """Return what brings session time to another clock, seconds.

    Parameters
    ----------
    clock
        Returns that clock's time, seconds.
    origin_ns
        Host time of the session's zero.
    batch
        The first records that have a time.
    live
        Host times are of this machine's own clock; else the newest record of `batch` happens now.
    """
    now = clock()
    if live:
        return origin_ns / 1e9 + now - time.monotonic()
    newest_ns = max(_newest_ns(record) for record in batch)
    return now - (newest_ns - origin_ns) / 1e9


def _newest_ns(record: Record) -> int:
    return int(record.host_ns.max()) if isinstance(record, Packet) else record.host_ns
