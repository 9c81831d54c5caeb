"""The order of the stages: the only file that knows it, and the only caller of all of them.

::

    records ─ decode ─ clock ─ bias ─ filter ─┐  one of each a sensor
                                              ├─ grid ─ protocol ─ aligner ─ joint angles
    marks ────────────────────────────────────┘

A `Pipeline` is fed batches of records in the order of arrival. However they are cut into batches,
the outputs, joined, are the same bits. It reads no clock, no environment and no randomness.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from imuhip.conventions import PELVIS, SEGMENTS
from imuhip.devices.decode import decoder_of
from imuhip.devices.profiles import Profile, parse_profile
from imuhip.devices.unit_check import UnitCheck
from imuhip.errors import RecordingError
from imuhip.estimate.alignment import Aligner
from imuhip.estimate.calibration import Protocol, TimedMark
from imuhip.estimate.clocks import Clock, Source
from imuhip.estimate.clocks import Params as ClockParams
from imuhip.estimate.grid import Grid
from imuhip.estimate.grid import Params as GridParams
from imuhip.estimate.gyro_bias import GyroBias
from imuhip.estimate.gyro_bias import Params as BiasParams
from imuhip.estimate.joint_angles import JointAngles
from imuhip.estimate.orientation import Filter
from imuhip.estimate.orientation import Params as FilterParams
from imuhip.estimate.sequence import Ordered, Progress, Rule
from imuhip.estimate.sequence import Params as SequenceParams
from imuhip.estimate.sequence import Sequence as Order
from imuhip.estimate.shake import Shake, cut_at_shakes, offsets_of
from imuhip.evidence import Alignment, CalibrationStep
from imuhip.records import (
    AngleBlock,
    Array,
    Fault,
    GridBlock,
    Header,
    Mark,
    OrientationBlock,
    Packet,
    PacketFault,
    Record,
    SampleBlock,
    SensorInfo,
)


@dataclass(frozen=True, slots=True)
class Params:
    """Settings of all stages; each stage says what its own do."""

    sequence: SequenceParams = field(default_factory=SequenceParams)
    clock: ClockParams = field(default_factory=ClockParams)
    bias: BiasParams = field(default_factory=BiasParams)
    orientation: FilterParams = field(default_factory=FilterParams)
    grid: GridParams = field(default_factory=GridParams)


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """What became known with a batch.

    Parameters
    ----------
    grid, angles
        The same rows, in order; often none.
    faults
        In pieces; `joined_faults` puts them together.
    steps
        Calibration steps that ended.
    """

    grid: GridBlock
    angles: AngleBlock
    faults: tuple[Fault, ...]
    steps: tuple[CalibrationStep, ...]


class Pipeline:
    """From a recording's records to joint angles."""

    def __init__(self, header: Header, params: Params | None = None) -> None:
        """Set up the stages for the sensors of a recording.

        Raises
        ------
        RecordingError
            Without a pelvis and a thigh, or with a profile that is missing or wrong.
        """
        self.params = params or Params()
        names = [info.sensor for info in header.sensors if info.sensor in SEGMENTS]
        if PELVIS not in names or not any(name.startswith("thigh") for name in names):
            came = ", ".join(names) or "none"
            raise RecordingError(f"expected sensors on the pelvis and a thigh; came {came}")
        self._header = header
        self._chains = {info.sensor: _Chain(header, info, self.params) for info in header.sensors}
        # A device that holds samples back is waited for as much longer.
        late_s = max(chain.latency_s for chain in self._chains.values())
        patience_s = self.params.grid.patience_s + late_s
        self._grid = Grid(names, replace(self.params.grid, patience_s=patience_s))
        self._protocol = Protocol(names, detect=bool(header.parameters.get("detect_steps")))
        mounts = {info.sensor: info.mount for info in header.sensors if info.mount}
        self._aligner = Aligner(names, mounts, header.parameters.get("q_sb"))
        self._angles = JointAngles()
        self._shake = Shake(names)
        self._origin_ns: int | None = 0 if header.clock == "session" else None
        self._host_t = -np.inf
        self._early: list[Mark] = []
        self.alignment: Alignment | None = None

    def push(self, batch: Sequence[Record]) -> Output:
        """Take a batch: all records of a consecutive range of arrival numbers."""
        packets = [r for r in batch if isinstance(r, Packet) and r.sensor in self._chains]
        if self._origin_ns is None:
            self._origin_ns = self._first_data(packets)
        blocks: list[OrientationBlock] = []
        faults: list[Fault] = []
        before = self._early
        self._early = [*before, *(record for record in batch if isinstance(record, Mark))]
        if self._origin_ns is None:
            return self._output(self._grid.push((), -np.inf), faults, ())
        shakes: list[CalibrationStep] = []
        for part, mark in (*(cut_at_shakes(before) if before else ()), *cut_at_shakes(batch)):
            oriented, told = self._samples(part, self._origin_ns)
            at = None if mark is None else (_seconds(mark.host_ns, self._origin_ns), mark.label)
            step = self._shake.push(oriented, at)
            if step is not None:
                shakes.append(step)
                for name, offset_s in offsets_of(step).items():
                    self._chains[name].shift(offset_s)
            blocks += oriented
            faults += told
        marks = [TimedMark(_seconds(m.host_ns, self._origin_ns), m.label) for m in self._early]
        self._early = []
        out = self._output(self._grid.push(blocks, self._host_t), faults, marks)
        return replace(out, steps=(*shakes, *out.steps)) if shakes else out

    def _samples(
        self, batch: Sequence[Record], origin_ns: int
    ) -> tuple[list[OrientationBlock], list[Fault]]:
        """What each sensor's own stages make of a batch."""
        blocks: list[OrientationBlock] = []
        faults: list[Fault] = []
        progress = Progress(batch, origin_ns, self._host_t)
        for record in batch:
            if isinstance(record, Packet) and record.sensor in self._chains and len(record):
                oriented, told = self._chains[record.sensor].push(record, origin_ns, progress)
                blocks += oriented
                faults += told
        for chain in self._chains.values():
            oriented, told = chain.wait(progress)
            blocks += oriented
            faults += told
        for record in batch:
            newest = record.host_ns if not isinstance(record, Packet) else _newest(record)
            self._host_t = max(self._host_t, _seconds(newest, origin_ns))
        return blocks, faults

    def finish(self) -> Output:
        """Return what is left when no more records come."""
        blocks: list[OrientationBlock] = []
        faults: list[Fault] = []
        for chain in self._chains.values():
            oriented, told = chain.finish(self._host_t)
            blocks += oriented
            faults += told
        nothing = "no sample came from this sensor"
        faults += [
            Fault(name, "missing", 0.0, max(self._host_t, 0.0), 0, nothing)
            for name, chain in self._chains.items()
            if not chain.started
        ]
        out = self._output(self._grid.finish(blocks), faults, ())
        last = self._protocol.finish(len(out.grid.t))
        for _, step in last:
            self._align(step)
        return replace(out, steps=(*out.steps, *(step for _, step in last)))

    @property
    def clock_residuals(self) -> dict[str, float]:
        """How far each sensor's clock may be off by now, seconds; NaN before it is known."""
        return {name: chain.residual_s for name, chain in self._chains.items()}

    def _first_data(self, packets: Sequence[Packet]) -> int | None:
        """Host time of the first data notification: the session's zero."""
        data = [p for p in packets if len(p) and self._chains[p.sensor].carries_samples(p)]
        if not data:
            return None
        return int(min(data, key=lambda p: int(p.arrival[0])).host_ns[0])

    def _output(
        self, rows: GridBlock, faults: Sequence[Fault], marks: Sequence[TimedMark]
    ) -> Output:
        """Angles of new grid rows, each with the alignment that was known at its time."""
        ended = self._protocol.push(rows, marks)
        pieces = []
        first = 0
        for row, step in ended:
            pieces.append(self._angles.push(rows.part(first, row)))
            self._align(step)
            first = row
        pieces.append(self._angles.push(rows.part(first, len(rows.t))))
        steps = tuple(step for _, step in ended)
        return Output(rows, _joined(pieces), tuple(faults), steps)

    def _align(self, step: CalibrationStep) -> None:
        alignment = self._aligner.push(step)
        if alignment is not None:
            self.alignment = alignment
            self._angles.align(alignment)


class _Chain:
    """The stages of one sensor: decode, sequence, clock, bias, filter."""

    def __init__(self, header: Header, info: SensorInfo, params: Params) -> None:
        text = header.profiles.get(info.profile_id)
        if text is None:
            raise RecordingError(
                f"the recording names profile {info.profile_id!r} for the {info.sensor} "
                "but does not hold its text; import or record it again",
                sensor=info.sensor,
            )
        self.started = False
        self._profile: Profile = parse_profile(text)
        self.latency_s = self._profile.link.latency_s
        self._decoder = decoder_of(self._profile, info.rate_hz, info.settings)
        self._order = Order(info.sensor, _rule(self._profile, info), params.sequence)
        self._clock = Clock(info.sensor, _source(self._profile, info), params.clock)
        self._units = UnitCheck(info.sensor, info.rate_hz)
        self._bias = GyroBias(params.bias)
        self._filter = Filter(info.sensor, info.rate_hz, params.orientation)
        self._nine = params.orientation.axes == 9
        self._sensor = info.sensor

    @property
    def residual_s(self) -> float:
        """How far the sensor's clock may be off by now, seconds."""
        return self._clock.residual_s

    def shift(self, offset_s: float) -> None:
        """Move the sensor's times from now on."""
        self._clock.shift(offset_s)

    def carries_samples(self, packet: Packet) -> bool:
        """Whether the packet's characteristic is one of the profile's streams."""
        return self._profile.stream_of(packet.characteristic) is not None

    def push(
        self, packet: Packet, origin_ns: int, progress: Progress
    ) -> tuple[list[OrientationBlock], list[Fault]]:
        """Return orientations of samples whose turn it is, and what was wrong with the packet."""
        decoded = self._decoder.push(packet)
        host_t = (packet.host_ns - origin_ns) / 1e9
        faults = [_packet_fault(self._sensor, fault, host_t) for fault in decoded.faults]
        if not len(decoded.row):
            return [], faults
        ordered, late = self._order.push(decoded, packet, host_t, progress)
        blocks, told = self._oriented(ordered)
        return blocks, [*faults, *late, *told]

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
            samples, told = self._clock.push(
                part.block, part.host_t, part.epoch, part.released, part.lost
            )
            faults += told
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
            corrected = self._bias.push(samples)
            oriented, gaps = self._filter.push(corrected.samples, corrected.still)
            blocks.append(oriented)
            faults += [*gaps, *_saturation(samples)]
        return blocks, faults


def _source(profile: Profile, info: SensorInfo) -> Source:
    """What the profile says of the device's time, in the clock's words."""
    time = profile.time
    if time is None:
        return Source(None, 0, False, info.rate_hz)
    return Source(time.unit_s, time.bits, time.clock == "session", info.rate_hz)


def _rule(profile: Profile, info: SensorInfo) -> Rule:
    """What the profile says of the order of notifications, in the words of `sequence`."""
    bits = None if profile.counter is None else profile.counter.bits
    time = profile.time
    if time is None or time.clock == "session":
        return Rule(bits, None, 0, info.rate_hz)
    return Rule(bits, time.unit_s, time.bits, info.rate_hz)


def _packet_fault(sensor: str, fault: PacketFault, host_t: Array) -> Fault:
    """A notification's fault as results tell it: how its bytes are bad is said in the detail."""
    at = float(host_t[fault.row])
    kind = fault.kind if fault.kind == "not_finite" else "bad_packet"
    return Fault(sensor, kind, at, at, 1, fault.reason)


def _saturation(samples: SampleBlock) -> list[Fault]:
    """One fault for each stretch of samples at the end of the sensor's range."""
    where = np.flatnonzero(samples.saturated)
    if not len(where):
        return []
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


def joined_faults(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Put the pieces of a session's faults together, ordered by time.

    Faults of one kind and sensor that follow each other within 0.1 s are one; a radio gap of more
    than 0.1 s stays by itself.
    """
    joined: list[Fault] = []
    latest: dict[tuple[str, str], int] = {}
    for fault in sorted(faults, key=lambda f: (f.t_start, f.sensor, f.kind, f.t_end)):
        key = (fault.sensor, fault.kind)
        before = joined[latest[key]] if key in latest else None
        long = fault.kind == "gap" and fault.t_end - fault.t_start > _JOIN_S
        if before is not None and not long and fault.t_start - before.t_end <= _JOIN_S:
            joined[latest[key]] = replace(
                before, t_end=max(before.t_end, fault.t_end), count=before.count + fault.count
            )
            continue
        latest[key] = len(joined)
        joined.append(fault)
    return tuple(joined)


def _newest(packet: Packet) -> int:
    return int(packet.host_ns[-1]) if len(packet) else -(2**62)


def _seconds(host_ns: int, origin_ns: int) -> float:
    return (host_ns - origin_ns) / 1e9


def _joined(pieces: Sequence[AngleBlock]) -> AngleBlock:
    if len(pieces) == 1:
        return pieces[0]
    names = ("t", "hip", "hip_raw", "hip_sd", "hip_sd_total", "valid", "pelvis")
    return AngleBlock(*(np.concatenate([getattr(p, name) for p in pieces]) for name in names))


_JOIN_S = 0.1
