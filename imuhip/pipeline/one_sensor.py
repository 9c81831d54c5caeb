"""One sensor's stages in their order: decode, sequence, clock, checks, bias, filter.

The sensor's half of the pipeline; where sensors meet is in `all_sensors`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from imuhip.core.errors import RecordingError
from imuhip.core.records import (
    Array,
    Fault,
    Header,
    OrientationBlock,
    Packet,
    PacketFault,
    SampleBlock,
    SensorInfo,
)
from imuhip.devices.copies import Copies
from imuhip.devices.decode import decoder_of
from imuhip.devices.profiles import Profile, parse_profile
from imuhip.devices.unit_check import UnitCheck
from imuhip.estimate.axes import AxesCheck
from imuhip.estimate.clocks import Clock, ClockParams, Source
from imuhip.estimate.gyro_bias import BiasParams, GyroBias
from imuhip.estimate.orientation import Filter, FilterParams
from imuhip.estimate.plausibility import Plausibility
from imuhip.estimate.sequence import Ordered, OrderRule, Progress, SequenceParams
from imuhip.estimate.sequence import Sequence as Order
from imuhip.pipeline.stages import SensorStages


@dataclass(frozen=True, slots=True)
class SensorParams:
    """Settings of one sensor's stages; each stage says what its own do."""

    sequence: SequenceParams = field(default_factory=SequenceParams)
    clock: ClockParams = field(default_factory=ClockParams)
    bias: BiasParams = field(default_factory=BiasParams)
    orientation: FilterParams = field(default_factory=FilterParams)


class SensorChain:
    """The stages of one sensor: decode, sequence, clock, checks, bias, filter."""

    def __init__(self, header: Header, info: SensorInfo, params: SensorParams) -> None:
        text = header.profiles.get(info.profile_id)
        if text is None:
            raise RecordingError(
                f"the recording names profile {info.profile_id!r} for the {info.sensor} "
                "but does not hold its text; import or record it again",
                sensor=info.sensor,
            )
        self.started = False
        self.listener: Callable[[SampleBlock], None] | None = None
        """Called with samples in order, on the session's clock, before their bias is taken off."""
        self._profile: Profile = parse_profile(text)
        self.latency_s = self._profile.link.latency_s
        self._decoder = decoder_of(self._profile, info.rate_hz, info.settings)
        ordered = self._profile.time is not None or self._profile.counter is not None
        self._copies = None if ordered else Copies()
        self._order = Order(info.sensor, _rule(self._profile, info), params.sequence)
        self._clock = Clock(info.sensor, _source(self._profile, info), params.clock)
        self._units = UnitCheck(info.sensor, info.rate_hz)
        self._plausible = Plausibility(info.sensor, info.rate_hz)
        self._axes = AxesCheck(info.sensor, info.rate_hz)
        self._stages = SensorStages(
            GyroBias(params.bias), Filter(info.sensor, info.rate_hz, params.orientation)
        )
        self._nine = params.orientation.axes == 9
        self._sensor = info.sensor
        self._carries: dict[str, bool] = {}

    @property
    def residual_s(self) -> float:
        """How far the sensor's clock may be off by now, seconds."""
        return self._clock.residual_s

    @property
    def spoiled_at(self) -> float:
        """Host time from which nothing of the sensor may be believed; infinity while it may."""
        return self._axes.spoiled_at

    def shift(self, offset_s: float) -> None:
        """Move the sensor's times from now on."""
        self._clock.shift(offset_s)

    def carries_samples(self, packet: Packet) -> bool:
        """Whether the packet's characteristic is one of the profile's streams."""
        name = packet.characteristic
        if name not in self._carries:
            self._carries[name] = self._profile.stream_of(name) is not None
        return self._carries[name]

    def push(
        self, packet: Packet, origin_ns: int, progress: Progress
    ) -> tuple[list[OrientationBlock], list[Fault]]:
        """Return orientations of samples whose turn it is, and what was wrong with the packet."""
        faults: list[Fault] = []
        if self._copies is not None and self.carries_samples(packet):
            stamps = packet.host_ns
            packet, twice, first = self._copies.push(packet)
            if twice:
                at = float((stamps[first] - origin_ns) / 1e9)
                faults.append(Fault(self._sensor, "doubled", at, at, twice, _TWICE))
            if not len(packet):
                return [], faults
        decoded = self._decoder.push(packet)
        host_t = (packet.host_ns - origin_ns) / 1e9
        faults += [_packet_fault(self._sensor, fault, host_t) for fault in decoded.faults]
        if not len(decoded.row):
            return [], faults
        ordered, late = self._order.push(decoded, packet, host_t, progress)
        blocks, found = self._oriented(ordered)
        return blocks, [*faults, *late, *found]

    def wait(self, progress: Progress) -> tuple[list[OrientationBlock], list[Fault]]:
        """The same for samples that have waited long enough when a batch is over."""
        return self._oriented(self._order.wait(progress))

    def finish(self, host_t: float) -> tuple[list[OrientationBlock], list[Fault]]:
        """The same for samples that wait when no more records come."""
        return self._oriented(self._order.finish(host_t))

    def _oriented(self, ordered: Sequence[Ordered]) -> tuple[list[OrientationBlock], list[Fault]]:
        """Samples in order → times → orientations."""
        blocks: list[OrientationBlock] = []
        faults: list[Fault] = []
        for part in ordered:
            samples, found = self._clock.push(
                part.block, part.host_t, part.epoch, part.released, part.lost
            )
            faults += found
            if not len(samples.t):
                continue
            if self._nine and samples.mag is None:
                raise RecordingError(
                    f"nine axes need a magnetometer and the {self._sensor} sensor sent none; "
                    "use six axes",
                    sensor=self._sensor,
                )
            self.started = True
            faults += self._units.push(samples)
            samples, odd = self._plausible.push(samples)
            faults += odd
            if not len(samples.t):
                continue
            if self.listener is not None:
                self.listener(samples)
            faults += self._axes.push(samples)
            oriented, gaps = self._stages.push(samples)
            blocks.append(oriented)
            faults += [*gaps, *_saturation(samples)]
        return blocks, faults


_TWICE = "notifications came twice and were used once – connect the sensor again"


def _source(profile: Profile, info: SensorInfo) -> Source:
    """What the profile says of the device's time, in the clock's words."""
    time = profile.time
    if time is None:
        return Source(None, 0, False, info.rate_hz)
    return Source(time.unit_s, time.bits, time.clock == "session", info.rate_hz)


def _rule(profile: Profile, info: SensorInfo) -> OrderRule:
    """What the profile says of the order of notifications, in the words of `sequence`."""
    bits = None if profile.counter is None else profile.counter.bits
    time = profile.time
    if time is None or time.clock == "session":
        return OrderRule(bits, None, 0, info.rate_hz, profile.link.reorders)
    return OrderRule(bits, time.unit_s, time.bits, info.rate_hz, profile.link.reorders)


def _packet_fault(sensor: str, fault: PacketFault, host_t: Array) -> Fault:
    """A notification's fault as results tell it: how its bytes are bad is said in the detail."""
    at = float(host_t[fault.row])
    kind = fault.kind if fault.kind == "not_finite" else "bad_packet"
    return Fault(sensor, kind, at, at, 1, fault.reason)


def _saturation(samples: SampleBlock) -> list[Fault]:
    """One fault for each stretch of samples at the end of the sensor's range."""
    if not samples.saturated.any():
        return []
    where = np.flatnonzero(samples.saturated)
    stretches = np.split(where, np.flatnonzero(np.diff(where) > 1) + 1)
    return [
        Fault(
            samples.sensor,
            "saturation",
            float(samples.t[part[0]]),
            float(samples.t[part[-1]]),
            len(part),
            "the movement was beyond the sensor's range",
        )
        for part in stretches
    ]
