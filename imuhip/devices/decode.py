"""Bytes ↔ samples, both directions, by a profile; all notifications of one length at once.

Any bytes at all give samples or a `PacketFault`, never an exception, and what a notification gives
depends on its own bytes alone. `encode` writes what `decode` reads, so that a simulated sensor
speaks real bytes.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imuhip.devices.decoders import DECODERS
from imuhip.devices.euler import euler_from_quaternion, quaternion_from_euler
from imuhip.devices.framing import Frames, frames_of, no_frames
from imuhip.devices.layouts import Layout, Raw, layout_of
from imuhip.devices.profile_nouns import Field, Profile, Stream
from imuhip.quaternions import normalize
from imuhip.records import (
    Array,
    BoolArray,
    ByteArray,
    DecodedBlock,
    IntArray,
    Packet,
    PacketFault,
)

_NORM_SQUARED: Final = (0.25, 4.0)
"""A quaternion whose squared norm lies outside is no rounded unit quaternion."""


def decode(profile: Profile, packet: Packet) -> DecodedBlock:
    """Return the samples of `packet`, and a fault for each notification that gives none.

    Non-finite samples are left out and reported. Samples are in the order of their notifications.
    """
    if profile.decoder is not None:
        return DECODERS[profile.decoder](profile, packet)
    frames, faults = frames_of(profile, packet)
    streams = profile.streams_on(packet.characteristic)
    if not frames:
        frames = [no_frames((streams or profile.streams)[0])]
    # A device may send anything, so overflow and NaN are its fault and not a warning.
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        blocks = [_read(profile, part) for part in frames]
    block = blocks[0] if len(blocks) == 1 else _joined(blocks)
    faults += block.faults
    faults.sort(key=lambda fault: fault.row)
    return replace(block, faults=tuple(faults))


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


# --- reading -------------------------------------------------------------------------------------


def _read(profile: Profile, frames: Frames) -> DecodedBlock:
    """The samples of frames of one stream and length."""
    stream = frames.stream
    layout = layout_of(stream, frames.data.shape[1])
    view = layout.view(frames.data)
    samples = layout.samples
    saturated = np.zeros(len(frames.row) * samples, dtype=np.bool_)
    values: dict[str, Array] = {}
    for field in stream.fields:
        if not field.unit:
            continue
        raw = layout.column(view, field.name)
        values[field.name] = _on_case_axes(profile, field, _si(field, raw))
        if field.name in ("acc", "gyr") and raw.dtype.kind != "f":
            ends = np.iinfo(raw.dtype)
            at_end = (raw == ends.min) | (raw == ends.max)
            saturated |= np.logical_or.reduce(at_end, axis=-1).reshape(-1)
    quat = values.get("quat")
    if "euler" in values:
        quat = quaternion_from_euler(values["euler"])
    block = DecodedBlock(
        row=frames.row if samples == 1 else np.repeat(frames.row, samples),
        ticks=_ticks(profile, layout, view, stream),
        index=_index(profile, frames, samples),
        counter=_counter(profile, layout, view, stream),
        acc=values["acc"],
        gyr=values["gyr"],
        mag=values.get("mag"),
        quat=quat if "quat" not in values else normalize(values["quat"]),
        saturated=saturated,
    )
    return _finite(stream, block, values.get("quat"))


def _si(field: Field, raw: Raw) -> Array:
    """Values ``(F, n, count)`` in SI, as ``(F × n, count)``."""
    values: Array = raw.astype(np.float64, order="C").reshape(-1, field.count)
    if field.factor != 1.0:
        values *= field.factor
    return values


def _on_case_axes(profile: Profile, field: Field, values: Array) -> Array:
    """Components along the axes printed on the case, from those along the raw axes."""
    if profile.axes_as_printed or field.count != 3:
        return values
    return np.stack([values[:, axis] * sign for axis, sign in profile.axes], axis=-1)


def _index(profile: Profile, frames: Frames, samples: int) -> IntArray:
    """Place of each sample relative to the stamped one."""
    applies_to = "first" if profile.time is None else profile.time.applies_to
    if applies_to == "each":
        return np.zeros(len(frames.row) * samples, dtype=np.int64)
    start = frames.place if applies_to == "first" else frames.place - frames.last - (samples - 1)
    if samples == 1:
        return start
    return (start[:, None] + np.arange(samples)).reshape(-1)


def _ticks(profile: Profile, layout: Layout, view: Raw, stream: Stream) -> Array | None:
    """Each sample's stamp; None without stamps."""
    if profile.time is None:
        return None
    ticks = _whole_number(stream, layout, view, profile.time.field, profile.time.bits)
    return ticks.astype(np.float64)


def _counter(profile: Profile, layout: Layout, view: Raw, stream: Stream) -> IntArray | None:
    """Each sample's counter; None without one."""
    if profile.counter is None:
        return None
    counter = _whole_number(stream, layout, view, profile.counter.field, profile.counter.bits)
    return counter.astype(np.int64)


def _whole_number(stream: Stream, layout: Layout, view: Raw, name: str, bits: int) -> Raw:
    """The low `bits` of a stamp or counter, for each sample; all of it where `bits` is 0."""
    raw = layout.column(view, name)
    if bits and bits < 8 * raw.dtype.itemsize:
        raw = raw & raw.dtype.type((1 << bits) - 1)
    field = stream.field(name)
    if field is not None and field.in_sample:
        return raw.reshape(-1)
    return raw if layout.samples == 1 else np.repeat(raw, layout.samples)


def _finite(stream: Stream, block: DecodedBlock, given_quat: Array | None) -> DecodedBlock:
    """`block` without samples that are not finite; a fault for each notification that had some."""
    floats = any(np.dtype(field.dtype).kind == "f" for field in stream.fields)
    if not floats and given_quat is None:
        return block
    good = _all_finite(block.acc) & _all_finite(block.gyr)
    if block.mag is not None:
        good &= _all_finite(block.mag)
    if block.ticks is not None:
        good &= np.isfinite(block.ticks)
    if block.quat is not None:
        good &= _all_finite(block.quat)
    if given_quat is not None:
        squared = (given_quat * given_quat).sum(axis=-1)
        good &= (squared > _NORM_SQUARED[0]) & (squared < _NORM_SQUARED[1])
    if good.all():
        return block
    faults = tuple(_not_finite(int(row)) for row in np.unique(block.row[~good]))
    return replace(_taken(block, good), faults=faults)


def _all_finite(values: Array) -> BoolArray:
    """Whether each row of ``(N, k)`` is finite."""
    finite: BoolArray = np.logical_and.reduce(np.isfinite(values), axis=-1)
    return finite


def _not_finite(row: int) -> PacketFault:
    reason = "expected finite numbers and unit quaternions, got others in it; such samples left out"
    return PacketFault(row, "not_finite", reason)


def _taken(block: DecodedBlock, pick: BoolArray | IntArray) -> DecodedBlock:
    """The samples of `block` that `pick` names."""
    return DecodedBlock(
        row=block.row[pick],
        ticks=None if block.ticks is None else block.ticks[pick],
        index=block.index[pick],
        counter=None if block.counter is None else block.counter[pick],
        acc=block.acc[pick],
        gyr=block.gyr[pick],
        mag=None if block.mag is None else block.mag[pick],
        quat=None if block.quat is None else block.quat[pick],
        saturated=block.saturated[pick],
        faults=block.faults,
    )


def _joined(blocks: Sequence[DecodedBlock]) -> DecodedBlock:
    """Blocks of different streams or lengths as one, ordered by notification.

    Streams of one characteristic have the same columns: the profile's checks see to it.
    """

    def column(name: str) -> Array:
        return np.concatenate([getattr(block, name) for block in blocks])

    def optional(name: str) -> Array | None:
        return None if getattr(blocks[0], name) is None else column(name)

    ticks, mag, quat, counter = (optional(name) for name in ("ticks", "mag", "quat", "counter"))
    joined = DecodedBlock(
        row=np.concatenate([block.row for block in blocks]),
        ticks=ticks,
        index=np.concatenate([block.index for block in blocks]),
        counter=None if counter is None else counter.astype(np.int64),
        acc=column("acc"),
        gyr=column("gyr"),
        mag=mag,
        quat=quat,
        saturated=np.concatenate([block.saturated for block in blocks]),
        faults=tuple(fault for block in blocks for fault in block.faults),
    )
    return _taken(joined, np.argsort(joined.row, kind="stable"))


# --- writing -------------------------------------------------------------------------------------


def _checked_count(profile: Profile, stream: Stream, samples: int, per_packet: int) -> int:
    """How many notifications `samples` make."""
    if profile.decoder is not None:
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
        raise ValueError(f"expected finite {field.name}, as {field.dtype} holds no other")
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
