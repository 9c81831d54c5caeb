"""The clock of a play: when the athlete begins, and where every virtual sensor stands.

Sensors stream as soon as they are asked to, one after the other; the athlete waits for the last of
them. Until then each repeats its first second. All repeats end at common whole seconds, so that the
play begins for all sensors at once, with every device's own clock running on.

An athlete may also wait for the coach's word in the middle: at a stated second of the play each
sensor repeats its last half second, in which the athlete should stand still, until `Play.go_on`.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from imuhip.virtual.reel import Reel


@dataclass(frozen=True, slots=True)
class Pass:
    """One run through a part of a reel.

    Parameters
    ----------
    rows
        The notifications.
    origin
        Second 0 of the reel, on the event loop's clock.
    device_s
        How much later the device's clock stands than in the reel.
    """

    rows: slice
    origin: float
    device_s: float


class Play:
    """One performance, shared by the sensors of an athlete.

    Parameters
    ----------
    sensors
        How many sensors must stream before it begins by itself; 0 waits for `begin`.
    speed
        How much faster than life.
    waits
        Seconds of the play, rising, at which the athlete waits for `go_on`.
    """

    def __init__(self, sensors: int, speed: float = 1.0, waits: Sequence[float] = ()) -> None:
        if not speed > 0.0:
            raise ValueError(f"The speed is {speed:g}; it must be above 0.")
        self.speed = speed
        self._acts = [_Act(*ends) for ends in pairwise((0.0, *waits, np.inf))]
        self._acts[0].begin(0.0)
        self._waits_for = sensors
        self._streaming: set[str] = set()
        self._boot: float | None = None
        self._began: float | None = None
        self._started = asyncio.Event()

    @property
    def began(self) -> float | None:
        """Second 0 of the play on the event loop's clock; None before it is known."""
        return self._began

    @property
    def now_s(self) -> float:
        """Seconds of the play: before it begins, negative or minus infinity."""
        if self._began is None:
            return -np.inf
        since = (asyncio.get_running_loop().time() - self._began) * self.speed
        act = self._act(since)
        return min(act.first + since - act.since, act.last)

    def begin(self) -> None:
        """Let the athlete begin, with the next whole second of the devices' clocks."""
        if self._began is not None:
            return
        now = asyncio.get_running_loop().time()
        boot = self._switched_on()
        self._began = boot + (np.floor((now - boot) * self.speed) + 1.0) / self.speed
        self._started.set()

    def go_on(self) -> None:
        """Give the word for what comes after the next wait; all sensors go on at one moment."""
        at = next((k for k, act in enumerate(self._acts) if not act.started.is_set()), None)
        if at is None or self._began is None:
            return
        before = self._acts[at - 1]
        waits_from = before.since + before.last - before.first
        # A sensor may have decided already about a repeat that begins in a moment.
        now = (asyncio.get_running_loop().time() - self._began) * self.speed + _DECIDED_S
        repeats = np.floor((now - waits_from) / REPEAT_S) + 1.0
        self._acts[at].begin(waits_from + max(0.0, float(repeats)) * REPEAT_S)

    async def until(self, seconds: float) -> None:
        """Wait for a second of the play."""
        await self._started.wait()
        act = next(act for act in reversed(self._acts) if act.first < seconds or not act.first)
        await act.started.wait()
        await asyncio.sleep(max(0.0, self._until(act, seconds)))

    def _until(self, act: "_Act", seconds: float) -> float:
        """How long it is until a second of an act, in life."""
        since = asyncio.get_running_loop().time() - (self._began or 0.0)
        return (act.since + seconds - act.first) / self.speed - since

    def joined(self, sensor: str) -> None:
        """A sensor streams; with the last one the play begins."""
        self._switched_on()
        self._streaming.add(sensor)
        if len(self._streaming) == self._waits_for:
            self.begin()

    def next_pass(self, reel: Reel, now: float) -> Pass:
        """Return what a sensor sends from `now` on, on the event loop's clock."""
        boot = self._switched_on()
        device_s = (now - boot) * self.speed
        if reel.loops:
            length_s = len(reel) * reel.per_packet / reel.rate_hz
            return self._repeat(reel, slice(0, len(reel)), length_s, device_s)
        if self._began is None or now < self._began - _TINY_S:
            lead = slice(0, max(1, int(np.searchsorted(reel.due_s, 1.0 - _TINY_S))))
            return self._repeat(reel, lead, 1.0, device_s)
        started_s = (self._began - boot) * self.speed
        since = (now - self._began) * self.speed
        act = self._act(since + reel.per_packet / reel.rate_hz - _STEP_S)  # of what comes next
        moved_s = act.since - act.first
        done_s = max(since - moved_s, act.first)
        first, end = np.searchsorted(reel.due_s, np.array((done_s, act.last)) - _TINY_S).tolist()
        if first < end:
            origin = self._began + moved_s / self.speed
            return Pass(slice(first, end), origin, started_s + moved_s)
        if end < len(reel):
            return self._still(reel, end, started_s + moved_s, done_s)
        return self._tail(reel, started_s + moved_s, done_s)

    def _act(self, since: float) -> "_Act":
        """The act that goes on `since` seconds after the play began, waits included."""
        return next(act for act in reversed(self._acts) if act.since <= max(since, 0.0) + _TINY_S)

    def _still(self, reel: Reel, end: int, started_s: float, done_s: float) -> Pass:
        """The athlete waits: the half second before notification `end`, over and over."""
        start = end - max(1, round(reel.per_second * REPEAT_S))
        number = np.floor((done_s - float(reel.due_s[end - 1])) / REPEAT_S + _TINY_S) + 1.0
        into_s = done_s - number * REPEAT_S
        first = max(start, int(np.searchsorted(reel.due_s, into_s - _TINY_S)))
        if first == end:
            number, first = number + 1, start
        start_s = started_s + number * REPEAT_S
        origin = self._switched_on() + start_s / self.speed
        return Pass(slice(first, end), float(origin), float(start_s))

    def _repeat(self, reel: Reel, rows: slice, length_s: float, device_s: float) -> Pass:
        """The rest of the repeat of `rows` in which the device stands."""
        number = np.floor(device_s / length_s + _TINY_S)
        into_s = device_s - number * length_s
        first = rows.start + int(np.searchsorted(reel.due_s[rows], into_s - _TINY_S))
        if first == rows.stop:
            number, first = number + 1, rows.start
        start_s = number * length_s
        origin = self._switched_on() + start_s / self.speed
        return Pass(slice(first, rows.stop), float(origin), float(start_s))

    def _tail(self, reel: Reel, started_s: float, done_s: float) -> Pass:
        """The athlete has done: the last second, over and over."""
        start = max(0, len(reel) - reel.per_second)
        length_s = reel.per_second * reel.per_packet / reel.rate_hz
        number = np.floor((done_s - float(reel.due_s[start])) / length_s + _TINY_S)
        into_s = done_s - number * length_s
        first = start + int(np.searchsorted(reel.due_s[start:], into_s - _TINY_S))
        if first == len(reel):
            number, first = number + 1, start
        start_s = started_s + number * length_s
        origin = self._switched_on() + start_s / self.speed
        return Pass(slice(first, len(reel)), float(origin), float(start_s))

    def _switched_on(self) -> float:
        """When the devices were switched on: at the first thing that happened."""
        if self._boot is None:
            self._boot = asyncio.get_running_loop().time()
        return self._boot


class _Act:
    """What the athlete does without waiting: from second `first` to second `last` of the play."""

    def __init__(self, first: float, last: float) -> None:
        self.first, self.last = first, last
        self.since = np.inf
        self.started = asyncio.Event()

    def begin(self, since: float) -> None:
        """It begins `since` seconds after the play, waits included."""
        self.since = since
        self.started.set()


def follow(play: Play, reel: Reel, now: float) -> Iterator[Pass]:
    """Give pass after pass, each where the one before ended, for ever."""
    while True:
        part = play.next_pass(reel, now)
        yield part
        now = part.origin + (float(reel.due_s[part.rows.stop - 1]) + _STEP_S) / play.speed


REPEAT_S: Final = 0.5
"""An athlete who waits repeats the last half second."""

_DECIDED_S: Final = 0.2
_TINY_S = 1e-6
_STEP_S = 1e-4
