"""Bytes ↔ samples, both directions, by a profile.

Any bytes at all give samples or a `PacketFault`, never an exception, and however notifications are
cut into packets, the samples are the same bits. `encode` writes what `decode` reads, so that a
simulated sensor speaks real bytes.
"""

from collections.abc import Mapping

import numpy as np

from imuhip.core.records import Array, ByteArray, DecodedBlock, IntArray, Packet
from imuhip.devices.decoders import DECODERS
from imuhip.devices.decoders.contract import NO_SETTINGS, Decoder
from imuhip.devices.euler import euler_from_quaternion
from imuhip.devices.layouts import Raw, layout_of
from imuhip.devices.profile_nouns import Field, Profile, Stream
from imuhip.devices.reading import read_packet


class _Plain:
    """The decoder of a format that TOML can say: it remembers nothing."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def push(self, packet: Packet) -> DecodedBlock:
        """Return what the packet's notifications say."""
        return read_packet(self._profile, packet)


def decoder_of(
    profile: Profile, rate_hz: float = 0.0, settings: Mapping[str, float] = NO_SETTINGS
) -> Decoder:
    """Return a decoder for one sensor: `push` its packets in the order of arrival.

    However the notifications are cut into packets, the samples are the same bits.

    Parameters
    ----------
    rate_hz
        Samples a second asked for; 0 when unknown.
    settings
        As in `SensorInfo`: what the sensor was set to, where it is not what the profile says.
    """
    if profile.decoder is None:
        return _Plain(profile)
    return DECODERS[profile.decoder](profile, rate_hz, settings)


def decode(profile: Profile, packet: Packet) -> DecodedBlock:
    """Return the samples of `packet`, as if it were the first of its connection."""
    return decoder_of(profile).push(packet)


def encode(
    profile: Profile,
    stream: Stream,
    *,
    acc: Array,
    gyr: Array,
    ticks: Array | IntArray | None = None,
    counter: IntArray | None = None,
    mag: Array | None = None,
    quat: Array | None = None,
    per_packet: int = 1,
) -> tuple[ByteArray, IntArray]:
    """Return the bytes of notifications that carry these samples, and where each begins.

    Values are rounded to the device's steps and clipped at the ends of its range; stamps and
    counters are rounded and wrap. What the stream has no field for is left out.

    Parameters
    ----------
    acc, gyr, mag, quat
        ``(N, 3)`` or ``(N, 4)``, as in `DecodedBlock`; N is a multiple of `per_packet`.
    ticks
        ``(N / per_packet,)`` device time of each notification, in the profile's unit, that of the
        sample which ``[time] applies_to`` names; ``(N,)`` where every sample has its own.
    counter
        ``(N / per_packet,)``
    per_packet
        Samples a notification; frames a notification where the framing is ``resync``.

    Returns
    -------
    payload, offsets
        As in `Packet`.

    Raises
    ------
    ValueError
        When the stream needs what is not given, or shapes do not fit.
    """
    count = _checked_count(profile, stream, len(acc), per_packet)
    batch = stream.framing == "batch"
    length = stream.samples_at + per_packet * stream.sample_len if batch else stream.min_len
    layout = layout_of(stream, length)
    frames = len(acc) if stream.framing == "resync" else count
    data = np.zeros((frames, length), dtype=np.uint8)
    data[:, : len(stream.match)] = np.frombuffer(stream.match, dtype=np.uint8)
    view = layout.view(data)
    columns = {"acc": acc, "gyr": gyr, "mag": mag, "quat": quat}
    if quat is not None:
        columns["euler"] = euler_from_quaternion(quat)
    for field in stream.fields:
        target = layout.column(view, field.name)
        if field.unit:
            values = _given(field, columns.get(field.name), (len(acc), field.count))
            target[...] = _raw(field, _on_raw_axes(profile, field, values)).reshape(target.shape)
        else:
            target[...] = _stamp(profile, field, ticks, counter, target, count)
    offsets = np.arange(count + 1) * (data.size // count if count else 0)
    return data.reshape(-1), offsets


def _checked_count(profile: Profile, stream: Stream, samples: int, per_packet: int) -> int:
    """How many notifications `samples` make."""
    if stream.field("acc") is None or stream.field("gyr") is None:
        raise ValueError(f"{profile.id} is read by code, and cannot be written by its profile")
    if stream.framing == "single" and per_packet != 1:
        raise ValueError(f"{profile.id} sends one sample a notification, not {per_packet}")
    if per_packet < 1 or samples % per_packet:
        raise ValueError(f"expected a multiple of {per_packet} samples, got {samples}")
    if stream.framing == "batch" and (
        stream.samples_at + per_packet * stream.sample_len < stream.min_len
    ):
        raise ValueError(f"{profile.id} sends more than {per_packet} samples a notification")
    return samples // per_packet


def _given(field: Field, values: Array | None, shape: tuple[int, int]) -> Array:
    if values is None:
        needed = "quat" if field.name == "euler" else field.name
        raise ValueError(f"the stream has a field {field.name!r}: give {needed}")
    if values.shape != shape:
        raise ValueError(f"expected {field.name} of shape {shape}, got {values.shape}")
    return values


def _on_raw_axes(profile: Profile, field: Field, values: Array) -> Array:
    """Components along the raw axes, from those along the axes printed on the case."""
    if profile.axes_as_printed or field.count != 3:
        return values
    turned = np.empty_like(values)
    for place, (axis, sign) in enumerate(profile.axes):
        turned[:, axis] = values[:, place] * sign
    return turned


def _raw(field: Field, values: Array) -> Raw:
    """Values in the device's own steps, clipped at the ends of its range."""
    dtype = np.dtype(field.dtype)
    scaled = values if field.factor == 1.0 else values / field.factor
    if dtype.kind == "f":
        limit = float(np.finfo(dtype).max)
        return (scaled if dtype.itemsize == 8 else np.clip(scaled, -limit, limit)).astype(dtype)
    if not np.isfinite(values).all():
        raise ValueError(f"{field.name} must be finite: {field.dtype} cannot hold NaN or infinity")
    ends = np.iinfo(dtype)
    return np.clip(np.rint(scaled), ends.min, ends.max).astype(dtype)


def _stamp(
    profile: Profile,
    field: Field,
    ticks: Array | IntArray | None,
    counter: IntArray | None,
    target: Raw,
    count: int,
) -> Raw:
    """The raw values of a stamp or a counter, of the shape of `target`."""
    time = profile.time
    is_time = time is not None and field.name == time.field
    values, bits = (ticks, 0 if time is None else time.bits) if is_time else (counter, 0)
    if not is_time and profile.counter is not None:
        bits = profile.counter.bits
    name = "ticks" if is_time else "counter"
    if values is None:
        raise ValueError(f"the stream has a field {field.name!r}: give {name}")
    each = is_time and time is not None and time.applies_to == "each"
    expected = target.size if each else count
    if values.shape != (expected,):
        raise ValueError(f"expected {name} of shape {(expected,)}, got {values.shape}")
    # Frames of one notification share its stamp.
    shared: Raw = np.repeat(values, target.size // expected) if expected else values
    if np.dtype(field.dtype).kind != "f":
        shared = np.rint(shared).astype(np.int64) % (1 << bits)
    return shared.reshape(target.shape)
