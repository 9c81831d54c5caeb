"""Plays a recording as if it were live: the same records, pushed when they were due.

Records are paced by their own host stamps against the machine's monotonic clock. The clock only
decides how many records a push holds, and however records are cut the pipeline gives the same bits,
so no result depends on it.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from imuhip.assess.assessor import Assessment
from imuhip.core.records import Header, IntArray, Packet, Record
from imuhip.live.control import Action, ControlRefusedError
from imuhip.live.hub import LiveHub
from imuhip.live.protocol import FRAME_HZ
from imuhip.live.publishing import Output, Publisher

_PUSH_NS = 1_000_000_000 // FRAME_HZ
_BATCH_S = 5.0
"""At full speed a batch is a push: what happens is said with a time no coarser than that."""


class Recording(Protocol):
    """What is played: `RecordingReader` keeps this promise."""

    @property
    def header(self) -> Header:
        """What the recording says of itself."""

    def batches(self, max_batch_s: float) -> Iterator[list[Record]]:
        """Records, in batches that cover consecutive ranges of arrival numbers."""


class Stages(Protocol):
    """What records are pushed to: `Pipeline` keeps this promise."""

    def push(self, batch: Sequence[Record]) -> Output:
        """Take records, return what became known."""

    def finish(self) -> Output:
        """Return what was waiting for records that will not come."""


class Slice(NamedTuple):
    """Records of one push, and the host stamp (ns) at which its newest frame was complete."""

    records: list[Record]
    stamp_ns: int


class Cutter:
    """Cuts a recording's batches by host time, keeping order and completeness.

    Parameters
    ----------
    batches
        As `Recording.batches` gives them.
    """

    def __init__(self, batches: Iterator[list[Record]]) -> None:
        self._batches = batches
        self._batch: list[Record] = []
        self._arrival: IntArray = np.empty(0, dtype=np.int64)
        self._due: IntArray = np.empty(0, dtype=np.int64)
        self._place = 0
        self._latest = -(2**63)
        self._load()

    @property
    def next_ns(self) -> int | None:
        """Host stamp at which the next record is due; None at the end."""
        return int(self._due[self._place]) if self._place < len(self._due) else None

    def until(self, limit_ns: int | None) -> list[Record]:
        """Return all records due at or before `limit_ns` that were not returned before.

        Parameters
        ----------
        limit_ns
            Host time of the recording; None returns the rest of the batch at hand.
        """
        records: list[Record] = []
        while self._place < len(self._due):
            stop = len(self._due)
            if limit_ns is not None:
                stop = int(np.searchsorted(self._due, limit_ns, side="right"))
            if stop > self._place:
                first, last = self._arrival[self._place], self._arrival[stop - 1]
                records += cut(self._batch, int(first), int(last))
                self._place = stop
            if stop < len(self._due):
                break
            self._load()
            if limit_ns is None:
                break
        return records

    def _load(self) -> None:
        """Take the next batch that holds anything."""
        for batch in self._batches:
            arrival, stamps = _stamps(batch)
            if not len(arrival):
                continue
            order = np.argsort(arrival, kind="stable")
            # A record is due no earlier than those that arrived before it, so that a stamp which
            # ran backwards cannot hold back its predecessors or be sent ahead of them.
            due = np.maximum(np.maximum.accumulate(stamps[order]), self._latest)
            self._batch, self._arrival, self._due = batch, arrival[order], due
            self._place, self._latest = 0, int(due[-1])
            return
        self._batch, self._due, self._place = [], self._due[:0], 0


def cut(batch: Sequence[Record], first: int, last: int) -> list[Record]:
    """Return the part of a batch whose arrival numbers lie in `first` … `last`."""
    records: list[Record] = []
    for record in batch:
        if isinstance(record, Packet):
            start = int(np.searchsorted(record.arrival, first, side="left"))
            stop = int(np.searchsorted(record.arrival, last, side="right"))
            if stop > start:
                whole = start == 0 and stop == len(record)
                records.append(record if whole else record.part(start, stop))
        elif first <= record.arrival <= last:
            records.append(record)
    return records


def completion_ns(records: Sequence[Record]) -> int:
    """Host stamp (ns) of the notification that completed the newest frame of a push.

    A grid time is complete when the last of the sensors has passed it, so the sensor that is
    furthest behind decides: the oldest among the newest notifications of each sensor in the push.
    That is never later than the true one. Without notifications, the newest stamp there is.
    """
    newest: dict[str, int] = {}
    for record in records:
        if isinstance(record, Packet):
            stamp = int(record.host_ns[-1])
            newest[record.sensor] = max(newest.get(record.sensor, stamp), stamp)
    if newest:
        return min(newest.values())
    return max(int(np.max(record.host_ns)) for record in records)


def _stamps(batch: Sequence[Record]) -> tuple[IntArray, IntArray]:
    """Arrival numbers and host stamps of a batch, record by record: ``(N,)`` each."""
    arrival: list[IntArray] = [np.empty(0, dtype=np.int64)]
    stamps: list[IntArray] = [np.empty(0, dtype=np.int64)]
    for record in batch:
        arrival.append(np.atleast_1d(np.asarray(record.arrival, dtype=np.int64)))
        stamps.append(np.atleast_1d(np.asarray(record.host_ns, dtype=np.int64)))
    return np.concatenate(arrival), np.concatenate(stamps)


class ReplayControl:
    """Answers for a replay: it tells its state and refuses to change what was recorded.

    Parameters
    ----------
    session
        A label for people.
    """

    def __init__(self, session: str) -> None:
        self._session = session
        self.state: dict[str, Any] = {"state": "starting"}

    async def control(self, action: Action, _request: Mapping[str, str]) -> Mapping[str, Any]:
        """Refuse."""
        raise ControlRefusedError(
            409,
            f"This is a replay of {self._session}, where {action} does nothing. Connect sensors "
            "for a live session.",
        )

    def status(self) -> Mapping[str, Any]:
        """What is played, and how far."""
        return {"source": "replay", "recording": self._session, **self.state}


class Player:
    """Plays a recording into a hub.

    Parameters
    ----------
    open_recording
        Opens the recording; called again for each loop.
    make_stages
        Makes a fresh pipeline for a header.
    hub, control
        Where frames go, and what tells the state over HTTP.
    session
        A label for people.
    speed
        1 is as it was; 10 is ten times as fast; None is as fast as the machine can.
    loop
        Begin again at the end, for ever.
    """

    def __init__(
        self,
        open_recording: Callable[[], Recording],
        make_stages: Callable[[Header], Stages],
        hub: LiveHub,
        control: ReplayControl,
        *,
        session: str,
        speed: float | None = 1.0,
        loop: bool = False,
    ) -> None:
        if speed is not None and not speed > 0.0:
            raise ValueError(f"The speed must be above 0 or None, not {speed}.")
        self._open = open_recording
        self._make = make_stages
        self._hub = hub
        self._control = control
        self._session = session
        self._speed = speed
        self._loop = loop
        self.assessed = Assessment()

    async def run(self) -> None:
        """Play until the end, or for ever with `loop`."""
        turn = 0
        while turn == 0 or self._loop:
            stream = f"{self._session}/{time.time_ns()}/{turn}"
            recording = self._open()
            await self._play_once(recording, stream)
            turn += 1

    async def _play_once(self, recording: Recording, stream: str) -> None:
        viewers = Publisher(
            self._hub, recording.header, stream=stream, session=self._session, source="replay"
        )
        self.assessed = viewers.assessed
        stages = self._make(recording.header)
        cutter = Cutter(recording.batches(_BATCH_S))
        pace = _Pace(cutter.next_ns or 0, self._speed)
        self._tell("playing", **pace.clock)
        while cutter.next_ns is not None:
            records = cutter.until(pace.limit_ns())
            if records:
                output = await asyncio.to_thread(stages.push, records)
                viewers.publish(output, pace.due_unix_ns(completion_ns(records)), records)
                self._control.state["t"] = viewers.t
            await pace.rest(cutter.next_ns)
        viewers.publish(await asyncio.to_thread(stages.finish), float("nan"))
        self._tell("finished")

    def _tell(self, state: str, **more: int) -> None:
        """Say where the replay stands."""
        self._control.state = {"state": state, "speed": self._speed, "loop": self._loop, **more}
        self._hub.announce("status", {"state": state})


class _Pace:
    """When records are due, on this machine's clocks.

    Parameters
    ----------
    first_ns
        Host stamp of the first record: due now.
    speed
        As in `Player`.
    """

    def __init__(self, first_ns: int, speed: float | None) -> None:
        self._first_ns = first_ns
        self._speed = speed
        self._start_ns = time.monotonic_ns()
        self._start_unix_ns = time.time_ns()
        self._next_push_ns = self._start_ns

    @property
    def clock(self) -> dict[str, int]:
        """Which host stamp of the recording was due when, for those who measure delays."""
        return {"first_host_ns": self._first_ns, "started_unix_ns": self._start_unix_ns}

    def limit_ns(self) -> int | None:
        """Host stamp of the recording that is due now; None when all of it is."""
        if self._speed is None:
            return None
        return self._first_ns + int((time.monotonic_ns() - self._start_ns) * self._speed)

    def due_unix_ns(self, stamp_ns: int) -> float:
        """The moment in UTC ns at which a stamp of the recording is due."""
        if self._speed is None:
            return float(time.time_ns())
        return self._start_unix_ns + (stamp_ns - self._first_ns) / self._speed

    async def rest(self, next_ns: int | None) -> None:
        """Sleep until the next push's turn, and no shorter than until a record is due."""
        if self._speed is None or next_ns is None:
            await asyncio.sleep(0)
            return
        now = time.monotonic_ns()
        self._next_push_ns = max(self._next_push_ns + _PUSH_NS, now)
        due_ns = self._start_ns + int((next_ns - self._first_ns) / self._speed)
        await asyncio.sleep((max(self._next_push_ns, due_ns) - now) / 1e9)
