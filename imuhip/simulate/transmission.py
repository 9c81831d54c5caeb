"""From what a sensor feels to what the host receives: device clock, bytes, link, order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from imuhip.core.quaternions import conjugate, multiply, quaternion_from_heading, rotate
from imuhip.core.records import (
    Array,
    BoolArray,
    ByteArray,
    IntArray,
    LinkEvent,
    Mark,
    Packet,
    Record,
)
from imuhip.devices.decode import encode
from imuhip.devices.profile_nouns import Profile, Stream
from imuhip.simulate.radio import Loss, Radio, arrivals, lost
from imuhip.simulate.sensors import Grade, WarmUp, draw_errors
from imuhip.simulate.setup import Setup
from imuhip.simulate.worn import WornSensor, imu_from_pose


@dataclass(frozen=True, slots=True, eq=False)
class DeviceSamples:
    """What one device sampled, and when.

    Parameters
    ----------
    sensor
        The name it goes by.
    t
        ``(N,)`` seconds of the simulation.
    device_t
        ``(N,)`` seconds of the device's own clock.
    q, ideal_acc, ideal_gyr, acc, gyr
        As in `session.SensorTrack`.
    """

    sensor: str
    t: Array
    device_t: Array
    q: Array
    ideal_acc: Array
    ideal_gyr: Array
    acc: Array
    gyr: Array


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """What came from one sensor: whole packets, one a connection epoch, still without numbers."""

    packets: tuple[Packet, ...]
    events: tuple[LinkEvent, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """Everything that arrived, numbered.

    Parameters
    ----------
    packets
        One a sensor and epoch, each in order of arrival.
    others
        Marks and link events, in order of arrival.
    host_ns
        ``(M,)`` host time of each arrival number.
    first_data_ns
        Host stamp of the first notification.
    """

    packets: tuple[Packet, ...]
    others: tuple[Mark | LinkEvent, ...]
    host_ns: IntArray
    first_data_ns: int


def device_samples(
    worn: WornSensor,
    name: str,
    profile: Profile,
    grade: Grade,
    rate_hz: float,
    wrap_s: float | None,
    rng: np.random.Generator,
    warm_up: WarmUp | None = None,
) -> DeviceSamples:
    """Sample one sensor from the start of the simulation to its end."""
    errors = draw_errors(rng, grade)
    phase = float(rng.uniform(0.0, 1.0 / rate_hz)) if grade.crystal_ppm else 0.0
    true_hz = rate_hz * errors.clock_rate
    if on_session_clock(profile):
        phase, true_hz = 0.0, rate_hz
    count = int((worn.script.duration - phase) * true_hz)
    t = phase + np.arange(count) / true_hz
    device_t = _start_of_clock(profile, wrap_s, rng) + np.arange(count) / rate_hz
    pose = worn.pose(t)
    ideal_acc, ideal_gyr = imu_from_pose(pose)
    acc, gyr = errors.read(rng, ideal_acc, ideal_gyr, rate_hz)
    if warm_up is not None:
        gyr = gyr + warm_up.drift(t)
    return DeviceSamples(name, t, device_t, pose.q, ideal_acc, ideal_gyr, acc, gyr)


def on_session_clock(profile: Profile) -> bool:
    """Whether the device's stamps are the session's own time: an import, without a link."""
    return profile.time is not None and profile.time.clock == "session"


def _start_of_clock(profile: Profile, wrap_s: float | None, rng: np.random.Generator) -> float:
    """Device seconds at the first sample."""
    drawn = float(rng.random())
    if profile.time is None or on_session_clock(profile):
        return 0.0
    span = profile.time.unit_s * 2.0**profile.time.bits if profile.time.bits else 1e6
    return drawn * span if wrap_s is None else span - wrap_s


def send(
    samples: DeviceSamples,
    profile: Profile,
    setup: Setup,
    radio: Radio,
    host_ns: int,
    rng: np.random.Generator,
    losses: Sequence[Loss] = (),
) -> Received:
    """Encode the samples and carry them to the host.

    Parameters
    ----------
    host_ns
        The host's monotonic clock at the start of the simulation.
    losses
        Bursts that are lost besides those of the radio.
    """
    per_packet = setup.per_packet
    count = len(samples.t) // per_packet
    ready = samples.t[per_packet - 1 : count * per_packet : per_packet]
    came = arrivals(rng, radio, ready)
    payload, offsets = _encoded(samples, profile, setup, count, rng)
    keep = ~lost(rng, radio, count)
    for loss in losses:
        if loss.sensor == samples.sensor:
            keep &= (ready < loss.t) | (ready >= loss.t + loss.seconds)
    mine = [(t, length) for sensor, t, length in setup.radio_gaps if sensor == samples.sensor]
    epoch = np.zeros(count, dtype=np.int64)
    events = [LinkEvent(0, host_ns, samples.sensor, "connect")]
    for t, duration in mine:
        keep &= (came < t) | (came >= t + duration)
        epoch += came >= t + duration
        events.append(LinkEvent(0, host_ns + _ns(t), samples.sensor, "disconnect"))
        events.append(LinkEvent(0, host_ns + _ns(t + duration), samples.sensor, "connect"))
    stamps = host_ns + np.rint(came * 1e9).astype(np.int64)
    characteristic = profile.streams[0].characteristic
    packets = []
    for number in range(len(mine) + 1):
        rows = keep & (epoch == number)
        data, starts = _picked(payload, offsets, rows)
        arrival = np.zeros(int(rows.sum()), dtype=np.int64)
        packets.append(
            Packet(samples.sensor, characteristic, number, arrival, stamps[rows], data, starts)
        )
    return Received(tuple(packets), tuple(events))


def _encoded(
    samples: DeviceSamples,
    profile: Profile,
    setup: Setup,
    count: int,
    rng: np.random.Generator,
) -> tuple[ByteArray, IntArray]:
    """The bytes of `count` notifications, with whatever else the stream has room for."""
    stream, per_packet = profile.streams[0], setup.per_packet
    first_count = int(rng.integers(0, 1 << 31))
    if setup.wrap_s is not None and profile.counter is not None:
        rate_hz = (len(samples.t) - 1) / (samples.t[-1] - samples.t[0])
        first_count = (1 << profile.counter.bits) - int(setup.wrap_s * rate_hz / per_packet)
    whole = slice(0, count * per_packet)
    ticks = None
    if profile.time is not None:
        ticks = samples.device_t[whole] / profile.time.unit_s
        place = {"first": 0, "last": per_packet - 1}.get(profile.time.applies_to)
        ticks = ticks if place is None else ticks[place::per_packet]
    mag, quat = _extras(samples, stream, rng)
    return encode(
        profile,
        stream,
        acc=samples.acc[whole],
        gyr=samples.gyr[whole],
        ticks=ticks,
        counter=first_count + np.arange(count),
        mag=None if mag is None else mag[whole],
        quat=None if quat is None else quat[whole],
        per_packet=per_packet,
    )


def _extras(
    samples: DeviceSamples, stream: Stream, rng: np.random.Generator
) -> tuple[Array | None, Array | None]:
    """A magnetometer in the earth's field, and the device's own orientation, heading free."""
    heading = quaternion_from_heading(rng.uniform(-np.pi, np.pi))
    mag = quat = None
    if stream.field("mag") is not None:
        field = np.broadcast_to(EARTH_FIELD_UT, samples.acc.shape)
        mag = rotate(conjugate(samples.q), field)
    if stream.has_quat:
        quat = multiply(np.broadcast_to(heading, samples.q.shape), samples.q)
    return mag, quat


def _picked(payload: ByteArray, offsets: IntArray, rows: BoolArray) -> tuple[ByteArray, IntArray]:
    """Payload and offsets of the notifications that `rows (N,)` names."""
    lengths = np.diff(offsets)
    starts = np.concatenate(([0], np.cumsum(lengths[rows])))
    return payload[np.repeat(rows, lengths)], starts


def numbered(
    received: Sequence[Received], marks: Sequence[tuple[float, str]], host_ns: int
) -> Sent:
    """Give everything its arrival number: by host time, one sensor's own order kept."""
    packets = [packet for part in received for packet in part.packets if len(packet)]
    others: list[Mark | LinkEvent] = [event for part in received for event in part.events]
    others += [Mark(0, host_ns + _ns(t), label) for t, label in marks]
    stamps = [np.array([other.host_ns for other in others], dtype=np.int64)]
    stamps += [packet.host_ns for packet in packets]
    everything = np.concatenate(stamps)
    order = np.argsort(everything, kind="stable")
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    cuts = np.cumsum([len(part) for part in stamps])
    parts = np.split(number, cuts[:-1])
    for other_number, i in zip(parts[0].tolist(), range(len(others)), strict=True):
        others[i] = _with_number(others[i], other_number)
    return Sent(
        packets=tuple(
            Packet(p.sensor, p.characteristic, p.epoch, part, p.host_ns, p.payload, p.offsets)
            for p, part in zip(packets, parts[1:], strict=True)
        ),
        others=tuple(sorted(others, key=lambda other: other.arrival)),
        host_ns=everything[order],
        first_data_ns=min(int(packet.host_ns[0]) for packet in packets),
    )


def records_in_batches(sent: Sent, seconds: float) -> Iterator[list[Record]]:
    """Give the records in batches of consecutive arrival numbers, `seconds` of host time each."""
    first_ns, last_ns = int(sent.host_ns[0]), int(sent.host_ns[-1])
    steps = max(1, int(np.ceil((last_ns - first_ns + 1) / (seconds * 1e9))))
    edges_ns = first_ns + np.rint(np.arange(1, steps) * (seconds * 1e9)).astype(np.int64)
    edges = [0, *np.searchsorted(sent.host_ns, edges_ns).tolist(), len(sent.host_ns)]
    for begin, end in pairwise(edges):
        batch: list[Record] = []
        for packet in sent.packets:
            start, stop = np.searchsorted(packet.arrival, (begin, end)).tolist()
            if stop > start:
                batch.append(packet.part(start, stop))
        batch += [other for other in sent.others if begin <= other.arrival < end]
        if batch:
            yield batch


def _with_number(other: Mark | LinkEvent, number: int) -> Mark | LinkEvent:
    if isinstance(other, Mark):
        return Mark(number, other.host_ns, other.label)
    return LinkEvent(number, other.host_ns, other.sensor, other.kind, other.detail)


def _ns(t: float) -> int:
    return round(t * 1e9)


EARTH_FIELD_UT: Final = np.array((0.0, 20.0, -43.0))
"""µT in ``e``: north is y, the field points down, as in central Europe."""
