"""The immutable records that travel between packages: columns, never one object a sample.

Raw, as recorded: `Header`, then `Packet`, `Mark` and `LinkEvent` in the order of their arrival
numbers. Derived, stage by stage: `DecodedBlock` → `SampleBlock` → `OrientationBlock` →
`GridBlock` → `AngleBlock`, and `Fault` beside them.

Arrays are C-ordered, time first; nobody writes into an array once it is in a record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
"""Real numbers; the docstring at the place gives shape, unit and frame."""

IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
ByteArray: TypeAlias = NDArray[np.uint8]

FORMAT_VERSION = 1
"""Version of the recording's contents; a reader refuses a newer one."""


# --- raw -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mount:
    """How a sensor was declared to sit: its axis that points up, and the one away from the body.

    Parameters
    ----------
    up, out
        One of ``+x -x +y -y +z -z``, in the frame printed on the sensor's case.
    """

    up: str
    out: str


@dataclass(frozen=True, slots=True)
class SensorInfo:
    """What a recording says of one sensor, before its first notification.

    Parameters
    ----------
    sensor
        The segment it sits on, such as ``pelvis``.
    profile_id
        Key into `Header.profiles`.
    rate_hz
        Sample rate asked for, or measured by an import.
    mount
        Declared mount, if any.
    device
        Name, address, serial, firmware …: whatever the device said of itself, as text.
    settings
        Values the profile's templates were filled with, such as ranges.
    """

    sensor: str
    profile_id: str
    rate_hz: float
    mount: Mount | None = None
    device: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Header:
    """What a recording says of itself: everything but time that a replay depends on.

    Parameters
    ----------
    sensors
        The sensors bound to segments; results wait for all of them.
    profiles
        Profile id to the whole text of its TOML.
    clock
        ``session``: device times are already seconds on the session's clock (imports).
        ``host``: seconds since the host stamp of the first data notification (live).
    monotonic_ns, utc_ns
        The same moment on the host's monotonic clock and in UTC since 1970; a label only.
    athlete, started, source
        Pseudonymous id; ISO 8601; free text. Empty when unknown.
    software
        Package name to version.
    parameters
        Algorithm parameters by stage, where they differ from the defaults of the version.
    tester
        Name or initials of who strapped the sensors on and tested. Empty when unknown.
    """

    sensors: tuple[SensorInfo, ...]
    profiles: Mapping[str, str]
    clock: Literal["session", "host"]
    monotonic_ns: int = 0
    utc_ns: int = 0
    athlete: str = ""
    started: str = ""
    source: str = ""
    software: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION
    tester: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Packet:
    """A block of notifications of one sensor on one characteristic, as they came.

    Parameters
    ----------
    sensor
        The segment it sits on.
    characteristic
        UUID of the characteristic, lower case; ``samples`` or ``samples_mag`` for an import.
    epoch
        Connection epoch: counts the (re)connections of this sensor, from 0.
    arrival
        ``(N,)`` global arrival number of each notification, over all sensors and marks, rising.
    host_ns
        ``(N,)`` host monotonic time in nanoseconds, taken first thing in the callback.
    payload
        ``(M,)`` bytes of all notifications, one after the other.
    offsets
        ``(N + 1,)`` where each notification begins in `payload`; the last entry is M.
    """

    sensor: str
    characteristic: str
    epoch: int
    arrival: IntArray
    host_ns: IntArray
    payload: ByteArray
    offsets: IntArray

    def __len__(self) -> int:
        return len(self.arrival)

    def part(self, start: int, stop: int) -> "Packet":
        """Return notifications `start` to `stop` as a packet of their own."""
        first, last = self.offsets[start], self.offsets[stop]
        return Packet(
            sensor=self.sensor,
            characteristic=self.characteristic,
            epoch=self.epoch,
            arrival=self.arrival[start:stop],
            host_ns=self.host_ns[start:stop],
            payload=self.payload[first:last],
            offsets=self.offsets[start : stop + 1] - first,
        )

    def notification(self, row: int) -> bytes:
        """Return the bytes of notification `row`."""
        return self.payload[self.offsets[row] : self.offsets[row + 1]].tobytes()


@dataclass(frozen=True, slots=True)
class Mark:
    """Something a person did: a step begins or ends, pain, a cue, a note."""

    arrival: int
    host_ns: int
    label: str


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """Something the radio did: a connect, a disconnect, a write with its answer, an error."""

    arrival: int
    host_ns: int
    sensor: str
    kind: str
    detail: Mapping[str, str] = field(default_factory=dict)


Record: TypeAlias = Packet | Mark | LinkEvent
"""What a recording holds after its header."""


# --- derived -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PacketFault:
    """A notification that could not be decoded: its row in the packet, and why."""

    row: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class DecodedBlock:
    """Samples as a device sent them, in SI units, before their times are known.

    Parameters
    ----------
    row
        ``(N,)`` the notification of the packet that each sample came in.
    ticks
        ``(N,)`` device time stamped on each sample's notification, in the profile's unit, still
        wrapping, as float64 (exact for 53 bits, and for the float seconds of an import); None
        without timestamps.
    index
        ``(N,)`` place of each sample relative to the one that `ticks` and `counter` refer to: 0, 1,
        2 … where a stamp is the first sample's, … -1, 0 where it is the last one's.
    counter
        ``(N,)`` the notification's counter, still wrapping; None without one.
    acc, gyr
        ``(N, 3)`` specific force in m/s² and angular rate in rad/s, frame ``s``.
    mag
        ``(N, 3)`` in µT, frame ``s``; None without one.
    quat
        ``(N, 4)`` the device's own ``q_es``; None without one.
    saturated
        ``(N,)`` a raw value stood at the end of its range.
    faults
        What could not be decoded.
    """

    row: IntArray
    ticks: Array | None
    index: IntArray
    counter: IntArray | None
    acc: Array
    gyr: Array
    mag: Array | None
    quat: Array | None
    saturated: BoolArray
    faults: tuple[PacketFault, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SampleBlock:
    """Samples of one sensor on the session's clock, in order, each time once.

    Parameters
    ----------
    t
        ``(N,)`` seconds on the session's clock, strictly rising.
    dt
        ``(N,)`` seconds since the sample before by the sensor's own clock: free of the jitter of
        arrival, so it is what integration uses. The first one is the nominal period.
    host_t
        ``(N,)`` when the notification arrived, on the session's clock: before `t` by rounding only.
    missing
        ``(N,)`` how many samples are missing between this one and the one before.
    restart
        ``(N,)`` nothing is known of the time since the sample before: a new connection.
    acc, gyr, mag, quat, saturated
        As in `DecodedBlock`; every value is finite.
    """

    sensor: str
    t: Array
    dt: Array
    host_t: Array
    missing: IntArray
    restart: BoolArray
    acc: Array
    gyr: Array
    mag: Array | None
    quat: Array | None
    saturated: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class OrientationBlock:
    """One sensor's orientation at its own sample times.

    Parameters
    ----------
    t, host_t
        As in `SampleBlock`.
    q
        ``(N, 4)`` ``q_es``, the heading of ``e`` free per sensor.
    acc, gyr
        ``(N, 3)`` specific force in m/s² and angular rate in rad/s without its bias, frame ``s``.
    rest
        ``(N,)`` the sensor is still.
    drift
        ``(N,)`` one standard deviation of the bias left about the vertical, rad/s.
    unseen
        ``(N,)`` variance of all turns about the vertical in gaps so far, rad².
    tilt
        ``(N,)`` variance that gaps have left in the inclination, rad².
    """

    sensor: str
    t: Array
    host_t: Array
    q: Array
    acc: Array
    gyr: Array
    rest: BoolArray
    drift: Array
    unseen: Array
    tilt: Array


@dataclass(frozen=True, slots=True, eq=False)
class GridBlock:
    """All sensors on the common grid. S sensors, in the order of `sensors`.

    Parameters
    ----------
    t
        ``(N,)`` grid times, ``k / GRID_HZ``.
    q, acc, gyr
        ``(N, S, 4)``, ``(N, S, 3)``, ``(N, S, 3)``: as in `OrientationBlock`; NaN where not valid.
    valid
        ``(N, S)`` a sample lies within 20 ms and arrived in time.
    rest
        ``(N, S)`` still.
    drift, unseen, tilt
        ``(N, S)`` as in `OrientationBlock`; NaN where not valid.
    """

    sensors: tuple[str, ...]
    t: Array
    q: Array
    acc: Array
    gyr: Array
    valid: BoolArray
    rest: BoolArray
    drift: Array
    unseen: Array
    tilt: Array

    def part(self, first: int, stop: int) -> "GridBlock":
        """Return rows `first` to `stop`."""
        if first == 0 and stop == len(self.t):
            return self
        columns = (getattr(self, each.name)[first:stop] for each in fields(self)[1:])
        return GridBlock(self.sensors, *columns)


@dataclass(frozen=True, slots=True, eq=False)
class AngleBlock:
    """Joint angles on the grid, radians; NaN where not valid.

    Hip arrays are ``(N, side, angle)`` in the order of `conventions.SIDES` and
    `conventions.HIP_ANGLES`.

    Parameters
    ----------
    t
        ``(N,)`` grid times.
    hip
        ``(N, 2, 3)`` relative to the athlete's own standing.
    hip_raw
        ``(N, 2, 3)`` as the segment frames give them.
    hip_sd, hip_sd_total
        ``(N, 2, 3)`` one standard deviation of the error of the skin-mounted frames, and with the
        soft-tissue term; NaN while it is not estimated.
    hip_cov
        ``(N, 3)`` covariance of left and right behind `hip_sd`, rad²: they share the pelvis.
    valid
        ``(N, 2)``
    pelvis, pelvis_sd
        ``(N, 3)`` in the order of `conventions.PELVIS_ANGLES`.
    """

    t: Array
    hip: Array
    hip_raw: Array
    hip_sd: Array
    hip_sd_total: Array
    hip_cov: Array
    valid: BoolArray
    pelvis: Array
    pelvis_sd: Array


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that went wrong with a sensor, and for how long.

    Parameters
    ----------
    sensor
        The sensor concerned.
    kind
        ``gap``, ``bad_packet``, ``saturation``, ``not_finite``, ``out_of_order``, ``rate``,
        ``missing``, ``lost_records``, ``marks``, ``unit``, ``magnetic``, ``impossible``,
        ``stuck``, ``axes``, ``clocks``, ``same_stream``, ``doubled``; of placement: the kinds of
        `evidence.Misplacement`.
    t_start, t_end
        Seconds on the session's clock.
    count
        Samples or notifications concerned.
    detail
        A sentence for people.
    """

    sensor: str
    kind: str
    t_start: float
    t_end: float
    count: int
    detail: str = ""


def how_often(counts: Sequence[int]) -> str:
    """Say how often one kind of fault came, of each fault's `count`: "3 times, 8 samples"."""
    often = "once" if len(counts) == 1 else f"{len(counts)} times"
    return f"{often}, {sum(counts)} samples" if sum(counts) > len(counts) else often
