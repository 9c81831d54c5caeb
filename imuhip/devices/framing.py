"""Notifications → frames: which bytes are samples of which stream, and which are faults.

A notification is judged by itself, so the answer does not depend on what else is in its packet. A
frame that a device splits over two notifications is therefore lost, and reported: a ``cut_frame``
in the one and ``stray_bytes`` or ``bad_header`` in the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from imuhip.core.records import BoolArray, ByteArray, IntArray, Packet, PacketFault
from imuhip.devices.profile_nouns import Profile, Stream


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """F payloads, or frames, of one stream and length.

    Parameters
    ----------
    row
        ``(F,)`` the notification each came in.
    place, last
        ``(F,)`` its place among the notification's frames, and that of the last of them.
    data
        ``(F, L)`` their bytes.
    """

    stream: Stream
    row: IntArray
    place: IntArray
    last: IntArray
    data: ByteArray


def frames_of(profile: Profile, packet: Packet) -> tuple[list[Frames], list[PacketFault]]:
    """Return the frames of `packet`, and a fault for each notification that is none."""
    streams = profile.streams_on(packet.characteristic)
    frames: list[Frames] = []
    faults: list[PacketFault] = []
    if not streams:
        if profile.canonical(packet.characteristic) not in profile.known:
            reason = f"{profile.id} does not name the characteristic {packet.characteristic}"
            faults += (PacketFault(i, "unknown_characteristic", reason) for i in range(len(packet)))
        return frames, faults
    for rows, data in _by_length(packet):
        if streams[0].framing == "resync":
            _resync(streams[0], rows, data, frames, faults)
        else:
            _whole(streams, rows, data, frames, faults)
    return frames, faults


def no_frames(stream: Stream) -> Frames:
    """No frames at all, of `stream`."""
    none = np.zeros(0, dtype=np.int64)
    return Frames(stream, none, none, none, np.zeros((0, stream.min_len), dtype=np.uint8))


def _by_length(packet: Packet) -> Iterator[tuple[IntArray, ByteArray]]:
    """Rows and bytes ``(F, L)`` of the notifications of each length."""
    if not len(packet):
        return
    lengths = packet.offsets[1:] - packet.offsets[:-1]
    if len(lengths) == 1 or bool((lengths == lengths[0]).all()):
        first, last = int(packet.offsets[0]), int(packet.offsets[-1])
        data = packet.payload[first:last].reshape(len(lengths), int(lengths[0]))
        yield np.arange(len(lengths)), np.ascontiguousarray(data)
        return
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        yield rows, packet.payload[packet.offsets[rows][:, None] + np.arange(length)]


def _whole(
    streams: tuple[Stream, ...],
    rows: IntArray,
    data: ByteArray,
    frames: list[Frames],
    faults: list[PacketFault],
) -> None:
    """Sort payloads of one length by the stream they begin like."""
    if not streams[0].match:  # the usual case, and live a frequent one
        _of_stream(streams[0], rows, data, frames, faults)
        return
    left = np.ones(len(rows), dtype=np.bool_)
    for stream in streams:
        if stream.match:
            mine = left & _begin(data, stream.match)
            left &= ~mine
            if not mine.any():
                continue
        else:
            mine = left
            left = np.zeros_like(left)
        everything = bool(mine.all())
        _of_stream(
            stream,
            rows if everything else rows[mine],
            data if everything else data[mine],
            frames,
            faults,
        )
    for index in np.flatnonzero(left):
        payload = data[index].tobytes()
        if not any(_is_ignored(stream, payload) for stream in streams):
            faults.append(PacketFault(int(rows[index]), *_bad_header(streams, payload)))


def _of_stream(
    stream: Stream,
    rows: IntArray,
    data: ByteArray,
    frames: list[Frames],
    faults: list[PacketFault],
) -> None:
    """Payloads of `stream`, all of one length: frames, or faults when it is none of its lengths."""
    fault = _length_fault(stream, data.shape[1])
    if fault is not None:
        faults += (PacketFault(int(row), *fault) for row in rows)
        return
    none = np.zeros(len(rows), dtype=np.int64)
    frames.append(Frames(stream, rows, none, none, data))


def _length_fault(stream: Stream, length: int) -> tuple[str, str] | None:
    """Kind and reason, where a payload of `length` bytes cannot be one of `stream`."""
    if length < stream.min_len:
        return "too_short", f"expected {stream.min_len} bytes or more, got {length}"
    if stream.pad_ok:
        return None
    if stream.framing == "batch":
        rest = (length - stream.samples_at) % stream.sample_len
        if rest:
            expected = f"{stream.samples_at} bytes and then samples of {stream.sample_len}"
            return "bad_length", f"expected {expected}, got {length} bytes, {rest} too many"
    elif length > stream.min_len:
        return "too_long", f"expected {stream.min_len} bytes, got {length}"
    return None


def _resync(
    stream: Stream,
    rows: IntArray,
    data: ByteArray,
    frames: list[Frames],
    faults: list[PacketFault],
) -> None:
    """Cut payloads of one length into frames; those that are frames and nothing else, at once."""
    count, rest = divmod(data.shape[1], stream.min_len)
    clean = np.zeros(len(rows), dtype=np.bool_)
    if count and not rest:
        blocks = data.reshape(len(rows), count, stream.min_len)
        clean = np.logical_and.reduce(_begin(blocks, stream.match), axis=-1)
        everything = bool(clean.all())
        kept = (blocks if everything else blocks[clean]).reshape(-1, stream.min_len)
        row = np.repeat(rows if everything else rows[clean], count)
        place = np.arange(len(row)) % count
        frames.append(Frames(stream, row, place, np.full_like(place, count - 1), kept))
        if everything:
            return
    for index in np.flatnonzero(~clean):
        payload = data[index].tobytes()
        starts, fault = _scan(stream, payload)
        if fault is not None:
            faults.append(PacketFault(int(rows[index]), *fault))
        if starts:
            frames.append(_picked(stream, int(rows[index]), data[index], starts))


def _picked(stream: Stream, row: int, payload: ByteArray, starts: list[int]) -> Frames:
    """The frames of one notification that begin at `starts`."""
    data = payload[np.array(starts)[:, None] + np.arange(stream.min_len)]
    place = np.arange(len(starts))
    return Frames(
        stream, np.full_like(place, row), place, np.full_like(place, len(place) - 1), data
    )


def _scan(stream: Stream, payload: bytes) -> tuple[list[int], tuple[str, str] | None]:
    """Where whole frames begin in `payload`, and the fault of what else is in it."""
    starts: list[int] = []
    at = stray = 0
    while (found := payload.find(stream.match, at)) >= 0:
        stray += found - at
        if found + stream.min_len > len(payload):
            break
        starts.append(found)
        at = found + stream.min_len
    if not starts and _is_ignored(stream, payload):
        return starts, None
    if found >= 0:
        came = len(payload) - found
        return starts, (
            "cut_frame",
            f"expected frames of {stream.min_len} bytes, got {came} of one",
        )
    if not starts:
        return starts, _bad_header((stream,), payload)
    tail = 0 if stream.pad_ok else len(payload) - at
    if stray + tail:
        reason = f"expected frames and nothing else, got {stray + tail} bytes besides"
        return starts, ("stray_bytes", reason)
    return starts, None


def _begin(data: ByteArray, match: bytes) -> BoolArray:
    """Whether the last axis of ``data (..., L)`` begins with `match`."""
    if data.shape[-1] < len(match):
        return np.zeros(data.shape[:-1], dtype=np.bool_)
    equal = data[..., : len(match)] == np.frombuffer(match, dtype=np.uint8)
    begin: BoolArray = np.logical_and.reduce(equal, axis=-1)
    return begin


def _is_ignored(stream: Stream, payload: bytes) -> bool:
    return payload.startswith(stream.ignore) if stream.ignore else False


def _bad_header(streams: tuple[Stream, ...], payload: bytes) -> tuple[str, str]:
    expected = " or ".join(stream.match.hex(" ") for stream in streams)
    came = payload[: max(len(stream.match) for stream in streams)].hex(" ") or "no bytes"
    return "bad_header", f"expected {expected} at its beginning, got {came}"


FAULT_KINDS: Final[dict[str, str]] = {
    "unknown_characteristic": "the profile does not name this characteristic",
    "too_short": "fewer bytes than a payload has",
    "too_long": "more bytes than a payload has, and it may not be padded",
    "bad_length": "the payload does not hold a whole number of samples",
    "bad_header": "no stream or frame begins like this",
    "cut_frame": "the notification ends inside a frame; the frames before it count",
    "stray_bytes": "bytes besides the frames; the frames count",
    "unmatched": "acc without gyr, or gyr without acc; the half is left out",
    "out_of_order": "stamped no later than the notification before; it is left out",
    "not_finite": "a value that is not finite, or a quaternion that is not of unit length",
}
"""Kinds of `PacketFault` that decoding gives, and what each means."""
