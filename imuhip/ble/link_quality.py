"""How a sensor is doing: rate, loss, jitter and battery, from its own notifications.

Worked out once a second from the last second's blocks, beside the pipeline and never inside it: no
result depends on it.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from imuhip.core.records import Array, DecodedBlock, IntArray, Packet
from imuhip.devices.decode import decoder_of
from imuhip.devices.profile_nouns import Battery, Profile
from imuhip.recording.batches import join_records


@dataclass(frozen=True, slots=True)
class _Second:
    """What one look saw."""

    length_s: float
    samples: int
    missing: int
    jitter_ms: float


class VitalSigns:
    """One sensor's figures; `push` its packets, each of about a second, in order.

    Parameters
    ----------
    sensor, profile, rate_hz
        Of the link.

    `energy` is the mean square of the angular rate in the newest look, (rad/s)².
    """

    def __init__(self, sensor: str, profile: Profile, rate_hz: float) -> None:
        self._sensor, self._profile, self._rate_hz = sensor, profile, rate_hz
        self._decoder = decoder_of(profile, rate_hz, profile.settings)
        self._recent: deque[_Second] = deque(maxlen=WINDOW)
        self._epoch = 0
        self._counter: int | None = None
        self._last_ns: int | None = None
        self.samples = self.bad = 0
        self._missing = 0
        self.battery: float | None = None
        self.energy = 0.0

    def push(self, packet: Packet) -> None:
        """Take what came since the last look on one characteristic."""
        if self._profile.stream_of(packet.characteristic) is not None:
            self._look(packet)
        self._reported_battery(packet)

    @property
    def missing(self) -> int:
        """Samples lost so far; what comes late is lost no more."""
        return max(self._missing, 0)

    def figures(self, clock_residual_s: float = math.nan) -> dict[str, Any]:
        """Rate, loss and jitter of the last seconds, and counts since the start.

        Parameters
        ----------
        clock_residual_s
            How far the sensor's clock may be off, where a pipeline tells it.
        """
        residual_ms = 1e3 * clock_residual_s
        length = sum(second.length_s for second in self._recent)
        samples = sum(second.samples for second in self._recent)
        missing = max(sum(second.missing for second in self._recent), 0)
        jitters = [s.jitter_ms for s in self._recent if np.isfinite(s.jitter_ms)]
        return {
            "rate_hz": round(samples / length, 2) if length else None,
            "loss_percent": round(100.0 * missing / max(samples + missing, 1), 3),
            "loss_by": "counter" if self._profile.counter else "rate",
            "jitter_ms": round(max(jitters), 2) if jitters else None,
            "clock_residual_ms": round(residual_ms, 3) if math.isfinite(residual_ms) else None,
            "samples": self.samples,
            "missing": self.missing,
            "bad": self.bad,
        }

    def _look(self, packet: Packet) -> None:
        block = self._decoder.push(packet)
        self.bad += len(block.faults)
        if not len(block.row):
            return
        self.energy = float((block.gyr * block.gyr).sum(axis=-1).mean())
        newest_ns = int(packet.host_ns.max())
        if self._last_ns is None or packet.epoch != self._epoch:
            # What is missing while there is no link is the link's matter, not the radio's quality.
            self._epoch, self._counter = packet.epoch, None
            self._last_ns = int(packet.host_ns[0])
        length_s = max(newest_ns - self._last_ns, 0) / 1e9
        self._last_ns = max(newest_ns, self._last_ns)
        rows, first, counts = np.unique(block.row, return_index=True, return_counts=True)
        samples, missing = self._counted(block, first, counts, length_s)
        late_s = self._lateness(block, packet.host_ns[rows] / 1e9, first)
        late_s = late_s[np.abs(late_s - np.median(late_s)) < LATEST_S]
        late_s = late_s - late_s.min(initial=math.inf)
        jitter_ms = float(np.percentile(late_s, 95)) * 1e3 if len(late_s) else 0.0
        self._recent.append(_Second(length_s, samples, missing, jitter_ms))
        self.samples += samples
        self._missing += missing

    def _counted(
        self, block: DecodedBlock, first: IntArray, counts: IntArray, length_s: float
    ) -> tuple[int, int]:
        """Samples, and how many more are missing: by the counter, else by what the rate promises.

        Notifications may come out of order and twice; one that comes after its look was counted as
        lost then, and is taken back now. A counter further ahead than the time allows is rubbish.
        """
        counter = self._profile.counter
        if counter is None or block.counter is None:
            samples = len(block.row)
            return samples, max(0, round(length_s * self._rate_hz) - samples - SLACK_SAMPLES)
        numbers = block.counter[first]
        whole = 1 << counter.bits
        furthest = FASTEST * length_s * self._rate_hz + LATE_NOTIFICATIONS
        newest = self._counter
        ahead = _ahead(numbers, newest or 0, whole)
        fits = (ahead >= -LATE_NOTIFICATIONS) & (ahead <= furthest)
        if newest is None or not fits.any():  # it began, or began anew
            middle = int(numbers[len(numbers) // 2])
            ahead = _ahead(numbers, middle, whole)
            fits = np.abs(ahead) <= furthest
            newest = middle + int(ahead[fits].min()) - 1
            ahead = ahead - ahead[fits].min() + 1
        self.bad += int((~fits).sum())
        different, place = np.unique(ahead[fits], return_index=True)
        self._counter = (newest + max(int(different[-1]), 0)) % whole
        samples = int(counts[fits][place].sum())
        lost = max(int(different[-1]), 0) - len(different)
        return samples, lost * max(1, samples // len(different))

    def _lateness(self, block: DecodedBlock, host_t: Array, first: IntArray) -> Array:
        """How late each notification came, seconds, but for a constant."""
        time = self._profile.time
        if time is None or block.ticks is None:
            return host_t - np.linspace(host_t[0], host_t[-1], len(host_t))
        ticks = block.ticks[first] - block.ticks[first[0]]
        if time.bits:
            half = float(1 << time.bits) / 2.0
            ticks = (ticks + half) % (2.0 * half) - half
        return np.asarray(host_t - ticks * time.unit_s)

    def _reported_battery(self, packet: Packet) -> None:
        battery = self._profile.battery
        if battery is None or battery.request is None:
            return
        if self._profile.canonical(packet.characteristic) != battery.characteristic:
            return
        for row in range(len(packet)):
            level = battery_level(battery, packet.notification(row))
            self.battery = self.battery if level is None else level


def _ahead(numbers: IntArray, newest: int, whole: int) -> IntArray:
    """How far counters of `whole` numbers are ahead of the newest one, or behind it."""
    return np.asarray((numbers - newest + whole // 2) % whole - whole // 2)


def look_at(vitals: Mapping[str, VitalSigns], packets: Sequence[Packet]) -> None:
    """Hand each sensor's packets, joined to few, to its vital signs."""
    for packet in join_records(packets):
        if isinstance(packet, Packet):
            vitals[packet.sensor].push(packet)


def battery_level(battery: Battery, data: bytes) -> float | None:
    """The level in an answer, in the battery's unit; None when it is no such answer."""
    kind = np.dtype(battery.dtype)
    if not data.startswith(battery.match) or len(data) < battery.offset + kind.itemsize:
        return None
    raw = np.frombuffer(data, dtype=kind, count=1, offset=battery.offset)[0]
    return float(raw) * battery.scale


def described(figures: Mapping[str, Any]) -> str:
    """The figures in a line, for the log and the terminal."""
    rate = figures.get("rate_hz")
    bad = f"{figures['bad']} unreadable, " if figures["bad"] else ""
    return (
        f"{'–' if rate is None else f'{rate:.1f}'} Hz, {figures['samples']} samples, {bad}"
        f"{figures['missing']} lost ({figures['loss_percent']:.2f} % lately, by "
        f"{figures['loss_by']}), jitter {_ms(figures['jitter_ms'])}, "
        f"clock within {_ms(figures['clock_residual_ms'])}"
    )


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} ms"


WINDOW: Final = 10
"""Looks that the figures cover: about ten seconds."""

SLACK_SAMPLES: Final = 2
"""Without a counter, a look may fall short of the rate by so many before any counts as lost."""

LATE_NOTIFICATIONS: Final = 100
"""A counter that stands further back than late notifications do has begun anew."""

LATEST_S: Final = 2.0
"""What a link held back for longer, or a stamp that is rubbish, is no jitter."""

FASTEST: Final = 2.0
"""Times the rate asked for: no sensor sends more."""
