"""How a sensor is doing: rate, loss, jitter, clock and battery, from its own notifications.

Worked out once a second from the last second's blocks, beside the pipeline and never inside it: no
result depends on it.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from imuhip.devices.decode import decode
from imuhip.devices.profile_nouns import Battery, Profile
from imuhip.estimate.clocks import Clock, Source
from imuhip.records import Array, DecodedBlock, Packet


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
    """

    def __init__(self, sensor: str, profile: Profile, rate_hz: float) -> None:
        self._sensor, self._profile, self._rate_hz = sensor, profile, rate_hz
        self._recent: deque[_Second] = deque(maxlen=WINDOW)
        self._origin_ns: int | None = None
        self._clock = self._new_clock()
        self._epoch = 0
        self._counter: int | None = None
        self._last_ns = 0
        self.samples = self.missing = self.bad = 0
        self.battery: float | None = None

    def push(self, packet: Packet) -> None:
        """Take what came since the last look on one characteristic."""
        if self._profile.stream_of(packet.characteristic) is not None:
            self._look(packet)
        self._told_battery(packet)

    def figures(self) -> dict[str, Any]:
        """Rate, loss, jitter and clock residual of the last seconds, and counts since the start."""
        length = sum(second.length_s for second in self._recent)
        samples = sum(second.samples for second in self._recent)
        missing = sum(second.missing for second in self._recent)
        residual_ms = self._clock.residual_s * 1e3
        jitters = [s.jitter_ms for s in self._recent if np.isfinite(s.jitter_ms)]
        return {
            "rate_hz": round(samples / length, 2) if length else None,
            "loss_percent": round(100.0 * missing / max(samples + missing, 1), 3),
            "loss_by": "counter" if self._profile.counter else "rate",
            "jitter_ms": round(max(jitters), 2) if jitters else None,
            "clock_residual_ms": round(residual_ms, 3) if np.isfinite(residual_ms) else None,
            "samples": self.samples,
            "missing": self.missing,
            "bad": self.bad,
        }

    def _look(self, packet: Packet) -> None:
        block = decode(self._profile, packet)
        self.bad += len(block.faults)
        if self._origin_ns is None:
            self._origin_ns = self._last_ns = int(packet.host_ns[0])
        if not len(block.row):
            return
        if packet.epoch != self._epoch:
            # What is missing while there is no link is the link's matter, not the radio's quality.
            self._epoch, self._counter = packet.epoch, None
            self._clock, self._last_ns = self._new_clock(), int(packet.host_ns[0])
        length_s = (int(packet.host_ns[-1]) - self._last_ns) / 1e9
        self._last_ns = int(packet.host_ns[-1])
        samples = len(block.row)
        missing = self._missing(block, length_s, samples)
        late_ms = self._lateness(block, packet) * 1e3
        spread = late_ms - late_ms.min() if len(late_ms) else late_ms
        self._recent.append(
            _Second(
                length_s,
                samples,
                missing,
                float(np.percentile(spread, 95)) if len(spread) else float("nan"),
            )
        )
        self.samples += samples
        self.missing += missing

    def _missing(self, block: DecodedBlock, length_s: float, samples: int) -> int:
        """Samples lost: from gaps of the counter, else from what the rate promises."""
        counter = self._profile.counter
        if counter is None or block.counter is None:
            return max(0, round(length_s * self._rate_hz) - samples - SLACK_SAMPLES)
        numbers = block.counter[np.unique(block.row, return_index=True)[1]]
        before = int(numbers[0]) - 1 if self._counter is None else self._counter
        self._counter = int(numbers[-1])
        advance = (self._counter - before) % (1 << counter.bits)
        lost = advance - len(numbers)
        # An advance of half the range or more is a counter that went back: it began anew.
        if advance >= 1 << (counter.bits - 1) or lost <= 0:
            return 0
        return lost * max(1, samples // len(numbers))

    def _lateness(self, block: DecodedBlock, packet: Packet) -> Array:
        """How much later than its own time each sample arrived, seconds, above the clock's line."""
        host_t = (packet.host_ns - (self._origin_ns or 0)) / 1e9
        samples, _ = self._clock.push(block, host_t)
        return samples.host_t - samples.t

    def _told_battery(self, packet: Packet) -> None:
        battery = self._profile.battery
        if battery is None or battery.request is None:
            return
        if self._profile.canonical(packet.characteristic) != battery.characteristic:
            return
        for row in range(len(packet)):
            level = battery_level(battery, packet.notification(row))
            self.battery = self.battery if level is None else level

    def _new_clock(self) -> Clock:
        time = self._profile.time
        if time is None:
            return Clock(self._sensor, Source(None, 0, False, self._rate_hz))
        session = time.clock == "session"
        return Clock(self._sensor, Source(time.unit_s, time.bits, session, self._rate_hz))


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
    return (
        f"{'–' if rate is None else f'{rate:.1f}'} Hz, {figures['samples']} samples, "
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
