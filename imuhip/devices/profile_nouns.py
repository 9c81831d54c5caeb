"""What a profile says, as frozen nouns; `profiles.parse_profile` makes and checks them.

The nouns are compared by identity: two parses of one text are two profiles, and a `Stream` is a
cheap key for what is worked out from it once (`layouts.layout_of`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from imuhip.core.errors import ProfileError

Framing: TypeAlias = Literal["single", "resync", "batch"]
Arrangement: TypeAlias = Literal["interleaved", "planar"]
AppliesTo: TypeAlias = Literal["first", "last", "each"]
ClockOf: TypeAlias = Literal["device", "session"]
AnswerBy: TypeAlias = Literal["notify", "read"]

RATE_CODE = "{rate_code}"
"""The placeholder a step's `hex` may hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One quantity in a payload.

    Parameters
    ----------
    name
        ``acc``, ``gyr``, ``mag``, ``quat``, ``euler``, or what `Time.field`, `Counter.field` name.
    offset
        Byte where it begins: in the payload, or in the sample for a field of a batch's samples.
    dtype
        Its numpy type, such as ``<i2``.
    count
        How many values.
    unit
        Unit of ``raw × scale``; empty for stamps and counters.
    factor
        SI per raw value.
    in_sample
        Each sample of a notification has its own.
    """

    name: str
    offset: int
    dtype: str
    count: int
    unit: str
    factor: float
    in_sample: bool

    @property
    def size(self) -> int:
        """Bytes of all its values."""
        return int(self.dtype[2:]) * self.count


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """One kind of notification that carries samples.

    Parameters
    ----------
    characteristic
        UUID it is notified on, lower case.
    match
        Bytes each payload (or frame) begins with; empty for none.
    ignore
        Beginnings of notifications on the same characteristic that are no samples.
    framing
        ``single``: a notification is a sample. ``resync``: frames of `min_len` bytes, found by
        `match`. ``batch``: a header, then as many samples as fit.
    layout
        Of a batch: ``interleaved`` (sample after sample) or ``planar`` (field after field).
    min_len
        Bytes of the shortest payload; of a frame under ``resync``.
    pad_ok
        More bytes may follow.
    samples_at, sample_len
        Of a batch: where the first sample begins, and bytes a sample; else 0 and `min_len`.
    fields
        What a payload holds.
    """

    characteristic: str
    match: bytes
    ignore: tuple[bytes, ...]
    framing: Framing
    layout: Arrangement
    min_len: int
    pad_ok: bool
    samples_at: int
    sample_len: int
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """Return the field called `name`, if there is one."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def has_quat(self) -> bool:
        """Whether its samples carry the device's own orientation."""
        return self.field("quat") is not None or self.field("euler") is not None


@dataclass(frozen=True, slots=True, eq=False)
class Time:
    """The time stamp of a notification.

    Parameters
    ----------
    field
        Name of the field that holds it.
    unit_s
        Seconds a tick.
    bits
        Bits that count; it wraps beyond them. 0 for a stamp that does not wrap.
    epoch
        What zero means: ``boot``, ``unix``, ``2000-01-01`` or ``session``.
    applies_to
        The sample of a notification that it stamps; ``each`` when every sample has its own.
    clock
        ``device``: ticks of the device's own crystal. ``session``: already seconds on the session's
        clock.
    """

    field: str
    unit_s: float
    bits: int
    epoch: str
    applies_to: AppliesTo
    clock: ClockOf


@dataclass(frozen=True, slots=True, eq=False)
class Counter:
    """The counter of notifications: the field that holds it, and the bits after which it wraps."""

    field: str
    bits: int


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One thing to do on a connection.

    Parameters
    ----------
    characteristic
        UUID to write to; to read from, when there is nothing to write.
    template
        Hex digits to write, perhaps with ``{rate_code}``; None for a step that only reads.
    response
        Write with a response.
    delay
        Seconds to wait afterwards.
    answer, mask
        Bytes expected in answer, and which of their bits count; None when nothing is expected.
    answer_from
        UUID the answer comes from.
    answer_by
        ``notify`` or ``read``.
    timeout
        Seconds to wait for the answer.
    order
        Relative to subscribing to the streams.
    """

    characteristic: str
    template: str | None
    response: bool
    delay: float
    answer: bytes | None
    mask: bytes
    answer_from: str
    answer_by: AnswerBy
    timeout: float
    order: Literal["before_subscribe", "after_subscribe"]

    def payload(self, rate_code: bytes = b"") -> bytes | None:
        """Return the bytes to write, with `rate_code` filled in; None for a step that reads."""
        if self.template is None:
            return None
        return bytes.fromhex(self.template.replace(RATE_CODE, rate_code.hex()))

    def accepts(self, answer: bytes) -> bool:
        """Whether `answer` is the one expected; bytes beyond it do not count."""
        if self.answer is None:
            return True
        if len(answer) < len(self.answer):
            return False
        pairs = zip(answer, self.answer, self.mask, strict=False)
        return all((came ^ expected) & mask == 0 for came, expected, mask in pairs)


@dataclass(frozen=True, slots=True, eq=False)
class Battery:
    """Where a device tells its battery.

    Parameters
    ----------
    characteristic
        UUID to read, or to be notified on where `request` is written.
    match
        Bytes such an answer begins with; empty for none.
    offset, dtype, scale, unit
        The value in it: ``raw × scale`` in ``percent`` or ``V``.
    request, request_to
        Bytes that ask for it, and the UUID they are written to; None when it is just read.
    """

    characteristic: str
    match: bytes
    offset: int
    dtype: str
    scale: float
    unit: Literal["percent", "V"]
    request: bytes | None
    request_to: str


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """One notification, as bytes, and what must come out of it and those before.

    Parameters
    ----------
    source
        Where the bytes are from.
    characteristic
        UUID it came on.
    payload
        The bytes.
    before
        Notifications that came before it, for a decoder that remembers them.
    expect
        Field → one row a sample, in the field's own unit; only what is named is compared.
    ticks, counter
        One value a sample, or None.
    faults
        Kinds of fault, in order.
    tolerance
        Largest difference allowed, in the field's own unit.
    """

    source: str
    characteristic: str
    payload: bytes
    before: tuple[bytes, ...]
    expect: Mapping[str, tuple[tuple[float, ...], ...]]
    ticks: tuple[float, ...] | None
    counter: tuple[float, ...] | None
    faults: tuple[str, ...]
    tolerance: float


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """How a device is known among those that advertise; `uuid_aliases` maps alias to UUID."""

    name: re.Pattern[str] | None
    service_uuids: tuple[str, ...]
    manufacturer_id: int | None
    uuid_aliases: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """What the connection must offer: the smallest MTU, the way to write, how many sensors.

    `latency_s` is how long the device itself may hold a sample back before it is complete;
    `reorders` whether notifications of one connection may overtake each other, as they never do
    over Bluetooth.
    """

    min_mtu: int
    write_mode: Literal["with_response", "without_response"]
    max_sensors: int
    latency_s: float
    reorders: bool


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One device and firmware, as its TOML describes it.

    Parameters
    ----------
    id, version, vendor, sources, notes
        Identity; where the facts are from; what has not been verified.
    axes
        For each of x, y, z printed on the case: which raw axis it is, 0 to 2, and its sign.
    match, link, setup, start, stop, rates, streams, time, counter, battery, vectors
        As in the TOML; `rates` maps Hz to the bytes that ask for them.
    settings
        What its steps set the sensor to, such as ranges: goes into `SensorInfo.settings`.
    decoder
        Name of the decoder in code, where TOML cannot say the format; else None.
    known
        UUIDs that steps and the battery use: what comes from them is no fault.
    """

    id: str
    version: str
    vendor: str
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    axes: tuple[tuple[int, float], tuple[int, float], tuple[int, float]]
    match: Match
    link: Link
    setup: tuple[Step, ...]
    start: tuple[Step, ...]
    stop: tuple[Step, ...]
    rates: Mapping[float, bytes]
    settings: Mapping[str, float]
    streams: tuple[Stream, ...]
    time: Time | None
    counter: Counter | None
    battery: Battery | None
    vectors: tuple[Vector, ...]
    decoder: str | None
    known: frozenset[str]

    @property
    def axes_as_printed(self) -> bool:
        """Whether the raw axes are those printed on the case."""
        return self.axes == ((0, 1.0), (1, 1.0), (2, 1.0))

    def canonical(self, uuid: str) -> str:
        """Return the name this profile uses for the characteristic `uuid`."""
        uuid = uuid.lower()
        return self.match.uuid_aliases.get(uuid, uuid)

    def streams_on(self, characteristic: str) -> tuple[Stream, ...]:
        """Return the streams that are notified on `characteristic`, by any of its names."""
        uuid = self.canonical(characteristic)
        return tuple(stream for stream in self.streams if stream.characteristic == uuid)

    def stream_of(self, characteristic: str) -> Stream | None:
        """Return the first stream on `characteristic`; None when it carries no samples."""
        return next(iter(self.streams_on(characteristic)), None)

    def rate_code(self, rate_hz: float) -> bytes:
        """Return the bytes that ask for `rate_hz` samples a second.

        Raises
        ------
        ProfileError
            When the profile lists rates and this is none of them.
        """
        if not self.rates:
            return b""
        if rate_hz not in self.rates:
            offered = ", ".join(f"{rate:g}" for rate in self.rates)
            raise ProfileError(
                f"{self.id} does not offer {rate_hz:g} Hz. Choose one of {offered} Hz.",
                key="rates",
            )
        return self.rates[rate_hz]

    def recognises(
        self,
        name: str | None,
        service_uuids: Iterable[str] = (),
        manufacturer_ids: Iterable[int] = (),
    ) -> bool:
        """Whether an advertisement is of this device: by its name, a service or its maker."""
        if self.match.name is not None and name is not None and self.match.name.search(name):
            return True
        advertised = {self.canonical(uuid) for uuid in service_uuids}
        if advertised & set(self.match.service_uuids):
            return True
        return self.match.manufacturer_id in set(manufacturer_ids)
