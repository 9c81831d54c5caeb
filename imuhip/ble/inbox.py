"""Where everything that happens waits in the order it came, until the next batch takes it.

A notification costs an append here; blocks are made later, all at once. Arrival numbers are given
here and nowhere else, so a batch covers a consecutive range of them.
"""

import asyncio
import time
from collections.abc import Mapping
from itertools import accumulate

import numpy as np

from imuhip.core.records import LinkEvent, Mark, Packet, Record


class Inbox:
    """The one queue of a session; all methods belong to the event loop's thread."""

    def __init__(self) -> None:
        self._notifications: list[tuple[str, str, int, bytes, int, int]] = []
        self._others: list[Record] = []
        self._next = 0
        self._first_ns: int | None = None
        self._left_out: frozenset[str] = frozenset()

    def begin(self, left_out: frozenset[str] = frozenset()) -> None:
        """Forget what waits and count arrivals from 0: a recording begins.

        From now on nothing of the sensors `left_out` is taken.
        """
        self._notifications, self._others, self._next = [], [], 0
        self._left_out = left_out

    def notification(
        self, sensor: str, characteristic: str, epoch: int, stamp_ns: int, data: bytes
    ) -> None:
        """Add a notification; `stamp_ns` was taken first thing in its callback."""
        if sensor in self._left_out:
            return
        number = self._next
        self._next = number + 1
        if self._first_ns is None:
            self._first_ns = stamp_ns
        self._notifications.append((sensor, characteristic, epoch, data, number, stamp_ns))

    def mark(self, label: str) -> Mark:
        """Add what a person did, now."""
        mark = Mark(self._number(), time.monotonic_ns(), label)
        self._first_ns = self._first_ns or mark.host_ns
        self._others.append(mark)
        return mark

    def event(self, sensor: str, kind: str, detail: Mapping[str, str]) -> None:
        """Add what the radio did, now."""
        if sensor in self._left_out:
            return
        event = LinkEvent(self._number(), time.monotonic_ns(), sensor, kind, dict(detail))
        self._others.append(event)

    async def turn(self, wait_s: float) -> None:
        """Sleep until the first thing that came since the last turn has waited for `wait_s`.

        Counted from an arrival and not from the turn before, a batch holds more for the same delay.
        """
        left = wait_s
        while left > 0.0:
            await asyncio.sleep(left)
            first = self._first_ns
            left = 0.0 if first is None else first / 1e9 + wait_s - time.monotonic()
        self._first_ns = None

    def take(self) -> list[Record]:
        """Return all that came since the last time, each sensor's notifications in blocks."""
        notifications, self._notifications = self._notifications, []
        others, self._others = self._others, []
        groups: dict[tuple[str, str, int], list[tuple[bytes, int, int]]] = {}
        for sensor, characteristic, epoch, data, number, stamp_ns in notifications:
            groups.setdefault((sensor, characteristic, epoch), []).append((data, number, stamp_ns))
        return [*(_packet(key, rows) for key, rows in groups.items()), *others]

    def _number(self) -> int:
        number = self._next
        self._next = number + 1
        return number


def _packet(key: tuple[str, str, int], rows: list[tuple[bytes, int, int]]) -> Packet:
    sensor, characteristic, epoch = key
    ends = accumulate((len(data) for data, _, _ in rows), initial=0)
    return Packet(
        sensor=sensor,
        characteristic=characteristic,
        epoch=epoch,
        arrival=np.array([number for _, number, _ in rows], dtype=np.int64),
        host_ns=np.array([stamp_ns for _, _, stamp_ns in rows], dtype=np.int64),
        payload=np.frombuffer(b"".join(data for data, _, _ in rows), dtype=np.uint8),
        offsets=np.array(list(ends), dtype=np.int64),
    )
