"""The clock of a play: when the athlete begins, and where every virtual sensor stands.

Sensors stream as soon as they are told to, one after the other; the athlete waits for the last of
them. Until then each repeats its first second. All repeats end at common whole seconds, so that the
play begins for all sensors at once, with every device's own clock running on.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from imuhip.collect.virtual_reel import Reel


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
    """

    def __init__(self, sensors: int, speed: float = 1.0) -> None:
        if not speed > 0.0:
            raise ValueError(f"expected a speed above 0, got {speed:g}")
        self.speed = speed
        self._waits_for = sensors
        self._streaming: set[str] = set()
        self._boot: float | None = None
        self._began: float | None = None
        self._begun = asyncio.Event()

    @property
    def began(self) -> float | None:
        """Second 0 of the play on the event loop's clock; None before it is known."""
        return self._began

    @property
    def now_s(self) -> float:
        """Seconds of the play: before it begins, negative or minus infinity."""
        if self._began is None:
            return -np.inf
        return (asyncio.get_running_loop().time() - self._began) * self.speed

    def begin(self) -> None:
        """Let the athlete begin, with the next whole second of the devices' clocks."""
        if self._began is not None:
            return
        now = asyncio.get_running_loop().time()
        boot = self._switched_on()
        self._began = boot + (np.floor((now - boot) * self.speed) + 1.0) / self.speed
        self._begun.set()

    async def until(self, seconds: float) -> None:
        """Wait for a second of the play."""
        await self._begun.wait()
        await asyncio.sleep(max(0.0, (seconds - self.now_s) / self.speed))

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
        begun_s = (self._began - boot) * self.speed
        done_s = (now - self._began) * self.speed
        first = int(np.searchsorted(reel.due_s, done_s - _TINY_S))
        if first < len(reel):
            return Pass(slice(first, len(reel)), self._began, begun_s)
        return self._tail(reel, begun_s, done_s)

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

    def _tail(self, reel: Reel, begun_s: float, done_s: float) -> Pass:
        """The athlete has done: the last second, over and over."""
        start = max(0, len(reel) - reel.per_second)
        length_s = reel.per_second * reel.per_packet / reel.rate_hz
        number = np.floor((done_s - float(reel.due_s[start])) / length_s + _TINY_S)
        into_s = done_s - number * length_s
        first = start + int(np.searchsorted(reel.due_s[start:], into_s - _TINY_S))
        if first == len(reel):
            number, first = number + 1, start
        start_s = begun_s + number * length_s
        origin = self._switched_on() + start_s / self.speed
        return Pass(slice(first, len(reel)), float(origin), float(start_s))

    def _switched_on(self) -> float:
        """When the devices were switched on: at the first thing that happened."""
        if self._boot is None:
            self._boot = asyncio.get_running_loop().time()
        return self._boot


def follow(play: Play, reel: Reel, now: float) -> Iterator[Pass]:
    """Give pass after pass, each where the one before ended, for ever."""
    while True:
        part = play.next_pass(reel, now)
        yield part
        now = part.origin + (float(reel.due_s[part.rows.stop - 1]) + _STEP_S) / play.speed


_TINY_S = 1e-6
_STEP_S = 1e-4
