"""Session time on a clock that other programs share: Lab Streaming Layer's, or UTC."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from imuhip.core.records import Packet, Record
from imuhip.live.active_recording import LiveStages


class TimedStages(LiveStages, Protocol):
    """Stages that know when their session's zero was: `Pipeline` does."""

    @property
    def origin_ns(self) -> int | None:
        """Host time of the session's zero; None while a live one has no data yet."""


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
