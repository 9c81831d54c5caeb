"""A sensor from which nothing comes any more, reported while it is silent.

A gap is known when it is over; a sensor whose battery died never ends its gap, and one that has
not begun has none. So the host's own
progress, by the records of all sensors, is held against the newest notification of each.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from imuhip.core.records import Array, Fault, IntArray, Packet


class Progress(Protocol):
    """`sequence.Progress` keeps this promise."""

    @property
    def curve(self) -> tuple[IntArray, Array]:
        """Arrival numbers, rising, and the latest stamp after each, seconds."""


class Silence:
    """Watches one sensor: `push` its notifications and how far the host has come."""

    def __init__(self, sensor: str, latency_s: float) -> None:
        """Begin before its first notification.

        Parameters
        ----------
        sensor
            Its name.
        latency_s
            How long the device itself holds samples back.
        """
        self._sensor = sensor
        self._longest_s = _LONGEST_S + latency_s
        self._heard = np.nan

    def push(
        self,
        came: Sequence[Packet],
        origin_ns: int,
        start_t: float,
        host_t: float,
        progress: Progress,
    ) -> list[Fault]:
        """Return the silences that ended or last, in pieces that begin where they began.

        Parameters
        ----------
        came
            Its notifications with samples in this batch.
        origin_ns
            Host time of the session's zero.
        start_t
            When the first sample of any sensor came, seconds on the session's clock.
        host_t
            The latest stamp of any record so far, seconds on the session's clock.
        progress
            How far the host had come with each record of the batch: `curve` of arrival numbers,
            rising, and the latest stamp after each, seconds.
        """
        found: list[Fault] = []
        if np.isnan(self._heard):
            self._heard = start_t
        if host_t - self._heard > self._longest_s:
            number, latest = progress.curve
            for packet in sorted(came, key=lambda p: int(p.arrival[0])):
                now = latest[np.searchsorted(number, packet.arrival)]
                stamps = (packet.host_ns - origin_ns) / 1e9
                before = np.concatenate(([self._heard], stamps[:-1]))
                silent = np.flatnonzero(now - before > self._longest_s)
                found += [self._fault(float(before[row]), float(now[row])) for row in silent]
                self._heard = float(stamps[-1])
            return found + self._since(host_t)
        if came:  # the usual case, and live a frequent one
            self._heard = (max(int(p.host_ns[-1]) for p in came) - origin_ns) / 1e9
        return found

    def _since(self, now: float) -> list[Fault]:
        heard = self._heard
        if now - heard <= self._longest_s:
            return []
        return [self._fault(heard, now)]

    def _fault(self, heard: float, now: float) -> Fault:
        return Fault(self._sensor, "missing", heard, now, 0, _WORDS.format(since=heard))


_LONGEST_S = 0.8
"""Radio stalls end within 0.15 s; a lost sensor is reported within a second."""

_WORDS = "nothing has come from this sensor since {since:.1f} s – is it charged, on and near?"
