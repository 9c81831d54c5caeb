"""A reel: the notifications of one virtual sensor, ready to be played again and again.

Bytes are made once. Every pass writes its own device stamps and counters into a copy, so that the
device's clock and count run on however often a part is repeated. Devices without them repeat their
bytes.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from imuhip.core.conventions import GRAVITY
from imuhip.core.records import Array, ByteArray, IntArray, Mark, Packet
from imuhip.devices.decode import encode
from imuhip.devices.profile_nouns import Profile, Stream
from imuhip.simulate.nouns import SimulatedSession


@dataclass(frozen=True, slots=True, eq=False)
class Reel:
    """Notifications of one characteristic, in order.

    Parameters
    ----------
    profile
        Whose bytes they are.
    rate_hz
        Samples a second.
    per_packet
        Samples a notification.
    due_s
        ``(N,)`` when each is ready to be sent, seconds of the play, rising from 0 on.
    payload, offsets
        As in `records.Packet`.
    loops
        Play again from the beginning at the end; else the last second is repeated.
    """

    profile: Profile
    rate_hz: float
    per_packet: int
    due_s: Array
    payload: ByteArray
    offsets: IntArray
    loops: bool

    def __post_init__(self) -> None:
        self.notifications(slice(0, min(1, len(self))), 0.0, 0)  # refuses unusual stamps at once

    def __len__(self) -> int:
        return len(self.due_s)

    @property
    def stream(self) -> Stream:
        """The stream that is played."""
        return self.profile.streams[0]

    @property
    def per_second(self) -> int:
        """Notifications in a second, at least one."""
        return max(1, round(self.rate_hz / self.per_packet))

    @property
    def first_count(self) -> int:
        """Counter of its first notification; 0 where the device has none."""
        if self.profile.counter is None:
            return 0
        where, size = self._places(self.profile.counter.field, self.offsets[:2])
        return int(_read(self.payload, where, size)[0])

    def notifications(self, rows: slice, device_s: float, count: int) -> list[bytes]:
        """Return the bytes of some notifications, stamped anew.

        Parameters
        ----------
        rows
            Which ones; consecutive.
        device_s
            Seconds by which the device's clock stands later than in the reel.
        count
            Counter of the first of them.
        """
        edges = self.offsets[rows.start : rows.stop + 1]
        payload = self.payload[edges[0] : edges[-1]].copy()
        edges = edges - edges[0]
        if self.profile.time is not None:
            where, size = self._places(self.profile.time.field, edges)
            ticks = _read(payload, where, size) + round(device_s / self.profile.time.unit_s)
            _write(payload, where, size, ticks)
        if self.profile.counter is not None:
            where, size = self._places(self.profile.counter.field, edges)
            _write(payload, where, size, count + np.arange(len(where)))
        data, cuts = payload.tobytes(), edges.tolist()
        return [data[first:last] for first, last in pairwise(cuts)]

    def _places(self, name: str, edges: IntArray) -> tuple[IntArray, int]:
        """Where the field `name` begins in each notification, and its bytes."""
        field = self.stream.field(name)
        each = field is not None and field.in_sample and self.stream.framing == "batch"
        if field is None or each or "u" not in field.dtype:
            raise ValueError(
                f"{self.profile.id}: a virtual sensor writes its own {name}, an unsigned number "
                f"once a notification; this profile has none such"
            )
        return edges[:-1] + field.offset, field.size


def _read(payload: ByteArray, where: IntArray, size: int) -> IntArray:
    """The unsigned numbers of `size` bytes that begin at `where`."""
    octets = payload[where[:, None] + np.arange(size)].astype(np.int64)
    return np.asarray((octets << np.arange(0, 8 * size, 8)).sum(axis=1))


def _write(payload: ByteArray, where: IntArray, size: int, numbers: IntArray) -> None:
    """Write unsigned numbers of `size` bytes; they wrap at the end of their range."""
    for octet in range(size):
        payload[where + octet] = (numbers >> (8 * octet)) & 0xFF


def reel_from_session(session: SimulatedSession, sensor: str, profile: Profile) -> Reel:
    """Return what one sensor of a simulated session sends.

    The session's own link is part of it: simulate with ``Setup(radio=Radio())`` where the virtual
    link is to add the faults.
    """
    packets = [
        record
        for batch in session.batches(60.0)
        for record in batch
        if isinstance(record, Packet) and record.sensor == sensor
    ]
    if not packets:
        known = ", ".join(info.sensor for info in session.header.sensors)
        raise ValueError(f"The session has no sensor {sensor!r}. It has {known}.")
    stamps = np.concatenate([packet.host_ns for packet in packets])
    lengths = np.concatenate([np.diff(packet.offsets) for packet in packets])
    info = next(info for info in session.header.sensors if info.sensor == sensor)
    count = len(stamps)
    spacing_s = float(stamps[-1] - stamps[0]) * 1e-9 / max(1, count - 1)
    return Reel(
        profile=profile,
        rate_hz=info.rate_hz,
        per_packet=max(1, round(spacing_s * info.rate_hz)),
        due_s=(stamps - session.header.monotonic_ns).astype(np.float64) * 1e-9,
        payload=np.concatenate([packet.payload for packet in packets]),
        offsets=np.concatenate(([0], np.cumsum(lengths))),
        loops=False,
    )


def marks_of(session: SimulatedSession) -> tuple[tuple[float, str], ...]:
    """Return what a coach would mark: seconds of the play, and the label."""
    start_ns = session.header.monotonic_ns
    return tuple(
        ((record.host_ns - start_ns) * 1e-9, record.label)
        for batch in session.batches(60.0)
        for record in batch
        if isinstance(record, Mark)
    )


def looped_reel(profile: Profile, rate_hz: float, per_packet: int = 1) -> Reel:
    """Return an endless signal: a sensor that lies flat and is rocked about its x axis.

    Parameters
    ----------
    rate_hz
        Samples a second; the profile need not offer it, up to 400 Hz.
    per_packet
        Samples a notification, where the profile can batch.
    """
    if not 0.0 < rate_hz <= MAX_RATE_HZ:
        raise ValueError(f"{rate_hz:g} Hz is too fast. Choose at most {MAX_RATE_HZ:g} Hz.")
    count = max(1, round(_LOOP_S * rate_hz / per_packet)) * per_packet
    phase = 2.0 * np.pi * np.arange(count) / count
    angle = _ROCK_RAD * np.sin(phase)
    none = np.zeros(count)
    acc = GRAVITY * np.stack((none, np.sin(angle), np.cos(angle)), axis=-1)
    speed = 2.0 * np.pi * rate_hz / count
    gyr = np.stack((_ROCK_RAD * speed * np.cos(phase), none, none), axis=-1)
    stamp_at = per_packet - 1
    ticks = None
    if profile.time is not None:
        place = 0 if profile.time.applies_to == "first" else stamp_at
        ticks = np.arange(count)[place::per_packet] / rate_hz / profile.time.unit_s
    payload, offsets = encode(
        profile,
        profile.streams[0],
        acc=acc,
        gyr=gyr,
        ticks=ticks,
        counter=np.arange(count // per_packet),
        mag=np.broadcast_to(_FIELD_UT, (count, 3)),
        quat=np.stack((np.cos(angle / 2), np.sin(angle / 2), none, none), axis=-1),
        per_packet=per_packet,
    )
    due_s = np.arange(count)[stamp_at::per_packet] / rate_hz
    return Reel(profile, rate_hz, per_packet, due_s, payload, offsets, loops=True)


MAX_RATE_HZ: Final = 400.0
_LOOP_S: Final = 2.0
_ROCK_RAD: Final = 0.5
_FIELD_UT: Final = np.array((0.0, 20.0, -43.0))
