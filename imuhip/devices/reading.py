"""Notifications → samples, as a profile's TOML says; all notifications of one length at once.

What a notification gives depends on its own bytes alone. Formats that need more are in `decoders`,
which may build on this.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import numpy as np

from imuhip.core.quaternions import normalize
from imuhip.core.records import Array, BoolArray, DecodedBlock, IntArray, Packet, PacketFault
from imuhip.devices.euler import quaternion_from_euler
from imuhip.devices.framing import Frames, frames_of, no_frames
from imuhip.devices.layouts import Layout, Raw, layout_of
from imuhip.devices.profile_nouns import Field, Profile, Stream

_NORM_SQUARED: Final = (0.25, 4.0)
"""A quaternion whose squared norm lies outside is no rounded unit quaternion."""


def read_packet(profile: Profile, packet: Packet) -> DecodedBlock:
    """Return the samples of `packet`, and a fault for each notification that gives none.

    Non-finite samples are left out and reported. Samples are in the order of their notifications.
    """
    frames, faults = frames_of(profile, packet)
    if not frames:
        streams = profile.streams_on(packet.characteristic) or profile.streams
        frames = [no_frames(streams[0])]
    # A device may send anything, so overflow and NaN are its fault and not a warning.
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        blocks = [_read(profile, part) for part in frames]
    block = blocks[0] if len(blocks) == 1 else _joined(blocks)
    faults += block.faults
    if not faults:
        return block
    faults.sort(key=lambda fault: fault.row)
    return replace(block, faults=tuple(faults))


def on_case_axes(profile: Profile, values: Array) -> Array:
    """Components ``(N, 3)`` along the axes printed on the case, from those along the raw axes."""
    if profile.axes_as_printed:
        return values
    return np.stack([values[:, axis] * sign for axis, sign in profile.axes], axis=-1)


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
        si = _si(field, raw)
        values[field.name] = on_case_axes(profile, si) if field.count == 3 else si
        if field.name in ("acc", "gyr") and raw.dtype.kind != "f":
            least, most = _ends(raw.dtype)
            at_end = (raw == least) | (raw == most)
            if at_end.any():
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


@lru_cache(maxsize=16)
def _ends(dtype: np.dtype[Any]) -> tuple[int, int]:
    """The least and the greatest whole number of a type."""
    ends = np.iinfo(dtype)
    return int(ends.min), int(ends.max)


def _si(field: Field, raw: Raw) -> Array:
    """Values ``(F, n, count)`` in SI, as ``(F × n, count)``."""
    values: Array = raw.astype(np.float64, order="C").reshape(-1, field.count)
    if field.factor != 1.0:
        values *= field.factor
    return values


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
    if given_quat is None and not _has_floats(stream):
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


@lru_cache(maxsize=256)
def _has_floats(stream: Stream) -> bool:
    """Whether the device sends floats, which need not be finite."""
    return any(np.dtype(field.dtype).kind == "f" for field in stream.fields)


def _all_finite(values: Array) -> BoolArray:
    """Whether each row of ``(N, k)`` is finite."""
    finite: BoolArray = np.logical_and.reduce(np.isfinite(values), axis=-1)
    return finite


def _not_finite(row: int) -> PacketFault:
    reason = (
        "some numbers are not finite, or quaternions not of unit length; those samples are left out"
    )
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
