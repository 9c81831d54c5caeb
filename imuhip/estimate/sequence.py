"""Notifications back into the order in which they were sent, each once; a `Sequence` a sensor.

A device's counter, or without one its time stamp, says which notification is next. What comes
twice is left out. Bluetooth delivers the notifications of a connection in order, so what is missing
is lost and what follows goes on at once. Where a profile says that its transport reorders, and over
a finished session, what follows a gap waits until it is filled, and no longer than the host needs
to move `SequenceParams.patience_s` on: a rule on the stamps of the recording, kept to the record,
so that a notification which came too late is left out whether it is known by then or not.

Devices without counter and stamp pass through, and so do stamps that are already the session's.
"""

from collections.abc import Sequence as Several
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from imuhip.core.records import Array, DecodedBlock, Fault, IntArray, Packet, Record
from imuhip.estimate.sequence_order import (
    PERIOD,
    RELEASED_ANEW,
    RELEASED_AT,
    RELEASED_LOST,
    RELEASED_SPOT,
    SETTINGS_SIZE,
    SPOT,
    STATE_SIZE,
    WAITING_COLUMNS,
    begin_anew,
    heads,
    intact,
    let_go,
    move_on,
    put_in_order,
)


@dataclass(frozen=True, slots=True)
class SequenceParams:
    """How long a gap is waited for.

    Parameters
    ----------
    patience_s
        Where the transport reorders. Longer brings more of what is late back into order, and holds
        up a sensor by as much whenever something is lost for good.
    always
        Wait whatever the transport: for a finished session, where nobody is held up.
    """

    patience_s: float = 0.25
    always: bool = False


@dataclass(frozen=True, slots=True)
class OrderRule:
    """What tells the order of a device's notifications.

    Parameters
    ----------
    counter_bits
        Width of the counter of notifications, 0 when it does not wrap; None without one.
    tick_s, tick_bits
        Seconds a tick of the time stamp and its width; None without stamps of the device's own.
    rate_hz
        Nominal sample rate.
    reorders
        The transport may deliver notifications of a connection out of order.
    """

    counter_bits: int | None
    tick_s: float | None
    tick_bits: int
    rate_hz: float
    reorders: bool = False


class Ordered(NamedTuple):
    """Samples in the order they were sent.

    Parameters
    ----------
    block
        N samples; `row` counts the M notifications here.
    host_t
        ``(M,)`` when each arrived, seconds on the session's clock.
    released
        ``(M,)`` when it left: later, if it had to wait for one before it.
    lost
        ``(M,)`` samples lost just before it by the counter; -1 where there is none.
    epoch
        Counts the connections, and the times a device began anew within one.
    """

    block: DecodedBlock
    host_t: Array
    released: Array
    lost: IntArray
    epoch: int


class Progress:
    """How far the host had come with each record of a batch.

    Parameters
    ----------
    batch
        All records of a consecutive range of arrival numbers.
    origin_ns
        Host time of the session's zero.
    before
        The latest stamp before the batch, seconds on the session's clock.
    """

    def __init__(self, batch: Several[Record], origin_ns: int, before: float) -> None:
        self._batch = batch
        self._origin_ns = origin_ns
        self._before = before

    @cached_property
    def curve(self) -> tuple[IntArray, Array]:
        """Arrival numbers ``(K,)``, rising, and the latest stamp after each, ``(K,)`` seconds."""
        numbers = [np.atleast_1d(np.asarray(r.arrival, dtype=np.int64)) for r in self._batch]
        stamps = [np.atleast_1d(np.asarray(r.host_ns, dtype=np.int64)) for r in self._batch]
        if not numbers:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        number = np.concatenate(numbers)
        order = np.argsort(number, kind="stable")
        latest = (np.concatenate(stamps)[order] - self._origin_ns) / 1e9
        return number[order], np.maximum(np.maximum.accumulate(latest), self._before)

    def pauses(self, now: float, longest_s: float) -> list[tuple[float, float]]:
        """From and until when nothing came for longer than `longest_s`, up to `now`, seconds."""
        if not now - self._before > longest_s:
            return []
        latest = np.concatenate(([self._before], self.curve[1]))
        ends = np.flatnonzero(np.diff(latest) > longest_s) + 1
        return [(float(latest[end - 1]), float(latest[end])) for end in ends]


class Sequence:
    """The order of one sensor: `push` decoded packets, and say when a batch is over."""

    def __init__(self, sensor: str, rule: OrderRule, params: SequenceParams | None = None) -> None:
        self._sensor = sensor
        self._counted = rule.counter_bits is not None
        self._passes = not self._counted and rule.tick_s is None
        tick_s = rule.tick_s or 1.0
        bits = (rule.counter_bits or 0) if self._counted else rule.tick_bits
        params = params or SequenceParams()
        waits = params.always or rule.reorders
        self._settings = np.empty(SETTINGS_SIZE)
        self._settings[:] = (
            1.0 if self._counted else 0.0,
            float(1 << bits) if bits else 0.0,
            1.0 / rule.rate_hz if self._counted else tick_s,
            params.patience_s if waits else 0.0,
            _JUMP_S,
        )
        self._state = np.zeros(STATE_SIZE)
        self._state[PERIOD] = 1.0 / rule.rate_hz / tick_s
        self._recent = np.zeros(_RECENT)
        self._gaps = np.empty((_GAPS, 2))
        begin_anew(self._state, self._gaps)
        self._waiting = _nothing_waits()
        self._connection = 0
        self._epoch = 0

    def push(
        self, block: DecodedBlock, packet: Packet, host_t: Array, progress: Progress
    ) -> tuple[list[Ordered], tuple[Fault, ...]]:
        """Take the samples of a packet; return those whose turn it is.

        Parameters
        ----------
        block
            What was decoded of `packet`.
        host_t
            ``(M,)`` arrival of its notifications, seconds on the session's clock.
        progress
            The batch that the packet came in.
        """
        keys = block.counter if self._counted else block.ticks
        if self._passes or keys is None or not len(block.row):
            unknown = np.full(len(host_t), -1)
            return [Ordered(block, host_t, host_t, unknown, packet.epoch)], ()
        out: list[Ordered] = []
        if packet.epoch != self._connection:
            self._connection = packet.epoch
            out += self._end(block, packet, host_t, progress)
        head = heads(block.row)
        first = block.row[head[:-1]]
        arrived = host_t[first]
        taken = 0
        if not len(self._waiting.found):
            taken = intact(
                keys.astype(np.float64, copy=False),
                block.index,
                head,
                arrived,
                self._settings,
                self._state,
                self._recent,
            )
            if taken == len(arrived):
                lost = np.full(len(host_t), 0 if self._counted else -1)
                return [*out, Ordered(block, host_t, host_t, lost, self._epoch)], ()
        known = self._waiting.with_these(block, head, arrived, packet.arrival[first])
        return self._sorted(known, taken, progress, out)

    def wait(self, progress: Progress) -> list[Ordered]:
        """Return what need not wait any longer at the end of a batch."""
        waiting = self._waiting
        if not len(waiting.found):
            return []
        number, host_t = progress.curve
        if not len(number):
            return []
        released, found = move_on(
            int(number[-1]), waiting.found, number, host_t, waiting.head, *self._places()
        )
        return self._leave(waiting, released, found)

    def finish(self, now: float) -> list[Ordered]:
        """Return all that waits: nothing more will come after host time `now`."""
        waiting = self._waiting
        if not len(waiting.found):
            return []
        released = let_go(now, waiting.found, waiting.head, *self._places())
        return self._leave(waiting, released, np.empty((0, WAITING_COLUMNS)))

    def _places(self) -> tuple[Array, Array, Array, Array]:
        return self._settings, self._state, self._recent, self._gaps

    def _end(
        self, block: DecodedBlock, packet: Packet, host_t: Array, progress: Progress
    ) -> list[Ordered]:
        """A connection is over: with the first notification of the next, nothing waits."""
        out: list[Ordered] = []
        if len(self._waiting.found):
            row = int(block.row[0])
            number, latest = progress.curve
            waiting = self._waiting
            until = int(packet.arrival[row])
            released, found = move_on(
                until, waiting.found, number, latest, waiting.head, *self._places()
            )
            out += self._leave(waiting, released, found)
            out += self.finish(float(host_t[row]))
        begin_anew(self._state, self._gaps)
        self._epoch += 1
        return out

    def _sorted(
        self, known: "_Waiting", taken: int, progress: Progress, out: list[Ordered]
    ) -> tuple[list[Ordered], tuple[Fault, ...]]:
        """Order what waits and what came, of which the first `taken` have had their turn."""
        waits = len(known.found)
        at_once = np.zeros((taken, 4))
        at_once[:, RELEASED_SPOT] = np.arange(taken)
        at_once[:, RELEASED_AT] = known.arrived[:taken]
        at_once[:, RELEASED_LOST] = 0.0 if self._counted else -1.0
        number, host_t = progress.curve
        released, found, late = put_in_order(
            _keys(known.block, counted=self._counted),
            known.block.index,
            known.head,
            known.arrived,
            known.number,
            known.found,
            waits + taken,
            number,
            host_t,
            *self._places(),
        )
        released = np.concatenate((at_once, released))
        return [*out, *self._leave(known, released, found)], self._late(late)

    def _leave(self, known: "_Waiting", released: Array, found: Array) -> list[Ordered]:
        """Put together what leaves, and keep what waits."""
        out = []
        anew = np.flatnonzero(released[:, RELEASED_ANEW])
        for part in np.split(released, anew):
            if not len(part):
                continue
            if part[0, RELEASED_ANEW]:
                self._epoch += 1
            spots = part[:, RELEASED_SPOT].astype(np.int64)
            block, arrived = known.taken(spots)
            lost = part[:, RELEASED_LOST].astype(np.int64)
            out.append(Ordered(block, arrived, part[:, RELEASED_AT], lost, self._epoch))
        self._waiting = known.kept(found) if len(found) else _nothing_waits()
        return out

    def _late(self, late: Array) -> tuple[Fault, ...]:
        words = "a notification that came too late was left out"
        return tuple(Fault(self._sensor, "out_of_order", at, at, 1, words) for at in late.tolist())


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """Notifications that wait, then perhaps those that just came.

    Parameters
    ----------
    block
        Their samples; None when nothing waits.
    head
        ``(M + 1,)`` where the samples of each begin.
    arrived, number
        ``(M,)`` their arrival, seconds, and its number.
    found
        ``(P, 4)`` what `sequence_order` found of those that wait.
    """

    samples: DecodedBlock | None
    head: IntArray
    arrived: Array
    number: IntArray
    found: Array

    @property
    def block(self) -> DecodedBlock:
        if self.samples is None:
            raise ValueError("nothing waits")
        return self.samples

    def with_these(
        self, block: DecodedBlock, head: IntArray, arrived: Array, number: IntArray
    ) -> "_Waiting":
        """The same, and new ones behind them."""
        if self.samples is None:
            return _Waiting(block, head, arrived, number, self.found)
        return _Waiting(
            _joined(self.samples, block),
            np.concatenate((self.head[:-1], self.head[-1] + head)),
            np.concatenate((self.arrived, arrived)),
            np.concatenate((self.number, number)),
            self.found,
        )

    def taken(self, spots: IntArray) -> tuple[DecodedBlock, Array]:
        """The samples of some, in this order, and their arrivals."""
        pick, row = _samples_of(self.head, spots)
        return _picked(self.block, pick, row), self.arrived[spots]

    def kept(self, found: Array) -> "_Waiting":
        """Only those that go on waiting."""
        spots = found[:, SPOT].astype(np.int64)
        pick, row = _samples_of(self.head, spots)
        found = found.copy()
        found[:, SPOT] = np.arange(len(found))
        sizes = self.head[spots + 1] - self.head[spots]
        head = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes)))
        return _Waiting(
            _picked(self.block, pick, row), head, self.arrived[spots], self.number[spots], found
        )


def _nothing_waits() -> _Waiting:
    none = np.zeros(0, dtype=np.int64)
    return _Waiting(None, none, np.zeros(0), none, np.empty((0, WAITING_COLUMNS)))


def _samples_of(head: IntArray, spots: IntArray) -> tuple[IntArray, IntArray]:
    """Samples of notifications `spots`, in order, and for each the place of its notification."""
    sizes = head[spots + 1] - head[spots]
    row = np.repeat(np.arange(len(spots)), sizes)
    before = np.cumsum(sizes) - sizes
    return np.arange(len(row)) - before[row] + head[spots][row], row


def _keys(block: DecodedBlock, *, counted: bool) -> Array:
    """What tells the order, ``(N,)``."""
    keys = block.counter if counted else block.ticks
    if keys is None:
        name = "counter" if counted else "time stamp"
        raise ValueError(f"The samples carry no {name}, but the profile says that they do.")
    return keys.astype(np.float64, copy=False)


def _picked(block: DecodedBlock, pick: IntArray, row: IntArray) -> DecodedBlock:
    """Some samples of a block, with new rows."""
    columns: dict[str, Any] = {name: getattr(block, name) for name in _COLUMNS}
    for name, values in columns.items():
        columns[name] = None if values is None else values[pick]
    return DecodedBlock(row=row, **columns)


def _joined(a: DecodedBlock, b: DecodedBlock) -> DecodedBlock:
    """The samples of both; a column that one of them lacks is lacking."""
    columns: dict[str, Any] = {}
    for name in ("row", *_COLUMNS):
        x, y = getattr(a, name), getattr(b, name)
        columns[name] = None if x is None or y is None else np.concatenate((x, y))
    return DecodedBlock(**columns)


_COLUMNS = ("ticks", "index", "counter", "acc", "gyr", "mag", "quat", "saturated")
_RECENT = 32
_GAPS = 16
"""How many places that were given up are remembered, to tell what is late from what came twice."""
_JUMP_S = 2.0
"""A counter or stamp this far from what the host expects has begun anew."""
